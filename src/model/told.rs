//! What befell a source, a receiver or Hearken itself, as data: words are made of it when somebody reads it, in their language.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::words::words;
use super::{FailureKind, Moment, Severity};

/// Names listed one by one; the others are counted.
const NAMED: usize = 20;

/// What an incident without a mention tells. Kept as JSON beside its English title and detail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub title: Phrase,
    /// Line by line; an empty one parts paragraphs.
    pub lines: Vec<Phrase>,
    /// How it ended without anybody's help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Over>,
}

impl Told {
    #[must_use]
    pub const fn new(title: Phrase, lines: Vec<Phrase>) -> Self {
        Self { title, lines, over: None }
    }

    /// Of words that were stored as such, by an earlier release.
    #[must_use]
    pub fn as_it_stands(title: &str, detail: &str) -> Self {
        Self::new(Phrase::raw(title), detail.lines().map(Phrase::raw).collect())
    }
}

/// A sentence: a phrase of the files of words by its key in `[trouble]`, with the values that are filled in, or words that stand as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Phrase {
    Said {
        say: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        with: BTreeMap<String, Value>,
    },
    /// Of a stranger, a file or a library; it may have several lines.
    Raw(String),
}

impl Phrase {
    #[must_use]
    pub fn said(key: &str) -> Self {
        Self::Said { say: key.to_owned(), with: BTreeMap::new() }
    }

    /// The phrase of one where `count` is 1 (`key_one`), else of many; `{count}` is filled in.
    #[must_use]
    pub fn counted(key: &str, count: usize) -> Self {
        if count == 1 { Self::said(&format!("{key}_one")) } else { Self::said(key) }.with("count", count.to_string())
    }

    #[must_use]
    pub fn raw(words: impl Into<String>) -> Self {
        Self::Raw(words.into())
    }

    /// Between two paragraphs.
    #[must_use]
    pub const fn gap() -> Self {
        Self::Raw(String::new())
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Self::Said { with, .. } = &mut self {
            with.insert(name.to_owned(), value.into());
        }
        self
    }

    #[must_use]
    pub fn is_gap(&self) -> bool {
        matches!(self, Self::Raw(words) if words.is_empty())
    }
}

/// What is filled into a phrase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Text(String),
    At(Moment),
    /// The date alone, where its reader is; for log and store in UTC.
    Day(Moment),
    Seconds(u64),
    Failure(FailureKind),
    Severity(Severity),
    Names {
        names: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    Phrase(Box<Phrase>),
    /// One after the other, with a semicolon between them.
    Phrases(Vec<Phrase>),
}

impl Value {
    /// The first of them by name.
    #[must_use]
    pub fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        Self::Names { names, more }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Moment> for Value {
    fn from(at: Moment) -> Self {
        Self::At(at)
    }
}

impl From<Duration> for Value {
    fn from(span: Duration) -> Self {
        Self::Seconds(span.as_secs())
    }
}

impl From<FailureKind> for Value {
    fn from(kind: FailureKind) -> Self {
        Self::Failure(kind)
    }
}

impl From<Phrase> for Value {
    fn from(phrase: Phrase) -> Self {
        Self::Phrase(Box::new(phrase))
    }
}

/// How trouble ended by itself; `over_...` in the files of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Over {
    Source,
    Host,
    Network,
    Removed,
    Usual,
    New,
    Together,
    Texts,
    Canary,
    Channel,
    Delivery,
    Files,
    Credential,
    Mail,
    Answered,
}

words!(Over {
    Source = "source",
    Host = "host",
    Network = "network",
    Removed = "removed",
    Usual = "usual",
    New = "new",
    Together = "together",
    Texts = "texts",
    Canary = "canary",
    Channel = "channel",
    Delivery = "delivery",
    Files = "files",
    Credential = "credential",
    Mail = "mail",
    Answered = "answered",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_survives_its_row() {
        let told = Told {
            title: Phrase::said("source_title").with("source", "forum").with("kind", FailureKind::Dns),
            lines: vec![
                Phrase::said("since").with("since", Moment::from_secs(5)),
                Phrase::gap(),
                Phrase::raw("  --> a.toml:1:1"),
                Phrase::counted("x", 1).with("names", Value::names(["a"; 23])).with("span", Duration::from_mins(2)),
                Phrase::said("what").with("what", Phrase::said("what_status").with("status", "503")),
            ],
            over: Some(Over::Host),
        };
        let row = serde_json::to_string(&told).expect("JSON");
        assert_eq!(serde_json::from_str::<Told>(&row).expect("told"), told, "{row}");
        assert!(row.contains(r#""say":"x_one""#) && row.contains(r#""more":3"#) && row.contains(r#"{"seconds":120}"#), "{row}");
    }
}
