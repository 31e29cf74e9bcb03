//! Deliveries that wait for a channel or a person whom the settings name no more: which there are, and where they go instead.

use sqlx::any::AnyRow;

use super::sql::{Columns as _, Sql};
use super::{IncidentTx, Store, StoreError};
use crate::model::{Delivery, Moment, Recipient};

/// Whom messages wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingFor {
    pub channel: String,
    pub recipient: String,
    /// The department whose warnings they are; none of other messages.
    pub desk: Option<String>,
}

impl Store {
    /// Whom something waits for, now or later, or was claimed for by a daemon whose lease ran out.
    ///
    /// # Errors
    /// Any.
    pub async fn waiting_recipients(&self, now: Moment) -> Result<Vec<WaitingFor>, StoreError> {
        let text = "SELECT channel, recipient, CASE WHEN kind = 'warning' THEN department END AS desk FROM deliveries WHERE state = 'due' \
             UNION SELECT channel, recipient, CASE WHEN kind = 'warning' THEN department END AS desk FROM deliveries \
             WHERE state = 'claimed' AND lease_until <= $1 ORDER BY channel, recipient, desk";
        let rows = Sql::new(text).with([now.into()]).all(&self.readers).await?;
        let read = |row: &AnyRow| {
            Ok(WaitingFor { channel: row.text("channel")?, recipient: row.text("recipient")?, desk: row.text_or_none("desk")? })
        };
        rows.iter().map(read).collect()
    }

    /// The incidents of what waits for a recipient over a channel, each once.
    ///
    /// # Errors
    /// Any.
    pub async fn incidents_waiting_for(&self, channel: &str, recipient: &str, now: Moment) -> Result<Vec<String>, StoreError> {
        let text = "SELECT incident FROM deliveries \
             WHERE channel = $1 AND recipient = $2 AND (state = 'due' OR (state = 'claimed' AND lease_until <= $3)) \
             GROUP BY incident ORDER BY incident";
        let rows = Sql::new(text).with([channel.into(), recipient.into(), now.into()]).all(&self.readers).await?;
        rows.iter().map(|row| row.text("incident")).collect()
    }
}

impl IncidentTx {
    /// Sends a waiting delivery to somebody else, or the same person over another channel, now. It stays the same message: its id and its
    /// `Message-ID` tell a repeat. Where that one is told already, it is cancelled instead. One whose lease ran out may come twice; one that
    /// somebody is sending stays as it is. Returns whether anything changed.
    ///
    /// # Errors
    /// Any; nothing is changed then.
    pub async fn readdress(&mut self, delivery: &Delivery, to: &Recipient, now: Moment) -> Result<bool, StoreError> {
        let rows = self.deliveries().await?;
        let same = |row: &&Delivery| row.generation == delivery.generation && row.kind == delivery.kind && row.step == delivery.step;
        let told = rows.iter().filter(same).any(|row| row.channel == to.channel && row.recipient == to.address);
        let waits = "id = $1 AND (state = 'due' OR (state = 'claimed' AND lease_until <= $2))";
        if told {
            let text = format!("UPDATE deliveries SET state = 'cancelled', lease_owner = '', lease_until = 0 WHERE {waits}");
            return Ok(Sql::new(&text).with([delivery.id.as_str().into(), now.into()]).run(&mut **self.tx()).await? > 0);
        }
        let text = format!(
            "UPDATE deliveries SET department = $3, name = $4, recipient = $5, channel = $6, language = $7, \
             due_at = CASE WHEN attempts > 0 AND due_at > $2 THEN $2 ELSE due_at END, \
             possible_duplicate = CASE WHEN state = 'claimed' THEN 1 ELSE possible_duplicate END, \
             state = 'due', lease_owner = '', lease_until = 0 WHERE {waits}"
        );
        let values = [
            delivery.id.as_str().into(),
            now.into(),
            to.department.as_str().into(),
            to.name.as_str().into(),
            to.address.as_str().into(),
            to.channel.as_str().into(),
            to.language.as_str().into(),
        ];
        Ok(Sql::new(&text).with(values).run(&mut **self.tx()).await? > 0)
    }
}
