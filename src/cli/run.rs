//! `hearken run`: the daemon, until a signal stops it.

pub(super) mod heap;
mod once;

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::desk::remedy;
use super::exit;
use super::log;
use crate::clock::Clock;
use crate::problem::render;
use crate::settings::LogOptions;
use crate::tasks::daemon::{self, Daemon, LoopDied, Start, StartError};
use crate::tasks::live::{Live, LoadError};

/// Run the daemon until a signal stops it; SIGHUP reads the files anew
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file [default: config/hearken.toml, else /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One round: poll what is due, warn, deliver, and end. For cron; quiet unless something fails. Nothing listens between two
    /// rounds: no pages, no inbound pushes, and no hub (WebSub) is subscribed to or relied on, every feed is polled at its interval
    #[arg(long)]
    pub once: bool,
    /// Begin nothing more after this, as 5m
    #[arg(long, value_name = "SPAN", requires = "once", value_parser = super::desk::span, default_value = "10m")]
    pub within: Duration,
    /// What the round did, as one JSON document on stdout
    #[arg(long, requires = "once")]
    pub json: bool,
}

/// Runs until SIGTERM or SIGINT, or for one round; SIGHUP reloads.
pub async fn run(args: Args) -> u8 {
    if args.once {
        return once::run(args).await;
    }
    let Begun { start, live, mut signals } = match begin(args.config, true, |options| options) {
        Ok(begun) => begun,
        Err(code) => return code,
    };
    let daemon = tokio::select! {
        started = Daemon::start(start, live) => match started {
            Ok(daemon) => daemon,
            Err(error) => return not_started(&error),
        },
        () = signals.stop() => return exit::FINE,
    };
    match until_signal(daemon, signals).await {
        Ok(()) => exit::FINE,
        Err(error) => {
            tracing::error!(%error, "the daemon ends, to be started anew");
            exit::FINDINGS
        }
    }
}

/// What the daemon and a round begin with alike: the files are read, the log is open, signals are heard.
struct Begun {
    start: Start,
    live: Live,
    signals: Signals,
}

/// Begins, or says why not and gives the exit code. `warns`: of what `hearken check` says besides mistakes; a round that runs every few
/// minutes would say it every few minutes. `log_of`: how the log is kept where that is not as the settings have it.
fn begin(config: Option<PathBuf>, warns: bool, log_of: impl FnOnce(LogOptions) -> LogOptions) -> Result<Begun, u8> {
    let start = Start { config: config.unwrap_or_else(crate::settings::default_path), clock: Clock::system() };
    let (live, warnings) = daemon::read_files(&start).map_err(|error| refuse(&error))?;
    if warns {
        eprint!("{}", render(&warnings, false));
    }
    if let Err(error) = log::start(&log_of(live.settings.log.clone()), start.clock.clone()) {
        eprintln!("error: {error}");
        return Err(exit::USAGE);
    }
    // Before systemd hears that we are ready: a reload may follow at once, and an unhandled SIGHUP kills.
    let signals = Signals::listen().map_err(|error| not_started(&StartError::Other(error.into())))?;
    Ok(Begun { start, live, signals })
}

/// What we listen to.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// SIGTERM or SIGINT.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Stops at the first SIGTERM or SIGINT, reloads at each SIGHUP.
async fn until_signal(daemon: Daemon, mut signals: Signals) -> Result<(), LoopDied> {
    let (stopper, context) = (daemon.stopper(), daemon.context());
    let running = daemon.run();
    tokio::pin!(running);
    loop {
        tokio::select! {
            ended = &mut running => return ended,
            _ = signals.terminate.recv() => stopper.stop(),
            _ = signals.interrupt.recv() => stopper.stop(),
            _ = signals.hangup.recv() => context.ask_reload(),
        }
    }
}

fn refuse(error: &LoadError) -> u8 {
    if let LoadError::Problems(problems) = error {
        eprint!("{}", render(problems, false));
    }
    eprintln!("error: {error}; hearken does not start");
    exit::USAGE
}

fn not_started(error: &StartError) -> u8 {
    match error {
        StartError::Store(store) if !remedy(store).is_empty() => {
            tracing::error!(%error, remedy = remedy(store), "hearken does not start");
        }
        _ => tracing::error!(%error, "hearken does not start"),
    }
    match error {
        StartError::Load(_) => exit::USAGE,
        StartError::Store(_) => exit::STORAGE,
        StartError::Listen { .. } | StartError::Other(_) => exit::NETWORK,
    }
}
