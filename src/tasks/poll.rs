//! Polls what is due. Fetching, judging and the one transaction that keeps items, verdicts and the next due time together.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::context::Context;
use super::crash::crash_point;
use super::driver::{Activation, Ended, TaskError, chain, panic_text};
use super::metrics::PollLabels;
use super::pool::{Boxed, Pool};
use super::{inbound, intake, mail, trouble, websub};
use crate::collect::fetch::FetchFailure;
use crate::collect::poll::{Document, Polled, poll};
use crate::collect::source::{PollOutcome, SourceKind, SourceOptions, is_down, is_silent, next_due};
use crate::collect::websub::stretched;
use crate::model::{FailureKind, IncidentKind, Moment, Severity, SourceState};
use crate::respond::incident::Subject;
use crate::store::StoreError;

/// Sources of one host that are taken together where no gap is wanted between its requests; else one at a time, so that a
/// host with many sources does not hold places while it waits.
const PER_HOST_WITHOUT_GAP: i64 = 32;

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let live = context.live();
    let capacity = live.settings.collect.concurrency.max(1);
    let pool = Pool { task: "poll", capacity, wake: Arc::clone(&context.wakes.poll), stop: context.stop.clone() };
    let claim = |free: usize| -> Boxed<Result<Vec<Vec<SourceState>>, TaskError>> {
        let context = Arc::clone(&context);
        Box::pin(async move { claim(&context, free).await })
    };
    let run = |sources: Vec<SourceState>| -> Boxed<()> {
        let context = Arc::clone(&context);
        Box::pin(async move {
            for state in sources {
                let name = state.name.clone();
                if let Err(error) = poll_one(&context, state).await {
                    tracing::warn!(source = name, error = chain(error.as_ref()), "a poll could not be kept; its lease brings it back");
                }
            }
        })
    };
    let alive = || context.board.update("poll", |status| status.busy_since = Some(context.clock.now()));
    let handled = pool.work(claim, run, alive).await?;
    Ok(Activation { handled, next_at: context.store.next_source_due().await? })
}

/// Due sources, one list for each host.
async fn claim(context: &Context, free: usize) -> Result<Vec<Vec<SourceState>>, TaskError> {
    let live = context.live();
    let per_host = if live.settings.collect.host_gap.is_zero() { PER_HOST_WITHOUT_GAP } else { 1 };
    let limit = i64::try_from(free).unwrap_or(i64::MAX).saturating_mul(per_host);
    let claimed = context.store.claim_due_sources(&context.owner, context.clock.now(), live.settings.run.lease, limit, per_host).await?;
    let mut hosts: BTreeMap<String, Vec<SourceState>> = BTreeMap::new();
    for state in claimed {
        hosts.entry(state.host.clone()).or_default().push(state);
    }
    Ok(hosts.into_values().collect())
}

async fn poll_one(context: &Context, state: SourceState) -> Result<(), TaskError> {
    let live = context.live();
    // A reload may have taken it out since; its lease runs out unused.
    let Some(source) = live.settings.sources.iter().find(|source| source.name == state.name) else { return Ok(()) };
    if let SourceKind::Inbound(_) = source.kind {
        return inbound::look(context, source, state).await;
    }
    let pass = context.hosts.enter(&state.host).await;
    let mut stop = context.stop.clone();
    // No gap is longer than the gap: a clock that was set back would make it hours.
    let earliest = pass.earliest().min(context.clock.now().plus(live.settings.collect.host_gap));
    tokio::select! {
        () = context.clock.sleep_until(earliest) => {}
        _ = stop.wait_for(|stopped| *stopped) => return Ok(()),
    }
    let now = context.clock.now();
    if let SourceKind::Mail(options) = &source.kind {
        return unless_lease_lost(source, mail::round(context, source, options, state, pass).await);
    }
    let polled = tokio::select! {
        polled = poll(&live.outbound, &context.robots, source, &live.settings.collect, &state, now) => polled,
        error = keep_lease(context, &state.name) => return Err(error),
    };
    let now = context.clock.now();
    pass.leave(now.plus(live.settings.collect.host_gap));
    crash_point("poll.fetched");
    let outcome = match &polled {
        Ok(Polled::Unchanged { .. }) => "unchanged",
        Ok(Polled::Items(_)) => "items",
        Err(failure) => failure.kind.as_str(),
    };
    let labels = PollLabels { source: state.name.clone(), outcome: outcome.to_owned() };
    context.metrics.polls.get_or_create(&labels).inc();
    let kept = match polled {
        Ok(Polled::Unchanged { max_age }) => unchanged(context, source, state, max_age, now).await,
        Ok(Polled::Items(document)) => take_in(context, source, state, document, now).await,
        Err(failure) => failed(context, source, state, &failure, now).await,
    };
    unless_lease_lost(source, kept)
}

fn unless_lease_lost(source: &SourceOptions, kept: Result<(), TaskError>) -> Result<(), TaskError> {
    match kept {
        Err(error) if matches!(error.downcast_ref::<StoreError>(), Some(StoreError::LeaseLost(_))) => {
            tracing::debug!(source = source.name, "another daemon has taken this source");
            Ok(())
        }
        other => other,
    }
}

/// A document that makes us panic is a failure of its source, told to ops like any other, not a poll that is begun anew with every lease.
pub(super) async fn take_in(
    context: &Context,
    source: &SourceOptions,
    state: SourceState,
    document: Document,
    now: Moment,
) -> Result<(), TaskError> {
    let (hub, was_pushed) = (document.hub.clone(), state.pushed_until.is_some());
    let panic = match AssertUnwindSafe(intake::take_in(context, source, state.clone(), document, now)).catch_unwind().await {
        Ok(Ok(())) => return websub::heed(context, source, hub, was_pushed).await,
        Ok(kept) => return kept,
        Err(panic) => panic,
    };
    tracing::error!(source = source.name, panic = panic_text(panic.as_ref()), "judging what a source shows panicked");
    let failure = FetchFailure::new(FailureKind::Internal, "hearken itself failed on what the source shows; see its log");
    failed(context, source, state, &failure, now).await
}

/// Runs until the lease is lost: then somebody else polls the source.
pub(super) async fn keep_lease(context: &Context, name: &str) -> TaskError {
    let lease = context.live().settings.run.lease;
    loop {
        tokio::time::sleep(lease / 3).await;
        if let Err(error) = context.store.renew_source(&context.owner, name, context.clock.now(), lease).await
            && !error.is_temporary()
        {
            return error.into();
        }
    }
}

/// The state after a poll that worked.
pub(super) fn succeeded(
    context: &Context,
    source: &SourceOptions,
    state: SourceState,
    max_age: Option<std::time::Duration>,
    now: Moment,
) -> SourceState {
    let backoff_max = context.live().settings.collect.backoff_max;
    SourceState {
        next_due_at: stretched(next_due(source, PollOutcome::Success { max_age }, 0, backoff_max, now), state.pushed_until, now),
        failures: 0,
        failure: None,
        failure_detail: None,
        failing_since: None,
        last_polled_at: Some(now),
        last_success_at: Some(now),
        ..state
    }
}

pub(super) async fn unchanged(
    context: &Context,
    source: &SourceOptions,
    state: SourceState,
    max_age: Option<std::time::Duration>,
    now: Moment,
) -> Result<(), TaskError> {
    let state = succeeded(context, source, state, max_age, now);
    context.store.commit_unchanged(&context.owner, &state).await?;
    recovered(context, &state.name).await?;
    look_for_silence(context, source, &state, now).await
}

/// Ends the incident about a source that works again. Asked for after every good poll: the state of the source may have
/// forgotten its failures (a crash right after the commit, a new address, an operator's reset) while the incident stands.
pub(super) async fn recovered(context: &Context, name: &str) -> Result<(), TaskError> {
    trouble::clear(context, &trouble::source_key(name), "the source answers again").await
}

pub(super) async fn look_for_silence(context: &Context, source: &SourceOptions, state: &SourceState, now: Moment) -> Result<(), TaskError> {
    if !is_silent(state, source.silent_after, now) {
        return Ok(());
    }
    let kind = FailureKind::Silent;
    let last = state.last_item_at.map(Moment::rfc3339).unwrap_or_default();
    let subject = Subject {
        kind: IncidentKind::Source,
        key: trouble::silent_key(&source.name),
        severity: Severity::Medium,
        title: format!("Source {} has fallen silent", source.name),
        detail: format!("Address: {}\nLast new item: {last}\n\n{}", source.url, kind.next_step()),
    };
    trouble::raise(context, subject).await
}

pub(super) async fn failed(
    context: &Context,
    source: &SourceOptions,
    state: SourceState,
    failure: &FetchFailure,
    now: Moment,
) -> Result<(), TaskError> {
    let live = context.live();
    let failures = state.failures.saturating_add(1);
    let outcome = PollOutcome::Failure { kind: failure.kind, retry_after: failure.retry_after };
    let state = SourceState {
        next_due_at: next_due(source, outcome, failures, live.settings.collect.backoff_max, now),
        failures,
        failure: Some(failure.kind),
        failure_detail: Some(failure.detail.clone()),
        failing_since: state.failing_since.or(Some(now)),
        last_polled_at: Some(now),
        ..state
    };
    tracing::info!(source = source.name, kind = %failure.kind, detail = failure.detail, failures, next_due_at = state.next_due_at.rfc3339(), "a poll failed");
    context.store.commit_unchanged(&context.owner, &state).await?;
    if !is_down(&state, live.settings.collect.down_after, now) {
        return Ok(());
    }
    let since = state.failing_since.map(Moment::rfc3339).unwrap_or_default();
    let subject = Subject {
        kind: IncidentKind::Source,
        key: trouble::source_key(&source.name),
        severity: Severity::Medium,
        title: format!("Source {} cannot be read: {}", source.name, failure.kind),
        detail: format!("Address: {}\nSince: {since}\nWhat happened: {}\n\n{}", source.url, failure.detail, failure.kind.next_step()),
    };
    trouble::raise(context, subject).await
}
