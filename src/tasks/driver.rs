//! The one machine that runs every task: by a timer, by a wake-up, until the stop. A panic in one activation is
//! caught, recorded and followed by a retry; a loop that ends by itself ends the daemon, so that systemd starts it anew.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::status::StatusBoard;
use crate::clock::Clock;
use crate::model::Moment;

/// Waits after a failed activation, by failures in a row; the last one repeats.
const AFTER_FAILURE: [Duration; 4] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(15), Duration::from_mins(1)];

/// Rest after an activation that could take nothing of what is due: another daemon holds it, and asking without a pause
/// would not free it.
const REST: Duration = Duration::from_millis(500);

/// What an activation did, and when the next one is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Activation {
    /// Rows handled.
    pub(super) handled: u64,
    /// Earliest work left; none: wait for the task's period.
    pub(super) next_at: Option<Moment>,
}

/// The future of one activation.
pub(super) type Acting = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// Errors of an activation are reported, never branched on: the next activation is the retry.
pub(super) type TaskError = Box<dyn std::error::Error + Send + Sync>;

/// How an activation ends.
pub(super) type Ended = Result<Activation, TaskError>;

/// A row of the table of tasks.
pub(super) struct Task {
    pub(super) name: &'static str,
    /// Longest time between two activations.
    pub(super) period: Duration,
    pub(super) wake: Arc<Notify>,
    /// Idempotent, without input: reads what is due, does it, commits.
    pub(super) act: Box<dyn Fn() -> Acting + Send + Sync>,
}

/// The running loops.
pub(super) struct Driver {
    loops: JoinSet<&'static str>,
    clock: Clock,
    board: StatusBoard,
    stop: watch::Receiver<bool>,
}

impl Driver {
    #[must_use]
    pub(super) fn new(clock: Clock, board: StatusBoard, stop: watch::Receiver<bool>) -> Self {
        Self { loops: JoinSet::new(), clock, board, stop }
    }

    /// Starts the loop of a task.
    pub(super) fn start(&mut self, task: Task) {
        let name = task.name;
        self.board.update(name, |_| {});
        let runs = run_task(task, self.clock.clone(), self.board.clone(), self.stop.clone());
        self.start_loop(name, runs);
    }

    /// Starts a loop that is no task, as the web server; it too may only end at the stop.
    pub(super) fn start_loop(&mut self, name: &'static str, runs: impl Future<Output = ()> + Send + 'static) {
        let board = self.board.clone();
        self.loops.spawn(async move {
            if let Err(panic) = AssertUnwindSafe(runs).catch_unwind().await {
                tracing::error!(task = name, panic = panic_text(panic.as_ref()), "a loop died");
            }
            board.update(name, |status| status.ended = true);
            name
        });
    }

    /// Waits for the stop, or for the first loop that ends without it; its name is the error.
    ///
    /// # Errors
    /// The name of the loop that died.
    pub(super) async fn supervise(&mut self) -> Result<(), &'static str> {
        let mut stop = self.stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => Ok(()),
            ended = self.loops.join_next() => match ended {
                Some(Ok(name)) if !*self.stop.borrow() => Err(name),
                Some(Err(_)) => Err("unknown"),
                _ => Ok(()),
            },
        }
    }

    /// Waits for every loop to end, at most `within`; what is still under way then is dropped, and its lease runs out.
    pub(super) async fn drain(mut self, within: Duration) -> bool {
        let all = async { while self.loops.join_next().await.is_some() {} };
        let in_time = tokio::time::timeout(within, all).await.is_ok();
        self.loops.abort_all();
        in_time
    }
}

async fn run_task(task: Task, clock: Clock, board: StatusBoard, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let wait = activate(&task, &clock, &board).await;
        tokio::select! {
            () = wait.over(&clock) => {}
            () = task.wake.notified() => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }
}

/// What lies between two activations.
struct Wait {
    until: Moment,
    rest: Duration,
}

impl Wait {
    async fn over(&self, clock: &Clock) {
        tokio::time::sleep(self.rest).await;
        clock.sleep_until(self.until).await;
    }
}

/// Runs one activation, records how it ended, and says when the next is due.
async fn activate(task: &Task, clock: &Clock, board: &StatusBoard) -> Wait {
    let started = clock.now();
    board.update(task.name, |status| {
        status.activations += 1;
        status.busy_since = Some(started);
    });
    let ended = AssertUnwindSafe(async { (task.act)().await }).catch_unwind().await;
    let now = clock.now();
    match ended {
        Ok(Ok(activation)) => {
            board.update(task.name, |status| {
                status.handled += activation.handled;
                status.failures_in_a_row = 0;
                status.last_error = None;
                status.busy_since = None;
                status.last_ended_at = Some(now);
            });
            let latest = now.plus(task.period);
            let until = activation.next_at.map_or(latest, |next| next.min(latest));
            Wait { until, rest: if activation.handled == 0 && until <= now { REST } else { Duration::ZERO } }
        }
        Ok(Err(error)) => {
            let text = chain(error.as_ref());
            tracing::warn!(task = task.name, error = text, "a task failed and will be tried again");
            failed(task.name, board, now, text, false)
        }
        Err(panic) => {
            let text = panic_text(panic.as_ref());
            tracing::error!(task = task.name, panic = text, "a task panicked and will be tried again");
            failed(task.name, board, now, text, true)
        }
    }
}

fn failed(name: &'static str, board: &StatusBoard, now: Moment, text: String, panicked: bool) -> Wait {
    let mut in_a_row = 0;
    board.update(name, |status| {
        status.errors += u64::from(!panicked);
        status.panics += u64::from(panicked);
        status.failures_in_a_row += 1;
        in_a_row = status.failures_in_a_row;
        status.last_error = Some(text);
        status.busy_since = None;
        status.last_ended_at = Some(now);
    });
    let at = usize::try_from(in_a_row.saturating_sub(1)).unwrap_or(usize::MAX).min(AFTER_FAILURE.len() - 1);
    Wait { until: now.plus(AFTER_FAILURE[at]), rest: Duration::ZERO }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn toy(act: impl Fn(u64) -> Ended + Send + Sync + 'static) -> (Task, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&count);
        let act = Arc::new(act);
        let task = Task {
            name: "toy",
            period: Duration::from_secs(60),
            wake: Arc::new(Notify::new()),
            act: Box::new(move || {
                let (seen, act) = (Arc::clone(&seen), Arc::clone(&act));
                Box::pin(async move { act(seen.fetch_add(1, Ordering::SeqCst) + 1) })
            }),
        };
        (task, count)
    }

    async fn until(what: impl Fn() -> bool) {
        for _ in 0..2_000 {
            if what() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("it never came about");
    }

    #[tokio::test]
    async fn a_panic_is_recorded_and_the_task_tried_again() {
        let clock = Clock::settable(Moment::from_secs(0));
        let (stopper, stop) = watch::channel(false);
        let board = StatusBoard::default();
        let mut driver = Driver::new(clock.clone(), board.clone(), stop);
        let (task, count) = toy(|turn| if turn == 1 { panic!("first time") } else { Ok(Activation { handled: 2, next_at: None }) });
        driver.start(task);
        until(|| board.snapshot()["toy"].panics == 1).await;
        clock.advance(Duration::from_secs(2));
        until(|| board.snapshot()["toy"].handled == 2).await;
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert_eq!(board.snapshot()["toy"].failures_in_a_row, 0);
        stopper.send_replace(true);
        assert!(driver.drain(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn a_wake_up_does_not_wait_for_the_timer() {
        let clock = Clock::settable(Moment::from_secs(0));
        let (_stopper, stop) = watch::channel(false);
        let board = StatusBoard::default();
        let mut driver = Driver::new(clock, board.clone(), stop);
        let (task, count) = toy(|_| Ok(Activation::default()));
        let wake = Arc::clone(&task.wake);
        driver.start(task);
        until(|| count.load(Ordering::SeqCst) == 1).await;
        wake.notify_one();
        until(|| count.load(Ordering::SeqCst) == 2).await;
    }

    #[tokio::test]
    async fn work_that_is_due_and_cannot_be_taken_is_not_asked_for_without_a_pause() {
        let clock = Clock::settable(Moment::from_secs(100));
        let (_stopper, stop) = watch::channel(false);
        let mut driver = Driver::new(clock, StatusBoard::default(), stop);
        let (task, count) = toy(|_| Ok(Activation { handled: 0, next_at: Some(Moment::from_secs(50)) }));
        driver.start(task);
        until(|| count.load(Ordering::SeqCst) >= 1).await;
        tokio::time::sleep(REST / 2).await;
        assert_eq!(count.load(Ordering::SeqCst), 1);
        until(|| count.load(Ordering::SeqCst) == 2).await;
    }

    #[tokio::test]
    async fn a_loop_that_ends_by_itself_is_named() {
        let clock = Clock::settable(Moment::from_secs(0));
        let (_stopper, stop) = watch::channel(false);
        let board = StatusBoard::default();
        let mut driver = Driver::new(clock.clone(), board.clone(), stop);
        driver.start_loop("web", async { panic!("gone") });
        assert_eq!(driver.supervise().await, Err("web"));
        assert_eq!(board.unsound(clock.now()), ["web"]);
    }
}
