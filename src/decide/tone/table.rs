//! The rows of the known features: a hash table made to be read without a branch.
//!
//! The upper bits of a feature's hash choose a pair of rows, which lie in one cache line; the lower half must stand in the last two lanes
//! of one of them. Together that is the whole hash, so a feature the model does not know adds nothing.

use super::{HEADS, LANES, Row};

/// Rows of a pair.
const WAYS: usize = 2;
/// The lower half of the hash is compared, so the upper half at least must choose the pair.
const LEAST_BITS: u32 = 16;
/// More would not fit the caches, nor could a set that fits a desk teach them.
const MOST_BITS: u32 = 20;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    shift: u32,
    pairs: Vec<[Row; WAYS]>,
}

impl Table {
    /// The table of these features; none where three of them want one pair.
    pub(super) fn new(features: &[(u32, Row)]) -> Option<Self> {
        let bits = bits(features.len());
        let mut table = Self { shift: 32 - bits, pairs: vec![[[0; LANES]; WAYS]; 1 << bits] };
        features.iter().all(|(hash, row)| table.add(*hash, row)).then_some(table)
    }

    fn add(&mut self, hash: u32, row: &Row) -> bool {
        let pair = &mut self.pairs[(hash >> self.shift) as usize];
        let Some(free) = pair.iter_mut().find(|row| row.iter().all(|number| *number == 0)) else { return false };
        *free = *row;
        [free[HEADS], free[HEADS + 1]] = check(hash);
        true
    }

    /// Every feature with its row, by its hash.
    pub(super) fn features(&self) -> Vec<(u32, Row)> {
        let mut features = Vec::new();
        for (number, pair) in self.pairs.iter().enumerate() {
            for row in pair.iter().filter(|row| row[..HEADS].iter().any(|number| *number != 0)) {
                let lower = u32::from(u16::from_le_bytes([row[HEADS].cast_unsigned(), row[HEADS + 1].cast_unsigned()]));
                let upper = u32::try_from(number).unwrap_or(0) << self.shift;
                let mut row = *row;
                row[HEADS..].fill(0);
                features.push((upper | lower, row));
            }
        }
        features.sort_unstable();
        features
    }

    /// The sums of the numbers of these features, head by head; what the last two lanes say means nothing.
    pub(super) fn sums(&self, hashes: &[u32]) -> [i32; LANES] {
        /// As many rows as 16 bits can add up.
        const BATCH: usize = 256;
        let mut sums = [0_i32; LANES];
        for batch in hashes.chunks(BATCH) {
            let mut partial = [0_i16; LANES];
            for hash in batch {
                let check = check(*hash);
                for row in &self.pairs[(hash >> self.shift) as usize] {
                    let mask = if [row[HEADS], row[HEADS + 1]] == check { -1_i8 } else { 0 };
                    for lane in 0..LANES {
                        partial[lane] = partial[lane].wrapping_add(i16::from(row[lane] & mask));
                    }
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
        let pair = &self.pairs[(hash >> self.shift) as usize];
        pair.iter().find(|row| [row[HEADS], row[HEADS + 1]] == check(hash)).map_or(0, |row| row[head])
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

fn check(hash: u32) -> [i8; 2] {
    let [first, second, ..] = hash.to_le_bytes();
    [first.cast_signed(), second.cast_signed()]
}
