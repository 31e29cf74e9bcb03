//! Times as sites write them. What cannot be read is unknown, never guessed at: then the item counts as of when it was seen.

mod ago;
mod date;
mod month;
pub mod order;
mod zone;

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use regex::{Captures, Regex};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::model::Moment;

/// No page of the web is older: an earlier time is a default somebody forgot to fill in.
const EARLIEST_SECS: i64 = 631_152_000; // 1990

/// A clock may be this much ahead of ours before a time counts as one of the future.
const AHEAD_SECS: i64 = 300;

/// In `Item::extra`: the source dates the item into the future. It counts as of when it was seen.
pub const FUTURE: &str = "dated_in_the_future";

/// No date is longer; a paragraph is none.
const BYTES_MAX: usize = 160;

/// Words around an hour that say which half of the day it is in; the marks of `a.m.` have been folded away.
const MORNING: &[&str] = &["am", "上午", "凌晨", "早上", "清晨", "午前", "오전", "πμ", "sa"];
const EVENING: &[&str] = &["pm", "下午", "晚上", "傍晚", "午後", "오후", "μμ", "ch"];

static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) (?:^|[^\d.]) (?P<before>am|pm|上午|凌晨|早上|清晨|中午|下午|晚上|傍晚|午前|午後|오전|오후|πμ|μμ)? \s* (?P<hour>\d{1,2})
        (?: \s* [:：时時点點시h] \s* (?P<minute>\d{1,2}) (?: \s* [:：分분m] \s* (?P<second>\d{1,2}) )? (?:[.,]\d+)? \s* [秒초分분]?
          | \s* (?: [点點时時시] | (?:uhr|h)\b ) )
        (?: \s* (?P<after>am|pm|πμ|μμ|sa|ch)\b )?",
    )
    .expect("the pattern is valid")
});

/// An hour alone, where it is said to be one. `am` before a number is a day in German, and no hour.
static HOUR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^\d.])(?:(?P<before>上午|凌晨|早上|下午|晚上|午前|午後|오전|오후)\s*(?P<hour>\d{1,2})\b|(?P<late>\d{1,2})\s*(?P<after>am|pm)\b)")
        .expect("the pattern is valid")
});

/// A time, and whether its source says it is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    pub at: Moment,
    /// It was later than `now`, which it became.
    pub is_future: bool,
}

/// Reads a time. One without an offset is in `timezone`. A time of the future becomes `now`; nonsense is none.
#[must_use]
pub fn parse(text: &str, timezone: &TimeZone, now: Moment) -> Option<Moment> {
    stated(text, timezone, now).map(|stated| stated.at)
}

/// As `parse`, and says whether the time was of the future.
#[must_use]
pub fn stated(text: &str, timezone: &TimeZone, now: Moment) -> Option<Stated> {
    let text = text.trim();
    if text.is_empty() || text.len() > BYTES_MAX {
        return None;
    }
    let moment = standard(text).or_else(|| written(&fold(text), timezone, now))?;
    if moment.as_secs() < EARLIEST_SECS {
        return None;
    }
    let is_future = moment.as_secs() > now.as_secs().saturating_add(AHEAD_SECS);
    Some(Stated { at: if is_future { now } else { moment }, is_future })
}

/// What only one reading fits, without any expression: RFC 3339, RFC 2822, and numbers since 1970.
fn standard(text: &str) -> Option<Moment> {
    if text.len() > BYTES_MAX { None } else { offset_time(text).or_else(|| epoch(text)) }
}

/// RFC 3339 and RFC 2822. Names of zones are left to `zone`: the parser takes those it does not know for Greenwich.
fn offset_time(text: &str) -> Option<Moment> {
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(stamp) = text.parse::<Timestamp>()
    {
        return Some(stamp.into());
    }
    if !zone::is_offset(text.rsplit(char::is_whitespace).next().unwrap_or_default()) {
        return None;
    }
    let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    parser.parse_timestamp(text).ok().map(Moment::from)
}

/// Seconds, milliseconds or microseconds since 1970, told apart by their size.
fn epoch(text: &str) -> Option<Moment> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(9..=16).contains(&whole.len()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9 | 10 => Some(Moment::from_secs(number)),
        13 => Some(Moment(number.checked_mul(1_000)?)),
        16 => Some(Moment(number)),
        _ => None,
    }
}

/// Lower case, without accents and full-width digits, so that one table of names serves.
fn fold(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff10}'..='\u{ff19}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{a0}' | '\u{3000}' | '\u{202f}' | '\u{2009}' => ' ',
        c => c,
    };
    let lower = text.chars().map(narrow).collect::<String>().to_lowercase();
    // Hangul would fall apart and kana lose their voice: what they are made of is put together again.
    let bare: String = lower.nfd().filter(|c| !is_combining_mark(*c) || matches!(c, '\u{3099}' | '\u{309a}')).nfc().collect();
    date::chinese_digits(bare.replace("a.m.", "am").replace("p.m.", "pm").replace("π.μ.", "πμ").replace("μ.μ.", "μμ"))
}

fn written(text: &str, timezone: &TimeZone, now: Moment) -> Option<Moment> {
    if let Some(seconds) = ago::seconds(text) {
        return now.0.checked_sub(seconds.checked_mul(1_000_000)?).map(Moment);
    }
    if let Some((date, time, zone)) = date::compact(text) {
        return at(date, time, zone.as_ref().unwrap_or(timezone));
    }
    let (rest, clock) = clock(text);
    let (zone, rest) = match &clock {
        Some(clock) => {
            let (zone, length) = zone::after(&rest[clock.at..], timezone)?;
            (zone, format!("{} {}", &rest[..clock.at], &rest[clock.at + length..]))
        }
        None => (None, rest),
    };
    let zone = zone.unwrap_or_else(|| timezone.clone());
    let today = now.to_timestamp().to_zoned(zone.clone()).date();
    let date = date::of(&rest, today)?;
    let (time, tomorrow) = clock.map_or((Time::midnight(), false), |clock| (clock.time, clock.tomorrow));
    let date = if tomorrow { date.checked_add(Span::new().days(1)).ok()? } else { date };
    at(date, time, &zone)
}

fn at(date: Date, time: Time, timezone: &TimeZone) -> Option<Moment> {
    let zoned = timezone.to_zoned(DateTime::from_parts(date, time)).ok()?;
    Some(zoned.timestamp().into())
}

struct Clock {
    time: Time,
    /// 24:00
    tomorrow: bool,
    /// Where it stood in what is left of the text: a zone follows there.
    at: usize,
}

/// The text without its time of day, and that.
fn clock(text: &str) -> (String, Option<Clock>) {
    let Some(found) = CLOCK.captures(text).or_else(|| HOUR.captures(text)) else { return (text.to_owned(), None) };
    let (Some((time, tomorrow)), Some(whole)) = (time_of(&found), found.get(0)) else { return (text.to_owned(), None) };
    // What stands before it is not its own; the `T` between a date and a time is nobody's.
    let first = found.name("before").or(found.name("hour")).or(found.name("late")).map_or(whole.start(), |part| part.start());
    let before = text[..first].trim_end_matches('t');
    (format!("{before} {}", &text[whole.end()..]), Some(Clock { time, tomorrow, at: before.len() }))
}

fn time_of(found: &Captures<'_>) -> Option<(Time, bool)> {
    let number = |name: &str| found.name(name).map(|part| part.as_str().parse::<i8>().ok());
    let hour = number("hour").or_else(|| number("late"))??;
    let (minute, second) = (number("minute").unwrap_or(Some(0))?, number("second").unwrap_or(Some(0))?);
    if hour == 24 && minute == 0 && second == 0 {
        return Some((Time::midnight(), true));
    }
    let half = found.name("before").or(found.name("after")).map(|half| half.as_str());
    // A leap second is the last one before it.
    let second = if second == 60 { 59 } else { second };
    Some((Time::new(twelve_hours(hour, half), minute, second, 0).ok()?, false))
}

fn twelve_hours(hour: i8, half: Option<&str>) -> i8 {
    match half {
        Some(half) if EVENING.contains(&half) && hour < 12 => hour + 12,
        Some("中午") if hour < 11 => hour + 12,
        Some(half) if MORNING.contains(&half) && hour == 12 => 0,
        _ => hour,
    }
}

#[cfg(test)]
mod tests;
