//! Puts variables into a preset's source.

use std::collections::BTreeMap;

use super::{Kind, Variable};
use crate::collect::percent::encoded;
use crate::problem::{Data, Entry, Place, Problem, Problems, Value};

/// What has a meaning in a path with a query, and stays.
const PATH_KEPT: &str = "/?&=:%@,;+!$'()*";

/// A variable's value, with the place where the operator wrote it.
pub(super) struct Filled {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) place: Option<Place>,
}

/// A piece of a text: words as they are, or the name of a variable.
enum Piece<'a> {
    Words(&'a str),
    Variable(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("${") {
        let Some(close) = rest[open..].find('}') else { break };
        pieces.push(Piece::Words(&rest[..open]));
        pieces.push(Piece::Variable(&rest[open + 2..open + close]));
        rest = &rest[open + close + 1..];
    }
    pieces.push(Piece::Words(rest));
    pieces
}

/// Complains of variables that are not declared, and of declared ones that stand nowhere.
pub(super) fn check(source: &[Entry], variables: &[Variable], problems: &Problems) {
    let mut used = Vec::new();
    for entry in source {
        each_text(&entry.value, &mut |place, text| {
            for piece in pieces(text) {
                let Piece::Variable(name) = piece else { continue };
                if !variables.iter().any(|variable| variable.name == name) {
                    let help = format!("Add `[preset.with.{name}]` with `what` and `example`.");
                    problems.add(Problem::error(place.clone(), format!("`{name}` is no variable of this preset"), help));
                }
                used.push(name.to_owned());
            }
        });
    }
    let place = source.first().map_or_else(|| Place::Named("preset".to_owned()), |entry| entry.key_place.clone());
    for variable in variables.iter().filter(|variable| !used.contains(&variable.name)) {
        let help = format!("Write `${{{}}}` where it belongs, or take it out.", variable.name);
        problems.add(Problem::error(place.clone(), format!("the variable `{}` stands nowhere in `[source]`", variable.name), help));
    }
}

fn each_text(value: &Value, see: &mut dyn FnMut(&Place, &str)) {
    match &value.data {
        Data::Text(text) => see(&value.place, text),
        Data::List(values) => values.iter().for_each(|value| each_text(value, see)),
        Data::Table(entries) => entries.iter().for_each(|entry| each_text(&entry.value, see)),
        _ => {}
    }
}

/// The same entries, all of them at one place.
pub(super) fn placed(entries: Vec<Entry>, place: &Place) -> Vec<Entry> {
    let at = |entry: Entry| Entry { key_place: place.clone(), value: value_at(entry.value, place), ..entry };
    entries.into_iter().map(at).collect()
}

fn value_at(value: Value, place: &Place) -> Value {
    let data = match value.data {
        Data::List(values) => Data::List(values.into_iter().map(|value| value_at(value, place)).collect()),
        Data::Table(entries) => Data::Table(placed(entries, place)),
        other => other,
    };
    Value { place: place.clone(), data }
}

/// The entries with every variable in its place. A text with a variable stands where the operator wrote the variable: a mistake in
/// it is most likely his.
pub(super) fn filled(entries: Vec<Entry>, variables: &BTreeMap<String, Filled>) -> Vec<Entry> {
    entries.into_iter().map(|entry| Entry { value: fill(entry.value, variables), ..entry }).collect()
}

fn fill(value: Value, variables: &BTreeMap<String, Filled>) -> Value {
    let Value { place, data } = value;
    match data {
        Data::Text(text) => {
            let (text, own) = fill_text(&text, variables);
            Value { place: own.unwrap_or(place), data: Data::Text(text) }
        }
        Data::List(values) => Value { place, data: Data::List(values.into_iter().map(|value| fill(value, variables)).collect()) },
        Data::Table(entries) => Value { place, data: Data::Table(filled(entries, variables)) },
        other => Value { place, data: other },
    }
}

fn fill_text(text: &str, variables: &BTreeMap<String, Filled>) -> (String, Option<Place>) {
    let pieces = pieces(text);
    let begins = pieces.iter().find(|piece| !matches!(piece, Piece::Words("")));
    let is_address = match begins {
        Some(Piece::Words(words)) => words.starts_with("https://") || words.starts_with("http://"),
        Some(Piece::Variable(name)) => variables.get(*name).is_some_and(|filled| matches!(filled.kind, Kind::Address | Kind::Whole)),
        None => false,
    };
    let (mut out, mut place) = (String::new(), None);
    for piece in pieces {
        match piece {
            Piece::Words(words) => out.push_str(words),
            Piece::Variable(name) => {
                let Some(filled) = variables.get(name) else { continue };
                place = place.or_else(|| filled.place.clone());
                out.push_str(&match filled.kind {
                    _ if !is_address => filled.text.clone(),
                    Kind::Address => filled.text.trim_end_matches('/').to_owned(),
                    Kind::Whole => filled.text.clone(),
                    Kind::Path => encoded(filled.text.trim_start_matches('/'), PATH_KEPT),
                    Kind::Text => encoded(&filled.text, ""),
                });
            }
        }
    }
    (out, place)
}
