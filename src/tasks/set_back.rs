//! Notices that the clock was set back, and brings forward what the wrong clock had dated.

use std::sync::Arc;

use super::context::Context;
use super::driver::{Activation, Ended};

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let Some(back) = context.store.mend_set_back_clock(context.clock.now()).await? else {
        return Ok(Activation { handled: 0, next_at: None });
    };
    tracing::warn!(back_s = back.as_secs(), "the clock was set back; what was dated by the wrong clock is brought forward");
    let wakes = &context.wakes;
    [&wakes.poll, &wakes.deliver, &wakes.escalate].into_iter().for_each(|wake| wake.notify_one());
    Ok(Activation { handled: 1, next_at: None })
}
