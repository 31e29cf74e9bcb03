//! Reading of a changed feed only what is new in it, where that is safe: see `extract::raw_items`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::decode;
use super::extract::raw_items::{Cut, Shown};
use super::extract::{Context, feed};
use super::fetch::Body;
use super::normalise::{Found, normalise};
use super::source::SourceOptions;
use crate::model::{Identity, Moment};

/// What of a document was not read, because it was read before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Items that are still there as they were.
    pub identities: Vec<Identity>,
    /// Whether these are to be remembered as seen now.
    pub touch: bool,
    /// For the next poll, in the place of what was there; empty: everything has to be read.
    pub shown: Option<Vec<u8>>,
}

/// The new and edited items of a feed, and what was skipped; none where the feed has to be read whole.
#[must_use]
pub fn read_rest(source: &SourceOptions, body: &Body, shown: &[u8], max_items: usize, now: Moment) -> Option<(Vec<Found>, Skipped)> {
    let context = Context { base: &body.final_url, timezone: &source.timezone, now, max_items };
    let reading = AssertUnwindSafe(|| {
        let shown = Shown::read(shown)?;
        let decoded = decode::decode(&body.bytes, body.content_type.as_deref());
        let cut = Cut::of(&decoded.text, &body.final_url, max_items)?;
        let rest = shown.rest_of(&cut)?;
        let mut found = Vec::new();
        if rest.entries > 0 {
            let read = feed::read(&rest.text, &context).ok()?;
            if read.degraded.is_some() || read.entries.len() != rest.entries {
                return None;
            }
            found = normalise(&source.name, read.entries, source.rating_max, &context);
        }
        let remembered = shown.remember(&cut, &found, now).filter(|_| found.len() == rest.entries)?;
        Some((found, Skipped { identities: rest.known, touch: shown.touches(now), shown: Some(remembered) }))
    });
    catch_unwind(reading).unwrap_or(None)
}

/// What to remember of a feed that was read whole without a repair; empty where nothing of it may be skipped.
#[must_use]
pub fn remember(body: &Body, found: &[Found], max_items: usize, now: Moment) -> Vec<u8> {
    let cutting = AssertUnwindSafe(|| {
        let decoded = decode::decode(&body.bytes, body.content_type.as_deref());
        Cut::of(&decoded.text, &body.final_url, max_items)?.remember(found, now)
    });
    catch_unwind(cutting).unwrap_or(None).unwrap_or_default()
}
