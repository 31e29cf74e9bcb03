//! How far the model is heard beside the rules, found on texts it has not learnt from.
//!
//! The texts are dealt into `FOLDS` parts; for each a model learns from the other parts and judges it together with the rules. Then one
//! number of the blend (`decide/tone/blend.rs`) after the other is moved, as long as that makes the verdicts better by `LEAST_GAIN`:
//!
//! ```text
//! worth = F1 of the categories, all together                                       over texts whose label somebody read or wrote
//!         + quadratic kappa of the severity                                        over those somebody read
//!         + COMPLAINT_SHARE * share of complaints rightly told                     over those and one in GIVEN of the others
//! ```
//!
//! Texts that were written for their labels are plainer than what people write, so they say nothing of how sure the model must be that a
//! text complains; but they cover every subject, which the sets whose labels somebody read do not in every language.
//!
//! Only Chinese is tuned, see `GROUPS`. The numbers are those of several models of
//! fewer lessons, and are used for the one that learnt from all. The rules have seen these texts, so they look better here than on new
//! ones: a small gain means nothing, and the search begins at numbers that did well by themselves (`Blend::start`).

use std::collections::BTreeMap;

use super::super::eval::{Figures, Labels};
use super::{Class, Reminders, Text, learn};
use crate::decide::Judge;
use crate::decide::tone::Tone;
use crate::decide::tone::blend::Blend;

const FOLDS: usize = 4;
/// One in so many of the texts whose label nobody read.
const GIVEN: usize = 2;
const COMPLAINT_SHARE: f64 = 1.5;
/// Less is luck.
const LEAST_GAIN: f64 = 0.0015;
/// Rounds over all numbers.
const ROUNDS: usize = 2;
/// Steps tried either way, the far ones first.
const STEPS: [f64; 6] = [4.0, -4.0, 2.0, -2.0, 1.0, -1.0];
/// Fewer read texts cannot say how far to trust anything.
const LEAST_TEXTS: usize = 100;
/// Languages with a blend of their own. Others are heard by the numbers models began with: tuned on the few English sets that may teach,
/// the numbers did worse on banks and airlines, which may not (F1 0.79 for 0.81, severity exact 0.76 for 0.81).
const GROUPS: [&str; 1] = ["zh"];

/// A part of the texts with the model that has not seen it.
struct Sitting<'a> {
    judge: Judge,
    texts: Vec<(&'a Text, Labels)>,
}

/// The blend of each group of languages that has enough read texts; `judge` gives the rules anew.
pub(super) fn blends(class: &Class<'_>, categories: &[String], judge: impl Fn() -> Option<Judge>) -> BTreeMap<String, Blend> {
    let examined = class.texts.iter().enumerate().filter_map(|(number, text)| Some((number, text, exam(number, text)?)));
    let mut parts: Vec<Vec<(&Text, Labels)>> = (0..FOLDS).map(|_| Vec::new()).collect();
    for (number, text, labels) in examined {
        parts[number % FOLDS].push((text, labels));
    }
    if parts.iter().flatten().filter(|(text, _)| text.read.is_some()).count() < LEAST_TEXTS {
        return BTreeMap::new();
    }
    let mut sittings: Vec<Sitting<'_>> = Vec::new();
    for (fold, texts) in parts.into_iter().enumerate() {
        let Some(mut judge) = judge() else { return BTreeMap::new() };
        *judge.tone_mut() =
            learn(class, categories, &Reminders(Vec::new()), |number| number % FOLDS != fold, |_, _, _| {}).map(|(tone, _)| tone);
        sittings.push(Sitting { judge, texts });
    }
    GROUPS.iter().filter_map(|group| Some(((*group).to_owned(), tuned(&mut sittings, group, categories.len())?))).collect()
}

/// What a text is examined by: the label read, its complaint and categories where it was written with them, or for some the complaint
/// that came with it.
fn exam(number: usize, text: &Text) -> Option<Labels> {
    let Labels { label_sentiment, labels_category, cat_complete, severity, .. } = text.given.clone();
    match &text.read {
        Some(read) => Some(read.clone()),
        None if severity.is_some() => Some(Labels { label_sentiment, labels_category, cat_complete, ..Labels::default() }),
        None => ((number / FOLDS).is_multiple_of(GIVEN) && text.given.complaint().is_some())
            .then(|| Labels { label_sentiment, ..Labels::default() }),
    }
}

/// The best blend found for a group.
fn tuned(sittings: &mut [Sitting<'_>], group: &str, categories: usize) -> Option<Blend> {
    let own = |text: &Text| Tone::group(&GROUPS, &text.lang) == group;
    let read = sittings.iter().flat_map(|sitting| &sitting.texts).filter(|(text, labels)| own(text) && labels.severity.is_some());
    if read.count() < LEAST_TEXTS {
        return None;
    }
    let mut best = Blend::start();
    let mut most = worth(sittings, group, &best);
    for _ in 0..ROUNDS {
        let before = most;
        for knob in 0..best.clone().knobs(categories).len() {
            for step in STEPS {
                let next = moved(&best, knob, step, categories);
                let worth = worth(sittings, group, &next);
                if worth > most + LEAST_GAIN {
                    (best, most) = (next, worth);
                }
            }
        }
        if most <= before {
            break;
        }
    }
    Some(best)
}

/// With one number moved by so many of its steps.
fn moved(blend: &Blend, knob: usize, steps: f64, categories: usize) -> Blend {
    let mut next = blend.clone();
    let mut knobs = next.knobs(categories);
    let (number, step) = &mut knobs[knob];
    **number = ((**number + steps * *step) * 1000.0).round() / 1000.0;
    next
}

/// How good the verdicts on a group's texts are with a blend.
fn worth(sittings: &mut [Sitting<'_>], group: &str, blend: &Blend) -> f64 {
    let mut figures = Figures::default();
    for sitting in sittings {
        if let Some(tone) = sitting.judge.tone_mut() {
            tone.set_blend(group, blend.clone());
        }
        for (text, labels) in sitting.texts.iter().filter(|(text, _)| Tone::group(&GROUPS, &text.lang) == group) {
            figures.add(labels, &sitting.judge.outcome(&text.line.subject(), true));
        }
    }
    let complaints = figures.complaint.accuracy().unwrap_or_default();
    figures.micro().f1().unwrap_or_default() + figures.severity.kappa().unwrap_or_default() + COMPLAINT_SHARE * complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_changes_one_number_by_its_step() {
        let start = Blend::start();
        let knobs = start.clone().knobs(7).len();
        for knob in 0..knobs {
            let mut next = moved(&start, knob, -1.0, 7);
            let (mut before, after) = (start.clone(), next.knobs(7));
            let differing = before.knobs(7).iter().zip(&after).filter(|(one, other)| one.0 != other.0).count();
            assert_eq!(differing, 1, "number {knob}");
        }
        assert_eq!(moved(&moved(&start, 0, 4.0, 7), 0, -4.0, 7), start);
    }
}
