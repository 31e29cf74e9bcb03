//! The manners of a look: it keeps a poll's pauses, waits while its site asked for patience, and takes its place in a budget.

use std::time::Duration;

use url::Url;

use super::super::turn;
use super::Watch;
use crate::collect::fetch::FetchFailure;
use crate::collect::host::{Pass, host_of};
use crate::collect::patience::held;
use crate::model::Moment;
use crate::respond::recheck::Known;
use crate::store::StoreError;

/// Waits until nobody else talks to the host and its pause is over. The lease of a look is longer than any pause.
pub(super) async fn enter(watch: Watch<'_>, url: &Url) -> Pass {
    let pass = watch.hosts.enter(&host_of(url), true).await;
    let now = watch.clock.now();
    // No pause is longer than the pause: a clock that was set back would make it hours.
    watch.clock.sleep_until(pass.earliest().min(now.plus(gap(watch, url)))).await;
    pass
}

/// Least time between two requests to the host: the operator's, or the one its robots.txt asks for.
pub(super) fn gap(watch: Watch<'_>, url: &Url) -> Duration {
    watch.settings.collect.host_gap.max(watch.robots.delay(url).unwrap_or_default())
}

/// Until when the look has to wait; none: its turn has come. A place that it was given in a budget stands in `known`.
pub(super) async fn wait(watch: Watch<'_>, known: &mut Known, url: &Url) -> Result<Option<Moment>, StoreError> {
    let now = watch.clock.now();
    // Straight from the store: other nodes and polls may have been asked for patience since.
    let waits = watch.store.waits(now).await?;
    if let Some(wait) = held(&waits, url, now) {
        return Ok(Some(wait.until));
    }
    let Some(budget) = watch.settings.collect.manners.budget(url) else { return Ok(None) };
    if let Some(place) = known.turn_at {
        return Ok((place > now).then_some(place));
    }
    let spent = watch.store.spend_budget(&budget.domain, budget.step(), 1, now).await?;
    known.turn_at = Some(budget.place(spent, now)).filter(|place| *place > now);
    Ok(known.turn_at)
}

/// Remembers the wait that a site asked for beyond the one address: polls keep it too.
pub(super) async fn ask_patience(watch: Watch<'_>, failure: &FetchFailure) -> Result<(), StoreError> {
    turn::remember(watch.store, &watch.settings.collect.manners, watch.waits, failure, watch.clock.now()).await
}
