//! Ops hear of refused files once; of a further refusal the case has a line, and who was told hears of it where its reason is another one.

use serde_json::json;

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::open_incidents::HEARKEN;
use super::super::trouble;
use crate::model::{DeliveryKind, DeliveryState, EventKind, IncidentKind, IncidentState, Moment, NewDelivery, Severity, Told};
use crate::respond::incident::Subject;
use crate::respond::notify::{self, Telling};
use crate::respond::status::Status;
use crate::store::IncidentTx;

/// Characters of the reason in the case's history; the case itself has all of it.
const REASON_CHARS: usize = 300;

/// Opens the incident, or adds to the one that is open.
pub(super) async fn tell(context: &Context, told: Told) -> Result<(), TaskError> {
    let subject = Subject::trouble(IncidentKind::Ops, trouble::RELOAD, Severity::High, told);
    let now = context.clock.now();
    // Once more where somebody resolved it just now.
    for _ in 0..2 {
        let Some(open) = context.store.open_incident_by_key(trouble::RELOAD).await? else {
            return trouble::raise(context, subject).await;
        };
        let Some(mut tx) = context.store.begin_incident(&open.id, now).await? else { continue };
        if tx.incident().state == IncidentState::Resolved {
            continue;
        }
        add(context, &subject, &mut tx, now).await?;
        tx.commit().await?;
        context.wakes.deliver.notify_one();
        return Ok(());
    }
    trouble::raise(context, subject).await
}

async fn add(context: &Context, subject: &Subject, tx: &mut IncidentTx, now: Moment) -> Result<(), TaskError> {
    let differs = tx.incident().title != subject.title || tx.incident().detail != subject.detail;
    if differs {
        tx.retell(&subject.title, &subject.detail, subject.told.as_ref()).await?;
        let news = news(context, tx, now).await?;
        tx.deliver(&news).await?;
    }
    let why: String = subject.detail.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(REASON_CHARS).collect();
    tx.event(EventKind::RefusedAgain.as_str(), now, HEARKEN, &json!({ "title": subject.title, "why": why })).await?;
    Ok(())
}

/// To all who were told. A message that still waits will say the newest reason: it is written when it is sent.
async fn news(context: &Context, tx: &mut IncidentTx, now: Moment) -> Result<Vec<NewDelivery>, TaskError> {
    let note = Status::OtherReason.to_note();
    let (deliveries, step) = (tx.deliveries().await?, tx.next_event().await?);
    let incident = tx.incident();
    let waits = deliveries.iter().any(|delivery| delivery.state == DeliveryState::Due && delivery.attempts == 0);
    if waits {
        return Ok(Vec::new());
    }
    let told = notify::told(&deliveries, incident.generation);
    let telling = Telling { incident: &incident.id, generation: incident.generation, kind: DeliveryKind::Status, step, note: &note };
    let live = context.live();
    Ok(telling.to(&told, &live.context(), &mut context.ids()?, now))
}
