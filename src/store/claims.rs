//! Claiming what is due in the outbox, and recording what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::AnyConnection;

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{KEYS_A_STATEMENT, Recovery, Store, StoreError, deliveries, gathered, given_up, incidents, mentions, recovery, verdicts};
use crate::model::{
    Delivery, DeliveryKind, DeliveryState, GATHERED, Incident, IncidentState, Mention, Moment, Recipient, Undelivered, Verdict, worst,
};

/// A delivery that is ours to send until the lease ends, with all its message says.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// `attempts` counts this one already: it is the number that `record_attempt` wants back.
    pub delivery: Delivery,
    /// The receiver found the last one too long.
    pub shrink: bool,
    pub incident: Incident,
    /// The mention of the incident with the worst verdict, the first of several, and that verdict; none for a source or ops incident.
    pub mention: Option<Mention>,
    pub verdict: Option<Verdict>,
    /// Source and link of every mention joined, the first one first.
    pub sources: Vec<(String, Option<String>)>,
    /// Everyone else who is told of the incident and since when, the first told first.
    pub also_told: Vec<(Recipient, Moment)>,
    /// Those of the same generation whom no message reached, each with the receiver's last answer.
    pub undelivered: Vec<Undelivered>,
    /// What goes out in the same mail, to the same address; each is a claimed row of its own.
    pub others: Vec<Claimed>,
}

impl Claimed {
    /// Every row of the message.
    pub fn rows(&self) -> impl Iterator<Item = &Delivery> {
        std::iter::once(&self.delivery).chain(self.others.iter().map(|other| &other.delivery))
    }
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// `delivery.attempts` of the claim: an attempt whose lease ran out cannot record over its successor.
    pub number: i64,
    pub started_at: Moment,
    pub finished_at: Moment,
    /// `Outcome::class`; `unknown` marks the delivery as a possible duplicate from then on.
    pub outcome: String,
    /// The receiver's own words, without secrets.
    pub reply: String,
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Delivered,
    /// Taken without proof that a person sees it.
    Accepted,
    Again {
        due_at: Moment,
    },
    /// Once more at once, shorter.
    Shrink {
        due_at: Moment,
    },
    Dead,
}

impl Store {
    /// Channels that have something due and are not paused. One at a time is claimed from, so that a slow one holds up only itself.
    ///
    /// # Errors
    /// Any.
    pub async fn due_channels(&self, now: Moment) -> Result<Vec<String>, StoreError> {
        let text = "SELECT c.channel FROM (SELECT channel, min(due_at) AS due FROM deliveries WHERE state = 'due' GROUP BY channel \
             UNION SELECT channel, min(lease_until) AS due FROM deliveries WHERE state = 'claimed' GROUP BY channel) AS c \
             WHERE c.due <= $1 AND NOT EXISTS (SELECT 1 FROM receivers r WHERE r.channel = c.channel AND r.paused_until > $1) \
             GROUP BY c.channel ORDER BY c.channel";
        Sql::new(text).with([now.into()]).all(&self.readers).await?.iter().map(|row| row.text("channel")).collect()
    }

    /// Takes up to `limit` due deliveries of a channel for `owner` until `now + lease`: the worst first, of the same escalations before
    /// warnings, statuses last; the longest due first, none while the channel is paused. Warnings and escalations that are no longer wanted are cancelled instead.
    /// A delivery whose lease ran out comes again, as a possible duplicate.
    ///
    /// # Errors
    /// Any; nothing is claimed then.
    pub async fn claim_due_over(
        &self,
        channel: &str,
        owner: &str,
        now: Moment,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Claimed>, StoreError> {
        let mut tx = self.write().await?;
        self.take_back_expired(&mut tx, channel, now, limit).await?;
        let mut claimed = Vec::new();
        loop {
            let due = self.lock_due(&mut tx, channel, now, limit).await?;
            let full = due.len() as i64 >= limit;
            let (wanted, stale): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.wanted);
            cancel(&mut tx, &stale).await?;
            take(&mut tx, &wanted, owner, now, lease).await?;
            claimed.extend(wanted);
            if !claimed.is_empty() || !full {
                break;
            }
        }
        let mails = self.take_with(&mut tx, claimed, channel, (owner, now, lease)).await?;
        let claimed = describe(&mut tx, &mails.concat()).await?;
        tx.commit().await?;
        Ok(gathered::together(claimed, &mails))
    }

    /// What another daemon took and never recorded.
    async fn take_back_expired(&self, tx: &mut Tx, channel: &str, now: Moment, limit: i64) -> Result<(), StoreError> {
        let text = "UPDATE deliveries SET state = 'due', possible_duplicate = 1, lease_owner = '', lease_until = 0 WHERE id IN ( \
             SELECT id FROM deliveries WHERE state = 'claimed' AND channel = $3 AND lease_until <= $1 ORDER BY lease_until LIMIT ($2 + 0)";
        let sql = Sql::new(text)
            .with([now.into(), limit.into(), channel.into()])
            .push(self.engine.skip_locked(" FOR UPDATE SKIP LOCKED"))
            .push(")");
        sql.run(&mut **tx).await.map(drop)
    }

    /// Due rows, locked together with their incidents: an answer that is being given at this moment either is seen here or waits for us.
    async fn lock_due(&self, tx: &mut Tx, channel: &str, now: Moment, limit: i64) -> Result<Vec<Due>, StoreError> {
        let text = "SELECT d.id, d.kind, d.generation, d.attempts, d.recipient, d.note, i.state AS incident_state, i.generation AS present \
             FROM deliveries d JOIN incidents i ON i.id = d.incident WHERE d.state = 'due' AND d.channel = $3 AND d.due_at <= $1 \
             AND NOT EXISTS (SELECT 1 FROM receivers r WHERE r.channel = d.channel AND r.paused_until > $1) \
             ORDER BY d.lane, d.due_at, d.id LIMIT ($2 + 0)";
        let sql = Sql::new(text).with([now.into(), limit.into(), channel.into()]);
        self.lock(tx, sql).await
    }

    pub(super) async fn lock(&self, tx: &mut Tx, sql: Sql) -> Result<Vec<Due>, StoreError> {
        let locks = self.engine.skip_locked(" FOR UPDATE OF d SKIP LOCKED FOR SHARE OF i SKIP LOCKED");
        sql.push(locks).all(&mut **tx).await?.iter().map(Due::read).collect()
    }

    /// Asked right before a message leaves: the claim still holds and nobody has answered meanwhile.
    ///
    /// # Errors
    /// Any.
    pub async fn may_send(&self, owner: &str, claimed: &Delivery, now: Moment) -> Result<bool, StoreError> {
        let text = "SELECT i.state AS incident_state, i.generation AS present FROM deliveries d JOIN incidents i ON i.id = d.incident \
             WHERE d.id = $1 AND d.state = 'claimed' AND d.lease_owner = $2 AND d.attempts = $3 AND d.lease_until > $4";
        let values = [claimed.id.as_str().into(), owner.into(), claimed.attempts.into(), now.into()];
        let Some(row) = Sql::new(text).with(values).first(&self.readers).await? else { return Ok(false) };
        Ok(wanted(claimed.kind, row.word("incident_state")?, row.int("present")? == claimed.generation))
    }

    /// Gives back a claimed delivery that was not begun: it is due as before. One whose incident was answered is cancelled by the next claim.
    ///
    /// # Errors
    /// `LeaseLost`.
    pub async fn release_delivery(&self, owner: &str, claimed: &Delivery) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let text = "UPDATE deliveries SET state = 'due', attempts = attempts - 1, lease_owner = '', lease_until = 0 \
             WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND state = 'claimed'";
        let values = [claimed.id.as_str().into(), owner.into(), claimed.attempts.into()];
        held(Sql::new(text).with(values).run(&mut *tx).await?, &claimed.id)?;
        let text = "DELETE FROM attempts WHERE delivery = $1 AND number = $2";
        Sql::new(text).with([claimed.id.as_str().into(), claimed.attempts.into()]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps a long attempt's lease until `now + lease`.
    ///
    /// # Errors
    /// `LeaseLost`.
    pub async fn renew_delivery(&self, owner: &str, claimed: &Delivery, now: Moment, lease: Duration) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE deliveries SET lease_until = $4 WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND state = 'claimed'";
        let values = [claimed.id.as_str().into(), owner.into(), claimed.attempts.into(), now.plus(lease).into()];
        held(Sql::new(text).with(values).run(&mut *tx).await?, &claimed.id)?;
        Ok(tx.commit().await?)
    }

    /// Records an attempt and what comes next, and ends the lease. A success after failures of its channel makes due what waits for it.
    ///
    /// # Errors
    /// `LeaseLost` where the lease ran out and the delivery went to another attempt, which then tells its story.
    pub async fn record_attempt(&self, owner: &str, id: &str, attempt: &AttemptRow, next: Next) -> Result<Recovery, StoreError> {
        let mut tx = self.write().await?;
        let (state, due_at) = match next {
            Next::Delivered => (DeliveryState::Delivered, None),
            Next::Accepted => (DeliveryState::Accepted, None),
            Next::Again { due_at } | Next::Shrink { due_at } => (DeliveryState::Due, Some(due_at)),
            Next::Dead => (DeliveryState::Dead, None),
        };
        let done = matches!(next, Next::Delivered | Next::Accepted);
        let text = "UPDATE deliveries SET state = $4, due_at = COALESCE($5, due_at), delivered_at = COALESCE($6, delivered_at), \
             last_outcome = $7, last_reply = $8, shrink = $9, \
             possible_duplicate = CASE WHEN $10 = 1 THEN 1 ELSE possible_duplicate END, lease_owner = '', lease_until = 0 \
             WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND state = 'claimed'";
        let values = [
            id.into(),
            owner.into(),
            attempt.number.into(),
            state.as_str().into(),
            due_at.into(),
            done.then_some(attempt.finished_at).into(),
            attempt.outcome.as_str().into(),
            attempt.reply.as_str().into(),
            matches!(next, Next::Shrink { .. }).into(),
            i64::from(attempt.outcome == "unknown").into(),
        ];
        held(Sql::new(text).with(values).run(&mut *tx).await?, id)?;
        let text = "UPDATE attempts SET started_at = $3, finished_at = $4, outcome = $5, reply = $6 WHERE delivery = $1 AND number = $2";
        let values = [
            id.into(),
            attempt.number.into(),
            attempt.started_at.into(),
            attempt.finished_at.into(),
            attempt.outcome.as_str().into(),
            attempt.reply.as_str().into(),
        ];
        Sql::new(text).with(values).run(&mut *tx).await?;
        let recovery = if done { recovery::hurry(&mut tx, self.engine, id, attempt.finished_at).await? } else { Recovery::default() };
        tx.commit().await?;
        Ok(recovery)
    }

    /// When there is something to claim: a due time, the end of its channel's pause, or of a lease; none while the outbox is empty.
    ///
    /// # Errors
    /// Any.
    pub async fn next_delivery_due(&self) -> Result<Option<Moment>, StoreError> {
        let text = "SELECT min(due) AS due FROM ( \
             SELECT CASE WHEN r.paused_until > c.due THEN r.paused_until ELSE c.due END AS due \
             FROM (SELECT channel, min(due_at) AS due FROM deliveries WHERE state = 'due' GROUP BY channel) AS c \
             LEFT JOIN receivers r ON r.channel = c.channel \
             UNION ALL SELECT min(lease_until) AS due FROM deliveries WHERE state = 'claimed') AS every";
        let row = Sql::new(text).first(&self.readers).await?;
        row.map_or(Ok(None), |row| row.moment_or_none("due"))
    }
}

pub(super) struct Due {
    pub(super) id: String,
    attempts: i64,
    pub(super) wanted: bool,
    pub(super) kind: DeliveryKind,
    pub(super) recipient: String,
    pub(super) gathered: bool,
}

impl Due {
    fn read(row: &sqlx::any::AnyRow) -> Result<Self, StoreError> {
        let (kind, present) = (row.word("kind")?, row.int("generation")? == row.int("present")?);
        Ok(Self {
            id: row.text("id")?,
            attempts: row.int("attempts")?,
            wanted: wanted(kind, row.word("incident_state")?, present),
            kind,
            recipient: row.text("recipient")?,
            gathered: row.text("note")? == GATHERED,
        })
    }
}

/// Only news goes out once somebody answered; a warning of an earlier generation is nobody's any more.
fn wanted(kind: DeliveryKind, state: IncidentState, present_generation: bool) -> bool {
    kind == DeliveryKind::Status || (state == IncidentState::Open && present_generation)
}

fn held(changed: u64, id: &str) -> Result<(), StoreError> {
    if changed == 0 { Err(StoreError::LeaseLost(format!("delivery {id}"))) } else { Ok(()) }
}

pub(super) async fn cancel(tx: &mut Tx, stale: &[Due]) -> Result<(), StoreError> {
    for part in stale.chunks(KEYS_A_STATEMENT) {
        let ids = part.iter().map(|due| due.id.as_str());
        Sql::new("UPDATE deliveries SET state = 'cancelled' WHERE id IN ").list(ids).run(&mut **tx).await?;
    }
    Ok(())
}

pub(super) async fn take(tx: &mut Tx, due: &[Due], owner: &str, now: Moment, lease: Duration) -> Result<(), StoreError> {
    for part in due.chunks(KEYS_A_STATEMENT) {
        let text = "UPDATE deliveries SET state = 'claimed', attempts = attempts + 1, lease_owner = $1, lease_until = $2 WHERE id IN ";
        let ids = part.iter().map(|due| due.id.as_str());
        Sql::new(text).with([owner.into(), now.plus(lease).into()]).list(ids).run(&mut **tx).await?;
        let rows = part.iter().map(|due| vec![due.id.as_str().into(), (due.attempts + 1).into(), owner.into(), now.into()]);
        let sql = Sql::new("INSERT INTO attempts (delivery, number, owner, started_at) VALUES ").rows(rows);
        // A number is taken where a claim was given back half way: the new one writes over it.
        sql.push(" ON CONFLICT (delivery, number) DO UPDATE SET owner = excluded.owner, started_at = excluded.started_at")
            .run(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Everything the messages of these deliveries say, in a few statements for all of them.
async fn describe(tx: &mut Tx, ids: &[String]) -> Result<Vec<Claimed>, StoreError> {
    let mut rows = Vec::new();
    for part in ids.chunks(KEYS_A_STATEMENT) {
        let sql = Sql::new("SELECT ").push(deliveries::COLUMNS).push(" FROM deliveries d WHERE d.id IN ").list(part);
        rows.extend(sql.push(" ORDER BY d.lane, d.due_at, d.id").all(&mut **tx).await?);
    }
    let mut wanted = BTreeSet::new();
    let mut found = Vec::new();
    for row in &rows {
        let delivery = deliveries::read(row)?;
        wanted.insert(delivery.incident.clone());
        found.push((delivery, row.flag("shrink")?));
    }
    let wanted: Vec<String> = wanted.into_iter().collect();
    let incidents: BTreeMap<String, Incident> =
        incidents::by_ids(tx, &wanted).await?.into_iter().map(|incident| (incident.id.clone(), incident)).collect();
    let joined = joined(tx, &wanted).await?;
    let told = told(tx, &wanted).await?;
    let undelivered = given_up::undelivered(tx, &wanted).await?;
    let mut claimed = Vec::new();
    for (delivery, shrink) in found {
        let Some(incident) = incidents.get(&delivery.incident).cloned() else { continue };
        let (first, sources) = joined.get(&incident.id).cloned().unwrap_or_default();
        let (mention, verdict) = first.unzip();
        let told = told.get(&incident.id).map_or(&[][..], Vec::as_slice);
        let also_told = told.iter().filter(|(other, _)| other.name != delivery.name).cloned().collect();
        let missed = undelivered.iter().filter(|(key, _)| *key == (delivery.incident.clone(), delivery.generation));
        let undelivered = missed.map(|(_, undelivered)| undelivered.clone()).collect();
        claimed.push(Claimed { delivery, shrink, incident, mention, verdict, sources, also_told, undelivered, others: Vec::new() });
    }
    Ok(claimed)
}

/// Per incident its worst mention with verdict, and every mention's source and link.
pub(super) type Joined = (Option<(Mention, Verdict)>, Vec<(String, Option<String>)>);

pub(super) async fn joined(connection: &mut AnyConnection, incidents: &[String]) -> Result<BTreeMap<String, Joined>, StoreError> {
    let mut joined: BTreeMap<String, Joined> = BTreeMap::new();
    for part in incidents.chunks(KEYS_A_STATEMENT) {
        let sql = Sql::new("SELECT im.incident, ").push(mentions::COLUMNS);
        let sql = sql.push(", v.verdict FROM incident_mentions im JOIN mentions m ON m.id = im.mention ").push(verdicts::JOIN_LATEST);
        let rows = sql.push(" WHERE im.incident IN ").list(part).push(" ORDER BY im.joined_at, m.id").all(&mut *connection).await?;
        for row in &rows {
            let mention = mentions::read(row)?;
            let entry = joined.entry(row.text("incident")?).or_default();
            entry.1.push((mention.source.clone(), mention.url.clone()));
            let next = (mention, row.json("verdict")?);
            entry.0 = worst(entry.0.take().into_iter().chain([next]).collect());
        }
    }
    Ok(joined)
}

async fn told(tx: &mut Tx, incidents: &[String]) -> Result<BTreeMap<String, Vec<(Recipient, Moment)>>, StoreError> {
    let mut told: BTreeMap<String, Vec<(Recipient, Moment)>> = BTreeMap::new();
    for part in incidents.chunks(KEYS_A_STATEMENT) {
        let text = "SELECT incident, department, name, recipient, channel, language, min(created_at) AS first FROM deliveries \
             WHERE state NOT IN ('cancelled', 'dead') AND incident IN ";
        let sql = Sql::new(text).list(part);
        let sql = sql.push(" GROUP BY incident, department, name, recipient, channel, language ORDER BY first, name, channel");
        for row in sql.all(&mut **tx).await? {
            let recipient = Recipient {
                department: row.text("department")?,
                name: row.text("name")?,
                address: row.text("recipient")?,
                channel: row.text("channel")?,
                language: row.text("language")?,
            };
            told.entry(row.text("incident")?).or_default().push((recipient, row.moment("first")?));
        }
    }
    Ok(told)
}
