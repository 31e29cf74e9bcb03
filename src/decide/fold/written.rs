//! What the fold writes: the units, and where asked for the way back to the original.

use std::ops::Range;

use super::pass::{PADDING, Pass, narrow};
use super::units::utf8_len;
use super::{squeeze, tricks};

/// A folded text as the pass leaves it.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    /// The text, then `PADDING` zeros, then what earlier texts left there.
    pub(super) units: Vec<u16>,
    length: usize,
    /// Signs right after a Chinese character, by unit.
    pub(super) gaps: Vec<usize>,
    /// Where the distance between folded and original place changes, ascending; between two of them it is constant.
    pub(super) anchors: Vec<Anchor>,
    /// No character is known to have become longer, and none went away.
    pub(super) even: bool,
}

/// The same place in both texts, in bytes of UTF-8. Of several for one folded place the last holds: between them all was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Anchor {
    pub(super) folded: u32,
    pub(super) original: u32,
}

/// The place in the original.
pub(super) fn origin(anchors: &[Anchor], place: usize) -> usize {
    let after = anchors.partition_point(|anchor| anchor.folded as usize <= place);
    match after.checked_sub(1).map(|at| anchors[at]) {
        Some(anchor) => anchor.original as usize + (place - anchor.folded as usize),
        None => place,
    }
}

impl Written {
    /// `KEEP`: with the anchors.
    pub(super) fn fold<const KEEP: bool>(&mut self, original: &str) {
        self.gaps.clear();
        self.anchors.clear();
        self.even = true;
        Pass::<KEEP>::new(original, self).run();
        let squeezed = self.squeeze::<KEEP>();
        if self.gaps.is_empty() {
            return;
        }
        let tricks = if squeezed { tricks::all(self.units()) } else { tricks::at(self.units(), &self.gaps) };
        if !tricks.is_empty() {
            self.remove::<KEEP>(&tricks);
            self.squeeze::<KEEP>();
        }
    }

    pub(super) fn units(&self) -> &[u16] {
        &self.units[..self.length]
    }

    pub(super) fn padded(&self) -> &[u16] {
        &self.units[..self.units.len().min(self.length + PADDING)]
    }

    /// The text has these many units and no more.
    pub(super) fn end(&mut self, length: usize) {
        self.length = length;
        let padding = self.units.iter_mut().skip(length).take(PADDING);
        padding.for_each(|unit| *unit = 0);
    }

    /// The anchors of a text that was folded without them.
    pub(super) fn way_back(&self, original: &str) -> Vec<Anchor> {
        // Where nothing grew, nothing shrank if the sum is the same.
        if self.even && utf8_len(self.units()) == original.len() {
            return Vec::new();
        }
        let mut again = Self::default();
        again.fold::<true>(original);
        again.anchors
    }

    fn squeeze<const KEEP: bool>(&mut self) -> bool {
        if !squeeze::has_triple(self.padded()) {
            return false;
        }
        let repeats = squeeze::repeats(self.units());
        if !repeats.is_empty() {
            self.remove::<KEEP>(&repeats);
        }
        !repeats.is_empty()
    }

    /// Takes these ranges of units out, which are in order and do not touch.
    fn remove<const KEEP: bool>(&mut self, ranges: &[Range<usize>]) {
        if KEEP {
            self.anchors = self.anchors_without(ranges);
        }
        self.even = false;
        let mut length = ranges.first().map_or(self.length, |range| range.start);
        let next = ranges.iter().skip(1).map(|range| range.start).chain([self.length]);
        for (range, next) in ranges.iter().zip(next) {
            self.units.copy_within(range.end..next, length);
            length += next - range.end;
        }
        self.end(length);
    }

    fn anchors_without(&self, ranges: &[Range<usize>]) -> Vec<Anchor> {
        let mut anchors = Vec::new();
        let (mut from, mut from_byte, mut start) = (0, 0, 0);
        for range in ranges.iter().cloned().chain(std::iter::once(self.length..self.length)) {
            let to_byte = from_byte + utf8_len(&self.units[from..range.start]);
            anchors.push(Anchor { folded: narrow(start), original: narrow(origin(&self.anchors, from_byte)) });
            let first = self.anchors.partition_point(|anchor| anchor.folded as usize <= from_byte);
            let shift = narrow(from_byte - start);
            let inside = self.anchors[first..].iter().take_while(|anchor| anchor.folded as usize <= to_byte);
            anchors.extend(inside.map(|anchor| Anchor { folded: anchor.folded - shift, original: anchor.original }));
            start += to_byte - from_byte;
            from_byte = to_byte + utf8_len(&self.units[range.clone()]);
            from = range.end;
        }
        anchors
    }
}
