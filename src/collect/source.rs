//! A source as the operator configured it, and when it is due.

use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use super::canary::Canary;
use super::credential::Credential;
use super::extract::endpoint::JsonOptions;
use super::fetch::{FetchFailure, Sending};
use super::files::FileOptions;
use super::hash;
use super::holidays::Holidays;
use super::host::host_of;
use super::inbound::InboundAuth;
use super::mail::MailOptions;
use super::manners::Manners;
use super::pace::{self, Bounds};
use super::why::Why;
use crate::model::{Asked, FailureKind, Moment, Pace, Recheck, Secret, SourceState};
use crate::outbound::ProxyOptions;

/// One `[[source]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceOptions {
    /// Unique; the source's id in the store, the metrics and the mails.
    pub name: String,
    pub kind: SourceKind,
    pub url: Url,
    /// Between two polls; where the source has a pace, between those of its first day at most.
    pub interval: Duration,
    /// By its own pace, between these; none: at the interval.
    pub pace: Option<Bounds>,
    /// Every item is about this brand, whether it names it or not (a shop's own review page).
    pub brand: Option<String>,
    /// BCP 47, where the source's language is known.
    pub language: Option<String>,
    /// For times without an offset.
    pub timezone: TimeZone,
    /// Cookies of a file are among them.
    pub headers: Vec<(String, Secret)>,
    /// What of them expires.
    pub credentials: Vec<Credential>,
    /// Asked through this proxy.
    pub proxy: Option<ProxyOptions>,
    /// Only where the operator owns the site.
    pub ignore_robots: bool,
    /// Longer than this without a new item raises an ops incident; none: as the source's own cadence has it.
    pub silent_after: Option<Duration>,
    /// Days on which its silence says nothing.
    pub holidays: Holidays,
    /// What the source always shows.
    pub canary: Option<Canary>,
    /// How many read it in a month, as the operator estimates.
    pub readers: Option<u64>,
    /// The scale of the source's ratings, where it does not say it itself.
    pub rating_max: Option<f64>,
    /// Whether the hub a feed names is subscribed to; none: where a hub can call us.
    pub websub: Option<bool>,
    /// When the pages of its mentions are looked at again.
    pub recheck: Recheck,
}

impl SourceOptions {
    /// A source about which nothing but its name, kind and address is said: what the settings' defaults are, but for the
    /// pace: it is asked for at the interval.
    #[must_use]
    pub fn plain(name: impl Into<String>, kind: SourceKind, url: Url) -> Self {
        Self {
            name: name.into(),
            kind,
            url,
            interval: INTERVAL,
            pace: None,
            brand: None,
            language: None,
            timezone: TimeZone::UTC,
            headers: Vec::new(),
            credentials: Vec::new(),
            proxy: None,
            ignore_robots: false,
            silent_after: None,
            holidays: Holidays::default(),
            canary: None,
            readers: None,
            rating_max: None,
            websub: None,
            recheck: Recheck::default(),
        }
    }

    /// What is sent besides the address: of JSON endpoints, to their own host alone.
    #[must_use]
    pub fn sending(&self, own: bool) -> Sending<'_> {
        match &self.kind {
            SourceKind::Json(options) => Sending {
                parameters: if own { &options.parameters } else { &[] },
                post: options.body.as_ref().map(|body| (body.text.as_str(), body.content_type)),
                body_secrets: if own { &options.body_secrets } else { &[] },
            },
            SourceKind::Feed | SourceKind::Page(_) | SourceKind::Files(_) | SourceKind::Inbound(_) | SourceKind::Mail(_) => {
                Sending::default()
            }
        }
    }

    /// A hash of what decides how the document is read. Where it differs from the last poll's, an unchanged document has to be
    /// read all the same.
    #[must_use]
    pub fn reading(&self) -> i64 {
        let zone = self.timezone.iana_name().unwrap_or_default();
        let kind = format!("{:?}", self.kind);
        match &self.canary {
            None => hash::stable_i64(&[kind.as_bytes(), zone.as_bytes()]),
            Some(canary) => hash::stable_i64(&[kind.as_bytes(), zone.as_bytes(), canary.phrase.as_bytes()]),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    Feed,
    Page(PageSelectors),
    /// A folder into which files are dropped; its address is `file:///folder/`.
    Files(FileOptions),
    Json(Box<JsonOptions>),
    /// Pushes to us; its address is `inbound:NAME`.
    Inbound(InboundAuth),
    /// A mailbox; its address is `imaps://host`.
    Mail(MailOptions),
}

impl SourceKind {
    /// As `kind = ".."` has it, and as the store remembers it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Page(_) => "page",
            Self::Files(_) => "files",
            Self::Json(_) => "json",
            Self::Inbound(_) => "inbound",
            Self::Mail(_) => "mail",
        }
    }
}

/// CSS selectors of a `kind = "page"` source, all optional. `selector@attribute` reads an attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageSelectors {
    /// What must be there even when the list is empty: tells a rebuilt page from one without reviews.
    pub container: Option<String>,
    /// Empty: the page's own markup (schema.org, h-review) says what an item is.
    pub item: String,
    pub title: Option<String>,
    pub text: Option<String>,
    pub author: Option<String>,
    pub rating: Option<String>,
    pub time: Option<String>,
    pub link: Option<String>,
    /// Link to the next page, followed at most `pages - 1` times a poll; without a selector it is looked for.
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
    /// Items of one document: the newest.
    pub max_items: usize,
    /// Longest wait after repeated failures; a source is never given up.
    pub backoff_max: Duration,
    /// A source that failed this long raises an ops incident.
    pub down_after: Duration,
    /// Polls at the same time, over all hosts.
    pub concurrency: usize,
    pub manners: Manners,
}

/// The time between two polls where the operator says nothing.
pub const INTERVAL: Duration = Duration::from_mins(15);

/// First polls are spread over the interval, but nobody waits longer than this to see a new source work.
const FIRST_SPREAD_MAX: Duration = Duration::from_secs(15 * 60);

/// A failure that often heals by itself is tried again after this, however long the interval is.
const QUICK_RETRY: Duration = Duration::from_secs(60);

/// A `Retry-After` is obeyed up to a day; beyond that it is a mistake of the server.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 3600);

/// What a site may be said to ask for: beyond ten years it is no date any more.
const ASKED_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Polls are moved by up to a tenth of their wait, so that sources do not march in step.
const JITTER_PARTS: u64 = 10;

/// A round takes what is due within this part of its interval: twice the jitter, so that cron and jitter do not make every second
/// round an idle one.
const ROUND_PARTS: u32 = 5;

/// Failures a person has to look at are told after this many polls in a row, well before `down_after`.
const TOLD_AFTER_FAILURES: i64 = 3;

/// What a poll came to, as far as the next one depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollOutcome {
    /// Also an unchanged document.
    Success,
    Failure {
        kind: FailureKind,
        retry_after: Option<Duration>,
    },
}

/// When a source that was never polled is first due: spread by a hash of its name.
#[must_use]
pub fn first_due(name: &str, interval: Duration, now: Moment) -> Moment {
    let spread = micros(interval.min(FIRST_SPREAD_MAX));
    now.plus(Duration::from_micros(hash::stable(&[name.as_bytes()]) % spread.max(1)))
}

/// Whether a round that is run now and then, as by cron, takes a source although it is not due yet: one that was never polled, or one
/// that is due so soon that the next round, an interval later, would find it overdue. Where a hub pushes to a daemon, polls are rarer
/// than the interval; rounds do not rely on that. A wait after a failure or for a turn is never cut short.
#[must_use]
pub fn due_this_round(state: &SourceState, interval: Duration, now: Moment) -> bool {
    let soon = now.plus(interval / ROUND_PARTS);
    let Some(polled_at) = state.last_polled_at else { return true };
    let due_at = if state.pushed_until.is_some() { state.next_due_at.min(polled_at.plus(interval)) } else { state.next_due_at };
    state.failures == 0 && state.turn_at.is_none() && due_at <= soon
}

/// When a source is due again. `failures` counts the failed polls in a row, this one included. A source is never
/// given up: waits double up to `backoff_max` (or the interval, where that is longer), and what a site asks for is kept to up to there.
#[must_use]
pub fn next_due(source: &SourceOptions, pace: &Pace, outcome: PollOutcome, failures: i64, backoff_max: Duration, now: Moment) -> Moment {
    match outcome {
        PollOutcome::Success => match source.pace {
            Some(bounds) => {
                let (wait, why) = pace::wait(pace, bounds, now);
                let jitter = jitter(&source.name, wait, now);
                // The ceiling is a promise, so the jitter makes these waits shorter; but not shorter than somebody asked for.
                let wait = if why.is_asked() { (wait + jitter).min(bounds.most) } else { wait.saturating_sub(jitter).max(bounds.least) };
                now.plus(wait)
            }
            // An interval that the operator wrote is kept, whatever the site says.
            None => later(&source.name, source.interval, now),
        },
        PollOutcome::Failure { kind, retry_after } => {
            let usual = usual(source, pace, now);
            let back_off = back_off(usual, kind, failures, backoff_max);
            let most = backoff_max.max(usual).min(RETRY_AFTER_MAX);
            later(&source.name, back_off.max(retry_after.unwrap_or_default().min(most)), now)
        }
    }
}

/// How often a source is polled now while all is well, and why.
#[must_use]
pub fn rhythm(source: &SourceOptions, pace: &Pace, now: Moment) -> (Duration, Why) {
    match source.pace {
        Some(bounds) => pace::wait(pace, bounds, now),
        None => (source.interval, Why::Fixed),
    }
}

fn usual(source: &SourceOptions, pace: &Pace, now: Moment) -> Duration {
    source.pace.map_or(source.interval, |bounds| pace::wait(pace, bounds, now).0)
}

fn later(name: &str, wait: Duration, now: Moment) -> Moment {
    now.plus(wait).plus(jitter(name, wait, now))
}

/// Whether a source has failed long or clearly enough to tell its operator: one whose site wants to be left alone for longer than we
/// ever wait is blind from the first failure on.
#[must_use]
pub fn is_down(state: &SourceState, down_after: Duration, now: Moment) -> bool {
    let (Some(kind), Some(since)) = (state.failure, state.failing_since) else { return false };
    let too_long = state.failing().is_some_and(|failing| failing.too_long);
    now.since(since) >= down_after || too_long || (needs_a_person(kind) && state.failures >= TOLD_AFTER_FAILURES)
}

/// Failures that no amount of waiting heals: somebody has to look, here or at the site. Of the others, which pass by themselves as a rule, only
/// their length tells.
const fn needs_a_person(kind: FailureKind) -> bool {
    use FailureKind as Kind;
    !matches!(
        kind,
        Kind::Dns
            | Kind::Connect
            | Kind::CutOff
            | Kind::Timeout
            | Kind::Throttled
            | Kind::Server
            | Kind::Empty
            | Kind::Silent
            | Kind::Folder
            | Kind::Internal
    )
}

/// Failures that often heal within minutes.
const fn heals_quickly(kind: FailureKind) -> bool {
    use FailureKind as Kind;
    matches!(kind, Kind::Dns | Kind::Connect | Kind::CutOff | Kind::Timeout | Kind::Server | Kind::Internal)
}

/// Whether the wait grows with each failure of this kind: a list that is empty has been read all the same.
#[must_use]
pub const fn waits_longer(kind: FailureKind) -> bool {
    !matches!(kind, FailureKind::Empty | FailureKind::Silent)
}

/// The wait that a failure asks of its address, where it decides over when the source is due again.
#[must_use]
pub fn asked(failure: &FetchFailure, next_due_at: Moment, now: Moment) -> Option<Asked> {
    let span = failure.retry_after.filter(|span| !span.is_zero())?.min(ASKED_MAX);
    let by = failure.asked_by.as_ref().map(|url| host_of(url)).unwrap_or_default();
    let decides = next_due_at <= now.plus(span).plus(Duration::from_micros(micros(span) / JITTER_PARTS));
    let (until, wanted) = (now.plus(span).min(next_due_at), now.plus(span));
    let wanted = (wanted > next_due_at).then_some(wanted);
    decides.then(|| Asked { until, wanted, by: format!("{} from {by}", failure.status.unwrap_or_default()) })
}

fn back_off(interval: Duration, kind: FailureKind, failures: i64, backoff_max: Duration) -> Duration {
    if !waits_longer(kind) {
        return interval;
    }
    let base = if heals_quickly(kind) { interval.min(QUICK_RETRY) } else { interval };
    let doublings = u32::try_from(failures.saturating_sub(1).clamp(0, 20)).unwrap_or(0);
    base.saturating_mul(1 << doublings).min(backoff_max.max(interval))
}

fn jitter(name: &str, wait: Duration, now: Moment) -> Duration {
    let most = micros(wait) / JITTER_PARTS;
    Duration::from_micros(hash::stable(&[name.as_bytes(), &now.0.to_le_bytes()]) % most.max(1))
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Asks;

    const HOUR: Duration = Duration::from_secs(3600);

    fn source(interval: Duration) -> SourceOptions {
        let url = Url::parse("https://example.com/feed").expect("an address");
        SourceOptions { interval, ..SourceOptions::plain("shop", SourceKind::Feed, url) }
    }

    fn wait(outcome: PollOutcome, failures: i64) -> Duration {
        let now = Moment::from_secs(1_800_000_000);
        next_due(&source(HOUR), &Pace::default(), outcome, failures, 6 * HOUR, now).since(now)
    }

    fn about(wait: Duration, wanted: Duration) -> bool {
        wait >= wanted && wait <= wanted + wanted / 10
    }

    #[test]
    fn first_polls_spread_and_repeat() {
        let now = Moment::from_secs(1_000);
        let due: Vec<Moment> = (0..200).map(|n| first_due(&format!("source {n}"), HOUR, now)).collect();
        assert!(due.iter().all(|at| at.since(now) < FIRST_SPREAD_MAX));
        let early = due.iter().filter(|at| at.since(now) < FIRST_SPREAD_MAX / 2).count();
        assert!((60..140).contains(&early), "{early} of 200 in the first half");
        assert_eq!(first_due("shop", HOUR, now), first_due("shop", HOUR, now));
    }

    #[test]
    fn a_good_poll_waits_the_interval_that_was_written_whatever_the_site_asks_for() {
        assert!(about(wait(PollOutcome::Success, 0), HOUR));
        let now = Moment::from_secs(1_800_000_000);
        let asking = Pace { holds_s: 7_200, asks: Asks { every_s: 86_400, skip_hours: 0xff_fffe, ..Asks::default() }, ..Pace::default() };
        let next = next_due(&source(HOUR), &asking, PollOutcome::Success, 0, 6 * HOUR, now);
        assert!(about(next.since(now), HOUR));
        assert_eq!(rhythm(&source(HOUR), &asking, now), (HOUR, Why::Fixed));
    }

    #[test]
    fn what_is_asked_for_is_kept_within_the_ceiling_and_not_undercut_by_chance() {
        let now = Moment::from_secs(1_800_000_000);
        let bounds = Bounds { least: HOUR / 12, most: HOUR * 2 };
        let busy = Pace { since: Some(now.minus(24 * 9 * HOUR)), at: now, mostly: 300.0, ..Pace::default() };
        let wait = |asks: Asks| {
            let source = SourceOptions { pace: Some(bounds), ..source(HOUR / 4) };
            next_due(&source, &Pace { asks, ..busy }, PollOutcome::Success, 0, 6 * HOUR, now).since(now)
        };
        assert!(wait(Asks::default()) < HOUR / 4);
        for every in [30, 60, 119] {
            let asked = Duration::from_mins(every);
            let wait = wait(Asks { every_s: asked.as_secs(), ..Asks::default() });
            assert!(wait >= asked && wait <= bounds.most, "{every}: {wait:?}");
        }
        assert_eq!(wait(Asks { every_s: 7 * 86_400, ..Asks::default() }), bounds.most);
        assert_eq!(wait(Asks { skip_hours: (1 << 23) - 1, skip_days: 0x3f, ..Asks::default() }), bounds.most, "a week of silence");
    }

    #[test]
    fn failures_back_off_to_a_ceiling_and_never_give_up() {
        let timeout = PollOutcome::Failure { kind: FailureKind::Timeout, retry_after: None };
        assert!(about(wait(timeout, 1), QUICK_RETRY));
        assert!(about(wait(timeout, 3), 4 * QUICK_RETRY));
        assert!(about(wait(timeout, i64::MAX), 6 * HOUR));
        let blocked = PollOutcome::Failure { kind: FailureKind::Blocked, retry_after: None };
        assert!(about(wait(blocked, 2), 2 * HOUR));
    }

    #[test]
    fn retry_after_is_obeyed_as_long_as_any_failure_waits() {
        let throttled = |hours: u32| PollOutcome::Failure { kind: FailureKind::Throttled, retry_after: Some(HOUR * hours) };
        assert!(about(wait(throttled(5), 1), 5 * HOUR));
        assert!(about(wait(throttled(9_000), 1), 6 * HOUR));
    }

    #[test]
    fn a_source_with_a_pace_never_waits_beyond_its_ceiling() {
        let now = Moment::from_secs(1_800_000_000);
        let bounds = Bounds { least: HOUR / 12, most: HOUR / 2 };
        let source = SourceOptions { pace: Some(bounds), ..source(HOUR / 4) };
        let quiet = Pace { since: Some(now.minus(24 * 9 * HOUR)), at: now, ..Pace::default() };
        let wait = |pace: &Pace, outcome| next_due(&source, pace, outcome, 1, 6 * HOUR, now).since(now);
        let good = PollOutcome::Success;
        assert!(wait(&quiet, good) <= bounds.most && wait(&quiet, good) >= bounds.most - bounds.most / 10);
        assert_eq!(wait(&Pace { lately: 90.0, mostly: 90.0, ..quiet }, good), bounds.least);
        let blocked = PollOutcome::Failure { kind: FailureKind::Blocked, retry_after: None };
        assert!(about(wait(&quiet, blocked), bounds.most), "a failure waits as long as it usually does");
    }

    #[test]
    fn a_round_takes_what_is_new_and_what_is_due_soon_and_waits_after_failures() {
        let now = Moment::from_secs(1_000_000);
        let state = |polled: bool, failures: i64, left: Duration| SourceState {
            last_polled_at: polled.then_some(now),
            failures,
            next_due_at: now.plus(left),
            ..SourceState::default()
        };
        assert!(due_this_round(&state(false, 0, HOUR), HOUR, now), "never polled");
        assert!(due_this_round(&state(true, 0, HOUR / 10), HOUR, now), "within the jitter");
        assert!(!due_this_round(&state(true, 0, HOUR / 2), HOUR, now));
        assert!(!due_this_round(&state(true, 1, HOUR / 10), HOUR, now), "a site that asked for a pause gets it");
    }

    #[test]
    fn another_selector_is_another_reading() {
        let selectors = |item: &str| SourceKind::Page(PageSelectors { item: item.into(), ..PageSelectors::default() });
        let page = |item: &str| SourceOptions { kind: selectors(item), ..source(HOUR) };
        assert_eq!(page("li").reading(), page("li").reading());
        assert_ne!(page("li").reading(), page("li.review").reading());
        assert_ne!(page("li").reading(), source(HOUR).reading());
    }

    #[test]
    fn down_after_a_time_and_sooner_where_a_person_has_to_look() {
        let start = Moment::from_secs(1_000_000);
        let mut state = SourceState { failure: Some(FailureKind::Timeout), failing_since: Some(start), failures: 9, ..Default::default() };
        assert!(!is_down(&state, HOUR, start.plus(HOUR / 2)));
        assert!(is_down(&state, HOUR, start.plus(HOUR)));
        state.failure = Some(FailureKind::Drift);
        assert!(is_down(&state, HOUR, start.plus(HOUR / 2)), "a lost container is told early");
        for kind in
            [FailureKind::Blocked, FailureKind::TooBig, FailureKind::Encoding, FailureKind::Parse, FailureKind::Tls, FailureKind::LoginPage]
        {
            state = SourceState { failure: Some(kind), failures: TOLD_AFTER_FAILURES - 1, ..state };
            assert!(!is_down(&state, HOUR, start.plus(HOUR / 2)), "{kind}: once or twice may be chance");
            state.failures = TOLD_AFTER_FAILURES;
            assert!(is_down(&state, HOUR, start.plus(HOUR / 2)), "{kind}");
        }
    }
}
