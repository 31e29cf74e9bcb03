//! Whatever a rule file holds: nothing panics, every mistake has its place inside the file and a remedy, and what loads without
//! a mistake becomes a judge that judges.

use std::path::Path;
use std::sync::LazyLock;

use hearken::decide::example;
use hearken::decide::idle::{idle, needless_words};
use hearken::decide::load::load;
use hearken::decide::{Judge, Subject};
use hearken::model::{Part, Verdict};
use hearken::problem::{Place, Problem, Problems, render};
use tempfile::TempDir;

const TEXTS: [(&str, &str); 2] = [
    ("又慢又貴", "等了12天還沒收到貨，物流太慢了，客服不理人。東西壞了，失望！朋友說很好吃。"),
    ("Late again", "The parcel is late; they never answer. Broken, refund refused - not terrible, they say. Would you buy it?"),
];

/// A byte order mark is no part of the text that places count in.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// The loader reads a folder, so the file is written to one: in memory where the system has a place for that.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary directory")
});

/// The bytes of the one rule file of a folder.
pub(crate) fn check(bytes: &[u8]) {
    std::fs::write(FOLDER.path().join("rules.toml"), bytes).expect("the file is written");
    let problems = Problems::default();
    let rules = load(FOLDER.path(), &problems);
    let usable = !problems.any_error();
    let mut found = problems.take();
    found.extend(idle(&rules));
    found.extend(needless_words(&rules));
    if usable {
        let judge = Judge::new(rules, &[]);
        found.extend(example::run(&judge).failing);
        TEXTS.iter().for_each(|(title, text)| judged(&judge, title, text));
    }
    let text = std::str::from_utf8(bytes).map(|text| text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text));
    found.iter().for_each(|problem| placed(problem, text.ok()));
    let _ = render(&found, false);
}

fn placed(problem: &Problem, text: Option<&str>) {
    assert!(!problem.message.trim().is_empty(), "a mistake without a word: {problem:?}");
    assert!(problem.help.as_ref().is_some_and(|help| !help.trim().is_empty()), "a mistake without a remedy: {problem:?}");
    let (file, start, end) = match &problem.place {
        Place::File { file, start, end } => (file, start, end),
        // That no rule stands in any file is said of the folder.
        Place::Named(name) => {
            let of_the_folder = *name == FOLDER.path().display().to_string();
            return assert!(text.is_none() || of_the_folder, "a mistake without a place: {problem:?}");
        }
    };
    assert_eq!(Some(file.text.as_str()), text, "the text of the file");
    assert!(file.text.get(*start..*end).is_some(), "{start}..{end} is no place in the file: {}", problem.message);
    let (line, column) = problem.place.line_column().expect("a place in a file has a line");
    // The place right after the last line end is a line of its own.
    let lines = file.text.split('\n').collect::<Vec<_>>();
    let there = lines.get(line - 1).is_some_and(|line| column <= line.chars().count() + 1);
    assert!(there, "{line}:{column} of {} lines: {}", lines.len(), problem.message);
}

fn judged(judge: &Judge, title: &str, text: &str) {
    let subject = Subject { title: Some(title), text, rating: Some(2.0), readers: Some(10), repeated: Some(1), ..Subject::default() };
    let (verdict, _) = judge.account(&subject);
    sound(&verdict, title, text);
    let outcome = judge.outcome(&subject, true);
    assert_eq!((outcome.severity, outcome.complaint), (verdict.severity, verdict.complaint), "with and without places");
    assert_eq!((outcome.sentiment, &outcome.categories), (verdict.sentiment, &verdict.categories), "with and without places");
    for (rule, trial) in judge.almost(&subject) {
        assert!(trial.fate.is_none(), "`{}` almost fired and did", rule.id);
    }
}

fn sound(verdict: &Verdict, title: &str, text: &str) {
    assert!((-1.0..=1.0).contains(&verdict.sentiment), "sentiment {}", verdict.sentiment);
    assert!(verdict.categories.iter().all(|category| category.score.is_finite()), "{:?}", verdict.categories);
    for reason in &verdict.reasons {
        for span in &reason.spans {
            let part = if span.part == Part::Title { title } else { text };
            assert!(part.get(span.start..span.end).is_some_and(|word| !word.is_empty()), "{span:?} of `{}`", reason.rule);
        }
    }
}
