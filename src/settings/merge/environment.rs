//! Lays `HEARKEN__SECTION__KEY` over the files.

use std::collections::BTreeMap;

use config::{Environment, Source};

use crate::problem::{Data, Entry, Place, Problem, Problems, Value};

const PREFIX: &str = "HEARKEN";
const SEPARATOR: &str = "__";

/// Sets each variable's key in its section, whatever the files say there.
pub(in crate::settings) fn lay_over(mut base: Vec<Entry>, variables: &BTreeMap<String, String>, problems: &Problems) -> Vec<Entry> {
    for (path, text) in collect(variables, problems) {
        let place = Place::Named(format!("environment {}", variable(&path)));
        let Some((section, key)) = path.split_once('.').filter(|(_, key)| !key.contains('.')) else {
            problems.add(Problem::error(
                place,
                "this variable names no key",
                "Write HEARKEN__SECTION__KEY with two underscores twice, as HEARKEN__WEB__LISTEN; lists of tables are set in files.",
            ));
            continue;
        };
        let entry = Entry { key: key.to_owned(), key_place: place.clone(), value: Value { place, data: Data::Text(text) } };
        set(&mut base, section, entry, problems);
    }
    base
}

fn collect(variables: &BTreeMap<String, String>, problems: &Problems) -> Vec<(String, String)> {
    let source = Environment::with_prefix(PREFIX)
        .prefix_separator(SEPARATOR)
        .separator(SEPARATOR)
        .source(Some(variables.clone().into_iter().collect()));
    let found = match source.collect() {
        Ok(found) => found,
        Err(error) => {
            problems.add(Problem::error(Place::Named("environment".to_owned()), error.to_string(), "Correct or unset the variable."));
            return Vec::new();
        }
    };
    let mut pairs: Vec<_> = found.into_iter().filter_map(|(path, value)| Some((path, value.into_string().ok()?))).collect();
    pairs.sort();
    pairs
}

/// The variable's name as an operator writes it.
fn variable(path: &str) -> String {
    format!("{PREFIX}{SEPARATOR}{}", path.to_uppercase().replace('.', SEPARATOR))
}

fn set(base: &mut Vec<Entry>, section: &str, entry: Entry, problems: &Problems) {
    let there = base.iter_mut().find(|there| there.key == section);
    let Some(there) = there else {
        let place = entry.key_place.clone();
        let value = Value { place: place.clone(), data: Data::Table(vec![entry]) };
        base.push(Entry { key: section.to_owned(), key_place: place, value });
        return;
    };
    match &mut there.value.data {
        Data::Table(entries) => {
            entries.retain(|old| old.key != entry.key);
            entries.push(entry);
        }
        _ => problems.add(Problem::error(
            entry.key_place,
            format!("`{section}` is a list; a variable cannot say which entry it means"),
            "Set it in a file; for secrets write `password_env = \"NAME\"` there.",
        )),
    }
}
