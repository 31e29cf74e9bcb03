//! What a status says: one sentence, and beside it cause, remedy and note.

use super::MessageContext;
use super::mail::{Fact, fact, foreign, own};
use super::words::Words;
use super::{show, trouble};
use crate::model::Severity;
use crate::respond::edit::News;
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
        Status::More | Status::Turned | Status::OtherReason | Status::WroteOn { .. } | Status::TakenBack { .. } => {
            words.say(lang, &key, &[])
        }
        Status::Spread { source } => words.say(lang, &key, &[("source", &own(source))]),
        Status::Worse { from, to, .. } => {
            let name = |severity: &Severity| words.name(lang, "severity", severity.as_str());
            words.say(lang, &key, &[("from", &name(from)), ("to", &name(to))])
        }
        Status::Edited { by, what, .. } => {
            let news: Vec<String> = what.iter().map(|news| piece(words, lang, context, news)).collect();
            let key = if by.is_empty() { "status.edited" } else { "status.edited_after" };
            words.say(lang, key, &[("by", &own(by)), ("news", &show::list(lang, &news))])
        }
        Status::Reopened { by, from, to, .. } => reopened(words, lang, by, *from, *to),
        Status::Refused { by, from, .. } => words.say(lang, &key, &[("by", &own(by)), ("from", &title(from))]),
    })
}

/// A piece of news in a few words: for a rule its note, as the verdict has it.
fn piece(words: &Words, lang: &str, context: &MessageContext<'_>, news: &News) -> String {
    let name = |severity: &Severity| words.name(lang, "severity", severity.as_str());
    match news {
        News::Worse { from, to } => words.say(lang, "news.worse", &[("from", &name(from)), ("to", &name(to))]),
        News::Grave { rule } => {
            let reason = context.verdict.into_iter().flat_map(|verdict| &verdict.reasons).find(|reason| reason.rule == *rule);
            let note = reason.map(|reason| reason.note_in(context.language)).filter(|note| !note.is_empty()).unwrap_or(rule);
            own(note.trim_end_matches(['.', '。']))
        }
        News::Category { category } => words.say(lang, "news.category", &[("category", &own(&words.name(lang, "category", category)))]),
        News::OtherWords => words.say(lang, "news.other_words", &[]),
    }
}

/// That a case is worse than the one that somebody took up, or that its author says more since.
pub(super) fn reopened(words: &Words, lang: &str, by: &str, from: Severity, to: Severity) -> String {
    if to <= from {
        return words.say(lang, "page.edited", &[("by", &own(by))]);
    }
    let name = |severity: Severity| words.name(lang, "severity", severity.as_str());
    words.say(lang, "status.reopened", &[("by", &own(by)), ("from", &name(from)), ("to", &name(to))])
}

/// Cause, remedy and note, where a status has them.
pub(super) fn news(words: &Words, lang: &str, context: &MessageContext<'_>) -> Vec<Fact> {
    let (mut seen, mut also) = (String::new(), Vec::new());
    let (cause, remedy, note) = match Status::from_note(context.note) {
        Some(
            Status::Worse { also: said, .. }
            | Status::Edited { also: said, .. }
            | Status::Reopened { also: said, .. }
            | Status::WroteOn { also: said }
            | Status::TakenBack { also: said },
        ) => {
            also = said;
            (String::new(), String::new(), String::new())
        }
        Some(Status::Resolved { cause, remedy, note, page, over, .. }) => {
            seen = page.map(|page| standing(words, lang, &page)).unwrap_or_default();
            let (cause, remedy) = trouble::end(words, lang, over, &cause, &remedy);
            (cause, remedy, note)
        }
        Some(
            Status::Acknowledged { note, .. }
            | Status::HandedOver { note, .. }
            | Status::NotOurs { note, .. }
            | Status::FalseAlarm { note, .. }
            | Status::Refused { note, .. },
        ) => (String::new(), String::new(), note),
        Some(Status::More | Status::Turned | Status::Spread { .. } | Status::OtherReason | Status::Gathered) | None => return Vec::new(),
    };
    let given = [("cause", own(&cause)), ("remedy", own(&remedy)), ("page", own(&seen)), ("note", own(&note)), ("also", quoted(&also))];
    given.into_iter().filter_map(|(label, text)| fact(words, lang, label, Some(text))).collect()
}

/// A stranger's sentences, one after the other.
fn quoted(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| foreign(sentence)).collect::<Vec<_>>().join(" … ")
}

/// What was last seen on the page of the mention; nothing where nobody has looked.
fn standing(words: &Words, lang: &str, page: &Known) -> String {
    let Some(state) = page.state else { return String::new() };
    let mut parts = vec![words.say(lang, &format!("watched.{}", state.as_str()), &[])];
    parts.extend(page.rating.map(|rating| words.say(lang, "watched.rated", &[("rating", &rating.to_string())])));
    parts.extend(page.answer.as_deref().map(|by| words.say(lang, "watched.answered", &[("by", &own(by))])));
    parts.join(&words.say(lang, "watched.and", &[]))
}
