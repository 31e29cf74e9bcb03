//! robots.txt as RFC 9309 has it: the longest rule wins, allowing wins a tie, no file allows, and where its server cannot say nothing is
//! asked until it can.
//!
//! Kept for as long as its `Cache-Control` says, between an hour and a day, and asked for with its validators then. While its server
//! is in trouble an older copy holds on, over a restart too (`RobotsCache::recall`); that there is no file is such a copy. Without one the
//! poll fails as one of a server in trouble does, and the next poll asks again.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::{Position, Url};

use super::fetch::{Body, FetchFailure, FetchLimits, FetchRequest, Fetched, Sending, fetch};
use crate::model::{FailureKind, KeptRobots, Moment, Phrase};
use crate::outbound::Outbound;

/// RFC 9309, 2.5: at least 500 kibibytes must be read; the rest is ignored.
const BYTES_MAX: usize = 500 * 1024;

/// RFC 9309, 2.3.1.2: at least five hops.
const REDIRECTS_MAX: usize = 5;

/// RFC 9309, 2.4: no longer than a day.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Nobody changes it so often that asking more often would be worth it.
const KEPT_LEAST: Duration = Duration::from_secs(3600);

/// RFC 9309, 2.4 lets an old copy hold while its server cannot be reached; longer than a month it is no copy of anything.
pub const HELD_ON: Duration = Duration::from_secs(30 * 24 * 3600);

/// `Crawl-delay` is no part of the standard and obeyed as a courtesy, up to this: some write a day and mean nothing by it.
const DELAY_MAX: Duration = Duration::from_secs(30);

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
    Rules(Vec<Rule>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    allow: bool,
    pattern: String,
}

impl Robots {
    /// The rules for `agent` (our product token, lower case), else for everyone. Reads anything: what is not a rule is skipped.
    #[must_use]
    pub fn parse(text: &str, agent: &str) -> Self {
        Self::parse_all(text, agent).0
    }

    /// The same, and the delay that goes with them.
    fn parse_all(text: &str, agent: &str) -> (Self, Option<Duration>) {
        let mut own = Group::default();
        let mut everyone = Group::default();
        let mut header = Header::default();
        // A line ends with CR, LF or both.
        for line in text.trim_start_matches('\u{feff}').split(['\r', '\n']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "user-agent" => header.name(value, agent),
                "allow" | "disallow" => {
                    let allow = key.trim().eq_ignore_ascii_case("allow");
                    header.closed = true;
                    own.add(header.own, allow, value);
                    everyone.add(header.everyone, allow, value);
                }
                "crawl-delay" => {
                    header.closed = true;
                    own.delay(header.own, value);
                    everyone.delay(header.everyone, value);
                }
                _ => {}
            }
            own.named |= header.own;
        }
        let group = if own.named { own } else { everyone };
        (Self::Rules(group.rules), group.delay)
    }

    /// Whether this address may be asked for. robots.txt itself always may.
    #[must_use]
    pub fn allows(&self, url: &Url) -> bool {
        let rules = match self {
            Self::AllowAll => return true,
            Self::Rules(rules) => rules,
        };
        let path = literal(&normal(&match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        }));
        let matching = rules.iter().filter(|rule| matches(&rule.pattern, &path));
        matching.max_by_key(|rule| (rule.pattern.len(), rule.allow)).is_none_or(|rule| rule.allow)
    }
}

/// What is for us as the lines of a file, which `parse_all` reads as the same.
fn text(robots: &Robots, delay: Option<Duration>) -> String {
    let mut text = "user-agent: *\n".to_owned();
    if let Some(delay) = delay {
        let _ = writeln!(text, "crawl-delay: {}", delay.as_secs_f64());
    }
    if let Robots::Rules(rules) = robots {
        for Rule { allow, pattern } in rules {
            let _ = writeln!(text, "{}: {pattern}", if *allow { "allow" } else { "disallow" });
        }
    }
    text
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
    fn name(&mut self, value: &str, agent: &str) {
        if self.closed {
            *self = Self::default();
        }
        let token: String = value.chars().take_while(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_')).collect();
        self.own |= token.eq_ignore_ascii_case(agent);
        self.everyone |= value.split_whitespace().next() == Some("*");
    }
}

#[derive(Default)]
struct Group {
    named: bool,
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

impl Group {
    /// An empty pattern matches nothing (`Disallow:` allows all), so it is no rule.
    fn add(&mut self, applies: bool, allow: bool, pattern: &str) {
        if applies && !pattern.is_empty() && self.rules.len() < RULES_MAX {
            self.rules.push(Rule { allow, pattern: normal(pattern) });
        }
    }

    /// In seconds, with or without a fraction; the longest of several.
    fn delay(&mut self, applies: bool, value: &str) {
        let found = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        if let Some(found) = found.filter(|_| applies) {
            self.delay = self.delay.max(Some(found.min(DELAY_MAX)));
        }
    }
}

/// One spelling for an octet: escapes in upper case, those of unreserved characters undone, the rest of printed ASCII as it is.
fn normal(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let hex = escape.filter(|hex| hex.iter().all(u8::is_ascii_hexdigit)).and_then(|hex| std::str::from_utf8(hex).ok());
        let octet = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let octet_or_byte = octet.unwrap_or(bytes[at]);
        let unreserved = octet_or_byte.is_ascii_alphanumeric() || b"-._~".contains(&octet_or_byte);
        if unreserved || (octet.is_none() && octet_or_byte.is_ascii() && !octet_or_byte.is_ascii_control()) {
            out.push(char::from(octet_or_byte));
        } else {
            out.push_str(&format!("%{octet_or_byte:02X}"));
        }
        at += if octet.is_some() { 3 } else { 1 };
    }
    out
}

/// The two signs of patterns, where they stand in an address: a rule means them by their escapes (RFC 9309, 2.2.3).
fn literal(path: &str) -> String {
    path.replace('*', "%2A").replace('$', "%24")
}

/// `*` is any run of characters, `$` at the end is the end. Linear: each piece is found at its first place.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = pattern.strip_suffix('$').map_or((pattern, false), |pattern| (pattern, true));
    // In the middle it is a sign like any other.
    let pattern = &pattern.replace('$', "%24");
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
pub struct RobotsCache(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    origins: HashMap<String, Cached>,
    /// Whose file was read since `unkept` last gave them out.
    unkept: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct Cached {
    robots: Arc<Robots>,
    delay: Option<Duration>,
    /// Validators of a file that was read.
    etag: Option<String>,
    last_modified: Option<String>,
    /// When the file itself was last seen; none while there is only its server's trouble.
    seen: Option<Moment>,
    expires: Moment,
}

impl RobotsCache {
    /// The origin's robots.txt, asked for where it is not known or has expired.
    ///
    /// # Errors
    /// A server that cannot be reached, or has an error of its own: the poll fails for that reason, not for what robots.txt says.
    pub async fn of(&self, outbound: &Outbound, url: &Url, now: Moment) -> Result<Arc<Robots>, FetchFailure> {
        let origin = origin(url);
        let known = self.lock().origins.get(origin.as_ref()).cloned();
        if let Some(cached) = known.as_ref().filter(|cached| cached.expires > now) {
            return Ok(Arc::clone(&cached.robots));
        }
        let known = known.filter(|cached| cached.seen.is_some_and(|seen| now.since(seen) < HELD_ON));
        let fresh = ask(outbound, url, known.as_ref(), now).await?;
        let robots = Arc::clone(&fresh.robots);
        let mut all = self.lock();
        if all.origins.len() >= ORIGINS_KEPT {
            all.origins.retain(|_, cached| cached.expires > now);
        }
        if fresh.seen == Some(now) {
            all.unkept.insert(origin.clone().into_owned());
        }
        all.origins.insert(origin.into_owned(), fresh);
        Ok(robots)
    }

    /// What was remembered of an earlier run, for this name of ours. It is asked for again at the first poll, and holds on where its
    /// server cannot say.
    pub fn recall(&self, kept: Vec<KeptRobots>, agent: &str) {
        let mut all = self.lock();
        for kept in kept.into_iter().filter(|kept| kept.agent == agent) {
            let (robots, delay) = Robots::parse_all(&kept.rules, agent);
            let (etag, last_modified, seen) = (kept.etag, kept.last_modified, kept.seen_at);
            let cached = Cached { robots: Arc::new(robots), delay, etag, last_modified, seen: Some(seen), expires: seen };
            all.origins.entry(kept.origin).or_insert(cached);
        }
    }

    /// What was read since the last call, to be remembered: each once.
    #[must_use]
    pub fn unkept(&self, agent: &str) -> Vec<KeptRobots> {
        let mut all = self.lock();
        let origins = std::mem::take(&mut all.unkept);
        let kept = |origin: String| {
            let cached = all.origins.get(&origin)?;
            let (etag, last_modified) = (cached.etag.clone(), cached.last_modified.clone());
            let (rules, agent) = (text(&cached.robots, cached.delay), agent.to_owned());
            Some(KeptRobots { origin, agent, rules, etag, last_modified, seen_at: cached.seen? })
        };
        origins.into_iter().filter_map(kept).collect()
    }

    /// The pause between two requests that the origin's robots.txt asks for, as far as it is known.
    #[must_use]
    pub fn delay(&self, url: &Url) -> Option<Duration> {
        self.lock().origins.get(origin(url).as_ref())?.delay
    }

    /// Whether this address's robots.txt was asked for, so that its delay is known.
    #[must_use]
    pub fn knows(&self, url: &Url) -> bool {
        self.lock().origins.contains_key(origin(url).as_ref())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Scheme, host and port of an address, as a part of it: several look-ups of each poll write nothing out. Only where somebody's name
/// stands before the host they are put together.
fn origin(url: &Url) -> Cow<'_, str> {
    if url.username().is_empty() && url.password().is_none() {
        Cow::Borrowed(&url[..Position::BeforePath])
    } else {
        Cow::Owned(url.origin().ascii_serialization())
    }
}

impl Cached {
    /// Nothing that could be read: everything is allowed.
    fn unread(now: Moment) -> Self {
        let expires = now.plus(KEPT_IN_TROUBLE);
        Self { robots: Arc::new(Robots::AllowAll), delay: None, etag: None, last_modified: None, seen: None, expires }
    }

    /// There is no file (RFC 9309, 2.3.1.3), which is known as surely as what stands in one.
    fn absent(now: Moment) -> Self {
        Self { seen: Some(now), expires: now.plus(KEPT), ..Self::unread(now) }
    }

    fn read(body: &Body, agent: &str, now: Moment) -> Self {
        let (robots, delay) = Robots::parse_all(&String::from_utf8_lossy(&body.bytes), agent);
        let (etag, last_modified) = (body.etag.clone(), body.last_modified.clone());
        Self { robots: Arc::new(robots), delay, etag, last_modified, seen: Some(now), expires: now.plus(kept(body.max_age)) }
    }

    /// The same file, confirmed.
    fn confirmed(&self, max_age: Option<Duration>, now: Moment) -> Self {
        Self { seen: Some(now), expires: now.plus(kept(max_age)), ..self.clone() }
    }

    /// The old copy for a while longer: its file could not be had.
    fn held_on(&self, now: Moment) -> Self {
        Self { expires: now.plus(KEPT_IN_TROUBLE), ..self.clone() }
    }
}

/// How long an answer is kept by what it says of itself.
fn kept(max_age: Option<Duration>) -> Duration {
    max_age.map_or(KEPT, |said| said.clamp(KEPT_LEAST, KEPT))
}

async fn ask(outbound: &Outbound, url: &Url, known: Option<&Cached>, now: Moment) -> Result<Cached, FetchFailure> {
    let mut address = url.clone();
    address.set_path("/robots.txt");
    address.set_query(None);
    address.set_fragment(None);
    let limits = FetchLimits { max_bytes: BYTES_MAX, max_decoded_bytes: BYTES_MAX, max_redirects: REDIRECTS_MAX, cut: true, broken: false };
    let (etag, last_modified) = known.map_or((None, None), |cached| (cached.etag.as_deref(), cached.last_modified.as_deref()));
    let (accept, sending) = ("text/plain, */*;q=0.1", Sending::default());
    let request = FetchRequest { url: &address, etag, last_modified, headers: &[], accept, limits, now, sending, robots: None };
    let failure = match (fetch(outbound, &request).await, known) {
        (Ok(Fetched::Body(body)), _) => return Ok(Cached::read(&body, outbound.product(), now)),
        (Ok(Fetched::Unchanged { max_age }), Some(known)) => return Ok(known.confirmed(max_age, now)),
        (Ok(Fetched::Unchanged { .. }), None) => return Ok(Cached::unread(now)),
        (Err(failure), _) => failure,
    };
    let throttled = failure.kind == FailureKind::Throttled || failure.retry_after.is_some();
    match (failure.status, known) {
        _ if throttled => Err(unreachable(failure)),
        (Some(400..500), _) => Ok(Cached::absent(now)),
        _ if matches!(failure.kind, FailureKind::Redirect | FailureKind::Encoding) => Ok(Cached::unread(now)),
        (_, Some(known)) => Ok(known.held_on(now)),
        // Nothing may be asked while it cannot be reached (RFC 9309, 2.3.1.4). It is not remembered: the next poll asks again.
        _ => Err(unreachable(failure)),
    }
}

/// The failure of the server that was asked, with what was asked for. Where nobody answers at all every address fails so.
fn unreachable(failure: FetchFailure) -> FetchFailure {
    if failure.status.is_none() && failure.kind != FailureKind::Timeout {
        return failure;
    }
    let why = failure.told.as_deref().cloned().unwrap_or_else(|| Phrase::raw(&failure.detail));
    let detail = format!("{}: its robots.txt cannot be read, and until it can nothing else is asked there (RFC 9309)", failure.detail);
    FetchFailure { detail, ..failure }.told(Phrase::said("what_robots_unread").with("what", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(robots: &str, path: &str) -> bool {
        Robots::parse(robots, "hearken").allows(&Url::parse("https://a.example").expect("an address").join(path).expect("a path"))
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
    fn groups_of_one_name_are_one_and_lines_end_in_every_way() {
        let text = "User-Agent: HEARKEN\rDisallow: /a\r\nUser-agent: other\nDisallow: /\n\nuser-agent : hearken\rdisallow: /b";
        assert!(!allows(text, "/a") && !allows(text, "/b") && allows(text, "/c"));
        let shared = "User-agent: other\nSitemap: https://a.example/map\nUser-agent: hearken\nDisallow: /x\n";
        assert!(!allows(shared, "/x"), "other lines end no list of names");
        assert!(allows("User-agent: *bot\nDisallow: /", "/"), "a star with something behind it is no one's name");
        assert!(!allows("\u{feff}User-agent: * # all\nDisallow: /", "/"));
    }

    #[test]
    fn the_signs_of_patterns_have_escapes() {
        assert!(!allows("user-agent: *\ndisallow: /file-with-a-%2A.html", "/file-with-a-*.html"));
        assert!(allows("user-agent: *\ndisallow: /file-with-a-%2A.html", "/file-with-a-x.html"));
        assert!(!allows("user-agent: *\ndisallow: /price%24", "/price$now"));
        assert!(!allows("user-agent: *\ndisallow: /a$b", "/a$b/c"), "in the middle it is no end");
        assert!(!allows("user-agent: *\ndisallow: /a%2fb", "/a%2Fb") && allows("user-agent: *\ndisallow: /a%2fb", "/a/b"));
        assert!(allows("user-agent: *\ndisallow: /%+f", "/%0F"), "that is no escape");
        assert!(!allows("user-agent: *\ndisallow: /foo/bar/%E3%83%84", "/foo/bar/\u{30c4}"));
    }

    #[test]
    fn a_crawl_delay_is_read_of_the_group_that_is_ours() {
        let delay = |text: &str| Robots::parse_all(text, "hearken").1;
        assert_eq!(delay("user-agent: *\ncrawl-delay: 5\n\nuser-agent: hearken\ncrawl-delay: 2.5"), Some(Duration::from_millis(2500)));
        assert_eq!(delay("user-agent: *\ncrawl-delay: 86400"), Some(DELAY_MAX));
        for nothing in
            ["user-agent: *\ncrawl-delay: soon", "user-agent: *\ncrawl-delay: -1", "user-agent: x\ncrawl-delay: 5", "crawl-delay: 5"]
        {
            assert_eq!(delay(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_for_us_is_remembered_and_read_again_as_the_same() {
        let file = "user-agent: *\ndisallow: /\n\nuser-agent: hearken\ncrawl-delay: 2.5\ndisallow: /評論/*?x=%23a$ b\nallow: /a%2A\u{0}\ndisallow: /z$";
        let (robots, delay) = Robots::parse_all(file, "hearken");
        let written = text(&robots, delay);
        assert!(!written.contains('\0'), "a store takes it: {written:?}");
        assert_eq!(Robots::parse_all(&written, "hearken"), (robots, delay), "{written}");
        assert_eq!(Robots::parse_all(&text(&Robots::AllowAll, None), "hearken"), (Robots::Rules(Vec::new()), None));
    }

    #[test]
    fn of_an_earlier_run_only_what_was_read_for_our_name_is_recalled() {
        let kept = |origin: &str, agent: &str| KeptRobots {
            origin: origin.into(),
            agent: agent.into(),
            rules: "user-agent: *\ncrawl-delay: 3\ndisallow: /x\n".into(),
            etag: None,
            last_modified: None,
            seen_at: Moment::from_secs(1_800_000_000),
        };
        let cache = RobotsCache::default();
        cache.recall(vec![kept("https://a.example", "hearken"), kept("https://b.example", "teawatch")], "hearken");
        let delay = |host: &str| cache.delay(&Url::parse(host).expect("an address"));
        assert_eq!((delay("https://a.example/y"), delay("https://b.example/y")), (Some(Duration::from_secs(3)), None));
        assert_eq!(cache.unkept("hearken"), [], "what is remembered need not be remembered again");
    }

    #[test]
    fn it_is_kept_between_an_hour_and_a_day() {
        assert_eq!(kept(None), KEPT);
        assert_eq!(kept(Some(Duration::ZERO)), KEPT_LEAST);
        assert_eq!(kept(Some(Duration::from_hours(7))), Duration::from_hours(7));
        assert_eq!(kept(Some(Duration::from_hours(700))), KEPT);
    }

    #[test]
    fn an_origin_is_a_part_of_its_address() {
        let same = ["https://a.example/x?y#z", "http://a.example:8080", "https://a.example:443/", "http://[::1]:81/", "HTTPS://Ä.Example/"];
        for address in same {
            let url = Url::parse(address).expect("an address");
            assert!(matches!(origin(&url), Cow::Borrowed(_)), "{address}: nothing is written out");
            assert_eq!(origin(&url), url.origin().ascii_serialization());
        }
        for address in ["https://user@a.example/", "https://user:word@a.example/", "https://:word@a.example/"] {
            assert_eq!(origin(&Url::parse(address).expect("an address")), "https://a.example", "{address}");
        }
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
