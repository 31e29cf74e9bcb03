//! Whether one rule fires, from the hits that belong to it.

use std::ops::Range;

use super::author::author_is;
use super::firing::{Fate, Firing, Found};
use super::held::{Held, held_in_chain, is_elsewhere, is_mocked};
use super::matching::{Entry, Hit, Role};
use super::pattern::{Outline, whole, without_signs};
pub(super) use super::rooms::Rooms;
use super::rule::{Count, Kind, Near, Rule, Scope, is_in};
use super::subject::Language;
pub(super) use super::texts::Texts;
use super::voice::Voice;
use crate::model::Part;

/// More places than this say nothing new; a text of one word repeated a million times stays cheap.
const MOST_FOUND: usize = 32;
/// With more gates than this in a text its expression looks at the whole of it: looking around each would cost more.
const MOST_GATES: usize = 64;
/// Longest guard in bytes: words have at most 200 characters of at most 4 bytes.
const LONGEST_GUARD: u32 = 800;

/// What besides the text a rule may ask for.
pub(super) struct Context<'a> {
    /// Of five.
    pub(super) stars: Option<f64>,
    pub(super) readers: Option<u64>,
    pub(super) repeated: Option<u64>,
    pub(super) lang: &'a Language<'a>,
    pub(super) source: Option<&'a str>,
    pub(super) author: Option<&'a str>,
    pub(super) brands: &'a [String],
    /// Whether the names of what fires are enough, without all their places.
    pub(super) brief: bool,
    /// The model's word; none without a model.
    pub(super) voice: Option<&'a Voice<'a>>,
}

/// Judges one rule; none where its words are not there or a condition does not hold.
pub(super) fn evaluate(
    number: usize,
    rule: &Rule,
    entries: &[Entry],
    hits: &[Hit],
    texts: &Texts<'_>,
    context: &Context<'_>,
    rooms: &mut Rooms,
) -> Option<Firing> {
    let heard = rule.asks.nothing() || context.voice.is_some_and(|voice| voice.meets(&rule.asks));
    if heard { evaluate_as_if_heard(number, rule, entries, hits, texts, context, rooms) } else { None }
}

/// The same, as if the model gave whatever the rule asks of it.
pub(super) fn evaluate_as_if_heard(
    number: usize,
    rule: &Rule,
    entries: &[Entry],
    hits: &[Hit],
    texts: &Texts<'_>,
    context: &Context<'_>,
    rooms: &mut Rooms,
) -> Option<Firing> {
    let rating = rule.rating.is_none_or(|rating| context.stars.is_some_and(|stars| rating.holds(stars)));
    let counted =
        |wanted: Option<Count>, number: Option<u64>| wanted.is_none_or(|wanted| number.is_some_and(|number| wanted.holds(number)));
    let counts = counted(rule.readers, context.readers) && counted(rule.repeated, context.repeated);
    if !rating || !counts || !in_scope(&rule.scope, context) {
        return None;
    }
    let guards = guards(entries, hits);
    let one_will_do = context.brief && rule.one_place_will_do() && rule.has_triggers();
    let mut look = Look { rule, entries, hits, texts, guards: &guards, one_will_do, rooms, firing: Firing::empty(number) };
    if !look.conditions_hold() {
        return None;
    }
    if rule.has_triggers() {
        look.words(Role::Any);
        if !look.is_enough() {
            look.near();
        }
        // Expressions cost most; a rule that fires already needs none.
        if look.firing.live.is_empty() {
            look.patterns();
        }
    } else {
        return Some(look.without_triggers());
    }
    look.firing.settled()
}

pub(super) fn in_scope(scope: &Scope, context: &Context<'_>) -> bool {
    (scope.langs.is_empty() || is_in(&scope.langs, context.lang.name()))
        && (scope.sources.is_empty() || context.source.is_some_and(|source| scope.sources.iter().any(|wanted| wanted == source)))
        && (scope.brands.is_empty() || context.brands.iter().any(|brand| scope.brands.contains(brand)))
        && (scope.authors.is_empty() || context.author.is_some_and(|author| author_is(author, &scope.authors)))
}

pub(super) fn guards(entries: &[Entry], hits: &[Hit]) -> Vec<(Part, u32, u32)> {
    let is_guard = |entry: &Entry| matches!(entry.role, Role::Guard | Role::BrandGuard);
    // Most rules have none.
    if !entries.iter().any(is_guard) {
        return Vec::new();
    }
    let entries = entries.iter().filter(|entry| is_guard(entry));
    let mut guards: Vec<_> = entries.flat_map(|entry| &hits[range(entry)]).map(|hit| (hit.part, hit.start, hit.end)).collect();
    guards.sort_unstable();
    guards
}

pub(super) fn range(entry: &Entry) -> Range<usize> {
    entry.first as usize..entry.last as usize
}

pub(super) fn is_guarded(guards: &[(Part, u32, u32)], part: Part, start: u32, end: u32) -> bool {
    let first = guards.partition_point(|guard| (guard.0, guard.1) < (part, start.saturating_sub(LONGEST_GUARD)));
    guards[first..].iter().take_while(|guard| guard.0 == part && guard.1 < end).any(|guard| guard.2 > start)
}

struct Look<'a> {
    rule: &'a Rule,
    entries: &'a [Entry],
    hits: &'a [Hit],
    texts: &'a Texts<'a>,
    guards: &'a [(Part, u32, u32)],
    /// Whether nobody asks for another place where it fires.
    one_will_do: bool,
    rooms: &'a mut Rooms,
    firing: Firing,
}

impl<'a> Look<'a> {
    fn hits_of<W: Fn(Role) -> bool + 'a>(&self, wanted: W) -> impl Iterator<Item = (Role, &'a Hit)> + use<'a, W> {
        let (hits, part) = (self.hits, self.rule.scope.part);
        let entries = self.entries.iter().filter(move |entry| wanted(entry.role));
        entries
            .flat_map(move |entry| hits[range(entry)].iter().map(move |hit| (entry.role, hit)))
            .filter(move |(_, hit)| part.is_none_or(|part| part == hit.part))
    }

    const fn is_enough(&self) -> bool {
        self.one_will_do && !self.firing.live.is_empty()
    }

    fn conditions_hold(&self) -> bool {
        (0..self.rule.all.len()).all(|group| {
            let group = u16::try_from(group).unwrap_or(u16::MAX);
            self.hits_of(move |role| role == Role::All(group)).any(|(_, hit)| !is_guarded(self.guards, hit.part, hit.start, hit.end))
        })
    }

    /// Puts a place where it belongs. A chain of words is held back when any of them is.
    fn found(&mut self, mut found: Found, words: &[(u32, u32)]) {
        let list = if is_guarded(self.guards, found.part, found.start, found.end) {
            &mut self.firing.guarded
        } else {
            found.held = self.held(&found, words);
            if found.held.is_some() { &mut self.firing.held } else { &mut self.firing.live }
        };
        if list.capacity() == 0 {
            *list = self.rooms.places();
        }
        if list.len() < MOST_FOUND {
            list.push(found);
        }
    }

    fn held(&self, found: &Found, words: &[(u32, u32)]) -> Option<Held> {
        let text = self.texts.folded(found.part);
        let marks = self.texts.marks(found.part);
        // A negator that is one word of a chain denies none of the others.
        let owns = std::iter::once(0).chain(words.iter().map(|(_, end)| *end as usize));
        let held = words.iter().zip(owns).find_map(|((start, end), own)| held_in_chain(text, marks, own, *start as usize, *end as usize));
        let elsewhere = || self.rule.is_grave() && is_elsewhere(text, marks, found.start as usize, found.end as usize);
        let held = held.or_else(|| elsewhere().then_some(Held::Elsewhere));
        let praise = self.rule.kind == Kind::Sentiment && self.rule.weight > 0.0;
        let mocked = || is_mocked(text, marks, found.start as usize, found.end as usize, self.texts.is_quoted(found));
        held.or_else(|| (praise && mocked()).then_some(Held::Mocked))
    }

    fn words(&mut self, role: Role) {
        for (_, hit) in self.hits_of(move |found| found == role) {
            if self.is_enough() || self.firing.live.len() >= MOST_FOUND {
                return;
            }
            let found = Found { part: hit.part, start: hit.start, end: hit.end, literal: Some(hit.literal), held: None };
            self.found(found, &[(hit.start, hit.end)]);
        }
    }

    fn near(&mut self) {
        let Some(near) = &self.rule.near else { return };
        let groups = self.entries.iter().filter(|entry| matches!(entry.role, Role::Near(_))).map(|entry| entry.role);
        let mut groups: Vec<Role> = groups.collect();
        groups.dedup();
        if groups.len() < near.groups.len() {
            return;
        }
        let mut places: Vec<(Part, u32, u32, Role)> =
            self.hits_of(|role| matches!(role, Role::Near(_))).map(|(role, hit)| (hit.part, hit.start, hit.end, role)).collect();
        places.retain(|(part, start, end, _)| !is_guarded(self.guards, *part, *start, *end));
        places.sort_unstable();
        let mut from = 0;
        while from < places.len() && !self.is_enough() && self.firing.live.len() < MOST_FOUND {
            match chain(&places[from..], near, self.texts) {
                Some(words) => {
                    let (first, last) = (words[0], words[words.len() - 1]);
                    self.found(Found { part: places[from].0, start: first.0, end: last.1, literal: None, held: None }, &words);
                    from += places[from..].partition_point(|place| (place.0, place.1) < (places[from].0, last.1)).max(1);
                }
                None => from += 1,
            }
        }
    }

    fn patterns(&mut self) {
        let mut gated = &self.entries[self.entries.partition_point(|entry| entry.role < Role::Gate(0))..];
        for (number, pattern) in self.rule.patterns.iter().enumerate() {
            let gate = Role::Gate(u16::try_from(number).unwrap_or(u16::MAX));
            let (gates, others) = gated.split_at(gated.iter().take_while(|entry| entry.role == gate).count());
            gated = others;
            if gates.is_empty() {
                continue;
            }
            let is_gated = !pattern.outline.gates.is_empty();
            let parts = self.texts.parts().filter(|(part, _)| self.rule.scope.part.is_none_or(|wanted| wanted == *part));
            for (part, text) in parts {
                let places = if is_gated { self.around_gates(gates, part, text, &pattern.outline) } else { whole(text) };
                for found in places.into_iter().flat_map(|place| pattern.regex.find(text, place, MOST_FOUND)).take(MOST_FOUND) {
                    if self.is_enough() {
                        return;
                    }
                    let (start, end) = without_signs(text, found);
                    let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { break };
                    self.found(Found { part, start, end, literal: None, held: None }, &[(start, end)]);
                }
            }
        }
    }

    /// Where matches may lie, in order and without overlap: around gates that have near them what else a match needs.
    fn around_gates(&self, gates: &[Entry], part: Part, text: &str, outline: &Outline) -> Vec<Range<usize>> {
        let hits = || gates.iter().flat_map(|entry| &self.hits[range(entry)]).filter(|hit| hit.part == part);
        let all = || hits().map(|hit| hit.start as usize);
        if all().nth(MOST_GATES).is_some() && in_order(all().collect()).len() > MOST_GATES {
            return whole(text);
        }
        // Most of them may not: then there is nothing to be put in order.
        let starts = in_order(all().filter(|start| outline.may_match(text, *start)).collect());
        let mut places: Vec<Range<usize>> = Vec::new();
        for start in starts {
            let place = outline.reach.around(text, start);
            match places.last_mut() {
                Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
                _ => places.push(place),
            }
        }
        places
    }

    /// Conditions alone: every group of `all` needs a word that is said.
    fn without_triggers(mut self) -> Firing {
        for group in 0..self.rule.all.len() {
            let before = self.firing.live.len();
            self.words(Role::All(u16::try_from(group).unwrap_or(u16::MAX)));
            if self.firing.live.len() == before {
                self.firing.fate = self.firing.held.iter().find_map(|found| found.held).map_or(Fate::Guarded, Fate::Held);
                return self.firing;
            }
        }
        self.firing
    }
}

/// From the first place on: a word of each group, neighbours near each other, within one clause.
fn chain(places: &[(Part, u32, u32, Role)], near: &Near, texts: &Texts<'_>) -> Option<Vec<(u32, u32)>> {
    let (part, start, end, role) = *places.first()?;
    let text = texts.folded(part);
    let mut words = vec![(start, end)];
    let mut roles = vec![role];
    let mut last_end = end;
    for (next_part, start, end, role) in &places[1..] {
        if roles.len() == near.groups.len() {
            break;
        }
        if *next_part != part || (*start > last_end && !is_near(text, last_end, *start, near.within)) {
            break;
        }
        if *start < last_end || roles.contains(role) {
            continue;
        }
        words.push((*start, *end));
        roles.push(*role);
        last_end = *end;
    }
    (roles.len() == near.groups.len()).then_some(words)
}

/// Between two words of a chain: not too many characters, and no end of a clause. `服务差,味道好` says nothing bad of the taste;
/// nor does a space between two Chinese clauses, as Taiwan writes them.
fn is_near(text: &str, from: u32, to: u32, within: usize) -> bool {
    let (from, to) = (from as usize, to as usize);
    let gap = &text[from..to];
    if gap.len() > within * 4 || gap.chars().count() > within || gap.as_bytes().windows(2).any(|pair| pair == b". ") {
        return false;
    }
    let parts_clauses = |at: usize| {
        let before = text[..from + at].chars().next_back();
        let after = text[from + at + 1..].chars().next();
        before.is_some_and(super::script::is_han) && after.is_some_and(super::script::is_han)
    };
    !gap.char_indices().any(|(at, letter)| super::script::ends_clause(letter) || (letter == ' ' && parts_clauses(at)))
}

/// Each place once.
fn in_order(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    places.dedup();
    places
}
