//! Builds the demo's world, starts the daemon in it, and tells what happens.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::Args;
use super::folder::{Addresses, Folder};
use super::hook::Hook;
use super::mailbox;
use super::script::{self, Story};
use super::site::Site;
use crate::cli::exit;
use crate::clock::Clock;
use crate::model::Secret;
use crate::problem::render;
use crate::tasks::daemon::{Daemon, Start, StartError, read_files};
use crate::tasks::live::{Live, LoadError};
use crate::web::serve::serve;

/// Signs the demo's webhook; it opens nothing else.
pub(super) const HOOK_SECRET: &str = "whsec_ZGVtbyBvZiBoZWFya2VuLCBub3QgYSBzZWNyZXQh";

/// Why the demo cannot be shown.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("a file or a port of the demo is refused: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Runs until Ctrl-C, or with `--once` until every expected warning has arrived.
pub(crate) async fn run(args: &Args) -> u8 {
    match show(args).await {
        Ok(code) => code,
        Err(DemoError::Load(LoadError::Problems(problems))) => {
            eprint!("{}", render(&problems, false));
            exit::USAGE
        }
        Err(error) => {
            eprintln!("error: {error}");
            exit::FINDINGS
        }
    }
}

/// The world outside, on ports of its own.
struct World {
    site: TcpListener,
    smtp: TcpListener,
    hook: TcpListener,
}

impl World {
    async fn open() -> io::Result<Self> {
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(Self { site: TcpListener::bind(free).await?, smtp: TcpListener::bind(free).await?, hook: TcpListener::bind(free).await? })
    }

    fn addresses(&self, port: u16) -> io::Result<Addresses> {
        Ok(Addresses { port, site: self.site.local_addr()?, smtp: self.smtp.local_addr()?, hook: self.hook.local_addr()? })
    }
}

async fn show(args: &Args) -> Result<u8, DemoError> {
    let folder = Folder::make()?;
    let world = World::open().await?;
    let addresses = world.addresses(args.port)?;
    let clock = Clock::system();
    let start = Start { config: folder.write(&addresses)?, clock: clock.clone() };
    let (live, _) = read_files(&start)?;
    let (stop, stopped) = watch::channel(false);
    let (mails_in, mails) = mpsc::unbounded_channel();
    let (calls_in, calls) = mpsc::unbounded_channel();
    let site = Site::default();
    let hook = Hook { secret: Secret::new(HOOK_SECRET), clock, calls: calls_in };
    let story = Story { once: args.once, site: site.clone(), address: addresses.site, mails, calls };
    let outside = async {
        tokio::join!(
            serve(world.site, site.router(), stopped.clone()),
            serve(world.hook, hook.router(), stopped.clone()),
            mailbox::receive(world.smtp, mails_in),
        )
    };
    let code = tokio::select! {
        code = inside(start, live, story) => code,
        _ = outside => Err(DemoError::Io(io::ErrorKind::ConnectionAborted.into())),
    };
    stop.send_replace(true);
    code
}

/// The real daemon, and the story told beside it.
async fn inside(start: Start, live: Live, story: Story) -> Result<u8, DemoError> {
    let daemon = Daemon::start(start, live).await?;
    println!("Hearken listens: http://{}/", daemon.address());
    let (stopper, store) = (daemon.stopper(), daemon.context().store.clone());
    let telling = async {
        let code = tokio::select! {
            code = script::tell(story, &store) => code,
            _ = tokio::signal::ctrl_c() => exit::FINE,
        };
        stopper.stop();
        code
    };
    let (ended, code) = tokio::join!(daemon.run(), telling);
    if let Err(error) = ended {
        eprintln!("error: {error}");
        return Ok(exit::FINDINGS);
    }
    Ok(code)
}
