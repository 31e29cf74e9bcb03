//! What a rule is, after it was read and checked.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::classify::LEAST_SCORE;
use super::pattern::{Expression, Outline};
use super::tone::Tone;
use crate::model::{Part, Severity};
use crate::problem::Place;

/// All rules of a directory.
#[derive(Debug, Default)]
pub struct RuleSet {
    pub rules: Vec<Rule>,
    /// The model beside them; without one the rules judge alone.
    pub tone: Option<Tone>,
    /// Stable over the order and the names of the files; changes with every change of a rule's meaning.
    pub hash: String,
}

/// Words any of which will do, folded, each once. Rules that name the same shared list share its words: the packs name some lists a
/// hundred times, and a copy for each was most of what loading them cost.
pub type Words = Arc<[Arc<str>]>;

/// One `[[rule]]`. It fires where one of its triggers (`any`, `near`, `regex`; `all` where there is none of them) stands
/// unguarded and every condition (`all`, `rating`, scope) holds; a rule without triggers fires on its conditions alone.
#[derive(Debug)]
pub struct Rule {
    pub id: String,
    pub kind: Kind,
    /// Weight in its category; for sentiment below 0 for blame, above 0 for praise, and 0 for blame that only matters where it is denied.
    pub weight: f64,
    pub any: Words,
    /// Each entry: one of these words must be there.
    pub all: Vec<Words>,
    pub none: Words,
    pub near: Option<Near>,
    pub patterns: Vec<Pattern>,
    pub rating: Option<Rating>,
    /// Of the source, a month.
    pub readers: Option<Count>,
    /// Earlier complaints of the same author.
    pub repeated: Option<Count>,
    pub asks: Asks,
    pub scope: Scope,
    /// Recorded, never counted.
    pub shadow: bool,
    pub note: String,
    /// The note by language.
    pub notes: BTreeMap<String, String>,
    pub file: PathBuf,
    /// From 1.
    pub line: u32,
    pub place: Place,
    pub examples: Vec<Example>,
}

/// What a rule does to the verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Category {
        category: String,
        severity: Severity,
    },
    /// `Raise` to at least, `Lower` to at most this.
    Raise(Severity),
    Lower(Severity),
    /// A step up, `high` at most.
    Worsen,
    Sentiment,
}

/// Words of blame from here on down are of harm, not of taste.
const GRAVE_BLAME: f64 = -2.5;

/// A word of each group, with at most `within` folded characters between neighbours and no end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    pub groups: Vec<Words>,
    pub within: usize,
}

/// A regular expression over the folded text.
#[derive(Debug)]
pub struct Pattern {
    pub regex: Expression,
    /// What stands in every match.
    pub outline: Outline,
}

/// A condition on the rating, on a scale that ends at five.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    pub compare: Compare,
    pub stars: f64,
}

/// A condition on a number of people or texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub compare: Compare,
    pub number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    AtMost,
    Below,
    AtLeast,
    Above,
    Equal,
}

/// What a rule asks of the model; without a model it does not get it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asks {
    pub tone: Option<ToneLimit>,
    /// Categories the model must suggest, all of them.
    pub suggests: Vec<String>,
}

/// A condition on the model's sentiment, from -1 (worst) to 1 (best).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToneLimit {
    pub compare: Compare,
    pub value: f64,
}

impl Asks {
    #[must_use]
    pub const fn nothing(&self) -> bool {
        self.tone.is_none() && self.suggests.is_empty()
    }
}

/// Where a rule looks; an empty list is no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub part: Option<Part>,
    /// `zh` covers `zh-Hant` and `zh-Hans`.
    pub langs: Vec<String>,
    pub sources: Vec<String>,
    pub brands: Vec<String>,
    /// Names of authors or parts of them, folded.
    pub authors: Vec<String>,
}

/// A text the author of the rule promises something about.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub title: Option<String>,
    pub text: String,
    /// Of five.
    pub rating: Option<f64>,
    pub readers: Option<u64>,
    pub repeated: Option<u64>,
    /// What is not said is what the rule asks for.
    pub lang: Option<String>,
    pub source: Option<String>,
    pub brand: Option<String>,
    pub author: Option<String>,
    pub fires: bool,
    pub place: Place,
}

/// Whether a language is in a list, which may name it with its script or without; none is too narrow for an empty list.
pub(super) fn is_in(langs: &[String], lang: &str) -> bool {
    let covers = |wanted: &String| lang == wanted || lang.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.starts_with('-'));
    langs.is_empty() || langs.iter().any(covers)
}

impl Compare {
    #[must_use]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::AtMost => value <= limit,
            Self::Below => value < limit,
            Self::AtLeast => value >= limit,
            Self::Above => value > limit,
            Self::Equal => (value - limit).abs() < 1e-9,
        }
    }
}

impl fmt::Display for ToneLimit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.compare {
            Compare::AtMost => "<=",
            Compare::Below => "<",
            Compare::AtLeast => ">=",
            Compare::Above => ">",
            Compare::Equal => "=",
        };
        write!(out, "{sign}{}", self.value)
    }
}

impl Rating {
    #[must_use]
    pub fn holds(self, stars: f64) -> bool {
        self.compare.holds(stars, self.stars)
    }
}

impl Count {
    #[must_use]
    pub const fn holds(self, number: u64) -> bool {
        match self.compare {
            Compare::AtMost => number <= self.number,
            Compare::Below => number < self.number,
            Compare::AtLeast => number >= self.number,
            Compare::Above => number > self.number,
            Compare::Equal => number == self.number,
        }
    }
}

impl Rule {
    #[must_use]
    pub const fn category(&self) -> Option<&str> {
        match &self.kind {
            Kind::Category { category, .. } => Some(category.as_str()),
            _ => None,
        }
    }

    /// What it speaks for, where that is a severity.
    pub(super) const fn severity(&self) -> Option<Severity> {
        match &self.kind {
            Kind::Category { severity, .. } | Kind::Raise(severity) => Some(*severity),
            Kind::Lower(_) | Kind::Worsen | Kind::Sentiment => None,
        }
    }

    /// Whether it speaks of what somebody has to hear of in any tone.
    pub(super) fn is_grave(&self) -> bool {
        match self.kind {
            Kind::Sentiment => self.weight <= GRAVE_BLAME,
            _ => self.severity().is_some_and(|severity| severity >= Severity::High),
        }
    }

    /// Whether it names words of blame that count for nothing where they stand: it is there for their being denied, which a model that reads
    /// pieces of words does not understand.
    pub(super) fn is_of_denials(&self) -> bool {
        self.kind == Kind::Sentiment && self.weight == 0.0
    }

    /// Whether a verdict by names alone is the same wherever it fires, and however often. Where it is not: words of sentiment are counted,
    /// what is grave or firmly blamed is compared with what stands around it, and what asks the model is read again without it.
    pub(super) fn one_place_will_do(&self) -> bool {
        let placed = match self.kind {
            Kind::Category { severity, .. } => {
                severity == Severity::Critical || (severity >= Severity::Medium && self.weight >= LEAST_SCORE)
            }
            Kind::Raise(severity) => severity == Severity::Critical,
            Kind::Lower(_) | Kind::Worsen => false,
            Kind::Sentiment => true,
        };
        self.shadow || (!placed && self.asks.nothing())
    }

    /// Whether some text must be found before it can fire.
    #[must_use]
    pub fn has_triggers(&self) -> bool {
        !self.any.is_empty() || self.near.is_some() || !self.patterns.is_empty()
    }
}
