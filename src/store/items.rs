//! Items: what each source has shown.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;

use super::sql::{Columns as _, Sql, padded};
use super::{KEYS_A_STATEMENT, Store, StoreError};
use crate::model::{Fingerprint, Identity, Mention, Moment, SourceState, Verdict};

/// What is remembered of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownItem {
    pub fingerprint: Fingerprint,
    /// The mention it became, and that one's present revision.
    pub mention: Option<(String, i64)>,
    /// What was judged of it last.
    pub said: Option<Said>,
}

/// The words that were judged of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The identity it was judged under: another text that came in its place has one of its own.
    pub identity: Identity,
    pub text_hash: i64,
    pub rating: Option<f64>,
    /// As a part of a baseline.
    pub baseline: bool,
}

/// The words of a mention, and whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    pub url: Option<String>,
    pub title: Option<String>,
    pub text: String,
    pub author: Option<String>,
    pub published: Option<Moment>,
}

/// What an item that named a brand said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownMention {
    pub identity: Identity,
    pub title: Option<String>,
    pub text: String,
    pub author: Option<String>,
}

/// An item of a poll.
#[derive(Clone, Debug)]
pub struct SeenItem {
    pub identity: Identity,
    pub fingerprint: Fingerprint,
    /// Set where the item names a brand and is new or was edited.
    pub mention: Option<(Mention, Verdict)>,
    /// The mention that this item stands for without being judged now; none leaves the one it has.
    pub stands_for: Option<String>,
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
        let (mut known, mut bereft) = (BTreeMap::new(), Vec::new());
        for part in identities.chunks(KEYS_A_STATEMENT) {
            let text = "SELECT i.identity, i.fingerprint, i.mention, m.identity AS judged_as, m.revision, m.text_hash, m.rating, m.baseline FROM items i LEFT JOIN mentions m ON m.id = i.mention WHERE i.source = ";
            let rows = Sql::new(text).bind(source).push(" AND i.identity IN ").list(padded(part)).all(&self.readers).await?;
            for row in rows {
                let identity = Identity(row.int("identity")?);
                let (mention, revision) = (row.text_or_none("mention")?, row.int_or_none("revision")?);
                if mention.is_some() && revision.is_none() {
                    bereft.push(identity);
                }
                let said = if revision.is_some() { Some(said(&row)?) } else { None };
                let item = KnownItem { fingerprint: Fingerprint(row.int("fingerprint")?), mention: mention.zip(revision), said };
                known.insert(identity, item);
            }
        }
        // The text that stood there last is forgotten, and one before it may not be: then it is that one.
        for part in bereft.chunks(KEYS_A_STATEMENT) {
            let text = "SELECT id, identity AS judged_as, revision, text_hash, rating, baseline FROM mentions WHERE source = ";
            for row in Sql::new(text).bind(source).push(" AND identity IN ").list(padded(part)).all(&self.readers).await? {
                let said = said(&row)?;
                if let Some(item) = known.get_mut(&said.identity) {
                    (item.mention, item.said) = (Some((row.text("id")?, row.int("revision")?)), Some(said));
                }
            }
        }
        Ok(known)
    }

    /// When these items were first seen; unknown ones are missing.
    ///
    /// # Errors
    /// Any.
    pub async fn first_seen(&self, source: &str, identities: &[Identity]) -> Result<BTreeMap<Identity, Moment>, StoreError> {
        let mut seen = BTreeMap::new();
        for part in identities.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("SELECT identity, first_seen_at FROM items WHERE source = ").bind(source).push(" AND identity IN ");
            for row in sql.list(padded(part)).all(&self.readers).await? {
                seen.insert(Identity(row.int("identity")?), row.moment("first_seen_at")?);
            }
        }
        Ok(seen)
    }

    /// Of these contents, those that the source's last changed document showed, each with the identities it had there.
    ///
    /// # Errors
    /// Any.
    pub async fn last_shown(
        &self,
        source: &str,
        contents: &[Fingerprint],
    ) -> Result<BTreeMap<Fingerprint, BTreeSet<Identity>>, StoreError> {
        let mut shown: BTreeMap<Fingerprint, BTreeSet<Identity>> = BTreeMap::new();
        for part in contents.chunks(KEYS_A_STATEMENT) {
            let text = "SELECT i.fingerprint, i.identity FROM items i JOIN sources s ON s.id = i.source AND i.last_seen_at >= s.changed_at \
                 WHERE i.source = ";
            let sql = Sql::new(text).bind(source).push(" AND i.fingerprint IN ").list(part.iter().map(|content| content.0));
            for row in sql.all(&self.readers).await? {
                shown.entry(Fingerprint(row.int("fingerprint")?)).or_default().insert(Identity(row.int("identity")?));
            }
        }
        Ok(shown)
    }

    /// How many items the source's last changed document showed.
    ///
    /// # Errors
    /// Any.
    pub async fn count_shown(&self, source: &str) -> Result<i64, StoreError> {
        let text =
            "SELECT count(*) AS shown FROM items i JOIN sources s ON s.id = i.source AND i.last_seen_at >= s.changed_at WHERE i.source = ";
        Sql::new(text).bind(source).first(&self.readers).await?.map_or(Ok(0), |row| row.int("shown"))
    }

    /// Of these contents, those that the source has ever shown and that are not forgotten, under whichever identity.
    ///
    /// # Errors
    /// Any.
    pub async fn known_contents(&self, source: &str, contents: &[Fingerprint]) -> Result<BTreeSet<Fingerprint>, StoreError> {
        let mut known = BTreeSet::new();
        for part in contents.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("SELECT DISTINCT fingerprint FROM items WHERE source = ").bind(source).push(" AND fingerprint IN ");
            for row in sql.list(part.iter().map(|content| content.0)).all(&self.readers).await? {
                known.insert(Fingerprint(row.int("fingerprint")?));
            }
        }
        Ok(known)
    }

    /// What these mentions say, by id.
    ///
    /// # Errors
    /// Any.
    pub async fn wordings(&self, mentions: &[&str]) -> Result<BTreeMap<String, Wording>, StoreError> {
        let mut wordings = BTreeMap::new();
        for part in mentions.chunks(KEYS_A_STATEMENT) {
            wordings.extend(read_wordings(&ask_wordings(part).all(&self.readers).await?)?);
        }
        Ok(wordings)
    }

    /// The mentions that the source's last changed document showed, the newest first.
    ///
    /// # Errors
    /// Any.
    pub async fn mentions_shown(&self, source: &str, limit: i64) -> Result<Vec<ShownMention>, StoreError> {
        let text = "SELECT i.identity, m.title, m.body, m.author FROM items i JOIN sources s ON s.id = i.source AND i.last_seen_at >= s.changed_at \
             JOIN mentions m ON m.id = i.mention WHERE i.source = $1 ORDER BY m.seen_at DESC, m.id LIMIT ($2 + 0)";
        let read = |row: &AnyRow| {
            Ok(ShownMention {
                identity: Identity(row.int("identity")?),
                title: row.text_or_none("title")?,
                text: row.text("body")?,
                author: row.text_or_none("author")?,
            })
        };
        Sql::new(text).with([source.into(), limit.into()]).all(&self.readers).await?.iter().map(read).collect()
    }
}

/// Asks what these mentions say; of few enough for one statement.
pub(super) fn ask_wordings(mentions: &[&str]) -> Sql {
    Sql::new("SELECT id, url, title, body, author, published_at FROM mentions WHERE id IN ").list(padded(mentions))
}

/// Reads the answer, by the mentions' ids.
pub(super) fn read_wordings(rows: &[AnyRow]) -> Result<BTreeMap<String, Wording>, StoreError> {
    rows.iter().map(wording).collect()
}

fn wording(row: &AnyRow) -> Result<(String, Wording), StoreError> {
    let wording = Wording {
        url: row.text_or_none("url")?,
        title: row.text_or_none("title")?,
        text: row.text("body")?,
        author: row.text_or_none("author")?,
        published: row.moment_or_none("published_at")?,
    };
    Ok((row.text("id")?, wording))
}

fn said(row: &AnyRow) -> Result<Said, StoreError> {
    Ok(Said {
        identity: Identity(row.int("judged_as")?),
        text_hash: row.int("text_hash")?,
        rating: row.real_or_none("rating")?,
        baseline: row.flag("baseline")?,
    })
}
