//! Work on many rows at a time inside one activation: what is slow holds only its own place.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{Notify, watch};

use super::driver::{TaskError, panic_text};

/// While work is under way, new rows are looked for this often even when nobody wakes us.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What one activation's work is bound by.
pub(crate) struct Pool<'a> {
    pub(crate) task: &'static str,
    /// Jobs at the same time.
    pub(crate) capacity: usize,
    pub(crate) wake: &'a Notify,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Pool<'_> {
    /// Claims and runs jobs until there is nothing more to claim and nothing under way. After a stop nothing more is
    /// claimed. A job that panics is recorded and does not touch the others; its lease brings its row back.
    ///
    /// # Errors
    /// The error of a claim, once the jobs under way have ended.
    pub(crate) async fn work<J, F>(
        &self,
        mut claim: impl AsyncFnMut(usize) -> Result<Vec<J>, TaskError>,
        run: impl Fn(J) -> F,
        mut alive: impl FnMut(),
    ) -> Result<u64, TaskError>
    where
        F: Future<Output = ()>,
    {
        let mut under_way = FuturesUnordered::new();
        let mut handled = 0;
        let mut failed = None;
        loop {
            alive();
            let free = self.capacity - under_way.len();
            if failed.is_none() && !*self.stop.borrow() && free * 2 >= self.capacity {
                match claim(free).await {
                    Ok(jobs) => under_way.extend(jobs.into_iter().map(|job| AssertUnwindSafe(run(job)).catch_unwind())),
                    Err(error) => failed = Some(error),
                }
            }
            if under_way.is_empty() {
                return failed.map_or(Ok(handled), Err);
            }
            tokio::select! {
                Some(ended) = under_way.next() => {
                    handled += 1;
                    if let Err(panic) = ended {
                        tracing::error!(task = self.task, panic = panic_text(panic.as_ref()), "a job panicked; its row comes back when its lease ends");
                    }
                }
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    #[tokio::test]
    async fn one_that_hangs_or_panics_does_not_hold_the_others() {
        let (_stopper, stop) = watch::channel(false);
        let (wake, release) = (Notify::new(), Notify::new());
        let pool = Pool { task: "toy", capacity: 3, wake: &wake, stop };
        let left = Cell::new(6_u32);
        let done = RefCell::new(Vec::new());
        let claim = async |free: usize| {
            let take = left.get().min(u32::try_from(free).expect("small"));
            let jobs: Vec<u32> = (0..take).map(|at| left.get() - at).collect();
            left.set(left.get() - take);
            Ok(jobs)
        };
        let run = async |job: u32| {
            match job {
                6 => release.notified().await,
                5 => panic!("five"),
                _ => {}
            }
            done.borrow_mut().push(job);
            if done.borrow().len() == 4 {
                release.notify_one();
            }
        };
        let handled = pool.work(claim, |job| run(job), || {}).await.expect("no claim failed");
        assert_eq!(handled, 6);
        assert_eq!(*done.borrow(), [4, 3, 2, 1, 6]);
    }

    #[tokio::test]
    async fn after_the_stop_nothing_is_claimed() {
        let (_stopper, stop) = watch::channel(true);
        let wake = Notify::new();
        let pool = Pool { task: "toy", capacity: 3, wake: &wake, stop };
        let handled = pool.work(async |_| Ok(vec![1]), async |_| {}, || {}).await.expect("no claim failed");
        assert_eq!(handled, 0);
    }
}
