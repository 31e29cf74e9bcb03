//! What polls brought, kept together: the new state of each source with its items, mentions and verdicts, many polls in one transaction.

use std::collections::BTreeSet;

use super::connect::Tx;
use super::items::{PollCommit, SeenItem};
use super::sql::{Columns as _, Sql, Value, padded, portions, repeated};
use super::{Engine, KEYS_A_STATEMENT, Store, StoreError, mentions, verdicts};
use crate::model::{FailureKind, Identity, Mention, Moment, SourceState, Verdict};

/// A poll that is over, with what of it has to be kept.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub commit: PollCommit,
    pub brought: Brought,
}

/// How much of what a source shows stands in the items of its `PollCommit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// None: nothing new, or a failure. A power cut may undo it, and the poll is then done again.
    Nothing,
    /// None, and the document is the one before: of the state only times, pace and what is watched are written. As for `Nothing`, a power
    /// cut may undo it.
    Same,
    /// All of it. `shown` is what the next poll need not read again; none leaves what is there.
    Everything { shown: Option<Vec<u8>> },
    /// What is new or edited. The other items are still there; `touched` are those of them that are to be remembered as seen now: all or none.
    Changes { shown: Vec<u8>, touched: Vec<Identity> },
}

impl Brought {
    /// Whether it must outlast a power cut: somebody may be warned of what came.
    #[must_use]
    pub fn must_last(&self) -> bool {
        !matches!(self, Self::Nothing | Self::Same)
    }

    /// Whether every item that the source shows is seen in this poll, so that the others have left it.
    fn all_seen(&self) -> bool {
        match self {
            Self::Nothing | Self::Same => false,
            Self::Everything { .. } => true,
            Self::Changes { touched, .. } => !touched.is_empty(),
        }
    }

    fn shown(&self) -> Option<&Vec<u8>> {
        match self {
            Self::Nothing | Self::Same => None,
            Self::Everything { shown } => shown.as_ref(),
            Self::Changes { shown, .. } => Some(shown),
        }
    }
}

impl Store {
    /// Keeps a poll: items, mentions, verdicts and the source's next due time together. Of two items with one identity the first counts.
    ///
    /// # Errors
    /// `LeaseLost`, and then nothing is kept.
    pub async fn commit_poll(&self, poll: &PollCommit) -> Result<(), StoreError> {
        self.commit_one(Outcome { commit: poll.clone(), brought: Brought::Everything { shown: None } }).await
    }

    /// Records a poll that brought nothing new or failed: the new state and the end of the lease. A power cut may undo it, and the
    /// poll is then done again.
    ///
    /// # Errors
    /// `LeaseLost`.
    pub async fn commit_unchanged(&self, owner: &str, state: &SourceState) -> Result<(), StoreError> {
        let commit = PollCommit { owner: owner.to_owned(), state: state.clone(), items: Vec::new(), now: Moment::default() };
        self.commit_one(Outcome { commit, brought: Brought::Nothing }).await
    }

    async fn commit_one(&self, outcome: Outcome) -> Result<(), StoreError> {
        let lost = self.commit_polls(&[outcome]).await?;
        lost.into_iter().next().map_or(Ok(()), |name| Err(StoreError::LeaseLost(format!("source {name}"))))
    }

    /// Keeps many polls of different sources in one transaction. Gives the names of those whose lease another daemon has taken: of them
    /// nothing is kept.
    ///
    /// # Errors
    /// Any, and then nothing is kept of any.
    pub async fn commit_polls(&self, polls: &[Outcome]) -> Result<BTreeSet<String>, StoreError> {
        let durable = polls.iter().any(|poll| poll.brought.must_last());
        let mut tx = if durable { self.write().await? } else { self.write_relaxed().await? };
        let (same, other): (Vec<&Outcome>, Vec<&Outcome>) = polls.iter().partition(|poll| poll.brought == Brought::Same);
        let mut held = write_states(&mut tx, self.engine, &other).await?;
        held.extend(write_same(&mut tx, self.engine, &same).await?);
        let kept: Vec<&Outcome> = polls.iter().filter(|poll| held.contains(&poll.commit.state.name)).collect();
        let items: Vec<(&PollCommit, &SeenItem)> = kept.iter().flat_map(|poll| distinct(&poll.commit)).collect();
        let judged: Vec<(&(Mention, Verdict), Moment)> =
            items.iter().filter_map(|(poll, item)| Some((item.mention.as_ref()?, poll.now))).collect();
        let of_sources = items.iter().filter_map(|(poll, item)| Some((poll.state.id.as_str(), item.mention.as_ref()?)));
        mentions::upsert(&mut tx, self.engine, &of_sources.collect::<Vec<_>>()).await?;
        verdicts::insert(&mut tx, self.engine, &judged).await?;
        upsert(&mut tx, self.engine, &items).await?;
        touch(&mut tx, &kept).await?;
        remember(&mut tx, self.engine, &kept).await?;
        tx.commit().await?;
        Ok(polls.iter().map(|poll| poll.commit.state.name.clone()).filter(|name| !held.contains(name)).collect())
    }

    /// What the source showed at its last changed poll, as its reader wrote it down.
    ///
    /// # Errors
    /// Any.
    pub async fn shown(&self, source: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = Sql::new("SELECT entries FROM shown WHERE source = ").bind(source).first(&self.readers).await?;
        row.map(|row| row.bytes("entries")).transpose()
    }
}

/// From now on everything this source shows has to be read again.
pub(super) async fn forget_shown(tx: &mut Tx, source: &str) -> Result<(), StoreError> {
    Sql::new("DELETE FROM shown WHERE source = ").bind(source).run(&mut **tx).await.map(drop)
}

fn distinct(poll: &PollCommit) -> impl Iterator<Item = (&PollCommit, &SeenItem)> {
    let mut identities = BTreeSet::new();
    poll.items.iter().filter(move |item| identities.insert(item.identity)).map(move |item| (poll, item))
}

/// What of a state a poll writes, beside the end of its lease: the columns and, below, their values in the same order.
const WRITTEN: &[&str] = &[
    "etag",
    "last_modified",
    "body_hash",
    "next_due_at",
    "failures",
    "failure",
    "failure_detail",
    "failing_since",
    "last_polled_at",
    "last_success_at",
    "last_item_at",
    "baselined",
    "watch",
    "pace",
    "turn_at",
];

fn written(state: &SourceState) -> Vec<Value> {
    vec![
        (&state.etag).into(),
        (&state.last_modified).into(),
        state.body_hash.into(),
        state.next_due_at.into(),
        state.failures.into(),
        state.failure.map(FailureKind::as_str).into(),
        (&state.failure_detail).into(),
        state.failing_since.into(),
        state.last_polled_at.into(),
        state.last_success_at.into(),
        state.last_item_at.into(),
        state.baselined.into(),
        // What cannot be written is learnt anew.
        serde_json::to_string(&state.watch).unwrap_or_default().into(),
        (&serde_json::to_string(&state.pace).ok()).into(),
        state.turn_at.into(),
    ]
}

/// A push may have been heard while the poll was under way: the later one counts.
fn assigned(column: &str) -> String {
    match column {
        "last_item_at" => {
            "last_item_at = CASE WHEN sources.last_item_at > COALESCE(v.last_item_at, 0) THEN sources.last_item_at ELSE v.last_item_at END"
                .to_owned()
        }
        column => format!("{column} = v.{column}"),
    }
}

/// The states after these polls, each written only while its owner holds the lease, which ends here. Gives the names of those.
async fn write_states(tx: &mut Tx, engine: Engine, polls: &[&Outcome]) -> Result<BTreeSet<String>, StoreError> {
    let mut held = BTreeSet::new();
    for part in repeated(polls, WRITTEN.len() + 3) {
        let rows = part.iter().map(|poll| {
            let PollCommit { state, owner, now, .. } = &poll.commit;
            let changed_at = poll.brought.all_seen().then_some(*now);
            let mut row = vec![state.id.as_str().into(), owner.as_str().into(), changed_at.into()];
            row.extend(written(state));
            row
        });
        let assigned: Vec<String> = WRITTEN.iter().map(|column| assigned(column)).collect();
        let sql = Sql::in_order(engine, "WITH v (source, owner, changed_at, ").push(&WRITTEN.join(", ")).push(") AS (VALUES ").rows(rows);
        let sql = sql.push(") UPDATE sources SET ").push(&assigned.join(", "));
        // What was told is over with the failures; what is told meanwhile is not known to the poll.
        let sql = sql.push(", told_as = CASE WHEN v.failures = 0 THEN NULL ELSE told_as END");
        let sql = sql.push(", changed_at = COALESCE(v.changed_at, sources.changed_at), lease_owner = '', lease_until = 0 FROM v ");
        let rows = sql.push("WHERE id = v.source AND lease_owner = v.owner RETURNING name").all(&mut **tx).await?;
        for row in rows {
            held.insert(row.text("name")?);
        }
    }
    Ok(held)
}

/// The same for polls that found the document of the last one: most of all, so that little is bound and nothing is read back.
async fn write_same(tx: &mut Tx, engine: Engine, polls: &[&Outcome]) -> Result<BTreeSet<String>, StoreError> {
    let mut held = BTreeSet::new();
    for part in repeated(polls, 7) {
        let rows = part.iter().map(|poll| -> Vec<Value> {
            let PollCommit { state, owner, .. } = &poll.commit;
            vec![
                state.id.as_str().into(),
                owner.as_str().into(),
                state.next_due_at.into(),
                state.last_polled_at.into(),
                state.last_success_at.into(),
                serde_json::to_string(&state.watch).unwrap_or_default().into(),
                (&serde_json::to_string(&state.pace).ok()).into(),
            ]
        });
        let sql = Sql::in_order(engine, "WITH v (source, owner, due, polled, success, watch, pace) AS (VALUES ").rows(rows).push(SAME);
        for row in sql.all(&mut **tx).await? {
            held.insert(row.text("name")?);
        }
    }
    Ok(held)
}

const SAME: &str = ") UPDATE sources SET next_due_at = v.due, last_polled_at = v.polled, last_success_at = v.success, watch = v.watch, \
     pace = v.pace, failures = 0, failure = NULL, failure_detail = NULL, failing_since = NULL, told_as = NULL, turn_at = NULL, \
     lease_owner = '', lease_until = 0 FROM v WHERE id = v.source AND lease_owner = v.owner RETURNING name";

pub(super) async fn upsert(tx: &mut Tx, engine: Engine, items: &[(&PollCommit, &SeenItem)]) -> Result<(), StoreError> {
    for part in portions(items, 6) {
        let rows = part.iter().map(|(poll, item)| -> Vec<Value> {
            vec![
                poll.state.id.as_str().into(),
                item.identity.into(),
                item.fingerprint.0.into(),
                poll.now.into(),
                poll.now.into(),
                item.mention.as_ref().map(|(mention, _)| mention.id.as_str()).or(item.stands_for.as_deref()).into(),
            ]
        });
        Sql::in_order(engine, "INSERT INTO items (source, identity, fingerprint, first_seen_at, last_seen_at, mention) VALUES ")
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

/// Items that are still there are seen now.
async fn touch(tx: &mut Tx, polls: &[&Outcome]) -> Result<(), StoreError> {
    for poll in polls {
        let Brought::Changes { touched, .. } = &poll.brought else { continue };
        for part in touched.chunks(KEYS_A_STATEMENT) {
            let sql =
                Sql::new("UPDATE items SET last_seen_at = ").bind(poll.commit.now).push(" WHERE source = ").bind(&poll.commit.state.id);
            sql.push(" AND identity IN ").list(padded(part)).run(&mut **tx).await?;
        }
    }
    Ok(())
}

async fn remember(tx: &mut Tx, engine: Engine, polls: &[&Outcome]) -> Result<(), StoreError> {
    let rows: Vec<(&String, &Vec<u8>)> = polls.iter().filter_map(|poll| Some((&poll.commit.state.id, poll.brought.shown()?))).collect();
    for part in portions(&rows, 2) {
        let rows = part.iter().map(|(source, shown)| vec![(*source).into(), (*shown).clone().into()]);
        let sql = Sql::in_order(engine, "INSERT INTO shown (source, entries) VALUES ").rows(rows);
        sql.push(" ON CONFLICT (source) DO UPDATE SET entries = excluded.entries").run(&mut **tx).await?;
    }
    Ok(())
}
