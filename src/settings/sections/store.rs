//! `[store]`: where everything is remembered, and for how long.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::model::Secret;
use crate::problem::{Place, Problem, Table};
use crate::settings::StoreOptions;
use crate::settings::secrets::Surroundings;
use crate::settings::values::span;

const DAY: Duration = Duration::from_hours(24);
const KEEP_ITEMS: Duration = Duration::from_hours(24 * 90);
const KEEP_INCIDENTS: Duration = Duration::from_hours(24 * 730);
/// Items forgotten sooner than this would be taken for new ones while their source still shows them.
const KEEP: RangeInclusive<Duration> = DAY..=Duration::from_hours(24 * 3650);
/// Where packages keep the state of a service whose configuration is under /etc.
const SYSTEM_STATE: &str = "/var/lib/hearken";

pub(in crate::settings) fn read(mut table: Table, surroundings: &Surroundings) -> Option<StoreOptions> {
    let place = table.place_of("url");
    let url = match table.filled_text("url") {
        Some(text) => address(&mut table, &text, &place, surroundings),
        None if table.has("url") => None,
        None => Some(sqlite(&default_file(&surroundings.folder))),
    };
    let password = surroundings.secret(&mut table, "password");
    let keep_items = span(&mut table, "keep_items", KEEP, KEEP_ITEMS);
    let keep_incidents = span(&mut table, "keep_incidents", KEEP, KEEP_INCIDENTS);
    let url = url.and_then(|url| with_password(&table, url, password.as_ref()));
    table.finish();
    Some(StoreOptions { url: url?, keep_items, keep_incidents })
}

/// The same file for the daemon and for every verb on the command line, wherever they are started.
fn default_file(folder: &Path) -> std::path::PathBuf {
    let folder = if folder.starts_with("/etc") { Path::new(SYSTEM_STATE) } else { folder };
    folder.join("hearken.db")
}

fn sqlite(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// A sound address; the path of an SQLite file is made absolute.
fn address(table: &mut Table, text: &str, place: &Place, surroundings: &Surroundings) -> Option<String> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') || path.contains('?') {
            table.complain(
                "url",
                "this names no SQLite file",
                "Write \"sqlite:///var/lib/hearken/hearken.db\"; relative paths begin at the main file's folder.",
            );
            return None;
        }
        return Some(sqlite(&surroundings.path(path)));
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return postgres(table, text, place);
    }
    table.complain("url", "this is no store we know", "Write \"sqlite:///path/to/hearken.db\" or \"postgres://user@host/database\".");
    None
}

fn postgres(table: &mut Table, text: &str, place: &Place) -> Option<String> {
    match Url::parse(text) {
        Ok(url) => {
            if url.password().is_some() && matches!(place, Place::File { .. }) {
                table.problems().add(Problem::warning(
                    place.clone(),
                    "the store's password stands here in clear",
                    "Take it out of the address and write `password_file = \"path\"`.",
                ));
            }
            Some(text.to_owned())
        }
        Err(error) => {
            table.complain("url", format!("this is no address: {error}"), "Write \"postgres://user@host/database\".");
            None
        }
    }
}

fn with_password(table: &Table, url: String, password: Option<&Secret>) -> Option<Secret> {
    let Some(password) = password else { return Some(Secret::new(url)) };
    let Some(mut address) = Url::parse(&url).ok().filter(|url| url.scheme().starts_with("postgres")) else {
        table.complain(
            "url",
            "a password is given, and SQLite asks for none",
            "Take the password out, or write \"postgres://user@host/database\".",
        );
        return None;
    };
    if address.password().is_some() {
        table.complain("url", "the password is given twice", "Take it out of the address.");
        return None;
    }
    if address.set_password(Some(password.expose())).is_err() {
        table.complain("url", "a password is given, and the address names no host", "Write \"postgres://user@host/database\".");
        return None;
    }
    Some(Secret::new(String::from(address)))
}
