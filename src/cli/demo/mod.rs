//! `hearken demo`: the whole of it on one screen. Sample sites, a mail server and a webhook receiver on loopback, and
//! between them the real daemon over a fresh SQLite file.

mod folder;
mod hook;
mod mailbox;
mod run;
mod samples;
mod script;
mod site;

pub(super) use run::run;

/// Show it at work: sample reviews are found, judged, mailed and acknowledged; nothing leaves this machine
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End by itself after the first round; 0 when every expected warning was delivered
    #[arg(long)]
    once: bool,
    /// Port of the web address [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
}
