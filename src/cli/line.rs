//! A line of JSON that is judged, as `classify`, `eval` and `train` read it.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::decide::Subject;

/// The largest scale a rating is taken to be of where its line names none.
const MOST_RATING: f64 = 100.0;

/// What is read of a line; other keys are left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    pub(super) id: Id,
    pub(super) title: Option<String>,
    pub(super) text: Option<String>,
    /// Of `rating_max`; without it of the first of 5, 10 and 100 that holds it.
    pub(super) rating: Option<f64>,
    pub(super) rating_max: Option<f64>,
    pub(super) lang: Option<String>,
    pub(super) source: Option<String>,
    pub(super) author: Option<String>,
    pub(super) readers: Option<u64>,
    pub(super) repeated: Option<u64>,
}

impl Line {
    /// Reads a line and says what is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let line: Self = parsed(bytes)?;
        let titled = line.title.as_deref().is_some_and(|title| !title.trim().is_empty());
        if line.text.is_none() && !titled {
            return Err("there is neither `text` nor `title` to judge: they are missing, null or a blank title".to_owned());
        }
        match rating_fault(line.rating, line.rating_max) {
            Some(fault) => Err(fault),
            None => Ok(line),
        }
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            title: self.title.as_deref(),
            text: self.text.as_deref().unwrap_or_default(),
            rating: self.rating,
            rating_max: self.rating_max,
            lang: self.lang.as_deref(),
            source: self.source.as_deref(),
            author: self.author.as_deref(),
            readers: self.readers,
            repeated: self.repeated,
            brand: None,
        }
    }
}

/// One JSON object; a message without the line's number, which the caller knows better.
pub(super) fn parsed<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string().replace(" at line 1 column ", ", at column "))
}

/// What is wrong with a rating, where something is.
pub(super) fn rating_fault(rating: Option<f64>, most: Option<f64>) -> Option<String> {
    if let Some(most) = most.filter(|most| !most.is_finite() || *most <= 0.0) {
        return Some(format!("`rating_max` is {most}, and should be above 0"));
    }
    let rating = rating?;
    let limit = most.unwrap_or(MOST_RATING);
    if rating.is_finite() && (0.0..=limit).contains(&rating) {
        return None;
    }
    let of = if most.is_some() { "its `rating_max`" } else { "the largest scale without a `rating_max`" };
    Some(format!("`rating` is {rating}, and should be from 0 to {limit}, {of}"))
}

/// An id as it was written: a number that is read and written again may come out as another.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Id(Box<RawValue>);

impl Id {
    /// As labels name it; a number too large for any other form is its own text.
    pub(super) fn value(&self) -> Value {
        serde_json::from_str(self.0.get()).unwrap_or_else(|_| Value::String(self.0.get().to_owned()))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        // Only its form was looked at: a string may hold half a character, and lists may be too deep for whoever reads the answer.
        if !raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            parsed::<Value>(raw.get().as_bytes()).map_err(|error| D::Error::custom(format!("`id`: {error}")))?;
        }
        Ok(Self(raw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(line: &str) -> String {
        Line::read(line.as_bytes()).err().unwrap_or_default()
    }

    #[test]
    fn null_is_no_text() {
        for line in ["{}", "{\"text\": null}", "{\"text\": null, \"title\": null}", "{\"text\": null, \"title\": \" \"}", "{\"id\": 6}"] {
            assert!(fault(line).starts_with("there is neither `text` nor `title`"), "{line}: {}", fault(line));
        }
        for line in ["{\"text\": null, \"title\": \"late\"}", "{\"title\": \"late\"}", "{\"text\": \"\"}"] {
            assert_eq!(fault(line), "", "{line}");
        }
    }

    #[test]
    fn ratings_stay_on_their_scale() {
        let rated = |rest: &str| fault(&format!("{{\"text\": \"late\", {rest}}}"));
        for rest in ["\"rating\": 0", "\"rating\": 8", "\"rating\": 100", "\"rating\": 3, \"rating_max\": 3", "\"rating\": null"] {
            assert_eq!(rated(rest), "", "{rest}");
        }
        assert_eq!(rated("\"rating\": -1"), "`rating` is -1, and should be from 0 to 100, the largest scale without a `rating_max`");
        assert_eq!(rated("\"rating\": 6, \"rating_max\": 5"), "`rating` is 6, and should be from 0 to 5, its `rating_max`");
        assert!(rated("\"rating\": 101").starts_with("`rating` is 101"));
        assert_eq!(rated("\"rating\": 3, \"rating_max\": 0"), "`rating_max` is 0, and should be above 0");
        assert!(rated("\"rating_max\": -5").starts_with("`rating_max` is -5"));
        assert!(rating_fault(Some(f64::NAN), None).is_some() && rating_fault(Some(1.0), Some(f64::INFINITY)).is_some());
    }

    #[test]
    fn ids_come_back_as_they_were_written() {
        for id in ["1.5e3", "123456789012345678901234567890", "1.0", "-0", "1e999", "\"\\u6162\"", "{\"a\": 1.50}", "null", "7"] {
            let line = Line::read(format!("{{\"id\": {id}, \"text\": \"late\"}}").as_bytes()).expect(id);
            assert_eq!(serde_json::to_string(&line.id).expect("it is JSON"), id);
        }
        let none = Line::read(b"{\"text\": \"late\"}").expect("an id may be missing");
        assert_eq!((none.id.value(), serde_json::to_string(&none.id).expect("it is JSON")), (Value::Null, "null".to_owned()));
        assert!(fault("{\"id\": \"\\ud800\", \"text\": \"late\"}").starts_with("`id`: "));
    }
}
