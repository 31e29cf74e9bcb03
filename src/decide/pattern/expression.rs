//! An expression that is made ready when it is first needed: of the rules of a large set most texts need none.
//!
//! It is gone along step by step (`walk.rs`); only what would go back too often becomes an automaton, which takes long to build and much
//! memory to run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex_automata::meta::{Builder, Cache, Config, Regex};
use regex_automata::{Input, nfa::thompson::WhichCaptures};
use regex_syntax::hir::{Class, Hir, HirKind};
use regex_syntax::utf8::Utf8Sequences;
use regex_syntax::{Parser, ParserBuilder};

use super::steps::Steps;
use super::walk::{Arrival, Walker};

/// Compiled size of one expression: far above what a rule needs, far below what hurts with a thousand of them.
const MOST_COMPILED_BYTES: usize = 512 * 1024;
/// Working memory of one automaton while it runs, in each thread.
const MOST_RUNNING_BYTES: usize = 256 * 1024;
/// Working memory of all automata in each thread. It grows with the texts seen, for every automaton that ever ran: with hundreds of
/// them the daemon would come to be mostly this. It is thrown away whole and grows anew.
const MOST_BYTES: usize = 5 * 1024 * 1024;
/// With so few states at most an expression surely compiles; others are compiled at once, to tell that they are too large.
const SURELY_SMALL: usize = 4_000;
/// Why an expression cannot be had.
#[derive(Debug)]
pub(super) enum Unusable {
    TooLarge,
    Wrong(String),
}

/// A regular expression without mistakes.
#[derive(Debug)]
pub struct Expression {
    translated: String,
    ready: OnceLock<Ready>,
}

/// In the two forms it may run in.
#[derive(Debug, Default)]
struct Ready {
    /// None where it cannot be gone along.
    steps: Option<Steps>,
    /// None inside: it did not compile after all, and matches nothing.
    automaton: OnceLock<Option<Automaton>>,
}

#[derive(Debug)]
struct Automaton {
    regex: Regex,
    /// Its key among the working memories.
    number: usize,
}

impl Expression {
    pub(super) fn new(translated: String, hir: &Hir) -> Result<Self, Unusable> {
        let ready = OnceLock::new();
        if states(hir) > SURELY_SMALL {
            let automaton = compile(&translated)?;
            ready.get_or_init(|| Ready { steps: Steps::of(hir), automaton: Some(automaton).into() });
        }
        Ok(Self { translated, ready })
    }

    /// As it runs, over folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.translated
    }

    #[cfg(test)]
    pub(super) fn is_match(&self, text: &str) -> bool {
        !self.find(text, 0..text.len(), 1).is_empty()
    }

    /// Its matches within a place of a text, one after the other, at most `most`; what stands around the place is seen.
    #[must_use]
    pub fn find(&self, text: &str, place: Range<usize>, most: usize) -> Vec<Range<usize>> {
        let ready = self.ready.get_or_init(|| {
            let steps = read(&self.translated).ok().and_then(|hir| Steps::of(&hir));
            Ready { steps, automaton: OnceLock::new() }
        });
        WORKING.with_borrow_mut(|working| {
            let (mut found, mut from) = (Vec::new(), place.start);
            while found.len() < most
                && let Some(matched) = self.next(ready, working, text, from..place.end)
            {
                // No expression matches an empty text.
                from = matched.end;
                found.push(matched);
            }
            found
        })
    }

    fn next(&self, ready: &Ready, working: &mut Working, text: &str, place: Range<usize>) -> Option<Range<usize>> {
        match ready.steps.as_ref().map_or(Arrival::GaveUp, |steps| working.walker.find(steps, text, place.clone())) {
            Arrival::Found(matched) => Some(matched),
            Arrival::Nowhere => None,
            Arrival::GaveUp => working.run(ready.automaton.get_or_init(|| compile(&self.translated).ok()).as_ref()?, text, place),
        }
    }
}

/// Reads a translated expression.
pub(super) fn read(translated: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    super::read::read(translated).map_or_else(|| parser().parse(translated).map_err(Box::new), Ok)
}

/// What reads those that have something rare in them, and says what is wrong.
pub(super) fn parser() -> Parser {
    ParserBuilder::new().nest_limit(super::MOST_NESTED).build()
}

thread_local! {
    static WORKING: RefCell<Working> = RefCell::default();
}

/// The working memories of expressions.
#[derive(Debug, Default)]
struct Working {
    walker: Walker,
    caches: HashMap<usize, Cache>,
    bytes: usize,
}

impl Working {
    /// The next match of an automaton.
    fn run(&mut self, automaton: &Automaton, text: &str, place: Range<usize>) -> Option<Range<usize>> {
        let cache = self.caches.entry(automaton.number).or_insert_with(|| {
            let cache = automaton.regex.create_cache();
            self.bytes += cache.memory_usage();
            cache
        });
        let before = cache.memory_usage();
        let matched = automaton.regex.search_with(cache, &Input::new(text).span(place));
        self.bytes = (self.bytes + cache.memory_usage()).saturating_sub(before);
        if self.bytes > MOST_BYTES {
            (self.caches, self.bytes) = (HashMap::new(), 0);
        }
        matched.map(|matched| matched.range())
    }
}

fn compile(translated: &str) -> Result<Automaton, Unusable> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Only where a match lies is asked for, not its groups.
    let config = Config::new()
        .nfa_size_limit(Some(MOST_COMPILED_BYTES))
        .hybrid_cache_capacity(MOST_RUNNING_BYTES)
        .which_captures(WhichCaptures::Implicit)
        .onepass(false);
    let syntax = regex_automata::util::syntax::Config::new().nest_limit(super::MOST_NESTED);
    let regex = Builder::new().configure(config).syntax(syntax).build(translated).map_err(|error| match error.size_limit() {
        Some(_) => Unusable::TooLarge,
        None => Unusable::Wrong(error.to_string()),
    })?;
    Ok(Automaton { regex, number: NEXT.fetch_add(1, Ordering::Relaxed) })
}

/// How many states it has at most, about.
fn states(hir: &Hir) -> usize {
    let sum = |parts: &[Hir]| parts.iter().map(states).fold(1, usize::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(_)) => 2,
        HirKind::Class(Class::Unicode(class)) => {
            // Many of them are shared.
            let sequences = class.ranges().iter().flat_map(|range| Utf8Sequences::new(range.start(), range.end()));
            sequences.map(|sequence| sequence.len()).sum()
        }
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            states(&repetition.sub).saturating_add(2).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(pattern: &str) -> Hir {
        regex_syntax::parse(pattern).expect("the pattern is right")
    }

    #[test]
    fn what_is_surely_small_compiles() {
        for (piece, most) in [
            ("a", 5_000),
            ("[^,。!?;\n]", 500),
            (r"\p{L}", 50),
            ("[a-z0-9_]", 500),
            ("(?:差|不好|bad)", 1_000),
            ("[\u{80}-\u{10FFFF}]", 1_000),
        ] {
            let largest =
                (1..=most).map(|times| format!("{piece}{{{times}}}")).take_while(|pattern| states(&parsed(pattern)) <= SURELY_SMALL).last();
            if let Some(pattern) = largest {
                assert!(compile(&pattern).is_ok(), "{pattern} is too large");
            }
        }
    }

    fn found(expression: &Expression, text: &str, place: Range<usize>, most: usize) -> Vec<(usize, usize)> {
        expression.find(text, place, most).into_iter().map(|found| (found.start, found.end)).collect()
    }

    #[test]
    fn what_is_large_is_compiled_at_once() {
        assert!(Expression::new("(?:差.{0,500}){50}".to_owned(), &parsed("(?:差.{0,500}){50}")).is_err());
        let small = Expression::new("差.{0,6}评".to_owned(), &parsed("差.{0,6}评")).expect("it is small");
        assert!(small.ready.get().is_none());
        assert_eq!(found(&small, "很差的评价\n差评", 0..22, 9), [(3, 12), (16, 22)]);
        let ready = small.ready.get().expect("it was needed");
        assert!(ready.steps.is_some() && ready.automaton.get().is_none(), "it never went back too often");
    }

    #[test]
    fn a_place_is_looked_at_alone_with_what_stands_around_it() {
        let whole = Expression::new(r"(?-u:\b)late(?-u:\b)".to_owned(), &parsed(r"late")).expect("it is small");
        assert_eq!(found(&whole, "late later late", 5..15, 9), [(11, 15)]);
        assert_eq!(found(&whole, "late later late", 0..9, 9), [(0, 4)]);
        assert_eq!(found(&whole, "late later late", 0..15, 1), [(0, 4)]);
    }

    #[test]
    fn working_memory_stays_within_its_bound() {
        let patterns = (0..200).map(|n| format!("[a-f]{{0,{}}}x[^g]{{0,40}}y", n + 1));
        let all: Vec<Automaton> = patterns.map(|pattern| compile(&pattern).expect("it is small")).collect();
        let text = "abcdefxfedcbahhxijaklmmmmxxnoyp".repeat(40);
        let mut working = Working::default();
        for automaton in &all {
            assert!(working.run(automaton, &text, 0..text.len()).is_some());
            assert!(working.bytes <= MOST_BYTES);
        }
        assert!(working.caches.len() < all.len(), "the bound was never met");
    }

    #[test]
    fn what_goes_back_too_often_is_found_all_the_same() {
        let pattern = "(?:[ab]{1,40}[ab]{1,40}){1,9}c";
        let expression = Expression::new(pattern.to_owned(), &parsed(pattern)).expect("it is small");
        let text = format!("{}c", "ab".repeat(600));
        assert!(expression.is_match(&text) && !expression.is_match(&text[..1_200]));
        assert!(expression.ready.get().is_some_and(|ready| ready.automaton.get().is_some()));
    }
}
