//! `[source.json.paging]`: how the next page is asked for.

use super::path;
use crate::collect::extract::endpoint::RequestBody;
use crate::collect::extract::endpoint::paging::{By, Paging, Place};
use crate::problem::Table;
use crate::settings::values::{choice, count};

/// Pages read in one poll at most.
const PAGES_MAX: usize = 50;
/// Pages read where nothing is said.
const PAGES: usize = 3;
/// The numbers of first pages and the steps between offsets.
const NUMBER_MAX: i64 = 1_000_000;

#[derive(Clone, Copy)]
enum Manner {
    Cursor,
    Page,
    Offset,
    Next,
    Link,
}

pub(super) fn read(json: &mut Table, body: Option<&RequestBody>) -> Option<Paging> {
    let mut table = json.table("paging")?;
    if !table.has("by") {
        table.missing("by", "by = \"cursor\"");
    }
    let words =
        [("cursor", Manner::Cursor), ("page", Manner::Page), ("offset", Manner::Offset), ("next", Manner::Next), ("link", Manner::Link)];
    let manner = choice(&mut table, "by", &words);
    let pages = count(&mut table, "pages", 1..=PAGES_MAX, PAGES);
    let more = path(&mut table, "more");
    let by = manner.and_then(|manner| by(manner, &mut table, body));
    if manner.is_none() {
        // Which of these belong here is not known.
        for key in ["from", "parameter", "first", "step"] {
            let _known = table.value(key);
        }
    }
    table.finish();
    Some(Paging { by: by?, pages, more })
}

fn by(manner: Manner, table: &mut Table, body: Option<&RequestBody>) -> Option<By> {
    match manner {
        Manner::Cursor => {
            let from = from(table, "the answer holds the next cursor");
            let into = parameter(table, body);
            Some(By::Cursor { from: from?, into: into? })
        }
        Manner::Page => {
            let first = table.integer("first", 0, NUMBER_MAX).unwrap_or(1);
            Some(By::Page { into: parameter(table, body)?, first })
        }
        Manner::Offset => {
            let step = table.integer("step", 1, NUMBER_MAX);
            Some(By::Offset { into: parameter(table, body)?, step })
        }
        Manner::Next => from(table, "the answer holds the next page's address").map(|from| By::Next { from }),
        Manner::Link => Some(By::Link),
    }
}

fn from(table: &mut Table, what: &str) -> Option<crate::collect::extract::endpoint::path::Path> {
    if !table.has("from") {
        let message = format!("`from` is missing: where {what}");
        table.absent("from", message, "Add `from = \"/meta/next\"`.");
    }
    path(table, "from")
}

/// A name is a parameter of the query; a pointer leads into the body.
fn parameter(table: &mut Table, body: Option<&RequestBody>) -> Option<Place> {
    let name = match table.has("parameter") {
        true => table.filled_text("parameter")?,
        false => {
            let help =
                "Add `parameter = \"page\"`, as the service calls it; with a `body` of JSON a pointer into it, as \"/variables/after\".";
            table.absent("parameter", "`parameter` is missing: what the next request changes", help);
            return None;
        }
    };
    if !name.starts_with('/') {
        return Some(Place::Query(name));
    }
    let Some(document) = body.and_then(|body| serde_json::from_str::<serde_json::Value>(&body.text).ok()) else {
        let help = "Write the parameter's name without `/`, or add a `body` of JSON.";
        table.complain("parameter", "a pointer leads into a `body` of JSON, and there is none", help);
        return None;
    };
    let parent = name.rsplit_once('/').map_or("", |(parent, _)| parent);
    if !document.pointer(parent).is_some_and(serde_json::Value::is_object) {
        let help = format!(
            "Give the `body` a table there, or point elsewhere: it begins {}.",
            document.to_string().chars().take(60).collect::<String>()
        );
        table.complain("parameter", format!("the `body` has no table at `{parent}`"), help);
        return None;
    }
    Some(Place::Body(name))
}
