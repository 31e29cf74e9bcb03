//! `[reload]`: what a changed set of rules must not do before it is put in force.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::problem::Table;
use crate::settings::ReloadOptions;
use crate::settings::values::span;

const SPANS: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(24 * 90);
const BACKTEST_OVER: Duration = Duration::from_hours(24 * 30);
/// More than any company reads.
const MOST: i64 = 1_000_000;

pub(in crate::settings) fn read(mut table: Table) -> ReloadOptions {
    let backtest_over = span(&mut table, "backtest_over", SPANS, BACKTEST_OVER);
    let mut most = |key: &str| table.integer(key, 0, MOST).and_then(|number| u64::try_from(number).ok());
    let most_new_warnings_per_day = most("most_new_warnings_per_day");
    let most_lost_warnings_per_day = most("most_lost_warnings_per_day");
    if table.has("backtest_over") && most_new_warnings_per_day.or(most_lost_warnings_per_day).is_none() {
        let help = "Add `most_new_warnings_per_day = 20`, or take this line out.";
        table.complain("backtest_over", "changed rules would be tried to no end", help);
    }
    table.finish();
    ReloadOptions { backtest_over, most_new_warnings_per_day, most_lost_warnings_per_day }
}
