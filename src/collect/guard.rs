//! Around whatever reads foreign words: a document, a mail or an item must not take anything else with it, whatever it makes us do.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `read` gives; none where it panicked, which the log tells. What it worked on is not to be looked at any more then.
pub fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

/// What is said of a document of which `each` left something out.
pub const LOST: &str = "hearken itself failed on an entry: it was left out";

/// What `read` gives of each entry, and how many it failed on: these cost themselves alone.
pub fn each<I, T>(entries: impl IntoIterator<Item = I>, mut read: impl FnMut(I) -> T) -> (Vec<T>, usize) {
    let mut lost = 0;
    let found = entries.into_iter().filter_map(|entry| {
        let found = guarded(|| read(entry));
        lost += usize::from(found.is_none());
        found
    });
    (found.collect(), lost)
}

/// Panics over words in which `panic at reading` stands: so the tests show an entry that no reader of ours can bear.
#[cfg(any(test, feature = "crash-points"))]
pub(super) fn panic_point(words: &str) {
    assert!(!words.contains("panic at reading"), "the words ask for it");
}

/// Outside the tests of faults there is nothing here.
#[cfg(not(any(test, feature = "crash-points")))]
pub(super) const fn panic_point(_words: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_cannot_be_read_costs_itself() {
        let number = |text: &str| text.parse::<u8>().expect("a number");
        assert_eq!(each(["1", "two", "3"], number), (vec![1, 3], 1));
    }

    #[test]
    fn a_panic_is_nothing_found() {
        assert_eq!(guarded(|| 7), Some(7));
        assert_eq!(guarded(|| "words".parse::<u8>().expect("a number")), None);
    }
}
