//! Messages that were given up: which of them ops were told of and in which incident, and cases that therefore reached nobody.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{IncidentTx, KEYS_A_STATEMENT, Store, StoreError, claims, deliveries, incidents};
use crate::model::{Delivery, Incident, Mention, Moment, Undelivered};

/// An incident of which no row tells is over after this long: its rows are noted right after it is opened, and go with their own incident.
const NOTED_WITHIN: Duration = Duration::from_hours(1);

/// `d` is a row over a channel that people read: `programs` are those that no person reads.
fn of_a_person(sql: Sql, programs: &[String]) -> Sql {
    if programs.is_empty() { sql } else { sql.push(" AND d.channel NOT IN ").list(programs) }
}

/// What a row is to those who have to answer its incident `i` now, as `notify::asks_for_an_answer` says it: `g` and `d` are rows.
const ASKS_G: &str = "g.generation = i.generation AND ((i.step = 0 AND g.kind = 'warning' AND g.department = i.department) \
     OR (i.step > 0 AND g.kind = 'escalation' AND g.step = i.step))";
const ASKS_D: &str = "d.generation = i.generation AND ((i.step = 0 AND d.kind = 'warning' AND d.department = i.department) \
     OR (i.step > 0 AND d.kind = 'escalation' AND d.step = i.step))";

/// An incident some of whose messages are given up.
#[derive(Clone, Debug)]
pub struct Missed {
    pub incident: Incident,
    /// As `Claimed::mention`.
    pub mention: Option<Mention>,
    pub deliveries: Vec<Delivery>,
}

/// These incidents with all that is sent of them, the worst first, the longest open of the same first.
async fn missed(connection: &mut AnyConnection, incidents: &[String]) -> Result<Vec<Missed>, StoreError> {
    let mut found = incidents::by_ids(connection, incidents).await?;
    found.sort_by_key(|incident| (Reverse(incident.severity), incident.opened_at, incident.id.clone()));
    let mut mentions = claims::joined(connection, incidents).await?;
    let mut sent: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
    for part in incidents.chunks(KEYS_A_STATEMENT) {
        let sql = Sql::new("SELECT ").push(deliveries::COLUMNS).push(" FROM deliveries d WHERE d.incident IN ").list(part);
        for row in &sql.push(" ORDER BY d.created_at, d.id").all(&mut *connection).await? {
            let delivery = deliveries::read(row)?;
            sent.entry(delivery.incident.clone()).or_default().push(delivery);
        }
    }
    let with_all = |incident: Incident| {
        let mention = mentions.remove(&incident.id).and_then(|(worst, _)| worst).map(|(mention, _)| mention);
        Missed { mention, deliveries: sent.remove(&incident.id).unwrap_or_default(), incident }
    };
    Ok(found.into_iter().map(with_all).collect())
}

/// Whom no message about these incidents reached, by incident and generation, the first first.
pub(super) async fn undelivered(tx: &mut Tx, incidents: &[String]) -> Result<Vec<((String, i64), Undelivered)>, StoreError> {
    let mut found = Vec::new();
    for part in incidents.chunks(KEYS_A_STATEMENT) {
        let text = "SELECT incident, generation, name, recipient, last_reply FROM deliveries WHERE state = 'dead' AND kind <> 'status' AND incident IN ";
        let rows = Sql::new(text).list(part).push(" ORDER BY created_at, id").all(&mut **tx).await?;
        for row in &rows {
            let reply = row.text_or_none("last_reply")?.unwrap_or_default();
            let undelivered = Undelivered { name: row.text("name")?, address: row.text("recipient")?, reply };
            found.push(((row.text("incident")?, row.int("generation")?), undelivered));
        }
    }
    Ok(found)
}

impl IncidentTx {
    /// As `Store::missed`.
    ///
    /// # Errors
    /// Any.
    pub async fn missed(&mut self, incidents: &[String]) -> Result<Vec<Missed>, StoreError> {
        missed(self.tx(), incidents).await
    }

    /// Notes that ops are told of these rows in this incident.
    ///
    /// # Errors
    /// Any.
    pub async fn note_given_up<'a>(&mut self, rows: impl IntoIterator<Item = &'a str>) -> Result<(), StoreError> {
        let (id, rows) = (self.incident().id.clone(), rows.into_iter().collect::<Vec<_>>());
        for part in rows.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("UPDATE deliveries SET told_in = ").bind(id.as_str()).push(" WHERE id IN ").list(part.iter().copied());
            sql.run(&mut **self.tx()).await?;
        }
        Ok(())
    }

    /// The rows that ops are told of in this incident and that are not through yet, the longest waiting first.
    ///
    /// # Errors
    /// Any.
    pub async fn given_up(&mut self) -> Result<Vec<Delivery>, StoreError> {
        let id = self.incident().id.clone();
        let sql = Sql::new("SELECT ").push(deliveries::COLUMNS).push(" FROM deliveries d WHERE d.told_in = ").bind(id);
        let sql = sql.push(" AND d.state IN ('dead', 'due', 'claimed') ORDER BY d.created_at, d.id");
        sql.all(&mut **self.tx()).await?.iter().map(deliveries::read).collect()
    }

    /// Makes what was given up of its present generation and made after `since` due at `due_at`; returns how many.
    ///
    /// # Errors
    /// Any.
    pub async fn revive(&mut self, since: Moment, due_at: Moment) -> Result<u64, StoreError> {
        let text = "UPDATE deliveries SET state = 'due', due_at = $4 WHERE incident = $1 AND generation = $2 AND created_at > $3 \
             AND state = 'dead' AND kind <> 'status'";
        let (id, generation) = (self.incident().id.clone(), self.incident().generation);
        let values = [id.as_str().into(), generation.into(), since.into(), due_at.into()];
        Sql::new(text).with(values).run(&mut **self.tx()).await
    }
}

impl Store {
    /// These incidents with all that is sent of them, the worst first, the longest open of the same first.
    ///
    /// # Errors
    /// Any.
    pub async fn missed(&self, incidents: &[String]) -> Result<Vec<Missed>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        missed(&mut connection, incidents).await
    }

    /// Keys of ops' incidents about messages that were given up, of which none is left: each was delivered, dropped, or is no longer wanted.
    ///
    /// # Errors
    /// Any.
    pub async fn none_given_up(&self, now: Moment) -> Result<Vec<String>, StoreError> {
        let text = "SELECT i.key FROM incidents i WHERE i.kind <> 'mention' AND i.state <> 'resolved' \
             AND (substr(i.key, 1, 12) = 'undelivered:' OR substr(i.key, 1, 9) = 'delivery:') \
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.told_in = i.id AND d.state IN ('dead', 'due', 'claimed')) \
             AND (i.opened_at < $1 OR EXISTS (SELECT 1 FROM deliveries d WHERE d.told_in = i.id)) ORDER BY i.key";
        let rows = Sql::new(text).with([now.minus(NOTED_WITHIN).into()]).all(&self.readers).await?;
        rows.iter().map(|row| row.text("key")).collect()
    }

    /// Open cases that reached none of those who have to answer and will not by themselves: what was sent them over channels that people
    /// read is given up, all of it. With a step that is due later, or a message made after `since`; the longest open first. `programs` are
    /// the channels that no person reads.
    ///
    /// # Errors
    /// Any.
    pub async fn stranded(&self, programs: &[String], now: Moment, since: Moment) -> Result<Vec<String>, StoreError> {
        // From the few that are given up, and not from all that are open.
        let sql = Sql::new("SELECT i.id FROM deliveries g JOIN incidents i ON i.id = g.incident WHERE g.state = 'dead' AND ").push(ASKS_G);
        let sql = sql.push(" AND i.state = 'open' AND i.kind = 'mention' AND (i.escalate_at > ").bind(now);
        let sql =
            sql.push(" OR g.created_at > ").bind(since).push(") AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.incident = i.id AND ");
        let sql = of_a_person(sql.push(ASKS_D).push(" AND d.state IN ('due', 'claimed', 'delivered', 'accepted')"), programs);
        let rows = sql.push(") GROUP BY i.id, i.opened_at ORDER BY i.opened_at, i.id").all(&self.readers).await?;
        rows.iter().map(|row| row.text("id")).collect()
    }

    /// Open cases and troubles of which nobody has heard: every message about them, made at `since` or before, failed or is given up.
    /// `programs` are channels that no person reads.
    ///
    /// # Errors
    /// Any.
    pub async fn unreached(&self, programs: &[String], since: Moment) -> Result<u64, StoreError> {
        let text = "SELECT count(*) AS rows FROM incidents i WHERE i.state = 'open' \
             AND EXISTS (SELECT 1 FROM deliveries d WHERE d.incident = i.id AND d.generation = i.generation AND d.kind <> 'status' AND \
             (d.state = 'dead' OR (d.state = 'due' AND d.last_outcome = 'permanent') OR (d.state IN ('due', 'claimed') AND d.created_at <= $1 AND (d.attempts > 0 OR d.due_at <= $1)))) \
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.incident = i.id AND d.generation = i.generation AND d.kind <> 'status' \
             AND d.state IN ('delivered', 'accepted')";
        let sql = of_a_person(Sql::new(text).with([since.into()]), programs);
        let row = sql.push(")").first(&self.readers).await?;
        Ok(u64::try_from(row.map_or(Ok(0), |row| row.int("rows"))?).unwrap_or(0))
    }

    /// An operator wants everything sent again that was given up, over one channel or over all; returns the rows.
    ///
    /// # Errors
    /// Any; nothing is changed then.
    pub async fn retry_dead(&self, channel: Option<&str>, now: Moment) -> Result<Vec<String>, StoreError> {
        let sql = Sql::new("UPDATE deliveries SET state = 'due', due_at = ").bind(now).push(" WHERE state = 'dead'");
        self.change_dead(sql, channel).await
    }

    /// An operator wants nothing sent any more that was given up.
    ///
    /// # Errors
    /// Any; nothing is changed then.
    pub async fn drop_dead(&self, channel: Option<&str>) -> Result<Vec<String>, StoreError> {
        self.change_dead(Sql::new("UPDATE deliveries SET state = 'cancelled' WHERE state = 'dead'"), channel).await
    }

    async fn change_dead(&self, sql: Sql, channel: Option<&str>) -> Result<Vec<String>, StoreError> {
        let mut tx: Tx = self.write().await?;
        let sql = match channel {
            Some(channel) => sql.push(" AND channel = ").bind(channel),
            None => sql,
        };
        let rows = sql.push(" RETURNING id").all(&mut *tx).await?;
        let mut ids = rows.iter().map(|row: &AnyRow| row.text("id")).collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        ids.sort();
        Ok(ids)
    }
}
