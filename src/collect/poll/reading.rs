//! What a document yields, without asking anyone.

use url::Url;

use super::endpoint;
use crate::collect::decode::{self, Decoded};
use crate::collect::extract::{Context, Extracted, Raw, feed, page};
use crate::collect::fetch::{Body, FetchFailure};
use crate::collect::guard::guarded;
use crate::collect::normalise::{Found, normalise};
use crate::collect::source::{SourceKind, SourceOptions};
use crate::collect::{inbound, mail};
use crate::model::{FailureKind, Moment, Phrase};

/// What a document yields, without asking anyone: the step after fetching, and what `probe` shows of a file.
///
/// # Errors
/// As the extraction of the source's kind.
pub fn read(source: &SourceOptions, body: &Body, max_items: usize, now: Moment) -> Result<Extracted, FetchFailure> {
    read_decoded(source, body, &decoded(body)?, max_items, now)
}

/// The text of an answer.
pub(super) fn decoded(body: &Body) -> Result<Decoded, FetchFailure> {
    within_guard(|| Ok(decode::decode(&body.bytes, body.content_type.as_deref())))
}

/// A document must not take the daemon with it, whatever it makes a parser do.
pub(super) fn within_guard<T>(reading: impl FnOnce() -> Result<T, FetchFailure>) -> Result<T, FetchFailure> {
    guarded(reading).unwrap_or_else(|| {
        Err(FetchFailure::new(FailureKind::Parse, "the parser gave up on this document").told(Phrase::said("what_gave_up")))
    })
}

pub(super) fn read_decoded(
    source: &SourceOptions,
    body: &Body,
    decoded: &Decoded,
    max_items: usize,
    now: Moment,
) -> Result<Extracted, FetchFailure> {
    let context = Context { base: &body.final_url, timezone: &source.timezone, now, max_items };
    within_guard(|| {
        match &source.kind {
            SourceKind::Feed => feed::read(&decoded.text, &context),
            SourceKind::Page(selectors) => {
                let picks = page::Picks::parse(selectors).map_err(|why| FetchFailure::new(FailureKind::Internal, why))?;
                let extracted = page::read(&decoded.text, &picks, &context)?;
                // The server may name the next page where the page itself does not.
                let next = extracted.next.or_else(|| body.next.clone().filter(|_| selectors.pages > 1));
                Ok(Extracted { next, ..extracted })
            }
            SourceKind::Inbound(_) => pushed(body, &context),
            SourceKind::Mail(_) => Ok(Extracted { entries: mail::entries(&body.bytes, None, &context), ..Extracted::default() }),
            SourceKind::Files(_) => Err(FetchFailure::new(FailureKind::Internal, "files are not asked for")),
            SourceKind::Json(options) => endpoint::read(source, options, &decoded.text, &context).map(|page| page.extracted),
        }
    })
}

/// A push as `probe` shows it.
fn pushed(body: &Body, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    let pushed = inbound::read(&body.bytes, body.content_type.as_deref(), context);
    let pushed = pushed.map_err(|fault| FetchFailure::new(FailureKind::Parse, fault.to_string()))?;
    let degraded = (!pushed.refused.is_empty()).then_some("some items would be refused");
    Ok(Extracted { entries: pushed.entries, degraded, ..Extracted::default() })
}

/// `read` and then `normalise`. `memory`: what the items' identities hang on, a source's id where it is stored.
///
/// # Errors
/// As `read`.
pub fn items(source: &SourceOptions, memory: &str, body: &Body, max_items: usize, now: Moment) -> Result<Vec<Found>, FetchFailure> {
    Ok(as_items(source, memory, read(source, body, max_items, now)?.entries, &body.final_url, now))
}

/// What was read of a document, as items.
#[must_use]
pub fn as_items(source: &SourceOptions, memory: &str, entries: Vec<Raw>, base: &Url, now: Moment) -> Vec<Found> {
    let context = Context { base, timezone: &source.timezone, now, max_items: usize::MAX };
    normalise(memory, entries, source.rating_max, &context)
}

/// What any page marks up of itself, whatever its source is read by: reviews and comments, no averages.
#[must_use]
pub fn marked_up(source: &SourceOptions, memory: &str, body: &Body, max_items: usize, now: Moment) -> Vec<Found> {
    let context = Context { base: &body.final_url, timezone: &source.timezone, now, max_items };
    let entries = within_guard(|| Ok(page::marked_up(&decoded(body)?.text, &context))).unwrap_or_default();
    normalise(memory, entries, source.rating_max, &context)
}
