//! When a source is polled next and why, as `hearken sources` says it.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::desk::time;
use crate::collect::patience::held;
use crate::collect::source::{CollectOptions, SourceOptions, rhythm, waits_longer};
use crate::collect::why::{Whom, Why};
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
        let said = |until: Moment| time(settings, until);
        Some(Self::at(source, &settings.collect, state, waits, now, &said))
    }

    fn at(
        source: &SourceOptions,
        collect: &CollectOptions,
        state: &SourceState,
        waits: &[Patience],
        now: Moment,
        said: &dyn Fn(Moment) -> String,
    ) -> Self {
        let (every, usual) = rhythm(source, &state.pace, now);
        let wait = held(waits, &source.url, now);
        let next = wait.map_or(state.next_due_at, |wait| wait.until.max(state.next_due_at));
        let turn = state.turn_at.filter(|at| *at > now).and_then(|_| collect.manners.budget(&source.url));
        let delayed = if let Some(wait) = wait {
            Some(Why::Asked { reason: wait.reason.clone(), whom: Whom::of(&wait.key), until: said(wait.until) })
        } else if let Some(budget) = turn {
            Some(Why::Turn { domain: budget.domain.clone(), requests: budget.requests, per: duration_words(budget.per) })
        } else {
            after_failure(source, collect, state, now, said)
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

/// What a failure delays: as long as the site asked, or as failures do.
fn after_failure(
    source: &SourceOptions,
    collect: &CollectOptions,
    state: &SourceState,
    now: Moment,
    said: &dyn Fn(Moment) -> String,
) -> Option<Why> {
    let kind = state.failure?;
    let asked = state.watch.last_failure.as_ref().and_then(|last| last.asked.as_ref()).filter(|asked| asked.until > now);
    if let Some(asked) = asked {
        return Some(Why::Asked { reason: asked.by.clone(), whom: Whom::Address, until: said(asked.until) });
    }
    let most = rhythm(source, &state.pace, now).0.max(collect.backoff_max);
    Some(if waits_longer(kind) { Why::BackOff { most: rounded(most) } } else { Why::Again })
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.delayed {
            Some(delayed @ Why::Again) => delayed.fmt(f),
            Some(delayed @ (Why::BackOff { .. } | Why::Asked { .. })) => write!(f, "waits {delayed}"),
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
    use crate::collect::manners::Manners;
    use crate::collect::pace::{BOUNDS, learnt};
    use crate::collect::source::SourceKind;
    use crate::model::{Asked, FailureKind, LastFailure, Pace, Watch};

    const NOW: Moment = Moment::from_secs(1_800_000_000);
    const HOUR: Duration = Duration::from_hours(1);
    const DAY: Duration = Duration::from_hours(24);

    fn source() -> SourceOptions {
        let url = Url::parse("https://old.reddit.com/r/tea.rss").expect("an address");
        SourceOptions { pace: Some(BOUNDS), ..SourceOptions::plain("tea", SourceKind::Feed, url) }
    }

    fn state() -> SourceState {
        let dates: Vec<Option<Moment>> = (1..=50).map(|n| Some(NOW.minus(DAY / 31 * n))).collect();
        SourceState { pace: learnt(Pace::default(), &dates, None, NOW), next_due_at: NOW.plus(DAY / 96), ..SourceState::default() }
    }

    fn collect(manners: Manners) -> CollectOptions {
        CollectOptions {
            host_gap: Duration::ZERO,
            max_bytes: 1,
            max_decoded_bytes: 1,
            max_redirects: 1,
            max_items: 1,
            backoff_max: HOUR * 6,
            down_after: HOUR,
            concurrency: 1,
            manners,
        }
    }

    fn said(source: &SourceOptions, manners: &Manners, state: &SourceState, waits: &[Patience]) -> (Moment, String) {
        let hours = |moment: Moment| format!("{} h from now", moment.since(NOW).as_secs() / 3600);
        let timing = Timing::at(source, &collect(manners.clone()), state, waits, NOW, &hours);
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
        assert_eq!(
            said(&source(), &manners, &turn, &[wait]),
            (later.plus(DAY), "waits until 48 h from now: 429 from old.reddit.com, for all of old.reddit.com".into())
        );
        let failing = SourceState { turn_at: None, ..turn };
        assert_eq!(said(&source(), &manners, &failing, &[]).1, "waits longer with each failure, 6h at most");
        let asked = Some(Asked { until: later, wanted: None, by: "503 from old.reddit.com".into() });
        let last =
            LastFailure { kind: "throttled".into(), detail: String::new(), told: None, at: NOW, status: Some(503), proxy: None, asked };
        let asked = SourceState { watch: Watch { last_failure: Some(last), ..Watch::default() }, ..failing };
        assert_eq!(said(&source(), &manners, &asked, &[]).1, "waits until 24 h from now: 503 from old.reddit.com, for this address alone");
        let empty = SourceState { failure: Some(FailureKind::Empty), ..asked };
        let after = SourceState { watch: Watch::default(), ..empty };
        assert_eq!(said(&source(), &manners, &after, &[]).1, "asked again as often as ever");
    }
}
