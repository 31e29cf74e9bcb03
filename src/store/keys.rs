//! Keys that the nodes share and nobody configured.

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
}
