//! Looks at the pages of mentions: when each is due, who has it, and what was seen last.

use std::time::Duration;

use serde_json::Value as Json;
use sqlx::any::AnyRow;

use super::sql::{Columns as _, Sql, json};
use super::{KEYS_A_STATEMENT, Store, StoreError, incidents};
use crate::model::Moment;

const COLUMNS: &str = "incident, mention, state, due_at, checked_at, seen";

/// One page that is watched for one incident.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Recheck {
    pub incident: String,
    pub mention: String,
    /// None when it is looked at no more.
    pub due_at: Option<Moment>,
    pub checked_at: Option<Moment>,
    /// What was seen last.
    pub seen: Json,
}

/// What is known of a mention `m` before the first look, as JSON: a poll may see another rating before that, and it was raised all the same.
const AS_WARNED_OF: &str =
    "'{\"rating\":' || COALESCE(CAST(m.rating AS TEXT), 'null') || ',\"revision\":' || CAST(m.revision AS TEXT) || '}'";

impl Store {
    /// Begins to watch the pages of these sources' mentions that belong to incidents which are unresolved or were resolved since
    /// `resolved_since`: first due `every` after the mention joined. Those that are watched already stay as they are. With
    /// `on_own_page` the sources are pages: a mention without an address is watched there.
    ///
    /// # Errors
    /// Any.
    pub async fn plan_rechecks(
        &self,
        sources: &[String],
        on_own_page: bool,
        every: Duration,
        resolved_since: Moment,
    ) -> Result<u64, StoreError> {
        let mut planned = 0;
        let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX / 2);
        for part in sources.chunks(KEYS_A_STATEMENT) {
            let mut tx = self.write_relaxed().await?;
            let sql = Sql::new(
                "INSERT INTO rechecks (incident, mention, state, due_at, seen) SELECT im.incident, im.mention, 'waiting', im.joined_at + ",
            )
            .bind(every)
            .push(", ")
            .push(AS_WARNED_OF)
            .push(
                " FROM incidents i JOIN incident_mentions im ON im.incident = i.id JOIN mentions m ON m.id = im.mention \
                     WHERE i.kind = 'mention' AND (i.state <> 'resolved' OR i.resolved_at >= ",
            )
            .bind(resolved_since)
            .push(") AND ");
            let sql = sql
                .push(if on_own_page { "" } else { "m.url IS NOT NULL AND " })
                .push(
                    "NOT EXISTS \
                     (SELECT 1 FROM rechecks r WHERE r.incident = im.incident AND r.mention = im.mention) AND m.source IN (SELECT id FROM sources WHERE name IN ",
                )
                .list(part)
                .push(") ON CONFLICT (incident, mention) DO NOTHING");
            planned += sql.run(&mut *tx).await?;
            tx.commit().await?;
        }
        Ok(planned)
    }

    /// Makes every page of an incident due now, watched before or not; returns how many there are. Mentions of `pages` without an address
    /// are looked at on their source's page.
    ///
    /// # Errors
    /// Any.
    pub async fn ask_recheck(&self, incident: &str, pages: &[String], now: Moment) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        // SQLite takes the ON of a conflict for one of a join where no WHERE stands before it.
        let of_incident = || {
            let sql = Sql::new("INSERT INTO rechecks (incident, mention, state, due_at, seen) SELECT im.incident, im.mention, 'waiting', ");
            let sql = sql
                .bind(now)
                .push(", ")
                .push(AS_WARNED_OF)
                .push(" FROM incident_mentions im JOIN mentions m ON m.id = im.mention WHERE im.incident = ");
            sql.bind(incident)
        };
        let on_conflict = " ON CONFLICT (incident, mention) DO UPDATE SET state = 'waiting', due_at = excluded.due_at";
        let mut asked = of_incident().push(" AND m.url IS NOT NULL").push(on_conflict).run(&mut *tx).await?;
        for part in pages.chunks(KEYS_A_STATEMENT) {
            asked += of_incident()
                .push(" AND m.url IS NULL AND m.source IN (SELECT id FROM sources WHERE name IN ")
                .list(part)
                .push(")")
                .push(on_conflict)
                .run(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(asked)
    }

    /// Takes up to `limit` due looks for `owner` until `now + lease`; of one incident alone where it is named.
    ///
    /// # Errors
    /// Any; nothing is claimed then.
    pub async fn claim_rechecks(
        &self,
        owner: &str,
        incident: Option<&str>,
        now: Moment,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Recheck>, StoreError> {
        let mut tx = self.write_relaxed().await?;
        let sql = Sql::new("UPDATE rechecks SET lease_owner = ")
            .bind(owner)
            .push(", lease_until = ")
            .bind(now.plus(lease))
            .push(" WHERE (incident, mention) IN (SELECT incident, mention FROM rechecks WHERE state = 'waiting' AND due_at <= ");
        let mut sql = sql.bind(now).push(" AND lease_until <= ").bind(now);
        if let Some(incident) = incident {
            sql = sql.push(" AND incident = ").bind(incident);
        }
        let sql = sql.push(" ORDER BY due_at, incident, mention").limit(limit).push(self.engine.skip_locked(" FOR UPDATE SKIP LOCKED"));
        let rows = sql.push(") RETURNING ").push(COLUMNS).all(&mut *tx).await?;
        tx.commit().await?;
        rows.iter().map(read).collect()
    }

    /// When the next look is due; none where nothing is watched.
    ///
    /// # Errors
    /// Any.
    pub async fn next_recheck_due(&self) -> Result<Option<Moment>, StoreError> {
        let text =
            "SELECT min(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) AS due FROM rechecks WHERE state = 'waiting'";
        match Sql::new(text).first(&self.readers).await? {
            Some(row) => row.moment_or_none("due"),
            None => Ok(None),
        }
    }

    /// Ends a look: what was seen, the lines of the history that it makes, and when the next one is due (none: never), together.
    ///
    /// # Errors
    /// `LeaseLost`, and then nothing is written.
    pub async fn finish_recheck(
        &self,
        owner: &str,
        look: &Recheck,
        seen: &Json,
        events: &[(String, Json)],
        next: Option<Moment>,
        now: Moment,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let text = "UPDATE rechecks SET seen = $4, checked_at = $5, due_at = $6, state = $7, lease_owner = '', lease_until = 0 \
             WHERE incident = $1 AND mention = $2 AND lease_owner = $3";
        let state = if next.is_some() { "waiting" } else { "done" };
        let values = [
            look.incident.as_str().into(),
            look.mention.as_str().into(),
            owner.into(),
            json(seen)?.into(),
            now.into(),
            next.unwrap_or(now).into(),
            state.into(),
        ];
        if Sql::new(text).with(values).run(&mut *tx).await? == 0 {
            return Err(StoreError::LeaseLost(format!("the page of {}", look.mention)));
        }
        for (kind, detail) in events {
            incidents::event(&mut tx, &look.incident, kind, now, "hearken", detail).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Gives a look back that may not be made before `until`; `seen` holds its place in a budget.
    ///
    /// # Errors
    /// `LeaseLost`, and then nothing is written.
    pub async fn postpone_recheck(&self, owner: &str, look: &Recheck, seen: &Json, until: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE rechecks SET seen = $4, due_at = $5, lease_owner = '', lease_until = 0 \
             WHERE incident = $1 AND mention = $2 AND lease_owner = $3";
        let values = [look.incident.as_str().into(), look.mention.as_str().into(), owner.into(), json(seen)?.into(), until.into()];
        if Sql::new(text).with(values).run(&mut *tx).await? == 0 {
            return Err(StoreError::LeaseLost(format!("the page of {}", look.mention)));
        }
        Ok(tx.commit().await?)
    }

    /// Ends the looks that are due later than `recheck_for` after the end of their incident: they were planned before it ended. A look
    /// that somebody asked for is due at once, and so is made however long ago that was.
    ///
    /// # Errors
    /// Any.
    pub async fn end_rechecks(&self, recheck_for: Duration, now: Moment) -> Result<u64, StoreError> {
        let recheck_for = i64::try_from(recheck_for.as_micros()).unwrap_or(i64::MAX / 2);
        let mut tx = self.write_relaxed().await?;
        let sql = Sql::new("UPDATE rechecks SET state = 'done' WHERE state = 'waiting' AND due_at > ").bind(now).push(
            " AND EXISTS (SELECT 1 FROM incidents i WHERE i.id = rechecks.incident AND i.state = 'resolved' AND rechecks.due_at > i.resolved_at + ",
        );
        let ended = sql.bind(recheck_for).push(")").run(&mut *tx).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// The pages that are or were watched for an incident.
    ///
    /// # Errors
    /// Any.
    pub async fn rechecks(&self, incident: &str) -> Result<Vec<Recheck>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM rechecks WHERE incident = ").bind(incident).push(" ORDER BY mention");
        sql.all(&self.readers).await?.iter().map(read).collect()
    }

    /// Whether the last document of a mention's source that showed something new showed this item too; none where it is not known.
    ///
    /// # Errors
    /// Any.
    pub async fn is_shown(&self, mention: &str) -> Result<Option<bool>, StoreError> {
        let text = "SELECT i.last_seen_at, s.changed_at FROM items i JOIN sources s ON s.id = i.source \
             WHERE s.failure IS NULL AND s.removed = 0 AND i.mention = ";
        let row = Sql::new(text).bind(mention).push(" ORDER BY i.last_seen_at DESC LIMIT 1").first(&self.readers).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(row.moment_or_none("changed_at")?.zip(Some(row.moment("last_seen_at")?)).map(|(changed, seen)| seen >= changed))
    }
}

fn read(row: &AnyRow) -> Result<Recheck, StoreError> {
    let waits = row.text("state")? == "waiting";
    Ok(Recheck {
        incident: row.text("incident")?,
        mention: row.text("mention")?,
        due_at: waits.then(|| row.moment("due_at")).transpose()?,
        checked_at: row.moment_or_none("checked_at")?,
        seen: row.json("seen")?,
    })
}
