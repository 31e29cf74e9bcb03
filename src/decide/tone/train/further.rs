//! Learning on top of a model that is there: a company's own cases move it, and do not replace it.
//!
//! Every weight begins where the model has it and learns as in `train.rs`, in steps that are short from the first one on (`FIRST_SLOPE`):
//! one text moves its own logit by about one, and a few hundred the words they have in common. What all texts have in common, the
//! biases, stays as it is: the cases that people answered are mostly complaints, and say nothing of how many texts complain.
//!
//! Beside the own texts stand others whose reading is to stay (`remind`), the examples of the rules: each is a lesson that says what the
//! model says of it already, and so errs only as far as the own texts have moved it. This is rehearsal by what the model itself answers
//! (Li and Hoiem, "Learning without Forgetting", 2016).

use std::collections::{BTreeMap, BTreeSet};

use super::super::table::{Table, fitting};
use super::super::{Answers, CATEGORIES, LANES, Row, Tone, features, norm, probability, topics};
use super::{Lesson, Options, School, UNKNOWN, Weights, quantised_row};

/// The sum of squared slopes that every weight begins with. A fresh model's is a ten thousandth: there the first text to have a feature
/// says everything of it, here it says a little.
const FIRST_SLOPE: f32 = 1.0;

/// How far a text that is to stay as it is pulls back: as much as a label that was given.
const REMINDED: f32 = 1.0;

/// The source of those texts, which no file has.
const REMINDERS: &str = "\u{0}";

impl School {
    /// A text of which `base` shall go on saying what it says. `part` is folded.
    pub fn remind(&mut self, base: &Tone, part: &str) {
        let mut found = Vec::new();
        features::each(part, &mut |hash, _| found.push(hash));
        if found.is_empty() {
            return;
        }
        let reading = base.read(std::iter::once(part));
        let heads = CATEGORIES + base.categories.len();
        let targets: Answers = std::array::from_fn(|lane| if lane < heads { probability(reading.logits[lane]) } else { UNKNOWN });
        let source = self.source(REMINDERS);
        self.lessons.push(Lesson { norm: norm(found.len()), features: found, targets, trust: [REMINDED; LANES], source });
    }

    /// Learns on top of `base`. `categories` are its own, in their order, and behind them those it does not know yet.
    #[must_use]
    pub fn learn_further(
        mut self,
        base: &Tone,
        categories: &[String],
        options: &Options,
        mut progress: impl FnMut(usize, usize, f32),
    ) -> Tone {
        let known = self.features_beside(base, options.least_texts);
        self.number(&known);
        let home: Vec<Answers> = known.iter().map(|hash| base.learnt(*hash)).collect();
        let mut weights = Weights {
            step: 0.0,
            paces: vec![1.0; known.len()],
            slopes: vec![[FIRST_SLOPE; LANES]; known.len()],
            rows: home.clone(),
            biases: base.biases,
            // No step is long enough to move them.
            bias_slopes: [f32::INFINITY; LANES],
        };
        let mean = self.taught(&mut weights, options, |weights| weights.shrink_towards(&home, options.decay), &mut progress);
        self.joined(base, &known, &mean, categories).rewritten()
    }

    /// The hashes that learn, in order: what the model knows, and what enough texts have.
    fn features_beside(&self, base: &Tone, least_texts: usize) -> Vec<u32> {
        let mut texts: BTreeMap<u32, usize> = BTreeMap::new();
        for lesson in &self.lessons {
            let own = usize::from(self.sources[lesson.source] != REMINDERS);
            for hash in lesson.features.iter().collect::<BTreeSet<_>>() {
                *texts.entry(*hash).or_default() += own;
            }
        }
        texts.into_iter().filter(|(hash, texts)| *texts >= least_texts || base.knows(*hash)).map(|(hash, _)| hash).collect()
    }

    /// The model with what was learnt in its place.
    fn joined(&self, base: &Tone, known: &[u32], mean: &Weights, categories: &[String]) -> Tone {
        let mut scales = base.scales;
        for (lane, scale) in scales.iter_mut().enumerate().filter(|(_, scale)| **scale == 0.0) {
            *scale = mean.rows.iter().map(|row| row[lane].abs()).fold(0.0, f32::max) / f32::from(i8::MAX);
        }
        let mut old: BTreeMap<u32, Row> = base.table.features().into_iter().collect();
        let mut new: Vec<(u32, Row)> = Vec::new();
        for (hash, weights) in known.iter().zip(&mean.rows) {
            let row = quantised_row(weights, &scales, 0.0);
            match (row.iter().all(|number| *number == 0), old.contains_key(hash)) {
                (true, _) => drop(old.remove(hash)),
                (false, true) => drop(old.insert(*hash, row)),
                (false, false) => new.push((*hash, row)),
            }
        }
        new.sort_by_key(|(hash, row)| (std::cmp::Reverse(row.iter().map(|number| u32::from(number.unsigned_abs())).sum::<u32>()), *hash));
        // Where there is no room for all, what was known stays.
        let mut features: Vec<(u32, Row)> = old.into_iter().chain(new).collect();
        fitting(&mut features);
        let table = Table::new(features).expect("what does not fit was left out");
        let mut lessons = base.lessons.clone();
        for (lang, count) in &self.languages {
            *lessons.entry(lang.clone()).or_default() += count;
        }
        Tone {
            table,
            scales,
            biases: base.biases,
            topics: topics(categories),
            categories: categories.to_vec(),
            lessons,
            blends: base.blends.clone(),
            hash: String::new(),
            file: "".into(),
        }
    }
}

impl Weights {
    /// Every weight goes a part of its way back to where it began.
    fn shrink_towards(&mut self, home: &[Answers], decay: f32) {
        for (weight, home) in self.rows.iter_mut().flatten().zip(home.iter().flatten()) {
            *weight += (home - *weight) * decay;
        }
    }
}

impl Tone {
    /// What a feature adds to each head.
    fn learnt(&self, hash: u32) -> Answers {
        let row = self.table.numbers(hash);
        std::array::from_fn(|lane| f32::from(row[lane]) * self.scales[lane])
    }

    fn knows(&self, hash: u32) -> bool {
        self.table.numbers(hash).iter().any(|number| *number != 0)
    }
}
