//! Reads a TOML file key by key, keeps the place of everything, and collects every mistake instead of stopping at the first.
//!
//! ```text
//! let problems = Problems::default();
//! let mut table = Table::parse(&file, &problems);
//! let name = table.required_text("name");      // a missing or mistyped key is a problem, not a panic
//! for mut source in table.tables("source") { ... source.finish(); }
//! table.finish();                              // every key nobody asked for is unknown; its nearest neighbour is named
//! ```

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::{Place, Problem, SourceFile, nearest};

/// All problems found so far; clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Problems(Rc<RefCell<Vec<Problem>>>);

impl Problems {
    pub fn add(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    /// Takes what has been found, in the order it was found.
    #[must_use]
    pub fn take(&self) -> Vec<Problem> {
        std::mem::take(&mut *self.0.borrow_mut())
    }
}

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

/// A table being read. Keys asked for are remembered, so that what is left over can be refused.
#[derive(Debug)]
pub struct Table {
    /// Its header, or the whole file.
    pub place: Place,
    entries: Vec<Entry>,
    asked: Vec<String>,
    problems: Problems,
}

impl Data {
    const fn kind(&self) -> &'static str {
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

impl Table {
    /// Parses a whole file; syntax errors become problems and the rest is still read.
    #[must_use]
    pub fn parse(file: &Arc<SourceFile>, problems: &Problems) -> Self {
        let (table, errors) = DeTable::parse_recoverable(&file.text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            problems.add(Problem::error(
                place(file, &span),
                format!("this is not TOML: {}", error.message()),
                "Put strings in quotes, one `key = value` to a line, and each table under its `[name]`.",
            ));
        }
        let span = table.span();
        Self::new(place(file, &(span.start..span.start)), entries(file, table.get_ref()), problems)
    }

    /// A table made of entries from several places (files and environment laid over each other).
    #[must_use]
    pub fn new(place: Place, entries: Vec<Entry>, problems: &Problems) -> Self {
        Self { place, entries, asked: Vec::new(), problems: problems.clone() }
    }

    /// Everything in it, for laying tables over each other before they are read.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The shared list of problems.
    #[must_use]
    pub const fn problems(&self) -> &Problems {
        &self.problems
    }

    /// Adds a problem at the value of `key`, or at the table where the key is missing.
    pub fn complain(&self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.add(Problem::error(self.place_of(key), message, help));
    }

    /// Where the value of `key` stands; the table itself where it is missing.
    #[must_use]
    pub fn place_of(&self, key: &str) -> Place {
        let entry = self.entries.iter().find(|entry| entry.key == key);
        entry.map_or_else(|| self.place.clone(), |entry| entry.value.place.clone())
    }

    /// Its keys, in the order they were written.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.key.clone()).collect()
    }

    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// The value of `key`, which is then known.
    pub fn value(&mut self, key: &str) -> Option<Value> {
        self.asked.push(key.to_owned());
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.clone())
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        match value.data {
            Data::Text(text) => Some(text),
            other => self.mistyped(key, &value.place, &other, "a string, in quotes"),
        }
    }

    /// A string that must be there and must not be blank.
    pub fn required_text(&mut self, key: &str) -> Option<String> {
        if !self.has(key) {
            self.asked.push(key.to_owned());
            self.complain(key, format!("`{key}` is missing"), format!("Add `{key} = \"...\"`."));
            return None;
        }
        let text = self.text(key)?;
        if text.trim().is_empty() {
            self.complain(key, format!("`{key}` is empty"), "Write something between the quotes.");
            return None;
        }
        Some(text)
    }

    pub fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        match value.data {
            Data::Flag(flag) => Some(flag),
            Data::Text(text) if matches!(value.place, Place::Named(_)) && matches!(text.as_str(), "true" | "false") => Some(text == "true"),
            other => self.mistyped(key, &value.place, &other, "`true` or `false`, without quotes"),
        }
    }

    /// A whole number from `least` to `most`.
    pub fn integer(&mut self, key: &str, least: i64, most: i64) -> Option<i64> {
        let value = self.value(key)?;
        let number = match &value.data {
            Data::Integer(number) => Some(*number),
            Data::Text(text) if matches!(value.place, Place::Named(_)) => text.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if (least..=most).contains(&number) => Some(number),
            Some(number) => {
                self.complain(key, format!("`{key} = {number}` is out of range"), format!("Write a number from {least} to {most}."));
                None
            }
            None => self.mistyped(key, &value.place, &value.data, &format!("a whole number from {least} to {most}")),
        }
    }

    /// A number; an integer will do.
    pub fn number(&mut self, key: &str) -> Option<f64> {
        let value = self.value(key)?;
        match &value.data {
            Data::Float(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "operators write weights and ratings, far below 2^52")]
            Data::Integer(number) => Some(*number as f64),
            Data::Text(text) if matches!(value.place, Place::Named(_)) && text.parse::<f64>().is_ok() => text.parse().ok(),
            other => self.mistyped(key, &value.place, other, "a number"),
        }
    }

    /// A span of time with its unit: `30s`, `15m`, `2h`, `7d`, `1h30m`.
    pub fn duration(&mut self, key: &str) -> Option<Duration> {
        let value = self.value(key)?;
        let Data::Text(text) = &value.data else {
            return self.mistyped(key, &value.place, &value.data, "a span of time in quotes, as \"15m\"");
        };
        let parsed = parse_duration(text);
        if parsed.is_none() {
            self.complain(key, format!("`{text}` is no span of time"), "Write a number and a unit: \"30s\", \"15m\", \"2h\", \"7d\".");
        }
        parsed
    }

    /// A list of strings, each with its place.
    pub fn texts(&mut self, key: &str) -> Option<Vec<(Place, String)>> {
        let value = self.value(key)?;
        let Data::List(values) = value.data else {
            return self.mistyped(key, &value.place, &value.data, "a list of strings, as [\"one\", \"two\"]");
        };
        let mut texts = Vec::new();
        for value in values {
            match value.data {
                Data::Text(text) => texts.push((value.place, text)),
                other => {
                    self.mistyped::<()>(key, &value.place, &other, "a string, in quotes");
                }
            }
        }
        Some(texts)
    }

    /// The table under `[key]`.
    pub fn table(&mut self, key: &str) -> Option<Self> {
        let value = self.value(key)?;
        match value.data {
            Data::Table(entries) => Some(Self::new(value.place, entries, &self.problems)),
            other => self.mistyped(key, &value.place, &other, &format!("a table: `[{key}]` on a line of its own")),
        }
    }

    /// The tables under each `[[key]]`.
    pub fn tables(&mut self, key: &str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Data::List(values) = value.data else {
            self.mistyped::<()>(key, &value.place, &value.data, &format!("`[[{key}]]`, with two brackets, once for each"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in values {
            match value.data {
                Data::Table(entries) => tables.push(Self::new(value.place, entries, &self.problems)),
                other => {
                    self.mistyped::<()>(key, &value.place, &other, &format!("`[[{key}]]`, once for each"));
                }
            }
        }
        tables
    }

    /// Refuses every key that nobody asked for and names the nearest one that exists.
    pub fn finish(self) {
        for entry in &self.entries {
            if self.asked.contains(&entry.key) {
                continue;
            }
            let help = match nearest(&entry.key, self.asked.iter().map(String::as_str)) {
                Some(key) => format!("Did you mean `{key}`?"),
                None => {
                    let mut keys = self.asked.clone();
                    keys.sort();
                    keys.dedup();
                    format!("Known here: {}.", keys.join(", "))
                }
            };
            self.problems.add(Problem::error(entry.key_place.clone(), format!("`{}` is not known here", entry.key), help));
        }
    }

    fn mistyped<T>(&self, key: &str, place: &Place, found: &Data, wanted: &str) -> Option<T> {
        let message = format!("`{key}` is {}", found.kind());
        self.problems.add(Problem::error(place.clone(), message, format!("Write {wanted}.")));
        None
    }
}

/// `30s`, `15m`, `2h`, `7d`, `2w`, `500ms`, or several after each other; none for anything else.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).filter(|at| *at > 0)?;
        let amount: u32 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|letter: char| letter.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let unit = match rest[digits..unit_end].trim() {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" | "min" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            "d" => Duration::from_hours(24),
            "w" => Duration::from_hours(24 * 7),
            _ => return None,
        };
        total = total.checked_add(unit.checked_mul(amount)?)?;
        rest = &rest[unit_end..];
    }
    Some(total)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> (Table, Problems) {
        let problems = Problems::default();
        let file = Arc::new(SourceFile { path: "a.toml".into(), text: text.to_owned() });
        (Table::parse(&file, &problems), problems)
    }

    #[test]
    fn an_unknown_key_names_its_neighbour_and_its_place() {
        let (mut table, problems) = table("\"名\" = 1\n  intervall = \"5m\"\n");
        assert_eq!(table.duration("interval"), None);
        table.finish();
        let found = problems.take();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].place.line_column(), Some((2, 3)));
        assert_eq!(found[1].help.as_deref(), Some("Did you mean `interval`?"));
    }

    #[test]
    fn every_mistake_is_found_at_once() {
        let (mut table, problems) = table("a = 5\nb = \"soon\"\nc = [1]\n[d]\ne = true\n");
        assert_eq!(table.text("a"), None);
        assert_eq!(table.duration("b"), None);
        assert_eq!(table.texts("c"), Some(Vec::new()));
        let mut inner = table.table("d").expect("a table");
        assert_eq!(inner.flag("e"), Some(true));
        inner.finish();
        table.finish();
        assert_eq!(problems.take().len(), 3);
    }

    #[test]
    fn spans_of_time_have_units() {
        assert_eq!(parse_duration("1h30m"), Some(Duration::from_mins(90)));
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        for wrong in ["", "5", "m", "5 parsecs", "-5m", "5m5"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
