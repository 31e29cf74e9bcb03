//! Notices that the clock was set back, and brings forward what the wrong clock had dated. It is looked for every second: until it is found
//! nothing is polled, told or climbed that the wrong clock had put off.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;

use super::context::Context;
use super::driver::{Activation, Ended};

/// Between two looks at the clock; a look reads two clocks and nothing else.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

/// Looks until the stop. A second task beside the one that mends: that one may be waiting for the store.
pub(super) async fn watch(context: Arc<Context>, mut stop: watch::Receiver<bool>) {
    let mut known = Duration::ZERO;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOKED_EVERY) => {}
            _ = stop.wait_for(|stopped| *stopped) => return,
        }
        let back = context.clock_is_back();
        // Once for each step: while the store refuses, the task tries again by itself.
        if back > known {
            tracing::warn!(back_s = back.as_secs(), "the clock was set back while we run");
            context.wakes.set_back.notify_one();
        }
        known = back;
    }
}

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let seen = context.clock_is_back();
    let now = context.clock.now();
    let mended = context.store.mend_set_back_clock(now, seen).await?;
    context.clock_is_mended(seen);
    let Some(back) = mended else { return Ok(Activation { handled: 0, next_at: None }) };
    tracing::warn!(back_s = back.as_secs(), "the clock was set back; what was dated by the wrong clock is brought forward");
    // No pause is longer than it was meant to be; asked too early, the other side says so once more.
    context.opinions_paused_until.fetch_min(now.0, Ordering::SeqCst);
    context.wakes.all();
    Ok(Activation { handled: 1, next_at: None })
}
