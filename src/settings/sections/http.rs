//! `[http]`: how Hearken goes out.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::outbound::OutboundOptions;
use crate::problem::Table;
use crate::settings::secrets::Surroundings;
use crate::settings::values::{certificates, span};

use super::web::networks;

const USER_AGENT: &str = concat!("hearken/", env!("CARGO_PKG_VERSION"));
const TIMEOUT: Duration = Duration::from_secs(30);
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(10);

pub(in crate::settings) fn read(mut table: Table, surroundings: &Surroundings) -> OutboundOptions {
    let options = OutboundOptions {
        user_agent: sendable(&mut table, "user_agent").unwrap_or_else(|| USER_AGENT.to_owned()),
        contact: sendable(&mut table, "contact"),
        allow_private: networks(&mut table, "allow_private"),
        ca_file: certificates(&mut table, "ca_file", surroundings),
        timeout: span(&mut table, "timeout", TIMEOUTS, TIMEOUT),
    };
    table.finish();
    options
}

/// Text that may stand in a header.
fn sendable(table: &mut Table, key: &str) -> Option<String> {
    let text = table.filled_text(key)?;
    let sound = text.chars().all(|letter| (' '..='~').contains(&letter));
    if !sound {
        table.complain(key, format!("`{key}` cannot be sent in a header"), "Use printable ASCII alone.");
    }
    sound.then_some(text)
}
