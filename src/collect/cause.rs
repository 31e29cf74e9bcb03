//! One cause, one incident: from sources that fail to what took them.
//!
//! | cause | holds where |
//! | --- | --- |
//! | the network | of the sources polled since anything was last read there are at least half of all, nearly all of them cannot reach their host, and these hosts are two or more; after `NETWORK_AFTER` |
//! | a host | at least `MANY` of its sources, and half of them, fail in one way (connecting, refusing, answering something else), and one of them is down |
//! | a source | it is down and none of the above |
//!
//! A source that was told of stays with the incident that told it until it is read again: whatever else fails on the way tells nothing
//! twice. What a cause is called by (`Cause::key`) does not change with the kind of failure, which changes during one outage.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{FailureKind, Moment};

/// Everything failing at once needs less patience than one source: a mail server may be near where the sites are far.
pub const NETWORK_AFTER: Duration = Duration::from_mins(10);
/// Sources of one host that fail alike; two may be two moved pages.
const MANY: usize = 3;
/// Where the host itself cannot be talked to, two tell as much.
const MANY_UNREACHABLE: usize = 2;
/// Of the sources polled since anything was read, so many of a hundred cannot reach their host.
const UNREACHABLE_PERCENT: usize = 80;

/// Key of the incident about our own network.
pub const NETWORK: &str = "network:out";

/// What is known of a source at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    pub name: String,
    /// Host and port; empty where the source is not on a network.
    pub host: String,
    pub failure: Option<FailureKind>,
    pub failing_since: Option<Moment>,
    pub last_polled_at: Option<Moment>,
    pub last_success_at: Option<Moment>,
    /// It has failed long or clearly enough (`source::is_down`).
    pub down: bool,
    /// The key of the unresolved incident that tells of its failures.
    pub told_as: Option<String>,
}

/// What took one or more sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Network,
    Host(String),
    Source(String),
}

impl Cause {
    /// At most one unresolved incident has it.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Network => NETWORK.to_owned(),
            Self::Host(host) => format!("host:{host}"),
            Self::Source(name) => format!("source:{name}"),
        }
    }

    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        match key.split_once(':')? {
            _ if key == NETWORK => Some(Self::Network),
            ("host", host) => Some(Self::Host(host.to_owned())),
            ("source", name) => Some(Self::Source(name.to_owned())),
            _ => None,
        }
    }
}

/// Ways to fail that one cause can bring about, in different words from poll to poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Nobody is there, or nobody who can talk.
    Unreachable,
    /// Somebody is there and will not talk to us.
    Refused,
    /// Answers, and not what we read.
    Changed,
    /// Each its own matter.
    Own,
}

const fn way(kind: FailureKind) -> Way {
    use FailureKind as Kind;
    match kind {
        Kind::Dns | Kind::Connect | Kind::CutOff | Kind::Tls | Kind::Timeout | Kind::Server | Kind::PrivateAddress => Way::Unreachable,
        Kind::Auth | Kind::Blocked | Kind::Robots | Kind::Throttled | Kind::LoginPage | Kind::Refused => Way::Refused,
        Kind::NotFound | Kind::Redirect | Kind::NotAFeed | Kind::Drift | Kind::NoList | Kind::Encoding => Way::Changed,
        Kind::TooBig | Kind::Parse | Kind::Empty | Kind::Silent | Kind::Folder | Kind::Internal => Way::Own,
    }
}

/// Whether the network itself may be the reason.
const fn without_network(kind: FailureKind) -> bool {
    use FailureKind as Kind;
    matches!(kind, Kind::Dns | Kind::Connect | Kind::Tls | Kind::Timeout)
}

/// Whether a source that fails so may be well as soon as another one of its host is.
#[must_use]
pub fn heals_with_others(kind: FailureKind) -> bool {
    way(kind) == Way::Unreachable
}

/// On this machine: that it answers says nothing of the network.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.ends_with(".localhost") || name == "[::1]" || host == "[::1]" || name.starts_with("127.")
}

/// The causes to tell of now, each with the sources it newly takes. `open` are the keys of unresolved incidents: what has one is
/// joined at once. Nothing is found for sources that were told of.
#[must_use]
pub fn causes(sights: &[Sight], open: &BTreeSet<String>, down_after: Duration, now: Moment) -> BTreeMap<Cause, Vec<String>> {
    let mut found: BTreeMap<Cause, Vec<String>> = BTreeMap::new();
    if let Some(taken) = cut_off(sights, down_after, now) {
        if !taken.is_empty() {
            found.insert(Cause::Network, taken);
        }
        return found;
    }
    let mut hosts: BTreeMap<&str, Vec<&Sight>> = BTreeMap::new();
    for sight in sights {
        hosts.entry(&sight.host).or_default().push(sight);
    }
    for (host, all) in hosts {
        let cause = Cause::Host(host.to_owned());
        let taken = if host.is_empty() { Vec::new() } else { taken_with(&all, open.contains(&cause.key())) };
        for sight in all.iter().filter(|sight| sight.down && sight.told_as.is_none() && !taken.contains(&sight.name)) {
            found.insert(Cause::Source(sight.name.clone()), vec![sight.name.clone()]);
        }
        if !taken.is_empty() {
            found.insert(cause, taken);
        }
    }
    found
}

/// The untold sources that our network took; none where it did not.
fn cut_off(sights: &[Sight], down_after: Duration, now: Moment) -> Option<Vec<String>> {
    let far: Vec<&Sight> = sights.iter().filter(|sight| !sight.host.is_empty()).collect();
    let evidence = |sight: &&&Sight| !is_local(&sight.host) || sight.failure.is_some();
    let far: Vec<&Sight> = far.iter().filter(evidence).copied().collect();
    let last_read = far.iter().filter_map(|sight| sight.last_success_at).max().unwrap_or_default();
    let since: Vec<&Sight> = far.iter().filter(|sight| sight.last_polled_at.is_some_and(|at| at > last_read)).copied().collect();
    let unreachable: Vec<&Sight> = since.iter().filter(|sight| sight.failure.is_some_and(without_network)).copied().collect();
    let hosts: BTreeSet<&str> = unreachable.iter().map(|sight| sight.host.as_str()).collect();
    // A source that failed before anything else did began at the last time something was read.
    let began = unreachable.iter().filter_map(|sight| sight.failing_since).map(|at| at.max(last_read)).min()?;
    let holds = hosts.len() >= 2
        && since.len() * 2 >= far.len()
        && unreachable.len() * 100 >= since.len() * UNREACHABLE_PERCENT
        && now.since(began) >= NETWORK_AFTER.min(down_after);
    let untold = since.iter().filter(|sight| sight.told_as.is_none() && sight.failure.is_some());
    holds.then(|| untold.map(|sight| sight.name.clone()).collect())
}

/// The untold sources of one host that its own trouble took.
fn taken_with(all: &[&Sight], open: bool) -> Vec<String> {
    let mut taken = Vec::new();
    for wanted in [Way::Unreachable, Way::Refused, Way::Changed] {
        let alike: Vec<&&Sight> = all.iter().filter(|sight| sight.failure.is_some_and(|kind| way(kind) == wanted)).collect();
        let Some(began) = alike.iter().filter_map(|sight| sight.failing_since).min() else { continue };
        let polled = all.iter().filter(|sight| sight.last_polled_at.is_some_and(|at| at >= began)).count();
        let many = if wanted == Way::Unreachable { MANY_UNREACHABLE } else { MANY };
        let untold: Vec<&&Sight> = alike.iter().filter(|sight| sight.told_as.is_none()).copied().collect();
        if alike.len() >= many && alike.len() * 2 >= polled && (open || untold.iter().any(|sight| sight.down)) {
            taken.extend(untold.iter().map(|sight| sight.name.clone()));
        }
    }
    taken.sort();
    taken
}

#[cfg(test)]
mod tests;
