//! The memory of one look at a text, used again for the next: the hits, and which rules and groups they touch.

use std::ops::Range;

use super::lists::Lists;
use super::{Candidates, Entry, Hit, NO_GROUP, Place, Use, number};
use crate::decide::rooms::Rooms;
use crate::decide::texts::Memory;

/// What one text brought. A mark counts only where its stamp is that of the text, so nothing is wiped in between.
#[derive(Debug, Default)]
pub(in crate::decide) struct Scratch {
    /// Folded texts of earlier looks, for their memory.
    pub(in crate::decide) spare: Vec<Memory>,
    /// In the order of their literals.
    pub(in crate::decide) hits: Vec<Hit>,
    pub(in crate::decide) entries: Vec<Entry>,
    /// Rules worth a look, in order, with the range of their entries.
    pub(in crate::decide) looks: Vec<(usize, Range<usize>)>,
    pub(in crate::decide) candidates: Candidates,
    /// For what fires.
    pub(in crate::decide) rooms: Rooms,
    /// Rules that need a group that was hit.
    pub(super) touched: Vec<u32>,
    rules: Vec<Seen>,
    groups: Vec<Seen>,
    /// Hits of one literal for one group, and the node before it.
    nodes: Vec<Node>,
    stamp: u64,
}

/// The bits of a rule's groups that were hit, or a group's last node and one.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    stamp: u64,
    value: u64,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    first: u32,
    last: u32,
    before: u64,
}

impl Scratch {
    pub(super) fn begin(&mut self, rules: usize, groups: usize) {
        self.stamp += 1;
        self.hits.clear();
        self.entries.clear();
        self.touched.clear();
        self.nodes.clear();
        self.rules.resize(rules, Seen::default());
        self.groups.resize(groups, Seen::default());
    }

    /// Brings the sorted hits to their groups, and these to the rules that need them, where what they ask for beside it `may_match`.
    pub(super) fn bring(&mut self, groups: &Lists<u32>, uses: &Lists<Use>, may_match: impl Fn(u32) -> bool) {
        let mut first = 0;
        for same in self.hits.chunk_by(|left, right| left.literal == right.literal) {
            let last = first + number(same.len());
            for group in groups.of(same[0].literal as usize) {
                let seen = &mut self.groups[*group as usize];
                let before = if seen.stamp == self.stamp { seen.value } else { 0 };
                self.nodes.push(Node { first, last, before });
                *seen = Seen { stamp: self.stamp, value: self.nodes.len() as u64 };
                if before == 0 {
                    for needed in uses.of(*group as usize).iter().filter(|needed| may_match(needed.asks)) {
                        touch(&mut self.rules[needed.owner as usize], self.stamp, needed, &mut self.touched);
                    }
                }
            }
            first = last;
        }
    }

    pub(super) fn seen(&self, rule: u32) -> u64 {
        let seen = self.rules[rule as usize];
        if seen.stamp == self.stamp { seen.value } else { 0 }
    }

    /// Adds what these groups of an owner were hit by, in the order of roles and hits; of an expression without a gate that it may match.
    pub(super) fn enter(&mut self, owner: u32, places: &[Place], may_match: impl Fn(u32) -> bool) -> Range<usize> {
        let from = self.entries.len();
        for Place { role, group, asks } in places {
            if *group == NO_GROUP {
                if may_match(*asks) {
                    self.entries.push(Entry { owner, role: *role, first: 0, last: 0 });
                }
                continue;
            }
            let seen = self.groups[*group as usize];
            if seen.stamp != self.stamp || !may_match(*asks) {
                continue;
            }
            let (mut next, start) = (seen.value, self.entries.len());
            while let Some(node) = next.checked_sub(1).map(|at| self.nodes[at as usize]) {
                self.entries.push(Entry { owner, role: *role, first: node.first, last: node.last });
                next = node.before;
            }
            self.entries[start..].reverse();
        }
        from..self.entries.len()
    }
}

#[inline]
fn touch(seen: &mut Seen, stamp: u64, needed: &Use, touched: &mut Vec<u32>) {
    if seen.stamp == stamp {
        seen.value |= needed.bit;
        return;
    }
    *seen = Seen { stamp, value: needed.bit };
    touched.push(needed.owner);
}
