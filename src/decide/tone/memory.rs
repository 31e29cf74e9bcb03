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

/// The bytes of a word as one number; none of a word that is too long. Taken from both ends, so that no byte is copied by itself.
#[inline]
fn key(word: &[u8]) -> Option<u128> {
    let length = word.len();
    if length > MOST_BYTES {
        return None;
    }
    if let (Some(first), Some(last)) = (word.first_chunk(), word.last_chunk()) {
        let first = u128::from(u64::from_le_bytes(*first));
        return Some(first | u128::from(u64::from_le_bytes(*last)) << (8 * (length - 8)));
    }
    if let (Some(first), Some(last)) = (word.first_chunk(), word.last_chunk()) {
        let first = u64::from(u32::from_le_bytes(*first));
        return Some(u128::from(first | u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4))));
    }
    Some(word.iter().rev().fold(0, |key, byte| key << 8 | u128::from(*byte)))
}

#[inline]
fn place(key: u128) -> usize {
    let halves = [key as u64, (key >> 64) as u64];
    let hash = halves[0].wrapping_mul(SPREAD[0]) ^ halves[1].wrapping_mul(SPREAD[1]);
    (hash >> (u64::BITS - ROOM.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_bytes_of_its_word() {
        let word: Vec<u8> = (1..=17).collect();
        for length in 0..=MOST_BYTES {
            let mut bytes = [0; MOST_BYTES];
            bytes[..length].copy_from_slice(&word[..length]);
            assert_eq!(key(&word[..length]), Some(u128::from_le_bytes(bytes)), "{length}");
        }
        assert_eq!(key(&word), None);
    }
}
