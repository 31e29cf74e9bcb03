//! The rows of the known features: a hash table made to be read without a branch.
//!
//! A feature's hash chooses a bucket, which is one line of the processor's caches and holds up to three features: their hashes and their
//! rows. Where there are more of them, the rest stand in the next buckets. The whole hash is compared, so a feature the model does not
//! know adds nothing. So each known feature costs one look at memory that is far off, and each unknown one mostly none.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{LANES, Row};

/// Features whose hashes begin alike and that the model may have: that many found room in the first version's table, and which features
/// a trained model keeps shall not change with how they are stored.
const WAYS: usize = 2;
const LEAST_BITS: u32 = 16;
/// More would not fit the caches, nor could a set that fits a desk teach them.
const MOST_BITS: u32 = 20;

/// As many rows as 16 bits can add up.
pub(super) const BATCH: usize = 256;

/// Features of a bucket: with their hashes they fill a cache line of 64 bytes.
const ROOM: usize = 3;
/// Buckets for every ten features: with more of them memory is left empty, with fewer many features stand in the next bucket.
const BUCKETS_OF_TEN: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
struct Bucket {
    hashes: [u32; ROOM],
    /// How many of them are features, and whether more stand in the next bucket.
    count: u16,
    goes_on: bool,
    rows: [Packed; ROOM],
}

static EMPTY: Bucket = Bucket { hashes: [0; ROOM], count: 0, goes_on: false, rows: [[BIAS; LANES]; ROOM] };

/// Bits of the sieve: more would leave the cache that the sieve is there to spare.
const SIEVE_BITS: u32 = 21;
const SIEVE_WORDS: usize = 1 << (SIEVE_BITS - u64::BITS.ilog2());

/// Which upper parts of hashes any known feature has: half of a text's features are unknown, and most of them fall through here,
/// before memory is read that lies further off. Its size is known, so that no place of it need be checked.
#[derive(Clone, Debug, PartialEq)]
struct Sieve(Box<[u64; SIEVE_WORDS]>);

impl Sieve {
    fn of(features: &[(u32, Row)]) -> Self {
        let mut sieve = Self::empty();
        for (hash, _) in features {
            let place = hash >> (u32::BITS - SIEVE_BITS);
            sieve.0[(place >> 6) as usize] |= 1 << (place & 63);
        }
        sieve
    }

    fn empty() -> Self {
        let words = vec![0_u64; SIEVE_WORDS].into_boxed_slice();
        Self(words.try_into().unwrap_or_else(|_| Box::new([0; SIEVE_WORDS])))
    }

    #[inline]
    fn passes(&self, hash: u32) -> bool {
        let place = hash >> (u32::BITS - SIEVE_BITS);
        self.0[(place >> 6) as usize] >> (place & 63) & 1 == 1
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub(super) name: Name,
    sieve: Sieve,
    buckets: Vec<Bucket>,
}

/// Tells one table from every other of the process, so that nobody takes what he remembers of one for the other's. A copy has the name
/// of what it is a copy of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name(u64);

impl Name {
    /// Of no table.
    pub(super) const NONE: Self = Self(0);

    fn next() -> Self {
        static NAMES: AtomicU64 = AtomicU64::new(1);
        Self(NAMES.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) const fn is(self, other: Self) -> bool {
        self.0 == other.0
    }
}

/// Two tables that hold the same are equal, whatever they are called.
impl PartialEq for Name {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A row, each number with 128 added to it, so that none is below zero.
type Packed = [u8; LANES];

pub(super) const BIAS: u8 = 0x80;

fn packed(row: &Row) -> Packed {
    row.map(|number| number.cast_unsigned() ^ BIAS)
}

fn unpacked(row: Packed) -> Row {
    row.map(|number| (number ^ BIAS).cast_signed())
}

impl Table {
    /// The table of these features, each hash once; none where three of them begin alike.
    pub(super) fn new(mut features: Vec<(u32, Row)>) -> Option<Self> {
        let shift = u32::BITS - bits(features.len());
        features.sort_unstable_by_key(|(hash, _)| *hash);
        if features.chunk_by(|left, right| left.0 >> shift == right.0 >> shift).any(|alike| alike.len() > WAYS) {
            return None;
        }
        let buckets = vec![EMPTY; (features.len() * BUCKETS_OF_TEN).div_ceil(10).max(1)];
        let mut table = Self { name: Name::next(), sieve: Sieve::of(&features), buckets };
        features.iter().for_each(|(hash, row)| table.add(*hash, row));
        Some(table)
    }

    fn add(&mut self, hash: u32, row: &Row) {
        let mut at = self.home(hash);
        while usize::from(self.buckets[at].count) == ROOM {
            self.buckets[at].goes_on = true;
            at = self.next(at);
        }
        let bucket = &mut self.buckets[at];
        let way = usize::from(bucket.count);
        (bucket.hashes[way], bucket.rows[way]) = (hash, packed(row));
        bucket.count += 1;
    }

    /// The bucket a feature belongs to; the order of the hashes is that of the buckets.
    #[inline]
    fn home(&self, hash: u32) -> usize {
        ((u64::from(hash) * self.buckets.len() as u64) >> u32::BITS) as usize
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        if at + 1 < self.buckets.len() { at + 1 } else { 0 }
    }

    /// Every feature with its row, by its hash.
    pub(super) fn features(&self) -> Vec<(u32, Row)> {
        let mut features: Vec<(u32, Row)> = Vec::new();
        for bucket in &self.buckets {
            let ways = bucket.hashes.iter().zip(bucket.rows).take(usize::from(bucket.count));
            features.extend(ways.map(|(hash, row)| (*hash, unpacked(row))));
        }
        features.sort_unstable_by_key(|(hash, _)| *hash);
        features
    }

    /// What a feature adds to a head.
    pub(super) fn number(&self, hash: u32, head: usize) -> i8 {
        self.numbers(hash)[head]
    }

    /// What a feature adds to each head; zeros where it is not known, and only there.
    pub(super) fn numbers(&self, hash: u32) -> Row {
        unpacked(self.row(hash))
    }

    /// Adds up the rows of these features, and changes their order. First which of them may be known, then their rows: in each loop a
    /// processor runs well ahead of what memory answers, for hardly anything in it is a branch.
    pub(super) fn sums(&self, hashes: &mut [u32; BATCH], count: usize) -> [i16; LANES] {
        let mut passing = 0;
        for at in 0..count.min(BATCH) {
            let hash = hashes[at];
            hashes[passing % BATCH] = hash;
            passing += usize::from(self.sieve.passes(hash));
        }
        // Asked for one after the other, before the first is waited for.
        let asked = hashes[..passing.min(BATCH)].iter().fold(0, |asked, hash| asked ^ self.buckets[self.home(*hash)].hashes[0]);
        std::hint::black_box(asked);
        let mut sums = [0_u16; LANES];
        for hash in &hashes[..passing.min(BATCH)] {
            let row = self.row(*hash);
            sums = std::array::from_fn(|lane| sums[lane].wrapping_add(u16::from(row[lane])));
        }
        let bias = u16::from(BIAS).wrapping_mul(passing as u16);
        sums.map(|sum| sum.wrapping_sub(bias).cast_signed())
    }

    /// The row of a feature: of one that is not known zeros.
    #[inline]
    fn row(&self, hash: u32) -> Packed {
        let at = self.home(hash);
        let bucket = &self.buckets[at];
        let [first, second, third] = bucket.hashes.map(|known| known == hash);
        let is_known = first | second | third;
        if !is_known && bucket.goes_on {
            return self.further(hash, at);
        }
        let rows = if is_known { &bucket.rows } else { &EMPTY.rows };
        rows[usize::from(!first) + usize::from(!first & !second)]
    }

    #[cold]
    fn further(&self, hash: u32, mut at: usize) -> Packed {
        while self.buckets[at].goes_on {
            at = self.next(at);
            let bucket = &self.buckets[at];
            if let Some(way) = bucket.hashes.iter().position(|known| *known == hash) {
                return bucket.rows[way];
            }
        }
        [BIAS; LANES]
    }
}

/// Keeps the features a table has room for, of these with the most telling ones first.
pub(super) fn fitting(features: &mut Vec<(u32, Row)>) {
    features.truncate(1 << MOST_BITS);
    loop {
        let (before, shift) = (features.len(), 32 - bits(features.len()));
        let mut taken = std::collections::HashMap::new();
        features.retain(|(hash, _)| {
            let count = taken.entry(hash >> shift).or_insert(0);
            *count += 1;
            *count <= WAYS
        });
        if features.len() == before {
            return;
        }
    }
}

/// A beginning for every feature, so that few features begin alike.
fn bits(features: usize) -> u32 {
    features.max(1).next_power_of_two().ilog2().clamp(LEAST_BITS, MOST_BITS)
}
