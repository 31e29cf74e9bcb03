//! A channel got another name, or was taken out of the settings, or a person has left: what waits there goes to those of today, and the case
//! says so.

use std::collections::BTreeSet;

use serde_json::json;

use super::context::Context;
use super::driver::{TaskError, chain};
use super::open_incidents::HEARKEN;
use super::trouble::{self, channel_key};
use crate::model::{Delivery, DeliveryState, EventKind, Moment, Over};
use crate::respond::readdress::{is_current, knows, sits_at, today};
use crate::store::WaitingFor;

/// Whom something waits for and who cannot get it.
struct Gone {
    channel: String,
    recipient: String,
    /// The channel is still there: it is the person who has left, or sits elsewhere.
    by_person: bool,
}

/// Before anything is claimed, so that nothing is tried over a channel that is no more, or sent to somebody who has left.
pub(super) async fn settle(context: &Context) -> Result<(), TaskError> {
    let (live, now) = (context.live(), context.clock.now());
    let (mut moved_from, mut stays) = (BTreeSet::new(), BTreeSet::new());
    let here = |waiting: &WaitingFor| {
        let sits = |desk: &String| sits_at(desk, &waiting.recipient, &live.context());
        knows(&waiting.recipient, &live.context()) && waiting.desk.as_ref().is_none_or(sits)
    };
    let waiting = context.store.waiting_recipients(now).await?;
    // By the channel that is no more or by the person who has left: each once, whatever waits there.
    let gone: BTreeSet<(String, String, bool)> = waiting
        .into_iter()
        .map(|waiting| (live.senders.contains_key(&waiting.channel), waiting))
        .filter(|(by_person, waiting)| !by_person || !here(waiting))
        .map(|(by_person, waiting)| (waiting.channel, waiting.recipient, by_person))
        .collect();
    for (channel, recipient, by_person) in gone {
        let gone = Gone { channel, recipient, by_person };
        let (moved, failed) = gone.settle(context, now).await?;
        if failed {
            stays.insert(gone.channel.clone());
        }
        if moved > 0 && !by_person {
            moved_from.insert(gone.channel);
        }
    }
    for channel in moved_from.difference(&stays) {
        trouble::clear(context, &channel_key(channel), Over::Files).await?;
    }
    Ok(())
}

impl Gone {
    /// Moves what waits in every case: how many rows, and whether a case could not be read.
    async fn settle(&self, context: &Context, now: Moment) -> Result<(u64, bool), TaskError> {
        let (mut moved, mut failed) = (0, false);
        for id in context.store.incidents_waiting_for(&self.channel, &self.recipient, now).await? {
            // One case that cannot be read must not keep the others waiting.
            match self.onward(context, &id, now).await {
                Ok(rows) => moved += rows,
                Err(error) => {
                    failed = true;
                    tracing::error!(
                        incident = id,
                        channel = self.channel,
                        error = chain(error.as_ref()),
                        "what waits for a channel or a person that is no more could not be moved"
                    );
                }
            }
        }
        if moved > 0 {
            let what = if self.by_person { "person" } else { "channel" };
            tracing::warn!(
                channel = self.channel,
                moved,
                "the settings name this {what} no more: what waited there goes to those of today"
            );
        }
        Ok((moved, failed))
    }

    /// Returns how many rows of one incident go elsewhere.
    async fn onward(&self, context: &Context, id: &str, now: Moment) -> Result<u64, TaskError> {
        let Some(mut tx) = context.store.begin_incident(id, now).await? else { return Ok(0) };
        let live = context.live();
        let (incident, mut moved, mut over) = (tx.incident().clone(), 0, BTreeSet::new());
        let rows = tx.deliveries().await?;
        for row in rows.iter().filter(|row| self.holds(row)) {
            if self.by_person && is_current(row, &incident, &live.context()) {
                continue;
            }
            let Some(to) = today(row, &incident, &rows, &live.context()) else { continue };
            if tx.readdress(row, &to, now).await? {
                over.insert(to.channel);
                moved += 1;
            }
        }
        if moved > 0 {
            let from = if self.by_person { &self.recipient } else { &self.channel };
            tx.event(EventKind::Readdressed.as_str(), now, HEARKEN, &json!({ "from": from, "over": over, "messages": moved })).await?;
            tx.commit().await?;
        }
        Ok(moved)
    }

    fn holds(&self, row: &Delivery) -> bool {
        let waits = matches!(row.state, DeliveryState::Due | DeliveryState::Claimed);
        waits && row.channel == self.channel && row.recipient == self.recipient
    }
}
