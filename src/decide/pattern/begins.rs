//! Everything a part of an expression can begin with, written out: what gates are chosen from.
//!
//! The extractor of `regex-syntax` says nearly the same, over copies of what it reads; with twelve hundred expressions to load, the
//! copies were most of the time.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A list that is longer is no list to look for.
pub(super) const MOST_TEXTS: usize = 64;
/// A class of more characters is not written out.
pub(super) const LARGEST_CLASS: usize = 8;

/// A text that a match may begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Beginning {
    text: String,
    /// Nothing else may stand in the parts read so far, so what follows stands right behind it.
    whole: bool,
}

/// Texts of which each match of these parts, one behind the other, begins with one; sorted, each once. None where they cannot all be
/// written out in a list to look for.
pub(super) fn beginnings(parts: &[&Hir]) -> Option<Vec<String>> {
    let mut texts: Vec<String> = follow(parts)?.into_iter().map(|beginning| beginning.text).collect();
    texts.sort_unstable();
    texts.dedup();
    Some(texts)
}

fn follow(parts: &[&Hir]) -> Option<Vec<Beginning>> {
    let mut all = vec![Beginning { text: String::new(), whole: true }];
    for (number, part) in parts.iter().enumerate() {
        let Some(next) = of(part).and_then(|next| joined(&all, &next)) else {
            // What is known of the parts before holds without this one.
            return (number > 0).then(|| ended(all));
        };
        all = next;
        if all.iter().all(|beginning| !beginning.whole) {
            break;
        }
    }
    Some(all)
}

fn ended(all: Vec<Beginning>) -> Vec<Beginning> {
    all.into_iter().map(|beginning| Beginning { whole: false, ..beginning }).collect()
}

/// Each whole one with each of what follows.
fn joined(all: &[Beginning], next: &[Beginning]) -> Option<Vec<Beginning>> {
    let whole = all.iter().filter(|beginning| beginning.whole).count();
    if all.len() - whole + whole * next.len() > MOST_TEXTS {
        return None;
    }
    let each = all.iter().flat_map(|first| {
        let behind = if first.whole { next } else { &[] };
        let kept = (!first.whole).then(|| first.clone());
        let longer = behind.iter().map(|next| Beginning { text: [&*first.text, &*next.text].concat(), whole: next.whole });
        kept.into_iter().chain(longer)
    });
    Some(each.collect())
}

fn of(hir: &Hir) -> Option<Vec<Beginning>> {
    let whole = |text: &str| Beginning { text: text.to_owned(), whole: true };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![whole("")]),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(|text| vec![whole(text)]),
        HirKind::Class(class) => Some(letters(class)?.into_iter().map(|letter| whole(letter.encode_utf8(&mut [0; 4]))).collect()),
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Concat(parts) => follow(&parts.iter().collect::<Vec<_>>()),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(of(part)?);
                if all.len() > MOST_TEXTS {
                    return None;
                }
            }
            Some(all)
        }
        HirKind::Repetition(repetition) => {
            let once = of(&repetition.sub)?;
            let mut all = if repetition.max == Some(1) { once } else { ended(once) };
            if repetition.min == 0 {
                all.push(whole(""));
            }
            Some(all)
        }
    }
}

/// The characters of a small class.
fn letters(class: &Class) -> Option<Vec<char>> {
    let Class::Unicode(class) = class else { return None };
    let mut letters = Vec::new();
    for range in class.ranges() {
        if range.len() + letters.len() > LARGEST_CLASS {
            return None;
        }
        letters.extend(range.start()..=range.end());
    }
    Some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pattern: &str) -> Option<Vec<String>> {
        beginnings(&[&regex_syntax::parse(pattern).expect("the pattern is right")])
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
