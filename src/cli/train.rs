//! `hearken train LABELLED.jsonl... --out FILE`: learns a model from labelled texts, or on top of one that is there (`--from`).
//!
//! A model that is there is never lost: it is kept beside the new one, and both are compared on the texts (`train/compared.rs`). A few texts
//! make no model of their own, and one that fails examples of the rules is not written: both only where `--force` says so.
//!
//! Lines are those of `eval`, with their labels on the line or apart (`--labels`, which go before the line's own). What is not known is
//! not learnt: a text may be labelled for its complaint alone, for some categories (`"cat_complete": false`), or for its severity.
//! `"trust"` on a line says how much it counts (a label on a line counts 1, one that stands apart 3).
//! With `--weak` the rules fill in what nobody labelled, as far as they are sure, and with little trust; and how far the model is heard
//! beside them is found on labels held back from it (`train/tune.rs`).

mod compared;
mod place;
mod tune;

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::classify::for_each_line;
use super::eval::{Half, Labels, labelled_line, labels_of_files};
use super::judging::{FINDINGS, UNUSABLE, judge_without_model, print, rules_dir};
use super::line::Line;
use crate::decide::Judge;
use crate::decide::fold::fold;
use crate::decide::lang::detect;
use crate::decide::tone::train::{Options, School, UNKNOWN};
use crate::decide::tone::{AT_LEAST, Answers, CATEGORIES, COMPLAINT, FILE, LANES, MOST_CATEGORIES, Tone};
use crate::model::{Severity, Verdict};

/// A label that somebody read; one that stands with a text may follow from stars.
const TRUST_READ: f32 = 3.0;
const TRUST_GIVEN: f32 = 1.0;
/// What the rules say.
const TRUST_WEAK: f32 = 0.3;
/// Fewer texts make no model that could stand by itself: as many make the model half fluent in a language (`Tone::fluency`), and with fewer it
/// overrules what it never learnt anything of.
const LEAST_TEXTS: usize = 1_000;
/// Failing examples that are shown.
const EXAMPLES_SHOWN: usize = 5;
/// From this score of the rules on a category is taken for there.
const SURE_SCORE: f64 = 1.5;

/// Learn a model of tone, categories and severity from labelled JSON Lines, as `eval` reads them.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Args {
    #[arg(required = true, value_name = "LABELLED.jsonl")]
    pub(super) files: Vec<PathBuf>,
    /// Labels kept apart from the texts: lines of {"id", "label_sentiment", "labels_category", "severity"}; they go before a text's own
    #[arg(long, value_name = "FILE.jsonl")]
    pub(super) labels: Vec<PathBuf>,
    /// Only this half of the texts, told apart by their ids
    #[arg(long, value_name = "HALF")]
    pub(super) half: Option<Half>,
    /// Let the rules label what nobody did, where they are sure
    #[arg(long)]
    pub(super) weak: bool,
    /// Learn on top of this model: for a company's own cases, of which there are never enough for a model
    #[arg(long, value_name = "FILE")]
    pub(super) from: Option<PathBuf>,
    /// Write it although it learnt from few texts, or fails examples of the rules that held before
    #[arg(long)]
    pub(super) force: bool,
    /// Where the model goes; `tone.model` in the rules directory is the one in force
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Other rules than the configured ones, for --weak
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Option<PathBuf>,
}

/// `configured` is the rules directory of the configuration, where there is one.
#[must_use]
pub(super) fn run(args: &Args, configured: Option<&Path>) -> ExitCode {
    let dir = rules_dir(args.rules.as_deref(), configured);
    let judge = match args.weak.then(|| judge_without_model(&dir)).transpose() {
        Ok(judge) => judge,
        Err(code) => return code,
    };
    match train(args, judge.as_ref(), &dir) {
        Ok(invalid) if invalid > 0 => ExitCode::from(FINDINGS),
        Ok(_) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(UNUSABLE)
        }
    }
}

const UNLABELLED: &str = "no text with a label was found: a line is `{\"id\": \"1\", \"text\": \"...\", \"label_sentiment\": \"neg\"}` (or `pos`, `neutral`), and may have \
`labels_category` (a list) and `severity` beside it, as `hearken export labels` writes them";

/// Learns and writes; how many lines were not valid.
fn train(args: &Args, judge: Option<&Judge>, rules: &Path) -> Result<usize, String> {
    let base = args.from.as_deref().map(base).transpose()?;
    let mut class = Class { labels: labels_of_files(&args.labels)?, half: args.half, judge, base, texts: Vec::new(), invalid: 0 };
    for path in &args.files {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        class.read(path, BufReader::new(file)).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let categories = class.categories()?;
    let few = class.texts.len() < LEAST_TEXTS && class.base.is_none() && !args.force;
    if few {
        return Err(format!(
            "{} texts are too few for a model: with fewer than {LEAST_TEXTS} it overrules what it knows nothing of.\n\
             Learn on top of the one that is there: `--from {}`. `--force` writes it all the same.",
            class.texts.len(),
            rules.join(FILE).display()
        ));
    }
    let before = place::read(&args.out)?.or_else(|| class.base.clone());
    let shown = io::stderr().is_terminal();
    let progress = |round: usize, rounds: usize, loss: f32| {
        if shown {
            eprint!("\rround {round} of {rounds}, mean loss {loss:.4}");
            let _ = io::stderr().flush();
        }
    };
    let reminders = Reminders::of(&class, rules);
    let (mut tone, texts) = learn(&class, &categories, &reminders, |_| true, progress).ok_or(UNLABELLED)?;
    if shown {
        eprintln!();
    }
    if judge.is_some() && class.base.is_none() {
        for (group, blend) in tune::blends(&class, &categories, || judge_without_model(rules).ok()) {
            tone.set_blend(&group, blend);
        }
        tone = tone.rewritten();
    }
    if rules.is_dir() {
        compare(args, &class, (before.as_ref(), &tone), rules, |wanted: &dyn Fn(usize) -> bool| {
            let learnt = learn(&class, &categories, &reminders, wanted, |_, _, _| {}).map(|(tone, _)| tone);
            // How far it is heard is known of the whole alone.
            learnt.map(|part| part.heard_as(&tone))
        })?;
    }
    let bytes = tone.to_bytes();
    let kept = place::write(&args.out, &bytes)?;
    eprintln!("learnt from {texts} texts: {} ({} bytes, {})", args.out.display(), bytes.len(), tone.hash);
    if let Some(kept) = kept {
        eprintln!("the model that stood there is kept as {}", kept.display());
    }
    Ok(class.invalid)
}

fn base(path: &Path) -> Result<Tone, String> {
    place::read(path)?.ok_or_else(|| format!("{}: there is no model", path.display()))
}

/// Says what becomes of the texts and of the rules' examples.
///
/// # Errors
/// Examples that held before and fail now, unless that is meant.
fn compare(
    args: &Args,
    class: &Class<'_>,
    (before, new): (Option<&Tone>, &Tone),
    rules: &Path,
    learn: impl Fn(&dyn Fn(usize) -> bool) -> Option<Tone>,
) -> Result<(), String> {
    let mut judge = judge_without_model(rules).map_err(|_| format!("the rules in {} cannot be used", rules.display()))?;
    compared::table(&mut judge, class, before, learn).into_iter().for_each(|table| eprintln!("{table}"));
    let examples = compared::examples(&mut judge, before, new);
    let held = |failing: usize| examples.run - failing.min(examples.run);
    let failing = examples.failing.len();
    eprintln!("examples of the rules that hold: {} before, {} of {} now", held(examples.failed_before), held(failing), examples.run);
    if failing > examples.failed_before && !args.force {
        print(&examples.failing[..failing.min(EXAMPLES_SHOWN)]);
        return Err(format!(
            "With this model {failing} examples of the rules fail, {} did before: nothing was written, for a running daemon would refuse it.\n\
             Label more texts like those, or mend the labels; `--force` writes it all the same.",
            examples.failed_before
        ));
    }
    Ok(())
}

/// Texts of the rules whose reading is to stay as it is, folded; none where a model learns from nothing.
struct Reminders(Vec<String>);

impl Reminders {
    fn of(class: &Class<'_>, rules: &Path) -> Self {
        let found = (class.base.is_some() && rules.is_dir()).then(|| judge_without_model(rules).ok()).flatten();
        let rules = found.iter().flat_map(|judge| &judge.rules().rules);
        Self(rules.flat_map(|rule| &rule.examples).map(|example| fold(&example.text).text().to_owned()).collect())
    }
}

/// A model of the texts whose numbers are wanted, and of how many something is known; none where nothing is.
fn learn(
    class: &Class<'_>,
    categories: &[String],
    reminders: &Reminders,
    wanted: impl Fn(usize) -> bool,
    progress: impl FnMut(usize, usize, f32),
) -> Option<(Tone, usize)> {
    let mut school = School::default();
    for (_, text) in class.texts.iter().enumerate().filter(|(number, _)| wanted(*number)) {
        let (targets, trust) = class.targets(text, categories);
        let parts = [text.line.title.as_deref(), text.line.text.as_deref()].map(|part| fold(part.unwrap_or_default()));
        school.add(&text.source, &text.lang, parts.iter().map(crate::decide::fold::Folded::text), targets, trust);
    }
    let texts = school.len();
    if texts == 0 {
        return None;
    }
    let tone = match &class.base {
        Some(base) => {
            reminders.0.iter().for_each(|text| school.remind(base, text));
            school.learn_further(base, categories, &Options::default(), progress)
        }
        None => school.learn(categories, &Options::default(), progress),
    };
    Some((tone, texts))
}

struct Text {
    line: Line,
    lang: String,
    source: String,
    given: Labels,
    read: Option<Labels>,
    /// What the rules say of it, with `--weak`.
    verdict: Option<Verdict>,
}

/// Everything that is to be learnt from.
struct Class<'a> {
    labels: HashMap<String, Labels>,
    half: Option<Half>,
    judge: Option<&'a Judge>,
    /// What is learnt on top of.
    base: Option<Tone>,
    texts: Vec<Text>,
    invalid: usize,
}

impl Class<'_> {
    fn read(&mut self, path: &Path, input: impl io::BufRead) -> io::Result<()> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        for_each_line(input, |number, line| {
            match line.and_then(labelled_line) {
                Ok((line, given)) if self.half.is_none_or(|half| half == Half::of(&line.id.value())) => self.take(&name, line, given),
                Ok(_) => {}
                Err(message) => {
                    self.invalid += 1;
                    eprintln!("{}, line {number}: {message}", path.display());
                }
            }
            Ok(())
        })
    }

    fn take(&mut self, name: &str, line: Line, given: Labels) {
        let read = self.labels.get(&line.id.value().to_string()).cloned();
        let verdict = self.judge.map(|judge| judge.outcome(&line.subject(), true));
        let source = line.source.clone().unwrap_or_else(|| name.to_owned());
        let lang = detect(line.text.as_deref().unwrap_or_default(), line.lang.as_deref()).to_owned();
        self.texts.push(Text { line, lang, source, given, read, verdict });
    }

    /// Every category that a label or a rule names, in order, behind those of the model that is learnt on top of.
    fn categories(&self) -> Result<Vec<String>, String> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for labels in self.texts.iter().flat_map(|text| text.read.iter().chain([&text.given])) {
            names.extend(labels.labels_category.iter().flatten().map(String::as_str));
        }
        if let Some(judge) = self.judge {
            names.extend(judge.rules().rules.iter().filter_map(|rule| rule.category()));
        }
        // Those of the model that is there keep their places.
        let own = self.base.as_ref().map(Tone::categories).unwrap_or_default();
        let mut all = own.to_vec();
        all.extend(names.into_iter().filter(|name| !own.iter().any(|own| own == name)).map(str::to_owned));
        if all.len() > MOST_CATEGORIES {
            return Err(format!("{} categories are more than a model holds ({MOST_CATEGORIES})", all.len()));
        }
        Ok(all)
    }

    /// What is known of a text, head by head, and how far it is to be trusted.
    fn targets(&self, text: &Text, categories: &[String]) -> (Answers, Answers) {
        let mut lesson = Lesson { targets: [UNKNOWN; LANES], trust: [0.0; LANES] };
        for (labels, trust) in text.read.iter().map(|read| (read, TRUST_READ)).chain([(&text.given, TRUST_GIVEN)]) {
            lesson.take(labels, categories, labels.trust.unwrap_or(trust));
        }
        if let Some(verdict) = &text.verdict {
            lesson.take_weak(verdict, categories);
        }
        (lesson.targets, lesson.trust)
    }
}

struct Lesson {
    targets: Answers,
    trust: Answers,
}

impl Lesson {
    /// The first to say something is heard.
    fn say(&mut self, lane: usize, yes: bool, trust: f32) {
        if self.targets[lane].is_nan() {
            self.targets[lane] = f32::from(u8::from(yes));
            self.trust[lane] = trust;
        }
    }

    fn say_severity(&mut self, severity: Severity, trust: f32) {
        for (number, level) in Severity::ALL.iter().skip(1).enumerate() {
            self.say(AT_LEAST + number, severity >= *level, trust);
        }
    }

    fn take(&mut self, labels: &Labels, categories: &[String], trust: f32) {
        if let Some(complaint) = labels.complaint() {
            self.say(COMPLAINT, complaint, trust);
        }
        if let Some(severity) = labels.severity {
            self.say_severity(severity, trust);
        }
        let Some(names) = &labels.labels_category else { return };
        for (number, category) in categories.iter().enumerate() {
            let named = names.contains(category);
            if named || labels.is_complete() {
                self.say(CATEGORIES + number, named, trust);
            }
        }
    }

    /// What the rules are sure of: a complaint they see nothing in may well be of something.
    fn take_weak(&mut self, verdict: &Verdict, categories: &[String]) {
        let complaint = self.targets[COMPLAINT];
        let sure_of_none = complaint < 0.5 && verdict.categories.is_empty();
        let may_complain = complaint.is_nan() || complaint >= 0.5;
        for (number, category) in categories.iter().enumerate() {
            let score = verdict.categories.iter().find(|score| score.category == *category).map_or(0.0, |score| score.score);
            if score >= SURE_SCORE && may_complain {
                self.say(CATEGORIES + number, true, TRUST_WEAK);
            } else if score == 0.0 && (sure_of_none || !verdict.categories.is_empty()) {
                self.say(CATEGORIES + number, false, TRUST_WEAK);
            }
        }
        if sure_of_none {
            self.say_severity(Severity::None, TRUST_WEAK);
        } else if complaint > 0.5 {
            self.say_severity(verdict.severity.max(Severity::Low), TRUST_WEAK);
        }
    }
}
