//! Whether the store takes writes: a full or read-only disk is noticed where a commit fails, and remembered until a write proves that it
//! is over.

use std::sync::{Arc, Mutex, PoisonError};

use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::Moment;

/// Of the write that proves that there is room: more than what free space inside of the file, or of its log, may hold by chance.
const PROOF_BYTES: usize = 256 * 1024;
/// The row that is written for it, and deleted.
const PROOF: &str = "room";

/// Shared by the clones of a store.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusal(Arc<Mutex<Option<StoreError>>>);

impl Refusal {
    /// Remembers an error that says that nothing can be written at present.
    pub(super) fn note(&self, error: &StoreError) {
        if matches!(error, StoreError::Full(_) | StoreError::ReadOnly(_) | StoreError::Unreachable(_)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
    }

    fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What is due and not done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub sources: i64,
    pub messages: i64,
    /// Verdicts that nobody has acted on.
    pub verdicts: i64,
}

impl Store {
    /// What is due by now and not done, as after a time in which nothing could be written.
    ///
    /// # Errors
    /// Any.
    pub async fn waiting(&self, now: Moment) -> Result<Waiting, StoreError> {
        let text = "SELECT (SELECT count(*) FROM sources WHERE removed = 0 AND next_due_at <= $1) AS sources, \
             (SELECT count(*) FROM deliveries WHERE state IN ('due', 'claimed') AND due_at <= $1) AS messages, \
             (SELECT count(*) FROM verdicts WHERE acted_at IS NULL) AS verdicts";
        let Some(row) = Sql::new(text).with([now.into()]).first(&self.readers).await? else { return Ok(Waiting::default()) };
        Ok(Waiting { sources: row.int("sources")?, messages: row.int("messages")?, verdicts: row.int("verdicts")? })
    }

    /// Why the store took no writes when it was last tried; none where it does.
    #[must_use]
    pub fn refusal(&self) -> Option<StoreError> {
        self.refusal.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers an error of a statement, as `refusal` tells it; one of a commit is remembered by itself.
    pub fn note(&self, error: &StoreError) {
        self.refusal.note(error);
    }

    /// Writes as much as a poll may write and takes it away again: when it succeeds, `refusal` is over.
    ///
    /// # Errors
    /// Any; `refusal` says it, too.
    pub async fn prove_room(&self, now: Moment) -> Result<(), StoreError> {
        let proven = self.write_and_delete(now).await;
        match &proven {
            Ok(()) => self.refusal.forget(),
            Err(error) => self.refusal.note(error),
        }
        proven
    }

    async fn write_and_delete(&self, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let row = vec![PROOF.into(), "0".repeat(PROOF_BYTES).into(), now.into()];
        let sql = Sql::new("INSERT INTO keys (name, value, made_at) VALUES ").rows([row]);
        sql.push(" ON CONFLICT (name) DO UPDATE SET made_at = excluded.made_at, value = excluded.value").run(&mut *tx).await?;
        tx.commit().await?;
        let mut tx = self.write().await?;
        Sql::new("DELETE FROM keys WHERE name = ").bind(PROOF).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}
