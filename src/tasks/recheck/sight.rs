//! One look at a page: asked for politely, read as its source is read, else as text.

use std::time::Duration;

use url::Url;

use super::added::{Added, added};
use super::{Watch, answer, manners};
use crate::collect::extract::structured::replies::{self, Reply};
use crate::collect::extract::{bounds, recognise};
use crate::collect::fetch::{Body, FetchFailure, FetchLimits, FetchRequest, Fetched, Sending, fetch};
use crate::collect::host::{Pass, host_of};
use crate::collect::normalise::{Found, text};
use crate::collect::source::{SourceKind, SourceOptions};
use crate::collect::{decode, poll};
use crate::decide::fold::fold;
use crate::decide::{contained, likeness};
use crate::model::{FailureKind, Identity, Item, Mention, Moment};
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
/// Letters from which on the words alone say whose they are, where the page or the mention names no author.
const LETTERS_LEAST: usize = 12;

const ACCEPT: &str = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5";

/// What was seen, and how long the site wants to be left alone.
pub(super) struct Seen {
    pub(super) sight: Sight,
    /// The item as the page shows it, with its rating as the mention's is counted; none where its source still lists it, and polls hear it.
    pub(super) item: Option<Item>,
    /// Whether that is all its author says, and nothing of the page around it.
    pub(super) sure: bool,
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
            let Read { sight, addition, sure } = read(watch, &shown, mention, &body);
            if !source.is_some_and(|source| is_list_of(source, url)) || !is_missing(&sight) {
                let item = if is_listed(watch, mention).await? { None } else { item_of(&shown, mention).or(addition) };
                return Ok(Seen { sight: or_listed(watch, mention, sight).await?, item, sure, wait: None });
            }
            // The list has been read just now: what an older poll saw there says nothing against it.
            let sight =
                if goes_further_back(&shown.own, mention.published) { sight } else { or_listed(watch, mention, further_back()).await? };
            return Ok(Seen { sight, item: None, sure: true, wait: None });
        }
        Err(failure) => failure,
    };
    manners::ask_patience(watch, &failure).await?;
    let sight = match failure.status {
        Some(status @ (404 | 410)) => Sight::NotThere { status },
        _ => or_listed(watch, mention, Sight::Hidden { why: format!("{}: {}", failure.kind, failure.detail) }).await?,
    };
    Ok(Seen { sight, item: None, sure: true, wait: failure.retry_after })
}

/// What the page does not show, the source may still list. A page that was read says for itself what stands there.
async fn or_listed(watch: Watch<'_>, mention: &Mention, sight: Sight) -> Result<Sight, StoreError> {
    let is_hidden = matches!(sight, Sight::Hidden { .. });
    if !(is_hidden || is_missing(&sight)) || !is_listed(watch, mention).await? {
        return Ok(sight);
    }
    Ok(match sight {
        Sight::Text { share, left, rating, rating_max, answer, elsewhere, .. } => {
            Sight::Text { share, left, rating, rating_max, answer, elsewhere, listed: true }
        }
        _ => Sight::Listed,
    })
}

/// Whether its source lists it now. What is pushed to us is said once: no later push says that it is still there.
async fn is_listed(watch: Watch<'_>, mention: &Mention) -> Result<bool, StoreError> {
    let source = watch.settings.sources.iter().find(|source| source.name == mention.source);
    let lists = source.is_some_and(|source| matches!(source.kind, SourceKind::Feed | SourceKind::Page(_) | SourceKind::Json(_)));
    Ok(lists && watch.store.is_shown(&mention.id).await? == Some(true))
}

/// What the page shows as the item of a mention.
fn item_of(shown: &Shown, mention: &Mention) -> Option<Item> {
    let found = shown.item(mention).0?;
    let (rating, rating_max) = on_scale(found, mention.rating_max);
    Some(Item { rating, rating_max, ..found.item.clone() })
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
            broken: false,
        },
        now: clock.now(),
        robots: (!free).then_some(watch.robots),
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
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, found)| found).or_else(|| lengthened(found, mention))
}

/// The item that begins with the words of a mention, or holds them, and goes on: much longer it is not like them any more. By another
/// author it is another's, and a few words stand in many texts.
fn lengthened<'a>(found: &'a [Found], mention: &Mention) -> Option<&'a Found> {
    let said = said(mention);
    let letters = said.chars().filter(|letter| letter.is_alphanumeric()).count();
    let may_be = |found: &&Found| match (&found.item.author, &mention.author) {
        (Some(there), Some(author)) => fold(there).text() == fold(author).text(),
        _ => letters >= LETTERS_LEAST,
    };
    let edited = |found: &&Found| may_be(found) && likeness::is_edit((None, said), (None, own_text(found)));
    let rated = found.iter().filter(edited).map(|found| (contained::find(said, own_text(found), 0).share, found));
    rated.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, found)| found)
}

/// How alike the item is to what was warned of, and how much of that is left in it. A page that shows the beginning of a text takes
/// nothing away from what stands there in full.
fn likeness_of(said: &str, own: &str, on_page: f64) -> (f64, f64) {
    let (alike, left) = (contained::alike(said, own), contained::find(said, own, 0).share);
    let edited = likeness::is_edit((None, said), (None, own));
    let cut = edited && own.chars().count() < said.chars().count() && left < alike.max(on_page);
    match (edited, cut) {
        (_, true) => (alike.max(on_page), left.max(on_page)),
        // Its author made it longer: it is there.
        (true, false) => (alike.max(ALIKE), left),
        (false, false) => (alike, left),
    }
}

/// What a page says of a mention.
struct Read {
    sight: Sight,
    /// The item as its author made it longer on a page that marks up no items.
    addition: Option<Item>,
    sure: bool,
}

impl Read {
    const fn hidden(why: String) -> Self {
        Self { sight: Sight::Hidden { why }, addition: None, sure: true }
    }
}

/// The item itself where the page shows it as one, else its text in the text of the page.
fn read(watch: Watch<'_>, shown: &Shown, mention: &Mention, body: &Body) -> Read {
    let document = decode::decode(&body.bytes, body.content_type.as_deref()).text;
    let (item, replies) = shown.item(mention);
    if item.is_none() && bounds::tame_html(&document).is_err() {
        return Read::hidden("too_big: the page is too large or too deep to be read".to_owned());
    }
    let page = text::from_markup(&document);
    let said = said(mention);
    let place = contained::find(said, &page, REACH_BYTES);
    let added = added(&place.after).filter(|_| item.is_none() && place.share >= REWRITTEN);
    let longer = added.as_ref().map(|added| format!("{said}\n{}", added.words()));
    let (share, left) = match (item, &added, &longer) {
        (Some(item), ..) => likeness_of(said, own_text(item), place.share),
        (None, Some(Added::Marked(_)), Some(longer)) => likeness_of(said, longer, place.share),
        _ => (place.share, place.share),
    };
    if share < ALIKE {
        let (kind, words) = recognise::page_kind(&document, FailureKind::Empty);
        // A page that says itself that it is not there is one without the text.
        if !matches!(kind, FailureKind::Empty | FailureKind::NotFound) || (shown.is_empty() && recognise::is_shell(&document)) {
            return Read::hidden(words);
        }
    }
    let names = &watch.settings.company.reply_names;
    let near = || (place.share >= ALIKE).then(|| answer::find(names, &document, &place.after)).flatten();
    let answer = answer::marked_up(names, &replies).or_else(near);
    // Where the text was rewritten nothing says where an answer to it begins.
    let elsewhere = (share < REWRITTEN && answer.is_none()).then(|| answer::find(names, &document, &page)).flatten();
    let (rating, rating_max) = item.map_or((None, None), |item| on_scale(item, mention.rating_max));
    // What stands beside it may be our own answer.
    let sure = !matches!(added, Some(Added::Beside(_)));
    let addition = longer.filter(|_| sure || (answer.is_none() && elsewhere.is_none())).map(|text| Item { text, ..Item::default() });
    Read { sight: Sight::Text { share, left, rating, rating_max, answer, elsewhere, listed: false }, addition, sure }
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
    use crate::model::Fingerprint;

    fn list(dates: &[Option<i64>]) -> Vec<Found> {
        let item = |at: &Option<i64>| Item { published: at.map(Moment::from_secs), ..Item::default() };
        let found = |at| Found { item: item(at), identity: Identity(1), fingerprint: Fingerprint(1), by_words: false };
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

    #[test]
    fn what_was_added_is_no_reason_to_lose_sight_of_a_text() {
        const SAID: &str = "全聯收銀員找錯錢還擺臭臉給我看";
        let longer = format!("{SAID}。更新：店長出來打我一巴掌，頭撞到櫃檯流血送急診，我已報警提告");
        let (share, left) = likeness_of(SAID, &longer, 1.0);
        assert!((ALIKE..REWRITTEN).contains(&share) && left > 0.99, "{share} {left}");
        let (share, left) = likeness_of(SAID, "全聯收銀員找錯錢", 1.0);
        assert!(share > 0.99 && left > 0.99, "the page shows all of it beside a teaser: {share} {left}");
        assert_eq!(likeness_of(SAID, SAID, 1.0), (1.0, 1.0));
        assert!(likeness_of(SAID, "很好喝的茶，出貨很快，包裝仔細。", 0.0).0 < ALIKE);
    }
}
