//! `[run]`: the daemon itself.

use std::time::Duration;

use crate::problem::Table;
use crate::settings::RunOptions;
use crate::settings::values::span;

pub(in crate::settings) fn read(mut table: Table) -> RunOptions {
    let options = RunOptions {
        node: table.filled_text("node"),
        lease: span(&mut table, "lease", Duration::from_secs(1)..=Duration::from_hours(1), Duration::from_mins(2)),
        stop_within: span(&mut table, "stop_within", Duration::from_secs(1)..=Duration::from_mins(10), Duration::from_secs(20)),
    };
    table.finish();
    options
}
