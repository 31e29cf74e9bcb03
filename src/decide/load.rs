//! Reads the rule files of a directory and the folders in it: every mistake at once, each with its place and remedy.
//!
//! ```toml
//! [list]                          # words that several rules share, used as "@rage"; lists of other files are seen too
//! rage = ["氣死", "furious"]
//!
//! [defaults]                      # for every rule of this file that does not say otherwise: any key but id, like, terms and examples
//! lang = ["zh"]
//!
//! [[rule]]                        # kind = "category", the default
//! id = "logistics.late"
//! category = "logistics"
//! severity = "medium"             # none low medium high critical
//! weight = 2.0                    # 1.0 where it is left out
//! any = ["還沒收到", "@late"]      # a trigger: one of these words
//! near = { words = [["物流"], "@slow"], within = 8 }   # a trigger: a word of each group, at most 8 characters between
//! regex = ['等了\d+天']            # a trigger: over folded text, see pattern.rs
//! all = ["快遞"]                   # a condition: every one must be there ("@list": one of the list)
//! none = ["物流很快"]              # guards: a hit that overlaps one does not count
//! tone = "<=-0.5"                 # a condition on the model's sentiment, from -1 to 1; without a model it is not met
//! suggests = "logistics"          # a condition: the model would give this category
//! rating = "<=3"                  # a condition, of five; a text without a rating does not meet it
//! readers = ">=100000"            # a condition: so many read the source in a month, as its settings say
//! repeated = ">=2"                # a condition: so many complaints of the same author there in the month before
//! in = "text"                     # or "title"; lang, source, brand = [..] limit it further
//! mode = "live"                   # or "shadow": recorded, never counted
//! like = "logistics.slow"         # takes what it does not say itself from that rule: kind, category, severity, weight, rating, scope, notes; see inherit.rs
//! note = "The order comes late."   # what the customer complains of; stands in every warning
//! notes = { zh-TW = "配送太慢", zh-CN = "配送太慢" }         # the same for readers of zh-TW, zh-CN or en; `note` for the others
//!
//! [[rule.example]]
//! text = "訂了十天還沒收到貨"
//! fires = true
//!
//! [[rule]]                        # raises to at least, or lowers to at most, this severity (`raise_to`, `lower_to`), or by a step (`worsen = true`)
//! kind = "severity"
//! id = "severity.law"
//! raise_to = "high"
//!
//! [[rule]]                        # praise or blame without a category: weight above or below 0, each word once
//! kind = "sentiment"
//! id = "sentiment.praise"
//! weight = 1.0
//! ```

mod ahead;
mod conditions;
mod fields;
mod inherit;
mod words;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use self::ahead::{Expressions, Shared};
use self::inherit::Family;
use self::words::Lists;
use super::rule::{Rule, RuleSet};
use super::tone::{self, Tone};
use super::{fold, pattern};
use crate::problem::{Place, Problem, Problems, SourceFile, Table};

/// A rule file larger than this was not written by hand.
const MOST_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Folders below the rules directory: one for each language, and one more for whoever sorts further.
const FOLDERS_DEEP: usize = 2;

/// Loads the rules of `dir` and the model beside them. What is wrong goes to `problems`: with an error among them neither is to be used.
#[must_use]
pub fn load(dir: &Path, problems: &Problems) -> RuleSet {
    // The model needs none of the rules, nor does the table that words are folded by.
    let (tone, rules) = std::thread::scope(|scope| {
        let tone = scope.spawn(|| {
            fold::prepare();
            tone::read(dir)
        });
        let rules = rules(dir, problems);
        (tone.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), rules)
    });
    let tone = tone.and_then(|read| tone::told(dir, read, problems));
    let hash = hash(&rules, tone.as_ref());
    RuleSet { rules, tone, hash }
}

/// Loads every `*.toml` of `dir` and of the folders in it, in the order of the names. What is wrong goes to `problems`:
/// with an error among them the rules are not to be used, for some are missing or lack a term.
/// The model is left alone.
#[must_use]
pub fn load_alone(dir: &Path, problems: &Problems) -> RuleSet {
    let rules = rules(dir, problems);
    let hash = hash(&rules, None);
    RuleSet { rules, tone: None, hash }
}

fn rules(dir: &Path, problems: &Problems) -> Vec<Rule> {
    let files: Vec<Arc<SourceFile>> = paths(dir, problems).iter().filter_map(|path| read(path, problems)).collect();
    let mut tables = tables(&files, problems);
    let lists = lists(&mut tables, problems);
    let written = written(tables);
    let expressions = ahead::written(written.files.iter().flat_map(|file| &file.rules));
    let shared = Shared::new(&expressions, |written| pattern::compile(written));
    let rules = std::thread::scope(|scope| {
        scope.spawn(|| shared.help());
        read_all(written, &lists, Expressions::new(&shared), problems)
    });
    let rules = each_once(rules, problems);
    if rules.is_empty() && !problems.any_error() {
        let help = "By these rules nobody is ever warned. Copy the packs that come with Hearken here, or write a `[[rule]]`.";
        problems.add(Problem::error(Place::Named(dir.display().to_string()), "there is no rule in any of the files here", help));
    }
    rules
}

fn tables(files: &[Arc<SourceFile>], problems: &Problems) -> Vec<(Arc<SourceFile>, Table)> {
    let shared = Shared::new(files, Table::take_apart);
    std::thread::scope(|scope| {
        scope.spawn(|| shared.help());
        let parsed = files.iter().enumerate().filter_map(|(number, file)| Some((file, shared.take(number)?)));
        parsed.map(|(file, parsed)| (Arc::clone(file), Table::parsed(file, parsed, problems))).collect()
    })
}

fn read_all(written: Written, lists: &Lists, mut ahead: Expressions<'_>, problems: &Problems) -> Vec<(Place, Rule)> {
    let mut rules = Vec::new();
    for file in written.files {
        let mut lines = LineCounter::default();
        for mut table in file.rules {
            written.family.complete(file.number, &mut table, problems);
            let words = words::Words::new(lists, file.number, problems);
            let place = table.place_of("id");
            let line = lines.of(&table.place);
            rules.extend(fields::rule(table, &file.path, line, &words, &mut ahead).map(|rule| (place, rule)));
        }
    }
    rules
}

fn lists(tables: &mut [(Arc<SourceFile>, Table)], problems: &Problems) -> Lists {
    let mut lists = Lists::default();
    for (number, (_, table)) in tables.iter_mut().enumerate() {
        if let Some(list) = table.take_table("list") {
            lists.add(number, list, problems);
        }
    }
    lists
}

/// The rules of every file, not yet read, and what they may take from one another.
#[derive(Debug, Default)]
struct Written {
    files: Vec<WrittenFile>,
    family: Family,
}

#[derive(Debug)]
struct WrittenFile {
    number: usize,
    path: PathBuf,
    rules: Vec<Table>,
}

fn written(tables: Vec<(Arc<SourceFile>, Table)>) -> Written {
    let mut written = Written::default();
    for (number, (file, mut table)) in tables.into_iter().enumerate() {
        if let Some(defaults) = table.table("defaults") {
            written.family.defaults(number, &defaults);
            fields::defaults(defaults);
        }
        let rules = table.take_tables_written("rule", "`[[rule]]`, with two brackets, once for each");
        rules.iter().for_each(|rule| written.family.add(number, rule));
        written.files.push(WrittenFile { number, path: file.path.clone(), rules });
        table.finish();
    }
    written
}

/// The lines of places that follow one another in a file: counting each from the start would be quadratic.
#[derive(Debug, Default)]
struct LineCounter {
    at: usize,
    /// Ends of lines before `at`.
    ends: u32,
}

impl LineCounter {
    /// From 1; 0 for a place without a file.
    fn of(&mut self, place: &Place) -> u32 {
        let Place::File { file, start, .. } = place else { return 0 };
        if *start < self.at {
            *self = Self::default();
        }
        let ends = file.text.as_bytes()[self.at..*start].iter().filter(|byte| **byte == b'\n').count();
        self.at = *start;
        self.ends = self.ends.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.ends + 1
    }
}

/// Of two rules with one id the first stays, for the second is a mistake.
fn each_once(rules: Vec<(Place, Rule)>, problems: &Problems) -> Vec<Rule> {
    let mut places: HashMap<String, (PathBuf, u32)> = HashMap::new();
    let mut kept = Vec::with_capacity(rules.len());
    for (place, rule) in rules {
        if let Some((first, line)) = places.get(&rule.id) {
            let help = format!("It stands in {}:{line}; give each rule its own.", first.display());
            problems.add(Problem::error(place, format!("the id `{}` is taken", rule.id), help));
            continue;
        }
        places.insert(rule.id.clone(), (rule.file.clone(), rule.line));
        kept.push(rule);
    }
    kept
}

fn paths(dir: &Path, problems: &Problems) -> Vec<PathBuf> {
    let help = "Create it with `*.toml` files in it, or write `dir = \"path\"` under `[rules]`, or name the folder with `--rules`.";
    let mut paths = Vec::new();
    if let Err(error) = gather(dir, FOLDERS_DEEP, &mut HashSet::new(), &mut paths) {
        let place = Place::Named(error.0.display().to_string());
        problems.add(Problem::error(place, format!("the rules directory cannot be read: {}", error.1), help));
        return Vec::new();
    }
    paths.sort();
    if paths.is_empty() {
        problems.add(Problem::error(Place::Named(dir.display().to_string()), "there is no rule file (`*.toml`) here", help));
    }
    paths
}

/// Every rule file of a folder and the folders in it, each folder once however many links lead to it; the folder that could not be read.
fn gather(dir: &Path, deep: usize, seen: &mut HashSet<PathBuf>, paths: &mut Vec<PathBuf>) -> Result<(), (PathBuf, std::io::Error)> {
    let here = |error| (dir.to_owned(), error);
    if !seen.insert(dir.canonicalize().map_err(here)?) {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir).map_err(here)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if is_rule_file(&path) {
            paths.push(path);
        } else if deep > 0 && path.is_dir() && !is_hidden(&path) {
            gather(&path, deep - 1, seen, paths)?;
        }
    }
    Ok(())
}

/// What editors leave beside a file (`.a.toml.swp`, `#a.toml#`, `a.toml~`, `.#a.toml`) is not meant.
fn is_rule_file(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "toml") && !is_hidden(path) && !path.is_dir()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '#', '~']))
}

enum Bytes {
    Read(Vec<u8>),
    TooMany,
    /// A pipe or a device.
    NoFile,
}

fn bytes(path: &Path) -> std::io::Result<Bytes> {
    let meta = std::fs::metadata(path)?;
    match (meta.is_file(), meta.len() > MOST_FILE_BYTES) {
        (false, _) => Ok(Bytes::NoFile),
        (true, true) => Ok(Bytes::TooMany),
        (true, false) => std::fs::read(path).map(Bytes::Read),
    }
}

fn read(path: &Path, problems: &Problems) -> Option<Arc<SourceFile>> {
    let named = || Place::Named(path.display().to_string());
    let refuse = |message: String, help: &str| {
        problems.add(Problem::error(named(), message, help));
        None
    };
    let bytes = match bytes(path) {
        Ok(Bytes::Read(bytes)) => bytes,
        Ok(Bytes::TooMany) => return refuse("the file is larger than 4 MiB".to_owned(), "Split it; rule files are written by hand."),
        Ok(Bytes::NoFile) => return refuse("this is no regular file".to_owned(), "Reading it might never end: put a file there."),
        Err(error) => return refuse(format!("the file cannot be read: {error}"), "Check its owner and mode."),
    };
    match String::from_utf8(bytes) {
        Ok(text) => {
            let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
            Some(Arc::new(SourceFile { path: path.to_owned(), text }))
        }
        Err(error) => {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            refuse(format!("line {line} is not UTF-8"), "Save the file as UTF-8.")
        }
    }
}

/// Over the meaning of the rules in the order of their ids, and the model: the same for the same rules in other files.
fn hash(rules: &[Rule], tone: Option<&Tone>) -> String {
    let (first, second) = rules.split_at(rules.len() / 2);
    let mut meanings: Vec<String> = std::thread::scope(|scope| {
        let second = scope.spawn(|| second.iter().map(meaning).collect::<Vec<String>>());
        let first = first.iter().map(meaning).collect::<Vec<String>>();
        first.into_iter().chain(second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    meanings.sort_unstable();
    let mut hasher = Sha256::new();
    for meaning in &meanings {
        hasher.update(meaning.as_bytes());
        hasher.update([0]);
    }
    if let Some(tone) = tone {
        hasher.update(tone.hash.as_bytes());
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Everything by which it judges. Words stand behind their lengths, so that no two lists read the same; quoting ten thousand of them
/// takes longer than all the rest of loading.
fn meaning(rule: &Rule) -> String {
    let Rule { id, kind, weight, any, all, none, near, rating, readers, repeated, asks, scope, shadow, .. } = rule;
    let within = near.as_ref().map(|near| near.within);
    let mut meaning = format!("{id}\n{kind:?}\n{weight}\n{rating:?}\n{readers:?}\n{repeated:?}\n{asks:?}\n{scope:?}\n{shadow}\n{within:?}");
    let mut list = |words: &mut dyn Iterator<Item = &str>| {
        meaning.push('\n');
        for word in words {
            let _ = write!(meaning, "{}", word.len());
            meaning.push(' ');
            meaning.push_str(word);
        }
    };
    for words in [any, none].into_iter().chain(all).chain(near.iter().flat_map(|near| &near.groups)) {
        list(&mut words.iter().map(AsRef::as_ref));
    }
    list(&mut rule.patterns.iter().map(|pattern| pattern.regex.as_str()));
    meaning
}
