//! What other systems push: JSON in the shape of `probe`'s lines. One item, a list, `{"items": [..]}`, or one item a line.
//!
//! Bytes in, entries out, pure. An item that cannot be taken is named with its index and its fault, and the others are taken all the same.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Map, Value};

use super::extract::{Context, Raw};
use super::guard::guarded;
use super::normalise::{READ_BYTES_MAX, time};
use crate::model::{Moment, Secret};

/// Items of one push: some megabytes of reviews, judged and stored in well under the seconds a sender waits for an answer.
pub const ITEMS_MAX: usize = 1000;

/// Names of fields in one remark.
const NAMES_MAX: usize = 10;

const OURS_TO_MEND: &str = "hearken itself failed on this item; its log says where";

/// The fields of an item, as `probe` prints them.
const FIELDS: [&str; 10] = ["id", "url", "title", "text", "author", "rating", "rating_max", "published", "updated", "extra"];

/// How a sender proves who it is. Where there are two secrets, the second is the old one, believed while it is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InboundAuth {
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature` (Standard Webhooks 1.0.0).
    Signed(Vec<Secret>),
    /// `X-Hub-Signature-256`, as GitHub signs its calls.
    Hub(Vec<Secret>),
    /// `Authorization: Bearer`.
    Bearer(Vec<Secret>),
}

/// What is to be said about one item, counted from 0 as it stands in the push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    pub index: usize,
    pub what: String,
}

/// A push, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pushed {
    pub entries: Vec<Raw>,
    /// Items that were not taken, and why.
    pub refused: Vec<Remark>,
    /// Items that were taken without something.
    pub remarks: Vec<Remark>,
}

/// Why a push as a whole cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushFault {
    #[error("{0}")]
    Malformed(String),
    #[error("a push has at most {ITEMS_MAX} items, and this one has {0}: send it in parts")]
    TooMany(usize),
}

impl PushFault {
    /// Whether it would be taken in parts.
    #[must_use]
    pub const fn is_too_much(&self) -> bool {
        matches!(self, Self::TooMany(_))
    }
}

/// Reads a push.
///
/// # Errors
/// What is no JSON, or JSON of another shape, or too much.
pub fn read(bytes: &[u8], content_type: Option<&str>, context: &Context<'_>) -> Result<Pushed, PushFault> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let values = split(text.trim_start_matches('\u{feff}'), content_type)?;
    if values.len() > ITEMS_MAX {
        return Err(PushFault::TooMany(values.len()));
    }
    let mut pushed = Pushed::default();
    let mut taken: Vec<(usize, Raw)> = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        let mut notes = Vec::new();
        let read = |value: Value| guarded(|| item(&value, context, &mut notes)).unwrap_or_else(|| Err(OURS_TO_MEND.to_owned()));
        match value.and_then(read) {
            Ok(raw) => taken.push((index, raw)),
            Err(what) => pushed.refused.push(Remark { index, what }),
        }
        pushed.remarks.extend(notes.into_iter().map(|what| Remark { index, what }));
    }
    pushed.entries = latest_of_each(taken, &mut pushed.remarks);
    Ok(pushed)
}

fn malformed(what: impl Into<String>) -> PushFault {
    PushFault::Malformed(what.into())
}

/// The values of the items; a line that is no JSON is the fault of its item alone.
fn split(text: &str, content_type: Option<&str>) -> Result<Vec<Result<Value, String>>, PushFault> {
    if is_lines(content_type) {
        return Ok(lines(text));
    }
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) => Ok(items.into_iter().map(Ok).collect()),
        Ok(Value::Object(mut fields)) => match fields.remove("items") {
            None => Ok(vec![Ok(Value::Object(fields))]),
            Some(Value::Array(items)) => Ok(items.into_iter().map(Ok).collect()),
            Some(_) => Err(malformed("`items` is not a list")),
        },
        Ok(_) => Err(malformed("an item is an object; send one, a list of them, or {\"items\": [..]}")),
        Err(_) if looks_like_lines(text) => Ok(lines(text)),
        Err(error) if text.trim().is_empty() => Err(malformed(format!("the body is empty ({error})"))),
        Err(error) => Err(malformed(format!("this is no JSON: {error}"))),
    }
}

fn is_lines(content_type: Option<&str>) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ["ndjson", "jsonl", "jsonlines", "json-lines"].iter().any(|word| essence.ends_with(word))
}

/// Many lines whose first is an object by itself: JSON Lines under another name.
fn looks_like_lines(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().is_some_and(|line| serde_json::from_str::<Map<String, Value>>(line).is_ok());
    first && lines.next().is_some()
}

fn lines(text: &str) -> Vec<Result<Value, String>> {
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled.map(|(at, line)| serde_json::from_str(line).map_err(|error| format!("line {} is no JSON: {error}", at + 1))).collect()
}

/// Of several items with one id the last is what the sender means now.
fn latest_of_each(taken: Vec<(usize, Raw)>, remarks: &mut Vec<Remark>) -> Vec<Raw> {
    let last: HashMap<String, usize> = taken.iter().filter_map(|(index, raw)| Some((raw.id.clone()?, *index))).collect();
    let mut kept = Vec::with_capacity(taken.len());
    for (index, raw) in taken {
        match raw.id.as_ref().and_then(|id| last.get(id)) {
            Some(later) if *later != index => {
                remarks.push(Remark { index, what: format!("item {later} has the same `id` and stands for it") });
            }
            _ => kept.push(raw),
        }
    }
    kept
}

fn item(value: &Value, context: &Context<'_>, notes: &mut Vec<String>) -> Result<Raw, String> {
    let Value::Object(fields) = value else { return Err(format!("an item is an object, and this is {}", kind(value))) };
    let [id, link, title, text, author] = ["id", "url", "title", "text", "author"].map(|key| string(fields, key));
    let (id, title, text, author) = (id?, title?, text?, author?);
    let rating = rating(fields, notes)?;
    let unknown: Vec<&str> = fields.keys().map(String::as_str).filter(|key| !FIELDS.contains(key)).collect();
    if title.is_none() && text.is_none() && rating.is_none() {
        let meant = if unknown.is_empty() { String::new() } else { format!(" (unknown here: {})", unknown.join(", ")) };
        return Err(format!("it says nothing: neither `text` nor `title` nor `rating`{meant}"));
    }
    if !unknown.is_empty() {
        notes.push(format!("unknown here and left out: {}", unknown.join(", ")));
    }
    if text.as_ref().is_some_and(|text| text.len() > READ_BYTES_MAX) {
        notes.push(format!("`text` was cut after {READ_BYTES_MAX} bytes: what stands behind is not judged"));
    }
    Ok(Raw {
        id,
        link: address(link?, notes),
        title: title.map(|title| as_markup(&title)),
        text: text.map(|text| as_markup(&text)),
        author: author.map(|author| as_markup(&author)),
        rating,
        published: moment(fields, "published", context, notes)?,
        updated: moment(fields, "updated", context, notes)?,
        extra: extra(fields, notes),
        ..Raw::default()
    })
}

/// What the sender says besides. What of it is more than is kept with a mention is named.
fn extra(fields: &Map<String, Value>, notes: &mut Vec<String>) -> BTreeMap<String, Value> {
    let given: BTreeMap<String, Value> = match fields.get("extra") {
        None | Some(Value::Null) => return BTreeMap::new(),
        Some(Value::Object(given)) => {
            given.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect()
        }
        Some(other) => {
            notes.push(format!("`extra` is {}, and should be an object: it was left out", kind(other)));
            return BTreeMap::new();
        }
    };
    let kept = super::normalise::extra::kept(given.clone());
    let changed: Vec<&str> = given.iter().filter(|(name, value)| kept.get(*name) != Some(*value)).map(|(name, _)| name.as_str()).collect();
    if !changed.is_empty() {
        let names = changed.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
        notes.push(format!("`extra` is kept up to 4 KB, a value up to 1 KB: cut or left out: {names}"));
    }
    kept
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A string, or a number where an id or a time often is one; blank and null are nothing.
fn string(fields: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    let text = match fields.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) if matches!(key, "id" | "published" | "updated") => number.to_string(),
        Some(other) => return Err(format!("`{key}` is {}, and should be a string", kind(other))),
    };
    Ok((!text.is_empty()).then_some(text))
}

fn address(link: Option<String>, notes: &mut Vec<String>) -> Option<String> {
    let link = link?;
    let sound = url::Url::parse(&link).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !sound {
        notes.push("`url` is no http or https address and was left out".to_owned());
    }
    sound.then_some(link)
}

/// As `rating::parse` reads it: the rating, and behind a stroke its scale.
fn rating(fields: &Map<String, Value>, notes: &mut Vec<String>) -> Result<Option<String>, String> {
    let (rating, scale) = (number(fields, "rating")?, number(fields, "rating_max")?);
    let Some(rating) = rating else { return Ok(None) };
    let written = match scale {
        Some(Written::Number(scale)) => match rating {
            Written::Number(rating) => format!("{rating:.2} / {scale:.2}"),
            Written::Text(text) => format!("{text} / {scale:.2}"),
        },
        _ => match rating {
            Written::Number(rating) => format!("{rating:.2}"),
            Written::Text(text) => text,
        },
    };
    if super::normalise::rating::parse(&written).is_none() {
        notes.push(format!("`rating` was left out: {written:?} is no rating from 0 to its `rating_max`"));
        return Ok(None);
    }
    Ok(Some(written))
}

enum Written {
    Number(f64),
    Text(String),
}

fn number(fields: &Map<String, Value>, key: &str) -> Result<Option<Written>, String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(number.as_f64().map(Written::Number)),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().parse().map_or_else(|_| Written::Text(text.trim().to_owned()), Written::Number))),
        Some(other) => Err(format!("`{key}` is {}, and should be a number", kind(other))),
    }
}

/// Plain text as markup, since everything after this expects markup.
fn as_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>")
}

fn moment(fields: &Map<String, Value>, key: &str, context: &Context<'_>, notes: &mut Vec<String>) -> Result<Option<Moment>, String> {
    let Some(text) = string(fields, key)? else { return Ok(None) };
    let read = time::parse(&text, context.timezone, context.now);
    if read.is_none() {
        notes.push(format!("`{key}` cannot be read as a time and was left out; write it as 2026-11-22T18:00:00Z"));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use url::Url;

    use super::super::normalise::{Found, normalise};
    use super::*;

    fn with_context<T>(act: impl FnOnce(&Context<'_>) -> T) -> T {
        let base = Url::parse("inbound:desk").expect("an address");
        act(&Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: ITEMS_MAX })
    }

    fn pushed(text: &str) -> Result<Pushed, PushFault> {
        with_context(|context| read(text.as_bytes(), Some("application/json"), context))
    }

    fn found(text: &str) -> Vec<Found> {
        with_context(|context| normalise("desk", pushed(text).expect("it reads").entries, None, context))
    }

    #[test]
    fn one_many_wrapped_and_lines_are_the_same() {
        let (one, two) = (r#"{"id": "1", "text": "a"}"#, r#"{"id": 2, "title": "b", "rating": 1, "rating_max": 5}"#);
        assert_eq!(pushed(one).expect("one").entries.len(), 1);
        let list = pushed(&format!("[{one}, {two}]")).expect("a list");
        assert_eq!(list.entries.len(), 2);
        assert_eq!(pushed(&format!("{{\"items\": [{one}, {two}]}}")), Ok(list.clone()));
        assert_eq!(pushed(&format!("\u{feff}{one}\r\n\r\n{two}\n")), Ok(list.clone()), "lines under another name");
        let lines = with_context(|context| read(format!("{one}\n{two}").as_bytes(), Some("application/x-ndjson; charset=utf-8"), context));
        assert_eq!(lines, Ok(list));
        assert_eq!(pushed("[]"), Ok(Pushed::default()));
    }

    #[test]
    fn what_is_no_push_is_refused_as_a_whole() {
        for text in ["", "x", "7", "\"a\"", "{\"items\": 7}", "{\"id\": 1", "[[[[", "nul"] {
            assert!(matches!(pushed(text), Err(PushFault::Malformed(_))), "{text}");
        }
        assert!(matches!(with_context(|context| read(&[0xff, 0xfe], None, context)), Err(PushFault::Malformed(_))));
        assert!(matches!(pushed(&"[".repeat(100_000)), Err(PushFault::Malformed(_))), "depth is bounded");
        let many = format!("[{}]", vec!["{\"text\": \"a\"}"; ITEMS_MAX + 1].join(","));
        assert_eq!(pushed(&many), Err(PushFault::TooMany(ITEMS_MAX + 1)));
    }

    #[test]
    fn a_bad_item_is_named_and_the_good_ones_are_taken() {
        let text = r#"[{"text": "good"}, 7, {"text": ["x"]}, {"body": "unknown"}, {"text": " "}, {"rating": true}, {"title": "good too", "body": "x"}]"#;
        let pushed = pushed(text).expect("it reads");
        assert_eq!(pushed.entries.len(), 2);
        let refused: Vec<usize> = pushed.refused.iter().map(|remark| remark.index).collect();
        assert_eq!(refused, [1, 2, 3, 4, 5]);
        assert!(pushed.refused[2].what.contains("body"), "the misspelt field is named: {:?}", pushed.refused[2]);
        assert_eq!(pushed.remarks, [Remark { index: 6, what: "unknown here and left out: body".into() }]);
        let lines = with_context(|context| read(b"{\"text\": \"a\"}\n{\n{\"text\": \"b\"}", Some("application/jsonl"), context));
        let lines = lines.expect("lines");
        assert_eq!((lines.entries.len(), lines.refused[0].index), (2, 1));
        assert!(lines.refused[0].what.starts_with("line 2"), "{:?}", lines.refused);
    }

    #[test]
    fn what_else_a_sender_says_is_kept_within_bounds() {
        let text = format!(
            r#"[{{"text": "a", "extra": {{"order": 7, "none": null, "long": "{}"}}}}, {{"text": "b", "extra": [1]}}]"#,
            "x".repeat(2000)
        );
        let pushed = pushed(&text).expect("it reads");
        let extra = &pushed.entries[0].extra;
        assert_eq!((extra["order"].as_i64(), extra["long"].as_str().map(str::len), extra.len()), (Some(7), Some(1024), 2));
        assert!(pushed.entries[1].extra.is_empty());
        let said: Vec<(usize, bool)> = pushed.remarks.iter().map(|remark| (remark.index, remark.what.contains("long"))).collect();
        assert_eq!(said, [(0, true), (1, false)], "{:?}", pushed.remarks);
    }

    #[test]
    fn what_cannot_be_kept_is_said() {
        let pushed =
            pushed(r#"{"text": "a", "url": "javascript:x", "rating": 9, "rating_max": 5, "published": "someday", "extra": {"k": 1}}"#);
        let pushed = pushed.expect("it reads");
        assert_eq!((pushed.entries.len(), pushed.remarks.len(), pushed.refused.len()), (1, 3, 0), "{:?}", pushed.remarks);
        assert_eq!((pushed.entries[0].link.as_deref(), pushed.entries[0].rating.as_deref()), (None, None));
    }

    #[test]
    fn it_is_kept_as_it_was_said() {
        let item = &found(
            r#"{"id": "r-1", "url": "https://shop.example/r/1", "title": "1 < 2 & so", "text": "<b>not</b> markup\nsecond &amp; line",
            "author": "王", "rating": "1.5", "rating_max": 5, "published": "2026-11-22T18:00:00+08:00", "updated": 1795000000}"#,
        )[0]
        .item;
        assert_eq!((item.id.as_deref(), item.url.as_deref()), (Some("r-1"), Some("https://shop.example/r/1")));
        assert_eq!((item.title.as_deref(), item.text.as_str()), (Some("1 < 2 & so"), "<b>not</b> markup\nsecond &amp; line"));
        assert_eq!((item.author.as_deref(), item.rating, item.rating_max), (Some("王"), Some(1.5), Some(5.0)));
        assert_eq!(item.published.map(Moment::rfc3339).as_deref(), Some("2026-11-22T10:00:00Z"));
        assert_eq!(item.updated, Some(Moment::from_secs(1_795_000_000)));
    }

    #[test]
    fn the_last_of_one_id_counts() {
        let pushed = pushed(r#"[{"id": "1", "text": "old"}, {"id": "1", "text": "new"}, {"text": "x"}, {"text": "y"}]"#).expect("it reads");
        let texts: Vec<_> = pushed.entries.iter().map(|raw| raw.text.as_deref().unwrap_or_default()).collect();
        assert_eq!(texts, ["new", "x", "y"]);
        assert_eq!(pushed.remarks[0].index, 0);
    }
}
