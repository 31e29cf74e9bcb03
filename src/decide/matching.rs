//! The literals of all rules and brands in one automaton, and from each literal back to the rules that use it.
//!
//! Latin words match whole, Chinese, Japanese, Korean and Thai as substrings. Only rules of which a trigger stands in the text
//! are looked at; what a rule needs is brought to it, so a rule with a hundred words costs no more than its hits.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::rule::{Rule, RuleSet};
use super::script::is_word_letter;
use crate::model::Part;
use crate::problem::Place;
use crate::problem::Problem;

/// Up to this many bytes of literals the fast automaton is small (some 20 MB); beyond it the compact one.
const MOST_FAST_BYTES: usize = 64 * 1024;

/// A literal found in a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) literal: u32,
    pub(super) part: Part,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// What a literal is to a rule. The order is the order in which a rule reads its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Guard,
    All(u16),
    Any,
    Near(u16),
    Gate(u16),
    /// Names the brand; `owner` is then the brand's number.
    Brand,
    BrandGuard,
}

/// One literal's hits for one owner: `first..last` of the sorted hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) owner: u32,
    pub(super) role: Role,
    pub(super) first: u32,
    pub(super) last: u32,
}

#[derive(Debug)]
struct Literal {
    /// A word letter stands at this end, so none may stand beyond it.
    whole_start: bool,
    whole_end: bool,
    uses: Vec<(u32, Role)>,
}

/// Every literal and what it is for.
#[derive(Debug)]
pub(super) struct Index {
    automaton: Option<AhoCorasick>,
    literals: Vec<Literal>,
    /// Rules that can fire without a literal.
    pub(super) always: Vec<u32>,
}

#[derive(Default)]
struct Builder {
    /// By text and whether it matches whole words.
    known: HashMap<(String, bool), u32>,
    texts: Vec<String>,
    literals: Vec<Literal>,
}

impl Builder {
    fn add(&mut self, text: &str, whole: bool, owner: u32, role: Role) {
        let number = *self.known.entry((text.to_owned(), whole)).or_insert_with(|| {
            self.texts.push(text.to_owned());
            let ends = |letter: Option<char>| whole && letter.is_some_and(is_word_letter);
            let (whole_start, whole_end) = (ends(text.chars().next()), ends(text.chars().next_back()));
            self.literals.push(Literal { whole_start, whole_end, uses: Vec::new() });
            u32::try_from(self.literals.len() - 1).unwrap_or(u32::MAX)
        });
        let uses = &mut self.literals[number as usize].uses;
        if !uses.contains(&(owner, role)) {
            uses.push((owner, role));
        }
    }

    fn rule(&mut self, number: u32, rule: &Rule) {
        let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        rule.any.iter().for_each(|word| self.add(word, true, number, Role::Any));
        rule.none.iter().for_each(|word| self.add(word, true, number, Role::Guard));
        for (group, words) in rule.all.iter().enumerate() {
            words.iter().for_each(|word| self.add(word, true, number, Role::All(narrow(group))));
        }
        for (group, words) in rule.near.iter().flat_map(|near| &near.groups).enumerate() {
            words.iter().for_each(|word| self.add(word, true, number, Role::Near(narrow(group))));
        }
        for (at, pattern) in rule.patterns.iter().enumerate() {
            pattern.gates.iter().for_each(|gate| self.add(gate, false, number, Role::Gate(narrow(at))));
        }
    }
}

impl Index {
    /// # Errors
    /// The literals of all rules together are too many for an automaton.
    pub(super) fn new(rules: &RuleSet, brands: &[(Vec<String>, Vec<String>)]) -> Result<Self, Problem> {
        let mut builder = Builder::default();
        for (number, rule) in (0..).zip(&rules.rules) {
            builder.rule(number, rule);
        }
        for (number, (names, excluded)) in (0..).zip(brands) {
            names.iter().for_each(|name| builder.add(name, true, number, Role::Brand));
            excluded.iter().for_each(|phrase| builder.add(phrase, true, number, Role::BrandGuard));
        }
        let always = (0..).zip(&rules.rules).filter(|(_, rule)| fires_without_literal(rule)).map(|(number, _)| number).collect();
        let bytes: usize = builder.texts.iter().map(String::len).sum();
        let kind = if bytes <= MOST_FAST_BYTES { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        let automaton = if builder.texts.is_empty() {
            None
        } else {
            let built = AhoCorasick::builder().kind(Some(kind)).build(&builder.texts);
            Some(built.map_err(|error| {
                Problem::error(
                    Place::Named("rules".to_owned()),
                    format!("the words of all rules are too many: {error}"),
                    "Remove rules or shorten lists.",
                )
            })?)
        };
        Ok(Self { automaton, literals: builder.literals, always })
    }

    /// Adds every literal in the folded text of one part.
    pub(super) fn scan(&self, part: Part, text: &str, hits: &mut Vec<Hit>) {
        let Some(automaton) = &self.automaton else { return };
        for found in automaton.find_overlapping_iter(text) {
            let (start, end) = (found.start(), found.end());
            let literal = &self.literals[found.pattern().as_usize()];
            if literal.whole_start && word_letter_before(text, start) || literal.whole_end && word_letter_after(text, end) {
                continue;
            }
            let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { return };
            hits.push(Hit { literal: found.pattern().as_u32(), part, start, end });
        }
    }

    /// Sorts the hits and brings them to their owners: entries in the order of owner and role.
    pub(super) fn entries(&self, hits: &mut [Hit]) -> (Vec<Entry>, Vec<Entry>) {
        hits.sort_unstable();
        let (mut rules, mut brands) = (Vec::new(), Vec::new());
        let mut first = 0;
        for same in hits.chunk_by(|left, right| left.literal == right.literal) {
            let last = first + u32::try_from(same.len()).unwrap_or(u32::MAX);
            for (owner, role) in &self.literals[same[0].literal as usize].uses {
                let entry = Entry { owner: *owner, role: *role, first, last };
                if matches!(role, Role::Brand | Role::BrandGuard) { brands.push(entry) } else { rules.push(entry) }
            }
            first = last;
        }
        rules.sort_unstable();
        brands.sort_unstable();
        (rules, brands)
    }
}

fn fires_without_literal(rule: &Rule) -> bool {
    rule.patterns.iter().any(|pattern| pattern.gates.is_empty()) || (!rule.has_triggers() && rule.all.is_empty())
}

fn word_letter_before(text: &str, start: usize) -> bool {
    match text.as_bytes()[..start].last() {
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => text[..start].chars().next_back().is_some_and(is_word_letter),
        None => false,
    }
}

fn word_letter_after(text: &str, end: usize) -> bool {
    match text.as_bytes()[end..].first() {
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
        Some(_) => text[end..].chars().next().is_some_and(is_word_letter),
        None => false,
    }
}
