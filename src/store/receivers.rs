//! Receivers: which channel is failing, and which waits.

use std::time::Duration;

use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::Moment;

/// No message is sent for longer than this after it was made, so that an index finds the recent ones.
const OLDEST: Duration = Duration::from_hours(24 * 7);

/// How a channel fares; a channel without trouble has no row.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ReceiverState {
    pub channel: String,
    /// Its deliveries wait until then.
    pub paused_until: Option<Moment>,
    pub failing_since: Option<Moment>,
    /// Failed attempts in a row.
    pub failures: i64,
    pub reason: Option<String>,
}

impl Store {
    /// Lets a channel's deliveries wait until `until`; the others go on. A later pause is not shortened.
    ///
    /// # Errors
    /// Any.
    pub async fn pause_receiver(&self, channel: &str, until: Moment, reason: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let row = vec![channel.into(), until.into(), 0.into(), reason.into()];
        let sql = Sql::new("INSERT INTO receivers (channel, paused_until, failures, reason) VALUES ").rows([row]).push(
            " ON CONFLICT (channel) DO UPDATE SET reason = excluded.reason, paused_until = CASE \
             WHEN receivers.paused_until > excluded.paused_until THEN receivers.paused_until ELSE excluded.paused_until END",
        );
        sql.run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a channel's pause.
    ///
    /// # Errors
    /// Any.
    pub async fn resume_receiver(&self, channel: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        Sql::new("UPDATE receivers SET paused_until = NULL WHERE channel = ").bind(channel).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Counts a failed attempt over a channel; returns how it stands.
    ///
    /// # Errors
    /// Any.
    pub async fn receiver_failed(&self, channel: &str, now: Moment, reason: &str) -> Result<ReceiverState, StoreError> {
        let mut tx = self.write_relaxed().await?;
        let row = vec![channel.into(), now.into(), 1.into(), reason.into()];
        let sql = Sql::new("INSERT INTO receivers (channel, failing_since, failures, reason) VALUES ").rows([row]).push(
            " ON CONFLICT (channel) DO UPDATE SET failures = receivers.failures + 1, reason = excluded.reason, \
             failing_since = COALESCE(receivers.failing_since, excluded.failing_since) \
             RETURNING channel, paused_until, failing_since, failures, reason",
        );
        let row = sql.first(&mut *tx).await?;
        tx.commit().await?;
        row.as_ref().map_or_else(|| Err(StoreError::NotFound(format!("receiver {channel}"))), read)
    }

    /// Forgets a channel's trouble after a success; true where there was some. A pause that the receiver asked for lasts
    /// all the same: the success may be of a message that was under way when it asked.
    ///
    /// # Errors
    /// Any.
    pub async fn receiver_recovered(&self, channel: &str, now: Moment) -> Result<bool, StoreError> {
        // The rule: most successes have nothing to forget, and a look costs no write.
        let row = Sql::new("SELECT channel FROM receivers WHERE channel = ").bind(channel).first(&self.readers).await?;
        if row.is_none() {
            return Ok(false);
        }
        let mut tx = self.write_relaxed().await?;
        let ended = "DELETE FROM receivers WHERE channel = $1 AND (paused_until IS NULL OR paused_until <= $2)";
        let ended = Sql::new(ended).with([channel.into(), now.into()]).run(&mut *tx).await?;
        let paused = "UPDATE receivers SET failures = 0, failing_since = NULL WHERE failures > 0 AND channel = ";
        let paused = Sql::new(paused).bind(channel).run(&mut *tx).await?;
        tx.commit().await?;
        Ok(ended + paused > 0)
    }

    /// Whether a message was delivered over a channel at that moment or later, by whichever daemon.
    ///
    /// # Errors
    /// Any.
    pub async fn delivered_since(&self, channel: &str, since: Moment) -> Result<bool, StoreError> {
        let text = "SELECT id FROM deliveries WHERE state IN ('delivered', 'accepted') AND created_at >= $3 AND channel = $1 AND delivered_at >= $2 LIMIT 1";
        Ok(Sql::new(text).with([channel.into(), since.into(), since.minus(OLDEST).into()]).first(&self.readers).await?.is_some())
    }

    /// Every channel in trouble.
    ///
    /// # Errors
    /// Any.
    pub async fn receivers(&self) -> Result<Vec<ReceiverState>, StoreError> {
        let text = "SELECT channel, paused_until, failing_since, failures, reason FROM receivers ORDER BY channel";
        Sql::new(text).all(&self.readers).await?.iter().map(read).collect()
    }
}

fn read(row: &sqlx::any::AnyRow) -> Result<ReceiverState, StoreError> {
    Ok(ReceiverState {
        channel: row.text("channel")?,
        paused_until: row.moment_or_none("paused_until")?,
        failing_since: row.moment_or_none("failing_since")?,
        failures: row.int("failures")?,
        reason: row.text_or_none("reason")?,
    })
}
