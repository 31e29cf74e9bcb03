//! Feeds that a page names, or that sites of its make usually have.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{Html, Selector};
use url::Url;

use super::{Asking, SourceKind};
use crate::collect::extract::recognise;
use crate::collect::normalise::{Found, text};

/// Feeds a page names that are looked at.
const NAMED_MAX: usize = 3;

/// Where feeds usually are; asked for only where the page gave nothing better, one after the other with the host's gap between.
const USUAL: [&str; 4] = ["feed", "rss.xml", "atom.xml", "index.xml"];

/// Links of a page that look as if they led to a feed and are looked at.
const SHOWN_MAX: usize = 3;

/// A longer label tells of something else.
const LABEL_CHARS_MAX: usize = 30;

/// How people are told of a feed.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:rss|atom|xml|feeds?|syndicat\w*|newsfeed|flux)\b|訂閱|订阅|聚合|フィード|購読|피드|구독")
        .expect("the pattern is constant")
});

/// What a feed's own address has in it.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|[/.?&=_-])(?:rss2?|atom|feeds?|rdf)(?:$|[/.?&=_-])|\.xml(?:$|\?)").expect("the pattern is constant")
});

/// A feed that was found.
pub(super) struct Feed {
    pub(super) url: Url,
    pub(super) title: Option<String>,
    /// By the page; else it was found where feeds usually are.
    pub(super) named: bool,
    /// By a link that people see, of which nothing says what it leads to: to be looked at before anybody hears of it.
    pub(super) shown: bool,
    /// None where it was not looked at.
    pub(super) found: Option<Vec<Found>>,
}

pub(super) fn looks_like_one(start: &str) -> bool {
    let head = recognise::head(recognise::after_comments(start), 4096).to_ascii_lowercase();
    ["<rss", "<feed", "<rdf", ":rdf", "<channel", ":feed", "<?xml"].iter().any(|root| head.contains(root)) && !head.contains("<html")
}

/// The feeds a page names (`link rel=alternate`), comments' feeds last: those that hold the page's own reviews are rare.
pub(super) fn named(html: &Html, base: &Url) -> Vec<Feed> {
    let Ok(selector) = Selector::parse("link[rel~=\"alternate\"][type][href], a[type][href]") else { return Vec::new() };
    let kinds = ["rss", "atom", "feed+json", "application/xml", "text/xml"];
    let mut feeds: Vec<Feed> = Vec::new();
    for link in html.select(&selector) {
        let kind = link.attr("type").unwrap_or_default().to_ascii_lowercase();
        let url = link.attr("href").and_then(|href| base.join(href.trim()).ok());
        let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https") && kinds.iter().any(|known| kind.contains(known))) else {
            continue;
        };
        if !feeds.iter().any(|known| known.url == url) {
            let title = link.attr("title").map(str::trim).filter(|title| !title.is_empty()).map(str::to_owned);
            feeds.push(Feed { url, title, named: true, shown: false, found: None });
        }
    }
    feeds.extend(shown(html, base, &feeds));
    feeds
}

/// Links whose label, picture or address speaks of a feed (`RSS`, `訂閱`, `/rss.xml`), the likeliest first.
fn shown(html: &Html, base: &Url, named: &[Feed]) -> Vec<Feed> {
    let Ok(selector) = Selector::parse("a[href]") else { return Vec::new() };
    let mut found: Vec<(u8, Feed)> = Vec::new();
    for link in html.select(&selector) {
        let href = link.attr("href").unwrap_or_default().trim();
        // `feed:https://..` and `feed://..` are addresses for a reader's program.
        let href = match href.strip_prefix("feed:") {
            Some(rest) if rest.starts_with("//") => format!("https:{rest}"),
            Some(rest) => rest.to_owned(),
            None => href.to_owned(),
        };
        let Ok(mut url) = base.join(&href) else { continue };
        url.set_fragment(None);
        let is_known = named.iter().chain(found.iter().map(|(_, feed)| feed)).any(|feed| feed.url == url);
        if !matches!(url.scheme(), "http" | "https") || is_known || url == *base {
            continue;
        }
        let pictures = link.descendent_elements().filter_map(|inner| inner.attr("alt").or_else(|| inner.attr("class")));
        let told = ["title", "aria-label", "class", "id"].into_iter().filter_map(|name| link.attr(name)).chain(pictures);
        let label = text::of_element(link);
        let labelled = label.chars().count() <= LABEL_CHARS_MAX && LABEL.is_match(&label);
        let told =
            labelled || told.into_iter().any(|told| told.chars().count() <= LABEL_CHARS_MAX && LABEL.is_match(&told.replace('_', "-")));
        let placed = PLACE.is_match(&url[url::Position::BeforePath..]);
        if told || placed {
            let title = Some(label).filter(|label| !label.is_empty() && label.chars().count() <= LABEL_CHARS_MAX);
            found.push((u8::from(told) + 2 * u8::from(placed), Feed { url, title, named: true, shown: true, found: None }));
        }
    }
    // Stable, so that of equal ones the first on the page comes first.
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, feed)| feed).take(SHOWN_MAX).collect()
}

/// Looks at the feeds a page names; without any, where `search` is wanted, at the usual places of its site.
pub(super) async fn look(asking: &Asking<'_>, named: Vec<Feed>, page: &Url, search: bool) -> Vec<Feed> {
    let (shown, mut named): (Vec<Feed>, Vec<Feed>) = named.into_iter().partition(|feed| feed.shown);
    named.truncate(NAMED_MAX);
    let is_named = !named.is_empty();
    let mut seen = seen(asking, named).await;
    if seen.is_empty() {
        seen = self::seen(asking, shown).await;
    }
    if seen.is_empty() && !is_named && search {
        let usual = USUAL.iter().filter_map(|path| page.join(&format!("/{path}")).ok());
        seen = self::seen(asking, usual.map(|url| Feed { url, title: None, named: false, shown: false, found: None }).collect()).await;
    }
    seen
}

/// Those that are feeds with something in them.
async fn seen(asking: &Asking<'_>, feeds: Vec<Feed>) -> Vec<Feed> {
    let mut seen = Vec::new();
    for feed in feeds {
        tokio::time::sleep(asking.options.host_gap).await;
        let Ok(body) = asking.ask(&feed.url).await else { continue };
        if let Ok((found, _)) = asking.read(&asking.plain(SourceKind::Feed, &feed.url), &body)
            && !found.is_empty()
        {
            seen.push(Feed { found: Some(found), ..feed });
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_that_a_page_names() {
        let page = "<link rel=alternate type=application/rss+xml title=News href=/feed><link rel='alternate home' type='application/atom+xml' href='https://b.example/a'>\
            <link rel=alternate hreflang=de href=/de><link rel=alternate type=text/html href=/m><link rel=alternate type=application/rss+xml href=/feed>";
        let base = Url::parse("https://a.example/p").expect("an address");
        let found: Vec<String> = named(&Html::parse_document(page), &base).into_iter().map(|feed| feed.url.into()).collect();
        assert_eq!(found, ["https://a.example/feed", "https://b.example/a"]);
    }

    #[test]
    fn feeds_that_a_page_only_shows() {
        let page = "<a href=/about>About atoms</a><a href=/s>訂閱</a><a href='/rss.xml'>RSS</a><a href='feed://b.example/x'>Atom</a><a href=/news/feed/>all</a>\
            <a href='mailto:rss@a.example'>RSS</a><a href='#rss'>RSS</a><a href=/long>What this feed of news is and how one reads it at home</a>";
        let base = Url::parse("https://a.example/p").expect("an address");
        let found: Vec<String> = named(&Html::parse_document(page), &base).into_iter().map(|feed| feed.url.into()).collect();
        assert_eq!(found, ["https://a.example/rss.xml", "https://a.example/news/feed/", "https://a.example/s"]);
    }

    #[test]
    fn feeds_are_told_from_pages() {
        assert!(looks_like_one("<?xml version='1.0'?><rss>") && looks_like_one("<feed xmlns='x'>"));
        assert!(!looks_like_one("<div>") && !looks_like_one("<?xml version='1.0'?><!DOCTYPE html><html>"));
    }
}
