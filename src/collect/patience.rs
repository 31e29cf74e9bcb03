//! For whom a site's `Retry-After` counts: the one address, the host, or the whole domain.
//!
//! No scope is right everywhere. A wait for the whole host froze every route of one feed generator because one of them had failed;
//! a platform that gives each user a subdomain counts our requests to all of them; and some sites answer 403 when they mean 429. So
//! where the operator says nothing, 429 and 403 speak about us and count for the host, while 503 speaks about the page and counts for
//! its address; and on a host of a private network, where generators live, all count for the address.

use std::time::Duration;

use url::Url;

use super::domain::{narrowest, registrable};
use super::fetch::FetchFailure;
use super::host::host_of;
use crate::model::{Moment, Patience};
use crate::outbound::is_inside;

/// Whom a wait holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Address,
    /// With its port.
    Host,
    /// All hosts of the registrable domain.
    Domain,
}

/// `[[collect.retry_after]]`: a scope of its own for a domain and what is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRule {
    /// Lower case.
    pub domain: String,
    pub scope: Scope,
}

/// Whom the wait that `url` asked for with this status holds. `general` is the operator's word for all, where there is one.
#[must_use]
pub fn scope(rules: &[ScopeRule], general: Option<Scope>, url: &Url, status: Option<u16>) -> Scope {
    let host = url.host_str().unwrap_or_default();
    let own = narrowest(rules, |rule| &rule.domain, host).map(|rule| rule.scope).or(general);
    own.unwrap_or(match status {
        Some(403 | 429) if !is_inside(url) => Scope::Host,
        _ => Scope::Address,
    })
}

/// The wait that a failure asks of more than its own address; it is kept to for no longer than `longest`.
#[must_use]
pub fn asked(rules: &[ScopeRule], general: Option<Scope>, failure: &FetchFailure, longest: Duration, now: Moment) -> Option<Patience> {
    let (url, span) = (failure.asked_by.as_ref()?, failure.retry_after.filter(|span| !span.is_zero())?);
    let [host, domain] = keys(url);
    let key = match scope(rules, general, url, failure.status) {
        Scope::Address => return None,
        Scope::Host => host,
        Scope::Domain => domain,
    };
    let status = failure.status.unwrap_or_default();
    let until = now.plus(span.min(longest).min(super::source::RETRY_AFTER_MAX));
    Some(Patience { key, until, reason: format!("{status} from {}", host_of(url)) })
}

/// The keys of the waits that hold an address.
#[must_use]
pub fn keys(url: &Url) -> [String; 2] {
    let domain = registrable(url.host_str().unwrap_or_default()).to_ascii_lowercase();
    [format!("host:{}", host_of(url)), format!("domain:{domain}")]
}

/// The longest of the waits that hold an address now.
#[must_use]
pub fn held<'a>(waits: &'a [Patience], url: &Url, now: Moment) -> Option<&'a Patience> {
    let keys = keys(url);
    waits.iter().filter(|wait| wait.until > now && keys.contains(&wait.key)).max_by_key(|wait| wait.until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureKind;

    const NOW: Moment = Moment::from_secs(1_800_000_000);
    const DAY: Duration = Duration::from_hours(24);

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address")
    }

    fn failure(status: u16, from: &str) -> FetchFailure {
        let failure = FetchFailure::new(FailureKind::Throttled, "slow down");
        FetchFailure { retry_after: Some(Duration::from_secs(60)), status: Some(status), asked_by: Some(Box::new(url(from))), ..failure }
    }

    fn key(rules: &[ScopeRule], general: Option<Scope>, status: u16, from: &str) -> Option<String> {
        asked(rules, general, &failure(status, from), DAY, NOW).map(|wait| wait.key)
    }

    #[test]
    fn where_nobody_says_it_the_status_does() {
        assert_eq!(key(&[], None, 429, "https://old.reddit.com/r/x"), Some("host:old.reddit.com".into()));
        assert_eq!(key(&[], None, 403, "https://old.reddit.com/r/x"), Some("host:old.reddit.com".into()));
        assert_eq!(key(&[], None, 503, "https://rsshub.example/route"), None);
        assert_eq!(key(&[], None, 429, "http://172.17.0.1:1200/route"), None, "a generator in the own network");
    }

    #[test]
    fn the_operator_decides_for_all_and_for_one() {
        let rules = [
            ScopeRule { domain: "tumblr.com".into(), scope: Scope::Domain },
            ScopeRule { domain: "rsshub.example".into(), scope: Scope::Address },
        ];
        assert_eq!(key(&rules, None, 429, "https://alice.tumblr.com/rss"), Some("domain:tumblr.com".into()));
        assert_eq!(key(&rules, Some(Scope::Host), 429, "https://rsshub.example/route"), None);
        assert_eq!(key(&rules, Some(Scope::Domain), 503, "https://a.other.example/"), Some("domain:other.example".into()));
        assert_eq!(key(&[], Some(Scope::Host), 503, "http://127.0.0.1:8080/"), Some("host:127.0.0.1:8080".into()));
    }

    #[test]
    fn a_wait_holds_its_host_or_its_domain_until_it_is_over() {
        let waits = [
            Patience { key: "domain:tumblr.com".into(), until: NOW.plus(Duration::from_secs(60)), reason: "429".into() },
            Patience { key: "host:a.tumblr.com".into(), until: NOW.plus(Duration::from_secs(90)), reason: "429".into() },
        ];
        let until = |address: &str, now| held(&waits, &url(address), now).map(|wait| wait.until.since(NOW).as_secs());
        assert_eq!(until("https://a.tumblr.com/rss", NOW), Some(90));
        assert_eq!(until("https://b.tumblr.com/rss", NOW), Some(60));
        assert_eq!(until("https://b.tumblr.com/rss", NOW.plus(Duration::from_secs(60))), None);
        assert_eq!(until("https://tumblr.example/rss", NOW), None);
    }

    #[test]
    fn a_wait_has_an_end_and_none_is_none() {
        let long = FetchFailure { retry_after: Some(Duration::from_secs(u64::MAX)), ..failure(429, "https://a.example/") };
        for (longest, kept) in [(DAY * 7, DAY), (DAY / 4, DAY / 4)] {
            assert_eq!(asked(&[], None, &long, longest, NOW).map(|wait| wait.until), Some(NOW.plus(kept)), "{longest:?}");
        }
        let none = FetchFailure { retry_after: Some(Duration::ZERO), ..failure(429, "https://a.example/") };
        assert_eq!(asked(&[], None, &none, DAY, NOW), None);
    }
}
