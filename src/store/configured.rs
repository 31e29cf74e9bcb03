//! Sources as the configuration names them: what is new, has moved, is read in another way or is gone.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::Tx;
use super::polls::forget_shown;
use super::sql::{Columns as _, Sql};
use super::{Store, StoreError, renamed, source_days};
use crate::model::{FailureKind, Moment};

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

/// What is stored of each source by its name: kind, address, way of reading, and whether it was removed.
pub(super) type Stored = BTreeMap<String, (String, String, i64, bool)>;

impl Store {
    /// Makes the stored sources those of the configuration. A changed address or way of reading forgets validators and failures: what did
    /// not change there is read anew, and soon. What a list showed stays known where it has another address (`Watch::moved`); of anything
    /// else the baseline is forgotten. A source that has another name now keeps its memory; one that is gone is kept, marked as removed.
    ///
    /// # Errors
    /// Any.
    pub async fn sync_sources(&self, wanted: &[NewSource]) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let rows = Sql::new("SELECT name, kind, url, reading, removed FROM sources").all(&mut *tx).await?;
        let mut stored = Stored::new();
        for row in &rows {
            stored.insert(row.text("name")?, (row.text("kind")?, row.text("url")?, row.int("reading")?, row.flag("removed")?));
        }
        let names: BTreeSet<&str> = wanted.iter().map(|source| source.name.as_str()).collect();
        for (old, source) in renamed::pairs(&stored, wanted) {
            renamed::rename(&mut tx, &old, source).await?;
            let kept = stored.remove(&old);
            stored.extend(kept.map(|kept| (source.name.clone(), kept)));
        }
        for source in wanted {
            match stored.get(&source.name) {
                None => insert(&mut tx, source).await?,
                Some((kind, url, .., removed)) if *url != source.url || *kind != source.kind => {
                    let is_list = LISTS.contains(&kind.as_str()) && LISTS.contains(&source.kind.as_str());
                    move_to(&mut tx, source, is_list && !removed).await?;
                }
                Some((.., true)) => restore(&mut tx, source).await?,
                Some((_, _, reading, _)) if *reading != source.reading => read_anew(&mut tx, source).await?,
                Some(_) => {}
            }
        }
        for (name, (.., removed)) in &stored {
            if !removed && !names.contains(name.as_str()) {
                Sql::new("UPDATE sources SET removed = 1, lease_owner = '', lease_until = 0 WHERE name = ")
                    .bind(name)
                    .run(&mut *tx)
                    .await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Makes sources that fail due at once: settings that were just taken up may be the remedy, as a secret or a proxy is. What a site asked
    /// to wait for is waited for.
    ///
    /// # Errors
    /// Any.
    pub async fn try_failing_again(&self, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let text = "UPDATE sources SET next_due_at = $1 WHERE removed = 0 AND failures > 0 AND next_due_at > $1 AND failure <> $2";
        Sql::new(text).with([now.into(), FailureKind::Throttled.as_str().into()]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

async fn insert(tx: &mut Tx, source: &NewSource) -> Result<(), StoreError> {
    let row = vec![
        source.name.as_str().into(),
        source.kind.as_str().into(),
        source.url.as_str().into(),
        source.host.as_str().into(),
        source.reading.into(),
        source.first_due_at.into(),
    ];
    // Another daemon may start with the same configuration at this moment.
    let text = Sql::new("INSERT INTO sources (name, kind, url, host, reading, next_due_at) VALUES ")
        .rows([row])
        .push(" ON CONFLICT (name) DO NOTHING");
    text.run(&mut **tx).await.map(drop)
}

/// Kinds that show all they have with every read, under ids that do not hang on where they are read.
const LISTS: [&str; 3] = ["feed", "page", "json"];
/// The watch of a source that was read before and has another address now.
const MOVED: &str = "{\"moved\":true}";

/// `keeps`: what it showed at the other address stays known.
async fn move_to(tx: &mut Tx, source: &NewSource, keeps: bool) -> Result<(), StoreError> {
    forget_shown(tx, &source.name).await?;
    source_days::forget(tx, &source.name).await?;
    let text = "UPDATE sources SET kind = $1, url = $2, host = $3, next_due_at = CASE WHEN $7 = 1 AND baselined = 1 THEN $8 ELSE $4 END, \
         watch = CASE WHEN $7 = 1 AND baselined = 1 THEN $9 ELSE NULL END, last_item_at = CASE WHEN $7 = 1 THEN last_item_at ELSE NULL END, \
         baselined = CASE WHEN $7 = 1 THEN baselined ELSE 0 END, etag = NULL, last_modified = NULL, body_hash = 0, removed = 0, \
         failures = 0, failure = NULL, failure_detail = NULL, failing_since = NULL, pace = NULL, turn_at = NULL, pushed_until = NULL, \
         reading = $6, lease_owner = '', lease_until = 0 WHERE name = $5";
    let values = [
        source.kind.as_str().into(),
        source.url.as_str().into(),
        source.host.as_str().into(),
        source.first_due_at.into(),
        source.name.as_str().into(),
        source.reading.into(),
        i64::from(keeps).into(),
        source.changed_due_at.into(),
        MOVED.into(),
    ];
    Sql::new(text).with(values).run(&mut **tx).await.map(drop)
}

/// Its validators may be older than what was pruned meanwhile: the next poll reads everything.
async fn restore(tx: &mut Tx, source: &NewSource) -> Result<(), StoreError> {
    forget_shown(tx, &source.name).await?;
    let text = "UPDATE sources SET removed = 0, next_due_at = $1, etag = NULL, last_modified = NULL, body_hash = 0, failures = 0, \
         failure = NULL, failure_detail = NULL, failing_since = NULL, baselined = 0, reading = $3 WHERE name = $2";
    Sql::new(text).with([source.first_due_at.into(), source.name.as_str().into(), source.reading.into()]).run(&mut **tx).await.map(drop)
}

/// The lease ends with it: a poll under way reads as before, and its validators would hide the document from the new way.
async fn read_anew(tx: &mut Tx, source: &NewSource) -> Result<(), StoreError> {
    forget_shown(tx, &source.name).await?;
    let text = "UPDATE sources SET reading = $1, etag = NULL, last_modified = NULL, body_hash = 0, failures = 0, turn_at = NULL, \
         next_due_at = CASE WHEN next_due_at > $3 THEN $3 ELSE next_due_at END, lease_owner = '', lease_until = 0 WHERE name = $2";
    let values = [source.reading.into(), source.name.as_str().into(), source.changed_due_at.into()];
    Sql::new(text).with(values).run(&mut **tx).await.map(drop)
}
