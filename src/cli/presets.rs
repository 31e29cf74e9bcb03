//! `hearken presets`: services that are known already, and what to fill in.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::columns::Columns;
use super::desk::{say, say_json};
use super::exit;
use crate::problem::{nearest, render};
use crate::settings::default_path;
use crate::settings::presets::{Preset, Variable, all};

/// List the services that are known already, or show one with its variables and a block to copy
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Show this one.
    name: Option<String>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
    /// The main file; presets of your own are in the folder `presets` beside it [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Lists or shows; 1 where a preset of the operator's own is wrong.
pub(super) fn run(args: &Args) -> u8 {
    let (presets, problems) = all(&args.config.clone().unwrap_or_else(default_path));
    if !problems.is_empty() {
        eprint!("{}", render(&problems, std::io::stderr().is_terminal()));
    }
    let code = if problems.is_empty() { exit::FINE } else { exit::FINDINGS };
    let Some(name) = &args.name else {
        if args.json {
            say_json(&json!({ "presets": presets.iter().map(as_json).collect::<Vec<_>>() }));
        } else {
            list(&presets);
        }
        return code;
    };
    let Some(preset) = presets.iter().find(|preset| preset.name == *name) else {
        let meant = nearest(name, presets.iter().map(|preset| preset.name.as_str())).map(|near| format!(" Did you mean `{near}`?"));
        eprintln!("error: there is no preset `{name}`.{}", meant.unwrap_or_else(|| " `hearken presets` lists them.".to_owned()));
        return exit::USAGE;
    };
    if args.json {
        say_json(&as_json(preset))
    } else {
        say(&shown(preset))
    }
    code
}

fn list(presets: &[Preset]) {
    let mut columns = Columns::new(["preset", "fill in", "what is heard"]);
    for preset in presets {
        let wanted: Vec<&str> = preset.variables.iter().filter(|one| one.default.is_none()).map(|one| one.name.as_str()).collect();
        let wanted = if wanted.is_empty() { "-".to_owned() } else { wanted.join(", ") };
        let own = if preset.file.is_some() { " (your own)" } else { "" };
        columns.row([preset.name.clone(), wanted, format!("{}{own}", preset.what)]);
    }
    say(&format!("{}`hearken presets NAME` shows one with a block to copy.\n", columns.text()));
}

fn shown(preset: &Preset) -> String {
    let mut text = format!("{}: {}\n", preset.name, preset.what);
    if let Some(documentation) = &preset.documentation {
        text.push_str(&format!("  described at {documentation}\n"));
    }
    if let Some(file) = &preset.file {
        text.push_str(&format!("  your own, {}\n", file.display()));
    }
    text.push_str(&format!("  terms: {}\n\nvariables, under [source.with]:\n", preset.terms));
    for Variable { name, what, example, default, .. } in &preset.variables {
        let else_ = default.as_ref().map_or_else(|| format!("must be given, as {example:?}"), |default| format!("default {default:?}"));
        text.push_str(&format!("  {name}: {what} ({else_})\n"));
    }
    format!("{text}\n{}", preset.example)
}

fn as_json(preset: &Preset) -> Value {
    let Preset { name, what, terms, documentation, variables, example, file, .. } = preset;
    let variable = |one: &Variable| json!({ "name": one.name, "what": one.what, "example": one.example, "default": one.default });
    let variables: Vec<Value> = variables.iter().map(variable).collect();
    json!({
        "name": name, "what": what, "terms": terms, "documentation": documentation, "variables": variables,
        "example": example, "file": file,
    })
}
