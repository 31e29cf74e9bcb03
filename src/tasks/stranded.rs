//! Cases that reached none of those who have to answer, because every address of theirs refused: whoever is next on their ladder hears at once.

use std::time::Duration;

use serde_json::json;

use super::context::Context;
use super::crash::crash_point;
use super::driver::{TaskError, chain};
use super::open_incidents::HEARKEN;
use crate::model::{DeliveryState, EventKind, Incident, IncidentState, Moment};
use crate::respond::escalate::extended;
use crate::respond::notify::{asks_for_an_answer, may_be_answered, may_be_heard};
use crate::store::StoreError;

/// Where nobody is left to tell, those who refused are asked again this seldom: a mailbox that was full, a server that took us for another.
const AGAIN: Duration = Duration::from_mins(30);

/// Looks for such cases and passes each on. What another daemon passes on meanwhile is seen under the lock of its case.
pub(super) async fn pass_on(context: &Context) -> Result<(), TaskError> {
    let (live, now) = (context.live(), context.clock.now());
    let since = now.minus(live.settings.respond.give_up_after);
    for id in context.store.stranded(&live.programs(), now, since).await? {
        // One case that cannot be read must not keep the others to themselves.
        if let Err(error) = onward(context, &id, since, now).await {
            tracing::error!(incident = id, error = chain(&error), "a case that reached nobody could not be passed on");
        }
    }
    Ok(())
}

async fn onward(context: &Context, id: &str, since: Moment, now: Moment) -> Result<(), StoreError> {
    let Some(mut tx) = context.store.begin_incident(id, now).await? else { return Ok(()) };
    let live = context.live();
    let before = tx.incident().clone();
    let deliveries = tx.deliveries().await?;
    if before.state != IncidentState::Open || may_be_answered(&deliveries, &before, &live.context()) {
        return Ok(());
    }
    let refused = deliveries.iter().filter(|row| row.state == DeliveryState::Dead && asks_for_an_answer(row, &before));
    let refused: Vec<_> = refused.map(|row| json!({ "to": row.recipient, "over": row.channel, "reply": row.last_reply })).collect();
    let heard = may_be_heard(&deliveries, before.generation, &live.context());
    let taken = usize::try_from(before.step).unwrap_or(0);
    let case = if taken < before.ladder.len() { Some(before) } else { extended(&before, &live.context()) };
    let Some(case) = case else {
        // Who was told beside may pass it on; else those who refused are all there is.
        if !heard && tx.revive(since, now.plus(AGAIN)).await? > 0 {
            tx.commit().await?;
            tracing::error!(incident = id, "a case reached nobody, and nobody is left to tell: those who refused it are asked again");
        }
        return Ok(());
    };
    if case.escalate_at.is_some_and(|at| at <= now) {
        return Ok(());
    }
    tx.update(&Incident { escalate_at: Some(now), ..case }).await?;
    tx.event(EventKind::Unreached.as_str(), now, HEARKEN, &json!({ "refused": refused })).await?;
    tx.commit().await?;
    crash_point("stranded.committed");
    tracing::warn!(incident = id, "a case reached none of those who have to answer: the next step of its ladder is taken at once");
    context.wakes.escalate.notify_one();
    Ok(())
}
