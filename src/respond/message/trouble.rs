//! Trouble in the reader's language: words are made of what is stored of it as data, when it is read. What an earlier release stored in
//! English alone is shown as it stands.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::tz::TimeZone;

use super::MessageContext;
use super::clean::{is_unwanted, one_line, shorten};
use super::mail::own;
use super::show;
use super::templates::Templates;
use super::words::Words;
use crate::model::{Incident, IncidentKind, Over, Phrase, Told, Value};

/// Characters of a line of an incident's detail.
const LINE_CHARS: usize = 300;
/// Ways to fail, by their words.
const KINDS: &str = "failure";
/// Severities, by theirs.
const SEVERITIES: &str = "severity";

/// For the log and the store, where an operator's own words do not count.
static BUILT_IN: LazyLock<Words> = LazyLock::new(Words::built_in);

/// For whom words are made.
struct Reader<'a> {
    words: &'a Words,
    lang: &'a str,
    /// None for machines: times are RFC 3339 then.
    zone: Option<&'a TimeZone>,
}

impl Reader<'_> {
    fn say(&self, phrase: &Phrase) -> String {
        match phrase {
            Phrase::Raw(words) => words.clone(),
            Phrase::Said { say, with } => {
                let values: Vec<(&str, String)> = with.iter().map(|(name, value)| (name.as_str(), self.value(value))).collect();
                let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
                self.words.say(self.lang, &format!("trouble.{say}"), &values)
            }
        }
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::Text(text) => text.clone(),
            Value::At(at) => self.zone.map_or_else(|| at.rfc3339(), |zone| show::time(*at, zone)),
            Value::Day(at) => show::day(*at, self.zone.unwrap_or(&TimeZone::UTC)),
            Value::Seconds(seconds) => show::long_span(self.words, self.lang, std::time::Duration::from_secs(*seconds)),
            Value::Failure(kind) => self.words.name(self.lang, KINDS, kind.as_str()),
            Value::Severity(severity) => self.words.name(self.lang, SEVERITIES, severity.as_str()),
            Value::Names { names, more } => self.names(names, *more),
            Value::Phrase(phrase) => self.say(phrase),
            Value::Phrases(phrases) => phrases.iter().map(|phrase| self.say(phrase)).collect::<Vec<_>>().join(&self.phrase("then")),
        }
    }

    fn names(&self, names: &[String], more: usize) -> String {
        let listed = show::list(self.lang, names);
        if more == 0 {
            return listed;
        }
        self.words.say(self.lang, "trouble.and_more", &[("names", &listed), ("more", &more.to_string())])
    }

    fn phrase(&self, key: &str) -> String {
        self.words.say(self.lang, &format!("trouble.{key}"), &[])
    }

    /// Title and lines.
    fn told(&self, told: &Told) -> (String, Vec<String>) {
        let lines = told.lines.iter().map(|line| self.say(line)).collect::<Vec<_>>().join("\n");
        (self.say(&told.title), lines.lines().map(str::to_owned).collect())
    }

    fn over(&self, over: Over) -> (String, String) {
        (self.phrase("over"), self.phrase(&format!("over_{over}")))
    }
}

/// Title and detail in English, as log and store keep them; its times are RFC 3339.
#[must_use]
pub fn plain(told: &Told) -> (String, String) {
    let (title, lines) = Reader { words: &BUILT_IN, lang: "en", zone: None }.told(told);
    (title, lines.join("\n"))
}

/// Cause and remedy of trouble that ended by itself, in English.
#[must_use]
pub fn plain_end(over: Over) -> (String, String) {
    Reader { words: &BUILT_IN, lang: "en", zone: None }.over(over)
}

/// Title, detail, cause and remedy of an incident, in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InWords {
    pub title: String,
    pub detail: String,
    pub cause: Option<String>,
    pub remedy: Option<String>,
}

/// An incident as its reader has it, wherever that is not a message or a page. A mention's is in its author's words.
#[must_use]
pub fn told_in(templates: &Templates, language: &str, zone: &TimeZone, incident: &Incident) -> InWords {
    let reader = Reader { words: &templates.words, lang: Words::language(language), zone: Some(zone) };
    let mut shown = InWords {
        title: incident.title.clone(),
        detail: incident.detail.clone(),
        cause: incident.cause.clone(),
        remedy: incident.remedy.clone(),
    };
    if let Some(told) = &incident.told {
        let (title, lines) = reader.told(told);
        (shown.title, shown.detail) = (title, lines.join("\n"));
        if let Some(over) = told.over {
            let (cause, remedy) = reader.over(over);
            (shown.cause, shown.remedy) = (Some(cause), Some(remedy));
        }
    }
    shown
}

fn in_words<'a>(words: &Words, lang: &str, context: &MessageContext<'a>) -> (Cow<'a, str>, Vec<String>) {
    let incident = context.incident;
    match &incident.told {
        Some(told) => {
            let (title, lines) = Reader { words, lang, zone: Some(context.timezone) }.told(told);
            (title.into(), lines)
        }
        None => (incident.title.as_str().into(), incident.detail.lines().map(str::to_owned).collect()),
    }
}

/// The title of an incident on one line: that of trouble in the reader's language.
pub(super) fn title(words: &Words, lang: &str, context: &MessageContext<'_>, most: usize) -> String {
    one_line(&in_words(words, lang, context).0, most)
}

/// What happened and what to do, line by line.
pub(super) fn detail(words: &Words, lang: &str, context: &MessageContext<'_>) -> Vec<String> {
    if context.incident.kind == IncidentKind::Mention {
        return Vec::new();
    }
    in_words(words, lang, context).1.iter().map(|line| kept(line)).collect()
}

/// Whether lines point at places above or below them, so that they need letters of one width.
pub(super) fn is_drawn(detail: &[String]) -> bool {
    detail.iter().any(|line| line.trim_start().starts_with("--> ")) && detail.iter().any(|line| line.trim_start().starts_with('|'))
}

/// A line with its spaces as they are: what points at a place in a file would point elsewhere.
fn kept(line: &str) -> String {
    let spaced = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let clean: String = spaced.filter(|letter| !is_unwanted(*letter)).collect();
    shorten(clean.trim_end(), LINE_CHARS)
}

/// "No news" is not "cannot see": the key says which.
pub(super) fn lead(incident: &Incident) -> &'static str {
    match incident.key.split_once(':').map_or("", |(kind, _)| kind) {
        "silent" => "mail.source_silent",
        "canary" | "texts" => "mail.source_odd",
        "reindexed" => "mail.source_reindexed",
        "held" => "mail.source_held",
        "files" | "mails" => "mail.source_part",
        "credential" => "mail.source_credential",
        "host" => "mail.host_trouble",
        "network" => "mail.network_trouble",
        _ if incident.kind == IncidentKind::Source => "mail.source_trouble",
        _ => "mail.ops_trouble",
    }
}

/// Cause and remedy: of what ended by itself in the reader's language, else as somebody gave them.
pub(super) fn end(words: &Words, lang: &str, over: Option<Over>, cause: &str, remedy: &str) -> (String, String) {
    let reader = Reader { words, lang, zone: None };
    let (cause, remedy) = over.map_or_else(|| (cause.to_owned(), remedy.to_owned()), |over| reader.over(over));
    (own(&cause), own(&remedy))
}

#[cfg(test)]
mod tests {
    use super::super::LANGUAGES;
    use super::*;
    use crate::model::{Failing, FailureKind, Moment};

    fn said(lang: &str, phrase: &Phrase) -> String {
        Reader { words: &BUILT_IN, lang, zone: Some(&TimeZone::UTC) }.say(phrase)
    }

    #[test]
    fn every_step_has_its_phrase() {
        for kind in FailureKind::ALL {
            for (status, waits, read_before) in [
                (None, false, false),
                (Some(407), true, true),
                (Some(401), false, true),
                (Some(403), false, false),
                (Some(451), false, false),
                (Some(410), true, false),
                (Some(400), false, false),
            ] {
                for (too_long, by_proxy) in [(false, false), (true, false), (false, true)] {
                    let failing = Failing { kind: *kind, status, waits, too_long, by_proxy, read_before };
                    assert_eq!(said("en", &failing.step_told()), failing.next_step(), "{kind}");
                }
            }
        }
        for language in LANGUAGES {
            let named = |kind: &FailureKind| BUILT_IN.name(language, KINDS, kind.as_str()) != kind.as_str() || language == "en";
            assert!(FailureKind::ALL.iter().all(named), "{language}");
            let ends = Over::ALL.iter().map(|over| Reader { words: &BUILT_IN, lang: language, zone: None }.over(*over).1);
            assert_eq!(ends.filter(|end| end.starts_with("trouble.")).count(), 0, "{language}");
        }
    }

    #[test]
    fn values_are_said_as_the_reader_says_them() {
        let phrase = |value: Value| Phrase::said("what").with("what", value);
        let many: Vec<String> = (0..22).map(|number| number.to_string()).collect();
        let names = || Value::names(many.iter().map(String::as_str));
        let at = Moment::from_secs(1_795_000_000);
        assert!(said("en", &phrase(names())).ends_with("18, 19 and 2 more"), "{}", said("en", &phrase(names())));
        assert!(said("zh-TW", &phrase(names())).ends_with("18、19，另外還有 2 個"), "{}", said("zh-TW", &phrase(names())));
        assert_eq!(said("zh-CN", &phrase(Value::At(at))), "情况：2026-11-18 11:06");
        assert_eq!(said("zh-CN", &phrase(std::time::Duration::from_hours(30).into())), "情况：30 小时");
        assert_eq!(said("en", &phrase(Value::Phrases(vec![Phrase::raw("a"), Phrase::raw("b")]))), "What happened: a; b");
        assert_eq!(said("en", &Phrase::raw("{source}")), "{source}");
        let (_, plain) = plain(&Told::new(Phrase::gap(), vec![phrase(Value::At(at)), Phrase::gap(), Phrase::raw("a\nb")]));
        assert_eq!(plain, "What happened: 2026-11-18T11:06:40Z\n\na\nb");
    }

    #[test]
    fn a_line_keeps_its_spaces_and_loses_what_deceives() {
        assert_eq!(kept("  | ^^^\u{202e}\t "), "  | ^^^");
    }
}
