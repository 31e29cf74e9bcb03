//! Times as sites write them. What cannot be read is unknown, never guessed at: then the item counts as of when it was seen.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use regex::Regex;

use crate::model::Moment;

/// No page of the web is older: an earlier time is a default somebody forgot to fill in.
const EARLIEST_SECS: i64 = 631_152_000; // 1990

/// A clock may be this much ahead of ours before a time counts as one of the future.
const AHEAD_SECS: i64 = 300;

static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?x) (\d{4}) \s* [-/.年] \s* (\d{1,2}) \s* [-/.月] \s* (\d{1,2}) \s* [日号號]?
        (?: [t\s,，]* (上午|下午|凌晨|早上|中午|晚上|am|pm)? \s* (\d{1,2}) \s* [:：时時点點] \s* (\d{1,2})? (?: \s* [:：分] \s* (\d{1,2}) )? (?:\.\d+)? \s* [秒分]? \s* (am|pm)? \s* (z|utc|gmt|[+-]\d{2}:?\d{2})? )?")
        .expect("the pattern is valid")
});

static MONTH_DAY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?(?:\s*(上午|下午|凌晨|早上|中午|晚上)?\s*(\d{1,2})[:：](\d{2}))?")
        .expect("the pattern is valid")
});

static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(\d{1,4}|an?|one|半|一|两|兩|三)\s*(?:个|個)?\s*(seconds?|secs?|秒钟?|秒鐘|minutes?|mins?|分钟|分鐘|分|hours?|hrs?|小时|小時|钟头|鐘頭|days?|天|日|weeks?|周|週|星期|礼拜|禮拜|months?|月|years?|年)\s*(ago|前|之前|以前)")
        .expect("the pattern is valid")
});

static ENGLISH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) (?: (\d{1,2})(?:st|nd|rd|th)? \s+ ([a-z]{3,9})\.? ,? | ([a-z]{3,9})\.? \s+ (\d{1,2})(?:st|nd|rd|th)? ,? ) \s+ (\d{4}) \b
        (?: ,? \s+ (?:at\s+)? (\d{1,2}) : (\d{2}) (?: : (\d{2}) )? \s* (am|pm)? )?",
    )
    .expect("the pattern is valid")
});

/// Reads a time. One without an offset is in `timezone`. A time of the future becomes `now`; nonsense is none.
#[must_use]
pub fn parse(text: &str, timezone: &TimeZone, now: Moment) -> Option<Moment> {
    let text = text.trim();
    if text.is_empty() || text.len() > 100 {
        return None;
    }
    let moment = offset_time(text).or_else(|| epoch(text)).or_else(|| written(&fold(text), timezone, now))?;
    sound(moment, now)
}

fn sound(moment: Moment, now: Moment) -> Option<Moment> {
    if moment.as_secs() < EARLIEST_SECS {
        return None;
    }
    Some(if moment.as_secs() > now.as_secs().saturating_add(AHEAD_SECS) { now } else { moment })
}

/// RFC 3339 and RFC 2822.
fn offset_time(text: &str) -> Option<Moment> {
    if let Ok(stamp) = text.parse::<Timestamp>() {
        return Some(stamp.into());
    }
    let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    parser.parse_timestamp(text).ok().map(Moment::from)
}

/// Seconds, milliseconds or microseconds since 1970, told apart by their size.
fn epoch(text: &str) -> Option<Moment> {
    if !(9..=16).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        9 | 10 => Some(Moment::from_secs(number)),
        13 => Some(Moment(number.checked_mul(1_000)?)),
        16 => Some(Moment(number)),
        _ => None,
    }
}

fn fold(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff10}'..='\u{ff19}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{a0}' | '\u{3000}' => ' ',
        c => c,
    };
    text.chars().map(narrow).collect::<String>().to_lowercase()
}

fn written(text: &str, timezone: &TimeZone, now: Moment) -> Option<Moment> {
    relative(text, timezone, now)
        .or_else(|| numbers(text, timezone))
        .or_else(|| english(text, timezone))
        .or_else(|| day_month_year(text, timezone))
        .or_else(|| month_day(text, timezone, now))
}

/// `3 hours ago`, `3小時前`, `昨天 14:05`, `just now`, `剛剛`.
fn relative(text: &str, timezone: &TimeZone, now: Moment) -> Option<Moment> {
    if matches!(text, "just now" | "now" | "刚刚" | "剛剛" | "剛才" | "刚才") {
        return Some(now);
    }
    if let Some(found) = RELATIVE.captures(text) {
        let half = &found[1] == "半";
        let count = match &found[1] {
            "a" | "an" | "one" | "一" => 1,
            "两" | "兩" => 2,
            "三" => 3,
            "半" => 1,
            number => number.parse::<i64>().ok()?,
        };
        let seconds = count.checked_mul(unit_seconds(&found[2]))?;
        return Some(Moment(now.0 - if half { seconds * 500_000 } else { seconds * 1_000_000 }));
    }
    let today = now.to_timestamp().to_zoned(timezone.clone()).date();
    let words = [("today", 0), ("今天", 0), ("今日", 0), ("yesterday", 1), ("昨天", 1), ("昨日", 1), ("前天", 2)];
    let (word, days) = words.iter().find(|(word, _)| text.starts_with(word))?;
    let date = today.checked_sub(Span::new().days(*days)).ok()?;
    let clock = clock(text[word.len()..].trim().trim_start_matches(','));
    at(date, clock.unwrap_or(Time::midnight()), timezone)
}

fn unit_seconds(unit: &str) -> i64 {
    match unit {
        unit if unit.starts_with('s') || unit.starts_with('秒') => 1,
        unit if unit.starts_with("mi") || unit.starts_with('分') => 60,
        unit if unit.starts_with('h') || matches!(unit, "小时" | "小時" | "钟头" | "鐘頭") => 3_600,
        unit if unit.starts_with('d') || matches!(unit, "天" | "日") => 86_400,
        unit if unit.starts_with('w') || matches!(unit, "周" | "週" | "星期" | "礼拜" | "禮拜") => 7 * 86_400,
        unit if unit.starts_with("mo") || unit == "月" => 30 * 86_400,
        _ => 365 * 86_400,
    }
}

fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once([':', '：'])?;
    let minute: String = minute.chars().take_while(char::is_ascii_digit).collect();
    Time::new(hour.trim().parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Year first: `2026-11-22 14:05`, `2026/11/22`, `2026年11月22日 下午2:05`, with or without an offset.
fn numbers(text: &str, timezone: &TimeZone) -> Option<Moment> {
    let found = NUMBERS.captures(text)?;
    let number = |at: usize| found.get(at).and_then(|part| part.as_str().parse::<i8>().ok());
    let date = Date::new(found[1].parse().ok()?, number(2)?, number(3)?).ok()?;
    let half = found.get(4).or(found.get(8)).map(|part| part.as_str());
    let time = match number(5) {
        Some(hour) => Time::new(twelve_hours(hour, half), number(6).unwrap_or(0), number(7).unwrap_or(0).min(59), 0).ok()?,
        None => Time::midnight(),
    };
    match found.get(9).map(|offset| offset.as_str()) {
        Some("z" | "utc" | "gmt") => at(date, time, &TimeZone::UTC),
        Some(offset) => at(date, time, &fixed(offset)?),
        None => at(date, time, timezone),
    }
}

fn fixed(offset: &str) -> Option<TimeZone> {
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let number: i32 = digits.parse().ok()?;
    let seconds = (number / 100) * 3_600 + (number % 100) * 60;
    let signed = if offset.starts_with('-') { -seconds } else { seconds };
    Some(TimeZone::fixed(jiff::tz::Offset::from_seconds(signed).ok()?))
}

fn twelve_hours(hour: i8, half: Option<&str>) -> i8 {
    match half {
        Some("pm" | "下午" | "晚上") if hour < 12 => hour + 12,
        Some("中午") if hour < 11 => hour + 12,
        Some("am" | "上午" | "凌晨" | "早上") if hour == 12 => 0,
        _ => hour,
    }
}

/// `22 November 2026`, `Nov 22nd, 2026 at 2:05 pm`.
fn english(text: &str, timezone: &TimeZone) -> Option<Moment> {
    let found = ENGLISH.captures(text)?;
    let part = |at: usize| found.get(at).map(|part| part.as_str());
    let month = month(part(2).or(part(3))?)?;
    let date = Date::new(part(5)?.parse().ok()?, month, part(1).or(part(4))?.parse().ok()?).ok()?;
    let number = |at: usize| part(at).and_then(|text| text.parse::<i8>().ok());
    let time = match number(6) {
        Some(hour) => Time::new(twelve_hours(hour, part(9)), number(7).unwrap_or(0), number(8).unwrap_or(0), 0).ok()?,
        None => Time::midnight(),
    };
    at(date, time, timezone)
}

fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = MONTHS.iter().position(|month| name.starts_with(month))?;
    i8::try_from(at + 1).ok()
}

/// `22.11.2026` (day first, by its dots) and `22/11/2026` where the first number can only be a day.
fn day_month_year(text: &str, timezone: &TimeZone) -> Option<Moment> {
    let (date, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let dotted = date.contains('.');
    let parts: Vec<i16> = date.trim_end_matches(',').split(['.', '/']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let [first, second, year] = parts[..] else { return None };
    if year < 1990 {
        return None;
    }
    let (day, month) = match (first, second) {
        (first, second) if dotted || first > 12 => (first, second),
        (first, second) if second > 12 => (second, first),
        // 03/04/2026 is two dates to two readers: unknown.
        _ => return None,
    };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    at(date, clock(rest.trim()).unwrap_or(Time::midnight()), timezone)
}

/// `11月22日 14:05` of this year, or of the last one where this year's is still to come.
fn month_day(text: &str, timezone: &TimeZone, now: Moment) -> Option<Moment> {
    let found = MONTH_DAY.captures(text)?;
    let number = |at: usize| found.get(at).and_then(|part| part.as_str().parse::<i8>().ok());
    let half = found.get(3).map(|part| part.as_str());
    let time = number(4).map_or(Some(Time::midnight()), |hour| Time::new(twelve_hours(hour, half), number(5)?, 0, 0).ok())?;
    let year = now.to_timestamp().to_zoned(timezone.clone()).year();
    let of = |year: i16| at(Date::new(year, number(1)?, number(2)?).ok()?, time, timezone);
    of(year).filter(|moment| moment.as_secs() <= now.as_secs() + 86_400).or_else(|| of(year - 1))
}

fn at(date: Date, time: Time, timezone: &TimeZone) -> Option<Moment> {
    let zoned = timezone.to_zoned(DateTime::from_parts(date, time)).ok()?;
    Some(zoned.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22 18:00 in Taipei.
    const NOW: Moment = Moment::from_secs(1_795_341_600);

    fn read(text: &str) -> Option<String> {
        let taipei = TimeZone::get("Asia/Taipei").expect("a zone");
        parse(text, &taipei, NOW).map(Moment::rfc3339)
    }

    #[test]
    fn times_as_sites_write_them() {
        let cases = [
            ("2026-11-22T14:05:00+08:00", "2026-11-22T06:05:00Z"),
            ("Sun, 22 Nov 2026 06:05:00 GMT", "2026-11-22T06:05:00Z"),
            ("Mon, 22 Nov 2026 06:05:00 +0000", "2026-11-22T06:05:00Z"),
            ("2026-11-22 14:05:30", "2026-11-22T06:05:30Z"),
            ("2026-11-22T14:05:30", "2026-11-22T06:05:30Z"),
            ("2026-11-22 14:05 +0900", "2026-11-22T05:05:00Z"),
            ("2026年11月22日 14:05", "2026-11-22T06:05:00Z"),
            ("發表於 2026 年 11 月 22 日 下午 2:05", "2026-11-22T06:05:00Z"),
            ("2026/11/22", "2026-11-21T16:00:00Z"),
            ("2026.11.22 14:05", "2026-11-22T06:05:00Z"),
            ("22.11.2026 14:05", "2026-11-22T06:05:00Z"),
            ("Nov 22nd, 2026 at 2:05 pm", "2026-11-22T06:05:00Z"),
            ("22 November 2026", "2026-11-21T16:00:00Z"),
            ("1795320000", "2026-11-22T04:00:00Z"),
            ("1795320000000", "2026-11-22T04:00:00Z"),
            ("3小時前", "2026-11-22T07:00:00Z"),
            ("3 hours ago", "2026-11-22T07:00:00Z"),
            ("半小时前", "2026-11-22T09:30:00Z"),
            ("剛剛", "2026-11-22T10:00:00Z"),
            ("昨天 14:05", "2026-11-21T06:05:00Z"),
            ("11月22日 14:05", "2026-11-22T06:05:00Z"),
            ("12月31日", "2025-12-30T16:00:00Z"),
        ];
        for (text, wanted) in cases {
            assert_eq!(read(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn the_future_is_now_and_nonsense_is_unknown() {
        assert_eq!(read("2999-01-01T00:00:00Z").as_deref(), Some("2026-11-22T10:00:00Z"));
        for text in ["", "soon", "99999", "1970-01-01T00:00:00Z", "2026-13-45", "03/04/2026", "Sun, 22 Nov 99999 06:05:00 GMT", "0"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
