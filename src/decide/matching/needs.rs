//! What a rule needs before it is worth a look: a bit for each of its groups, counted while the hits come in.

use super::{Place, Role, Use};
use crate::decide::rule::Rule;

/// Groups beyond this share the last bit: the rule is then looked at a little too often, never too seldom.
const LAST_BIT: u32 = 63;

/// The bits of one rule.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Needs {
    /// All of these: the groups of `all`.
    conditions: u64,
    /// One of these: `any`, and the gates of patterns.
    any: u64,
    /// Or all of these: the groups of `near`.
    near: u64,
    /// It has no trigger.
    free: bool,
    /// What it asks for beside words.
    asks: Given,
}

/// What comes with a text, or is asked for, beside its words: the stars, the readers of its source, earlier complaints.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::decide) struct Given(u8);

impl Given {
    pub(in crate::decide) fn of(stars: bool, readers: bool, repeated: bool) -> Self {
        Self(u8::from(stars) | u8::from(readers) << 1 | u8::from(repeated) << 2)
    }

    /// Whether everything is there that is asked for.
    #[inline]
    const fn holds(self, asked: Self) -> bool {
        asked.0 & !self.0 == 0
    }
}

impl Needs {
    /// The needs of a rule, and how it uses each of its groups.
    pub(super) fn of(rule: &Rule, groups: &[Place], owner: u32) -> (Self, Vec<Use>) {
        let free = !rule.has_triggers();
        let asks = Given::of(rule.rating.is_some(), rule.readers.is_some(), rule.repeated.is_some());
        let mut needs = Self { free, asks, ..Self::default() };
        let mut next = 0;
        let mut uses = Vec::new();
        for Place { role, asks, .. } in groups {
            let bit = 1_u64 << next;
            let asks = *asks;
            match role {
                Role::All(_) => needs.conditions |= bit,
                Role::Any | Role::Gate(_) => needs.any |= bit,
                Role::Near(_) => needs.near |= bit,
                Role::Guard | Role::Brand | Role::BrandGuard | Role::Rival => {
                    uses.push(Use { owner, bit: 0, asks });
                    continue;
                }
            }
            uses.push(Use { owner, bit, asks });
            next = LAST_BIT.min(next + 1);
        }
        (needs, uses)
    }

    /// Whether a text with which this is given may have what it asks for beside words.
    #[inline]
    pub(super) const fn may_hold(self, given: Given) -> bool {
        given.holds(self.asks)
    }

    /// Whether groups with these bits are enough for a look.
    #[inline]
    pub(super) const fn met(self, seen: u64) -> bool {
        let triggered = self.free || seen & self.any != 0 || (self.near != 0 && seen & self.near == self.near);
        seen & self.conditions == self.conditions && triggered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_passed_over_only_where_something_it_asks_for_is_missing() {
        let all = [false, true];
        let sets: Vec<[bool; 3]> = all.iter().flat_map(|a| all.iter().flat_map(|b| all.iter().map(|c| [*a, *b, *c]))).collect();
        let of = |[stars, readers, repeated]: [bool; 3]| Given::of(stars, readers, repeated);
        for (asked, given) in sets.iter().flat_map(|asked| sets.iter().map(|given| (*asked, *given))) {
            let expected = asked.iter().zip(given).all(|(asked, given)| !asked || given);
            let needs = Needs { asks: of(asked), ..Needs::default() };
            assert_eq!(needs.may_hold(of(given)), expected, "{asked:?} of {given:?}");
        }
    }
}
