//! What a service says beside a status that says no already: its own sentence, and whether that is about patience or credentials.

use serde_json::Value;

use super::kind_of;
use crate::model::FailureKind;
use crate::outbound::refused::{self, CODES, ERROR_CODES, ERRORS, MESSAGES, first, member};

/// A service's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub words: String,
    /// What they mean, where they mean any of what we know.
    pub kind: Option<FailureKind>,
}

/// Words for people, and then those for programs.
const FOR_PEOPLE: [&str; 6] = ["message", "errordescription", "detail", "msg", "errmsg", "description"];
const FOR_PROGRAMS: [&str; 3] = ["reason", "type", "code"];
/// A token that is no credential: a place in a list, a piece of a text.
const OTHER_TOKENS: [&str; 4] = ["page token", "pagetoken", "page_token", "unexpected token"];

/// The words of an error, wherever it has them; none where it has none.
#[must_use]
pub fn said(document: &Value) -> Option<Said> {
    let error = ERRORS.iter().find_map(|name| member(document, name)).filter(|error| !error.is_null());
    let mut people: Vec<String> = Vec::new();
    let mut programs: Vec<String> = Vec::new();
    if let Value::String(words) = document {
        people.push(words.clone());
    }
    for part in [error, Some(document)].into_iter().flatten() {
        gather(part, &mut people, &mut programs);
    }
    let words = match (people.as_slice(), programs.as_slice()) {
        ([], []) => return None,
        ([], [program, ..]) => program.clone(),
        ([word, more, ..], _) if is_name(word) => format!("{word}: {more}"),
        ([word, ..], programs) => {
            let name = programs.iter().find(|name| is_name(name) && !word.contains(name.as_str()));
            name.map_or_else(|| word.clone(), |name| format!("{word} ({name})"))
        }
    };
    let all = people.into_iter().chain(programs).collect::<Vec<_>>().join(" ").to_lowercase();
    Some(Said { words, kind: meaning(&all) })
}

/// Adds the words of an error or of a document around one.
fn gather(part: &Value, people: &mut Vec<String>, programs: &mut Vec<String>) {
    let Some(part) = first(part) else { return };
    let add = |to: &mut Vec<String>, words: &str| {
        if !words.trim().is_empty() && !to.iter().any(|known| known == words) {
            to.push(words.to_owned());
        }
    };
    if let Value::String(words) = part {
        add(people, words);
        return;
    }
    let text = |name: &&str| member(part, name).and_then(Value::as_str);
    FOR_PEOPLE.iter().filter_map(text).for_each(|words| add(people, words));
    if people.is_empty() {
        MESSAGES.iter().filter_map(text).take(1).for_each(|words| add(people, words));
    }
    let names = FOR_PROGRAMS.iter().chain(&ERROR_CODES).chain(&CODES);
    names.filter_map(text).for_each(|words| add(programs, words));
    // Google's errors have the reason one step deeper.
    let inner = member(part, "errors").and_then(first).and_then(|inner| member(inner, "reason")).and_then(Value::as_str);
    inner.into_iter().for_each(|words| add(programs, words));
}

/// `rate_limit_error`, `quotaExceeded`.
fn is_name(words: &str) -> bool {
    words.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.'))
        && words.chars().any(char::is_alphabetic)
}

fn meaning(words: &str) -> Option<FailureKind> {
    let words = OTHER_TOKENS.iter().fold(words.to_owned(), |words, other| words.replace(other, ""));
    refused::meaning(&words).map(kind_of)
}
