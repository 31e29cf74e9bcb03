//! The command line: one file for each verb.

use std::process::ExitCode;

pub mod check;
pub mod exit;
pub mod log;

/// Runs the verb the command line names.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
