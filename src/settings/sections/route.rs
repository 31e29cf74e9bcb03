//! `[[route]]`: from a verdict to departments.

use super::Reading;
use crate::model::Severity;
use crate::problem::{Place, Table};
use crate::respond::route::Route;
use crate::settings::names::Noun;
use crate::settings::values::{phrases, severity};

/// The route, and where it stands.
pub(in crate::settings) fn read(mut table: Table, reading: &mut Reading<'_>) -> Option<(Place, Route)> {
    let place = table.place.clone();
    if !table.has("department") {
        table.missing("department", "department = \"name of a [[department]]\"");
    }
    let department = reading.names.one(Noun::Department, &mut table, "department");
    let brands = reading.names.list(Noun::Brand, &mut table, "brands");
    let categories = phrases(&mut table, "categories");
    reading.names.categories.extend(categories.iter().cloned());
    let sources = reading.names.list(Noun::Source, &mut table, "sources");
    let severity = severity(&mut table, "severity").unwrap_or(Severity::Low);
    let also = table.flag("also").unwrap_or(false);
    table.finish();
    let categories = categories.into_iter().map(|(_, category)| category).collect();
    Some((place, Route { department: department?, brands, categories, sources, severity, also }))
}
