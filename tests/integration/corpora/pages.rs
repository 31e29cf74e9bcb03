//! Saved pages: what they mark up, what selectors find, and what is learnt from them without either.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use hearken::collect::decode::decode;
use hearken::collect::extract::{Context, bounds, learn};
use hearken::collect::fetch::Body;
use hearken::collect::normalise::Found;
use hearken::collect::poll;
use hearken::collect::source::{PageSelectors, SourceKind, SourceOptions};
use hearken::model::Item;
use jiff::tz::TimeZone;
use serde_json::Value;
use url::Url;

use super::feeds::{NOW, manifest};
use super::set;

/// No page is cut.
const ITEMS_MAX: usize = 100_000;

/// Each hostile page, in the unoptimised build.
const LONGEST: Duration = Duration::from_secs(10);

fn body(folder: &Path, entry: &Value) -> Body {
    let url = entry["url"].as_str().and_then(|url| Url::parse(url).ok());
    Body {
        bytes: std::fs::read(folder.join(entry["file"].as_str().expect("a file name"))).expect("the file of the manifest"),
        content_type: entry["http_content_type"].as_str().map(str::to_owned),
        etag: None,
        last_modified: None,
        max_age: None,
        next: None,
        links: Vec::new(),
        cut_off: false,
        final_url: url.unwrap_or_else(|| Url::parse("https://corpus.example/").expect("an address")),
    }
}

fn source(selectors: PageSelectors, body: &Body) -> SourceOptions {
    SourceOptions::plain("corpus", SourceKind::Page(selectors), body.final_url.clone())
}

fn by_item(item: &str) -> PageSelectors {
    PageSelectors { item: item.into(), ..PageSelectors::default() }
}

/// Entries of a page; an unreadable one has none.
fn count(selectors: PageSelectors, body: &Body) -> usize {
    poll::read(&source(selectors, body), body, ITEMS_MAX, NOW).map_or(0, |read| read.entries.len())
}

/// The reviews that a manifest says a page marks up.
fn reviews(entry: &Value) -> Vec<Value> {
    let of = |key: &str| entry["expected"][key].as_array().cloned().unwrap_or_default();
    let (json_ld, microdata) = (of("jsonld_reviews"), of("microdata_reviews"));
    if json_ld.len() >= microdata.len() { json_ld } else { microdata }
}

fn letters(text: &str) -> String {
    let scraps = text.split(['<', '>']).enumerate().filter(|(at, _)| at % 2 == 0 || !text.contains('<')).map(|(_, scrap)| scrap);
    let plain = scraps.collect::<String>().replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\"");
    plain.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(60).collect()
}

/// How many of the fields that a manifest states for a review are the item's, and how many there are.
fn agreement(wanted: &Value, item: &Item) -> (usize, usize) {
    let text = |key: &str| wanted[key].as_str().filter(|text| !text.trim().is_empty());
    let number = |text: &str| text.replace(',', ".").parse::<f64>().ok();
    let published = item.published.map(|at| at.rfc3339()).unwrap_or_default();
    let checks = [
        text("author").map(|author| item.author.as_deref().is_some_and(|own| letters(own) == letters(author))),
        text("body").map(|body| letters(&item.text) == letters(body)),
        text("rating").and_then(number).map(|rating| item.rating.is_some_and(|own| (own - rating).abs() < 1e-6)),
        // To the month: a zone may move the day.
        text("date").map(|date| published.get(..7) == date.get(..7)),
    ];
    let stated = checks.into_iter().flatten();
    stated.fold((0, 0), |(right, all), good| (right + usize::from(good), all + 1))
}

#[test]
fn marked_up_reviews_are_all_read_without_selectors() {
    let Some(folder) = set("html") else { return };
    let (mut pages, mut wrong, mut right, mut fields) = (0, Vec::new(), 0, 0);
    for entry in manifest(&folder) {
        let wanted = reviews(&entry);
        let microformats = usize::try_from(entry["expected"]["hreview_items"].as_u64().unwrap_or(0)).expect("a small number");
        if wanted.is_empty() && microformats == 0 {
            continue;
        }
        pages += 1;
        let body = body(&folder, &entry);
        let found = count(PageSelectors::default(), &body);
        if found != wanted.len().max(microformats) {
            wrong.push(format!("{}: {found} of {}", entry["file"], wanted.len().max(microformats)));
            continue;
        }
        let items = poll::items(&source(PageSelectors::default(), &body), "page", &body, ITEMS_MAX, NOW).expect("they can be read");
        for review in &wanted {
            let best = items.iter().map(|found| agreement(review, &found.item)).max().unwrap_or_default();
            right += best.0;
            fields += best.1;
        }
    }
    println!("marked up: {} of {pages} pages with all reviews; {right} of {fields} fields; wrong: {wrong:#?}", pages - wrong.len());
    assert!(pages > 0 && wrong.is_empty(), "{wrong:#?}");
    assert!(right * 100 >= fields * 97, "{right} of {fields} fields");
}

#[test]
fn selectors_find_what_they_are_said_to_find() {
    let Some(folder) = set("html") else { return };
    let (mut all, mut wrong) = (0, Vec::new());
    for entry in manifest(&folder) {
        let body = body(&folder, &entry);
        for selector in entry["selectors"].as_array().into_iter().flatten() {
            let css = selector["selector"].as_str().expect("a selector");
            let found = count(by_item(css), &body) as u64;
            all += 1;
            if Some(found) != selector["count_scraper_crate"].as_u64() {
                wrong.push(format!("{} {css}: {found} of {}", entry["file"], selector["count_scraper_crate"]));
            }
        }
    }
    println!("selectors: {} of {all} with the right count; wrong: {wrong:#?}", all - wrong.len());
    assert!(all > 0 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn selectors_are_learnt_from_most_threads() {
    let Some(folder) = set("html") else { return };
    let (mut threads, mut wrong) = (0, Vec::new());
    for entry in manifest(&folder) {
        let Some(posts) = entry["expected"]["gold_posts"].as_u64() else { continue };
        threads += 1;
        let body = body(&folder, &entry);
        let text = decode(&body.bytes, body.content_type.as_deref()).text;
        let tamed = bounds::tame_html(&text).expect("a page within bounds");
        let html = scraper::Html::parse_document(&tamed.text);
        let context = Context { base: &body.final_url, timezone: &TimeZone::UTC, now: NOW, max_items: ITEMS_MAX };
        let learnt = learn::learn(&html, &context).into_iter().next();
        let found = learnt.as_ref().map_or(0, |learnt| yielded(&learnt.selectors, &body));
        if found as u64 != posts {
            wrong.push(format!("{}: {found} of {posts} by {:?}", entry["file"], learnt.map(|learnt| learnt.selectors.item)));
        }
    }
    println!("learnt: {} of {threads} threads with the right number of posts; wrong: {wrong:#?}", threads - wrong.len());
    assert!(threads > 0 && wrong.len() * 10 <= threads, "{wrong:#?}");
}

/// Items as the daemon takes them.
fn yielded(selectors: &PageSelectors, body: &Body) -> usize {
    let found = poll::items(&source(selectors.clone(), body), "page", body, ITEMS_MAX, NOW).unwrap_or_default();
    let mut seen = HashSet::new();
    found.iter().filter(|found: &&Found| found.says_something() && seen.insert(found.identity)).count()
}

#[test]
fn hostile_pages_end_as_they_should() {
    let Some(folder) = set("hostile") else { return };
    let (mut pages, mut wrong) = (0, Vec::new());
    for entry in manifest(&folder).iter().filter(|entry| entry["parse_as"] == "html") {
        pages += 1;
        let body = body(&folder, entry);
        let begun = Instant::now();
        let selected = poll::read(&source(by_item(".review"), &body), &body, ITEMS_MAX, NOW).map(|read| read.entries);
        let marked_up = count(PageSelectors::default(), &body);
        let took = begun.elapsed();
        let by_selector = selected.as_ref().map_or(0, Vec::len);
        let good = match (entry["reviews"].as_u64(), entry["jsonld_reviews"].as_u64()) {
            (_, Some(wanted)) => marked_up as u64 == wanted,
            // None is an alarm, not an empty list.
            (Some(0), _) => selected.is_err(),
            (Some(wanted), _) => by_selector as u64 == wanted,
            (None, None) => true,
        };
        if !good || took > LONGEST {
            wrong.push(format!("{}: {by_selector} by selector ({selected:?}), {marked_up} marked up, in {took:?}", entry["file"]));
        }
    }
    println!("hostile pages: {} of {pages} as they should; wrong: {wrong:#?}", pages - wrong.len());
    assert!(pages > 0 && wrong.is_empty(), "{wrong:#?}");
}
