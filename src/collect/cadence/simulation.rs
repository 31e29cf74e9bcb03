//! How often nobody should have been told: sources of many kinds, made up for years, none of which ever breaks.

use super::*;

/// Source-years of each kind.
const YEARS: u32 = 24;
/// Polls of a day.
const POLLS: u32 = 96;

/// A number that only looks random, the same in every run (xorshift64*, Marsaglia 2003, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        f64::from(u32::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

/// A kind of source that works: what it shows is chance.
struct Kind {
    name: &'static str,
    /// Arrivals of a usual day, by weekday from Monday.
    week: [f64; 7],
    /// First and last hour of the day in which anything comes.
    hours: (u32, u32),
    /// Each day is louder or quieter than usual by a factor of up to this.
    moods: f64,
    /// Days without anything at a time, once in half a year.
    holiday: i64,
    /// Half as many after this many days; 0 for never.
    halves_after: i64,
}

const STEADY: Kind = Kind { name: "steady", week: [12.0; 7], hours: (0, 24), moods: 1.0, holiday: 0, halves_after: 0 };

const KINDS: [Kind; 12] = [
    STEADY,
    Kind { name: "awake by day", hours: (8, 23), moods: 2.0, ..STEADY },
    Kind { name: "busy", week: [60.0; 7], hours: (7, 24), moods: 3.0, ..STEADY },
    Kind { name: "office hours", week: [10.0, 10.0, 10.0, 10.0, 8.0, 0.0, 0.0], hours: (9, 18), moods: 2.0, ..STEADY },
    Kind { name: "quieter on weekends", week: [8.0, 8.0, 8.0, 8.0, 8.0, 1.0, 1.0], hours: (8, 23), moods: 2.0, ..STEADY },
    Kind { name: "once a day", week: [1.0; 7], hours: (8, 22), moods: 1.5, ..STEADY },
    Kind { name: "a daily digest", week: [30.0; 7], hours: (9, 10), moods: 1.0, ..STEADY },
    Kind { name: "three a week", week: [0.43; 7], hours: (8, 22), moods: 1.5, ..STEADY },
    Kind { name: "moody", week: [6.0; 7], hours: (8, 24), moods: 8.0, ..STEADY },
    Kind { name: "getting quieter", week: [12.0; 7], hours: (8, 24), moods: 2.0, halves_after: 120, ..STEADY },
    Kind { name: "four days of holiday", week: [8.0, 8.0, 8.0, 8.0, 8.0, 0.5, 0.5], hours: (8, 20), moods: 2.0, holiday: 4, ..STEADY },
    Kind { name: "ten days of holiday", week: [8.0, 8.0, 8.0, 8.0, 8.0, 0.5, 0.5], hours: (8, 20), moods: 2.0, holiday: 10, ..STEADY },
];

impl Kind {
    /// Polls of a day, of `POLLS`, that bring something.
    fn arrivals(&self, day: i64, dice: &mut Dice) -> Vec<u32> {
        if self.holiday > 0 && day.rem_euclid(182) < self.holiday {
            return Vec::new();
        }
        let mood = self.moods.powf(dice.roll() * 2.0 - 1.0);
        let worn = if self.halves_after > 0 {
            0.5_f64.powf(f64::from(i32::try_from(day).unwrap_or(0)) / f64::from(i32::try_from(self.halves_after).unwrap_or(1)))
        } else {
            1.0
        };
        let (from, to) = (self.hours.0 * POLLS / 24, self.hours.1 * POLLS / 24);
        let chance = self.week[weekday(day)] * mood * worn / f64::from(to - from);
        (from..to).filter(|_| dice.roll() < chance).collect()
    }

    /// Alarms of one source in a year after its first, and how long a silence that begins at its end goes unsaid, in hours.
    fn year(&self, dice: &mut Dice) -> (u32, Option<u64>) {
        let (mut days, mut last, mut alarms, mut told_for) = (Vec::<DayCount>::new(), None::<Moment>, 0, None);
        let mut cadence = None::<Cadence>;
        for day in 0..2 * 365 {
            let silent = last.is_some() && told_for == last;
            cadence = renewed(cadence.take(), silent, &days[days.len().saturating_sub(60)..], day).0;
            let mut count = DayCount { day, polls: [("unchanged".to_owned(), POLLS)].into(), ..DayCount::default() };
            let arrivals = self.arrivals(day, dice);
            for poll in 0..POLLS {
                let now = Moment::from_secs(day * 86_400 + i64::from(poll) * 900);
                if arrivals.contains(&poll) {
                    count.longest_gap_s = count.longest_gap_s.max(last.map_or(0, |last| now.since(last).as_secs()));
                    (count.arrivals, count.new, last) = (count.arrivals + 1, count.new + 1, Some(now));
                }
                let (Some(cadence), Some(last)) = (&cadence, last) else { continue };
                if poll % 4 == 0
                    && told_for != Some(last)
                    && now.since(last) >= SILENCE_MIN
                    && now.since(last) >= limit(cadence, last, &TimeZone::UTC)
                {
                    told_for = Some(last);
                    alarms += u32::from(day >= 365);
                }
            }
            days.push(count);
        }
        let unsaid = cadence.zip(last).map(|(cadence, last)| limit(&cadence, last, &TimeZone::UTC).as_secs() / 3600);
        (alarms, unsaid)
    }
}

#[test]
fn nobody_is_told_for_nothing() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut working = 0.0;
    for kind in &KINDS {
        let years: Vec<(u32, Option<u64>)> = (0..YEARS).map(|_| kind.year(&mut dice)).collect();
        let alarms: u32 = years.iter().map(|(alarms, _)| alarms).sum();
        let mut unsaid: Vec<u64> = years.iter().filter_map(|(_, unsaid)| *unsaid).collect();
        unsaid.sort_unstable();
        let rate = f64::from(alarms) / f64::from(YEARS);
        println!(
            "{:>22}: {rate:.3} false alarms a source and year; a real silence is told after {:?} h (median)",
            kind.name,
            unsaid.get(unsaid.len() / 2)
        );
        if kind.holiday > 0 {
            assert!(rate < 2.05, "{}: {rate} a year, and it has two holidays in one", kind.name);
        } else {
            working += rate;
            assert!(rate < 0.1, "{}: {rate} false alarms in a year", kind.name);
        }
    }
    assert!(working / 10.0 < 0.02, "{working} false alarms in ten years of ten kinds of sources");
}
