//! `canary` and `canary_every`: what a source always shows.

use std::time::Duration;

use crate::collect::canary::Canary;
use crate::problem::Table;
use crate::settings::values::{span_if_there, words};

/// A shorter phrase stands in many pages that are not the one.
const LETTERS_MIN: usize = 2;
const LETTERS_MAX: usize = 200;

pub(super) fn canary(table: &mut Table, interval: Duration) -> Option<Canary> {
    let every = span_if_there(table, "canary_every", Duration::from_secs(1)..=Duration::from_hours(24 * 365));
    if table.has("canary_every") && !table.has("canary") {
        table.complain(
            "canary_every",
            "`canary_every` is given, and `canary` is not",
            "Add `canary = \"a phrase of the item that is posted\"`.",
        );
    }
    if let Some(every) = every.filter(|every| *every <= interval) {
        let help = format!("Write more than \"{}\", the time between two polls.", words(interval));
        table.complain("canary_every", format!("an item every \"{}\" cannot be seen", words(every)), help);
    }
    let phrase = table.filled_text("canary")?;
    let letters = phrase.trim().chars().count();
    if !(LETTERS_MIN..=LETTERS_MAX).contains(&letters) {
        let help = "Write a few words that the source always shows, as the shop's name.";
        table.complain("canary", format!("a canary has {LETTERS_MIN} to {LETTERS_MAX} letters, not {letters}"), help);
        return None;
    }
    Some(Canary { phrase: phrase.trim().to_owned(), every })
}
