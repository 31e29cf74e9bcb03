//! `hearken eval FILE.jsonl...`: how well the rules do on labelled texts.
//!
//! A line is one of `classify` with labels:
//! - `labels_category`: a list ([] for none), or null where it is not known; with `"cat_complete": false` the list may lack some,
//!   so what is found beyond it is neither right nor wrong;
//! - `label_sentiment`: `neg` is a complaint, `pos` is none, `neutral` and null are left out;
//! - `severity`: left out where it is missing.
//!
//! Every text is judged, whether it names a brand or not.

mod figures;
mod table;

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::Value;

use self::figures::Figures;
use super::classify::{Line, for_each_line};
use super::judging::{FINDINGS, UNUSABLE, judge, rules_dir};
use crate::decide::Judge;
use crate::model::{Severity, Verdict};

/// Measure the rules on labelled JSON Lines: categories, complaints, severity.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    #[arg(required = true, value_name = "FILE.jsonl")]
    pub files: Vec<PathBuf>,
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

/// What a labelled line says beside its text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Labels {
    pub(super) label_sentiment: Option<String>,
    pub(super) labels_category: Option<Vec<String>>,
    pub(super) cat_complete: Option<bool>,
    pub(super) severity: Option<Severity>,
}

impl Labels {
    fn complaint(&self) -> Option<bool> {
        match self.label_sentiment.as_deref() {
            Some("neg") => Some(true),
            Some("pos") => Some(false),
            _ => None,
        }
    }

    fn is_complete(&self) -> bool {
        self.cat_complete != Some(false)
    }
}

/// `configured` is the rules directory of the configuration, where there is one.
#[must_use]
pub fn run(args: &Args, configured: Option<&Path>) -> ExitCode {
    let judge = match judge(&rules_dir(args.rules.as_deref(), configured), &[], false) {
        Ok(judge) => judge,
        Err(code) => return code,
    };
    let mut total = Figures::default();
    let mut left = args.wrong;
    for path in &args.files {
        let read = File::open(path).and_then(|file| eval(&judge, BufReader::new(file), &mut total, &mut left, &mut io::stderr()));
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

/// Judges every line of a labelled file and counts; `wrong` is how many differing texts may still be shown on `remarks`.
///
/// # Errors
/// When reading or writing fails.
fn eval(judge: &Judge, input: impl io::BufRead, figures: &mut Figures, wrong: &mut usize, remarks: &mut impl io::Write) -> io::Result<()> {
    for_each_line(input, |number, line| {
        let parsed = line.and_then(|bytes| {
            let line: Line = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
            let labels: Labels = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
            Ok((line, labels))
        });
        match parsed {
            Ok((line, labels)) => {
                let verdict = judge.judge_unbranded(&line.subject());
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
        }
    })
}

fn difference(line: &Line, labels: &Labels, verdict: &Verdict) -> Value {
    serde_json::json!({
        "id": line.id,
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
        let judge = Judge::new(RuleSet::default(), &[]).expect("no rules are few enough");
        let lines = concat!(
            "{\"text\": \"a\", \"label_sentiment\": \"neg\", \"labels_category\": [\"logistics\"], \"severity\": \"high\"}\n",
            "{\"text\": \"b\", \"label_sentiment\": \"neutral\", \"labels_category\": null}\n",
            "{\"text\": \"c\", \"label_sentiment\": null, \"labels_category\": []}\n",
            "nonsense\n",
        );
        let (mut figures, mut wrong, mut remarks) = (Figures::default(), 5, Vec::new());
        eval(&judge, lines.as_bytes(), &mut figures, &mut wrong, &mut remarks).expect("memory does not fail");
        assert_eq!((figures.texts, figures.invalid, wrong), (3, 1, 4));
        assert_eq!(figures.complaint.total(), 1);
        assert_eq!(figures.categories["logistics"].missed, 1);
        assert_eq!(figures.severity.total(), 1);
        assert!(String::from_utf8_lossy(&remarks).contains("line 4: "));
    }
}
