//! An old source whose items are nearly all new: the site was moved or gave every item a new id. That is no flood of reviews.

/// Below this a busy hour looks the same as a move.
const ITEMS_MIN: usize = 10;

/// Where not one word is new, fewer items tell as much.
const ITEMS_MIN_ALL_KNOWN: usize = 3;

/// Of a hundred items, this many new ones at once are not an ordinary poll.
const NEW_PERCENT: usize = 80;

/// What the new items of a poll are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Judge and warn.
    Ordinary,
    /// The first good poll of a source: judge and keep, never page.
    Baseline,
    /// Nearly all items of a known source are new: judge and keep as a baseline, and say so to ops.
    Reindexed,
}

/// Decides by how many of a document's items are new. `had_items`: the source has shown items before. `unknown_content`
/// counts the new items whose content is new as well; where the texts are new too, they are real reviews.
#[must_use]
pub const fn arrival(baselined: bool, had_items: bool, items: usize, new: usize, unknown_content: usize) -> Arrival {
    if !baselined {
        return Arrival::Baseline;
    }
    let enough = items >= if unknown_content == 0 { ITEMS_MIN_ALL_KNOWN } else { ITEMS_MIN };
    let nearly_all_new = enough && new * 100 >= items * NEW_PERCENT;
    let mostly_known_words = unknown_content * 2 <= new;
    if had_items && nearly_all_new && mostly_known_words { Arrival::Reindexed } else { Arrival::Ordinary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_feed_is_not_a_flood() {
        assert_eq!(arrival(false, false, 50, 50, 50), Arrival::Baseline);
        assert_eq!(arrival(true, true, 50, 50, 3), Arrival::Reindexed);
        assert_eq!(arrival(true, true, 50, 50, 50), Arrival::Ordinary, "a storm of new words is a storm");
        assert_eq!(arrival(true, true, 50, 5, 0), Arrival::Ordinary);
        assert_eq!(arrival(true, true, 4, 4, 1), Arrival::Ordinary, "a short list turns over");
        assert_eq!(arrival(true, true, 4, 4, 0), Arrival::Reindexed, "new ids for known words");
        assert_eq!(arrival(true, false, 50, 50, 0), Arrival::Ordinary, "it was empty before");
    }
}
