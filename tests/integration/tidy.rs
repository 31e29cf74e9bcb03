//! The house rules, held: the sources are read as text, and every rule is tried on a bad sample first.

mod names;
mod patterns;
mod rules;
mod source;

use std::path::{Path, PathBuf};

use source::Source;

/// What is not the project's own text; `artifacts`, `corpus` and `coverage` are what a run of the fuzzer leaves.
const SKIPPED: [&str; 7] = [".git", "target", "Cargo.lock", "node_modules", "artifacts", "corpus", "coverage"];

/// Where a file may be no text: pages in old charsets, and what the fuzzer begins with.
const ANY_BYTES: [&str; 2] = ["tests/fixtures/", "tests/fuzz/seeds/"];

/// The one file of numbers, made by `hearken train`.
const MODEL: &str = "rules/tone.model";

#[test]
fn the_tree_keeps_the_house_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (files, strangers) = read_tree(root);
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the sources were not found under {}", root.display());
    let mut faults = rules::faults(files);
    faults.extend(strangers.into_iter().map(|path| format!("{path}: no text, and only {ANY_BYTES:?} and {MODEL} are such files")));
    assert!(faults.is_empty(), "the house is not tidy:\n{}\n", faults.join("\n"));
}

/// Every text file of the project, by its path from the root; and the paths of what is no text and should be.
fn read_tree(root: &Path) -> (Vec<Source>, Vec<String>) {
    let (mut files, mut strangers) = (Vec::new(), Vec::new());
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).expect("a folder of the project can be read");
        for entry in entries.map(|entry| entry.expect("an entry of the project can be read")) {
            let path = folder.join(entry.file_name());
            let kind = entry.file_type().expect("an entry has a kind");
            if SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
                continue;
            } else if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let bytes = std::fs::read(root.join(&path)).expect("a file of the project can be read");
                let path = path.to_string_lossy().into_owned();
                match String::from_utf8(bytes) {
                    Ok(text) => files.push(Source::new(&path, text)),
                    Err(_) if ANY_BYTES.iter().any(|folder| path.starts_with(folder)) || path == MODEL => {}
                    Err(_) => strangers.push(path),
                }
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    (files, strangers)
}

#[test]
fn a_stray_archive_is_found() {
    let root = tempfile::tempdir().unwrap();
    for path in ["left-over.tar.gz", "tests/fixtures/page-in-big5.html", "tests/fuzz/seeds/patterns/no_utf8.txt"] {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, [0x1f, 0x8b, 0xff]).unwrap();
    }
    let (files, strangers) = read_tree(root.path());
    assert_eq!((files.len(), strangers), (0, vec!["left-over.tar.gz".to_owned()]));
}

/// What is told of trouble is a key of the files of words: a key that is misspelt would reach ops as such.
#[test]
fn every_phrase_of_trouble_has_its_words_and_every_word_its_use() {
    let (files, _) = read_tree(Path::new(env!("CARGO_MANIFEST_DIR")));
    let words = files.iter().find(|file| file.path == "config/templates/words.en.toml").expect("the words");
    let (_, trouble) = words.text.split_once("\n[trouble]\n").expect("the section");
    let known: Vec<&str> =
        trouble.lines().take_while(|line| !line.starts_with('[')).filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    assert!(known.len() > 150, "{}", known.len());
    let product: Vec<&Source> = files.iter().filter(|file| file.is_product()).collect();
    let said = regex::Regex::new(r#"Phrase::(said|counted)\(\s*"([a-z0-9_]+)""#).unwrap();
    for file in &product {
        for found in said.captures_iter(&file.text[..file.code.len()]) {
            let (way, key) = (&found[1], &found[2]);
            assert!(known.contains(&key), "{}: there is no phrase `{key}`", file.path);
            assert!(way == "said" || known.contains(&format!("{key}_one").as_str()), "{}: there is no phrase `{key}_one`", file.path);
        }
    }
    let strings: Vec<&str> = product.iter().flat_map(|file| &file.strings).map(|(_, string)| string.as_str()).collect();
    let used =
        |key: &str| strings.iter().any(|string| string.trim_matches('"') == key || string.trim_matches('"') == format!("trouble.{key}"));
    for key in known {
        let stem = key.strip_suffix("_one").unwrap_or(key);
        // Of incidents that an earlier release stored.
        let stored = ["not_told_title", "given_up_onward"].contains(&stem);
        let made = stored || stem.starts_with("over_") || stem.strip_suffix("_title").is_some_and(used);
        assert!(made || used(stem), "nobody says `{key}`");
    }
}
