//! A channel that works again: what waited for it need not wait any longer.

use std::time::Duration;

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{Engine, Store, StoreError};
use crate::model::{GATHERED, Moment};

/// Between two messages that are hurried: a receiver that has just come back is not met by all at once.
const STEP: Duration = Duration::from_millis(250);

/// Messages that fail at the same moment are noted one after the other, in any order.
const AT_ONCE: Duration = Duration::from_secs(2);

/// What a success over a channel says of the messages that failed over it before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Messages that waited for the channel and are due now, one after the other.
    pub hurried: u64,
    /// Messages that failed, although the channel took others meanwhile: it is they that are refused, and they keep their own waits.
    pub refused: u64,
}

/// Whether a message failed before the present row of failures ($3) began: then the channel took others in between.
const FAILED_BEFORE: &str = "EXISTS (SELECT 1 FROM attempts a WHERE a.delivery = d.id AND a.finished_at < $3 AND a.outcome IS NOT NULL)";

/// Makes due what waits for this channel, where the success that is being recorded is the first after a row of failures: one after the
/// other, but for what goes out in one mail. A pause that the receiver asked for lasts all the same: nothing is claimed before its end.
pub(super) async fn hurry(tx: &mut Tx, engine: Engine, delivery: &str, now: Moment) -> Result<Recovery, StoreError> {
    let text =
        "SELECT r.channel, r.failing_since FROM receivers r JOIN deliveries d ON d.channel = r.channel WHERE r.failures > 0 AND d.id = ";
    let Some(row) = Sql::new(text).bind(delivery).first(&mut **tx).await? else { return Ok(Recovery::default()) };
    let Some(since) = row.moment_or_none("failing_since")?.map(|since| since.minus(AT_ONCE)) else { return Ok(Recovery::default()) };
    let channel = row.text("channel")?;
    let text = "UPDATE deliveries SET due_at = w.due FROM (SELECT q.id, \
         CASE WHEN q.note = $5 THEN $2 ELSE $2 + $4 * (ROW_NUMBER() OVER (ORDER BY q.lane, q.created_at, q.id) - 1) END AS due \
         FROM (SELECT d.id, d.lane, d.created_at, d.note FROM deliveries d WHERE d.state = 'due' AND d.channel = $1 AND d.attempts > 0 AND d.due_at > $2 AND NOT ";
    let step = i64::try_from(STEP.as_micros()).unwrap_or(i64::MAX);
    let sql = Sql::new(text)
        .with([channel.as_str().into(), now.into(), since.into(), step.into(), GATHERED.into()])
        .push(FAILED_BEFORE)
        .push(engine.skip_locked(" FOR UPDATE OF d SKIP LOCKED"))
        .push(") AS q) AS w WHERE deliveries.id = w.id AND deliveries.due_at > w.due");
    let hurried = sql.run(&mut **tx).await?;
    let text =
        "SELECT count(*) AS rows FROM deliveries d WHERE d.state = 'due' AND d.channel = $1 AND d.attempts > 0 AND d.due_at > $2 AND ";
    let sql = Sql::new(text).with([channel.as_str().into(), now.into(), since.into()]).push(FAILED_BEFORE);
    let refused = sql.first(&mut **tx).await?.map_or(Ok(0), |row| row.int("rows"))?;
    Ok(Recovery { hurried, refused: u64::try_from(refused).unwrap_or(0) })
}

impl Store {
    /// Messages that were tried over a channel and are not through yet.
    ///
    /// # Errors
    /// Any.
    pub async fn failing_over(&self, channel: &str) -> Result<u64, StoreError> {
        let text = "SELECT count(*) AS rows FROM deliveries WHERE channel = $1 AND \
             ((state = 'due' AND attempts > 0) OR (state = 'claimed' AND attempts > 1))";
        let row = Sql::new(text).with([channel.into()]).first(&self.readers).await?;
        Ok(u64::try_from(row.map_or(Ok(0), |row| row.int("rows"))?).unwrap_or(0))
    }

    /// Open cases and troubles of which nobody has heard: every message about them, made at `since` or before, failed or is given up.
    ///
    /// # Errors
    /// Any.
    pub async fn unreached(&self, since: Moment) -> Result<u64, StoreError> {
        let text = "SELECT count(*) AS rows FROM incidents i WHERE i.state = 'open' \
             AND EXISTS (SELECT 1 FROM deliveries d WHERE d.incident = i.id AND d.generation = i.generation AND d.kind <> 'status' AND \
             (d.state = 'dead' OR (d.state IN ('due', 'claimed') AND d.created_at <= $1 AND (d.attempts > 0 OR d.due_at <= $1)))) \
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.incident = i.id AND d.generation = i.generation AND d.kind <> 'status' \
             AND d.state IN ('delivered', 'accepted'))";
        let row = Sql::new(text).with([since.into()]).first(&self.readers).await?;
        Ok(u64::try_from(row.map_or(Ok(0), |row| row.int("rows"))?).unwrap_or(0))
    }
}
