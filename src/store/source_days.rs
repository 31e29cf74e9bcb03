//! The complete days of each source: polls by outcome, new items.

use std::time::Duration;

use super::connect::Tx;
use super::sql::{Columns as _, Sql, json};
use super::{Store, StoreError};
use crate::model::{DayCount, Moment};

/// Days are kept this long: a year to compare with, and the season.
pub(super) const KEEP_DAYS: Duration = Duration::from_hours(400 * 24);

impl Store {
    /// Keeps a day that is over; once more it is written over.
    ///
    /// # Errors
    /// Any.
    pub async fn keep_day(&self, source: &str, count: &DayCount) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let row = vec![source.into(), count.day.into(), json(count)?.into()];
        let sql = Sql::new("INSERT INTO source_days (source, day, counts) VALUES ").rows([row]);
        sql.push(" ON CONFLICT (source, day) DO UPDATE SET counts = excluded.counts").run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The days of a source from this one on, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn source_days(&self, source: &str, from: i64) -> Result<Vec<DayCount>, StoreError> {
        let text = "SELECT counts FROM source_days WHERE source = $1 AND day >= $2 ORDER BY day";
        let rows = Sql::new(text).with([source.into(), from.into()]).all(&self.readers).await?;
        rows.iter().map(|row| row.json("counts")).collect()
    }

    /// When items of a source were first seen, and how many each time, from `from` on and before `until`, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn arrivals(&self, source: &str, from: Moment, until: Moment) -> Result<Vec<(Moment, u32)>, StoreError> {
        let text = "SELECT first_seen_at, COUNT(*) AS items FROM items WHERE source = $1 AND first_seen_at >= $2 AND first_seen_at < $3 \
             GROUP BY first_seen_at ORDER BY first_seen_at";
        let rows = Sql::new(text).with([source.into(), from.into(), until.into()]).all(&self.readers).await?;
        let items = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        rows.iter().map(|row| Ok((row.moment("first_seen_at")?, items(row.int("items")?)))).collect()
    }
}

/// Forgets every day of a source: it is another place now.
pub(super) async fn forget(tx: &mut Tx, source: &str) -> Result<(), StoreError> {
    Sql::new("DELETE FROM source_days WHERE source = ").bind(source).run(&mut **tx).await.map(drop)
}
