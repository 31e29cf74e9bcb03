//! What every task works with: the one bag of dependencies.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, watch};

use super::driver::TaskError;
use super::inbound::Room;
use super::judge_again::Settled;
use super::keep::Keeper;
use super::live::Live;
use super::metrics::Metrics;
use super::reload::Watch;
use super::room::Outage;
use super::status::StatusBoard;
use crate::clock::{Clock, Steps};
use crate::collect::host::{Hosts, host_of};
use crate::collect::robots::{HELD_ON, RobotsCache};
use crate::collect::source::first_due;
use crate::model::{Moment, Patience, Secret};
use crate::respond::ids::Ids;
use crate::store::{NewSource, Presence, Store, StoreError};

/// Handles shared by all tasks and the web; made once at the start.
pub struct Context {
    pub store: Store,
    pub clock: Clock,
    pub board: StatusBoard,
    pub metrics: Metrics,
    pub wakes: Wakes,
    pub stop: watch::Receiver<bool>,
    pub config: PathBuf,
    /// Names this daemon in leases.
    pub owner: String,
    /// Shows others that this worker lives.
    pub(super) presence: Presence,
    /// Workers that were gone when they were last looked for, and at how many looks in a row.
    pub(super) missed: Mutex<BTreeMap<String, usize>>,
    /// Set where a single round is run and no daemon: what is due again since then is left for the next one.
    pub round_began: OnceLock<Moment>,
    /// The politeness of this process towards each host.
    pub hosts: Hosts,
    pub robots: RobotsCache,
    /// Whether the clock was set back.
    steps: Mutex<Steps>,
    /// For what is pushed to us.
    pub room: Room,
    /// Polls that are over and wait to be kept.
    pub(super) keeper: Keeper,
    /// See `judge_again`.
    pub(super) judged_again: Settled,
    /// Since when the store takes nothing.
    pub(super) outage: Mutex<Option<Outage>>,
    /// In Unix microseconds: second opinions are not asked for before this, for they were not to be had.
    pub(super) opinions_paused_until: AtomicI64,
    /// The waits that sites asked for, as the store had them when sources were last taken.
    waits: Mutex<Vec<Patience>>,
    live: ArcSwap<Live>,
    stored_link_key: Secret,
    reload_asked: AtomicBool,
    watch: Mutex<Watch>,
}

/// Who is woken when there is something new for it.
#[derive(Clone, Debug, Default)]
pub struct Wakes {
    pub poll: Arc<Notify>,
    pub open_incidents: Arc<Notify>,
    pub deliver: Arc<Notify>,
    pub escalate: Arc<Notify>,
    pub reload: Arc<Notify>,
    pub second_opinion: Arc<Notify>,
    pub websub: Arc<Notify>,
    pub recheck: Arc<Notify>,
    pub credentials: Arc<Notify>,
    pub set_back: Arc<Notify>,
}

impl Wakes {
    /// Everyone looks again, as after a reload.
    pub fn all(&self) {
        for wake in [
            &self.poll,
            &self.open_incidents,
            &self.deliver,
            &self.escalate,
            &self.second_opinion,
            &self.recheck,
            &self.credentials,
            &self.websub,
        ] {
            wake.notify_one();
        }
    }
}

/// What a context is made of that is not made by it.
pub(super) struct Parts {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) config: PathBuf,
    pub(super) owner: String,
    pub(super) presence: Presence,
    pub(super) stored_link_key: Secret,
    pub(super) live: Live,
    pub(super) watch: Watch,
}

impl Context {
    /// A single round is run, and no daemon.
    pub(crate) fn is_round(&self) -> bool {
        self.round_began.get().is_some()
    }

    pub(super) fn new(parts: Parts) -> Self {
        Self {
            store: parts.store,
            steps: Mutex::new(parts.clock.steps()),
            clock: parts.clock,
            board: StatusBoard::default(),
            metrics: Metrics::default(),
            wakes: Wakes::default(),
            stop: parts.stop,
            config: parts.config,
            owner: parts.owner,
            presence: parts.presence,
            missed: Mutex::default(),
            hosts: Hosts::default(),
            robots: RobotsCache::default(),
            round_began: OnceLock::new(),
            room: Room::default(),
            keeper: Keeper::default(),
            judged_again: Mutex::default(),
            outage: Mutex::default(),
            opinions_paused_until: AtomicI64::new(i64::MIN),
            waits: Mutex::default(),
            live: ArcSwap::from_pointee(parts.live),
            stored_link_key: parts.stored_link_key,
            reload_asked: AtomicBool::new(false),
            watch: Mutex::new(parts.watch),
        }
    }

    /// What is in force now. Held for one step, so that a step sees one set.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    pub(super) fn put_in_force(&self, live: Live) {
        self.live.store(Arc::new(live));
    }

    /// By how much the clock was set back, as long as what it had dated is not brought forward.
    pub(super) fn clock_is_back(&self) -> Duration {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).look()
    }

    pub(super) fn clock_is_mended(&self, back: Duration) {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).mended(back);
    }

    /// Whether the stop has begun: nothing new is taken up then.
    #[must_use]
    pub fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// The keys that sign links, the newest first; the store's own where the operator names none.
    #[must_use]
    pub fn link_keys(&self) -> Vec<Secret> {
        let keys = self.live().settings.web.link_keys.clone();
        if keys.is_empty() { vec![self.stored_link_key.clone()] } else { keys }
    }

    /// A fresh row of ids for one step.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn ids(&self) -> Result<Ids, TaskError> {
        Ok(Ids::new(randomness()?))
    }

    /// Asks for a reload, as SIGHUP does.
    pub fn ask_reload(&self) {
        self.reload_asked.store(true, Ordering::SeqCst);
        self.wakes.reload.notify_one();
    }

    pub(super) fn take_reload(&self) -> bool {
        self.reload_asked.swap(false, Ordering::SeqCst)
    }

    /// The waits that sites asked for.
    pub(super) fn waits(&self) -> MutexGuard<'_, Vec<Patience>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) const fn known_waits(&self) -> &Mutex<Vec<Patience>> {
        &self.waits
    }

    pub(super) fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What sites' robots.txt said before this run: it holds on where their servers are in trouble now.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn recall_robots(&self) -> Result<(), StoreError> {
        let kept = self.store.kept_robots(self.clock.now().minus(HELD_ON)).await?;
        self.robots.recall(kept, self.live().outbound.product());
        Ok(())
    }

    /// Remembers what robots.txt files said that were read since the last call. They are asked for again where it is not remembered.
    pub(super) async fn keep_robots(&self) {
        let read = self.robots.unkept(self.live().outbound.product());
        if read.is_empty() {
            return;
        }
        if let Err(error) = Box::pin(self.store.keep_robots(&read, self.clock.now().minus(HELD_ON))).await {
            tracing::debug!(%error, files = read.len(), "what robots.txt files said could not be remembered");
        }
    }

    /// Makes the stored sources those of the settings in force.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn sync_sources(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let live = self.live();
        let wanted = live.settings.sources.iter().map(|source| NewSource {
            name: source.name.clone(),
            kind: source.kind.word().to_owned(),
            url: source.url.to_string(),
            host: host_of(&source.url),
            reading: source.reading(),
            first_due_at: first_due(&source.name, source.interval, now),
            changed_due_at: now,
        });
        self.store.sync_sources(&wanted.collect::<Vec<_>>(), now).await?;
        self.store.reconsider_subscriptions(now).await
    }
}

/// 32 bytes nobody can guess.
///
/// # Errors
/// When the machine has none to give.
pub(crate) fn randomness() -> Result<[u8; 32], TaskError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| format!("no randomness: {error}"))?;
    Ok(bytes)
}

/// A number from 0 to 1, for jitter only.
pub(crate) fn chance() -> f64 {
    randomness().map_or(0.5, |bytes| f64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])) / f64::from(u32::MAX))
}
