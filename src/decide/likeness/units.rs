//! What a text is compared by: its words and single Chinese, Japanese or Korean characters, and runs of these.

use std::collections::HashSet;

use super::super::fold::fold;
use super::super::script::{is_han, is_hangul, is_kana};

/// Units in a row that make one feature: with three, a changed word takes half as many features again with it.
pub(crate) const SHINGLE: usize = 2;

/// A word or a character of a folded text.
pub(crate) struct Unit {
    pub(crate) hash: u64,
    /// Behind its last byte.
    pub(crate) end: usize,
}

/// The features of a text.
pub(crate) fn features(text: &str) -> HashSet<u64> {
    let units = units(fold(text).text());
    shingles(&units, SHINGLE.min(units.len())).into_iter().collect()
}

/// A hash for each run of so many units, in order.
pub(crate) fn shingles(units: &[Unit], length: usize) -> Vec<u64> {
    if length == 0 {
        return Vec::new();
    }
    units.windows(length).map(|window| window.iter().fold(0, |hash, unit| mix(hash ^ unit.hash))).collect()
}

/// The units of a folded text, in order.
pub(crate) fn units(folded: &str) -> Vec<Unit> {
    // A Chinese character is three bytes, and few words are shorter with the space behind them.
    let mut units = Vec::with_capacity(folded.len() / 3 + 1);
    each(folded, |hash, end| units.push(Unit { hash, end }));
    units
}

/// Calls `found` with the hash of each unit and the place behind it.
pub(super) fn each(folded: &str, mut found: impl FnMut(u64, usize)) {
    let mut word = (0, 0);
    for (at, letter) in folded.char_indices() {
        let end = at + letter.len_utf8();
        let alone = is_alone(letter);
        if !alone && letter.is_alphanumeric() {
            word = (mix(word.0 ^ u64::from(u32::from(letter)) ^ 1 << 40), end);
            continue;
        }
        if word.0 != 0 {
            found(word.0, word.1);
            word = (0, 0);
        }
        if alone {
            found(mix(u64::from(u32::from(letter))), end);
        }
    }
    if word.0 != 0 {
        found(word.0, word.1);
    }
}

/// Whether a letter is a unit by itself.
pub(super) fn is_alone(letter: char) -> bool {
    is_han(letter) || is_kana(letter) || is_hangul(letter)
}

/// The finaliser of SplitMix64: every bit of the input moves about half of the output.
pub(super) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
