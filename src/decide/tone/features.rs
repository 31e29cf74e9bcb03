//! What the model sees of a folded text: hashed pieces of it, in one pass.
//!
//! - symbols: a Chinese, Japanese, Korean or Thai character, or a whole word of other scripts; every run of 1 to 4 characters,
//!   or of 1 to 3 words, within a clause, with the clause's ends as symbols of their own;
//! - pieces of 3 to 5 letters of a word with its ends, for compounds, endings and slips of the pen;
//! - a word after a negator (`not`, `nicht`, `pas`, ..) once more, marked: `not really good` is not `good`;
//! - what stands in the last clause or after `但`, `but`, .. once more, marked: people close with what they mean;
//! - each sign that ends a clause, each emoji;
//! - nothing of long numbers: an order's or a card's is no tone.
//!
//! The hash is multilinear over 64 bits, of which the upper 32 are kept (Dietzfelbinger, "Universal Hashing and k-wise Independence", 1996);
//! texts of one language have some hundred thousand features, so two of them share a hash now and then. The constants are part of the
//! file's format: another set needs another version.

use std::ops::Range;

use super::symbols::{Kind, chinese, is_number, kind, word_length};
use crate::decide::script::{ends_clause, ends_sentence};

/// Longest run of symbols.
const LONGEST: usize = 4;
/// Longest run of words: longer ones hardly come twice.
const LONGEST_OF_WORDS: usize = 3;
/// The rest of a longer word says nothing more.
const MOST_WORD_BYTES: usize = 32;
/// A negator reaches this many words.
const NEGATED_WORDS: u8 = 3;
/// Texts are cut here: the tone shows long before.
const MOST_BYTES: usize = 16 * 1024;

/// One factor for each place of a run, counted from its end.
const FACTORS: [u64; 5] =
    [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f, 0xd6e8_feb8_6659_fd93, 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];
/// One summand for each length of a run.
const SALTS: [u64; LONGEST] = [0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3, 0x1d8e_4e27_c47d_124f, 0xeb44_acca_b455_d165];
/// The same for pieces of words, of three to five bytes.
const PIECE_SALTS: [u64; 3] = [0x3c79_ac49_2ba7_b653, 0x1c69_b3f7_4ac4_ae35, 0x7a3f_91c2_5d08_e64b];
const NEGATED: u64 = 0x2545_f491_4f6c_dd1d;
const STRESSED: u64 = 0x6c62_272e_07bb_0142;
const SIGN: u64 = 0x94d0_49bb_1331_11eb;
/// The end of a clause as a symbol; no character has this number.
const EDGE: u64 = 0x11_0000;

/// In folded spelling, so without accents.
const NEGATORS: &[&str] = &[
    "not", "no", "never", "nothing", "without", "hardly", "barely", "cannot", "cant", "dont", "doesnt", "didnt", "isnt", "wasnt", "wont",
    "wouldnt", "nor", "neither", "nicht", "kein", "keine", "keinen", "keiner", "nie", "ohne", "niet", "geen", "nooit", "zonder", "pas",
    "jamais", "aucun", "aucune", "sans", "khong", "chang", "chua", "ko",
];
const CONTRASTS: &[&str] = &["but", "however", "though", "except", "unfortunately", "aber", "leider", "maar", "helaas", "mais", "nhung"];

/// Who hears the features of a text: the hash and the bytes of each. Whatever takes two such arguments does.
pub(super) trait Ear {
    fn hear(&mut self, hash: u32, place: Range<usize>);

    /// A piece of a word.
    #[inline]
    fn piece(&mut self, hash: u32, place: Range<usize>) {
        self.hear(hash, place);
    }

    /// A word whose pieces it heard before and now counted without hearing them again.
    #[inline]
    fn recall(&mut self, _word: &[u8]) -> Option<Word> {
        None
    }

    /// The word whose pieces were the last ones.
    #[inline]
    fn keep(&mut self, _bytes: &[u8], _word: Word) {}
}

impl<F: FnMut(u32, Range<usize>)> Ear for F {
    #[inline]
    fn hear(&mut self, hash: u32, place: Range<usize>) {
        self(hash, place);
    }
}

/// What a word is whatever stands around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    hash: u64,
    turn: Turn,
}

/// What a word does to those after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    #[default]
    Nothing,
    Negates,
    Contrasts,
}

impl Word {
    fn of(word: &[u8]) -> Self {
        let hash = hash_of(word);
        let turn = if is_among(&NEGATOR_HASHES, &NEGATOR_MARKS, hash) || word.ends_with(b"n't") {
            Turn::Negates
        } else if is_among(&CONTRAST_HASHES, &CONTRAST_MARKS, hash) {
            Turn::Contrasts
        } else {
            Turn::Nothing
        };
        Self { hash, turn }
    }
}

/// Tells the ear of every feature of a folded text.
pub(super) fn each(folded: &str, ear: &mut impl Ear) {
    let text = &folded[..folded.floor_char_boundary(MOST_BYTES)];
    let mut pass = Pass {
        text,
        ear,
        latest: [Symbol { code: EDGE, start: 0 }; LONGEST - 1],
        filled: 1,
        negated: 0,
        contrast: false,
        last_clause: last_clause(text),
    };
    let (mut at, mut spaced) = (0, false);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let (letter, end, kind) = match chinese(&bytes[at..]) {
            Some(letter) => (letter, at + 3, Kind::Character),
            None if byte.is_ascii() => (char::from(*byte), at + 1, kind(char::from(*byte))),
            None => {
                let letter = text[at..].chars().next().unwrap_or_default();
                (letter, at + letter.len_utf8(), kind(letter))
            }
        };
        let start = at;
        at = end;
        match kind {
            Kind::Space => {}
            Kind::Character => pass.character(letter, start, end, spaced),
            Kind::Word => {
                at = start + word_length(&text[start..]);
                pass.word(start, at);
            }
            Kind::Sign => pass.sign(letter, start, end),
        }
        spaced = letter == ' ';
    }
    pass.edge(text.len());
}

/// Where the last clause begins, signs at the end aside; the end of the text where there is but one.
fn last_clause(text: &str) -> usize {
    let words = text.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let sign = words.char_indices().rev().find(|(at, letter)| ends_clause(*letter) || (*letter == '.' && words[at + 1..].starts_with(' ')));
    sign.map_or(text.len(), |(at, letter)| at + letter.len_utf8())
}

/// A character or a word, and where it begins.
#[derive(Clone, Copy)]
struct Symbol {
    code: u64,
    start: usize,
}

struct Pass<'a, E> {
    text: &'a str,
    ear: &'a mut E,
    /// The symbols before this one, the latest first.
    latest: [Symbol; LONGEST - 1],
    /// How many of them belong to this clause, its edge included.
    filled: usize,
    /// Words a negator still reaches.
    negated: u8,
    /// A contrast stands earlier in this sentence.
    contrast: bool,
    last_clause: usize,
}

impl<E: Ear> Pass<'_, E> {
    #[inline]
    fn character(&mut self, letter: char, start: usize, end: usize, spaced: bool) {
        if spaced {
            self.edge(start);
        }
        let symbol = Symbol { code: u64::from(u32::from(letter)), start };
        let before = self.latest[0].code;
        self.runs(symbol, end, LONGEST);
        if self.contrast || start >= self.last_clause {
            self.say(summand(symbol.code, 0).wrapping_add(summand(before, 1)).wrapping_add(STRESSED), start..end);
        }
        self.contrast |= turns(before, symbol.code);
    }

    fn word(&mut self, start: usize, end: usize) {
        let bytes = &self.text.as_bytes()[start..end];
        if is_number(bytes) {
            return;
        }
        let known = self.ear.recall(bytes);
        let word = known.unwrap_or_else(|| Word::of(bytes));
        let hash = word.hash;
        self.runs(Symbol { code: hash, start }, end, LONGEST_OF_WORDS);
        let alone = summand(hash, 0);
        if self.contrast || start >= self.last_clause {
            self.say(alone.wrapping_add(STRESSED), start..end);
        }
        if self.negated > 0 {
            self.negated -= 1;
            self.say(alone.wrapping_add(NEGATED), start..end);
        }
        if known.is_none() {
            self.pieces(start, end);
            self.ear.keep(bytes, word);
        }
        match word.turn {
            Turn::Nothing => {}
            Turn::Negates => self.negated = NEGATED_WORDS,
            Turn::Contrasts => self.contrast = true,
        }
    }

    /// Every piece of a word, which has a space at each end.
    fn pieces(&mut self, start: usize, end: usize) {
        let last = end.min(start + MOST_WORD_BYTES);
        let text = self.text;
        let [mut first, mut second, mut third, mut fourth] = [u64::from(b' '), 0, 0, 0];
        let letters = text.as_bytes()[start..last].iter().copied().chain([b' ']);
        for (count, letter) in letters.enumerate() {
            let letter = u64::from(letter);
            let three = summand(letter, 0).wrapping_add(summand(first, 1)).wrapping_add(summand(second, 2));
            let four = three.wrapping_add(summand(third, 3));
            let five = four.wrapping_add(summand(fourth, 4));
            for (least, sum) in [(1, three), (2, four), (3, five)] {
                if count >= least {
                    let sum = sum.wrapping_add(PIECE_SALTS[least - 1]);
                    self.ear.piece((sum >> 32) as u32, start..end);
                }
            }
            [first, second, third, fourth] = [letter, first, second, third];
        }
    }

    fn sign(&mut self, letter: char, start: usize, end: usize) {
        self.say(summand(u64::from(u32::from(letter)), 0).wrapping_add(SIGN), start..end);
        self.negated = 0;
        if ends_sentence(letter) || letter == '.' {
            self.contrast = false;
        }
        self.edge(start);
    }

    /// The clause ends here; several ends in a row are one.
    fn edge(&mut self, place: usize) {
        let [first, second, _] = self.latest;
        if first.code != EDGE {
            let two = summand(EDGE, 0).wrapping_add(summand(first.code, 1));
            self.say(two.wrapping_add(SALTS[1]), first.start..place);
            if self.filled > 1 {
                self.say(two.wrapping_add(summand(second.code, 2)).wrapping_add(SALTS[2]), second.start..place);
            }
        }
        self.latest[0] = Symbol { code: EDGE, start: place };
        self.filled = 1;
    }

    /// Every run that ends with this symbol, of this clause.
    #[inline]
    fn runs(&mut self, symbol: Symbol, end: usize, longest: usize) {
        let [first, second, third] = self.latest;
        let one = summand(symbol.code, 0);
        self.say(one.wrapping_add(SALTS[0]), symbol.start..end);
        let two = one.wrapping_add(summand(first.code, 1));
        self.say(two.wrapping_add(SALTS[1]), first.start..end);
        let three = two.wrapping_add(summand(second.code, 2));
        if self.filled > 1 {
            self.say(three.wrapping_add(SALTS[2]), second.start..end);
        }
        if self.filled > 2 && longest > 3 {
            self.say(three.wrapping_add(summand(third.code, 3)).wrapping_add(SALTS[3]), third.start..end);
        }
        self.latest = [symbol, first, second];
        self.filled = (self.filled + 1).min(LONGEST - 1);
    }

    #[inline]
    fn say(&mut self, sum: u64, place: Range<usize>) {
        self.ear.hear((sum >> 32) as u32, place);
    }
}

/// What a symbol adds to a run in which it is so far from the end.
#[inline]
const fn summand(symbol: u64, distance: usize) -> u64 {
    symbol.wrapping_mul(FACTORS[distance])
}

/// `但`, `不过`, `可是`, `可惜`, `就是`.
const fn turns(before: u64, letter: u64) -> bool {
    const fn is(symbol: u64, letter: char) -> bool {
        symbol == letter as u64
    }
    is(letter, '但')
        || (is(before, '不') && is(letter, '过'))
        || (is(before, '可') && (is(letter, '是') || is(letter, '惜')))
        || (is(before, '就') && is(letter, '是'))
}

/// Of a word: numbers of as many digits are one word.
const fn hash_of(word: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < word.len() {
        let byte = if word[at].is_ascii_digit() { b'0' } else { word[at] };
        hash = (hash ^ byte as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash ^ (hash >> 29)
}

const fn hashes<const N: usize>(words: &[&str]) -> [u64; N] {
    let mut hashes = [0; N];
    let mut at = 0;
    while at < N {
        hashes[at] = hash_of(words[at].as_bytes());
        at += 1;
    }
    hashes
}

/// A bit for the lowest byte of each: few other words share one.
const fn marks(hashes: &[u64]) -> [u64; 4] {
    let mut marks = [0; 4];
    let mut at = 0;
    while at < hashes.len() {
        let byte = hashes[at] & 0xff;
        marks[(byte >> 6) as usize] |= 1 << (byte & 63);
        at += 1;
    }
    marks
}

#[inline]
fn is_among(hashes: &[u64], marks: &[u64; 4], hash: u64) -> bool {
    let byte = hash & 0xff;
    marks[(byte >> 6) as usize] >> (byte & 63) & 1 == 1 && hashes.contains(&hash)
}

static NEGATOR_HASHES: [u64; NEGATORS.len()] = hashes(NEGATORS);
static NEGATOR_MARKS: [u64; 4] = marks(&hashes::<{ NEGATORS.len() }>(NEGATORS));
static CONTRAST_HASHES: [u64; CONTRASTS.len()] = hashes(CONTRASTS);
static CONTRAST_MARKS: [u64; 4] = marks(&hashes::<{ CONTRASTS.len() }>(CONTRASTS));
