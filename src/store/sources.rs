//! Sources: when each is due, and who polls it.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::any::AnyRow;

use super::connect::Tx;
use super::sql::{Columns as _, Sql, padded};
use super::{Engine, KEYS_A_STATEMENT, Store, StoreError};
use crate::model::{Moment, SourceState};

pub(super) const COLUMNS: &str = "id, name, url, host, etag, last_modified, body_hash, next_due_at, failures, failure, failure_detail, failing_since, \
     last_polled_at, last_success_at, last_item_at, baselined, removed, told_as, watch, pace, turn_at, pushed_until";

/// Serialises the claims of sources on PostgreSQL: whether a host is free spans several rows, which no row lock covers.
const CLAIM_GATE: i64 = 0x6865_6172_6b65_6e01;

/// Due sources that a claim ranks by host, for each one it may take, and at least: a host with very many due ones must not hide the others.
const LOOKED_AT: i64 = 4;
const LOOKED_AT_LEAST: i64 = 64;

/// Sources that one claim takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimLimit {
    pub all: i64,
    /// Of these, sources that failed when they were polled last, or never answered.
    pub doubtful: i64,
}

impl Store {
    /// Takes up to `limit` due sources for `owner` until `now + lease`. While an owner holds a lease on any source of a host, nobody else
    /// gets another of that host, and the owner itself at most `per_host` at a time.
    ///
    /// # Errors
    /// Any; nothing is claimed then.
    pub async fn claim_due_sources(
        &self,
        owner: &str,
        now: Moment,
        lease: Duration,
        limit: i64,
        per_host: i64,
    ) -> Result<Vec<SourceState>, StoreError> {
        self.claim_sources_due_by(owner, (now, now), lease, ClaimLimit { all: limit, doubtful: limit }, per_host, |_| true).await
    }

    /// The same for those that were due at `due_by` already: a single round takes no source twice, however soon it is due again. Of machines
    /// that share a store one may have a source in its configuration that another has not (yet): only what it `knows` is taken.
    ///
    /// # Errors
    /// Any; nothing is claimed then.
    pub async fn claim_sources_due_by(
        &self,
        owner: &str,
        (now, due_by): (Moment, Moment),
        lease: Duration,
        limit: ClaimLimit,
        per_host: i64,
        knows: impl Fn(&str) -> bool + Send + Sync,
    ) -> Result<Vec<SourceState>, StoreError> {
        let mut tx = self.write_relaxed().await?;
        if self.engine == Engine::Postgres {
            super::connect::gate(&mut tx, CLAIM_GATE).await?;
        }
        let hosts = leased_hosts(&mut tx, owner, now).await?;
        let looked_at = limit.all.saturating_mul(LOOKED_AT).max(LOOKED_AT_LEAST);
        let looks = Looks { time: (now, due_by), hosts: &hosts, per_host, looked_at };
        let mut due = looks.own(&mut tx, limit.doubtful <= 0, &knows).await?;
        // Many that hang must not hide those that do not.
        if limit.doubtful > 0 && due.len() as i64 >= looked_at {
            due.extend(looks.own(&mut tx, true, &knows).await?);
        }
        let chosen = chosen(due, &hosts, per_host, limit);
        let claimed = take(&mut tx, self.engine, owner, (now, due_by), lease, &chosen).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// When the next source is due or the lease on a due one runs out; none where there is no source.
    /// It may lie in the past while another daemon polls the same host.
    ///
    /// # Errors
    /// Any.
    pub async fn next_source_due(&self) -> Result<Option<Moment>, StoreError> {
        // Each half by an index: this is asked after every activation.
        let text = "SELECT min(due) AS due FROM ( \
             SELECT next_due_at AS due FROM (SELECT next_due_at FROM sources WHERE removed = 0 AND lease_until = 0 ORDER BY next_due_at LIMIT 1) AS free \
             UNION ALL SELECT CASE WHEN lease_until > next_due_at THEN lease_until ELSE next_due_at END AS due FROM sources \
             WHERE removed = 0 AND lease_until > 0) AS either";
        match Sql::new(text).first(&self.readers).await? {
            Some(row) => row.moment_or_none("due"),
            None => Ok(None),
        }
    }

    /// Keeps a long poll's lease until `now + lease`.
    ///
    /// # Errors
    /// `LeaseLost` where it ran out and another daemon took the source.
    pub async fn renew_source(&self, owner: &str, name: &str, now: Moment, lease: Duration) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE sources SET lease_until = $1 WHERE name = $2 AND lease_owner = $3";
        let changed = Sql::new(text).with([now.plus(lease).into(), name.into(), owner.into()]).run(&mut *tx).await?;
        tx.commit().await?;
        held(changed, name)
    }

    /// Gives back every lease of `owner`: what was begun is due again at once. For a daemon that stops.
    ///
    /// # Errors
    /// Any.
    pub async fn release_sources(&self, owner: &str) -> Result<u64, StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE sources SET lease_owner = '', lease_until = 0 WHERE lease_until > 0 AND lease_owner = ";
        let released = Sql::new(text).bind(owner).run(&mut *tx).await?;
        tx.commit().await?;
        Ok(released)
    }

    /// Who holds leases on sources or deliveries.
    ///
    /// # Errors
    /// Any.
    pub async fn lease_owners(&self) -> Result<Vec<String>, StoreError> {
        let text = "SELECT lease_owner AS owner FROM sources WHERE lease_until > 0 \
             UNION SELECT lease_owner AS owner FROM deliveries WHERE state = 'claimed' ORDER BY owner";
        Sql::new(text).all(&self.readers).await?.iter().map(|row| row.text("owner")).collect()
    }

    /// Ends the leases of an owner that is no more: its sources are due as before, its deliveries at once, as possible duplicates.
    /// How many of each.
    ///
    /// # Errors
    /// Any.
    pub async fn take_back(&self, owner: &str) -> Result<(u64, u64), StoreError> {
        let sources = self.release_sources(owner).await?;
        let mut tx = self.write().await?;
        let text = "UPDATE deliveries SET state = 'due', possible_duplicate = 1, lease_owner = '', lease_until = 0 \
             WHERE state = 'claimed' AND lease_owner = ";
        let deliveries = Sql::new(text).bind(owner).run(&mut *tx).await?;
        tx.commit().await?;
        Ok((sources, deliveries))
    }

    /// Every source, removed ones last.
    ///
    /// # Errors
    /// Any.
    pub async fn sources(&self) -> Result<Vec<SourceState>, StoreError> {
        let rows = Sql::new("SELECT ").push(COLUMNS).push(" FROM sources ORDER BY removed, name").all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// The source of this name: the one that stands in the configuration, else the one that left it last.
    ///
    /// # Errors
    /// Any.
    pub async fn source(&self, name: &str) -> Result<Option<SourceState>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM sources WHERE name = ").bind(name);
        let row = sql.push(" ORDER BY removed, left_at DESC LIMIT 1").first(&self.readers).await?;
        row.as_ref().map(read).transpose()
    }

    /// Puts another cursor of a mailbox in the place of this one; nothing where a later round has written its own.
    ///
    /// # Errors
    /// Any.
    pub async fn replace_cursor(&self, name: &str, kept: &str, new: &str) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE sources SET etag = $1 WHERE name = $2 AND etag = $3";
        Sql::new(text).with([new.into(), name.into(), kept.into()]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets validators, failures and lease, and polls at once; what it showed before stays known.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn reset_source(&self, name: &str, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let text = "DELETE FROM shown WHERE source IN (SELECT id FROM sources WHERE removed = 0 AND name = $1)";
        Sql::new(text).with([name.into()]).run(&mut *tx).await?;
        let text = "UPDATE sources SET etag = NULL, last_modified = NULL, body_hash = 0, failures = 0, failure = NULL, \
             failure_detail = NULL, failing_since = NULL, turn_at = NULL, lease_owner = '', lease_until = 0, next_due_at = $1 WHERE name = $2 AND removed = 0";
        let changed = Sql::new(text).with([now.into(), name.into()]).run(&mut *tx).await?;
        tx.commit().await?;
        if changed == 0 { Err(StoreError::NotFound(format!("source {name}"))) } else { Ok(()) }
    }
}

/// What is leased of a host: how many sources in all, and how many of them to others than the owner.
struct Leased {
    all: i64,
    others: i64,
}

impl Leased {
    fn is_full(&self, per_host: i64) -> bool {
        self.others > 0 || self.all >= per_host
    }
}

/// Hosts of which sources are being polled; few, and found without a look at the others. The `+` is for SQLite, which prepares a statement
/// anew for every value of a bare parameter that stands beside the condition of a partial index.
async fn leased_hosts(tx: &mut Tx, owner: &str, now: Moment) -> Result<BTreeMap<String, Leased>, StoreError> {
    let text = "SELECT host, count(*) AS leased, sum(CASE WHEN lease_owner <> $1 THEN 1 ELSE 0 END) AS others FROM sources \
         WHERE lease_until > 0 AND lease_until > +$2 GROUP BY host";
    let rows = Sql::new(text).with([owner.into(), now.into()]).all(&mut **tx).await?;
    let read = |row: &AnyRow| Ok((row.text("host")?, Leased { all: row.int("leased")?, others: row.int("others")? }));
    rows.iter().map(read).collect()
}

/// A source that is due.
struct Due {
    at: Moment,
    id: String,
    name: String,
    host: String,
    /// It failed when it was polled last, or never answered.
    is_doubtful: bool,
}

/// How a claim looks for what is due.
struct Looks<'h> {
    time: (Moment, Moment),
    hosts: &'h BTreeMap<String, Leased>,
    per_host: i64,
    looked_at: i64,
}

impl Looks<'_> {
    /// Those of our own that are due longest, of hosts that have room. `sound`: only those that answered when they were asked last.
    async fn own(&self, tx: &mut Tx, sound: bool, knows: &(impl Fn(&str) -> bool + Send + Sync)) -> Result<Vec<Due>, StoreError> {
        let mut foreign = Vec::new();
        loop {
            let due = self.due(tx, sound, &foreign).await?;
            let full = due.len() as i64 >= self.looked_at;
            let (own, others): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| knows(&due.name));
            // Others' sources must not hide our own.
            if others.is_empty() || !full {
                return Ok(own);
            }
            foreign.extend(others.into_iter().map(|due| due.id));
        }
    }

    async fn due(&self, tx: &mut Tx, sound: bool, foreign: &[String]) -> Result<Vec<Due>, StoreError> {
        let full: Vec<&str> =
            self.hosts.iter().filter(|(_, leased)| leased.is_full(self.per_host)).map(|(host, _)| host.as_str()).collect();
        let text = "SELECT id, name, host, next_due_at, failures, last_success_at FROM sources \
             WHERE removed = 0 AND next_due_at <= $1 AND lease_until <= $2";
        let (now, due_by) = self.time;
        let mut sql = Sql::new(text).with([due_by.into(), now.into()]);
        if sound {
            sql = sql.push(" AND failures = 0 AND last_success_at IS NOT NULL");
        }
        if !full.is_empty() {
            sql = sql.push(" AND host NOT IN ").list(padded(&full));
        }
        if !foreign.is_empty() {
            sql = sql.push(" AND id NOT IN ").list(padded(&foreign.iter().map(String::as_str).collect::<Vec<_>>()));
        }
        let rows = sql.push(" ORDER BY next_due_at").limit(self.looked_at).all(&mut **tx).await?;
        let read = |row: &AnyRow| {
            let is_doubtful = row.int("failures")? > 0 || row.moment_or_none("last_success_at")?.is_none();
            Ok(Due { at: row.moment("next_due_at")?, id: row.text("id")?, name: row.text("name")?, host: row.text("host")?, is_doubtful })
        };
        rows.iter().map(read).collect()
    }
}

/// The longest due first, of no host more than it has room for, and of those that may hang no more than may be.
fn chosen(mut due: Vec<Due>, hosts: &BTreeMap<String, Leased>, per_host: i64, limit: ClaimLimit) -> Vec<String> {
    due.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    due.dedup_by(|a, b| a.id == b.id);
    let mut taken: BTreeMap<String, i64> = hosts.iter().map(|(host, leased)| (host.clone(), leased.all)).collect();
    let (mut chosen, mut doubtful) = (Vec::new(), 0);
    for Due { id, host, is_doubtful, .. } in due {
        let taken = taken.entry(host).or_default();
        if *taken < per_host && (chosen.len() as i64) < limit.all && (!is_doubtful || doubtful < limit.doubtful) {
            *taken += 1;
            doubtful += i64::from(is_doubtful);
            chosen.push(id);
        }
    }
    chosen
}

async fn take(
    tx: &mut Tx,
    engine: Engine,
    owner: &str,
    (now, due_by): (Moment, Moment),
    lease: Duration,
    ids: &[String],
) -> Result<Vec<SourceState>, StoreError> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut claimed = Vec::new();
    for part in ids.chunks(KEYS_A_STATEMENT) {
        let values = [owner.into(), now.plus(lease).into(), now.into(), due_by.into()];
        let sql = Sql::new("UPDATE sources SET lease_owner = $1, lease_until = $2 WHERE id IN ").with(values);
        let still = " AND lease_until <= $3 AND next_due_at <= $4";
        let sql = match engine {
            Engine::Sqlite => sql.list(padded(part)).push(still),
            // What another transaction holds at this moment is not waited for.
            Engine::Postgres => {
                sql.push("(SELECT id FROM sources WHERE id IN ").list(padded(part)).push(still).push(" FOR UPDATE SKIP LOCKED)")
            }
        };
        let rows = sql.push(" RETURNING ").push(COLUMNS).all(&mut **tx).await?;
        claimed.extend(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    }
    claimed.sort_by(|a, b| (a.next_due_at, &a.name).cmp(&(b.next_due_at, &b.name)));
    Ok(claimed)
}

fn held(changed: u64, name: &str) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::LeaseLost(format!("source {name}"))) } else { Ok(()) }
}

pub(super) fn read(row: &AnyRow) -> Result<SourceState, StoreError> {
    Ok(SourceState {
        id: row.text("id")?,
        name: row.text("name")?,
        url: row.text("url")?,
        host: row.text("host")?,
        etag: row.text_or_none("etag")?,
        last_modified: row.text_or_none("last_modified")?,
        body_hash: row.int("body_hash")?,
        next_due_at: row.moment("next_due_at")?,
        failures: row.int("failures")?,
        failure: row.text_or_none("failure")?.and_then(|word| word.parse().ok()),
        failure_detail: row.text_or_none("failure_detail")?,
        failing_since: row.moment_or_none("failing_since")?,
        last_polled_at: row.moment_or_none("last_polled_at")?,
        last_success_at: row.moment_or_none("last_success_at")?,
        last_item_at: row.moment_or_none("last_item_at")?,
        baselined: row.flag("baselined")?,
        removed: row.flag("removed")?,
        told_as: row.text_or_none("told_as")?,
        // What an older or a newer release wrote in other words is learnt anew.
        watch: row.text_or_none("watch")?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        // A pace that cannot be read is learnt anew.
        pace: row.text_or_none("pace")?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        turn_at: row.moment_or_none("turn_at")?,
        pushed_until: row.moment_or_none("pushed_until")?,
    })
}
