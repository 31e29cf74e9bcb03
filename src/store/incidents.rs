//! Incidents and their event log.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::connect::Tx;
use super::sql::{Columns as _, Sql, Value, json};
use super::{Engine, KEYS_A_STATEMENT, Store, StoreError, deliveries, mentions, timers, verdicts};
use crate::model::{Incident, IncidentState, Listed, Mention, Moment, NewDelivery, NewIncident, Severity, Told, Verdict};

pub(super) const COLUMNS: &str = "i.id, i.kind, i.state, i.key, i.generation, i.severity, i.brand, i.category, i.department, i.also, i.title, i.detail, i.told, \
     i.opened_at, i.step, i.escalate_at, i.ladder, i.acknowledged_at, i.acknowledged_by, i.resolved_at, i.resolved_by, i.cause, i.remedy, i.mentions";

/// Which incidents a listing shows; newest first.
#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    pub state: Option<IncidentState>,
    pub department: Option<String>,
    /// Opened at or after this.
    pub since: Option<Moment>,
    /// 0 shows a hundred.
    pub limit: i64,
}

/// One line of an incident's history.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Event {
    /// Grows with every event of the store.
    pub seq: i64,
    pub incident: String,
    /// `opened`, `joined`, `escalated`, ...: the words of the step that wrote it.
    pub kind: String,
    pub at: Moment,
    pub actor: String,
    pub detail: Json,
}

impl Store {
    /// Opens an incident that has no mention (a source or Hearken itself in trouble) with its deliveries.
    /// Returns its id, or none where an unresolved incident with that key exists.
    ///
    /// # Errors
    /// Any.
    pub async fn raise(&self, incident: &NewIncident, told: &[NewDelivery]) -> Result<Option<String>, StoreError> {
        let mut tx = self.write().await?;
        if !insert(&mut tx, incident, 0).await? {
            return Ok(None);
        }
        let detail = serde_json::json!({ "title": incident.title });
        event(&mut tx, &incident.id, "opened", incident.opened_at, "hearken", &detail).await?;
        deliveries::insert(&mut tx, told, incident.opened_at).await?;
        tx.commit().await?;
        Ok(Some(incident.id.clone()))
    }

    /// The unresolved incident with this key.
    ///
    /// # Errors
    /// Any.
    pub async fn open_incident_by_key(&self, key: &str) -> Result<Option<Incident>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM incidents i WHERE i.state <> 'resolved' AND i.key = ").bind(key);
        sql.first(&self.readers).await?.as_ref().map(read).transpose()
    }

    /// The keys of unresolved incidents that begin so, in order.
    ///
    /// # Errors
    /// Any.
    pub async fn open_keys_beginning(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        // PostgreSQL counts letters in INTEGER.
        let text = "SELECT key FROM incidents WHERE state <> 'resolved' AND substr(key, 1, CAST($2 AS INTEGER)) = $1 ORDER BY key";
        let length = i64::try_from(prefix.chars().count()).unwrap_or(i64::MAX);
        let rows = Sql::new(text).with([prefix.into(), length.into()]).all(&self.readers).await?;
        rows.iter().map(|row| row.text("key")).collect()
    }

    /// Keys of every unresolved incident that tells of the watching itself and not of a mention.
    ///
    /// # Errors
    /// Any.
    pub async fn open_troubles(&self) -> Result<BTreeSet<String>, StoreError> {
        let sql = Sql::new("SELECT key FROM incidents WHERE kind <> 'mention' AND state <> 'resolved'");
        sql.all(&self.readers).await?.iter().map(|row| row.text("key")).collect()
    }

    /// Whether there is an unresolved incident with this key, be it readable or not.
    ///
    /// # Errors
    /// Any.
    pub async fn is_open(&self, key: &str) -> Result<bool, StoreError> {
        let sql = Sql::new("SELECT key FROM incidents WHERE state <> 'resolved' AND key = ").bind(key);
        Ok(sql.first(&self.readers).await?.is_some())
    }

    /// # Errors
    /// Any.
    pub async fn incident(&self, id: &str) -> Result<Option<Incident>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM incidents i WHERE i.id = ").bind(id);
        sql.first(&self.readers).await?.as_ref().map(read).transpose()
    }

    /// # Errors
    /// Any.
    pub async fn incidents(&self, filter: &IncidentFilter) -> Result<Vec<Incident>, StoreError> {
        let mut sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM incidents i WHERE 1 = 1");
        if let Some(state) = filter.state {
            sql = sql.push(" AND i.state = ").bind(state.as_str());
        }
        if let Some(department) = &filter.department {
            sql = sql.push(" AND i.department = ").bind(department);
        }
        if let Some(since) = filter.since {
            sql = sql.push(" AND i.opened_at >= ").bind(since);
        }
        let limit = if filter.limit > 0 { filter.limit } else { 100 };
        let rows = sql.push(" ORDER BY i.opened_at DESC, i.id").limit(limit).all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// The same with all they are about.
    ///
    /// # Errors
    /// Any.
    pub async fn listed(&self, filter: &IncidentFilter) -> Result<Vec<Listed>, StoreError> {
        let incidents = self.incidents(filter).await?;
        let ids: Vec<String> = incidents.iter().map(|incident| incident.id.clone()).collect();
        let mut categories = self.categories_of(&ids).await?;
        Ok(incidents
            .into_iter()
            .map(|incident| {
                let own = categories.remove(&incident.id);
                Listed::of(incident, own)
            })
            .collect())
    }

    /// The mentions joined, in the order they came, each with its latest verdict.
    ///
    /// # Errors
    /// Any.
    pub async fn incident_mentions(&self, id: &str) -> Result<Vec<(Mention, Verdict)>, StoreError> {
        let sql =
            Sql::new("SELECT ").push(mentions::COLUMNS).push(", v.verdict FROM incident_mentions im JOIN mentions m ON m.id = im.mention ");
        let sql = sql.push(verdicts::JOIN_LATEST).push(" WHERE im.incident = ").bind(id).push(" ORDER BY im.joined_at, m.id");
        let rows = sql.all(&self.readers).await?;
        rows.iter().map(|row| Ok((mentions::read(row)?, row.json("verdict")?))).collect()
    }

    /// What each of these incidents is about: the categories of its first mention's latest verdict, the strongest first. One without a
    /// mention is left out.
    ///
    /// # Errors
    /// Any.
    pub async fn categories_of(&self, ids: &[String]) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for part in ids.chunks(KEYS_A_STATEMENT) {
            let text = "SELECT im.incident, v.verdict FROM incident_mentions im JOIN mentions m ON m.id = im.mention ";
            let sql = Sql::new(text).push(verdicts::JOIN_LATEST).push(" WHERE im.incident IN ").list(part);
            for row in &sql.push(" ORDER BY im.joined_at, m.id").all(&self.readers).await? {
                if let Entry::Vacant(first) = found.entry(row.text("incident")?) {
                    first.insert(row.json::<Verdict>("verdict")?.category_names());
                }
            }
        }
        Ok(found)
    }

    /// The incidents a mention is part of, newest first.
    ///
    /// # Errors
    /// Any.
    pub async fn incidents_of_mention(&self, mention: &str) -> Result<Vec<Incident>, StoreError> {
        let sql =
            Sql::new("SELECT ").push(COLUMNS).push(" FROM incident_mentions im JOIN incidents i ON i.id = im.incident WHERE im.mention = ");
        let rows = sql.bind(mention).push(" ORDER BY i.opened_at DESC, i.id").all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// The incident's history, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn incident_events(&self, id: &str) -> Result<Vec<Event>, StoreError> {
        let rows = events(id).all(&self.readers).await?;
        rows.iter().map(read_event).collect()
    }
}

/// False where an unresolved incident has the key already.
pub(super) async fn insert(tx: &mut Tx, new: &NewIncident, mentions: i64) -> Result<bool, StoreError> {
    let row: Vec<Value> = vec![
        new.id.as_str().into(),
        new.kind.as_str().into(),
        IncidentState::Open.as_str().into(),
        new.key.as_str().into(),
        1.into(),
        new.severity.as_str().into(),
        (&new.brand).into(),
        (&new.category).into(),
        new.department.as_str().into(),
        json(&new.also)?.into(),
        new.title.as_str().into(),
        new.detail.as_str().into(),
        told(new.told.as_ref())?,
        new.opened_at.into(),
        0.into(),
        new.escalate_at.into(),
        json(&new.ladder)?.into(),
        mentions.into(),
    ];
    let text = "INSERT INTO incidents (id, kind, state, key, generation, severity, brand, category, department, also, title, detail, told, opened_at, \
         step, escalate_at, ladder, mentions) VALUES ";
    let sql = Sql::new(text).rows([row]).push(" ON CONFLICT (key) WHERE state <> 'resolved' DO NOTHING");
    if sql.run(&mut **tx).await? == 0 {
        return Ok(false);
    }
    timers::set(tx, &new.id, 1, 0, new.escalate_at).await?;
    Ok(true)
}

/// Joins a mention; says whether it was new to the incident. The severity only rises.
pub(super) async fn join(tx: &mut Tx, id: &str, mention: &Mention, severity: Severity, at: Moment) -> Result<bool, StoreError> {
    let added = add_mention(tx, id, mention, at).await?;
    let row = Sql::new("SELECT severity FROM incidents WHERE id = ").bind(id).first(&mut **tx).await?;
    let row = row.ok_or_else(|| StoreError::NotFound(format!("incident {id}")))?;
    let before = row.word::<Severity>("severity")?;
    let worst = before.max(severity);
    let text = "UPDATE incidents SET severity = $1, mentions = mentions + $2 WHERE id = $3";
    Sql::new(text).with([worst.as_str().into(), i64::from(added).into(), id.into()]).run(&mut **tx).await?;
    if worst > before {
        deliveries::hasten(tx, id, worst).await?;
    }
    Ok(added)
}

pub(super) async fn add_mention(tx: &mut Tx, id: &str, mention: &Mention, at: Moment) -> Result<bool, StoreError> {
    let row = vec![id.into(), mention.id.as_str().into(), at.into(), mention.text_hash.into(), mention.simhash.into()];
    let sql = Sql::new("INSERT INTO incident_mentions (incident, mention, joined_at, text_hash, simhash) VALUES ").rows([row]);
    Ok(sql.push(" ON CONFLICT (incident, mention) DO NOTHING").run(&mut **tx).await? > 0)
}

pub(super) async fn event(tx: &mut Tx, id: &str, kind: &str, at: Moment, actor: &str, detail: &Json) -> Result<i64, StoreError> {
    let row = vec![id.into(), kind.into(), at.into(), actor.into(), json(detail)?.into()];
    let sql = Sql::new("INSERT INTO incident_events (incident, kind, at, actor, detail) VALUES ").rows([row]).push(" RETURNING seq");
    match sql.first(&mut **tx).await? {
        Some(row) => row.int("seq"),
        None => Err(StoreError::Other("an event was not written".to_owned())),
    }
}

pub(super) fn events(id: &str) -> Sql {
    Sql::new("SELECT seq, incident, kind, at, actor, detail FROM incident_events WHERE incident = ").bind(id).push(" ORDER BY seq")
}

pub(super) fn read_event(row: &AnyRow) -> Result<Event, StoreError> {
    Ok(Event {
        seq: row.int("seq")?,
        incident: row.text("incident")?,
        kind: row.text("kind")?,
        at: row.moment("at")?,
        actor: row.text("actor")?,
        detail: row.json("detail")?,
    })
}

/// These incidents, in no order.
pub(super) async fn by_ids(connection: &mut AnyConnection, ids: &[String]) -> Result<Vec<Incident>, StoreError> {
    let mut found = Vec::new();
    for part in ids.chunks(KEYS_A_STATEMENT) {
        let rows = Sql::new("SELECT ").push(COLUMNS).push(" FROM incidents i WHERE i.id IN ").list(part).all(&mut *connection).await?;
        for row in &rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// What is told, as its column has it.
pub(super) fn told(told: Option<&Told>) -> Result<Value, StoreError> {
    Ok((&told.map(json).transpose()?).into())
}

/// What this release cannot read, as after a return from a later one, is told in the English that stands beside it.
fn told_of(row: &AnyRow) -> Result<Option<Told>, StoreError> {
    Ok(row.text_or_none("told")?.and_then(|text| serde_json::from_str(&text).ok()))
}

pub(super) fn read(row: &AnyRow) -> Result<Incident, StoreError> {
    Ok(Incident {
        id: row.text("id")?,
        kind: row.word("kind")?,
        state: row.word("state")?,
        key: row.text("key")?,
        generation: row.int("generation")?,
        severity: row.word("severity")?,
        brand: row.text_or_none("brand")?,
        category: row.text_or_none("category")?,
        department: row.text("department")?,
        also: row.json("also")?,
        title: row.text("title")?,
        detail: row.text("detail")?,
        told: told_of(row)?,
        opened_at: row.moment("opened_at")?,
        step: row.int("step")?,
        escalate_at: row.moment_or_none("escalate_at")?,
        ladder: row.json("ladder")?,
        acknowledged_at: row.moment_or_none("acknowledged_at")?,
        acknowledged_by: row.text_or_none("acknowledged_by")?,
        resolved_at: row.moment_or_none("resolved_at")?,
        resolved_by: row.text_or_none("resolved_by")?,
        cause: row.text_or_none("cause")?,
        remedy: row.text_or_none("remedy")?,
        mentions: row.int("mentions")?,
    })
}

/// Writes what may change of an incident and sets its timer: one row while it is open and has an `escalate_at`, else none.
pub(super) async fn update(tx: &mut Tx, id: &str, incident: &Incident) -> Result<(), StoreError> {
    let text = "UPDATE incidents SET state = $2, generation = $3, severity = $4, department = $5, also = $6, step = $7, escalate_at = $8, \
         ladder = $9, acknowledged_at = $10, acknowledged_by = $11, resolved_at = $12, cause = $13, remedy = $14, title = $15, told = $16, \
         category = $17, resolved_by = $18 WHERE id = $1";
    let values = [
        id.into(),
        incident.state.as_str().into(),
        incident.generation.into(),
        incident.severity.as_str().into(),
        incident.department.as_str().into(),
        json(&incident.also)?.into(),
        incident.step.into(),
        incident.escalate_at.into(),
        json(&incident.ladder)?.into(),
        incident.acknowledged_at.into(),
        (&incident.acknowledged_by).into(),
        incident.resolved_at.into(),
        (&incident.cause).into(),
        (&incident.remedy).into(),
        incident.title.as_str().into(),
        told(incident.told.as_ref())?,
        (&incident.category).into(),
        (&incident.resolved_by).into(),
    ];
    Sql::new(text).with(values).run(&mut **tx).await?;
    let due = incident.escalate_at.filter(|_| incident.state == IncidentState::Open);
    timers::set(tx, id, incident.generation, incident.step, due).await
}

/// An incident as it stands, locked until the end of the transaction.
pub(super) async fn lock(tx: &mut Tx, engine: Engine, id: &str) -> Result<Option<Incident>, StoreError> {
    let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM incidents i WHERE i.id = ").bind(id);
    sql.push(engine.skip_locked(" FOR UPDATE")).first(&mut **tx).await?.as_ref().map(read).transpose()
}

/// The number the next event of an incident will have, counted from 1 within the incident.
pub(super) async fn next_event(tx: &mut Tx, id: &str) -> Result<i64, StoreError> {
    let row = Sql::new("SELECT count(*) AS rows FROM incident_events WHERE incident = ").bind(id).first(&mut **tx).await?;
    row.map_or(Ok(1), |row| Ok(row.int("rows")? + 1))
}
