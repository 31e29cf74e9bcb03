//! Acknowledgements: every answer of a person, also those that came too late.

use super::connect::Tx;
use super::sql::{Columns as _, Sql, json};
use super::{Store, StoreError};
use crate::model::{Action, Moment, Via};

/// What a person did, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckRow {
    pub actor: String,
    pub via: Via,
    pub action: Action,
    pub note: String,
    pub ip: Option<String>,
    /// The `User-Agent`.
    pub agent: Option<String>,
    pub at: Moment,
    /// False for one that came too late and is kept as a note.
    pub took_effect: bool,
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub seq: i64,
    pub incident: String,
    pub row: AckRow,
}

impl Store {
    /// Every answer to an incident, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn incident_acknowledgements(&self, incident: &str) -> Result<Vec<Acknowledgement>, StoreError> {
        let text = "SELECT seq, incident, actor, via, action, note, ip, agent, at, took_effect FROM acknowledgements WHERE incident = ";
        let rows = Sql::new(text).bind(incident).push(" ORDER BY seq").all(&self.readers).await?;
        let read = |row: &sqlx::any::AnyRow| {
            let kept = AckRow {
                actor: row.text("actor")?,
                via: row.word("via")?,
                action: row.json("action")?,
                note: row.text("note")?,
                ip: row.text_or_none("ip")?,
                agent: row.text_or_none("agent")?,
                at: row.moment("at")?,
                took_effect: row.flag("took_effect")?,
            };
            Ok(Acknowledgement { seq: row.int("seq")?, incident: row.text("incident")?, row: kept })
        };
        rows.iter().map(read).collect()
    }
}

pub(super) async fn insert(tx: &mut Tx, incident: &str, row: &AckRow) -> Result<(), StoreError> {
    let values = vec![
        incident.into(),
        row.actor.as_str().into(),
        row.via.as_str().into(),
        json(&row.action)?.into(),
        row.note.as_str().into(),
        (&row.ip).into(),
        (&row.agent).into(),
        row.at.into(),
        row.took_effect.into(),
    ];
    let text = "INSERT INTO acknowledgements (incident, actor, via, action, note, ip, agent, at, took_effect) VALUES ";
    Sql::new(text).rows([values]).run(&mut **tx).await.map(drop)
}
