//! Whose turn it is: sources that wait because their site asked for it, or for their place in a budget, are moved to their time.

use std::sync::{Mutex, PoisonError};

use super::context::Context;
use super::driver::TaskError;
use crate::collect::fetch::FetchFailure;
use crate::collect::manners::Manners;
use crate::collect::patience::held;
use crate::collect::source::SourceOptions;
use crate::model::{Moment, Patience, SourceState};
use crate::store::{Store, StoreError};

/// Learns which waits there are, those that other nodes were asked for among them.
pub(super) async fn look(context: &Context) -> Result<(), TaskError> {
    let waits = context.store.waits(context.clock.now()).await?;
    *context.waits() = waits;
    Ok(())
}

/// Whether a source that was taken may be polled now. Where it may not, it is moved to when it may, and its lease ends.
pub(super) async fn has_come(context: &Context, source: &SourceOptions, state: &SourceState, now: Moment) -> Result<bool, TaskError> {
    let wait = held(&context.waits(), &source.url, now).cloned();
    if let Some(wait) = wait {
        tracing::debug!(source = source.name, until = wait.until.rfc3339(), reason = wait.reason, "its site asked for patience");
        Box::pin(context.store.postpone_source(&context.owner, &source.name, wait.until, state.turn_at)).await?;
        return Ok(false);
    }
    let live = context.live();
    let Some(budget) = live.settings.collect.manners.budget(&source.url) else { return Ok(true) };
    if state.turn_at.is_some_and(|at| at <= now) {
        return Ok(true);
    }
    let spent = Box::pin(context.store.spend_budget(&budget.domain, budget.step(), 1, now)).await?;
    let place = budget.place(spent, now);
    if place <= now {
        return Ok(true);
    }
    tracing::debug!(source = source.name, until = place.rfc3339(), domain = budget.domain, "it waits for its place in the budget");
    Box::pin(context.store.postpone_source(&context.owner, &source.name, place, Some(place))).await?;
    Ok(false)
}

/// What a poll asked for beyond the one document it had a place for.
pub(super) async fn spend_rest(context: &Context, source: &SourceOptions, requests: u32, now: Moment) -> Result<(), TaskError> {
    let live = context.live();
    let budget = live.settings.collect.manners.budget(&source.url).filter(|_| requests > 1);
    if let Some(budget) = budget {
        Box::pin(context.store.spend_budget(&budget.domain, budget.step(), requests - 1, now)).await?;
    }
    Ok(())
}

/// Remembers the wait that a site asked a poll for beyond the one address.
pub(super) async fn ask_patience(context: &Context, failure: &FetchFailure, now: Moment) -> Result<(), TaskError> {
    let live = context.live();
    Ok(remember(&context.store, &live.settings.collect.manners, Some(context.known_waits()), failure, now).await?)
}

/// The same for whoever asks sites: in the store for all nodes, and in `known` for the polls of this one, which need not look there first.
pub(super) async fn remember(
    store: &Store,
    manners: &Manners,
    known: Option<&Mutex<Vec<Patience>>>,
    failure: &FetchFailure,
    now: Moment,
) -> Result<(), StoreError> {
    let Some(wait) = manners.asked(failure, now) else { return Ok(()) };
    tracing::info!(key = wait.key, until = wait.until.rfc3339(), reason = wait.reason, "a site asked for patience; all its sources wait");
    store.wait_for_site(&wait, now).await?;
    if let Some(known) = known {
        known.lock().unwrap_or_else(PoisonError::into_inner).push(wait);
    }
    Ok(())
}
