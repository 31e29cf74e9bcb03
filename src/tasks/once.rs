//! One round without a daemon, for cron: what is due is polled, judged, opened, climbed and delivered, and then it ends. Leases keep it
//! apart from a daemon or another round that works at the same time; what a killed round had begun comes back when its lease runs out.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::watch;

use super::context::Context;
use super::daemon::{self, Start, StartError, Stopper};
use super::driver::{Ended, chain, panic_text};
use super::live::Live;
use super::{
    blindness, credentials, deliver, escalate, heartbeat, open_incidents, poll, prune, recheck, reload, second_opinion, set_back, unclimbed,
};
use crate::collect::source::due_this_round;
use crate::model::{Incident, Moment, SourceState};
use crate::store::{IncidentFilter, Role, Sent, StoreError};

/// Incidents a report names; a round that opens more is counted on the console.
const INCIDENTS_NAMED: i64 = 1_000;

/// A round about to be run.
pub struct Once {
    context: Arc<Context>,
    stop: watch::Sender<bool>,
}

/// What a round did.
#[derive(Clone, Debug, Default)]
pub struct Round {
    pub polled: usize,
    /// Sources of this round that could not be read.
    pub failed: Vec<SourceState>,
    /// New or edited items.
    pub items: u64,
    pub opened: Vec<Incident>,
    /// Every attempt at a delivery.
    pub sent: Vec<Sent>,
    /// Steps that failed or panicked, in words.
    pub errors: Vec<String>,
    /// Sources still due: the round was stopped before it came to them, or somebody else has them.
    pub left: usize,
    /// Its time was over, or a signal came.
    pub stopped: bool,
}

impl Once {
    /// Opens the store and makes what has never been polled due, and what would be due before the next round can be expected.
    ///
    /// # Errors
    /// When the store or the machine refuses.
    pub async fn start(start: Start, live: Live) -> Result<Self, StartError> {
        let (stop, stopped) = watch::channel(false);
        let context = Arc::new(daemon::open(start, live, Role::Round, stopped).await?);
        context.sync_sources().await?;
        blindness::settle(&context).await.map_err(StartError::Other)?;
        reload::start::look(&context).await.map_err(StartError::Other)?;
        unclimbed::settle(&context).await.map_err(StartError::Other)?;
        let began = *context.round_began.get_or_init(|| context.clock.now());
        bring_forward(&context, began).await?;
        Ok(Self { context, stop })
    }

    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper::of(self.stop.clone())
    }

    /// Runs the round; after `within` nothing more is begun. The store is closed at its end.
    ///
    /// # Errors
    /// When the store cannot even say what was done.
    pub async fn run(self, within: Duration) -> Result<Round, StoreError> {
        let Self { context, stop } = self;
        let began = *context.round_began.get_or_init(|| context.clock.now());
        let mut stopped = context.stop.clone();
        let watching = async {
            tokio::select! {
                () = tokio::time::sleep(within) => { stop.send_replace(true); }
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
            let grace = context.live().settings.run.stop_within;
            tokio::time::sleep(grace).await;
            format!("work under way did not end within {} s; its leases bring it back", grace.as_secs())
        };
        let mut errors = tokio::select! {
            errors = work(&context) => errors,
            late = watching => vec![late],
        };
        context.live().close().await;
        if let Err(error) = context.store.release_sources(&context.owner).await {
            errors.push(error.to_string());
        }
        let round = report(&context, errors, began).await;
        context.store.close().await;
        context.presence.leave().await;
        round
    }
}

/// Makes due what this round has to take.
async fn bring_forward(context: &Context, now: Moment) -> Result<(), StoreError> {
    let live = context.live();
    let states = context.store.sources().await?;
    let interval = |name: &str| live.settings.sources.iter().find(|source| source.name == name).map(|source| source.interval);
    let wanted = states.iter().filter(|state| {
        !state.removed && state.next_due_at > now && interval(&state.name).is_some_and(|every| due_this_round(state, every, now))
    });
    let names: Vec<String> = wanted.map(|state| state.name.clone()).collect();
    context.store.bring_forward(&names, now).await
}

/// Polls, and beside it warns of what the polls bring, so that one slow site holds up nobody's warning.
async fn work(context: &Arc<Context>) -> Vec<String> {
    let mut errors = step("set_back", set_back::act(Arc::clone(context))).await;
    let polled = AtomicBool::new(false);
    let polls = async {
        let errors = step("poll", poll::act(Arc::clone(context))).await;
        polled.store(true, Ordering::SeqCst);
        context.wakes.open_incidents.notify_one();
        errors
    };
    let warns = async {
        let mut errors = Vec::new();
        loop {
            let last = polled.load(Ordering::SeqCst);
            errors.extend(warn(context).await);
            if last {
                return errors;
            }
            context.wakes.open_incidents.notified().await;
        }
    };
    let (of_polls, of_warnings) = tokio::join!(polls, warns);
    errors.extend(of_polls);
    errors.extend(of_warnings);
    if !context.stopped() {
        errors.extend(step("second_opinion", second_opinion::act(Arc::clone(context))).await);
        errors.extend(step("recheck", recheck::act(Arc::clone(context))).await);
        errors.extend(step("credentials", credentials::act(Arc::clone(context))).await);
        errors.extend(warn(context).await);
        errors.extend(step("prune", prune::act(Arc::clone(context))).await);
    }
    if errors.is_empty() && !context.stopped() {
        errors.extend(step("heartbeat", heartbeat::act(Arc::clone(context))).await);
    }
    errors.sort();
    errors.dedup();
    errors
}

/// From verdicts to incidents, up the ladders, and out.
async fn warn(context: &Arc<Context>) -> Vec<String> {
    let mut errors = step("open_incidents", open_incidents::act(Arc::clone(context))).await;
    errors.extend(step("escalate", escalate::act(Arc::clone(context))).await);
    errors.extend(step("deliver", deliver::act(Arc::clone(context))).await);
    errors
}

/// One step, as the driver runs it: an error or a panic is kept in words, and the other steps go on.
async fn step(name: &str, act: impl Future<Output = Ended>) -> Vec<String> {
    match AssertUnwindSafe(act).catch_unwind().await {
        Ok(Ok(_)) => Vec::new(),
        Ok(Err(error)) => vec![format!("{name}: {}", chain(error.as_ref()))],
        Err(panic) => vec![format!("{name} panicked: {}", panic_text(panic.as_ref()))],
    }
}

async fn report(context: &Context, errors: Vec<String>, began: Moment) -> Result<Round, StoreError> {
    let sources = context.store.sources().await?;
    let polled: Vec<&SourceState> =
        sources.iter().filter(|source| !source.removed && source.last_polled_at.is_some_and(|at| at >= began)).collect();
    let filter = IncidentFilter { since: Some(began), limit: INCIDENTS_NAMED, ..IncidentFilter::default() };
    Ok(Round {
        polled: polled.len(),
        failed: polled.iter().filter(|source| source.failure.is_some()).map(|source| (*source).clone()).collect(),
        items: context.metrics.items.get(),
        opened: context.store.incidents(&filter).await?,
        sent: context.store.attempts_of(&context.owner).await?,
        errors,
        left: sources.iter().filter(|source| !source.removed && source.next_due_at <= began).count(),
        stopped: context.stopped(),
    })
}
