//! `[collect]`: limits and manners shared by all sources.

use std::time::Duration;

use super::manners;
use crate::collect::source::CollectOptions;
use crate::problem::Table;
use crate::settings::values::{count, span};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const HOUR: Duration = Duration::from_hours(1);
const WEEK: Duration = Duration::from_hours(24 * 7);

/// Items of one document. The largest of the feeds measured had 730, and what a page or a feed holds should be heard whole: this is
/// several times as much, and a document of so many short items is still read within a second.
const ITEMS: usize = 5_000;

pub(in crate::settings) fn read(mut table: Table) -> CollectOptions {
    let mut options = CollectOptions {
        host_gap: span(&mut table, "host_gap", Duration::ZERO..=HOUR, Duration::from_secs(2)),
        max_bytes: count(&mut table, "max_bytes", KIB..=256 * MIB, 8 * MIB),
        max_decoded_bytes: count(&mut table, "max_decoded_bytes", KIB..=512 * MIB, 32 * MIB),
        max_redirects: count(&mut table, "max_redirects", 0..=20, 5),
        max_items: count(&mut table, "max_items", 1..=10_000, ITEMS),
        backoff_max: span(&mut table, "backoff_max", Duration::from_mins(1)..=WEEK, Duration::from_hours(6)),
        down_after: span(&mut table, "down_after", Duration::from_secs(1)..=WEEK * 4, HOUR * 6),
        concurrency: count(&mut table, "concurrency", 1..=512, 16),
        manners: manners::read(&mut table),
    };
    options.manners.longest = options.backoff_max;
    if options.max_decoded_bytes < options.max_bytes {
        table.complain(
            "max_decoded_bytes",
            "`max_decoded_bytes` is less than `max_bytes`",
            format!("Write at least {}: an answer does not shrink when it is unpacked.", options.max_bytes),
        );
    }
    table.finish();
    options
}
