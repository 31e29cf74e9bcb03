//! A store that takes no writes, as on a full disk, is tried again every few seconds, and all that waited for it goes on at once.

use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::driver::{Activation, Ended};

/// Nobody waits much longer than this for work to go on when there is room again.
pub(super) const TRIED_EVERY: Duration = Duration::from_secs(3);

pub(super) async fn act(context: Arc<Context>) -> Ended {
    if context.store.refusal().is_none() {
        return Ok(Activation { handled: 0, next_at: None });
    }
    if let Err(error) = context.store.prove_room(context.clock.now()).await {
        // Said by readiness, and by whoever could not write; here it would be a line every few seconds.
        tracing::debug!(%error, "the store takes no writes yet");
        return Ok(Activation { handled: 0, next_at: None });
    }
    // What could not be kept holds leases that would keep it waiting.
    let released = context.store.release_sources(&context.owner).await?;
    tracing::info!(sources = released, "the store takes writes again");
    context.wakes.all();
    Ok(Activation { handled: 1, next_at: None })
}
