//! A channel got another name, or was taken out of the settings: what waits for it goes over those of today, and the case says so.

use std::collections::BTreeSet;

use serde_json::json;

use super::context::Context;
use super::driver::{TaskError, chain};
use super::open_incidents::HEARKEN;
use super::trouble::{self, channel_key};
use crate::model::{DeliveryState, EventKind, Moment, Over};
use crate::respond::readdress::today;

/// Before anything is claimed, so that nothing is tried over a channel that is no more.
pub(super) async fn settle(context: &Context) -> Result<(), TaskError> {
    let (live, now) = (context.live(), context.clock.now());
    for channel in context.store.waiting_channels(now).await? {
        if live.senders.contains_key(&channel) {
            continue;
        }
        let (mut moved, mut stays) = (0, false);
        for id in context.store.incidents_waiting_for(&channel, now).await? {
            // One case that cannot be read must not keep the others waiting.
            match onward(context, &id, &channel, now).await {
                Ok(rows) => moved += rows,
                Err(error) => {
                    stays = true;
                    tracing::error!(
                        incident = id,
                        channel,
                        error = chain(error.as_ref()),
                        "what waits for a channel that is no more could not be moved"
                    );
                }
            }
        }
        if moved > 0 {
            tracing::warn!(channel, moved, "the settings name this channel no more: what waited for it goes over the channels of today");
        }
        if moved > 0 && !stays {
            trouble::clear(context, &channel_key(&channel), Over::Files).await?;
        }
    }
    Ok(())
}

/// Returns how many rows of one incident go elsewhere.
async fn onward(context: &Context, id: &str, channel: &str, now: Moment) -> Result<u64, TaskError> {
    let Some(mut tx) = context.store.begin_incident(id, now).await? else { return Ok(0) };
    let live = context.live();
    let (incident, mut moved, mut over) = (tx.incident().clone(), 0, BTreeSet::new());
    let rows = tx.deliveries().await?;
    let waits = |state| matches!(state, DeliveryState::Due | DeliveryState::Claimed);
    for row in rows.iter().filter(|row| row.channel == channel && waits(row.state)) {
        let Some(to) = today(row, &incident, &rows, &live.context()) else { continue };
        if tx.readdress(row, &to, now).await? {
            over.insert(to.channel);
            moved += 1;
        }
    }
    if moved > 0 {
        tx.event(EventKind::Readdressed.as_str(), now, HEARKEN, &json!({ "from": channel, "over": over, "messages": moved })).await?;
        tx.commit().await?;
    }
    Ok(moved)
}
