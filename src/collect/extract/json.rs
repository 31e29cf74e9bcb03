//! JSON Feed (jsonfeed.org, versions 1 and 1.1) without its strictness, and Apple's review JSON, which only looks like it.

use serde_json::{Value, json};

use super::{Context, Extracted, Raw, Written, failure, kept, read_dates};
use crate::collect::fetch::FetchFailure;
use crate::collect::guard;
use crate::collect::normalise::time::{self, Stated, order};
use crate::model::{FailureKind, Phrase};

/// How one entry of a dialect is read.
type ReadEntry = fn(&Value, &Context<'_>) -> Raw;

/// Apple counts to five and does not say so.
const APPLE_STARS: &str = "5";

/// Reads either dialect. `serde_json` bounds the depth.
pub(super) fn read(text: &str, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || c == '\0');
    let (root, degraded, cut) = match parse(text) {
        Ok((root, degraded)) => (root, degraded, false),
        Err(error) => match whole_items(text).filter(|_| error.is_eof()) {
            Some(root) => (root, Some("the feed is cut off: its whole items were kept"), true),
            None => {
                return Err(failure(FailureKind::Parse, format!("the JSON is damaged at line {}", error.line()))
                    .told(Phrase::said("what_json_line").with("line", error.line().to_string())));
            }
        },
    };
    let (all, read) = entries(&root)?;
    let mut entries: Vec<&Value> = all.iter().copied().filter(|entry| entry.is_object()).collect();
    let has_more = shorten(&mut entries, read, context);
    let first: Vec<&Value> = entries.iter().copied().take(LOOKED_AT).collect();
    let (mut entries, lost) = guard::each(entries, |entry| read(entry, context));
    if !is_declared(&root) && lost == 0 && !all.is_empty() && is_of_a_service(&first, &entries) {
        return Err(no_feed(&root));
    }
    let degraded = degraded.or((lost > 0).then_some(guard::LOST));
    let dated_together = read_dates(&mut entries, root.get("language").and_then(Value::as_str), context);
    Ok(Extracted { entries, degraded, cut, dated_together, has_more, ..Extracted::default() })
}

/// Leaves those that are read; whether there are more.
fn shorten(entries: &mut Vec<&Value>, read: ReadEntry, context: &Context<'_>) -> bool {
    let count = entries.len();
    if count <= context.max_items {
        return false;
    }
    let at = |entry: Option<&&Value>| {
        let raw = guard::guarded(|| entry.map(|entry| read(entry, context))).flatten()?;
        raw.published.or(raw.updated)
    };
    let kept = kept(count, (at(entries.first()), at(entries.last())), context.max_items);
    entries.truncate(kept.end);
    entries.drain(..kept.start);
    entries.len() < count
}

fn entries(root: &Value) -> Result<(Vec<&Value>, ReadEntry), FetchFailure> {
    match (root, root.get("items"), root.get("feed")) {
        (Value::Array(items), ..) => Ok((items.iter().collect(), item)),
        (_, Some(items @ (Value::Array(_) | Value::Object(_))), _) => Ok((one_or_many(Some(items)), item)),
        // One review arrives as an object, none as no key at all.
        (_, _, Some(feed @ Value::Object(_))) => {
            let entries = one_or_many(feed.get("entry"));
            let others = feed.as_object().into_iter().flatten().filter(|(name, _)| *name != "link");
            if entries.is_empty() && others.into_iter().any(|(_, value)| is_list_of_objects(value)) {
                return Err(no_feed(root));
            }
            let has_reviews = entries.iter().any(|entry| entry.get("im:rating").is_some());
            // Older answers begin with the app itself.
            let is_app = |entry: &&Value| has_reviews && entry.get("im:name").is_some() && entry.get("im:rating").is_none();
            Ok((entries.into_iter().filter(|entry| !is_app(entry)).collect(), apple))
        }
        _ if is_declared(root) => Ok((Vec::new(), item)),
        _ => Err(no_feed(root)),
    }
}

/// JSON where something else should be: a list is that of a service, and what to write instead is said.
pub(super) fn no_feed(root: &Value) -> FetchFailure {
    if !holds_list(root, 0) {
        return failure(FailureKind::NotAFeed, "the answer is JSON, but no feed").told(Phrase::said("what_json_no_feed"));
    }
    let detail =
        "the answer is JSON of another kind than this source reads: write `kind = \"json\"` and what `hearken probe URL` proposes for it";
    failure(FailureKind::NotAFeed, detail).told(Phrase::said("what_json_list"))
}

/// Where a list is looked for: deeper ones are parts of entries.
const LIST_DEPTH_MAX: usize = 8;

/// Whether a list of objects stands at the top of a document, or in what stands there.
pub(super) fn holds_list(value: &Value, depth: usize) -> bool {
    let members = value.as_object().filter(|_| depth < LIST_DEPTH_MAX);
    is_list_of_objects(value) || members.is_some_and(|members| members.values().any(|value| holds_list(value, depth + 1)))
}

/// It says itself which version of JSON Feed it is.
fn is_declared(root: &Value) -> bool {
    root.get("version").and_then(Value::as_str).is_some_and(|version| version.to_ascii_lowercase().contains("jsonfeed"))
}

fn is_list_of_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|values| values.iter().any(Value::is_object))
}

/// Entries of one answer are alike: a few tell whose they are.
const LOOKED_AT: usize = 20;

/// Names that only JSON Feed has.
const OWN_NAMES: [&str; 4] = ["content_html", "content_text", "date_published", "date_modified"];

/// Whether the entries have names of their own for what they say: nothing is read of them, or the lesser part.
fn is_of_a_service(entries: &[&Value], read: &[Raw]) -> bool {
    if entries.iter().any(|entry| OWN_NAMES.iter().any(|name| entry.get(name).is_some())) {
        return false;
    }
    let raws = &read[..read.len().min(entries.len())];
    let said = |raw: &Raw| letters(raw.title.as_deref().unwrap_or_default()) + letters(raw.text.as_deref().unwrap_or_default());
    let heard: usize = raws.iter().map(said).sum();
    let rated = raws.iter().any(|raw| raw.rating.is_some());
    if heard == 0 {
        return !rated || entries.iter().any(|entry| longest_unread(entry, 0) > 0);
    }
    entries.iter().map(|entry| longest_unread(entry, 0)).sum::<usize>() > heard
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

/// Members of members are looked at this far down.
const UNREAD_DEPTH_MAX: usize = 3;

/// What JSON Feed tells beside an entry's words.
const BESIDE: [&str; 6] = ["author", "authors", "tags", "language", "attachments", "_links"];

/// The letters of the longest words in an entry that stand under no name of a feed.
fn longest_unread(value: &Value, depth: usize) -> usize {
    match value {
        Value::String(text) if depth > 0 && !text.starts_with("http") && (text.contains(' ') || !text.is_ascii()) => letters(text),
        Value::Object(members) if depth < UNREAD_DEPTH_MAX => {
            let is_read = |name: &str, value: &Value| {
                depth == 0 && (BESIDE.contains(&name) || (["title", "summary"].contains(&name) && value.is_string()))
            };
            let unread = members.iter().filter(|(name, value)| !is_read(name, value));
            unread.map(|(_, value)| longest_unread(value, depth + 1)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

/// The document, and what is to be said of it where it had to be repaired.
///
/// # Errors
/// What is wrong with the text as it came, where no repair helps.
pub(super) fn parse(text: &str) -> Result<(Value, Option<&'static str>), serde_json::Error> {
    let error = match serde_json::from_str(text) {
        Ok(root) => return Ok((root, None)),
        Err(error) => error,
    };
    let repaired = serde_json::from_str(&repaired(text));
    repaired.map(|root| (root, Some("the JSON is not valid: it was repaired"))).map_err(|_| error)
}

/// The entries of a document that ends in the middle, as a list: those before the one that is cut.
fn whole_items(text: &str) -> Option<Value> {
    let apple = text.find("\"im:rating\"").is_some();
    let key = if apple { "\"entry\"" } else { "\"items\"" };
    let start = text.find(key)? + key.len();
    let mut rest = text[start..].trim_start().strip_prefix(':')?.trim_start().strip_prefix('[')?;
    let mut items = Vec::new();
    loop {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else { break };
        items.push(value);
        rest = rest[values.byte_offset()..].trim_start().trim_start_matches(',');
    }
    Some(if apple { json!({ "feed": { "entry": items } }) } else { json!({ "items": items }) })
}

/// What other readers forgive: half of a pair of surrogates (`\ud83d` alone) is no character, a line break in a string is none of the
/// grammar, nor is a comma after the last entry or a comment.
fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => {
                in_string = !in_string;
                1
            }
            '\\' if in_string => match surrogate(rest) {
                Some(length) => length,
                None => {
                    out.push_str("\\ufffd");
                    rest = &rest[6..];
                    continue;
                }
            },
            c if in_string && c.is_control() => {
                out.push_str(match c {
                    '\n' => "\\n",
                    '\t' => "\\t",
                    _ => "",
                });
                rest = &rest[c.len_utf8()..];
                continue;
            }
            ',' if !in_string && rest[1..].trim_start().starts_with([']', '}']) => {
                rest = &rest[1..];
                continue;
            }
            '/' if !in_string && (rest.starts_with("//") || rest.starts_with("/*")) => {
                let end = if rest.starts_with("//") { rest.find('\n') } else { rest.find("*/").map(|end| end + 2) };
                rest = &rest[end.unwrap_or(rest.len())..];
                continue;
            }
            c => c.len_utf8(),
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out
}

/// How long the escape is that the text begins with; none where it is half of a pair.
fn surrogate(text: &str) -> Option<usize> {
    match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => Some(12),
        (Some(0xd800..=0xdfff), _) => None,
        (Some(_), _) => Some(6),
        (None, _) => Some(text.char_indices().nth(2).map_or(text.len(), |(end, _)| end)),
    }
}

fn unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

fn one_or_many(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(entries)) => entries.iter().collect(),
        Some(entry @ Value::Object(_)) => vec![entry],
        _ => Vec::new(),
    }
}

fn item(item: &Value, context: &Context<'_>) -> Raw {
    let author = item.pointer("/authors/0/name").or_else(|| item.pointer("/author/name"));
    let author = author.or_else(|| item.pointer("/authors/0")).or_else(|| item.get("author"));
    let times = [stated(item.get("date_published"), context), stated(item.get("date_modified"), context)];
    let raw = Raw {
        id: text(item.get("id")),
        link: text(item.get("url")).or_else(|| text(item.get("external_url"))),
        title: escaped(item.get("title")),
        text: text(item.get("content_html")).or_else(|| escaped(item.get("content_text"))).or_else(|| escaped(item.get("summary"))),
        author: escaped(author),
        rating: text(item.get("rating")),
        written: Written { published: written(item.get("date_published")), updated: written(item.get("date_modified")) },
        ..Raw::default()
    };
    raw.dated(times)
}

/// Every value is an object with a `label`.
fn apple(entry: &Value, context: &Context<'_>) -> Raw {
    let label = |key: &str| entry.get(key).and_then(|value| value.get("label"));
    let raw = Raw {
        id: text(label("id")),
        link: text(entry.pointer("/link/attributes/href")).or_else(|| text(entry.pointer("/link/0/attributes/href"))),
        title: escaped(label("title")),
        text: escaped(label("content")).or_else(|| escaped(entry.pointer("/content/0/label"))),
        author: text(entry.pointer("/author/name/label")),
        rating: text(label("im:rating")).map(|stars| format!("{stars}/{APPLE_STARS}")),
        ..Raw::default()
    };
    raw.dated([None, stated(label("updated"), context)])
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
    let text = text(value);
    guard::panic_point(text.as_deref().unwrap_or_default());
    text.map(|text| text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>"))
}

fn written(value: Option<&Value>) -> Option<String> {
    order::as_written(value?.as_str()?)
}

fn stated(value: Option<&Value>, context: &Context<'_>) -> Option<Stated> {
    time::stated(&text(value)?, context.timezone, context.now)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use url::Url;

    use super::*;
    use crate::model::Moment;

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
        assert_eq!((one.len(), one[0].rating.as_deref()), (1, Some("1/5")));
        assert_eq!(entries(&format!(r#"{{"feed": {{"entry": [{review}, {review}]}}}}"#)).expect("two").len(), 2);
    }

    #[test]
    fn damage() {
        assert_eq!(entries(r#"{"items": [{"title": "a\ud83d!"}]}"#).expect("repaired")[0].title.as_deref(), Some("a\u{fffd}!"));
        assert_eq!(entries(r#"{"items": [{"title": "\\ud83d \ud83d\ude00"}]}"#).expect("a feed")[0].title.as_deref(), Some("\\ud83d 😀"));
        let sloppy = "{\"items\": [{\"title\": \"a\nb\"}, /* two */ {\"title\": \"c // d\"},] // end\n}";
        let titles: Vec<_> = entries(sloppy).expect("repaired").into_iter().filter_map(|entry| entry.title).collect();
        assert_eq!(titles, ["a<br>b", "c // d"]);
        let cut = r#"{"version": "https://jsonfeed.org/version/1", "items": [{"title": "a"}, {"title": "b"#;
        assert_eq!(entries(cut).expect("what is whole").len(), 1);
        assert_eq!(entries(r#"{"items": [{"title": }]}"#), Err(FailureKind::Parse));
        assert_eq!(entries(&"[".repeat(100_000)), Err(FailureKind::Parse));
        assert_eq!(entries(r#"{"error": "no"}"#), Err(FailureKind::NotAFeed));
    }

    #[test]
    fn answers_of_services_are_no_feeds() {
        for answer in [
            r#"[{"id": 1, "content": {"rendered": "<p>It leaks</p>"}, "date": "2026-11-20T09:30:00", "link": "https://a.example/1"}]"#,
            r#"{"items": [{"id": 1, "title": "Bad", "body": "It stopped after two days", "author": {"name": "Ann"}}]}"#,
            r#"{"items": [{"snippet": {"title": "Bad", "description": "It stopped after two days"}}]}"#,
            r#"{"items": {"total": 1, "list": [{"text": "It stopped after two days"}]}}"#,
            r#"[[{"text": "It stopped"}]]"#,
            "[1, 2]",
            r#"{"feed": {"title": "Top", "results": [{"id": "1", "content": "Crashes on every start"}]}}"#,
            r#"{"feed": {"entry": [{"title": {"$t": "Bad"}, "content": {"$t": "It stopped after two days"}}]}}"#,
        ] {
            assert_eq!(entries(answer), Err(FailureKind::NotAFeed), "{answer}");
        }
        for feed in [
            "[]",
            r#"{"items": []}"#,
            r#"[{"title": "It leaks", "url": "https://a.example/1", "tags": ["a b"]}]"#,
            r#"{"items": [{"id": "1", "content_text": "Late", "_own": {"about": "This is a far longer text than that"}}]}"#,
            r#"{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "Late", "body": "This is a far longer text"}]}"#,
            r#"{"feed": {"author": {}, "link": [{"attributes": {"rel": "self"}}]}}"#,
        ] {
            assert!(entries(feed).is_ok(), "{feed}");
        }
    }
}
