//! `[heartbeat]`: an address outside that notices when we fall silent.

use std::time::Duration;

use crate::problem::Table;
use crate::settings::Heartbeat;
use crate::settings::values::{span, web_address};

pub(in crate::settings) fn read(mut table: Table) -> Option<Heartbeat> {
    if !table.has("url") {
        table.missing("url", "url = \"https://...\"");
    }
    let url = web_address(&mut table, "url");
    let every = span(&mut table, "every", Duration::from_secs(1)..=Duration::from_hours(24), Duration::from_mins(1));
    table.finish();
    Some(Heartbeat { url: url?, every })
}
