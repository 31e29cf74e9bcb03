//! Which number of `04/06/2019`, or of `11-29 14:05`, is the day. The date alone does not say it; the others of the same list, their
//! order, and the language they stand in may. Where none of them does, it stays unknown.
//!
//! In this order, the first that says something decides:
//! 1. other dates of the list of which one number is above twelve; where they contradict each other, nothing is read;
//! 2. the calendar: what one way to read would put into the future has not been said that way;
//! 3. the order of the list: read one way its dates rise or fall, read the other way they do neither;
//! 4. the language of the page with its region (`en-US`, `en-GB`, `de`); of English without one, the source's time zone;
//! 5. of dates without a year, whether the page or the source's time zone is Chinese, Japanese or Korean: there the month stands first.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use regex::Regex;

use super::{date, parse};
use crate::model::Moment;

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Day,
    Month,
}

/// `04/06/2019`. With a year of two digits there are more than two ways to read it; with dots it is the day that stands first.
static NUMBERS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|\D)((\d{1,2})\s?[-/]\s?(\d{1,2})\s?[-/]\s?(\d{4}))(?:\D|$)").expect("the pattern is valid"));

/// ` 9/05`, `11-29 14:05`, `203.0.113.7 11/29 14:05`. The day has two digits and an hour may follow, or nothing else in it is a number:
/// `4/5` is a rating.
static YEARLESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\D*|.*\s)((\d{1,2})[-/](\d{2}))\s+\d{1,2}:\d{2}(?::\d{2})?\s*$|^(?:\D*[^\d/-])?((\d{1,2})[-/](\d{2}))(?:[^\d/-]\D*)?$")
        .expect("the pattern is valid")
});

/// Dates in a row say something only from this number on.
const IN_A_ROW: usize = 3;

/// Where a day and a month are written with the day first; others put the year first, or do either.
const DAY_FIRST: [&str; 36] = [
    "ar", "bg", "ca", "cs", "da", "de", "el", "es", "et", "fi", "fr", "gl", "he", "hi", "hr", "id", "is", "it", "lv", "ms", "nb", "nl",
    "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "th", "tr", "uk", "vi", "bn",
];

/// Regions in which English puts the day first.
const DAY_FIRST_REGIONS: [&str; 14] = ["GB", "UK", "AU", "NZ", "IE", "IN", "SG", "HK", "MY", "NG", "KE", "PK", "MT", "JM"];

/// Regions in which the month stands first in every language, and those where both are usual.
const MONTH_FIRST_REGIONS: [&str; 4] = ["US", "PH", "PR", "GU"];
const EITHER_REGIONS: [&str; 2] = ["CA", "ZA"];

/// Zones whose people write English, by what they put first.
const MONTH_FIRST_ZONES: [&str; 12] = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Detroit",
    "America/Anchorage",
    "America/Boise",
    "America/Indiana/",
    "America/Kentucky/",
    "Pacific/Honolulu",
    "US/",
];
const DAY_FIRST_ZONES: [&str; 7] =
    ["Europe/London", "Europe/Dublin", "Australia/", "Pacific/Auckland", "Asia/Kolkata", "Asia/Calcutta", "Asia/Singapore"];

/// Languages in which a date without a year begins with its month, and zones whose people write them.
const MONTH_FIRST_WITHOUT_YEAR: [&str; 3] = ["zh", "ja", "ko"];
const MONTH_FIRST_ZONES_WITHOUT_YEAR: [&str; 8] =
    ["Asia/Taipei", "Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "Asia/Urumqi", "Asia/Tokyo", "Asia/Seoul", "Asia/Pyongyang"];

/// A date of numbers, and where it stands in its text.
#[derive(Clone)]
struct Numbers {
    first: i8,
    second: i8,
    year: Option<i16>,
    /// Said of dates without a year alone.
    has_clock: bool,
    place: Range<usize>,
}

impl Numbers {
    fn of(text: &str) -> Option<Self> {
        Self::with_year(text).or_else(|| Self::without_year(text))
    }

    fn with_year(text: &str) -> Option<Self> {
        let found = NUMBERS.captures(text)?;
        let number = |at: usize| found[at].parse().ok();
        Some(Self {
            first: number(2)?,
            second: number(3)?,
            year: Some(found[4].parse().ok()?),
            has_clock: false,
            place: found.get(1)?.range(),
        })
    }

    fn without_year(text: &str) -> Option<Self> {
        let found = YEARLESS.captures(text)?;
        let at = if found.get(1).is_some() { 1 } else { 4 };
        let number = |at: usize| found[at].parse().ok();
        Some(Self { first: number(at + 1)?, second: number(at + 2)?, year: None, has_clock: at == 1, place: found.get(at)?.range() })
    }

    /// Without a year it is the latest such day.
    fn read(&self, order: Order, today: Date) -> Option<Date> {
        let (day, month) = match order {
            Order::Day => (self.first, self.second),
            Order::Month => (self.second, self.first),
        };
        match self.year {
            Some(year) => Date::new(year, month, day).ok(),
            None => date::recent(month.into(), day.into(), today),
        }
    }

    /// Where only one way to read it gives a day of the calendar.
    fn sure(&self) -> Option<Order> {
        // Every day there is, whatever the year.
        let is_day = |month, day| Date::new(self.year.unwrap_or(LEAP_YEAR), month, day).is_ok();
        match (is_day(self.second, self.first), is_day(self.first, self.second)) {
            (true, false) => Some(Order::Day),
            (false, true) => Some(Order::Month),
            _ => None,
        }
    }

    /// Whether it takes more than itself to read it.
    fn is_open(&self) -> bool {
        self.year.is_none() || (self.sure().is_none() && self.first != self.second)
    }
}

/// A year that has a twenty-ninth of February.
const LEAP_YEAR: i16 = 2024;

/// Whether a text holds a date that can be read in two ways, or one without a year.
#[must_use]
pub fn is_open(text: &str) -> bool {
    Numbers::of(text).is_some_and(|numbers| numbers.is_open())
}

/// What comes first in the dates of a list, told by all its texts in their order, by the language of the document (`en-GB`) and by the
/// source's time zone.
#[must_use]
pub fn order<'t>(texts: impl IntoIterator<Item = &'t str>, language: Option<&str>, timezone: &TimeZone, now: Moment) -> Option<Order> {
    let dates: Vec<Numbers> = texts.into_iter().filter(|text| super::standard(text.trim()).is_none()).filter_map(Numbers::of).collect();
    if dates.is_empty() || are_ratings(&dates) {
        return None;
    }
    let sure = |order: Order| dates.iter().any(|numbers| numbers.sure() == Some(order));
    match (sure(Order::Day), sure(Order::Month)) {
        (true, true) => return None,
        (true, false) => return Some(Order::Day),
        (false, true) => return Some(Order::Month),
        (false, false) => {}
    }
    let today = today(timezone, now);
    let last = today.tomorrow().unwrap_or(today);
    one(|order| dates.iter().filter_map(|numbers| numbers.read(order, today)).all(|date| date <= last))
        .or_else(|| one(|order| is_sorted(&dates, order, today)))
        .or_else(|| of_language(language?, timezone))
        .or_else(|| dates.iter().all(|numbers| numbers.year.is_none()).then(|| without_year(language, timezone))?)
}

fn today(timezone: &TimeZone, now: Moment) -> Date {
    now.to_timestamp().to_zoned(timezone.clone()).date()
}

/// `8/10`, `9/10`: so many of always the same number, and no time of day.
fn are_ratings(dates: &[Numbers]) -> bool {
    let [first, others @ ..] = dates else { return false };
    let of_most = |numbers: &Numbers| {
        numbers.year.is_none() && !numbers.has_clock && numbers.second == first.second && numbers.first <= numbers.second
    };
    dates.iter().all(of_most) && others.iter().any(|numbers| numbers.first != first.first)
}

/// The only one for which it holds.
fn one(holds: impl Fn(Order) -> bool) -> Option<Order> {
    match (holds(Order::Day), holds(Order::Month)) {
        (true, false) => Some(Order::Day),
        (false, true) => Some(Order::Month),
        _ => None,
    }
}

fn is_sorted(dates: &[Numbers], order: Order, today: Date) -> bool {
    let mut read: Vec<Date> = dates.iter().filter_map(|numbers| numbers.read(order, today)).collect();
    let sorted = read.is_sorted() || read.is_sorted_by(|one, next| one >= next);
    read.sort_unstable();
    read.dedup();
    sorted && read.len() >= IN_A_ROW
}

fn of_language(language: &str, timezone: &TimeZone) -> Option<Order> {
    let mut parts = language.trim().split(['-', '_']);
    let own = parts.next()?.to_ascii_lowercase();
    let region = parts.map(str::to_ascii_uppercase).find(|part| part.len() == 2);
    let is = |regions: &[&str]| region.as_deref().is_some_and(|region| regions.contains(&region));
    if is(&EITHER_REGIONS) {
        return None;
    }
    if is(&MONTH_FIRST_REGIONS) || matches!(own.as_str(), "fil" | "tl") {
        return Some(Order::Month);
    }
    if DAY_FIRST.contains(&own.as_str()) || (own == "en" && is(&DAY_FIRST_REGIONS)) {
        return Some(Order::Day);
    }
    let zone = timezone.iana_name().filter(|_| own == "en" && region.is_none())?;
    let lies = |zones: &[&str]| zones.iter().any(|name| zone.starts_with(name));
    one(|order| if order == Order::Day { lies(&DAY_FIRST_ZONES) } else { lies(&MONTH_FIRST_ZONES) })
}

fn without_year(language: Option<&str>, timezone: &TimeZone) -> Option<Order> {
    let own = language.and_then(|language| language.trim().split(['-', '_']).next());
    let written = own.is_some_and(|own| MONTH_FIRST_WITHOUT_YEAR.iter().any(|known| own.eq_ignore_ascii_case(known)));
    let lived = timezone.iana_name().is_some_and(|zone| MONTH_FIRST_ZONES_WITHOUT_YEAR.contains(&zone));
    (written || lived).then_some(Order::Month)
}

/// A time in numbers as it is written, for whoever reads it with the others of its list; none of one that says by itself what it is.
#[must_use]
pub fn as_written(text: &str) -> Option<String> {
    let text = text.trim();
    let may_be = text.contains(['/', '-']) && super::standard(text).is_none();
    (may_be && Numbers::of(text).is_some()).then(|| text.to_owned())
}

/// As `time::parse`, where `order` says what comes first in a date that can be read in two ways.
#[must_use]
pub fn parse_in(text: &str, order: Option<Order>, timezone: &TimeZone, now: Moment) -> Option<Moment> {
    // Nearly every date is one of these, and to parse it costs a tenth of looking for numbers in it.
    let open = if super::standard(text.trim()).is_some() { None } else { Numbers::of(text).filter(Numbers::is_open) };
    let Some(numbers) = open else { return parse(text, timezone, now) };
    let date = numbers.read(numbers.sure().or(order)?, today(timezone, now))?;
    let Range { start, end } = numbers.place;
    // What stands before a date without a year is no part of it: the address of who wrote, as a rule.
    let before = if numbers.year.is_some() { &text[..start] } else { "" };
    parse(&format!("{before}{date}{}", &text[end..]), timezone, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 22 November 2026.
    const NOW: Moment = Moment::from_secs(1_795_341_600);

    fn told(texts: &[&str], language: Option<&str>, zone: &str) -> Option<Order> {
        let zone = TimeZone::get(zone).expect("a zone");
        order(texts.iter().copied(), language, &zone, NOW)
    }

    #[test]
    fn another_date_of_the_list_decides() {
        assert_eq!(told(&["04-06-2019, 06:55 AM", "04-22-2019, 07:00 AM"], Some("de"), "Europe/Berlin"), Some(Order::Month));
        assert_eq!(told(&["4/6/2019", "22/4/2019"], Some("en-US"), "UTC"), Some(Order::Day));
        assert_eq!(told(&["4/6/2019", "22/4/2019", "4/22/2019"], Some("en-US"), "UTC"), None, "they contradict each other");
    }

    #[test]
    fn what_says_itself_which_day_it_is_is_no_evidence() {
        assert_eq!(told(&["2026-11-22T14:05:00-08:00", "Sun, 22 Nov 2026 06:05:00 GMT", "1795320000", "4/6/2019"], None, "UTC"), None);
        assert_eq!(as_written(" 04/06/2019 10:00 ").as_deref(), Some("04/06/2019 10:00"));
        assert!(as_written("2026-11-22T14:05:00-08:00").is_none() && as_written("5 March 2024").is_none());
    }

    #[test]
    fn nothing_was_said_in_the_future() {
        assert_eq!(told(&["03/12/2026"], None, "UTC"), Some(Order::Month), "the third of December is to come");
        assert_eq!(told(&["12/03/2026"], None, "UTC"), Some(Order::Day));
    }

    #[test]
    fn lists_rise_or_fall() {
        assert_eq!(told(&["05/01/2026", "08/01/2026", "02/02/2026"], None, "UTC"), Some(Order::Day));
        assert_eq!(told(&["03/02/2026", "02/09/2026", "02/05/2026"], None, "UTC"), Some(Order::Month));
        assert_eq!(told(&["01/02/2026", "02/03/2026", "03/04/2026"], None, "UTC"), None, "they rise either way");
        assert_eq!(told(&["05/01/2026", "02/02/2026"], None, "UTC"), None, "two are no row");
    }

    #[test]
    fn languages_and_zones() {
        for (language, zone, wanted) in [
            ("en-US", "Asia/Taipei", Some(Order::Month)),
            ("en_GB", "America/New_York", Some(Order::Day)),
            ("de", "UTC", Some(Order::Day)),
            ("es-PR", "UTC", Some(Order::Month)),
            ("fr-CA", "UTC", None),
            ("en", "America/Chicago", Some(Order::Month)),
            ("en", "Europe/London", Some(Order::Day)),
            ("en", "Asia/Taipei", None),
            ("zh-Hant-TW", "Asia/Taipei", None),
        ] {
            assert_eq!(told(&["04/06/2026"], Some(language), zone), wanted, "{language} {zone}");
        }
        assert_eq!(told(&["04/06/2026"], None, "America/Chicago"), None, "a zone alone says nothing of the site");
        assert_eq!(told(&["yesterday"], Some("de"), "UTC"), None);
    }

    #[test]
    fn dates_without_a_year() {
        for (texts, language, zone, wanted) in [
            (&["11/22", "11/05"][..], None, "UTC", Some(Order::Month)),
            (&["22/11 14:05", "05/11 09:30"], None, "UTC", Some(Order::Day)),
            (&["11-05 14:05"], Some("zh-CN"), "UTC", Some(Order::Month)),
            (&["203.0.113.7 11/05 14:05"], None, "Asia/Taipei", Some(Order::Month)),
            (&["11-05 14:05"], Some("de"), "UTC", Some(Order::Day)),
            (&["11-05 14:05"], None, "UTC", None),
            (&["8/10", "9/10", "7/10"], Some("zh"), "Asia/Taipei", None),
            (&["4/5", "3/5"], Some("zh"), "Asia/Taipei", None),
        ] {
            assert_eq!(told(texts, language, zone), wanted, "{texts:?} {language:?} {zone}");
        }
        let read = |text: &str, order| parse_in(text, order, &TimeZone::UTC, NOW).map(Moment::rfc3339);
        assert_eq!(read("11-05 14:05", Some(Order::Month)).as_deref(), Some("2026-11-05T14:05:00Z"));
        assert_eq!(read(" 9/05", Some(Order::Month)).as_deref(), Some("2026-09-05T00:00:00Z"));
        assert_eq!(read("12/05", Some(Order::Month)).as_deref(), Some("2025-12-05T00:00:00Z"), "this year's is to come");
        assert_eq!(read("203.0.113.7 11/05 14:05", Some(Order::Month)).as_deref(), Some("2026-11-05T14:05:00Z"));
        assert_eq!(read("22/11", None).as_deref(), Some("2026-11-22T00:00:00Z"), "only one way to read it");
        assert_eq!((read("11/05", None), read("4/5", Some(Order::Month))), (None, None));
        assert!(is_open("11/29") && !is_open("4/5") && !is_open("2026-11-29") && !is_open("+886-2-12") && !is_open("1-2-03"));
    }

    #[test]
    fn dates_are_read_as_the_order_says() {
        let read = |text: &str, order| parse_in(text, order, &TimeZone::UTC, NOW).map(Moment::rfc3339);
        assert_eq!(read("04-06-2019, 06:55 AM", Some(Order::Month)).as_deref(), Some("2019-04-06T06:55:00Z"));
        assert_eq!(read("Posted 04/06/2019 18:55", Some(Order::Day)).as_deref(), Some("2019-06-04T18:55:00Z"));
        assert_eq!(read("04/06/2019", None), None);
        assert_eq!(read("22/06/2019", Some(Order::Month)).as_deref(), Some("2019-06-22T00:00:00Z"), "only one way to read it");
        assert_eq!(read("04.06.2019", Some(Order::Month)).as_deref(), Some("2019-06-04T00:00:00Z"), "by its dots");
        assert_eq!(read("04-06-07", Some(Order::Month)), None);
        assert!(is_open("04/06/2019") && !is_open("04/04/2019") && !is_open("22/06/2019") && !is_open("04.06.2019"));
    }
}
