//! The memory of what fired in one text, used again for the next: a rule that fires asks for none of its own.

use super::firing::{Firing, Found};

/// Lists kept: a text in which more rules fire is rare.
const MOST_ROOMS: usize = 256;

/// Lists of earlier texts, for their memory: each rule that fires needs one of its own.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    firings: Vec<Firing>,
    places: Vec<Vec<Found>>,
}

impl Rooms {
    /// An empty list.
    pub(super) fn firings(&mut self) -> Vec<Firing> {
        std::mem::take(&mut self.firings)
    }

    /// Another.
    pub(super) fn places(&mut self) -> Vec<Found> {
        self.places.pop().unwrap_or_default()
    }

    /// Takes the lists back.
    pub(super) fn leave(&mut self, mut firings: Vec<Firing>) {
        for firing in firings.drain(..) {
            for mut places in [firing.live, firing.held, firing.guarded] {
                if places.capacity() > 0 && self.places.len() < MOST_ROOMS {
                    places.clear();
                    self.places.push(places);
                }
            }
        }
        self.firings = firings;
    }
}
