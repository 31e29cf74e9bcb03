//! Where the words stand that hold a hit back, or might: one look for all of them at once, for the whole text.
//!
//! Most hits have none of them near by, and a hit that has is asked only the questions that its neighbours are a sign of. The questions
//! themselves, with all their exceptions, stay where they are (`negation.rs`, `supposed.rs`, `others.rs`, `mocked.rs`).

use std::sync::LazyLock;

use super::{SENTENCE_CHARS, mocked, negation, others, supposed};
use crate::decide::fold::PADDING;
use crate::decide::matching::{Candidates, Finder};
use crate::decide::script::{ends_clause, ends_sentence};

/// What a mark may be a sign of: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs(u16);

impl Signs {
    const NOTHING: Self = Self(0);
    /// Before the hit, in its clause: a condition, an inquiry, a fear, an either-or.
    pub(super) const CONDITION: Self = Self(1);
    pub(super) const INQUIRY: Self = Self(1 << 1);
    pub(super) const FEAR: Self = Self(1 << 2);
    pub(super) const EITHER_OR: Self = Self(1 << 3);
    /// Before it, in its clause: a negator that clings to the next character, or a word that is one.
    pub(super) const CLINGING: Self = Self(1 << 4);
    pub(super) const DENYING_WORD: Self = Self(1 << 5);
    /// Before it: another firm or somebody's word in its clause; a title, a comparison, somebody who may have said it.
    pub(super) const FIRM: Self = Self(1 << 6);
    pub(super) const TITLE: Self = Self(1 << 7);
    pub(super) const UNLIKE: Self = Self(1 << 8);
    pub(super) const HEARER: Self = Self(1 << 9);
    pub(super) const HEARSAY: Self = Self(1 << 13);
    /// Right after it: a denial.
    pub(super) const DENIED: Self = Self(1 << 10);
    /// After it: a question, or `的话`.
    pub(super) const ASKS: Self = Self(1 << 11);
    /// On either side: bitter words, or what makes mockery of praise.
    pub(super) const MOCKS: Self = Self(1 << 12);

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
/// From a hearer's word to what is heard.
const HEARER_BYTES: usize = (others::MOST_HEARSAY_CHARS + others::MOST_HEARER_CHARS) * 4;
/// From a Chinese negator to what it denies: fillers of four characters, spaces between them.
const CLINGING_BYTES: usize = (negation::MOST_FILLERS + 2) * 16;

static FINDER: LazyLock<Finder> = LazyLock::new(|| {
    let lists = [supposed::marks(), negation::marks(), others::marks(), mocked::marks()].concat();
    let words = lists.iter().flat_map(|list| list.words.iter().map(|word| (*word, list.whole, u32::from(list.sign.0))));
    Finder::new(words)
});

/// Words that are a sign of the same.
#[derive(Clone, Copy)]
pub(super) struct List {
    sign: Signs,
    /// Whether Latin words among them stand whole.
    whole: bool,
    words: &'static [&'static str],
}

impl List {
    pub(super) const fn new(sign: Signs, words: &'static [&'static str]) -> Self {
        Self { sign, whole: false, words }
    }

    pub(super) const fn whole(sign: Signs, words: &'static [&'static str]) -> Self {
        Self { sign, whole: true, words }
    }
}

/// The marks of one folded text, in its order.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    places: Vec<(u32, Signs)>,
}

impl Marks {
    /// Of the units of a folded text with their padding. `candidates` is memory that is used again.
    pub(in crate::decide) fn refill(&mut self, padded: &[u16], candidates: &mut Candidates) {
        self.places.clear();
        FINDER.find(padded, candidates, |found| self.places.push((found.start, Signs(u16::try_from(found.word).unwrap_or(0)))));
    }

    /// Of a folded text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        units.extend([0; PADDING]);
        let mut marks = Self::default();
        marks.refill(&units, &mut Candidates::default());
        marks
    }

    /// What the marks near a hit of this folded text are signs of.
    pub(super) fn around(&self, text: &str, start: usize, end: usize) -> Signs {
        let from = start.saturating_sub(REACH_BYTES + LONGEST_MARK);
        let first = self.places.partition_point(|(place, _)| (*place as usize) < from);
        let mut signs = Signs::NOTHING;
        for (place, sign) in &self.places[first..] {
            let place = *place as usize;
            if place >= end + REACH_BYTES {
                break;
            }
            if !signs.has(*sign) && counts(*sign, text, place, start, end) {
                signs = signs.and(*sign);
            }
        }
        signs
    }
}

/// Each kind counts on its side of the hit alone, and only as near as its questions look; mockery counts on both sides.
fn counts(sign: Signs, text: &str, place: usize, start: usize, end: usize) -> bool {
    match sign {
        Signs::CLINGING => place < start && start - place <= CLINGING_BYTES && !parts(&text[place..start], ends_clause),
        Signs::FIRM | Signs::CONDITION | Signs::INQUIRY | Signs::FEAR | Signs::EITHER_OR | Signs::DENYING_WORD | Signs::HEARSAY => {
            place < start && !parts(&text[place..start], ends_clause)
        }
        Signs::HEARER => place < start && start - place <= HEARER_BYTES,
        Signs::TITLE | Signs::UNLIKE => place < start,
        Signs::DENIED => place == end,
        Signs::ASKS => place >= end && !parts(&text[end..place], ends_sentence),
        _ => true,
    }
}

/// Whether a clause or a sentence ends in what stands between a mark and a hit: asked of few, so that they need not be measured.
fn parts(between: &str, ends: fn(char) -> bool) -> bool {
    between.chars().any(ends)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decide::held::{held, is_mocked};

    const ALL: [Signs; 14] = [
        Signs::CONDITION,
        Signs::INQUIRY,
        Signs::FEAR,
        Signs::EITHER_OR,
        Signs::CLINGING,
        Signs::DENYING_WORD,
        Signs::FIRM,
        Signs::TITLE,
        Signs::UNLIKE,
        Signs::HEARER,
        Signs::HEARSAY,
        Signs::DENIED,
        Signs::ASKS,
        Signs::MOCKS,
    ];

    /// As if every kind of mark stood on both sides of every place.
    fn everywhere(text: &str) -> Marks {
        let places = (0..=text.len())
            .filter(|place| text.is_char_boundary(*place))
            .flat_map(|place| ALL.map(|sign| (u32::try_from(place).unwrap_or(u32::MAX), sign)));
        Marks { places: places.collect() }
    }

    const PIECES: &[&str] = &[
        "差",
        "好",
        "坏",
        "慢",
        "不",
        "没有",
        "不是",
        "不仅",
        "什么",
        "很",
        "非常",
        "如果",
        "要是",
        "早知",
        "请问",
        "你们",
        "是不是",
        "不知道",
        "会",
        "吗",
        "?",
        "!",
        "。",
        ",",
        " ",
        "担心",
        "有点",
        "的话",
        "《",
        "》",
        "别家",
        "比",
        "评论",
        "说",
        "果然",
        "也是醉了",
        ",又坏",
        "bad",
        "late",
        "not ",
        "never ",
        "is ",
        "this ",
        "if ",
        "it ",
        "unlike ",
        "other brands ",
        "some say ",
        "was worried ",
        "don't ",
        "isn't ",
        "any ",
        "problem",
        "great",
        ", another ",
        " for nothing",
        "nicht ",
        "pas d'",
        "khong ",
        " khong?",
        "ない",
        "問題",
        "は",
        "特に",
        "无く",
        ". ",
        "\n",
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
