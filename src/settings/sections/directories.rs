//! `[rules]` and `[templates]`: the folders that operators edit besides this configuration.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use crate::problem::Table;
use crate::settings::secrets::Surroundings;
use crate::settings::values::span;

/// How long a shadow rule is watched.
const SHADOW: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(24 * 365);
const SHADOW_FOR: Duration = Duration::from_hours(24 * 14);

/// Where the rules are, and how long a shadow rule is watched: as written, else `rules` beside the main file, else `rules` one folder above it.
pub(in crate::settings) fn rules(mut table: Table, surroundings: &Surroundings) -> (PathBuf, Duration) {
    let written = folder(&mut table, surroundings);
    let shadow_for = span(&mut table, "shadow_for", SHADOW, SHADOW_FOR);
    table.finish();
    let beside = surroundings.path("rules");
    let above = surroundings.folder.parent().map(|folder| folder.join("rules"));
    (written.or_else(|| above.filter(|above| !beside.is_dir() && above.is_dir())).unwrap_or(beside), shadow_for)
}

/// Where templates are that go before the built-in ones.
pub(in crate::settings) fn templates(mut table: Table, surroundings: &Surroundings) -> Option<PathBuf> {
    let written = folder(&mut table, surroundings);
    table.finish();
    written
}

fn folder(table: &mut Table, surroundings: &Surroundings) -> Option<PathBuf> {
    let path = surroundings.path(&table.filled_text("dir")?);
    if !path.is_dir() {
        let message = format!("there is no folder {}", path.display());
        table.complain("dir", message, "Check the path; relative ones begin at the main file's folder.");
        return None;
    }
    Some(path)
}
