//! A few words that are looked for at one place after the other.
//!
//! An automaton for each of a thousand such lists is a table of its own, far off in memory whenever it is needed: to read forty letters
//! with it cost more than all else a rule did. Here a list is known by a few bits, which lie with it; only where they say so are the words
//! themselves compared.

/// Bytes of a word that are compared as one number.
const KEY: usize = 4;
/// Bits of a list, in words of the machine.
const MARKS: usize = 4;

/// Words in the order in which they are preferred.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// A bit for the hash of each word's key, cut to what the shortest has.
    marks: [u64; MARKS],
    /// What the cut leaves of a key.
    cut: u32,
    words: Vec<Word>,
    /// The bytes of all words.
    pool: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Word {
    key: u32,
    /// What a key has of it where the word is shorter.
    mask: u32,
    start: u32,
    length: u32,
}

impl Words {
    pub(super) fn of<'a>(list: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut words = Self { cut: u32::MAX, ..Self::default() };
        for word in list {
            let mask = u32::MAX.checked_shr(8 * narrow(KEY.saturating_sub(word.len()))).unwrap_or(0);
            words.words.push(Word { key: key(word), mask, start: narrow(words.pool.len()), length: narrow(word.len()) });
            words.pool.extend_from_slice(word);
            words.cut &= mask;
        }
        for word in &words.words {
            let mark = mark(word.key & words.cut);
            words.marks[mark / 64] |= 1 << (mark % 64);
        }
        words
    }

    #[cfg(test)]
    pub(super) fn written(&self) -> Vec<String> {
        let bytes = |word: &Word| &self.pool[word.start as usize..(word.start + word.length) as usize];
        self.words.iter().map(|word| String::from_utf8_lossy(bytes(word)).into_owned()).collect()
    }

    pub(super) const fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether one of them may stand where this begins; nearly always right when it says no other than that.
    #[inline]
    pub(super) fn may_begin(&self, here: &[u8]) -> bool {
        self.is_marked(key(here))
    }

    #[inline]
    const fn is_marked(&self, key: u32) -> bool {
        let mark = mark(key & self.cut);
        self.marks[mark / 64] >> (mark % 64) & 1 == 1
    }

    /// The first of them, from this one on, that stands where this begins, and its bytes.
    #[inline]
    pub(super) fn first(&self, from: usize, here: &[u8]) -> Option<(usize, usize)> {
        let key = key(here);
        if !self.is_marked(key) {
            return None;
        }
        let words = self.words.iter().enumerate().skip(from);
        let mut alike = words.filter(|(_, word)| (key ^ word.key) & word.mask == 0);
        alike.find(|(_, word)| self.stands(word, here)).map(|(number, word)| (number, word.length as usize))
    }

    /// Whether a word with the key that is there is there as a whole.
    #[inline]
    fn stands(&self, word: &Word, here: &[u8]) -> bool {
        let (start, length) = (word.start as usize, word.length as usize);
        here.len() >= length && (length <= KEY || here[KEY..length] == self.pool[start + KEY..start + length])
    }

    /// Whether any of them stands anywhere in this.
    pub(super) fn stand_in(&self, text: &[u8]) -> bool {
        let stands = |at: usize| self.first(0, &text[at..]).is_some();
        let mut keys = text.windows(KEY).map(|bytes| bytes.first_chunk().map_or(0, |key| u32::from_le_bytes(*key)));
        let last = text.len().saturating_sub(KEY - 1);
        let mut from = 0;
        while let Some(ahead) = keys.position(|key| self.is_marked(key)) {
            if stands(from + ahead) {
                return true;
            }
            from += ahead + 1;
        }
        (last..text.len()).any(stands)
    }
}

#[inline]
const fn mark(key: u32) -> usize {
    /// 2^32 divided by the golden ratio: neighbouring numbers land far apart in the high bits.
    const SPREAD: u32 = 0x9E37_79B9;
    const BITS: u32 = (MARKS * 64).ilog2();
    (key.wrapping_mul(SPREAD) >> (u32::BITS - BITS)) as usize
}

/// The first bytes as one number, zeros where there are fewer.
#[inline]
fn key(bytes: &[u8]) -> u32 {
    match bytes.first_chunk::<KEY>() {
        Some(chunk) => u32::from_le_bytes(*chunk),
        None => bytes.iter().rev().fold(0, |key, byte| key << 8 | u32::from(*byte)),
    }
}

/// Of the words of one expression.
fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_stands_there_is_found_in_its_order(list in proptest::collection::vec("[ab差\0]{1,4}", 1..6), text in "[ab差坏\0]{0,9}", from in 0_usize..6) {
            let words = Words::of(list.iter().map(String::as_bytes));
            for (at, _) in text.char_indices() {
                let here = &text[at..];
                let expected = list.iter().enumerate().skip(from).find(|(_, word)| here.starts_with(word.as_str()));
                let found = words.first(from, here.as_bytes());
                prop_assert_eq!(found, expected.map(|(number, word)| (number, word.len())), "{:?} in {}", list, here);
                prop_assert!(found.is_none() || words.may_begin(here.as_bytes()));
            }
            prop_assert_eq!(words.stand_in(text.as_bytes()), list.iter().any(|word| text.contains(word.as_str())), "{:?} in {}", list, text);
        }
    }
}
