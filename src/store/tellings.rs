//! What was told of a case: each wording of its mentions that people heard of, with the verdict on it.

use sqlx::any::AnyRow;

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{Engine, Opening, ROWS_A_STATEMENT, Store, StoreError};
use crate::model::{Mention, Moment, Verdict};

/// What became of a verdict by which a case was opened.
pub const OPENED: &str = "opened";
/// What became of one whose mention joined a case that told it.
pub const TOLD: &str = "told";
/// What became of one whose mention joined a case without a word to anybody.
pub const JOINED: &str = "joined";

/// A wording that was told.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Telling {
    pub mention: String,
    pub revision: i64,
    pub at: Moment,
    pub title: Option<String>,
    /// None where it is not kept: an earlier release kept the last one alone.
    pub text: Option<String>,
    pub verdict: Verdict,
    /// It is what the mention says now.
    pub present: bool,
}

impl Store {
    /// What was told of an incident, the oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn tellings(&self, incident: &str) -> Result<Vec<Telling>, StoreError> {
        ask(incident).all(&self.readers).await?.iter().map(read).collect()
    }
}

impl Opening {
    /// What was told of an incident, the oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn tellings(&mut self, incident: &str) -> Result<Vec<Telling>, StoreError> {
        ask(incident).all(&mut **self.tx()).await?.iter().map(read).collect()
    }
}

/// Of the incident's mentions whatever was told, in this incident or in one before it.
fn ask(incident: &str) -> Sql {
    let text = "SELECT v.mention, v.revision, v.acted_at, v.verdict, m.revision AS present, m.title, m.body, w.title AS title_then, \
         w.body AS body_then FROM incident_mentions im JOIN mentions m ON m.id = im.mention JOIN verdicts v ON v.mention = m.id \
         LEFT JOIN wordings w ON w.mention = v.mention AND w.revision = v.revision \
         WHERE im.incident = $1 AND v.outcome IN ($2, $3) ORDER BY v.acted_at, v.mention, v.revision";
    Sql::new(text).with([incident.into(), OPENED.into(), TOLD.into()])
}

fn read(row: &AnyRow) -> Result<Telling, StoreError> {
    let revision = row.int("revision")?;
    let present = row.int("present")? == revision;
    let (title, text) = if present {
        (row.text_or_none("title")?, Some(row.text("body")?))
    } else {
        (row.text_or_none("title_then")?, row.text_or_none("body_then")?)
    };
    let at = row.moment_or_none("acted_at")?.unwrap_or_default();
    Ok(Telling { mention: row.text("mention")?, revision, at, title, text, verdict: row.json("verdict")?, present })
}

/// Keeps the words of these mentions, which are edited now, where they were told, or are about to be told at this moment.
pub(super) async fn keep(tx: &mut Tx, engine: Engine, edited: &[&Mention]) -> Result<(), StoreError> {
    for part in edited.chunks(ROWS_A_STATEMENT) {
        let text = "INSERT INTO wordings (mention, revision, title, body) SELECT m.id, m.revision, m.title, m.body FROM mentions m \
             JOIN verdicts v ON v.mention = m.id AND v.revision = m.revision WHERE (v.outcome IS NULL OR v.outcome IN (";
        let sql = Sql::in_order(engine, text).bind(OPENED).push(", ").bind(TOLD).push(")) AND m.id IN ");
        let sql = sql.list(part.iter().map(|mention| mention.id.as_str()));
        sql.push(" ON CONFLICT (mention, revision) DO NOTHING").run(&mut **tx).await?;
    }
    Ok(())
}
