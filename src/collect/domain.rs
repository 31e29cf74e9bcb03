//! Which hosts belong together: the registrable domain, by a short rule.
//!
//! The public suffix list would be exact about who owns a name. We ask who shares a limit, and there its answer is often the
//! wrong one: it takes `a.github.io` and `b.github.io` for strangers, while the platform counts our requests to both. So the rule is
//! short: the last two labels, or three where the last but one is one of the general words under a country's code (`co.uk`,
//! `com.tw`). Where it errs, a few hosts wait together that need not.

use std::net::IpAddr;

/// Second levels under which countries register names.
const GENERAL: [&str; 26] = [
    "ac", "asn", "club", "co", "com", "ebiz", "edu", "game", "go", "gob", "gov", "gr", "id", "idv", "info", "lg", "ltd", "mil", "ne",
    "net", "nom", "or", "org", "plc", "re", "sch",
];

/// `www.shop.example.co.uk` is of `example.co.uk`; an address of numbers and a single word are their own.
#[must_use]
pub fn registrable(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    if host.starts_with('[') || host.parse::<IpAddr>().is_ok() {
        return host;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let taken = match labels[..] {
        [.., second, last] if last.len() == 2 && GENERAL.contains(&second) => 3,
        _ => 2,
    };
    let cut: usize = labels[..labels.len().saturating_sub(taken)].iter().map(|label| label.len() + 1).sum();
    &host[cut..]
}

/// Whether `host` is `domain` or below it.
#[must_use]
pub fn covers(domain: &str, host: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The narrowest of some rules that covers a host.
pub fn narrowest<'a, T>(rules: &'a [T], domain: impl Fn(&'a T) -> &'a str, host: &str) -> Option<&'a T> {
    rules.iter().filter(|rule| covers(domain(rule), host)).max_by_key(|rule| domain(rule).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_belong_together() {
        for (host, domain) in [
            ("alice.tumblr.com", "tumblr.com"),
            ("old.reddit.com", "reddit.com"),
            ("reddit.com", "reddit.com"),
            ("a.b.shop.com.tw", "shop.com.tw"),
            ("blog.example.co.uk.", "example.co.uk"),
            ("x.github.io", "github.io"),
            ("127.0.0.1", "127.0.0.1"),
            ("[2606:4700::1111]", "[2606:4700::1111]"),
            ("localhost", "localhost"),
            ("co.uk", "co.uk"),
            ("", ""),
        ] {
            assert_eq!(registrable(host), domain, "{host}");
        }
    }

    #[test]
    fn a_domain_covers_what_is_below_it_and_no_look_alike() {
        assert!(covers("reddit.com", "reddit.com") && covers("reddit.com", "old.reddit.com"));
        assert!(!covers("reddit.com", "notreddit.com") && !covers("old.reddit.com", "reddit.com"));
        let rules = ["reddit.com", "old.reddit.com", "example.com"];
        assert_eq!(narrowest(&rules, |rule| rule, "x.old.reddit.com"), Some(&"old.reddit.com"));
        assert_eq!(narrowest(&rules, |rule| rule, "example.org"), None);
    }
}
