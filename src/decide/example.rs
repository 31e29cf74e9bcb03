//! The rules' own examples: which do not come out as they say, and why.

use super::classify::{Judge, Subject};
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
            let fate = judge.fate(number, &subject(rule, example));
            if (fate == Some(Fate::Fired)) != example.fires {
                problems.push(problem(rule, example, fate));
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

fn problem(rule: &Rule, example: &Example, fate: Option<Fate>) -> Problem {
    let said = if example.fires { "should fire and does not" } else { "should not fire and does" };
    let help = match fate {
        Some(Fate::Fired) => "Its words stand there: add a guard to `none`, or narrow the rule.",
        Some(Fate::Held(held)) => {
            return Problem::error(example.place.clone(), format!("an example of `{}` {said}", rule.id), held_help(held));
        }
        Some(Fate::Guarded) => "Its words stand inside one of its guards (`none`): shorten the guard.",
        None => "Its words are not there, are too far apart, or a condition (`all`, `rating`, `in`, `lang`) does not hold.",
    };
    Problem::error(example.place.clone(), format!("an example of `{}` {said}", rule.id), help)
}

fn held_help(held: super::held::Held) -> String {
    let effect = held.effect();
    format!("Its words stand there but are {effect}, so they do not count: write the whole phrase as a word of its own.")
}
