//! Any bytes as a feed: they are refused or become items within the limits, and a second reading brings the same items under the same
//! identities.

use hearken::collect::fetch::Body;
use hearken::collect::normalise::Found;
use hearken::collect::poll;
use hearken::collect::source::{SourceKind, SourceOptions};
use hearken::model::Moment;
use url::Url;

const NOW: Moment = Moment::from_secs(1_795_341_600);
const ITEMS_MAX: usize = 50;
const TEXT_BYTES_MAX: usize = 32 * 1024;
const TITLE_BYTES_MAX: usize = 1024;

/// The same bytes as they come with and without a label.
const TYPES: [Option<&str>; 3] = [None, Some("text/xml; charset=gbk"), Some("application/feed+json; charset=utf-8")];

/// The bytes as a server sends them.
pub(crate) fn check(bytes: &[u8]) {
    let source = SourceOptions::plain("fuzz", SourceKind::Feed, Url::parse("https://fuzz.example/feeds/all").expect("an address"));
    for content_type in TYPES {
        let body = Body {
            bytes: bytes.to_vec(),
            content_type: content_type.map(str::to_owned),
            etag: None,
            last_modified: None,
            max_age: None,
            next: None,
            links: Vec::new(),
            cut_off: false,
            final_url: source.url.clone(),
        };
        let first = poll::items(&source, &body, ITEMS_MAX, NOW);
        let second = poll::items(&source, &body, ITEMS_MAX, NOW);
        assert_eq!(first, second, "another reading, other items");
        match first {
            Ok(found) => {
                assert!(found.len() <= ITEMS_MAX, "{} items", found.len());
                found.iter().for_each(in_bounds);
            }
            Err(failure) => {
                assert!(!failure.detail.contains("gave up on this document"), "a panic");
                assert!(!failure.failing(true).next_step().is_empty());
            }
        }
    }
}

fn in_bounds(found: &Found) {
    let item = &found.item;
    assert!(item.text.len() <= TEXT_BYTES_MAX && item.title.as_ref().is_none_or(|title| title.len() <= TITLE_BYTES_MAX));
    assert!(item.title.as_ref().is_none_or(|title| !title.is_empty() && !title.contains('\n')), "{:?}", item.title);
    if let Some(url) = &item.url {
        assert!(url.starts_with("http://") || url.starts_with("https://"), "{url:?}");
        assert!(!url.contains(char::is_control), "{url:?}");
    }
    for at in [item.published, item.updated].into_iter().flatten() {
        assert!(at <= NOW.plus(std::time::Duration::from_secs(300)) && at.as_secs() > 0, "{}", at.rfc3339());
    }
    assert!(item.rating.is_none_or(|rating| rating.is_finite() && rating >= 0.0));
}
