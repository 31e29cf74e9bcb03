//! An expression that is compiled when it is first needed: compiling takes a thousand times as long as reading it, and of the rules of a
//! large set most texts need none.

use std::sync::OnceLock;

use regex::{Error, Match, Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Compiled size of one expression: far above what a rule needs, far below what hurts with a thousand of them.
const MOST_COMPILED_BYTES: usize = 512 * 1024;
/// Working memory of one expression while it runs, in each thread. It grows with the texts seen, for every expression that ever ran:
/// with a hundred of them and a megabyte each the daemon would come to be mostly this.
const MOST_RUNNING_BYTES: usize = 256 * 1024;
/// With so few states at most an expression surely compiles; others are compiled at once, to tell that they are too large.
const SURELY_SMALL: usize = 4_000;
/// States of one range of characters at most, in UTF-8: seven sequences of up to four bytes, of which many are shared.
const STATES_A_RANGE: usize = 16;

/// A regular expression without mistakes.
#[derive(Debug)]
pub struct Expression {
    translated: String,
    /// None inside: it did not compile after all, and matches nothing.
    compiled: OnceLock<Option<Regex>>,
}

impl Expression {
    pub(super) fn new(translated: String, hir: &Hir) -> Result<Self, Error> {
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

    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// Its matches, one after the other.
    pub fn find_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Match<'t>> {
        self.regex().into_iter().flat_map(move |regex| regex.find_iter(text))
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.translated).ok()).as_ref()
    }
}

fn compile(translated: &str) -> Result<Regex, Error> {
    RegexBuilder::new(translated).size_limit(MOST_COMPILED_BYTES).dfa_size_limit(MOST_RUNNING_BYTES).nest_limit(super::MOST_NESTED).build()
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

    #[test]
    fn what_is_large_is_compiled_at_once() {
        assert!(Expression::new("(?:差.{0,500}){50}".to_owned(), &read("(?:差.{0,500}){50}")).is_err());
        let small = Expression::new("差.{0,6}评".to_owned(), &read("差.{0,6}评")).expect("it is small");
        assert!(small.compiled.get().is_none());
        assert_eq!(small.find_iter("很差的评价\n差评").count(), 2);
        assert!(small.compiled.get().is_some());
    }
}
