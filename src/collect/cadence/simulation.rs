//! How often nobody should have been told: sources of many kinds, made up for years, none of which ever breaks.

use super::super::together::{Voice, quiet_with};
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
}

static UTC: TimeZone = TimeZone::UTC;

/// Half a year, at the beginning of which the holidays lie.
const HALF_YEAR: i64 = 182;

/// A source as it is followed.
struct Followed<'k> {
    kind: &'k Kind,
    /// Days by which its holidays begin earlier and end later than everybody's.
    wider: (i64, i64),
    days: Vec<DayCount>,
    arrivals: Vec<u32>,
    cadence: Option<Cadence>,
    last: Option<Moment>,
    excused_at: Option<Moment>,
    told_for: Option<Moment>,
}

impl<'k> Followed<'k> {
    const fn new(kind: &'k Kind, wider: (i64, i64)) -> Self {
        Self { kind, wider, days: Vec::new(), arrivals: Vec::new(), cadence: None, last: None, excused_at: None, told_for: None }
    }

    fn begin(&mut self, day: i64, alive: bool, holidays: &Holidays, dice: &mut Dice) {
        let told = self.last.is_some() && (self.told_for == self.last || self.excused_at.is_some());
        let silent = told || self.days.last().is_some_and(|over| over.arrivals == 0);
        self.cadence = renewed(self.cadence.take(), silent, &self.days[self.days.len().saturating_sub(60)..], day, holidays).0;
        self.days.push(DayCount { day, polls: [("unchanged".to_owned(), POLLS)].into(), ..DayCount::default() });
        let (before, after) = self.wider;
        let of_half = (day + before).rem_euclid(HALF_YEAR);
        let off = self.kind.holiday > 0 && of_half < self.kind.holiday + before + after;
        self.arrivals = self.kind.arrivals(day, dice);
        if off || !alive {
            self.arrivals.clear();
        }
    }

    fn poll(&mut self, poll: u32, now: Moment, holidays: &Holidays) {
        if !self.arrivals.contains(&poll) {
            return;
        }
        let excused = self.excused_at.take().is_some();
        let gap = self.last.map_or(Duration::ZERO, |last| if excused { now.since(last) } else { holidays.outside(last, now, &UTC) });
        if let Some(today) = self.days.last_mut() {
            let longest = if excused { &mut today.excused_s } else { &mut today.longest_gap_s };
            *longest = gap.as_secs().max(*longest);
            (today.arrivals, today.new) = (today.arrivals + 1, today.new + 1);
        }
        self.last = Some(now);
    }

    /// Whether it has been silent for too long and nobody knows.
    fn is_silent(&self, now: Moment, holidays: &Holidays) -> bool {
        let (Some(cadence), Some(last)) = (&self.cadence, self.last) else { return false };
        let from = self.excused_at.unwrap_or(last);
        self.told_for != Some(last) && now.since(from) >= SILENCE_MIN && now.since(from) >= limit(cadence, from, &TimeZone::UTC, holidays)
    }

    fn voice<'a>(&'a self, holidays: &'a Holidays) -> Option<Voice<'a>> {
        Some(Voice { last_item_at: self.last?, cadence: self.cadence.as_ref()?, zone: &UTC, holidays })
    }
}

/// The holidays of two weeks in each half of ten years, as an operator writes them.
fn known(days: i64) -> Holidays {
    let mut holidays = Holidays::default();
    for half in 0..20 {
        let first = half * HALF_YEAR;
        holidays.add(&format!("{}..{}", date_of(first), date_of(first + days - 1))).expect("a holiday");
    }
    holidays
}

/// Five in the afternoon of a Wednesday far from any holiday.
const ORDINARY: Moment = Moment::from_secs((4 * HALF_YEAR + 90) * 86_400 + 17 * 3600);

/// Alarms of one source in a year after its first, and how long a silence that begins on an ordinary day goes unsaid then, in hours.
fn year(kind: &Kind, holidays: &Holidays, dice: &mut Dice) -> (u32, Option<u64>) {
    let (mut source, mut alarms) = (Followed::new(kind, (0, 0)), 0);
    for day in 0..2 * 365 {
        source.begin(day, true, holidays, dice);
        for poll in 0..POLLS {
            let now = Moment::from_secs(day * 86_400 + i64::from(poll) * 900);
            source.poll(poll, now, holidays);
            if poll % 4 == 0 && source.is_silent(now, holidays) {
                source.told_for = source.last;
                alarms += u32::from(day >= 365);
            }
        }
    }
    let unsaid = source.cadence.map(|cadence| limit(&cadence, ORDINARY, &TimeZone::UTC, holidays).as_secs() / 3600);
    (alarms, unsaid)
}

#[test]
fn nobody_is_told_for_nothing() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut working = 0.0;
    for kind in &KINDS {
        let lists = if kind.holiday > 0 { vec![Holidays::default(), known(kind.holiday)] } else { vec![Holidays::default()] };
        for holidays in &lists {
            let years: Vec<(u32, Option<u64>)> = (0..YEARS).map(|_| year(kind, holidays, &mut dice)).collect();
            let alarms: u32 = years.iter().map(|(alarms, _)| alarms).sum();
            let mut unsaid: Vec<u64> = years.iter().filter_map(|(_, unsaid)| *unsaid).collect();
            unsaid.sort_unstable();
            let rate = f64::from(alarms) / f64::from(YEARS);
            println!(
                "{:>22}{}: {rate:.3} false alarms a source and year; a real silence is told after {:?} h (median)",
                kind.name,
                if holidays.is_empty() { "" } else { " that are known" },
                unsaid.get(unsaid.len() / 2)
            );
            if kind.holiday > 0 && holidays.is_empty() {
                assert!(rate < 2.05, "{}: {rate} a year, and it has two holidays in one", kind.name);
            } else {
                working += rate;
                assert!(rate < 0.1, "{}: {rate} false alarms in a year", kind.name);
            }
        }
    }
    assert!(working / 12.0 < 0.02, "{working} false alarms in twelve years of twelve kinds of sources");
}

/// How a company's sources are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// Each for itself.
    Alone,
    /// Silences that are one matter are told as one.
    Together,
    /// And the operator listed the holidays.
    Known,
}

/// What a company is told, and when of a source that dies.
#[derive(Debug, Default)]
struct Told {
    /// Of sources that work, each by itself.
    alone: u32,
    together: u32,
    /// Hours from the last item of the dead source until somebody is told of it by itself.
    dead_after: Option<u64>,
}

/// Its holidays at the end of a year are followed to their end and a month beyond.
const COMPANY_DAYS: i64 = 3 * HALF_YEAR + 30;
/// Before that it is new, and nothing is measured.
const MEASURED_FROM: i64 = HALF_YEAR;
const COMPANY_SOURCES: u32 = 15;
const COMPANIES: u32 = 3;

/// A company of office sources with ten days off, and a third that never rest. The first one dies on the day `dies`.
fn company(remedy: Remedy, dies: i64, dice: &mut Dice) -> Told {
    let holidays = if remedy == Remedy::Known { known(10) } else { Holidays::default() };
    let kinds = [&KINDS[11], &KINDS[11], &KINDS[1]];
    let mut sources: Vec<Followed<'_>> = (0..COMPANY_SOURCES as usize)
        .map(|at| Followed::new(kinds[at % 3], (i64::from(dice.roll() < 0.3), i64::from(dice.roll() < 0.3))))
        .collect();
    let (mut told, mut notice, mut of_first) = (Told::default(), None::<Moment>, Vec::new());
    for day in 0..COMPANY_DAYS {
        for (at, source) in sources.iter_mut().enumerate() {
            source.begin(day, at > 0 || day < dies, &holidays, dice);
        }
        for poll in 0..POLLS {
            let now = Moment::from_secs(day * 86_400 + i64::from(poll) * 900);
            sources.iter_mut().for_each(|source| source.poll(poll, now, &holidays));
            if poll % 4 != 0 {
                continue;
            }
            for at in 0..sources.len() {
                if !sources[at].is_silent(now, &holidays) {
                    continue;
                }
                let last = sources[at].last.expect("silent since");
                let others: Vec<Voice<'_>> =
                    sources.iter().enumerate().filter(|(other, _)| *other != at).filter_map(|(_, other)| other.voice(&holidays)).collect();
                let excused = remedy != Remedy::Alone && quiet_with(last, &others, now).is_some();
                let dead = at == 0 && day >= dies;
                let measured = day >= MEASURED_FROM;
                if excused {
                    sources[at].excused_at = Some(now);
                    // Once for each silence, whether or not the notice is still open.
                    if notice.is_none_or(|at| at < last) {
                        told.together += u32::from(measured);
                        notice = Some(now);
                    }
                } else {
                    sources[at].told_for = Some(last);
                    told.alone += u32::from(measured && !dead);
                    if at == 0 {
                        of_first.push((last, now.since(last).as_secs() / 3600));
                    }
                }
            }
        }
    }
    // It may have been told before it died, of a silence that turned out to be the last one.
    told.dead_after = of_first.iter().find(|(last, _)| Some(*last) == sources[0].last).map(|(_, hours)| *hours);
    told
}

#[test]
fn a_holiday_is_one_notice_and_a_dead_source_is_told_all_the_same() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    // A day far from any holiday, the third day of one, two days after one, and three weeks after it.
    let cases = [
        ("in an ordinary week", 2 * HALF_YEAR + 90),
        ("in the holidays", 2 * HALF_YEAR + 2),
        ("right after them", 2 * HALF_YEAR + 12),
        ("three weeks after", 2 * HALF_YEAR + 31),
    ];
    let mut alone = Vec::new();
    for remedy in [Remedy::Alone, Remedy::Together, Remedy::Known] {
        let (mut notices, mut joint) = (0, 0);
        for (when, dies) in cases {
            let told: Vec<Told> = (0..COMPANIES).map(|_| company(remedy, dies, &mut dice)).collect();
            notices += told.iter().map(|told| told.alone).sum::<u32>();
            joint += told.iter().map(|told| told.together).sum::<u32>();
            let mut after: Vec<u64> = told.iter().map(|told| told.dead_after.expect("it is told in the end")).collect();
            after.sort_unstable();
            println!("{remedy:?}: dead {when}: told after {after:?} h");
        }
        let years = 4.0 * f64::from(COMPANIES) * f64::from(i32::try_from(COMPANY_DAYS - MEASURED_FROM).expect("days")) / 365.0;
        let rate = f64::from(notices) / (years * f64::from(COMPANY_SOURCES));
        println!(
            "{remedy:?}: {rate:.3} false alarms a source and year; {:.2} notices of many a company and year",
            f64::from(joint) / years
        );
        alone.push(rate);
    }
    assert!(alone[0] > 1.0 && alone[1] < 0.05 && alone[2] < 0.05, "{alone:?}");
}
