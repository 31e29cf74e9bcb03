//! From a document's text to entries as the source wrote them: still markup, still the source's own words.

pub mod bounds;
pub mod endpoint;
pub mod feed;
mod json;
pub mod page;
pub mod raw_items;
pub mod recognise;
mod repair;
mod salvage;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::Value;
use url::Url;

use super::fetch::FetchFailure;
use crate::model::{FailureKind, Moment};

/// What is known about a document besides its text.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Relative links are relative to this.
    pub base: &'a Url,
    /// For times without an offset.
    pub timezone: &'a TimeZone,
    pub now: Moment,
    /// Entries beyond this many are left for the next poll.
    pub max_items: usize,
}

/// An entry as the source wrote it. `title` and `text` may hold markup.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raw {
    pub id: Option<String>,
    pub link: Option<String>,
    pub title: Option<String>,
    pub text: Option<String>,
    pub author: Option<String>,
    pub rating: Option<String>,
    pub published: Option<Moment>,
    pub updated: Option<Moment>,
    /// `xml:base` or the like, where the entry has its own.
    pub base: Option<String>,
    /// Whatever else the source's fields name.
    pub extra: BTreeMap<String, Value>,
}

/// The entries of one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extracted {
    pub entries: Vec<Raw>,
    /// Something was repaired or left out to get this far; said in remarks and the source's status.
    pub degraded: Option<&'static str>,
    /// The next page of a list.
    pub next: Option<Url>,
}

pub(super) fn failure(kind: FailureKind, detail: impl Into<String>) -> FetchFailure {
    FetchFailure::new(kind, detail)
}
