//! `hearken run`: the daemon, until a signal stops it.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::exit;
use super::log;
use crate::clock::Clock;
use crate::problem::render;
use crate::tasks::daemon::{self, Daemon, Start, StartError};
use crate::tasks::live::LoadError;

/// Run the daemon until a signal stops it; SIGHUP reads the files anew
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file [default: config/hearken.toml, else /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Runs until SIGTERM or SIGINT; SIGHUP reloads.
pub async fn run(args: Args) -> u8 {
    let config = args.config.unwrap_or_else(crate::settings::default_path);
    let start = Start { config, clock: Clock::system() };
    let (live, warnings) = match daemon::read_files(&start) {
        Ok(read) => read,
        Err(error) => return refuse(&error),
    };
    eprint!("{}", render(&warnings, false));
    if let Err(error) = log::start(&live.settings.log, start.clock.clone()) {
        eprintln!("error: {error}");
        return exit::USAGE;
    }
    let daemon = match Daemon::start(start, live).await {
        Ok(daemon) => daemon,
        Err(error) => return not_started(&error),
    };
    match until_signal(daemon).await {
        Ok(()) => exit::FINE,
        Err(error) => {
            tracing::error!(%error, "the daemon ends, to be started anew");
            exit::FINDINGS
        }
    }
}

/// Stops at the first SIGTERM or SIGINT, reloads at each SIGHUP.
async fn until_signal(daemon: Daemon) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (mut terminate, mut interrupt, mut hangup) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?);
    let (stopper, context) = (daemon.stopper(), daemon.context());
    let running = daemon.run();
    tokio::pin!(running);
    loop {
        tokio::select! {
            ended = &mut running => return Ok(ended?),
            _ = terminate.recv() => stopper.stop(),
            _ = interrupt.recv() => stopper.stop(),
            _ = hangup.recv() => context.ask_reload(),
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
    tracing::error!(%error, "hearken does not start");
    match error {
        StartError::Load(_) => exit::USAGE,
        StartError::Store(_) => exit::STORAGE,
        StartError::Listen { .. } | StartError::Other(_) => exit::NETWORK,
    }
}
