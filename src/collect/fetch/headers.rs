//! The response headers we obey, each read within bounds.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName};
use url::Url;

use crate::model::Moment;

/// A validator or type longer than this is not worth a row in the store.
const VALUE_BYTES_MAX: usize = 1024;

/// A header's value, where it is text of a sane length.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty() && value.len() <= VALUE_BYTES_MAX).then(|| value.to_owned())
}

/// A response has a handful of these.
const LINKS_MAX: usize = 20;

/// `Link` headers (RFC 8288), as they came.
pub(super) fn links(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok());
    all.filter(|value| value.len() <= LINK_BYTES_MAX).take(LINKS_MAX).map(str::to_owned).collect()
}

/// How long the answer still holds (RFC 9111, 4.2.1): `Cache-Control: max-age` less its `Age`, unless the same header forbids keeping it;
/// without one, `Expires` less `Date`, so that a clock that is wrong over there is wrong in both.
pub(super) fn max_age(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let value = text(headers, header::CACHE_CONTROL).unwrap_or_default().to_ascii_lowercase();
    let mut directives = value.split(',').map(str::trim);
    if directives.clone().any(|word| matches!(word, "no-cache" | "no-store")) {
        return None;
    }
    let Some(seconds) = directives.find_map(|word| word.strip_prefix("max-age=")) else { return expires(headers, now) };
    let age = text(headers, header::AGE).and_then(|age| age.parse().ok()).unwrap_or(0_u64);
    seconds.trim_matches('"').parse::<u64>().ok().map(|seconds| Duration::from_secs(seconds.saturating_sub(age)))
}

/// A date that is none, as `0` or `-1`, has passed.
fn expires(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let at = http_date(&text(headers, header::EXPIRES)?)?;
    let date = text(headers, header::DATE).and_then(|value| http_date(&value)).unwrap_or(now);
    Some(at.since(date)).filter(|span| !span.is_zero())
}

/// `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3); a date that has passed is no wait at all.
pub(super) fn retry_after(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?;
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    Some(http_date(&value)?.since(now))
}

/// How many requests are left of a limit: `X-RateLimit-Remaining` as GitHub, Reddit and Mastodon write it (Reddit with a fraction), and
/// `RateLimit-Remaining` or `RateLimit` of the IETF's drafts (draft-ietf-httpapi-ratelimit-headers).
pub(super) fn remaining(headers: &HeaderMap) -> Option<u64> {
    let counted = REMAINING.iter().find_map(|name| text(headers, HeaderName::from_static(name)));
    let left = counted.or_else(|| of_draft(headers, &["remaining=", "r="]))?;
    left.split('.').next()?.trim().parse().ok()
}

const REMAINING: [&str; 3] = ["x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"];
const RESET: [&str; 3] = ["x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"];
/// A larger number counts from 1970 and not from now, in seconds or, beyond the second one, in milliseconds.
const EPOCH_FROM: i64 = 1_000_000_000;
const EPOCH_MS_FROM: i64 = 100_000_000_000;

/// When the limit begins anew, from now on: seconds, a time since 1970 or a date, each written by somebody.
pub(super) fn reset(headers: &HeaderMap, now: Moment) -> Option<Duration> {
    let stated = RESET.iter().find_map(|name| text(headers, HeaderName::from_static(name)));
    let stated = stated.or_else(|| of_draft(headers, &["reset=", "t="]))?;
    let Ok(number) = stated.split('.').next()?.trim().parse::<i64>() else {
        return stated.parse::<Timestamp>().ok().map(Moment::from).or_else(|| http_date(&stated)).map(|at| at.since(now));
    };
    match number {
        EPOCH_MS_FROM.. => Some(Moment::from_secs(number / 1000).since(now)),
        EPOCH_FROM.. => Some(Moment::from_secs(number).since(now)),
        _ => u64::try_from(number).ok().map(Duration::from_secs),
    }
}

/// `limit=100, remaining=0, reset=50`, and later `"default";r=0;t=50`.
fn of_draft(headers: &HeaderMap, names: &[&str]) -> Option<String> {
    let value = text(headers, HeaderName::from_static("ratelimit"))?;
    let mut parts = value.split([',', ';']).map(str::trim);
    parts.find_map(|part| names.iter().find_map(|name| part.strip_prefix(name))).map(str::to_owned)
}

/// The present form of RFC 9110 (`Sun, 06 Nov 1994 08:49:37 GMT`), and the two obsolete ones receivers must read.
fn http_date(value: &str) -> Option<Moment> {
    if let Ok(stamp) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value) {
        return Some(stamp.into());
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"].iter().find_map(|format| {
        let civil = jiff::civil::DateTime::strptime(format, value).ok()?;
        let stamp: Timestamp = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(stamp.into())
    })
}

/// Links to pages carry the whole query.
const LINK_BYTES_MAX: usize = 16 * 1024;

/// The target of `Link: <target>; rel="next"` (RFC 8288), relative to where the answer came from.
pub(super) fn next_link(headers: &HeaderMap, base: &Url) -> Option<Url> {
    let values = headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok());
    values.filter(|value| value.len() <= LINK_BYTES_MAX).find_map(|value| {
        // A target may hold commas, so links are told apart by their brackets.
        value.split('<').skip(1).find_map(|link| {
            let (target, parameters) = link.split_once('>')?;
            let relations = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
            let is_next = relations.filter(|(name, _)| name.trim().eq_ignore_ascii_case("rel")).any(|(_, words)| {
                words
                    .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | ','))
                    .split_whitespace()
                    .any(|word| word.eq_ignore_ascii_case("next"))
            });
            base.join(target.trim()).ok().filter(|_| is_next)
        })
    })
}

/// The codings of the body, in the order they were applied.
pub(super) fn content_encodings(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all(header::CONTENT_ENCODING);
    let words = all.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    words.map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty() && word != "identity").collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn cache_times() {
        let now = Moment::from_secs(784_111_777);
        let read = |value| max_age(&with(header::CACHE_CONTROL, value), now);
        assert_eq!(read("public, max-age=600"), Some(Duration::from_secs(600)));
        assert_eq!(read("no-cache, max-age=600"), None);
        assert_eq!(read("max-age=-1"), None);
        let mut old = with(header::CACHE_CONTROL, "max-age=600");
        old.insert(header::AGE, HeaderValue::from_static("550"));
        assert_eq!(max_age(&old, now), Some(Duration::from_secs(50)));
        old.insert(header::AGE, HeaderValue::from_static("9000"));
        assert_eq!(max_age(&old, now), Some(Duration::ZERO));
    }

    #[test]
    fn an_end_in_place_of_an_age() {
        let now = Moment::from_secs(784_111_777);
        let mut headers = with(header::EXPIRES, "Sun, 06 Nov 1994 09:49:37 GMT");
        assert_eq!(max_age(&headers, now), Some(Duration::from_hours(1)));
        headers.insert(header::DATE, HeaderValue::from_static("Sun, 06 Nov 1994 09:19:37 GMT"));
        assert_eq!(max_age(&headers, now), Some(Duration::from_mins(30)), "by its own clock");
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        assert_eq!(max_age(&headers, now), Some(Duration::from_mins(1)), "which goes above it");
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        assert_eq!(max_age(&headers, now), None);
        for nothing in ["0", "-1", "Thu, 01 Jan 1970 00:00:00 GMT", ""] {
            assert_eq!(max_age(&with(header::EXPIRES, nothing), now), None, "{nothing}");
        }
    }

    #[test]
    fn retry_after_in_every_form() {
        let now = Moment::from_secs(784_111_777);
        let read = |value| retry_after(&with(header::RETRY_AFTER, value), now);
        assert_eq!(read("30"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(read("Sunday, 06-Nov-94 08:50:37 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(read("Sun Nov  6 08:50:37 1994"), Some(Duration::from_secs(60)));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
    }

    #[test]
    fn limits_in_every_form() {
        let now = Moment::from_secs(1_784_111_777);
        let read = |pairs: &[(&'static str, &'static str)]| {
            let all = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let headers = HeaderMap::from_iter(all);
            (remaining(&headers), reset(&headers, now).map(|span| span.as_secs()))
        };
        assert_eq!(read(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1784112077")]), (Some(0), Some(300)));
        assert_eq!(read(&[("x-ratelimit-remaining", "0.0"), ("x-ratelimit-reset", "119.4")]), (Some(0), Some(119)));
        assert_eq!(read(&[("x-rate-limit-reset", "1784112077000")]), (None, Some(300)));
        assert_eq!(read(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "2026-07-15T10:41:17.000Z")]).0, Some(7));
        assert_eq!(read(&[("x-ratelimit-reset", "2026-07-15T10:41:17.000Z")]).1, Some(1_784_112_077 - 1_784_111_777));
        assert_eq!(read(&[("ratelimit", "limit=100, remaining=0, reset=50")]), (Some(0), Some(50)));
        assert_eq!(read(&[("ratelimit", "\"default\";r=0;t=60")]), (Some(0), Some(60)));
        assert_eq!(read(&[("x-ratelimit-reset", "soon"), ("ratelimit-remaining", "-1")]), (None, None));
    }

    #[test]
    fn the_next_page_of_a_link_header() {
        let base = Url::parse("https://x.example/api/items?page=1").expect("an address");
        let read = |value| next_link(&with(header::LINK, value), &base).map(String::from);
        let github = "<https://x.example/i?a=1,2&page=1>; rel=\"prev\", <https://x.example/i?a=1,2&page=3>; rel=\"next\"";
        assert_eq!(read(github).as_deref(), Some("https://x.example/i?a=1,2&page=3"));
        assert_eq!(read("<?page=2>; title=\"x\"; REL=next").as_deref(), Some("https://x.example/api/items?page=2"));
        assert_eq!(read("<?page=2>; rel=\"last next\", <x>; rel=first").as_deref(), Some("https://x.example/api/items?page=2"));
        assert_eq!(read("<?page=2>; rel=\"nextish\""), None);
        assert_eq!(read("nonsense"), None);
    }
}
