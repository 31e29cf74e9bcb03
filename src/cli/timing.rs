//! When a source is polled next and why, as `hearken sources` says it.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::collect::manners::Manners;
use crate::collect::patience::held;
use crate::collect::source::{SourceOptions, rhythm};
use crate::collect::why::Why;
use crate::model::{Moment, Patience, SourceState};
use crate::problem::duration_words;
use crate::settings::Settings;

/// The next poll of a source.
pub(super) struct Timing {
    pub(super) next: Moment,
    /// How often it is polled while all is well.
    every: Duration,
    usual: Why,
    /// What delays the next poll beyond that.
    delayed: Option<Why>,
}

impl Timing {
    /// None for a source that is polled no more.
    pub(super) fn of(settings: &Settings, state: &SourceState, waits: &[Patience], now: Moment) -> Option<Self> {
        let source = settings.sources.iter().find(|source| source.name == state.name && !state.removed)?;
        Some(Self::at(source, &settings.collect.manners, state, waits, now))
    }

    fn at(source: &SourceOptions, manners: &Manners, state: &SourceState, waits: &[Patience], now: Moment) -> Self {
        let (every, usual) = rhythm(source, &state.pace, now);
        let wait = held(waits, &source.url, now);
        let next = wait.map_or(state.next_due_at, |wait| wait.until.max(state.next_due_at));
        let turn = state.turn_at.filter(|at| *at > now).and_then(|_| manners.budget(&source.url));
        let delayed = if let Some(wait) = wait {
            Some(Why::Asked { reason: wait.reason.clone() })
        } else if let Some(budget) = turn {
            Some(Why::Turn { domain: budget.domain.clone(), requests: budget.requests, per: duration_words(budget.per) })
        } else {
            (state.failures > 0).then_some(Why::BackOff { failures: state.failures })
        };
        Self { next, every, usual, delayed }
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "every_s": self.every.as_secs(),
            "why": self.usual.word(),
            "delayed": self.delayed.as_ref().map(Why::word),
            "words": self.to_string(),
        })
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.delayed {
            Some(delayed) => write!(f, "waits: {delayed}"),
            None => write!(f, "every {}: {}", rounded(self.every), self.usual),
        }
    }
}

/// Whole minutes from two minutes on, whole seconds below.
fn rounded(span: Duration) -> String {
    let seconds = span.as_secs();
    let unit = if seconds >= 120 { 60 } else { 1 };
    duration_words(Duration::from_secs(seconds.div_ceil(unit) * unit))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::collect::budget::Budget;
    use crate::collect::pace::{BOUNDS, learnt};
    use crate::collect::source::SourceKind;
    use crate::model::{FailureKind, Pace};

    const NOW: Moment = Moment::from_secs(1_800_000_000);
    const DAY: Duration = Duration::from_hours(24);

    fn source() -> SourceOptions {
        let url = Url::parse("https://old.reddit.com/r/tea.rss").expect("an address");
        SourceOptions { pace: Some(BOUNDS), ..SourceOptions::plain("tea", SourceKind::Feed, url) }
    }

    fn state() -> SourceState {
        let dates: Vec<Option<Moment>> = (1..=50).map(|n| Some(NOW.minus(DAY / 31 * n))).collect();
        SourceState { pace: learnt(Pace::default(), &dates, None, NOW), next_due_at: NOW.plus(DAY / 96), ..SourceState::default() }
    }

    fn said(source: &SourceOptions, manners: &Manners, state: &SourceState, waits: &[Patience]) -> (Moment, String) {
        let timing = Timing::at(source, manners, state, waits, NOW);
        (timing.next, timing.to_string())
    }

    #[test]
    fn a_listing_says_how_often_and_why() {
        let manners = Manners::default();
        assert_eq!(said(&source(), &manners, &state(), &[]).1, "every 24m: 31 items a day");
        let fixed = SourceOptions { pace: None, interval: Duration::from_secs(5400), ..source() };
        assert_eq!(said(&fixed, &manners, &state(), &[]).1, "every 1h30m: as set");
        assert_eq!(said(&source(), &manners, &SourceState::default(), &[]).1, "every 15m: its pace is being learnt");
    }

    #[test]
    fn a_listing_says_why_a_poll_waits() {
        let budget = Budget { domain: "reddit.com".into(), requests: 60, per: Duration::from_mins(1) };
        let manners = Manners { budgets: vec![budget], ..Manners::default() };
        let later = NOW.plus(DAY);
        let turn = SourceState { turn_at: Some(later), next_due_at: later, failures: 2, failure: Some(FailureKind::Throttled), ..state() };
        assert_eq!(said(&source(), &manners, &turn, &[]), (later, "waits: its turn among 60 requests in 1m to reddit.com".into()));
        let wait = Patience { key: "host:old.reddit.com".into(), until: later.plus(DAY), reason: "429 from old.reddit.com".into() };
        let asked = said(&source(), &manners, &turn, &[wait]);
        assert_eq!(asked, (later.plus(DAY), "waits: the site asked for patience (429 from old.reddit.com)".into()));
        let failing = SourceState { turn_at: None, ..turn };
        assert_eq!(said(&source(), &manners, &failing, &[]).1, "waits: the last 2 polls failed");
    }
}
