//! `[rules]` and `[templates]`: the folders that operators edit besides this configuration.

use std::path::PathBuf;

use crate::problem::Table;
use crate::settings::secrets::Surroundings;

/// Where the rules are: as written, else `rules` beside the main file, else `rules` one folder above it.
pub(in crate::settings) fn rules(mut table: Table, surroundings: &Surroundings) -> PathBuf {
    let written = folder(&mut table, surroundings);
    table.finish();
    let beside = surroundings.path("rules");
    let above = surroundings.folder.parent().map(|folder| folder.join("rules"));
    written.or_else(|| above.filter(|above| !beside.is_dir() && above.is_dir())).unwrap_or(beside)
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
