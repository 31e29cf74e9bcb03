//! The only reader of time. Everything else is handed a `Moment`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::model::Moment;

/// Wall time may jump and machines sleep: no timer trusts a longer wait than this without looking at the clock again.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// What a time service sets right in small steps, or two readings of time lie apart, is no clock set back.
const UNSTEADY: Duration = Duration::from_secs(2);

/// Wall time, or a time that tests set.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// The machine's time, plus an offset that is zero outside the crash tests.
    System {
        offset_us: i64,
    },
    Settable {
        now: Arc<AtomicI64>,
        changed: watch::Sender<()>,
    },
}

impl Clock {
    /// The machine's time.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System { offset_us: system_offset_us() })
    }

    /// A clock that stands still until it is set.
    #[must_use]
    pub fn settable(start: Moment) -> Self {
        let (changed, _) = watch::channel(());
        Self(Source::Settable { now: Arc::new(AtomicI64::new(start.0)), changed })
    }

    #[must_use]
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::System { offset_us } => Moment(system_micros().saturating_add(*offset_us).saturating_add(offset_of_file_us())),
            Source::Settable { now, .. } => Moment(now.load(Ordering::SeqCst)),
        }
    }

    /// Moves a settable clock and wakes every sleeper; the system's clock is not ours to move.
    pub fn set(&self, moment: Moment) {
        if let Source::Settable { now, changed } = &self.0 {
            now.store(moment.0, Ordering::SeqCst);
            changed.send_replace(());
        }
    }

    /// Moves a settable clock forward.
    pub fn advance(&self, span: Duration) {
        self.set(self.now().plus(span));
    }

    /// Begins to watch whether this clock is set back.
    #[must_use]
    pub fn steps(&self) -> Steps {
        Steps { clock: self.clone(), wall: self.now(), steady: steady(), back: Duration::ZERO }
    }

    /// Returns once `due` has come by this clock, however the clock got there; at the latest when the time that was left
    /// at first has passed, so that a clock set back by an hour does not put everything to sleep for an hour.
    pub async fn sleep_until(&self, due: Moment) {
        match &self.0 {
            Source::System { .. } => {
                let mut patience = due.since(self.now());
                loop {
                    let left = due.since(self.now()).min(patience);
                    if left.is_zero() {
                        return;
                    }
                    let sleep = left.min(LONGEST_SLEEP);
                    tokio::time::sleep(sleep).await;
                    patience = patience.saturating_sub(sleep);
                }
            }
            Source::Settable { changed, .. } => {
                let mut changes = changed.subscribe();
                let mut latest = self.now();
                // Set back, it ends at once: how much real time has passed cannot be known here.
                while self.now() < due && self.now() >= latest {
                    latest = self.now();
                    if changes.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// The clock beside one that nobody sets: whether it was set back, and by how much.
#[derive(Clone, Debug)]
pub struct Steps {
    clock: Clock,
    /// Both at the last look.
    wall: Moment,
    steady: Instant,
    back: Duration,
}

impl Steps {
    /// By how much the clock was set back since that was last mended. A clock that jumps ahead, as after a sleep of the machine, is not set
    /// back.
    pub fn look(&mut self) -> Duration {
        let (wall, now) = (self.clock.now(), steady());
        // A time that tests set does not go on by itself.
        let passed =
            if matches!(self.clock.0, Source::System { .. }) { now.saturating_duration_since(self.steady) } else { Duration::ZERO };
        let back = self.wall.plus(passed).since(wall);
        (self.wall, self.steady) = (wall, now);
        if back > UNSTEADY {
            self.back = self.back.saturating_add(back);
        }
        self.back
    }

    /// What was dated before it was set back by so much is brought forward.
    pub fn mended(&mut self, back: Duration) {
        self.back = self.back.saturating_sub(back);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads time")]
fn steady() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads time")]
fn system_micros() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(span) => i64::try_from(span.as_micros()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
    }
}

/// `HEARKEN_CLOCK_OFFSET_S` in the build of the crash tests: a daemon that wakes up hours later. `HEARKEN_CLOCK_OFFSET_FILE`: seconds in a
/// file that is read at every look, by which a test sets the clock of a running daemon.
#[cfg(feature = "crash-points")]
fn system_offset_us() -> i64 {
    let seconds = std::env::var("HEARKEN_CLOCK_OFFSET_S").ok().and_then(|text| text.parse::<i64>().ok());
    seconds.unwrap_or(0).saturating_mul(1_000_000)
}

#[cfg(feature = "crash-points")]
fn offset_of_file_us() -> i64 {
    static FILE: std::sync::OnceLock<Option<std::ffi::OsString>> = std::sync::OnceLock::new();
    let Some(file) = FILE.get_or_init(|| std::env::var_os("HEARKEN_CLOCK_OFFSET_FILE")) else { return 0 };
    let seconds = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<i64>().ok());
    seconds.unwrap_or(0).saturating_mul(1_000_000)
}

#[cfg(not(feature = "crash-points"))]
const fn system_offset_us() -> i64 {
    0
}

#[cfg(not(feature = "crash-points"))]
const fn offset_of_file_us() -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved() {
        let clock = Clock::settable(Moment::from_secs(100));
        let sleeper = clock.clone();
        let sleep = async move { sleeper.sleep_until(Moment::from_secs(160)).await };
        let mover = clock.clone();
        let moves = async move {
            mover.advance(Duration::from_secs(30));
            tokio::task::yield_now().await;
            mover.advance(Duration::from_secs(30));
        };
        tokio::join!(sleep, moves);
        assert_eq!(clock.now(), Moment::from_secs(160));
    }

    #[test]
    fn a_clock_set_back_is_seen_until_that_is_mended() {
        let clock = Clock::settable(Moment::from_secs(10_000));
        let mut steps = clock.steps();
        clock.advance(Duration::from_hours(9));
        assert_eq!(steps.look(), Duration::ZERO, "ahead");
        clock.set(Moment::from_secs(42_400).minus(UNSTEADY));
        assert_eq!(steps.look(), Duration::ZERO, "a time service at work");
        clock.set(Moment::from_secs(10_000));
        let back = steps.look();
        assert_eq!(back, Duration::from_secs(32_398));
        clock.advance(Duration::from_mins(1));
        assert_eq!(steps.look(), back, "time that goes on mends nothing");
        steps.mended(back);
        assert_eq!(steps.look(), Duration::ZERO);
        let mut system = Clock::system().steps();
        assert_eq!((system.look(), system.look()), (Duration::ZERO, Duration::ZERO));
    }
}
