//! Climbs the ladders of incidents that nobody answered: re-reads each in the transaction that acts on it.

use std::sync::Arc;

use serde_json::json;

use super::context::Context;
use super::crash::crash_point;
use super::driver::{Activation, Ended, TaskError, chain};
use super::open_incidents::{HEARKEN, not_all_singly, told_since};
use crate::model::{EventKind, Incident, Moment};
use crate::respond::escalate::{self, Escalate};
use crate::respond::readdress::with_people_of_today;

/// Incidents of one look; the next look follows at once while there are more.
const BATCH: i64 = 100;

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let mut handled = 0;
    loop {
        let due = context.store.due_escalations(context.clock.now(), BATCH).await?;
        let mut failed = None;
        let mut taken = 0;
        for id in &due {
            match climb(&context, id).await {
                Ok(climbed) => taken += u64::from(climbed),
                // One incident that cannot be read must not silence the ladders of the others.
                Err(error) => {
                    tracing::error!(incident = id, error = chain(error.as_ref()), "an incident could not be escalated");
                    failed = Some(error);
                }
            }
        }
        handled += taken;
        if let Some(error) = failed {
            return Err(error);
        }
        if taken == 0 || context.stopped() {
            break;
        }
        context.board.update("escalate", |status| status.busy_since = Some(context.clock.now()));
    }
    Ok(Activation { handled, next_at: context.store.next_escalation_due().await? })
}

/// Takes one incident's next step; false where there was nothing to take.
async fn climb(context: &Context, id: &str) -> Result<bool, TaskError> {
    let now = context.clock.now();
    let Some(mut tx) = context.store.begin_incident(id, now).await? else { return Ok(false) };
    let live = context.live();
    // The ladder names who was there when the case was opened; people leave.
    let mut incident = with_people_of_today(tx.incident(), &live.context());
    let mut decision = escalate::decide(&incident, now);
    if decision == Escalate::Exhausted
        && let Some(longer) = escalate::extended(&incident, &live.context())
    {
        decision = escalate::decide(&longer, now);
        incident = longer;
    }
    match decision {
        Escalate::Step { step, name, recipients, next_at } => {
            crash_point("escalate.decided");
            let mut deliveries = escalate::deliveries(&incident, step, &recipients, &live.context(), &mut context.ids()?, now);
            let mut lately = tx.told_lately(told_since(context, now)).await?;
            not_all_singly(context, &mut deliveries, (incident.severity, Some(next_at)), &mut lately, now);
            incident.step = step;
            incident.escalate_at = Some(next_at);
            tx.update(&incident).await?;
            tx.deliver(&deliveries).await?;
            tx.event(EventKind::Escalated.as_str(), now, HEARKEN, &json!({ "step": step, "to": name })).await?;
            context.metrics.escalations.inc();
            tracing::info!(incident = id, step, to = name, "nobody answered: the next step of the ladder was taken");
        }
        Escalate::Exhausted => {
            incident.escalate_at = None;
            tx.update(&incident).await?;
            tx.event(EventKind::LadderEnded.as_str(), now, HEARKEN, &json!({})).await?;
            tracing::warn!(incident = id, "the whole ladder was told and nobody answered");
        }
        Escalate::NotDue { at } => postpone(&mut tx, &mut incident, at).await?,
        Escalate::Answered => {
            incident.escalate_at = None;
            tx.update(&incident).await?;
        }
    }
    tx.commit().await?;
    crash_point("escalate.committed");
    context.wakes.deliver.notify_one();
    Ok(true)
}

async fn postpone(tx: &mut crate::store::IncidentTx, incident: &mut Incident, at: Moment) -> Result<(), TaskError> {
    incident.escalate_at = Some(at);
    Ok(tx.update(incident).await?)
}
