//! Any bytes as a mail: nothing panics, and it becomes items within the limits; a second reading brings the same items under the same
//! identities. A mail always is one item at least: nobody must be able to hide what they wrote by how they wrote it.

use std::collections::HashSet;

use hearken::collect::extract::Context;
use hearken::collect::mail;
use hearken::collect::normalise::{Found, normalise};
use jiff::tz::TimeZone;
use url::Url;

use super::bounds::{NOW, in_bounds};

/// Results of one alert.
const ENTRIES_MAX: usize = 200;

/// When a server says that the mail arrived: as IMAP has it, as some have it, and not at all.
const ARRIVED: [Option<&str>; 3] = [Some("17-Jul-2026 02:44:25 -0700"), Some(" 7-\u{ff17}-"), None];

/// The bytes as a mailbox gives them.
pub(crate) fn check(bytes: &[u8]) {
    for received in ARRIVED {
        let (first, second) = (items(bytes, received), items(bytes, received));
        assert_eq!(first, second, "another reading, other items");
        assert!(!first.is_empty(), "a mail of {} bytes came to nothing", bytes.len());
        assert!(first.len() <= ENTRIES_MAX, "{} items", first.len());
        let identities: HashSet<_> = first.iter().map(|found| found.identity).collect();
        assert_eq!(identities.len(), first.len(), "two items under one identity");
        first.iter().for_each(in_bounds);
    }
}

fn items(bytes: &[u8], received: Option<&str>) -> Vec<Found> {
    let base = Url::parse("imaps://mail.fuzz.example/").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: NOW, max_items: usize::MAX };
    let entries = mail::entries(bytes, received, &context);
    normalise("mailbox", entries, None, &context)
}
