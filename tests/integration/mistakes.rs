//! A corpus of operators' mistakes: one configuration each, named for what is wrong with it, and the message it brings.
//!
//! A mistake is `NAME.toml`, or a folder `NAME` with `hearken.toml` and, where it needs them, `conf.d` and `environment`
//! (one `NAME=value` a line). Each has a snapshot of what `hearken check` would print.

use std::fs;
use std::path::{Path, PathBuf};

use hearken::problem::{Problem, render};
use hearken::settings::load;

const FOLDER: &str = "tests/fixtures/mistakes";
/// Stands in every mistake that involves a secret.
const SECRET: &str = "hunter2";

/// Each mistake's name with its main file, in order.
fn mistakes() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(FOLDER).expect("the corpus is there");
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("it can be read").path())
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let file = if path.is_dir() { path.join("hearken.toml") } else { path };
            (name, file)
        })
        .collect();
    found.sort();
    found
}

fn problems(file: &Path) -> Vec<Problem> {
    let environment = fs::read_to_string(file.with_file_name("environment")).unwrap_or_default();
    let pairs = environment.lines().filter_map(|line| line.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    match load(file, pairs, None) {
        Ok(loaded) => loaded.warnings,
        Err(problems) => problems,
    }
}

#[test]
fn every_mistake_is_named_with_its_place_and_its_remedy() {
    let mistakes = mistakes();
    assert!(mistakes.len() >= 35, "only {} mistakes", mistakes.len());
    for (name, file) in mistakes {
        let problems = problems(&file);
        assert!(!problems.is_empty(), "{name} passes");
        for problem in &problems {
            assert!(problem.help.as_ref().is_some_and(|help| !help.is_empty()), "{name}: no remedy for {}", problem.message);
        }
        let here = format!("{}/", env!("CARGO_MANIFEST_DIR"));
        insta::assert_snapshot!(name, render(&problems, false).replace(&here, ""));
    }
}

#[test]
fn no_message_shows_a_secret() {
    for (name, file) in mistakes() {
        let problems = problems(&file);
        let shown = format!("{}{}{problems:?}", render(&problems, false), render(&problems, true));
        assert!(!shown.contains(SECRET), "{name} shows a secret");
    }
}
