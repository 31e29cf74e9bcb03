//! Sources that fall silent together: a holiday, or something that all of them share. One notice tells of it, and not one for each.
//!
//! A source that has been silent for too long is *excused* where others fell silent with it:
//!
//! ```text
//! heard from     others whose rhythm says that they should have shown something since its last item (surprise EXPECTED or more)
//! quiet with it  those of them that are silent now, by as much surprise, since within APART_MAX of its last item
//! excused        at least OTHERS_MIN are quiet with it, and of OTHERS_PARTS that should have been heard one at least
//! ```
//!
//! Excused, its silence is counted anew from that moment. So one that stays silent when the others are back is told of by itself, as long
//! after them as it would be after its last item.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::cadence;
use super::holidays::Holidays;
use crate::model::{Cadence, Moment};

/// Minus the logarithm of one in twenty.
const EXPECTED: f64 = 3.0;
/// One other may be chance, or the same trouble twice.
const OTHERS_MIN: usize = 2;
/// Sources of another country or trade go on while these have their holiday.
const OTHERS_PARTS: usize = 3;
/// Before a holiday lies a weekend, at most, and a day that some take off.
const APART_MAX: Duration = Duration::from_hours(4 * 24);

/// A source that is read, as far as its silence says something of others.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    pub last_item_at: Moment,
    pub cadence: &'a Cadence,
    pub zone: &'a TimeZone,
    pub holidays: &'a Holidays,
}

impl Voice<'_> {
    fn surprise(&self, from: Moment, now: Moment) -> f64 {
        cadence::surprise(self.cadence, from, now, self.zone, self.holidays)
    }
}

/// Of `others` those that fell silent together with a source whose last item came at `last_item_at`, by their places; none where its
/// silence is its own.
#[must_use]
pub fn quiet_with(last_item_at: Moment, others: &[Voice<'_>], now: Moment) -> Option<Vec<usize>> {
    let apart = |voice: &Voice<'_>| voice.last_item_at.since(last_item_at).max(last_item_at.since(voice.last_item_at));
    let expected: Vec<usize> = (0..others.len()).filter(|at| others[*at].surprise(last_item_at, now) >= EXPECTED).collect();
    let quiet = |at: &usize| apart(&others[*at]) <= APART_MAX && others[*at].surprise(others[*at].last_item_at, now) >= EXPECTED;
    let quiet: Vec<usize> = (0..others.len()).filter(quiet).collect();
    let heard = expected.iter().filter(|at| !quiet.contains(at)).count();
    (quiet.len() >= OTHERS_MIN && quiet.len() * OTHERS_PARTS >= quiet.len() + heard).then_some(quiet)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_800_000_000);
    static UTC: TimeZone = TimeZone::UTC;
    const HOUR: Duration = Duration::from_hours(1);

    /// How many of a company's sources, silent for so many hours each, are quiet with one that is silent for forty.
    fn quiet(hours: &[u32]) -> Option<usize> {
        let busy = Cadence { days: 56, items: [12.0; 7], surprise: [6.0; 7], longest_gap_s: 40_000 };
        let none = Holidays::default();
        let voice = |hours: &u32| Voice { last_item_at: NOW.minus(HOUR * *hours), cadence: &busy, zone: &UTC, holidays: &none };
        let others: Vec<Voice<'_>> = hours.iter().map(voice).collect();
        quiet_with(NOW.minus(HOUR * 40), &others, NOW).map(|quiet| quiet.len())
    }

    #[test]
    fn one_alone_is_told_and_many_at_once_are_one_matter() {
        assert_eq!(quiet(&[1, 2, 0, 5, 3]), None, "the others go on");
        assert_eq!(quiet(&[41, 2, 0, 5, 3]), None, "two are chance");
        assert_eq!(quiet(&[41, 38, 45, 39, 1]), Some(4));
        assert_eq!(quiet(&[41, 38]), Some(2), "a small company");
        assert_eq!(quiet(&[41, 38, 1, 1, 1, 1]), Some(2), "a third of them: those of one country");
        assert_eq!(quiet(&[41, 38, 1, 1, 1, 1, 1]), None, "two of many");
        assert_eq!(quiet(&[400, 380, 500]), None, "long dead ones excuse nobody");
        assert_eq!(quiet(&[]), None);
    }

    #[test]
    fn who_is_silent_anyway_says_nothing() {
        let seldom = Cadence { days: 56, items: [0.2; 7], surprise: [0.2; 7], longest_gap_s: 400_000 };
        let none = Holidays::default();
        let voice = Voice { last_item_at: NOW.minus(HOUR * 40), cadence: &seldom, zone: &UTC, holidays: &none };
        assert_eq!(quiet_with(NOW.minus(HOUR * 40), &[voice; 9], NOW), None);
    }
}
