//! Sources that cannot be read: one incident for each cause, kept up to date, ended when the last of its sources is read again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::driver::{Activation, Ended, TaskError};
use super::{quiet, trouble};
use crate::collect::cause::{self, Cause, NETWORK_AFTER, Sight, causes};
use crate::collect::source::{SourceOptions, is_down};
use crate::collect::{canary, health, mail, texts};
use crate::model::{Failing, FailureKind, IncidentKind, IncidentState, Moment, Over, Phrase, Severity, SourceState, Told, Value};
use crate::respond::incident::{Subject, open_trouble};
use crate::store::Trouble;

/// Every minute: ends what is over although no poll said so, as after a crash between a poll and its end, or new settings.
pub(super) async fn act(context: Arc<Context>) -> Ended {
    settle(&context).await?;
    Ok(Activation { handled: 0, next_at: None })
}

/// After a failed poll was kept: tells of what took the source, unless it was told.
pub(super) async fn look(context: &Context, state: &SourceState, now: Moment) -> Result<(), TaskError> {
    let down_after = context.live().settings.collect.down_after;
    let lasts = state.failing_since.map_or(Duration::ZERO, |since| now.since(since));
    if !is_down(state, down_after, now) && lasts < NETWORK_AFTER.min(down_after) {
        return Ok(());
    }
    if let Some(key) = &state.told_as
        && context.store.is_open(key).await?
    {
        return Ok(());
    }
    tell(context, down_after, now).await
}

async fn tell(context: &Context, down_after: Duration, now: Moment) -> Result<(), TaskError> {
    let live = context.live();
    let mut sights = context.store.begin_sights().await?;
    let seen: Vec<Sight> = sights.sources().iter().map(|state| sight(state, down_after, now)).collect();
    let open = sights.open();
    let mut joined = Vec::new();
    for (cause, taken) in causes(&seen, &open, down_after, now) {
        let key = cause.key();
        if open.contains(&key) {
            joined.push(key.clone());
        } else {
            let told: Vec<&SourceState> = sights.sources().iter().filter(|state| taken.contains(&state.name)).collect();
            let subject = subject(&cause, &told, &live.settings.sources, false);
            let (incident, deliveries) = open_trouble(subject, &live.context(), &mut context.ids()?, now);
            let id = sights.raise(&incident, &deliveries).await?;
            tracing::warn!(incident = id, key, title = incident.title, sources = taken.len(), "ops are told");
        }
        sights.told(&key, &taken).await?;
    }
    sights.commit().await?;
    context.wakes.deliver.notify_one();
    context.wakes.escalate.notify_one();
    if joined.is_empty() { Ok(()) } else { revise(context, |key| joined.iter().any(|own| own == key), false).await }
}

fn sight(state: &SourceState, down_after: Duration, now: Moment) -> Sight {
    // A folder or a mailbox is no host among others; `host` is empty there.
    Sight {
        name: state.name.clone(),
        host: state.host.clone(),
        failure: state.failure,
        failing_since: state.failing_since,
        last_polled_at: state.last_polled_at,
        last_success_at: state.last_success_at,
        down: is_down(state, down_after, now),
        told_as: state.told_as.clone(),
    }
}

/// A source was read that had failed: its incident ends, or names those that are left. What waits for the same host or network to
/// come back is asked at once.
pub(super) async fn recovered(context: &Context, before: &SourceState) -> Result<(), TaskError> {
    let own = trouble::source_key(&before.name);
    let about = |key: &str| {
        key == own || before.told_as.as_deref() == Some(key) || key == cause::NETWORK || key == Cause::Host(before.host.clone()).key()
    };
    revise(context, about, true).await
}

/// Ends or rewrites the incidents with these keys, as their sources stand now.
async fn revise(context: &Context, about: impl Fn(&str) -> bool, in_part: bool) -> Result<(), TaskError> {
    let live = context.live();
    for Trouble { incident, key, sources: told } in context.store.told_sources().await? {
        let Some(cause) = Cause::from_key(&key).filter(|_| about(&key)) else { continue };
        if told.is_empty() {
            trouble::clear(context, &key, over(&cause)).await?;
            continue;
        }
        if matches!(cause, Cause::Source(_)) {
            continue;
        }
        let told: Vec<&SourceState> = told.iter().collect();
        let subject = subject(&cause, &told, &live.settings.sources, in_part);
        let changed = context.store.revise(&incident, &subject.title, &subject.detail, subject.told.as_ref(), context.clock.now()).await?;
        if changed && in_part {
            let waiting = told.iter().filter(|state| state.failure.is_some_and(cause::heals_with_others));
            context.store.hasten(&waiting.map(|state| state.name.clone()).collect::<Vec<_>>(), context.clock.now()).await?;
            context.wakes.poll.notify_one();
        }
    }
    Ok(())
}

const fn over(cause: &Cause) -> Over {
    match cause {
        Cause::Network => Over::Network,
        Cause::Host(_) => Over::Host,
        Cause::Source(_) => Over::Source,
    }
}

/// Ends every incident about a source that is over: read again, removed, or watched no more.
pub(super) async fn settle(context: &Context) -> Result<(), TaskError> {
    let troubles = context.store.told_sources().await?;
    if troubles.is_empty() {
        return Ok(());
    }
    let (live, now) = (context.live(), context.clock.now());
    for Trouble { key, sources: told, .. } in troubles {
        let removed = |name: &str| !live.settings.sources.iter().any(|source| source.name == name);
        match Cause::from_key(&key) {
            Some(Cause::Source(name)) if removed(&name) => trouble::clear(context, &key, Over::Removed).await?,
            Some(Cause::Source(name)) if !is_read(context, &name).await? => {}
            Some(cause) if told.is_empty() => trouble::clear(context, &key, over(&cause)).await?,
            Some(_) => {}
            None if key == quiet::TOGETHER => quiet::settle(context).await?,
            None if key.starts_with(trouble::UNANSWERED) => settle_unanswered(context, &key).await?,
            None => settle_own(context, &key, &live.settings.sources, now).await?,
        }
    }
    Ok(())
}

/// Whether the last poll of a source read it. One that was never asked, or not since it failed, is no good news.
async fn is_read(context: &Context, name: &str) -> Result<bool, TaskError> {
    let state = context.store.source(name).await?;
    Ok(state.is_some_and(|state| state.failure.is_none() && state.last_success_at.is_some()))
}

/// An earlier release told ops of a case that nobody answered by an incident of its own: over when the case was answered.
async fn settle_unanswered(context: &Context, key: &str) -> Result<(), TaskError> {
    let named = key.strip_prefix(trouble::UNANSWERED).and_then(|rest| rest.rsplit_once(':'));
    let Some((id, generation)) = named else { return Ok(()) };
    let case = context.store.incident(id).await?;
    let waits = case.is_some_and(|case| case.state == IncidentState::Open && case.generation.to_string() == generation);
    if waits { Ok(()) } else { trouble::clear(context, key, Over::Answered).await }
}

/// The same for what a source shows while it is read.
async fn settle_own(context: &Context, key: &str, sources: &[SourceOptions], now: Moment) -> Result<(), TaskError> {
    let Some((kind, name)) = key.split_once(':').filter(|(kind, _)| trouble::OWN_KINDS.contains(kind)) else { return Ok(()) };
    let Some(source) = sources.iter().find(|source| source.name == name) else {
        return trouble::clear(context, key, Over::Removed).await;
    };
    let Some(state) = context.store.source(name).await?.filter(|state| state.failure.is_none()) else { return Ok(()) };
    let over = match kind {
        trouble::SILENT => health::silence(&state, source, now).is_none(),
        trouble::CANARY => source.canary.as_ref().is_none_or(|own| canary::gone_since(&state.watch.canary, own, now).is_none()),
        trouble::TEXTS => !texts::are_gone(&state.watch.texts),
        trouble::MAILS => !mail::steps_over(state.etag.as_deref()),
        _ => false,
    };
    if over { trouble::clear(context, key, Over::Usual).await } else { Ok(()) }
}

fn subject(cause: &Cause, told: &[&SourceState], sources: &[SourceOptions], in_part: bool) -> Subject {
    let kind = commonest(told);
    let alike = told.iter().find(|state| state.failure == Some(kind));
    let step = alike.and_then(|state| state.failing()).unwrap_or_else(|| Failing::from(kind)).step_told();
    let names = || Value::names(told.iter().map(|state| state.name.as_str()));
    let mut since = Vec::new();
    since.extend(told.iter().filter_map(|state| state.failing_since).min().map(|since| Phrase::said("since").with("since", since)));
    since.push(Phrase::said("what").with("what", alike.map_or_else(Phrase::gap, |state| state.failure_told())));
    since.push(Phrase::gap());
    let (title, first, last) = match cause {
        Cause::Source(name) => {
            let known = sources.iter().find(|source| source.name == *name).map(|source| source.url.to_string());
            let address = known.or_else(|| told.first().map(|state| state.url.clone())).unwrap_or_default();
            let title = Phrase::said("source_title").with("source", name).with("kind", kind);
            (title, vec![Phrase::said("address").with("address", address)], step)
        }
        Cause::Host(host) => {
            let title = Phrase::counted("host_title", told.len()).with("host", host).with("kind", kind);
            (title, vec![Phrase::said("host").with("host", host), Phrase::said("unread").with("names", names())], step)
        }
        Cause::Network if in_part => {
            let title = Phrase::counted("network_part_title", told.len());
            (title, vec![Phrase::said("again"), Phrase::said("unread_yet").with("names", names())], step)
        }
        Cause::Network => (Phrase::said("network_title"), vec![Phrase::said("unread").with("names", names())], Phrase::said("no_host")),
    };
    let (incident, severity) = match cause {
        Cause::Network => (IncidentKind::Ops, Severity::High),
        Cause::Host(_) | Cause::Source(_) => (IncidentKind::Source, Severity::Medium),
    };
    let lines = first.into_iter().chain(since).chain([last]).collect();
    Subject::trouble(incident, cause.key(), severity, Told::new(title, lines))
}

fn commonest(told: &[&SourceState]) -> FailureKind {
    let mut counts: BTreeMap<FailureKind, usize> = BTreeMap::new();
    for kind in told.iter().filter_map(|state| state.failure) {
        *counts.entry(kind).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(FailureKind::Internal, |(kind, _)| kind)
}
