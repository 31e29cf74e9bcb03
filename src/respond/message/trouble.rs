//! Trouble in the reader's language. What is stored of it is English, for the log and the command line: a line is recognised by the
//! English phrase it was made with, and said again in another language, with its times in the reader's zone.

use std::sync::LazyLock;

use super::MessageContext;
use super::clean::{is_unwanted, one_line, shorten};
use super::mail::own;
use super::show;
use super::words::Words;
use crate::model::{Incident, IncidentKind, Moment};

/// Characters of a line of an incident's detail.
const LINE_CHARS: usize = 300;
/// Where the phrases stand in the files of words.
const SECTION: &str = "trouble";
/// Ways to fail, which stand in the phrases as `{kind}`.
const KINDS: &str = "failure";

/// The English phrases by key.
static PHRASES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| Words::built_in().section("en", SECTION));

/// A line or title in the reader's language; as it is where no phrase made it.
pub(super) fn said(words: &Words, lang: &str, context: &MessageContext<'_>, text: &str) -> String {
    let found = PHRASES.iter().filter_map(|(key, phrase)| Some((key, literal(phrase), values(phrase, text)?)));
    let Some((key, _, values)) = found.max_by_key(|(_, literal, _)| *literal) else { return text.to_owned() };
    let shown: Vec<(&str, String)> = values
        .iter()
        .map(|(name, value)| match (*name, value.parse::<jiff::Timestamp>()) {
            ("kind", _) => (*name, words.name(lang, KINDS, value)),
            (_, Ok(at)) => (*name, show::time(Moment::from(at), context.timezone)),
            _ => (*name, (*value).to_owned()),
        })
        .collect();
    let shown: Vec<(&str, &str)> = shown.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words.say(lang, key, &shown)
}

/// The title of an incident on one line: that of trouble in the reader's language.
pub(super) fn title(words: &Words, lang: &str, context: &MessageContext<'_>, most: usize) -> String {
    let incident = context.incident;
    if incident.kind == IncidentKind::Mention {
        return one_line(&incident.title, most);
    }
    one_line(&said(words, lang, context, &incident.title), most)
}

/// What happened and what to do, line by line.
pub(super) fn detail(words: &Words, lang: &str, context: &MessageContext<'_>) -> Vec<String> {
    if context.incident.kind == IncidentKind::Mention {
        return Vec::new();
    }
    context.incident.detail.lines().map(|line| kept(&said(words, lang, context, line))).collect()
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
        "files" | "mails" => "mail.source_part",
        "credential" => "mail.source_credential",
        "host" => "mail.host_trouble",
        "network" => "mail.network_trouble",
        _ if incident.kind == IncidentKind::Source => "mail.source_trouble",
        _ => "mail.ops_trouble",
    }
}

/// What somebody gave as cause or remedy; that of Hearken itself in the reader's language.
pub(super) fn given(words: &Words, lang: &str, context: &MessageContext<'_>, text: &str) -> String {
    own(&said(words, lang, context, text))
}

/// Letters of a phrase that are its own: of several that fit, the one with the most says the most.
fn literal(phrase: &str) -> usize {
    phrase.len() - pieces(phrase).iter().filter_map(|(_, name)| Some(name.as_ref()?.len() + 2)).sum::<usize>()
}

/// A phrase as its own words, each with the name that follows.
fn pieces(phrase: &str) -> Vec<(&str, Option<&str>)> {
    let mut pieces = Vec::new();
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        pieces.push((before, Some(name)));
        rest = behind;
    }
    pieces.push((rest, None));
    pieces
}

/// The values with which the phrase makes the text; none where it does not.
fn values<'t>(phrase: &'t str, text: &'t str) -> Option<Vec<(&'t str, &'t str)>> {
    let pieces = pieces(phrase);
    let mut rest = text.strip_prefix(pieces.first()?.0)?;
    let mut values = Vec::new();
    for pair in pieces.windows(2) {
        let [(_, Some(name)), (next, after)] = pair else { return None };
        // The last words of a phrase are those that the text ends with.
        let at = if after.is_none() { rest.strip_suffix(next).map(str::len)? } else { rest.find(next)? };
        values.push((*name, rest.get(..at)?));
        rest = rest.get(at + next.len()..)?;
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::super::LANGUAGES;
    use super::*;
    use crate::model::{Failing, FailureKind};

    /// The words of a phrase in a language, without what it is filled with.
    fn is_said(text: &str) -> bool {
        PHRASES.iter().any(|(_, phrase)| values(phrase, text).is_some())
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
                let step = Failing { kind: *kind, status, waits, read_before }.next_step();
                assert!(is_said(step), "{kind}: {step}");
            }
        }
        for language in LANGUAGES {
            let words = Words::built_in();
            let named = |kind: &FailureKind| words.name(language, KINDS, kind.as_str()) != kind.as_str() || language == "en";
            assert!(FailureKind::ALL.iter().all(named), "{language}");
        }
    }

    #[test]
    fn a_phrase_is_found_with_its_values() {
        assert_eq!(values("Since: {since}", "Since: now"), Some(vec![("since", "now")]));
        assert_eq!(values("{a}: {b} c", "x: y: z c"), Some(vec![("a", "x"), ("b", "y: z")]));
        assert_eq!(values("{a} is", "x is not"), None);
        assert_eq!(literal("{a}: {bc} c"), 4);
        assert_eq!(kept("  | ^^^\u{202e}\t "), "  | ^^^");
    }
}
