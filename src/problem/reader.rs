//! Reads a TOML file key by key, keeps the place of everything, and collects every mistake instead of stopping at the first.
//!
//! ```text
//! let problems = Problems::default();
//! let mut table = Table::parse(&file, &problems);
//! let name = table.required_text("name");      // a missing or mistyped key is a problem, not a panic
//! for mut source in table.tables("source") { ... source.finish(); }
//! table.finish();                              // every key nobody asked for is unknown; its nearest neighbour is named
//! ```

use std::sync::Arc;
use std::time::Duration;

use super::{Data, Entry, Mistake, Parsed, Place, Problem, Problems, SourceFile, Value, nearest, parse_duration, synonym};

/// A table being read. Keys asked for are remembered, so that what is left over can be refused.
#[derive(Debug)]
pub struct Table {
    /// Its header, or the whole file.
    pub place: Place,
    entries: Vec<Entry>,
    asked: Vec<String>,
    /// Keys that should be there and are not: said at the end, when it is known whether a misspelt one was meant.
    missing: Vec<(String, Problem)>,
    /// Keys whose lack is not to be told.
    excused: Vec<String>,
    problems: Problems,
}

impl Table {
    /// Parses a whole file; syntax errors become problems and the rest is still read.
    #[must_use]
    pub fn parse(file: &Arc<SourceFile>, problems: &Problems) -> Self {
        Self::parse_hidden(&file.text, file, problems)
    }

    /// Parses `text`, while every place shows `file` instead: the same bytes, with the secrets covered.
    #[must_use]
    pub fn parse_hidden(text: &str, file: &Arc<SourceFile>, problems: &Problems) -> Self {
        Self::parsed(file, Parsed::of(text, file), problems)
    }

    /// Takes a file apart: what takes longest, and needs no list of problems.
    #[must_use]
    pub fn take_apart(file: &Arc<SourceFile>) -> Parsed {
        Parsed::of(&file.text, file)
    }

    /// Of a file that was taken apart before.
    #[must_use]
    pub fn parsed(file: &Arc<SourceFile>, parsed: Parsed, problems: &Problems) -> Self {
        let place = Place::File { file: Arc::clone(file), start: 0, end: 0 };
        for error in parsed.errors {
            problems.damaged();
            problems.add(error);
        }
        Self::new(place, parsed.entries, problems)
    }

    /// A table made of entries from several places (files and environment laid over each other).
    #[must_use]
    pub fn new(place: Place, entries: Vec<Entry>, problems: &Problems) -> Self {
        Self { place, entries, asked: Vec::new(), missing: Vec::new(), excused: Vec::new(), problems: problems.clone() }
    }

    /// Everything in it, for laying tables over each other before they are read.
    #[must_use]
    pub fn into_entries(mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// Everything in it, as it was written.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Takes over an entry that it does not have itself; the place stays where it was written.
    pub fn lay_under(&mut self, entry: &Entry) {
        if !self.has(&entry.key) {
            self.entries.push(entry.clone());
        }
    }

    /// The lack of these keys is no mistake of its own: what was to bring them is wrong, and that has been said.
    pub fn excuse(&mut self, keys: &[&str]) {
        self.excused.extend(keys.iter().map(|key| (*key).to_owned()));
    }

    #[must_use]
    pub fn is_excused(&self, key: &str) -> bool {
        self.excused.iter().any(|excused| excused == key)
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

    /// Says that `key` is missing and shows the line to add.
    pub fn missing(&mut self, key: &str, line: &str) {
        self.asked.push(key.to_owned());
        let problem = Problem::error(self.place.clone(), format!("`{key}` is missing"), format!("Add `{line}`."));
        self.lack(key, problem.being(Mistake::MissingKey { key: key.to_owned(), line: line.to_owned() }));
    }

    /// Says what the lack of `key` means. Nothing is said where a misspelt key was meant for it: that one is unknown, and enough.
    pub fn absent(&mut self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.asked.push(key.to_owned());
        self.lack(key, Problem::error(self.place.clone(), message, help));
    }

    fn lack(&mut self, key: &str, problem: Problem) {
        if !self.is_excused(key) {
            self.missing.push((key.to_owned(), problem));
        }
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

    /// What stands under `key`, without asking for it: a look ahead.
    #[must_use]
    pub fn peek(&self, key: &str) -> Option<&Data> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value.data)
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
            self.missing(key, &format!("{key} = \"...\""));
            return None;
        }
        self.filled_text(key)
    }

    /// A string that may be missing but not be blank.
    pub fn filled_text(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        if text.trim().is_empty() {
            self.complain(key, format!("`{key}` is empty"), "Write something between the quotes, or leave the line out.");
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

    /// A list of strings, each with its place; in the environment, one string with commas.
    pub fn texts(&mut self, key: &str) -> Option<Vec<(Place, String)>> {
        Some(self.listed(key)?.into_iter().map(|(place, text)| (place.clone(), text.to_owned())).collect())
    }

    /// The same as they stand here: of ten thousand words a copy of each is worth sparing.
    pub fn listed(&mut self, key: &str) -> Option<Vec<(&Place, &str)>> {
        self.asked.push(key.to_owned());
        let value = &self.entries.iter().find(|entry| entry.key == key)?.value;
        if let (Place::Named(_), Data::Text(text)) = (&value.place, &value.data) {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            return Some(parts.map(|part| (&value.place, part)).collect());
        }
        let Data::List(values) = &value.data else {
            return self.mistyped(key, &value.place, &value.data, "a list of strings, as [\"one\", \"two\"]");
        };
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            match &value.data {
                Data::Text(text) => texts.push((&value.place, text.as_str())),
                other => {
                    self.mistyped::<()>(key, &value.place, other, "a string, in quotes");
                }
            }
        }
        Some(texts)
    }

    /// The table under `[key]`.
    pub fn table(&mut self, key: &str) -> Option<Self> {
        let value = self.value(key)?;
        self.table_of(key, value)
    }

    /// The same without a copy: what stood in it is read but once.
    pub fn take_table(&mut self, key: &str) -> Option<Self> {
        let value = self.taken(key)?;
        self.table_of(key, value)
    }

    fn table_of(&self, key: &str, value: Value) -> Option<Self> {
        match value.data {
            Data::Table(entries) => Some(Self::new(value.place, entries, &self.problems)),
            other => self.mistyped(key, &value.place, &other, &format!("a table: `[{key}]` on a line of its own")),
        }
    }

    /// The tables under each `[[key]]`.
    pub fn tables(&mut self, key: &str) -> Vec<Self> {
        self.tables_written(key, &format!("`[[{key}]]`, with two brackets, once for each"))
    }

    /// The same inside another table, where `[[key]]` alone would be one of the whole file: `written` is how one writes them there.
    pub fn tables_written(&mut self, key: &str, written: &str) -> Vec<Self> {
        let value = self.value(key);
        self.tables_of(key, value, written)
    }

    /// Those, without a copy: what stood in them is read but once.
    pub fn take_tables_written(&mut self, key: &str, written: &str) -> Vec<Self> {
        let value = self.taken(key);
        self.tables_of(key, value, written)
    }

    fn tables_of(&self, key: &str, value: Option<Value>, written: &str) -> Vec<Self> {
        let Some(value) = value else { return Vec::new() };
        let Data::List(values) = value.data else {
            self.mistyped::<()>(key, &value.place, &value.data, written);
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(values.len());
        for value in values {
            match value.data {
                Data::Table(entries) => tables.push(Self::new(value.place, entries, &self.problems)),
                other => {
                    self.mistyped::<()>(key, &value.place, &other, written);
                }
            }
        }
        tables
    }

    /// The value of `key`, which leaves its key and its place behind.
    fn taken(&mut self, key: &str) -> Option<Value> {
        self.asked.push(key.to_owned());
        let value = &mut self.entries.iter_mut().find(|entry| entry.key == key)?.value;
        Some(Value { place: value.place.clone(), data: std::mem::replace(&mut value.data, Data::Flag(false)) })
    }

    /// Refuses every key that nobody asked for and names the nearest one that exists.
    pub fn finish(mut self) {
        let unknown: Vec<&Entry> = self.entries.iter().filter(|entry| !self.asked.contains(&entry.key)).collect();
        let mut meant = Vec::new();
        for entry in unknown {
            let near = self.nearest_known(&entry.key);
            let message = format!("`{}` is not known here", entry.key);
            let problem = Problem::error(entry.key_place.clone(), message, self.known_instead(entry));
            let in_file = matches!(entry.key_place, Place::File { .. });
            let mistake = Mistake::UnknownKey { key: entry.key.clone(), meant: near.clone(), known: self.known() };
            // A variable is named with its section, which its English help spells out.
            self.problems.add(if in_file { problem.being(mistake) } else { problem });
            meant.extend(near);
        }
        let missing = std::mem::take(&mut self.missing);
        self.missing = missing.into_iter().filter(|(key, _)| !meant.contains(key)).collect();
        self.problems.know(std::mem::take(&mut self.asked));
    }

    /// The key that was probably meant; one that is there already is not.
    fn nearest_known(&self, key: &str) -> Option<String> {
        let free = || self.asked.iter().map(String::as_str).filter(|known| !self.has(known));
        synonym(key, free())
            .or_else(|| nearest(key, free()))
            .or_else(|| nearest(key, self.asked.iter().map(String::as_str)))
            .map(str::to_owned)
    }

    fn known_instead(&self, entry: &Entry) -> String {
        match (self.nearest_known(&entry.key), &entry.key_place) {
            (Some(key), Place::File { .. }) => format!("Did you mean `{key}`?"),
            (Some(key), Place::Named(name)) => {
                let variable = name.rsplit(' ').next().unwrap_or(name);
                let part = |key: &str| format!("__{}", key.to_uppercase());
                format!("Did you mean `{}`?", variable.to_uppercase().replacen(&part(&entry.key), &part(&key), 1))
            }
            (None, _) => format!("Known here: {}.", self.known().join(", ")),
        }
    }

    fn known(&self) -> Vec<String> {
        let mut keys = self.asked.clone();
        keys.sort();
        keys.dedup();
        keys
    }

    fn mistyped<T>(&self, key: &str, place: &Place, found: &Data, wanted: &str) -> Option<T> {
        let message = match (place, found) {
            (Place::Named(_), Data::Text(text)) => format!("`{key}` cannot be `{text}`"),
            _ => format!("`{key}` is {}", found.kind()),
        };
        let quotes = if matches!((place, found), (Place::File { .. }, Data::Text(_))) && wanted.contains("number") {
            ", without quotes"
        } else {
            ""
        };
        let problem = Problem::error(place.clone(), message, format!("Write {wanted}{quotes}."));
        let in_file = matches!(place, Place::File { .. });
        let mistake = Mistake::WrongType { key: key.to_owned(), found: found.kind() };
        self.problems.add(if in_file { problem.being(mistake) } else { problem });
        None
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        for (_, problem) in self.missing.drain(..) {
            self.problems.add_missing(problem);
        }
    }
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
    fn tables_inside_another_are_not_told_to_be_tables_of_the_file() {
        for text in ["members = [\"Wang\"]", "members = \"Wang\""] {
            let (mut table, problems) = table(text);
            assert!(table.tables_written("members", "`members = [{ name = \"Wang\" }]`").is_empty());
            let found = problems.take();
            assert_eq!(found[0].help.as_deref(), Some("Write `members = [{ name = \"Wang\" }]`."), "{text}");
        }
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
}
