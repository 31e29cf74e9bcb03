//! What was decided about a mention, with every reason.

use serde::{Deserialize, Serialize};

use super::words::words;

/// How bad it is. The order is the meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    #[default]
    None,
    Low,
    Medium,
    High,
    Critical,
}

words!(Severity {
    None = "none",
    Low = "low",
    Medium = "medium",
    High = "high",
    Critical = "critical",
});

/// The whole judgement of one text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub brands: Vec<String>,
    pub complaint: bool,
    /// -1 (worst) to 1 (best).
    pub sentiment: f64,
    /// Strongest first.
    pub categories: Vec<CategoryScore>,
    pub severity: Severity,
    pub lang: String,
    /// Every rule that fired or was held back, in the order of the arithmetic.
    pub reasons: Vec<Reason>,
    /// Hash of the rules it was judged by.
    pub rule_set: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoryScore {
    pub category: String,
    pub score: f64,
}

/// One rule's part in a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's id, as `logistics.late`.
    pub rule: String,
    pub file: String,
    /// 1-based line of the rule in `file`.
    pub line: u32,
    pub category: Option<String>,
    pub weight: f64,
    pub effect: Effect,
    pub spans: Vec<Span>,
    pub note: String,
}

/// What a reason did to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Its weight was added to its category.
    Counts,
    /// It raised the severity to at least its own.
    Raises,
    /// It lowered the severity to at most its own.
    Lowers,
    /// Its words stood there, negated.
    Negated,
    /// Its words stood inside one of its guards.
    Guarded,
    /// A rule in mode `shadow`: recorded, never counted.
    Shadow,
}

words!(Effect {
    Counts = "counts",
    Raises = "raises",
    Lowers = "lowers",
    Negated = "negated",
    Guarded = "guarded",
    Shadow = "shadow",
});

/// A place in the original text, in bytes, always on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    pub part: Part,
    pub start: usize,
    pub end: usize,
}

/// Which part of the item a span lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Title,
    Text,
}

words!(Part {
    Title = "title",
    Text = "text",
});
