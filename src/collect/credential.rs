//! When credentials expire: said by the operator, by a token itself, or by a file of cookies.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::model::{FailureKind, Moment, Secret, SourceState};

/// Something that opens a door for a source, and that stops doing so one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Where it comes from, as `the file secrets/forum`: the cause, the same for every source that uses it.
    pub from: String,
    pub expires: Moment,
}

/// Whether a header of this name carries what opens a door.
#[must_use]
pub fn opens_doors(header: &str) -> bool {
    let name = header.to_ascii_lowercase();
    ["auth", "cookie", "key", "token", "secret", "pass"].iter().any(|word| name.contains(word))
}

/// The credentials that expire before `now + within`, each with the sources that use it. One that several sources name with different
/// moments has the earliest.
#[must_use]
pub fn expiring<'a>(sources: &[(&'a str, &'a [Credential])], within: Duration, now: Moment) -> Vec<(Credential, Vec<&'a str>)> {
    let mut found: Vec<(Credential, Vec<&'a str>)> = Vec::new();
    let soon = sources.iter().flat_map(|(name, all)| all.iter().map(move |one| (*name, one)));
    for (name, credential) in soon.filter(|(_, one)| one.expires <= now.plus(within)) {
        match found.iter_mut().find(|(known, _)| known.from == credential.from) {
            Some((known, names)) => {
                known.expires = known.expires.min(credential.expires);
                names.push(name);
                names.dedup();
            }
            None => found.push((credential.clone(), vec![name])),
        }
    }
    found
}

/// What a refusal probably means, where a source with credentials worked before.
#[must_use]
pub fn suspected(has_credentials: bool, state: &SourceState, kind: FailureKind) -> Option<String> {
    let worked = suspected_since(has_credentials, state, kind)?;
    Some(format!("it worked until {}: its credentials may have expired", worked.rfc3339()))
}

/// The same: until when it worked.
#[must_use]
pub fn suspected_since(has_credentials: bool, state: &SourceState, kind: FailureKind) -> Option<Moment> {
    let refused = matches!(kind, FailureKind::Auth | FailureKind::Blocked | FailureKind::LoginPage);
    state.last_success_at.filter(|_| refused && has_credentials)
}

/// When a JSON web token expires (RFC 7519, 4.1.4), with or without `Bearer` before it; none for anything else. Its signature is not our
/// business.
#[must_use]
pub fn token_expiry(value: &str) -> Option<Moment> {
    let token = value.trim().rsplit(' ').next()?;
    let mut parts = token.split('.');
    let (head, claims, _signature, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let json = |part: &str| serde_json::from_slice::<serde_json::Value>(&URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?).ok();
    json(head)?.as_object()?;
    let exp = json(claims)?.get("exp")?.as_f64().filter(|seconds| (0.0..=MOST_SECONDS).contains(seconds))?;
    #[expect(clippy::cast_possible_truncation, reason = "seconds within the years up to 9999")]
    Some(Moment::from_secs(exp as i64))
}

/// The end of the year 9999; what is said to last longer has no end.
const MOST_SECONDS: f64 = 253_402_300_799.0;

/// Cookies that live less than this after their file was written are renewed by the browser they come from and no login.
const PASSING: Duration = Duration::from_hours(24 * 3);

/// One cookie of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cookie {
    name: String,
    value: Secret,
    /// None: of whatever site the source has.
    site: Option<Site>,
    expires: Option<Moment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    /// Lower case, without the dot at its beginning.
    domain: String,
    below: bool,
    path: String,
    secure: bool,
}

/// A file of cookies, as browsers' add-ons and curl write it, or one line `name=value; name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookies(Vec<Cookie>);

/// What is sent to a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The value of the `Cookie` header.
    pub value: Secret,
    pub expires: Option<Moment>,
}

impl Cookies {
    /// Reads either form.
    ///
    /// # Errors
    /// The number of the line that is neither, never its text.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let lines = || text.trim_start_matches('\u{feff}').lines().enumerate().map(|(at, line)| (at + 1, line.trim_end_matches('\r')));
        let mut cookies = Vec::new();
        for (number, line) in lines().filter(|(_, line)| !is_remark(line)) {
            if line.contains('\t') {
                cookies.push(of_browser(line).ok_or(number)?);
            } else {
                for pair in line.trim().trim_end_matches(';').split(';') {
                    let (name, value) = pair.trim().split_once('=').ok_or(number)?;
                    cookies.push(cookie(name, value, None, None).ok_or(number)?);
                }
            }
        }
        if cookies.is_empty() { Err(lines().count().max(1)) } else { Ok(Self(cookies)) }
    }

    /// What of it is for this address (RFC 6265, 5.4), and when the first of it that matters expires. `written` is when the file was.
    #[must_use]
    pub fn sent_to(&self, url: &Url, written: Moment) -> Option<Sent> {
        let mut sent: Vec<&Cookie> = self.0.iter().filter(|cookie| cookie.site.as_ref().is_none_or(|site| site.holds(url))).collect();
        // Longer paths first, as servers expect it.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.site.as_ref().map_or(0, |site| site.path.len())));
        let pairs: Vec<String> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value.expose())).collect();
        let ends = || sent.iter().filter_map(|cookie| cookie.expires);
        let expires = ends().filter(|at| *at > written.plus(PASSING)).min().or_else(|| ends().max());
        (!pairs.is_empty()).then(|| Sent { value: Secret::new(pairs.join("; ")), expires })
    }
}

impl Site {
    fn holds(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let of_domain = host == self.domain || (self.below && super::domain::covers(&self.domain, host));
        let path = url.path();
        let below = path.strip_prefix(&self.path).is_some_and(|rest| rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/'));
        of_domain && below && (!self.secure || url.scheme() == "https")
    }
}

/// Lines that begin with `#` are remarks, but for the mark of cookies that scripts must not see.
fn is_remark(line: &str) -> bool {
    line.trim().is_empty() || (line.starts_with('#') && !line.starts_with(HTTP_ONLY))
}

const HTTP_ONLY: &str = "#HttpOnly_";

/// Domain, whether subdomains are meant, path, whether TLS is needed, expiry in Unix seconds (0: with the session), name, value.
fn of_browser(line: &str) -> Option<Cookie> {
    let mut fields = line.strip_prefix(HTTP_ONLY).unwrap_or(line).splitn(7, '\t');
    let mut field = || fields.next();
    let (domain, below, path, secure, expires, name) = (field()?, field()?, field()?, field()?, field()?, field()?);
    let value = field().unwrap_or_default();
    let flag = |word: &str| match word.trim().to_ascii_uppercase().as_str() {
        "TRUE" => Some(true),
        "FALSE" => Some(false),
        _ => None,
    };
    let site = Site {
        domain: domain.trim().trim_start_matches('.').to_ascii_lowercase(),
        below: flag(below)?,
        path: path.trim().to_owned(),
        secure: flag(secure)?,
    };
    let expires = expires.trim().split('.').next()?.parse::<i64>().ok()?;
    cookie(name, value, Some(site), (expires > 0).then(|| Moment::from_secs(expires)))
}

fn cookie(name: &str, value: &str, site: Option<Site>, expires: Option<Moment>) -> Option<Cookie> {
    let (name, value) = (name.trim(), value.trim());
    let sendable = |text: &str| text.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b';' && byte != b',');
    // Values with blanks and commas are against the letter and in every browser.
    let value_sendable = value.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b';');
    (!name.is_empty() && sendable(name) && value_sendable).then(|| Cookie {
        name: name.to_owned(),
        value: Secret::new(value),
        site,
        expires,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_800_000_000);
    const DAY: Duration = Duration::from_hours(24);

    fn sent(text: &str, to: &str) -> Option<(String, Option<Moment>)> {
        let cookies = Cookies::parse(text).expect("cookies");
        let sent = cookies.sent_to(&Url::parse(to).expect("an address"), NOW)?;
        Some((sent.value.expose().to_owned(), sent.expires))
    }

    #[test]
    fn a_browsers_file_sends_what_is_for_the_site() {
        let later = NOW.plus(DAY * 40).as_secs();
        let text = format!(
            "# Netscape HTTP Cookie File\n\n.forum.example\tTRUE\t/\tFALSE\t{later}\tsid\tabc\r\n#HttpOnly_forum.example\tFALSE\t/private\tTRUE\t0\tdeep\tx=y\n\
             other.example\tFALSE\t/\tFALSE\t0\tno\tno\n.forum.example\tTRUE\t/\tFALSE\t{}\tfleeting\t1\n",
            NOW.plus(DAY).as_secs()
        );
        let expires = Some(NOW.plus(DAY * 40));
        assert_eq!(sent(&text, "https://forum.example/private/feed"), Some(("deep=x=y; sid=abc; fleeting=1".into(), expires)));
        assert_eq!(sent(&text, "http://www.forum.example/private"), Some(("sid=abc; fleeting=1".into(), expires)));
        assert_eq!(sent(&text, "https://forum.example/privately"), Some(("sid=abc; fleeting=1".into(), expires)));
        assert_eq!(sent(&text, "https://notforum.example/"), None);
    }

    #[test]
    fn a_line_of_pairs_is_for_whatever_site() {
        assert_eq!(sent("sid=abc; theme=dark;\n", "https://forum.example/"), Some(("sid=abc; theme=dark".into(), None)));
        assert_eq!(Cookies::parse("sid\n"), Err(1));
        assert_eq!(Cookies::parse("# nothing\n"), Err(1));
        assert_eq!(Cookies::parse("# a\na.example\tTRUE\t/\tmaybe\t0\tn\tv"), Err(2));
        assert_eq!(Cookies::parse("sid=a\u{7}b"), Err(1), "no control character is sent");
    }

    #[test]
    fn a_token_says_when_it_expires() {
        let token =
            |claims: &str| format!("Bearer {}.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(token_expiry(&token(r#"{"exp": 1800000000}"#)), Some(NOW));
        assert_eq!(token_expiry(&token(r#"{"exp": 1800000000.5}"#)), Some(NOW));
        assert_eq!(token_expiry(&token(r#"{"exp": 1e300}"#)), None);
        assert_eq!(token_expiry(&token(r#"{"sub": "x"}"#)), None);
        assert_eq!(token_expiry("Bearer a.b.c"), None);
        assert_eq!(token_expiry("Basic dXNlcjpwYXNz"), None);
        assert_eq!(token_expiry(""), None);
    }

    #[test]
    fn one_cause_is_told_once_for_all_its_sources() {
        let one = |from: &str, days: u32| Credential { from: from.into(), expires: NOW.plus(DAY * days) };
        let (a, b, c) = ([one("the file x", 5), one("the file y", 90)], [one("the file x", 3)], [one("the file z", 0)]);
        let all: [(&str, &[Credential]); 3] = [("a", &a), ("b", &b), ("c", &c)];
        let found = expiring(&all, DAY * 14, NOW);
        assert_eq!(found, [(one("the file x", 3), vec!["a", "b"]), (one("the file z", 0), vec!["c"])]);
    }

    #[test]
    fn a_refusal_after_success_is_suspicious() {
        let state = SourceState { last_success_at: Some(NOW), ..SourceState::default() };
        assert!(suspected(true, &state, FailureKind::Auth).is_some_and(|said| said.contains("may have expired")));
        assert_eq!(suspected(false, &state, FailureKind::Auth), None);
        assert_eq!(suspected(true, &state, FailureKind::Dns), None);
        assert_eq!(suspected(true, &SourceState::default(), FailureKind::Blocked), None, "it never worked");
    }
}
