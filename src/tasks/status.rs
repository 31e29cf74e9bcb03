//! What every task is doing, for `/readyz`, the metrics and the watchdog.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::model::Moment;

/// A loop that shows no sign of life for this long is stuck. Longer than the longest bounded wait inside one
/// step (a request's timeout plus parsing), shorter than a person would wait before restarting by hand.
pub const STUCK_AFTER: Duration = Duration::from_mins(5);

/// A task that fails this often in a row does not get over it by itself within minutes.
const FAILING_AFTER: u64 = 5;

/// The state of one task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TaskStatus {
    /// Activations so far.
    pub activations: u64,
    /// Rows handled so far.
    pub handled: u64,
    /// Activations that ended in an error, and those that ended in a panic.
    pub errors: u64,
    pub panics: u64,
    /// Errors and panics since the last activation that went well.
    pub failures_in_a_row: u64,
    pub last_error: Option<String>,
    /// The last sign of life inside a running activation; none while it waits.
    pub busy_since: Option<Moment>,
    pub last_ended_at: Option<Moment>,
    /// The loop has ended, which only a stop may do.
    pub ended: bool,
}

/// One status for each task; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct StatusBoard(Arc<Mutex<BTreeMap<&'static str, TaskStatus>>>);

impl StatusBoard {
    /// Changes one task's status.
    pub fn update(&self, task: &'static str, change: impl FnOnce(&mut TaskStatus)) {
        change(self.lock().entry(task).or_default());
    }

    /// Every task's status, by name.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<&'static str, TaskStatus> {
        self.lock().clone()
    }

    /// Which loops are dead or stuck at `now`.
    #[must_use]
    pub fn unsound(&self, now: Moment) -> Vec<&'static str> {
        let stuck = |status: &TaskStatus| status.busy_since.is_some_and(|since| now.since(since) > STUCK_AFTER);
        self.lock().iter().filter(|(_, status)| status.ended || stuck(status)).map(|(name, _)| *name).collect()
    }

    /// Which tasks live and get nothing done.
    #[must_use]
    pub fn failing(&self) -> Vec<&'static str> {
        self.lock().iter().filter(|(_, status)| status.failures_in_a_row >= FAILING_AFTER).map(|(name, _)| *name).collect()
    }

    /// A panic while the lock is held leaves plain counters behind, so the board stays in use.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, TaskStatus>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_ended_or_hangs_is_unsound() {
        let board = StatusBoard::default();
        let start = Moment::from_secs(1_000);
        board.update("poll", |status| status.busy_since = Some(start));
        board.update("deliver", |status| status.ended = true);
        board.update("prune", |_| {});
        board.update("escalate", |status| status.failures_in_a_row = FAILING_AFTER);
        assert_eq!(board.failing(), ["escalate"]);
        assert_eq!(board.unsound(start), ["deliver"]);
        assert_eq!(board.unsound(start.plus(STUCK_AFTER * 2)), ["deliver", "poll"]);
    }
}
