//! Pushes: what a source sends by itself, kept in one transaction like a poll, and without the poll's lease.

use std::collections::BTreeMap;

use super::connect::Tx;
use super::items::{KnownItem, PollCommit, SeenItem};
use super::polls::upsert;
use super::sql::{Columns as _, Sql, json};
use super::{KEYS_A_STATEMENT, Store, StoreError, mentions, seen, verdicts};
use crate::model::{Fingerprint, Identity, Mention, Moment, SourceState, Verdict};

/// What a push is besides its items.
#[derive(Clone, Debug)]
pub struct Push<'a> {
    /// What was known of the items when they were judged.
    pub known: &'a BTreeMap<Identity, KnownItem>,
    /// The id of a signed call: it is taken once.
    pub call_id: Option<String>,
    /// The source lives by its pushes, so that one is what a good poll is to another source.
    pub lives_by_it: bool,
    /// At least one item is new or edited.
    pub fresh: bool,
    /// It was seen elsewhere, and not in the source: when the source showed it last stays as it was.
    pub looked: bool,
}

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushKept {
    Kept,
    /// The id of the call was seen before; nothing was written.
    Replayed,
    /// Someone else kept one of the items meanwhile; nothing was written, and the push is to be judged again.
    Overtaken,
}

impl Store {
    /// Keeps a push: items, mentions and verdicts together, and that the source was heard.
    ///
    /// # Errors
    /// `NotFound` where the source is not stored or was taken out.
    pub async fn commit_push(&self, commit: &PollCommit, push: &Push<'_>) -> Result<PushKept, StoreError> {
        let mut tx = self.write().await?;
        // Takes the row first: pushes to one source wait for each other, whichever node has them.
        hear(&mut tx, commit, push).await?;
        if let Some(id) = &push.call_id
            && !seen::first(&mut tx, id, commit.now).await?
        {
            return Ok(PushKept::Replayed);
        }
        if fingerprints(&mut tx, commit).await? != expected(commit, push) {
            return Ok(PushKept::Overtaken);
        }
        let items: Vec<(&PollCommit, &SeenItem)> = commit.items.iter().map(|item| (commit, item)).collect();
        let judged: Vec<(&(Mention, Verdict), Moment)> =
            commit.items.iter().filter_map(|item| Some((item.mention.as_ref()?, commit.now))).collect();
        let of_source: Vec<_> = judged.iter().map(|(judged, _)| (commit.state.id.as_str(), *judged)).collect();
        mentions::upsert(&mut tx, self.engine, &of_source).await?;
        verdicts::insert(&mut tx, self.engine, &judged).await?;
        let shown = if push.looked { last_shown(&mut tx, commit).await? } else { Vec::new() };
        upsert(&mut tx, self.engine, &items).await?;
        for (identity, at) in shown {
            let text = "UPDATE items SET last_seen_at = $3 WHERE source = $1 AND identity = $2";
            Sql::new(text).with([commit.state.id.as_str().into(), identity.into(), at.into()]).run(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(PushKept::Kept)
    }

    /// Ends a look at a source that is not polled: when the next one is due, and what its days have taught. A first look begins the time of
    /// its silence; what pushes write meanwhile stays.
    ///
    /// # Errors
    /// `LeaseLost`.
    pub async fn commit_look(&self, owner: &str, state: &SourceState, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE sources SET next_due_at = $3, last_polled_at = $4, last_success_at = COALESCE(last_success_at, $4), baselined = 1, \
             watch = $5, lease_owner = '', lease_until = 0 WHERE name = $1 AND lease_owner = $2";
        let values = [state.name.as_str().into(), owner.into(), state.next_due_at.into(), now.into(), json(&state.watch)?.into()];
        let changed = Sql::new(text).with(values).run(&mut *tx).await?;
        tx.commit().await?;
        if changed == 0 { Err(StoreError::LeaseLost(format!("source {}", state.name))) } else { Ok(()) }
    }

    /// Makes a source due now, unless it is due already: something was said of it that a poll should look into.
    ///
    /// # Errors
    /// Any.
    pub async fn hasten_source(&self, name: &str, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE sources SET next_due_at = $2 WHERE name = $1 AND next_due_at > $2 AND failures = 0 AND removed = 0";
        Sql::new(text).with([name.into(), now.into()]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

async fn hear(tx: &mut Tx, commit: &PollCommit, push: &Push<'_>) -> Result<(), StoreError> {
    let (name, now) = (commit.state.name.as_str(), commit.now);
    let text = if push.lives_by_it {
        "UPDATE sources SET last_item_at = CASE WHEN $3 = 1 THEN $2 ELSE last_item_at END, changed_at = $2, last_polled_at = $2, \
         last_success_at = $2, baselined = 1, failures = 0, failure = NULL, failure_detail = NULL, failing_since = NULL \
         WHERE name = $1 AND removed = 0"
    } else {
        // `changed_at` stays: what a push does not show has not left the source.
        "UPDATE sources SET last_item_at = CASE WHEN $3 = 1 THEN $2 ELSE last_item_at END WHERE name = $1 AND removed = 0"
    };
    let changed = Sql::new(text).with([name.into(), now.into(), i64::from(push.fresh).into()]).run(&mut **tx).await?;
    if changed == 0 { Err(StoreError::NotFound(format!("source {name}"))) } else { Ok(()) }
}

async fn fingerprints(tx: &mut Tx, commit: &PollCommit) -> Result<BTreeMap<Identity, Fingerprint>, StoreError> {
    let mut found = BTreeMap::new();
    for part in commit.items.chunks(KEYS_A_STATEMENT) {
        let sql = Sql::new("SELECT identity, fingerprint FROM items WHERE source = ").bind(commit.state.id.as_str());
        for row in sql.push(" AND identity IN ").list(part.iter().map(|item| item.identity)).all(&mut **tx).await? {
            found.insert(Identity(row.int("identity")?), Fingerprint(row.int("fingerprint")?));
        }
    }
    Ok(found)
}

/// When the source showed these items last.
async fn last_shown(tx: &mut Tx, commit: &PollCommit) -> Result<Vec<(Identity, Moment)>, StoreError> {
    let mut found = Vec::new();
    for part in commit.items.chunks(KEYS_A_STATEMENT) {
        let sql = Sql::new("SELECT identity, last_seen_at FROM items WHERE source = ").bind(commit.state.id.as_str());
        for row in sql.push(" AND identity IN ").list(part.iter().map(|item| item.identity)).all(&mut **tx).await? {
            found.push((Identity(row.int("identity")?), row.moment("last_seen_at")?));
        }
    }
    Ok(found)
}

fn expected(commit: &PollCommit, push: &Push<'_>) -> BTreeMap<Identity, Fingerprint> {
    let known = commit.items.iter().filter_map(|item| Some((item.identity, push.known.get(&item.identity)?.fingerprint)));
    known.collect()
}
