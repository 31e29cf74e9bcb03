//! Counts and what follows from them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Labels;
use crate::model::{Severity, Verdict};

/// Right and wrong of a yes or no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Counts {
    pub(in crate::cli) found: usize,
    /// Found where it was not.
    pub(in crate::cli) extra: usize,
    pub(in crate::cli) missed: usize,
    pub(in crate::cli) absent: usize,
}

impl Counts {
    fn add(&mut self, label: bool, found: bool) {
        match (label, found) {
            (true, true) => self.found += 1,
            (false, true) => self.extra += 1,
            (true, false) => self.missed += 1,
            (false, false) => self.absent += 1,
        }
    }

    pub(in crate::cli) const fn total(self) -> usize {
        self.found + self.extra + self.missed + self.absent
    }

    /// None where nothing was found, or nothing was there to find.
    pub(in crate::cli) fn precision(self) -> Option<f64> {
        ratio(self.found, self.found + self.extra)
    }

    pub(in crate::cli) fn recall(self) -> Option<f64> {
        ratio(self.found, self.found + self.missed)
    }

    pub(in crate::cli) fn f1(self) -> Option<f64> {
        ratio(2 * self.found, 2 * self.found + self.extra + self.missed)
    }

    pub(in crate::cli) fn accuracy(self) -> Option<f64> {
        ratio(self.found + self.absent, self.total())
    }

    fn json(self) -> Value {
        let Self { found, extra, missed, absent } = self;
        json!({
            "precision": self.precision(), "recall": self.recall(), "f1": self.f1(), "accuracy": self.accuracy(),
            "found": found, "extra": extra, "missed": missed, "absent": absent,
        })
    }
}

const LEVELS: usize = Severity::ALL.len();

/// Severity: rows are labels, columns what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Confusion(pub(in crate::cli) [[usize; LEVELS]; LEVELS]);

impl Confusion {
    pub(in crate::cli) fn total(&self) -> usize {
        self.0.iter().flatten().sum()
    }

    /// The share of texts at most `distance` levels off.
    pub(in crate::cli) fn within(&self, distance: usize) -> Option<f64> {
        let near = self.cells().filter(|(label, found, _)| label.abs_diff(*found) <= distance);
        ratio(near.map(|(.., count)| count).sum(), self.total())
    }

    /// Of those labelled so or worse, and those found so: is it found, and is it so?
    pub(in crate::cli) fn at_least(&self, level: Severity) -> Counts {
        let mut counts = Counts::default();
        for (label, found, count) in self.cells() {
            let place = match (label >= level as usize, found >= level as usize) {
                (true, true) => &mut counts.found,
                (false, true) => &mut counts.extra,
                (true, false) => &mut counts.missed,
                (false, false) => &mut counts.absent,
            };
            *place += count;
        }
        counts
    }

    /// Cohen's kappa with quadratic weights; none where it is not defined.
    pub(in crate::cli) fn kappa(&self) -> Option<f64> {
        let rows: Vec<usize> = self.0.iter().map(|row| row.iter().sum()).collect();
        let columns: Vec<usize> = (0..LEVELS).map(|found| self.0.iter().map(|row| row[found]).sum()).collect();
        let total = float(self.total());
        let (mut seen, mut by_chance) = (0.0, 0.0);
        for (label, found, count) in self.cells() {
            let weight = float(label.abs_diff(found).pow(2));
            seen += weight * float(count);
            by_chance += weight * float(rows[label]) * float(columns[found]) / total;
        }
        (by_chance > 0.0).then(|| 1.0 - seen / by_chance)
    }

    fn cells(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.0.iter().enumerate().flat_map(|(label, row)| row.iter().enumerate().map(move |(found, count)| (label, found, *count)))
    }
}

/// Everything counted over the files.
#[derive(Debug, Default)]
pub(in crate::cli) struct Figures {
    pub(in crate::cli) texts: usize,
    pub(in crate::cli) invalid: usize,
    pub(in crate::cli) complaint: Counts,
    pub(in crate::cli) categories: BTreeMap<String, Counts>,
    pub(in crate::cli) severity: Confusion,
    /// Complaint or not, by the language of the text.
    pub(in crate::cli) languages: BTreeMap<String, Counts>,
    /// Texts that are labelled neutral, which are neither, and of how many of them it says that they complain.
    pub(in crate::cli) neutral: (usize, usize),
}

impl Figures {
    /// Counts one text; says whether something differs from its labels.
    pub(in crate::cli) fn add(&mut self, labels: &Labels, verdict: &Verdict) -> bool {
        self.texts += 1;
        let mut differs = false;
        if let Some(complaint) = labels.complaint() {
            self.complaint.add(complaint, verdict.complaint);
            self.languages.entry(verdict.lang.clone()).or_default().add(complaint, verdict.complaint);
            differs |= complaint != verdict.complaint;
        }
        if labels.is_neutral() {
            self.neutral.0 += 1;
            self.neutral.1 += usize::from(verdict.complaint);
        }
        differs |= self.add_categories(labels, verdict);
        if let Some(severity) = labels.severity {
            self.severity.0[severity as usize][verdict.severity as usize] += 1;
            differs |= severity != verdict.severity;
        }
        differs
    }

    fn add_categories(&mut self, labels: &Labels, verdict: &Verdict) -> bool {
        let Some(expected) = &labels.labels_category else { return false };
        let found: Vec<&str> = verdict.categories.iter().map(|score| score.category.as_str()).collect();
        let mut differs = false;
        for name in expected.iter().map(String::as_str).chain(found.iter().copied()) {
            self.categories.entry(name.to_owned()).or_default();
        }
        for (name, counts) in &mut self.categories {
            let label = expected.contains(name);
            let found = found.contains(&name.as_str());
            if label || labels.is_complete() {
                counts.add(label, found);
                differs |= label != found;
            }
        }
        differs
    }

    /// All categories together.
    pub(in crate::cli) fn micro(&self) -> Counts {
        self.categories.values().fold(Counts::default(), |sum, counts| Counts {
            found: sum.found + counts.found,
            extra: sum.extra + counts.extra,
            missed: sum.missed + counts.missed,
            absent: sum.absent + counts.absent,
        })
    }

    /// The mean of the categories' F1, over those that are among the labels.
    pub(in crate::cli) fn macro_f1(&self) -> Option<f64> {
        let each: Vec<f64> =
            self.categories.values().filter(|counts| counts.found + counts.missed > 0).filter_map(|counts| counts.f1()).collect();
        if each.is_empty() { None } else { Some(each.iter().sum::<f64>() / float(each.len())) }
    }

    pub(in crate::cli) fn json(&self) -> Value {
        let categories: serde_json::Map<String, Value> =
            self.categories.iter().map(|(name, counts)| (name.clone(), counts.json())).collect();
        json!({
            "texts": self.texts,
            "invalid": self.invalid,
            "complaint": self.complaint.json(),
            "complaint_by_language": self.languages.iter().map(|(lang, counts)| (lang.clone(), counts.json())).collect::<serde_json::Map<_, _>>(),
            "neutral": { "texts": self.neutral.0, "called_complaints": self.neutral.1 },
            "categories": categories,
            "micro": self.micro().json(),
            "macro_f1": self.macro_f1(),
            "severity": {
                "texts": self.severity.total(),
                "exact": self.severity.within(0),
                "within_one": self.severity.within(1),
                "quadratic_kappa": self.severity.kappa(),
                "critical": self.severity.at_least(Severity::Critical).json(),
                "high_or_worse": self.severity.at_least(Severity::High).json(),
                "levels": Severity::ALL,
                "confusion": self.severity.0,
            },
        })
    }
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| float(part) / float(whole))
}

#[expect(clippy::cast_precision_loss, reason = "counts of texts stay far below 2^52")]
const fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_textbooks() {
        let counts = Counts { found: 6, extra: 2, missed: 3, absent: 9 };
        assert_eq!(counts.precision(), Some(0.75));
        assert_eq!(counts.recall(), Some(6.0 / 9.0));
        assert_eq!(counts.f1(), Some(12.0 / 17.0));
        assert_eq!(counts.accuracy(), Some(0.75));
        let mut confusion = Confusion::default();
        assert_eq!(confusion.kappa(), None);
        for level in 0..LEVELS {
            confusion.0[level][level] = 4;
        }
        assert_eq!(confusion.kappa(), Some(1.0));
        confusion.0[0][LEVELS - 1] = 4;
        assert_eq!(confusion.within(0), Some(20.0 / 24.0));
        assert!(confusion.kappa().is_some_and(|kappa| kappa > 0.0 && kappa < 1.0));
        assert_eq!(confusion.at_least(Severity::Critical), Counts { found: 4, extra: 4, missed: 0, absent: 16 });
    }
}
