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

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use self::lists::Lists;
use self::needs::Needs;
use self::tongues::Tongues;
use super::brand;
use super::fold::PADDING;
use super::held::Marks;
use super::pattern;
use super::rule::{Pattern, Rule, RuleSet, Words};
use super::subject::Language;
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
    /// Names another firm that the brand is measured against.
    Rival,
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
    /// What the runs of the text are asked for before it counts.
    asks: u32,
    bit: u64,
}

/// A group by its role in a rule.
#[derive(Clone, Copy, Debug)]
struct Place {
    role: Role,
    /// `NO_GROUP` for an expression without a gate.
    group: u32,
    asks: u32,
}

const NO_GROUP: u32 = u32::MAX;

/// A rule that can fire without a literal.
#[derive(Debug)]
struct Always {
    rule: u32,
    /// What its expressions without a gate ask for; nothing where it has no trigger.
    asks: Vec<u32>,
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
    roles: Lists<Place>,
    /// The groups of each brand.
    brands: Lists<Place>,
    needs: Vec<Needs>,
    tongues: Tongues,
    always: Vec<Always>,
    /// What expressions ask the runs of a text for.
    asked: pattern::Lists,
    asks: bool,
}

#[derive(Default)]
struct Builder<'a> {
    /// Literals by whether they match whole words, and their text.
    literals: FxHashMap<(bool, &'a str), u32>,
    /// What the finder looks for: the literals and their other spellings.
    words: Vec<(Cow<'a, str>, bool, u32)>,
    /// Groups by their literals.
    groups: FxHashMap<Vec<u32>, u32>,
    /// Groups by the address of words that rules share, which need no second look.
    shared: FxHashMap<*const Arc<str>, u32>,
    /// Each literal with each of its groups, and the uses of each group.
    groups_of: Vec<(u32, u32)>,
    uses: Vec<Vec<Use>>,
    asked: pattern::Lists,
}

impl<'a> Builder<'a> {
    /// The group of these words, which other rules may have as well.
    fn group(&mut self, words: &'a [impl AsRef<str>], whole: bool) -> u32 {
        let mut literals: Vec<u32> = words.iter().map(|word| self.literal(word.as_ref(), whole)).collect();
        // Mostly in order already, which this sort sees.
        literals.sort();
        literals.dedup();
        if let Some(group) = self.groups.get(&literals) {
            return *group;
        }
        let group = number(self.groups.len());
        self.uses.push(Vec::new());
        self.groups_of.extend(literals.iter().map(|literal| (*literal, group)));
        self.groups.insert(literals, group);
        group
    }

    /// The group of a rule's whole words.
    fn shared(&mut self, words: &'a Words) -> u32 {
        if let Some(group) = self.shared.get(&words.as_ptr()) {
            return *group;
        }
        let group = self.group(words, true);
        self.shared.insert(words.as_ptr(), group);
        group
    }

    fn literal(&mut self, word: &'a str, whole: bool) -> u32 {
        let next = number(self.literals.len());
        let literal = *self.literals.entry((whole, word)).or_insert(next);
        if literal == next {
            self.words.push((Cow::Borrowed(word), whole, literal));
            self.words.extend(vocabulary::other_spellings(word).into_iter().map(|word| (Cow::Owned(word), whole, literal)));
        }
        literal
    }

    /// The groups of a rule and their roles, in the order of the roles.
    fn rule(&mut self, rule: &'a Rule) -> Vec<Place> {
        let mut places = Vec::new();
        let mut add = |role: Role, words: &'a Words| {
            if !words.is_empty() {
                places.push(Place { role, group: self.shared(words), asks: 0 });
            }
        };
        add(Role::Guard, &rule.none);
        rule.all.iter().enumerate().for_each(|(group, words)| add(Role::All(narrow(group)), words));
        add(Role::Any, &rule.any);
        let near = rule.near.iter().flat_map(|near| &near.groups);
        near.enumerate().for_each(|(group, words)| add(Role::Near(narrow(group)), words));
        for (at, Pattern { outline, .. }) in rule.patterns.iter().enumerate() {
            let group = if outline.gates.is_empty() { NO_GROUP } else { self.group(&outline.gates, false) };
            places.push(Place { role: Role::Gate(narrow(at)), group, asks: self.asked.add(&outline.asked) });
        }
        places
    }

    /// The groups of a brand.
    fn brand(&mut self, brand::Words { names, excluded, rivals }: &'a brand::Words) -> Vec<Place> {
        let all = [(Role::Brand, names), (Role::BrandGuard, excluded), (Role::Rival, rivals)];
        all.map(|(role, words)| Place { role, group: self.group(words, true), asks: 0 }).to_vec()
    }
}

impl Index {
    pub(super) fn new(rules: &RuleSet, brands: &[brand::Words]) -> Self {
        let mut builder = Builder::default();
        let (mut needs, mut roles) = (Vec::new(), Vec::new());
        for (owner, rule) in (0..).zip(&rules.rules) {
            let groups = builder.rule(rule);
            let (need, uses) = Needs::of(rule, &groups, owner);
            for (place, used) in groups.iter().zip(uses).filter(|(place, used)| used.bit != 0 && place.group != NO_GROUP) {
                builder.uses[place.group as usize].push(used);
            }
            needs.push(need);
            roles.push(groups);
        }
        let brand_roles = brands.iter().map(|brand| builder.brand(brand)).collect();
        // Loading is when most memory is in use: what only the counting needed goes before the finder is made.
        let Builder { literals, groups, shared, words, groups_of, uses, asked } = builder;
        let count = literals.len();
        drop((literals, groups, shared));
        let (groups, uses) = (Lists::gathered(count, &groups_of), Lists::new(uses));
        drop(groups_of);
        let spelled = words.iter().map(|(text, whole, number)| (&**text, *whole, *number));
        // Gathered first, so that the finder knows how many there are and asks for no more room than they need.
        let marks: Vec<_> = Marks::words().map(|(text, whole, number)| (text, whole, MARKS + number)).collect();
        let finder = Finder::new(spelled.chain(marks));
        drop(words);
        let always = rules.rules.iter().zip(&roles).enumerate();
        let always = always.filter_map(|(number, (rule, places))| fires_without_literal(self::number(number), rule, places)).collect();
        Self {
            finder,
            groups,
            uses,
            roles: Lists::new(roles),
            brands: Lists::new(brand_roles),
            needs,
            tongues: Tongues::of(&rules.rules),
            always,
            asks: rules.rules.iter().any(|rule| !rule.patterns.is_empty()),
            asked,
        }
    }

    /// Finds every literal in the folded parts of a text, and what they mean to rules and brands, for the scratch to tell.
    /// In the same look it finds what may hold hits back.
    pub(super) fn scan(&self, texts: &mut Texts<'_>, scratch: &mut Scratch) {
        scratch.begin(self.needs.len(), self.uses.len());
        for (part, padded, marks, grams) in texts.padded() {
            marks.clear();
            if self.asks {
                grams.refill(padded, padded.len().saturating_sub(PADDING));
            }
            let Scratch { candidates, hits, .. } = scratch;
            self.finder.find(padded, candidates, |found| {
                if found.word >= MARKS {
                    return marks.add(found.word - MARKS, found.start);
                }
                hits.push(Hit { literal: found.word, part, start: found.start, end: found.end });
            });
        }
        scratch.hits.sort_unstable_by_key(Hit::order);
        scratch.bring(&self.groups, &self.uses, |asks| self.may_match(asks, texts));
    }

    /// Whether what an expression asks for may stand in any part of a text.
    #[inline]
    fn may_match(&self, asks: u32, texts: &Texts<'_>) -> bool {
        asks == 0 || texts.grams().any(|grams| self.asked.may_stand_in(asks, grams))
    }

    /// Leaves in the scratch the rules worth a look with their entries, in order: those whose needs are met and those that need no word;
    /// of these the ones for texts in `lang` that ask for no more than is `given`.
    pub(super) fn entries(&self, scratch: &mut Scratch, texts: &Texts<'_>, lang: &Language<'_>, given: Given) {
        let heard = self.tongues.heard(lang);
        let may_hold = |rule: u32| self.tongues.is_among(rule, heard) && self.needs[rule as usize].may_hold(given);
        let mut rules = std::mem::take(&mut scratch.touched);
        rules.retain(|rule| self.needs[*rule as usize].met(scratch.seen(*rule)) && may_hold(*rule));
        let may_match = |asks: &[u32]| asks.is_empty() || asks.iter().any(|asks| self.may_match(*asks, texts));
        rules.extend(self.always.iter().filter(|Always { rule, asks }| may_hold(*rule) && may_match(asks)).map(|always| always.rule));
        self.enter_all(rules, texts, scratch);
    }

    /// The same of every rule that needs a word that is there, and of those that need none.
    pub(super) fn all_entries(&self, scratch: &mut Scratch, texts: &Texts<'_>) {
        let mut rules = std::mem::take(&mut scratch.touched);
        rules.extend(self.always.iter().map(|always| always.rule));
        self.enter_all(rules, texts, scratch);
    }

    fn enter_all(&self, mut rules: Vec<u32>, texts: &Texts<'_>, scratch: &mut Scratch) {
        scratch.entries.clear();
        scratch.looks.clear();
        rules.sort_unstable();
        rules.dedup();
        for rule in &rules {
            let entries = self.entries_of(*rule as usize, texts, scratch);
            scratch.looks.push((*rule as usize, entries));
        }
        scratch.touched = rules;
    }

    /// What the groups of a rule were hit by, as a range of the scratch's entries.
    pub(super) fn entries_of(&self, rule: usize, texts: &Texts<'_>, scratch: &mut Scratch) -> Range<usize> {
        scratch.enter(number(rule), self.roles.of(rule), |asks| self.may_match(asks, texts))
    }

    pub(super) fn entries_of_brand(&self, brand: usize, scratch: &mut Scratch) -> Range<usize> {
        scratch.enter(number(brand), self.brands.of(brand), |_| true)
    }
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn fires_without_literal(number: u32, rule: &Rule, places: &[Place]) -> Option<Always> {
    let gateless = places.iter().filter(|place| place.group == NO_GROUP);
    let asks: Vec<u32> = gateless.map(|place| place.asks).collect();
    (!asks.is_empty() || (!rule.has_triggers() && rule.all.is_empty())).then_some(Always { rule: number, asks })
}
