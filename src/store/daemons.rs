//! What each daemon on this store judges and tells by: hashes, so that machines can see whether they agree.

use std::collections::BTreeMap;

use super::sql::{Columns as _, Sql, json};
use super::{Store, StoreError};
use crate::model::Moment;

/// What a daemon has in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Its name in leases.
    pub worker: String,
    /// Of Hearken.
    pub release: String,
    /// The hash of the rules.
    pub rules: String,
    /// Hashes of the sections of the settings.
    pub settings: BTreeMap<String, String>,
    /// Since when it is just this.
    pub since: Moment,
    /// Since when its rules are these.
    pub rules_since: Moment,
    pub seen_at: Moment,
}

impl Store {
    /// Shows what a daemon has in force. While that is the same, `since` stays as it was shown first.
    ///
    /// # Errors
    /// Any.
    pub async fn show_in_force(&self, shown: &InForce) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let row = vec![
            shown.worker.as_str().into(),
            shown.release.as_str().into(),
            shown.rules.as_str().into(),
            json(&shown.settings)?.into(),
            shown.since.into(),
            shown.rules_since.into(),
            shown.seen_at.into(),
        ];
        let sql = Sql::new("INSERT INTO daemons (worker, release, rules, settings, since, rules_since, seen_at) VALUES ").rows([row]).push(
            " ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at, \
             since = CASE WHEN daemons.rules = excluded.rules AND daemons.settings = excluded.settings THEN daemons.since \
             ELSE excluded.since END, \
             rules_since = CASE WHEN daemons.rules = excluded.rules THEN daemons.rules_since ELSE excluded.rules_since END, release = excluded.release, rules = excluded.rules, settings = excluded.settings",
        );
        sql.run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// What every daemon had in force that was seen since then, by name.
    ///
    /// # Errors
    /// Any.
    pub async fn in_force(&self, seen_since: Moment) -> Result<Vec<InForce>, StoreError> {
        let text = "SELECT worker, release, rules, settings, since, rules_since, seen_at FROM daemons WHERE seen_at >= $1 ORDER BY worker";
        let rows = Sql::new(text).with([seen_since.into()]).all(&self.readers).await?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(InForce {
                worker: row.text("worker")?,
                release: row.text("release")?,
                rules: row.text("rules")?,
                settings: row.json("settings")?,
                since: row.moment("since")?,
                rules_since: row.moment("rules_since")?,
                seen_at: row.moment("seen_at")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Forgets daemons that were not seen since then.
    ///
    /// # Errors
    /// Any.
    pub async fn forget_daemons(&self, seen_since: Moment) -> Result<u64, StoreError> {
        let mut tx = self.write_relaxed().await?;
        let forgotten = Sql::new("DELETE FROM daemons WHERE seen_at < ").bind(seen_since).run(&mut *tx).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}
