//! The command line: one file for each verb.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod check;
pub mod classify;
mod demo;
pub mod eval;
pub mod exit;
pub mod explain;
pub mod log;
pub mod probe;
pub mod run;
pub mod test;

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
    Probe(probe::Args),
}

/// Runs the verb the command line names; the exit codes stand in `exit`.
pub mod classify;
pub mod eval;
pub mod explain;
mod judging;
pub mod test;

/// Runs the verb the command line names.
#[must_use]
pub fn main() -> ExitCode {
    let line = CommandLine::try_parse().unwrap_or_else(|error| error.exit());
    ExitCode::from(dispatch(line.verb))
}
