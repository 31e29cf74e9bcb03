//! What is remembered of a source between polls, and the closed set of ways a poll fails.

use serde::Serialize;

use super::words::words;
use super::{Failing, Moment, Pace, Phrase, Watch};

/// The row of a source: everything the next poll needs to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SourceState {
    /// What it remembers hangs on this; another name changes nothing of it. Never shown.
    #[serde(skip)]
    pub id: String,
    pub name: String,
    pub url: String,
    /// Host and port of `url`, lower case: the unit of politeness.
    pub host: String,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Hash of the last body, to skip one that did not change; 0 for none.
    pub body_hash: i64,
    pub next_due_at: Moment,
    /// Failed polls in a row.
    pub failures: i64,
    pub failure: Option<FailureKind>,
    pub failure_detail: Option<String>,
    /// When the present row of failures began.
    pub failing_since: Option<Moment>,
    pub last_polled_at: Option<Moment>,
    pub last_success_at: Option<Moment>,
    /// When a new item was last seen.
    pub last_item_at: Option<Moment>,
    /// The first good poll took what was there as known.
    pub baselined: bool,
    /// Its hub pushes until then, so that polls are rarer.
    pub pushed_until: Option<Moment>,
    /// No longer in the configuration; kept for its history.
    pub removed: bool,
    /// Key of the incident by which ops were told of the present failures; of a poll's state only the store decides it.
    pub told_as: Option<String>,
    pub watch: Watch,
    /// How often something new comes to it.
    pub pace: Pace,
    /// The place it has in its domain's budget, until it is polled then.
    pub turn_at: Option<Moment>,
}

impl SourceState {
    /// It failed when it was asked last, or has never answered: it may take the connection and say nothing.
    #[must_use]
    pub const fn is_doubtful(&self) -> bool {
        self.failures > 0 || self.last_success_at.is_none()
    }

    /// What it fails with now, and what is known of that.
    #[must_use]
    pub fn failing(&self) -> Option<Failing> {
        let kind = self.failure?;
        let last = self.watch.last_failure.as_ref().filter(|last| last.kind == kind.as_str());
        Some(Failing {
            kind,
            status: last.and_then(|last| last.status),
            waits: last.is_some_and(|last| last.asked.is_some()),
            too_long: last.and_then(|last| last.asked.as_ref()).is_some_and(|asked| asked.wanted.is_some()),
            by_proxy: last.is_some_and(|last| last.proxy.is_some()),
            read_before: self.last_success_at.is_some(),
        })
    }

    /// What happened at the last failure: the words that are stored of it, or the phrase that stands for them.
    #[must_use]
    pub fn failure_told(&self) -> Phrase {
        let last = self.watch.last_failure.as_ref().filter(|last| self.failure.is_some_and(|kind| last.kind == kind.as_str()));
        let words = || self.failure_detail.clone().unwrap_or_default();
        last.and_then(|last| last.told.clone()).unwrap_or_else(|| Phrase::said("what_words").with("words", words()))
    }
}

/// Why a poll brought nothing. Each kind has a word for metrics and, with what else is known, a next step for the operator (`Failing`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    Dns,
    Connect,
    CutOff,
    Tls,
    Timeout,
    Auth,
    Blocked,
    Robots,
    Throttled,
    NotFound,
    Server,
    Redirect,
    PrivateAddress,
    TooBig,
    Encoding,
    NotAFeed,
    LoginPage,
    Parse,
    Drift,
    NoList,
    Refused,
    Empty,
    Silent,
    Folder,
    Internal,
}

words!(FailureKind {
    Dns = "dns",
    Connect = "connect",
    CutOff = "cut_off",
    Tls = "tls",
    Timeout = "timeout",
    Auth = "auth",
    Blocked = "blocked",
    Robots = "robots",
    Throttled = "throttled",
    NotFound = "not_found",
    Server = "server",
    Redirect = "redirect",
    PrivateAddress = "private_address",
    TooBig = "too_big",
    Encoding = "encoding",
    NotAFeed = "not_a_feed",
    LoginPage = "login_page",
    Parse = "parse",
    Drift = "drift",
    NoList = "no_list",
    Refused = "refused",
    Empty = "empty",
    Silent = "silent",
    Folder = "folder",
    Internal = "internal",
});
