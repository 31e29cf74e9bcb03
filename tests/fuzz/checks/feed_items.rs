//! Any bytes as a feed: they are refused or become items within the limits, and a second reading brings the same items under the same
//! identities.

use hearken::collect::fetch::Body;
use hearken::collect::poll;
use hearken::collect::source::{SourceKind, SourceOptions};
use url::Url;

use super::bounds::{NOW, in_bounds};

const ITEMS_MAX: usize = 50;

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
        let first = poll::items(&source, &source.name, &body, ITEMS_MAX, NOW);
        let second = poll::items(&source, &source.name, &body, ITEMS_MAX, NOW);
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
