//! One verdict of several: of the whole text, and of what it says of each brand where it names more than one.
//!
//! A complaint about one brand stays one beside praise for another, and is as bad as by itself. Whom the text blames comes first among its
//! brands, and whom it clearly praises meanwhile is spared: they are named, and nobody is told on their account. What cannot be parted
//! is left as the whole text has it.

use super::classify::{Arithmetic, CLEAR_PRAISE};
use super::outcome::{Outcome, Score};
use super::sentiment::{Feeling, value};
use crate::model::{CategoryScore, Severity, Verdict};

/// What a verdict comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gist {
    pub complaint: bool,
    pub severity: Severity,
    /// From -1 to 1.
    pub sentiment: f64,
}

impl Gist {
    /// Whether somebody is to be told of it: harm in any tone.
    #[must_use]
    pub fn blames(&self) -> bool {
        self.complaint || self.severity == Severity::Critical
    }

    fn praises(&self) -> bool {
        !self.blames() && self.sentiment >= value(CLEAR_PRAISE)
    }
}

/// What a text says of one of the brands it names.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub brand: String,
    pub gist: Gist,
    /// None where only the outcome was asked for.
    pub feeling: Option<Feeling>,
    /// Named, and not complained of.
    pub spared: bool,
}

/// A verdict in one of its forms.
pub(super) trait Told: Sized {
    /// Whether it is told by names alone, without all the places.
    const BY_NAMES: bool;

    fn gist(&self) -> Gist;

    fn feeling(&self) -> Option<Feeling>;

    /// Takes over what a part of the text has that is worse.
    fn take(&mut self, part: Self);

    /// Brands in this order; some of them spared.
    fn name(&mut self, brands: Vec<String>, sides: Vec<Side>);

    fn brands(&self) -> &[String];

    /// Keeps, for those who want to see it, what was passed over.
    fn pass_over(&mut self, _said: Vec<String>) {}
}

/// The verdict of the whole with those of its parts.
pub(super) fn settled<T: Told>(mut whole: T, parts: Vec<(String, T)>) -> T {
    let mut sides: Vec<Side> = parts
        .iter()
        .map(|(brand, part)| Side { brand: brand.clone(), gist: part.gist(), feeling: part.feeling(), spared: false })
        .collect();
    let any_blamed = sides.iter().any(|side| side.gist.blames());
    if any_blamed {
        sides.iter_mut().for_each(|side| side.spared = side.gist.praises());
    }
    let blamed = |name: &String| sides.iter().any(|side| side.brand == *name && side.gist.blames());
    let (mut brands, others): (Vec<String>, Vec<String>) = whole.brands().iter().cloned().partition(blamed);
    brands.extend(others);
    for (_, part) in parts {
        if part.gist().blames() {
            whole.take(part);
        }
    }
    whole.name(brands, sides);
    whole
}

impl Told for Outcome<'_> {
    const BY_NAMES: bool = true;

    fn gist(&self) -> Gist {
        Gist { complaint: self.complaint, severity: self.severity, sentiment: self.sentiment }
    }

    fn feeling(&self) -> Option<Feeling> {
        None
    }

    fn take(&mut self, part: Self) {
        let leads = !self.complaint;
        self.complaint |= part.complaint;
        self.severity = self.severity.max(part.severity);
        self.sentiment = self.sentiment.min(part.sentiment);
        self.categories = together(std::mem::take(&mut self.categories), part.categories);
        self.reasons = both(std::mem::take(&mut self.reasons), part.reasons, leads, |one, other| {
            one.rule == other.rule && one.category == other.category
        });
    }

    fn name(&mut self, brands: Vec<String>, sides: Vec<Side>) {
        self.brands = brands;
        self.spared = spared(sides);
    }

    fn brands(&self) -> &[String] {
        &self.brands
    }
}

impl Told for (Verdict, Arithmetic) {
    const BY_NAMES: bool = false;

    fn gist(&self) -> Gist {
        Gist { complaint: self.0.complaint, severity: self.0.severity, sentiment: self.0.sentiment }
    }

    fn feeling(&self) -> Option<Feeling> {
        Some(self.1.feeling)
    }

    fn take(&mut self, (part, _): Self) {
        let verdict = &mut self.0;
        let leads = !verdict.complaint;
        verdict.complaint |= part.complaint;
        verdict.severity = verdict.severity.max(part.severity);
        verdict.sentiment = verdict.sentiment.min(part.sentiment);
        verdict.categories = together(std::mem::take(&mut verdict.categories), part.categories);
        verdict.reasons = both(std::mem::take(&mut verdict.reasons), part.reasons, leads, |one, other| {
            one.rule == other.rule && one.category == other.category
        });
    }

    fn name(&mut self, brands: Vec<String>, sides: Vec<Side>) {
        self.0.brands = brands;
        self.0.spared = spared(sides.clone());
        self.1.sides = sides;
    }

    fn pass_over(&mut self, said: Vec<String>) {
        self.1.passed_over = said;
    }

    fn brands(&self) -> &[String] {
        &self.0.brands
    }
}

fn spared(sides: Vec<Side>) -> Vec<String> {
    sides.into_iter().filter(|side| side.spared).map(|side| side.brand).collect()
}

/// A category with its points.
trait Scored {
    fn name(&self) -> &str;
    fn points(&self) -> f64;
    fn raise(&mut self, points: f64);
}

impl Scored for Score<'_> {
    fn name(&self) -> &str {
        self.category
    }

    fn points(&self) -> f64 {
        self.score
    }

    fn raise(&mut self, points: f64) {
        self.score = self.score.max(points);
    }
}

impl Scored for CategoryScore {
    fn name(&self) -> &str {
        &self.category
    }

    fn points(&self) -> f64 {
        self.score
    }

    fn raise(&mut self, points: f64) {
        self.score = self.score.max(points);
    }
}

/// The categories of both, each with its higher score, the strongest first.
fn together<C: Scored>(mut all: Vec<C>, more: Vec<C>) -> Vec<C> {
    for one in more {
        match all.iter_mut().find(|other| other.name() == one.name()) {
            Some(other) => other.raise(one.points()),
            None => all.push(one),
        }
    }
    all.sort_by(|left, right| right.points().total_cmp(&left.points()).then_with(|| left.name().cmp(right.name())));
    all
}

/// The reasons of both, each once; those of the part first where it `leads`.
fn both<R>(whole: Vec<R>, part: Vec<R>, leads: bool, same: impl Fn(&R, &R) -> bool) -> Vec<R> {
    let (mut first, second) = if leads { (part, whole) } else { (whole, part) };
    for reason in second {
        if !first.iter().any(|other| same(other, &reason)) {
            first.push(reason);
        }
    }
    first
}
