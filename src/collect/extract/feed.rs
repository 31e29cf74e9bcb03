//! RSS, Atom and JSON feeds: feed-rs behind a stack of repairs, each used only when the one before fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use feed_rs::model::{Entry, Text};
use feed_rs::parser::{Builder, ParseFeedError};

use super::{Context, Extracted, Raw, bounds, failure, json, recognise, repair, salvage};
use crate::collect::fetch::FetchFailure;
use crate::collect::normalise::time;
use crate::model::{FailureKind, Moment};

/// Reads a feed of any dialect. The text has been decoded and is free of XML declarations.
///
/// # Errors
/// `Empty` (no bytes), `NotAFeed`, `LoginPage` or `Blocked` (a page in a feed's place), `TooBig` (nesting, elements),
/// `Parse` (damaged beyond repair, or entries are there and none can be read).
pub fn read(text: &str, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    if start.is_empty() {
        return Err(failure(FailureKind::Empty, "the answer is empty"));
    }
    if recognise::is_html(start) {
        let (kind, detail) = recognise::page_kind(start, FailureKind::NotAFeed);
        return Err(failure(kind, detail));
    }
    if start.starts_with(['{', '[']) {
        return json::read(start, context);
    }
    if !start.contains('<') {
        return Err(failure(FailureKind::NotAFeed, "the answer is neither XML nor JSON"));
    }
    xml(start, context)
}

fn xml(text: &str, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    let clean = repair::clean(text);
    bounds::check_xml(&clean)?;
    let clean = repair::dialect(&clean);
    let looks_like = salvage::looks_like(&clean);
    let first = match parse(&clean, context) {
        Ok(entries) if !entries.is_empty() || looks_like == 0 => return Ok(Extracted { entries, ..Extracted::default() }),
        Ok(_) => "its entries are where the parser does not look".to_owned(),
        Err(reason) => reason,
    };
    if let Ok(entries) = parse(&repair::without_refused_elements(&clean), context)
        && !entries.is_empty()
    {
        return Ok(Extracted { entries, degraded: Some("elements the parser refuses were left out"), next: None });
    }
    let entries = one_by_one(&clean, context);
    if !entries.is_empty() {
        return Ok(Extracted { entries, degraded: Some("the feed is damaged: its whole items were kept"), next: None });
    }
    if looks_like == 0 && !looks_like_a_feed(&clean) {
        return Err(failure(FailureKind::NotAFeed, "the answer is XML, but no feed"));
    }
    Err(failure(FailureKind::Parse, format!("none of {looks_like} entries could be read: {first}")))
}

fn looks_like_a_feed(text: &str) -> bool {
    let head = recognise::head(text, 4096).to_ascii_lowercase();
    ["<rss", "<feed", "<rdf", ":rdf", "<channel", "<atom:feed"].iter().any(|root| head.contains(root))
}

fn one_by_one(text: &str, context: &Context<'_>) -> Vec<Raw> {
    let documents = salvage::items(text);
    let read = documents.iter().map(|document| repair::without_refused_elements(document));
    read.filter_map(|document| parse(&document, context).ok()).flatten().take(context.max_items).collect()
}

/// feed-rs itself. A panic of the parser is a damaged document like any other.
fn parse(text: &str, context: &Context<'_>) -> Result<Vec<Raw>, String> {
    let timezone = context.timezone.clone();
    let now = context.now;
    let parser = Builder::new()
        .base_uri(Some(context.base.as_str()))
        .sanitize_content(false)
        // An id of the parser's making is random; none is better, and `normalise` makes a stable one.
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| time::parse(text, &timezone, now).and_then(|at| chrono::DateTime::from_timestamp_micros(at.0)))
        .build();
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes())));
    let feed = parsed.map_err(|_| "the parser gave up".to_owned())?.map_err(|error| words(&error))?;
    let fallback: Option<Arc<str>> = feed.authors.first().and_then(|person| person.name.as_deref()).map(Into::into);
    let ratings = if text.contains("rating>") { salvage::ratings(text) } else { Vec::new() };
    let aligned = ratings.len() == feed.entries.len();
    let mut entries: Vec<Raw> = feed.entries.into_iter().take(context.max_items).map(|entry| raw(entry, fallback.as_deref())).collect();
    if aligned {
        entries.iter_mut().zip(ratings).for_each(|(entry, rating)| entry.rating = rating);
    }
    Ok(entries)
}

fn words(error: &ParseFeedError) -> String {
    let text = error.to_string();
    text[..text.floor_char_boundary(200)].to_owned()
}

fn raw(entry: Entry, feed_author: Option<&str>) -> Raw {
    let alternate = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    let link = alternate.or(entry.links.first()).map(|link| link.href.clone());
    let body = entry.content.and_then(|content| content.body);
    let summary = entry.summary.map(content_of);
    let described = || entry.media.iter().find_map(|media| media.description.clone()).map(content_of);
    let author = entry.authors.first().and_then(|person| person.name.as_deref()).map(str::trim).filter(|name| !name.is_empty());
    Raw {
        id: some(entry.id),
        link,
        title: entry.title.map(content_of),
        text: longer(body, summary).or_else(described),
        author: author.or(feed_author).map(str::to_owned),
        rating: None,
        published: entry.published.map(|at| Moment(at.timestamp_micros())),
        updated: entry.updated.map(|at| Moment(at.timestamp_micros())),
        base: entry.base,
        ..Raw::default()
    }
}

fn content_of(text: Text) -> String {
    text.content
}

fn some(text: String) -> Option<String> {
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Content is usually the whole and the summary its beginning, but some sites put the review into the summary.
fn longer(content: Option<String>, summary: Option<String>) -> Option<String> {
    match (content.and_then(some), summary.and_then(some)) {
        (Some(content), Some(summary)) => Some(if summary.len() > content.len() { summary } else { content }),
        (content, summary) => content.or(summary),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use url::Url;

    use super::*;

    fn read_text(text: &str) -> Result<Extracted, FetchFailure> {
        let base = Url::parse("https://shop.example/feed").expect("an address");
        let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
        read(text, &context)
    }

    fn kind(text: &str) -> FailureKind {
        read_text(text).expect_err("no feed").kind
    }

    #[test]
    fn an_ordinary_feed() {
        let text = "<rss version=\"2.0\"><channel><title>t</title><item><guid>1</guid><title>慢</title><link>https://a/1</link>\
                    <description>等了十天</description><pubDate>Sun, 22 Nov 2026 14:05:00 +0800</pubDate></item></channel></rss>";
        let entries = read_text(text).expect("a feed").entries;
        assert_eq!(entries[0].id.as_deref(), Some("1"));
        assert_eq!(entries[0].text.as_deref(), Some("等了十天"));
        assert_eq!(entries[0].published.map(Moment::rfc3339).as_deref(), Some("2026-11-22T06:05:00Z"));
    }

    #[test]
    fn an_item_without_id_gets_none_rather_than_a_random_one() {
        let text = "<rss version=\"2.0\"><channel><item><title>a</title><description>b</description></item></channel></rss>";
        assert_eq!(read_text(text).expect("a feed").entries[0].id, None);
    }

    #[test]
    fn damaged_feeds_keep_their_whole_items() {
        let items =
            "<item><title>a</title><guid>1</guid></item><item><title>b</b></title></item><item><title>c</title><guid>3</guid></item>";
        let text = format!("<rss><channel>{items}<item><title>cut");
        let extracted = read_text(&text).expect("what is whole");
        let ids: Vec<_> = extracted.entries.iter().filter_map(|entry| entry.id.as_deref()).collect();
        assert_eq!(ids, ["1", "3"]);
        assert!(extracted.degraded.is_some());
    }

    #[test]
    fn one_refused_element_does_not_cost_the_feed() {
        let text = "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><item><title>a</title><media:group>\
                    <media:title></media:title></media:group></item></channel></rss>";
        assert_eq!(read_text(text).expect("a feed").entries.len(), 1);
    }

    #[test]
    fn entities_are_not_expanded() {
        let declared = "<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">";
        let text = format!("<!DOCTYPE rss [{declared}]><rss version=\"2.0\"><channel><item><title>&b;&x;</title></item></channel></rss>");
        assert_eq!(read_text(&text).expect("a feed").entries[0].title.as_deref(), Some("&b;&x;"));
    }

    #[test]
    fn what_is_no_feed_has_its_own_kind() {
        assert_eq!(kind("  \n"), FailureKind::Empty);
        assert_eq!(kind("hello"), FailureKind::NotAFeed);
        assert_eq!(kind("<!doctype html><title>Sign in</title>"), FailureKind::LoginPage);
        assert_eq!(kind("<svg xmlns='http://www.w3.org/2000/svg'></svg>"), FailureKind::NotAFeed);
        assert_eq!(kind("<rss version=\"2.0\"><channel><item><title>a"), FailureKind::Parse);
        assert_eq!(kind(&"<a>".repeat(1_000)), FailureKind::TooBig);
    }

    #[test]
    fn a_feed_without_entries_is_a_feed() {
        assert!(read_text("<rss version=\"2.0\"><channel><title>t</title></channel></rss>").expect("a feed").entries.is_empty());
    }
}
