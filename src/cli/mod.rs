//! The command line: one file for each verb.

pub mod probe;

use std::process::ExitCode;

/// Runs the verb the command line names.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
