//! One poll of one source, from its address to its items; what the tasks layer calls.

mod endpoint;
mod pages;
mod reading;
mod walk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use url::Url;

use self::reading::decoded;
pub use self::reading::{as_items, items, marked_up, read};
pub use self::walk::Below;
use super::decode::Decoded;
use super::extract::{Raw, page};
use super::fetch::{Body, FetchFailure, FetchLimits, FetchRequest, Fetched, fetch};
use super::mail;
use super::normalise::Found;
use super::robots::RobotsCache;
use super::skip::{self, Skipped};
use super::source::{CollectOptions, SourceKind, SourceOptions};
use super::websub::{self, Hub};
use super::{canary, hash, host};
use crate::model::{Asks, FailureKind, Identity, Moment, Phrase, SourceState};
use crate::outbound::Outbound;

const ACCEPT_FEED: &str =
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";
const ACCEPT_PAGE: &str = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5";
const ACCEPT_JSON: &str = "application/json, application/x-ndjson;q=0.9, */*;q=0.5";

/// Those of these items that earlier polls have seen, and when they were first seen.
pub type Known<'a> = &'a (dyn Fn(Vec<Identity>) -> BoxFuture<'a, BTreeMap<Identity, Moment>> + Send + Sync);

/// What the last changed poll left to be remembered (`Skipped::shown`); asked for only where the document has changed.
pub type Shown<'a> = &'a (dyn Fn() -> BoxFuture<'a, Option<Vec<u8>>> + Send + Sync);

/// What earlier polls brought, as the store can tell it.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    /// A service's pages are followed no further than to items that are known.
    pub known: Known<'a>,
    pub shown: Shown<'a>,
}

/// A good poll.
#[derive(Clone, Debug, PartialEq)]
pub enum Polled {
    /// 304, or the very same bytes as last time.
    Unchanged {
        max_age: Option<Duration>,
    },
    Items(Box<Document>),
}

/// What a good poll brought, with the validators for the next one. After a failure the old validators are kept, so that a
/// 304 never hides a document that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub found: Vec<Found>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// For `SourceState::body_hash`.
    pub body_hash: i64,
    pub max_age: Option<Duration>,
    /// How often the feed wants to be looked at; none: as it did, for what says so was not read again.
    pub asks: Option<Asks>,
    /// Who would tell us of new items before we ask.
    pub hub: Option<Hub>,
    /// Of the first page, unpacked.
    pub bytes: usize,
    /// Something was repaired or left out; for the log and the source's status.
    pub degraded: Option<String>,
    /// It broke off: what stands behind that is not heard.
    pub cut: bool,
    /// What is not among `found`, because it stands there as it did.
    pub skipped: Skipped,
    /// Entries that were read, and how many of them have no text, those among them that say nothing at all and are no items.
    pub entries: usize,
    pub without_text: usize,
    /// Whether it shows the source's canary; none where the source has none.
    pub shows_canary: Option<bool>,
    /// What could not be read of its further pages.
    pub below: Below,
    /// Of a feed: it has more entries than are read.
    pub has_more: bool,
}

impl Document {
    /// What did not come over HTTP.
    #[must_use]
    pub fn without_asking(found: Vec<Found>, remark: &str) -> Self {
        let degraded = (!remark.is_empty()).then(|| remark.to_owned());
        let without_text = found.iter().filter(|found| found.item.text.is_empty()).count();
        Self {
            entries: found.len(),
            without_text,
            shows_canary: None,
            found,
            etag: None,
            last_modified: None,
            body_hash: 0,
            max_age: None,
            asks: None,
            hub: None,
            bytes: 0,
            degraded,
            cut: false,
            skipped: Skipped::default(),
            below: Below::default(),
            has_more: false,
        }
    }
}

/// Polls a source once and reads all it shows; of one that pushes, or a mailbox, what can be shown without changing anything. Politeness
/// towards its host is the caller's: hold a `host::Pass` around this.
///
/// # Errors
/// Why the poll brought nothing, as one of the closed set of kinds; `FetchFailure::retry_after` goes to `source::next_due`.
pub async fn poll(
    outbound: &Outbound,
    robots: &RobotsCache,
    source: &SourceOptions,
    options: &CollectOptions,
    state: &SourceState,
    now: Moment,
) -> Result<Polled, FetchFailure> {
    match &source.kind {
        SourceKind::Inbound(_) => {
            return Ok(Polled::Items(Box::new(Document::without_asking(Vec::new(), "nobody is asked: it pushes to us"))));
        }
        SourceKind::Mail(options) => {
            let round = mail::peek(outbound, source, options, now).await?;
            let mut document = Document::without_asking(round.found.clone(), "the newest mails; nothing was marked");
            document.bytes = round.bytes;
            // A look has nothing to mark, and its goodbye nothing to lose.
            drop(round.finish().await);
            return Ok(Polled::Items(Box::new(document)));
        }
        SourceKind::Feed | SourceKind::Page(_) | SourceKind::Json(_) | SourceKind::Files(_) => {}
    }
    let known = |_: Vec<Identity>| ready(BTreeMap::new()).boxed();
    let shown = || ready(None).boxed();
    poll_after(outbound, robots, source, options, state, now, Memory { known: &known, shown: &shown }).await.0
}

/// The same, but what earlier polls brought need not be read again; and how many documents were asked for: one, or several where the
/// source has pages.
pub async fn poll_after(
    outbound: &Outbound,
    robots: &RobotsCache,
    source: &SourceOptions,
    options: &CollectOptions,
    state: &SourceState,
    now: Moment,
    memory: Memory<'_>,
) -> (Result<Polled, FetchFailure>, u32) {
    let poll = Poll { outbound, robots, source, options, state, now, asked: AtomicU32::new(0), known: memory.known };
    let polled = poll_with(&poll, state, memory).await.map_err(|failure| at_first(failure, state));
    (polled, poll.asked.into_inner())
}

async fn poll_with(poll: &Poll<'_, '_>, state: &SourceState, memory: Memory<'_>) -> Result<Polled, FetchFailure> {
    let (source, max_items, now) = (poll.source, poll.options.max_items, poll.now);
    let body = match poll.ask(&source.url, Some(state)).await? {
        Fetched::Unchanged { max_age } => return Ok(Polled::Unchanged { max_age }),
        Fetched::Body(body) => body,
    };
    let body_hash = hash::stable_i64(&[&body.bytes]);
    if body_hash == state.body_hash {
        return Ok(Polled::Unchanged { max_age: body.max_age });
    }
    let is_feed = source.kind == SourceKind::Feed;
    let shown = if is_feed { (memory.shown)().await } else { None };
    let before = shown.as_ref().filter(|_| !body.cut_off);
    let decoded = decoded(&body)?;
    let text = (decoded.text.as_str(), &body.final_url);
    if let Some((found, skipped)) = before.and_then(|shown| skip::read_rest((source, &poll.state.id), text, shown, max_items, now)) {
        return Ok(Polled::Items(Box::new(document(source, body, &decoded, body_hash, Read { found, skipped, ..Read::default() }))));
    }
    let read = match &source.kind {
        SourceKind::Json(options) => poll.read_endpoint(options, (&body, &decoded.text)).await,
        SourceKind::Feed | SourceKind::Page(_) | SourceKind::Files(_) | SourceKind::Inbound(_) | SourceKind::Mail(_) => {
            poll.read_all(&body, &decoded).await
        }
    };
    if body.cut_off {
        return cut_off(source, read.map(|read| read.found), body, &decoded, body_hash);
    }
    let Read { found, degraded, cut, asks, emptied, dated_together, has_more, below, .. } = read?;
    let says_nothing = !found.iter().any(Found::says_something);
    if says_nothing && emptied && state.last_item_at.is_some() {
        return Err(
            FetchFailure::new(FailureKind::Drift, format!("{}; there were items before", page::FULL)).told(Phrase::said("what_full_now"))
        );
    }
    if let Some(degraded) = degraded.as_deref().filter(|_| says_nothing && cut) {
        return Err(FetchFailure::new(FailureKind::CutOff, degraded));
    }
    if says_nothing && state.last_item_at.is_some() && is_feed {
        return Err(FetchFailure::new(FailureKind::Empty, "the feed has no items any more").told(Phrase::said("what_no_items")));
    }
    // An item alone would lack the date that the others give it.
    let remembered =
        if is_feed && degraded.is_none() && !dated_together { skip::remember(text, &found, max_items, now) } else { Vec::new() };
    // Where nothing was remembered and nothing is to be, there is nothing to write.
    let skipped = Skipped { shown: Some(remembered).filter(|new| *new != shown.unwrap_or_default()), ..Skipped::default() };
    let read = Read { found, skipped, degraded, cut, asks, emptied, dated_together, has_more, below };
    Ok(Polled::Items(Box::new(document(source, body, &decoded, body_hash, read))))
}

/// Nothing was rebuilt where nobody has seen it built.
fn at_first(failure: FetchFailure, state: &SourceState) -> FetchFailure {
    match failure.kind {
        FailureKind::Drift if state.last_success_at.is_none() => FetchFailure { kind: FailureKind::NoList, ..failure },
        _ => failure,
    }
}

/// What was read of a source.
#[derive(Default)]
struct Read {
    /// With entries that say nothing at all.
    found: Vec<Found>,
    skipped: Skipped,
    degraded: Option<String>,
    /// The document broke off.
    cut: bool,
    /// See `Extracted::emptied`.
    emptied: bool,
    /// See `Extracted::dated_together`.
    dated_together: bool,
    /// See `Extracted::has_more`.
    has_more: bool,
    asks: Option<Asks>,
    below: Below,
}

fn document(
    source: &SourceOptions,
    body: Body,
    decoded: &Decoded,
    body_hash: i64,
    Read { mut found, skipped, degraded, cut, asks, has_more, below, .. }: Read,
) -> Document {
    let shows_canary = source.canary.as_ref().map(|canary| canary::is_shown(&canary.phrase, &decoded.text, &found));
    let (entries, without_text) = (found.len(), found.iter().filter(|found| found.item.text.is_empty()).count());
    if skipped.order.is_empty() {
        found.retain(Found::says_something);
    }
    let hub = if source.kind == SourceKind::Feed { websub::offered(&body.links, &body.bytes, &source.url) } else { None };
    let Body { bytes, etag, last_modified, max_age, .. } = body;
    // A 304 would hide for ever what was cut off, and what stands on further pages until this one changes.
    let (etag, last_modified) = if cut || below.gap.is_some() { (None, None) } else { (etag, last_modified) };
    let body_hash = if below.gap.is_some() { 0 } else { body_hash };
    let bytes = bytes.len();
    Document {
        found,
        etag,
        last_modified,
        body_hash,
        max_age,
        asks,
        hub,
        bytes,
        degraded,
        cut,
        skipped,
        entries,
        without_text,
        shows_canary,
        below,
        has_more,
    }
}

/// What was whole of an answer whose compression or connection ends too early. Without validators: a later 304 would hide what is missing.
fn cut_off(
    source: &SourceOptions,
    read: Result<Vec<Found>, FetchFailure>,
    body: Body,
    decoded: &Decoded,
    body_hash: i64,
) -> Result<Polled, FetchFailure> {
    match read {
        Ok(found) if !found.is_empty() => {
            let degraded = Some("the answer was cut off; what was whole is kept".to_owned());
            let skipped = Skipped { shown: Some(Vec::new()), ..Skipped::default() };
            let read = Read { found, skipped, degraded, cut: true, ..Read::default() };
            Ok(Polled::Items(Box::new(document(source, body, decoded, body_hash, read))))
        }
        _ => {
            Err(FetchFailure::new(FailureKind::CutOff, "the answer is cut off before anything of it is whole")
                .told(Phrase::said("what_cut")))
        }
    }
}

struct Poll<'a, 'k> {
    outbound: &'a Outbound,
    robots: &'a RobotsCache,
    source: &'a SourceOptions,
    options: &'a CollectOptions,
    state: &'a SourceState,
    now: Moment,
    asked: AtomicU32,
    known: Known<'k>,
}

impl Poll<'_, '_> {
    /// What is left out of a first answer would pass for new when it comes; so that one is asked for once more before its beginning is taken.
    const fn keeps_what_came(&self) -> bool {
        self.state.last_success_at.is_some() || self.state.failures > 0
    }

    async fn ask(&self, url: &Url, state: Option<&SourceState>) -> Result<Fetched, FetchFailure> {
        self.ask_with(url, state, None).await
    }

    /// `body` in place of the source's own, where a further page wants another one.
    async fn ask_with(&self, url: &Url, state: Option<&SourceState>, body: Option<&str>) -> Result<Fetched, FetchFailure> {
        let own = host::host_of(url) == host::host_of(&self.source.url);
        let mut sending = self.source.sending(own);
        sending.post = sending.post.map(|(text, content_type)| (body.unwrap_or(text), content_type));
        let request = FetchRequest {
            url,
            etag: state.and_then(|state| state.etag.as_deref()),
            last_modified: state.and_then(|state| state.last_modified.as_deref()),
            headers: if own { &self.source.headers } else { &[] },
            accept: match self.source.kind {
                SourceKind::Feed => ACCEPT_FEED,
                SourceKind::Page(_) | SourceKind::Files(_) => ACCEPT_PAGE,
                SourceKind::Json(_) => ACCEPT_JSON,
                // Neither is asked over HTTP.
                SourceKind::Inbound(_) | SourceKind::Mail(_) => "*/*",
            },
            limits: FetchLimits {
                max_bytes: self.options.max_bytes,
                max_decoded_bytes: self.options.max_decoded_bytes,
                max_redirects: self.options.max_redirects,
                cut: false,
                broken: self.keeps_what_came(),
            },
            now: self.now,
            sending,
            robots: (!self.source.ignore_robots).then_some(self.robots),
        };
        let fetched = fetch(self.outbound, &request).await;
        if !matches!(&fetched, Err(failure) if failure.kind == FailureKind::Robots) {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        fetched
    }
}

/// Links of a later page are relative to that page.
fn absolute_base(entries: &mut [Raw], base: &Url) {
    for entry in entries.iter_mut().filter(|entry| entry.base.is_none()) {
        entry.base = Some(base.to_string());
    }
}
