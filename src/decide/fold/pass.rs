//! The one pass over a text: most characters by one look into a table, the rest by `slow`.

use super::table::{self, Action, Table, action, is_unit};
use super::tricks::is_sign;
use super::units::last_char;
use super::written::{Anchor, Written};
use crate::decide::script::is_word_letter;

/// Units written beyond the text, so that whoever reads sixteen places at a time, and four units from each, need not ask where it ends.
pub(in crate::decide) const PADDING: usize = 19;
/// One character becomes at most this many units (U+FDFA, a phrase in one sign).
const MOST_UNITS: usize = 18;

/// `KEEP`: with the places where the distance to the original changes; most texts are never asked for them.
pub(super) struct Pass<'a, const KEEP: bool> {
    original: &'a str,
    table: &'static Table,
    at: usize,
    out: &'a mut Written,
    /// Units written.
    count: usize,
    /// Original place less folded place, in bytes of UTF-8; below zero, where the text grew, it wraps.
    delta: u32,
}

impl<'a, const KEEP: bool> Pass<'a, KEEP> {
    pub(super) fn new(original: &'a str, out: &'a mut Written) -> Self {
        let mut pass = Self { original, table: table::table(), at: 0, out, count: 0, delta: 0 };
        pass.make_room();
        pass
    }

    pub(super) fn run(&mut self) {
        loop {
            self.quick();
            if self.at >= self.original.len() {
                break;
            }
            self.slow();
        }
        self.out.end(self.count);
    }

    /// As far as one look at each character is enough, run by run.
    fn quick(&mut self) {
        loop {
            let bytes = &self.original.as_bytes()[self.at..];
            let units = &mut self.out.units[self.count..];
            let count = match bytes.first() {
                None => return,
                Some(first @ ..0x80) => {
                    self.note_gap(u16::from(*first));
                    let last = self.last();
                    let count = ascii_run(self.original.as_bytes(), self.at, &mut self.out.units[self.count..], last);
                    self.at += count;
                    count
                }
                Some(..0xE0) => {
                    let count = run::<2, KEEP>(bytes, units, self.table);
                    self.at += count * 2;
                    count
                }
                Some(_) => {
                    let count = run::<3, KEEP>(bytes, units, self.table);
                    self.at += count * 3;
                    count
                }
            };
            self.count += count;
            if count == 0 {
                return;
            }
        }
    }

    #[inline]
    fn last(&self) -> u16 {
        self.count.checked_sub(1).map_or(0, |last| self.out.units[last])
    }

    /// A sign right after a Chinese character; kana count too here, the closer look tells them apart.
    #[inline]
    fn note_gap(&mut self, unit: u16) {
        if self.last() >= 0x3005 && is_sign(unit) {
            self.out.gaps.push(self.count);
        }
    }

    #[inline]
    fn put(&mut self, unit: u16) {
        self.out.units[self.count] = unit;
        self.count += 1;
    }

    /// For the rest of the text as `quick` writes it, and one character that grows.
    fn make_room(&mut self) {
        let units = self.count + (self.original.len() - self.at) + MOST_UNITS + PADDING;
        if self.out.units.len() < units {
            self.out.units.resize(units, 0);
        }
    }

    fn anchor(&mut self, folded: u32, original: usize) {
        self.out.even = false;
        if KEEP {
            self.out.anchors.push(Anchor { folded, original: narrow(original) });
        }
    }

    /// After a character of `from` bytes became `to` bytes; `at` stands behind it.
    fn shift(&mut self, from: usize, to: usize) {
        if from != to {
            self.delta = self.delta.wrapping_add(narrow(from)).wrapping_sub(narrow(to));
            self.anchor(narrow(self.at).wrapping_sub(self.delta), self.at);
        }
    }

    fn slow(&mut self) {
        let Some(letter) = self.original[self.at..].chars().next() else { return };
        let place = self.at;
        self.at += letter.len_utf8();
        self.make_room();
        let written = match action(self.table, letter) {
            Action::One(folded) => self.push(folded),
            Action::Space => self.space(false),
            Action::NewLine => self.space(true),
            Action::Drop => 0,
            Action::Joins(folded) => self.join(folded),
            Action::Several => return self.several(place, letter),
        };
        self.shift(letter.len_utf8(), written);
    }

    /// The bytes of UTF-8 it adds; so do the others.
    fn push(&mut self, folded: char) -> usize {
        let mut pair = [0; 2];
        let first = folded.encode_utf16(&mut pair)[0];
        self.note_gap(first);
        for unit in folded.encode_utf16(&mut pair) {
            self.put(*unit);
        }
        folded.len_utf8()
    }

    /// Each of them comes from the same place.
    fn several(&mut self, place: usize, letter: char) {
        let end = self.at;
        for &folded in &*table::expansion(self.table, letter) {
            let at = narrow(place).wrapping_sub(self.delta);
            let written = match folded {
                ' ' => self.space(false),
                folded if table::joins(folded) => self.join(folded),
                folded => self.push(folded),
            };
            self.delta = self.delta.wrapping_sub(narrow(written));
            self.anchor(at, place);
        }
        self.delta = self.delta.wrapping_add(narrow(end - place));
        self.anchor(narrow(end).wrapping_sub(self.delta), end);
    }

    fn join(&mut self, folded: char) -> usize {
        let last = last_char(&self.out.units[..self.count]);
        let Some((last, joined)) = last.and_then(|last| Some((last, unicode_normalization::char::compose(last, folded)?))) else {
            return self.push(folded);
        };
        self.count -= last.len_utf16();
        self.push(joined).saturating_sub(last.len_utf8())
    }

    /// One space for a run of white space; a line break counts where the line before it did not end within Latin words.
    fn space(&mut self, new_line: bool) -> usize {
        let ends_word = |units: &[u16]| last_char(units).is_some_and(is_word_letter);
        match self.last() {
            0 | 0x0A => 0,
            0x20 if new_line => {
                let before = &self.out.units[..self.count - 1];
                if !before.is_empty() && !ends_word(before) {
                    self.count -= 1;
                    self.put(0x0A);
                }
                0
            }
            0x20 => 0,
            _ if new_line && !ends_word(&self.out.units[..self.count]) => self.push('\n'),
            _ => self.push(' '),
        }
    }
}

/// Places are kept in 32 bits: no text of four gigabytes comes this far.
#[inline]
pub(super) const fn narrow(place: usize) -> u32 {
    place as u32
}

/// Writes characters of `BYTES` bytes up to anything else, and up to what does not become one unit or might hide a word; how many.
/// Who keeps the places takes those alone that stay as long as they are.
#[inline]
fn run<const BYTES: usize, const KEEP: bool>(bytes: &[u8], units: &mut [u16], table: &Table) -> usize {
    let mut count = 0;
    for (chunk, place) in bytes.as_chunks::<BYTES>().0.iter().zip(units) {
        let (is_one, code) = decode(chunk);
        let unit = table[usize::from(code)];
        if !is_one || !is_unit(unit) || (KEEP && width(unit) != BYTES) {
            break;
        }
        *place = unit;
        count += 1;
    }
    count
}

/// Whether these bytes are one character, and which.
#[inline]
fn decode<const BYTES: usize>(chunk: &[u8; BYTES]) -> (bool, u16) {
    let code = chunk.iter().fold(0, |code: u16, byte| code << 6 | u16::from(byte & 0x3F));
    if BYTES == 3 { (chunk[0] & 0xF0 == 0xE0, code) } else { (chunk[0] & 0xE0 == 0xC0, code & 0x7FF) }
}

/// In bytes of UTF-8.
#[inline]
fn width(unit: u16) -> usize {
    1 + usize::from(unit >= 0x80) + usize::from(unit >= 0x800)
}

/// Writes ASCII in lower case up to anything that needs more than that; how many. Units beyond them may be overwritten.
#[inline]
fn ascii_run(text: &[u8], at: usize, units: &mut [u16], last: u16) -> usize {
    let mut last = last;
    let mut count = 0;
    loop {
        let (Some(eight), Some(place)) = (eight_bytes(text, at + count), units[count..].first_chunk_mut::<EIGHT>()) else { return count };
        let lower = lower_case(eight).to_le_bytes();
        *place = std::array::from_fn(|at| u16::from(lower[at]));
        let easy = easy(eight, last);
        count += easy;
        if easy < EIGHT {
            return count;
        }
        last = units[count - 1];
    }
}

/// The eight bytes from here on, zeros where the text has ended.
#[inline]
fn eight_bytes(text: &[u8], at: usize) -> Option<u64> {
    let rest = text.get(at..)?;
    if let Some(chunk) = rest.first_chunk::<EIGHT>() {
        return Some(u64::from_le_bytes(*chunk));
    }
    match text.last_chunk::<EIGHT>() {
        _ if rest.is_empty() => None,
        Some(chunk) => Some(u64::from_le_bytes(*chunk) >> (8 * (EIGHT - rest.len()))),
        None => Some(rest.iter().rev().fold(0, |eight, byte| eight << 8 | u64::from(*byte))),
    }
}

const EIGHT: usize = 8;
/// One in each of eight bytes.
const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = ONES << 7;

/// How many of these bytes, from the first on, are ASCII that at most needs lower case, without two spaces in a row.
/// Sums carry into later bytes only, and only where an earlier one is none of them.
#[inline]
fn easy(eight: u64, last: u16) -> usize {
    let below_space = eight.wrapping_sub(ONES * 0x20) & !eight;
    let above_tilde = eight.wrapping_add(ONES) | eight;
    let no_space = (eight ^ (ONES * 0x20)).wrapping_add(ONES * 0x7F);
    let spaces = !no_space & TOPS;
    let after_space = spaces << 8 | if last <= 0x20 { 0x80 } else { 0 };
    let odd = (below_space | above_tilde) & TOPS | spaces & after_space;
    odd.trailing_zeros() as usize / 8
}

/// Of eight ASCII bytes.
#[inline]
const fn lower_case(eight: u64) -> u64 {
    let from_a = eight.wrapping_add(ONES * (0x80 - 0x41));
    let after_z = eight.wrapping_add(ONES * (0x80 - 0x5B));
    let upper = from_a & !after_z & !eight & TOPS;
    eight | upper >> 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn eight_bytes_are_taken_as_one_after_the_other(bytes in proptest::collection::vec(any::<u8>(), 8), mixed in "[ -~]{8}", last in 0_u16..0x40) {
            for chunk in [bytes.as_slice(), mixed.as_bytes()] {
                let mut before = last;
                let count = chunk.iter().take_while(|byte| {
                    let fits = matches!(byte, 0x20..=0x7E) && !(**byte == b' ' && before <= 0x20);
                    before = u16::from(**byte);
                    fits
                }).count();
                let eight = eight_bytes(chunk, 0).expect("there are eight");
                prop_assert_eq!(easy(eight, last), count);
                prop_assert_eq!(&lower_case(eight).to_le_bytes()[..count], &chunk.to_ascii_lowercase()[..count]);
            }
        }
    }
}
