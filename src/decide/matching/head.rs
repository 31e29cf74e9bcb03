//! How a word begins: what it is looked up by.

use super::sieve::{SPREAD, gram};

/// Units in one number.
pub(super) const LONGEST_GRAM: usize = 4;
/// Another odd number without a pattern.
const SPREAD_TOO: u64 = 0xD6E8_FEB8_6659_FD93;
/// Units by which words are looked up, each by as many as it has. Were it four at most, all that begins with `deliver` would be compared
/// wherever one of them stands.
pub(super) const SIZES: [usize; 6] = [1, 2, 3, 4, 6, 8];
/// What a head of each size leaves of the longest.
pub(super) const CUTS: [Head; SIZES.len()] = [
    Head { first: u64::MAX >> 48, second: 0 },
    Head { first: u64::MAX >> 32, second: 0 },
    Head { first: u64::MAX >> 16, second: 0 },
    Head { first: u64::MAX, second: 0 },
    Head { first: u64::MAX, second: u64::MAX >> 32 },
    Head { first: u64::MAX, second: u64::MAX },
];
/// The sizes that find room in so many units, as bits: beyond the end the padding would make a long head of a short one.
pub(super) const INSIDE: [u8; 9] = [0, 1, 3, 7, 15, 15, 31, 31, 63];

/// The first units of a word, by which it is looked up; zeros where there are fewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Head {
    first: u64,
    second: u64,
}

impl Head {
    /// Of a word.
    pub(super) fn of(units: &[u16]) -> Self {
        Self::at(units).cut(CUTS[kind(units.len())])
    }

    /// Of what stands at a place, with all that follows it.
    #[inline]
    pub(super) fn at(units: &[u16]) -> Self {
        // Of a length that is known nothing else is asked.
        let (first, second) = match units.first_chunk::<{ 2 * LONGEST_GRAM }>() {
            Some(units) => units.split_at(LONGEST_GRAM),
            None => units.split_at(units.len().min(LONGEST_GRAM)),
        };
        Self { first: gram(first), second: gram(second) }
    }

    #[inline]
    pub(super) const fn cut(self, to: Self) -> Self {
        Self { first: self.first & to.first, second: self.second & to.second }
    }

    /// A number of as many bits as are left.
    #[inline]
    pub(super) const fn spread(self, shift: u32) -> usize {
        ((self.first.wrapping_mul(SPREAD) ^ self.second.wrapping_mul(SPREAD_TOO)) >> shift) as usize
    }
}

/// The longest of the sizes that a word of so many units fills, by its number.
pub(super) fn kind(units: usize) -> usize {
    SIZES.into_iter().rposition(|size| size <= units).unwrap_or_default()
}

pub(super) fn size(units: usize) -> usize {
    SIZES[kind(units)]
}
