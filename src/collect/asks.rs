//! How often a feed itself wants to be looked at: RSS's `ttl`, `skipHours` and `skipDays` (RSS 2.0, rssboard.org/rss-specification), and the
//! syndication module's `sy:updatePeriod`, `sy:updateFrequency` and `sy:updateBase` (web.resource.org/rss/1.0/modules/syndication).
//!
//! Many a feed says it because its template does, and some say what would blind us. So it is a wish: it makes us slower and never
//! quicker, and never beyond the operator's ceiling (`pace::wait`); what no feed can mean is passed over here.

use std::time::Duration;

use crate::model::{Asks, Moment};

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * HOUR_S;
/// More is no rhythm of news but a slip, as seconds where minutes belong, or a template's idea of "hardly ever".
const EVERY_MAX_S: u64 = 7 * DAY_S;
const ALL_HOURS: u32 = (1 << 24) - 1;
const ALL_DAYS: u8 = (1 << 7) - 1;
/// Whole hours that are looked through for one in which something may come: one week, after which it all repeats.
const HOURS_LOOKED_THROUGH: u32 = 7 * 24;

/// What the elements of a feed say, one by one, before they are put together.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    ttl_s: Option<u64>,
    /// None within where it is no word that the module has.
    period_s: Option<Option<u64>>,
    frequency: Option<u64>,
    base: Option<Moment>,
    skip_hours: u32,
    skip_days: u8,
}

/// An element that says something of the feed's rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Ttl,
    SkippedHour,
    SkippedDay,
    Period,
    Frequency,
    Base,
}

impl Spoken {
    /// Takes in the text of an element. `at` reads a time.
    pub fn take(&mut self, said: Said, text: &str, at: impl FnOnce(&str) -> Option<Moment>) {
        let text = text.trim();
        let number = || text.parse::<u64>().ok();
        match said {
            Said::Ttl => self.ttl_s = number().and_then(|minutes| minutes.checked_mul(MINUTE_S)),
            // Hours from 1 to 24 were those of RSS 0.91.
            Said::SkippedHour => self.skip_hours |= number().filter(|hour| *hour <= 24).map_or(0, |hour| 1 << (hour % 24)),
            Said::SkippedDay => self.skip_days |= weekday(text).map_or(0, |day| 1 << day),
            Said::Period => self.period_s = Some(period(text)),
            Said::Frequency => self.frequency = number().filter(|times| *times > 0),
            Said::Base => self.base = at(text),
        }
    }

    /// What all of it comes to.
    #[must_use]
    pub fn together(&self) -> Asks {
        // The module's own default, where it is used at all.
        let period = self.period_s.unwrap_or_else(|| self.frequency.map(|_| DAY_S));
        let syndicated = period.map(|period| period / self.frequency.unwrap_or(1));
        let every_s = [self.ttl_s, syndicated].into_iter().flatten().filter(|every| *every <= EVERY_MAX_S).max().unwrap_or(0);
        let base_s = self.base.filter(|_| every_s > 0 && syndicated == Some(every_s)).map(|base| base.to_timestamp().as_second());
        let meant = self.skip_hours != ALL_HOURS && self.skip_days != ALL_DAYS;
        let (skip_hours, skip_days) = if meant { (self.skip_hours, self.skip_days) } else { (0, 0) };
        Asks { every_s, base_s, skip_hours, skip_days }
    }
}

/// From Monday. The specification has them in English, in full; three letters tell them apart.
fn weekday(text: &str) -> Option<u8> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let start = text.get(..3)?.to_ascii_lowercase();
    DAYS.iter().position(|day| *day == start).and_then(|at| u8::try_from(at).ok())
}

/// A month is thirty days and a year is of no use: both are beyond what counts unless the frequency brings them down.
fn period(text: &str) -> Option<u64> {
    Some(match text.to_ascii_lowercase().as_str() {
        "hourly" => HOUR_S,
        "daily" => DAY_S,
        "weekly" => 7 * DAY_S,
        "monthly" => 30 * DAY_S,
        "yearly" => 365 * DAY_S,
        _ => return None,
    })
}

/// How long after `now` the feed expects to have something new; none where it does not say.
#[must_use]
pub fn wait(asks: &Asks, now: Moment) -> Option<Duration> {
    let every = asks.every_s;
    if every == 0 {
        return None;
    }
    let Some(base) = asks.base_s else { return Some(Duration::from_secs(every)) };
    let since = i128::from(now.to_timestamp().as_second()) - i128::from(base);
    let left = i128::from(every) - since.rem_euclid(i128::from(every));
    Some(Duration::from_secs(u64::try_from(left).unwrap_or(every)))
}

/// The first moment from `at` on that does not lie in the hours and days in which nothing comes.
#[must_use]
pub fn after_quiet(asks: &Asks, at: Moment) -> Moment {
    if asks.skip_hours == 0 && asks.skip_days == 0 {
        return at;
    }
    let mut later = at;
    for _ in 0..=HOURS_LOOKED_THROUGH {
        let hours = later.to_timestamp().as_second().div_euclid(HOUR_S.cast_signed());
        // 1970-01-01 was a Thursday.
        let (hour, day) = (hours.rem_euclid(24), (hours.div_euclid(24) + 3).rem_euclid(7));
        if asks.skip_hours >> hour & 1 == 0 && asks.skip_days >> day & 1 == 0 {
            return later;
        }
        later = Moment::from_secs((hours + 1) * HOUR_S.cast_signed());
    }
    at
}

/// `60 min`, `2 h`, `7 d`: whole, in the largest unit that is.
#[must_use]
pub fn span_in_words(span: Duration) -> String {
    match span.as_secs() {
        secs if secs >= 2 * DAY_S && secs.is_multiple_of(DAY_S) => format!("{} d", secs / DAY_S),
        secs if secs >= 2 * HOUR_S && secs.is_multiple_of(HOUR_S) => format!("{} h", secs / HOUR_S),
        secs => format!("{} min", secs.div_ceil(MINUTE_S)),
    }
}

/// All that a feed asks for; none where it asks for nothing.
#[must_use]
pub fn in_words(asks: &Asks) -> Option<String> {
    let every = (asks.every_s > 0).then(|| format!("a look every {}", span_in_words(Duration::from_secs(asks.every_s))));
    let hours: Vec<String> = (0..24).filter(|hour| asks.skip_hours >> hour & 1 == 1).map(|hour| hour.to_string()).collect();
    let hours = (!hours.is_empty()).then(|| format!("none in the hours {} (UTC)", hours.join(", ")));
    let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let days: Vec<&str> = names.into_iter().enumerate().filter(|(day, _)| asks.skip_days >> day & 1 == 1).map(|(_, name)| name).collect();
    let days = (!days.is_empty()).then(|| format!("none on {} (UTC)", days.join(", ")));
    [every, hours, days].into_iter().flatten().reduce(|one, other| format!("{one}; {other}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A Thursday, 00:30 in the morning.
    const NOW: Moment = Moment::from_secs(1_800_000 * 1_000 - 1_800_000 * 1_000 % 604_800 + 1_800);

    fn asks(said: &[(Said, &str)]) -> Asks {
        let mut spoken = Spoken::default();
        said.iter().for_each(|(said, text)| spoken.take(*said, text, |text| text.parse().ok().map(Moment::from_secs)));
        spoken.together()
    }

    #[test]
    fn a_feed_says_how_often_it_changes() {
        assert_eq!(asks(&[(Said::Ttl, " 60\n")]).every_s, 3600);
        assert_eq!(asks(&[(Said::Period, "\n\thourly\t"), (Said::Frequency, "1")]).every_s, 3600);
        assert_eq!(asks(&[(Said::Period, "Daily"), (Said::Frequency, "4")]).every_s, 6 * 3600);
        assert_eq!(asks(&[(Said::Frequency, "2")]).every_s, 12 * 3600, "daily is the default");
        assert_eq!(asks(&[(Said::Ttl, "5"), (Said::Period, "hourly")]).every_s, 3600, "the longer one");
        assert_eq!(asks(&[(Said::Period, "monthly"), (Said::Frequency, "30")]).every_s, 24 * 3600);
    }

    #[test]
    fn what_no_feed_can_mean_is_passed_over() {
        let hours: Vec<String> = (0..24).map(|hour| hour.to_string()).collect();
        let all: Vec<(Said, &str)> = hours.iter().map(|hour| (Said::SkippedHour, hour.as_str())).collect();
        assert_eq!(asks(&all), Asks::default(), "every hour of the day");
        let days = ["Monday", "tuesday", "Wed", "Thursday", "Friday", "SATURDAY", "Sunday"];
        assert_eq!(asks(&days.map(|day| (Said::SkippedDay, day))), Asks::default());
        for ttl in ["0", "-5", "", "soon", "1.5", "525600", "99999999999999999999", "18446744073709551615"] {
            assert_eq!(asks(&[(Said::Ttl, ttl)]).every_s, 0, "{ttl}");
        }
        for (period, frequency) in [("yearly", "1"), ("never", "1"), ("hourly", "99999999")] {
            assert_eq!(asks(&[(Said::Period, period), (Said::Frequency, frequency)]).every_s, 0, "{period}");
        }
        assert_eq!(asks(&[(Said::Period, "hourly"), (Said::Frequency, "0")]).every_s, 3600);
        assert_eq!(asks(&[(Said::SkippedHour, "25"), (Said::SkippedDay, "Feiertag")]), Asks::default());
    }

    #[test]
    fn a_rhythm_may_have_a_beginning() {
        let base = NOW.minus(Duration::from_hours(24 * 100) - Duration::from_mins(20)).to_timestamp().as_second().to_string();
        let daily = asks(&[(Said::Period, "daily"), (Said::Base, &base)]);
        assert_eq!(wait(&daily, NOW), Some(Duration::from_mins(20)));
        assert_eq!(wait(&daily, NOW.plus(Duration::from_mins(20))), Some(Duration::from_hours(24)), "just then");
        assert_eq!(wait(&asks(&[(Said::Period, "daily"), (Said::Base, "never")]), NOW), Some(Duration::from_hours(24)));
        assert_eq!(wait(&asks(&[(Said::Base, &base)]), NOW), None);
    }

    #[test]
    fn hours_and_days_without_news_are_waited_out() {
        let night = asks(&["0", "1", "2", "24", "23"].map(|hour| (Said::SkippedHour, hour)));
        assert_eq!(after_quiet(&night, NOW), NOW.plus(Duration::from_mins(150)), "at three");
        assert_eq!(after_quiet(&night, NOW.plus(Duration::from_hours(3))), NOW.plus(Duration::from_hours(3)));
        let weekend = asks(&["Thursday", "Friday"].map(|day| (Said::SkippedDay, day)));
        assert_eq!(after_quiet(&weekend, NOW), NOW.plus(Duration::from_hours(48) - Duration::from_mins(30)));
        assert_eq!(in_words(&night).as_deref(), Some("none in the hours 0, 1, 2, 23 (UTC)"));
        assert_eq!(in_words(&Asks { every_s: 3600, ..weekend }).as_deref(), Some("a look every 60 min; none on Thursday, Friday (UTC)"));
        assert_eq!(in_words(&Asks::default()), None);
    }

    proptest! {
        #[test]
        fn whatever_a_feed_asks_for_the_next_look_comes(every_s in 0..700_000_u64, base_s: Option<i64>, skip_hours in 0..1_u32 << 24, skip_days in 0..1_u8 << 7, at in 0..4_000_000_000_i64) {
            let asks = Asks { every_s, base_s, skip_hours, skip_days };
            let now = Moment::from_secs(at);
            let wait = wait(&asks, now).unwrap_or_default();
            prop_assert!(wait.as_secs() <= every_s);
            prop_assert!(after_quiet(&asks, now).since(now) <= Duration::from_hours(7 * 24));
        }
    }
}
