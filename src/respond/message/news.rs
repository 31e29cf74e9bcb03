//! What a status says: one sentence, and beside it cause, remedy and note.

use super::MessageContext;
use super::mail::{Fact, fact, own};
use super::trouble;
use super::words::Words;
use crate::model::Severity;
use crate::respond::recheck::Known;
use crate::respond::status::Status;

/// A status as a sentence; a note that somebody wrote by hand as it is.
pub(super) fn status_line(words: &Words, lang: &str, context: &MessageContext<'_>) -> Option<String> {
    let Some(status) = Status::from_note(context.note) else {
        return (!context.note.trim().is_empty()).then(|| own(context.note));
    };
    let key = format!("status.{}", status.word());
    let title = |name: &str| own(context.department_title(name));
    Some(match &status {
        // Where no other case is left to go with it, it is a mail like any other.
        Status::Gathered => return None,
        Status::Acknowledged { by, .. } | Status::FalseAlarm { by, .. } | Status::Resolved { by, .. } => {
            words.say(lang, &key, &[("by", &own(by))])
        }
        Status::HandedOver { by, from, to, .. } | Status::NotOurs { by, from, to, .. } => {
            words.say(lang, &key, &[("by", &own(by)), ("from", &title(from)), ("to", &title(to))])
        }
        Status::More | Status::Turned | Status::OtherReason => words.say(lang, &key, &[]),
        Status::Spread { source } => words.say(lang, &key, &[("source", &own(source))]),
        Status::Worse { from, to } => {
            let name = |severity: &Severity| words.name(lang, "severity", severity.as_str());
            words.say(lang, &key, &[("from", &name(from)), ("to", &name(to))])
        }
        Status::Reopened { by, from, to } => reopened(words, lang, by, *from, *to),
    })
}

/// That a case is worse than the one that somebody took up.
pub(super) fn reopened(words: &Words, lang: &str, by: &str, from: Severity, to: Severity) -> String {
    let name = |severity: Severity| words.name(lang, "severity", severity.as_str());
    words.say(lang, "status.reopened", &[("by", &own(by)), ("from", &name(from)), ("to", &name(to))])
}

/// Cause, remedy and note, where a status has them.
pub(super) fn news(words: &Words, lang: &str, context: &MessageContext<'_>) -> Vec<Fact> {
    let mut seen = String::new();
    let (cause, remedy, note) = match Status::from_note(context.note) {
        Some(Status::Resolved { cause, remedy, note, page, over, .. }) => {
            seen = page.map(|page| standing(words, lang, &page)).unwrap_or_default();
            let (cause, remedy) = trouble::end(words, lang, over, &cause, &remedy);
            (cause, remedy, note)
        }
        Some(
            Status::Acknowledged { note, .. }
            | Status::HandedOver { note, .. }
            | Status::NotOurs { note, .. }
            | Status::FalseAlarm { note, .. },
        ) => (String::new(), String::new(), note),
        Some(
            Status::Worse { .. }
            | Status::Reopened { .. }
            | Status::More
            | Status::Turned
            | Status::Spread { .. }
            | Status::OtherReason
            | Status::Gathered,
        )
        | None => return Vec::new(),
    };
    let given = [("cause", cause), ("remedy", remedy), ("page", seen), ("note", note)];
    given.iter().filter_map(|(label, text)| fact(words, lang, label, Some(own(text)))).collect()
}

/// What was last seen on the page of the mention; nothing where nobody has looked.
fn standing(words: &Words, lang: &str, page: &Known) -> String {
    let Some(state) = page.state else { return String::new() };
    let mut parts = vec![words.say(lang, &format!("watched.{}", state.as_str()), &[])];
    parts.extend(page.rating.map(|rating| words.say(lang, "watched.rated", &[("rating", &rating.to_string())])));
    parts.extend(page.answer.as_deref().map(|by| words.say(lang, "watched.answered", &[("by", &own(by))])));
    parts.join(&words.say(lang, "watched.and", &[]))
}
