//! Verdicts: one per revision of a mention, waiting until the opening step has acted on it.

use super::connect::Tx;
use super::sql::{Columns as _, Sql, Value, json, portions};
use super::{Engine, Store, StoreError};
use crate::model::{Mention, Moment, Verdict};

/// `v` is the latest verdict of `m`.
pub(super) const JOIN_LATEST: &str = "JOIN verdicts v ON v.mention = m.id AND v.revision = m.revision";

/// What became of a verdict whose mention was edited before the opening step came to it.
const SUPERSEDED: &str = "superseded";
/// What becomes of a verdict of a new source's first poll.
const BASELINE: &str = "baseline";

/// What became of a verdict.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fate {
    pub decided_at: Moment,
    /// None while it waits for the opening step.
    pub acted_at: Option<Moment>,
    /// `opened`, `joined`, `baseline`, or a `QuietReason`.
    pub outcome: Option<String>,
}

impl Store {
    /// What became of the latest verdict of a mention.
    ///
    /// # Errors
    /// Any.
    pub async fn fate(&self, mention: &Mention) -> Result<Option<Fate>, StoreError> {
        let text = "SELECT decided_at, acted_at, outcome FROM verdicts WHERE mention = $1 AND revision = $2";
        let values = [mention.id.as_str().into(), mention.revision.into()];
        let Some(row) = Sql::new(text).with(values).first(&self.readers).await? else { return Ok(None) };
        let (acted_at, outcome) = (row.moment_or_none("acted_at")?, row.text_or_none("outcome")?);
        Ok(Some(Fate { decided_at: row.moment("decided_at")?, acted_at, outcome }))
    }
}

/// Baseline verdicts count as acted on at once; an older revision that still waits is superseded by the newer.
pub(super) async fn insert(tx: &mut Tx, engine: Engine, judged: &[(&(Mention, Verdict), Moment)]) -> Result<(), StoreError> {
    for part in portions(judged, 9) {
        let rows = part.iter().map(|((mention, verdict), now)| values(mention, verdict, *now)).collect::<Result<Vec<_>, _>>()?;
        let text =
            "INSERT INTO verdicts (mention, revision, severity, complaint, rule_set, verdict, decided_at, acted_at, outcome) VALUES ";
        Sql::in_order(engine, text).rows(rows).push(" ON CONFLICT (mention, revision) DO NOTHING").run(&mut **tx).await?;
    }
    for ((mention, _), now) in judged.iter().filter(|((mention, _), _)| mention.revision > 1) {
        let text = "UPDATE verdicts SET acted_at = $1, outcome = $2 WHERE mention = $3 AND revision < $4 AND acted_at IS NULL";
        let values = [(*now).into(), SUPERSEDED.into(), mention.id.as_str().into(), mention.revision.into()];
        Sql::new(text).with(values).run(&mut **tx).await?;
    }
    Ok(())
}

fn values(mention: &Mention, verdict: &Verdict, now: Moment) -> Result<Vec<Value>, StoreError> {
    let (acted_at, outcome) = if mention.baseline { (Some(now), Some(BASELINE)) } else { (None, None) };
    Ok(vec![
        mention.id.as_str().into(),
        mention.revision.into(),
        verdict.severity.as_str().into(),
        verdict.complaint.into(),
        verdict.rule_set.as_str().into(),
        json(verdict)?.into(),
        now.into(),
        acted_at.into(),
        outcome.into(),
    ])
}
