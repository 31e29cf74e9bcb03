//! What was decided about a mention, with every reason.

use std::collections::BTreeMap;

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
    /// Every brand it names, those it blames before the others.
    pub brands: Vec<String>,
    /// Those of them it clearly praises while it blames others: named, and not complained of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spared: Vec<String>,
    pub complaint: bool,
    /// -1 (worst) to 1 (best).
    pub sentiment: f64,
    /// Strongest first.
    pub categories: Vec<CategoryScore>,
    pub severity: Severity,
    pub lang: String,
    /// Every rule that fired or was held back, in the order of the arithmetic.
    pub reasons: Vec<Reason>,
    /// Hash of the rules and the model it was judged by.
    pub rule_set: String,
    /// The model's own word; none without a model, and in verdicts stored before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<ToneReading>,
}

impl Verdict {
    /// The brands on whose account somebody is told.
    pub fn concerned(&self) -> impl Iterator<Item = &String> {
        self.brands.iter().filter(|brand| !self.spared.contains(brand))
    }

    /// The names of its categories, the strongest first.
    #[must_use]
    pub fn category_names(&self) -> Vec<String> {
        let mut scores: Vec<&CategoryScore> = self.categories.iter().collect();
        scores.sort_by(|one, other| other.score.total_cmp(&one.score));
        scores.into_iter().map(|score| score.category.clone()).collect()
    }
}

/// What the model says by itself, each as a probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToneReading {
    pub complaint: f64,
    /// Categories it would give, the surest first.
    pub suggested: Vec<CategoryScore>,
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
    /// What its rule speaks for: the severity of its category, or what it raises to. None of the model and of rules for the tone, and in
    /// verdicts stored before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    pub spans: Vec<Span>,
    /// What the customer complains of, for readers of a language that `notes` lacks.
    pub note: String,
    /// The same by language (`LANGUAGES`); verdicts stored before there were any have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<String, String>,
}

impl Reason {
    /// A reason that counts, without place and note.
    #[must_use]
    pub fn named(rule: String, category: Option<&str>, weight: f64) -> Self {
        Self {
            rule,
            file: String::new(),
            line: 0,
            category: category.map(str::to_owned),
            weight,
            effect: Effect::Counts,
            severity: None,
            spans: Vec::new(),
            note: String::new(),
            notes: BTreeMap::new(),
        }
    }

    /// The note as a reader of this language gets it.
    #[must_use]
    pub fn note_in(&self, language: &str) -> &str {
        self.notes.get(language).unwrap_or(&self.note)
    }

    /// Whether it speaks for a warning: praise counts too, but nobody is warned for it.
    #[must_use]
    pub fn complains(&self) -> bool {
        match self.effect {
            Effect::Raises => true,
            Effect::Counts if self.category.is_some() => self.weight > 0.0,
            Effect::Counts => self.weight < 0.0,
            _ => false,
        }
    }
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
    /// In a question.
    Asked,
    /// In a condition.
    Supposed,
    /// As what the author feared.
    Feared,
    /// As what others said.
    Quoted,
    /// Of another firm.
    Compared,
    /// In the title of a book or film.
    Titled,
    /// In mockery.
    Mocked,
    /// Of harm that is not put to the brand: averted, of others, or the subject of news.
    Elsewhere,
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
    Asked = "asked",
    Supposed = "supposed",
    Feared = "feared",
    Quoted = "quoted",
    Compared = "compared",
    Titled = "titled",
    Mocked = "mocked",
    Elsewhere = "elsewhere",
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

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str =
        r#"{"rule":"a.b","file":"a.toml","line":3,"category":null,"weight":1.0,"effect":"counts","spans":[],"note":"Late."}"#;

    #[test]
    fn a_reason_stored_without_notes_still_reads() {
        let reason: Reason = serde_json::from_str(STORED).expect("it reads");
        assert_eq!((reason.note_in("zh-TW"), reason.note_in("en")), ("Late.", "Late."));
        assert_eq!(serde_json::to_string(&reason).expect("it is written"), STORED);
    }

    #[test]
    fn a_note_is_in_the_readers_language_or_the_common_one() {
        let stored: Reason = serde_json::from_str(STORED).expect("it reads");
        let reason = Reason { notes: BTreeMap::from([("zh-TW".to_owned(), "太慢".to_owned())]), ..stored };
        assert_eq!((reason.note_in("zh-TW"), reason.note_in("zh-CN")), ("太慢", "Late."));
        let again: Reason = serde_json::from_str(&serde_json::to_string(&reason).expect("it is written")).expect("it reads");
        assert_eq!(again, reason);
    }
}
