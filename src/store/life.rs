//! The last sign of life of any daemon on this store, and whether it ended in order since.

use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::Moment;

/// The one row.
const ROW: i64 = 1;

/// What the daemons before left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSign {
    pub at: Moment,
    /// By a stop in order.
    pub ended: bool,
}

impl Store {
    /// The last sign; none in a store that no daemon of this release has worked on.
    ///
    /// # Errors
    /// Any.
    pub async fn last_sign(&self) -> Result<Option<LastSign>, StoreError> {
        let row = Sql::new("SELECT seen_at, ended FROM life WHERE id = ").bind(ROW).first(&self.readers).await?;
        row.map(|row| Ok(LastSign { at: row.moment("seen_at")?, ended: row.flag("ended")? })).transpose()
    }

    /// Gives a sign of life; with `ended` it is the last one before a stop in order. A power cut may undo it.
    ///
    /// # Errors
    /// Any.
    pub async fn sign(&self, at: Moment, ended: bool) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let sql = Sql::new("INSERT INTO life (id, seen_at, ended) VALUES ").rows([vec![ROW.into(), at.into(), ended.into()]]);
        sql.push(" ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, ended = excluded.ended").run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}
