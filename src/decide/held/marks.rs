//! Where the words stand that hold a hit back, or might: one look for all of them at once, for the whole text.
//!
//! Most hits have none of them near by, and a hit that has is asked only the questions that its neighbours are a sign of. The questions
//! themselves, with all their exceptions, stay where they are (`negation.rs`, `supposed.rs`, `others.rs`, `mocked.rs`).

use std::sync::LazyLock;

use super::{SENTENCE_CHARS, mocked, negation, others, supposed};
use crate::decide::fold::PADDING;
use crate::decide::matching::Finder;

/// What a mark may be a sign of: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs(u8);

impl Signs {
    const NOTHING: Self = Self(0);
    /// A condition, an inquiry, a fear, an either-or, before the hit.
    pub(super) const OPENS: Self = Self(1);
    /// A question or `的话` after it.
    pub(super) const ASKS: Self = Self(2);
    /// A negator before it.
    pub(super) const DENIES: Self = Self(4);
    /// A denial right after it.
    pub(super) const DENIED: Self = Self(8);
    /// A title, another firm, somebody's word, before it.
    pub(super) const OTHERS: Self = Self(16);
    /// Bitter words, or what makes mockery of praise.
    pub(super) const MOCKS: Self = Self(32);

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn is_nothing(self) -> bool {
        self.0 == 0
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Bytes of a folded text that any question looks at on either side of a hit, and the longest mark that may reach into them.
const REACH_BYTES: usize = SENTENCE_CHARS * 4;
const LONGEST_MARK: usize = 64;

static FINDER: LazyLock<Finder> = LazyLock::new(|| {
    let mut words: Vec<(&str, bool, u32)> = Vec::new();
    let mut add = |sign: Signs, whole: bool, list: &[&'static str]| {
        words.extend(list.iter().map(|word| (*word, whole, u32::from(sign.0))));
    };
    supposed::openers(|list| add(Signs::OPENS, false, list));
    supposed::askers(|list| add(Signs::ASKS, false, list));
    negation::negators(|whole, list| add(Signs::DENIES, whole, list));
    negation::denials(|list| add(Signs::DENIED, false, list));
    others::marks(|list| add(Signs::OTHERS, false, list));
    mocked::marks(|list| add(Signs::MOCKS, false, list));
    Finder::new(words)
});

/// The marks of one folded text, in its order.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    places: Vec<(u32, Signs)>,
}

impl Marks {
    /// Of the units of a folded text with their padding. `candidates` is memory that is used again.
    pub(in crate::decide) fn refill(&mut self, padded: &[u16], candidates: &mut Vec<u32>) {
        self.places.clear();
        FINDER.find(padded, candidates, |found| self.places.push((found.start, Signs(found.word.to_le_bytes()[0]))));
    }

    /// Of a folded text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        units.extend([0; PADDING]);
        let mut marks = Self::default();
        marks.refill(&units, &mut Vec::new());
        marks
    }

    /// What the marks near a hit are signs of.
    pub(super) fn around(&self, start: usize, end: usize) -> Signs {
        let from = start.saturating_sub(REACH_BYTES + LONGEST_MARK);
        let first = self.places.partition_point(|(place, _)| (*place as usize) < from);
        let mut signs = Signs::NOTHING;
        for (place, sign) in &self.places[first..] {
            let place = *place as usize;
            if place >= end + REACH_BYTES {
                break;
            }
            // Each kind counts on its side of the hit alone; mockery on both.
            let counts = match *sign {
                Signs::OPENS | Signs::DENIES | Signs::OTHERS => place < start,
                Signs::DENIED => place == end,
                Signs::ASKS => place >= end,
                _ => true,
            };
            if counts {
                signs = signs.and(*sign);
            }
        }
        signs
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decide::held::{held, is_mocked};

    /// As if every kind of mark stood on both sides of every place.
    fn everywhere(text: &str) -> Marks {
        let all = [Signs::OPENS, Signs::ASKS, Signs::DENIES, Signs::DENIED, Signs::OTHERS, Signs::MOCKS];
        let places = (0..=text.len()).flat_map(|place| all.map(|sign| (u32::try_from(place).unwrap_or(u32::MAX), sign)));
        Marks { places: places.collect() }
    }

    const PIECES: &[&str] = &[
        "差", "好", "坏", "慢", "不", "没有", "不是", "不仅", "什么", "很", "非常", "如果", "要是", "早知", "请问", "你们", "是不是", "不知道", "会", "吗", "?", "!",
        "。", ",", " ", "担心", "有点", "的话", "《", "》", "别家", "比", "评论", "说", "果然", "也是醉了", ",又坏", "bad", "late", "not ", "never ", "is ", "this ", "if ",
        "it ", "unlike ", "other brands ", "some say ", "was worried ", "don't ", "isn't ", "any ", "problem", "great", ", another ", " for nothing", "nicht ",
        "pas d'", "khong ", " khong?", "ない", "問題", "は", "特に", "无く", ". ", "\n",
    ];

    proptest! {
        #[test]
        fn a_hit_without_a_mark_near_by_is_never_held(
            parts in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 1..60),
            at in 0_usize..60,
        ) {
            let text = parts.concat();
            let at = at % parts.len();
            let start: usize = parts[..at].iter().map(|part| part.len()).sum();
            let end = start + parts[at].len();
            let (some, all) = (Marks::of(&text), everywhere(&text));
            prop_assert_eq!(held(&text, &some, start, end), held(&text, &all, start, end), "{}", text);
            prop_assert_eq!(is_mocked(&text, &some, start, end, false), is_mocked(&text, &all, start, end, false), "{}", text);
        }
    }
}
