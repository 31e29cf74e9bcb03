//! robots.txt as RFC 9309 has it: the longest rule wins, allowing wins a tie, no file allows, a broken server forbids.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::fetch::{FetchFailure, FetchLimits, FetchRequest, Fetched, Sending, fetch};
use crate::model::{FailureKind, Moment};
use crate::outbound::Outbound;

/// Our product token in robots.txt.
const AGENT: &str = "hearken";

/// RFC 9309, 2.5: at least 500 kibibytes must be read; the rest is ignored.
const BYTES_MAX: usize = 500 * 1024;

/// RFC 9309, 2.3.1.2: at least five hops.
const REDIRECTS_MAX: usize = 5;

/// RFC 9309, 2.4: no longer than a day.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// A server in trouble is asked again sooner.
const KEPT_IN_TROUBLE: Duration = Duration::from_secs(600);

/// Rules beyond this many make matching slow; real files have hundreds.
const RULES_MAX: usize = 10_000;

/// Origins remembered before expired ones are dropped.
const ORIGINS_KEPT: usize = 4096;

/// What robots.txt says to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Robots {
    AllowAll,
    /// The server could not say (5xx): RFC 9309, 2.3.1.4.
    DisallowAll,
    Rules(Vec<Rule>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    allow: bool,
    pattern: String,
}

impl Robots {
    /// The rules for us, else for everyone. Reads anything: what is not a rule is skipped.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut own = Group::default();
        let mut everyone = Group::default();
        let mut header = Header::default();
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "user-agent" => header.name(value),
                "allow" | "disallow" => {
                    let allow = key.trim().eq_ignore_ascii_case("allow");
                    header.closed = true;
                    own.add(header.own, allow, value);
                    everyone.add(header.everyone, allow, value);
                }
                _ => {}
            }
            own.named |= header.own;
        }
        Self::Rules(if own.named { own.rules } else { everyone.rules })
    }

    /// Whether this address may be asked for. robots.txt itself always may.
    #[must_use]
    pub fn allows(&self, url: &Url) -> bool {
        let rules = match self {
            Self::AllowAll => return true,
            Self::DisallowAll => return false,
            Self::Rules(rules) => rules,
        };
        let path = normal(&match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        });
        let matching = rules.iter().filter(|rule| matches(&rule.pattern, &path));
        matching.max_by_key(|rule| (rule.pattern.len(), rule.allow)).is_none_or(|rule| rule.allow)
    }
}

/// Which agents the group being read is for.
#[derive(Default)]
struct Header {
    own: bool,
    everyone: bool,
    /// A rule has been read: the next `user-agent` begins a new group.
    closed: bool,
}

impl Header {
    fn name(&mut self, value: &str) {
        if self.closed {
            *self = Self::default();
        }
        let token: String = value.chars().take_while(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_')).collect();
        self.own |= token.eq_ignore_ascii_case(AGENT);
        self.everyone |= value.starts_with('*');
    }
}

#[derive(Default)]
struct Group {
    named: bool,
    rules: Vec<Rule>,
}

impl Group {
    /// An empty pattern matches nothing (`Disallow:` allows all), so it is no rule.
    fn add(&mut self, applies: bool, allow: bool, pattern: &str) {
        if applies && !pattern.is_empty() && self.rules.len() < RULES_MAX {
            self.rules.push(Rule { allow, pattern: normal(pattern) });
        }
    }
}

/// One spelling for an octet: escapes in upper case, those of unreserved characters undone, the rest of ASCII as it is.
fn normal(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let octet = escape.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let octet_or_byte = octet.unwrap_or(bytes[at]);
        let unreserved = octet_or_byte.is_ascii_alphanumeric() || b"-._~".contains(&octet_or_byte);
        if unreserved || (octet.is_none() && octet_or_byte.is_ascii()) {
            out.push(char::from(octet_or_byte));
        } else {
            out.push_str(&format!("%{octet_or_byte:02X}"));
        }
        at += if octet.is_some() { 3 } else { 1 };
    }
    out
}

/// `*` is any run of characters, `$` at the end is the end. Linear: each piece is found at its first place.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = pattern.strip_suffix('$').map_or((pattern, false), |pattern| (pattern, true));
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(piece) = last.replace(piece) {
            let Some(at) = rest.find(piece) else { return false };
            rest = &rest[at + piece.len()..];
        }
    }
    match last {
        None => !anchored || rest.is_empty(),
        Some(piece) if anchored => rest.ends_with(piece),
        Some(piece) => rest.contains(piece),
    }
}

/// What is known of each origin's robots.txt. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct RobotsCache(Arc<Mutex<HashMap<String, Cached>>>);

#[derive(Clone, Debug)]
struct Cached {
    robots: Arc<Robots>,
    expires: Moment,
}

impl RobotsCache {
    /// The origin's robots.txt, asked for where it is not known or has expired.
    ///
    /// # Errors
    /// A server that cannot be reached at all: the poll fails for that reason, not for robots.txt.
    pub async fn of(&self, outbound: &Outbound, url: &Url, now: Moment) -> Result<Arc<Robots>, FetchFailure> {
        let origin = url.origin().ascii_serialization();
        if let Some(cached) = self.lock().get(&origin).filter(|cached| cached.expires > now) {
            return Ok(Arc::clone(&cached.robots));
        }
        let (robots, kept) = ask(outbound, url, now).await?;
        let robots = Arc::new(robots);
        let mut all = self.lock();
        if all.len() >= ORIGINS_KEPT {
            all.retain(|_, cached| cached.expires > now);
        }
        all.insert(origin, Cached { robots: Arc::clone(&robots), expires: now.plus(kept) });
        Ok(robots)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Cached>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn ask(outbound: &Outbound, url: &Url, now: Moment) -> Result<(Robots, Duration), FetchFailure> {
    let mut address = url.clone();
    address.set_path("/robots.txt");
    address.set_query(None);
    address.set_fragment(None);
    let limits = FetchLimits { max_bytes: BYTES_MAX, max_decoded_bytes: BYTES_MAX, max_redirects: REDIRECTS_MAX, cut: true };
    let request = FetchRequest {
        url: &address,
        etag: None,
        last_modified: None,
        headers: &[],
        accept: "text/plain, */*;q=0.1",
        limits,
        now,
        sending: Sending::default(),
    };
    match fetch(outbound, &request).await {
        Ok(Fetched::Body(body)) => Ok((Robots::parse(&String::from_utf8_lossy(&body.bytes)), KEPT)),
        Ok(Fetched::Unchanged { .. }) => Ok((Robots::AllowAll, KEPT_IN_TROUBLE)),
        Err(failure) if failure.kind == FailureKind::Throttled => Err(failure),
        Err(failure) => match failure.status {
            Some(400..500) => Ok((Robots::AllowAll, KEPT)),
            Some(500..) => Ok((Robots::DisallowAll, KEPT_IN_TROUBLE)),
            _ if matches!(failure.kind, FailureKind::Redirect | FailureKind::Encoding) => Ok((Robots::AllowAll, KEPT_IN_TROUBLE)),
            _ => Err(failure),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(robots: &str, path: &str) -> bool {
        Robots::parse(robots).allows(&Url::parse("https://a.example").expect("an address").join(path).expect("a path"))
    }

    #[test]
    fn the_longest_rule_wins_and_allowing_wins_a_tie() {
        let text = "User-agent: *\nDisallow: /shop\nAllow: /shop/reviews\nDisallow: /x\nAllow: /x\n";
        assert!(!allows(text, "/shop/cart"));
        assert!(allows(text, "/shop/reviews/1"));
        assert!(allows(text, "/x"));
        assert!(allows(text, "/other"));
    }

    #[test]
    fn our_own_group_replaces_everyones() {
        let text = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: Hearken/1.0 # us\nDisallow: /private\n";
        assert!(allows(text, "/open"));
        assert!(!allows(text, "/private/1"));
        assert!(!allows("User-agent: hearkening\nAllow: /\nUser-agent: *\nDisallow: /", "/"), "another agent's name");
        assert!(allows("User-agent: hearken\nDisallow:\nUser-agent: *\nDisallow: /", "/"), "an empty rule allows all");
    }

    #[test]
    fn wildcards_ends_and_escapes() {
        let text = "user-agent:*\ndisallow: /*.php$\ndisallow: /a*/b*c\ndisallow: /%7Ejoe/評論\ndisallow: /*?sort=";
        assert!(!allows(text, "/x/y.php"));
        assert!(allows(text, "/x/y.php5"));
        assert!(!allows(text, "/a1/bxxc/d"));
        assert!(allows(text, "/a1/bxx"));
        assert!(!allows(text, "/~joe/%e8%a9%95%e8%ab%96"));
        assert!(!allows(text, "/list?sort=new"));
    }

    #[test]
    fn nonsense_allows() {
        assert!(allows("<html><body>not found</body></html>", "/"));
        assert!(allows("Disallow: /", "/"), "a rule of no group");
        assert!(allows("", "/"));
    }

    #[test]
    fn hostile_patterns_stay_linear() {
        let text = format!("user-agent: *\ndisallow: /{}$\n", "*a".repeat(5_000));
        assert!(allows(&text, &format!("/{}b", "a".repeat(10_000))));
    }
}
