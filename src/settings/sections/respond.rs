//! `[respond]`: what holds for every route.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Reading;
use crate::model::Severity;
use crate::problem::Table;
use crate::respond::burst::BurstOptions;
use crate::respond::route::RespondOptions;
use crate::settings::names::Noun;
use crate::settings::values::{count, severity, span, span_if_there};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// A page is asked at most this often for one mention, and one that nobody looks at in three months is not watched.
pub(super) const RECHECK: RangeInclusive<Duration> = Duration::from_mins(10)..=Duration::from_hours(24 * 90);
const MINUTE: Duration = Duration::from_mins(1);
/// With none everything would be gathered, which nobody expects of a single case.
const SINGLY: RangeInclusive<usize> = 1..=100_000;
/// Longer, and a warning is no warning.
const GATHER: RangeInclusive<Duration> = Duration::from_secs(10)..=HOUR;
const SPANS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24 * 90);

/// `departments` are those that were read; a single one is ops as well, among several the operator has to say.
pub(in crate::settings) fn read(mut table: Table, reading: &mut Reading<'_>) -> Option<RespondOptions> {
    let ops = match reading.names.one(Noun::Department, &mut table, "ops") {
        Some(ops) => Some(ops),
        None if table.has("ops") => None,
        None => only_department(&mut table, reading),
    };
    let least_severity = severity(&mut table, "least_severity").unwrap_or(Severity::Low);
    let same_text_within = span(&mut table, "same_text_within", Duration::ZERO..=DAY * 90, DAY * 7);
    let fallback_after = span(&mut table, "fallback_after", SPANS, Duration::from_mins(5));
    let give_up_after = span(&mut table, "give_up_after", SPANS, DAY * 2);
    let link_valid = span(&mut table, "link_valid", HOUR..=DAY * 365, DAY * 14);
    let recheck = span_if_there(&mut table, "recheck", RECHECK);
    let recheck_for = span(&mut table, "recheck_for", Duration::ZERO..=DAY * 365, DAY * 7);
    let burst = burst(&mut table);
    if give_up_after <= fallback_after {
        table.complain(
            "give_up_after",
            "deliveries would be given up before their fallback is tried",
            "Make `give_up_after` longer than `fallback_after`.",
        );
    }
    table.finish();
    Some(RespondOptions {
        least_severity,
        ops: ops?,
        same_text_within,
        fallback_after,
        give_up_after,
        link_valid,
        recheck,
        recheck_for,
        burst,
    })
}

/// More at once than people read one by one.
fn burst(table: &mut Table) -> BurstOptions {
    let usual = BurstOptions::default();
    BurstOptions {
        singly: count(table, "singly", SINGLY, usual.singly),
        singly_critical: count(table, "singly_critical", SINGLY, usual.singly_critical),
        within: span(table, "singly_within", MINUTE..=HOUR * 24, usual.within),
        gather_every: span(table, "gather_every", GATHER, usual.gather_every),
    }
}

/// What holds where the section cannot be read.
pub(in crate::settings) fn fallback(ops: String) -> RespondOptions {
    RespondOptions {
        least_severity: Severity::Low,
        ops,
        same_text_within: DAY * 7,
        fallback_after: Duration::from_mins(5),
        give_up_after: DAY * 2,
        link_valid: DAY * 14,
        recheck: None,
        recheck_for: DAY * 7,
        burst: BurstOptions::default(),
    }
}

fn only_department(table: &mut Table, reading: &Reading<'_>) -> Option<String> {
    let mut names = reading.names.all(Noun::Department).map(|(name, _)| name);
    let first = names.next()?.to_owned();
    if let Some(second) = names.next() {
        table.absent(
            "ops",
            "`respond.ops` is missing: who hears of what no route matches, and of our own trouble?",
            format!("Write under `[respond]`: `ops = \"{first}\"` or `ops = \"{second}\"`."),
        );
        return None;
    }
    Some(first)
}
