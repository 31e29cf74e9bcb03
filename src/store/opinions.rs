//! Second opinions: which verdicts wait for one, which were asked about, and what was answered.

use super::sql::{Columns as _, Sql};
use super::{Engine, Opening, ROWS_A_STATEMENT, Store, StoreError, mentions, opening};
use crate::model::{Mention, Moment, Verdict};

/// A verdict that nobody was asked about yet, or was in vain.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    pub mention: Mention,
    pub verdict: Verdict,
    /// Questions that may have cost something so far.
    pub attempts: i64,
}

/// What came of a doubt, for good.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled<'a> {
    pub mention: &'a Mention,
    /// `outside`, `needless`, `fine`, `complaint`, `nonsense`, `given_up`, ...
    pub outcome: &'a str,
    /// Where there was one, as JSON.
    pub answer: Option<&'a str>,
}

impl Store {
    /// Verdicts decided since then that were acted on and have no opinion, those first that were never asked about, and of the others
    /// the one asked about longest ago: one that is always answered by an error stands in nobody's way. None of a source's first poll.
    ///
    /// # Errors
    /// Any.
    pub async fn doubts(&self, since: Moment, now: Moment, limit: i64) -> Result<Vec<Doubt>, StoreError> {
        let sql = Sql::new("SELECT ").push(mentions::COLUMNS).push(
            ", v.verdict, COALESCE(o.attempts, 0) AS attempts FROM verdicts v JOIN mentions m ON m.id = v.mention AND m.revision = v.revision \
             LEFT JOIN opinions o ON o.mention = v.mention AND o.revision = v.revision WHERE v.decided_at >= ",
        );
        let sql = sql
            .bind(since)
            .push(" AND v.acted_at IS NOT NULL AND m.baseline = 0 AND (o.mention IS NULL OR (o.state <> 'done' AND o.due_at <= ");
        let rows =
            sql.bind(now).push(")) ORDER BY COALESCE(o.asked_at, 0), v.decided_at, v.mention").limit(limit).all(&self.readers).await?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(Doubt { mention: mentions::read(row)?, verdict: row.json("verdict")?, attempts: row.int("attempts")? })
        };
        rows.iter().map(read).collect()
    }

    /// Takes a doubt for asking, before anything is sent: whoever dies with the answer has used up one question. False where
    /// another daemon took it.
    ///
    /// # Errors
    /// Any.
    pub async fn claim_doubt(&self, mention: &Mention, model: &str, until: Moment, now: Moment) -> Result<bool, StoreError> {
        let row = vec![
            mention.id.as_str().into(),
            mention.revision.into(),
            mention.text_hash.into(),
            model.into(),
            "asking".into(),
            "asking".into(),
            1.into(),
            until.into(),
            now.into(),
        ];
        let sql =
            Sql::new("INSERT INTO opinions (mention, revision, text_hash, model, state, outcome, attempts, due_at, asked_at) VALUES ");
        let sql = sql.rows([row]).push(
            " ON CONFLICT (mention, revision) DO UPDATE SET state = 'asking', model = excluded.model, attempts = opinions.attempts + 1, \
             due_at = excluded.due_at, asked_at = excluded.asked_at WHERE opinions.state <> 'done' AND opinions.due_at <= ",
        );
        Ok(sql.bind(now).run(&self.writer).await? > 0)
    }

    /// Gives a doubt back that was asked about in vain. `free`: the question cost nothing, so it does not count.
    ///
    /// # Errors
    /// Any.
    pub async fn put_off_doubt(&self, mention: &Mention, outcome: &str, until: Moment, free: bool) -> Result<(), StoreError> {
        let text = "UPDATE opinions SET state = 'waiting', outcome = $1, due_at = $2, attempts = attempts - $5 \
             WHERE mention = $3 AND revision = $4 AND state = 'asking'";
        let values = [outcome.into(), until.into(), mention.id.as_str().into(), mention.revision.into(), i64::from(free).into()];
        Sql::new(text).with(values).run(&self.relaxed).await.map(drop)
    }

    /// Settles doubts that change nothing.
    ///
    /// # Errors
    /// Any.
    pub async fn settle_doubts(&self, settled: &[Settled<'_>], model: &str, now: Moment) -> Result<(), StoreError> {
        for part in settled.chunks(ROWS_A_STATEMENT) {
            settle(part, model, now).run(&self.relaxed).await?;
        }
        Ok(())
    }

    /// Questions sent since then that may have cost something, by all daemons.
    ///
    /// # Errors
    /// Any.
    pub async fn questions_since(&self, since: Moment) -> Result<i64, StoreError> {
        let text = "SELECT CAST(COALESCE(sum(attempts), 0) AS BIGINT) AS sent FROM opinions WHERE asked_at IS NOT NULL AND asked_at >= ";
        let row = Sql::new(text).bind(since).first(&self.readers).await?;
        row.map_or(Ok(0), |row| row.int("sent"))
    }

    /// What this model answered about the same text.
    ///
    /// # Errors
    /// Any.
    pub async fn answer_about(&self, text_hash: i64, model: &str) -> Result<Option<String>, StoreError> {
        let text = "SELECT answer FROM opinions WHERE text_hash = $1 AND model = $2 AND answer IS NOT NULL ORDER BY due_at DESC LIMIT 1";
        let row = Sql::new(text).with([text_hash.into(), model.into()]).first(&self.readers).await?;
        row.map_or(Ok(None), |row| row.text_or_none("answer"))
    }

    /// What came of a mention's second opinion so far; none where none was thought of.
    ///
    /// # Errors
    /// Any.
    pub async fn opinion_outcome(&self, mention: &Mention) -> Result<Option<String>, StoreError> {
        let sql =
            Sql::new("SELECT outcome FROM opinions WHERE mention = ").bind(&mention.id).push(" AND revision = ").bind(mention.revision);
        sql.first(&self.readers).await?.map(|row| row.text("outcome")).transpose()
    }

    /// A step about one verdict that was acted on before: as `begin_opening`, with that one pending. None where its mention was
    /// edited or forgotten meanwhile.
    ///
    /// # Errors
    /// Any.
    pub async fn reopen(&self, mention: &Mention, now: Moment) -> Result<Option<Opening>, StoreError> {
        let mut tx = opening::gated(self).await?;
        let sql = Sql::new("SELECT ").push(mentions::COLUMNS).push(
            ", v.verdict FROM verdicts v JOIN mentions m ON m.id = v.mention AND m.revision = v.revision WHERE v.acted_at IS NOT NULL AND v.mention = ",
        );
        let sql = sql.bind(&mention.id).push(" AND v.revision = ").bind(mention.revision);
        let lock = if self.engine == Engine::Postgres { " FOR UPDATE OF v" } else { "" };
        let Some(row) = sql.push(lock).first(&mut *tx).await? else { return Ok(None) };
        let pending = vec![(mentions::read(&row)?, row.json("verdict")?)];
        Ok(Some(Opening::of(tx, self.engine, now, pending)))
    }
}

pub(super) fn settle(settled: &[Settled<'_>], model: &str, now: Moment) -> Sql {
    let row = |settled: &Settled<'_>| {
        vec![
            settled.mention.id.as_str().into(),
            settled.mention.revision.into(),
            settled.mention.text_hash.into(),
            model.into(),
            "done".into(),
            settled.outcome.into(),
            0.into(),
            now.into(),
            settled.answer.into(),
        ]
    };
    let text = "INSERT INTO opinions (mention, revision, text_hash, model, state, outcome, attempts, due_at, answer) VALUES ";
    Sql::new(text).rows(settled.iter().map(row)).push(
        " ON CONFLICT (mention, revision) DO UPDATE SET state = 'done', outcome = excluded.outcome, due_at = excluded.due_at, answer = excluded.answer",
    )
}
