//! What came to a source that others push to: each arrival stands in the store with its moment, so a day is counted once it is over.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::{DAY_S, day_of};
use crate::collect::holidays::Holidays;
use crate::model::{DayCount, Moment};

/// As far back the last arrival before a day is looked for: a break that began earlier is told as a silence.
pub const BEFORE: Duration = Duration::from_hours(7 * 24);
/// Zones are up to fourteen hours off.
const ZONES: Duration = Duration::from_hours(15);

/// The time in which a day of any zone lies.
#[must_use]
pub fn around(day: i64) -> (Moment, Moment) {
    let start = Moment::from_secs(day.saturating_mul(DAY_S.cast_signed()));
    (start.minus(ZONES), start.plus(Duration::from_secs(DAY_S)).plus(ZONES))
}

/// Counts the arrivals of a day, which stand among others in the order of their time; what polls counted of them already stays.
/// `excused`: when others were silent with it, so that the break is none of its own.
pub fn count(day: &mut DayCount, all: &[(Moment, u32)], excused: Option<Moment>, holidays: &Holidays, zone: &TimeZone) {
    let (mut new, mut arrivals, mut before) = (0_u32, 0, None);
    for (at, items) in all {
        if day_of(*at, zone) == day.day {
            (new, arrivals) = (new.saturating_add(*items), arrivals + 1);
            match before {
                Some(last) if excused.is_some_and(|excused| last < excused && excused < *at) => {
                    day.excused_s = day.excused_s.max(at.since(last).as_secs());
                }
                Some(last) => day.longest_gap_s = day.longest_gap_s.max(holidays.outside(last, *at, zone).as_secs()),
                None => {}
            }
        }
        before = Some(*at);
    }
    (day.new, day.arrivals) = (day.new.max(new), day.arrivals.max(arrivals));
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 20_600;

    fn at(hours: i64) -> Moment {
        Moment::from_secs(DAY * 86_400 + hours * 3_600)
    }

    fn counted(all: &[(Moment, u32)], excused: Option<Moment>, day: DayCount) -> (u32, u32, u64, u64) {
        let mut day = DayCount { day: DAY, ..day };
        count(&mut day, all, excused, &Holidays::default(), &TimeZone::UTC);
        (day.new, day.arrivals, day.longest_gap_s / 3_600, day.excused_s / 3_600)
    }

    #[test]
    fn a_day_has_its_own_arrivals_and_the_breaks_that_ended_in_it() {
        let all = [(at(-30), 4), (at(2), 1), (at(9), 3), (at(25), 7)];
        assert_eq!(counted(&all, None, DayCount::default()), (4, 2, 32, 0));
        assert_eq!(counted(&all, Some(at(-10)), DayCount::default()), (4, 2, 7, 32), "others had that break, too");
        assert_eq!(counted(&all, None, DayCount { new: 9, arrivals: 1, ..DayCount::default() }), (9, 2, 32, 0), "polls saw more");
        assert_eq!(counted(&[(at(-1), 1), (at(24), 1)], None, DayCount::default()), (0, 0, 0, 0), "neither the day before nor the next");
    }

    #[test]
    fn a_day_of_any_zone_lies_within() {
        let (from, until) = around(DAY);
        for zone in ["Pacific/Kiritimati", "Asia/Taipei", "Pacific/Pago_Pago"] {
            let zone = TimeZone::get(zone).expect("a zone");
            assert!(day_of(from, &zone) < DAY && day_of(until, &zone) > DAY, "{zone:?}");
        }
    }
}
