//! When a source is polled next and why, as `hearken sources` says it.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::collect::patience::held;
use crate::collect::source::rhythm;
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
        let (every, usual) = rhythm(source, &state.pace, now);
        let wait = held(waits, &source.url, now);
        let next = wait.map_or(state.next_due_at, |wait| wait.until.max(state.next_due_at));
        let turn = state.turn_at.filter(|at| *at > now).and_then(|_| settings.collect.manners.budget(&source.url));
        let delayed = if let Some(wait) = wait {
            Some(Why::Asked { reason: wait.reason.clone() })
        } else if let Some(budget) = turn {
            Some(Why::Turn { domain: budget.domain.clone(), requests: budget.requests, per: duration_words(budget.per) })
        } else {
            (state.failures > 0).then_some(Why::BackOff { failures: state.failures })
        };
        Some(Self { next, every, usual, delayed })
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
