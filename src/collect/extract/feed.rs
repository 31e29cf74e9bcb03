//! RSS, Atom and JSON feeds: what the document is, which reader reads it, and whether what it read can be believed.

use super::xml::{self, Reading};
use super::{Context, Extracted, Raw, failure, json, read_dates, recognise, second_reader};
use crate::collect::fetch::FetchFailure;
use crate::collect::guard;
use crate::model::{FailureKind, Phrase};

/// Reads a feed of any dialect. The text has been decoded and is free of XML declarations.
///
/// # Errors
/// `Empty` (no bytes), `NotAFeed`, `LoginPage` or `Blocked` (a page in a feed's place), `TooBig` (nesting, elements),
/// `Parse` (damaged beyond repair, or entries are there and none can be read).
pub fn read(text: &str, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    if start.is_empty() {
        return Err(failure(FailureKind::Empty, "the answer is empty").told(Phrase::said("what_empty")));
    }
    if recognise::is_html(start) && !holds_a_feed(start) {
        return Err(recognise::page(start, FailureKind::NotAFeed));
    }
    if start.starts_with(['{', '[']) {
        return json::read(start, context);
    }
    if !start.contains('<') {
        return Err(failure(FailureKind::NotAFeed, "the answer is neither XML nor JSON").told(Phrase::said("what_no_markup")));
    }
    xml_feed(start, context)
}

/// Some servers wrap a feed into a page of its own; a page about feeds has their tags as text.
fn holds_a_feed(page: &str) -> bool {
    let head = recognise::head(page, 4096);
    head.contains("<feed xmlns=") || head.contains("<rss version=")
}

fn xml_feed(text: &str, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    let Reading { entries, is_feed, looks_like, cut, crooked, lost, has_more, asks } = xml::read(text, context)?;
    let says_something = entries.iter().any(|entry| entry.title.is_some() || entry.text.is_some() || entry.link.is_some());
    if !is_feed && !says_something {
        return Err(failure(FailureKind::NotAFeed, "the answer is XML, but no feed").told(Phrase::said("what_xml_no_feed")));
    }
    if entries.is_empty() && !cut && lost == 0 {
        return none_found(text, looks_like, context).map(|extracted| Extracted { asks, ..extracted });
    }
    let degraded = match (cut, crooked) {
        (true, _) if entries.is_empty() && looks_like > 0 => Some("the feed is cut off within its first item"),
        (true, _) => Some("the feed is cut off: its whole items were kept"),
        (false, _) if lost > 0 => Some(guard::LOST),
        (false, true) => Some("the feed is damaged: what can be told apart was kept"),
        (false, false) => None,
    };
    let mut entries: Vec<Raw> = entries.into();
    let dated_together = read_dates(&mut entries, language(text), context);
    Ok(Extracted { entries, degraded, cut, asks, dated_together, has_more, ..Extracted::default() })
}

/// Of a feed's beginning so much is looked at for its language.
const HEAD_BYTES: usize = 4_096;

/// `<language>en-us</language>`, or the `xml:lang` of what is around all.
fn language(text: &str) -> Option<&str> {
    let head = &text[..text.floor_char_boundary(HEAD_BYTES)];
    let after = |mark: &str, end: char| head.split_once(mark).and_then(|(_, rest)| rest.split_once(end)).map(|(found, _)| found.trim());
    let found = after("<language>", '<').or_else(|| after("xml:lang=\"", '"')).or_else(|| after("xml:lang='", '\''));
    found.filter(|found| (2..=LANGUAGE_BYTES_MAX).contains(&found.len()))
}

/// `zh-Hant-TW`; longer ones tell us no more.
const LANGUAGE_BYTES_MAX: usize = 12;

/// A feed without entries is one only where nothing looks like an entry: then another reader is asked before anybody believes it.
fn none_found(text: &str, looks_like: usize, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    if looks_like == 0 {
        return Ok(Extracted::default());
    }
    match second_reader::read(text, context) {
        Ok(entries) if !entries.is_empty() => {
            let degraded = Some("the feed is of an unknown dialect: a second reader was needed");
            Ok(Extracted { entries, degraded, ..Extracted::default() })
        }
        Ok(_) => Err(failure(FailureKind::Parse, format!("{looks_like} entries are where no reader looks for them"))),
        Err(reason) => Err(failure(FailureKind::Parse, format!("none of {looks_like} entries could be read: {reason}"))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use url::Url;

    use super::*;
    use crate::model::Moment;

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
    fn a_date_in_numbers_is_read_by_the_others() {
        let feed = |language: &str, dates: &[&str]| {
            let items: String = dates.iter().map(|date| format!("<item><title>a</title><pubDate>{date}</pubDate></item>")).collect();
            format!("<rss version=\"2.0\"><channel>{language}{items}</channel></rss>")
        };
        let days = |text: &str| {
            let extracted = read_text(text).expect("a feed");
            let days =
                extracted.entries.iter().map(|entry| entry.published.map_or_else(|| "?".to_owned(), |at| at.rfc3339()[..10].to_owned()));
            (days.collect::<Vec<_>>(), extracted.dated_together)
        };
        let read = |days: &[&str], together| (days.iter().map(|day| (*day).to_owned()).collect::<Vec<_>>(), together);
        assert_eq!(days(&feed("", &["04/06/2019 10:00", "22/05/2019 10:00"])), read(&["2019-06-04", "2019-05-22"], true));
        assert_eq!(days(&feed("", &["04/06/2019", "05/22/2019"])), read(&["2019-04-06", "2019-05-22"], true));
        assert_eq!(days(&feed("<language>en-us</language>", &["04/06/2019"])), read(&["2019-04-06"], true));
        assert_eq!(days(&feed("<language>de</language>", &["04/06/2019"])), read(&["2019-06-04"], true));
        assert_eq!(days(&feed("", &["04/06/2019"])), read(&["?"], true), "nothing says it");
        assert_eq!(days(&feed("", &["Sun, 22 Nov 2026 06:05:00 GMT"])), read(&["2026-11-22"], false));
        let json = r#"{"version": "https://jsonfeed.org/version/1", "items": [{"title": "a", "date_published": "04/06/2019"}, {"title": "b", "date_published": "22/05/2019"}]}"#;
        assert_eq!(days(json), read(&["2019-06-04", "2019-05-22"], true));
    }

    #[test]
    fn an_item_that_we_fail_on_costs_itself() {
        let bad = "panic at reading";
        let item = |words: &str| format!("<item><title>a</title><description>{words}</description></item>");
        let rss = format!("<rss version=\"2.0\"><channel>{}{}{}</channel></rss>", item("one"), item(bad), item("three"));
        let json = format!(
            r#"{{"version": "https://jsonfeed.org/version/1", "items": [{{"content_text": "one"}}, {{"content_text": "{bad}"}}, {{"content_text": "three"}}]}}"#
        );
        for text in [rss, json] {
            let extracted = read_text(&text).expect("the others");
            let texts: Vec<_> = extracted.entries.iter().filter_map(|entry| entry.text.as_deref()).collect();
            assert_eq!((texts, extracted.degraded), (vec!["one", "three"], Some(guard::LOST)), "{text}");
        }
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
    fn entities_of_the_document_are_known_and_those_of_files_are_not() {
        let declared = "<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">";
        let text = format!("<!DOCTYPE rss [{declared}]><rss version=\"2.0\"><channel><item><title>&b;&x;</title></item></channel></rss>");
        assert_eq!(read_text(&text).expect("a feed").entries[0].title.as_deref(), Some("haha&x;"));
    }

    #[test]
    fn what_is_no_feed_has_its_own_kind() {
        assert_eq!(kind("  \n"), FailureKind::Empty);
        assert_eq!(kind("hello"), FailureKind::NotAFeed);
        assert_eq!(kind("<!doctype html><title>Sign in</title>"), FailureKind::LoginPage);
        assert_eq!(kind("<svg xmlns='http://www.w3.org/2000/svg'></svg>"), FailureKind::NotAFeed);
        let unknown = "<rss version=\"2.0\"><channel><x:item xmlns:x='urn:x'><x:title>a</x:title></x:item></channel></rss>";
        assert_eq!(kind(unknown), FailureKind::Parse, "never 'no reviews'");
        assert_eq!(kind(&"<b>".repeat(1_000)), FailureKind::TooBig);
    }

    #[test]
    fn a_feed_without_entries_is_a_feed() {
        assert!(read_text("<rss version=\"2.0\"><channel><title>t</title></channel></rss>").expect("a feed").entries.is_empty());
    }
}
