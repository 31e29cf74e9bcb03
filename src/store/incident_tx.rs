//! One incident, locked: what an answer or an escalation changes, together or not at all.

use super::acknowledgements::{self, AckRow};
use super::connect::Tx;
use super::incidents::{self, Event};
use super::sql::Sql;
use super::{Store, StoreError, deliveries, seen};
use crate::model::{Delivery, Incident, Moment, NewDelivery, Told};

/// A held transaction over one locked incident. Dropped without `commit` it changes nothing.
#[derive(Debug)]
pub struct IncidentTx {
    tx: Tx,
    now: Moment,
    incident: Incident,
}

impl Store {
    /// Locks an incident and reads it as it stands; none where there is no such incident.
    ///
    /// # Errors
    /// Any.
    pub async fn begin_incident(&self, id: &str, now: Moment) -> Result<Option<IncidentTx>, StoreError> {
        let mut tx = self.write().await?;
        let incident = incidents::lock(&mut tx, self.engine, id).await?;
        Ok(incident.map(|incident| IncidentTx { tx, now, incident }))
    }
}

impl IncidentTx {
    pub(super) const fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// As it was when locked, or as `update` left it.
    #[must_use]
    pub const fn incident(&self) -> &Incident {
        &self.incident
    }

    /// Its deliveries of every generation, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn deliveries(&mut self) -> Result<Vec<Delivery>, StoreError> {
        deliveries::of_incident(&mut self.tx, &self.incident.id).await
    }

    /// The number the next event of this incident will have, counted from 1 within the incident.
    ///
    /// # Errors
    /// Any.
    pub async fn next_event(&mut self) -> Result<i64, StoreError> {
        incidents::next_event(&mut self.tx, &self.incident.id).await
    }

    /// The history, oldest first, with what this transaction wrote.
    ///
    /// # Errors
    /// Any.
    pub async fn events(&mut self) -> Result<Vec<Event>, StoreError> {
        let rows = incidents::events(&self.incident.id).all(&mut *self.tx).await?;
        rows.iter().map(incidents::read_event).collect()
    }

    /// Writes what may change (state, generation, severity, step, `escalate_at`, department, also, ladder, who answered, how it ended)
    /// and sets the timer: one row while it is open and has an `escalate_at`, else none.
    ///
    /// # Errors
    /// Any.
    pub async fn update(&mut self, incident: &Incident) -> Result<(), StoreError> {
        incidents::update(&mut self.tx, &self.incident.id, incident).await?;
        self.incident = Incident { id: self.incident.id.clone(), ..incident.clone() };
        Ok(())
    }

    /// Cancels warnings and escalations that nobody has begun to send; returns how many. What is being sent now cannot be called back.
    ///
    /// # Errors
    /// Any.
    pub async fn cancel_unsent(&mut self) -> Result<u64, StoreError> {
        let text = "UPDATE deliveries SET state = 'cancelled' WHERE state = 'due' AND kind <> 'status' AND incident = ";
        Sql::new(text).bind(&self.incident.id).run(&mut *self.tx).await
    }

    /// Cancels news that waits for a later moment; returns how many.
    ///
    /// # Errors
    /// Any.
    pub async fn cancel_gathered(&mut self) -> Result<u64, StoreError> {
        let text = "UPDATE deliveries SET state = 'cancelled' WHERE state = 'due' AND kind = 'status' AND attempts = 0 AND due_at > $2 \
             AND incident = $1";
        Sql::new(text).with([self.incident.id.as_str().into(), self.now.into()]).run(&mut *self.tx).await
    }

    /// Writes what the incident says from now on.
    ///
    /// # Errors
    /// Any.
    pub async fn retell(&mut self, title: &str, detail: &str, told: Option<&Told>) -> Result<(), StoreError> {
        let text = "UPDATE incidents SET title = $2, detail = $3, told = $4 WHERE id = $1";
        Sql::new(text)
            .with([self.incident.id.as_str().into(), title.into(), detail.into(), incidents::told(told)?])
            .run(&mut *self.tx)
            .await?;
        (self.incident.title, self.incident.detail, self.incident.told) = (title.to_owned(), detail.to_owned(), told.cloned());
        Ok(())
    }

    /// Puts deliveries into the outbox; those that exist already are passed over. Returns how many were new.
    ///
    /// # Errors
    /// Any.
    pub async fn deliver(&mut self, deliveries: &[NewDelivery]) -> Result<u64, StoreError> {
        deliveries::insert(&mut self.tx, deliveries, self.now).await
    }

    /// Writes a line of the history; returns its number.
    ///
    /// # Errors
    /// Any.
    pub async fn event(&mut self, kind: &str, at: Moment, actor: &str, detail: &serde_json::Value) -> Result<i64, StoreError> {
        incidents::event(&mut self.tx, &self.incident.id, kind, at, actor, detail).await
    }

    /// Keeps what a person did, whether or not it took effect.
    ///
    /// # Errors
    /// Any.
    pub async fn acknowledgement(&mut self, row: &AckRow) -> Result<(), StoreError> {
        acknowledgements::insert(&mut self.tx, &self.incident.id, row).await
    }

    /// True the first time the id of a signed call is shown, false for a replay. It is remembered only if this transaction is
    /// committed: a call that failed half way may be made again.
    ///
    /// # Errors
    /// Any.
    pub async fn first_call(&mut self, id: &str) -> Result<bool, StoreError> {
        seen::first(&mut self.tx, id, self.now).await
    }

    /// # Errors
    /// Any; nothing is changed then.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}
