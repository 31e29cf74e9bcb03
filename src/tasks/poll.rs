//! Polls what is due. Fetching, judging and the one transaction that keeps items, verdicts and the next due time together.

mod failed;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};

pub(super) use self::failed::{failed, failed_in_part};
use super::context::Context;
use super::crash::crash_point;
use super::driver::{Activation, Ended, TaskError, chain, panic_text};
use super::keep::UnderWay;
use super::metrics::PollLabels;
use super::pool::{Boxed, Free, Pool};
use super::{files, inbound, intake, mail, trouble, turn, watching, websub};
use crate::collect::fetch::FetchFailure;
use crate::collect::host::AT_ONCE_WITHOUT_GAP;
use crate::collect::mail::Round;
use crate::collect::poll::{Document, Memory, Polled, poll_after};
use crate::collect::source::{PollOutcome, SourceKind, SourceOptions, next_due};
use crate::collect::websub::stretched;
use crate::model::{FailureKind, Identity, Moment, Pace, Phrase, SourceState};
use crate::store::{Brought, ClaimLimit, Outcome, PollCommit, StoreError};

/// Sources of one host that are taken together where no gap is wanted between its requests; else one at a time, so that a
/// host with many sources does not hold places while it waits.
const PER_HOST_WITHOUT_GAP: i64 = 128;
/// Sources claimed for each free place: most polls end within milliseconds, and each claim is half a dozen statements.
const PLACES_AHEAD: i64 = 8;
/// What has waited for its place longer than this part of its lease is given back: the poll itself needs the rest.
const WAITS_FOR: u32 = 2;

/// One in so many places is kept for sources that answered when they were asked last: those that did not may hold theirs until the timeout.
const PART_KEPT: usize = 2;

/// A source to poll.
pub(super) struct Claimed {
    pub(super) state: SourceState,
    /// Ops were told of trouble with it that is not over: a good poll ends it. Read with the claim, for while we hold the lease nobody else
    /// polls it and finds trouble; the state alone may have forgotten (a crash right after a commit, an operator's reset).
    pub(super) troubled: bool,
    /// It was never read, and another list left the settings about when it came: it may be that one. Read with the claim, too, for a source
    /// comes and another goes in one step, and thousands that come at once are not asked after one by one.
    pub(super) follows: bool,
}

/// Sources of one host, taken together.
struct Taken {
    at: Moment,
    sources: Vec<Claimed>,
}

impl Taken {
    fn is_doubtful(&self) -> bool {
        self.sources.iter().any(|claimed| claimed.state.is_doubtful())
    }
}

/// What a fetch brought, not kept yet.
pub(super) struct Fetched<'a> {
    pub(super) claimed: Claimed,
    pub(super) polled: Result<Polled, FetchFailure>,
    pub(super) under_way: UnderWay<'a>,
    /// A mailbox that is still open: what was read of it is marked when it is kept.
    pub(super) mailbox: Option<Round>,
}

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let live = context.live();
    let capacity = live.settings.collect.concurrency.max(1);
    let pool = Pool { task: "poll", capacity, wake: Arc::clone(&context.wakes.poll), stop: context.stop.clone() };
    let share = (capacity / PART_KEPT).max(1);
    let claim = |free: Free| -> Boxed<Result<Vec<Taken>, TaskError>> {
        let context = Arc::clone(&context);
        Box::pin(async move { claim(&context, free).await })
    };
    let run = |taken: Taken| -> Boxed<()> {
        let context = Arc::clone(&context);
        Box::pin(async move { poll_host(&context, taken).await })
    };
    let alive = || context.board.update("poll", |status| status.busy_since = Some(context.clock.now()));
    let handled = pool.work_apart((share, Taken::is_doubtful), claim, run, alive).await.inspect_err(|error| note(&context, error))?;
    context.keep_robots().await;
    Ok(Activation { handled, next_at: context.store.next_source_due().await? })
}

/// What says that the store takes no writes is remembered: then nobody is asked for what could not be kept.
fn note(context: &Context, error: &TaskError) {
    if let Some(error) = error.downcast_ref::<StoreError>() {
        context.store.note(error);
    }
}

/// Due sources, one list for each host.
async fn claim(context: &Context, free: Free) -> Result<Vec<Taken>, TaskError> {
    if let Some(refusal) = context.store.refusal() {
        return Err(refusal.into());
    }
    let live = context.live();
    let per_host = if live.settings.collect.host_gap.is_zero() { PER_HOST_WITHOUT_GAP } else { 1 };
    let ahead = |free: usize| i64::try_from(free).unwrap_or(i64::MAX).saturating_mul(PLACES_AHEAD);
    let limit = ClaimLimit { all: ahead(free.all), doubtful: ahead(free.doubtful) };
    turn::look(context).await?;
    context.keep_robots().await;
    let now = context.clock.now();
    let due_by = context.round_began.get().copied().unwrap_or(now);
    let knows = |name: &str| live.source(name).is_some();
    let claimed =
        context.store.claim_sources_due_by(&context.owner, (now, due_by), live.settings.run.lease, limit, per_host, knows).await?;
    let troubled = troubled(context, &claimed).await?;
    let fresh: Vec<&str> = claimed.iter().filter(|state| state.last_success_at.is_none()).map(|state| state.id.as_str()).collect();
    let following = context.store.following(&fresh).await?;
    let mut hosts: BTreeMap<String, Vec<Claimed>> = BTreeMap::new();
    for state in claimed {
        let (troubled, follows) = (troubled.contains(&state.name), following.contains(&state.id));
        hosts.entry(state.host.clone()).or_default().push(Claimed { state, troubled, follows });
    }
    Ok(hosts.into_values().map(|sources| Taken { at: now, sources }).collect())
}

/// Names of the sources of which ops were told something while they were read.
async fn troubled(context: &Context, sources: &[SourceState]) -> Result<BTreeSet<String>, TaskError> {
    if sources.is_empty() {
        return Ok(BTreeSet::new());
    }
    let open = context.store.open_troubles().await?;
    if open.is_empty() {
        return Ok(BTreeSet::new());
    }
    let named = sources.iter().filter(|state| trouble::own_keys(&state.name).iter().any(|key| open.contains(key)));
    Ok(named.map(|state| state.name.clone()).collect())
}

/// Sources of one host, one after another, or a few at a time where no gap is wanted. While the next ones are asked, what the ones
/// before brought is kept.
async fn poll_host(context: &Context, Taken { at, sources }: Taken) {
    let mut waiting = sources.into_iter().peekable();
    let (mut fetching, mut keeping) = (FuturesUnordered::new(), FuturesUnordered::new());
    loop {
        while let Some(claimed) = waiting.next_if(|next| {
            let beside = fetching.is_empty() || (fetching.len() < AT_ONCE_WITHOUT_GAP && shares(context, next));
            // One always goes on: what is held for others ends without us.
            beside && (context.keeper.has_room() || (fetching.is_empty() && keeping.is_empty()))
        }) {
            let name = claimed.state.name.clone();
            fetching.push(async move { (name, fetch(context, claimed, at).await) });
        }
        tokio::select! {
            Some((name, fetched)) = fetching.next(), if !fetching.is_empty() => match fetched {
                Ok(Some(fetched)) => {
                    let held = matches!(fetched.polled, Ok(Polled::Items(_))).then(|| context.keeper.hold());
                    keeping.push(async move {
                        if let Err(error) = keep(context, fetched).await {
                            not_kept(context, &name, &error);
                        }
                        drop(held);
                    });
                }
                Ok(None) => {}
                Err(error) => not_kept(context, &name, &error),
            },
            Some(()) = keeping.next(), if !keeping.is_empty() => {}
            else => return,
        }
    }
}

/// Whether a source's host may be asked beside others of its sources.
fn shares(context: &Context, claimed: &Claimed) -> bool {
    context.live().source(&claimed.state.name).is_some_and(|source| !alone(context, source))
}

/// Whether a source wants its host to itself: where a gap is kept, and where its robots.txt may ask for one and was not read yet.
fn alone(context: &Context, source: &SourceOptions) -> bool {
    !gap(context, source).is_zero() || !(source.ignore_robots || context.robots.knows(&source.url))
}

fn not_kept(context: &Context, source: &str, error: &TaskError) {
    note(context, error);
    tracing::warn!(source, error = chain(error.as_ref()), "a poll could not be kept; its lease brings it back");
}

/// Asks a source that was taken at `taken_at`; none where it need not be asked any more, or its turn came too late.
async fn fetch(context: &Context, claimed: Claimed, taken_at: Moment) -> Result<Option<Fetched<'_>>, TaskError> {
    let (live, state) = (context.live(), &claimed.state);
    // A reload may have taken it out since; whoever has it is not to wait for our lease.
    let Some(source) = live.source(&state.name) else {
        Box::pin(context.store.postpone_source(&context.owner, &state.name, state.next_due_at, state.turn_at)).await?;
        return Ok(None);
    };
    if let SourceKind::Inbound(_) = source.kind {
        Box::pin(inbound::look(context, source, claimed)).await?;
        return Ok(None);
    }
    if let SourceKind::Files(options) = &source.kind {
        Box::pin(files::look(context, source, options, claimed, context.clock.now())).await?;
        return Ok(None);
    }
    let pause = gap(context, source);
    let pass = context.hosts.enter(&state.host, alone(context, source)).await;
    // Those before it hung. It is due as before, and whoever has room takes it.
    if context.clock.now().since(taken_at) > live.settings.run.lease / WAITS_FOR {
        Box::pin(context.store.postpone_source(&context.owner, &state.name, state.next_due_at, state.turn_at)).await?;
        return Ok(None);
    }
    let mut stop = context.stop.clone();
    // No gap is longer than the gap: a clock that was set back would make it hours.
    let earliest = pass.earliest().min(context.clock.now().plus(pause));
    // A pause that robots.txt asks for may be longer than a lease: nobody waits it out here.
    if earliest.since(context.clock.now()) > live.settings.collect.host_gap {
        Box::pin(context.store.postpone_source(&context.owner, &state.name, earliest, state.turn_at)).await?;
        return Ok(None);
    }
    tokio::select! {
        () = context.clock.sleep_until(earliest) => {}
        _ = stop.wait_for(|stopped| *stopped) => return Ok(None),
    }
    let now = context.clock.now();
    if !turn::has_come(context, source, state, now).await? {
        return Ok(None);
    }
    let under_way = context.keeper.begin();
    if let SourceKind::Mail(options) = &source.kind {
        return Box::pin(mail::fetch(context, source, options, claimed, pass, under_way)).await.map(Some);
    }
    // Where the store cannot say, a few pages more are read, or a document anew.
    let known = |items: Vec<Identity>| async move { context.store.first_seen(&state.id, &items).await.unwrap_or_default() }.boxed();
    // Of a source that never answered nothing is there.
    let shown =
        || async { if state.last_success_at.is_some() { context.store.shown(&state.id).await.ok().flatten() } else { None } }.boxed();
    let memory = Memory { known: &known, shown: &shown };
    let asking = poll_after(live.outbound_of(source), &context.robots, source, &live.settings.collect, state, now, memory);
    let asking = Box::pin(AssertUnwindSafe(asking).catch_unwind());
    let (polled, requests) = tokio::select! {
        polled = asking => polled.unwrap_or_else(|panic| (Err(panicked(source, panic.as_ref())), 1)),
        error = keep_lease(context, &state.name) => return Err(error),
    };
    let now = context.clock.now();
    pass.leave(now.plus(gap(context, source)));
    turn::spend_rest(context, source, requests, now).await?;
    crash_point("poll.fetched");
    let outcome = match &polled {
        Ok(Polled::Unchanged { .. }) => "unchanged",
        Ok(Polled::Items(_)) => "items",
        Err(failure) => failure.kind.as_str(),
    };
    let labels = PollLabels { source: state.name.clone(), outcome: outcome.to_owned() };
    context.metrics.polls.get_or_create(&labels).inc();
    Ok(Some(Fetched { claimed, polled, under_way, mailbox: None }))
}

async fn keep(context: &Context, fetched: Fetched<'_>) -> Result<(), TaskError> {
    let (live, now) = (context.live(), context.clock.now());
    let Fetched { claimed: Claimed { state, troubled, follows }, polled, under_way, mailbox } = fetched;
    let Some(source) = live.source(&state.name) else { return Ok(()) };
    let kept = match polled {
        Ok(Polled::Unchanged { max_age }) => {
            // How far a mailbox was read is kept with the state, whether or not a mail had come.
            let brought = if mailbox.is_some() { Brought::Nothing } else { Brought::Same };
            unchanged(context, source, Claimed { state, troubled, follows }, max_age, brought, (now, under_way)).await
        }
        // Boxed: an unchanged poll, of which there are most, does not carry the room of the others with it.
        Ok(Polled::Items(document)) => {
            Box::pin(take_in(context, source, Claimed { state, troubled, follows }, *document, (now, under_way))).await
        }
        Err(failure) => Box::pin(failed(context, source, state, &failure, (now, under_way))).await,
    };
    if let (Ok(()), Some(round)) = (&kept, mailbox) {
        mail::finish(context, source, round, now).await?;
    }
    match kept {
        Err(error) if matches!(error.downcast_ref::<StoreError>(), Some(StoreError::LeaseLost(_))) => {
            tracing::debug!(source = source.name, "another daemon has taken this source");
            Ok(())
        }
        other => other,
    }
}

/// Least time between two requests to a source's host: the operator's, or the one its robots.txt asks for.
fn gap(context: &Context, source: &SourceOptions) -> Duration {
    let asked = context.robots.delay(&source.url).filter(|_| !source.ignore_robots);
    context.live().settings.collect.host_gap.max(asked.unwrap_or_default())
}

/// A document that makes us panic is a failure of its source, told to ops like any other, not a poll that is begun anew with every lease.
async fn take_in(
    context: &Context,
    source: &SourceOptions,
    Claimed { state, troubled, follows }: Claimed,
    document: Document,
    (now, under_way): (Moment, UnderWay<'_>),
) -> Result<(), TaskError> {
    let (hub, was_pushed) = (document.hub.clone(), state.pushed_until.is_some());
    let reading = intake::take_in(context, source, Claimed { state: state.clone(), troubled, follows }, document, (now, under_way));
    match AssertUnwindSafe(reading).catch_unwind().await {
        Ok(Ok(())) => websub::heed(context, source, hub, was_pushed).await,
        Ok(kept) => kept,
        Err(panic) => failed(context, source, state, &panicked(source, panic.as_ref()), (now, context.keeper.begin())).await,
    }
}

fn panicked(source: &SourceOptions, panic: &(dyn Any + Send)) -> FetchFailure {
    tracing::error!(source = source.name, panic = panic_text(panic), "what a source shows made us panic");
    FetchFailure::new(FailureKind::Internal, "hearken itself failed on what the source shows; see its log").told(Phrase::said("what_ours"))
}

/// Runs until the lease is lost: then somebody else polls the source.
pub(super) async fn keep_lease(context: &Context, name: &str) -> TaskError {
    let lease = context.live().settings.run.lease;
    loop {
        tokio::time::sleep(lease / 3).await;
        if let Err(error) = Box::pin(context.store.renew_source(&context.owner, name, context.clock.now(), lease)).await
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
    max_age: Option<Duration>,
    now: Moment,
) -> SourceState {
    let backoff_max = context.live().settings.collect.backoff_max;
    let pace = Pace { holds_s: max_age.map_or(0, |span| span.as_secs()), ..state.pace };
    // Nobody is there between two rounds to take what a hub pushes.
    let pushed_until = state.pushed_until.filter(|_| !context.is_round());
    SourceState {
        next_due_at: stretched(next_due(source, &pace, PollOutcome::Success, 0, backoff_max, now), pushed_until, now),
        pace,
        turn_at: None,
        failures: 0,
        failure: None,
        failure_detail: None,
        failing_since: None,
        last_polled_at: Some(now),
        last_success_at: Some(now),
        ..state
    }
}

/// Keeps a state that no item changes with, and gives it back.
async fn keep_state(
    context: &Context,
    state: SourceState,
    brought: Brought,
    now: Moment,
    under_way: UnderWay<'_>,
) -> Result<SourceState, StoreError> {
    let commit = PollCommit { owner: context.owner.clone(), state, items: Vec::new(), now };
    Ok(context.keeper.keep(&context.store, Outcome { commit, brought }, under_way).await?.commit.state)
}

async fn unchanged(
    context: &Context,
    source: &SourceOptions,
    Claimed { state, troubled, follows }: Claimed,
    max_age: Option<Duration>,
    brought: Brought,
    (now, under_way): (Moment, UnderWay<'_>),
) -> Result<(), TaskError> {
    let before = Claimed { state: state.clone(), troubled, follows };
    let state = watching::unchanged(context, source, succeeded(context, source, state, max_age, now), now).await?;
    let state = keep_state(context, state, brought, now, under_way).await?;
    watching::after_good(context, source, &before, &state, now).await
}
