//! What holds for every item, wherever it was read.

use hearken::collect::normalise::Found;
use hearken::model::Moment;

/// When the items are read.
pub(crate) const NOW: Moment = Moment::from_secs(1_795_341_600);
/// A clock that runs ahead may be this many seconds before ours.
const AHEAD_MAX: u64 = 300;
const TEXT_BYTES_MAX: usize = 32 * 1024;
const TITLE_BYTES_MAX: usize = 1024;

/// Sizes, addresses, times and ratings are within what the store and the pages expect.
pub(crate) fn in_bounds(found: &Found) {
    let item = &found.item;
    assert!(item.text.len() <= TEXT_BYTES_MAX && item.title.as_ref().is_none_or(|title| title.len() <= TITLE_BYTES_MAX));
    assert!(item.title.as_ref().is_none_or(|title| !title.is_empty() && !title.contains('\n')), "{:?}", item.title);
    if let Some(url) = &item.url {
        assert!(url.starts_with("http://") || url.starts_with("https://"), "{url:?}");
        assert!(!url.contains(char::is_control), "{url:?}");
    }
    for at in [item.published, item.updated].into_iter().flatten() {
        assert!(at <= NOW.plus(std::time::Duration::from_secs(AHEAD_MAX)) && at.as_secs() > 0, "{}", at.rfc3339());
    }
    assert!(item.rating.is_none_or(|rating| rating.is_finite() && rating >= 0.0));
}
