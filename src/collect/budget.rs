//! `[[collect.budget]]`: at most so many requests to a domain in so long, all sources and all nodes together.
//!
//! A row of the store remembers up to when the budget is spent, and each poll takes the next free place: the generic cell rate
//! algorithm of ATM Forum TM 4.0, 4.4.2, read as a queue. A tenth of the requests may come at once; the rest is spread, so evenly that no
//! window of the given length ever holds more than the given number.

use std::time::Duration;

use crate::model::Moment;

/// One budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Lower case; subdomains are covered.
    pub domain: String,
    pub requests: u32,
    pub per: Duration,
}

/// Of the requests, one in so many may come at once.
const AT_ONCE_PART: u32 = 10;

impl Budget {
    /// The time between two places, for the store's row.
    #[must_use]
    pub fn step(&self) -> Duration {
        self.per / (self.requests.max(1) - self.at_once() + 1)
    }

    /// Which moment a request has that spends the budget up to `spent`, which includes its own step.
    #[must_use]
    pub fn place(&self, spent: Moment, now: Moment) -> Moment {
        spent.minus(self.step() * self.at_once()).max(now)
    }

    fn at_once(&self) -> u32 {
        (self.requests / AT_ONCE_PART).max(1)
    }
}

/// Up to when a budget is spent after one more request; what the store does in one statement.
#[must_use]
pub fn spend(spent: Moment, step: Duration, now: Moment) -> Moment {
    spent.max(now).plus(step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Moment = Moment::from_secs(1_800_000_000);

    /// The moments at which requests go out that want to at these seconds.
    fn places(budget: &Budget, wanted: &[u64]) -> Vec<Moment> {
        let mut spent = Moment::default();
        let mut wanted: Vec<Moment> = wanted.iter().map(|second| START.plus(Duration::from_secs(*second))).collect();
        wanted.sort();
        let take = |now: Moment| {
            spent = spend(spent, budget.step(), now);
            budget.place(spent, now)
        };
        wanted.into_iter().map(take).collect()
    }

    #[test]
    fn a_few_may_come_at_once_and_the_rest_is_spread() {
        let budget = Budget { domain: "reddit.com".into(), requests: 60, per: Duration::from_mins(1) };
        let places = places(&budget, &[0; 100]);
        assert_eq!(places.iter().filter(|at| **at == START).count(), 6);
        let last = places.last().expect("a place").since(START);
        assert!((Duration::from_secs(98)..Duration::from_secs(106)).contains(&last), "{last:?}");
    }

    #[test]
    fn one_request_a_day_is_one_a_day() {
        let budget = Budget { domain: "a.example".into(), requests: 1, per: Duration::from_hours(24) };
        let days: Vec<u64> = places(&budget, &[0, 0, 0]).iter().map(|at| at.since(START).as_secs() / 86_400).collect();
        assert_eq!(days, [0, 1, 2]);
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_the_budget_and_nobody_is_dropped(
            requests in 1..80_u32, per in 1..5_000_u64, wanted in prop::collection::vec(0..10_000_u64, 1..200),
        ) {
            let budget = Budget { domain: "a.example".into(), requests, per: Duration::from_secs(per) };
            let mut places = places(&budget, &wanted);
            places.sort();
            prop_assert_eq!(places.len(), wanted.len());
            for window in places.windows(requests as usize + 1) {
                // Steps are whole nanoseconds and moments whole microseconds: one microsecond a step may be lost.
                let slack = Duration::from_micros(u64::from(requests) + 1);
                prop_assert!(window[requests as usize].since(window[0]) + slack >= budget.per, "{:?}", window);
            }
        }

        #[test]
        fn a_budget_that_is_not_used_up_delays_nobody(requests in 1..50_u32, gap in 1..100_u64) {
            let budget = Budget { domain: "a.example".into(), requests, per: Duration::from_secs(gap * u64::from(requests)) };
            let wanted: Vec<u64> = (0..60).map(|n| n * (gap * 2 + 1)).collect();
            let places = places(&budget, &wanted);
            for (place, second) in places.iter().zip(&wanted) {
                prop_assert_eq!(*place, START.plus(Duration::from_secs(*second)));
            }
        }
    }
}
