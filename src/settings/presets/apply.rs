//! `preset = "name"` in a `[[source]]`: the preset's keys under the operator's own.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::fill::{Filled, filled};
use super::{Kind, Preset, Variable, find, names};
use crate::problem::{Data, Entry, Problem, Table, nearest};
use crate::settings::names::unknown;
use crate::settings::sections::Reading;

/// What a preset brings: their lack is no mistake of its own where the preset is wrong.
const BROUGHT: [&str; 4] = ["url", "kind", "json", "select"];

/// The table as the section reads it: with a preset laid under it where it names one.
pub(in crate::settings) fn apply(mut table: Table, reading: &mut Reading<'_>) -> Table {
    let folder = reading.surroundings.path("presets");
    let named = table.filled_text("preset");
    let with = table.table("with");
    let Some(name) = named else {
        if table.has("with") && !table.has("preset") {
            table.complain(
                "with",
                "`[source.with]` fills in a preset, and none is named",
                "Add `preset = \"...\"`; `hearken presets` lists them.",
            );
        }
        return table;
    };
    let Some(preset) = find(&folder, &name, table.problems()) else {
        let known = names(&folder);
        if !known.contains(&name) {
            let known: BTreeSet<&str> = known.iter().map(String::as_str).collect();
            table.problems().add(unknown("preset", &name, table.place_of("preset"), &known));
        }
        table.excuse(&BROUGHT);
        return table;
    };
    reading.names.files.extend(preset.file.clone());
    let Some(variables) = variables(&preset, with, &table) else {
        table.excuse(&BROUGHT);
        return table;
    };
    let (place, problems) = (table.place.clone(), table.problems().clone());
    let entries = lay(table.into_entries(), filled(preset.source, &variables));
    let mut table = Table::new(place, entries, &problems);
    let _known = (table.value("preset"), table.value("with"));
    table
}

/// Keys of `over` hold; of tables in both, key by key. Paging in another manner has none of the preset's keys in common.
fn lay(mut over: Vec<Entry>, under: Vec<Entry>) -> Vec<Entry> {
    for entry in under {
        match over.iter_mut().find(|own| own.key == entry.key) {
            None => over.push(entry),
            Some(own) => {
                if let (Data::Table(inner), Data::Table(more)) = (&mut own.value.data, entry.value.data)
                    && !(entry.key == "paging" && inner.iter().any(|entry| entry.key == "by"))
                {
                    *inner = lay(std::mem::take(inner), more);
                }
            }
        }
    }
    over
}

/// Every variable's value; none where one is missing, unknown or wrong.
fn variables(preset: &Preset, with: Option<Table>, source: &Table) -> Option<BTreeMap<String, Filled>> {
    let problems = source.problems().clone();
    let place = with.as_ref().map_or_else(|| source.place_of("preset"), |with| with.place.clone());
    let given = with.map(Table::into_entries).unwrap_or_default();
    let mut sound = true;
    let mut found = BTreeMap::new();
    for entry in &given {
        if !preset.variables.iter().any(|variable| variable.name == entry.key) {
            problems.add(stranger(preset, entry));
            sound = false;
        }
    }
    for variable in &preset.variables {
        let filled = match given.iter().find(|entry| entry.key == variable.name) {
            Some(entry) => value(variable, entry, &mut |problem| problems.add(problem)),
            None => match &variable.default {
                Some(default) => Some(Filled { kind: variable.kind, text: default.clone(), place: None }),
                None if misspelt(preset, &given, variable) => None,
                None => {
                    let message = format!("the preset `{}` needs `{}`: {}", preset.name, variable.name, variable.what);
                    let example = toml::Value::String(variable.example.clone());
                    let help = format!("Add `{} = {example}` under `[source.with]`.", variable.name);
                    problems.add_missing(Problem::error(place.clone(), message, help));
                    None
                }
            },
        };
        sound &= filled.is_some();
        found.extend(filled.map(|filled| (variable.name.clone(), filled)));
    }
    sound.then_some(found)
}

/// Whether an unknown variable was meant for this one: that has been said, and is enough.
fn misspelt(preset: &Preset, given: &[Entry], variable: &Variable) -> bool {
    let known = |key: &str| preset.variables.iter().any(|variable| variable.name == key);
    given.iter().any(|entry| !known(&entry.key) && nearest(&entry.key, [variable.name.as_str()]).is_some())
}

fn stranger(preset: &Preset, entry: &Entry) -> Problem {
    let known: Vec<&str> = preset.variables.iter().map(|variable| variable.name.as_str()).collect();
    let help = match nearest(&entry.key, known.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Its variables: {}.", known.join(", ")),
    };
    Problem::error(entry.key_place.clone(), format!("the preset `{}` has no variable `{}`", preset.name, entry.key), help)
}

fn value(variable: &Variable, entry: &Entry, complain: &mut dyn FnMut(Problem)) -> Option<Filled> {
    let place = entry.value.place.clone();
    let help = format!("{} Write it as {}.", variable.what, toml::Value::String(variable.example.clone()));
    let text = match &entry.value.data {
        Data::Text(text) => text.trim().to_owned(),
        Data::Integer(number) => number.to_string(),
        _ => {
            complain(Problem::error(place, format!("`{}` is neither a string nor a number", variable.name), help));
            return None;
        }
    };
    let fits = match variable.kind {
        Kind::Address => is_base(&text),
        Kind::Whole => is_address(&text),
        Kind::Text | Kind::Path => !text.is_empty() || variable.default.as_deref() == Some(""),
    };
    if !fits || variable.like.as_ref().is_some_and(|like| !text.is_empty() && !like.is_match(&text)) {
        complain(Problem::error(place, format!("`{}` cannot be \"{text}\"", variable.name), help));
        return None;
    }
    Some(Filled { kind: variable.kind, text, place: Some(place) })
}

/// The beginning of an address: what comes after it is the preset's.
fn is_base(text: &str) -> bool {
    is_address(text) && !text.contains(['?', '#'])
}

fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
