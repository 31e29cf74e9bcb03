//! TOML as values with their places.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::{Mistake, Place, Problem, Problems, SourceFile};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Value {
    pub place: Place,
    pub data: Data,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Data {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    Time(String),
    List(Vec<Value>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub key_place: Place,
    pub value: Value,
}

impl Data {
    /// For messages: "`port` is a string".
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Time(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// The entries of a whole file; syntax errors become problems and the rest is still read.
pub(super) fn parse(text: &str, file: &Arc<SourceFile>, problems: &Problems) -> Vec<Entry> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        problems.damaged();
        problems.add(not_toml(place(file, &error.span().unwrap_or(0..0)), error.message()));
    }
    entries(file, table.get_ref())
}

fn not_toml(place: Place, message: &str) -> Problem {
    if message == "duplicate key" {
        return Problem::error(place, "this is set a second time", "Keep one of the two.").being(Mistake::SetTwice);
    }
    let help = "Put strings in quotes, one `key = value` to a line, and each table under its `[name]`.";
    Problem::error(place, format!("this is not TOML: {message}"), help).being(Mistake::NotToml { why: message.to_owned() })
}

fn place(file: &Arc<SourceFile>, span: &std::ops::Range<usize>) -> Place {
    Place::File { file: Arc::clone(file), start: span.start, end: span.end }
}

fn entries(file: &Arc<SourceFile>, table: &DeTable<'_>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_place: place(file, &key.span()),
            value: read(file, &value.span(), value.get_ref()),
        })
        .collect();
    entries.sort_by_key(|entry| match &entry.key_place {
        Place::File { start, .. } => *start,
        Place::Named(_) => 0,
    });
    entries
}

fn read(file: &Arc<SourceFile>, span: &std::ops::Range<usize>, value: &DeValue<'_>) -> Value {
    let data = match value {
        DeValue::String(text) => Data::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Data::Integer(number),
            Err(_) => Data::Float(f64::INFINITY),
        },
        DeValue::Float(number) => Data::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Data::Flag(*flag),
        DeValue::Datetime(time) => Data::Time(time.to_string()),
        DeValue::Array(values) => Data::List(values.iter().map(|value| read(file, &value.span(), value.get_ref())).collect()),
        DeValue::Table(table) => Data::Table(entries(file, table)),
    };
    Value { place: place(file, span), data }
}
