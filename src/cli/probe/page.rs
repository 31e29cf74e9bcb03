//! What a page yields: the reviews it marks up, a list learnt from its repetition, comments, or a feed it names.

use jiff::tz::TimeZone;
use scraper::{Html, Selector};
use url::Url;

use super::{Args, Asking, Body, FetchFailure, Proposal, SourceKind, SourceOptions, address, block, feeds};
use crate::collect::extract::learn::{self, Learnt};
use crate::collect::extract::structured::Kind;
use crate::collect::extract::{Context, bounds, page, recognise};
use crate::collect::normalise::{Found, text};
use crate::collect::poll;
use crate::collect::source::PageSelectors;
use crate::model::FailureKind;

/// Marked up comments count against a learnt list where they are at least this share of it.
const SHARE_MIN: f64 = 0.8;

pub(super) async fn propose(args: &Args, asking: &Asking<'_>, body: &Body, document: &str) -> Result<Proposal, FetchFailure> {
    let now = asking.clock.now();
    let read = Read::of(args, asking, body, document)?;
    let candidates = [read.marked_up(asking), read.learnt(asking)];
    let chosen = choose(candidates);
    let sure = chosen.as_ref().is_some_and(|chosen| chosen.sure);
    let feeds = match address(&args.target) {
        Some(_) if !read.is_barred() => feeds::look(asking, read.feeds, &read.url, !sure).await,
        _ => read.feeds,
    };
    let mut remarks: Vec<String> = Vec::new();
    remarks.extend(read.degraded.map(|remark| format!("remark: {remark}")));
    for feed in &feeds {
        let title = feed.title.as_deref().unwrap_or("without a title");
        let count = feed.found.as_ref().map_or_else(String::new, |found| format!(", {} items now", found.len()));
        let who = if feed.named { "the page names" } else { "its site has" };
        remarks.push(format!("{who} a feed ({title}{count}): kind = \"feed\", url = \"{}\"", feed.url));
    }
    if let Some(chosen) = chosen {
        remarks.insert(0, chosen.words);
        let next = page_after(body, &read.url, asking, &chosen.selectors, now);
        let block = block::page(&read.url, read.title.as_deref(), &chosen.selectors, next.as_ref());
        return Ok(Proposal { found: chosen.found, remarks, block });
    }
    if let Some((url, title, found)) = feeds.into_iter().find_map(|feed| Some((feed.url, feed.title, feed.found?))) {
        remarks.insert(0, "nothing of the page itself can be read, but its feed can".to_owned());
        return Ok(Proposal { block: block::feed(&url, title.as_deref()), found, remarks });
    }
    let (kind, words) = recognise::page_kind(document, FailureKind::Drift);
    let words = match kind {
        FailureKind::Drift => format!("no marked up reviews, no list of comments and no feed: {words}"),
        _ => words,
    };
    Err(FetchFailure::new(kind, words))
}

/// One way to read the page.
struct Candidate {
    selectors: PageSelectors,
    found: Vec<Found>,
    words: String,
    /// Opinions of people, not a list that may be anything.
    sure: bool,
    reviews: bool,
    likely: bool,
}

/// Reviews that are marked up come first. Comments that are compete with the list one sees: many pages mark up the first post alone.
fn choose(candidates: [Option<Candidate>; 2]) -> Option<Candidate> {
    let [marked_up, learnt] = candidates;
    let (Some(marked), Some(list)) = (&marked_up, &learnt) else { return marked_up.or(learnt.filter(|list| list.likely)) };
    let enough = marked.found.len() as f64 >= list.found.len() as f64 * SHARE_MIN;
    if marked.reviews || (marked.sure && enough) || !list.likely { marked_up } else { learnt }
}

struct Read {
    url: Url,
    title: Option<String>,
    learnt: Vec<Learnt>,
    feeds: Vec<feeds::Feed>,
    degraded: Option<&'static str>,
    barrier: Option<FailureKind>,
    body: Body,
}

impl Read {
    fn of(args: &Args, asking: &Asking<'_>, body: &Body, document: &str) -> Result<Self, FetchFailure> {
        if document.trim().is_empty() {
            return Err(FetchFailure::new(FailureKind::Empty, "the answer is empty"));
        }
        let tamed = bounds::tame_html(document)?;
        let html = Html::parse_document(&tamed.text);
        let zone = TimeZone::UTC;
        let context = Context { base: &body.final_url, timezone: &zone, now: asking.clock.now(), max_items: asking.options.max_items };
        let kind = recognise::page_kind(document, FailureKind::Drift).0;
        let first = |css: &str| Selector::parse(css).ok().and_then(|selector| html.select(&selector).next());
        // What is read as text leaves out a page's head.
        let title = first("title").map(|title| title.text().collect()).or_else(|| first("h1").map(text::of_element));
        let own = first("link[rel=canonical]").and_then(|link| link.attr("href")).and_then(|href| Url::parse(href.trim()).ok());
        let is_file = address(&args.target).is_none() && args.base_url.is_none();
        let url = own.filter(|url| is_file && matches!(url.scheme(), "http" | "https")).unwrap_or_else(|| body.final_url.clone());
        let base = page::page_base(&html, &url);
        Ok(Self {
            title: title.filter(|title| !title.is_empty()),
            learnt: learn::learn(&html, &context),
            feeds: feeds::named(&html, &base),
            degraded: tamed.degraded,
            barrier: Some(kind).filter(|kind| *kind != FailureKind::Drift),
            body: Body { final_url: url.clone(), ..body.clone() },
            url,
        })
    }

    fn is_barred(&self) -> bool {
        self.barrier.is_some()
    }

    fn items(&self, selectors: &PageSelectors, asking: &Asking<'_>) -> Vec<Found> {
        let source = SourceOptions::plain("probe", SourceKind::Page(selectors.clone()), self.url.clone());
        let mut found = poll::items(&source, &self.body, asking.options.max_items, asking.clock.now()).unwrap_or_default();
        // The daemon takes no item that says nothing.
        found.retain(Found::says_something);
        found
    }

    fn marked_up(&self, asking: &Asking<'_>) -> Option<Candidate> {
        let selectors = PageSelectors { pages: 1, ..PageSelectors::default() };
        let found = self.items(&selectors, asking);
        let first = found.first()?;
        let said = |key: &str| first.item.extra.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let (kind, vocabulary) = (said("kind"), said("vocabulary"));
        let words = format!("the page marks these up itself ({vocabulary}, {kind}): no selector is needed");
        let reviews = kind == Kind::Review.word();
        let sure = kind != Kind::Aggregate.word();
        Some(Candidate { selectors, found, words, sure, reviews, likely: true })
    }

    fn learnt(&self, asking: &Asking<'_>) -> Option<Candidate> {
        if self.barrier == Some(FailureKind::Blocked) || self.barrier == Some(FailureKind::LoginPage) {
            return None;
        }
        let best = self.learnt.first()?;
        let found = self.items(&best.selectors, asking);
        if found.is_empty() {
            return None;
        }
        let others: Vec<String> = self
            .learnt
            .iter()
            .skip(1)
            .filter(|other| other.count != best.count)
            .map(|other| format!("{} ({})", other.selectors.item, other.count))
            .collect();
        let others = if others.is_empty() { String::new() } else { format!("; other lists are: {}", others.join(", ")) };
        let words = format!("selectors learnt from the page's repetition; compare with what you see{others}");
        let likely = best.told_by_someone || best.named;
        Some(Candidate { selectors: best.selectors.clone(), found, words, sure: best.told_by_someone, reviews: false, likely })
    }
}

/// Where the page goes on.
fn page_after(body: &Body, url: &Url, asking: &Asking<'_>, selectors: &PageSelectors, now: crate::model::Moment) -> Option<Url> {
    let more = PageSelectors { pages: 2, ..selectors.clone() };
    let source = SourceOptions::plain("probe", SourceKind::Page(more), url.clone());
    poll::read(&source, body, asking.options.max_items, now).ok()?.next
}
