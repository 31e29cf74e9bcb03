//! A verdict by names alone: what files of texts need. The names are the judge's own, so a reason costs nothing but its place in a list;
//! places, notes and the model's own word cost more than all the rest.

use super::subject::Language;
use crate::model::{CategoryScore, Effect, Reason, Severity, Verdict};

/// A verdict without places and notes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome<'a> {
    pub brands: Vec<String>,
    /// As in a verdict.
    pub spared: Vec<String>,
    pub complaint: bool,
    /// -1 (worst) to 1 (best).
    pub sentiment: f64,
    /// Strongest first.
    pub categories: Vec<Score<'a>>,
    pub severity: Severity,
    pub lang: Language<'a>,
    /// In the order of the arithmetic.
    pub reasons: Vec<Ground<'a>>,
}

/// A category with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score<'a> {
    pub category: &'a str,
    pub score: f64,
}

/// One rule's part in a verdict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground<'a> {
    /// The rule's id, or what the model speaks of.
    pub rule: &'a str,
    pub category: Option<&'a str>,
    pub weight: f64,
    pub effect: Effect,
}

impl Outcome<'_> {
    /// As a verdict, its reasons by their names, without the model's own word.
    #[must_use]
    pub fn verdict(self, rule_set: &str) -> Verdict {
        let Self { brands, spared, complaint, sentiment, categories, severity, lang, reasons } = self;
        Verdict {
            brands,
            spared,
            complaint,
            sentiment,
            categories: categories.iter().map(Score::owned).collect(),
            severity,
            lang: lang.name().to_owned(),
            reasons: reasons.into_iter().map(Ground::reason).collect(),
            rule_set: rule_set.to_owned(),
            tone: None,
        }
    }
}

impl Score<'_> {
    pub(super) fn owned(&self) -> CategoryScore {
        CategoryScore { category: self.category.to_owned(), score: self.score }
    }
}

impl Ground<'_> {
    pub(super) fn reason(self) -> Reason {
        Reason { effect: self.effect, ..Reason::named(self.rule.to_owned(), self.category, self.weight) }
    }
}
