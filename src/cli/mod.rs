//! The command line: one file for each verb.

use std::process::ExitCode;

pub mod classify;
pub mod eval;
pub mod explain;
mod judging;
pub mod test;

/// Runs the verb the command line names.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
