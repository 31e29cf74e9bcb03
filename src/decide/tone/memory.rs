//! What the pieces of words came to, for the words of earlier texts: four of five features of an English text are pieces of its words,
//! and most words come again and again.

use super::LANES;
use super::features::Word;
use super::table::Name;

/// Longer words are not kept: few come twice.
const MOST_BYTES: usize = 16;
/// Words kept: more would leave the processor's nearer caches.
const ROOM: usize = 1 << 11;
/// 2^64 divided by the golden ratio, and another odd number without a pattern.
const SPREAD: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

/// The words of one table; a later word takes the place of an earlier one.
#[derive(Debug)]
pub(super) struct Memory {
    table: Name,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// The word itself; no word is nothing but zeros.
    key: u128,
    sums: [i16; LANES],
    word: Word,
    count: u8,
}

impl Default for Memory {
    fn default() -> Self {
        Self { table: Name::NONE, entries: Vec::new() }
    }
}

impl Memory {
    pub(super) fn begin(&mut self, table: Name) {
        if !self.table.is(table) {
            self.table = table;
            self.entries.clear();
            self.entries.resize(ROOM, Entry::default());
        }
    }

    /// The sums of a word's pieces, how many they are, and what the word is.
    #[inline]
    pub(super) fn recall(&self, word: &[u8]) -> Option<([i16; LANES], usize, Word)> {
        let key = key(word)?;
        let entry = self.entries.get(place(key)).filter(|entry| entry.key == key)?;
        Some((entry.sums, usize::from(entry.count), entry.word))
    }

    pub(super) fn keep(&mut self, bytes: &[u8], word: Word, sums: [i16; LANES], count: usize) {
        let (Some(key), Ok(count)) = (key(bytes), u8::try_from(count)) else { return };
        if let Some(entry) = self.entries.get_mut(place(key)) {
            *entry = Entry { key, sums, word, count };
        }
    }
}

/// The bytes of a word as one number; none of a word that is too long.
#[inline]
fn key(word: &[u8]) -> Option<u128> {
    let mut bytes = [0; MOST_BYTES];
    bytes.get_mut(..word.len())?.copy_from_slice(word);
    Some(u128::from_le_bytes(bytes))
}

#[inline]
fn place(key: u128) -> usize {
    let halves = [key as u64, (key >> 64) as u64];
    let hash = halves[0].wrapping_mul(SPREAD[0]) ^ halves[1].wrapping_mul(SPREAD[1]);
    (hash >> (u64::BITS - ROOM.ilog2())) as usize
}
