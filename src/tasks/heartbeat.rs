//! Tells an address outside that the whole pipeline is sound, and nobody else when it is not: what watches us must not
//! depend on us.

use std::sync::Arc;

use super::context::Context;
use super::driver::{Activation, Ended};
use super::health;

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let live = context.live();
    let Some(heartbeat) = &live.settings.heartbeat else { return Ok(Activation::default()) };
    let next_at = Some(context.clock.now().plus(heartbeat.every));
    let health = health::look(&context).await;
    if !health.unsound.is_empty() {
        tracing::warn!(unsound = health.unsound.join("; "), "the heartbeat is withheld");
        return Ok(Activation { handled: 0, next_at });
    }
    live.outbound.ping(&heartbeat.url).await?;
    Ok(Activation { handled: 1, next_at })
}
