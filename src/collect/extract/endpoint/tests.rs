//! One answer to items: fields, ratings, times, replies, lists that are gone and refusals.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::json;
use url::Url;

use super::field::Part;
use super::*;

fn path(text: &str) -> Path {
    Path::parse(text).expect("a path")
}

fn field(parts: &[&str]) -> Option<Field> {
    Some(Field(parts.iter().map(|part| Part::parse(part).expect("a part")).collect()))
}

fn options() -> JsonOptions {
    JsonOptions {
        items: vec![path("/data/list")],
        id: field(&["/id"]),
        title: field(&["/title"]),
        text: field(&["/body"]),
        author: field(&["/user/name"]),
        rating: field(&["/stars"]),
        time: field(&["/at"]),
        link: field(&["https://x.example/t/{id}"]),
        ..JsonOptions::default()
    }
}

fn page(document: &Value, options: &JsonOptions) -> Result<Page, FetchFailure> {
    let base = Url::parse("https://x.example/api").expect("an address");
    let zone = TimeZone::get("Asia/Taipei").expect("a zone");
    let context = Context { base: &base, timezone: &zone, now: Moment::from_secs(1_800_000_000), max_items: 10 };
    read(&document.to_string(), options, &context)
}

fn raws(document: &Value, options: &JsonOptions) -> Vec<Raw> {
    page(document, options).expect("a page").extracted.entries
}

fn kind(document: &Value, options: &JsonOptions) -> FailureKind {
    page(document, options).expect_err("a failure").kind
}

#[test]
fn an_entry_that_we_fail_on_costs_itself() {
    let document = json!({"data": {"list": [{"body": "one"}, {"body": "panic at reading"}, {"body": "three"}]}});
    let extracted = page(&document, &options()).expect("the others").extracted;
    let texts: Vec<_> = extracted.entries.iter().filter_map(|entry| entry.text.as_deref()).collect();
    assert_eq!((texts, extracted.degraded), (vec!["one", "three"], Some(guard::LOST)));
}

#[test]
fn every_field_is_read() {
    let options = JsonOptions { extra: vec![("likes".into(), field(&["/likes"]).expect("a field"))], ..options() };
    let document = json!({"data": {"list": [
        {"id": 7, "title": "Slow & cold", "body": "a < b<br>&quot;c&quot;", "user": {"name": "王"}, "stars": 2.0, "at": 1_795_341_600.5, "likes": 3},
    ]}});
    let raw = &raws(&document, &options)[0];
    assert_eq!((raw.id.as_deref(), raw.link.as_deref()), (Some("7"), Some("https://x.example/t/7")));
    assert_eq!(raw.title.as_deref(), Some("Slow &amp; cold"), "plain text becomes markup");
    assert_eq!(raw.text.as_deref(), Some("a < b<br>&quot;c&quot;"), "markup stays");
    assert_eq!((raw.author.as_deref(), raw.rating.as_deref()), (Some("王"), Some("2")));
    assert_eq!(raw.published, Some(Moment::from_secs(1_795_341_600)));
    assert_eq!(raw.extra.get("likes"), Some(&json!(3)));
}

#[test]
fn times_of_every_kind() {
    for (at, wanted) in [
        (json!(1_795_341_600_000_i64), "2026-11-22T10:00:00Z"),
        (json!("1795341600"), "2026-11-22T10:00:00Z"),
        (json!("2026-11-22T18:00:00+08:00"), "2026-11-22T10:00:00Z"),
        (json!("2026年11月22日 18:00"), "2026-11-22T10:00:00Z"),
        (json!("2026-11-22 18:00:00"), "2026-11-22T10:00:00Z"),
    ] {
        let document = json!({"data": {"list": [{"title": "x", "at": at}]}});
        assert_eq!(raws(&document, &options())[0].published.map(Moment::rfc3339).as_deref(), Some(wanted), "{at}");
    }
}

#[test]
fn days_and_months_are_told_apart_by_the_other_entries() {
    let dates = |times: [&str; 2]| {
        let list: Vec<Value> = times.iter().map(|at| json!({"title": "x", "at": at})).collect();
        let document = json!({"data": {"list": list}});
        raws(&document, &options()).iter().map(|raw| raw.published.map(Moment::rfc3339)).collect::<Vec<_>>()
    };
    // Midnight of Taipei.
    let evening = |text: &str| Some(format!("{text}T16:00:00Z"));
    assert_eq!(dates(["04/06/2019", "22/06/2019"]), [evening("2019-06-03"), evening("2019-06-21")]);
    assert_eq!(dates(["04/06/2019", "04/22/2019"]), [evening("2019-04-05"), evening("2019-04-21")]);
    assert_eq!(dates(["04/06/2019", "05/06/2019"]), [None, None], "nothing tells it");
}

#[test]
fn ratings_that_are_words_and_scales_that_are_stated() {
    let rated = |stars: Value, options: &JsonOptions| {
        raws(&json!({"data": {"list": [{"title": "x", "stars": stars, "max": 10}]}}), options)[0].rating.clone()
    };
    let words = JsonOptions { ratings: BTreeMap::from([("true".into(), 5.0), ("false".into(), 1.0), ("TWO".into(), 2.0)]), ..options() };
    assert_eq!(rated(json!(false), &words).as_deref(), Some("1"));
    assert_eq!(rated(json!("TWO"), &words).as_deref(), Some("2"));
    assert_eq!(rated(json!(true), &options()), None, "true is no rating by itself");
    let scaled = JsonOptions { rating_max: field(&["/max"]), ..options() };
    assert_eq!(rated(json!(7.333_333), &scaled).as_deref(), Some("7.33/10"));
    assert_eq!(rated(json!("4.5"), &scaled).as_deref(), Some("4.5/10"));
}

#[test]
fn replies_become_items_of_their_own() {
    let options = JsonOptions { replies: vec![path("$.replies[*]"), path("/more")], ..options() };
    let document = json!({"data": {"list": [{"id": 1, "title": "a", "replies": [{"id": 2, "body": "b", "replies": [{"id": 3, "body": "c"}]}], "more": ""}]}});
    let ids: Vec<_> = raws(&document, &options).into_iter().filter_map(|raw| raw.id).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    let mut deep = json!({"id": 0, "body": "x"});
    for _ in 0..40 {
        deep = json!({"id": 0, "body": "x", "replies": [deep]});
    }
    assert_eq!(raws(&json!({"data": {"list": [deep]}}), &options).len(), 10, "never more than the limit of items");
}

#[test]
fn a_list_that_is_gone_is_drift_and_an_empty_one_is_not() {
    assert!(raws(&json!({"data": {"list": []}}), &options()).is_empty());
    assert!(raws(&json!({"data": {"list": null}}), &options()).is_empty());
    let gone = page(&json!({"data": {"rows": []}, "meta": 1}), &options()).expect_err("gone");
    assert_eq!((gone.kind, gone.detail.as_str()), (FailureKind::Drift, "nothing is at `items`; the answer has data, meta"));
    assert_eq!(kind(&json!({"data": {"list": [{"name": "renamed"}]}}), &options()), FailureKind::Drift);
    let contained = JsonOptions { container: Some(path("/data")), ..options() };
    assert!(raws(&json!({"data": {}}), &contained).is_empty());
    let either = JsonOptions { items: vec![path("/none"), path("/data/list")], ..options() };
    assert_eq!(raws(&json!({"data": {"list": [{"title": "x"}]}}), &either).len(), 1);
}

#[test]
fn a_refusal_is_told_where_there_are_no_entries() {
    assert_eq!(kind(&json!({"error": "invalid_token"}), &options()), FailureKind::Auth);
    assert_eq!(kind(&json!({"code": 429, "message": "slow down", "data": {"list": []}}), &options()), FailureKind::Throttled);
    let partly =
        page(&json!({"errors": [{"message": "one field failed"}], "data": {"list": [{"title": "x"}]}}), &options()).expect("entries");
    assert_eq!(partly.extracted.degraded, Some("the service sent entries and an error beside them"));
    let expecting = JsonOptions { expect: vec![(path("/state"), vec![json!("done")])], ..options() };
    assert_eq!(kind(&json!({"state": "busy", "data": {"list": [{"title": "x"}]}}), &expecting), FailureKind::Refused);
}

#[test]
fn lines_of_json_are_entries() {
    let options = JsonOptions { items: vec![Path::whole()], ..options() };
    let base = Url::parse("https://x.example/api").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 10 };
    let read_lines = |text: &str| read(text, &options, &context).expect("a page").extracted;
    assert_eq!(read_lines("{\"title\":\"a\"}\n{\"title\":\"b\"}\n").entries.len(), 2);
    assert_eq!(read_lines("{\"title\":\"a\"}").entries.len(), 1, "one line is a list of one");
}

#[test]
fn an_alternative_that_cannot_be_read_leaves_the_next() {
    let options = JsonOptions { time: field(&["/edited", "/at"]), rating: field(&["/up", "/stars"]), ..options() };
    let document = json!({"data": {"list": [{"title": "x", "edited": false, "at": 1_795_341_600, "up": true, "stars": 4}]}});
    let raw = &raws(&document, &options)[0];
    assert_eq!((raw.published, raw.rating.as_deref()), (Some(Moment::from_secs(1_795_341_600)), Some("4")));
}

proptest! {
    #[test]
    fn no_path_and_no_template_makes_it_panic(text in r#"[$/]?[a-c.\[\]*?@!=<>&|()'"0-9:,{}~ -]{0,24}"#) {
        let document = json!({"a": [1, {"b": "c", "a": null}, [2.5, true]], "b": {"c": {"a": -1}}});
        if let Ok(part) = Part::parse(&text) {
            let field = Field(vec![part]);
            let _texts = (field.text(&document, Placing::Encoded), field.lines(&document));
        }
        if let Ok(path) = Path::parse(&text) {
            let found = path.find(&document);
            prop_assert!(found.len() < 10_000);
            let _listed = path.entries(&document);
        }
    }

    #[test]
    fn no_answer_makes_it_panic(text in r#"(\)\]\}'|for\(;;\);|cb\()?[\[{]?("data"|"list"|"title"|:|,|\{|\}|\[|\]|1|-|e|"|\\u|null|\n| ){0,30}"#, lines: bool) {
        let base = Url::parse("https://x.example/api").expect("an address");
        let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 10 };
        if let Ok(page) = read(&text, &JsonOptions { lines, ..options() }, &context) {
            prop_assert!(page.extracted.entries.len() <= 10);
        }
    }
}
