//! An expression that is compiled when it is first needed: compiling takes a thousand times as long as reading it, and of the rules of a
//! large set most texts need none.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex_automata::meta::{Builder, Cache, Config, Regex};
use regex_automata::{Input, nfa::thompson::WhichCaptures};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Compiled size of one expression: far above what a rule needs, far below what hurts with a thousand of them.
const MOST_COMPILED_BYTES: usize = 512 * 1024;
/// Working memory of one expression while it runs, in each thread.
const MOST_RUNNING_BYTES: usize = 256 * 1024;
/// Working memory of all expressions in each thread. It grows with the texts seen, for every expression that ever ran: with hundreds of
/// them the daemon would come to be mostly this. It is thrown away whole and grows anew.
const MOST_BYTES: usize = 5 * 1024 * 1024;
/// With so few states at most an expression surely compiles; others are compiled at once, to tell that they are too large.
const SURELY_SMALL: usize = 4_000;
/// States of one range of characters at most, in UTF-8: seven sequences of up to four bytes, of which many are shared.
const STATES_A_RANGE: usize = 16;

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
    /// None inside: it did not compile after all, and matches nothing.
    compiled: OnceLock<Option<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    regex: Regex,
    /// Its key among the working memories.
    number: usize,
}

impl Expression {
    pub(super) fn new(translated: String, hir: &Hir) -> Result<Self, Unusable> {
        let compiled = OnceLock::new();
        if states(hir) > SURELY_SMALL {
            let regex = compile(&translated)?;
            compiled.get_or_init(|| Some(regex));
        }
        Ok(Self { translated, compiled })
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
        let Some(compiled) = self.compiled.get_or_init(|| compile(&self.translated).ok()) else { return Vec::new() };
        WORKING.with_borrow_mut(|working| working.find(compiled, text, place, most))
    }
}

thread_local! {
    static WORKING: RefCell<Working> = RefCell::default();
}

/// The working memories of expressions.
#[derive(Debug, Default)]
struct Working {
    caches: HashMap<usize, Cache>,
    bytes: usize,
}

impl Working {
    fn find(&mut self, compiled: &Compiled, text: &str, place: Range<usize>, most: usize) -> Vec<Range<usize>> {
        let cache = self.caches.entry(compiled.number).or_insert_with(|| {
            let cache = compiled.regex.create_cache();
            self.bytes += cache.memory_usage();
            cache
        });
        let before = cache.memory_usage();
        let (mut found, mut from) = (Vec::new(), place.start);
        while found.len() < most
            && let Some(matched) = compiled.regex.search_with(cache, &Input::new(text).span(from..place.end))
        {
            found.push(matched.range());
            // No expression matches an empty text.
            from = matched.end();
        }
        self.bytes = (self.bytes + cache.memory_usage()).saturating_sub(before);
        if self.bytes > MOST_BYTES {
            *self = Self::default();
        }
        found
    }
}

fn compile(translated: &str) -> Result<Compiled, Unusable> {
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
    Ok(Compiled { regex, number: NEXT.fetch_add(1, Ordering::Relaxed) })
}

/// How many states it has at most, about.
fn states(hir: &Hir) -> usize {
    let sum = |parts: &[Hir]| parts.iter().map(states).fold(1, usize::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(_)) => 2,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(STATES_A_RANGE),
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

    fn read(pattern: &str) -> Hir {
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
                (1..=most).map(|times| format!("{piece}{{{times}}}")).take_while(|pattern| states(&read(pattern)) <= SURELY_SMALL).last();
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
        assert!(Expression::new("(?:差.{0,500}){50}".to_owned(), &read("(?:差.{0,500}){50}")).is_err());
        let small = Expression::new("差.{0,6}评".to_owned(), &read("差.{0,6}评")).expect("it is small");
        assert!(small.compiled.get().is_none());
        assert_eq!(found(&small, "很差的评价\n差评", 0..22, 9), [(3, 12), (16, 22)]);
        assert!(small.compiled.get().is_some());
    }

    #[test]
    fn a_place_is_looked_at_alone_with_what_stands_around_it() {
        let whole = Expression::new(r"(?-u:\b)late(?-u:\b)".to_owned(), &read(r"late")).expect("it is small");
        assert_eq!(found(&whole, "late later late", 5..15, 9), [(11, 15)]);
        assert_eq!(found(&whole, "late later late", 0..9, 9), [(0, 4)]);
        assert_eq!(found(&whole, "late later late", 0..15, 1), [(0, 4)]);
    }

    #[test]
    fn working_memory_stays_within_its_bound() {
        let most = |last: u32| (0..last).map(|n| format!("[a-f]{{0,{}}}x[^g]{{0,40}}y", n + 1)).collect::<Vec<_>>();
        let all: Vec<_> = most(200).into_iter().map(|pattern| Expression::new(pattern.clone(), &read(&pattern)).expect("small")).collect();
        let text = "abcdefxfedcbahhxijaklmmmmxxnoyp".repeat(40);
        for expression in &all {
            assert!(expression.is_match(&text));
            assert!(WORKING.with_borrow(|working| working.bytes <= MOST_BYTES));
        }
        assert!(WORKING.with_borrow(|working| working.caches.len()) < all.len(), "the bound was never met");
    }
}
