//! Which hosts belong together: the registrable domain, by a short rule.
//!
//! The public suffix list would be exact about who owns a name. We ask who shares a limit, and there its answer is often the
//! wrong one: it takes `a.github.io` and `b.github.io`, or two blogs of `blogspot.com`, for strangers, while the platform counts our
//! requests to both. So the rule is short: the last two labels, or three where names are registered below two: the general words
//! under a country's code (`co.uk`, `com.tw`), the words of a few countries of their own (`govt.nz`, `bj.cn`), and the domains below
//! which strangers run machines or programs of their own (`duckdns.org`, `vercel.app`). Where it errs, a few hosts wait together that
//! need not.

use std::net::IpAddr;

/// Second levels under which countries register names.
const GENERAL: [&str; 26] = [
    "ac", "asn", "club", "co", "com", "ebiz", "edu", "game", "go", "gob", "gov", "gr", "id", "idv", "info", "lg", "ltd", "mil", "ne",
    "net", "nom", "or", "org", "plc", "re", "sch",
];

/// Second levels of one country that are names of somebody elsewhere; the registries' own pages list them.
const OF_COUNTRIES: [(&str, &[&str]); 14] = [
    ("au", &["act", "nsw", "nt", "qld", "sa", "tas", "vic", "wa"]),
    ("br", &["adv", "app", "art", "blog", "eco", "eng", "ind", "jus", "leg", "log", "med", "mp", "tur", "tv", "wiki"]),
    (
        "cn",
        &[
            "ah",
            "bj",
            "cq",
            "fj",
            "gd",
            "gs",
            "gx",
            "gz",
            "ha",
            "hb",
            "he",
            "hi",
            "hk",
            "hl",
            "hn",
            "jl",
            "js",
            "jx",
            "ln",
            "mo",
            "nm",
            "nx",
            "qh",
            "sc",
            "sd",
            "sh",
            "sn",
            "sx",
            "tj",
            "tw",
            "xj",
            "xz",
            "yn",
            "zj",
            "xn--55qx5d",
            "xn--io0a7i",
            "xn--od0alg",
        ],
    ),
    ("hk", &["xn--55qx5d", "xn--uc0atv", "xn--io0a7i"]),
    ("il", &["k12", "muni"]),
    ("in", &["ernet", "firm", "gen", "ind", "nic", "res"]),
    (
        "jp",
        &[
            "ad",
            "ed",
            "aichi",
            "akita",
            "aomori",
            "chiba",
            "ehime",
            "fukui",
            "fukuoka",
            "fukushima",
            "gifu",
            "gunma",
            "hiroshima",
            "hokkaido",
            "hyogo",
            "ibaraki",
            "ishikawa",
            "iwate",
            "kagawa",
            "kagoshima",
            "kanagawa",
            "kochi",
            "kumamoto",
            "kyoto",
            "mie",
            "miyagi",
            "miyazaki",
            "nagano",
            "nagasaki",
            "nara",
            "niigata",
            "oita",
            "okayama",
            "okinawa",
            "osaka",
            "saga",
            "saitama",
            "shiga",
            "shimane",
            "shizuoka",
            "tochigi",
            "tokushima",
            "tokyo",
            "tottori",
            "toyama",
            "wakayama",
            "yamagata",
            "yamaguchi",
            "yamanashi",
        ],
    ),
    ("kr", &["es", "hs", "kg", "ms", "pe", "sc", "seoul", "busan"]),
    ("nz", &["geek", "gen", "govt", "health", "iwi", "kiwi", "maori", "school"]),
    ("th", &["in", "mi"]),
    ("tr", &["av", "bbs", "bel", "dr", "gen", "k12", "name", "pol", "tel", "tv", "web"]),
    ("tw", &["xn--czrw28b", "xn--uc0atv", "xn--zf0ao64a"]),
    ("uk", &["me", "nhs", "police"]),
    ("za", &["law", "nis", "school", "web"]),
];

/// Domains below which each host is another's machine or program: names sold under a company's, homes with changing addresses, and
/// platforms that run whole programs, whose 429 is the program's own.
const OF_STRANGERS: [&str; 36] = [
    "asuscomm.com",
    "azurewebsites.net",
    "br.com",
    "cn.com",
    "co.com",
    "ddns.net",
    "de.com",
    "duckdns.org",
    "dyndns.org",
    "eu.com",
    "eu.org",
    "fly.dev",
    "gb.net",
    "herokuapp.com",
    "hopto.org",
    "in.net",
    "jp.net",
    "jpn.com",
    "myqnapcloud.com",
    "netlify.app",
    "ngrok.io",
    "no-ip.org",
    "onrender.com",
    "pages.dev",
    "railway.app",
    "ru.com",
    "sa.com",
    "se.net",
    "synology.me",
    "uk.com",
    "uk.net",
    "us.com",
    "vercel.app",
    "workers.dev",
    "za.com",
    "zapto.org",
];

/// `www.shop.example.co.uk` is of `example.co.uk`; an address of numbers and a single word are their own.
#[must_use]
pub fn registrable(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    if host.starts_with('[') || host.parse::<IpAddr>().is_ok() {
        return host;
    }
    let two = last_labels(host, 2);
    if is_registry(two) { last_labels(host, 3) } else { two }
}

/// Whether names are registered, or handed out to strangers, below these two labels.
fn is_registry(two: &str) -> bool {
    let two = two.to_ascii_lowercase();
    let Some((second, last)) = two.split_once('.') else { return false };
    let of_country = || OF_COUNTRIES.iter().any(|(country, words)| *country == last && words.contains(&second));
    (last.len() == 2 && (GENERAL.contains(&second) || of_country())) || OF_STRANGERS.contains(&two.as_str())
}

fn last_labels(host: &str, count: usize) -> &str {
    host.rmatch_indices('.').nth(count - 1).map_or(host, |(at, _)| &host[at + 1..])
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
            // A platform counts our requests to all of its users together.
            ("x.github.io", "github.io"),
            ("tea.blogspot.com", "blogspot.com"),
            ("tea.blogspot.com.tw", "blogspot.com.tw"),
            ("www.mof.gov.tw", "mof.gov.tw"),
            ("shop.example.com.cn", "example.com.cn"),
            ("www.example.bj.cn", "example.bj.cn"),
            ("www.health.govt.nz", "health.govt.nz"),
            ("a.b.shibuya.tokyo.jp", "shibuya.tokyo.jp"),
            ("WWW.Example.Co.UK", "Example.Co.UK"),
            // Strangers' machines and programs.
            ("a.b.duckdns.org", "b.duckdns.org"),
            ("rsshub-one.vercel.app", "rsshub-one.vercel.app"),
            ("shop.example.uk.com", "example.uk.com"),
            // What looks like a country's word and is a name.
            ("m.me.com", "me.com"),
            ("a.bj.com", "bj.com"),
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
