//! The daemon: everything opened, every loop started, supervised, and stopped in reverse order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use super::context::{Context, Parts, randomness};
use super::driver::{Acting, Driver, Task, TaskError};
use super::live::{Live, LoadError};
use super::status::StatusBoard;
use super::{
    agreement, blindness, credentials, deliver, escalate, heartbeat, life, open_incidents, poll, predecessor, prune, recheck, reload, room,
    second_opinion, set_back, systemd, unclimbed, watchdog, websub,
};
use crate::clock::Clock;
use crate::model::Secret;
use crate::problem::Problem;
use crate::store::{Role, Store, StoreError};
use crate::web;

/// What a daemon is started with.
pub struct Start {
    pub config: PathBuf,
    pub clock: Clock,
}

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: std::io::Error },
    #[error("{0}")]
    Other(TaskError),
}

/// Why it ended although nobody stopped it.
#[derive(Debug, thiserror::Error)]
#[error("the loop `{0}` ended by itself")]
pub struct LoopDied(pub &'static str);

/// A running daemon.
pub struct Daemon {
    context: Arc<Context>,
    driver: Driver,
    stop: watch::Sender<bool>,
    address: SocketAddr,
}

/// Stops a daemon; more than once does no harm.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    pub(super) const fn of(stop: watch::Sender<bool>) -> Self {
        Self(stop)
    }

    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// The files in force at a start, with their warnings: read before anything is opened, so that mistakes come first.
///
/// # Errors
/// Every problem of the files at once.
pub fn read_files(start: &Start) -> Result<(Live, Vec<Problem>), LoadError> {
    Live::load(&start.config)
}

impl Daemon {
    /// Opens the store, binds the address, starts every loop and tells systemd.
    ///
    /// # Errors
    /// When the store, the address or the machine refuses.
    pub async fn start(start: Start, live: Live) -> Result<Self, StartError> {
        let address = live.settings.web.listen;
        let (stop, stopped) = watch::channel(false);
        let clock = start.clock.clone();
        let context = Arc::new(open(start, live, Role::Daemon, stopped.clone()).await?);
        let listener = TcpListener::bind(address).await.map_err(|error| StartError::Listen { address, error })?;
        let address = listener.local_addr().map_err(|error| StartError::Listen { address, error })?;
        context.sync_sources().await?;
        context.store.try_failing_again(context.clock.now()).await?;
        predecessor::take_back(&context).await?;
        blindness::settle(&context).await.map_err(StartError::Other)?;
        life::tell_of_a_gap(&context).await.map_err(StartError::Other)?;
        unclimbed::settle(&context).await.map_err(StartError::Other)?;
        let mut driver = Driver::new(clock, context.board.clone(), stopped.clone());
        for task in table(&context) {
            driver.start(task);
        }
        driver.start_loop("clock", set_back::watch(Arc::clone(&context), stopped.clone()));
        driver.start_loop("web", web::serve(listener, Arc::clone(&context), stopped));
        let sources = context.live().settings.sources.len();
        tracing::info!(%address, sources, rule_set = context.live().judge.rule_set(), owner = context.owner, "hearken listens");
        systemd::ready(reload::standing(&context));
        Ok(Self { context, driver, stop, address })
    }

    /// Where the web answers.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// What is going on inside, for harness and demo.
    #[must_use]
    pub fn context(&self) -> Arc<Context> {
        Arc::clone(&self.context)
    }

    #[must_use]
    pub fn board(&self) -> StatusBoard {
        self.context.board.clone()
    }

    /// Runs until the stop; then finishes what is under way, gives back what it has not begun, and closes the store.
    ///
    /// # Errors
    /// The loop that died: the process has to end, so that systemd starts it anew.
    pub async fn run(mut self) -> Result<(), LoopDied> {
        let ended = self.driver.supervise().await;
        let within = self.context.live().settings.run.stop_within;
        systemd::stopping(format!("finishing what is under way, at most {} s", within.as_secs()));
        self.stop.send_replace(true);
        tracing::info!(within_s = within.as_secs(), "stopping");
        if !self.driver.drain(within).await {
            tracing::warn!("some work did not end in time; its leases bring it back");
        }
        self.context.live().close().await;
        if let Err(error) = self.context.store.release_sources(&self.context.owner).await {
            tracing::warn!(%error, "leases could not be given back; they run out by themselves");
        }
        life::end(&self.context).await;
        self.context.store.close().await;
        self.context.presence.leave().await;
        tracing::info!("stopped");
        ended.map_err(LoopDied)
    }
}

/// The store, opened, and everything around it that tasks work with.
pub(super) async fn open(start: Start, live: Live, role: Role, stop: watch::Receiver<bool>) -> Result<Context, StartError> {
    let fresh = Secret::new(hex(&randomness().map_err(StartError::Other)?));
    let chance = hex(&randomness().map_err(StartError::Other)?);
    let owner = predecessor::owner(live.settings.run.node.as_deref(), role, &chance);
    let (store, presence) = Store::open_to_work(live.settings.store.url.expose(), &owner, start.clock.now()).await?;
    if let Some(reason) = presence.doubt() {
        tracing::warn!(reason, "nothing can be locked beside the store: see to it that no second daemon works on the same file");
    }
    let stored_link_key = store.key("link", &fresh, start.clock.now()).await?;
    let watch = reload::begin(&live);
    let context =
        Context::new(Parts { store, clock: start.clock, stop, config: start.config, owner, presence, stored_link_key, live, watch });
    context.recall_robots().await?;
    Ok(context)
}

/// Every task: the one place that names them all.
fn table(context: &Arc<Context>) -> Vec<Task> {
    let wakes = &context.wakes;
    let nobody = || Arc::new(Notify::new());
    vec![
        task(context, "poll", Duration::from_secs(5), &wakes.poll, |context| Box::pin(poll::act(context))),
        task(context, "open_incidents", Duration::from_secs(2), &wakes.open_incidents, |context| Box::pin(open_incidents::act(context))),
        task(context, "deliver", Duration::from_secs(2), &wakes.deliver, |context| Box::pin(deliver::act(context))),
        task(context, "escalate", Duration::from_secs(5), &wakes.escalate, |context| Box::pin(escalate::act(context))),
        task(context, "second_opinion", Duration::from_mins(1), &wakes.second_opinion, |context| Box::pin(second_opinion::act(context))),
        task(context, "websub", Duration::from_mins(1), &wakes.websub, |context| Box::pin(websub::act(context))),
        task(context, "recheck", Duration::from_mins(1), &wakes.recheck, |context| Box::pin(recheck::act(context))),
        task(context, "reload", Duration::from_secs(2), &wakes.reload, |context| Box::pin(reload::act(context))),
        task(context, "credentials", Duration::from_hours(1), &wakes.credentials, |context| Box::pin(credentials::act(context))),
        task(context, "prune", Duration::from_hours(1), &nobody(), |context| Box::pin(prune::act(context))),
        task(context, "set_back", Duration::from_mins(10), &wakes.set_back, |context| Box::pin(set_back::act(context))),
        task(context, "blindness", Duration::from_mins(1), &nobody(), |context| Box::pin(blindness::act(context))),
        task(context, "room", room::TRIED_EVERY, &nobody(), |context| Box::pin(room::act(context))),
        task(context, "predecessor", predecessor::LOOKED_EVERY, &nobody(), |context| Box::pin(predecessor::act(context))),
        task(context, "agreement", agreement::LOOKED_EVERY, &nobody(), |context| Box::pin(agreement::act(context))),
        task(context, "life", life::EVERY, &nobody(), |context| Box::pin(life::act(context))),
        task(context, "heartbeat", Duration::from_mins(1), &nobody(), |context| Box::pin(heartbeat::act(context))),
        task(context, "watchdog", Duration::from_secs(10), &nobody(), |context| Box::pin(watchdog::act(context))),
    ]
}

fn task(context: &Arc<Context>, name: &'static str, period: Duration, wake: &Arc<Notify>, act: fn(Arc<Context>) -> Acting) -> Task {
    let context = Arc::clone(context);
    let act = move || -> Acting {
        let context = Arc::clone(&context);
        Box::pin(async move {
            match act(Arc::clone(&context)).await {
                Err(error) => Err(explained(&context, error).await),
                done => done,
            }
        })
    };
    Task { name, period, wake: Arc::clone(wake), act: Box::new(act) }
}

/// An error of the store with what stands behind it: "no connection" says nothing to whoever has to mend it.
async fn explained(context: &Context, error: TaskError) -> TaskError {
    match error.downcast::<StoreError>() {
        Ok(error) => Box::new(context.store.explained(*error).await),
        Err(other) => other,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
