//! Forgets what is past its time, a bounded batch at a time.

use std::sync::Arc;

use super::context::Context;
use super::driver::{Activation, Ended};
use crate::store::PrunePlan;

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let options = context.live().settings.store.clone();
    let plan = PrunePlan { now: context.clock.now(), keep_items: options.keep_items, keep_incidents: options.keep_incidents };
    let pruned = context.store.prune(plan).await?;
    let handled = pruned.items + pruned.incidents + pruned.mentions;
    if handled > 0 {
        tracing::info!(?pruned, "rows past their time were removed");
    }
    Ok(Activation { handled, next_at: None })
}
