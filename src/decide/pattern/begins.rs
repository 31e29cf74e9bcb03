//! Everything a part of an expression can begin with, written out: what gates are chosen from.
//!
//! The extractor of `regex-syntax` says nearly the same, over copies of what it reads; with a thousand expressions to load, the copies
//! were most of the time. So texts stand behind each other in one piece of memory, too.

use std::borrow::Cow;

use regex_syntax::hir::{Class, Hir, HirKind};

/// A list that is longer is no list to look for.
pub(super) const MOST_TEXTS: usize = 64;
/// A class of more characters is not written out.
pub(super) const LARGEST_CLASS: usize = 8;

/// A list of short texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    pool: String,
    ends: Vec<usize>,
}

impl Texts {
    fn of(text: &str) -> Self {
        Self { pool: text.to_owned(), ends: vec![text.len()] }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.pool.push_str(text);
        self.ends.push(self.pool.len());
    }

    pub(super) fn extend(&mut self, other: &Self) {
        let behind = self.pool.len();
        self.pool.push_str(&other.pool);
        self.ends.extend(other.ends.iter().map(|end| end + behind));
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.pool[start..*end])
    }

    /// In order, each once.
    pub(super) fn in_order(&self) -> Self {
        let mut texts: Vec<&str> = self.iter().collect();
        texts.sort_unstable();
        texts.dedup();
        let mut sorted = Self { pool: String::with_capacity(self.pool.len()), ends: Vec::with_capacity(texts.len()) };
        texts.into_iter().for_each(|text| sorted.push(text));
        sorted
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.ends == other.ends && self.pool == other.pool
    }
}

/// Texts that a match may begin with.
#[derive(Clone, Debug, Default)]
pub(super) struct Beginnings {
    texts: Texts,
    /// Of each: nothing else may stand in the parts read so far, so what follows stands right behind it.
    whole: Vec<bool>,
}

impl Beginnings {
    /// Of one part; none where they cannot all be written out in a list to look for.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(Self::whole("")),
            HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(Self::whole),
            HirKind::Class(class) => letters(class),
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Concat(parts) => Self::follow(parts.iter().map(|part| Self::of(part).map(Cow::Owned))),
            HirKind::Alternation(parts) => {
                let mut all = Self::default();
                for part in parts {
                    match part.kind() {
                        // As nearly all are.
                        HirKind::Literal(literal) => all.push(std::str::from_utf8(&literal.0).ok()?, true),
                        _ => all.extend(&Self::of(part)?),
                    }
                    if all.whole.len() > MOST_TEXTS {
                        return None;
                    }
                }
                Some(all)
            }
            HirKind::Repetition(repetition) => {
                let mut all = Self::of(&repetition.sub)?;
                if repetition.max != Some(1) {
                    all.end();
                }
                if repetition.min == 0 {
                    all.push("", true);
                }
                Some(all)
            }
        }
    }

    fn whole(text: &str) -> Self {
        Self { texts: Texts::of(text), whole: vec![true] }
    }

    fn push(&mut self, text: &str, whole: bool) {
        self.texts.push(text);
        self.whole.push(whole);
    }

    fn extend(&mut self, other: &Self) {
        self.texts.extend(&other.texts);
        self.whole.extend_from_slice(&other.whole);
    }

    fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.texts.iter().zip(self.whole.iter().copied())
    }

    /// More may stand behind each of them.
    fn end(&mut self) {
        self.whole.fill(false);
    }

    /// Of parts, one behind the other.
    pub(super) fn follow<'a>(parts: impl Iterator<Item = Option<Cow<'a, Self>>>) -> Option<Self> {
        let mut all = Self::whole("");
        for (number, part) in parts.enumerate() {
            let Some(next) = part.and_then(|next| all.joined(&next)) else {
                // What is known of the parts before holds without this one.
                all.end();
                return (number > 0).then_some(all);
            };
            all = next;
            if !all.whole.contains(&true) {
                break;
            }
        }
        Some(all)
    }

    /// Each whole one with each of what follows.
    fn joined(&self, next: &Self) -> Option<Self> {
        let whole = self.whole.iter().filter(|whole| **whole).count();
        if self.whole.len() - whole + whole * next.whole.len() > MOST_TEXTS {
            return None;
        }
        let mut all = Self::default();
        for (first, whole) in self.iter() {
            if !whole {
                all.push(first, false);
                continue;
            }
            for (second, whole) in next.iter() {
                all.texts.pool.push_str(first);
                all.push(second, whole);
            }
        }
        Some(all)
    }

    /// Their texts; none where one of them is shorter than this.
    pub(super) fn texts(self, least: usize) -> Option<Texts> {
        let long_enough = self.texts.iter().all(|text| text.len() >= least);
        long_enough.then_some(self.texts)
    }
}

/// The characters of a small class.
fn letters(class: &Class) -> Option<Beginnings> {
    let Class::Unicode(class) = class else { return None };
    let mut letters = Beginnings::default();
    for range in class.ranges() {
        if range.len() + letters.whole.len() > LARGEST_CLASS {
            return None;
        }
        (range.start()..=range.end()).for_each(|letter| letters.push(letter.encode_utf8(&mut [0; 4]), true));
    }
    Some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pattern: &str) -> Option<Vec<String>> {
        let texts = Beginnings::of(&regex_syntax::parse(pattern).expect("the pattern is right"))?.texts(0)?;
        Some(texts.in_order().iter().map(str::to_owned).collect())
    }

    #[test]
    fn every_beginning_is_written_out_as_far_as_it_is_known() {
        for (pattern, expected) in [
            ("等了[0-9]+天", Some(vec!["等了"])),
            ("(?:很|太)差评?", Some(vec!["太差", "太差评", "很差", "很差评"])),
            ("a{2,}b", Some(vec!["a"])),
            ("(ab)?c", Some(vec!["abc", "c"])),
            ("a*b", Some(vec!["a", "b"])),
            ("[ab]c$", Some(vec!["ac", "bc"])),
            ("[0-9]x", None),
            ("(?:[0-9]|x)y", None),
            ("[a-h][a-h][a-h]", Some(vec!["aa", "ab"])),
        ] {
            let written = written(pattern);
            match (written, expected) {
                (Some(texts), Some(first)) if texts.len() > 8 => assert_eq!(texts[..first.len()], first, "{pattern}"),
                (written, expected) => {
                    assert_eq!(written, expected.map(|texts| texts.into_iter().map(str::to_owned).collect()), "{pattern}")
                }
            }
        }
    }
}
