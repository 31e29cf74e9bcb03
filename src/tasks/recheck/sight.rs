//! One look at a page: asked for politely, read as its source is read, else as text.

use std::time::Duration;

use url::Url;

use super::{Watch, answer, manners};
use crate::collect::extract::structured::replies::{self, Reply};
use crate::collect::extract::{bounds, recognise};
use crate::collect::fetch::{Body, FetchFailure, FetchLimits, FetchRequest, Fetched, Sending, fetch};
use crate::collect::host::{Pass, host_of};
use crate::collect::normalise::{Found, text};
use crate::collect::source::{SourceKind, SourceOptions};
use crate::collect::{decode, poll};
use crate::decide::{contained, likeness};
use crate::model::{FailureKind, Identity, Mention, Moment};
use crate::respond::recheck::Sight;
use crate::store::StoreError;

/// How far behind a text its answer begins at the latest: names, dates, buttons and "show more" stand between.
const REACH_BYTES: usize = 1_500;
/// Items by which a list's order shows; of fewer anything may be the order.
const ORDERED_LEAST: usize = 2;
/// A text of which less stands together is not the one that was answered.
const REWRITTEN: f64 = 0.9;
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
            let shown = match source {
                Some(source) => Shown::of(watch, source, &memory_of(watch, source).await?, &body),
                None => Shown::default(),
            };
            let sight = read(watch, &shown, mention, &body);
            if !source.is_some_and(|source| is_list_of(source, url)) || !is_missing(&sight) {
                return Ok(Seen { sight: or_listed(watch, mention, sight).await?, wait: None });
            }
            // The list has been read just now: what an older poll saw there says nothing against it.
            let sight =
                if goes_further_back(&shown.own, mention.published) { sight } else { or_listed(watch, mention, further_back()).await? };
            return Ok(Seen { sight, wait: None });
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

/// What the page does not show, the source may still list. A page that was read says for itself what stands there.
async fn or_listed(watch: Watch<'_>, mention: &Mention, sight: Sight) -> Result<Sight, StoreError> {
    let is_hidden = matches!(sight, Sight::Hidden { .. });
    if !(is_hidden || is_missing(&sight)) || watch.store.is_shown(&mention.id).await? != Some(true) {
        return Ok(sight);
    }
    Ok(match sight {
        Sight::Text { share, rating, rating_max, answer, elsewhere, .. } => {
            Sight::Text { share, rating, rating_max, answer, elsewhere, listed: true }
        }
        _ => Sight::Listed,
    })
}

/// What the identities of a source's items hang on.
async fn memory_of(watch: Watch<'_>, source: &SourceOptions) -> Result<String, StoreError> {
    Ok(watch.store.source(&source.name).await?.map(|state| state.id).unwrap_or_default())
}

fn is_missing(sight: &Sight) -> bool {
    matches!(sight, Sight::Text { share, .. } if *share < ALIKE)
}

fn is_list_of(source: &SourceOptions, url: &Url) -> bool {
    let bare = |url: &Url| url.as_str().split('#').next().unwrap_or_default().to_owned();
    bare(&source.url) == bare(url)
}

/// A page that lists what is new shows what is older no more: that says nothing of whether it is gone.
fn further_back() -> Sight {
    Sight::Hidden { why: "the page of its source lists it no more; it may stand further back".to_owned() }
}

/// Whether a list that runs from new to old still shows something older: then what stood between was taken away.
fn goes_further_back(list: &[Found], published: Option<Moment>) -> bool {
    let dates: Vec<Moment> = list.iter().filter_map(|found| found.item.published).collect();
    let runs_back = dates.len() == list.len() && dates.len() >= ORDERED_LEAST && dates.is_sorted_by(|newer, older| newer >= older);
    runs_back && published.zip(dates.last()).is_some_and(|(published, oldest)| *oldest < published)
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

/// The items of a page in both ways.
#[derive(Default)]
struct Shown {
    /// As its source is read.
    own: Vec<Found>,
    /// As the page marks them up, where the source is read otherwise.
    marked: Vec<Found>,
}

impl Shown {
    fn of(watch: Watch<'_>, source: &SourceOptions, memory: &str, body: &Body) -> Self {
        let (most, now) = (watch.settings.collect.max_items, watch.clock.now());
        let own = poll::items(source, memory, body, most, now).unwrap_or_default();
        let is_same = matches!(&source.kind, SourceKind::Page(selectors) if selectors.item.is_empty());
        let marked = if is_same { Vec::new() } else { poll::marked_up(source, memory, body, most, now) };
        Self { own, marked }
    }

    /// A page that shows items is none that needs scripts to be seen.
    fn is_empty(&self) -> bool {
        self.own.is_empty() && self.marked.is_empty()
    }

    /// The item of a mention, and what the page marks up for it. The source's own way goes first.
    fn item(&self, mention: &Mention) -> (Option<&Found>, Vec<Reply>) {
        let found: Vec<&Found> = [&self.own, &self.marked].into_iter().filter_map(|items| best(items, mention)).collect();
        let replies = found.iter().flat_map(|found| replies::of_extra(&found.item.extra)).collect();
        // A title alone, as feeds have it, has no rating: the markup of the page may.
        let rated = found.iter().find(|found| found.item.rating.is_some());
        (rated.or(found.first()).copied(), replies)
    }
}

/// The item under its own identity, else the one that is most like it.
fn best<'a>(found: &'a [Found], mention: &Mention) -> Option<&'a Found> {
    let said = said(mention);
    // Under its identity another text may stand by now.
    let is_it = |found: &&Found| found.identity == Identity(mention.identity) && likeness::is_edit((None, said), (None, own_text(found)));
    if let Some(same) = found.iter().find(is_it) {
        return Some(same);
    }
    let rated = found.iter().map(|found| (contained::alike(said, own_text(found)), found));
    let best = rated.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, found)| found)
}

/// The item itself where the page shows it as one, else its text in the text of the page.
fn read(watch: Watch<'_>, shown: &Shown, mention: &Mention, body: &Body) -> Sight {
    let document = decode::decode(&body.bytes, body.content_type.as_deref()).text;
    let (item, replies) = shown.item(mention);
    if item.is_none() && bounds::tame_html(&document).is_err() {
        return Sight::Hidden { why: "too_big: the page is too large or too deep to be read".to_owned() };
    }
    let page = text::from_markup(&document);
    let said = said(mention);
    let place = contained::find(said, &page, REACH_BYTES);
    let share = item.map_or(place.share, |item| contained::alike(said, own_text(item)));
    if share < ALIKE {
        let (kind, words) = recognise::page_kind(&document, FailureKind::Empty);
        // A page that says itself that it is not there is one without the text.
        if !matches!(kind, FailureKind::Empty | FailureKind::NotFound) || (shown.is_empty() && recognise::is_shell(&document)) {
            return Sight::Hidden { why: words };
        }
    }
    let names = &watch.settings.company.reply_names;
    let near = || (place.share >= ALIKE).then(|| answer::find(names, &document, &place.after)).flatten();
    let answer = answer::marked_up(names, &replies).or_else(near);
    // Where the text was rewritten nothing says where an answer to it begins.
    let elsewhere = (share < REWRITTEN && answer.is_none()).then(|| answer::find(names, &document, &page)).flatten();
    let (rating, rating_max) = item.map_or((None, None), |item| on_scale(item, mention.rating_max));
    Sight::Text { share, rating, rating_max, answer, elsewhere, listed: false }
}

/// Its rating as the mention's is counted: a page may count to 100 what its feed counts to 5.
fn on_scale(found: &Found, wanted: Option<f64>) -> (Option<f64>, Option<f64>) {
    let (rating, most) = (found.item.rating, found.item.rating_max);
    match wanted.zip(most).filter(|(wanted, most)| *most > 0.0 && (wanted - most).abs() > f64::EPSILON) {
        Some((wanted, most)) => (rating.map(|rating| rating * wanted / most), Some(wanted)),
        None => (rating, most),
    }
}

/// What is looked for: the text, or the title of a mention that has no other.
fn said(mention: &Mention) -> &str {
    if mention.text.trim().is_empty() { mention.title.as_deref().unwrap_or_default() } else { &mention.text }
}

fn own_text(found: &Found) -> &str {
    if found.item.text.trim().is_empty() { found.item.title.as_deref().unwrap_or_default() } else { &found.item.text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, Item};

    fn list(dates: &[Option<i64>]) -> Vec<Found> {
        let item = |at: &Option<i64>| Item { published: at.map(Moment::from_secs), ..Item::default() };
        let found = |at| Found { item: item(at), identity: Identity(1), fingerprint: Fingerprint(1) };
        dates.iter().map(found).collect()
    }

    #[test]
    fn only_an_ordered_list_that_reaches_further_back_says_that_something_was_taken_away() {
        let own = Some(Moment::from_secs(50));
        assert!(goes_further_back(&list(&[Some(90), Some(60), Some(40)]), own));
        assert!(!goes_further_back(&list(&[Some(90), Some(60)]), own), "ours may stand behind them");
        assert!(!goes_further_back(&list(&[Some(40), Some(90), Some(30)]), own), "sorted by something else");
        assert!(!goes_further_back(&list(&[Some(90), None, Some(40)]), own), "who knows where that stands");
        assert!(!goes_further_back(&list(&[Some(40)]), own) && !goes_further_back(&[], own));
        assert!(!goes_further_back(&list(&[Some(90), Some(40)]), None));
    }

    #[test]
    fn a_rating_is_compared_on_the_scale_of_the_mention() {
        let mut found = list(&[None]).remove(0);
        (found.item.rating, found.item.rating_max) = (Some(80.0), Some(100.0));
        assert_eq!(on_scale(&found, Some(5.0)), (Some(4.0), Some(5.0)));
        assert_eq!(on_scale(&found, None), (Some(80.0), Some(100.0)));
    }
}
