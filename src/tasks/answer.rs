//! An answer of a person, through whichever door: one transaction, one state machine.

use serde_json::json;

use super::context::Context;
use super::crash::crash_point;
use crate::model::{Action, Incident, IncidentState, Moment};
use crate::respond::acknowledge::{Actor, Case, Effect, Transition, transition};
use crate::respond::ids::Ids;
use crate::respond::notify;
use crate::respond::recheck::Known;
use crate::store::{AckRow, Store, StoreError};

/// Where an answer came from, for the record.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub ip: Option<String>,
    pub agent: Option<String>,
    /// The id of a signed call; a second call of the same id changes nothing.
    pub call_id: Option<String>,
}

/// What came of an answer, and the incident as it stands now.
#[derive(Clone, Debug)]
pub struct Answered {
    pub effect: Effect,
    pub incident: Incident,
}

/// Answers an incident and wakes who has to send the news; none where there is no such incident.
///
/// # Errors
/// The store's; nothing has changed then.
pub async fn answer(
    context: &Context,
    incident: &str,
    action: &Action,
    actor: &Actor,
    origin: &Origin,
) -> Result<Option<Answered>, StoreError> {
    let live = context.live();
    let ids = context.ids().map_err(|error| StoreError::Other(error.to_string()))?;
    let answered = answer_in(&context.store, &live.context(), ids, incident, action, actor, origin, context.clock.now()).await?;
    context.wakes.deliver.notify_one();
    context.wakes.escalate.notify_one();
    Ok(answered)
}

/// The same without a running daemon: for the command line.
///
/// # Errors
/// The store's; nothing has changed then.
#[expect(clippy::too_many_arguments, reason = "each is one fact of the answer; a struct for one call would hide none of them")]
pub async fn answer_in(
    store: &Store,
    context: &notify::Context<'_>,
    mut ids: Ids,
    incident: &str,
    action: &Action,
    actor: &Actor,
    origin: &Origin,
    now: Moment,
) -> Result<Option<Answered>, StoreError> {
    // Before the transaction: while it is held, nothing else is asked.
    let page = last_seen(store, incident, action).await?;
    let Some(mut tx) = store.begin_incident(incident, now).await? else { return Ok(None) };
    let before = tx.incident().clone();
    if let Some(id) = &origin.call_id
        && !tx.first_call(id).await?
    {
        let effect = Effect::Already { by: before.acknowledged_by.clone().unwrap_or_default(), at: before.acknowledged_at.unwrap_or(now) };
        return Ok(Some(Answered { effect, incident: before }));
    }
    let told = notify::told(&tx.deliveries().await?, before.generation);
    let case = Case { incident: &before, told: &told, next_event: tx.next_event().await?, page: page.as_ref() };
    let Transition { effect, incident: after, event, deliveries } = transition(&case, action, actor, context, &mut ids, now);
    let took_effect = effect == Effect::TookEffect;
    if took_effect {
        tx.cancel_unsent().await?;
        if after.state == IncidentState::Resolved {
            tx.cancel_gathered().await?;
        }
        tx.update(&after).await?;
        tx.deliver(&deliveries).await?;
    }
    tx.event(event.as_str(), now, &actor.name, &json!({ "action": action, "via": actor.via, "note": actor.note })).await?;
    tx.acknowledgement(&AckRow {
        actor: actor.name.clone(),
        via: actor.via,
        action: action.clone(),
        note: actor.note.clone(),
        ip: origin.ip.clone(),
        agent: origin.agent.clone(),
        at: now,
        took_effect,
    })
    .await?;
    crash_point("answer.decided");
    tx.commit().await?;
    crash_point("answer.committed");
    tracing::info!(incident = after.id, actor = actor.name, via = %actor.via, event = %event, took_effect, "an incident was answered");
    Ok(Some(Answered { effect, incident: after }))
}

/// What was last seen on the page of the case, for the news of its end.
async fn last_seen(store: &Store, incident: &str, action: &Action) -> Result<Option<Known>, StoreError> {
    if !matches!(action, Action::Resolve { .. }) {
        return Ok(None);
    }
    let pages = store.rechecks(incident).await?;
    let latest = pages.into_iter().filter(|page| page.checked_at.is_some()).max_by_key(|page| page.checked_at);
    Ok(latest.and_then(|page| serde_json::from_value(page.seen).ok()))
}
