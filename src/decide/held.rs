//! Words that stand there and are not said: denied, asked, supposed, feared, quoted, of others, part of a title, or mockery.
//!
//! All of it is read from the folded text around one hit: there is no grammar here, so each kind asks for a plain mark near by and
//! for nothing that speaks against it. What is recognised stands in the files beside this one; what is not, in `rules/README.md`.
//!
//! Grave harm is held back besides where it is not put to the brand (`is_elsewhere`): averted, of others, the subject of news.
//!
//! A question, a fear and what others say are suspicions: they count after all where the rest of the text complains (`in_company`).

mod elsewhere;
mod marks;
mod mocked;
mod negation;
mod others;
mod rumour;
mod supposed;

use std::cell::OnceCell;

pub use self::marks::Marks;
use self::marks::Signs;
use super::script::{ends_clause, ends_sentence};
use crate::model::Effect;

/// Why a hit does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// `不是詐騙`, `never had a problem`.
    Negated,
    /// `請問是不是假貨？`, `is this a scam?`.
    Asked,
    /// `如果坏了`, `if it breaks`.
    Supposed,
    /// `担心是假货`, `I was worried it would break`.
    Feared,
    /// `看评论说很差`, `some say it is a scam`.
    Quoted,
    /// `别家的很差`, `unlike others, which break`.
    Compared,
    /// `《大骗局》`.
    Titled,
    /// Praise that is none: `真是“好”服务`, `great, another delay`.
    Mocked,
    /// `店员救了噎到的客人`, `the police arrested a thief outside`, `a prize for preventing food poisoning`.
    Elsewhere,
}

impl Held {
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::Negated => Effect::Negated,
            Self::Asked => Effect::Asked,
            Self::Supposed => Effect::Supposed,
            Self::Feared => Effect::Feared,
            Self::Quoted => Effect::Quoted,
            Self::Compared => Effect::Compared,
            Self::Titled => Effect::Titled,
            Self::Mocked => Effect::Mocked,
            Self::Elsewhere => Effect::Elsewhere,
        }
    }

    /// Whether it counts after all in a text that complains of something else: a suspicion there is meant.
    #[must_use]
    pub const fn in_company(self) -> bool {
        matches!(self, Self::Asked | Self::Feared | Self::Quoted)
    }
}

/// Characters looked at on either side within a clause: the longest opener, fillers and titles seen.
const REACH_CHARS: usize = 40;
/// Characters looked at within a sentence.
const SENTENCE_CHARS: usize = 80;

/// The folded text around a hit: measured when it is asked for, as few questions need all of it, and then remembered.
#[derive(Debug)]
struct Around<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    /// Where the word before it ends that is said together with it: what denies stands behind that.
    own: usize,
    clause_before: OnceCell<&'a str>,
    clause_after: OnceCell<&'a str>,
    before: OnceCell<&'a str>,
    after: OnceCell<&'a str>,
}

impl<'a> Around<'a> {
    const fn new(text: &'a str, start: usize, end: usize) -> Self {
        let [clause_before, clause_after, before, after] = [const { OnceCell::new() }; 4];
        Self { text, start, end, own: 0, clause_before, clause_after, before, after }
    }

    fn hit(&self) -> &'a str {
        &self.text[self.start..self.end]
    }

    /// What follows soon, in its sentence or the next.
    fn soon(&self) -> &'a str {
        let behind = self.behind();
        behind.char_indices().nth(REACH_CHARS).map_or(behind, |(at, _)| &behind[..at])
    }

    /// All that follows the hit.
    fn behind(&self) -> &'a str {
        &self.text[self.end..]
    }

    /// Before the hit, from the start of its clause.
    fn clause_before(&self) -> &'a str {
        self.clause_before.get_or_init(|| back_to(&self.text[..self.start], REACH_CHARS, ends_clause))
    }

    /// The same without the words said together with it: `不` of `不` and `退` denies nothing, it is what is said.
    fn denying_before(&self) -> &'a str {
        let before = self.clause_before();
        let reach = self.start.saturating_sub(self.own);
        before.get(before.len().saturating_sub(reach)..).unwrap_or(before)
    }

    /// After it, up to the end of its clause, the sign included.
    fn clause_after(&self) -> &'a str {
        self.clause_after.get_or_init(|| up_to(&self.text[self.end..], REACH_CHARS, ends_clause))
    }

    /// Before the hit, from the start of its sentence.
    fn before(&self) -> &'a str {
        self.before.get_or_init(|| back_to(&self.text[..self.start], SENTENCE_CHARS, ends_sentence))
    }

    /// After it, up to the end of its sentence, the sign included.
    fn after(&self) -> &'a str {
        self.after.get_or_init(|| up_to(&self.text[self.end..], SENTENCE_CHARS, ends_sentence))
    }
}

/// Whether the hit at `start..end` of this folded text, which has these marks, is held back.
#[must_use]
pub fn held(text: &str, marks: &Marks, start: usize, end: usize) -> Option<Held> {
    held_in_chain(text, marks, 0, start, end)
}

/// The same of a word in a chain of words, the one before which ends at `own`.
#[must_use]
pub(super) fn held_in_chain(text: &str, marks: &Marks, own: usize, start: usize, end: usize) -> Option<Held> {
    let signs = marks.around(start, end);
    if signs.is_nothing() {
        return negation::denied_in_japanese(&text[end..]).then_some(Held::Negated);
    }
    let around = Around { own, ..Around::new(text, start, end) };
    if let Some(held) = supposed::held(&around, signs) {
        return Some(held);
    }
    if negation::is_negated(&around, signs) {
        return Some(Held::Negated);
    }
    rumour::held(&around, signs).or_else(|| others::held(&around, &text[..start], signs))
}

/// Whether the grave harm at `start..end` of this folded text is not put to the brand: averted by its people, done by or to others, or
/// the subject of news.
#[must_use]
pub fn is_elsewhere(text: &str, marks: &Marks, start: usize, end: usize) -> bool {
    marks.around(start, end).has(Signs::ELSEWHERE) && elsewhere::is_elsewhere(&Around::new(text, start, end))
}

/// The clause of what stands at `start..end` of this folded text.
pub(super) fn clause(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let around = Around::new(text, start, end);
    start - around.clause_before().len()..end + around.clause_after().len()
}

/// A clause in which a single word is denied says nothing else where it is no longer than this many characters.
const SHORT_CLAUSE: usize = 12;

/// What a denial of `start..end` leaves nothing of: its clause where that is short, else from the negator on.
pub(super) fn denial(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let whole = clause(text, start, end);
    if text[whole.clone()].chars().count() <= SHORT_CLAUSE {
        return whole;
    }
    let before = &text[whole.start..start];
    let negator = negation::CHINESE_NEGATORS.iter().filter_map(|negator| before.rfind(negator)).max();
    negator.map_or(whole.clone(), |at| whole.start + at..end)
}

/// Whether praise at `start..end` of this folded text is mockery; `quoted` where quotation marks stand on both sides of it.
#[must_use]
pub fn is_mocked(text: &str, marks: &Marks, start: usize, end: usize, quoted: bool) -> bool {
    quoted || (marks.around(start, end).has(Signs::MOCKS) && mocked::is_mocked(&Around::new(text, start, end), &text[end..]))
}

fn back_to(text: &str, reach: usize, ends: fn(char) -> bool) -> &str {
    let mut from = text.len();
    for (at, letter) in text.char_indices().rev().take(reach) {
        if ends(letter) || (letter == '.' && text[at + 1..].starts_with([' ', '.'])) {
            break;
        }
        from = at;
    }
    &text[from..]
}

/// Up to the sign that ends it, the sign included.
fn up_to(text: &str, reach: usize, ends: fn(char) -> bool) -> &str {
    for (at, letter) in text.char_indices().take(reach) {
        if ends(letter) {
            return &text[..at + letter.len_utf8()];
        }
    }
    text.char_indices().nth(reach).map_or(text, |(at, _)| &text[..at])
}

/// What stands before and after the first time this word stands there. Mostly it does not: to see that is cheaper than to make ready for
/// saying where it does.
fn split_at<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    if text.contains(word) { text.split_once(word) } else { None }
}

/// The same of the last time.
fn split_at_last<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    if text.contains(word) { text.rsplit_once(word) } else { None }
}

/// What stands before and after the first time this Latin word stands there whole.
fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    if !text.contains(word) {
        return None;
    }
    text.match_indices(word).map(|(at, _)| (&text[..at], &text[at + word.len()..])).find(|(before, after)| {
        !before.ends_with(|letter: char| letter.is_ascii_alphanumeric())
            && !after.starts_with(|letter: char| letter.is_ascii_alphanumeric())
    })
}

fn contains_word(text: &str, word: &str) -> bool {
    split_at_word(text, word).is_some()
}

fn contains_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests;
