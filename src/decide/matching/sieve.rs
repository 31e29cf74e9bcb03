//! Where a word may begin at all: what every place of a text is asked.
//!
//! Two bitmaps of 64 K bits, indexed by sums of products in 16 bits, which processors compute for eight places at once.
//! What begins with a wide letter (Chinese, kana, Hangul, an emoji) is known by its first two units, for there are thousands of letters;
//! what begins with a narrow one by its first four, for with less than that every place of an English text begins some word.
//! These first units are the stem of a word. At the places left, a table by stems tells of which lengths the words may be.

use super::head::LONGEST_GRAM;

/// Places asked at once.
const BLOCK: usize = 16;
/// From here on letters are wide.
const FIRST_WIDE: u16 = 0x2E80;
/// Odd numbers without a pattern; each unit of a gram has its own.
const FACTORS: [u16; LONGEST_GRAM] = [0x9E37, 0x6C8F, 0xB54B, 0x3AD5];
const WORDS: usize = (1 << 16) / 64;
/// Entries for each word in the table of lengths: about one stem in sixteen that is none finds some. Beyond the most it would leave the
/// processor's nearer caches.
const ROOM_A_WORD: usize = 16;
const LEAST_ROOM: usize = 1 << 10;
const MOST_ROOM: usize = 1 << 16;
/// 2^64 divided by the golden ratio: neighbouring numbers land far apart in the high bits.
pub(super) const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Two bitmaps, and a third where words are very short.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// Wide beginnings by two units, narrow ones by four.
    long: Bits,
    /// Wide words of one unit, narrow ones of three; none in some lists.
    short: Option<Bits>,
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
            let (stem, bits) = match Stem::of(word) {
                Stem::Long(units) => (units, &mut sieve.long),
                Stem::Short(units) => (units, sieve.short.get_or_insert_default()),
                Stem::Tiny(units) => (units, sieve.tiny.get_or_insert_default()),
            };
            bits.set(hash(&word[..stem]));
        }
        sieve
    }

    /// The places of a padded text where a word may begin; how many.
    pub(super) fn places(&self, padded: &[u16], length: usize, places: &mut Vec<u32>) -> usize {
        if places.len() < length + BLOCK {
            places.resize(length + BLOCK, 0);
        }
        let count = match (&self.short, &self.tiny) {
            (None, None) => self.blocks(padded, length, places, |_, _| 0),
            (Some(short), None) => self.blocks(padded, length, places, |keys, at| short.ask(keys.short[at])),
            (None, Some(tiny)) => self.blocks(padded, length, places, |keys, at| tiny.ask(keys.one[at]) | tiny.ask(keys.two[at])),
            (Some(short), Some(tiny)) => {
                self.blocks(padded, length, places, |keys, at| short.ask(keys.short[at]) | tiny.ask(keys.one[at]) | tiny.ask(keys.two[at]))
            }
        };
        // The last block reaches into the padding.
        places[..count].partition_point(|place| (*place as usize) < length)
    }

    #[inline]
    fn blocks(&self, padded: &[u16], length: usize, places: &mut [u32], others: impl Fn(&Keys, usize) -> u64) -> usize {
        let mut count = 0;
        for start in (0..length).step_by(BLOCK) {
            let Some(units) = padded[start..].first_chunk::<{ BLOCK + LONGEST_GRAM - 1 }>() else { break };
            let Some(places) = places[count..].first_chunk_mut::<BLOCK>() else { break };
            let keys = Keys::of(units);
            let mut found = 0;
            for at in 0..BLOCK {
                let bit = self.long.ask(keys.long[at]) | others(&keys, at);
                places[found % BLOCK] = (start + at) as u32;
                found += usize::from(bit & 1 == 1);
            }
            count += found;
        }
        count
    }
}

/// How many units of a word are its stem.
enum Stem {
    Long(usize),
    Short(usize),
    Tiny(usize),
}

impl Stem {
    const fn of(word: &[u16]) -> Self {
        match (word[0] >= FIRST_WIDE, word.len()) {
            (true, 1) => Self::Short(1),
            (true, _) => Self::Long(2),
            (false, length @ ..=2) => Self::Tiny(length),
            (false, 3) => Self::Short(3),
            (false, _) => Self::Long(LONGEST_GRAM),
        }
    }
}

/// By the hash of a stem: of which kinds the words are that begin with it, as bits.
#[derive(Debug)]
pub(super) struct Lengths {
    kinds: Vec<u8>,
    shift: u32,
    any_short: bool,
    any_tiny: bool,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { kinds: vec![0; 2], shift: 63, any_short: false, any_tiny: false }
    }
}

impl Lengths {
    /// Of words, each with its kind, below eight.
    pub(super) fn of<'a>(words: impl Iterator<Item = (&'a [u16], usize)> + Clone) -> Self {
        let room = (words.clone().count() * ROOM_A_WORD).next_power_of_two().clamp(LEAST_ROOM, MOST_ROOM);
        let mut lengths = Self { kinds: vec![0; room], shift: 64 - room.ilog2(), ..Self::default() };
        for (word, kind) in words {
            let stem = Stem::of(word);
            lengths.any_short |= matches!(stem, Stem::Short(_));
            lengths.any_tiny |= matches!(stem, Stem::Tiny(_));
            let (Stem::Long(units) | Stem::Short(units) | Stem::Tiny(units)) = stem;
            let place = lengths.place(gram(&word[..units]));
            lengths.kinds[place] |= 1 << kind;
        }
        lengths
    }

    #[inline]
    const fn place(&self, stem: u64) -> usize {
        (stem.wrapping_mul(SPREAD) >> self.shift) as usize
    }

    /// Of what begins with this gram.
    #[inline]
    pub(super) fn ask(&self, gram: u64) -> u8 {
        let wide = gram as u16 >= FIRST_WIDE;
        let kinds = |units: usize| self.kinds[self.place(shortened(gram, units))];
        let mut all = kinds(if wide { 2 } else { LONGEST_GRAM });
        if self.any_short {
            all |= kinds(if wide { 1 } else { 3 });
        }
        if self.any_tiny {
            all |= kinds(1) | kinds(2);
        }
        all
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
