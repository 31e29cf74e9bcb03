//! Feeds written to do harm: each ends as its manifest says, soon, and without much memory.

use std::path::Path;
use std::time::Duration;

use hearken::collect::extract::undated_most;
use hearken::collect::fetch::Body;
use hearken::collect::flood::{Before, Seen, old_ones};
use hearken::collect::normalise::Found;
use hearken::collect::poll;
use hearken::collect::source::{SourceKind, SourceOptions};
use serde_json::Value;
use url::Url;

use super::feeds::{NOW, manifest, read};

/// In a release; the unoptimised build is some ten times slower.
const LONGEST: Duration = if cfg!(debug_assertions) { Duration::from_secs(20) } else { Duration::from_secs(2) };

/// Of the whole process that reads one after the other.
const MEMORY_MAX_KIB: u64 = 256 * 1024;

/// As `collect.max_items` is where nobody sets it.
const ITEMS_MAX: usize = 500;

/// As UTC, what each of the zoo's dates is; none where it has no reading or two.
const ZOO: [Option<&str>; 29] = [
    Some("2024-03-05T18:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T02:00:00Z"),
    Some("2024-03-05T00:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T02:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2026-11-21T10:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T07:00:00Z"),
    None,
    Some("2024-03-06T00:00:00Z"),
    Some("2024-03-05T23:59:59Z"),
    None,
    None,
    None,
    Some("2026-11-22T10:00:00Z"),
    Some("2026-11-22T07:00:00Z"),
    None,
    Some("2024-03-05T10:00:00Z"),
    Some("2024-03-05T10:00:00Z"),
    None,
    Some("2024-03-05T16:00:00Z"),
    Some("2024-09-05T15:00:00Z"),
];

/// What is wrong with each file that does not end as it should.
pub(crate) fn wrong(folder: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for entry in manifest(folder).iter().filter(|entry| entry["parse_as"] == "feed") {
        let file = entry["file"].as_str().expect("a file name");
        let read = read(folder, entry, ITEMS_MAX);
        let mut complain = |what: String| wrong.push(format!("{file}: {what}; expected: {}", entry["expect"]));
        if read.took > LONGEST {
            complain(format!("took {:?}", read.took));
        }
        if read.panicked || !read.same_identities {
            complain("a panic, or identities that change".into());
        }
        let expect = entry["expect"].as_str().unwrap_or_default();
        let refused = expect.starts_with("clean error") || expect.starts_with("reported as");
        match (&read.entries, wanted(entry)) {
            (Err(_), _) if refused || expect.contains("or clean error") => {}
            // Memory and time are all that is promised of it.
            (_, None) if expect.starts_with("no crash, bounded") => {}
            (Ok(_), _) if refused => complain("read".into()),
            (Err(why), _) => complain(why.clone()),
            (Ok(found), Some(wanted)) if !is_right(*found, wanted) => complain(format!("{found} items instead of {wanted}")),
            (Ok(_), _) => {}
        }
        let title = read.items.first().and_then(Option::as_ref).and_then(|item| item.title.as_deref());
        if entry["title"].is_string() && !refused && entry["title"].as_str() != title {
            complain(format!("the first title is {title:?}"));
        }
        if entry["complete_items"].is_u64() && read.degraded.is_none() {
            complain("not marked as incomplete".into());
        }
        for url in read.items.iter().flatten().filter_map(|item| item.url.as_deref()) {
            if !url.starts_with("http") || url.contains(['\r', '\n']) {
                complain(format!("a link to {url:?}"));
            }
        }
        if file == "dates_zoo.rss" {
            for ((item, date), text) in read.items.iter().zip(ZOO).zip(entry["dates"].as_array().expect("the dates")) {
                let own = item.as_ref().and_then(|item| item.published).map(|at| at.rfc3339());
                if own.as_deref() != date {
                    complain(format!("{text} is {own:?}, not {date:?}"));
                }
            }
        }
    }
    wrong.extend(identities(folder));
    let peak = peak_memory_kib();
    if peak.is_some_and(|peak| peak > MEMORY_MAX_KIB) {
        wrong.push(format!("{peak:?} KiB of memory at the peak"));
    }
    wrong
}

fn wanted(entry: &Value) -> Option<usize> {
    let count = entry["entries"].as_u64().or_else(|| entry["complete_items"].as_u64())?;
    usize::try_from(count).ok()
}

/// All of them; of more than are read the bound, which is higher where the dates do not say which are the newest.
fn is_right(found: usize, wanted: usize) -> bool {
    if wanted <= ITEMS_MAX { found == wanted } else { found == ITEMS_MAX || found == wanted.min(undated_most(ITEMS_MAX)) }
}

/// Over several documents, or after what is the same was folded into one.
fn identities(folder: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |right: bool, what: &str| {
        if !right {
            wrong.push(what.to_owned());
        }
    };
    let (first, second) = (kept(folder, "guid_changes_each_poll_a.rss"), kept(folder, "guid_changes_each_poll_b.rss"));
    let fingerprints = |found: &[Found]| found.iter().map(|found| found.fingerprint).collect::<Vec<_>>();
    check(first.len() == 3 && fingerprints(&first) == fingerprints(&second), "changing guids: the contents are the same");
    let seen = second.iter().map(|found| {
        let known = first.iter().any(|before| before.identity == found.identity);
        let letters = found.item.text.chars().filter(|letter| letter.is_alphanumeric()).count();
        Seen { known, moved: !known, letters, published: found.item.published, ..Seen::default() }
    });
    let seen: Vec<Seen> = seen.collect();
    let before = Before { baselined: true, had_items: true, read_until: None, listening_since: Some(NOW), newest_first: 0, usual: None };
    let news = seen.iter().zip(old_ones(before, &seen)).filter(|(seen, old)| !seen.known && old.is_none()).count();
    check(news == 0, "changing guids: nobody is warned again");
    check(kept(folder, "tracking_params.rss").len() == 1, "one review under three links");
    check(kept(folder, "no_guid_no_link.rss").len() == 5, "five reviews without guid and link");
    let nul = kept(folder, "nul_bytes.rss");
    let named = |found: &&Found| found.item.title.as_deref().unwrap_or_default().contains("Acme") || found.item.text.contains("Acme");
    check(nul.iter().filter(named).count() == nul.len() && !nul.is_empty(), "NUL: the brand is found");
    wrong
}

fn kept(folder: &Path, file: &str) -> Vec<Found> {
    let source = SourceOptions::plain("corpus", SourceKind::Feed, Url::parse("https://corpus.example/").expect("an address"));
    let body = Body {
        links: Vec::new(),
        cut_off: false,
        bytes: std::fs::read(folder.join(file)).expect("a file of the set"),
        content_type: None,
        etag: None,
        last_modified: None,
        max_age: None,
        next: None,
        final_url: source.url.clone(),
    };
    poll::items(&source, &source.name, &body, ITEMS_MAX, NOW).unwrap_or_default()
}

/// Where the system tells.
pub(crate) fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
