//! A channel or an address that takes messages again: what waited for it need not wait any longer.

use std::time::Duration;

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{Engine, Store, StoreError};
use crate::model::{GATHERED, Moment};

/// Between two messages that are hurried: a receiver that has just come back is not met by all at once.
const STEP: Duration = Duration::from_millis(250);

/// Messages that fail at the same moment are noted one after the other, in any order.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A message that was refused within this time is not tried again because another one passed: it was refused beside it.
const RECENT: Duration = Duration::from_mins(1);

/// What a success over a channel says of the messages that failed over it before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Messages that waited for the channel, or for the address, and are due now, one after the other.
    pub hurried: u64,
    /// Messages that failed, although the channel took others meanwhile: it is they that are refused, and they keep their own waits.
    pub refused: u64,
}

/// A delivery over whose channel something waits to be tried again ($2 is now), and what is known of the channel's failures.
const WAITED_FOR: &str = "SELECT d.channel, d.recipient, d.attempts, r.failures, r.failing_since, \
     (SELECT a.reply FROM attempts a WHERE a.delivery = d.id AND a.number = d.attempts - 1) AS refusal \
     FROM deliveries d LEFT JOIN receivers r ON r.channel = d.channel WHERE d.id = $1 \
     AND EXISTS (SELECT 1 FROM deliveries w WHERE w.channel = d.channel AND w.state = 'due' AND w.attempts > 0 AND w.due_at > $2)";

/// `d` was refused before that moment.
fn refused_before(sql: Sql, at: Moment) -> Sql {
    sql.push("EXISTS (SELECT 1 FROM attempts a WHERE a.delivery = d.id AND a.outcome IS NOT NULL AND a.finished_at < ").bind(at).push(")")
}

/// `d` was not refused of late.
fn not_lately(sql: Sql, now: Moment) -> Sql {
    let sql = sql.push(" AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.delivery = d.id AND a.finished_at > ");
    sql.bind(now.minus(RECENT)).push(")")
}

/// Makes due what waits for this channel, where the success that is being recorded is the first after a row of failures; and what waits
/// for the same address, or was refused with the same words as the message that is through now. One after the other, but for what goes
/// out in one mail. A pause that the receiver asked for lasts all the same: nothing is claimed before its end.
pub(super) async fn hurry(tx: &mut Tx, engine: Engine, delivery: &str, now: Moment) -> Result<Recovery, StoreError> {
    let Some(row) = Sql::new(WAITED_FOR).with([delivery.into(), now.into()]).first(&mut **tx).await? else {
        return Ok(Recovery::default());
    };
    let (channel, recipient) = (row.text("channel")?, row.text("recipient")?);
    let failing = row.int_or_none("failures")?.is_some_and(|failures| failures > 0);
    let since = row.moment_or_none("failing_since")?.filter(|_| failing).map(|since| since.minus(AT_ONCE));
    let mut recovery = Recovery::default();
    if let Some(since) = since {
        let whole = |sql: Sql| refused_before(sql.push(" AND NOT "), since);
        recovery.hurried += make_due(tx, engine, (&channel, now), whole).await?;
    }
    let again = row.int("attempts")? > 1;
    let refusal = row.text_or_none("refusal")?.filter(|words| again && !words.is_empty());
    let last = if again { None } else { last_success(tx, (&channel, &recipient), delivery).await? };
    let alike = |sql: Sql| {
        let sql = sql.push(" AND (d.recipient = ").bind(&recipient);
        let sql = match &refusal {
            Some(words) => sql.push(" OR d.last_reply = ").bind(words),
            None => sql,
        };
        let sql = sql.push(")");
        // What the address refused while it took others is refused for what it says.
        let sql = match last {
            Some(last) => refused_before(sql.push(" AND NOT "), last),
            None => sql,
        };
        not_lately(sql, now)
    };
    recovery.hurried += make_due(tx, engine, (&channel, now), alike).await?;
    if let Some(since) = since {
        let text =
            "SELECT count(*) AS rows FROM deliveries d WHERE d.state = 'due' AND d.channel = $1 AND d.attempts > 0 AND d.due_at > $2 AND ";
        let sql = refused_before(Sql::new(text).with([channel.as_str().into(), now.into()]), since);
        let refused = sql.first(&mut **tx).await?.map_or(Ok(0), |row| row.int("rows"))?;
        recovery.refused = u64::try_from(refused).unwrap_or(0);
    }
    Ok(recovery)
}

/// Makes those due that `which` names by further conditions on `d`; returns how many. A mail that the server may have taken is not asked
/// for again because another one passed: that would be the second copy.
async fn make_due(tx: &mut Tx, engine: Engine, (channel, now): (&str, Moment), which: impl FnOnce(Sql) -> Sql) -> Result<u64, StoreError> {
    let text = "UPDATE deliveries SET due_at = w.due FROM (SELECT q.id, \
         CASE WHEN q.note = $4 THEN $2 ELSE $2 + $3 * (ROW_NUMBER() OVER (ORDER BY q.lane, q.created_at, q.id) - 1) END AS due \
         FROM (SELECT d.id, d.lane, d.created_at, d.note FROM deliveries d \
         WHERE d.state = 'due' AND d.channel = $1 AND d.attempts > 0 AND d.due_at > $2 \
         AND NOT (COALESCE(d.last_outcome, '') = 'unknown' AND d.recipient LIKE '%@%')";
    let step = i64::try_from(STEP.as_micros()).unwrap_or(i64::MAX);
    let sql = which(Sql::new(text).with([channel.into(), now.into(), step.into(), GATHERED.into()]));
    let sql = sql.push(engine.skip_locked(" FOR UPDATE OF d SKIP LOCKED"));
    sql.push(") AS q) AS w WHERE deliveries.id = w.id AND deliveries.due_at > w.due").run(&mut **tx).await
}

/// When another message than this one last arrived at an address.
async fn last_success(tx: &mut Tx, (channel, recipient): (&str, &str), delivery: &str) -> Result<Option<Moment>, StoreError> {
    let text = "SELECT max(delivered_at) AS last FROM deliveries WHERE state IN ('delivered', 'accepted') AND channel = $1 AND recipient = $2 AND id <> $3";
    let values = [channel.into(), recipient.into(), delivery.into()];
    Sql::new(text).with(values).first(&mut **tx).await?.map_or(Ok(None), |row| row.moment_or_none("last"))
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
}
