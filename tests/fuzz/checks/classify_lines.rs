//! `classify` with the shipped rules: every line that is not blank gives one line of JSON or one error, in order, and what a line says
//! is what the judge says of its text.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use hearken::cli::classify::classify;
use hearken::decide::brand::Brand;
use hearken::decide::load::load;
use hearken::decide::{Judge, Subject};
use hearken::model::{Part, Severity, Verdict};
use hearken::problem::Problems;
use serde_json::{Map, Value};

const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();
const KEYS: [&str; 8] = ["brands", "categories", "complaint", "id", "lang", "rules", "sentiment", "severity"];

static JUDGE: LazyLock<Judge> = LazyLock::new(|| {
    // Compiled below `tests/fuzz` as well as in the project itself.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = here.ancestors().map(|dir| dir.join("rules")).find(|rules| rules.is_dir()).expect("the shipped rules are near");
    let problems = Problems::default();
    let rules = load(&rules, &problems);
    assert!(!problems.any_error(), "the shipped rules load");
    let brand = Brand { name: "Acme".into(), aliases: vec!["艾克米".into()], exclude: vec!["acme thunder".into()], ..Brand::default() };
    Judge::new(rules, &[brand])
});

/// The bytes as they come in from outside.
pub(crate) fn check(bytes: &[u8]) {
    let lines = lines(bytes);
    for no_brand in [true, false] {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let wrong = classify(&JUDGE, no_brand, bytes, &mut output, &mut errors).expect("memory does not fail");
        let refused = refused(&errors);
        assert_eq!(refused.len(), wrong, "each error has one line and a number of its own");
        let judged = String::from_utf8(output).expect("the output is UTF-8");
        assert!(judged.is_empty() || judged.ends_with('\n'), "the last line has its end");
        let taken: Vec<_> = lines.iter().filter(|(number, _)| !refused.contains(number)).collect();
        assert_eq!(taken.len(), judged.lines().count(), "one line or one error for each line that is not blank");
        assert!(refused.iter().all(|number| lines.iter().any(|(known, _)| known == number)), "errors name lines that are there");
        taken.iter().zip(judged.lines()).for_each(|((_, line), judged)| answers(line, judged, no_brand));
    }
}

/// The lines that are not blank, with their numbers.
fn lines(bytes: &[u8]) -> Vec<(usize, &[u8])> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let blank = |line: &[u8]| line.iter().all(u8::is_ascii_whitespace);
    (1..).zip(bytes.split(|byte| *byte == b'\n')).filter(|(_, line)| !blank(line)).collect()
}

fn refused(errors: &[u8]) -> BTreeSet<usize> {
    let errors = std::str::from_utf8(errors).expect("errors are UTF-8");
    let number = |line: &str| line.strip_prefix("line ")?.split_once(": ")?.0.parse().ok();
    errors.lines().map(|line| number(line).unwrap_or_else(|| panic!("an error without a line: {line:?}"))).collect()
}

fn answers(line: &[u8], judged: &str, no_brand: bool) {
    let written: Value = match serde_json::from_str(judged) {
        Ok(written) => written,
        // An id comes back as it was written, and may be a number that only its text can hold.
        Err(error) if error.to_string().contains("number out of range") => return,
        Err(error) => panic!("{judged:?} is no JSON: {error}"),
    };
    let keys = written.as_object().map(|object| object.keys().map(String::as_str).collect::<BTreeSet<_>>());
    assert_eq!(keys, Some(BTreeSet::from(KEYS)), "{judged}");
    let severity = written["severity"].as_str().and_then(|word| word.parse::<Severity>().ok());
    assert!(severity.is_some() && written["sentiment"].as_f64().is_some_and(|value| (-1.0..=1.0).contains(&value)), "{judged}");
    // Keys that are left alone may hold strings that are none, so not every line that is judged can be read in full.
    let Ok(read) = serde_json::from_slice::<Value>(line) else { return };
    let read = read.as_object().unwrap_or_else(|| panic!("what is judged is an object, not {read}"));
    assert_eq!(&written["id"], read.get("id").unwrap_or(&Value::Null), "{judged} has another id");
    let subject = subject(read);
    let verdict = if no_brand { JUDGE.judge_unbranded(&subject) } else { JUDGE.judge(&subject) };
    same(&verdict, &written);
    spans(&verdict, &subject);
}

fn subject(read: &Map<String, Value>) -> Subject<'_> {
    let text = |key: &str| read.get(key).and_then(Value::as_str);
    let number = |key: &str| read.get(key).and_then(Value::as_f64);
    let count = |key: &str| read.get(key).and_then(Value::as_u64);
    Subject {
        title: text("title"),
        text: text("text").unwrap_or_default(),
        rating: number("rating"),
        rating_max: number("rating_max"),
        lang: text("lang"),
        source: text("source"),
        author: text("author"),
        readers: count("readers"),
        repeated: count("repeated"),
        brand: None,
    }
}

/// What the line says is what the verdict says that has places and notes.
fn same(verdict: &Verdict, written: &Value) {
    let verdict = serde_json::to_string(verdict).expect("a verdict can be written");
    // Read again as the line was, for reading a number may cost its last digit.
    let verdict: Value = serde_json::from_str(&verdict).expect("what is written is JSON");
    for key in ["brands", "categories", "complaint", "lang", "severity"] {
        assert_eq!(verdict[key], written[key], "`{key}`");
    }
    let sentiments = [&verdict, written].map(|value| value["sentiment"].as_f64().unwrap_or(f64::NAN));
    assert!((sentiments[0] - sentiments[1]).abs() < 1e-9, "{sentiments:?}");
}

fn spans(verdict: &Verdict, subject: &Subject<'_>) {
    for reason in &verdict.reasons {
        for span in &reason.spans {
            let part = if span.part == Part::Title { subject.title.unwrap_or_default() } else { subject.text };
            assert!(part.get(span.start..span.end).is_some_and(|word| !word.is_empty()), "{span:?} of `{}`", reason.rule);
        }
    }
}
