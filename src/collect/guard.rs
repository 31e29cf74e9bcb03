//! Around whatever reads foreign words: a document, a mail or an item must not take anything else with it, whatever it makes us do.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `read` gives; none where it panicked, which the log tells. What it worked on is not to be looked at any more then.
pub fn guarded<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_nothing_found() {
        assert_eq!(guarded(|| 7), Some(7));
        assert_eq!(guarded(|| "words".parse::<u8>().expect("a number")), None);
    }
}
