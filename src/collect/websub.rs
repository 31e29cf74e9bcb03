//! Feeds that name a hub (W3C WebSub): finding it, what is asked of it and when, and what a subscription does to the polls.

use std::sync::LazyLock;
use std::time::Duration;

use regex::bytes::Regex;
use url::Url;

use crate::model::Moment;

/// How long a subscription is asked for. Hubs grant what they like; the largest public ones grant five to ten days.
pub const LEASE_ASKED: Duration = Duration::from_hours(10 * 24);

/// What a hub may grant: shorter would have us ask all day, longer would have us believe a hub that was taken down.
const LEASE: std::ops::RangeInclusive<Duration> = Duration::from_mins(5)..=Duration::from_hours(30 * 24);

/// Of a lease, the part that is left when it is renewed: a fifth, so that a hub may be away for a day of its five.
const RENEW_AT_PART_LEFT: u32 = 5;

/// A hub that was asked and has not called back after this did not hear us, or cannot reach us.
pub const VERIFIED_WITHIN: Duration = Duration::from_mins(10);

/// Waits after failed requests double from the first to the last of these.
const RETRY: (Duration, Duration) = (Duration::from_mins(15), Duration::from_hours(24));

/// A hub that said no is asked again after this: it may have been a mistake of its operator.
pub const RETRY_DENIED: Duration = Duration::from_hours(24);

/// While a hub pushes, polls are this many times rarer, and never rarer than `PUSHED_POLL_MAX` makes them: each one proves that
/// no push was missed.
const PUSHED_STRETCH: u32 = 4;
const PUSHED_POLL_MAX: Duration = Duration::from_hours(4);

/// A hub is named at the head of a document, before its items.
const HEAD_BYTES: usize = 64 * 1024;

/// Most documents do not have the word, and then nothing of them need be read as text.
static HUB: LazyLock<Regex> = LazyLock::new(|| Regex::new("hub").expect("the pattern is valid"));

/// Longest address of a hub or topic.
const ADDRESS_BYTES_MAX: usize = 2048;

/// A hub, and under which address it knows the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    pub hub: Url,
    pub topic: Url,
}

/// The hub a document names: in its `Link` headers, else in itself. `base` is where the document came from; it is the topic where
/// the document does not name itself.
#[must_use]
pub fn offered(link_headers: &[String], document: &[u8], base: &Url) -> Option<Hub> {
    let head = &document[..document.len().min(HEAD_BYTES)];
    let mut links: Vec<(String, String)> = link_headers.iter().flat_map(|header| in_header(header)).collect();
    if HUB.is_match(head) {
        let head = String::from_utf8_lossy(head);
        links.extend(if head.trim_start().starts_with('{') { in_json(document) } else { in_markup(&head) });
    }
    let address = |rel: &str| links.iter().filter(|(own, _)| own == rel).find_map(|(_, link)| absolute(link, base));
    Some(Hub { hub: address("hub")?, topic: address("self").unwrap_or_else(|| base.clone()) })
}

fn absolute(link: &str, base: &Url) -> Option<Url> {
    let url = base.join(link.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().len() <= ADDRESS_BYTES_MAX).then_some(url)
}

/// `<https://hub.example/>; rel="hub", <..>; rel=self` (RFC 8288): relation and address.
fn in_header(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((link, parameters)) = after.split_once('>') else { break };
        // A comma that ends the parameters is followed by the next `<`.
        let end = parameters.find('<').unwrap_or(parameters.len());
        for parameter in parameters[..end].split(';') {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            if name.trim().eq_ignore_ascii_case("rel") {
                let value = value.trim().trim_end_matches(',').trim().trim_matches('"').to_ascii_lowercase();
                found.extend(value.split_whitespace().map(|rel| (rel.to_owned(), link.to_owned())));
            }
        }
        rest = &parameters[end..];
    }
    found
}

/// `<link rel="hub" href="..">` under any prefix, before the first item.
fn in_markup(head: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = head;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name: String = rest.chars().take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/')).collect();
        match name.rsplit(':').next().unwrap_or_default() {
            "item" | "entry" => break,
            "link" => {}
            _ => continue,
        }
        let Some(end) = rest.find('>') else { break };
        let attributes = &rest[name.len()..end];
        if let (Some(rel), Some(href)) = (attribute(attributes, "rel"), attribute(attributes, "href")) {
            found.extend(rel.to_ascii_lowercase().split_whitespace().map(|rel| (rel.to_owned(), href.replace("&amp;", "&"))));
        }
    }
    found
}

fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    while let Some((name, value)) = rest.split_once('=') {
        let name = name.trim().rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default();
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (text, after) = value[1..].split_once(quote)?;
        if name.eq_ignore_ascii_case(wanted) {
            return Some(text.to_owned());
        }
        rest = after;
    }
    None
}

/// `"hubs": [{"type": "WebSub", "url": ".."}]` and `feed_url` of a JSON Feed.
fn in_json(document: &[u8]) -> Vec<(String, String)> {
    let Ok(root) = serde_json::from_slice::<serde_json::Value>(document) else { return Vec::new() };
    let hubs = root.get("hubs").and_then(|hubs| hubs.as_array()).into_iter().flatten();
    let speaks = |hub: &&serde_json::Value| {
        hub.get("type")
            .and_then(|kind| kind.as_str())
            .is_some_and(|kind| matches!(kind.to_ascii_lowercase().as_str(), "websub" | "pubsubhubbub"))
    };
    let urls = hubs.filter(speaks).filter_map(|hub| hub.get("url")?.as_str());
    let own = root.get("feed_url").and_then(|url| url.as_str()).map(|url| ("self".to_owned(), url.to_owned()));
    urls.map(|url| ("hub".to_owned(), url.to_owned())).chain(own).collect()
}

/// Whether a hub on the internet can call us there: an address that the operator gave, over https, not of this machine.
#[must_use]
pub fn is_callable(public_url: &Url) -> bool {
    let local = match public_url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback() || address.is_private() || address.is_unspecified(),
        Some(url::Host::Ipv6(address)) => address.is_loopback() || address.is_unique_local() || address.is_unspecified(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => true,
    };
    public_url.scheme() == "https" && !local
}

/// What a hub granted, within reason; where it does not say, what we asked for.
#[must_use]
pub fn granted(seconds: Option<u64>) -> Duration {
    seconds.map_or(LEASE_ASKED, Duration::from_secs).clamp(*LEASE.start(), *LEASE.end())
}

/// When a lease of this length, granted now, is renewed.
#[must_use]
pub fn renew_at(lease: Duration, now: Moment) -> Moment {
    now.plus(lease - lease / RENEW_AT_PART_LEFT)
}

/// How long to wait after so many failures in a row.
#[must_use]
pub fn retry_after(failures: i64) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    RETRY.0.saturating_mul(1 << doublings).min(RETRY.1)
}

/// When the next poll is due, which would be at `due`, where a hub pushes until `pushed_until`.
#[must_use]
pub fn stretched(due: Moment, pushed_until: Option<Moment>, now: Moment) -> Moment {
    if pushed_until.is_none_or(|until| until <= now) {
        return due;
    }
    let wait = due.since(now);
    now.plus(wait.saturating_mul(PUSHED_STRETCH).min(PUSHED_POLL_MAX).max(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address")
    }

    fn hub(headers: &[&str], document: &str) -> Option<(String, String)> {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        let found = offered(&headers, document.as_bytes(), &url("https://blog.example/feed?x=1"))?;
        Some((found.hub.into(), found.topic.into()))
    }

    #[test]
    fn a_hub_is_found_wherever_it_is_named() {
        let wanted = Some(("https://hub.example/".to_owned(), "https://blog.example/feed".to_owned()));
        let headers = [
            vec!["<https://hub.example/>; rel=\"hub\", <https://blog.example/feed>; rel=\"self\""],
            vec!["</style.css>; rel=preload; as=style", "<https://hub.example/>;rel=hub", "</feed>; title=\"a;b\"; rel=\"alternate self\""],
        ];
        for header in headers {
            assert_eq!(hub(&header, "<rss/>"), wanted, "{header:?}");
        }
        let documents = [
            "<feed xmlns='http://www.w3.org/2005/Atom'><link rel='self' href='/feed'/><link href='https://hub.example/' rel='hub'/><entry/></feed>",
            "<rss><channel><link>https://blog.example/</link><atom:link rel=\"self\" href=\"https://blog.example/feed\" /><atom10:link xmlns:atom10=\"x\" rel=\"hub\" href=\"https://hub.example/\"/><item>",
            "{\"version\": \"1.1\", \"feed_url\": \"https://blog.example/feed\", \"hubs\": [{\"type\": \"rssCloud\", \"url\": \"https://no.example/\"}, {\"type\": \"WebSub\", \"url\": \"https://hub.example/\"}], \"items\": []}",
        ];
        for document in documents {
            assert_eq!(hub(&[], document), wanted, "{document}");
        }
        let itself = hub(&["<https://hub.example/>; rel=hub"], "");
        assert_eq!(itself.map(|(_, topic)| topic).as_deref(), Some("https://blog.example/feed?x=1"), "the topic is the address asked");
    }

    #[test]
    fn what_is_no_hub_is_none() {
        for document in [
            "<rss><channel><item><link rel='hub' href='https://evil.example/'/></item></channel></rss>",
            "<rss><channel><atom:link rel='hub' href='javascript:x'/></channel></rss>",
            "<rss><channel><atom:link rel='hub'/></channel></rss>",
            "<rss><channel><atom:link rel=hub href=x",
            "{\"hubs\": 7, \"x\": \"hub\"}",
            "<link rel='hub",
        ] {
            assert_eq!(hub(&[], document), None, "{document}");
        }
        for header in ["<https://hub.example/>", "<https://hub.example/", "rel=hub", "<ftp://hub.example/>; rel=hub"] {
            assert_eq!(hub(&[header], ""), None, "{header}");
        }
    }

    #[test]
    fn who_can_call_us() {
        assert!(is_callable(&url("https://hearken.example.com/x/")));
        for local in ["http://hearken.example.com/", "https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/", "https://[fd00::1]/"]
        {
            assert!(!is_callable(&url(local)), "{local}");
        }
    }

    #[test]
    fn leases_and_polls() {
        let now = Moment::from_secs(1_000_000);
        assert_eq!(granted(None), LEASE_ASKED);
        assert_eq!((granted(Some(1)), granted(Some(u64::MAX))), (Duration::from_mins(5), Duration::from_hours(720)));
        assert_eq!(renew_at(Duration::from_secs(1000), now), now.plus(Duration::from_secs(800)));
        assert_eq!((retry_after(1), retry_after(2), retry_after(i64::MAX)), (RETRY.0, RETRY.0 * 2, RETRY.1));
        let quarter = now.plus(Duration::from_mins(15));
        assert_eq!(stretched(quarter, None, now), quarter);
        assert_eq!(stretched(quarter, Some(now), now), quarter, "the lease is over");
        assert_eq!(stretched(quarter, Some(now.plus(LEASE_ASKED)), now), now.plus(Duration::from_hours(1)));
        let day = now.plus(Duration::from_hours(24));
        assert_eq!(stretched(day, Some(now.plus(LEASE_ASKED)), now), day, "a rare poll is not made rarer");
    }
}
