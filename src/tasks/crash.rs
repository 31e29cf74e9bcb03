//! Places where the tests kill the daemon between two steps, or make it panic over what it works on. Nothing of it is in a release.

/// Ends the process without any clean-up when `HEARKEN_CRASH_AT` names this point.
///
/// `HEARKEN_CRASH_AT=poll.committed:3` ends it at the third passage.
#[cfg(feature = "crash-points")]
pub(crate) fn crash_point(name: &str) {
    use std::sync::atomic::{AtomicU32, Ordering};

    static PASSED: AtomicU32 = AtomicU32::new(0);
    let Ok(wanted) = std::env::var("HEARKEN_CRASH_AT") else { return };
    let (point, passage) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if point == name && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == passage.parse().unwrap_or(1) {
        std::process::abort();
    }
}

/// Outside the crash tests there is nothing here.
#[cfg(not(feature = "crash-points"))]
pub(crate) const fn crash_point(_name: &str) {}

/// Panics over words in which `panic at NAME` stands: so a site of the tests shows what no judge of ours can bear.
#[cfg(feature = "crash-points")]
pub(crate) fn panic_point(name: &str, words: &str) {
    assert!(!words.contains(&format!("panic at {name}")), "the words ask for it");
}

/// Outside the tests of faults there is nothing here.
#[cfg(not(feature = "crash-points"))]
pub(crate) const fn panic_point(_name: &str, _words: &str) {}
