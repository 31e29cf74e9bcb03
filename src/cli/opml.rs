//! `hearken opml import FILE|-` and `hearken opml export`: lists of feeds from other readers, and for them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::desk::{Refused, counted, end, say};
use super::exit;
use crate::collect::opml::blocks::{Made, Taken, blocks};
use crate::collect::opml::read::{self, Remark};
use crate::collect::opml::write::write;
use crate::collect::source::SourceOptions;
use crate::problem::render;
use crate::settings::{Loaded, default_path, load_here};

/// Take sources from a list of feeds (OPML), or write them to one
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Verb {
    /// `[[source]]` blocks of a list, on stdout; remarks on stderr. Pages that FreshRSS scrapes by XPath get CSS selectors
    Import {
        /// The list; `-` for stdin
        file: PathBuf,
        /// Write the blocks to conf.d/NAME.toml beside the main file
        #[arg(long, value_name = "NAME")]
        write: Option<String>,
    },
    /// The configured sources as OPML, on stdout; credentials stay here
    Export,
}

pub(super) fn run(args: &Args) -> u8 {
    let path = args.config.clone().unwrap_or_else(default_path);
    end(load(&path, matches!(args.verb, Verb::Export)).and_then(|loaded| match &args.verb {
        Verb::Import { file, write } => import(file, write.as_deref(), &path, loaded.as_ref()),
        Verb::Export => loaded.map_or_else(|| Err(Refused::usage("there are no settings")), |loaded| export(&loaded)),
    }))
}

/// The settings. A list is read without them: the first import is often what makes them whole.
fn load(path: &Path, must: bool) -> Result<Option<Loaded>, Refused> {
    match load_here(path) {
        Ok(loaded) => Ok(Some(loaded)),
        Err(_) if !must => {
            if path.exists() {
                eprintln!("remark: the settings cannot be used yet, so nothing is known of sources that are there: see `hearken check`");
            }
            Ok(None)
        }
        Err(problems) => Err(Refused::usage(format!("the settings cannot be used\n\n{}", render(&problems, false).trim_end()))),
    }
}

fn import(file: &Path, name: Option<&str>, config: &Path, loaded: Option<&Loaded>) -> Result<u8, Refused> {
    let shown = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
    let bytes = bytes(file).map_err(|error| Refused::usage(format!("{shown}: {error}")))?;
    let list = match read::read(&bytes) {
        Ok(list) => list,
        Err(fault) => {
            eprintln!("error: {shown}:{}:{}: {}; nothing is imported", fault.place.line, fault.place.column, fault.words);
            return Ok(exit::FINDINGS);
        }
    };
    let (mut taken, mut brands) = (Taken::default(), BTreeMap::new());
    if let Some(loaded) = loaded {
        loaded.settings.sources.iter().for_each(|source| taken.add(&source.name, source.url.as_str()));
        for brand in &loaded.settings.brands {
            let names = std::iter::once(&brand.name).chain(&brand.aliases);
            names.for_each(|name| drop(brands.insert(name.to_lowercase(), brand.name.clone())));
        }
    }
    let Made { toml, sources, known, mut remarks } = blocks(&list.outlines, taken, &brands);
    remarks.extend(list.remarks);
    remarks.sort_by_key(|remark| remark.place);
    let toml = format!("# {} from {shown}.\n\n{toml}", counted(sources, "source"));
    match name {
        Some(name) => keep(name, config, &toml)?,
        None => say(&toml),
    }
    tell(&shown, &remarks);
    let left = remarks.iter().filter(|remark| remark.left_out).count();
    eprintln!(
        "{} of {}; {known} known already, {left} not taken over",
        counted(sources, "source"),
        counted(list.outlines.len(), "outline")
    );
    Ok(if left > 0 { exit::FINDINGS } else { exit::FINE })
}

fn bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    let most = read::BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn tell(file: &str, remarks: &[Remark]) {
    for Remark { place, words, .. } in remarks {
        eprintln!("{file}:{}:{}: {words}", place.line, place.column);
    }
}

/// Writes a new file beside the others, and takes it away again where the settings cannot be used with it.
fn keep(name: &str, config: &Path, toml: &str) -> Result<(), Refused> {
    let sound = !name.is_empty() && !name.starts_with('.') && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !sound {
        return Err(Refused::usage(format!("`{name}` is no name for a file: write letters, digits, hyphens and underscores")));
    }
    let name = name.strip_suffix(".toml").unwrap_or(name);
    let folder = config.with_file_name("conf.d");
    let path = folder.join(format!("{name}.toml"));
    let refuse = |error: std::io::Error| Refused::usage(format!("{}: {error}", path.display()));
    fs::create_dir_all(&folder).map_err(refuse)?;
    let mut file = fs::File::create_new(&path).map_err(refuse)?;
    file.write_all(toml.as_bytes()).and_then(|()| file.sync_all()).map_err(refuse)?;
    if let Err(problems) = load_here(config) {
        let _ = fs::remove_file(&path);
        let words =
            format!("the settings could not be used with it, so it was taken away again\n\n{}", render(&problems, false).trim_end());
        return Err(Refused::usage(words));
    }
    eprintln!("{} was written; try it with `hearken sources test`", path.display());
    Ok(())
}

/// The tables as they stand in the files: what is new there tomorrow is exported tomorrow.
fn export(loaded: &Loaded) -> Result<u8, Refused> {
    let mut sources = Vec::new();
    for path in &loaded.files {
        let text = fs::read_to_string(path).map_err(|error| Refused::usage(format!("{}: {error}", path.display())))?;
        let table: toml::Table =
            toml::from_str(&text).map_err(|error| Refused::usage(format!("{}: {}", path.display(), error.message())))?;
        let found = table.get("source").and_then(toml::Value::as_array);
        let tables = found.into_iter().flatten().filter_map(toml::Value::as_table).cloned();
        sources.extend(tables.map(|table| spelt_out(table, &loaded.settings.sources)));
    }
    let written = write(&loaded.settings.company.name, &sources);
    say(&written.opml);
    written.remarks.iter().for_each(|remark| eprintln!("remark: {remark}"));
    Ok(exit::FINE)
}

/// A source of a preset says neither its kind nor its address, and a reader needs both, as we do on the way back.
fn spelt_out(mut table: toml::Table, sources: &[SourceOptions]) -> toml::Table {
    let name = table.get("name").and_then(toml::Value::as_str).unwrap_or_default();
    let Some(source) = sources.iter().find(|source| source.name == name).filter(|_| table.contains_key("preset")) else { return table };
    table.entry("kind").or_insert_with(|| source.kind.word().into());
    table.entry("url").or_insert_with(|| source.url.as_str().into());
    table
}
