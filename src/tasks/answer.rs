//! An answer of a person, through whichever door: one transaction, one state machine.

use serde_json::json;

use super::context::Context;
use super::crash::crash_point;
use crate::model::{Action, EventKind, Incident, IncidentState, Moment, worst};
use crate::respond::acknowledge::{Actor, Case, Effect, Transition, transition};
use crate::respond::ids::Ids;
use crate::respond::notify;
use crate::respond::recheck::Known;
use crate::store::{AckRow, Event, Store, StoreError};

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
    /// Another desk has it now, or the same one anew.
    pub moved: bool,
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
    let said = if matches!(action, Action::NotOurs) { worst(store.incident_mentions(incident).await?) } else { None };
    let Some(mut tx) = store.begin_incident(incident, now).await? else { return Ok(None) };
    let before = tx.incident().clone();
    if let Some(id) = &origin.call_id
        && !tx.first_call(id).await?
    {
        let effect = Effect::Already { by: before.acknowledged_by.clone().unwrap_or_default(), at: before.acknowledged_at.unwrap_or(now) };
        return Ok(Some(Answered { effect, moved: false, incident: before }));
    }
    let told = notify::told(&tx.deliveries().await?, before.generation);
    let not_theirs = not_theirs(&tx.events().await?);
    let said = said.as_ref().map(|(mention, verdict)| (verdict, mention.source.as_str()));
    let case =
        Case { incident: &before, told: &told, next_event: tx.next_event().await?, page: page.as_ref(), said, not_theirs: &not_theirs };
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
    let mut detail = json!({ "action": action, "via": actor.via, "note": actor.note });
    if GAVE_AWAY.contains(&event) {
        detail[FROM] = json!(before.department);
    }
    tx.event(event.as_str(), now, &actor.name, &detail).await?;
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
    Ok(Some(Answered { effect, moved: after.generation != before.generation, incident: after }))
}

/// By these a department says that a case is not theirs.
const GAVE_AWAY: [EventKind; 2] = [EventKind::NotOurs, EventKind::HandedOver];
/// In the history: which department said so.
const FROM: &str = "from";

/// Departments that gave it away before, as far as the history of an earlier release names them.
fn not_theirs(events: &[Event]) -> Vec<String> {
    let said = events.iter().filter(|event| GAVE_AWAY.iter().any(|kind| event.kind == kind.as_str()));
    said.filter_map(|event| event.detail.get(FROM)?.as_str().map(str::to_owned)).collect()
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
