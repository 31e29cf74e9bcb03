//! A poll that failed, and one that failed in part: when it is tried again, and who is told.

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::keep::UnderWay;
use super::super::{blindness, turn, watching};
use super::keep_state;
use crate::collect::credential::{opens_doors, suspected};
use crate::collect::fetch::FetchFailure;
use crate::collect::source::{PollOutcome, SourceOptions, next_due};
use crate::model::{FailureKind, Moment, SourceState};
use crate::store::Brought;

/// Of a document whose further pages could not all be read: what it brought is kept, and the failure is one.
pub(in crate::tasks) async fn failed_in_part(
    context: &Context,
    source: &SourceOptions,
    before: &SourceState,
    state: SourceState,
    failure: &FetchFailure,
    now: Moment,
) -> Result<SourceState, TaskError> {
    turn::ask_patience(context, failure, now).await?;
    let failures = before.failures.saturating_add(1);
    let outcome = PollOutcome::Failure { kind: failure.kind, retry_after: failure.retry_after };
    let due = next_due(source, &state.pace, outcome, failures, context.live().settings.collect.backoff_max, now);
    // The first page is read as often as ever, unless the site wants to be left alone.
    let asks_to_wait = failure.kind == FailureKind::Throttled || failure.retry_after.is_some();
    let next_due_at = if asks_to_wait { due.max(state.next_due_at) } else { due.min(state.next_due_at) };
    let mut state = SourceState {
        next_due_at,
        failures,
        failure: Some(failure.kind),
        failure_detail: Some(failure.detail.clone()),
        failing_since: before.failing_since.or(Some(now)),
        ..state
    };
    tracing::info!(source = source.name, kind = %failure.kind, detail = failure.detail, failures, "a further page could not be read");
    watching::note_failure(source, &mut state, failure, now);
    Ok(state)
}

pub(in crate::tasks) async fn failed(
    context: &Context,
    source: &SourceOptions,
    state: SourceState,
    failure: &FetchFailure,
    (now, under_way): (Moment, UnderWay<'_>),
) -> Result<(), TaskError> {
    let live = context.live();
    let failures = state.failures.saturating_add(1);
    let outcome = PollOutcome::Failure { kind: failure.kind, retry_after: failure.retry_after };
    let suspected = suspected(source.headers.iter().any(|(name, _)| opens_doors(name)), &state, failure.kind);
    let detail = [Some(failure.detail.clone()), suspected].into_iter().flatten().collect::<Vec<_>>().join("; ");
    turn::ask_patience(context, failure, now).await?;
    let mut state = SourceState {
        next_due_at: next_due(source, &state.pace, outcome, failures, live.settings.collect.backoff_max, now),
        turn_at: None,
        failures,
        failure: Some(failure.kind),
        failure_detail: Some(detail.clone()),
        failing_since: state.failing_since.or(Some(now)),
        last_polled_at: Some(now),
        ..state
    };
    tracing::info!(source = source.name, kind = %failure.kind, detail, failures, next_due_at = state.next_due_at.rfc3339(), "a poll failed");
    watching::failed(context, source, &mut state, failure, now).await?;
    let state = keep_state(context, state, Brought::Nothing, now, under_way).await?;
    blindness::look(context, &state, now).await
}
