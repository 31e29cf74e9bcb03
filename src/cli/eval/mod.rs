//! `hearken eval FILE.jsonl...`: how well the rules do on labelled texts.
//!
//! A line is one of `classify` with labels:
//! - `labels_category`: a list ([] for none), or null where it is not known; with `"cat_complete": false` the list may lack some,
//!   so what is found beyond it is neither right nor wrong;
//! - `label_sentiment`: `neg` is a complaint, `pos` is none, `neutral` and null are left out; of the neutral ones is said how many
//!   were called complaints;
//! - `severity`: left out where it is missing.
//!
//! With `--labels` the labels stand in files of their own, line by line with the id of a text; with `--half` only one half is judged.
//!
//! Every text is judged, whether it names a brand or not.

mod figures;
mod table;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

pub(super) use self::figures::Figures;
use super::classify::for_each_line;
use super::judging::{FINDINGS, UNUSABLE, judge, judge_without_model, rules_dir};
use super::line::{Line, parsed};
use crate::decide::Judge;
use crate::model::{Severity, Verdict};

/// Measure the rules on labelled JSON Lines: categories, complaints, severity.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    #[arg(required = true, value_name = "FILE.jsonl")]
    pub files: Vec<PathBuf>,
    /// Labels kept apart from the texts: lines of {"id", "label_sentiment", "labels_category", "severity"}; only texts it names are judged
    #[arg(long, value_name = "FILE.jsonl")]
    pub labels: Vec<PathBuf>,
    /// Only this half of the texts, told apart by their ids
    #[arg(long, value_name = "HALF")]
    pub half: Option<Half>,
    /// As if there were no model: the rules alone
    #[arg(long)]
    pub no_model: bool,
    /// One JSON document instead of tables
    #[arg(long)]
    pub json: bool,
    /// Print the first N texts that come out otherwise than their labels, one line of JSON each, to stderr
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub wrong: usize,
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Other rules than the configured ones
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

/// Rules and model are tuned on one half; the other says how well they do on texts nobody looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Half {
    Tuned,
    Other,
}

impl Half {
    /// The half a text belongs to, by the parity of the 64-bit FNV-1a hash of its id, written as JSON writes it.
    /// Source: <http://www.isthe.com/chongo/tech/comp/fnv/>, its high half folded onto the low.
    #[must_use]
    pub fn of(id: &Value) -> Self {
        let written = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let hash = written.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        if ((hash >> 32) ^ hash) & 1 == 0 { Self::Tuned } else { Self::Other }
    }
}

/// What a labelled line says beside its text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Labels {
    #[serde(deserialize_with = "sentiment")]
    pub(super) label_sentiment: Option<String>,
    pub(super) labels_category: Option<Vec<String>>,
    pub(super) cat_complete: Option<bool>,
    #[serde(deserialize_with = "severity")]
    pub(super) severity: Option<Severity>,
    /// How far `train` trusts it; without it as far as it trusts any label of its kind.
    #[serde(deserialize_with = "trust")]
    pub(super) trust: Option<f32>,
}

/// More would drown all other texts.
const MOST_TRUST: f32 = 10.0;

fn trust<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f32>, D::Error> {
    let trust = Option::<f32>::deserialize(deserializer)?;
    match trust {
        Some(trust) if !(0.0..=MOST_TRUST).contains(&trust) => Err(D::Error::custom(format!("trust goes from 0 to {MOST_TRUST}"))),
        trust => Ok(trust),
    }
}

const SENTIMENTS: [&str; 3] = ["neg", "pos", "neutral"];

fn sentiment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?;
    match word {
        Some(word) if !SENTIMENTS.contains(&word.as_str()) => Err(D::Error::custom(no_such_word("label_sentiment", &word, &SENTIMENTS))),
        word => Ok(word),
    }
}

fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Severity>, D::Error> {
    let Some(word) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let words: Vec<&str> = Severity::ALL.iter().map(|severity| severity.as_str()).collect();
    word.parse().map(Some).map_err(|_| D::Error::custom(no_such_word("severity", &word, &words)))
}

fn no_such_word(key: &str, word: &str, words: &[&str]) -> String {
    format!("`{key}` is \"{word}\", and should be one of {}, or null", words.join(", "))
}

impl Labels {
    pub(super) fn complaint(&self) -> Option<bool> {
        match self.label_sentiment.as_deref() {
            Some("neg") => Some(true),
            Some("pos") => Some(false),
            _ => None,
        }
    }

    pub(super) fn is_neutral(&self) -> bool {
        self.label_sentiment.as_deref() == Some("neutral")
    }

    pub(super) fn is_complete(&self) -> bool {
        self.cat_complete != Some(false)
    }
}

/// `configured` is the rules directory of the configuration, where there is one.
#[must_use]
pub fn run(args: &Args, configured: Option<&Path>) -> ExitCode {
    let dir = rules_dir(args.rules.as_deref(), configured);
    let judge = match if args.no_model { judge_without_model(&dir) } else { judge(&dir, &[], false) } {
        Ok(judge) => judge,
        Err(code) => return code,
    };
    let chosen = match chosen(args) {
        Ok(chosen) => chosen,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(UNUSABLE);
        }
    };
    let mut total = Figures::default();
    let mut left = args.wrong;
    for path in &args.files {
        let read = File::open(path).and_then(|file| eval(&judge, BufReader::new(file), &chosen, &mut total, &mut left, &mut io::stderr()));
        if let Err(error) = read {
            eprintln!("{}: {error}", path.display());
            return ExitCode::from(UNUSABLE);
        }
    }
    if args.json {
        println!("{:#}", total.json())
    } else {
        print!("{}", table::render(&total))
    }
    if total.invalid == 0 { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) }
}

/// Which texts are judged, and by which labels.
#[derive(Debug, Default)]
struct Chosen {
    half: Option<Half>,
    /// By the id as JSON writes it; none where the labels stand with the texts.
    labels: Option<HashMap<String, Labels>>,
}

impl Chosen {
    /// The labels of a text; none where it is not to be judged.
    fn labels(&self, line: &Line, own: Labels) -> Option<Labels> {
        if self.half.is_some_and(|half| half != Half::of(&line.id.value())) {
            return None;
        }
        match &self.labels {
            Some(labels) => labels.get(&line.id.value().to_string()).cloned(),
            None => Some(own),
        }
    }
}

fn chosen(args: &Args) -> Result<Chosen, String> {
    let known = labels_of_files(&args.labels)?;
    Ok(Chosen { half: args.half, labels: (!args.labels.is_empty()).then_some(known) })
}

/// Labels kept apart from their texts, by the id as JSON writes it.
pub(super) fn labels_of_files(paths: &[PathBuf]) -> Result<HashMap<String, Labels>, String> {
    let mut known = HashMap::new();
    for path in paths {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (id, labels) = labelled(line).map_err(|error| format!("{}:{}: {error}", path.display(), number + 1))?;
            if known.insert(id.clone(), labels).is_some() {
                return Err(format!("{}:{}: the id {id} is labelled twice", path.display(), number + 1));
            }
        }
    }
    Ok(known)
}

fn labelled(line: &str) -> Result<(String, Labels), String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let id = value.get("id").ok_or("there is no `id`")?.to_string();
    Ok((id, serde_json::from_value(value).map_err(|error| error.to_string())?))
}

/// A line with the labels that stand in it.
pub(super) fn labelled_line(bytes: &[u8]) -> Result<(Line, Labels), String> {
    Ok((Line::read(bytes)?, parsed(bytes)?))
}

/// Judges every chosen line of a labelled file and counts; `wrong` is how many differing texts may still be shown on `remarks`.
///
/// # Errors
/// When reading or writing fails.
fn eval(
    judge: &Judge,
    input: impl io::BufRead,
    chosen: &Chosen,
    figures: &mut Figures,
    wrong: &mut usize,
    remarks: &mut impl io::Write,
) -> io::Result<()> {
    for_each_line(input, |number, line| match line.and_then(labelled_line) {
        Ok((line, own)) => {
            let Some(labels) = chosen.labels(&line, own) else { return Ok(()) };
            let verdict = judge.outcome(&line.subject(), true);
            let differs = figures.add(&labels, &verdict);
            if differs && *wrong > 0 {
                *wrong -= 1;
                writeln!(remarks, "{}", difference(&line, &labels, &verdict))?;
            }
            Ok(())
        }
        Err(message) => {
            figures.invalid += 1;
            writeln!(remarks, "line {number}: {message}")
        }
    })
}

fn difference(line: &Line, labels: &Labels, verdict: &Verdict) -> Value {
    serde_json::json!({
        "id": line.id.value(),
        "text": line.text,
        "labels": { "complaint": labels.complaint(), "categories": labels.labels_category, "severity": labels.severity },
        "found": {
            "complaint": verdict.complaint,
            "sentiment": verdict.sentiment,
            "categories": verdict.categories.iter().map(|category| &category.category).collect::<Vec<_>>(),
            "severity": verdict.severity,
            "rules": verdict.reasons.iter().map(|reason| format!("{} {}", reason.effect, reason.rule)).collect::<Vec<_>>(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::rule::RuleSet;

    #[test]
    fn unknown_labels_are_not_counted() {
        let judge = Judge::new(RuleSet::default(), &[]);
        let lines = concat!(
            "{\"text\": \"a\", \"label_sentiment\": \"neg\", \"labels_category\": [\"logistics\"], \"severity\": \"high\"}\n",
            "{\"text\": \"b\", \"label_sentiment\": \"neutral\", \"labels_category\": null}\n",
            "{\"text\": \"c\", \"label_sentiment\": null, \"labels_category\": []}\n",
            "nonsense\n",
        );
        let (mut figures, mut wrong, mut remarks) = (Figures::default(), 5, Vec::new());
        eval(&judge, lines.as_bytes(), &Chosen::default(), &mut figures, &mut wrong, &mut remarks).expect("memory does not fail");
        assert_eq!((figures.texts, figures.invalid, wrong), (3, 1, 4));
        assert_eq!(figures.complaint.total(), 1);
        assert_eq!(figures.categories["logistics"].missed, 1);
        assert_eq!(figures.severity.total(), 1);
        assert!(String::from_utf8_lossy(&remarks).contains("line 4: "));
    }

    #[test]
    fn labels_that_are_no_words_of_theirs_are_lines_that_are_not_valid() {
        let fault = |line: &str| labelled_line(line.as_bytes()).err().unwrap_or_default();
        let angry = fault("{\"text\": \"late\", \"label_sentiment\": \"angry\"}");
        assert!(angry.starts_with("`label_sentiment` is \"angry\", and should be one of neg, pos, neutral, or null"), "{angry}");
        let awful = fault("{\"text\": \"late\", \"severity\": \"awful\"}");
        assert!(awful.starts_with("`severity` is \"awful\", and should be one of none, low, medium, high, critical, or null"), "{awful}");
        assert_eq!(fault("{\"text\": \"late\", \"label_sentiment\": null, \"severity\": null}"), "");
        assert!(labelled("{\"id\": 1, \"label_sentiment\": \"angry\"}").is_err());
    }

    #[test]
    fn labels_kept_apart_choose_the_texts_and_a_half_parts_them() {
        let judge = Judge::new(RuleSet::default(), &[]);
        let lines: String = (0..100).map(|id| format!("{{\"id\": \"t:{id}\", \"text\": \"a\", \"label_sentiment\": \"neg\"}}\n")).collect();
        let count = |chosen: &Chosen| {
            let mut figures = Figures::default();
            eval(&judge, lines.as_bytes(), chosen, &mut figures, &mut 0, &mut Vec::new()).expect("memory does not fail");
            (figures.texts, figures.severity.total())
        };
        let (id, labels) = labelled("{\"id\": \"t:7\", \"severity\": \"low\"}").expect("it is labelled");
        assert_eq!(count(&Chosen { half: None, labels: Some(HashMap::from([(id, labels)])) }), (1, 1));
        let [tuned, other] = [Half::Tuned, Half::Other].map(|half| count(&Chosen { half: Some(half), labels: None }).0);
        assert_eq!(tuned + other, 100);
        assert!((30..=70).contains(&tuned), "{tuned}");
        assert!(labelled("{\"severity\": \"low\"}").is_err());
    }
}
