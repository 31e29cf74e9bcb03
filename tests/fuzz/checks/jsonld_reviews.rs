//! Any text as a script of JSON-LD: nothing panics, no limit is passed, and what is sound JSON says the same in every wrapping that sites
//! put around it.

use hearken::collect::extract::structured::read;
use hearken::collect::extract::structured::replies::{self, Reply};
use hearken::collect::extract::{Context, Raw};
use hearken::model::Moment;
use jiff::tz::TimeZone;
use scraper::Html;
use url::Url;

const ITEMS_MAX: usize = 50;

/// Replies kept of one entry, and the characters of one.
const REPLIES_MAX: usize = 50;
const REPLY_CHARS_MAX: usize = 200;

/// Nested deeper than this, a reader may give up.
const BRACKETS_MAX: usize = 100;

/// The bytes as they come in from outside.
pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let plain = reviews(&text);
    assert!(plain.len() <= ITEMS_MAX, "{} entries", plain.len());
    for replies in plain.iter().map(|raw| replies::of_extra(&raw.extra)) {
        let bounded = |reply: &Reply| !reply.text.is_empty() && reply.text.chars().count() <= REPLY_CHARS_MAX;
        assert!(replies.len() <= REPLIES_MAX && replies.iter().all(bounded), "{} replies", replies.len());
    }
    // Markup in a script is read by rules of its own.
    if text.contains(['<', '\0']) || text.matches(['{', '[']).count() > BRACKETS_MAX {
        return;
    }
    let sound = serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|value| value.is_object() || value.is_array());
    if sound {
        for (before, after) in
            [("<!--\n", "\n-->"), ("//<![CDATA[\n", "\n//]]>"), ("/* <![CDATA[ */", "/* ]]> */"), ("x = ", ";"), ("", " ,")]
        {
            assert_eq!(reviews(&format!("{before}{text}{after}")), plain, "wrapped in {before:?}");
        }
    }
}

fn reviews(script: &str) -> Vec<Raw> {
    let base = Url::parse("https://fuzz.example/p").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_795_341_600), max_items: ITEMS_MAX };
    let page = format!("<!doctype html><script type=\"application/ld+json\">{script}</script>");
    read(&Html::parse_document(&page), &context).entries()
}
