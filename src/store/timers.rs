//! Timers: when an unanswered incident climbs to the next step.

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::Moment;

impl Store {
    /// Incidents whose next step is due, the longest overdue first. Each is taken by `begin_incident`, which locks and re-reads it:
    /// two daemons may see the same list.
    ///
    /// # Errors
    /// Any.
    pub async fn due_escalations(&self, now: Moment, limit: i64) -> Result<Vec<String>, StoreError> {
        let text = "SELECT incident FROM timers WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, incident LIMIT ($2 + 0)";
        let rows = Sql::new(text).with([now.into(), limit.into()]).all(&self.readers).await?;
        rows.iter().map(|row| row.text("incident")).collect()
    }

    /// Cases that nobody answered and that climb nowhere, for their department had no ladder when they were opened.
    ///
    /// # Errors
    /// Any.
    pub async fn open_without_ladder(&self) -> Result<Vec<String>, StoreError> {
        let text = "SELECT id FROM incidents WHERE state = 'open' AND kind = 'mention' AND escalate_at IS NULL AND ladder = '[]' \
             ORDER BY opened_at, id";
        Sql::new(text).all(&self.readers).await?.iter().map(|row| row.text("id")).collect()
    }

    /// # Errors
    /// Any.
    pub async fn next_escalation_due(&self) -> Result<Option<Moment>, StoreError> {
        let row = Sql::new("SELECT min(due_at) AS due FROM timers WHERE state = 'waiting'").first(&self.readers).await?;
        row.map_or(Ok(None), |row| row.moment_or_none("due"))
    }
}

/// Makes the timers of an incident say that, after `step` of `generation`, the next one is due at `due`; other waiting ones end.
pub(super) async fn set(tx: &mut Tx, incident: &str, generation: i64, step: i64, due: Option<Moment>) -> Result<(), StoreError> {
    let text = "UPDATE timers SET state = CASE WHEN generation = $2 AND step <= $3 THEN 'fired' ELSE 'stopped' END \
         WHERE incident = $1 AND state = 'waiting'";
    Sql::new(text).with([incident.into(), generation.into(), step.into()]).run(&mut **tx).await?;
    let Some(due) = due else { return Ok(()) };
    let row = vec![incident.into(), generation.into(), (step + 1).into(), due.into(), "waiting".into()];
    let sql = Sql::new("INSERT INTO timers (incident, generation, step, due_at, state) VALUES ").rows([row]);
    let sql = sql.push(" ON CONFLICT (incident, generation, step) DO UPDATE SET due_at = excluded.due_at, state = 'waiting'");
    sql.run(&mut **tx).await.map(drop)
}
