//! What a page yields: the reviews it marks up, a list learnt from its repetition, comments, or a feed it names.

use scraper::Selector;
use url::Url;

use super::block::{Block, Kind};
use super::known::About;
use super::{Args, Asking, Body, FetchFailure, Proposal, SourceKind, address, feeds};
use crate::collect::extract::learn::{self, Learnt};
use crate::collect::extract::page::{Parsed, Picks};
use crate::collect::extract::structured::Kind as Markup;
use crate::collect::extract::{Context, page, recognise};
use crate::collect::normalise::{Found, text};
use crate::collect::poll;
use crate::collect::source::PageSelectors;
use crate::model::FailureKind;

/// Marked up comments count against a learnt list where they are at least this share of it.
const SHARE_MIN: f64 = 0.8;

pub(super) async fn propose(args: &Args, asking: &Asking<'_>, body: &Body, document: &str) -> Result<(Proposal, About), FetchFailure> {
    let Read { url, title, feeds, degraded, is_barred, chosen, average } = Read::of(args, asking, body, document)?;
    let sure = chosen.as_ref().is_some_and(|chosen| chosen.sure);
    let feeds = match address(&args.target) {
        Some(_) if !is_barred => feeds::look(asking, feeds, &url, !sure).await,
        _ => feeds.into_iter().filter(|feed| !feed.shown).collect(),
    };
    let mut remarks: Vec<String> = feeds.iter().map(remark).collect();
    let degraded = degraded.map(|remark| format!("remark: {remark}"));
    // Where anybody may guess what the list is, a feed with as much is the better source.
    let is_better = |feed: &feeds::Feed| feed.named && feed.found.as_ref().is_some_and(|found| found.len() >= HEADLINES_OF_FEED_MIN);
    let chosen = chosen.filter(|chosen| !chosen.headlines || chosen.sure || !feeds.iter().any(is_better));
    if let Some(chosen) = chosen {
        remarks.extend(asking.limit_remark(&chosen.found));
        remarks.extend(average.filter(|_| chosen.learnt));
        let about = About { title: title.clone(), is_reviewed: chosen.reviews };
        let block = Block::new(url, title, Kind::Page(chosen.selectors, chosen.next));
        return Ok((Proposal { words: chosen.words, found: chosen.found, degraded, remarks, block }, about));
    }
    if let Some((url, title, found)) = feeds.into_iter().find_map(|feed| Some((feed.url, feed.title, feed.found?))) {
        let words = "Nothing of the page itself can be read as well as its feed.".to_owned();
        let about = About { title: title.clone(), is_reviewed: false };
        return Ok((Proposal { words, found, degraded: None, remarks, block: Block::new(url, title, Kind::Feed) }, about));
    }
    let (kind, words) = recognise::page_kind(document, FailureKind::Drift);
    let words = match kind {
        FailureKind::Drift => format!("no marked up reviews, no list of comments and no feed: {words}"),
        _ => words,
    };
    Err(FetchFailure::new(kind, words))
}

/// A feed with fewer entries does not stand in for a list of headlines.
const HEADLINES_OF_FEED_MIN: usize = 3;

fn remark(feed: &feeds::Feed) -> String {
    let title = feed.title.as_deref().unwrap_or("without a title");
    let count = feed.found.as_ref().map_or_else(String::new, |found| format!(", {} items now", found.len()));
    let who = if feed.named { "the page names" } else { "its site has" };
    format!("{who} a feed ({title}{count}): kind = \"feed\", url = \"{}\"", feed.url)
}

/// One way to read the page.
struct Candidate {
    selectors: PageSelectors,
    found: Vec<Found>,
    /// Where the page goes on.
    next: Option<Url>,
    words: String,
    /// Opinions of people, not a list that may be anything.
    sure: bool,
    reviews: bool,
    learnt: bool,
    likely: bool,
    /// Titles and links, and nobody who says anything.
    headlines: bool,
}

/// Reviews that are marked up come first. Comments that are compete with the list one sees: many pages mark up the first post alone.
fn choose(candidates: [Option<Candidate>; 2]) -> Option<Candidate> {
    let [marked_up, learnt] = candidates;
    let (Some(marked), Some(list)) = (&marked_up, &learnt) else { return marked_up.or(learnt.filter(|list| list.likely)) };
    let enough = marked.found.len() as f64 >= list.found.len() as f64 * SHARE_MIN;
    let better = list.likely && !list.headlines;
    if marked.reviews || (marked.sure && enough) || !better { marked_up } else { learnt }
}

/// An average hides no reviews, and is none: whoever wants both has two sources.
fn average(marked_up: &Candidate) -> Option<String> {
    let item = &marked_up.found.first()?.item;
    let rating = item.rating.filter(|_| item.extra.get("kind").is_some_and(|kind| kind == Markup::Aggregate.word()))?;
    let most = item.rating_max.map(|most| format!(" of {most}")).unwrap_or_default();
    let count = item.extra.get("count").map(|count| format!(" ({count} reviews)")).unwrap_or_default();
    Some(format!(
        "the page marks up an average of {rating}{most}{count} besides: a second source of `kind = \"page\"` without `[source.select]` reads that"
    ))
}

/// What a page is, read once.
struct Read {
    url: Url,
    title: Option<String>,
    feeds: Vec<feeds::Feed>,
    degraded: Option<&'static str>,
    is_barred: bool,
    chosen: Option<Candidate>,
    /// What the page says all reviews come to, as a remark.
    average: Option<String>,
}

impl Read {
    fn of(args: &Args, asking: &Asking<'_>, body: &Body, document: &str) -> Result<Self, FetchFailure> {
        if document.trim().is_empty() {
            return Err(FetchFailure::new(FailureKind::Empty, "the answer is empty"));
        }
        let parsed = Parsed::of(document)?;
        let barrier = Some(recognise::page_kind(document, FailureKind::Drift).0).filter(|kind| *kind != FailureKind::Drift);
        let first = |css: &str| Selector::parse(css).ok().and_then(|selector| parsed.html.select(&selector).next());
        // What is read as text leaves out a page's head.
        let title = first("title").map(|title| title.text().collect()).or_else(|| first("h1").map(text::of_element));
        let own = first("link[rel=canonical]").and_then(|link| link.attr("href")).and_then(|href| Url::parse(href.trim()).ok());
        let is_file = address(&args.target).is_none() && args.base_url.is_none();
        let url = own.filter(|url| is_file && matches!(url.scheme(), "http" | "https")).unwrap_or_else(|| body.final_url.clone());
        let looking = Looking { parsed: &parsed, asking, url: &url, after: body.next.as_ref() };
        let barred = matches!(barrier, Some(FailureKind::Blocked | FailureKind::LoginPage));
        let learnt = if barred { None } else { looking.learnt() };
        let marked_up = looking.marked_up();
        let average = marked_up.as_ref().and_then(average);
        let chosen = choose([marked_up, learnt]);
        Ok(Self {
            title: title.filter(|title| !title.trim().is_empty()),
            feeds: feeds::named(&parsed.html, &page::page_base(&parsed.html, &url)),
            degraded: parsed.degraded,
            is_barred: barrier.is_some(),
            chosen,
            average,
            url,
        })
    }
}

/// A parsed page and what it is read with.
struct Looking<'a> {
    parsed: &'a Parsed<'a>,
    asking: &'a Asking<'a>,
    url: &'a Url,
    /// The server names what comes after the page.
    after: Option<&'a Url>,
}

impl Looking<'_> {
    /// The items, and where the page goes on.
    fn items(&self, selectors: &PageSelectors) -> (Vec<Found>, Option<Url>) {
        let (asking, now) = (self.asking, self.asking.clock.now());
        let going_on = PageSelectors { pages: 2, ..selectors.clone() };
        let source = asking.plain(SourceKind::Page(selectors.clone()), self.url);
        let context = Context { base: self.url, timezone: &source.timezone, now, max_items: asking.options.max_items };
        let Some(extracted) = Picks::parse(&going_on).ok().and_then(|picks| self.parsed.read(&picks, &context).ok()) else {
            return (Vec::new(), None);
        };
        let mut found = poll::as_items(&source, &source.name, extracted.entries, self.url, now);
        // The daemon takes no item that says nothing.
        found.retain(Found::says_something);
        (found, extracted.next.or_else(|| self.after.cloned()))
    }

    fn marked_up(&self) -> Option<Candidate> {
        let selectors = PageSelectors { pages: 1, ..PageSelectors::default() };
        let (found, next) = self.items(&selectors);
        let first = found.first()?;
        let said = |key: &str| first.item.extra.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let (kind, vocabulary) = (said("kind"), said("vocabulary"));
        let words = format!("The page marks these up itself ({vocabulary}, {kind}): no selector is needed.");
        let reviews = kind == Markup::Review.word();
        let sure = kind != Markup::Aggregate.word();
        Some(Candidate { selectors, found, next, words, sure, reviews, learnt: false, likely: true, headlines: false })
    }

    fn learnt(&self) -> Option<Candidate> {
        let timezone = &self.asking.source.timezone;
        let context = Context { base: self.url, timezone, now: self.asking.clock.now(), max_items: self.asking.options.max_items };
        let lists = learn::learn(&self.parsed.html, &context);
        let best = lists.first()?;
        let (found, next) = self.items(&best.selectors);
        if found.is_empty() {
            return None;
        }
        let said = best.told_by_someone || best.likely_said;
        let likely = said || best.named || best.headlines;
        let headlines = best.headlines && !said && !best.named;
        let words = words(best, &lists, headlines);
        Some(Candidate {
            selectors: best.selectors.clone(),
            found,
            next,
            words,
            sure: said,
            reviews: false,
            learnt: true,
            likely,
            headlines,
        })
    }
}

fn words(best: &Learnt, lists: &[Learnt], headlines: bool) -> String {
    let what = if headlines {
        "A list of titles and links, learnt from the page's repetition: it may be what you want, or only a menu."
    } else {
        "The selectors are learnt from the page's repetition: compare what they find with what you see."
    };
    let made = if best.lasts { "" } else { " Its class names seem to be made by a tool: they may change with the site's next release." };
    let others: Vec<String> = lists
        .iter()
        .skip(1)
        .filter(|other| other.count != best.count)
        .map(|other| format!("{} ({})", other.selectors.item, other.count))
        .collect();
    let others = if others.is_empty() { String::new() } else { format!(" Other lists are: {}.", others.join(", ")) };
    format!("{what}{made}{others}")
}
