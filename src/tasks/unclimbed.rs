//! Cases that an earlier release opened in a department without a ladder: they climb to ops as new ones do.

use super::context::Context;
use super::driver::TaskError;
use crate::model::{Incident, IncidentState};
use crate::respond::escalate::extended;
use crate::store::StoreError;

/// At the start: gives each such case its steps, counted from now, so that a night after an upgrade is as quiet as the one before it.
pub(super) async fn settle(context: &Context) -> Result<(), TaskError> {
    for id in context.store.open_without_ladder().await? {
        match give_ladder(context, &id).await {
            // One that cannot be read must keep neither the daemon from its start nor the others from their ladders.
            Err(StoreError::Corrupt(error)) => tracing::error!(incident = id, error, "a case without a ladder cannot be read"),
            given => given?,
        }
    }
    Ok(())
}

async fn give_ladder(context: &Context, id: &str) -> Result<(), StoreError> {
    let now = context.clock.now();
    let Some(mut tx) = context.store.begin_incident(id, now).await? else { return Ok(()) };
    let before = tx.incident();
    if before.state != IncidentState::Open || !before.ladder.is_empty() {
        return Ok(());
    }
    let Some(longer) = extended(before, &context.live().context()) else { return Ok(()) };
    let escalate_at = longer.ladder.first().map(|step| now.plus(step.after()));
    tx.update(&Incident { escalate_at, ..longer }).await?;
    tx.commit().await?;
    tracing::info!(incident = id, "a case of an earlier release without a ladder climbs to ops from now on");
    Ok(())
}
