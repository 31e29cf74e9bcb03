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

/// Bits for each feature of the sieve: one unknown feature in nine comes through.
const SIEVE_BITS: usize = 8;
/// More would leave the caches that the sieve is there to spare.
const MOST_SIEVE_BITS: usize = 1 << 21;

/// Which upper parts of hashes any known feature has: half of a text's features are unknown, and most of them fall through here,
/// before memory is read that lies further off.
#[derive(Clone, Debug, PartialEq)]
struct Sieve {
    shift: u32,
    bits: Vec<u64>,
}

impl Sieve {
    fn of(features: &[(u32, Row)]) -> Self {
        let size = (features.len() * SIEVE_BITS).next_power_of_two().clamp(64, MOST_SIEVE_BITS);
        let mut sieve = Self { shift: u32::BITS - size.ilog2(), bits: vec![0; size / 64] };
        for (hash, _) in features {
            let place = (hash >> sieve.shift) as usize;
            sieve.bits[place / 64] |= 1 << (place % 64);
        }
        sieve
    }

    #[inline]
    fn passes(&self, hash: u32) -> bool {
        let place = (hash >> self.shift) as usize;
        self.bits[place / 64] >> (place % 64) & 1 == 1
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    sieve: Sieve,
    shift: u32,
    pairs: Vec<Pair>,
    /// A row of zeros, then those of the pairs in their order.
    rows: Vec<Packed>,
}

/// A row, each number with 128 added to it, so that eight are added at once without one borrowing from the next.
type Packed = [u64; 2];

const BIAS: u8 = 0x80;
/// Every second byte.
const EVEN: u64 = 0x00FF_00FF_00FF_00FF;

fn packed(row: &Row) -> Packed {
    let bytes = row.map(|number| number.cast_unsigned() ^ BIAS);
    let (halves, _) = bytes.as_chunks::<8>();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}

fn unpacked(row: Packed) -> Row {
    std::array::from_fn(|lane| (row[lane / 8].to_le_bytes()[lane % 8] ^ BIAS).cast_signed())
}

impl Table {
    /// The table of these features, each hash once; none where three of them want one pair.
    pub(super) fn new(features: &[(u32, Row)]) -> Option<Self> {
        let bits = bits(features.len());
        let mut sorted = features.to_vec();
        sorted.sort_unstable_by_key(|(hash, _)| *hash);
        let (sieve, shift) = (Sieve::of(&sorted), u32::BITS - bits);
        let mut table = Self { sieve, shift, pairs: vec![Pair::default(); 1 << bits], rows: Vec::with_capacity(features.len() + 1) };
        table.rows.push(packed(&[0; LANES]));
        for pair in sorted.chunk_by(|left, right| left.0 >> table.shift == right.0 >> table.shift) {
            if pair.len() > WAYS {
                return None;
            }
            let checks = [lower(pair[0].0), lower(pair[pair.len() - 1].0)];
            table.pairs[(pair[0].0 >> table.shift) as usize] = Pair { checks, first: u32::try_from(table.rows.len()).ok()? };
            table.rows.extend(pair.iter().map(|(_, row)| packed(row)));
        }
        Some(table)
    }

    /// Every feature with its row, by its hash.
    pub(super) fn features(&self) -> Vec<(u32, Row)> {
        let mut features = Vec::with_capacity(self.rows.len());
        for (upper, pair) in (0_u32..).zip(&self.pairs).filter(|(_, pair)| pair.first > 0) {
            let ways = if pair.checks[0] == pair.checks[1] { 1 } else { WAYS };
            let rows = &self.rows[pair.first as usize..][..ways];
            features.extend(pair.checks.iter().zip(rows).map(|(check, row)| (upper << self.shift | u32::from(*check), unpacked(*row))));
        }
        features
    }

    /// What a feature adds to a head.
    pub(super) fn number(&self, hash: u32, head: usize) -> i8 {
        let (row, is_known) = self.find(hash);
        if is_known { unpacked(self.rows[row as usize])[head] } else { 0 }
    }

    /// The row that would be the feature's, and whether it is.
    #[inline]
    fn find(&self, hash: u32) -> (u32, bool) {
        let Pair { checks: [first, second], first: row } = self.pairs[(hash >> self.shift) as usize];
        let check = lower(hash);
        (row + u32::from(first != check) * u32::from(row > 0), first == check || second == check)
    }
}

/// As many rows as 16 bits can add up.
const BATCH: usize = 256;

/// The sums of the numbers of a text's features, head by head, while they come in.
pub(super) struct Sums<'a> {
    table: &'a Table,
    /// Features the table may know, not yet added up.
    waiting: [u32; BATCH],
    count: usize,
    sums: [i32; LANES],
    /// Features heard of, known or not.
    features: usize,
}

impl<'a> Sums<'a> {
    pub(super) const fn new(table: &'a Table) -> Self {
        Self { table, waiting: [0; BATCH], count: 0, sums: [0; LANES], features: 0 }
    }

    /// Without a branch for what the sieve says: half of all features pass, in no order.
    #[inline]
    pub(super) fn hear(&mut self, hash: u32) {
        self.features += 1;
        self.waiting[self.count % BATCH] = hash;
        self.count += usize::from(self.table.sieve.passes(hash));
        if self.count == BATCH {
            self.add_up();
        }
    }

    /// The sums, and of how many features.
    pub(super) fn end(mut self) -> ([i32; LANES], usize) {
        self.add_up();
        (self.sums, self.features)
    }

    /// First where the rows lie, then their sum: in each loop a processor runs well ahead of what memory answers.
    fn add_up(&mut self) {
        let (mut rows, mut count) = ([0_u32; BATCH], 0);
        for hash in &self.waiting[..self.count] {
            let (row, is_known) = self.table.find(*hash);
            rows[count % BATCH] = row;
            count += usize::from(is_known);
        }
        let mut partial = [0_u64; 4];
        for row in &rows[..count] {
            let [left, right] = self.table.rows[*row as usize];
            let parts = [left & EVEN, left >> 8 & EVEN, right & EVEN, right >> 8 & EVEN];
            partial.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
        }
        let bias = i32::from(BIAS) * i32::try_from(count).unwrap_or(0);
        for lane in 0..LANES {
            let sum = partial[lane / 8 * 2 + lane % 2] >> (lane % 8 / 2 * 16) & 0xFFFF;
            self.sums[lane] += i32::try_from(sum).unwrap_or(0) - bias;
        }
        self.count = 0;
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
