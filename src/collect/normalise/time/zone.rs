//! Zones as they are written behind a time: offsets, names of RFC 822, usual abbreviations, IANA names.

use jiff::tz::{Offset, TimeZone};

/// Abbreviation and minutes east of Greenwich.
const NAMES: &[(&str, i32)] = &[
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("ist", 330),
    ("cet", 60),
    ("cest", 120),
    ("met", 60),
    ("mest", 120),
    ("mez", 60),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("msd", 240),
    ("trt", 180),
    ("gst", 240),
    ("pkt", 300),
    ("wib", 420),
    ("ict", 420),
    ("hkt", 480),
    ("sgt", 480),
    ("myt", 480),
    ("pht", 480),
    ("awst", 480),
    ("jst", 540),
    ("kst", 540),
    ("acst", 570),
    ("acdt", 630),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("brt", -180),
    ("art", -180),
    ("nst", -210),
    ("ndt", -150),
    ("at", -240),
    ("ast", -240),
    ("adt", -180),
    ("et", -300),
    ("est", -300),
    ("edt", -240),
    ("ct", -360),
    ("cst", -360),
    ("cdt", -300),
    ("mt", -420),
    ("mst", -420),
    ("mdt", -360),
    ("pt", -480),
    ("pst", -480),
    ("pdt", -420),
    ("akst", -540),
    ("akdt", -480),
    ("hst", -600),
];

/// They mean one zone in America and another one elsewhere (China, India, Israel, Britain, ...): a source of that other zone means its own.
const AMBIGUOUS: &[&str] = &["cst", "ist", "bst", "ast", "est", "gst", "mst", "pst", "art"];

/// No offset is larger.
const MINUTES_MAX: i32 = 15 * 60;

/// Whether the last word of a time is an offset that means the same everywhere.
pub(super) fn is_offset(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-']);
    let numeric = digits.len() < word.len() && digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    numeric || ["GMT", "UTC", "UT", "Z"].contains(&word)
}

/// The zone that follows a time of day, in folded text, and how much of the text names it. None where what is named cannot be.
pub(super) fn after(text: &str, own: &TimeZone) -> Option<(Option<TimeZone>, usize)> {
    let start = text.trim_start().trim_start_matches(['(', ',']);
    let skipped = text.len() - start.len();
    let word_end = start.find(|c: char| !(c.is_alphabetic() || c == '_')).unwrap_or(start.len());
    let (word, rest) = start.split_at(word_end);
    if rest.starts_with('/') && !word.is_empty() {
        let end = start.find([' ', ')', ',']).unwrap_or(start.len());
        return Some((Some(TimeZone::get(&start[..end]).ok()?), skipped + end));
    }
    let named = NAMES.iter().find(|(name, _)| *name == word).map(|(_, minutes)| *minutes);
    if word.is_empty() || named == Some(0) {
        let signed = rest.trim_start();
        let digits = signed.trim_start_matches(['+', '-', '\u{2212}']);
        if digits.len() < signed.len() && digits.starts_with(|c: char| c.is_ascii_digit()) {
            let end = digits.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(digits.len());
            let zone = offset(&digits[..end], !signed.starts_with('+'))?;
            return Some((Some(zone), text.len() - digits.len() + end));
        }
    }
    match named {
        None => Some((None, 0)),
        Some(_) if AMBIGUOUS.contains(&word) && means(own, word) => Some((None, skipped + word_end)),
        Some(minutes) => Some((fixed(minutes), skipped + word_end)),
    }
}

/// Whether a zone abbreviates itself so, in winter or summer.
fn means(zone: &TimeZone, word: &str) -> bool {
    let halves = [1_704_067_200, 1_719_792_000].map(jiff::Timestamp::from_second);
    halves.into_iter().flatten().any(|at| zone.to_offset_info(at).abbreviation().eq_ignore_ascii_case(word))
}

/// `0800`, `08:00`, `8`, `530`.
fn offset(digits: &str, negative: bool) -> Option<TimeZone> {
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours.parse::<i32>().ok()?, minutes.get(..2).unwrap_or(minutes).parse::<i32>().ok()?),
        None => {
            let number: i32 = digits.parse().ok()?;
            if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) }
        }
    };
    let total = hours.checked_mul(60)?.checked_add(minutes)?;
    (total <= MINUTES_MAX && minutes < 60).then(|| fixed(if negative { -total } else { total })).flatten()
}

fn fixed(minutes: i32) -> Option<TimeZone> {
    Offset::from_seconds(minutes * 60).ok().map(TimeZone::fixed)
}
