//! Presets: sources of known services, of which the operator says only what is his: `preset = "hackernews"` and `[source.with]`.
//!
//! A preset is a TOML file: `[preset]` says what it is and which variables it has, `[source]` is a source in which `${name}`
//! stands for a variable. The built-in ones are in the binary; files of the folder `presets` beside the main file add to them,
//! or take the place of one with their name.

mod apply;
mod built_in;
mod fill;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;
use url::Url;

use super::{mask, values};
use crate::problem::{Data, Entry, Place, Problem, Problems, SourceFile, Table};

pub(super) use apply::apply;

/// A preset is a page of text.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// A source of a known service.
#[derive(Clone, Debug)]
pub struct Preset {
    /// As its file is named.
    pub name: String,
    /// What one hears there, in one sentence.
    pub what: String,
    /// What the site's owner says of programs, and its limits.
    pub terms: String,
    /// Where the service describes its answers.
    pub documentation: Option<String>,
    pub variables: Vec<Variable>,
    /// A block for the operator's file.
    pub example: String,
    /// The operator's own file; none for a built-in one.
    pub file: Option<PathBuf>,
    source: Vec<Entry>,
}

/// What the operator fills in.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub what: String,
    pub example: String,
    /// Holds where the operator says nothing.
    pub default: Option<String>,
    kind: Kind,
    like: Option<Regex>,
}

/// How a variable stands in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Percent-encoded wherever it would have a meaning.
    Text,
    /// The beginning of an address, as it is.
    Address,
    /// A whole address, with its query, as it is.
    Whole,
    /// A path with its slashes, and a query.
    Path,
}

/// Steps of a path that tell one service's addresses from those of others.
const TELLING_STEPS: usize = 2;

impl Preset {
    /// Whether it asks at addresses like this one: on its own host or, where every site has one of its own, at the same path.
    #[must_use]
    pub fn asks(&self, url: &Url) -> bool {
        let written = self.source.iter().find(|entry| entry.key == "url");
        let Some(Data::Text(written)) = written.map(|entry| &entry.value.data) else { return false };
        let Some((name, rest)) = written.strip_prefix("${").and_then(|rest| rest.split_once('}')) else { return false };
        let path = rest.split(['?', '$']).next().unwrap_or_default();
        let steps = path.split('/').filter(|step| !step.is_empty()).count();
        let own = self.variables.iter().find(|variable| variable.name == name).and_then(|variable| variable.default.as_deref());
        let is_path = if path.len() < rest.len() && rest[path.len()..].starts_with('$') {
            url.path().contains(path)
        } else {
            url.path().trim_end_matches('/').ends_with(path.trim_end_matches('/'))
        };
        match own {
            Some(own) => steps > 0 && is_path && url.as_str().starts_with(own),
            None => steps >= TELLING_STEPS && is_path,
        }
    }
}

/// Every preset there is, by name, and what is wrong with the operator's own.
#[must_use]
pub fn all(config: &Path) -> (Vec<Preset>, Vec<Problem>) {
    let folder = std::path::absolute(config).ok().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default().join("presets");
    let problems = Problems::default();
    let mut found: BTreeMap<String, Preset> =
        built_in::PRESETS.iter().filter_map(|(name, _)| Some(((*name).to_owned(), built_in(name)?))).collect();
    for name in own_names(&folder) {
        if let Some(preset) = own(&folder, &name, &problems) {
            found.insert(name, preset);
        }
    }
    (found.into_values().collect(), problems.take())
}

/// The preset of this name: the operator's own, else the built-in one.
fn find(folder: &Path, name: &str, problems: &Problems) -> Option<Preset> {
    if own_path(folder, name).is_file() { own(folder, name, problems) } else { built_in(name) }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names = own_names(folder);
    names.extend(built_in::PRESETS.iter().map(|(name, _)| (*name).to_owned()));
    names.sort();
    names.dedup();
    names
}

fn own_names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    names.filter(|name| is_name(name)).collect()
}

fn own_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.toml"))
}

/// Names are names of files.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
}

fn built_in(name: &str) -> Option<Preset> {
    let (_, text) = built_in::PRESETS.iter().find(|(known, _)| *known == name)?;
    // A fault in one of these is ours; the tests read them all.
    read(name, text, None, &Problems::default())
}

fn own(folder: &Path, name: &str, problems: &Problems) -> Option<Preset> {
    let path = own_path(folder, name);
    let refuse = |message: String, help: &str| {
        problems.add(Problem::error(Place::Named(path.display().to_string()), message, help));
        None
    };
    match fs::metadata(&path) {
        Ok(found) if found.len() > FILE_BYTES_MAX => return refuse("this is too long for a preset".to_owned(), "Name the right file."),
        _ => {}
    }
    match fs::read_to_string(&path) {
        // A copy of the built-in one, as it is shipped beside the main file, is that one.
        Ok(text) if built_in::PRESETS.contains(&(name, text.as_str())) => built_in(name),
        Ok(text) => read(name, &text, Some(&path), problems),
        Err(error) => refuse(format!("cannot be read: {}", super::secrets::reason(&error)), "Check who may read it, and save it as UTF-8."),
    }
}

/// Reads one file. What is wrong with it is told at its place.
fn read(name: &str, text: &str, path: Option<&Path>, problems: &Problems) -> Option<Preset> {
    let own = Problems::default();
    let shown = path.map_or_else(|| PathBuf::from(format!("preset {name}")), Path::to_owned);
    let file = Arc::new(SourceFile { path: shown, text: mask::masked(text) });
    let mut root = Table::parse_hidden(text, &file, &own);
    let head = root.table("preset");
    if head.is_none() {
        root.missing("preset", "[preset]` with `what = \"...\"");
    }
    let (told, variables) = head.map(head_of).unwrap_or_default();
    let source = root.table("source").map(Table::into_entries);
    match &source {
        Some(source) => fill::check(source, &variables, &own),
        None => root.missing("source", "[source]` with `kind` and `url"),
    }
    root.finish();
    let preset = told.zip(source).map(|((what, terms, documentation), source)| {
        let example = example(name, text, &variables);
        let file = path.map(Path::to_owned);
        let source = if file.is_some() { source } else { fill::placed(source, &Place::Named(format!("preset {name}"))) };
        Preset { name: name.to_owned(), what, terms, documentation, variables, example, file, source }
    });
    let found = own.take();
    let sound = found.iter().all(|problem| problem.warning);
    found.into_iter().for_each(|problem| problems.add(problem));
    preset.filter(|_| sound)
}

/// What is said of a service: what one hears there, its terms, where it is described.
type Told = (String, String, Option<String>);

/// What `[preset]` says, where nothing of it is missing, and the variables that are sound.
fn head_of(mut table: Table) -> (Option<Told>, Vec<Variable>) {
    let what = table.required_text("what");
    let terms = table.required_text("terms");
    let documentation = table.filled_text("documentation");
    let mut variables = Vec::new();
    let problems = table.problems().clone();
    for entry in table.table("with").map(Table::into_entries).unwrap_or_default() {
        let Data::Table(entries) = entry.value.data else {
            let help = format!("Write `[preset.with.{}]` with `what` and `example`.", entry.key);
            problems.add(Problem::error(entry.value.place, format!("`{}` is no table", entry.key), help));
            continue;
        };
        variables.push(variable(entry.key, Table::new(entry.value.place, entries, &problems)));
    }
    table.finish();
    (what.zip(terms).map(|(what, terms)| (what, terms, documentation)), variables)
}

/// A variable, for what is left to be checked; whoever reads on asks whether there were problems.
fn variable(name: String, mut table: Table) -> Variable {
    let what = table.required_text("what");
    let example = table.required_text("example");
    let default = table.text("default");
    let kinds = [("text", Kind::Text), ("address", Kind::Address), ("whole", Kind::Whole), ("path", Kind::Path)];
    let kind = values::choice(&mut table, "kind", &kinds).unwrap_or(Kind::Text);
    let written = table.filled_text("like");
    let like = written.as_ref().and_then(|like| Regex::new(&format!("^(?:{like})$")).ok());
    if written.is_some() && like.is_none() {
        table.complain("like", "this is no regular expression", "Write one that a whole value matches, as \"[a-z]{2}\".");
    }
    table.finish();
    Variable { name, what: what.unwrap_or_default(), example: example.unwrap_or_default(), default, kind, like }
}

/// The block in the file's comment (lines with `#` and no space after it), else one made of its variables.
fn example(name: &str, text: &str, variables: &[Variable]) -> String {
    let lines: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix('#')).filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
    if !lines.is_empty() {
        return format!("{}\n", lines.join("\n"));
    }
    let mut block = format!("[[source]]\nname = \"{name}\"\npreset = \"{name}\"\n");
    let wanted: Vec<&Variable> = variables.iter().filter(|variable| variable.default.is_none()).collect();
    if !wanted.is_empty() {
        block.push_str("[source.with]\n");
    }
    for variable in wanted {
        block.push_str(&format!("{} = {}\n", variable.name, toml::Value::String(variable.example.clone())));
    }
    block
}

#[cfg(test)]
mod tests;
