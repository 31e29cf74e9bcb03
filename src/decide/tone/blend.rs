//! How far the model's word goes beside the rules: numbers that stand in the file, found by `hearken train` on texts the model that
//! judged them had not learnt from (`cli/train/tune.rs`). What they do stands in `voice.rs` and `weighing.rs`.

use serde::{Deserialize, Serialize};

use super::MOST_CATEGORIES;

/// A limit that no logit reaches.
const NEVER: f64 = -99.0;

/// The numbers of one group of languages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blend {
    /// Points of sentiment for every unit of the logit of `complaint`.
    pub tone_weight: f64,
    /// In favour of the text: half of what is bad among the lessons is less than that on a live feed.
    pub tone_offset: f64,
    /// Points of a category for every unit of its logit.
    pub category_weight: f64,
    /// The logit of each category, in the order of their heads, at which it has no points.
    pub pivots: [f64; MOST_CATEGORIES],
    /// Beside a category of the rules the model needs so many points more for one of its own.
    pub beside: f64,
    /// And so many more in a text that is no complaint.
    pub in_praise: f64,
    /// `low` becomes `medium` in a complaint where the logit of `medium` or worse is above this.
    pub medium_above: f64,
    /// `medium` becomes `low` where it is below this.
    pub low_below: f64,
    /// `high` becomes `medium` where the logit of `high` or worse is below this.
    pub medium_below: f64,
}

impl Default for Blend {
    /// As the first models were heard, which say nothing of it.
    fn default() -> Self {
        Self {
            tone_weight: 2.3,
            tone_offset: 0.5,
            category_weight: 0.8,
            pivots: [-1.5; MOST_CATEGORIES],
            beside: 0.5,
            in_praise: -NEVER,
            medium_above: 0.0,
            low_below: NEVER,
            medium_below: NEVER,
        }
    }
}

impl Blend {
    /// Where the search begins: everything within reach.
    #[must_use]
    pub fn start() -> Self {
        Self { tone_weight: 3.5, tone_offset: 0.7, beside: 0.1, in_praise: 0.5, low_below: -1.2, medium_below: -2.5, ..Self::default() }
    }

    /// Everything that can be tuned for so many categories, each with the step that makes a difference.
    pub fn knobs(&mut self, categories: usize) -> Vec<(&mut f64, f64)> {
        let mut knobs = vec![
            (&mut self.tone_weight, 0.2),
            (&mut self.tone_offset, 0.2),
            (&mut self.category_weight, 0.1),
            (&mut self.beside, 0.1),
            (&mut self.in_praise, 0.1),
            (&mut self.medium_above, 0.2),
            (&mut self.low_below, 0.2),
            (&mut self.medium_below, 0.3),
        ];
        knobs.extend(self.pivots.iter_mut().take(categories).map(|pivot| (pivot, 0.2)));
        knobs
    }

    /// Whether every number is one.
    pub(super) fn is_finite(&self) -> bool {
        let mut same = self.clone();
        same.knobs(MOST_CATEGORIES).iter().all(|(number, _)| number.is_finite())
    }
}
