//! How a text feels: the words of the sentiment rules, the weight of what it complains of, and its stars.
//!
//! ```text
//! words   each word of a sentiment rule once, the longest where they overlap; negated praise turns to blame (x -0.8), negated blame to mild praise (x -0.4)
//! stars   3 is 0, 1 is -2, 5 is +2
//! tone    what the model says (voice.rs); 0 without one
//! total   words + stars + tone - weight of the categories (at most 6)
//! value   total / (1 + |total|), from -1 to 1
//! ```

use super::firing::{Firing, Found};
use super::held::Held;
use super::rule::{Kind, Rule};

const NEGATED_PRAISE: f64 = -0.8;
const NEGATED_BLAME: f64 = -0.4;
/// A rule's words beyond this many say the same again.
const MOST_WORDS: usize = 5;
/// Many categories are one anger.
pub(super) const MOST_CATEGORIES: f64 = 6.0;
const MIDDLE_STARS: f64 = 3.0;

/// The sum, step by step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Feeling {
    pub words: f64,
    pub stars: f64,
    pub categories: f64,
    pub tone: f64,
}

impl Feeling {
    #[must_use]
    pub fn total(&self) -> f64 {
        self.words + self.stars + self.tone - self.categories
    }

    /// From -1 (worst) to 1 (best).
    #[must_use]
    pub fn value(&self) -> f64 {
        value(self.total())
    }

    pub(super) fn new(words: f64, stars: Option<f64>, categories: f64, tone: f64) -> Self {
        Self { words, stars: stars.map_or(0.0, |stars| stars - MIDDLE_STARS), categories: categories.min(MOST_CATEGORIES), tone }
    }
}

/// A sum as a number from -1 to 1.
pub(super) fn value(total: f64) -> f64 {
    (total / (1.0 + total.abs()) * 1000.0).round() / 1000.0
}

/// What one sentiment rule contributes.
#[derive(Debug, PartialEq)]
pub(super) struct Share {
    pub(super) firing: usize,
    pub(super) weight: f64,
    pub(super) places: Vec<Found>,
}

#[derive(Clone, Copy)]
struct Word {
    firing: usize,
    weight: f64,
    found: Found,
    negated: bool,
}

/// The shares of all sentiment rules among the firings, in their order; `placed` where somebody will look at their places.
pub(super) fn shares(rules: &[Rule], firings: &[Firing], placed: bool) -> Vec<Share> {
    let mut words = words(rules, firings);
    words.sort_by_key(|word| (std::cmp::Reverse(word.found.end - word.found.start), word.found.part, word.found.start));
    let mut kept = 0;
    for at in 0..words.len() {
        let word = words[at];
        let overlaps =
            |other: &Word| other.found.part == word.found.part && other.found.start < word.found.end && word.found.start < other.found.end;
        if !words[..kept].iter().any(overlaps) {
            words[kept] = word;
            kept += 1;
        }
    }
    words.truncate(kept);
    words.sort_by_key(|word| (word.firing, word.found.part, word.found.start));
    words.chunk_by(|left, right| left.firing == right.firing).map(|words| share(words, placed)).collect()
}

fn words(rules: &[Rule], firings: &[Firing]) -> Vec<Word> {
    let mut words = Vec::new();
    for (number, firing) in firings.iter().enumerate() {
        let rule = &rules[firing.rule];
        if rule.kind != Kind::Sentiment || rule.shadow {
            continue;
        }
        let word = |negated: bool| move |found: &Found| Word { firing: number, weight: rule.weight, found: *found, negated };
        words.extend(firing.live.iter().map(word(false)));
        words.extend(firing.held.iter().filter(|found| found.held.is_some_and(turns)).map(word(true)));
        if firing.live.is_empty() && firing.held.is_empty() && !rule.has_triggers() {
            // A rule on the rating alone has no word; it takes a place no word can overlap.
            let nowhere = Found { part: crate::model::Part::Text, start: u32::MAX, end: u32::MAX, literal: None, held: None };
            words.push(Word { firing: number, weight: rule.weight, found: nowhere, negated: false });
        }
    }
    words
}

/// Whether a word means its opposite: what is only asked, feared or told of others means nothing here, a wish for praise means its lack.
fn turns(held: Held) -> bool {
    matches!(held, Held::Negated | Held::Mocked)
}

fn share(words: &[Word], placed: bool) -> Share {
    let (mut seen, mut count) = ([(None, false); MOST_WORDS], 0);
    let mut share = Share { firing: words[0].firing, weight: 0.0, places: Vec::new() };
    for word in words {
        let key = (word.found.literal, word.negated);
        if count == MOST_WORDS || seen[..count].contains(&key) {
            continue;
        }
        seen[count] = key;
        count += 1;
        let factor = match (word.negated, word.weight > 0.0) {
            (false, _) => 1.0,
            (true, true) => NEGATED_PRAISE,
            (true, false) => NEGATED_BLAME,
        };
        share.weight += word.weight * factor;
        if placed && word.found.start < word.found.end {
            share.places.push(word.found);
        }
    }
    share
}
