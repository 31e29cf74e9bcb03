//! What all nodes keep to together: the waits that sites asked for, and the budgets of domains.

use std::time::Duration;

use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::{Moment, Patience};

impl Store {
    /// The waits that are not over.
    ///
    /// # Errors
    /// Any.
    pub async fn waits(&self, now: Moment) -> Result<Vec<Patience>, StoreError> {
        let rows = Sql::new("SELECT name, until, reason FROM waits WHERE until > ").bind(now).push(" ORDER BY name").all(&self.readers);
        let read =
            |row: &sqlx::any::AnyRow| Ok(Patience { key: row.text("name")?, until: row.moment("until")?, reason: row.text("reason")? });
        rows.await?.iter().map(read).collect()
    }

    /// Remembers a wait. A longer one that is there stays; what is over is forgotten.
    ///
    /// # Errors
    /// Any.
    pub async fn wait_for_site(&self, wait: &Patience, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        Sql::new("DELETE FROM waits WHERE until <= ").bind(now).run(&mut *tx).await?;
        let row = vec![wait.key.as_str().into(), wait.until.into(), wait.reason.as_str().into(), now.into()];
        let kept = Sql::new("INSERT INTO waits (name, until, reason, asked_at) VALUES ").rows([row]).push(
            " ON CONFLICT (name) DO UPDATE SET until = excluded.until, reason = excluded.reason, asked_at = excluded.asked_at \
             WHERE waits.until < excluded.until",
        );
        kept.run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Ends waits by the operator's will; true where there was one.
    ///
    /// # Errors
    /// Any.
    pub async fn end_waits(&self, keys: &[String]) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let ended = Sql::new("DELETE FROM waits WHERE name IN ").list(keys.iter().map(String::as_str)).run(&mut *tx).await?;
        tx.commit().await?;
        Ok(ended > 0)
    }

    /// Spends `requests` steps of a domain's budget and says up to when it is then spent. Nodes that spend at the same moment each get
    /// steps of their own.
    ///
    /// # Errors
    /// Any; nothing is spent then.
    pub async fn spend_budget(&self, domain: &str, step: Duration, requests: u32, now: Moment) -> Result<Moment, StoreError> {
        let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let mut tx = self.write_relaxed().await?;
        let text = "INSERT INTO budgets (domain, spent, step, spent_at) VALUES ($1, $2 + $3, $4, $2) \
             ON CONFLICT (domain) DO UPDATE SET step = excluded.step, spent_at = excluded.spent_at, \
             spent = CASE WHEN budgets.spent > $2 AND budgets.step = $4 THEN budgets.spent ELSE $2 END + $3 RETURNING spent";
        let values = [domain.into(), now.into(), micros(step.saturating_mul(requests)).into(), micros(step).into()];
        let row = Sql::new(text).with(values).first(&mut *tx).await?;
        tx.commit().await?;
        row.map_or_else(|| Err(StoreError::NotFound(format!("budget {domain}"))), |row| row.moment("spent"))
    }

    /// Moves a source that was taken and may not be polled yet, and ends its lease. `turn_at` is its place in a budget.
    ///
    /// # Errors
    /// `LeaseLost`.
    pub async fn postpone_source(&self, owner: &str, name: &str, due: Moment, turn_at: Option<Moment>) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text =
            "UPDATE sources SET next_due_at = $3, turn_at = $4, lease_owner = '', lease_until = 0 WHERE name = $1 AND lease_owner = $2";
        let changed = Sql::new(text).with([name.into(), owner.into(), due.into(), turn_at.into()]).run(&mut *tx).await?;
        tx.commit().await?;
        if changed == 0 { Err(StoreError::LeaseLost(format!("source {name}"))) } else { Ok(()) }
    }
}
