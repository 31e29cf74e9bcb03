//! The command line: one file for each verb.

use std::io::IsTerminal as _;
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
use crate::problem::render;
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
        Verb::Run(args) => {
            if !args.once {
                run::heap::settle();
            }
            on_runtime(run::run(args))
        }
        Verb::Demo(args) => on_runtime(async move { demo::run(&args).await }),
        Verb::Check(args) => ExitCode::from(check::run(&args, |dir, problems| judging::check_rules(dir, args.needless, problems))),
        Verb::Test(args) => with_rules(args.config.as_deref(), args.rules.as_deref(), |rules| test::run(&args, rules)),
        Verb::Classify(args) => configured(args.config.as_deref(), |loaded| classify::run(&args, brands(loaded), rules_dir(loaded))),
        Verb::Eval(args) => with_rules(args.config.as_deref(), args.rules.as_deref(), |rules| eval::run(&args, rules)),
        Verb::Train(args) => with_rules(args.config.as_deref(), args.rules.as_deref(), |rules| train::run(&args, rules)),
        Verb::Explain(args) => configured(args.config.as_deref(), |loaded| explain::run(&args, loaded)),
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

/// Gives the configuration to a verb that judges, which does without where there is none. One that cannot be used is not taken for an empty
/// one: nothing would name a brand, and nothing be a complaint.
fn configured(named: Option<&Path>, verb: impl FnOnce(Option<&Loaded>) -> ExitCode) -> ExitCode {
    let path = named.map_or_else(default_path, Path::to_owned);
    if named.is_none() && !path.exists() {
        return verb(None);
    }
    match load_here(&path) {
        Ok(loaded) => verb(Some(&loaded)),
        Err(problems) => {
            let said = render(&problems, std::io::stderr().is_terminal());
            eprintln!("error: the settings cannot be used, so nothing is judged by them\n\n{}", said.trim_end());
            ExitCode::from(exit::USAGE)
        }
    }
}

/// The same for a verb that wants no more than the folder of rules, where the command line does not name one.
fn with_rules(config: Option<&Path>, rules: Option<&Path>, verb: impl FnOnce(Option<&Path>) -> ExitCode) -> ExitCode {
    if rules.is_some() { verb(None) } else { configured(config, |loaded| verb(rules_dir(loaded))) }
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
