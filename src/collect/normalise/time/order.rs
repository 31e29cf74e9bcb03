//! Which number of `04/06/2019` is the day. The date alone does not say it; the others of the same list, their order, and the language
//! they stand in may. Where none of them does, it stays unknown.
//!
//! In this order, the first that says something decides:
//! 1. other dates of the list of which one number is above twelve; where they contradict each other, nothing is read;
//! 2. the calendar: what one way to read would put into the future has not been said that way;
//! 3. the order of the list: read one way its dates rise or fall, read the other way they do neither;
//! 4. the language of the page with its region (`en-US`, `en-GB`, `de`); of English without one, the source's time zone.

use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use regex::Regex;

use super::parse;
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

/// A date of numbers, and which of them is above twelve.
#[derive(Clone, Copy)]
struct Numbers {
    first: i8,
    second: i8,
    year: i16,
}

impl Numbers {
    fn of(text: &str) -> Option<Self> {
        let found = NUMBERS.captures(text)?;
        Some(Self { first: found[2].parse().ok()?, second: found[3].parse().ok()?, year: found[4].parse().ok()? })
    }

    fn read(self, order: Order) -> Option<Date> {
        let (day, month) = match order {
            Order::Day => (self.first, self.second),
            Order::Month => (self.second, self.first),
        };
        Date::new(self.year, month, day).ok()
    }

    /// Where only one way to read it gives a day of the calendar.
    fn sure(self) -> Option<Order> {
        match (self.read(Order::Day), self.read(Order::Month)) {
            (Some(_), None) => Some(Order::Day),
            (None, Some(_)) => Some(Order::Month),
            _ => None,
        }
    }
}

/// Whether a text holds a date that can be read in two ways.
#[must_use]
pub fn is_open(text: &str) -> bool {
    Numbers::of(text).is_some_and(|numbers| numbers.sure().is_none() && numbers.first != numbers.second)
}

/// What comes first in the dates of a list, told by all its texts in their order, by the language of the document (`en-GB`) and by the
/// source's time zone.
#[must_use]
pub fn order<'t>(texts: impl IntoIterator<Item = &'t str>, language: Option<&str>, timezone: &TimeZone, now: Moment) -> Option<Order> {
    let dates: Vec<Numbers> = texts.into_iter().filter_map(Numbers::of).collect();
    if dates.is_empty() {
        return None;
    }
    let sure = |order: Order| dates.iter().any(|numbers| numbers.sure() == Some(order));
    match (sure(Order::Day), sure(Order::Month)) {
        (true, true) => return None,
        (true, false) => return Some(Order::Day),
        (false, true) => return Some(Order::Month),
        (false, false) => {}
    }
    let tomorrow = now.to_timestamp().to_zoned(timezone.clone()).date().tomorrow().ok();
    one(|order| dates.iter().filter_map(|numbers| numbers.read(order)).all(|date| tomorrow.is_none_or(|tomorrow| date <= tomorrow)))
        .or_else(|| one(|order| is_sorted(&dates, order)))
        .or_else(|| of_language(language?, timezone))
}

/// The only one for which it holds.
fn one(holds: impl Fn(Order) -> bool) -> Option<Order> {
    match (holds(Order::Day), holds(Order::Month)) {
        (true, false) => Some(Order::Day),
        (false, true) => Some(Order::Month),
        _ => None,
    }
}

fn is_sorted(dates: &[Numbers], order: Order) -> bool {
    let mut read: Vec<Date> = dates.iter().filter_map(|numbers| numbers.read(order)).collect();
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

/// As `time::parse`, where `order` says what comes first in a date that can be read in two ways.
#[must_use]
pub fn parse_in(text: &str, order: Option<Order>, timezone: &TimeZone, now: Moment) -> Option<Moment> {
    let (Some(order), true) = (order, is_open(text)) else { return parse(text, timezone, now) };
    let found = NUMBERS.captures(text)?.get(1)?;
    let date = Numbers::of(text)?.read(order)?;
    parse(&format!("{}{date}{}", &text[..found.start()], &text[found.end()..]), timezone, now)
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
