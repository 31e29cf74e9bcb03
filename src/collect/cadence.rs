//! How often a source shows something new, learnt from its own days, and when its silence says that something is wrong.
//!
//! Counted are *arrivals*, polls that brought new items, so that a batch of twenty is one. From the last [`WEEKS`] weeks, for each
//! weekday `w` with the mean `m_w` over `n_w` days and the dispersion `f` (the variance of the days about their weekday's mean,
//! divided by the mean):
//!
//! ```text
//! rate       r_w = (m_w - sqrt(f * m_w / n_w)) * min(1, mean of the last 14 days / mean of all)
//! surprise   s_w = r_w * ln f / (f - 1)              -ln of the chance of a day without arrivals
//! silence    24-hour periods since the last new item, each with the surprise of the weekdays it touches;
//!            the rest of the last one counts only beyond QUIET_PART, the part of a day that may be a night
//! told when  surprises add up to SURPRISE, and a day has passed, and GAP_FACTOR times the longest gap of those weeks
//! ```
//!
//! `f^(-r / (f - 1))` is the chance of a zero under a negative binomial distribution with mean `r` and variance `f * r` (a binomial
//! one where `f < 1`; Poisson's `exp(-r)` in the limit `f = 1`): Johnson, Kemp, Kotz, Univariate Discrete Distributions, chapter 5.
//! Twenty-four hours hold every hour of the clock once, so nights need no learning; weekends are weekdays. Holidays are left out
//! of all of it (`holidays`), and where many fall silent at once that is one matter (`together`).

pub mod arrivals;

use std::time::Duration;

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::holidays::Holidays;
use crate::model::{Cadence, DayCount, Moment, Phrase};

/// What is older says little of today.
pub const WEEKS: u32 = 8;
/// Fewer complete days than two weeks do not show a weekend twice.
pub const DAYS_MIN: u32 = 14;
/// Fewer arrivals than this have no rhythm.
const ARRIVALS_MIN: u32 = 8;
/// Minus the logarithm of the chance that is taken for none: one in ten thousand, for each silence. The simulation in this
/// module's tests says what that comes to in false alarms.
const SURPRISE: f64 = 9.21;
/// No silence is told sooner: whatever the figures say, a day has one night and one holiday has a day.
pub const SILENCE_MIN: Duration = Duration::from_hours(24);
/// A silence this much longer than the longest one in the learnt weeks; those had holidays of their own.
const GAP_FACTOR: f64 = 1.5;
/// Of the last, unfinished 24 hours this much may be a night or everything outside of office hours.
const QUIET_PART: f64 = 16.0 / 24.0;
/// Beyond this a silence is no matter of figures: it is told when it comes to that, whatever the surprise.
const PERIODS_MAX: u32 = 7 * WEEKS;
/// Days steadier than this are so by chance.
const DISPERSION_MIN: f64 = 0.25;
/// A trend is looked for in as many days.
const RECENT_DAYS: i64 = 14;
const DAY_S: u64 = 86_400;
const DAY_S_F: f64 = 86_400.0;

/// The day of a moment in a source's own zone, in days since 1970-01-01.
#[must_use]
pub fn day_of(now: Moment, zone: &TimeZone) -> i64 {
    let civil = now.to_timestamp().to_zoned(zone.clone()).date();
    civil.duration_since(date(1970, 1, 1)).as_hours() / 24
}

/// `2026-11-22`.
#[must_use]
pub fn date_of(day: i64) -> String {
    let span = jiff::SignedDuration::from_hours(day.saturating_mul(24));
    date(1970, 1, 1).checked_add(span).map_or_else(|_| day.to_string(), |date| date.to_string())
}

/// From Monday; 1970-01-01 was a Thursday.
const fn weekday(day: i64) -> usize {
    (day + 3).rem_euclid(7) as usize
}

fn in_days(seconds: u64) -> i64 {
    i64::try_from(seconds / DAY_S).unwrap_or(i64::MAX)
}

/// Whether a day says how often items come: at least half of its polls were read.
fn observed(day: &DayCount) -> bool {
    let (good, all) = (day.good(), day.all());
    good > 0 && good * 2 >= all
}

/// Learns from complete days before `today`, in any order. The second value is how many days there were to learn from; with too
/// few of them or too few arrivals nothing is learnt.
#[must_use]
pub fn learn(days: &[DayCount], today: i64, holidays: &Holidays) -> (Option<Cadence>, u32) {
    let within = today - i64::from(7 * WEEKS)..today;
    let excused = |day: i64| days.iter().any(|ended| (ended.day.saturating_sub(in_days(ended.excused_s))..ended.day).contains(&day));
    let counts = |day: &&DayCount| within.contains(&day.day) && observed(day) && !holidays.has(day.day) && !excused(day.day);
    let days: Vec<&DayCount> = days.iter().filter(counts).collect();
    let count = u32::try_from(days.len()).unwrap_or(u32::MAX);
    let arrivals: u32 = days.iter().map(|day| day.arrivals).sum();
    if count < DAYS_MIN || arrivals < ARRIVALS_MIN {
        return (None, count);
    }
    let (means, counts) = means(&days, |day| day.arrivals);
    let dispersion = dispersion(&days, &means);
    let trend = trend(&days, today);
    let overall = f64::from(arrivals) / f64::from(count);
    let surprise = std::array::from_fn(|weekday| {
        // A weekday that was never observed is taken for the quietest.
        let mean = if counts[weekday] > 0.0 { means[weekday] } else { means.iter().copied().fold(overall, f64::min) };
        let error = (dispersion * mean / counts[weekday].max(1.0)).sqrt();
        surprise_of((mean - error).max(0.0) * trend, dispersion)
    });
    let items = self::means(&days, |day| day.new).0;
    let longest_gap_s = days.iter().map(|day| day.longest_gap_s).max().unwrap_or(0);
    (Some(Cadence { days: count, items, surprise, longest_gap_s }), count)
}

/// The cadence after a day is over. While a silence lasts, nothing is learnt: it must not become usual before somebody is told. `silent`: it is
/// told, or the day brought nothing. What it was shows when something comes again.
#[must_use]
pub fn renewed(before: Option<Cadence>, silent: bool, days: &[DayCount], today: i64, holidays: &Holidays) -> (Option<Cadence>, u32) {
    let (learnt, count) = learn(days, today, holidays);
    (if silent { before } else { learnt }, count)
}

/// Mean and number of days of each weekday.
fn means(days: &[&DayCount], value: impl Fn(&DayCount) -> u32) -> ([f64; 7], [f64; 7]) {
    let (mut sums, mut counts) = ([0.0; 7], [0.0; 7]);
    for day in days {
        sums[weekday(day.day)] += f64::from(value(day));
        counts[weekday(day.day)] += 1.0;
    }
    (std::array::from_fn(|weekday| if counts[weekday] > 0.0 { sums[weekday] / counts[weekday] } else { 0.0 }), counts)
}

/// Variance about the weekdays' means divided by the mean; seven of the days' freedoms went into those means.
fn dispersion(days: &[&DayCount], means: &[f64; 7]) -> f64 {
    let expected: f64 = days.iter().map(|day| means[weekday(day.day)]).sum();
    let squares: f64 = days.iter().map(|day| (f64::from(day.arrivals) - means[weekday(day.day)]).powi(2)).sum();
    let days = f64::from(u32::try_from(days.len()).unwrap_or(u32::MAX));
    (squares / expected.max(f64::MIN_POSITIVE) * days / (days - 6.0).max(1.0)).max(DISPERSION_MIN)
}

/// A source that is getting quieter is believed; one that is getting louder is not yet.
fn trend(days: &[&DayCount], today: i64) -> f64 {
    let mean = |days: &[&&DayCount]| {
        let arrivals: u32 = days.iter().map(|day| day.arrivals).sum();
        f64::from(arrivals) / f64::from(u32::try_from(days.len()).unwrap_or(u32::MAX).max(1))
    };
    let all: Vec<&&DayCount> = days.iter().collect();
    let recent: Vec<&&DayCount> = days.iter().filter(|day| day.day >= today - RECENT_DAYS).collect();
    if recent.is_empty() { 1.0 } else { (mean(&recent) / mean(&all).max(f64::MIN_POSITIVE)).min(1.0) }
}

fn surprise_of(rate: f64, dispersion: f64) -> f64 {
    if (dispersion - 1.0).abs() < 1e-3 { rate } else { rate * dispersion.ln() / (dispersion - 1.0) }
}

/// How long a silence that began at `last` may last before it is told.
#[must_use]
pub fn limit(cadence: &Cadence, last: Moment, zone: &TimeZone, holidays: &Holidays) -> Duration {
    let gap = Duration::from_secs(cadence.longest_gap_s).mul_f64(GAP_FACTOR);
    surprising(cadence, last, zone, holidays).max(holidays.stretched(SILENCE_MIN.max(gap), last, zone))
}

/// How much a silence says that began at `from`: minus the logarithm of its chance.
#[must_use]
pub fn surprise(cadence: &Cadence, from: Moment, to: Moment, zone: &TimeZone, holidays: &Holidays) -> f64 {
    let periods = Periods::from(cadence, from, zone, holidays);
    let whole = u32::try_from(to.since(from).as_secs() / DAY_S).unwrap_or(u32::MAX).min(PERIODS_MAX);
    let rest = Duration::from_secs(to.since(from).as_secs() % DAY_S).as_secs_f64() / DAY_S_F;
    let beyond = ((rest - QUIET_PART) / (1.0 - QUIET_PART)).max(0.0);
    (0..whole).map(|period| periods.whole(period)).sum::<f64>() + beyond * periods.whole(whole)
}

/// The 24-hour periods of a silence, each with the surprise of the days it touches.
struct Periods<'a> {
    cadence: &'a Cadence,
    holidays: &'a Holidays,
    first: i64,
    /// The part of the first day that had passed.
    into: f64,
}

impl<'a> Periods<'a> {
    fn from(cadence: &'a Cadence, from: Moment, zone: &TimeZone, holidays: &'a Holidays) -> Self {
        Self { cadence, holidays, first: day_of(from, zone), into: into_day(from, zone) }
    }

    fn whole(&self, period: u32) -> f64 {
        let of = |day: i64| if self.holidays.has(day) { 0.0 } else { self.cadence.surprise[weekday(day)] };
        let day = self.first + i64::from(period);
        of(day) * (1.0 - self.into) + of(day + 1) * self.into
    }
}

/// When the surprises add up.
fn surprising(cadence: &Cadence, last: Moment, zone: &TimeZone, holidays: &Holidays) -> Duration {
    let periods = Periods::from(cadence, last, zone, holidays);
    let mut sum = 0.0;
    for period in 0..PERIODS_MAX {
        let whole = periods.whole(period);
        if sum + whole >= SURPRISE {
            let share = QUIET_PART + (1.0 - QUIET_PART) * (SURPRISE - sum) / whole;
            return Duration::from_secs(u64::from(period) * DAY_S) + Duration::from_secs(DAY_S).mul_f64(share);
        }
        sum += whole;
    }
    Duration::from_secs(u64::from(PERIODS_MAX) * DAY_S)
}

/// The part of its day that had passed.
fn into_day(moment: Moment, zone: &TimeZone) -> f64 {
    let time = moment.to_timestamp().to_zoned(zone.clone()).time();
    (f64::from(time.hour()) + f64::from(time.minute()) / 60.0) / 24.0
}

/// `usually 12 a day, 2 on weekends`, `usually 3 a week`.
#[must_use]
pub fn in_words(cadence: &Cadence) -> String {
    let mean = |days: &[f64]| days.iter().sum::<f64>() / f64::from(u32::try_from(days.len()).unwrap_or(1).max(1));
    let (week, weekend) = (mean(&cadence.items[..5]), mean(&cadence.items[5..]));
    let all = mean(&cadence.items);
    if all < 1.0 {
        return format!("usually {} a week", figure(all * 7.0));
    }
    if week.max(weekend) > 2.0 * week.min(weekend) {
        return format!("usually {} a day, {} a day on weekends", figure(week), figure(weekend));
    }
    format!("usually {} a day", figure(all))
}

/// The same for readers of any language.
#[must_use]
pub fn told(cadence: &Cadence) -> Phrase {
    let mean = |days: &[f64]| days.iter().sum::<f64>() / f64::from(u32::try_from(days.len()).unwrap_or(1).max(1));
    let (week, weekend) = (mean(&cadence.items[..5]), mean(&cadence.items[5..]));
    let all = mean(&cadence.items);
    let number = |value: f64| if value < 0.05 { "0".to_owned() } else { figure(value) };
    if all < 1.0 {
        return Phrase::said("usual_weekly").with("count", number(all * 7.0));
    }
    if week.max(weekend) > 2.0 * week.min(weekend) {
        return Phrase::said("usual_weekends").with("count", number(week)).with("weekend", number(weekend));
    }
    Phrase::said("usual_daily").with("count", number(all))
}

fn figure(value: f64) -> String {
    match value {
        value if value < 0.05 => "none".to_owned(),
        value if value < 3.0 => format!("{value:.1}").trim_end_matches(".0").to_owned(),
        value => format!("{value:.0}"),
    }
}

/// `30 hours`, `4 days`: whole, rounded down.
#[must_use]
pub fn span_in_words(span: Duration) -> String {
    let counted = |count: u64, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    match span.as_secs() {
        secs if secs >= 3 * DAY_S => counted(secs / DAY_S, "day"),
        secs if secs >= 2 * 3600 => counted(secs / 3600, "hour"),
        secs => counted(secs / 60, "minute"),
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
