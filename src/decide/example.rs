//! The rules' own examples: which do not come out as they say, and why.

use super::classify::{Judge, Subject, Trial};
use super::evaluate::Fate;
use super::rule::{Example, Rule};
use crate::problem::Problem;

const STARS_MAX: f64 = 5.0;

/// How many examples the rules hold.
#[must_use]
pub fn count(judge: &Judge) -> usize {
    judge.rules().rules.iter().map(|rule| rule.examples.len()).sum()
}

/// Every example that fails, at its place in the file, with the reason.
#[must_use]
pub fn failing(judge: &Judge) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, rule) in judge.rules().rules.iter().enumerate() {
        for example in &rule.examples {
            let trial = judge.trial(number, &subject(rule, example));
            if (trial.fate == Some(Fate::Fired)) != example.fires {
                problems.push(problem(rule, example, &trial));
            }
        }
    }
    problems
}

/// An example of a rule that is limited to a source or a language is taken to be in it.
fn subject<'a>(rule: &'a Rule, example: &'a Example) -> Subject<'a> {
    Subject {
        title: example.title.as_deref(),
        text: &example.text,
        rating: example.rating,
        rating_max: example.rating.map(|_| STARS_MAX),
        readers: example.readers,
        repeated: example.repeated,
        lang: rule.scope.langs.first().map(String::as_str),
        source: rule.scope.sources.first().map(String::as_str),
        ..Subject::default()
    }
}

fn problem(rule: &Rule, example: &Example, trial: &Trial) -> Problem {
    let said = if example.fires { "should fire and does not" } else { "should not fire and does" };
    Problem::error(example.place.clone(), format!("an example of `{}` {said}", rule.id), help(trial))
}

fn help(trial: &Trial) -> String {
    let words = trial.words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match trial.fate {
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

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
