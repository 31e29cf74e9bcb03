//! `kind = "files"`: the folder that files are dropped into, and which columns of a CSV file hold what.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use crate::collect::files::{Field, FileOptions};
use crate::problem::{Data, Table};
use crate::settings::secrets::Surroundings;

/// A look into a folder costs nothing and burdens nobody.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Whether the table is about a folder, before its keys are read.
pub(super) fn is_meant(table: &Table) -> bool {
    table.peek("kind").is_some_and(|kind| matches!(kind, Data::Text(word) if word == "files"))
}

/// `folder = "..."` as `file:///...`: an absolute address of a folder that is there.
pub(super) fn address(table: &mut Table, surroundings: &Surroundings) -> Option<Url> {
    for key in ["url", "headers", "ignore_robots"] {
        let _ = table.value(key);
        if table.has(key) {
            table.complain(
                key,
                format!("`{key}` is for sources that are asked, and this one is a folder"),
                "Take the line out; the folder is named by `folder`.",
            );
        }
    }
    if !table.has("folder") {
        table.missing("folder", "folder = \"/var/lib/hearken/inbox\"");
    }
    let path = std::path::absolute(surroundings.path(&table.filled_text("folder")?)).ok()?;
    if !path.is_dir() {
        let help = "Make it, or check the path; relative ones begin at the main file's folder.";
        table.complain("folder", format!("there is no folder {}", path.display()), help);
        return None;
    }
    Url::from_directory_path(path).ok()
}

/// `[source.columns]`.
pub(super) fn options(table: &mut Table) -> FileOptions {
    let mut columns = BTreeMap::new();
    if let Some(mut inner) = table.table("columns") {
        for field in Field::ALL {
            if let Some(name) = inner.filled_text(field.as_str()) {
                columns.insert(field, name);
            }
        }
        inner.finish();
    }
    FileOptions { columns }
}
