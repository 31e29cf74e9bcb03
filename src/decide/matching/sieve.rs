//! Where a word may begin at all: what every place of a text is asked.
//!
//! Two bitmaps of 64 K bits, indexed by sums of products in 16 bits, which processors compute for eight places at once.
//! What begins with a wide letter (Chinese, kana, Hangul, an emoji) is known by its first two units, for there are thousands of letters;
//! what begins with a narrow one by its first four, for with less than that every place of an English text begins some word.

use super::finder::LONGEST_GRAM;

/// Places asked at once.
const BLOCK: usize = 16;
/// From here on letters are wide.
const FIRST_WIDE: u16 = 0x2E80;
/// Odd numbers without a pattern; each unit of a gram has its own.
const FACTORS: [u16; LONGEST_GRAM] = [0x9E37, 0x6C8F, 0xB54B, 0x3AD5];
const WORDS: usize = (1 << 16) / 64;

/// Two bitmaps, and a third where words are very short.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// Wide beginnings by two units, narrow ones by four.
    long: Bits,
    /// Wide words of one unit, narrow ones of three.
    short: Bits,
    /// Narrow words of one unit and of two; none in most lists.
    tiny: Option<Bits>,
}

#[derive(Debug)]
struct Bits(Box<[u64; WORDS]>);

impl Default for Bits {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

impl Bits {
    fn set(&mut self, key: u16) {
        self.0[usize::from(key >> 6)] |= 1 << (key & 63);
    }

    /// The lowest bit says whether the key was set.
    #[inline]
    fn ask(&self, key: u16) -> u64 {
        self.0[usize::from(key >> 6)] >> (key & 63)
    }
}

impl Sieve {
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a [u16]>) -> Self {
        let mut sieve = Self::default();
        for word in words {
            let key = |length: usize| hash(&word[..length.min(word.len())]);
            match (word[0] >= FIRST_WIDE, word.len()) {
                (true, 1) => sieve.short.set(key(1)),
                (true, _) => sieve.long.set(key(2)),
                (false, length @ ..=2) => sieve.tiny.get_or_insert_default().set(key(length)),
                (false, 3) => sieve.short.set(key(3)),
                (false, _) => sieve.long.set(key(LONGEST_GRAM)),
            }
        }
        sieve
    }

    /// The places of a padded text where a word may begin; how many.
    pub(super) fn places(&self, padded: &[u16], length: usize, places: &mut Vec<u32>) -> usize {
        if places.len() < length + BLOCK {
            places.resize(length + BLOCK, 0);
        }
        let count = match &self.tiny {
            Some(tiny) => self.blocks(padded, length, places, |one, two| tiny.ask(one) | tiny.ask(two)),
            None => self.blocks(padded, length, places, |_, _| 0),
        };
        // The last block reaches into the padding.
        places[..count].partition_point(|place| (*place as usize) < length)
    }

    #[inline]
    fn blocks(&self, padded: &[u16], length: usize, places: &mut [u32], tiny: impl Fn(u16, u16) -> u64) -> usize {
        let mut count = 0;
        for start in (0..length).step_by(BLOCK) {
            let Some(units) = padded[start..].first_chunk::<{ BLOCK + LONGEST_GRAM - 1 }>() else { break };
            let Some(places) = places[count..].first_chunk_mut::<BLOCK>() else { break };
            let Keys { one, two, short, long } = Keys::of(units);
            let mut found = 0;
            for at in 0..BLOCK {
                let bit = self.long.ask(long[at]) | self.short.ask(short[at]) | tiny(one[at], two[at]);
                places[found % BLOCK] = (start + at) as u32;
                found += usize::from(bit & 1 == 1);
            }
            count += found;
        }
        count
    }
}

/// What the bitmaps are asked for each place of a block.
struct Keys {
    one: [u16; BLOCK],
    two: [u16; BLOCK],
    short: [u16; BLOCK],
    long: [u16; BLOCK],
}

impl Keys {
    #[inline]
    fn of(units: &[u16; BLOCK + LONGEST_GRAM - 1]) -> Self {
        // As whole blocks, for the compiler would fetch the shifted ones letter by letter.
        let block = |unit: usize| units[unit..].first_chunk::<BLOCK>().copied().unwrap_or_default();
        let times = |unit: usize| -> [u16; BLOCK] { block(unit).map(|letter| letter.wrapping_mul(FACTORS[unit])) };
        let plus =
            |left: &[u16; BLOCK], right: [u16; BLOCK]| -> [u16; BLOCK] { std::array::from_fn(|at| left[at].wrapping_add(right[at])) };
        let one = times(0);
        let two = plus(&one, times(1));
        let three = plus(&two, times(2));
        let four = plus(&three, times(3));
        let wide: [bool; BLOCK] = std::array::from_fn(|at| units[at] >= FIRST_WIDE);
        let short = std::array::from_fn(|at| if wide[at] { one[at] } else { three[at] });
        let long = std::array::from_fn(|at| if wide[at] { two[at] } else { four[at] });
        Self { one, two, short, long }
    }
}

/// The key of one gram.
fn hash(units: &[u16]) -> u16 {
    units.iter().zip(FACTORS).fold(0, |sum, (unit, factor)| sum.wrapping_add(unit.wrapping_mul(factor)))
}

/// The first units in one number.
#[inline]
pub(super) fn gram(units: &[u16]) -> u64 {
    match units.first_chunk::<LONGEST_GRAM>() {
        Some([one, two, three, four]) => u64::from(*one) | u64::from(*two) << 16 | u64::from(*three) << 32 | u64::from(*four) << 48,
        None => units.iter().rev().fold(0, |gram, unit| gram << 16 | u64::from(*unit)),
    }
}

/// The first `length` units of a gram of four.
#[inline]
pub(super) const fn shortened(gram: u64, length: usize) -> u64 {
    gram & (u64::MAX >> (64 - 16 * length))
}
