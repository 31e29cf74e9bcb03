//! `hearken test`: the rules' own examples.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::judging::{FINDINGS, judge, print, rules_dir};
use crate::decide::example::{self, not_run};

/// Run the rules' own examples; say which fail and why.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The rules to test [default: the configured ones, else ./rules]
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

/// `configured` is the rules directory of the configuration, where there is one.
#[must_use]
pub fn run(args: &Args, configured: Option<&Path>) -> ExitCode {
    let judge = match judge(&rules_dir(args.rules.as_deref(), configured), &[], true) {
        Ok(judge) => judge,
        Err(code) => return code,
    };
    let outcome = example::run(&judge);
    print(&outcome.failing);
    println!("{} of {} examples hold, in {} rules.", outcome.holding, outcome.run(), judge.rules().rules.len());
    not_run(outcome.not_run).into_iter().for_each(|said| println!("{said}"));
    if outcome.failing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) }
}
