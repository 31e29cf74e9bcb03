//! Work on many rows at a time inside one activation: what is slow holds only its own place.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{Notify, watch};
use tokio::time::MissedTickBehavior;

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

/// Places for new work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Free {
    pub(crate) all: usize,
    /// Of these, places for jobs that may hang.
    pub(crate) doubtful: usize,
}

/// How jobs that may hang are kept from taking every place.
#[derive(Clone, Copy, Debug)]
struct Lanes {
    capacity: usize,
    /// Places that doubtful jobs may hold at the same time.
    share: usize,
}

/// Jobs, and how many of them are doubtful.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    all: usize,
    doubtful: usize,
}

impl Lanes {
    /// Which of the queued jobs is begun next, by whether each is doubtful: the first that has a place.
    fn next(self, mut queued: impl Iterator<Item = bool>, under_way: Load) -> Option<usize> {
        if under_way.all >= self.capacity {
            return None;
        }
        queued.position(|doubtful| !doubtful || under_way.doubtful < self.share)
    }

    /// Doubtful jobs that wait for one another hold no more than their share.
    fn free(self, under_way: Load, queued: Load) -> Free {
        let doubtful = under_way.doubtful + queued.doubtful;
        let sound = under_way.all + queued.all - doubtful;
        let all = self.capacity.saturating_sub(sound + doubtful.min(self.share));
        Free { all, doubtful: self.share.saturating_sub(doubtful).min(all) }
    }

    /// One claim for many jobs while they end quickly; beside many that hang the next look fills the free places.
    fn is_time(self, under_way: Load, queued: Load) -> bool {
        let room = self.capacity.saturating_sub((under_way.doubtful + queued.doubtful).min(self.share));
        self.free(under_way, queued).all * 2 >= room
    }
}

/// A future of a claim or a job: it owns what it works with.
pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Pool {
    /// Claims and runs jobs of which none is more doubtful than another.
    ///
    /// # Errors
    /// As `work_apart`.
    pub(crate) async fn work<J>(
        &self,
        mut claim: impl FnMut(usize) -> Boxed<Result<Vec<J>, TaskError>>,
        run: impl Fn(J) -> Boxed<()>,
        alive: impl FnMut(),
    ) -> Result<u64, TaskError> {
        self.work_apart((self.capacity, |_: &J| false), |free| claim(free.all), run, alive).await
    }

    /// Claims and runs jobs until there is nothing more to claim and nothing under way. What is claimed beyond the free places waits for
    /// them; of jobs that are doubtful, because they may hang, no more than `share` run at the same time. After a stop nothing more is
    /// claimed or begun. A job that panics is recorded and does not touch the others; its lease brings its row back.
    ///
    /// # Errors
    /// The error of a claim, once the jobs under way have ended.
    pub(crate) async fn work_apart<J>(
        &self,
        (share, is_doubtful): (usize, impl Fn(&J) -> bool),
        mut claim: impl FnMut(Free) -> Boxed<Result<Vec<J>, TaskError>>,
        run: impl Fn(J) -> Boxed<()>,
        mut alive: impl FnMut(),
    ) -> Result<u64, TaskError> {
        let lanes = Lanes { capacity: self.capacity, share };
        let mut under_way = FuturesUnordered::new();
        let mut running = Load::default();
        let mut queue: VecDeque<(bool, J)> = VecDeque::new();
        let queued =
            |queue: &VecDeque<(bool, J)>| Load { all: queue.len(), doubtful: queue.iter().filter(|(doubtful, _)| *doubtful).count() };
        let mut claiming: Option<Boxed<Result<Vec<J>, TaskError>>> = None;
        let mut handled = 0;
        let mut failed = None;
        let mut looks = tokio::time::interval(LOOK_AGAIN);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.reset();
        let mut look = true;
        loop {
            alive();
            if *self.stop.borrow() {
                queue.clear();
            }
            while let Some((doubtful, job)) =
                lanes.next(queue.iter().map(|(doubtful, _)| *doubtful), running).and_then(|at| queue.remove(at))
            {
                running = Load { all: running.all + 1, doubtful: running.doubtful + usize::from(doubtful) };
                under_way.push(AssertUnwindSafe(run(job)).catch_unwind().map(move |ended| (doubtful, ended)));
            }
            let free = lanes.free(running, queued(&queue));
            let may_claim = failed.is_none() && !*self.stop.borrow();
            if look && may_claim && free.all > 0 && claiming.is_none() {
                look = false;
                claiming = Some(claim(free));
            }
            if claiming.is_none() && under_way.is_empty() && queue.is_empty() {
                return failed.map_or(Ok(handled), Err);
            }
            // A claim never waits by itself: a job may hold the very connection that it waits for.
            tokio::select! {
                claimed = futures_util::future::OptionFuture::from(claiming.as_mut()), if claiming.is_some() => {
                    claiming = None;
                    match claimed.unwrap_or_else(|| Ok(Vec::new())) {
                        Ok(jobs) => queue.extend(jobs.into_iter().map(|job| (is_doubtful(&job), job))),
                        Err(error) => failed = Some(error),
                    }
                }
                Some((doubtful, ended)) = under_way.next() => {
                    handled += 1;
                    running = Load { all: running.all - 1, doubtful: running.doubtful - usize::from(doubtful) };
                    look |= lanes.is_time(running, queued(&queue));
                    if let Err(panic) = ended {
                        tracing::error!(task = self.task, panic = panic_text(panic.as_ref()), "a job panicked; its row comes back when its lease ends");
                    }
                }
                () = self.wake.notified() => look = true,
                _ = looks.tick() => look = true,
            }
        }
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
    async fn places_beside_many_that_hang_are_used() {
        let (stopper, stop) = watch::channel(false);
        let pool = Pool { task: "toy", capacity: 4, wake: Arc::default(), stop };
        let (hangs, came) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let claims = AtomicU32::new(0);
        let claim = |_| -> Boxed<Result<Vec<u32>, TaskError>> {
            let jobs = match claims.fetch_add(1, Ordering::SeqCst) {
                0 => vec![1, 2, 3],
                1 => vec![4],
                _ => Vec::new(),
            };
            Box::pin(async move { Ok(jobs) })
        };
        let run = |job: u32| -> Boxed<()> {
            let (hangs, came, stopper) = (Arc::clone(&hangs), Arc::clone(&came), stopper.clone());
            Box::pin(async move {
                if job < 4 {
                    return hangs.notified().await;
                }
                came.store(job, Ordering::SeqCst);
                stopper.send_replace(true);
                hangs.notify_waiters();
            })
        };
        let all = tokio::time::timeout(Duration::from_secs(10), pool.work(claim, run, || {})).await;
        all.expect("the fourth job had a place").expect("no claim failed");
        assert_eq!(came.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn doubtful_jobs_hold_their_share_and_no_more() {
        let lanes = Lanes { capacity: 4, share: 2 };
        let load = |all, doubtful| Load { all, doubtful };
        let next = |queued: &[bool], under_way| lanes.next(queued.iter().copied(), under_way);
        assert_eq!(next(&[true, true, false], load(0, 0)), Some(0), "each in its turn while there is room");
        assert_eq!(next(&[true, true, false], load(2, 2)), Some(2));
        assert_eq!((next(&[true, true], load(2, 2)), next(&[false], load(4, 2))), (None, None));
        assert_eq!(lanes.free(load(0, 0), load(0, 0)), Free { all: 4, doubtful: 2 });
        assert_eq!(lanes.free(load(2, 2), load(9, 9)), Free { all: 2, doubtful: 0 }, "those that wait hold no place of the sound ones");
        assert_eq!(lanes.free(load(3, 0), load(0, 0)), Free { all: 1, doubtful: 1 });
        assert_eq!(lanes.free(load(4, 1), load(3, 0)), Free { all: 0, doubtful: 0 });
        assert!(lanes.is_time(load(3, 2), load(9, 9)) && !lanes.is_time(load(4, 2), load(9, 9)) && !lanes.is_time(load(3, 0), load(0, 0)));
        let even = Lanes { capacity: 4, share: 4 };
        assert_eq!(even.free(load(1, 0), load(1, 0)).all, 2);
    }

    #[tokio::test]
    async fn what_is_sound_has_a_place_beside_any_number_that_hang() {
        let (stopper, stop) = watch::channel(false);
        let pool = Pool { task: "toy", capacity: 4, wake: Arc::default(), stop };
        let (hangs, begun) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let claims = AtomicU32::new(0);
        let claim = |free: Free| -> Boxed<Result<Vec<u32>, TaskError>> {
            let jobs = match claims.fetch_add(1, Ordering::SeqCst) {
                0 => (1..=40).collect(),
                1 => {
                    assert_eq!(free, Free { all: 2, doubtful: 0 });
                    vec![99]
                }
                _ => Vec::new(),
            };
            Box::pin(async move { Ok(jobs) })
        };
        let run = |job: u32| -> Boxed<()> {
            let (hangs, begun, stopper) = (Arc::clone(&hangs), Arc::clone(&begun), stopper.clone());
            Box::pin(async move {
                if job < 99 {
                    begun.fetch_add(1, Ordering::SeqCst);
                    return hangs.notified().await;
                }
                stopper.send_replace(true);
                hangs.notify_waiters();
            })
        };
        let all = tokio::time::timeout(Duration::from_secs(10), pool.work_apart((2, |job: &u32| *job < 99), claim, run, || {})).await;
        assert_eq!(all.expect("the sound one had a place").expect("no claim failed"), 3);
        assert_eq!(begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_claim_and_a_job_that_need_the_same_connection_do_not_wait_for_each_other() {
        let (_stopper, stop) = watch::channel(false);
        let pool = Pool { task: "toy", capacity: 4, wake: Arc::default(), stop };
        let connection = Arc::new(tokio::sync::Mutex::new(0_u32));
        let claim = |_| -> Boxed<Result<Vec<u32>, TaskError>> {
            let connection = Arc::clone(&connection);
            Box::pin(async move {
                let mut claims = connection.lock().await;
                *claims += 1;
                Ok(if *claims == 1 { vec![1, 2] } else { Vec::new() })
            })
        };
        let run = |job: u32| -> Boxed<()> {
            let connection = Arc::clone(&connection);
            Box::pin(async move {
                if job == 1 {
                    return tokio::task::yield_now().await;
                }
                let held = connection.lock().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                drop(held);
            })
        };
        let all = tokio::time::timeout(Duration::from_secs(10), pool.work(claim, run, || {})).await;
        assert_eq!(all.expect("nobody waits for ever").expect("no claim failed"), 2);
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
