//! The rows of the known features: a hash table made to be read without a branch.
//!
//! The upper bits of a feature's hash choose a pair of rows, the lower half must be that of one of them. Together that is the whole
//! hash, so a feature the model does not know adds nothing.

use super::{LANES, Row};

/// Rows of a pair.
const WAYS: usize = 2;
/// The lower half of the hash is compared, so the upper half at least must choose the pair.
const LEAST_BITS: u32 = 16;
/// More would not fit the caches, nor could a set that fits a desk teach them.
const MOST_BITS: u32 = 20;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    shift: u32,
    /// The lower halves of the hashes of a pair, apart from the rows: they fit the second cache.
    checks: Vec<[u16; WAYS]>,
    rows: Vec<Row>,
}

impl Table {
    /// The table of these features; none where three of them want one pair.
    pub(super) fn new(features: &[(u32, Row)]) -> Option<Self> {
        let bits = bits(features.len());
        let mut table = Self { shift: 32 - bits, checks: vec![[0; WAYS]; 1 << bits], rows: vec![[0; LANES]; WAYS << bits] };
        features.iter().all(|(hash, row)| table.add(*hash, row)).then_some(table)
    }

    fn add(&mut self, hash: u32, row: &Row) -> bool {
        let pair = (hash >> self.shift) as usize;
        let free = (0..WAYS).find(|way| self.rows[pair * WAYS + way].iter().all(|number| *number == 0));
        let Some(way) = free else { return false };
        self.checks[pair][way] = lower(hash);
        self.rows[pair * WAYS + way] = *row;
        true
    }

    /// Every feature with its row, by its hash.
    pub(super) fn features(&self) -> Vec<(u32, Row)> {
        let mut features = Vec::new();
        for (number, row) in self.rows.iter().enumerate().filter(|(_, row)| row.iter().any(|number| *number != 0)) {
            let upper = u32::try_from(number / WAYS).unwrap_or(0) << self.shift;
            features.push((upper | u32::from(self.checks[number / WAYS][number % WAYS]), *row));
        }
        features.sort_unstable();
        features
    }

    /// The sums of the numbers of these features, head by head.
    pub(super) fn sums(&self, hashes: &[u32]) -> [i32; LANES] {
        /// As many rows as 16 bits can add up.
        const BATCH: usize = 256;
        let mut sums = [0_i32; LANES];
        for batch in hashes.chunks(BATCH) {
            // First where the known ones lie, without a branch, then their sum: two loops that a processor runs well ahead in.
            let (mut known, mut count) = ([0_u32; BATCH], 0);
            for hash in batch {
                let pair = hash >> self.shift;
                let [first, second] = self.checks[pair as usize];
                known[count] = pair * 2 + u32::from(second == lower(*hash));
                count += usize::from(first == lower(*hash) || second == lower(*hash));
            }
            let mut partial = [0_i16; LANES];
            for place in &known[..count] {
                let row = &self.rows[*place as usize];
                for lane in 0..LANES {
                    partial[lane] = partial[lane].wrapping_add(i16::from(row[lane]));
                }
            }
            for lane in 0..LANES {
                sums[lane] += i32::from(partial[lane]);
            }
        }
        sums
    }

    /// What a feature adds to a head.
    pub(super) fn number(&self, hash: u32, head: usize) -> i8 {
        let pair = (hash >> self.shift) as usize;
        let way = self.checks[pair].iter().rposition(|check| *check == lower(hash));
        way.map_or(0, |way| self.rows[pair * WAYS + way][head])
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

/// A pair for every feature, so that few pairs are asked for a third row.
fn bits(features: usize) -> u32 {
    features.max(1).next_power_of_two().ilog2().clamp(LEAST_BITS, MOST_BITS)
}

/// What is compared: the upper half chose the pair.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn lower(hash: u32) -> u16 {
    hash as u16
}
