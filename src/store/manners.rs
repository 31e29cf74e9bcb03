//! What all nodes keep to together: the waits that sites asked for, the budgets of domains, and what robots.txt files said.

use std::time::Duration;

use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::{KeptRobots, Moment, Patience};

/// Rows of one statement, well below the values either engine takes.
const ROBOTS_A_STATEMENT: usize = 100;

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

    /// What robots.txt files said that were read since `since`.
    ///
    /// # Errors
    /// Any.
    pub async fn kept_robots(&self, since: Moment) -> Result<Vec<KeptRobots>, StoreError> {
        let text = "SELECT origin, agent, rules, etag, last_modified, seen_at FROM robots WHERE seen_at >= ";
        let read = |row: &sqlx::any::AnyRow| {
            Ok(KeptRobots {
                origin: row.text("origin")?,
                agent: row.text("agent")?,
                rules: row.text("rules")?,
                etag: row.text_or_none("etag")?,
                last_modified: row.text_or_none("last_modified")?,
                seen_at: row.moment("seen_at")?,
            })
        };
        Sql::new(text).bind(since).push(" ORDER BY origin").all(&self.readers).await?.iter().map(read).collect()
    }

    /// Remembers what robots.txt files said; what was read before `forgotten` is forgotten.
    ///
    /// # Errors
    /// Any; nothing of it is remembered then.
    pub async fn keep_robots(&self, read: &[KeptRobots], forgotten: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        Sql::new("DELETE FROM robots WHERE seen_at < ").bind(forgotten).run(&mut *tx).await?;
        for some in read.chunks(ROBOTS_A_STATEMENT) {
            let rows = some.iter().map(|one| {
                let (origin, agent, rules) = (one.origin.as_str().into(), one.agent.as_str().into(), one.rules.as_str().into());
                vec![origin, agent, rules, (&one.etag).into(), (&one.last_modified).into(), one.seen_at.into()]
            });
            let text = "INSERT INTO robots (origin, agent, rules, etag, last_modified, seen_at) VALUES ";
            let newer = " ON CONFLICT (origin) DO UPDATE SET agent = excluded.agent, rules = excluded.rules, etag = excluded.etag, \
                 last_modified = excluded.last_modified, seen_at = excluded.seen_at WHERE robots.seen_at < excluded.seen_at";
            Sql::in_order(self.engine, text).rows(rows).push(newer).run(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
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
