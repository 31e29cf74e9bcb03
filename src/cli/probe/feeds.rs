//! Feeds that a page names, or that sites of its make usually have.

use scraper::{Html, Selector};
use url::Url;

use super::{Asking, SourceKind};
use crate::collect::extract::recognise;
use crate::collect::normalise::Found;

/// Feeds a page names that are looked at.
const NAMED_MAX: usize = 3;

/// Where feeds usually are; asked for only where the page gave nothing better, one after the other with the host's gap between.
const USUAL: [&str; 4] = ["feed", "rss.xml", "atom.xml", "index.xml"];

/// A feed that was found.
pub(super) struct Feed {
    pub(super) url: Url,
    pub(super) title: Option<String>,
    /// By the page; else it was found where feeds usually are.
    pub(super) named: bool,
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
            feeds.push(Feed { url, title, named: true, found: None });
        }
    }
    feeds
}

/// Looks at the feeds a page names; without any, where `search` is wanted, at the usual places of its site.
pub(super) async fn look(asking: &Asking<'_>, mut named: Vec<Feed>, page: &Url, search: bool) -> Vec<Feed> {
    named.truncate(NAMED_MAX);
    if named.is_empty() && search {
        named = USUAL
            .iter()
            .filter_map(|path| page.join(&format!("/{path}")).ok())
            .map(|url| Feed { url, title: None, named: false, found: None })
            .collect();
    }
    let mut seen = Vec::new();
    for feed in named {
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
    fn feeds_are_told_from_pages() {
        assert!(looks_like_one("<?xml version='1.0'?><rss>") && looks_like_one("<feed xmlns='x'>"));
        assert!(!looks_like_one("<div>") && !looks_like_one("<?xml version='1.0'?><!DOCTYPE html><html>"));
    }
}
