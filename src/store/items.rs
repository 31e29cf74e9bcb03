//! Items: what each source has shown.

use std::collections::{BTreeMap, BTreeSet};

use super::sql::{Columns as _, Sql, padded};
use super::{KEYS_A_STATEMENT, Store, StoreError};
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
            let rows = Sql::new(text).bind(source).push(" AND i.identity IN ").list(padded(part)).all(&self.readers).await?;
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
}
