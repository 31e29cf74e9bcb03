//! The house rules, held: the sources are read as text, and every rule is tried on a bad sample first.

mod names;
mod patterns;
mod rules;
mod source;

use std::path::{Path, PathBuf};

use source::Source;

/// What is not the project's own text.
const SKIPPED: [&str; 4] = [".git", "target", "Cargo.lock", "node_modules"];

#[test]
fn the_tree_keeps_the_house_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = read_tree(root);
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the sources were not found under {}", root.display());
    let faults = rules::faults(files);
    assert!(faults.is_empty(), "the house is not tidy:\n{}\n", faults.join("\n"));
}

/// Every text file of the project, by its path from the root.
fn read_tree(root: &Path) -> Vec<Source> {
    let mut files = Vec::new();
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
                // What is not UTF-8 (pages in old charsets among the fixtures) has no rules to keep.
                files.extend(String::from_utf8(bytes).ok().map(|text| Source::new(&path.to_string_lossy(), text)));
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}
