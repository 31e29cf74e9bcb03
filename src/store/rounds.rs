//! One round of work without a daemon: what is taken before its time, and what was sent in it.

use super::sql::{Columns as _, Sql};
use super::{KEYS_A_STATEMENT, Store, StoreError};
use crate::model::{DeliveryState, Moment};

/// One attempt of a round, with what has become of its delivery since.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    pub delivery: String,
    pub incident: String,
    pub channel: String,
    pub recipient: String,
    /// None where it was begun and not ended.
    pub outcome: Option<String>,
    /// The receiver's own words.
    pub reply: Option<String>,
    pub state: DeliveryState,
    /// When a delivery that waits is tried again.
    pub due_at: Moment,
}

impl Store {
    /// Makes these sources due now, but for one that somebody polls at this moment.
    ///
    /// # Errors
    /// Any.
    pub async fn bring_forward(&self, names: &[String], now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        for part in names.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("UPDATE sources SET next_due_at = ").bind(now).push(" WHERE removed = 0 AND lease_until <= ").bind(now);
            sql.push(" AND name IN ").list(part).run(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Every attempt of this owner, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn attempts_of(&self, owner: &str) -> Result<Vec<Sent>, StoreError> {
        let text = "SELECT a.delivery, a.outcome, a.reply, d.incident, d.channel, d.recipient, d.state, d.due_at FROM attempts a \
             JOIN deliveries d ON d.id = a.delivery WHERE a.owner = ";
        let rows = Sql::new(text).bind(owner).push(" ORDER BY a.started_at, a.delivery, a.number").all(&self.readers).await?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(Sent {
                delivery: row.text("delivery")?,
                incident: row.text("incident")?,
                channel: row.text("channel")?,
                recipient: row.text("recipient")?,
                outcome: row.text_or_none("outcome")?,
                reply: row.text_or_none("reply")?,
                state: row.word("state")?,
                due_at: row.moment("due_at")?,
            })
        };
        rows.iter().map(read).collect()
    }
}
