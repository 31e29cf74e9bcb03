//! What the operator does about a source that cannot be read.

use super::{FailureKind, Phrase};

/// A failure, and what else is known of it as far as that changes what is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    pub kind: FailureKind,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// The site said how long it wants to be left alone.
    pub waits: bool,
    /// For longer than we ever wait.
    pub too_long: bool,
    /// It went through a proxy of the operator's, which may be what fails.
    pub by_proxy: bool,
    /// It could be read before: only then can something be missing that was there.
    pub read_before: bool,
}

impl From<FailureKind> for Failing {
    /// Of a kind alone: nothing else is known of the failure.
    fn from(kind: FailureKind) -> Self {
        Self { kind, status: None, waits: false, too_long: false, by_proxy: false, read_before: false }
    }
}

impl Failing {
    /// One sentence or two.
    #[must_use]
    pub const fn next_step(self) -> &'static str {
        self.step().1
    }

    /// The same for readers of any language.
    #[must_use]
    pub fn step_told(self) -> Phrase {
        Phrase::said(self.step().0)
    }

    /// The phrase of the files of words, and its English.
    // Long because it is one table.
    const fn step(self) -> (&'static str, &'static str) {
        use FailureKind as Kind;
        match self.kind {
            Kind::Dns | Kind::Connect if self.by_proxy => (
                "step_proxy",
                "The source goes through a proxy, named above, and does not get out of it: check that the proxy runs, is reached from here and \
                 lets us through to the site, or change the source's `proxy`.",
            ),
            Kind::Dns => ("step_dns", "No address is to be had for the host: check the host name in `url`, and this machine's DNS."),
            Kind::Connect => {
                ("step_connect", "The server refuses or drops connections: check that the address works in a browser, then the firewall.")
            }
            Kind::CutOff => (
                "step_cut_off",
                "The answer ends before it is whole: nothing to do unless it lasts; then look for a proxy or a limit between here and the site.",
            ),
            Kind::Tls => (
                "step_tls",
                "The server's certificate is not trusted, expired or for another name: fix it there, or list its CA in `http.ca_file`.",
            ),
            Kind::Timeout => ("step_timeout", "The server answers too slowly: nothing to do unless it lasts; then raise `http.timeout`."),
            Kind::Auth => self.without_credentials(),
            Kind::Blocked => self.refused(),
            Kind::Robots => (
                "step_robots",
                "The site's robots.txt forbids this address: choose another one; set `ignore_robots = true` only where you own the site.",
            ),
            Kind::Throttled | Kind::Server if self.too_long => (
                "step_wait_long",
                "The site asks for a longer wait than `collect.backoff_max`, after which it is asked again all the same; until then nothing of it is \
                 heard: ask its owner, or use its feed or API.",
            ),
            Kind::Throttled if self.waits => (
                "step_wait",
                "Nothing to do now: the wait is kept. If it comes often, raise the source's `interval`, or give the domain a `[[collect.budget]]`.",
            ),
            Kind::Throttled => (
                "step_slow",
                "The site asks us to slow down and does not say for how long: raise the source's `interval`, or give the domain a `[[collect.budget]]`.",
            ),
            Kind::NotFound => self.absent(),
            Kind::Server if self.waits => {
                ("step_server_waits", "The site is down or overloaded and says when to ask again: nothing to do unless it lasts.")
            }
            Kind::Server => ("step_server", "The site has an error of its own: nothing to do unless it lasts."),
            Kind::Redirect => {
                ("step_redirect", "The address redirects in a circle, too often or to another scheme: put the final address into `url`.")
            }
            Kind::PrivateAddress => {
                ("step_private", "The address leads into a private network: list it in `http.allow_private` where that is wanted.")
            }
            Kind::TooBig => (
                "step_big",
                "The answer is larger than a limit: use a smaller page, or raise `collect.max_bytes` (as it is sent) or `collect.max_decoded_bytes` (unpacked).",
            ),
            Kind::Encoding => ("step_encoding", "The compressed answer is damaged or in a form we do not read: report it to the site."),
            Kind::NotAFeed => (
                "step_no_feed",
                "The address answers something else than its source reads: open it in a browser and look for the feed's or the data's own address.",
            ),
            Kind::LoginPage => ("step_login", "The address shows a login page: choose a public one."),
            Kind::Parse => ("step_parse", "The document is damaged beyond repair: report it to the site."),
            Kind::Drift => (
                "step_drift",
                "The page or answer was rebuilt and its list is not where it was: `hearken probe URL` shows it and proposes a new `select` or `json`.",
            ),
            Kind::NoList => (
                "step_no_list",
                "The list is not where the source's `select` or `json` look for it: `hearken probe URL` shows what is there and proposes them.",
            ),
            Kind::Refused => (
                "step_refused",
                "The service answers an error in words of its own, told above: check the address, its parameters and the source's `headers`.",
            ),
            Kind::Empty if self.read_before => (
                "step_emptied",
                "There are no items where there were some before: open the address and see whether reviews are still there.",
            ),
            Kind::Empty => ("step_empty", "The address answers with nothing at all: open it, and check that it is the right one."),
            Kind::Silent => ("step_silent", "Nothing new for longer than this source is usually silent: open the address and compare."),
            Kind::Folder => (
                "step_folder",
                "The folder or a file in it cannot be read or moved: check that it is there, and that Hearken's user may read, write and rename in it.",
            ),
            Kind::Internal => ("step_internal", "A fault of our own: the log has the details; please report it."),
        }
    }

    const fn without_credentials(self) -> (&'static str, &'static str) {
        match self.status {
            Some(407) => ("step_auth_proxy", "The proxy asks for credentials (407): set or renew the user in `proxy` and its password."),
            Some(_) => ("step_auth", "The server asks for credentials: set or renew the source's `headers`."),
            None => (
                "step_auth_none",
                "The credentials are missing or not taken: set or renew the source's `headers`, or the mailbox's password.",
            ),
        }
    }

    const fn refused(self) -> (&'static str, &'static str) {
        match self.status {
            Some(403) => (
                "step_blocked",
                "The site refuses us (403): ask its owner to let us in, or use its feed or API. Asking more often changes nothing.",
            ),
            Some(451) => {
                ("step_law", "The site may not show this here, for reasons of law (451): find another address, or take the source out.")
            }
            Some(_) => {
                ("step_question", "The server does not take the question itself: check `url`, and what the source sends (`headers`).")
            }
            None => (
                "step_captcha",
                "The page is a captcha or a waiting page for browsers: ask the site's owner to let us in, or use its feed or API.",
            ),
        }
    }

    const fn absent(self) -> (&'static str, &'static str) {
        match (self.status, self.read_before) {
            (Some(410), _) => {
                ("step_gone", "The server says that it is gone for good (410): find its new address for `url`, or take the source out.")
            }
            (_, true) => ("step_moved", "Nothing is at this address any more: find the new one and change `url`."),
            (_, false) => ("step_absent", "Nothing is at this address: check `url`."),
        }
    }
}
