//! Reading of a changed feed only what is new in it, where that is safe: see `extract::raw_items`.

use url::Url;

use super::extract::raw_items::{Cut, Shown};
use super::extract::{Context, feed};
use super::guard::guarded;
use super::normalise::{Found, normalise};
use super::source::SourceOptions;
use crate::model::{Identity, Moment};

/// What of a document was not read, because it was read before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Items that are still there as they were.
    pub identities: Vec<Identity>,
    /// Whether these are to be remembered as seen now.
    pub touch: bool,
    /// Of every entry of the document, in its order, whether it was skipped; empty where all was read.
    pub order: Vec<bool>,
    /// For the next poll, in the place of what was there; empty: everything has to be read.
    pub shown: Option<Vec<u8>>,
}

/// The new and edited items of a feed, by its decoded text and where it came from, and what was skipped; none where the feed has to be
/// read whole.
#[must_use]
pub fn read_rest(
    (source, memory): (&SourceOptions, &str),
    (text, base): (&str, &Url),
    shown: &[u8],
    max_items: usize,
    now: Moment,
) -> Option<(Vec<Found>, Skipped)> {
    let context = Context { base, timezone: &source.timezone, now, max_items };
    let reading = || {
        let shown = Shown::read(shown)?;
        let cut = Cut::of(text, base, max_items)?;
        let rest = shown.rest_of(&cut)?;
        let mut found = Vec::new();
        if rest.entries > 0 {
            let read = feed::read(&rest.text, &context).ok()?;
            if read.degraded.is_some() || read.entries.len() != rest.entries {
                return None;
            }
            found = normalise(memory, read.entries, source.rating_max, &context);
        }
        let remembered = shown.remember(&cut, &found, now).filter(|_| found.len() == rest.entries)?;
        Some((found, Skipped { identities: rest.known, touch: shown.touches(now), order: rest.order, shown: Some(remembered) }))
    };
    guarded(reading).flatten()
}

/// What to remember of a feed that was read whole without a repair; empty where nothing of it may be skipped.
#[must_use]
pub fn remember((text, base): (&str, &Url), found: &[Found], max_items: usize, now: Moment) -> Vec<u8> {
    guarded(|| Cut::of(text, base, max_items)?.remember(found, now)).flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::decode;
    use super::super::fetch::Body;
    use super::super::poll::items;
    use super::super::source::SourceKind;
    use super::*;
    use crate::model::Fingerprint;

    const NOW: Moment = Moment::from_secs(1_800_000_000);

    fn source() -> SourceOptions {
        SourceOptions::plain("shop", SourceKind::Feed, Url::parse("https://shop.example/feed").expect("an address"))
    }

    fn body(text: &str) -> Body {
        Body {
            bytes: text.as_bytes().to_vec(),
            content_type: Some("application/rss+xml; charset=utf-8".to_owned()),
            etag: None,
            last_modified: None,
            max_age: None,
            next: None,
            links: Vec::new(),
            cut_off: false,
            final_url: Url::parse("https://shop.example/feed").expect("an address"),
        }
    }

    fn remember(body: &Body, found: &[Found], max_items: usize, now: Moment) -> Vec<u8> {
        let text = decode::decode(&body.bytes, None).text;
        super::remember((&text, &body.final_url), found, max_items, now)
    }

    fn read_rest(source: &SourceOptions, body: &Body, shown: &[u8], max_items: usize, now: Moment) -> Option<(Vec<Found>, Skipped)> {
        let text = decode::decode(&body.bytes, None).text;
        super::read_rest((source, "shop"), (&text, &body.final_url), shown, max_items, now)
    }

    fn whole(text: &str) -> Vec<Found> {
        items(&source(), "shop", &body(text), 100, NOW)
            .map(|mut found| {
                found.retain(Found::says_something);
                found
            })
            .unwrap_or_default()
    }

    fn rss(channel: &str, items: &[String]) -> String {
        format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel>{channel}{}</channel></rss>", items.concat())
    }

    fn item(number: usize, text: &str) -> String {
        format!(
            "<item><guid>shop-{number}</guid><link>/r/{number}</link><title>第{number}則</title><description>{text}</description></item>\n"
        )
    }

    /// What of a document is news to somebody who knows an earlier one.
    fn news(found: &[Found], known: &BTreeMap<Identity, Fingerprint>) -> BTreeMap<Identity, String> {
        let news = found.iter().filter(|found| known.get(&found.identity) != Some(&found.fingerprint));
        news.map(|found| (found.identity, format!("{:?}", found.item))).collect()
    }

    /// The second document read with and without skipping; whether anything was skipped.
    fn compare(before: &str, after: &str) -> bool {
        let first = whole(before);
        let known = first.iter().map(|found| (found.identity, found.fingerprint)).collect();
        let shown = remember(&body(before), &first, 100, NOW);
        let all = whole(after);
        let Some((found, skipped)) = read_rest(&source(), &body(after), &shown, 100, NOW) else { return false };
        assert_eq!(news(&found, &known), news(&all, &known), "{before}\n{after}");
        let seen: BTreeSet<Identity> = found.iter().map(|found| found.identity).chain(skipped.identities.iter().copied()).collect();
        assert_eq!(seen, all.iter().map(|found| found.identity).collect(), "{before}\n{after}");
        // And the next poll goes on from here.
        let again = read_rest(&source(), &body(after), &skipped.shown.expect("it is remembered"), 100, NOW).expect("all of it is known");
        assert!(again.0.is_empty() && again.1.identities.len() == all.len(), "{after}");
        true
    }

    #[test]
    fn only_what_is_new_is_read() {
        let old: Vec<String> = (0..50).map(|number| item(number, "等了十天")).collect();
        let mut new: Vec<String> = (50..55).map(|number| item(number, "new")).collect();
        new.extend(old[..45].iter().cloned());
        new[10] = item(5, "edited");
        let clock = |hour: u32| format!("<title>t</title><lastBuildDate>Sun, 22 Nov 2026 {hour}:05:00 GMT</lastBuildDate>");
        assert!(compare(&rss(&clock(10), &old), &rss(&clock(11), &new)), "skipped");
        let shown = remember(&body(&rss("", &old)), &whole(&rss("", &old)), 100, NOW);
        let (found, skipped) = read_rest(&source(), &body(&rss("", &new)), &shown, 100, NOW).expect("skipped");
        assert_eq!((found.len(), skipped.identities.len(), skipped.touch), (6, 44, false));
        let tomorrow = NOW.plus(std::time::Duration::from_hours(25));
        assert!(read_rest(&source(), &body(&rss("", &new)), &shown, 100, tomorrow).expect("skipped").1.touch);
    }

    #[test]
    fn atom_is_read_so_too() {
        let entry = |number: usize| format!("<entry><id>urn:{number}</id><title>{number}</title><content>text {number}</content></entry>");
        let feed = |from: usize| {
            let entries: String = (from..from + 9).map(entry).collect();
            format!(
                "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><updated>2026-11-22T10:0{from}:00Z</updated>{entries}</feed>"
            )
        };
        assert!(compare(&feed(1), &feed(3)));
    }

    #[test]
    fn what_is_odd_is_read_whole() {
        let items: Vec<String> = (0..5).map(|number| item(number, "a")).collect();
        let plain = rss("<title>t</title>", &items);
        let shown = remember(&body(&plain), &whole(&plain), 100, NOW);
        let skips = |text: &str| read_rest(&source(), &body(text), &shown, 100, NOW).is_some();
        assert!(skips(&rss("<title>t</title>", &items[1..])));
        assert!(!skips(&rss("<title>another</title>", &items)), "what stands around them changed");
        assert!(!skips(&plain.replace("<channel>", "<channel xml:base=\"https://other.example/\">")));
        let twin = [items.clone(), vec![item(3, "the same id, other words")]].concat();
        assert!(!skips(&rss("<title>t</title>", &twin)), "two items of one id");
        assert!(!skips(&plain.replace("</channel>", "<item>cut")));
        assert!(!skips(&rss("<title>t</title>", &[items.clone(), vec![format!("<!--{}-->", item(7, "hidden"))]].concat())));
        let nested = items[0].replace("<description>a", "<description><![CDATA[<item>x</item>]]>");
        assert!(!skips(&rss("<title>t</title>", &[nested])));
        assert!(
            remember(&body(&plain.replace("<guid>shop-2</guid>", "")), &whole(&plain.replace("<guid>shop-2</guid>", "")), 100, NOW)
                .is_empty()
        );
        assert!(Shown::read(&[]).is_none() && Shown::read(&shown[..shown.len() - 1]).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_lost_and_nothing_else_is_read(
            before in prop::collection::vec((0usize..12, 0usize..3), 0..10),
            after in prop::collection::vec((0usize..12, 0usize..3, 0usize..8), 0..10),
            frames in (0usize..3, 0usize..3),
        ) {
            let frame = |kind: usize| ["<title>t</title>", "<title>t</title><pubDate>x</pubDate>", "<title>t</title><managingEditor>m</managingEditor>"][kind];
            let text = |kind: usize| ["等了十天", "a &amp; b", "<![CDATA[<p>x</p>]]>"][kind];
            let form = |number: usize, kind: usize, form: usize| match form {
                0 => format!("<item><title>{number}</title><description>{}</description></item>", text(kind)),
                1 => format!("<item><link>/only/{number}</link><title>{number}</title></item>"),
                2 => format!("<ITEM><guid>{number}</guid></ITEM>"),
                3 => format!("<item><guid>shop-{number}</guid><title>{number}</title><description>x</wrong></item>"),
                _ => item(number, text(kind)),
            };
            let old: Vec<String> = before.iter().map(|(number, kind)| item(*number, text(*kind))).collect();
            let new: Vec<String> = after.iter().map(|(number, kind, shape)| form(*number, *kind, *shape)).collect();
            compare(&rss(frame(frames.0), &old), &rss(frame(frames.1), &new));
        }
    }
}
