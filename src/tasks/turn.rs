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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::*;
    use crate::collect::patience::Scope;
    use crate::model::FailureKind;

    const NOW: Moment = Moment::from_secs(1_800_000_000);

    fn refused(status: u16, from: &str) -> FetchFailure {
        let from = Url::parse(from).expect("an address");
        let failure = FetchFailure::new(FailureKind::Throttled, "slow down");
        FetchFailure { retry_after: Some(Duration::from_secs(600)), status: Some(status), asked_by: Some(Box::new(from)), ..failure }
    }

    #[tokio::test]
    async fn a_wait_that_was_asked_for_holds_at_once_here_and_for_all_nodes() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&format!("sqlite://{}", folder.path().join("hearken.db").display())).await.expect("a store");
        let (manners, known) = (Manners::default(), Mutex::default());
        let url = |text: &str| Url::parse(text).expect("an address");
        remember(&store, &manners, Some(&known), &refused(429, "https://shop.example/feed"), NOW).await.expect("kept");
        let until = NOW.plus(Duration::from_secs(600));
        let here = known.lock().expect("no panic").clone();
        for waits in [here, store.waits(NOW).await.expect("read")] {
            let held = |address: &str, now: Moment| held(&waits, &url(address), now).map(|wait| wait.until);
            assert_eq!(held("https://shop.example/other", NOW), Some(until), "{waits:?}");
            assert_eq!((held("https://a.shop.example/", NOW), held("https://shop.example/other", until)), (None, None), "{waits:?}");
        }
        remember(&store, &manners, Some(&known), &refused(503, "https://page.example/feed"), NOW).await.expect("kept");
        remember(&store, &manners, Some(&known), &FetchFailure::new(FailureKind::Server, "500"), NOW).await.expect("kept");
        let here = known.lock().expect("no panic").len();
        assert_eq!((here, store.waits(NOW).await.expect("read").len()), (1, 1), "of one page, and none");
        let wide = Manners { scope: Some(Scope::Domain), ..manners };
        remember(&store, &wide, None, &refused(503, "https://b.page.example/feed"), NOW).await.expect("kept");
        let waits = store.waits(NOW).await.expect("read");
        assert_eq!(held(&waits, &url("https://page.example/"), NOW).map(|wait| wait.until), Some(until), "as the operator has it");
        store.close().await;
    }
}
