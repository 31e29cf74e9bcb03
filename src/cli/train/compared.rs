//! What the model that was there and the new one make of the texts that were given, and of the rules' own examples.
//!
//! A text that was learnt says nothing of how well it was learnt. So the texts are dealt into `PARTS`, and each part is judged, by the
//! rules with the model, after the others alone were learnt: as the new model will judge what it has not seen.

use std::fmt::Write as _;

use super::super::eval::Figures;
use super::{Class, Text};
use crate::decide::Judge;
use crate::decide::example;
use crate::decide::tone::Tone;
use crate::problem::Problem;

pub(super) const PARTS: usize = 4;
/// Of more texts one part is held back and not each in its turn: learning from so many takes a minute, and a part says enough.
const FEW_TEXTS: usize = 4_000;

/// Examples of the rules that fail.
#[derive(Debug, Default)]
pub(super) struct Examples {
    pub(super) run: usize,
    pub(super) failing: Vec<Problem>,
    /// With the model before.
    pub(super) failed_before: usize,
}

/// Runs the rules' examples with either model.
pub(super) fn examples(judge: &mut Judge, before: Option<&Tone>, new: &Tone) -> Examples {
    let mut run = |tone: Option<&Tone>| {
        *judge.tone_mut() = tone.cloned();
        example::run(judge)
    };
    let (old, new) = (run(before), run(Some(new)));
    Examples { run: new.run(), failed_before: old.failing.len(), failing: new.failing }
}

/// A table of both, over the texts that were held back. `learn` learns from the texts whose numbers it is asked for.
pub(super) fn table(
    judge: &mut Judge,
    class: &Class<'_>,
    before: Option<&Tone>,
    learn: impl Fn(&dyn Fn(usize) -> bool) -> Option<Tone>,
) -> Option<String> {
    let parts = if class.texts.len() > FEW_TEXTS { 1 } else { PARTS };
    let (mut old, mut new) = (Figures::default(), Figures::default());
    for part in 0..parts {
        let held_back = || class.texts.iter().enumerate().filter(|(number, _)| number % PARTS == part).map(|(_, text)| text);
        let tone = learn(&|number| number % PARTS != part);
        for (tone, figures) in [(before.cloned(), &mut old), (tone, &mut new)] {
            *judge.tone_mut() = tone;
            held_back().for_each(|text| look(judge, text, figures));
        }
    }
    (new.texts > 0).then(|| written(&old, &new, before.is_some()))
}

fn look(judge: &Judge, text: &Text, figures: &mut Figures) {
    let labels = text.read.as_ref().unwrap_or(&text.given);
    figures.add(labels, &judge.outcome(&text.line.subject(), true));
}

fn written(old: &Figures, new: &Figures, had_model: bool) -> String {
    let before = if had_model { "the model before" } else { "without a model" };
    let mut text = format!("{} texts, each judged by the rules and a model that did not learn from it:\n", new.texts);
    let _ = writeln!(text, "{:<34}{before:>18}{:>18}", "", "the new one");
    let complaints = [old, new].map(|figures| (figures.complaint.found + figures.complaint.absent, figures.complaint.total()));
    let levels = [old, new].map(|figures| {
        let right = (0..figures.severity.0.len()).map(|level| figures.severity.0[level][level]).sum::<usize>();
        (right, figures.severity.total())
    });
    let categories = [old, new].map(|figures| figures.micro().f1().map_or_else(|| "-".to_owned(), |f1| format!("{f1:.2}")));
    for (name, [old, new]) in [("complaint or not, rightly judged", complaints), ("severity, rightly judged", levels)] {
        if new.1 > 0 {
            let _ = writeln!(text, "{name:<34}{:>18}{:>18}", of(old), of(new));
        }
    }
    if categories.iter().any(|said| said != "-") {
        let _ = writeln!(text, "{:<34}{:>18}{:>18}", "categories, F1", categories[0], categories[1]);
    }
    if had_model && (is_worse(complaints) || is_worse(levels)) {
        text.push_str(WORSE);
    }
    text
}

/// Written all the same: a handful of texts more or less may be chance, and whoever taught it knows what for.
const WORSE: &str = "The new one judges fewer of these texts rightly than the one before, which knew none of them. Are the labels right (`hearken eval` \
shows which verdicts differ from them)? The model before is kept beside the new one: put it back under its name to undo this.\n";

const fn is_worse([(old, _), (new, _)]: [(usize, usize); 2]) -> bool {
    new < old
}

fn of((right, all): (usize, usize)) -> String {
    format!("{right} of {all}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(found: usize, missed: usize) -> Figures {
        let mut figures = Figures { texts: found + missed, ..Figures::default() };
        (figures.complaint.found, figures.complaint.missed) = (found, missed);
        figures
    }

    #[test]
    fn a_model_that_knows_less_than_the_one_before_is_remarked_on() {
        let (good, bad) = (figures(8, 2), figures(7, 3));
        assert!(written(&good, &bad, true).ends_with("put it back under its name to undo this.\n"));
        assert!(!written(&bad, &good, true).contains("undo") && !written(&good, &good, true).contains("undo"));
    }
}
