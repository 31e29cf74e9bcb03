//! Whether the pipeline is sound: one judgement for `/readyz`, the watchdog and the heartbeat.

use std::time::Duration;

use super::context::Context;
use crate::store::{Figures, StoreError};

/// A warning that is due and unsent for this long means the outbox is stuck. A receiver that merely fails is told to ops
/// much earlier; this is for the case that nothing goes out at all.
const OUTBOX_STUCK_AFTER: Duration = Duration::from_mins(15);
/// The store must answer within this; a slow disk's fsync takes seconds, not tens of them.
const STORE_WITHIN: Duration = Duration::from_secs(10);
/// With the time to ask why (`Store::explained`) a page is there within two seconds.
pub const STORE_SOON: Duration = Duration::from_secs(1);

/// What is wrong, in words; nothing when all is well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// What a restart may mend: loops dead or stuck, store gone. Withholds the watchdog.
    pub hung: Vec<String>,
    /// The same, a store that takes no writes, and a clock that was set back: why the process cannot do its work. Withholds `/readyz`.
    pub failing: Vec<String>,
    /// The same, and what a restart would not mend: a stuck outbox, a task that fails whenever it runs. Withholds the heartbeat.
    pub unsound: Vec<String>,
    /// Cases and troubles of which nobody has heard, because every message about them fails.
    pub unreached: u64,
}

/// Looks at loops, store and outbox.
pub async fn look(context: &Context) -> Health {
    look_within(context, STORE_WITHIN).await
}

/// The same for whoever waits for a page, as a balancer or Prometheus, who give up soon: what the store has not said by then is said of it.
pub async fn look_soon(context: &Context) -> Health {
    look_within(context, STORE_SOON).await
}

async fn look_within(context: &Context, within: Duration) -> Health {
    let now = context.clock.now();
    let mut hung: Vec<String> = context.board.unsound(now).into_iter().map(|name| format!("task {name} is dead or stuck")).collect();
    let figures = match tokio::time::timeout(within, context.store.figures(now)).await {
        Ok(Ok(figures)) => Some(figures),
        Ok(Err(error)) => {
            hung.push(context.store.explained(error).await.to_string());
            None
        }
        Err(_) => {
            hung.push(unanswered(context).await);
            None
        }
    };
    // What is refused for a moment, as by greylisting, is part of the mail.
    let live = context.live();
    let since = now.minus(live.settings.respond.fallback_after);
    // What does not answer is not asked twice.
    let unreached = async { if figures.is_some() { context.store.unreached(&live.programs(), since).await.ok() } else { None } };
    let unreached = tokio::time::timeout(within, unreached).await.ok().flatten().unwrap_or_default();
    let mut failing = hung.clone();
    failing.extend(set_back(context.clock_is_back()));
    failing.extend(context.store.refusal().map(|refusal| refusal.to_string()).filter(|words| !hung.contains(words)));
    let mut unsound = failing.clone();
    // Its own failures must not keep the heartbeat silent for ever.
    let failing_tasks = context.board.failing().into_iter().filter(|name| *name != "heartbeat");
    unsound.extend(failing_tasks.map(|name| format!("task {name} fails again and again")));
    unsound.extend(figures.and_then(|figures| stuck_outbox(&figures)));
    unsound.extend((unreached > 0).then(|| reached_nobody(unreached)));
    Health { hung, failing, unsound, unreached }
}

/// The store is there and does not answer, or what keeps it from it.
pub async fn unanswered(context: &Context) -> String {
    match context.store.silence().await {
        StoreError::Busy(_) => "the store does not answer".to_owned(),
        error => error.to_string(),
    }
}

/// For whoever looks, where the messages themselves do not get through.
#[must_use]
pub fn reached_nobody(warnings: u64) -> String {
    let noun = if warnings == 1 { "warning has" } else { "warnings have" };
    format!("{warnings} {noun} reached nobody: `hearken deliveries` shows what the receivers answer")
}

/// What the wrong clock had dated waits for hours, and nothing fails by that.
fn set_back(by: Duration) -> Option<String> {
    let words = || format!("the clock was set back by {} s, and what it had dated is not brought forward yet", by.as_secs());
    (!by.is_zero()).then(words)
}

fn stuck_outbox(figures: &Figures) -> Option<String> {
    let waits = figures.oldest_due_age;
    (waits > OUTBOX_STUCK_AFTER).then(|| format!("a delivery has been due for {} minutes", waits.as_secs() / 60))
}
