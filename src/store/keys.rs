//! Keys that the nodes share and nobody configured, and what else a start has to know of those before it.

use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::{Moment, Secret};

impl Store {
    /// The key of that name: the one that is there, else `fresh`, which is kept. All nodes get the same.
    ///
    /// # Errors
    /// Any.
    pub async fn key(&self, name: &str, fresh: &Secret, now: Moment) -> Result<Secret, StoreError> {
        let mut tx = self.write().await?;
        let row = vec![name.into(), fresh.expose().into(), now.into()];
        let sql = Sql::new("INSERT INTO keys (name, value, made_at) VALUES ").rows([row]).push(" ON CONFLICT (name) DO NOTHING");
        sql.run(&mut *tx).await?;
        let row = Sql::new("SELECT value FROM keys WHERE name = ").bind(name).first(&mut *tx).await?;
        let key = row.ok_or_else(|| StoreError::NotFound(format!("key {name}")))?.text("value")?;
        tx.commit().await?;
        Ok(Secret::new(key))
    }

    /// What was noted under that name last.
    ///
    /// # Errors
    /// Any.
    pub async fn noted(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = Sql::new("SELECT value FROM keys WHERE name = ").bind(note(name)).first(&self.readers).await?;
        row.map(|row| row.text("value")).transpose()
    }

    /// Notes a word under a name, in place of what stood there.
    ///
    /// # Errors
    /// Any.
    pub async fn set_noted(&self, name: &str, value: &str, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let row = vec![note(name).into(), value.into(), now.into()];
        let sql = Sql::new("INSERT INTO keys (name, value, made_at) VALUES ").rows([row]);
        sql.push(" ON CONFLICT (name) DO UPDATE SET value = excluded.value, made_at = excluded.made_at").run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

/// No note takes the name of a key.
fn note(name: &str) -> String {
    format!("note:{name}")
}
