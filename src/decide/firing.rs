//! What became of a rule in one text: where it fired, where something held it back, and what follows for the others.

use super::classify::LEAST_SCORE;
use super::held::Held;
use super::rule::{Kind, Rule};
use crate::model::Part;

/// A place in the folded text of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) part: Part,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The word; none for `near` and `regex`.
    pub(super) literal: Option<u32>,
    /// Why it does not count.
    pub(super) held: Option<Held>,
}

/// What became of a rule whose words stood somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Fired,
    Held(Held),
    Guarded,
}

/// A rule with the places that made it fire or did not.
#[derive(Debug)]
pub(super) struct Firing {
    pub(super) rule: usize,
    pub(super) fate: Fate,
    pub(super) live: Vec<Found>,
    pub(super) held: Vec<Found>,
    pub(super) guarded: Vec<Found>,
}

impl Firing {
    /// Whether it counts against the text, unless something holds it back; a subject that is only spoken of does not.
    pub(super) fn would_blame(&self, rules: &[Rule]) -> bool {
        let rule = &rules[self.rule];
        let blames = match rule.kind {
            Kind::Category { .. } => rule.weight >= LEAST_SCORE,
            Kind::Sentiment => rule.weight < 0.0,
            _ => false,
        };
        blames && !rule.shadow
    }

    /// Whether what is held back of it is blame: of a word of blame that counts for nothing by itself, too.
    pub(super) fn holds_blame(&self, rules: &[Rule]) -> bool {
        let rule = &rules[self.rule];
        self.would_blame(rules) || (rule.is_of_denials() && !rule.shadow)
    }

    /// The places that decided its fate.
    pub(super) fn decisive(&self) -> &[Found] {
        match self.fate {
            Fate::Fired => &self.live,
            Fate::Held(_) => &self.held,
            Fate::Guarded => &self.guarded,
        }
    }
}

impl Firing {
    pub(super) const fn empty(rule: usize) -> Self {
        Self { rule, fate: Fate::Fired, live: Vec::new(), held: Vec::new(), guarded: Vec::new() }
    }

    pub(super) fn settled(mut self) -> Option<Self> {
        let held = self.held.iter().find_map(|found| found.held);
        self.fate = match (self.live.is_empty(), held, self.guarded.is_empty()) {
            (false, ..) => Fate::Fired,
            (true, Some(held), _) => Fate::Held(held),
            (true, None, false) => Fate::Guarded,
            (true, None, true) => return None,
        };
        Some(self)
    }
}

/// Whether a rule blames the text by itself, not because the model does.
pub(super) fn blamed(firings: &[Firing], rules: &[Rule]) -> bool {
    firings.iter().any(|firing| firing.fate == Fate::Fired && firing.would_blame(rules) && rules[firing.rule].asks.nothing())
}

/// A suspicion is meant where the rest of the text complains: what was asked, feared or heard counts there. A rule that asks for the
/// model's word says nothing of its own here: else the model alone could make a feared fake a stated one.
pub(super) fn keep_company(firings: &mut [Firing], rules: &[Rule], complains: bool) {
    if !complains && !blamed(firings, rules) {
        return;
    }
    for firing in firings {
        let in_company = |found: &Found| found.held.is_some_and(Held::in_company);
        if firing.held.iter().any(in_company) {
            let (released, held) = firing.held.iter().partition(|found| in_company(found));
            firing.held = held;
            firing.live.extend::<Vec<Found>>(released);
            firing.live.sort_by_key(|found| (found.part, found.start));
            firing.fate = Fate::Fired;
        }
    }
}
