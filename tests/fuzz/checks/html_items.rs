//! Any bytes as a page: by selectors, by its own markup, and with selectors learnt from it. Nothing panics, no limit is passed, and what
//! is learnt finds what it says.

use hearken::collect::decode::decode;
use hearken::collect::extract::page::{Picks, read};
use hearken::collect::extract::{Context, bounds, learn};
use hearken::collect::source::PageSelectors;
use hearken::model::Moment;
use jiff::tz::TimeZone;
use scraper::Html;
use url::Url;

const ITEMS_MAX: usize = 50;

/// The bytes as they come in from outside.
pub(crate) fn check(bytes: &[u8]) {
    let text = decode(bytes, Some("text/html")).text;
    let Ok(tamed) = bounds::tame_html(&text) else { return };
    assert!(bounds::tame_html(&tamed.text).is_ok(), "what was tamed is within bounds");
    let base = Url::parse("https://fuzz.example/p").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_795_341_600), max_items: ITEMS_MAX };
    let named = PageSelectors {
        container: Some("body".into()),
        item: "li, .review, article".into(),
        title: Some("h2".into()),
        author: Some(".author".into()),
        rating: Some(".stars".into()),
        time: Some("time".into()),
        link: Some("a".into()),
        pages: 3,
        ..PageSelectors::default()
    };
    let bare = PageSelectors { item: "div".into(), ..PageSelectors::default() };
    for selectors in [PageSelectors::default(), named, bare] {
        let picks = Picks::parse(&selectors).expect("the selectors parse");
        if let Ok(found) = read(&text, &picks, &context) {
            assert!(found.entries.len() <= ITEMS_MAX, "{} entries", found.entries.len());
            assert!(found.next.is_none_or(|next| matches!(next.scheme(), "http" | "https")), "the next page is one of the web");
        }
    }
    let unlimited = Context { max_items: usize::MAX, ..context };
    for learnt in learn::learn(&Html::parse_document(&tamed.text), &context) {
        let picks = Picks::parse(&learnt.selectors).expect("what is learnt parses");
        let found = read(&text, &picks, &unlimited).expect("what is learnt reads the page it was learnt from");
        assert_eq!(found.entries.len(), learnt.count, "{:?}", learnt.selectors);
    }
}
