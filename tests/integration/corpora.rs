//! Inputs nobody on this project wrote, where they are at hand: `HEARKEN_CORPORA` names the folder with `feeds`,
//! `realfeeds`, `hostile` and `html`. They are no part of the project, so without them this says so and proves nothing.

mod feeds;
mod hostile;
mod pages;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hearken::collect::fetch::Body;
use hearken::collect::poll;
use hearken::collect::source::{PageSelectors, SourceKind, SourceOptions};
use serde_json::Value;
use url::Url;

use crate::world::not_run::not_run;
use feeds::{NOW, Tally, manifest};

/// No single page may take longer in the unoptimised build, which is some ten times slower.
const LONGEST: Duration = Duration::from_secs(20);

/// Shares that may not fall, in percent; the oracles differ among themselves in the rest.
const FLOORS: [(&str, f64); 5] = [("title", 97.0), ("link", 97.0), ("published", 97.0), ("updated", 97.0), ("date", 97.0)];

/// The folder of a set; none where the corpora are not at hand.
fn set(name: &str) -> Option<PathBuf> {
    let Ok(root) = std::env::var("HEARKEN_CORPORA") else {
        not_run("HEARKEN_CORPORA is not set (a folder of saved feeds and pages)");
        return None;
    };
    Some(Path::new(&root).join(name))
}

fn show(name: &str, tally: &Tally) {
    println!("{name}: {} of {} ({:.1} %)", tally.right, tally.of, tally.share());
    for wrong in &tally.wrong {
        println!("    {}", wrong.chars().take(220).collect::<String>());
    }
}

#[test]
fn feeds_of_other_readers_tests_are_read_as_they_should() {
    let Some(folder) = set("feeds") else { return };
    let figures = feeds::figures(&folder);
    show("read without an error", &figures.parsed);
    show("right number of entries", &figures.counted);
    for (field, tally) in &figures.origins {
        show(&format!("{field} as the origin asserts it"), tally);
    }
    for (field, tally) in &figures.other_reader {
        println!("{field} as another reader has it: {} of {} ({:.1} %)", tally.right, tally.of, tally.share());
    }
    println!("slowest: {:?}", figures.slowest);
    assert!(figures.parsed.of > 1_000 && figures.parsed.share() >= 97.0 && figures.counted.share() >= 97.0);
    assert!(figures.panics.is_empty(), "{:?}", figures.panics);
    assert!(figures.changing.is_empty(), "identities change between two readings: {:?}", figures.changing);
    for (field, floor) in FLOORS {
        assert!(figures.origins.get(field).is_some_and(|tally| tally.share() >= floor), "{field}");
    }
}

#[test]
fn feeds_as_sites_served_them_have_all_their_entries() {
    let Some(folder) = set("realfeeds") else { return };
    let mut wrong = Vec::new();
    let mut counted = 0;
    for entry in manifest(&folder) {
        let read = feeds::read(&folder, &entry, 100_000);
        let Some(wanted) = feeds::entry_count(&entry) else { continue };
        counted += 1;
        if read.entries.as_ref().ok().map(|found| *found as u64) != Some(wanted) || !read.same_identities {
            wrong.push(format!("{}: wanted {wanted}, read {:?}", entry["file"], read.entries));
        }
    }
    println!("realfeeds: {} of {counted} with the right number of entries", counted - wrong.len());
    assert!(wrong.is_empty() && counted > 20, "{wrong:#?}");
}

#[test]
fn hostile_feeds_end_as_they_should() {
    let Some(folder) = set("hostile") else { return };
    let wrong = hostile::wrong(&folder);
    println!("peak memory: {:?} KiB", hostile::peak_memory_kib());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// How many items a page has by some usual selectors, or why none, and how long it took.
fn page(folder: &Path, entry: &Value) -> (Result<usize, String>, Duration) {
    let selectors = PageSelectors { item: ".review, [itemprop=review], article, li".into(), ..PageSelectors::default() };
    let source = SourceOptions::plain("corpus", SourceKind::Page(selectors), Url::parse("https://corpus.example/").expect("an address"));
    let body = Body {
        bytes: std::fs::read(folder.join(entry["file"].as_str().expect("a file name"))).expect("the file of the manifest"),
        content_type: entry["http_content_type"].as_str().map(str::to_owned),
        etag: None,
        last_modified: None,
        max_age: None,
        links: Vec::new(),
        cut_off: false,
        final_url: source.url.clone(),
        next: None,
    };
    let begun = Instant::now();
    let result = poll::read(&source, &body, 100_000, NOW);
    (result.map(|read| read.entries.len()).map_err(|failure| failure.to_string()), begun.elapsed())
}

#[test]
fn hostile_pages_end_in_bounds() {
    let Some(folder) = set("hostile") else { return };
    let mut pages = 0;
    for entry in manifest(&folder).iter().filter(|entry| entry["parse_as"] == "html") {
        let (result, took) = page(&folder, entry);
        println!("{}: {result:?} in {took:?}", entry["file"]);
        assert!(took < LONGEST, "{} took {took:?}", entry["file"]);
        pages += 1;
    }
    assert!(pages > 0, "no pages among the hostile documents");
}

#[test]
fn no_saved_page_is_taken_for_a_bomb() {
    let Some(folder) = set("html") else { return };
    let (mut pages, mut refused) = (0, Vec::new());
    for entry in manifest(&folder) {
        let file = entry["file"].as_str().expect("a file name");
        let bytes = std::fs::read(folder.join(file)).expect("the file of the manifest");
        pages += 1;
        if let Err(failure) = hearken::collect::extract::bounds::tame_html(&String::from_utf8_lossy(&bytes)) {
            refused.push(format!("{file}: {failure}"));
        }
    }
    println!("html: {} of {pages} pages refused", refused.len());
    assert!(refused.is_empty() && pages > 0, "{refused:#?}");
}
