//! Where the words stand that hold a hit back, or might: one look for all of them at once, for the whole text.
//!
//! Most hits have none of them near by, and a hit that has is asked only the questions that its neighbours are a sign of. The questions
//! themselves, with all their exceptions, stay where they are (`negation.rs`, `supposed.rs`, `others.rs`, `mocked.rs`).

use std::sync::LazyLock;

use super::{SENTENCE_CHARS, elsewhere, mocked, negation, others, rumour, supposed};
use crate::decide::fold::PADDING;
use crate::decide::matching::{Candidates, Finder};
use crate::decide::script::{ends_clause, ends_sentence};

/// What a mark may be a sign of: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs(u32);

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
    /// Before it: a rumour in its clause, an older thing in its sentence.
    pub(super) const RUMOUR: Self = Self(1 << 14);
    pub(super) const OLDER: Self = Self(1 << 15);
    /// Right after it: a denial.
    pub(super) const DENIED: Self = Self(1 << 10);
    /// After it: a question, or `的话`.
    pub(super) const ASKS: Self = Self(1 << 11);
    /// After it in its sentence: what takes back what others say.
    pub(super) const TAKEN_BACK: Self = Self(1 << 16);
    /// On either side: bitter words, or what makes mockery of praise.
    pub(super) const MOCKS: Self = Self(1 << 12);
    /// On either side: rescue, prevention, good deeds, the police at work.
    pub(super) const ELSEWHERE: Self = Self(1 << 17);

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

/// For texts that nobody looks for other words in.
static FINDER: LazyLock<Finder> = LazyLock::new(|| Finder::new(Marks::words()));

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

/// One mark of a text.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    at: u32,
    sign: Signs,
    /// Where the first clause ends that ends here or later.
    clause_end: u32,
    /// Behind the last end of a sentence before it; 0 in the first sentence.
    sentence: u32,
}

/// A sign that ends a clause, and whether it ends the sentence too.
#[derive(Clone, Copy, Debug)]
struct End {
    at: u32,
    of_sentence: bool,
}

/// The marks of one folded text, in its order.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    marks: Vec<Mark>,
    ends: Vec<End>,
}

impl Marks {
    /// The words to look for, whether they stand whole, and the number by which `add` knows them.
    pub(in crate::decide) fn words() -> impl Iterator<Item = (&'static str, bool, u32)> {
        let lists = [supposed::marks(), negation::marks(), others::marks(), rumour::marks(), mocked::marks(), elsewhere::marks()].concat();
        lists.into_iter().flat_map(|list| list.words.iter().map(move |word| (*word, list.whole, list.sign.0)))
    }

    pub(in crate::decide) fn clear(&mut self) {
        self.marks.clear();
    }

    /// A mark behind the ones before.
    #[inline]
    pub(in crate::decide) fn add(&mut self, number: u32, at: u32) {
        self.marks.push(Mark { at, sign: Signs(number), ..Mark::default() });
    }

    /// Looks where clauses and sentences end, once for all hits of a text.
    pub(in crate::decide) fn settle(&mut self, text: &str) {
        if self.marks.is_empty() {
            return;
        }
        self.ends.clear();
        ends(text, &mut self.ends);
        let (mut next, mut sentence) = (0, 0);
        for mark in &mut self.marks {
            while let Some(end) = self.ends.get(next).filter(|end| end.at < mark.at) {
                sentence = if end.of_sentence { end.at + 1 } else { sentence };
                next += 1;
            }
            mark.clause_end = self.ends.get(next).map_or(u32::MAX, |end| end.at);
            mark.sentence = sentence;
        }
    }

    /// Of a folded text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        units.extend([0; PADDING]);
        let mut marks = Self::default();
        FINDER.find(&units, &mut Candidates::default(), |found| marks.add(found.word, found.start));
        marks.settle(text);
        marks
    }

    /// What the marks near a hit are signs of.
    pub(super) fn around(&self, start: usize, end: usize) -> Signs {
        let from = start.saturating_sub(REACH_BYTES + LONGEST_MARK);
        let first = self.marks.partition_point(|mark| (mark.at as usize) < from);
        let mut signs = Signs::NOTHING;
        for mark in self.marks[first..].iter().take_while(|mark| (mark.at as usize) < end + REACH_BYTES) {
            if counts(mark, start, end) {
                signs = signs.and(mark.sign);
            }
        }
        signs
    }
}

/// Each kind counts on its side of the hit alone, and only as near as its questions look; mockery counts on both sides.
#[inline]
fn counts(mark: &Mark, start: usize, end: usize) -> bool {
    let place = mark.at as usize;
    let in_clause = mark.clause_end as usize >= start;
    match mark.sign {
        Signs::CLINGING => place < start && start - place <= CLINGING_BYTES && in_clause,
        Signs::FIRM
        | Signs::CONDITION
        | Signs::INQUIRY
        | Signs::FEAR
        | Signs::EITHER_OR
        | Signs::DENYING_WORD
        | Signs::HEARSAY
        | Signs::RUMOUR => place < start && in_clause,
        Signs::HEARER => place < start && start - place <= HEARER_BYTES,
        Signs::TITLE | Signs::UNLIKE | Signs::OLDER => place < start,
        Signs::DENIED => place == end,
        Signs::ASKS | Signs::TAKEN_BACK => place >= end && mark.sentence as usize <= end,
        _ => true,
    }
}

/// What a byte of UTF-8 may end: nothing, a clause, a sentence, or, as the first of three, either.
const NOTHING: u8 = 0;
const CLAUSE: u8 = 1;
const SENTENCE: u8 = 2;
const WIDE: u8 = 3;
/// `、` and `。` behind their first byte.
const WIDE_COMMA: [u8; 2] = [0x80, 0x81];
const WIDE_STOP: [u8; 2] = [0x80, 0x82];

static ENDS: [u8; 256] = {
    let mut table = [NOTHING; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        let letter = byte as char;
        table[byte as usize] = if ends_sentence(letter) {
            SENTENCE
        } else if ends_clause(letter) {
            CLAUSE
        } else {
            NOTHING
        };
        byte += 1;
    }
    table[0xE3] = WIDE;
    table
};

/// Every sign of a text that ends a clause, in order: by bytes, for few are one.
fn ends(text: &str, ends: &mut Vec<End>) {
    let bytes = text.as_bytes();
    for (at, byte) in (0_u32..).zip(bytes) {
        let kind = match ENDS[usize::from(*byte)] {
            NOTHING => continue,
            WIDE => match bytes[at as usize + 1..].first_chunk() {
                Some(&WIDE_STOP) => SENTENCE,
                Some(&WIDE_COMMA) => CLAUSE,
                _ => continue,
            },
            kind => kind,
        };
        ends.push(End { at, of_sentence: kind == SENTENCE });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decide::held::{held, is_elsewhere, is_mocked};

    const ALL: [Signs; 18] = [
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
        Signs::RUMOUR,
        Signs::OLDER,
        Signs::TAKEN_BACK,
        Signs::DENIED,
        Signs::ASKS,
        Signs::MOCKS,
        Signs::ELSEWHERE,
    ];

    /// As if every kind of mark stood on both sides of every place.
    fn everywhere(text: &str) -> Marks {
        let mut marks = Marks::default();
        for place in (0..=text.len()).filter(|place| text.is_char_boundary(*place)) {
            ALL.iter().for_each(|sign| marks.add(sign.0, u32::try_from(place).unwrap_or(u32::MAX)));
        }
        marks.settle(text);
        marks
    }

    #[test]
    fn a_clause_ends_where_its_signs_stand() {
        let all: String = (0..=u32::from(char::MAX)).filter_map(char::from_u32).collect();
        let mut found = Vec::new();
        ends(&all, &mut found);
        let found: Vec<(usize, bool)> = found.iter().map(|end| (end.at as usize, end.of_sentence)).collect();
        let signs = all.char_indices().filter(|(_, letter)| ends_clause(*letter));
        let expected: Vec<(usize, bool)> = signs.map(|(at, letter)| (at, ends_sentence(letter))).collect();
        assert_eq!(found, expected);
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
        "网传",
        "上一台",
        "也是",
        ",都是谣言",
        "根本没有",
        "我以为",
        "但",
        "i heard that ",
        "my old one ",
        "but ",
        "not true ",
        "无く",
        "店员",
        "救了",
        "waiter ",
        "saved his life ",
        "prevent ",
        "捐款",
        "逮捕",
        "小偷",
        "worried about ",
        "怕",
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
            prop_assert_eq!(is_elsewhere(&text, &some, start, end), is_elsewhere(&text, &all, start, end), "{}", text);
            prop_assert_eq!(is_mocked(&text, &some, start, end, false), is_mocked(&text, &all, start, end, false), "{}", text);
        }
    }
}
