//! JSON Feed (jsonfeed.org, versions 1 and 1.1) without its strictness, and Apple's review JSON, which only looks like it.

use serde_json::Value;

use super::{Context, Extracted, Raw, failure};
use crate::collect::fetch::FetchFailure;
use crate::collect::normalise::time;
use crate::model::{FailureKind, Moment};

/// How one entry of a dialect is read.
type ReadEntry = fn(&Value, &Context<'_>) -> Raw;

/// Reads either dialect. `serde_json` bounds the depth.
pub(super) fn read(text: &str, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    let root = parse(text)?;
    let (entries, read): (Vec<&Value>, ReadEntry) = match &root {
        Value::Array(items) => (items.iter().collect(), item),
        Value::Object(_) => match (root.get("items"), root.pointer("/feed")) {
            (Some(Value::Array(items)), _) => (items.iter().collect(), item),
            // One review arrives as an object, none as no key at all.
            (_, Some(feed)) => (one_or_many(feed.get("entry")), apple),
            _ => return Err(failure(FailureKind::NotAFeed, "the answer is JSON, but no feed")),
        },
        _ => return Err(failure(FailureKind::NotAFeed, "the answer is JSON, but no feed")),
    };
    let raws = entries.into_iter().filter(|entry| entry.is_object()).take(context.max_items).map(|entry| read(entry, context));
    Ok(Extracted { entries: raws.collect(), ..Extracted::default() })
}

fn parse(text: &str) -> Result<Value, FetchFailure> {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || c == '\0');
    let first = serde_json::from_str(text);
    let second = first.or_else(|error| serde_json::from_str(&without_lone_surrogates(text)).map_err(|_| error));
    second.map_err(|error| failure(FailureKind::Parse, format!("the JSON is damaged at line {}", error.line())))
}

/// Half of a pair (`\ud83d` alone) is no character; the whole document is refused for it.
fn without_lone_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end),
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

fn unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

fn one_or_many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(entries)) => entries.iter().collect(),
        Some(entry) => vec![entry],
        None => Vec::new(),
    }
}

fn item(item: &Value, context: &Context<'_>) -> Raw {
    let author = item.pointer("/authors/0/name").or_else(|| item.pointer("/author/name")).or_else(|| item.get("author"));
    Raw {
        id: text(item.get("id")),
        link: text(item.get("url")).or_else(|| text(item.get("external_url"))),
        title: text(item.get("title")),
        text: text(item.get("content_html")).or_else(|| escaped(item.get("content_text"))).or_else(|| escaped(item.get("summary"))),
        author: text(author),
        rating: text(item.get("rating")),
        published: moment(item.get("date_published"), context),
        updated: moment(item.get("date_modified"), context),
        ..Raw::default()
    }
}

/// Every value is an object with a `label`.
fn apple(entry: &Value, context: &Context<'_>) -> Raw {
    let label = |key: &str| entry.get(key).and_then(|value| value.get("label"));
    Raw {
        id: text(label("id")),
        link: text(entry.pointer("/link/attributes/href")).or_else(|| text(entry.pointer("/link/0/attributes/href"))),
        title: escaped(label("title")),
        text: escaped(label("content")).or_else(|| escaped(entry.pointer("/content/0/label"))),
        author: text(entry.pointer("/author/name/label")),
        rating: text(label("im:rating")),
        published: None,
        updated: moment(label("updated"), context),
        ..Raw::default()
    }
}

/// A string, or a number where a string belongs.
fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Plain text as markup, since everything after this expects markup.
fn escaped(value: Option<&Value>) -> Option<String> {
    text(value).map(|text| text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>"))
}

fn moment(value: Option<&Value>, context: &Context<'_>) -> Option<Moment> {
    time::parse(&text(value)?, context.timezone, context.now)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use url::Url;

    use super::*;

    fn entries(text: &str) -> Result<Vec<Raw>, FailureKind> {
        let base = Url::parse("https://shop.example/feed").expect("an address");
        let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
        read(text, &context).map(|extracted| extracted.entries).map_err(|failure| failure.kind)
    }

    #[test]
    fn strictness_is_not_needed() {
        let text = r#"{"version": "http://jsonfeed.org/version/1", "items": [{"id": 7, "content_text": "a < b", "tags": "x", "author": {"name": "王"}}]}"#;
        let entries = entries(text).expect("a feed");
        assert_eq!(
            (entries[0].id.as_deref(), entries[0].text.as_deref(), entries[0].author.as_deref()),
            (Some("7"), Some("a &lt; b"), Some("王"))
        );
    }

    #[test]
    fn apple_reviews_none_one_and_many() {
        assert_eq!(entries(r#"{"feed": {"author": {}}}"#), Ok(Vec::new()));
        let review = r#"{"id": {"label": "9"}, "title": {"label": "閃退"}, "content": {"label": "打不開"}, "im:rating": {"label": "1"}}"#;
        let one = entries(&format!(r#"{{"feed": {{"entry": {review}}}}}"#)).expect("one review");
        assert_eq!((one.len(), one[0].rating.as_deref()), (1, Some("1")));
        assert_eq!(entries(&format!(r#"{{"feed": {{"entry": [{review}, {review}]}}}}"#)).expect("two").len(), 2);
    }

    #[test]
    fn damage() {
        assert_eq!(entries(r#"{"items": [{"title": "a\ud83d!"}]}"#).expect("repaired")[0].title.as_deref(), Some("a\u{fffd}!"));
        assert_eq!(entries(r#"{"items": [{"title": "\\ud83d \ud83d\ude00"}]}"#).expect("a feed")[0].title.as_deref(), Some("\\ud83d 😀"));
        assert_eq!(entries(r#"{"items": ["#), Err(FailureKind::Parse));
        assert_eq!(entries(&"[".repeat(100_000)), Err(FailureKind::Parse));
        assert_eq!(entries(r#"{"error": "no"}"#), Err(FailureKind::NotAFeed));
    }
}
