//! Dates as sites write them, in folded text without a time of day. Where two readers would read two dates, it is none.

use std::sync::LazyLock;

use jiff::civil::{Date, ISOWeekDate, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};
use regex::{Captures, Regex};

use super::month;

/// A pattern, and how what it finds is read: none where it is no day of the calendar.
type Read = fn(&Captures<'_>, Date) -> Option<Date>;

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// In this order: the first that is found decides, even where it is no date.
static FORMS: LazyLock<Vec<(Regex, Read)>> = LazyLock::new(|| {
    vec![
        // 民國113年3月5日, 令和6年3月5日
        (pattern(r"(民國|民国|中華民國|令和|平成|昭和)\s*(\d{1,3}|元)\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})"), era),
        // 2024-03-05, 2024/3/5, 2024年3月5日, 2024년 3월 5일
        (pattern(r"(?:^|\D)(\d{4})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})(?:\D|$)"), |found, _| day(found, 1, 2, 3)),
        // 113/03/05 of the Republic of China
        (pattern(r"(?:^|\D)(1\d{2})[-/.年](\d{1,2})[-/.月](\d{1,2})(?:\D|$)"), |found, _| {
            date(number(found, 1)? + 1911, number(found, 2)?, number(found, 3)?)
        }),
        // 2004-július-13, 2024 March 5
        (pattern(r"(?:^|\D)(\d{4})[-./,\s]+(\p{L}{3,})\.?[-./\s]+(\d{1,2})(?:\D|$)"), |found, _| named(found, 1, 2, 3)),
        // 5 March 2024, 05-Mar-24, 5. März 2024, 5 de marzo de 2024, 1er mars 2024
        (
            pattern(
                r"(?:^|[^\d:])(\d{1,2})(?:st|nd|rd|th|er|e|º|ª|°)?[.,]?(?:\s*(?:de|of|-|/)\s*|\s*)(\p{L}{3,})[.,]?(?:\s*(?:del|de|of|-|/|')\s*|\s*)(\d{4}|\d{2})(?:\D|$)",
            ),
            |found, _| named(found, 3, 2, 1),
        ),
        // March 5, 2024; mar 5 2024
        (pattern(r"(\p{L}{3,})\.?[-\s]*(\d{1,2})(?:st|nd|rd|th)?[-,\s]+(\d{4})(?:\D|$)"), |found, _| named(found, 3, 1, 2)),
        // 5 thang 3, 2024 (the accents are folded away)
        (pattern(r"(\d{1,2})\s*thang\s*(\d{1,2})\s*[,/]?\s*(?:nam\s*)?(\d{4})"), |found, _| day(found, 3, 2, 1)),
        // 5.3.2024 by its dots, 22/11/2024 and 11/22/2024 where only one number can be a month
        (pattern(r"(?:^|\D)(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})(?:\D|$)"), |found, _| unordered(found)),
        // Without a year nothing else may be a number: it might be one.
        (pattern(r"^\D*?(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일]?\D*$"), |found, today| {
            recent(number(found, 1)?, number(found, 2)?, today)
        }),
        // mar 5, 5 mar: of this year or the last
        (pattern(r"^(?:\D*[^\p{L}\d])?(\p{L}{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:[^\p{L}\d]\D*)?$"), |found, today| {
            recent_named(found, 1, 2, today)
        }),
        (pattern(r"^\D*?(\d{1,2})(?:st|nd|rd|th|er)?\.?\s+(?:de\s+)?(\p{L}{3,})(?:[^\p{L}\d]\D*)?$"), |found, today| {
            recent_named(found, 2, 1, today)
        }),
        // ISO 8601: a month, a day of the year, a day of a week. A year alone is a number like any other.
        (pattern(r"^\s*(\d{4})\s*[-/年]\s*(\d{1,2})月?\s*$"), |found, _| date(number(found, 1)?, number(found, 2)?, 1)),
        (pattern(r"^\s*(\d{4})-(\d{3})\s*$"), |found, _| ordinal(number(found, 1)?, number(found, 2)?)),
        (pattern(r"^\s*(\d{4})-?w(\d{2})(?:-?([1-7]))?\s*$"), |found, _| of_week(found)),
    ]
});

/// `20240305`, `20240305T100000Z`, `20240305100000`.
static COMPACT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\d{4})(\d{2})(\d{2})(?:t?(\d{2})(\d{2})(\d{2})?)?\s*(z|[+-]\d{2}:?\d{2})?$"));

/// A day near today, and how many days ago; the longer word first where one begins another.
const DAYS: &[(&str, i64)] = &[
    ("today", 0),
    ("今天", 0),
    ("今日", 0),
    ("本日", 0),
    ("오늘", 0),
    ("heute", 0),
    ("aujourd'hui", 0),
    ("hoy", 0),
    ("hoje", 0),
    ("oggi", 0),
    ("vandaag", 0),
    ("сегодня", 0),
    ("hom nay", 0),
    ("day before yesterday", 2),
    ("yesterday", 1),
    ("昨天", 1),
    ("昨日", 1),
    ("어제", 1),
    ("vorgestern", 2),
    ("gestern", 1),
    ("avant-hier", 2),
    ("hier", 1),
    ("anteayer", 2),
    ("ayer", 1),
    ("ontem", 1),
    ("ieri", 1),
    ("eergisteren", 2),
    ("gisteren", 1),
    ("позавчера", 2),
    ("вчера", 1),
    ("hom qua", 1),
    ("一昨日", 2),
    ("前天", 2),
    ("그저께", 2),
];

/// The date that a folded text tells.
pub(super) fn of(text: &str, today: Date) -> Option<Date> {
    let text = text.trim();
    if let Some((_, days)) = DAYS.iter().find(|(word, _)| text.starts_with(word)) {
        return today.checked_sub(Span::new().days(*days)).ok();
    }
    for (form, read) in FORMS.iter() {
        if let Some(found) = form.captures(text) {
            // A word that is no month is no date of this form; a day that is none is none of any.
            let words = found.iter().skip(1).flatten().any(|part| part.as_str().starts_with(char::is_alphabetic));
            match read(&found, today) {
                Some(date) => return Some(date),
                None if words => {}
                None => return None,
            }
        }
    }
    None
}

/// A date and time without any separator.
pub(super) fn compact(text: &str) -> Option<(Date, Time, Option<TimeZone>)> {
    let found = COMPACT.captures(text)?;
    let part = |at: usize| found.get(at).map_or(Some(0), |part| part.as_str().parse::<i8>().ok());
    let time = Time::new(part(4)?, part(5)?, part(6)?.min(59), 0).ok()?;
    let zone = match found.get(7) {
        Some(zone) => super::zone::after(zone.as_str(), &TimeZone::UTC)?.0,
        None => None,
    };
    Some((day(&found, 1, 2, 3)?, time, zone))
}

fn number(found: &Captures<'_>, at: usize) -> Option<i64> {
    found.get(at)?.as_str().parse().ok()
}

fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn day(found: &Captures<'_>, year: usize, month: usize, day: usize) -> Option<Date> {
    date(number(found, year)?, number(found, month)?, number(found, day)?)
}

/// Two digits are a year of this century, or of the last one where that is long to come.
fn whole_year(found: &Captures<'_>, at: usize) -> Option<i64> {
    let year = number(found, at)?;
    Some(if found[at].len() > 2 { year } else { year + if year < 70 { 2000 } else { 1900 } })
}

fn named(found: &Captures<'_>, year: usize, name: usize, day: usize) -> Option<Date> {
    date(whole_year(found, year)?, month::of(&found[name])?.into(), number(found, day)?)
}

fn era(found: &Captures<'_>, _: Date) -> Option<Date> {
    let before = match &found[1] {
        "令和" => 2018,
        "平成" => 1988,
        "昭和" => 1925,
        _ => 1911,
    };
    let year = if &found[2] == "元" { 1 } else { number(found, 2)? };
    date(before + year, number(found, 3)?, number(found, 4)?)
}

fn unordered(found: &Captures<'_>) -> Option<Date> {
    let (first, second, year) = (number(found, 1)?, number(found, 3)?, whole_year(found, 4)?);
    // Three pairs of digits may be in any order but day, month and year with dots between.
    let dotted = &found[2] == ".";
    match (first, second) {
        (first, second) if dotted || (first > 12 && found[4].len() > 2) || first == second => date(year, second, first),
        (first, second) if second > 12 && found[4].len() > 2 => date(year, first, second),
        // 03/04/2024 is two dates to two readers.
        _ => None,
    }
}

/// Of this year, or of the last one where this year's is still to come.
/// The latest such day; tomorrow is today somewhere else.
pub(super) fn recent(month: i64, day: i64, today: Date) -> Option<Date> {
    let of = |year: i16| date(year.into(), month, day);
    let tomorrow = today.checked_add(1.day()).ok()?;
    of(today.year()).filter(|date| *date <= tomorrow).or_else(|| of(today.year() - 1))
}

fn recent_named(found: &Captures<'_>, name: usize, day: usize, today: Date) -> Option<Date> {
    recent(month::of(&found[name])?.into(), number(found, day)?, today)
}

fn ordinal(year: i64, day: i64) -> Option<Date> {
    let first = date(year, 1, 1)?;
    let date = first.checked_add(Span::new().days(day.checked_sub(1)?)).ok()?;
    (day > 0 && date.year() == first.year()).then_some(date)
}

fn of_week(found: &Captures<'_>) -> Option<Date> {
    let weekday = Weekday::from_monday_one_offset(i8::try_from(number(found, 3).unwrap_or(1)).ok()?).ok()?;
    let week = ISOWeekDate::new(i16::try_from(number(found, 1)?).ok()?, i8::try_from(number(found, 2)?).ok()?, weekday).ok()?;
    Some(week.date())
}

/// `二〇二四年三月十五日` with digits: years digit by digit, the others as numbers.
pub(super) fn chinese_digits(text: String) -> String {
    let units = ['年', '月', '日', '号', '號', '时', '時', '点', '點', '分'];
    if !text.contains(['〇', '零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十']) || !text.contains(units) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().chain(['\n']) {
        if "〇零一二三四五六七八九十".contains(c) {
            run.push(c);
            continue;
        }
        match chinese_number(&run).filter(|_| units.contains(&c)) {
            Some(number) => out.push_str(&number.to_string()),
            None => out.push_str(&run),
        }
        run.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// `十二` is 12, `二〇二四` is 2024.
pub(super) fn chinese_number(text: &str) -> Option<i64> {
    let digit = |c: char| match c {
        '两' | '兩' => Some(2),
        '零' => Some(0),
        c => "〇一二三四五六七八九".chars().position(|own| own == c).and_then(|at| i64::try_from(at).ok()),
    };
    if let Some((tens, ones)) = text.split_once('十') {
        let tens = if tens.is_empty() { 1 } else { digit(tens.chars().next().filter(|_| tens.chars().count() == 1)?)? };
        let ones = if ones.is_empty() { 0 } else { digit(ones.chars().next().filter(|_| ones.chars().count() == 1)?)? };
        return Some(tens * 10 + ones);
    }
    let digits = text.chars().map(digit).collect::<Option<Vec<i64>>>()?;
    (1..=4).contains(&digits.len()).then(|| digits.into_iter().fold(0, |number, digit| number * 10 + digit))
}
