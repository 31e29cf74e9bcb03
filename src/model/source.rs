//! What is remembered of a source between polls, and the closed set of ways a poll fails.

use serde::Serialize;

use super::words::words;
use super::{Moment, Pace, Watch};

/// The row of a source: everything the next poll needs to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SourceState {
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

/// Why a poll brought nothing. Each kind has a word for metrics and a next step for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    Dns,
    Connect,
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
    Refused,
    Empty,
    Silent,
    Folder,
    Internal,
}

words!(FailureKind {
    Dns = "dns",
    Connect = "connect",
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
    Refused = "refused",
    Empty = "empty",
    Silent = "silent",
    Folder = "folder",
    Internal = "internal",
});

impl FailureKind {
    /// What the operator does about it: one sentence.
    #[must_use]
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::Dns => "Check the host name in `url`, and this machine's DNS.",
            Self::Connect => "The server refuses or drops connections: check that the address works in a browser, then the firewall.",
            Self::Tls => {
                "The server's certificate is not trusted, expired or for another name: fix it there, or list its CA in `http.ca_file`."
            }
            Self::Timeout => "The server answers too slowly: raise `http.timeout`, or poll less often.",
            Self::Auth => "The server asks for credentials: set or renew the source's `headers`, or the mailbox's password.",
            Self::Blocked => {
                "The site refuses us (403, captcha or a waiting page): ask its owner, poll less often, or use its feed or API."
            }
            Self::Robots => {
                "The site's robots.txt forbids this address: choose another one; set `ignore_robots = true` only where you own the site."
            }
            Self::Throttled => "The site asks us to slow down: raise the source's `interval`.",
            Self::NotFound => "Nothing is at this address any more: find the new one and change `url`.",
            Self::Server => "The site has an error of its own: nothing to do unless it lasts.",
            Self::Redirect => "The address redirects in a circle, too often or to another scheme: put the final address into `url`.",
            Self::PrivateAddress => "The address leads into a private network: list it in `http.allow_private` where that is wanted.",
            Self::TooBig => "The answer is larger than the limits: use a smaller page or raise `collect.max_bytes`.",
            Self::Encoding => "The compressed answer is damaged or in a form we do not read: report it to the site.",
            Self::NotAFeed => "The address answers something that is no feed: open it in a browser and look for the feed's own link.",
            Self::LoginPage => "The address shows a login page: choose a public one.",
            Self::Parse => "The document is damaged beyond repair: report it to the site.",
            Self::Drift => {
                "The page or answer was rebuilt and its list is not where it was: `hearken probe URL` shows it and proposes a new `select` or `json`."
            }
            Self::Refused => {
                "The service answers an error in words of its own, told above: check the address, its parameters and the source's `headers`."
            }
            Self::Empty => "There are no items where there were some before: open the address and see whether reviews are still there.",
            Self::Silent => "Nothing new for longer than this source is usually silent: open the address and compare.",
            Self::Folder => {
                "The folder or a file in it cannot be read or moved: check that it is there, and that Hearken's user may read, write and rename in it."
            }
            Self::Internal => "A fault of our own: the log has the details; please report it.",
        }
    }
}
