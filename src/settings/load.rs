//! Reads the main file, `conf.d` and the environment into one `Settings`, or says everything that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::names::{Names, unknown};
use super::secrets::{Surroundings, reason, without_detours};
use super::sections::{self, Reading, section};
use super::{Company, Settings, WebOptions, checks, mask, merge};
use crate::collect::source::CollectOptions;
use crate::collect::websub::is_callable;
use crate::outbound::OutboundOptions;
use crate::problem::{Entry, Mistake, Place, Problem, Problems, SourceFile, Table};

/// Longest configuration file: what is longer is some other file.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Settings that can be used, and what is to be said about them all the same.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub settings: Settings,
    pub warnings: Vec<Problem>,
    /// Every file that was read, the main file first; a change in one of them calls for a reload.
    pub files: Vec<PathBuf>,
    categories: Vec<(Place, String)>,
}

impl Loaded {
    /// Categories that routes name and no rule gives.
    #[must_use]
    pub fn unknown_categories<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> Vec<Problem> {
        let known: BTreeSet<&str> = known.into_iter().collect();
        let missing = self.categories.iter().filter(|(_, name)| !known.contains(name.as_str()));
        missing.map(|(place, name)| unknown("category", name, place.clone(), &known)).collect()
    }

    /// Whether a route names this category.
    #[must_use]
    pub fn names_category(&self, name: &str) -> bool {
        self.categories.iter().any(|(_, known)| known == name)
    }
}

/// Where the configuration is when nobody says: in the folder one works in, else the system's.
#[must_use]
pub fn default_path() -> PathBuf {
    let here = Path::new("config/hearken.toml");
    if here.exists() { here.to_owned() } else { PathBuf::from("/etc/hearken/hearken.toml") }
}

/// What holds for collecting and going out where nobody configured anything: for verbs that do without a configuration.
#[must_use]
pub fn defaults() -> (CollectOptions, OutboundOptions) {
    let nothing = || Table::new(Place::Named("defaults".to_owned()), Vec::new(), &Problems::default());
    let surroundings = Surroundings { folder: PathBuf::new(), credentials_dir: None, environment: BTreeMap::new() };
    (sections::collect::read(nothing()), sections::http::read(nothing(), &surroundings))
}

/// `load` with this process's environment and systemd credentials.
///
/// # Errors
/// Every problem, in the order of the files.
pub fn load_here(path: &Path) -> Result<Loaded, Vec<Problem>> {
    gather(path, &here(path), &Problems::default())
}

/// What can be read of settings that cannot be used: for verbs that look into the store while a daemon runs with the last good set.
#[derive(Clone, Debug)]
pub struct Readable {
    /// What could not be read is left out, or as where nobody says anything.
    pub settings: Settings,
    /// What that is, as `[respond]` or `1 of 3 [[source]]`.
    pub unread: Vec<String>,
    pub problems: Vec<Problem>,
}

/// The same with this process's environment; the problems where not even the store's address can be read.
///
/// # Errors
/// Every problem, in the order of the files.
pub fn readable_here(path: &Path) -> Result<Readable, Vec<Problem>> {
    let (problems, surroundings) = (Problems::default(), here(path));
    let Some((_, root)) = read_files(path, &surroundings.environment, &problems) else { return Err(problems.take()) };
    let mut unread = Vec::new();
    match read(root, &surroundings, &mut Names::default(), Some(&mut unread)) {
        Some(settings) => Ok(Readable { settings, unread, problems: problems.take() }),
        None => Err(problems.take()),
    }
}

/// The same for who has only begun: settings that lack whole sections, and names of what is not there yet, are no mistakes to a verb that
/// needs none of it.
///
/// # Errors
/// Every problem, in the order of the files, where there is one beside these.
pub fn begun_here(path: &Path) -> Result<Settings, Vec<Problem>> {
    let Readable { settings, problems, .. } = readable_here(path)?;
    let whole = Place::Named(path.display().to_string());
    let has_none = |noun: &str| match noun {
        "brand" => settings.brands.is_empty(),
        "source" => settings.sources.is_empty(),
        "channel" => settings.channels.is_empty(),
        "department" => settings.departments.is_empty(),
        _ => false,
    };
    let is_lack = |problem: &Problem| match problem.mistake.as_deref() {
        Some(Mistake::UnknownName { noun, .. }) => has_none(noun),
        _ => problem.place == whole,
    };
    if problems.iter().all(|problem| problem.warning || is_lack(problem)) { Ok(settings) } else { Err(problems) }
}

fn here(path: &Path) -> Surroundings {
    let environment = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    surroundings(path, environment, std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from).as_deref())
}

fn surroundings(path: &Path, environment: impl IntoIterator<Item = (String, String)>, credentials_dir: Option<&Path>) -> Surroundings {
    let main = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Surroundings {
        folder: main.parent().map(without_detours).unwrap_or_default(),
        credentials_dir: credentials_dir.map(Path::to_owned),
        environment: environment.into_iter().collect(),
    }
}

/// Reads `path`, then `conf.d/*.toml` beside it in the order of their names, then `HEARKEN__SECTION__KEY` above both.
///
/// # Errors
/// Every problem, warnings among them, in the order of the files.
pub fn load(
    path: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
    credentials_dir: Option<&Path>,
) -> Result<Loaded, Vec<Problem>> {
    gather(path, &surroundings(path, environment, credentials_dir), &Problems::default())
}

pub(super) fn gather(path: &Path, surroundings: &Surroundings, problems: &Problems) -> Result<Loaded, Vec<Problem>> {
    let Some((mut files, root)) = read_files(path, &surroundings.environment, problems) else { return Err(problems.take()) };
    let mut names = Names::default();
    let settings = read(root, surroundings, &mut names, None);
    files.extend(std::mem::take(&mut names.files));
    files.dedup();
    let mut found = problems.take();
    found.sort_by_key(|problem| position(problem, &files));
    match settings {
        Some(settings) if found.iter().all(|problem| problem.warning) => {
            Ok(Loaded { settings, warnings: found, files, categories: names.categories })
        }
        _ => Err(found),
    }
}

/// In the order in which one reads: file by file, from top to bottom, then the environment.
fn position(problem: &Problem, files: &[PathBuf]) -> (usize, usize) {
    match &problem.place {
        Place::File { file, start, .. } => (files.iter().position(|path| *path == file.path).unwrap_or(0), *start),
        Place::Named(_) => (files.len(), 0),
    }
}

/// All files and the environment as one table; none where there is no main file.
fn read_files(path: &Path, environment: &BTreeMap<String, String>, problems: &Problems) -> Option<(Vec<PathBuf>, Table)> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut files = Vec::new();
    for path in std::iter::once(path.to_owned()).chain(drop_ins(path, problems)) {
        match read_file(&path) {
            Ok(text) => {
                let file = Arc::new(SourceFile { path: path.clone(), text: mask::masked(&text) });
                let table = Table::parse_hidden(&text, &file, problems);
                entries = merge::join(entries, table.into_entries(), problems);
            }
            Err(problem) => {
                problems.add(problem);
                if files.is_empty() {
                    return None;
                }
            }
        }
        files.push(path);
    }
    let entries = merge::environment::lay_over(entries, environment, problems);
    let place = Place::Named(path.display().to_string());
    Some((files, Table::new(place, entries, problems)))
}

/// `conf.d/*.toml` beside the main file; what editors leave behind (hidden files, other ends) is passed over.
fn drop_ins(path: &Path, problems: &Problems) -> Vec<PathBuf> {
    let folder = path.with_file_name("conf.d");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.add(unreadable(&folder, &error));
            return Vec::new();
        }
    };
    let names = entries.filter_map(Result::ok).map(|entry| entry.file_name());
    let mut names: Vec<_> =
        names.filter(|name| name.to_str().is_some_and(|name| name.ends_with(".toml") && !name.starts_with('.'))).collect();
    names.sort();
    names.into_iter().map(|name| folder.join(name)).collect()
}

/// A file's text, without the mark that some editors put before it.
fn read_file(path: &Path) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Err(unreadable(path, &error));
    }
    let named = |line: usize| Place::Named(format!("{}:{line}", path.display()));
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Problem::error(named(1), "this is too long for a configuration file", "Name the right file."));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Problem::error(named(line), "this line is not UTF-8", "Save the file as UTF-8 (not Big5 or GBK)."))
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let help = if error.kind() == std::io::ErrorKind::NotFound {
        "Copy the shipped config/hearken.toml there, or name another file with --config."
    } else {
        "Check who may read it."
    };
    let mistake = Mistake::NoFile { path: path.display().to_string(), why: reason(error) };
    Problem::error(Place::Named(path.display().to_string()), format!("cannot be read: {}", reason(error)), help).being(mistake)
}

/// Every section, whether the ones before were right or not. `unread`: goes on without what cannot be read, and says there what it is.
// Long because it names every section once.
fn read(mut root: Table, surroundings: &Surroundings, names: &mut Names, unread: Option<&mut Vec<String>>) -> Option<Settings> {
    let company = sections::company::read(&mut root);
    let store = sections::store::read(section(&mut root, "store"), surroundings);
    let (rules_dir, shadow_for) = sections::directories::rules(section(&mut root, "rules"), surroundings);
    let templates_dir = sections::directories::templates(section(&mut root, "templates"), surroundings);
    let log = sections::log::read(section(&mut root, "log"));
    let http = sections::http::read(section(&mut root, "http"), surroundings);
    let collect = sections::collect::read(section(&mut root, "collect"));
    let run = sections::run::read(section(&mut root, "run"));
    let reload = sections::reload::read(section(&mut root, "reload"));
    let given = root.has("heartbeat");
    let heartbeat = root.table("heartbeat").map(sections::heartbeat::read);
    let wants_opinion = root.has("second_opinion");
    let second_opinion = root.table("second_opinion").map(|table| sections::second_opinion::read(table, surroundings));
    let mut reading = Reading { surroundings, company: &company, names, callable: true };
    let web = sections::web::read(section(&mut root, "web"), &reading);
    // Where the address itself is wrong, that is what is told.
    reading.callable = web.as_ref().is_none_or(|web| is_callable(&web.public_url));
    let brands = all(&mut root, "brand", &mut reading, sections::brand::read);
    let sources = all(&mut root, "source", &mut reading, sections::source::read);
    let channels = all(&mut root, "channel", &mut reading, sections::channel::read);
    let departments = all(&mut root, "department", &mut reading, sections::department::read);
    let routes = all(&mut root, "route", &mut reading, sections::route::read);
    let respond = sections::respond::read(section(&mut root, "respond"), &mut reading);
    checks::presence(&mut root, names);
    names.check(root.problems());
    if departments.lost + channels.lost + routes.lost == 0 {
        checks::together(&departments.read, &channels.read, &routes.read, names, root.problems());
        let gather_every = respond.as_ref().map_or(Duration::ZERO, |respond| respond.burst.gather_every);
        checks::hurried(&departments.read, gather_every, names, root.problems());
        checks::links(&channels.read, web.as_ref().map(|web| &web.public_url), names, root.problems());
    }
    checks::barred(&sources.read, &http, names, root.problems());
    root.finish();
    let mut gaps = Gaps(unread);
    let web = gaps.section("web", web, || bare_web(surroundings, &company, names));
    let respond = gaps.section("respond", respond, || {
        let ops = departments.read.first().map(|department| department.name.clone()).unwrap_or_default();
        Some(sections::respond::fallback(ops))
    });
    Some(Settings {
        company,
        store: store?,
        rules_dir,
        shadow_for,
        templates_dir,
        web: web?,
        log,
        http,
        collect,
        respond: respond?,
        run,
        reload,
        heartbeat: gaps.table("heartbeat", heartbeat, given)?,
        second_opinion: gaps.table("second_opinion", second_opinion, wants_opinion)?,
        brands: gaps.list("brand", brands)?,
        sources: gaps.list("source", sources)?,
        channels: gaps.list("channel", channels)?,
        departments: gaps.list("department", departments)?,
        routes: gaps.list("route", routes)?.into_iter().map(|(_, route)| route).collect(),
    })
}

/// The `[[key]]` that could be used, and how many could not.
struct Each<T> {
    read: Vec<T>,
    lost: usize,
}

fn all<T>(root: &mut Table, key: &str, reading: &mut Reading<'_>, read: impl Fn(Table, &mut Reading<'_>) -> Option<T>) -> Each<T> {
    let found: Vec<Option<T>> = root.tables(key).into_iter().map(|table| read(table, reading)).collect();
    let written = found.len();
    let read: Vec<T> = found.into_iter().flatten().collect();
    Each { lost: written - read.len(), read }
}

/// What cannot be read: the end, or where somebody only looks, a gap that is told.
struct Gaps<'a>(Option<&'a mut Vec<String>>);

impl Gaps<'_> {
    fn section<T>(&mut self, name: &str, read: Option<T>, otherwise: impl FnOnce() -> Option<T>) -> Option<T> {
        if read.is_some() {
            return read;
        }
        self.0.as_mut()?.push(format!("[{name}]"));
        otherwise()
    }

    fn table<T>(&mut self, name: &str, read: Option<Option<T>>, given: bool) -> Option<Option<T>> {
        if !given {
            return Some(None);
        }
        self.section(name, read.flatten().map(Some), || Some(None))
    }

    fn list<T>(&mut self, name: &str, each: Each<T>) -> Option<Vec<T>> {
        if each.lost > 0 {
            let written = each.lost + each.read.len();
            self.0.as_mut()?.push(format!("{} of {written} [[{name}]]", each.lost));
        }
        Some(each.read)
    }
}

/// The web where nobody says anything: whoever only looks into the store asks nobody through it.
fn bare_web(surroundings: &Surroundings, company: &Company, names: &mut Names) -> Option<WebOptions> {
    let nothing = Table::new(Place::Named("defaults".to_owned()), Vec::new(), &Problems::default());
    sections::web::read(nothing, &Reading { surroundings, company, names, callable: true })
}
