//! What of an item's `extra` is kept with its mention: people read it, nothing is judged by it, and it must not fill the store.

use std::collections::BTreeMap;

use serde_json::Value;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::time::FUTURE;
use crate::collect::extract::structured::replies::REPLIES;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::model::{Moment, PUBLISHED_ON, STANDS_ON, UNDER_ID_OF};

/// Fields of one mention; more is a document and no remark.
const FIELDS_MAX: usize = 20;
const NAME_BYTES_MAX: usize = 64;
/// Of one value, as JSON; a longer text is cut, anything else left out.
const VALUE_BYTES_MAX: usize = 1024;
/// Of all of them together.
const BYTES_MAX: usize = 4096;

/// Our own notes on how an item was read, which say nothing of what was said.
const OURS: [&str; 6] = [FUTURE, REPLIES, "vocabulary", PUBLISHED_ON, STANDS_ON, UNDER_ID_OF];

/// The fields that are kept, by name, until the room is used up.
#[must_use]
pub fn kept(extra: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut room = BYTES_MAX;
    let said = |name: &str, value: &Value| !OURS.contains(&name) && name.len() <= NAME_BYTES_MAX && !is_nothing(value);
    let fields = extra.into_iter().filter(|(name, value)| said(name, value)).filter_map(|(name, value)| Some((name, fitting(value)?)));
    let fits = |(name, value): &(String, Value)| {
        let bytes = name.len() + value.to_string().len();
        let fits = bytes <= room;
        room -= if fits { bytes } else { 0 };
        fits
    };
    fields.filter(fits).take(FIELDS_MAX).collect()
}

/// What is kept, and how to show it: the day where the source gave no time, the page where it gave no link of its own.
#[must_use]
pub fn noted(
    extra: BTreeMap<String, Value>,
    url: Option<&str>,
    published: Option<Moment>,
    source: &SourceOptions,
) -> BTreeMap<String, Value> {
    let mut notes = kept(extra);
    if let Some(day) = published.and_then(|at| day_alone(at, &source.timezone)) {
        notes.insert(PUBLISHED_ON.to_owned(), day.into());
    }
    if url.is_none() && matches!(source.kind, SourceKind::Page(_)) {
        notes.insert(STANDS_ON.to_owned(), source.url.as_str().into());
    }
    notes
}

/// The day, where a time is midnight to the microsecond in the source's own zone: that is how a date without a time is read, and
/// of what was really written then at most the hour is lost to the reader.
fn day_alone(at: Moment, zone: &TimeZone) -> Option<String> {
    let zoned = at.to_timestamp().to_zoned(zone.clone());
    (zoned.time() == Time::midnight()).then(|| zoned.date().to_string())
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn fitting(value: Value) -> Option<Value> {
    match value {
        Value::String(mut text) => {
            text.truncate(text.floor_char_boundary(VALUE_BYTES_MAX));
            Some(Value::String(text))
        }
        value => (value.to_string().len() <= VALUE_BYTES_MAX).then_some(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(extra: Value) -> Vec<String> {
        let Value::Object(fields) = extra else { panic!("an object") };
        kept(fields.into_iter().collect()).into_keys().collect()
    }

    #[test]
    fn what_says_something_is_kept() {
        let extra = json!({"order": 7, "likes": 0, "store": {"id": 3}, "a": null, "b": " ", "c": [], "d": {}, "replies": [1], "vocabulary": "json-ld"});
        assert_eq!(names(extra), ["likes", "order", "store"]);
    }

    #[test]
    fn it_never_fills_the_store() {
        let long = kept(BTreeMap::from([("text".to_owned(), json!("評".repeat(1000)))]));
        assert_eq!(long["text"].as_str().map(str::len), Some(1023), "cut between characters");
        assert!(names(json!({"list": vec![1; 1000]})).is_empty() && names(json!({"n".repeat(65): 1})).is_empty());
        let many: serde_json::Map<String, Value> = (0..100).map(|at| (format!("f{at:03}"), json!(at))).collect();
        assert_eq!(names(Value::Object(many)).len(), FIELDS_MAX);
        let much: serde_json::Map<String, Value> = (0..8).map(|at| (format!("f{at}"), json!("x".repeat(1000)))).collect();
        assert_eq!(names(Value::Object(much)), ["f0", "f1", "f2", "f3"]);
    }
}
