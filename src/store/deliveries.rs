//! Deliveries: the outbox.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;

use super::connect::Tx;
use super::sql::{Columns as _, Sql, Value, padded};
use super::{KEYS_A_STATEMENT, ROWS_A_STATEMENT, Store, StoreError};
use crate::model::{Delivery, DeliveryKind, DeliveryState, Moment, NewDelivery, Severity};

pub(super) const COLUMNS: &str = "d.id, d.incident, d.generation, d.kind, d.step, d.department, d.name, d.recipient, d.channel, d.language, d.state, \
     d.attempts, d.created_at, d.due_at, d.message_id, d.note, d.possible_duplicate, d.shrink, d.last_outcome, d.last_reply, d.delivered_at";

/// Which deliveries a listing shows; newest first.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub state: Option<DeliveryState>,
    pub incident: Option<String>,
    pub channel: Option<String>,
    /// 0 shows a hundred.
    pub limit: i64,
}

/// One attempt at a delivery.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Attempt {
    /// From 1.
    pub number: i64,
    pub owner: String,
    pub started_at: Moment,
    /// None while it runs, or where the daemon died in it.
    pub finished_at: Option<Moment>,
    pub outcome: Option<String>,
    pub reply: Option<String>,
}

impl Store {
    /// # Errors
    /// Any.
    pub async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>, StoreError> {
        let mut sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM deliveries d WHERE 1 = 1");
        if let Some(state) = filter.state {
            sql = sql.push(" AND d.state = ").bind(state.as_str());
        }
        if let Some(incident) = &filter.incident {
            sql = sql.push(" AND d.incident = ").bind(incident);
        }
        if let Some(channel) = &filter.channel {
            sql = sql.push(" AND d.channel = ").bind(channel);
        }
        let limit = if filter.limit > 0 { filter.limit } else { 100 };
        let rows = sql.push(" ORDER BY d.created_at DESC, d.id").limit(limit).all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// An incident's deliveries, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn incident_deliveries(&self, incident: &str) -> Result<Vec<Delivery>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM deliveries d WHERE d.incident = ").bind(incident);
        sql.push(" ORDER BY d.created_at, d.id").all(&self.readers).await?.iter().map(read).collect()
    }

    /// # Errors
    /// Any.
    pub async fn delivery(&self, id: &str) -> Result<Option<Delivery>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM deliveries d WHERE d.id = ").bind(id);
        sql.first(&self.readers).await?.as_ref().map(read).transpose()
    }

    /// Every attempt at a delivery, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn attempts(&self, delivery: &str) -> Result<Vec<Attempt>, StoreError> {
        let text = "SELECT number, owner, started_at, finished_at, outcome, reply FROM attempts WHERE delivery = ";
        let rows = Sql::new(text).bind(delivery).push(" ORDER BY number").all(&self.readers).await?;
        let read = |row: &AnyRow| {
            Ok(Attempt {
                number: row.int("number")?,
                owner: row.text("owner")?,
                started_at: row.moment("started_at")?,
                finished_at: row.moment_or_none("finished_at")?,
                outcome: row.text_or_none("outcome")?,
                reply: row.text_or_none("reply")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// An operator wants it sent again, now: a dead one, or one that waits for its time.
    ///
    /// # Errors
    /// `NotFound` where there is none in such a state.
    pub async fn retry_delivery(&self, id: &str, now: Moment) -> Result<(), StoreError> {
        let text = "UPDATE deliveries SET state = 'due', due_at = $1 WHERE id = $2 AND state IN ('due', 'dead')";
        self.change_one(Sql::new(text).with([now.into(), id.into()]), id).await
    }

    /// Makes due at once what waits because our settings were wrong: those that were just taken up may be the remedy.
    ///
    /// # Errors
    /// Any.
    pub async fn try_mended_again(&self, now: Moment) -> Result<u64, StoreError> {
        let text = "UPDATE deliveries SET due_at = $1 WHERE state = 'due' AND last_outcome = 'reconfigure' AND due_at > $1";
        Sql::new(text).with([now.into()]).run(&self.writer).await
    }

    /// An operator no longer wants it sent.
    ///
    /// # Errors
    /// `NotFound` where there is none that waits or is dead.
    pub async fn drop_delivery(&self, id: &str) -> Result<(), StoreError> {
        let text = "UPDATE deliveries SET state = 'cancelled' WHERE state IN ('due', 'dead') AND id = ";
        self.change_one(Sql::new(text).bind(id), id).await
    }

    async fn change_one(&self, sql: Sql, id: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let changed = sql.run(&mut *tx).await?;
        tx.commit().await?;
        if changed == 0 { Err(StoreError::NotFound(format!("delivery {id} that waits or is dead"))) } else { Ok(()) }
    }
}

/// An incident's deliveries as its transaction sees them, oldest first.
pub(super) async fn of_incident(tx: &mut Tx, incident: &str) -> Result<Vec<Delivery>, StoreError> {
    let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM deliveries d WHERE d.incident = ").bind(incident);
    sql.push(" ORDER BY d.created_at, d.id").all(&mut **tx).await?.iter().map(read).collect()
}

/// Which goes out first: what is worse, of the same what nobody has answered, and news last.
fn lane(kind: DeliveryKind, severity: Severity) -> i64 {
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::None];
    let milder = severities.iter().take_while(|worse| **worse > severity).count();
    let pair = i64::try_from(milder).unwrap_or(0) * 2;
    match kind {
        DeliveryKind::Escalation => pair,
        DeliveryKind::Warning => pair + 1,
        DeliveryKind::Status => i64::try_from(severities.len()).unwrap_or(0) * 2,
    }
}

/// What waits about an incident that got worse goes out as what is so bad does.
pub(super) async fn hasten(tx: &mut Tx, incident: &str, severity: Severity) -> Result<(), StoreError> {
    let text = "UPDATE deliveries SET lane = CASE kind WHEN 'escalation' THEN $2 ELSE $3 END WHERE incident = $1 AND state = 'due' AND kind <> 'status'";
    let lanes = [DeliveryKind::Escalation, DeliveryKind::Warning].map(|kind| lane(kind, severity));
    Sql::new(text).with([incident.into(), lanes[0].into(), lanes[1].into()]).run(&mut **tx).await.map(drop)
}

/// How bad the incidents of these rows are.
async fn severities(tx: &mut Tx, new: &[NewDelivery]) -> Result<BTreeMap<String, Severity>, StoreError> {
    let ids: BTreeSet<&str> = new.iter().map(|delivery| delivery.incident.as_str()).collect();
    let mut found = BTreeMap::new();
    for part in ids.into_iter().collect::<Vec<_>>().chunks(KEYS_A_STATEMENT) {
        let sql = Sql::new("SELECT id, severity FROM incidents WHERE id IN ").list(padded(part));
        for row in sql.all(&mut **tx).await? {
            found.insert(row.text("id")?, row.word("severity")?);
        }
    }
    Ok(found)
}

/// Returns how many were new: nobody is told the same twice.
pub(super) async fn insert(tx: &mut Tx, new: &[NewDelivery], now: Moment) -> Result<u64, StoreError> {
    let mut inserted = 0;
    let severities = if new.is_empty() { BTreeMap::new() } else { severities(tx, new).await? };
    let severity = |delivery: &NewDelivery| severities.get(&delivery.incident).copied().unwrap_or(Severity::None);
    for part in new.chunks(ROWS_A_STATEMENT) {
        let text = "INSERT INTO deliveries (id, incident, generation, kind, lane, step, department, name, recipient, channel, language, state, \
             attempts, created_at, due_at, message_id, note, possible_duplicate) VALUES ";
        let sql = Sql::new(text).rows(part.iter().map(|delivery| values(delivery, severity(delivery), now)));
        let sql = sql.push(" ON CONFLICT (incident, generation, kind, step, channel, recipient) DO NOTHING");
        inserted += sql.run(&mut **tx).await?;
    }
    Ok(inserted)
}

fn values(new: &NewDelivery, severity: Severity, now: Moment) -> Vec<Value> {
    vec![
        new.id.as_str().into(),
        new.incident.as_str().into(),
        new.generation.into(),
        new.kind.as_str().into(),
        lane(new.kind, severity).into(),
        new.step.into(),
        new.department.as_str().into(),
        new.name.as_str().into(),
        new.recipient.as_str().into(),
        new.channel.as_str().into(),
        new.language.as_str().into(),
        DeliveryState::Due.as_str().into(),
        0.into(),
        now.into(),
        new.due_at.into(),
        new.message_id.as_str().into(),
        new.note.as_str().into(),
        false.into(),
    ]
}

pub(super) fn read(row: &AnyRow) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.text("id")?,
        incident: row.text("incident")?,
        generation: row.int("generation")?,
        kind: row.word("kind")?,
        step: row.int("step")?,
        department: row.text("department")?,
        name: row.text("name")?,
        recipient: row.text("recipient")?,
        channel: row.text("channel")?,
        language: row.text("language")?,
        state: row.word("state")?,
        attempts: row.int("attempts")?,
        created_at: row.moment("created_at")?,
        due_at: row.moment("due_at")?,
        message_id: row.text("message_id")?,
        note: row.text("note")?,
        possible_duplicate: row.flag("possible_duplicate")?,
        last_outcome: row.text_or_none("last_outcome")?,
        last_reply: row.text_or_none("last_reply")?,
        delivered_at: row.moment_or_none("delivered_at")?,
    })
}
