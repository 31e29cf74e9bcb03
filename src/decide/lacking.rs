//! What a rule still lacks in a text that holds some of its words: said to whoever asks why it did not fire.

use std::fmt;

use super::evaluate::{Context, in_scope};
use super::matching::{Entry, Role};
use super::rule::{Rule, Scope, Words};
use super::voice::Answer;

/// One thing that is not there.
#[derive(Clone, Debug, PartialEq)]
pub enum Lack {
    /// `rating`, `readers` or `repeated`.
    Condition(&'static str),
    /// The model says something else than the rule asks of it.
    Heard(Answer),
    /// The rule asks for the model's word, by this key, and there is none.
    Unheard(&'static str),
    Lang,
    Source,
    Brand,
    Author,
    /// One of these of `all`.
    All(Words),
    /// One of these, a group of `near`.
    Near(Words),
    /// All groups of `near` stand there: too far apart, in another order of clauses, or inside guards.
    TooFar(usize),
    /// Words of a condition stand there, no trigger does.
    Trigger,
}

/// Words shown of a list.
const MOST_WORDS: usize = 4;

impl fmt::Display for Lack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition(key) => write!(out, "`{key}` does not hold"),
            Self::Heard(answer) => answer.fmt(out),
            Self::Unheard(key) => write!(out, "`{key}` asks for the model's word, and there is none"),
            Self::Lang => write!(out, "the text is in another `lang`"),
            Self::Source => write!(out, "it comes from another `source`"),
            Self::Brand => write!(out, "it names another `brand`"),
            Self::Author => write!(out, "it is by another `author`"),
            Self::All(words) => write!(out, "`all` lacks {}", some(words)),
            Self::Near(words) => write!(out, "`near` lacks {}", some(words)),
            Self::TooFar(within) => {
                write!(out, "the words of `near` are more than {within} characters apart, or a clause ends between them")
            }
            Self::Trigger => write!(out, "none of `any`, `near` and `regex` stands there"),
        }
    }
}

fn some(words: &Words) -> String {
    let shown: Vec<&str> = words.iter().take(MOST_WORDS).map(AsRef::as_ref).collect();
    let rest = words.len().saturating_sub(MOST_WORDS);
    if rest > 0 { format!("one of {} and {rest} more", shown.join(", ")) } else { format!("one of {}", shown.join(", ")) }
}

/// Everything a rule lacks, from the entries that belong to it.
pub(super) fn lacks(rule: &Rule, entries: &[Entry], context: &Context<'_>) -> Vec<Lack> {
    let mut lacks = conditions(rule, context);
    lacks.extend(heard(rule, context));
    lacks.extend(places(&rule.scope, context));
    let has = |role: Role| entries.iter().any(|entry| entry.role == role);
    let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    let all = rule.all.iter().enumerate().filter(|(at, _)| !has(Role::All(narrow(*at))));
    lacks.extend(all.map(|(_, words)| Lack::All(Words::clone(words))));
    let triggered = has(Role::Any) || entries.iter().any(|entry| matches!(entry.role, Role::Near(_) | Role::Gate(_)));
    if rule.has_triggers() && !triggered {
        lacks.push(Lack::Trigger);
    }
    if !has(Role::Any) && entries.iter().any(|entry| matches!(entry.role, Role::Near(_))) {
        lacks.extend(near(rule, |at| has(Role::Near(narrow(at)))));
    }
    lacks
}

fn near(rule: &Rule, has: impl Fn(usize) -> bool) -> Vec<Lack> {
    let Some(near) = &rule.near else { return Vec::new() };
    let missing: Vec<Lack> =
        near.groups.iter().enumerate().filter(|(at, _)| !has(*at)).map(|(_, words)| Lack::Near(Words::clone(words))).collect();
    if missing.is_empty() { vec![Lack::TooFar(near.within)] } else { missing }
}

fn conditions(rule: &Rule, context: &Context<'_>) -> Vec<Lack> {
    let asked = |holds: bool, key: &'static str| (!holds).then_some(Lack::Condition(key));
    let rating = rule.rating.is_none_or(|rating| context.stars.is_some_and(|stars| rating.holds(stars)));
    let readers = rule.readers.is_none_or(|wanted| context.readers.is_some_and(|number| wanted.holds(number)));
    let repeated = rule.repeated.is_none_or(|wanted| context.repeated.is_some_and(|number| wanted.holds(number)));
    [asked(rating, "rating"), asked(readers, "readers"), asked(repeated, "repeated")].into_iter().flatten().collect()
}

fn heard(rule: &Rule, context: &Context<'_>) -> Vec<Lack> {
    match context.voice {
        _ if rule.asks.nothing() => Vec::new(),
        Some(voice) => voice.answers(&rule.asks).into_iter().filter(|answer| !answer.holds()).map(Lack::Heard).collect(),
        None => vec![Lack::Unheard(if rule.asks.tone.is_some() { "tone" } else { "suggests" })],
    }
}

fn places(scope: &Scope, context: &Context<'_>) -> Vec<Lack> {
    let alone = |scope: Scope, lack: Lack| (!in_scope(&scope, context)).then_some(lack);
    let Scope { langs, sources, brands, authors, .. } = scope.clone();
    [
        alone(Scope { langs, ..Scope::default() }, Lack::Lang),
        alone(Scope { sources, ..Scope::default() }, Lack::Source),
        alone(Scope { brands, ..Scope::default() }, Lack::Brand),
        alone(Scope { authors, ..Scope::default() }, Lack::Author),
    ]
    .into_iter()
    .flatten()
    .collect()
}
