//! Sources that fall silent together: a holiday, or something that all of them share. One notice tells of it, and not one for each.
//!
//! A source that has been silent for too long is *excused* where others fell silent with it:
//!
//! ```text
//! heard from     others whose rhythm says that they should have shown something since its last item (surprise EXPECTED or more; counted
//!                from the quarter of a day in which that came)
//! quiet with it  those of them that are silent now, by as much surprise, since within APART_MAX of its last item
//! excused        at least OTHERS_MIN are quiet with it, and of OTHERS_PARTS that should have been heard one at least
//! ```
//!
//! Excused, its silence is counted anew from that moment. So one that stays silent when the others are back is told of by itself, as long
//! after them as it would be after its last item.

use std::collections::BTreeMap;
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
/// Many sources are asked about at once: those of one quarter of a day share what is expected of the others.
const QUARTER_S: i64 = 6 * 3600;
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

    fn is_quiet(&self, now: Moment) -> bool {
        self.surprise(self.last_item_at, now) >= EXPECTED
    }

    /// Whether it should have shown something since a quarter of a day.
    fn is_expected(&self, quarter: i64, now: Moment) -> bool {
        self.surprise(Moment::from_secs(quarter * QUARTER_S), now) >= EXPECTED
    }
}

const fn quarter(at: Moment) -> i64 {
    at.as_secs().div_euclid(QUARTER_S)
}

const fn are_together(quiet: usize, heard: usize) -> bool {
    quiet >= OTHERS_MIN && quiet * OTHERS_PARTS >= quiet + heard
}

/// Of `others` those that fell silent together with a source whose last item came at `last_item_at`, by their places; none where its
/// silence is its own.
#[must_use]
pub fn quiet_with(last_item_at: Moment, others: &[Voice<'_>], now: Moment) -> Option<Vec<usize>> {
    let apart = |voice: &Voice<'_>| voice.last_item_at.since(last_item_at).max(last_item_at.since(voice.last_item_at));
    let is_quiet = |voice: &Voice<'_>| apart(voice) <= APART_MAX && voice.is_quiet(now);
    let (quiet, rest): (Vec<usize>, Vec<usize>) = (0..others.len()).partition(|at| is_quiet(&others[*at]));
    let heard = rest.iter().filter(|at| others[**at].is_expected(quarter(last_item_at), now)).count();
    are_together(quiet.len(), heard).then_some(quiet)
}

/// Whether one of the `asked`, by their places, is silent together with others: as [`quiet_with`] says of each and all the rest, but each
/// voice is looked at once for itself and once for each quarter of a day in which one of the asked fell silent.
#[must_use]
pub fn any_together(voices: &[Voice<'_>], asked: &[usize], now: Moment) -> bool {
    let mut quiet: Vec<usize> = (0..voices.len()).filter(|at| voices[*at].is_quiet(now)).collect();
    quiet.sort_by_key(|at| voices[*at].last_item_at);
    let mut quarters: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    asked.iter().for_each(|at| quarters.entry(quarter(voices[*at].last_item_at)).or_default().push(*at));
    quarters.iter().any(|(quarter, asked)| {
        let expected: Vec<bool> = voices.iter().map(|voice| voice.is_expected(*quarter, now)).collect();
        let expected_in_all = expected.iter().filter(|is| **is).count();
        // Of the quiet ones up to a place, how many are expected.
        let mut sums = vec![0];
        for at in &quiet {
            sums.push(sums[sums.len() - 1] + usize::from(expected[*at]));
        }
        asked.iter().any(|at| {
            let last = voices[*at].last_item_at;
            let first = quiet.partition_point(|other| voices[*other].last_item_at < last.minus(APART_MAX));
            let end = quiet.partition_point(|other| voices[*other].last_item_at <= last.plus(APART_MAX));
            let itself = voices[*at].is_quiet(now);
            // Those expected and not quiet with it; itself is neither.
            let heard = expected_in_all - (sums[end] - sums[first]) - usize::from(!itself && expected[*at]);
            are_together(end - first - usize::from(itself), heard)
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    /// Voices of several rhythms, with a last item so many minutes ago each.
    fn voices<'a>(cadences: &'a [Cadence], none: &'a Holidays, minutes: &[(usize, u32)]) -> Vec<Voice<'a>> {
        let voice = |(rhythm, minutes): &(usize, u32)| {
            let last_item_at = NOW.minus(Duration::from_secs(60 * u64::from(*minutes)));
            Voice { last_item_at, cadence: &cadences[rhythm % cadences.len()], zone: &UTC, holidays: none }
        };
        minutes.iter().map(voice).collect()
    }

    fn cadences() -> Vec<Cadence> {
        [6.0, 2.0, 0.4].map(|daily| Cadence { days: 56, items: [daily; 7], surprise: [daily; 7], longest_gap_s: 40_000 }).into()
    }

    proptest! {
        #[test]
        fn one_look_at_all_says_what_a_look_at_each_says(
            minutes in prop::collection::vec((0..3_usize, 0..15_000_u32), 0..14),
            asked in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let (cadences, none) = (cadences(), Holidays::default());
            let voices = voices(&cadences, &none, &minutes);
            let asked: Vec<usize> = asked.iter().filter(|_| !voices.is_empty()).map(|at| at.index(voices.len())).collect();
            let of_each = asked.iter().any(|at| {
                let others: Vec<Voice<'_>> = (0..voices.len()).filter(|other| other != at).map(|other| voices[other]).collect();
                quiet_with(voices[*at].last_item_at, &others, NOW).is_some()
            });
            prop_assert_eq!(any_together(&voices, &asked, NOW), of_each);
        }
    }

    #[test]
    fn thousands_at_once_are_looked_at_together() {
        let (cadences, none) = (cadences(), Holidays::default());
        // Three thousand are silent, and twice as many and some go on: nobody's silence is told together, so every one is looked at. Each
        // with each would be twenty-seven million looks, for which the runner of tests has no patience.
        let silent = (0..3_000).map(|at| (0, 60 * 50 + at % 300));
        let minutes: Vec<(usize, u32)> = silent.chain((0..6_010).map(|at| (0, at % 60))).collect();
        let voices = voices(&cadences, &none, &minutes);
        let asked: Vec<usize> = (0..3_000).collect();
        assert!(!any_together(&voices, &asked, NOW));
    }
}
