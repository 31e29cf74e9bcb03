//! Inputs nobody on this project wrote, where they are at hand: `HEARKEN_CORPORA` names the folder with `hostile` and
//! `realfeeds`. They are no part of the project, so without them this says so and proves nothing.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use hearken::collect::fetch::Body;
use hearken::collect::poll;
use hearken::collect::source::{PageSelectors, SourceKind, SourceOptions};
use hearken::model::Moment;
use serde_json::Value;
use url::Url;

use crate::world::not_run::not_run;

const NOW: Moment = Moment::from_secs(1_795_341_600);

/// No single document may take longer in the unoptimised build, which is some ten times slower.
const LONGEST: Duration = Duration::from_secs(20);

/// A feed of 40,000 items is read in full for this count.
const ITEMS_MAX: usize = 100_000;

fn source(kind: SourceKind) -> SourceOptions {
    SourceOptions::plain("corpus", kind, Url::parse("https://corpus.example/").expect("an address"))
}

fn manifest(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("manifest.jsonl")).expect("a manifest");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn entry_count(entry: &Value) -> Option<u64> {
    let places = ["/expected/entry_count", "/reference_feedparser/entry_count", "/entries"];
    places.iter().find_map(|place| entry.pointer(place).and_then(Value::as_u64))
}

/// Reads one file as the manifest says; how many items, or the kind of the failure.
fn read(folder: &Path, entry: &Value) -> (Result<usize, String>, Duration) {
    let file = entry["file"].as_str().expect("a file name");
    let html = entry["parse_as"] == "html" || file.ends_with(".html");
    let selectors = PageSelectors { item: ".review, [itemprop=review], article, li".into(), ..PageSelectors::default() };
    let source = source(if html { SourceKind::Page(selectors) } else { SourceKind::Feed });
    let body = Body {
        links: Vec::new(),
        bytes: std::fs::read(folder.join(file)).expect("the file of the manifest"),
        content_type: entry["http_content_type"].as_str().map(str::to_owned),
        etag: None,
        last_modified: None,
        max_age: None,
        final_url: source.url.clone(),
        next: None,
    };
    let begun = Instant::now();
    let result = poll::read(&source, &body, ITEMS_MAX, NOW);
    (result.map(|read| read.entries.len()).map_err(|failure| failure.to_string()), begun.elapsed())
}

#[test]
fn every_document_of_the_corpora_ends_in_bounds() {
    let Ok(root) = std::env::var("HEARKEN_CORPORA") else {
        not_run("HEARKEN_CORPORA is not set (a folder of saved feeds and pages)");
        return;
    };
    for set in ["hostile", "realfeeds", "feeds"] {
        let folder = Path::new(&root).join(set);
        let mut kinds: HashMap<String, usize> = HashMap::new();
        let (mut counted, mut right, mut slowest) = (0, 0, (Duration::ZERO, String::new()));
        for entry in manifest(&folder).iter().filter(|entry| entry["parse_as"] != "http") {
            let (result, took) = read(&folder, entry);
            assert!(took < LONGEST, "{} took {took:?}", entry["file"]);
            slowest = slowest.max((took, entry["file"].to_string()));
            let wanted = entry_count(entry).filter(|_| entry["parse_as"] != "html");
            counted += usize::from(wanted.is_some());
            let is_right = wanted.is_some_and(|wanted| result.as_ref().is_ok_and(|found| *found as u64 == wanted));
            right += usize::from(is_right);
            if set != "feeds" && (wanted.is_some() && !is_right || wanted.is_none()) {
                println!("  {set}/{}: wanted {wanted:?}, read {result:?} in {took:?}", entry["file"]);
            }
            let word = result.map_or_else(|why| why.split(':').next().unwrap_or_default().to_owned(), |_| "read".into());
            *kinds.entry(word).or_default() += 1;
        }
        println!("{set}: {right} of {counted} with the right number of entries; {kinds:?}; slowest {slowest:?}");
        assert!(counted > 0, "{set} has no expectations");
    }
}

#[test]
fn no_saved_page_is_taken_for_a_bomb() {
    let Ok(root) = std::env::var("HEARKEN_CORPORA") else {
        not_run("HEARKEN_CORPORA is not set (a folder of saved feeds and pages)");
        return;
    };
    let folder = Path::new(&root).join("html");
    let (mut pages, mut refused) = (0, Vec::new());
    for entry in manifest(&folder) {
        let file = entry["file"].as_str().expect("a file name");
        let bytes = std::fs::read(folder.join(file)).expect("the file of the manifest");
        pages += 1;
        if let Err(failure) = hearken::collect::extract::bounds::check_html(&String::from_utf8_lossy(&bytes)) {
            refused.push(format!("{file}: {failure}"));
        }
    }
    println!("html: {} of {pages} pages refused", refused.len());
    assert!(refused.is_empty() && pages > 0, "{refused:#?}");
}
