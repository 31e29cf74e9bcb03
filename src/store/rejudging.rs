//! Verdicts by other rules than those in force, and those that take their place.

use super::mentions;
use super::sql::{Columns as _, Sql, json};
use super::verdicts::JOIN_LATEST;
use super::{JOINED, OPENED, Store, StoreError, TOLD};
use crate::model::{Mention, Moment, Verdict};

/// A mention whose latest verdict is by other rules.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedOtherwise {
    pub mention: Mention,
    pub verdict: Verdict,
    /// Somebody was told of it, or it joined a case.
    pub told: bool,
}

/// A verdict in the place of another on the same words.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejudged {
    pub mention: String,
    pub revision: i64,
    /// The rules of the one before: it is left as it is where another daemon judged it meanwhile.
    pub before: String,
    pub verdict: Verdict,
    /// It waits to be acted on; else what became of the one before stands.
    pub acts: bool,
}

impl Store {
    /// Mentions judged since then by other rules than these, and acted on, the oldest first. The past of a source is left out.
    ///
    /// # Errors
    /// Any.
    pub async fn judged_otherwise(&self, rules: &str, since: Moment, limit: usize) -> Result<Vec<JudgedOtherwise>, StoreError> {
        self.judged("v.rule_set <> $2", rules, since, limit).await
    }

    /// Mentions judged since then by these very rules, the same way.
    ///
    /// # Errors
    /// Any.
    pub async fn judged_by(&self, rules: &str, since: Moment, limit: usize) -> Result<Vec<JudgedOtherwise>, StoreError> {
        self.judged("v.rule_set = $2", rules, since, limit).await
    }

    async fn judged(&self, which: &str, rules: &str, since: Moment, limit: usize) -> Result<Vec<JudgedOtherwise>, StoreError> {
        let sql = Sql::new("SELECT ").push(mentions::COLUMNS).push(", v.verdict, v.outcome FROM mentions m ").push(JOIN_LATEST);
        let text = " AND v.acted_at IS NOT NULL AND m.baseline = 0 ORDER BY v.decided_at, m.id LIMIT ($3 + 0)";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = sql.push(" WHERE v.decided_at >= $1 AND ").push(which).push(text);
        let rows = sql.with([since.into(), rules.into(), limit.into()]).all(&self.readers).await?;
        let read = |row: &sqlx::any::AnyRow| {
            let told = row.text_or_none("outcome")?.is_some_and(|outcome| [OPENED, TOLD, JOINED].contains(&outcome.as_str()));
            Ok(JudgedOtherwise { mention: mentions::read(row)?, verdict: row.json("verdict")?, told })
        };
        rows.iter().map(read).collect()
    }

    /// Puts these verdicts in the place of those before them; how many of those were still there.
    ///
    /// # Errors
    /// Any; nothing is changed then.
    pub async fn judge_again(&self, all: &[Rejudged]) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let mut changed = 0;
        for Rejudged { mention, revision, before, verdict, acts } in all {
            let text = "UPDATE verdicts SET severity = $1, complaint = $2, rule_set = $3, verdict = $4, \
                 acted_at = CASE WHEN $5 = 1 THEN NULL ELSE acted_at END, outcome = CASE WHEN $5 = 1 THEN NULL ELSE outcome END \
                 WHERE mention = $6 AND revision = $7 AND rule_set = $8";
            let values = [
                verdict.severity.as_str().into(),
                verdict.complaint.into(),
                verdict.rule_set.as_str().into(),
                json(verdict)?.into(),
                i64::from(*acts).into(),
                mention.as_str().into(),
                (*revision).into(),
                before.as_str().into(),
            ];
            changed += Sql::new(text).with(values).run(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }
}
