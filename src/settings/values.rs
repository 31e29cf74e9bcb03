//! Values that several sections read: choices, addresses, zones, spans of time within bounds.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use url::{Host, Url};

use super::secrets::{Surroundings, reason};
use crate::collect::holidays::Holidays;
use crate::model::{Moment, Secret, Severity};
pub(super) use crate::problem::duration_words as words;
use crate::problem::{Data, Mistake, Place, Problem, Table, nearest};

/// Languages that pages and mails are written in.
pub(super) const LANGUAGES: [&str; 3] = ["zh-TW", "zh-CN", "en"];

/// One of a few words; the nearest is named for any other.
pub(super) fn choice<T: Copy>(table: &mut Table, key: &str, words: &[(&str, T)]) -> Option<T> {
    let word = table.text(key)?;
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    if found.is_none() {
        let known = words.iter().map(|(known, _)| *known);
        let all = known.clone().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        let help = match nearest(&word, known) {
            Some(near) => format!("Did you mean \"{near}\"? Possible: {all}."),
            None => format!("Write one of: {all}."),
        };
        table.complain(key, format!("`{key}` cannot be \"{word}\""), help);
    }
    found
}

/// A severity worse than `none`.
pub(super) fn severity(table: &mut Table, key: &str) -> Option<Severity> {
    let words: Vec<_> = Severity::ALL.iter().filter(|one| **one > Severity::None).map(|one| (one.as_str(), *one)).collect();
    choice(table, key, &words)
}

/// `zh-TW`, `zh-CN` or `en`.
pub(super) fn language(table: &mut Table, key: &str) -> Option<String> {
    choice(table, key, &LANGUAGES.map(|language| (language, language))).map(str::to_owned)
}

/// An IANA zone.
pub(super) fn zone(table: &mut Table, key: &str) -> Option<TimeZone> {
    let name = table.filled_text(key)?;
    let found = TimeZone::get(&name).ok();
    if found.is_none() {
        let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        let near = nearest(&name, known.iter().map(String::as_str)).filter(|_| name.contains('/'));
        let help = match near {
            Some(near) => format!("Did you mean \"{near}\"?"),
            None => "Write an IANA name, as \"Asia/Taipei\", \"Asia/Shanghai\" or \"Europe/Berlin\".".to_owned(),
        };
        table.complain(key, format!("there is no time zone \"{name}\""), help);
    }
    found
}

/// A span of time within bounds, or the default.
pub(super) fn span(table: &mut Table, key: &str, bounds: RangeInclusive<Duration>, default: Duration) -> Duration {
    span_if_there(table, key, bounds).unwrap_or(default)
}

/// A span of time within bounds.
pub(super) fn span_if_there(table: &mut Table, key: &str, bounds: RangeInclusive<Duration>) -> Option<Duration> {
    let found = table.duration(key)?;
    if bounds.contains(&found) {
        return Some(found);
    }
    let (which, bound) = if found < *bounds.start() { ("at least", bounds.start()) } else { ("at most", bounds.end()) };
    table.complain(key, format!("`{key}` is out of range"), format!("Write {which} \"{}\".", words(*bound)));
    None
}

/// A whole number within bounds, or the default.
pub(super) fn count(table: &mut Table, key: &str, bounds: RangeInclusive<usize>, default: usize) -> usize {
    let bound = |bound: usize| i64::try_from(bound).unwrap_or(i64::MAX);
    let found = table.integer(key, bound(*bounds.start()), bound(*bounds.end()));
    found.and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
}

/// An `http` or `https` address without credentials in it.
pub(super) fn web_address(table: &mut Table, key: &str) -> Option<Url> {
    let text = table.filled_text(key)?;
    let url = match Url::parse(&text) {
        Ok(url) => url,
        Err(error) => {
            let why = match error {
                url::ParseError::RelativeUrlWithoutBase => "it begins with no scheme".to_owned(),
                other => other.to_string(),
            };
            table.complain(key, format!("this is no address: {why}"), "Write it whole, as \"https://www.example.com/feed.xml\".");
            return None;
        }
    };
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("addresses of kind `{}:` are not served here", url.scheme());
        table.complain(key, message, "Write an address that begins with https:// or http://.");
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() {
        table.complain(
            key,
            "there are credentials in this address",
            "Take them out and send them as a header: `headers = { Authorization = { file = \"path\" } }` with `Basic ...` in the file.",
        );
        return None;
    }
    Some(url)
}

/// Whether an address stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // The address of a scheme that `url` does not know, as imap, stays a name.
        Some(Host::Domain(name)) => is_local_host(name),
        None => false,
    }
}

/// Whether a host, name or address, is this machine.
pub(super) fn is_local_host(host: &str) -> bool {
    host.parse::<IpAddr>().map_or_else(|_| is_local_name(host), |address| address.is_loopback())
}

fn is_local_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// A file of certificates, looked into now rather than at the first connection.
pub(super) fn certificates(table: &mut Table, key: &str, surroundings: &Surroundings) -> Option<PathBuf> {
    let path = surroundings.path(&table.filled_text(key)?);
    match std::fs::read_to_string(&path) {
        Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => Some(path),
        Ok(_) => {
            table.complain(
                key,
                format!("{} holds no certificate", path.display()),
                "Name a file in PEM form (-----BEGIN CERTIFICATE-----).",
            );
            None
        }
        Err(error) => {
            let message = format!("{} cannot be read: {}", path.display(), reason(&error));
            let help = "Check the path (relative ones begin at the main file's folder) and who may read it.";
            let mistake = Mistake::NoFile { path: path.display().to_string(), why: reason(&error) };
            table.problems().add(Problem::error(table.place_of(key), message, help).being(mistake));
            None
        }
    }
}

/// A request header as the operator gave it.
pub(super) struct Header {
    pub(super) name: String,
    pub(super) value: Secret,
    /// Where the value comes from, for whoever has to renew it; none where it stands in the configuration itself.
    pub(super) from: Option<String>,
    /// As the operator says; none where nothing is said.
    pub(super) expires: Option<Moment>,
}

/// Request headers: `Name = "value"`, `Name = { file = "path" }`, `{ env = "NAME" }` or `{ credential = "name" }`, each with
/// `expires = 2026-12-31` where that is known.
pub(super) fn headers(table: &mut Table, surroundings: &Surroundings, zone: &TimeZone) -> Vec<Header> {
    let Some(inner) = table.table("headers") else { return Vec::new() };
    let problems = inner.problems().clone();
    let mut headers = Vec::new();
    for entry in inner.into_entries() {
        let name = entry.key.clone();
        if !is_header_name(&name) {
            let help = "Write letters, digits and hyphens, as X-Api-Key.";
            problems.add(Problem::error(entry.key_place.clone(), format!("`{name}` is no header's name"), help));
            continue;
        }
        if let Some(header) = surroundings.header(entry, &problems, zone) {
            let printable = header.value.expose().chars().all(|letter| letter == '\t' || (' '..='~').contains(&letter));
            if printable {
                headers.push(header);
            } else {
                let place = table.place_of("headers");
                problems.add(Problem::error(place, format!("the value of `{name}` cannot be sent"), "Use printable ASCII alone."));
            }
        }
    }
    headers
}

/// A day, which begins in this zone, or a moment with its offset.
pub(super) fn moment(table: &mut Table, key: &str, zone: &TimeZone) -> Option<Moment> {
    let written = match table.value(key)?.data {
        Data::Time(text) | Data::Text(text) => text,
        _ => String::new(),
    };
    let day = || written.parse::<jiff::civil::Date>().ok()?.to_zoned(zone.clone()).ok().map(|day| day.timestamp());
    let found = written.parse::<jiff::Timestamp>().ok().or_else(day).map(Moment::from);
    if found.is_none() {
        table.complain(key, format!("`{key}` is no day"), "Write it as 2026-12-31.");
    }
    found
}

/// Names with values that may be secret, written as those of headers are.
pub(super) fn secrets(table: &mut Table, key: &str, surroundings: &Surroundings, zone: &TimeZone) -> Vec<Header> {
    let Some(inner) = table.table(key) else { return Vec::new() };
    let problems = inner.problems().clone();
    inner.into_entries().into_iter().filter_map(|entry| surroundings.header(entry, &problems, zone)).collect()
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// A mail address with or without a name before it.
pub(super) fn mailbox(table: &mut Table, key: &str) -> Option<String> {
    let text = table.filled_text(key)?;
    let sound = text.parse::<lettre::message::Mailbox>().is_ok();
    if !sound {
        table.complain(key, format!("\"{text}\" is no mail address"), "Write \"name@example.com\" or \"Name <name@example.com>\".");
    }
    sound.then_some(text)
}

/// A bare mail address.
pub(super) fn mail(table: &mut Table, key: &str) -> Option<String> {
    let text = table.required_text(key)?;
    let sound = text.parse::<lettre::Address>().is_ok();
    if !sound {
        table.complain(key, format!("\"{text}\" is no mail address"), "Write it as \"name@example.com\".");
    }
    sound.then_some(text)
}

/// Strings that are not blank and stand once, with their places.
pub(super) fn phrases(table: &mut Table, key: &str) -> Vec<(Place, String)> {
    let mut found: Vec<(Place, String)> = Vec::new();
    for (place, text) in table.texts(key).unwrap_or_default() {
        if text.trim().is_empty() {
            table.problems().add(Problem::error(
                place,
                format!("an empty string in `{key}`"),
                "It would stand for everything: take it out.",
            ));
        } else if found.iter().any(|(_, other)| *other == text) {
            table.problems().add(Problem::error(place, format!("`{text}` is listed twice"), "Once is enough: take it out."));
        } else {
            found.push((place, text));
        }
    }
    found
}

/// Days on which nobody writes; none where the key is not there, which is not the same as none at all.
pub(super) fn holidays(table: &mut Table) -> Option<Holidays> {
    if !table.has("holidays") {
        return None;
    }
    let mut found = Holidays::default();
    for (place, text) in phrases(table, "holidays") {
        if let Err(why) = found.add(&text) {
            let help = "Write days as \"2027-02-05..2027-02-11\", or without a year, for every year, as \"12-24..12-26\".";
            table.problems().add(Problem::error(place, format!("`{text}` is no holiday: {why}"), help));
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_several_names() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "mail.localhost"] {
            assert!(is_local_host(host), "{host}");
        }
        for host in ["mail.example.com", "10.0.0.1", "localhost.example.com"] {
            assert!(!is_local_host(host), "{host}");
        }
    }
}
