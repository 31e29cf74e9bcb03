//! How often a source is looked at: by its own pace, between the operator's floor and ceiling.
//!
//! A new item counts one when it comes and fades from there, once with an hour and once with two days; a count divided by its time
//! is a rate. The slow one decides, unless the last hour brought several and goes beyond it. So a storm is noticed within a poll or two, whatever was before it, and is
//! forgotten within hours, however big it was; and a steady source is looked at twice for each item it shows. Without news the
//! wait only grows, up to the ceiling: nothing is ever given up.

use std::time::Duration;

use super::asks;
use super::why::Why;
use crate::model::{Moment, Pace};

/// The operator's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Never more often than this, however much comes.
    pub least: Duration,
    /// Never more seldom than this, however little comes.
    pub most: Duration,
}

/// Where the operator says nothing: quick enough for a storm, and half of what a fixed quarter of an hour costs a quiet site.
pub const BOUNDS: Bounds = Bounds { least: Duration::from_mins(5), most: Duration::from_mins(30) };

const LATELY: Duration = Duration::from_hours(1);
const MOSTLY: Duration = Duration::from_hours(48);

/// Looks for each item that comes: an item is then found after a quarter of the time between two, on average.
const LOOKS: f64 = 2.0;

/// For so long a new source is looked at often enough to learn its pace, whatever the ceiling.
const LEARNING: Duration = Duration::from_hours(24);
const LEARNING_WAIT: Duration = Duration::from_mins(15);

/// A rate that was watched for less than this is no rate yet.
const WATCHED_LEAST: Duration = Duration::from_hours(6);

/// What lies further back says nothing of how things are, and was never watched whole: a feed shows its latest items only.
const BACK_MOST: Duration = Duration::from_hours(24 * 14);

/// What came lately counts from so many items an hour on: fewer come together by chance.
const LATELY_LEAST: f64 = 3.0;
/// It is a storm, which no hint of the site slows, where it goes this many times beyond the usual.
const STORM: f64 = 2.0;

/// What is known of a source after a poll that showed items, `new` of them for the first time: when each was published, as far as it
/// says so. At the first poll the past is learnt from these dates; later they only spread what came between two polls.
#[must_use]
pub fn learnt(pace: Pace, new: &[Option<Moment>], polled_before: Option<Moment>, now: Moment) -> Pace {
    let begin = now.minus(BACK_MOST);
    let Some(since) = pace.since else {
        let dated = || new.iter().flatten().filter(|at| **at <= now);
        let since = dated().min().map_or(now, |oldest| (*oldest).max(begin));
        let counted = dated().filter(|at| **at >= since).fold(faded(pace, now), |pace, at| counted(pace, *at));
        return Pace { since: Some(since), ..counted };
    };
    let earliest = polled_before.unwrap_or(now).min(now);
    let arrived = new.iter().map(|at| at.unwrap_or(now).clamp(earliest, now));
    // A clock that was set back must not make the past a future.
    arrived.fold(Pace { since: Some(since.min(now)), ..faded(pace, now) }, counted)
}

/// How long to wait, and why.
#[must_use]
pub fn wait(pace: &Pace, bounds: Bounds, now: Moment) -> (Duration, Why) {
    let within = |wait: Duration| wait.clamp(bounds.least, bounds.most);
    let (lately, mostly) = rates(pace, now);
    let per_hour = lately * LATELY.as_secs_f64();
    let rate = if per_hour >= LATELY_LEAST { lately.max(mostly) } else { mostly };
    let by_pace = within(Duration::try_from_secs_f64(1.0 / (LOOKS * rate)).unwrap_or(bounds.most));
    if per_hour >= LATELY_LEAST && lately >= STORM * mostly {
        return (by_pace, Why::Storm { per_hour });
    }
    let learning = within(LEARNING_WAIT);
    let per_day = rate * 86_400.0;
    let own = if pace.since.is_none_or(|since| now.since(since) < LEARNING) && by_pace > learning {
        (learning, Why::Learning)
    } else if by_pace == bounds.most {
        (by_pace, Why::Quiet { per_day })
    } else {
        (by_pace, Why::Pace { per_day })
    };
    asked(pace, bounds, now, own)
}

/// What the site and the feed ask for makes the wait longer, within the ceiling.
fn asked(pace: &Pace, bounds: Bounds, now: Moment, (own, why): (Duration, Why)) -> (Duration, Why) {
    let (holds, every) = (Duration::from_secs(pace.holds_s), asks::wait(&pace.asks, now).unwrap_or_default());
    let longer = holds.max(every).min(bounds.most);
    let (wait, why) = match longer > own {
        true if every >= holds => {
            let every = Duration::from_secs(pace.asks.every_s);
            (longer, Why::Feed { every, most: (every > bounds.most).then_some(bounds.most) })
        }
        true => (longer, Why::Holds),
        false => (own, why),
    };
    let quiet = asks::after_quiet(&pace.asks, now.plus(wait)).since(now).min(bounds.most);
    if quiet > wait { (quiet, Why::Skipped) } else { (wait, why) }
}

/// Items a second, lately and mostly. The slow count begins at nothing when the watch begins, which is put right here.
fn rates(pace: &Pace, now: Moment) -> (f64, f64) {
    let pace = faded(*pace, now);
    let watched = pace.since.map_or(Duration::ZERO, |since| now.since(since)).max(WATCHED_LEAST);
    let seen = 1.0 - fading(watched, MOSTLY);
    (pace.lately / LATELY.as_secs_f64(), pace.mostly / (MOSTLY.as_secs_f64() * seen))
}

fn faded(pace: Pace, now: Moment) -> Pace {
    let gone = now.since(pace.at);
    Pace { at: now, lately: pace.lately * fading(gone, LATELY), mostly: pace.mostly * fading(gone, MOSTLY), ..pace }
}

/// One more item that came at `at`, no later than `pace.at`.
fn counted(pace: Pace, at: Moment) -> Pace {
    let gone = pace.at.since(at);
    Pace { lately: pace.lately + fading(gone, LATELY), mostly: pace.mostly + fading(gone, MOSTLY), ..pace }
}

fn fading(gone: Duration, within: Duration) -> f64 {
    (-gone.as_secs_f64() / within.as_secs_f64()).exp()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Asks;

    const START: Moment = Moment::from_secs(1_800_000_000);
    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);
    const DAY: Duration = Duration::from_hours(24);
    const WIDE: Bounds = Bounds { least: Duration::from_mins(1), most: DAY };

    fn known() -> Pace {
        learnt(Pace::default(), &[], None, START)
    }

    /// Follows a source whose items come at these seconds after the start, as the daemon would; the wait at each poll.
    fn follow(items: &[u64], bounds: Bounds, until: Duration) -> Vec<(Duration, Duration, Why)> {
        let (mut pace, mut now, mut before, mut polls) = (known(), START, START, Vec::new());
        while now.since(START) < until {
            let came = items.iter().map(|second| START.plus(Duration::from_secs(*second))).filter(|at| *at > before && *at <= now);
            let new: Vec<Option<Moment>> = came.map(Some).collect();
            if !new.is_empty() {
                pace = learnt(pace, &new, Some(before), now);
            }
            let (wait, why) = wait(&pace, bounds, now);
            polls.push((now.since(START), wait, why));
            before = now;
            now = now.plus(wait);
        }
        polls
    }

    #[test]
    fn a_steady_source_is_looked_at_twice_for_each_item() {
        let items: Vec<u64> = (1..400).map(|n| n * 86_400 / 31).collect();
        let polls = follow(&items, BOUNDS, DAY * 10);
        let late = polls.iter().filter(|(at, ..)| *at > DAY * 5);
        let waits: Vec<f64> = late.map(|(_, wait, _)| wait.as_secs_f64() / 60.0).collect();
        let mean = waits.iter().sum::<f64>() / waits.len() as f64;
        assert!((17.0..=24.0).contains(&mean), "every {mean} minutes");
        assert_eq!(polls.last().map(|(.., why)| why.to_string()).as_deref(), Some("31 items a day"));
    }

    #[test]
    fn a_storm_over_a_quiet_source_brings_it_to_the_floor_and_is_soon_forgotten() {
        let items: Vec<u64> = (0..40).map(|n| 86_400 * 3 + n * 60).collect();
        let polls = follow(&items, BOUNDS, DAY * 4);
        let after = |span: Duration| polls.iter().filter(move |(at, ..)| *at >= DAY * 3 + span);
        let first = after(Duration::ZERO).find(|(_, wait, _)| *wait == BOUNDS.least).expect("the floor is reached");
        assert!(first.0 <= DAY * 3 + HOUR, "after {:?}", first.0 - DAY * 3);
        assert!(matches!(first.2, Why::Storm { .. }), "{:?}", first.2);
        let over = after(HOUR).find(|(_, wait, _)| *wait >= BOUNDS.most / 2).expect("it is calm again");
        assert!(over.0 <= DAY * 3 + HOUR * 8, "calm after {:?}", over.0 - DAY * 3);
    }

    #[test]
    fn a_dead_feed_goes_to_the_ceiling_and_stays_there() {
        let polls = follow(&[60, 120, 180], WIDE, DAY * 60);
        let (_, wait, why) = polls.last().expect("a poll");
        assert_eq!(*wait, DAY);
        assert_eq!(why.to_string(), "less than one item a week");
        assert!(polls.len() < 300, "{} polls in sixty days", polls.len());
        assert!(polls.iter().filter(|(at, ..)| *at < DAY).all(|(_, wait, _)| *wait <= LEARNING_WAIT), "the first day is for learning");
    }

    #[test]
    fn the_first_poll_learns_from_what_is_there() {
        let dated: Vec<Option<Moment>> = (1..=50).map(|n| Some(START.minus(DAY / 31 * n))).collect();
        let pace = learnt(Pace::default(), &dated, None, START);
        let (wait, why) = wait(&pace, BOUNDS, START);
        assert!((20 * MINUTE..26 * MINUTE).contains(&wait), "{wait:?} {why:?}");
        let future = learnt(Pace::default(), &[Some(START.plus(DAY)), None], None, START);
        assert_eq!((future.lately, future.since), (0.0, Some(START)), "what is dated ahead or not at all teaches nothing");
    }

    #[test]
    fn what_the_site_says_slows_a_calm_source_within_the_ceiling_and_never_a_storm() {
        let calm = Pace { holds_s: 1_200, ..learnt(Pace::default(), &[Some(START.minus(DAY * 5))], None, START) };
        let quick = Bounds { least: MINUTE, most: Duration::from_mins(10) };
        assert_eq!(wait(&Pace { holds_s: 9_000, ..calm }, quick, START).0, quick.most, "the ceiling is the operator's word");
        let busy: Vec<Option<Moment>> = (1..=50).map(|n| Some(START.minus(DAY / 100 * n))).collect();
        let busy = Pace { holds_s: 1_500, ..learnt(Pace::default(), &busy, None, START) };
        assert_eq!(wait(&busy, BOUNDS, START), (Duration::from_secs(1_500), Why::Holds));
        let hourly = Asks { every_s: 3_600, ..Asks::default() };
        let asking = Pace { asks: hourly, ..busy };
        let feed = Why::Feed { every: HOUR, most: Some(BOUNDS.most) };
        assert_eq!(wait(&asking, BOUNDS, START), (BOUNDS.most, feed), "the feed asks for more than the ceiling allows");
        assert_eq!(wait(&asking, WIDE, START), (HOUR, Why::Feed { every: HOUR, most: None }));
        assert_eq!(wait(&Pace { asks: Asks { every_s: 60, ..hourly }, ..busy }, BOUNDS, START).1, Why::Holds);
        let storm = learnt(Pace { asks: hourly, ..calm }, &[None; 30], Some(START), START);
        assert_eq!(wait(&storm, BOUNDS, START).0, BOUNDS.least);
    }

    proptest! {
        #[test]
        fn the_wait_lies_within_the_bounds(
            lately in 0.0..1e9_f64, mostly in 0.0..1e9_f64, gone in 0..10_000_000_u64, least in 1..100_000_u64, more in 0..1_000_000_u64, holds_s: u64,
            every_s: u64, skip_hours in 0..1_u32 << 24, skip_days in 0..1_u8 << 7,
        ) {
            let bounds = Bounds { least: Duration::from_secs(least), most: Duration::from_secs(least + more) };
            let asks = Asks { every_s, base_s: None, skip_hours, skip_days };
            let pace = Pace { since: Some(START), at: START, lately, mostly, holds_s, asks };
            let (wait, _) = wait(&pace, bounds, START.plus(Duration::from_secs(gone)));
            prop_assert!(wait >= bounds.least && wait <= bounds.most);
        }

        #[test]
        fn without_news_it_is_never_looked_at_more_often(
            items in prop::collection::vec(0..1_200_000_u64, 0..60), later in 0..1_000_000_u64, more in 1..1_000_000_u64,
        ) {
            let dated: Vec<Option<Moment>> = items.iter().map(|second| Some(START.minus(Duration::from_secs(*second)))).collect();
            let pace = learnt(Pace::default(), &dated, None, START);
            let at = |span: u64| wait(&pace, WIDE, START.plus(DAY + Duration::from_secs(span))).0;
            // The slow rate is put right by how long it was watched, which moves it by less than it fades.
            prop_assert!(at(later + more) + Duration::from_millis(1) >= at(later));
        }

        #[test]
        fn news_never_slows(items in prop::collection::vec(0..1_200_000_u64, 0..60), new in 1..40_usize) {
            let dated: Vec<Option<Moment>> = items.iter().map(|second| Some(START.minus(Duration::from_secs(*second)))).collect();
            let pace = learnt(Pace::default(), &dated, None, START);
            let now = START.plus(DAY * 2);
            let more = learnt(pace, &vec![None; new], Some(now.minus(HOUR)), now);
            prop_assert!(wait(&more, WIDE, now).0 <= wait(&pace, WIDE, now).0);
        }
    }
}
