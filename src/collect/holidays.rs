//! Days on which nobody writes, so that silence says nothing: the operator's list of `[company] holidays`, or of one source.
//!
//! They are left out wherever days are counted. A silence is as long as its other days; a usual day is learnt from the others; a break
//! over the holidays is no measure for breaks later.

use std::time::Duration;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::cadence::day_of;
use crate::model::Moment;

/// Longer is no holiday but a source that has stopped.
const DAYS_MAX: i64 = 62;
/// A silence is followed through so many days: more than any limit has, with all holidays of a year in them.
const DAYS_FOLLOWED: u32 = 3 * 366;

/// Days of one or more holidays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays(Vec<Span>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Span {
    /// First and last day, in days since 1970-01-01.
    Once { first: i64, last: i64 },
    /// Month and day of the first and the last day; past the end of the year where the last is before the first.
    Yearly { first: (i8, i8), last: (i8, i8) },
}

impl Holidays {
    /// Adds `2027-02-05..2027-02-11`, `2027-02-05`, or without a year, for every year, `12-24..12-26`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let (first, last) = (first.trim(), last.trim());
        if let (Some(first), Some(last)) = (month_day(first), month_day(last)) {
            self.0.push(Span::Yearly { first, last });
            return Ok(());
        }
        let day = |text: &str| text.parse::<Date>().map(days).map_err(|_| format!("\"{text}\" is no day"));
        let (first, last) = (day(first)?, day(last)?);
        match last - first {
            ..0 => Err("it ends before it begins".to_owned()),
            DAYS_MAX.. => Err(format!("it lasts longer than {DAYS_MAX} days")),
            _ => {
                self.0.push(Span::Once { first, last });
                Ok(())
            }
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether that day, counted from 1970-01-01, is one.
    #[must_use]
    pub fn has(&self, day: i64) -> bool {
        let civil = || date(1970, 1, 1).saturating_add(jiff::SignedDuration::from_hours(day.saturating_mul(24)));
        self.0.iter().any(|span| match *span {
            Span::Once { first, last } => (first..=last).contains(&day),
            Span::Yearly { first, last } => {
                let day = (civil().month(), civil().day());
                if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last }
            }
        })
    }

    /// Whether the list has days of single years, and all of them are over: then next year's are missing.
    #[must_use]
    pub fn are_over(&self, today: i64) -> bool {
        let mut once = self.0.iter().filter_map(|span| if let Span::Once { last, .. } = span { Some(*last) } else { None }).peekable();
        once.peek().is_some() && once.all(|last| last < today)
    }

    /// How much of the time between two moments is none of these days.
    #[must_use]
    pub fn outside(&self, from: Moment, to: Moment, zone: &TimeZone) -> Duration {
        if self.is_empty() {
            return to.since(from);
        }
        let (mut at, mut sum) = (from, Duration::ZERO);
        for _ in 0..DAYS_FOLLOWED {
            if at >= to {
                break;
            }
            let end = end_of_day(at, zone).min(to);
            if !self.has(day_of(at, zone)) {
                sum += end.since(at);
            }
            at = end;
        }
        sum + to.since(at)
    }

    /// How long after `from` that much time outside of these days has passed.
    #[must_use]
    pub fn stretched(&self, span: Duration, from: Moment, zone: &TimeZone) -> Duration {
        if self.is_empty() {
            return span;
        }
        let (mut at, mut left) = (from, span);
        for _ in 0..DAYS_FOLLOWED {
            let end = end_of_day(at, zone);
            if !self.has(day_of(at, zone)) {
                let whole = end.since(at);
                if left <= whole {
                    break;
                }
                left -= whole;
            }
            at = end;
        }
        at.plus(left).since(from)
    }
}

/// The next midnight of the zone.
fn end_of_day(at: Moment, zone: &TimeZone) -> Moment {
    let day = at.to_timestamp().to_zoned(zone.clone()).date();
    let next = day.tomorrow().ok().and_then(|next| next.to_zoned(zone.clone()).ok());
    next.map(|next| Moment::from(next.timestamp())).filter(|next| *next > at).unwrap_or_else(|| at.plus(Duration::from_hours(24)))
}

fn days(date: Date) -> i64 {
    date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24
}

/// `12-24`.
fn month_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-').filter(|(month, day)| month.len() == 2 && day.len() == 2)?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    // A year that has every day.
    Date::new(2024, month, day).ok().map(|_| (month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn holidays(all: &[&str]) -> Holidays {
        let mut holidays = Holidays::default();
        all.iter().for_each(|text| holidays.add(text).expect("a holiday"));
        holidays
    }

    fn day(text: &str) -> i64 {
        days(text.parse().expect("a day"))
    }

    fn at(text: &str) -> Moment {
        Moment::from(text.parse::<jiff::Timestamp>().expect("a moment"))
    }

    #[test]
    fn days_of_one_year_and_of_every_year() {
        let found = holidays(&["2027-02-05..2027-02-11", "12-24 .. 12-26", "12-31..01-01", "2027-04-05"]);
        for holiday in ["2027-02-05", "2027-02-11", "2026-12-24", "2031-12-26", "2026-12-31", "2027-01-01", "2027-04-05"] {
            assert!(found.has(day(holiday)), "{holiday}");
        }
        for workday in ["2027-02-04", "2027-02-12", "2028-02-06", "2026-12-27", "2026-12-30", "2027-01-02", "2028-04-05"] {
            assert!(!found.has(day(workday)), "{workday}");
        }
        assert!(!found.are_over(day("2027-04-05")) && found.are_over(day("2027-04-06")));
        assert!(!holidays(&["12-24"]).are_over(day("2099-01-01")), "those of every year are never over");
    }

    #[test]
    fn what_is_no_holiday_is_refused() {
        let refused = |text: &str| Holidays::default().add(text).expect_err(text);
        assert_eq!(refused("2027-02-11..2027-02-05"), "it ends before it begins");
        assert_eq!(refused("Christmas"), "\"Christmas\" is no day");
        assert_eq!(refused("2027-02-30"), "\"2027-02-30\" is no day");
        assert_eq!(refused("13-01"), "\"13-01\" is no day");
        assert_eq!(refused("2027-01-01..2027-12-31"), "it lasts longer than 62 days");
    }

    #[test]
    fn time_is_counted_outside_of_them() {
        let taipei = TimeZone::get("Asia/Taipei").expect("a zone");
        let found = holidays(&["2027-02-05..2027-02-11"]);
        // Thursday, six in the evening in Taipei, and Friday a week later, nine in the morning.
        let (last, next) = (at("2027-02-04T10:00:00Z"), at("2027-02-12T01:00:00Z"));
        assert_eq!(found.outside(last, next, &taipei), Duration::from_hours(15));
        assert_eq!(found.stretched(Duration::from_hours(15), last, &taipei), next.since(last));
        assert_eq!(found.stretched(Duration::from_hours(6), last, &taipei), Duration::from_hours(6), "before they begin");
        assert_eq!(found.stretched(DAY, at("2027-02-07T10:00:00Z"), &taipei), at("2027-02-12T16:00:00Z").since(at("2027-02-07T10:00:00Z")));
        assert_eq!(Holidays::default().outside(last, next, &taipei), next.since(last));
        assert_eq!(found.outside(next, last, &taipei), Duration::ZERO);
    }
}
