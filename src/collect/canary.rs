//! The phrase that a source always shows. Where it is missing, what was read is not what the operator pointed us at: a waiting page,
//! a page of another shop, a feed that has stopped. Two kinds: text of the document, or an item that somebody posts regularly.

use std::time::Duration;

use super::normalise::{Found, text};
use crate::model::{CanaryState, Moment};

/// As one `[[source]]` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    pub phrase: String,
    /// An item with the phrase appears at least this often; none: the document always shows it.
    pub every: Option<Duration>,
}

/// A document without the phrase may have been caught while it was changed.
const TOLD_AFTER: u32 = 2;
/// A phrase beyond this much text is not looked for.
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Whether the document shows the phrase: in its own letters, in the text a reader sees, or in an item.
#[must_use]
pub fn is_shown(phrase: &str, document: &str, found: &[Found]) -> bool {
    let phrase = plain(phrase);
    let document = &document[..document.floor_char_boundary(TEXT_BYTES_MAX)];
    plain(&unescaped(document)).contains(&phrase)
        || found.iter().any(|found| says(&phrase, found))
        || plain(&text::from_markup(document)).contains(&phrase)
}

/// Whether an item says the phrase.
#[must_use]
pub fn is_in(phrase: &str, found: &Found) -> bool {
    says(&plain(phrase), found)
}

fn says(plain_phrase: &str, found: &Found) -> bool {
    plain(&found.item.text).contains(plain_phrase) || found.item.title.as_deref().is_some_and(|title| plain(title).contains(plain_phrase))
}

/// With the characters that markup may not write plainly.
fn unescaped(document: &str) -> String {
    const MARKS: [(&str, &str); 6] = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    MARKS.iter().fold(document.to_owned(), |text, (mark, letter)| text.replace(mark, letter))
}

/// Lower case, one space between words.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What a poll makes of what was known. `shown`: whether the document, or with `every` a new item, shows the phrase; none where the
/// document is the same as last time.
#[must_use]
pub fn after(before: &CanaryState, canary: Option<&Canary>, shown: Option<bool>, now: Moment) -> CanaryState {
    let Some(canary) = canary else { return CanaryState::default() };
    let seen_at = if shown == Some(true) { Some(now) } else { before.seen_at };
    if canary.every.is_some() {
        return CanaryState { misses: 0, missing_since: None, seen_at: seen_at.or(Some(now)) };
    }
    match shown {
        Some(true) => CanaryState { misses: 0, missing_since: None, seen_at },
        None if before.misses == 0 => before.clone(),
        _ => CanaryState { misses: before.misses.saturating_add(1), missing_since: before.missing_since.or(Some(now)), seen_at },
    }
}

/// Whether ops are to be told, and since when it is missing.
#[must_use]
pub fn gone_since(state: &CanaryState, canary: &Canary, now: Moment) -> Option<Moment> {
    match canary.every {
        Some(every) => state.seen_at.filter(|seen| now.since(*seen) > every),
        None => state.missing_since.filter(|_| state.misses >= TOLD_AFTER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, Identity, Item};

    const NOW: Moment = Moment::from_secs(1_800_000_000);
    const HOUR: Duration = Duration::from_hours(1);

    fn canary(every: Option<Duration>) -> Canary {
        Canary { phrase: "Lanting".into(), every }
    }

    fn found(text: &str) -> Found {
        Found { item: Item { text: text.into(), ..Item::default() }, identity: Identity(1), fingerprint: Fingerprint(1), by_words: false }
    }

    #[test]
    fn the_phrase_is_found_as_a_reader_sees_it() {
        for document in ["<h1>Lanting Tea House</h1>", "<h1>LANTING\n   tea&nbsp;house</h1>", "<h1><b>Lanting</b> Tea House</h1>"] {
            assert!(is_shown("lanting tea  house", document, &[]), "{document}");
        }
        assert!(is_shown("蘭亭 & 友", "<title>蘭亭 &amp; 友</title>", &[]));
        assert!(is_shown("蘭亭", "{\"text\":\"\\u862d\\u4ead\"}", &[found("蘭亭的茶")]), "in an item");
        assert!(!is_shown("Lanting", "<title>Just a moment...</title>", &[found("other")]));
    }

    #[test]
    fn a_missing_phrase_is_told_at_the_second_look_and_forgotten_at_sight() {
        let canary = canary(None);
        let first = after(&CanaryState::default(), Some(&canary), Some(true), NOW);
        let once = after(&first, Some(&canary), Some(false), NOW.plus(HOUR));
        assert_eq!(gone_since(&once, &canary, NOW.plus(HOUR)), None);
        let twice = after(&once, Some(&canary), None, NOW.plus(2 * HOUR));
        assert_eq!(gone_since(&twice, &canary, NOW.plus(2 * HOUR)), Some(NOW.plus(HOUR)), "the same document still lacks it");
        let back = after(&twice, Some(&canary), Some(true), NOW.plus(3 * HOUR));
        assert_eq!(gone_since(&back, &canary, NOW.plus(9 * HOUR)), None);
        assert_eq!(after(&first, Some(&canary), None, NOW.plus(HOUR)), first);
        assert_eq!(after(&twice, None, Some(true), NOW), CanaryState::default(), "none is asked for any more");
    }

    #[test]
    fn an_item_that_is_posted_regularly_is_missed_after_its_time() {
        let canary = canary(Some(24 * HOUR));
        let first = after(&CanaryState::default(), Some(&canary), Some(false), NOW);
        assert_eq!(gone_since(&first, &canary, NOW.plus(23 * HOUR)), None, "the first look begins the count");
        assert_eq!(gone_since(&first, &canary, NOW.plus(25 * HOUR)), Some(NOW));
        let posted = after(&first, Some(&canary), Some(true), NOW.plus(23 * HOUR));
        let quiet = after(&posted, Some(&canary), None, NOW.plus(40 * HOUR));
        assert_eq!(gone_since(&quiet, &canary, NOW.plus(40 * HOUR)), None);
    }
}
