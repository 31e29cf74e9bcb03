//! How often each rule fired, and how often people found it right.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::decide::rule::{Kind, Rule};
use crate::model::{Effect, Mention, Moment, Reason, Verdict};
use crate::respond::said::{Said, said};
use crate::store::{Answers, Store, StoreError, Walk};

/// Verdicts of one page.
const PAGE: i64 = 200;

/// One rule's record.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Figures {
    /// Mentions whose latest verdict it had a part in.
    pub(super) fired: u64,
    /// Mentions in which it fired as a shadow.
    pub(super) shadow: u64,
    /// Mentions in which its words stood negated or inside a guard.
    pub(super) held_back: u64,
    /// Mentions in which it fired, live or as a shadow, by what people answered to their incidents.
    pub(super) right: u64,
    pub(super) false_alarm: u64,
    pub(super) not_ours: u64,
    /// Those nobody answered, by what the live verdict said.
    pub(super) unanswered_complaint: u64,
    pub(super) unanswered_other: u64,
    pub(super) first_seen: Option<Moment>,
    pub(super) last_seen: Option<Moment>,
}

impl Figures {
    /// Of the answered ones, the share that was right; none where nobody answered.
    pub(super) fn precision(&self) -> Option<f64> {
        share(self.right, self.answered())
    }

    /// The same, with the live verdict in the place of the missing answers: for a rule that opens no incident by itself.
    pub(super) fn shadow_precision(&self) -> Option<f64> {
        let unanswered = self.unanswered_complaint + self.unanswered_other;
        share(self.right + self.unanswered_complaint, self.answered() + unanswered)
    }

    pub(super) const fn answered(&self) -> u64 {
        self.right + self.false_alarm + self.not_ours
    }

    fn count(&mut self, effect: Effect, seen_at: Moment) {
        match effect {
            Effect::Counts | Effect::Raises | Effect::Lowers => self.fired += 1,
            Effect::Shadow => self.shadow += 1,
            _ => {
                self.held_back += 1;
                return;
            }
        }
        self.first_seen = Some(self.first_seen.map_or(seen_at, |first| first.min(seen_at)));
        self.last_seen = Some(self.last_seen.map_or(seen_at, |last| last.max(seen_at)));
    }

    fn hear(&mut self, said: Said, complaint: bool) {
        match said {
            Said::Right => self.right += 1,
            Said::NotOurs => self.not_ours += 1,
            Said::FalseAlarm => self.false_alarm += 1,
            Said::Nothing if complaint => self.unanswered_complaint += 1,
            Said::Nothing => self.unanswered_other += 1,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of mentions are far below 2^52")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 1000.0)
}

/// Every rule that ever left a reason, by id.
pub(super) async fn tally(store: &Store, rules: &[Rule], since: Moment) -> Result<BTreeMap<String, Figures>, StoreError> {
    let known: BTreeMap<&str, &Rule> = rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let mut figures: BTreeMap<String, Figures> = BTreeMap::new();
    let mut walk = Walk::from(since);
    loop {
        let page = store.verdicts_after(&walk, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(figures) };
        walk = Walk::behind(last);
        let ids: Vec<String> = page.iter().map(|(mention, _)| mention.id.clone()).collect();
        let answers = store.answers_about(&ids).await?;
        for (mention, verdict) in &page {
            take(&mut figures, &known, mention, verdict, answers.get(&mention.id));
        }
    }
}

fn take(
    figures: &mut BTreeMap<String, Figures>,
    known: &BTreeMap<&str, &Rule>,
    mention: &Mention,
    verdict: &Verdict,
    answers: Option<&Answers>,
) {
    let mut met = BTreeSet::new();
    for reason in &verdict.reasons {
        if !met.insert(&reason.rule) {
            continue;
        }
        let of_rule = figures.entry(reason.rule.clone()).or_default();
        of_rule.count(reason.effect, mention.seen_at);
        let fired = matches!(reason.effect, Effect::Counts | Effect::Raises | Effect::Lowers | Effect::Shadow);
        if fired && speaks_for_a_warning(reason, known.get(reason.rule.as_str()).copied()) {
            of_rule.hear(heard(reason, answers), verdict.complaint);
        }
    }
}

/// "Not ours" is said of the category that led to the desk; a rule of another category, or of none, was not contradicted.
fn heard(reason: &Reason, answers: Option<&Answers>) -> Said {
    let Some(answers) = answers else { return Said::Nothing };
    match said(&answers.actions) {
        Said::NotOurs if reason.category.is_none() || reason.category != answers.category => Said::Right,
        other => other,
    }
}

/// Praise and what makes milder cannot be a false alarm.
fn speaks_for_a_warning(reason: &Reason, rule: Option<&Rule>) -> bool {
    match (reason.effect, rule) {
        (Effect::Shadow, Some(rule)) => match &rule.kind {
            Kind::Category { .. } | Kind::Raise(_) | Kind::Worsen => true,
            Kind::Lower(_) => false,
            Kind::Sentiment => rule.weight < 0.0,
        },
        (Effect::Shadow, None) => reason.category.is_some() || reason.weight < 0.0,
        _ => reason.complains(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Action;

    fn reason(rule: &str, category: Option<&str>, effect: Effect, weight: f64) -> Reason {
        Reason {
            rule: rule.into(),
            file: "a.toml".into(),
            line: 1,
            category: category.map(str::to_owned),
            weight,
            effect,
            severity: None,
            spans: Vec::new(),
            note: String::new(),
            notes: BTreeMap::new(),
        }
    }

    #[test]
    fn not_ours_contradicts_the_category_that_led_there_and_no_other() {
        let answers = Answers {
            incident: "H-1".into(),
            opened_at: Moment(1),
            category: Some("logistics".into()),
            department: "ops".into(),
            actions: vec![Action::NotOurs, Action::Acknowledge],
        };
        let late = reason("logistics.late", Some("logistics"), Effect::Counts, 2.0);
        let rude = reason("service.rude", Some("service_attitude"), Effect::Counts, 2.0);
        assert_eq!(heard(&late, Some(&answers)), Said::NotOurs);
        assert_eq!(heard(&rude, Some(&answers)), Said::Right);
        assert_eq!(heard(&reason("severity.rage", None, Effect::Raises, 1.0), Some(&answers)), Said::Right);
        assert_eq!(heard(&late, None), Said::Nothing);
    }

    #[test]
    fn praise_is_counted_and_never_right_or_wrong() {
        assert!(!speaks_for_a_warning(&reason("sentiment.praise", None, Effect::Counts, 1.0), None));
        assert!(speaks_for_a_warning(&reason("sentiment.blame", None, Effect::Counts, -1.0), None));
        assert!(speaks_for_a_warning(&reason("a.b", Some("price"), Effect::Shadow, 1.0), None));
    }

    #[test]
    fn a_shadow_takes_the_live_verdict_where_nobody_answered() {
        let figures = Figures { right: 2, false_alarm: 1, unanswered_complaint: 4, unanswered_other: 1, ..Figures::default() };
        assert_eq!((figures.precision(), figures.shadow_precision()), (Some(0.667), Some(0.75)));
        assert_eq!(Figures::default().shadow_precision(), None);
    }
}
