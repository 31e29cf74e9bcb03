//! One look at a page: asked for politely, read as its source is read, else as text.

use std::time::Duration;

use url::Url;

use super::{Watch, answer, manners};
use crate::collect::extract::{bounds, recognise};
use crate::collect::fetch::{Body, FetchFailure, FetchLimits, FetchRequest, Fetched, Sending, fetch};
use crate::collect::host::{Pass, host_of};
use crate::collect::normalise::{Found, text};
use crate::collect::source::SourceOptions;
use crate::collect::{decode, poll};
use crate::decide::contained;
use crate::model::{FailureKind, Identity, Mention};
use crate::respond::recheck::Sight;
use crate::store::StoreError;

/// How far behind a text its answer begins at the latest: names, dates, buttons and "show more" stand between.
const REACH_BYTES: usize = 1_500;
/// Alike enough to be the same item under another identity.
const ALIKE: f64 = 0.4;

const ACCEPT: &str = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5";

/// What was seen, and how long the site wants to be left alone.
pub(super) struct Seen {
    pub(super) sight: Sight,
    pub(super) wait: Option<Duration>,
}

pub(super) async fn see(watch: Watch<'_>, pass: Pass, mention: &Mention, url: &Url) -> Result<Seen, StoreError> {
    let source = watch.settings.sources.iter().find(|source| source.name == mention.source);
    let failure = match ask(watch, pass, source, url).await {
        Ok(body) => {
            let sight = or_further_back(source, url, read(watch, source, mention, &body));
            return Ok(Seen { sight: or_listed(watch, mention, sight).await?, wait: None });
        }
        Err(failure) => failure,
    };
    manners::ask_patience(watch, &failure).await?;
    let sight = match failure.status {
        Some(status @ (404 | 410)) => Sight::NotThere { status },
        _ => or_listed(watch, mention, Sight::Hidden { why: format!("{}: {}", failure.kind, failure.detail) }).await?,
    };
    Ok(Seen { sight, wait: failure.retry_after })
}

/// What the page does not show, the source may still list.
async fn or_listed(watch: Watch<'_>, mention: &Mention, sight: Sight) -> Result<Sight, StoreError> {
    let unseen = match &sight {
        Sight::Hidden { .. } => true,
        Sight::Text { share, .. } => *share < ALIKE,
        Sight::NotThere { .. } | Sight::Listed => false,
    };
    let listed = unseen && watch.store.is_shown(&mention.source, mention.identity).await? == Some(true);
    Ok(if listed { Sight::Listed } else { sight })
}

/// A page that lists what is new shows what is older no more: that says nothing of whether it is gone.
fn or_further_back(source: Option<&SourceOptions>, url: &Url, sight: Sight) -> Sight {
    let bare = |url: &Url| url.as_str().split('#').next().unwrap_or_default().to_owned();
    let is_list = source.is_some_and(|source| bare(&source.url) == bare(url));
    match sight {
        Sight::Text { share, .. } if is_list && share < ALIKE => {
            Sight::Hidden { why: "the page of its source lists it no more; it may stand further back".to_owned() }
        }
        other => other,
    }
}

/// As a poll asks: one at a time to a host, with the gap, within robots.txt, credentials to the source's own host alone.
async fn ask(watch: Watch<'_>, pass: Pass, source: Option<&SourceOptions>, url: &Url) -> Result<Body, FetchFailure> {
    let Watch { settings, outbound, clock, .. } = watch;
    let own = source.filter(|source| host_of(&source.url) == host_of(url));
    let free = own.is_some_and(|source| source.ignore_robots);
    if !free && !watch.robots.of(outbound, url, clock.now()).await?.allows(url) {
        return Err(FetchFailure::new(FailureKind::Robots, "robots.txt forbids this address"));
    }
    let request = FetchRequest {
        url,
        etag: None,
        last_modified: None,
        headers: own.map_or(&[], |source| &source.headers),
        // Never what a source's endpoint is sent: a look asks by GET alone.
        sending: Sending::default(),
        accept: ACCEPT,
        limits: FetchLimits {
            max_bytes: settings.collect.max_bytes,
            max_decoded_bytes: settings.collect.max_decoded_bytes,
            max_redirects: settings.collect.max_redirects,
            cut: false,
        },
        now: clock.now(),
    };
    let fetched = fetch(outbound, &request).await;
    pass.leave(clock.now().plus(manners::gap(watch, url)));
    match fetched? {
        Fetched::Body(body) => Ok(body),
        Fetched::Unchanged { .. } => Err(FetchFailure::new(FailureKind::Server, "304 to a request without conditions")),
    }
}

/// The item itself where the source's own way of reading finds it, else its text in the text of the page.
fn read(watch: Watch<'_>, source: Option<&SourceOptions>, mention: &Mention, body: &Body) -> Sight {
    let document = decode::decode(&body.bytes, body.content_type.as_deref()).text;
    let item = source.and_then(|source| item(watch, source, mention, body));
    if item.is_none() && bounds::tame_html(&document).is_err() {
        return Sight::Hidden { why: "too_big: the page is too large or too deep to be read".to_owned() };
    }
    let page = text::from_markup(&document);
    let said = said(mention);
    let place = contained::find(said, &page, REACH_BYTES);
    let share = item.as_ref().map_or(place.share, |item| contained::alike(said, own_text(item)));
    if share < ALIKE {
        let (kind, words) = recognise::page_kind(&document, FailureKind::Empty);
        // A page that says itself that it is not there is one without the text.
        if !matches!(kind, FailureKind::Empty | FailureKind::NotFound) || recognise::is_shell(&document) {
            return Sight::Hidden { why: words };
        }
    }
    let answer = if place.share < ALIKE { None } else { answer::find(&watch.settings.company.reply_names, &document, &place.after) };
    let (rating, rating_max) = item.map_or((None, None), |item| (item.item.rating, item.item.rating_max));
    Sight::Text { share, rating, rating_max, answer }
}

/// What is looked for: the text, or the title of a mention that has no other.
fn said(mention: &Mention) -> &str {
    if mention.text.trim().is_empty() { mention.title.as_deref().unwrap_or_default() } else { &mention.text }
}

fn own_text(found: &Found) -> &str {
    if found.item.text.trim().is_empty() { found.item.title.as_deref().unwrap_or_default() } else { &found.item.text }
}

fn item(watch: Watch<'_>, source: &SourceOptions, mention: &Mention, body: &Body) -> Option<Found> {
    let mut found = poll::items(source, body, watch.settings.collect.max_items, watch.clock.now()).ok()?;
    if let Some(at) = found.iter().position(|found| found.identity == Identity(mention.identity)) {
        return Some(found.swap_remove(at));
    }
    let said = said(mention);
    let likeness = |found: &Found| contained::alike(said, own_text(found));
    let best = found.into_iter().map(|found| (likeness(&found), found)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, found)| found)
}
