//! A source as the operator configured it, and when it is due.

use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use crate::model::Secret;

/// One `[[source]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceOptions {
    /// Unique; the source's id in the store, the metrics and the mails.
    pub name: String,
    pub kind: SourceKind,
    pub url: Url,
    pub interval: Duration,
    /// Every item is about this brand, whether it names it or not (a shop's own review page).
    pub brand: Option<String>,
    /// BCP 47, where the source's language is known.
    pub language: Option<String>,
    /// For times without an offset.
    pub timezone: TimeZone,
    pub headers: Vec<(String, Secret)>,
    /// Only where the operator owns the site.
    pub ignore_robots: bool,
    /// Longer than this without a new item raises an ops incident; none: never.
    pub silent_after: Option<Duration>,
    /// The scale of the source's ratings, where it does not say it itself.
    pub rating_max: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    Feed,
    Page(PageSelectors),
}

/// CSS selectors of a `kind = "page"` source; all but `item` are optional. `selector@attribute` reads an attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageSelectors {
    /// What must be there even when the list is empty: tells a rebuilt page from one without reviews.
    pub container: Option<String>,
    pub item: String,
    pub title: Option<String>,
    pub text: Option<String>,
    pub author: Option<String>,
    pub rating: Option<String>,
    pub time: Option<String>,
    pub link: Option<String>,
    /// Link to the next page, followed at most `pages - 1` times a poll.
    pub next: Option<String>,
    pub pages: usize,
}

/// Limits and manners shared by all sources (`[collect]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectOptions {
    /// Least time between two requests to one host.
    pub host_gap: Duration,
    /// Bytes on the wire.
    pub max_bytes: usize,
    /// Bytes after decompression.
    pub max_decoded_bytes: usize,
    pub max_redirects: usize,
    /// Items of one poll; what is beyond is left for the next.
    pub max_items: usize,
    /// Longest wait after repeated failures; a source is never given up.
    pub backoff_max: Duration,
    /// A source that failed this long raises an ops incident.
    pub down_after: Duration,
    /// Polls at the same time, over all hosts.
    pub concurrency: usize,
}
