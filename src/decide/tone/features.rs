//! What the model sees of a folded text: hashed pieces of it, in one pass.
//!
//! - symbols: a Chinese, Japanese, Korean or Thai character, or a whole word of other scripts; every run of 1 to 4 characters,
//!   or of 1 to 3 words, within a clause, with the clause's ends as symbols of their own;
//! - pieces of 3 to 5 letters of a word with its ends, for compounds, endings and slips of the pen;
//! - a word after a negator (`not`, `nicht`, `pas`, ..) once more, marked: `not really good` is not `good`;
//! - what stands in the last clause or after `但`, `but`, .. once more, marked: people close with what they mean;
//! - each sign that ends a clause, each emoji.
//!
//! The hash is multilinear over 64 bits, of which the upper 32 are kept (Dietzfelbinger, "Universal Hashing and k-wise Independence", 1996);
//! texts of one language have some hundred thousand features, so two of them share a hash now and then. The constants are part of the
//! file's format: another set needs another version.

use std::ops::Range;

use crate::decide::script::{ends_clause, ends_sentence, is_word_letter};

/// Longest run of symbols.
const LONGEST: usize = 4;
/// Longest run of words: longer ones hardly come twice.
const LONGEST_OF_WORDS: usize = 3;
/// Pieces of words have these lengths, in bytes.
const PIECES: [usize; 3] = [3, 4, 5];
const LONGEST_PIECE: usize = 5;
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
const PIECE_SALTS: [u64; PIECES.len()] = [0x3c79_ac49_2ba7_b653, 0x1c69_b3f7_4ac4_ae35, 0x7a3f_91c2_5d08_e64b];
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

/// Calls `emit` with the hash and the bytes of every feature of a folded text.
pub(super) fn each(folded: &str, emit: impl FnMut(u32, Range<usize>)) {
    let text = &folded[..folded.floor_char_boundary(MOST_BYTES)];
    let mut pass =
        Pass { text, emit, window: [(EDGE, 0); LONGEST], filled: 1, negated: 0, contrast: false, last_clause: last_clause(text) };
    let mut at = 0;
    let mut spaced = false;
    while let Some(letter) = text[at..].chars().next() {
        let end = at + letter.len_utf8();
        if letter == ' ' {
            spaced = true;
            at = end;
        } else if is_word_letter(letter) {
            let end = at + word_length(&text.as_bytes()[at..], &text[at..]);
            pass.word(at, end);
            (spaced, at) = (false, end);
        } else {
            if letter.is_alphanumeric() {
                pass.character(letter, at, end, spaced);
            } else {
                pass.sign(letter, at, end);
            }
            (spaced, at) = (false, end);
        }
    }
    pass.edge(text.len());
}

/// The bytes of the word a text begins with; an apostrophe between letters belongs to it.
fn word_length(bytes: &[u8], text: &str) -> usize {
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let inside = *byte == b'\'' && length > 0 && bytes.get(length + 1).is_some_and(u8::is_ascii_alphabetic);
        if byte.is_ascii_alphanumeric() || inside {
            length += 1;
        } else if byte.is_ascii() {
            break;
        } else {
            match text[length..].chars().next().filter(|letter| is_word_letter(*letter)) {
                Some(letter) => length += letter.len_utf8(),
                None => break,
            }
        }
    }
    length
}

/// Where the last clause begins, signs at the end aside; the end of the text where there is but one.
fn last_clause(text: &str) -> usize {
    let words = text.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let sign = words.char_indices().rev().find(|(at, letter)| ends_clause(*letter) || (*letter == '.' && words[at + 1..].starts_with(' ')));
    sign.map_or(text.len(), |(at, letter)| at + letter.len_utf8())
}

struct Pass<'a, E> {
    text: &'a str,
    emit: E,
    /// The latest symbols with the places they begin at, the latest first.
    window: [(u64, usize); LONGEST],
    filled: usize,
    /// Words a negator still reaches.
    negated: u8,
    /// A contrast stands earlier in this sentence.
    contrast: bool,
    last_clause: usize,
}

impl<E: FnMut(u32, Range<usize>)> Pass<'_, E> {
    #[inline]
    fn character(&mut self, letter: char, start: usize, end: usize, spaced: bool) {
        if spaced {
            self.edge(start);
        }
        let letter = u64::from(u32::from(letter));
        let before = self.window[0].0;
        self.push(letter, start);
        self.runs(end, LONGEST);
        if self.contrast || start >= self.last_clause {
            self.say(letter.wrapping_mul(FACTORS[0]).wrapping_add(before.wrapping_mul(FACTORS[1])).wrapping_add(STRESSED), start..end);
        }
        self.contrast |= turns(before, letter);
    }

    fn word(&mut self, start: usize, end: usize) {
        let word = &self.text[start..end];
        let hash = hash_of(word.as_bytes());
        self.push(hash, start);
        self.runs(end, LONGEST_OF_WORDS);
        let alone = hash.wrapping_mul(FACTORS[0]);
        if self.contrast || start >= self.last_clause {
            self.say(alone.wrapping_add(STRESSED), start..end);
        }
        if self.negated > 0 {
            self.negated -= 1;
            self.say(alone.wrapping_add(NEGATED), start..end);
        }
        self.pieces(start, end);
        if NEGATORS.contains(&word) || word.ends_with("n't") {
            self.negated = NEGATED_WORDS;
        } else if CONTRASTS.contains(&word) {
            self.contrast = true;
        }
    }

    /// Every piece of a word, which has a space at each end.
    fn pieces(&mut self, start: usize, end: usize) {
        let end_of_pieces = end.min(start + MOST_WORD_BYTES);
        let mut latest = [0_u64; LONGEST_PIECE];
        latest[0] = u64::from(b' ');
        let bytes = self.text.as_bytes();
        for (count, at) in (start..=end_of_pieces).enumerate() {
            let [first, second, third, fourth, _] = latest;
            latest = [u64::from(if at < end_of_pieces { bytes[at] } else { b' ' }), first, second, third, fourth];
            let mut sum = latest[0].wrapping_mul(FACTORS[0]).wrapping_add(latest[1].wrapping_mul(FACTORS[1]));
            for (number, length) in PIECES.into_iter().enumerate() {
                sum = sum.wrapping_add(latest[length - 1].wrapping_mul(FACTORS[length - 1]));
                if count + 2 < length {
                    break;
                }
                self.say(sum.wrapping_add(PIECE_SALTS[number]), start..end);
            }
        }
    }

    fn sign(&mut self, letter: char, start: usize, end: usize) {
        self.say(u64::from(u32::from(letter)).wrapping_mul(FACTORS[0]).wrapping_add(SIGN), start..end);
        self.negated = 0;
        if ends_sentence(letter) || letter == '.' {
            self.contrast = false;
        }
        self.edge(start);
    }

    /// The clause ends here; several ends in a row are one.
    fn edge(&mut self, place: usize) {
        if self.window[0].0 != EDGE {
            self.push(EDGE, place);
            let (symbols, filled) = (self.window, self.filled);
            let mut sum = EDGE.wrapping_mul(FACTORS[0]);
            for length in 1..filled.min(LONGEST_OF_WORDS) {
                sum = sum.wrapping_add(symbols[length].0.wrapping_mul(FACTORS[length]));
                self.say(sum.wrapping_add(SALTS[length]), symbols[length].1..place);
            }
        }
        self.window[0] = (EDGE, place);
        self.filled = 1;
    }

    #[inline]
    fn push(&mut self, symbol: u64, place: usize) {
        let [first, second, third, _] = self.window;
        self.window = [(symbol, place), first, second, third];
        self.filled = (self.filled + 1).min(LONGEST);
    }

    /// Every run that ends with the latest symbol.
    #[inline]
    fn runs(&mut self, end: usize, longest: usize) {
        let mut sum = 0_u64;
        for length in 0..self.filled.min(longest) {
            let (symbol, start) = self.window[length];
            sum = sum.wrapping_add(symbol.wrapping_mul(FACTORS[length]));
            self.say(sum.wrapping_add(SALTS[length]), start..end);
        }
    }

    #[inline]
    fn say(&mut self, sum: u64, place: Range<usize>) {
        #[expect(clippy::cast_possible_truncation, reason = "the upper half is what is kept")]
        let hash = (sum >> 32) as u32;
        (self.emit)(hash, place);
    }
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
fn hash_of(word: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in word {
        let byte = if byte.is_ascii_digit() { b'0' } else { *byte };
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^ (hash >> 29)
}
