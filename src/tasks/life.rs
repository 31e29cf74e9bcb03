//! Signs of life in the store. An outage that ends with the daemon is told by nobody who saw it: a store that could not be reached until
//! the daemon was started anew, a full disk, a machine without power. So the next one tells it, by the last sign of those before.

use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::driver::{Activation, Ended, TaskError};
use super::room;
use crate::model::{Moment, Phrase};
use crate::store::LastSign;

/// How often a sign is given.
pub(super) const EVERY: Duration = Duration::from_secs(20);
/// A shorter time without one is a daemon that died and was started anew.
const TOLD_FROM: Duration = Duration::from_secs(90);

pub(super) async fn act(context: Arc<Context>) -> Ended {
    context.store.sign(context.clock.now(), false).await?;
    Ok(Activation { handled: 0, next_at: None })
}

/// At the start, before the first sign of this daemon.
pub(super) async fn tell_of_a_gap(context: &Context) -> Result<(), TaskError> {
    let now = context.clock.now();
    let Some(since) = gap(context.store.last_sign().await?, now) else { return Ok(()) };
    tracing::warn!(since = since.rfc3339(), "no daemon gave a sign of life since then, and none had ended in order");
    let title = Phrase::said("life_title").with("since", since).with("until", now);
    let mut lines = vec![Phrase::said("life_why"), Phrase::gap()];
    lines.extend(room::waited(context.store.waiting(now).await?));
    room::tell_together(context, title, lines, None, now).await
}

/// Since when nobody gave a sign, where that is worth telling.
fn gap(last: Option<LastSign>, now: Moment) -> Option<Moment> {
    let last = last.filter(|last| !last.ended)?;
    (now.since(last.at) >= TOLD_FROM).then_some(last.at)
}

/// A stop in order. Where it cannot be written, the next start tells what kept it from that.
pub(super) async fn end(context: &Context) {
    if let Err(error) = context.store.sign(context.clock.now(), true).await {
        tracing::warn!(%error, "the end could not be noted in the store: the next start will tell ops of it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_end_that_nobody_wanted_is_a_gap() {
        let now = Moment::from_secs(1_800_000_000);
        let last = |seconds, ended| Some(LastSign { at: now.minus(Duration::from_secs(seconds)), ended });
        assert_eq!(gap(None, now), None, "the first start");
        assert_eq!(gap(last(3_600, true), now), None, "stopped for an hour");
        assert_eq!(gap(last(60, false), now), None, "died and started anew");
        assert_eq!(gap(last(90, false), now), Some(now.minus(TOLD_FROM)));
        assert_eq!(gap(Some(LastSign { at: now.plus(EVERY), ended: false }), now), None, "the clock was set back");
    }
}
