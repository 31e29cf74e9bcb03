//! The tone: a small linear model that reads what no list of words holds.
//!
//! Every feature of the folded text (`features.rs`) that the model knows has a row of small whole numbers, one for each head, and a head's
//! answer is
//!
//! ```text
//! logit = scale * (sum of its numbers over the features) / sqrt(features) + bias        probability = 1 / (1 + e^-logit)
//! ```
//!
//! Heads: `complaint`; `>=low`, `>=medium`, `>=high`, `>=critical`; one for each category. The table lies in one file, `tone.model` in the
//! rules directory (`format.rs`), made by `hearken train` (`train.rs`); it holds numbers only, nobody's text.

pub mod blend;
mod features;
mod format;
mod loudest;
mod memory;
mod sums;
mod symbols;
mod table;
pub mod train;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use self::blend::Blend;
pub use self::format::{Damage, FILE, load};
pub(super) use self::format::{read, told};
use self::memory::Memory;
use self::sums::Sums;
use self::table::Table;
use crate::model::Severity;

/// The model that comes with Hearken, in the binary: for the demo.
pub const SHIPPED: &[u8] = include_bytes!("../../../rules/tone.model");

/// Numbers of a row: one sixteen-byte load.
pub const LANES: usize = 16;
/// Heads a row has room for.
pub const HEADS: usize = LANES;
pub const COMPLAINT: usize = 0;
/// The heads `>=low` to `>=critical`.
pub const AT_LEAST: usize = 1;
/// The first category.
pub const CATEGORIES: usize = 5;
/// The languages that have no blend of their own.
pub const OTHERS: &str = "";
/// Categories a model has room for.
pub const MOST_CATEGORIES: usize = HEADS - CATEGORIES;

thread_local! {
    static MEMORY: Cell<Memory> = Cell::default();
}

type Row = [i8; LANES];
/// One answer for each head.
pub type Answers = [f32; LANES];

/// A model, ready.
#[derive(Clone, Debug, PartialEq)]
pub struct Tone {
    table: Table,
    scales: Answers,
    biases: Answers,
    /// Names of the categories, in the order of their heads, and of what it says of them: `tone.CATEGORY`.
    categories: Vec<String>,
    topics: Vec<String>,
    /// How many texts of each language taught the complaint head; `zh` is both scripts, which are one once folded.
    lessons: BTreeMap<String, u32>,
    /// How far its word goes beside the rules, by language; `OTHERS` for those that are not named.
    blends: BTreeMap<String, Blend>,
    /// Of its meaning; part of the rule set's hash.
    pub hash: String,
    pub file: PathBuf,
}

/// What the model says of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    logits: Answers,
    /// How many features the text has; without any the model says nothing.
    features: usize,
}

/// A piece of the text with what it adds to a logit.
#[derive(Clone, Debug, PartialEq)]
pub struct Strong {
    pub place: Range<usize>,
    pub weight: f32,
}

impl Tone {
    #[must_use]
    pub fn categories(&self) -> &[String] {
        &self.categories
    }

    /// By what name it speaks for each category.
    pub(super) fn topics(&self) -> &[String] {
        &self.topics
    }

    /// How far its word counts in a language, from 0 to 1: it learnt much of some and nothing of others.
    #[must_use]
    pub fn fluency(&self, lang: &str) -> f64 {
        /// As many lessons make it half fluent.
        const HALF: f64 = 1000.0;
        let lessons = self.lessons.get(primary(lang)).copied().map_or(0.0, f64::from);
        lessons / (lessons + HALF)
    }

    /// The group of languages whose blend a text is judged by: one of `groups`, or `OTHERS`.
    #[must_use]
    pub fn group<'a>(groups: &[&'a str], lang: &str) -> &'a str {
        groups.iter().find(|group| **group == primary(lang)).copied().unwrap_or(OTHERS)
    }

    /// How far its word goes in a language.
    #[must_use]
    pub fn blend(&self, lang: &str) -> Blend {
        self.blends.get(primary(lang)).or_else(|| self.blends.get(OTHERS)).cloned().unwrap_or_default()
    }

    pub fn set_blend(&mut self, group: &str, blend: Blend) {
        self.blends.insert(group.to_owned(), blend);
    }

    /// The same, heard as far as `other` is.
    #[must_use]
    pub fn heard_as(self, other: &Self) -> Self {
        Self { blends: other.blends.clone(), ..self }
    }

    /// Reads the parts of a text (title, text), folded.
    #[must_use]
    pub fn read<'a>(&self, parts: impl Iterator<Item = &'a str>) -> Reading {
        let mut memory = MEMORY.take();
        let mut sums = Sums::new(&self.table, &mut memory);
        for part in parts {
            features::each(part, &mut sums);
        }
        let (sums, features) = sums.end();
        MEMORY.set(memory);
        if features == 0 {
            return Reading::default();
        }
        let norm = norm(features);
        let mut logits = [0.0; LANES];
        for (lane, logit) in logits.iter_mut().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "sums stay below 127 times the features of a text")]
            let sum = sums[lane] as f32;
            *logit = sum * self.scales[lane] * norm + self.biases[lane];
        }
        Reading { logits, features }
    }
}

impl Reading {
    #[must_use]
    pub fn complaint(&self) -> f32 {
        self.logits[COMPLAINT]
    }

    /// The logit of a severity of at least this; above 0 for certain where it is `none`.
    #[must_use]
    pub fn at_least(&self, severity: Severity) -> f32 {
        match severity {
            Severity::None => f32::INFINITY,
            other => self.logits[AT_LEAST + other as usize - 1],
        }
    }

    #[must_use]
    pub fn category(&self, number: usize) -> f32 {
        self.logits[CATEGORIES + number]
    }

    #[must_use]
    pub const fn features(&self) -> usize {
        self.features
    }
}

fn topics(categories: &[String]) -> Vec<String> {
    categories.iter().map(|category| format!("tone.{category}")).collect()
}

/// `zh` of `zh-Hant`.
fn primary(lang: &str) -> &str {
    lang.split('-').next().unwrap_or(lang)
}

/// A logit as a probability.
#[must_use]
pub fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

fn norm(features: usize) -> f32 {
    1.0 / count(features).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "a text has some thousand features at most")]
const fn count(number: usize) -> f32 {
    if number == 0 { 1.0 } else { number as f32 }
}

#[cfg(test)]
mod tests;
