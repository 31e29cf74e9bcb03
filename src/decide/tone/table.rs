//! The rows of the known features: a hash table made to be read without a branch.
//!
//! The upper bits of a feature's hash choose a pair of rows, the lower half must be that of one of them. Together that is the whole
//! hash, so a feature the model does not know adds nothing. The rows lie one behind the other, so that no memory is read but theirs.

use super::{LANES, Row};

/// Rows of a pair.
const WAYS: usize = 2;
/// The lower half of the hash is compared, so the upper half at least must choose the pair.
const LEAST_BITS: u32 = 16;
/// More would not fit the caches, nor could a set that fits a desk teach them.
const MOST_BITS: u32 = 20;

/// Up to two rows whose hashes begin alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pair {
    /// The lower halves of their hashes; twice the same where there is one row.
    checks: [u16; WAYS],
    /// The number of the first row; the row of zeros where there is none.
    first: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    shift: u32,
    pairs: Vec<Pair>,
    /// A row of zeros, then those of the pairs in their order.
    rows: Vec<Row>,
}

impl Table {
    /// The table of these features, each hash once; none where three of them want one pair.
    pub(super) fn new(features: &[(u32, Row)]) -> Option<Self> {
        let bits = bits(features.len());
        let mut sorted = features.to_vec();
        sorted.sort_unstable_by_key(|(hash, _)| *hash);
        let mut table = Self { shift: 32 - bits, pairs: vec![Pair::default(); 1 << bits], rows: Vec::with_capacity(features.len() + 1) };
        table.rows.push([0; LANES]);
        for pair in sorted.chunk_by(|left, right| left.0 >> table.shift == right.0 >> table.shift) {
            if pair.len() > WAYS {
                return None;
            }
            let checks = [lower(pair[0].0), lower(pair[pair.len() - 1].0)];
            table.pairs[(pair[0].0 >> table.shift) as usize] = Pair { checks, first: u32::try_from(table.rows.len()).ok()? };
            table.rows.extend(pair.iter().map(|(_, row)| *row));
        }
        Some(table)
    }

    /// Every feature with its row, by its hash.
    pub(super) fn features(&self) -> Vec<(u32, Row)> {
        let mut features = Vec::with_capacity(self.rows.len());
        for (upper, pair) in (0_u32..).zip(&self.pairs).filter(|(_, pair)| pair.first > 0) {
            let ways = if pair.checks[0] == pair.checks[1] { 1 } else { WAYS };
            let rows = &self.rows[pair.first as usize..][..ways];
            features.extend(pair.checks.iter().zip(rows).map(|(check, row)| (upper << self.shift | u32::from(*check), *row)));
        }
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
                let (row, is_known) = self.find(*hash);
                known[count] = row;
                count += usize::from(is_known);
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
        let (row, is_known) = self.find(hash);
        if is_known { self.rows[row as usize][head] } else { 0 }
    }

    /// The row that would be the feature's, and whether it is.
    #[inline]
    fn find(&self, hash: u32) -> (u32, bool) {
        let Pair { checks: [first, second], first: row } = self.pairs[(hash >> self.shift) as usize];
        let check = lower(hash);
        (row + u32::from(first != check) * u32::from(row > 0), first == check || second == check)
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
