//! Polls that end at about the same time are kept together: one transaction, one wait for the disk.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use crate::store::{Outcome, Store, StoreError};

/// How long a poll that is over waits for others under way to be kept with it: many more end within this, and nobody notices it.
const LINGER: Duration = Duration::from_millis(10);
/// The same while none of them has brought anything: nobody waits to be warned.
const LINGER_LONG: Duration = Duration::from_millis(50);
/// Polls of one transaction, during which other writers wait.
const TOGETHER: usize = 64;
/// Documents that were read and are not kept yet, of all hosts together: each holds its items in memory, some hundred kilobytes, and a store
/// is slower than a machine nearby. With twice as many a transaction is as dear for each.
const DOCUMENTS: usize = 16;

/// Collects what is to be kept. Whoever comes first keeps what has come until then; the others find it done.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    under_way: AtomicUsize,
    documents: AtomicUsize,
    waiting: Mutex<Vec<Waiting>>,
    keeping: tokio::sync::Mutex<()>,
    /// Whoever lingers looks again whether there is still a reason to.
    hurry: Notify,
}

#[derive(Debug)]
struct Waiting {
    outcome: Outcome,
    tell: oneshot::Sender<Result<Outcome, StoreError>>,
}

/// A poll under way; dropped when it is over.
#[derive(Debug)]
pub(super) struct UnderWay<'a>(&'a Keeper);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.hurry.notify_one();
        }
    }
}

/// A document that is held in memory; dropped when it is kept.
#[derive(Debug)]
pub(super) struct Held<'a>(&'a Keeper);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.documents.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Keeper {
    /// Says that a document was read, so that no more are asked for than can be held.
    pub(super) fn hold(&self) -> Held<'_> {
        self.documents.fetch_add(1, Ordering::Relaxed);
        Held(self)
    }

    /// Whether another document may be asked for beside those that are held.
    pub(super) fn has_room(&self) -> bool {
        self.documents.load(Ordering::Relaxed) < DOCUMENTS
    }

    /// Says that a poll has begun, so that those that end meanwhile wait a little for it.
    pub(super) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    /// Keeps a poll, together with those that come at the same time, and gives it back.
    ///
    /// # Errors
    /// The store's; `LeaseLost` where another daemon has the source.
    pub(super) async fn keep(&self, store: &Store, outcome: Outcome, under_way: UnderWay<'_>) -> Result<Outcome, StoreError> {
        let (tell, mut told) = oneshot::channel();
        let must_last = outcome.brought.must_last();
        let waiting = {
            let mut waiting = self.waiting();
            waiting.push(Waiting { outcome, tell });
            waiting.len()
        };
        if must_last || waiting == TOGETHER {
            self.hurry.notify_one();
        }
        drop(under_way);
        let _first = self.keeping.lock().await;
        // Kept by the one before us, or else ours to keep with the others.
        if let Ok(result) = told.try_recv() {
            return result;
        }
        Box::pin(self.linger()).await;
        loop {
            let together: Vec<Waiting> = {
                let mut waiting = self.waiting();
                let count = waiting.len().min(TOGETHER);
                waiting.drain(..count).collect()
            };
            if together.is_empty() {
                return told.try_recv().unwrap_or_else(|_| Err(StoreError::Other("the poll was not kept".to_owned())));
            }
            Box::pin(keep_together(store, together)).await;
            if let Ok(result) = told.try_recv() {
                return result;
            }
        }
    }

    /// Waits while more polls may come to be kept with those that are there. Both waits may run out: that is their purpose.
    async fn linger(&self) {
        let _ = tokio::time::timeout(LINGER_LONG, self.filled(|waiting| waiting.outcome.brought.must_last())).await;
        if self.waiting().iter().any(|waiting| waiting.outcome.brought.must_last()) {
            let _ = tokio::time::timeout(LINGER, self.filled(|_| false)).await;
        }
    }

    /// Until one of those that wait is in a hurry, there are as many as are kept together, or no other is under way.
    async fn filled(&self, hurries: impl Fn(&Waiting) -> bool) {
        while self.under_way.load(Ordering::Relaxed) > 0 && {
            let waiting = self.waiting();
            waiting.len() < TOGETHER && !waiting.iter().any(&hurries)
        } {
            self.hurry.notified().await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who does not listen any more has been dropped with its job; its poll is kept all the same.
async fn keep_together(store: &Store, together: Vec<Waiting>) {
    let (outcomes, listeners): (Vec<Outcome>, Vec<_>) = together.into_iter().map(|waiting| (waiting.outcome, waiting.tell)).unzip();
    let together = store.commit_polls(&outcomes).await;
    let kept = |lost: &BTreeSet<String>, outcome: Outcome| match lost.contains(&outcome.commit.state.name) {
        true => Err(StoreError::LeaseLost(format!("source {}", outcome.commit.state.name))),
        false => Ok(outcome),
    };
    let all = outcomes.len();
    let each = outcomes.into_iter().zip(listeners);
    match together {
        Ok(lost) => each.for_each(|(outcome, listener)| drop(listener.send(kept(&lost, outcome)))),
        Err(error) if all == 1 || error.is_temporary() => each.for_each(|(_, listener)| drop(listener.send(Err(error.clone())))),
        // What the store refuses of one must not cost the others.
        Err(_) => {
            for (outcome, listener) in each {
                let alone = store.commit_polls(std::slice::from_ref(&outcome)).await;
                let _ = listener.send(alone.and_then(|lost| kept(&lost, outcome)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_documents_are_held_than_have_room() {
        let keeper = Keeper::default();
        let mut held: Vec<Held<'_>> = Vec::new();
        while keeper.has_room() {
            held.push(keeper.hold());
        }
        assert_eq!(held.len(), DOCUMENTS);
        held.pop();
        assert!(keeper.has_room(), "what was kept makes room");
    }
}
