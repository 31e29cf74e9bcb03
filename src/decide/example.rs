//! The rules' own examples: which do not come out as they say, and why.

use super::classify::{Judge, Subject, Trial};
use super::firing::Fate;
use super::rule::{Example, Rule};
use crate::problem::Problem;

const STARS_MAX: f64 = 5.0;

/// How the examples come out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub holding: usize,
    /// At its place in the file, with the reason.
    pub failing: Vec<Problem>,
    /// Only a model can decide these, and there is none.
    pub not_run: usize,
}

impl Outcome {
    /// How many were run.
    #[must_use]
    pub const fn run(&self) -> usize {
        self.holding + self.failing.len()
    }
}

/// Runs them all.
#[must_use]
pub fn run(judge: &Judge) -> Outcome {
    let mut outcome = Outcome::default();
    for (number, rule) in judge.rules().rules.iter().enumerate() {
        for example in &rule.examples {
            let trial = judge.trial(number, &subject(rule, example));
            if trial.model_decides && judge.rules().tone.is_none() {
                outcome.not_run += 1;
            } else if (trial.fate == Some(Fate::Fired)) == example.fires {
                outcome.holding += 1;
            } else {
                outcome.failing.push(problem(rule, example, &trial));
            }
        }
    }
    outcome
}

/// A sentence on the examples that were not run; none where all were.
#[must_use]
pub fn not_run(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 example was not run: it needs a model, and there is none.".to_owned()),
        _ => Some(format!("{count} examples were not run: they need a model, and there is none.")),
    }
}

/// An example of a rule that is limited to a source, a language or an author is taken to be of it, unless it says otherwise.
fn subject<'a>(rule: &'a Rule, example: &'a Example) -> Subject<'a> {
    Subject {
        title: example.title.as_deref(),
        text: &example.text,
        rating: example.rating,
        rating_max: example.rating.map(|_| STARS_MAX),
        readers: example.readers,
        repeated: example.repeated,
        lang: example.lang.as_ref().or(rule.scope.langs.first()).map(String::as_str),
        source: example.source.as_ref().or(rule.scope.sources.first()).map(String::as_str),
        author: example.author.as_ref().or(rule.scope.authors.first()).map(String::as_str),
        brand: example.brand.as_deref(),
    }
}

fn problem(rule: &Rule, example: &Example, trial: &Trial) -> Problem {
    let said = if example.fires { "should fire and does not" } else { "should not fire and does" };
    let by_whom = if trial.model_decides { ", by the model's word" } else { "" };
    Problem::error(example.place.clone(), format!("an example of `{}` {said}{by_whom}", rule.id), help(trial))
}

fn help(trial: &Trial) -> String {
    let words = trial.words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match trial.fate {
        _ if trial.model_decides => help_of_model(trial, &words),
        Some(Fate::Fired) if words.is_empty() => "Its conditions alone make it fire: add words.".to_owned(),
        Some(Fate::Fired) => format!("It fires for {words}: add a guard to `none`, or narrow the rule."),
        Some(Fate::Held(held)) => {
            let effect = held.effect();
            format!("{words} is {effect} there, so it does not count: write the whole phrase as a word of its own.")
        }
        Some(Fate::Guarded) => format!("{words} stands inside one of its guards (`none`): shorten the guard."),
        None => {
            let lacks = trial.lacks.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let lacks = if lacks.is_empty() { "none of its words stands there".to_owned() } else { lacks };
            if words.is_empty() { format!("{}.", capital(&lacks)) } else { format!("{words} stands there, but {lacks}.") }
        }
    }
}

/// The words stand there either way: a model that learnt from other texts may turn the example over.
fn help_of_model(trial: &Trial, words: &str) -> String {
    let said = match trial.answers.as_slice() {
        [] => "the model finds nothing to read there".to_owned(),
        answers => answers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    };
    let remedy = "Take a plainer text, move the limit, or train the model on such texts.";
    if words.is_empty() { format!("{}. {remedy}", capital(&said)) } else { format!("{words} stands there, and {said}. {remedy}") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
