//! From a document's text to entries as the source wrote them: still markup, still the source's own words.

pub mod bounds;
mod byline;
mod emptied;
pub mod endpoint;
pub mod feed;
mod json;
pub mod learn;
pub mod page;
mod paging;
pub mod raw_items;
pub mod recognise;
pub mod replies;
mod second_reader;
mod stars;
pub mod structured;
mod xml;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use jiff::tz::TimeZone;
use serde_json::Value;
use url::Url;

use super::fetch::FetchFailure;
use super::normalise::time::{FUTURE, Stated, order};
use crate::model::{Asks, FailureKind, Moment};

/// What is known about a document besides its text.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Relative links are relative to this.
    pub base: &'a Url,
    /// For times without an offset.
    pub timezone: &'a TimeZone,
    pub now: Moment,
    /// Entries beyond this many are left out; of a feed, the oldest, and where nobody can tell which these are, those beyond
    /// `undated_most`.
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
    /// The best rating where neither `rating` nor the source's settings say it.
    pub scale: Option<f64>,
    pub published: Option<Moment>,
    pub updated: Option<Moment>,
    pub written: Written,
    /// `xml:base` or the like, where the entry has its own.
    pub base: Option<String>,
    /// Whatever else the source's fields name.
    pub extra: BTreeMap<String, Value>,
}

/// An entry's times in numbers as they are written, to be read together with those of the others (`read_dates`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub published: Option<String>,
    pub updated: Option<String>,
}

/// Where a feed's dates do not say which end of it is the new one, so many times as many entries are read: whichever is cut off may be
/// the new ones.
const UNDATED_TIMES: usize = 4;

/// Entries of a feed that does not say which of them are the newest, at most.
#[must_use]
pub const fn undated_most(max_items: usize) -> usize {
    max_items.saturating_mul(UNDATED_TIMES)
}

/// Most feeds begin with their newest item; one that begins with its oldest would never show it. Which entries of a feed of `count` are read, by the dates of its first and its last one.
pub(super) fn kept(count: usize, (first, last): (Option<Moment>, Option<Moment>), max_items: usize) -> Range<usize> {
    match first.zip(last).map(|(first, last)| first.cmp(&last)) {
        Some(Ordering::Less) => count.saturating_sub(max_items)..count,
        Some(Ordering::Greater) => 0..count.min(max_items),
        Some(Ordering::Equal) | None => 0..count.min(undated_most(max_items)),
    }
}

impl Raw {
    /// With its times of publication and of change. One of the future is said to be.
    pub(super) fn dated(mut self, [published, updated]: [Option<Stated>; 2]) -> Self {
        if [published, updated].iter().flatten().any(|stated| stated.is_future) {
            self.extra.insert(FUTURE.to_owned(), true.into());
        }
        self.published = published.map(|stated| stated.at);
        self.updated = updated.map(|stated| stated.at);
        self
    }
}

/// The entries of one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extracted {
    pub entries: Vec<Raw>,
    /// Something was repaired or left out to get this far; said in remarks and the source's status.
    pub degraded: Option<&'static str>,
    /// No item is there, in a list that holds more than an empty one does: where items were before, the page was rebuilt.
    pub emptied: bool,
    /// The document ends in the middle: what is missing may come with the next answer, so this one's validators are not kept.
    pub cut: bool,
    /// How often a feed wants to be looked at.
    pub asks: Asks,
    /// Some of its dates could be read only by the others of the list: what is read of it alone lacks them.
    pub dated_together: bool,
    /// Of a feed: it has more entries than are read.
    pub has_more: bool,
    /// The next page of a list.
    pub next: Option<Url>,
}

/// Reads the dates of a list that can be read in two ways by the others of it, its language and the source's zone (`time::order`); whether
/// there was one.
pub(super) fn read_dates(entries: &mut [Raw], language: Option<&str>, context: &Context<'_>) -> bool {
    let is_open = |at: Option<Moment>, text: &Option<String>| at.is_none() && text.as_deref().is_some_and(order::is_open);
    let open = |entry: &Raw| is_open(entry.published, &entry.written.published) || is_open(entry.updated, &entry.written.updated);
    if !entries.iter().any(open) {
        return false;
    }
    let texts = entries.iter().filter_map(|entry| entry.written.published.as_deref().or(entry.written.updated.as_deref()));
    let order = order::order(texts, language, context.timezone, context.now);
    let read = |text: &Option<String>| order::parse_in(text.as_deref()?, order, context.timezone, context.now);
    for entry in entries {
        entry.published = entry.published.or_else(|| read(&entry.written.published));
        entry.updated = entry.updated.or_else(|| read(&entry.written.updated));
    }
    true
}

pub(super) fn failure(kind: FailureKind, detail: impl Into<String>) -> FetchFailure {
    FetchFailure::new(kind, detail)
}

/// Plain text as markup, since what comes after expects markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_end_is_kept_where_it_is_known() {
        let day = |day: i64| Some(Moment::from_secs(day * 86_400));
        assert_eq!(kept(9, (day(1), day(9)), 3), 6..9);
        assert_eq!(kept(9, (day(9), day(1)), 3), 0..3);
        assert_eq!((kept(9, (None, None), 3), kept(99, (None, day(1)), 3)), (0..9, 0..12));
        assert_eq!((kept(3, (day(1), day(9)), 3), kept(9, (None, None), usize::MAX)), (0..3, 0..9));
    }
}
