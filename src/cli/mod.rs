//! The command line: one file for each verb.

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod advice;
mod backtest;
mod backup;
pub mod check;
pub mod classify;
mod columns;
mod deliveries;
mod demo;
mod desk;
pub mod eval;
pub mod exit;
pub mod explain;
mod export;
mod import;
mod incidents;
mod judging;
mod line;
pub mod log;
mod notify;
mod opml;
mod presets;
pub mod probe;
mod restore;
mod route;
mod rules;
pub mod run;
mod sources;
pub mod test;
mod timing;
mod train;
mod whynot;

use crate::decide::brand::Brand;
use crate::settings::{Loaded, default_path, load_here};

/// Listens for your brand, judges each mention, and warns the department responsible.
#[derive(Debug, Parser)]
#[command(name = "hearken", version, disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(run::Args),
    Demo(demo::Args),
    Check(check::Args),
    Test(test::Args),
    Classify(classify::Args),
    Eval(eval::Args),
    Explain(explain::Args),
    Import(import::Args),
    Train(train::Args),
    Probe(probe::Args),
    Incidents(incidents::Args),
    Sources(sources::Args),
    Presets(presets::Args),
    Deliveries(deliveries::Args),
    Route(route::Args),
    Rules(rules::Args),
    Export(export::Args),
    Whynot(whynot::Args),
    Notify(notify::Args),
    Opml(opml::Args),
    Backtest(backtest::Args),
    /// Copy the whole store into a new file, safe while the daemon runs, and check the copy
    Backup(backup::Args),
    /// Put a backup in the place of the store: checked first, refused while a daemon runs; what was there is kept under a dated name
    Restore(backup::Args),
}

/// Runs the verb the command line names; the exit codes stand in `exit`.
#[must_use]
pub fn main() -> ExitCode {
    match CommandLine::parse().verb {
        Verb::Run(args) => on_runtime(run::run(args)),
        Verb::Demo(args) => on_runtime(async move { demo::run(&args).await }),
        Verb::Check(args) => ExitCode::from(check::run(&args, |dir, problems| judging::check_rules(dir, args.needless, problems))),
        Verb::Test(args) => {
            let loaded = configured(args.config.as_deref());
            test::run(&args, rules_dir(loaded.as_ref()))
        }
        Verb::Classify(args) => {
            let loaded = configured(args.config.as_deref());
            classify::run(&args, brands(loaded.as_ref()), rules_dir(loaded.as_ref()))
        }
        Verb::Eval(args) => {
            let loaded = configured(args.config.as_deref());
            eval::run(&args, rules_dir(loaded.as_ref()))
        }
        Verb::Train(args) => {
            let loaded = configured(args.config.as_deref());
            train::run(&args, rules_dir(loaded.as_ref()))
        }
        Verb::Explain(args) => {
            let loaded = configured(args.config.as_deref());
            explain::run(&args, loaded.as_ref())
        }
        Verb::Import(args) => ExitCode::from(import::run(&args)),
        Verb::Probe(args) => on_runtime(async move { probe::run(&args).await }),
        Verb::Incidents(args) => on_runtime(incidents::run(args)),
        Verb::Sources(args) => on_runtime(sources::run(args)),
        Verb::Presets(args) => ExitCode::from(presets::run(&args)),
        Verb::Deliveries(args) => on_runtime(deliveries::run(args)),
        Verb::Export(args) => on_runtime(export::run(args)),
        Verb::Rules(args) => on_runtime(rules::run(args)),
        Verb::Route(args) => ExitCode::from(route::run(&args)),
        Verb::Whynot(args) => on_runtime(whynot::run(args)),
        Verb::Notify(args) => on_runtime(notify::run(args)),
        Verb::Opml(args) => ExitCode::from(opml::run(&args)),
        Verb::Backtest(args) => on_runtime(backtest::run(args)),
        Verb::Backup(args) => on_runtime(backup::run(args)),
        Verb::Restore(args) => on_runtime(restore::run(args)),
    }
}

/// The configuration, where there is one that can be read: the verbs that judge do without.
fn configured(named: Option<&Path>) -> Option<Loaded> {
    let path = named.map_or_else(default_path, Path::to_owned);
    load_here(&path).ok()
}

fn brands(loaded: Option<&Loaded>) -> &[Brand] {
    loaded.map_or(&[], |loaded| &loaded.settings.brands)
}

fn rules_dir(loaded: Option<&Loaded>) -> Option<&Path> {
    loaded.map(|loaded| loaded.settings.rules_dir.as_path())
}

fn on_runtime(verb: impl Future<Output = u8>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let code = ExitCode::from(runtime.block_on(verb));
            // A name look-up that hangs in the system's resolver is not worth waiting for.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            eprintln!("error: no threads or timers to be had: {error}");
            ExitCode::from(exit::NETWORK)
        }
    }
}
