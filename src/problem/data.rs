//! TOML as values with their places.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Mistake, Place, Problem, SourceFile};

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

/// A file taken apart, not yet read.
#[derive(Debug)]
pub struct Parsed {
    pub(super) entries: Vec<Entry>,
    /// Where it is no TOML; the rest is there.
    pub(super) errors: Vec<Problem>,
}

impl Parsed {
    /// `text`, while every place shows `file`.
    pub(super) fn of(text: &str, file: &Arc<SourceFile>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let errors = errors.iter().map(|error| not_toml(place(file, &error.span().unwrap_or(0..0)), error.message())).collect();
        Self { entries: entries(file, table.into_inner()), errors }
    }
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

fn entries(file: &Arc<SourceFile>, table: DeTable<'_>) -> Vec<Entry> {
    let entry = |(key, value): (Spanned<DeString<'_>>, Spanned<DeValue<'_>>)| {
        let key_place = place(file, &key.span());
        Entry { key: key.into_inner().into_owned(), key_place, value: read(file, value) }
    };
    let mut entries: Vec<Entry> = table.into_iter().map(entry).collect();
    entries.sort_by_key(|entry| match &entry.key_place {
        Place::File { start, .. } => *start,
        Place::Named(_) => 0,
    });
    entries
}

fn read(file: &Arc<SourceFile>, value: Spanned<DeValue<'_>>) -> Value {
    let place = place(file, &value.span());
    let data = match value.into_inner() {
        DeValue::String(text) => Data::Text(text.into_owned()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Data::Integer(number),
            Err(_) => Data::Float(f64::INFINITY),
        },
        DeValue::Float(number) => Data::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Data::Flag(flag),
        DeValue::Datetime(time) => Data::Time(time.to_string()),
        DeValue::Array(values) => Data::List(values.into_iter().map(|value| read(file, value)).collect()),
        DeValue::Table(table) => Data::Table(entries(file, table)),
    };
    Value { place, data }
}
