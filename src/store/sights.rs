//! Sources that fail, and the incidents that tell of them: what is decided about both is decided in one transaction.

use std::collections::BTreeSet;

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{Engine, KEYS_A_STATEMENT, Store, StoreError, deliveries, incidents, sources};
use crate::model::{EventKind, Moment, NewDelivery, NewIncident, SourceState, Told};

/// Serialises the looks on PostgreSQL: two at once would each tell of half of one cause.
const SIGHT_GATE: i64 = 0x6865_6172_6b65_6e05;

/// A held transaction over every source that is polled. Dropped without `commit` it changes nothing.
#[derive(Debug)]
pub struct Sights {
    tx: Tx,
    sources: Vec<SourceState>,
    open: BTreeSet<String>,
}

/// An unresolved incident that is about no mention. Only what is looked at is read of it: whatever else of it is damaged
/// keeps nobody from the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// The incident's id.
    pub incident: String,
    pub key: String,
    /// The polled sources whose failures it tells of.
    pub sources: Vec<SourceState>,
}

impl Store {
    /// Reads the sources and the unresolved incidents that are about no mention. Other daemons wait with theirs.
    ///
    /// # Errors
    /// Any.
    pub async fn begin_sights(&self) -> Result<Sights, StoreError> {
        let mut tx = self.write().await?;
        if self.engine == Engine::Postgres {
            super::connect::gate(&mut tx, SIGHT_GATE).await?;
        }
        let rows = Sql::new("SELECT ").push(sources::COLUMNS).push(" FROM sources WHERE removed = 0 ORDER BY name").all(&mut *tx).await?;
        let mut found = rows.iter().map(sources::read).collect::<Result<Vec<_>, _>>()?;
        let rows = troubles().all(&mut *tx).await?;
        let open = rows.iter().map(|row| row.text("key")).collect::<Result<BTreeSet<_>, _>>()?;
        // Somebody resolved it while the failures went on: nobody knows of them any more.
        for source in &mut found {
            source.told_as = source.told_as.take().filter(|key| open.contains(key));
        }
        Ok(Sights { tx, sources: found, open })
    }

    /// The unresolved incidents that are about no mention, each with the polled sources it tells of.
    ///
    /// # Errors
    /// Any.
    pub async fn told_sources(&self) -> Result<Vec<Trouble>, StoreError> {
        let mut told = Vec::new();
        for row in &troubles().all(&self.readers).await? {
            let (incident, key) = (row.text("id")?, row.text("key")?);
            let sql = Sql::new("SELECT ").push(sources::COLUMNS).push(" FROM sources WHERE removed = 0 AND told_as = ").bind(&key);
            let rows = sql.push(" ORDER BY name").all(&self.readers).await?;
            let sources = rows.iter().map(sources::read).collect::<Result<_, _>>()?;
            told.push(Trouble { incident, key, sources });
        }
        Ok(told)
    }

    /// Whether an incident with this key was opened at or after that moment, resolved or not.
    ///
    /// # Errors
    /// Any.
    pub async fn was_told_since(&self, key: &str, since: Moment) -> Result<bool, StoreError> {
        let text = "SELECT 1 AS told FROM incidents WHERE kind <> 'mention' AND key = $1 AND opened_at >= $2 LIMIT 1";
        Ok(Sql::new(text).with([key.into(), since.into()]).first(&self.readers).await?.is_some())
    }

    /// Writes what an unresolved incident says now, and that it changed; false where it says so already or was resolved.
    ///
    /// # Errors
    /// Any.
    pub async fn revise(&self, id: &str, title: &str, detail: &str, told: Option<&Told>, now: Moment) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let text = "UPDATE incidents SET title = $2, detail = $3, told = $4 WHERE id = $1 AND state <> 'resolved' AND (title <> $2 OR detail <> $3)";
        if Sql::new(text).with([id.into(), title.into(), detail.into(), incidents::told(told)?]).run(&mut *tx).await? == 0 {
            return Ok(false);
        }
        let what = serde_json::json!({ "title": title });
        incidents::event(&mut tx, id, EventKind::Revised.as_str(), now, "hearken", &what).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Makes sources due at `now` that would be polled later: what kept them waiting is over.
    ///
    /// # Errors
    /// Any.
    pub async fn hasten(&self, names: &[String], now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        for part in names.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("UPDATE sources SET next_due_at = ").bind(now).push(" WHERE next_due_at > ").bind(now);
            sql.push(" AND failures > 0 AND name IN ").list(part.iter().map(String::as_str)).run(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn troubles() -> Sql {
    Sql::new("SELECT id, key FROM incidents WHERE state <> 'resolved' AND kind <> 'mention' ORDER BY key")
}

impl Sights {
    /// Every source that is polled, by name. `told_as` is set where that incident is unresolved.
    #[must_use]
    pub fn sources(&self) -> &[SourceState] {
        &self.sources
    }

    /// Keys of the unresolved incidents.
    #[must_use]
    pub fn open(&self) -> BTreeSet<String> {
        self.open.clone()
    }

    /// Opens an incident with its deliveries; none where there is one with that key.
    ///
    /// # Errors
    /// Any.
    pub async fn raise(&mut self, incident: &NewIncident, told: &[NewDelivery]) -> Result<Option<String>, StoreError> {
        if !incidents::insert(&mut self.tx, incident, 0).await? {
            return Ok(None);
        }
        let detail = serde_json::json!({ "title": incident.title });
        incidents::event(&mut self.tx, &incident.id, EventKind::Opened.as_str(), incident.opened_at, "hearken", &detail).await?;
        deliveries::insert(&mut self.tx, told, incident.opened_at).await?;
        Ok(Some(incident.id.clone()))
    }

    /// These sources' failures are told by the incident with this key.
    ///
    /// # Errors
    /// Any.
    pub async fn told(&mut self, key: &str, names: &[String]) -> Result<(), StoreError> {
        for part in names.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("UPDATE sources SET told_as = ").bind(key).push(" WHERE failures > 0 AND name IN ");
            sql.list(part.iter().map(String::as_str)).run(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// # Errors
    /// Any; nothing is changed then.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
