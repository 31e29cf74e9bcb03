//! Praise that is none: in quotation marks (`真是“好”服务`), beside bitter words (`服务真好，我也是醉了`), or for what is bad
//! (`great, another week of waiting`, `thanks for nothing`).

use super::marks::{List, Signs};
use super::{Around, REACH_CHARS, contains_any};

/// `呵呵` is not among them: in every second review it is a friendly laugh.
const BITTER: &[&str] = &["也是醉了", "真是服了", "我也是服"];
/// After praise: what is praised is a repetition.
const CHINESE_AGAIN: &[&str] = &[",又坏", ",又是", ",又要", ",又等", "!又坏", "!又是", "!又要", "!又等"];
const ENGLISH_NOW: &[&str] = &["now i ", "now we ", "now my "];
const ENGLISH_FOR: &[&str] = &[
    "for nothing",
    "for ruining",
    "for losing",
    "for wasting",
    "for the delay",
    "for canceling",
    "for cancelling",
    "for making me",
    "for leaving",
    "for keeping me",
];
const ENGLISH_BITTER: &[&str] = &["#fail", "#sarcasm", "yeah right", "not!"];

/// What stands beside mockery.
pub(super) fn marks() -> Vec<List> {
    [&["another "], BITTER, CHINESE_AGAIN, ENGLISH_NOW, ENGLISH_FOR, ENGLISH_BITTER].map(|words| List::new(Signs::MOCKS, words)).to_vec()
}

/// `beyond` is all the text after the hit: mockery often starts a sentence of its own.
pub(super) fn is_mocked(around: &Around<'_>, beyond: &str) -> bool {
    let beyond = beyond.char_indices().nth(REACH_CHARS).map_or(beyond, |(at, _)| &beyond[..at]);
    contains_any(around.before(), BITTER) || contains_any(around.after(), BITTER) || is_praise_of_the_bad(beyond)
}

fn is_praise_of_the_bad(beyond: &str) -> bool {
    let next = beyond.trim_start_matches([',', '.', '!', ' ', '-']);
    (beyond.starts_with(',') && ENGLISH_NOW.iter().any(|word| next.starts_with(word)))
        || (beyond.starts_with([',', '.', '!']) && next.starts_with("another "))
        || CHINESE_AGAIN.iter().any(|word| beyond.trim_start_matches('了').starts_with(word))
        || ENGLISH_FOR.iter().any(|word| next.starts_with(word))
        || contains_any(beyond, ENGLISH_BITTER)
}
