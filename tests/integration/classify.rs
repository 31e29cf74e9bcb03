//! From lines to verdicts: order, brands, both scripts, spans, and lines that are hostile or broken.

use std::path::Path;

use hearken::cli::classify::classify;
use hearken::decide::brand::Brand;
use hearken::decide::load::load;
use hearken::decide::{Judge, Subject};
use hearken::model::{Effect, Part, Severity, Verdict};
use hearken::problem::Problems;
use proptest::prelude::*;
use serde_json::{Value, json};

fn judge() -> Judge {
    let problems = Problems::default();
    let rules = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules/small"), &problems);
    assert_eq!(problems.take(), []);
    let acme = Brand { name: "Acme".into(), aliases: vec!["艾克米".into()], exclude: vec!["acme thunder".into()], ..Brand::default() };
    Judge::new(rules, &[acme, Brand { name: "山海".into(), ..Brand::default() }])
}

fn verdict(text: &str) -> Verdict {
    judge().judge_unbranded(&Subject { text, ..Subject::default() })
}

fn run(no_brand: bool, input: &[u8]) -> (Vec<Value>, String, usize) {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let wrong = classify(&judge(), no_brand, input, &mut output, &mut errors).expect("memory does not fail");
    let lines = String::from_utf8(output).expect("the output is UTF-8");
    (
        lines.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect(),
        String::from_utf8_lossy(&errors).into_owned(),
        wrong,
    )
}

#[test]
fn a_line_is_judged_as_contracted() {
    let (lines, errors, wrong) =
        run(false, "{\"id\": \"7\", \"text\": \"艾克米的东西等了12天还没收到，失望\", \"rating\": 1, \"rating_max\": 5}\n".as_bytes());
    assert_eq!((errors.as_str(), wrong), ("", 0));
    let expected = json!({
        "id": "7", "brands": ["Acme"], "complaint": true, "sentiment": -0.833,
        "categories": [{"category": "logistics", "score": 2.0}], "severity": "medium", "lang": "zh-Hans",
        "rules": ["logistics.late", "sentiment.blame"],
    });
    assert_eq!(lines, [expected]);
}

#[test]
fn bad_lines_are_named_and_the_rest_goes_on_in_order() {
    let mut input = b"\xEF\xBB\xBF{\"id\": 1, \"text\": \"broken\"}\n\nnonsense\n{\"id\": 2, \"text\": null}\n{\"id\": 3}\n".to_vec();
    input.extend_from_slice(b"{\"id\": 4, \"text\": \"\xB2\xEE\"}\n{\"id\": 5, \"text\": \"\\ud800\"}\n{\"id\": 6, \"text\": \"bro\\u0000ken\"}\n{\"id\": 7, \"text\": 5}\n");
    input.extend_from_slice(
        "{\"id\": 8, \"text\": \"壞了\", \"rating\": 1e999}\n{\"id\": 9, \"title\": \"壞了\", \"extra\": [1]}".as_bytes(),
    );
    let (lines, errors, wrong) = run(true, &input);
    let ids: Vec<i64> = lines.iter().map(|line| line["id"].as_i64().expect("a number")).collect();
    assert_eq!(ids, [1, 6, 9]);
    assert_eq!(lines[1]["severity"], "high", "a NUL inside a word is invisible");
    assert_eq!(lines[2]["categories"][0]["category"], "product_quality");
    let named: Vec<&str> = errors.lines().map(|line| line.split(':').next().unwrap_or_default()).collect();
    assert_eq!(named, ["line 3", "line 4", "line 5", "line 6", "line 7", "line 9", "line 10"]);
    assert_eq!(wrong, 7);
}

#[test]
fn a_list_is_no_line_even_where_its_values_would_do() {
    let (lines, errors, wrong) = run(true, b"[1, \"late again\", \"it is broken\"]\n \t[]\n");
    assert_eq!((lines, wrong), (vec![], 2));
    assert!(errors.starts_with("line 1: the line is a list") && errors.contains("line 2: the line is a list"), "{errors}");
}

#[test]
fn what_is_no_object_is_told_so_and_ids_come_back_as_written() {
    let (lines, errors, wrong) = run(true, b"\"late\"\n5\nnull\nlate\n");
    assert_eq!((lines, wrong), (vec![], 4));
    assert!(errors.lines().all(|line| line.contains(": the line is no JSON object")), "{errors}");
    let mut output = Vec::new();
    let input = b"{\"id\": 1.5e3, \"text\": \"late\"}\n{\"id\": 123456789012345678901234567890, \"text\": \"late\"}\n";
    classify(&judge(), true, &input[..], &mut output, &mut Vec::new()).expect("memory does not fail");
    let output = String::from_utf8(output).expect("the output is UTF-8");
    let begins: Vec<&str> = output.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(begins, ["{\"id\":1.5e3", "{\"id\":123456789012345678901234567890"]);
}

#[test]
fn nested_and_repeated_keys_are_lines_of_their_own_trouble() {
    let deep = format!("{{\"id\": {}{}, \"text\": \"broken\"}}\n", "[".repeat(100_000), "]".repeat(100_000));
    let more = "{\"text\": \"broken\", \"text\": \"late\"}\n[1, 2]\n\"broken\"\nnull\n{\"id\": {\"a\": [1]}, \"text\": \"broken\"}\n{\"text\": \"\"}";
    let (lines, errors, wrong) = run(true, format!("{deep}{more}").as_bytes());
    let named: Vec<&str> = errors.lines().map(|line| line.split(':').next().unwrap_or_default()).collect();
    assert_eq!(named, ["line 1", "line 2", "line 3", "line 4", "line 5"], "{errors}");
    assert_eq!((lines.len(), wrong), (2, 5));
    assert_eq!(lines[0]["id"], json!({"a": [1]}));
    assert_eq!(lines[1]["severity"], "none");
}

#[test]
fn ten_megabytes_in_a_line_are_judged() {
    let text = "物流很慢，壞了。慢慢來 ".repeat(10_000_000 / 34);
    let (lines, errors, _) = run(true, format!("{{\"id\": \"long\", \"text\": \"{text}\"}}\n").as_bytes());
    assert_eq!(errors, "");
    assert_eq!(lines[0]["severity"], "high");
    assert_eq!(lines[0]["rules"], json!(["logistics.late", "quality.broken"]));
}

#[test]
fn texts_without_a_brand_are_passed_over() {
    let judge = judge();
    for (text, brands) in [
        ("東西壞了", vec![]),
        ("ACME 的東西壞了", vec!["Acme"]),
        ("艾 克米 壞了", vec!["Acme"]),
        ("acmes are broken", vec![]),
        ("Acme Thunder lost again, broken", vec![]),
        ("山海和Acme都壞了", vec!["Acme", "山海"]),
    ] {
        let verdict = judge.judge(&Subject { text, ..Subject::default() });
        assert_eq!(verdict.brands, brands, "{text}");
        assert_eq!(verdict.complaint, !brands.is_empty(), "{text}");
    }
    let fixed = judge.judge(&Subject { text: "東西壞了", brand: Some("山海"), ..Subject::default() });
    assert_eq!((fixed.brands, fixed.severity), (vec!["山海".to_owned()], Severity::High));
}

#[test]
fn severity_is_the_worst_then_lowered_then_raised() {
    for (text, severity) in [
        ("壞了", Severity::High),
        ("物流很慢", Severity::Medium),
        ("物流很慢，還能接受", Severity::Low),
        ("物流很慢，還能接受，但我要找消保官", Severity::Critical),
        ("消保官是什麼", Severity::None),
        ("物流很慢，但是很好吃，我很喜歡，great", Severity::Low),
        ("有異味", Severity::None),
        ("有點色差", Severity::None),
        ("有點色差，也壞了", Severity::High),
        ("不是垃圾", Severity::None),
        ("垃 圾", Severity::High),
        ("快遞叫我慢慢來", Severity::None),
        ("物流。慢", Severity::None),
    ] {
        assert_eq!(verdict(text).severity, severity, "{text}: {:#?}", verdict(text));
    }
}

#[test]
fn the_rating_speaks_where_the_text_does_not() {
    let judge = judge();
    let rated = |rating, rating_max| judge.judge_unbranded(&Subject { text: "如題", rating, rating_max, ..Subject::default() });
    let one_star = rated(Some(1.0), Some(5.0));
    assert!(one_star.complaint && one_star.severity == Severity::Medium && one_star.sentiment < -0.5);
    assert!(rated(Some(4.0), Some(10.0)).complaint);
    assert!(!rated(Some(5.0), None).complaint);
    assert!(!rated(Some(f64::NAN), Some(0.0)).complaint);
}

#[test]
fn every_reason_shows_its_place_in_the_original() {
    let judge = judge();
    let subject = Subject { title: Some("物流太 慢"), text: "真的 ＢＲＯＫＥＮ，沒有異味", ..Subject::default() };
    let verdict = judge.judge_unbranded(&subject);
    let seen: Vec<(&str, Effect, &str)> = verdict
        .reasons
        .iter()
        .map(|reason| {
            let span = reason.spans[0];
            let part = if span.part == Part::Title { subject.title.unwrap_or_default() } else { subject.text };
            (reason.rule.as_str(), reason.effect, &part[span.start..span.end])
        })
        .collect();
    let expected = [
        ("logistics.late", Effect::Counts, "物流太 慢"),
        ("quality.broken", Effect::Counts, "ＢＲＯＫＥＮ"),
        ("quality.trial", Effect::Negated, "異味"),
    ];
    assert_eq!(seen, expected);
    assert!(verdict.reasons.iter().all(|reason| reason.line > 1 && reason.file.ends_with("logistics.toml")));
}

#[test]
fn explain_shows_rule_place_words_and_arithmetic() {
    let subject = Subject {
        text: "Acme 的物流很慢，失望，客服叫我慢慢來", rating: Some(1.0), rating_max: Some(5.0), ..Subject::default()
    };
    let said = hearken::decide::explain::explain(&judge(), &subject);
    let dir = format!("{}/", env!("CARGO_MANIFEST_DIR"));
    insta::assert_snapshot!(said.replace(&dir, ""));
}

const PHRASES: &[(&str, &str)] = &[
    ("還沒收到", "还没收到"),
    ("快遞真的太慢", "快递真的太慢"),
    ("壞了", "坏了"),
    ("這不是垃圾", "这不是垃圾"),
    ("我很喜歡", "我很喜欢"),
    ("，", "，"),
    ("。", "。"),
    ("等了3週", "等了3周"),
    ("要找消保官", "要找消保官"),
    ("great", "ｇｒｅａｔ"),
    (" ", " "),
    ("異味", "异味"),
];

proptest! {
    #[test]
    fn both_scripts_are_judged_alike(picks in proptest::collection::vec(0..PHRASES.len(), 1..12)) {
        let judge = judge();
        let traditional: String = picks.iter().map(|at| PHRASES[*at].0).collect();
        let simplified: String = picks.iter().map(|at| PHRASES[*at].1).collect();
        let plain = |text: &str| {
            let verdict = judge.judge_unbranded(&Subject { text, ..Subject::default() });
            let reasons: Vec<(String, Effect)> = verdict.reasons.into_iter().map(|reason| (reason.rule, reason.effect)).collect();
            (verdict.complaint, verdict.severity, verdict.categories, reasons)
        };
        prop_assert_eq!(plain(&traditional), plain(&simplified));
    }

    #[test]
    fn any_text_is_judged_and_every_span_is_in_it(text in "(\\PC|[\u{200B}\u{300}垃圾壞了慢物流 .]){0,60}", title in proptest::option::of("\\PC{0,10}")) {
        let verdict = judge().judge_unbranded(&Subject { title: title.as_deref(), text: &text, ..Subject::default() });
        prop_assert!((-1.0..=1.0).contains(&verdict.sentiment));
        for span in verdict.reasons.iter().flat_map(|reason| &reason.spans) {
            let part = if span.part == Part::Title { title.as_deref().unwrap_or_default() } else { &text };
            prop_assert!(part.get(span.start..span.end).is_some_and(|words| !words.is_empty()));
        }
    }
}
