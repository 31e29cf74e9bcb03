//! The sums of a text's features while they come in.

use std::ops::Range;

use super::LANES;
use super::features::{Ear, Word};
use super::memory::Memory;
use super::table::{BATCH, Table};

/// Head by head, the sums of the numbers of all features heard of.
pub(super) struct Sums<'a> {
    table: &'a Table,
    memory: &'a mut Memory,
    /// Features that wait to be added up, and pieces of the word that is just heard.
    waiting: [u32; BATCH],
    count: usize,
    pieces: [u32; BATCH],
    piece_count: usize,
    sums: [i32; LANES],
    /// Features heard of before those that wait, known or not.
    features: usize,
}

impl<'a> Sums<'a> {
    pub(super) fn new(table: &'a Table, memory: &'a mut Memory) -> Self {
        memory.begin(table.name);
        Self { table, memory, waiting: [0; BATCH], count: 0, pieces: [0; BATCH], piece_count: 0, sums: [0; LANES], features: 0 }
    }

    /// The sums, and of how many features.
    pub(super) fn end(mut self) -> ([i32; LANES], usize) {
        self.add_up();
        (self.sums, self.features)
    }

    fn add_up(&mut self) {
        let sums = self.table.sums(&mut self.waiting, self.count);
        self.add(&sums, self.count);
        self.count = 0;
    }

    #[inline]
    fn add(&mut self, sums: &[i16; LANES], features: usize) {
        self.sums = std::array::from_fn(|lane| self.sums[lane] + i32::from(sums[lane]));
        self.features += features;
    }
}

impl Ear for Sums<'_> {
    #[inline]
    fn hear(&mut self, hash: u32, _: Range<usize>) {
        self.waiting[self.count % BATCH] = hash;
        self.count += 1;
        if self.count == BATCH {
            self.add_up();
        }
    }

    #[inline]
    fn piece(&mut self, hash: u32, _: Range<usize>) {
        self.pieces[self.piece_count % BATCH] = hash;
        self.piece_count += 1;
    }

    #[inline]
    fn recall(&mut self, word: &[u8]) -> Option<Word> {
        let (sums, count, word) = self.memory.recall(word)?;
        self.add(&sums, count);
        Some(word)
    }

    /// A word has far fewer pieces than find room.
    fn keep(&mut self, bytes: &[u8], word: Word) {
        let sums = self.table.sums(&mut self.pieces, self.piece_count);
        self.add(&sums, self.piece_count);
        self.memory.keep(bytes, word, sums, self.piece_count);
        self.piece_count = 0;
    }
}
