//! Work on many rows at a time inside one activation: what is slow holds only its own place.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::CatchUnwind;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{Notify, watch};

use super::driver::{TaskError, panic_text};

/// While work is under way, new rows are looked for this often even when nobody wakes us.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What one activation's work is bound by.
pub(crate) struct Pool {
    pub(crate) task: &'static str,
    /// Jobs at the same time.
    pub(crate) capacity: usize,
    pub(crate) wake: Arc<Notify>,
    pub(crate) stop: watch::Receiver<bool>,
}

/// A job under way, whose panic is its own.
type Running = CatchUnwind<AssertUnwindSafe<Boxed<()>>>;

/// A future of a claim or a job: it owns what it works with.
pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Pool {
    /// Claims and runs jobs until there is nothing more to claim and nothing under way. After a stop nothing more is
    /// claimed. A job that panics is recorded and does not touch the others; its lease brings its row back.
    ///
    /// # Errors
    /// The error of a claim, once the jobs under way have ended.
    pub(crate) async fn work<J>(
        &self,
        mut claim: impl FnMut(usize) -> Boxed<Result<Vec<J>, TaskError>>,
        run: impl Fn(J) -> Boxed<()>,
        mut alive: impl FnMut(),
    ) -> Result<u64, TaskError> {
        let mut under_way: FuturesUnordered<Running> = FuturesUnordered::new();
        let mut handled = 0;
        let mut failed = None;
        loop {
            alive();
            let free = self.capacity - under_way.len();
            if failed.is_none() && !*self.stop.borrow() && free * 2 >= self.capacity {
                let mut claiming = claim(free);
                // The jobs go on meanwhile: one of them may hold the connection that the claim waits for.
                let claimed = loop {
                    tokio::select! {
                        claimed = &mut claiming => break claimed,
                        Some(ended) = under_way.next() => handled += self.ended(&ended),
                    }
                };
                match claimed {
                    Ok(jobs) => under_way.extend(jobs.into_iter().map(|job| AssertUnwindSafe(run(job)).catch_unwind())),
                    Err(error) => failed = Some(error),
                }
            }
            if under_way.is_empty() {
                return failed.map_or(Ok(handled), Err);
            }
            tokio::select! {
                Some(ended) = under_way.next() => handled += self.ended(&ended),
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Counts a job, however it ended.
    fn ended(&self, ended: &Result<(), Box<dyn Any + Send>>) -> u64 {
        if let Err(panic) = ended {
            tracing::error!(task = self.task, panic = panic_text(panic.as_ref()), "a job panicked; its row comes back when its lease ends");
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn one_that_hangs_or_panics_does_not_hold_the_others() {
        let (_stopper, stop) = watch::channel(false);
        let pool = Pool { task: "toy", capacity: 3, wake: Arc::default(), stop };
        let release = Arc::new(Notify::new());
        let left = Arc::new(AtomicU32::new(6));
        let done = Arc::new(Mutex::new(Vec::new()));
        let claim = |free: usize| -> Boxed<Result<Vec<u32>, TaskError>> {
            let left = Arc::clone(&left);
            Box::pin(async move {
                let has = left.load(Ordering::SeqCst);
                let take = has.min(u32::try_from(free)?);
                left.store(has - take, Ordering::SeqCst);
                Ok((0..take).map(|at| has - at).collect())
            })
        };
        let run = |job: u32| -> Boxed<()> {
            let (release, done) = (Arc::clone(&release), Arc::clone(&done));
            Box::pin(async move {
                match job {
                    6 => release.notified().await,
                    5 => panic!("five"),
                    _ => {}
                }
                let mut done = done.lock().expect("nobody panics while holding it");
                done.push(job);
                if done.len() == 4 {
                    release.notify_one();
                }
            })
        };
        let handled = pool.work(claim, run, || {}).await.expect("no claim failed");
        assert_eq!(handled, 6);
        assert_eq!(*done.lock().expect("nobody panics while holding it"), [4, 3, 2, 1, 6]);
    }

    #[tokio::test]
    async fn a_claim_may_wait_for_what_a_job_holds() {
        let (_stopper, stop) = watch::channel(false);
        let (wake, held, claims) = (Arc::new(Notify::new()), Arc::new(tokio::sync::Mutex::new(())), Arc::new(AtomicU32::new(0)));
        let pool = Pool { task: "toy", capacity: 2, wake: Arc::clone(&wake), stop };
        let claim = |_| -> Boxed<Result<Vec<u32>, TaskError>> {
            let (held, claims) = (Arc::clone(&held), Arc::clone(&claims));
            Box::pin(async move {
                let _connection = held.lock().await;
                Ok(if claims.fetch_add(1, Ordering::SeqCst) == 0 { vec![1] } else { Vec::new() })
            })
        };
        let run = |_| -> Boxed<()> {
            let (held, wake) = (Arc::clone(&held), Arc::clone(&wake));
            Box::pin(async move {
                let _connection = held.lock().await;
                wake.notify_one();
                tokio::task::yield_now().await;
            })
        };
        let worked = tokio::time::timeout(Duration::from_secs(5), pool.work(claim, run, || {})).await;
        assert_eq!(worked.expect("the job goes on while the claim waits").expect("no claim failed"), 1);
    }

    #[tokio::test]
    async fn after_the_stop_nothing_is_claimed() {
        let (_stopper, stop) = watch::channel(true);
        let pool = Pool { task: "toy", capacity: 3, wake: Arc::default(), stop };
        let claim = |_| -> Boxed<Result<Vec<u32>, TaskError>> { Box::pin(async { Ok(vec![1]) }) };
        let handled = pool.work(claim, |_| Box::pin(async {}), || {}).await.expect("no claim failed");
        assert_eq!(handled, 0);
    }
}
