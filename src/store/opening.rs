//! The opening step: from verdicts that wait to incidents with their timers and deliveries, in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::Tx;
use super::sql::{Columns as _, Sql, json, padded, portions};
use super::{Engine, KEYS_A_STATEMENT, Settled, Store, StoreError, Wording, deliveries, incidents, items, mentions, opinions};
use crate::model::{Delivery, Incident, IncidentState, Mention, Moment, NewDelivery, NewIncident, Severity, Verdict};

/// Serialises the opening steps on PostgreSQL: two of them at once would not see each other's incidents, and the same text
/// from two sites would be two warnings.
const OPENING_GATE: i64 = 0x6865_6172_6b65_6e03;

/// Mentions compared with a new one at most; the newest are.
const SIMILAR_AT_MOST: i64 = 5_000;

/// A wording of a mention of a recent incident, to find near-duplicates: the one that was told or, after an edit, that of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Similar {
    pub incident: String,
    pub state: IncidentState,
    pub text_hash: i64,
    /// 0 when the text is too short to compare.
    pub simhash: i64,
    pub source: String,
    pub identity: i64,
    pub mention: String,
    pub opened_at: Moment,
}

impl Similar {
    fn of(incident: &str, mention: &Mention, state: IncidentState, opened_at: Moment) -> Self {
        Self {
            incident: incident.to_owned(),
            state,
            text_hash: mention.text_hash,
            simhash: mention.simhash,
            source: mention.source.clone(),
            identity: mention.identity,
            mention: mention.id.clone(),
            opened_at,
        }
    }
}

/// A held transaction over verdicts that nobody has acted on. Dropped without `commit` it changes nothing.
#[derive(Debug)]
pub struct Opening {
    tx: Tx,
    engine: Engine,
    now: Moment,
    pending: Vec<(Mention, Verdict)>,
    /// What `similar` has read, by brand, with what was opened and joined since: nobody else does either beside us.
    recent: BTreeMap<String, Vec<Similar>>,
    /// What `wordings` has read, by mention.
    wordings: BTreeMap<String, Wording>,
}

impl Store {
    /// Takes up to `limit` waiting verdicts, oldest first. Other daemons wait with theirs until the end.
    ///
    /// # Errors
    /// Any.
    pub async fn begin_opening(&self, now: Moment, limit: i64) -> Result<Opening, StoreError> {
        let mut tx = gated(self).await?;
        let sql = Sql::new("SELECT ").push(mentions::COLUMNS).push(
            ", v.verdict, v.revision AS judged FROM verdicts v JOIN mentions m ON m.id = v.mention \
             WHERE v.acted_at IS NULL AND v.revision = m.revision ORDER BY v.decided_at, v.mention",
        );
        let rows = sql.limit(limit).push(self.engine.skip_locked(" FOR UPDATE OF v SKIP LOCKED")).all(&mut *tx).await?;
        let pending = rows.iter().map(|row| Ok((mentions::read(row)?, row.json("verdict")?))).collect::<Result<_, StoreError>>()?;
        Ok(Opening::of(tx, self.engine, now, pending))
    }

    /// Whether a verdict waits for the opening step: asked without a lock, to skip an empty transaction.
    ///
    /// # Errors
    /// Any.
    pub async fn has_pending(&self) -> Result<bool, StoreError> {
        let text = "SELECT v.mention FROM verdicts v JOIN mentions m ON m.id = v.mention WHERE v.acted_at IS NULL AND v.revision = m.revision LIMIT 1";
        Ok(Sql::new(text).first(&self.readers).await?.is_some())
    }
}

/// A writing transaction that no other opening step runs beside.
pub(super) async fn gated(store: &Store) -> Result<Tx, StoreError> {
    let mut tx = store.write().await?;
    if store.engine == Engine::Postgres {
        super::connect::gate(&mut tx, OPENING_GATE).await?;
    }
    Ok(tx)
}

impl Opening {
    pub(super) fn of(tx: Tx, engine: Engine, now: Moment, pending: Vec<(Mention, Verdict)>) -> Self {
        Self { tx, engine, now, pending, recent: BTreeMap::new(), wordings: BTreeMap::new() }
    }

    pub(super) const fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// What waits, oldest first; the mention is as it stands now, the verdict is of that revision.
    #[must_use]
    pub fn pending(&self) -> Vec<(Mention, Verdict)> {
        self.pending.clone()
    }

    /// Mentions of this brand's incidents opened since then, newest incident first, those opened in this transaction included. `before`
    /// are names that the brand may have borne.
    ///
    /// # Errors
    /// Any.
    pub async fn similar(&mut self, brand: &str, before: &[String], since: Moment) -> Result<&[Similar], StoreError> {
        // For each mention anew it would cost more than all the rest of a step together.
        if !self.recent.contains_key(brand) {
            let read = self.read_similar(brand, before, since).await?;
            self.recent.insert(brand.to_owned(), read);
        }
        Ok(self.recent.get(brand).map_or(&[], Vec::as_slice))
    }

    /// The words of these mentions, by mention: of few, for most are told apart by their hashes.
    ///
    /// # Errors
    /// Any.
    pub async fn wordings(&mut self, mentions: &[&str]) -> Result<&BTreeMap<String, Wording>, StoreError> {
        let unread: Vec<&str> = mentions.iter().copied().filter(|mention| !self.wordings.contains_key(*mention)).collect();
        for part in unread.chunks(KEYS_A_STATEMENT) {
            self.wordings.extend(items::read_wordings(&items::ask_wordings(part).all(&mut *self.tx).await?)?);
        }
        Ok(&self.wordings)
    }

    async fn read_similar(&mut self, brand: &str, before: &[String], since: Moment) -> Result<Vec<Similar>, StoreError> {
        let text = concat!(
            "SELECT i.id, i.state, i.opened_at, m.text_hash, m.simhash, im.text_hash AS told_hash, im.simhash AS told_simhash, \
             ",
            mentions::source_name!(),
            ", m.identity, m.id AS mention FROM incidents i JOIN incident_mentions im ON im.incident = i.id JOIN mentions m ON m.id = im.mention \
             WHERE i.opened_at >= $1 AND i.brand IN "
        );
        let names: Vec<&str> = std::iter::once(brand).chain(before.iter().map(String::as_str)).collect();
        let sql = Sql::new(text).with([since.into()]).list(padded(&names)).push(" ORDER BY i.opened_at DESC, i.id");
        let rows = sql.limit(SIMILAR_AT_MOST).all(&mut *self.tx).await?;
        let mut similar = Vec::with_capacity(rows.len());
        for row in &rows {
            let now = Similar {
                incident: row.text("id")?,
                state: row.word("state")?,
                text_hash: row.int("text_hash")?,
                simhash: row.int("simhash")?,
                source: row.text("source")?,
                identity: row.int("identity")?,
                mention: row.text("mention")?,
                opened_at: row.moment("opened_at")?,
            };
            // Edited since: a copy may show either wording.
            if let (Some(text_hash), Some(simhash)) = (row.int_or_none("told_hash")?, row.int_or_none("told_simhash")?)
                && text_hash != now.text_hash
            {
                similar.push(Similar { text_hash, simhash, ..now.clone() });
            }
            similar.push(now);
        }
        Ok(similar)
    }

    /// The newest incident this item is part of, in whatever state: an edited item belongs to it.
    ///
    /// # Errors
    /// Any.
    pub async fn incident_of_item(&mut self, source: &str, identity: i64) -> Result<Option<Incident>, StoreError> {
        let sql = Sql::new("SELECT ")
            .push(incidents::COLUMNS)
            .push(" FROM mentions m JOIN incident_mentions im ON im.mention = m.id JOIN incidents i ON i.id = im.incident WHERE ");
        let sql = sql
            .push(mentions::OF_SOURCE_NAMED)
            .bind(source)
            .push(") AND m.identity = ")
            .bind(identity)
            .push(" ORDER BY i.opened_at DESC, i.id LIMIT 1");
        sql.first(&mut *self.tx).await?.as_ref().map(incidents::read).transpose()
    }

    /// The id of the newest incident that a mention is part of, in whatever state.
    ///
    /// # Errors
    /// Any.
    pub async fn incident_of_mention(&mut self, mention: &str) -> Result<Option<String>, StoreError> {
        let text = "SELECT i.id FROM incident_mentions im JOIN incidents i ON i.id = im.incident WHERE im.mention = $1 \
             ORDER BY i.opened_at DESC, i.id LIMIT 1";
        let row = Sql::new(text).with([mention.into()]).first(&mut *self.tx).await?;
        row.map(|row| row.text("id")).transpose()
    }

    /// An incident with its deliveries and the number of its next event, locked until the end; none where it does not exist.
    ///
    /// # Errors
    /// Any.
    pub async fn case(&mut self, id: &str) -> Result<Option<(Incident, Vec<Delivery>, i64)>, StoreError> {
        let Some(incident) = incidents::lock(&mut self.tx, self.engine, id).await? else { return Ok(None) };
        let deliveries = deliveries::of_incident(&mut self.tx, id).await?;
        Ok(Some((incident, deliveries, incidents::next_event(&mut self.tx, id).await?)))
    }

    /// Writes what may change of an incident, as `IncidentTx::update` does.
    ///
    /// # Errors
    /// Any.
    pub async fn update(&mut self, incident: &Incident) -> Result<(), StoreError> {
        incidents::update(&mut self.tx, &incident.id, incident).await
    }

    /// Opens an incident with its first mention and its timer. False where an unresolved one has that key.
    ///
    /// # Errors
    /// Any; a taken id is `Other`.
    pub async fn open(&mut self, incident: &NewIncident, mention: &Mention) -> Result<bool, StoreError> {
        if !incidents::insert(&mut self.tx, incident, 1).await? {
            return Ok(false);
        }
        incidents::add_mention(&mut self.tx, &incident.id, mention, self.now).await?;
        if let Some(recent) = incident.brand.as_ref().and_then(|brand| self.recent.get_mut(brand)) {
            recent.insert(0, Similar::of(&incident.id, mention, IncidentState::Open, incident.opened_at));
        }
        Ok(true)
    }

    /// Joins a mention to an incident and raises its severity where this one is worse. False where it was part of it already.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn join(&mut self, incident: &str, mention: &Mention, severity: Severity) -> Result<bool, StoreError> {
        let joined = incidents::join(&mut self.tx, incident, mention, severity, self.now).await?;
        for recent in self.recent.values_mut().filter(|_| joined) {
            // Beside the others of its incident, whose brand decides where it is looked for.
            if let Some(place) = recent.iter().position(|similar| similar.incident == incident) {
                let Similar { state, opened_at, .. } = recent[place];
                recent.insert(place, Similar::of(incident, mention, state, opened_at));
            }
        }
        Ok(joined)
    }

    /// Puts deliveries into the outbox; returns how many were new.
    ///
    /// # Errors
    /// Any.
    pub async fn deliver(&mut self, deliveries: &[NewDelivery]) -> Result<u64, StoreError> {
        deliveries::insert(&mut self.tx, deliveries, self.now).await
    }

    /// Writes a line of the incident's history; returns its number.
    ///
    /// # Errors
    /// Any.
    pub async fn event(
        &mut self,
        incident: &str,
        kind: &str,
        at: Moment,
        actor: &str,
        detail: &serde_json::Value,
    ) -> Result<i64, StoreError> {
        incidents::event(&mut self.tx, incident, kind, at, actor, detail).await
    }

    /// Which of the waiting mentions are part of an incident already, in whatever state: only these have an `incident_of_item`.
    ///
    /// # Errors
    /// Any.
    pub async fn in_incidents(&mut self) -> Result<BTreeSet<String>, StoreError> {
        let ids: Vec<String> = self.pending.iter().map(|(mention, _)| mention.id.clone()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut found = BTreeSet::new();
        for part in ids.chunks(KEYS_A_STATEMENT) {
            let sql = Sql::new("SELECT DISTINCT mention FROM incident_mentions WHERE mention IN ").list(padded(part));
            for row in sql.all(&mut *self.tx).await? {
                found.insert(row.text("mention")?);
            }
        }
        Ok(found)
    }

    /// `acted` for many mentions of which the same became.
    ///
    /// # Errors
    /// Any.
    pub async fn all_acted(&mut self, mentions: &[&Mention], outcome: &str) -> Result<(), StoreError> {
        for part in portions(mentions, 2) {
            let sql = Sql::in_order(self.engine, "UPDATE verdicts SET acted_at = ").bind(self.now).push(", outcome = ").bind(outcome);
            let rows = part.iter().map(|mention| vec![mention.id.as_str().into(), mention.revision.into()]);
            sql.push(" WHERE (mention, revision) IN (VALUES ").rows(rows).push(")").run(&mut *self.tx).await?;
        }
        Ok(())
    }

    /// Marks the mention's verdict as acted on, with what became of it (`opened`, `joined`, `below_threshold`, ...).
    ///
    /// # Errors
    /// Any.
    pub async fn acted(&mut self, mention: &Mention, outcome: &str) -> Result<(), StoreError> {
        let text = "UPDATE verdicts SET acted_at = $1, outcome = $2 WHERE mention = $3 AND revision = $4";
        let values = [self.now.into(), outcome.into(), mention.id.as_str().into(), mention.revision.into()];
        Sql::new(text).with(values).run(&mut *self.tx).await.map(drop)
    }

    /// Puts another verdict in the place of the mention's: one with a reason more.
    ///
    /// # Errors
    /// Any.
    pub async fn judged(&mut self, mention: &Mention, verdict: &Verdict) -> Result<(), StoreError> {
        let text = "UPDATE verdicts SET severity = $1, complaint = $2, verdict = $3 WHERE mention = $4 AND revision = $5";
        let values = [
            verdict.severity.as_str().into(),
            verdict.complaint.into(),
            json(verdict)?.into(),
            mention.id.as_str().into(),
            mention.revision.into(),
        ];
        Sql::new(text).with(values).run(&mut *self.tx).await.map(drop)
    }

    /// Settles a doubt together with what follows from its answer.
    ///
    /// # Errors
    /// Any.
    pub async fn settle_doubt(&mut self, settled: &Settled<'_>, model: &str) -> Result<(), StoreError> {
        opinions::settle(std::slice::from_ref(settled), model, self.now).run(&mut *self.tx).await.map(drop)
    }

    /// # Errors
    /// Any; nothing is changed then.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
