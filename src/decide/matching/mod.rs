//! The words of all rules and brands, and from each word back to the rules that use it.
//!
//! Latin words match whole, Chinese, Japanese, Korean and Thai as substrings. Words that rules share are one group, which tells its rules
//! once that it was hit, by a bit; only a rule whose bits are enough (`needs.rs`) is looked at, and what it needs is brought to it.
//! So a thousand rules cost no more than the hits in a text.

mod finder;
mod head;
mod lists;
mod needs;
mod scratch;
mod sieve;
mod tongues;

use std::collections::HashMap;
use std::ops::Range;

use self::lists::Lists;
use self::needs::Needs;
use self::tongues::Tongues;
use super::held::Marks;
use super::rule::{Rule, RuleSet};
use super::texts::Texts;
use super::vocabulary;
use crate::model::Part;

pub use self::finder::{Candidates, Finder, Match};
pub(super) use self::needs::Given;
pub(super) use self::scratch::Scratch;

/// From here on a number is no literal's but tells what holds hits back (`held/marks.rs`).
const MARKS: u32 = 1 << 31;

/// A literal found in a folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) literal: u32,
    pub(super) part: Part,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Hit {
    /// The order of the fields in one number, which is compared faster.
    #[inline]
    fn order(&self) -> u128 {
        let number = u64::from(self.literal) << 1 | u64::from(self.part != Part::Title);
        u128::from(number) << 64 | u128::from(u64::from(self.start) << 32 | u64::from(self.end))
    }
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

/// A group's part in one rule; the bit is 0 where the rule does not need it.
#[derive(Clone, Copy, Debug)]
struct Use {
    owner: u32,
    bit: u64,
}

/// Every word and what it is for.
#[derive(Debug)]
pub(super) struct Index {
    finder: Finder,
    /// The groups of each literal.
    groups: Lists<u32>,
    /// The rules of each group, those alone that need it.
    uses: Lists<Use>,
    /// The groups of each rule in the order of their roles.
    roles: Lists<(Role, u32)>,
    /// The groups of each brand.
    brands: Lists<(Role, u32)>,
    needs: Vec<Needs>,
    tongues: Tongues,
    /// Rules that can fire without a literal.
    pub(super) always: Vec<u32>,
}

#[derive(Default)]
struct Builder<'a> {
    /// Literals by whether they match whole words, and their text.
    literals: HashMap<(bool, &'a str), u32>,
    /// What the finder looks for: the literals and their other spellings.
    words: Vec<(String, bool, u32)>,
    /// Groups by their literals.
    groups: HashMap<Vec<u32>, u32>,
    /// The groups of each literal, and the uses of each group.
    groups_of: Vec<Vec<u32>>,
    uses: Vec<Vec<Use>>,
}

impl<'a> Builder<'a> {
    /// The group of these words, which other rules may have as well.
    fn group(&mut self, words: &'a [String], whole: bool) -> u32 {
        let mut literals: Vec<u32> = words.iter().map(|word| self.literal(word, whole)).collect();
        literals.sort_unstable();
        literals.dedup();
        let next = number(self.groups.len());
        let group = *self.groups.entry(literals.clone()).or_insert(next);
        if group == next {
            self.uses.push(Vec::new());
            literals.iter().for_each(|literal| self.groups_of[*literal as usize].push(group));
        }
        group
    }

    fn literal(&mut self, word: &'a str, whole: bool) -> u32 {
        let next = number(self.literals.len());
        let literal = *self.literals.entry((whole, word)).or_insert(next);
        if literal == next {
            self.groups_of.push(Vec::new());
            self.words.extend(vocabulary::spellings(word).into_iter().map(|word| (word, whole, literal)));
        }
        literal
    }

    /// The groups of a rule and their roles, in the order of the roles.
    fn rule(&mut self, rule: &'a Rule) -> Vec<(Role, u32)> {
        let mut groups = Vec::new();
        let mut add = |role: Role, words: &'a [String], whole: bool| {
            if !words.is_empty() {
                groups.push((role, self.group(words, whole)));
            }
        };
        add(Role::Guard, &rule.none, true);
        rule.all.iter().enumerate().for_each(|(group, words)| add(Role::All(narrow(group)), words, true));
        add(Role::Any, &rule.any, true);
        let near = rule.near.iter().flat_map(|near| &near.groups);
        near.enumerate().for_each(|(group, words)| add(Role::Near(narrow(group)), words, true));
        rule.patterns.iter().enumerate().for_each(|(at, pattern)| add(Role::Gate(narrow(at)), &pattern.outline.gates, false));
        groups
    }
}

impl Index {
    pub(super) fn new(rules: &RuleSet, brands: &[(Vec<String>, Vec<String>)]) -> Self {
        let mut builder = Builder::default();
        let (mut needs, mut roles) = (Vec::new(), Vec::new());
        for (owner, rule) in (0..).zip(&rules.rules) {
            let groups = builder.rule(rule);
            let (need, uses) = Needs::of(rule, &groups, owner);
            for ((_, group), used) in groups.iter().zip(uses).filter(|(_, used)| used.bit != 0) {
                builder.uses[*group as usize].push(used);
            }
            needs.push(need);
            roles.push(groups);
        }
        let mut brand_roles = Vec::new();
        for (names, excluded) in brands {
            brand_roles.push(vec![(Role::Brand, builder.group(names, true)), (Role::BrandGuard, builder.group(excluded, true))]);
        }
        let words = builder.words.iter().map(|(text, whole, number)| (text.as_str(), *whole, *number));
        let marks = Marks::words().map(|(text, whole, number)| (text, whole, MARKS + number));
        let always = (0..).zip(&rules.rules).filter(|(_, rule)| fires_without_literal(rule)).map(|(number, _)| number).collect();
        Self {
            finder: Finder::new(words.chain(marks)),
            groups: Lists::new(builder.groups_of),
            uses: Lists::new(builder.uses),
            roles: Lists::new(roles),
            brands: Lists::new(brand_roles),
            needs,
            tongues: Tongues::of(&rules.rules),
            always,
        }
    }

    /// Finds every literal in the folded parts of a text, and what they mean to rules and brands, for the scratch to tell.
    /// In the same look it finds what may hold hits back.
    pub(super) fn scan(&self, texts: &mut Texts<'_>, scratch: &mut Scratch) {
        scratch.begin(self.needs.len(), self.uses.len());
        for (part, padded, marks) in texts.padded() {
            marks.clear();
            let Scratch { candidates, hits, .. } = scratch;
            self.finder.find(padded, candidates, |found| {
                if found.word >= MARKS {
                    return marks.add(found.word - MARKS, found.start);
                }
                hits.push(Hit { literal: found.word, part, start: found.start, end: found.end });
            });
        }
        scratch.hits.sort_unstable_by_key(Hit::order);
        scratch.bring(&self.groups, &self.uses);
    }

    /// Leaves in the scratch the rules worth a look with their entries, in order: those whose needs are met and those that need no word;
    /// of these the ones for texts in `lang` that ask for no more than is `given`.
    pub(super) fn entries(&self, scratch: &mut Scratch, lang: &str, given: Given) {
        let heard = self.tongues.heard(lang);
        let may_hold = |rule: u32| self.tongues.is_among(rule, heard) && self.needs[rule as usize].may_hold(given);
        let mut rules = std::mem::take(&mut scratch.touched);
        rules.retain(|rule| self.needs[*rule as usize].met(scratch.seen(*rule)) && may_hold(*rule));
        rules.extend(self.always.iter().copied().filter(|rule| may_hold(*rule)));
        self.enter_all(rules, scratch);
    }

    /// The same of every rule that needs a word that is there, and of those that need none.
    pub(super) fn all_entries(&self, scratch: &mut Scratch) {
        let mut rules = std::mem::take(&mut scratch.touched);
        rules.extend(&self.always);
        self.enter_all(rules, scratch);
    }

    fn enter_all(&self, mut rules: Vec<u32>, scratch: &mut Scratch) {
        scratch.entries.clear();
        scratch.looks.clear();
        rules.sort_unstable();
        rules.dedup();
        for rule in &rules {
            let entries = self.entries_of(*rule as usize, scratch);
            scratch.looks.push((*rule as usize, entries));
        }
        scratch.touched = rules;
    }

    /// What the groups of a rule were hit by, as a range of the scratch's entries.
    pub(super) fn entries_of(&self, rule: usize, scratch: &mut Scratch) -> Range<usize> {
        scratch.enter(number(rule), self.roles.of(rule))
    }

    pub(super) fn entries_of_brand(&self, brand: usize, scratch: &mut Scratch) -> Range<usize> {
        scratch.enter(number(brand), self.brands.of(brand))
    }
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn fires_without_literal(rule: &Rule) -> bool {
    rule.patterns.iter().any(|pattern| pattern.outline.gates.is_empty()) || (!rule.has_triggers() && rule.all.is_empty())
}
