//! Items: what each source has shown, and the one transaction of a poll.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::Tx;
use super::sql::{Columns as _, Sql, Value};
use super::{KEYS_A_STATEMENT, ROWS_A_STATEMENT, Store, StoreError, mentions, sources, verdicts};
use crate::model::{Fingerprint, Identity, Mention, Moment, SourceState, Verdict};

/// What is remembered of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownItem {
    pub fingerprint: Fingerprint,
    /// The mention it became, and that one's present revision.
    pub mention: Option<(String, i64)>,
}

/// An item of a poll.
#[derive(Clone, Debug)]
pub struct SeenItem {
    pub identity: Identity,
    pub fingerprint: Fingerprint,
    /// Set where the item names a brand and is new or was edited.
    pub mention: Option<(Mention, Verdict)>,
}

/// Everything a poll found, kept together or not at all.
#[derive(Clone, Debug)]
pub struct PollCommit {
    pub owner: String,
    /// The source's new state; `state.name` names it.
    pub state: SourceState,
    /// Every item the source shows now, known ones too: what is missing here has left the source and may be forgotten in time.
    pub items: Vec<SeenItem>,
    pub now: Moment,
}

impl Store {
    /// What is remembered of these items; unknown ones are missing.
    ///
    /// # Errors
    /// Any.
    pub async fn known_items(&self, source: &str, identities: &[Identity]) -> Result<BTreeMap<Identity, KnownItem>, StoreError> {
        let mut known = BTreeMap::new();
        for part in identities.chunks(KEYS_A_STATEMENT) {
            let text = "SELECT i.identity, i.fingerprint, i.mention, m.revision FROM items i LEFT JOIN mentions m ON m.id = i.mention WHERE i.source = ";
            let rows = Sql::new(text).bind(source).push(" AND i.identity IN ").list(part.iter().copied()).all(&self.readers).await?;
            for row in rows {
                let mention = row.text_or_none("mention")?.zip(row.int_or_none("revision")?);
                let item = KnownItem { fingerprint: Fingerprint(row.int("fingerprint")?), mention };
                known.insert(Identity(row.int("identity")?), item);
            }
        }
        Ok(known)
    }

    /// How many of these contents the source has shown before, under whatever identity.
    ///
    /// # Errors
    /// Any.
    pub async fn known_contents(&self, source: &str, contents: &[Fingerprint]) -> Result<usize, StoreError> {
        let mut known = BTreeSet::new();
        for part in contents.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("SELECT DISTINCT fingerprint FROM items WHERE source = ").bind(source).push(" AND fingerprint IN ");
            for row in sql.list(part.iter().map(|content| content.0)).all(&self.readers).await? {
                known.insert(row.int("fingerprint")?);
            }
        }
        Ok(contents.iter().filter(|content| known.contains(&content.0)).count())
    }

    /// Keeps a poll: items, mentions, verdicts and the source's next due time together. Of two items with one identity the first counts.
    ///
    /// # Errors
    /// `LeaseLost`, and then nothing is kept.
    pub async fn commit_poll(&self, poll: &PollCommit) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sources::write_state(&mut tx, &poll.owner, &poll.state).await?;
        let mut identities = BTreeSet::new();
        let items: Vec<&SeenItem> = poll.items.iter().filter(|item| identities.insert(item.identity)).collect();
        let judged: Vec<&(Mention, Verdict)> = items.iter().filter_map(|item| item.mention.as_ref()).collect();
        mentions::upsert(&mut tx, &judged).await?;
        verdicts::insert(&mut tx, &judged, poll.now).await?;
        upsert(&mut tx, poll, &items).await?;
        let text = "UPDATE sources SET changed_at = $1 WHERE name = $2";
        Sql::new(text).with([poll.now.into(), poll.state.name.as_str().into()]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

pub(super) async fn upsert(tx: &mut Tx, poll: &PollCommit, items: &[&SeenItem]) -> Result<(), StoreError> {
    for part in items.chunks(ROWS_A_STATEMENT) {
        let rows = part.iter().map(|item| -> Vec<Value> {
            vec![
                poll.state.name.as_str().into(),
                item.identity.into(),
                item.fingerprint.0.into(),
                poll.now.into(),
                poll.now.into(),
                item.mention.as_ref().map(|(mention, _)| mention.id.as_str()).into(),
            ]
        });
        Sql::new("INSERT INTO items (source, identity, fingerprint, first_seen_at, last_seen_at, mention) VALUES ")
            .rows(rows)
            .push(
                " ON CONFLICT (source, identity) DO UPDATE SET fingerprint = excluded.fingerprint, last_seen_at = excluded.last_seen_at, \
                 mention = COALESCE(excluded.mention, items.mention)",
            )
            .run(&mut **tx)
            .await?;
    }
    Ok(())
}
