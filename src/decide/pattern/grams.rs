//! Which characters, and which two or three in a row, stand anywhere in a text: a set of bits that tells in a few looks that a word does not.
//!
//! A word may seem to stand where it does not, for runs share bits; one that stands there is never missed. Of a hundred places around a
//! gate that were searched for what else a match needs, ninety were in texts that held it nowhere.

/// Of a text of a hundred characters two hundred bits are set: one run in twenty is there by chance.
const BITS: usize = 1 << 12;
const WORDS: usize = BITS / 64;
/// From here on letters are wide: two of them tell as much as three narrow ones.
const FIRST_WIDE: u16 = 0x2E80;
/// 2^64 divided by the golden ratio: neighbouring numbers land far apart in the high bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// Runs of a word that are asked for.
const MOST_RUNS: usize = 3;

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

/// Words of which one stands in every match, by their runs.
#[derive(Clone, Debug)]
pub(super) struct Asked(Box<[[u16; MOST_RUNS]]>);

impl Asked {
    pub(super) fn of(words: &[String]) -> Self {
        Self(words.iter().map(|word| runs(word)).collect())
    }

    /// Whether one of them may stand in a text.
    #[inline]
    pub(super) fn may_stand_in(&self, grams: &Grams) -> bool {
        self.0.iter().any(|runs| runs.iter().all(|run| grams.has(*run)))
    }
}

/// The first runs of a word, the longer ones first; the last one again where there are fewer.
fn runs(word: &str) -> [u16; MOST_RUNS] {
    let units: Vec<u16> = word.encode_utf16().collect();
    let long = (0..units.len()).filter_map(|at| match units[at..] {
        [first, second, ..] if first >= FIRST_WIDE => Some(two(first, second)),
        [first, second, third, ..] if first < FIRST_WIDE => Some(three(first, second, third)),
        _ => None,
    });
    let mut all: Vec<u16> = long.chain(units.iter().copied().map(one)).take(MOST_RUNS).collect();
    // Nothing stands everywhere.
    let last = all.last().copied().unwrap_or_default();
    all.resize(MOST_RUNS, last);
    std::array::from_fn(|at| all[at])
}

#[inline]
const fn one(unit: u16) -> u16 {
    key(unit as u64 | 1 << 48)
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
    (run.wrapping_mul(SPREAD) >> (64 - BITS.ilog2())) as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Grams {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        let length = units.len();
        units.extend([0, 0]);
        let mut grams = Grams::default();
        grams.refill(&units, length);
        grams
    }

    #[test]
    fn what_stands_nowhere_is_mostly_known() {
        let grams = of("等了三天才收到,包装也很差. the parcel was late");
        let stands = |words: &[&str]| Asked::of(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).may_stand_in(&grams);
        assert!(stands(&["包装", "退款"]) && stands(&["差"]) && stands(&["l"]) && stands(&["was l"]) && stands(&["到,包"]));
        assert!(!stands(&["退款", "坏"]) && !stands(&["broken"]) && !stands(&["x"]) && !stands(&[]));
        assert!(Asked::of(&["退款".to_owned()]).may_stand_in(&Grams::default()), "of a text that is not known all may stand there");
    }

    proptest! {
        #[test]
        fn what_stands_there_is_never_missed(before in "[ab差坏 ,👎é]{0,20}", word in "[ab差坏 ,👎é]{1,8}", after in "[ab差坏 ,👎é]{0,20}") {
            let grams = of(&format!("{before}{word}{after}"));
            prop_assert!(Asked::of(&[word]).may_stand_in(&grams));
        }
    }
}
