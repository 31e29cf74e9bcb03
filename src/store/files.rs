//! Dropped files: how far each was taken, in the transaction of its items.

use std::collections::BTreeSet;

use super::connect::Tx;
use super::items::{PollCommit, SeenItem};
use super::polls::upsert;
use super::sql::{Columns as _, Sql};
use super::{Store, StoreError, mentions, verdicts};
use crate::model::{Mention, Moment, Verdict};

/// How far a file was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePosition {
    /// The file's own name in the folder of its source.
    pub name: String,
    /// Tells this file from another of the same name.
    pub digest: i64,
    /// Records read so far, and those of them that were taken.
    pub records: i64,
    pub taken: i64,
    /// What is to be said of the others, as JSON.
    pub refused: String,
    /// Nothing of it is left to read.
    pub ended: bool,
}

impl Store {
    /// Keeps a batch of a file: items, mentions, verdicts and the position behind them, together or not at all. The lease on the source
    /// is kept.
    ///
    /// # Errors
    /// `LeaseLost`, and then nothing is kept.
    pub async fn commit_batch(&self, batch: &PollCommit, position: &FilePosition, fresh: bool) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        hold(&mut tx, batch, fresh).await?;
        let mut identities = BTreeSet::new();
        let items: Vec<(&PollCommit, &SeenItem)> =
            batch.items.iter().filter(|item| identities.insert(item.identity)).map(|item| (batch, item)).collect();
        let judged: Vec<(&(Mention, Verdict), Moment)> =
            items.iter().filter_map(|(_, item)| Some((item.mention.as_ref()?, batch.now))).collect();
        let of_source: Vec<_> = judged.iter().map(|(judged, _)| (batch.state.id.as_str(), *judged)).collect();
        mentions::upsert(&mut tx, self.engine, &of_source).await?;
        verdicts::insert(&mut tx, self.engine, &judged).await?;
        upsert(&mut tx, self.engine, &items).await?;
        keep(&mut tx, &batch.state.id, position, batch.now).await?;
        Ok(tx.commit().await?)
    }

    /// How far a file was taken; none where it was not begun, or another file had that name.
    ///
    /// # Errors
    /// Any.
    pub async fn file_position(&self, source: &str, name: &str, digest: i64) -> Result<Option<FilePosition>, StoreError> {
        let sql = Sql::new("SELECT records, taken, refused, ended FROM file_positions WHERE source = ").bind(source);
        let sql = sql.push(" AND name = ").bind(name).push(" AND digest = ").bind(digest);
        let Some(row) = sql.first(&self.readers).await? else { return Ok(None) };
        Ok(Some(FilePosition {
            name: name.to_owned(),
            digest,
            records: row.int("records")?,
            taken: row.int("taken")?,
            refused: row.text("refused")?,
            ended: row.flag("ended")?,
        }))
    }

    /// Remembers a file that was taken and put away as `kept_as`, a folder of ours and its name there, and how long it was then; of others
    /// what was put away before `since` is forgotten.
    ///
    /// # Errors
    /// Any.
    pub async fn put_file_away(
        &self,
        source: &str,
        name: &str,
        (kept_as, bytes): (&str, i64),
        (now, since): (Moment, Moment),
    ) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let old = "DELETE FROM file_positions WHERE source = $1 AND (name = $2 OR name = $3 OR (name LIKE '%/%' AND at < $4))";
        Sql::new(old).with([source.into(), name.into(), kept_as.into(), since.into()]).run(&mut *tx).await?;
        let row =
            vec![source.into(), kept_as.into(), 0_i64.into(), 0_i64.into(), 0_i64.into(), "".into(), true.into(), now.into(), bytes.into()];
        let text = "INSERT INTO file_positions (source, name, digest, records, taken, refused, ended, at, bytes) VALUES ";
        Sql::new(text).rows([row]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// What was put away since then, each with the bytes it had.
    ///
    /// # Errors
    /// Any.
    pub async fn files_put_away(&self, source: &str, since: Moment) -> Result<Vec<(String, i64)>, StoreError> {
        let text = "SELECT name, bytes FROM file_positions WHERE source = $1 AND name LIKE '%/%' AND at >= $2 ORDER BY name";
        let rows = Sql::new(text).with([source.into(), since.into()]).all(&self.readers).await?;
        rows.iter().map(|row| Ok((row.text("name")?, row.int("bytes")?))).collect()
    }

    /// Forgets a file that is in its folder again, or no more.
    ///
    /// # Errors
    /// Any.
    pub async fn forget_file(&self, source: &str, name: &str) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        Sql::new("DELETE FROM file_positions WHERE source = ").bind(source).push(" AND name = ").bind(name).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

/// The source is ours, and was heard.
async fn hold(tx: &mut Tx, batch: &PollCommit, fresh: bool) -> Result<(), StoreError> {
    let text = "UPDATE sources SET last_item_at = CASE WHEN $4 = 1 THEN $3 ELSE last_item_at END, changed_at = $3, baselined = 1 \
         WHERE name = $1 AND lease_owner = $2";
    let name = batch.state.name.as_str();
    let values = [name.into(), batch.owner.as_str().into(), batch.now.into(), i64::from(fresh).into()];
    let changed = Sql::new(text).with(values).run(&mut **tx).await?;
    if changed == 0 { Err(StoreError::LeaseLost(format!("source {name}"))) } else { Ok(()) }
}

async fn keep(tx: &mut Tx, source: &str, position: &FilePosition, now: Moment) -> Result<(), StoreError> {
    let row = vec![
        source.into(),
        position.name.as_str().into(),
        position.digest.into(),
        position.records.into(),
        position.taken.into(),
        position.refused.as_str().into(),
        position.ended.into(),
        now.into(),
    ];
    let text = "INSERT INTO file_positions (source, name, digest, records, taken, refused, ended, at) VALUES ";
    let sql = Sql::new(text).rows([row]).push(
        " ON CONFLICT (source, name) DO UPDATE SET digest = excluded.digest, records = excluded.records, taken = excluded.taken, \
         refused = excluded.refused, ended = excluded.ended, at = excluded.at",
    );
    sql.run(&mut **tx).await.map(drop)
}
