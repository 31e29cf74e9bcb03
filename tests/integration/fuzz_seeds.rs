//! What the fuzzer checks (`tests/fuzz`), over the inputs kept there: here it needs no fuzzer.

#[path = "../fuzz/bounds.rs"]
mod bounds;
#[path = "../fuzz/checks/classify_lines.rs"]
mod classify_lines;
#[path = "../fuzz/checks/feed_items.rs"]
mod feed_items;
#[path = "../fuzz/checks/fold_offsets.rs"]
mod fold_offsets;
#[path = "../fuzz/checks/html_items.rs"]
mod html_items;
#[path = "../fuzz/checks/jsonld_reviews.rs"]
mod jsonld_reviews;
#[path = "../fuzz/checks/mail_items.rs"]
mod mail_items;
#[path = "../fuzz/checks/matching.rs"]
mod matching;
#[path = "../fuzz/checks/patterns.rs"]
mod patterns;
#[path = "../fuzz/checks/rule_loader.rs"]
mod rule_loader;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

type Check = fn(&[u8]);

const TARGETS: [(&str, Check); 9] = [
    ("classify_lines", classify_lines::check),
    ("feed_items", feed_items::check),
    ("fold_offsets", fold_offsets::check),
    ("html_items", html_items::check),
    ("jsonld_reviews", jsonld_reviews::check),
    ("mail_items", mail_items::check),
    ("matching", matching::check),
    ("patterns", patterns::check),
    ("rule_loader", rule_loader::check),
];

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// The seed that fails is the last one named.
fn replay(target: &str) {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target of the list");
    let seeds = files(&fuzz().join("seeds").join(target));
    assert!(seeds.len() >= 10, "{target} has {} seeds", seeds.len());
    for seed in seeds {
        println!("{}", seed.display());
        check(&std::fs::read(&seed).expect("the seed can be read"));
    }
}

#[test]
fn seeds_of_classify_lines() {
    replay("classify_lines");
}

#[test]
fn seeds_of_feed_items() {
    replay("feed_items");
}

#[test]
fn seeds_of_fold_offsets() {
    replay("fold_offsets");
}

#[test]
fn seeds_of_html_items() {
    replay("html_items");
}

#[test]
fn seeds_of_jsonld_reviews() {
    replay("jsonld_reviews");
}

#[test]
fn seeds_of_mail_items() {
    replay("mail_items");
}

#[test]
fn seeds_of_matching() {
    replay("matching");
}

#[test]
fn seeds_of_patterns() {
    replay("patterns");
}

#[test]
fn seeds_of_rule_loader() {
    replay("rule_loader");
}

#[test]
fn every_target_is_built_has_seeds_and_is_replayed() {
    let stems = |folder: &str| -> BTreeSet<String> {
        files(&fuzz().join(folder)).iter().filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
    };
    let replayed: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    for folder in ["fuzz_targets", "checks", "seeds"] {
        assert_eq!(stems(folder), replayed, "{folder}");
    }
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).expect("the manifest can be read");
    for target in replayed {
        assert!(manifest.contains(&format!("name = \"{target}\"\npath = \"fuzz_targets/{target}.rs\"")), "{target} is not in the manifest");
    }
}
