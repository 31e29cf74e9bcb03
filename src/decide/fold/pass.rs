//! The one pass over a text: most characters by one look into a table, the rest by `slow`.

use super::table::{self, Action, Table, action};
use super::tricks::is_sign;
use super::units::last_char;
use super::{Anchor, Folded};
use crate::decide::script::is_word_letter;

/// Units written beyond the text, so that whoever reads four at a time need not ask where it ends.
pub(in crate::decide) const PADDING: usize = 4;
/// One character becomes at most this many units (U+FDFA, a phrase in one sign).
const MOST_UNITS: usize = 18;
/// Bytes taken at once where all of them are ASCII.
const WIDE: usize = 16;
/// Results from here to the surrogates take three bytes of UTF-8 and are no sign that hides words.
const FIRST_PLAIN: u16 = 0x3001;
const AFTER_PLAIN: u16 = 0xD800;

pub(super) struct Pass<'a> {
    original: &'a str,
    table: &'static Table,
    at: usize,
    out: &'a mut Folded,
    /// Units written.
    count: usize,
    last: u16,
    /// Original place less folded place, in bytes of UTF-8; below zero, where the text grew, it wraps.
    delta: u32,
    anchored: usize,
}

impl<'a> Pass<'a> {
    pub(super) fn new(original: &'a str, out: &'a mut Folded) -> Self {
        let mut pass = Self { original, table: table::table(), at: 0, out, count: 0, last: 0, delta: 0, anchored: 0 };
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
        self.out.length = self.count;
        self.out.anchors.truncate(self.anchored);
        let padding = self.out.units.iter_mut().skip(self.count).take(PADDING);
        padding.for_each(|unit| *unit = 0);
    }

    /// As far as one look at each character is enough, run by run.
    fn quick(&mut self) {
        loop {
            let bytes = &self.original.as_bytes()[self.at..];
            let taken = match bytes.first() {
                Some(0x80..) => {
                    let count = plain_run(bytes, &mut self.out.units[self.count..], self.table);
                    self.at += count * 3;
                    self.took(count) || self.narrow_sign()
                }
                Some(first) => {
                    self.note_gap(u16::from(*first));
                    let count = ascii_run(bytes, &mut self.out.units[self.count..], self.last);
                    self.at += count;
                    self.took(count)
                }
                None => false,
            };
            if !taken {
                return;
            }
        }
    }

    fn took(&mut self, count: usize) -> bool {
        self.count += count;
        if count > 0 {
            self.last = self.out.units[self.count - 1];
        }
        count > 0
    }

    /// A full-width sign, which becomes ASCII: most commas of Chinese texts.
    fn narrow_sign(&mut self) -> bool {
        let Some(chunk) = self.original.as_bytes()[self.at..].first_chunk::<3>() else { return false };
        let unit = look_up(chunk, self.table);
        if unit >= 0x80 {
            return false;
        }
        self.note_gap(unit);
        self.put(unit);
        self.at += 3;
        self.shift(3, 1);
        true
    }

    /// A sign right after a Chinese character; kana count too here, the closer look tells them apart.
    #[inline]
    fn note_gap(&mut self, unit: u16) {
        if self.last >= 0x3005 && is_sign(unit) {
            self.out.gaps.push(self.count);
        }
    }

    #[inline]
    fn put(&mut self, unit: u16) {
        self.out.units[self.count] = unit;
        self.count += 1;
        self.last = unit;
    }

    /// For the rest of the text as `quick` writes it, and one character that grows.
    fn make_room(&mut self) {
        let rest = self.original.len() - self.at;
        let units = self.count + rest + MOST_UNITS + PADDING;
        if self.out.units.len() < units {
            self.out.units.resize(units, 0);
        }
        let anchors = self.anchored + rest / 3 + MOST_UNITS + PADDING;
        if self.out.anchors.len() < anchors {
            self.out.anchors.resize(anchors, Anchor::default());
        }
    }

    fn anchor(&mut self, folded: u32, original: usize) {
        self.out.anchors[self.anchored] = Anchor { folded, original: narrow(original) };
        self.anchored += 1;
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
        for &folded in &*table::expansion(letter) {
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
        match self.last {
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

/// Writes Chinese characters, kana and their punctuation up to anything else; how many.
#[inline]
fn plain_run(bytes: &[u8], units: &mut [u16], table: &Table) -> usize {
    let mut count = 0;
    for (chunk, place) in bytes.as_chunks::<3>().0.iter().zip(units) {
        let unit = look_up(chunk, table);
        if unit.wrapping_sub(FIRST_PLAIN) >= AFTER_PLAIN - FIRST_PLAIN {
            break;
        }
        *place = unit;
        count += 1;
    }
    count
}

/// What a character of three bytes folds to; of others something that is neither plain nor ASCII.
#[inline]
fn look_up([first, second, third]: &[u8; 3], table: &Table) -> u16 {
    let code = u16::from(first & 0xF) << 12 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F);
    if first & 0xF0 == 0xE0 { table[usize::from(code)] } else { u16::MAX }
}

/// Writes ASCII in lower case up to anything that needs more than that; how many.
#[inline]
fn ascii_run(bytes: &[u8], units: &mut [u16], last: u16) -> usize {
    let mut last = last;
    let mut count = 0;
    while let Some(chunk) = bytes[count..].first_chunk::<{ WIDE + 1 }>()
        && let Some(place) = units[count..].first_chunk_mut::<WIDE>()
        && is_easy(chunk, last)
    {
        *place = std::array::from_fn(|at| u16::from(lower_case(chunk[at])));
        last = place[WIDE - 1];
        count += WIDE;
    }
    for (byte, place) in bytes[count..].iter().zip(&mut units[count..]) {
        if byte.wrapping_sub(0x20) >= 0x5F || (*byte == b' ' && last <= 0x20) {
            break;
        }
        last = u16::from(lower_case(*byte));
        *place = last;
        count += 1;
    }
    count
}

/// Whether all of these are ASCII that at most needs lower case, without two spaces in a row.
#[inline]
fn is_easy(chunk: &[u8; WIDE + 1], last: u16) -> bool {
    let odd: [u8; WIDE] = std::array::from_fn(|at| {
        let (byte, next) = (chunk[at], chunk[at + 1]);
        u8::from(byte.wrapping_sub(0x20) >= 0x5F) | (u8::from(byte == b' ') & u8::from(next == b' '))
    });
    u128::from_ne_bytes(odd) == 0 && (last > 0x20 || chunk[0] != b' ')
}

#[inline]
fn lower_case(byte: u8) -> u8 {
    byte | (u8::from(byte.wrapping_sub(b'A') < 26) << 5)
}
