//! What has to be heard of in any tone, and what only sounds like it.
//!
//! Who was cut by glass in a lovely restaurant does not complain, and it has to be known: a deed makes a complaint of praise, and nothing
//! lessens it. A rule that praises as firmly as others blame, and whose own words span those of harm, takes them for mere words: a figure
//! of speech, a mishap of the author's own, a cure.

use super::classify::LEAST_SCORE;
use super::firing::{Firing, Found};
use super::outcome::Score;
use super::rule::{Kind, Rule};
use super::weighing::{FIRM_BLAME, Weighing};
use crate::model::Severity;

/// The rule that tells of it, and how bad it is.
#[derive(Clone, Copy)]
pub(super) struct Deed<'r> {
    pub(super) rule: &'r str,
    pub(super) severity: Severity,
}

impl<'r> Weighing<'r, '_> {
    /// The worst that rules are firm about, by themselves and in a category that counts: injury, theft, vermin, discrimination. What is
    /// `critical` is firm at any weight.
    pub(super) fn deed(&self, scores: &[Score<'r>]) -> Option<Deed<'r>> {
        let counts = |name: &str| scores.iter().any(|score| score.category == name && score.score >= LEAST_SCORE);
        let deeds = self.counting().filter_map(|(firing, rule)| {
            let Kind::Category { category, severity } = &rule.kind else { return None };
            let said = rule.asks.nothing() && is_firm(rule, *severity) && counts(category) && self.excused(firing).is_none();
            said.then_some(Deed { rule: &rule.id, severity: *severity })
        });
        deeds.max_by_key(|deed| deed.severity)
    }

    /// The rule that takes all that is grave in a text for mere words; none where nothing is grave, or something is left.
    pub(super) fn excuse(&self) -> Option<&'r str> {
        let grave = self.counting().filter(|(_, rule)| rule.severity() == Some(Severity::Critical));
        let mut excuses = grave.map(|(firing, _)| self.excused(firing));
        let first = excuses.next()??;
        excuses.all(|excuse| excuse.is_some()).then_some(first)
    }

    /// A firm rule of praise whose words lie over those of the other.
    fn excused(&self, firing: &Firing) -> Option<&'r str> {
        let firm = |rule: &Rule| rule.kind == Kind::Sentiment && rule.weight >= FIRM_BLAME && rule.asks.nothing();
        let mut praise = self.counting().filter(|(_, rule)| firm(rule));
        let spans = |praise: &Firing| {
            let covered = |place: &Found| praise.live.iter().any(|over| overlap(over, place));
            !firing.live.is_empty() && firing.live.iter().all(covered)
        };
        praise.find(|(praise, _)| spans(praise)).map(|(_, rule)| rule.id.as_str())
    }
}

fn is_firm(rule: &Rule, severity: Severity) -> bool {
    severity == Severity::Critical || (severity == Severity::High && rule.weight >= FIRM_BLAME)
}

fn overlap(one: &Found, other: &Found) -> bool {
    one.part == other.part && one.start < other.end && other.start < one.end
}
