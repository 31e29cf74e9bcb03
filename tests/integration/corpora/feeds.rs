//! Saved feeds read as the daemon reads them, against what their origins assert of them and what another reader saw.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use hearken::collect::extract::{Context, Raw};
use hearken::collect::fetch::Body;
use hearken::collect::normalise::{Found, normalise, text, time};
use hearken::collect::poll;
use hearken::collect::source::{SourceKind, SourceOptions};
use hearken::model::{Item, Moment};
use serde_json::Value;
use url::Url;

/// After every date of the files, so that none is of the future.
pub(crate) const NOW: Moment = Moment::from_secs(1_795_341_600);

/// A feed of 40,000 items is read in full where its items are counted.
const ITEMS_MAX: usize = 100_000;

/// What one file came to.
pub(crate) struct Read {
    pub(crate) entries: Result<usize, String>,
    pub(crate) degraded: Option<String>,
    /// Each as it would be stored.
    pub(crate) items: Vec<Option<Item>>,
    pub(crate) same_identities: bool,
    pub(crate) panicked: bool,
    pub(crate) took: Duration,
}

/// Of how many, how many are right; and what is not, by class.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) of: usize,
    pub(crate) right: usize,
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, right: bool, wrong: impl FnOnce() -> String) {
        self.of += 1;
        self.right += usize::from(right);
        if !right {
            self.wrong.push(wrong());
        }
    }

    /// Percent; of nothing, nothing.
    pub(crate) fn share(&self) -> f64 {
        if self.of == 0 { 0.0 } else { 100.0 * self.right as f64 / self.of as f64 }
    }
}

pub(crate) fn manifest(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("manifest.jsonl")).expect("a manifest");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Reads a file as if it had come with what its manifest says of it. `items_max` as `collect.max_items`.
pub(crate) fn read(folder: &Path, entry: &Value, items_max: usize) -> Read {
    let file = entry["file"].as_str().expect("a file name");
    let base = entry["base_url"].as_str().and_then(|url| Url::parse(url).ok());
    let source = SourceOptions::plain(
        "corpus",
        SourceKind::Feed,
        base.unwrap_or_else(|| Url::parse("https://corpus.example/").expect("an address")),
    );
    let body = Body {
        links: Vec::new(),
        cut_off: false,
        bytes: std::fs::read(folder.join(file)).expect("the file of the manifest"),
        content_type: entry["http_content_type"].as_str().map(str::to_owned),
        etag: None,
        last_modified: None,
        max_age: None,
        next: None,
        final_url: source.url.clone(),
    };
    let begun = Instant::now();
    let Ok(extracted) = catch_unwind(AssertUnwindSafe(|| poll::read(&source, &body, items_max, NOW))) else {
        return Read {
            entries: Err("panic".into()),
            degraded: None,
            items: Vec::new(),
            same_identities: true,
            panicked: true,
            took: begun.elapsed(),
        };
    };
    let took = begun.elapsed();
    let panicked = extracted.as_ref().is_err_and(|failure| failure.detail.contains("gave up on this document"));
    let identities = || -> Vec<_> {
        let found = poll::items(&source, &source.name, &body, items_max, NOW).unwrap_or_default();
        found.iter().map(|found| (found.identity, found.fingerprint)).collect()
    };
    let same_identities = identities() == identities();
    match extracted {
        Ok(extracted) => {
            let context = Context { base: &body.final_url, timezone: &source.timezone, now: NOW, max_items: items_max };
            // An entry of nothing but a date is dropped where it is kept; here its date is compared, so it is given a word.
            let one = |mut raw: Raw| -> Option<Found> {
                raw.text = raw.text.or_else(|| Some("text".into()));
                normalise(&source.name, vec![raw], None, &context).pop()
            };
            let degraded = extracted.degraded.map(|words| words.to_string());
            let count = extracted.entries.len();
            let items = extracted.entries.into_iter().map(|raw| one(raw).map(|found| found.item)).collect();
            Read { entries: Ok(count), degraded, items, same_identities, panicked, took }
        }
        Err(failure) => Read { entries: Err(failure.to_string()), degraded: None, items: Vec::new(), same_identities, panicked, took },
    }
}

/// The origin's own count, else that of another reader, else that of the set's makers.
pub(crate) fn entry_count(entry: &Value) -> Option<u64> {
    let places =
        ["/expected/entry_count", "/reference_feedparser/entry_count", "/reference_json/entry_count", "/entries", "/complete_items"];
    places.iter().find_map(|place| entry.pointer(place).and_then(Value::as_u64))
}

/// What is compared of every file of `feeds`.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) parsed: Tally,
    pub(crate) counted: Tally,
    pub(crate) panics: Vec<String>,
    pub(crate) changing: Vec<String>,
    /// `title`, `link`, `published`, ...: what the origins assert.
    pub(crate) origins: BTreeMap<&'static str, Tally>,
    /// The same against the other reader; two readers may differ and both be right.
    pub(crate) other_reader: BTreeMap<&'static str, Tally>,
    pub(crate) slowest: (Duration, String),
}

pub(crate) fn figures(folder: &Path) -> Figures {
    let mut figures = Figures::default();
    for entry in manifest(folder) {
        let read = read(folder, &entry, ITEMS_MAX);
        let file = entry["file"].as_str().unwrap_or_default();
        let must_fail = entry["expected"]["must_fail"] == true;
        let why = || read.entries.as_ref().err().cloned().unwrap_or_else(|| "read although it must fail".into());
        figures.parsed.count(read.entries.is_ok() != must_fail, || format!("{file}: {}", why()));
        if let Some(wanted) = entry_count(&entry).filter(|_| !must_fail) {
            let right = read.entries.as_ref().is_ok_and(|found| *found as u64 == wanted);
            figures.counted.count(right, || format!("{file}: wanted {wanted}, read {:?} ({})", read.entries, entry["kind"]));
        }
        if read.panicked {
            figures.panics.push(file.to_owned());
        }
        if !read.same_identities {
            figures.changing.push(file.to_owned());
        }
        compare(&mut figures.origins, &entry["expected"], &read, file, &entry);
        compare(&mut figures.other_reader, &entry["reference_feedparser"], &read, file, &entry);
        figures.slowest = std::mem::take(&mut figures.slowest).max((read.took, file.to_owned()));
    }
    figures
}

fn compare(tallies: &mut BTreeMap<&'static str, Tally>, expected: &Value, read: &Read, file: &str, entry: &Value) {
    let Some(entries) = expected["entries"].as_array() else { return };
    let base = entry["base_url"].as_str().unwrap_or("https://corpus.example/");
    for (position, wanted) in entries.iter().enumerate() {
        let at = wanted["index"].as_u64().map_or(position, |index| usize::try_from(index).unwrap_or(position));
        let nothing = Item::default();
        let item = read.items.get(at).and_then(Option::as_ref).unwrap_or(&nothing);
        for field in ["title", "link", "id", "summary", "content", "published", "updated", "date"] {
            let Some(value) = wanted[field].as_str().filter(|value| !value.trim().is_empty()) else { continue };
            let own = match field {
                "title" => item.title.clone().unwrap_or_default(),
                "link" => item.url.clone().unwrap_or_default(),
                "id" => item.id.clone().unwrap_or_default(),
                "summary" | "content" => item.text.clone(),
                _ => moments(field, item).first().map(|at| at.rfc3339()).unwrap_or_default(),
            };
            let right = match field {
                "title" => same_title(value, &own),
                "link" => same_link(value, &own, base),
                "id" => same_id(value, &own, base),
                "summary" | "content" => same_text(value, &own),
                _ => same_moment(value, &moments(field, item)),
            };
            tallies.entry(field).or_default().count(right, || format!("{file}[{at}]: wanted {value:?}, read {own:?}"));
        }
    }
}

/// Plain text on both sides: an origin asserts a title as its reader hands it on, with or without its markup and references.
fn same_title(wanted: &str, own: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>();
    let once = text::from_markup(wanted);
    let own = letters(own);
    own == letters(wanted) || own == letters(&once) || own == letters(&text::from_markup(&once))
}

/// An id that is relative is resolved by some readers, and one that is none is made of the link by others.
fn same_id(wanted: &str, own: &str, base: &str) -> bool {
    own == wanted.trim() || (!own.is_empty() && same_link(own, wanted, base))
}

/// We keep the longer of content and summary, so what is asserted of either is in it.
fn same_text(wanted: &str, own: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>();
    let own = letters(own);
    let once = text::from_markup(wanted);
    [wanted, &once, &text::from_markup(&once)].into_iter().any(|wanted| own.contains(&letters(wanted)))
}

/// The same address, however it is written.
fn same_link(wanted: &str, own: &str, base: &str) -> bool {
    let wanted = wanted.trim().replace("&amp;", "&");
    let absolute = Url::parse(base).and_then(|base| base.join(&wanted)).map(String::from).unwrap_or_else(|_| wanted.clone());
    let bare = |link: &str| link.trim_end_matches('/').to_owned();
    // What is relative to an address that the manifest does not say is only known by its end.
    let by_its_end = wanted.starts_with('/') && bare(own).ends_with(&bare(&wanted));
    bare(own) == bare(&absolute) || bare(own) == bare(&wanted) || by_its_end
}

/// A source with one time has it for both.
fn moments(field: &str, item: &Item) -> Vec<Moment> {
    let both = [item.published, item.updated];
    match field {
        "published" => item.published.or(item.updated).into_iter().collect(),
        "updated" => item.updated.or(item.published).into_iter().collect(),
        _ => both.into_iter().flatten().collect(),
    }
}

/// The same second.
fn same_moment(wanted: &str, own: &[Moment]) -> bool {
    let Some(wanted) = time::parse(wanted, &jiff::tz::TimeZone::UTC, NOW) else { return false };
    own.iter().any(|own| own.as_secs() == wanted.as_secs())
}
