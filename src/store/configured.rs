//! Sources as the configuration names them: what is new, has moved, is read in another way or is gone.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::any::AnyRow;

use super::connect::Tx;
use super::matched::{Stored, matched};
use super::polls::forget_shown;
use super::sql::{Columns as _, Sql, Value, padded};
use super::{Engine, KEYS_A_STATEMENT, Store, StoreError, source_days, sources, subscriptions};
use crate::model::{FailureKind, Moment, SourceState};

/// A source as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSource {
    pub name: String,
    /// `feed`, `page`, ...
    pub kind: String,
    pub url: String,
    /// Host and port of `url`, lower case.
    pub host: String,
    /// A hash of what decides how its document is read: selectors and the like.
    pub reading: i64,
    /// First poll of a source that is new or back again.
    pub first_due_at: Moment,
    /// First poll of one whose address or way of reading was changed: whoever mended it waits for that.
    pub changed_due_at: Moment,
}

/// Serialises the takings-up of settings on PostgreSQL: which source is which spans all rows.
const SYNC_GATE: i64 = 0x6865_6172_6b65_6e07;

/// Stands before an id in the place of a name while several sources change theirs; no name begins so.
const NAMELESS: char = '\u{1f}';

impl Store {
    /// Makes the stored sources those of the configuration; see `matched` for which is which. Another name changes nothing but the name. A
    /// changed address or way of reading forgets validators and failures: what did not change there is read anew, and soon. What a list
    /// showed stays known where it has another address (`Watch::moved`); of anything else the baseline is forgotten. One that is gone is
    /// kept, marked as removed.
    ///
    /// # Errors
    /// Any.
    pub async fn sync_sources(&self, wanted: &[NewSource], now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        if self.engine == Engine::Postgres {
            super::connect::gate(&mut tx, SYNC_GATE).await?;
        }
        let rows = Sql::new("SELECT id, name, kind, url, reading, removed, last_polled_at FROM sources ORDER BY id").all(&mut *tx).await?;
        let stored = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let matched = matched(&stored, wanted);
        for kept in stored.iter().enumerate().filter(|(at, kept)| !kept.removed && !matched.contains(&Some(*at))).map(|(_, kept)| kept) {
            leave(&mut tx, &kept.id, now).await?;
        }
        let pairs = || wanted.iter().zip(&matched).map(|(source, at)| (source, at.map(|at| &stored[at])));
        let renamed: Vec<(&NewSource, &Stored)> =
            pairs().filter_map(|(source, kept)| Some((source, kept.filter(|kept| kept.name != source.name)?))).collect();
        rename(&mut tx, &renamed).await?;
        let mut ids: BTreeSet<&str> = stored.iter().map(|kept| kept.id.as_str()).collect();
        for (source, kept) in pairs() {
            match kept {
                None => insert(&mut tx, source, &mut ids, now).await?,
                Some(kept) if !kept.stands_at(source) => {
                    let is_list = LISTS.contains(&kept.kind.as_str()) && LISTS.contains(&source.kind.as_str());
                    move_to(&mut tx, &kept.id, source, is_list && !kept.removed).await?;
                }
                Some(kept) if kept.removed => restore(&mut tx, &kept.id, source).await?,
                Some(kept) if kept.reading != source.reading => read_anew(&mut tx, &kept.id, source).await?,
                Some(_) => {}
            }
        }
        tx.commit().await?;
        self.size_caches(wanted.len()).await
    }

    /// Of these sources, by their ids, those about whose coming a list left the configuration: it has `predecessors`.
    ///
    /// # Errors
    /// Any.
    pub async fn following(&self, sources: &[&str]) -> Result<BTreeSet<String>, StoreError> {
        let mut following = BTreeSet::new();
        for part in sources.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("SELECT n.id FROM sources n WHERE EXISTS (SELECT 1 FROM sources s WHERE ").push(LEFT_THEN).with([within()]);
            let sql = sql.push(" AND s.kind IN ").list(LISTS).push(") AND n.id IN ").list(padded(part));
            for row in sql.all(&self.readers).await? {
                following.insert(row.text("id")?);
            }
        }
        Ok(following)
    }

    /// Lists that left the configuration about when this source came into it, in its place perhaps: those of its host first, then those that
    /// were read last.
    ///
    /// # Errors
    /// Any.
    pub async fn predecessors(&self, source: &str, limit: i64) -> Result<Vec<SourceState>, StoreError> {
        let columns = sources::COLUMNS.split(", ").map(|column| format!("s.{column}")).collect::<Vec<_>>().join(", ");
        let sql = Sql::new("SELECT ").push(&columns).push(" FROM sources n JOIN sources s ON ").push(LEFT_THEN).with([within()]);
        let sql = sql.push(" AND s.kind IN ").list(LISTS).push(" WHERE n.id = ").bind(source);
        let order = " ORDER BY CASE WHEN s.host = n.host THEN 0 ELSE 1 END, s.last_polled_at DESC, s.id";
        sql.push(order).limit(limit).all(&self.readers).await?.iter().map(sources::read).collect()
    }

    /// Gives a source that was never read the memory of one that left the configuration: the list it shows says that it is that one under
    /// another name and at another address. It is read anew, and at once. False where either is not what it was.
    ///
    /// # Errors
    /// Any.
    pub async fn adopt(&self, fresh: &SourceState, left: &SourceState, now: Moment) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let text = "DELETE FROM sources WHERE id = $1 AND removed = 0 AND last_success_at IS NULL RETURNING name, kind, url, host, reading";
        let Some(row) = Sql::new(text).with([fresh.id.as_str().into()]).first(&mut *tx).await? else { return Ok(false) };
        let source = NewSource {
            name: row.text("name")?,
            kind: row.text("kind")?,
            url: row.text("url")?,
            host: row.text("host")?,
            reading: row.int("reading")?,
            first_due_at: now,
            changed_due_at: now,
        };
        subscriptions::forget(&mut tx, &source.name).await?;
        let text = "UPDATE sources SET name = $2, removed = 0, left_at = 0, told_as = NULL WHERE id = $1 AND removed = 1";
        if Sql::new(text).with([left.id.as_str().into(), source.name.as_str().into()]).run(&mut *tx).await? == 0 {
            return Ok(false);
        }
        move_to(&mut tx, &left.id, &source, true).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Makes sources that fail due at once: settings that were just taken up may be the remedy, as a secret or a proxy is. What a site asked
    /// to wait for is waited for.
    ///
    /// # Errors
    /// Any.
    pub async fn try_failing_again(&self, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        // The `+` keeps SQLite to the index of those that fail.
        let text = "UPDATE sources SET next_due_at = $1 WHERE failures > 0 AND +removed = 0 AND +next_due_at > $1 AND failure <> $2";
        Sql::new(text).with([now.into(), FailureKind::Throttled.as_str().into()]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

/// One that came and one that left within so much of each other may be the same: whoever edits by hand saves more than once.
const REPLACED_WITHIN: Duration = Duration::from_hours(24);

fn read(row: &AnyRow) -> Result<Stored, StoreError> {
    Ok(Stored {
        id: row.text("id")?,
        name: row.text("name")?,
        kind: row.text("kind")?,
        url: row.text("url")?,
        reading: row.int("reading")?,
        removed: row.flag("removed")?,
        last_polled_at: row.moment_or_none("last_polled_at")?,
    })
}

async fn leave(tx: &mut Tx, id: &str, now: Moment) -> Result<(), StoreError> {
    // 0 is for those that stand in the configuration.
    let text = "UPDATE sources SET removed = 1, left_at = $2, lease_owner = '', lease_until = 0 WHERE id = $1";
    Sql::new(text).with([id.into(), now.0.max(1).into()]).run(&mut **tx).await.map(drop)
}

/// Each source its name of now. Two may exchange theirs, so all lose the old ones first. Polls under way lose their lease, for they would
/// be told of under the old name; so would trouble, which ends with that name and is told once more where it lasts; and hubs are asked anew.
async fn rename(tx: &mut Tx, renamed: &[(&NewSource, &Stored)]) -> Result<(), StoreError> {
    for (source, kept) in renamed {
        tracing::info!(old = kept.name, new = source.name, "a source has another name now, and keeps its memory");
        for name in [&kept.name, &source.name] {
            subscriptions::forget(tx, name).await?;
        }
        let text = "UPDATE sources SET name = $2, told_as = NULL, pushed_until = NULL, lease_owner = '', lease_until = 0 WHERE id = $1";
        Sql::new(text).with([kept.id.as_str().into(), format!("{NAMELESS}{}", kept.id).into()]).run(&mut **tx).await?;
    }
    for (source, kept) in renamed {
        let text = "UPDATE sources SET name = $2 WHERE id = $1";
        Sql::new(text).with([kept.id.as_str().into(), source.name.as_str().into()]).run(&mut **tx).await?;
    }
    Ok(())
}

async fn insert<'a>(tx: &mut Tx, source: &'a NewSource, ids: &mut BTreeSet<&'a str>, now: Moment) -> Result<(), StoreError> {
    let id = free_id(&source.name, ids);
    ids.insert(&source.name);
    let row = vec![
        id.into(),
        source.name.as_str().into(),
        source.kind.as_str().into(),
        source.url.as_str().into(),
        source.host.as_str().into(),
        source.reading.into(),
        source.first_due_at.into(),
        now.into(),
    ];
    Sql::new("INSERT INTO sources (id, name, kind, url, host, reading, next_due_at, came_at) VALUES ")
        .rows([row])
        .run(&mut **tx)
        .await
        .map(drop)
}

/// The name where no other source is remembered under it, else with a number. Never shown.
fn free_id(name: &str, taken: &BTreeSet<&str>) -> String {
    let numbered = (2_u64..).map(|number| format!("{name}#{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|id| !taken.contains(id.as_str())).unwrap_or_default()
}

/// Kinds that show all they have with every read, under ids that do not hang on where they are read.
const LISTS: [&str; 3] = ["feed", "page", "json"];

/// A source `s` that had been read left within `$1` of the moment at which `n` came.
const LEFT_THEN: &str = "s.removed = 1 AND s.baselined = 1 AND s.last_success_at IS NOT NULL \
     AND s.left_at >= n.came_at - $1 AND s.left_at <= n.came_at + $1";

fn within() -> Value {
    i64::try_from(REPLACED_WITHIN.as_micros()).unwrap_or(i64::MAX / 2).into()
}
/// The watch of a source that was read before and has another address now.
const MOVED: &str = "{\"moved\":true}";

/// `keeps`: what it showed at the other address stays known.
async fn move_to(tx: &mut Tx, id: &str, source: &NewSource, keeps: bool) -> Result<(), StoreError> {
    forget_shown(tx, id).await?;
    source_days::forget(tx, id).await?;
    let text = "UPDATE sources SET kind = $1, url = $2, host = $3, next_due_at = CASE WHEN $7 = 1 AND baselined = 1 THEN $8 ELSE $4 END, \
         watch = CASE WHEN $7 = 1 AND baselined = 1 THEN $9 ELSE NULL END, last_item_at = CASE WHEN $7 = 1 THEN last_item_at ELSE NULL END, \
         baselined = CASE WHEN $7 = 1 THEN baselined ELSE 0 END, etag = NULL, last_modified = NULL, body_hash = 0, removed = 0, left_at = 0, \
         failures = 0, failure = NULL, failure_detail = NULL, failing_since = NULL, pace = NULL, turn_at = NULL, pushed_until = NULL, \
         reading = $6, lease_owner = '', lease_until = 0 WHERE id = $5";
    let values = [
        source.kind.as_str().into(),
        source.url.as_str().into(),
        source.host.as_str().into(),
        source.first_due_at.into(),
        id.into(),
        source.reading.into(),
        i64::from(keeps).into(),
        source.changed_due_at.into(),
        MOVED.into(),
    ];
    Sql::new(text).with(values).run(&mut **tx).await.map(drop)
}

/// Its validators may be older than what was pruned meanwhile: the next poll reads everything.
async fn restore(tx: &mut Tx, id: &str, source: &NewSource) -> Result<(), StoreError> {
    forget_shown(tx, id).await?;
    let text = "UPDATE sources SET removed = 0, left_at = 0, next_due_at = $1, etag = NULL, last_modified = NULL, body_hash = 0, failures = 0, \
         failure = NULL, failure_detail = NULL, failing_since = NULL, baselined = 0, reading = $3 WHERE id = $2";
    Sql::new(text).with([source.first_due_at.into(), id.into(), source.reading.into()]).run(&mut **tx).await.map(drop)
}

/// The lease ends with it: a poll under way reads as before, and its validators would hide the document from the new way.
async fn read_anew(tx: &mut Tx, id: &str, source: &NewSource) -> Result<(), StoreError> {
    forget_shown(tx, id).await?;
    let text = "UPDATE sources SET reading = $1, etag = NULL, last_modified = NULL, body_hash = 0, failures = 0, turn_at = NULL, \
         next_due_at = CASE WHEN next_due_at > $3 THEN $3 ELSE next_due_at END, lease_owner = '', lease_until = 0 WHERE id = $2";
    Sql::new(text).with([source.reading.into(), id.into(), source.changed_due_at.into()]).run(&mut **tx).await.map(drop)
}
