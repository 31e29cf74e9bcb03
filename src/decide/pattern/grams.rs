//! Which characters, and which two or three in a row, stand anywhere in a text: a set of bits that tells in a few looks that a word does not.
//!
//! A word may seem to stand where it does not, for runs share bits; one that stands there is never missed. Of a hundred places around a
//! gate that were searched for what else a match needs, ninety were in texts that held it nowhere.

/// Of a text of a hundred characters two hundred bits are set: one run in twenty is there by chance.
const BITS: usize = 1 << 12;
/// The first bits are those of ASCII, which share none: whether a text has digits is not for chance to say.
const OWN: u16 = 0x80;
const WORDS: usize = BITS / 64;
/// From here on letters are wide: two of them tell as much as three narrow ones.
const FIRST_WIDE: u16 = 0x2E80;
/// 2^64 divided by the golden ratio: neighbouring numbers land far apart in the high bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// Runs of a word that are asked for.
const RUNS: usize = 2;

/// The runs of one text.
#[derive(Clone, Debug)]
pub struct Grams(Box<[u64; WORDS]>);

impl Default for Grams {
    /// As if everything stood there.
    fn default() -> Self {
        Self(Box::new([u64::MAX; WORDS]))
    }
}

impl Grams {
    /// Of a folded text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        let length = units.len();
        units.extend([0, 0]);
        let mut grams = Self::default();
        grams.refill(&units, length);
        grams
    }

    /// Of folded units with at least two zeros behind them.
    pub fn refill(&mut self, padded: &[u16], length: usize) {
        let bits = &mut *self.0;
        *bits = [0; WORDS];
        let mut set = |key: u16| bits[usize::from(key) / 64 % WORDS] |= 1 << (key % 64);
        for run in padded.windows(3).take(length) {
            set(one(run[0]));
            set(if run[0] >= FIRST_WIDE { two(run[0], run[1]) } else { three(run[0], run[1], run[2]) });
        }
    }

    #[inline]
    fn has(&self, key: u16) -> bool {
        self.0[usize::from(key) / 64 % WORDS] >> (key % 64) & 1 == 1
    }
}

/// A list of words of which one stands in every match, by two runs of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked(Vec<[u16; RUNS]>);

impl Asked {
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        Self(words.map(runs).collect())
    }
}

/// Many such lists in one piece of memory: of the patterns of a thousand rules a text asks some here and there.
#[derive(Debug)]
pub struct Lists(Vec<u16>);

impl Default for Lists {
    fn default() -> Self {
        // The first place asks for nothing.
        Self(vec![0])
    }
}

impl Lists {
    /// Where these lists stand, by which they are to be asked.
    pub fn add(&mut self, lists: &[Asked]) -> u32 {
        if lists.is_empty() {
            return 0;
        }
        let number = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let place = u32::try_from(self.0.len()).unwrap_or(0);
        self.0.push(number(lists.len()));
        for Asked(words) in lists {
            self.0.push(number(words.len()));
            self.0.extend(words.as_flattened());
        }
        place
    }

    /// Whether of each of the lists at a place one word may stand in the text.
    #[must_use]
    pub fn may_stand_in(&self, place: u32, grams: &Grams) -> bool {
        let Some((count, mut rest)) = self.0.get(place as usize..).and_then(<[u16]>::split_first) else { return true };
        for _ in 0..*count {
            let Some((count, words)) = rest.split_first() else { return true };
            let (words, others) = words.split_at((usize::from(*count) * RUNS).min(words.len()));
            if !words.as_chunks::<RUNS>().0.iter().any(|[first, last]| grams.has(*first) && grams.has(*last)) {
                return false;
            }
            rest = others;
        }
        true
    }
}

/// The first and the last run of a word, of the longest it has.
fn runs(word: &str) -> [u16; RUNS] {
    let units: Vec<u16> = word.encode_utf16().collect();
    let long = (0..units.len()).filter_map(|at| match units[at..] {
        [first, second, ..] if first >= FIRST_WIDE => Some(two(first, second)),
        [first, second, third, ..] if first < FIRST_WIDE => Some(three(first, second, third)),
        _ => None,
    });
    let long: Vec<u16> = long.collect();
    let short: Vec<u16> = units.iter().copied().map(one).collect();
    let of = |runs: &[u16]| runs.first().copied().zip(runs.last().copied());
    // Nothing stands everywhere.
    let (first, last) = of(&long).or_else(|| of(&short)).unwrap_or_default();
    [first, last]
}

#[inline]
const fn one(unit: u16) -> u16 {
    if unit < OWN { unit } else { key(unit as u64 | 1 << 48) }
}

#[inline]
const fn two(first: u16, second: u16) -> u16 {
    key(first as u64 | (second as u64) << 16)
}

#[inline]
const fn three(first: u16, second: u16, third: u16) -> u16 {
    key(first as u64 | (second as u64) << 16 | (third as u64) << 32)
}

#[inline]
const fn key(run: u64) -> u16 {
    const SHARED: u64 = BITS as u64 - OWN as u64;
    (((run.wrapping_mul(SPREAD) >> 32) * SHARED) >> 32) as u16 + OWN
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn may_stand_in(words: &[&str], grams: &Grams) -> bool {
        let mut lists = Lists::default();
        lists.add(&[Asked::of(["差"].into_iter())]);
        let place = lists.add(&[Asked::of(words.iter().copied()), Asked::of([words[0], "差"].into_iter())]);
        lists.may_stand_in(0, grams) && lists.may_stand_in(place, grams)
    }

    #[test]
    fn what_stands_nowhere_is_mostly_known() {
        let grams = Grams::of("等了三天才收到,包装也很差. the parcel was late");
        let stands = |words: &[&str]| may_stand_in(words, &grams);
        assert!(stands(&["包装", "退款"]) && stands(&["差"]) && stands(&["l"]) && stands(&["was l"]) && stands(&["到,包"]));
        assert!(!stands(&["退款", "坏"]) && !stands(&["broken"]) && !stands(&["x"]) && !stands(&["0", "1"]));
        assert!(may_stand_in(&["退款"], &Grams::default()), "of a text that is not known all may stand there");
    }

    proptest! {
        #[test]
        fn what_stands_there_is_never_missed(before in "[ab差坏 ,👎é]{0,20}", word in "[ab差坏 ,👎é]{1,8}", after in "[ab差坏 ,👎é]{0,20}") {
            let grams = Grams::of(&format!("{before}{word}{after}差"));
            prop_assert!(may_stand_in(&[&word], &grams));
        }
    }
}
