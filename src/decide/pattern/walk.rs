//! Goes along the steps of an expression, and back where they lead nowhere.
//!
//! An automaton reads each character once, but has to be built first, state by state: on the short places that rules look at, building it
//! cost ten times as much as reading. Going along needs no memory worth the name. Where it would go back too often it gives up, and the
//! automaton does it after all, so no expression and no text makes it slow.
//!
//! It finds what the `regex` crate finds: the leftmost match, and of those that begin there the one that the order of the expression prefers.

use std::ops::Range;

use regex_syntax::hir::Look;

use super::steps::{Letters, Step, Steps};
use super::words::Words;

/// Steps for every byte of a place, and for every place, before it gives up: real texts need two for a byte.
const STEPS_A_BYTE: usize = 8;
const STEPS_A_PLACE: usize = 2_000;
/// Bytes of a run that are as much work as a step.
const BYTES_A_STEP: usize = 4;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Found(Range<usize>),
    Nowhere,
    GaveUp,
}

/// Where to go on from, if the way leads nowhere.
#[derive(Clone, Copy, Debug)]
enum Turning {
    /// With another step.
    Step { step: u32, at: u32 },
    /// With the words of this step from one of them on.
    Words { step: u32, at: u32, from: u32 },
    /// Behind this step with a letter less than before, down to its least.
    Less { step: u32, at: u32, least: u32 },
    /// Behind this step with a letter more than before, so many more at most.
    More { step: u32, at: u32, left: u32 },
}

/// The memory of a walk, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Walker {
    turnings: Vec<Turning>,
    /// Steps before it gives up.
    left: usize,
}

impl Walker {
    /// The first match that lies in a place of a text; what stands around the place is seen.
    pub(super) fn find(&mut self, steps: &Steps, text: &str, place: Range<usize>) -> Arrival {
        self.left = place.len() * STEPS_A_BYTE + STEPS_A_PLACE;
        let bytes = text.as_bytes();
        let leads = steps.leads();
        let starts = steps.starts(place.clone());
        for (start, _) in (place.start..).zip(bytes.get(starts).unwrap_or_default()).filter(|(_, byte)| leads.has(**byte)) {
            if !steps.may_begin(&bytes[start..]) || !text.is_char_boundary(start) {
                continue;
            }
            match self.along(steps, text, start, place.end) {
                Some(Some(end)) => return Arrival::Found(start..end),
                Some(None) => {}
                None => return Arrival::GaveUp,
            }
        }
        Arrival::Nowhere
    }

    /// The end of the match that begins here, if one does; none where it gave up.
    fn along(&mut self, steps: &Steps, text: &str, start: usize, end: usize) -> Option<Option<usize>> {
        self.turnings.clear();
        let inside = &text[..end];
        let mut next = Some((0, start));
        while let Some((step, at)) = next {
            self.left = self.left.checked_sub(1)?;
            next = match steps.step(step) {
                Step::End => return Some(Some(at)),
                Step::Words(_) => self.words(steps, step, 0, inside, at),
                Step::Letter(class) => letter(steps.letters(*class), inside, at).map(|at| (step + 1, at)),
                Step::Run { class, least, most, greedy, .. } => self.run(steps.letters(*class), step, inside, at, (*least, *most), *greedy),
                Step::Fork(first, second) => {
                    self.turnings.push(Turning::Step { step: narrow(*second), at: narrow(at) });
                    Some((*first, at))
                }
                Step::Go(to) => Some((*to, at)),
                Step::Look(look) => stands(*look, text.as_bytes(), at).then_some((step + 1, at)),
            };
            while next.is_none() {
                let Some(turning) = self.turnings.pop() else { return Some(None) };
                self.left = self.left.checked_sub(1)?;
                next = self.back(steps, turning, inside);
            }
        }
        Some(None)
    }

    /// Behind one of the words of a step, from this one on.
    fn words(&mut self, steps: &Steps, step: usize, from: usize, inside: &str, at: usize) -> Option<(usize, usize)> {
        let Step::Words(list) = steps.step(step) else { return None };
        let words = steps.words(*list);
        let (number, length) = words.first(from, &inside.as_bytes()[at..])?;
        if number + 1 < words.len() {
            self.turnings.push(Turning::Words { step: narrow(step), at: narrow(at), from: narrow(number + 1) });
        }
        Some((step + 1, at + length))
    }

    fn run(
        &mut self,
        class: &Letters,
        step: usize,
        inside: &str,
        at: usize,
        (least, most): (u32, u32),
        greedy: bool,
    ) -> Option<(usize, usize)> {
        let mut behind = at;
        for _ in 0..least {
            behind = letter(class, inside, behind)?;
        }
        if !greedy {
            self.turnings.push(Turning::More { step: narrow(step), at: narrow(behind), left: most - least });
            return Some((step + 1, behind));
        }
        let shortest = behind;
        let mut left = most - least;
        while left > 0
            && let Some(next) = letter(class, inside, behind)
        {
            behind = next;
            left -= 1;
        }
        if behind > shortest {
            self.turnings.push(Turning::Less { step: narrow(step), at: narrow(behind), least: narrow(shortest) });
        }
        self.left = self.left.saturating_sub((behind - at) / BYTES_A_STEP);
        Some((step + 1, behind))
    }

    fn back(&mut self, steps: &Steps, turning: Turning, inside: &str) -> Option<(usize, usize)> {
        match turning {
            Turning::Step { step, at } => Some((step as usize, at as usize)),
            Turning::Words { step, at, from } => self.words(steps, step as usize, from as usize, inside, at as usize),
            Turning::Less { step, at, least } => {
                let Step::Run { then, .. } = steps.step(step as usize) else { return None };
                let before = self.before(then.map(|list| steps.words(list)), inside, at as usize, least as usize);
                if before > least as usize {
                    self.turnings.push(Turning::Less { step, at: narrow(before), least });
                }
                Some((step as usize + 1, before))
            }
            Turning::More { step, at, left } => {
                let Step::Run { class, .. } = steps.step(step as usize) else { return None };
                let at = letter(steps.letters(*class), inside, at as usize).filter(|_| left > 0)?;
                self.turnings.push(Turning::More { step, at: narrow(at), left: left - 1 });
                Some((step as usize + 1, at))
            }
        }
    }

    /// A place before this one, and not before the least, where one of the words that have to stand there may.
    fn before(&mut self, then: Option<&Words>, inside: &str, at: usize, least: usize) -> usize {
        let mut before = inside.floor_char_boundary(at - 1);
        while before > least && then.is_some_and(|words| !words.may_begin(&inside.as_bytes()[before..])) {
            self.left = self.left.saturating_sub(1);
            before = inside.floor_char_boundary(before - 1);
        }
        before
    }
}

/// Behind the letter of this class that stands here.
#[inline]
fn letter(class: &Letters, inside: &str, at: usize) -> Option<usize> {
    let letter = inside[at..].chars().next()?;
    class.has(letter).then(|| at + letter.len_utf8())
}

/// Texts that are judged have half a megabyte at most.
#[inline]
const fn narrow(place: usize) -> u32 {
    place as u32
}

fn stands(look: Look, text: &[u8], at: usize) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    match look {
        Look::Start => at == 0,
        Look::End => at == text.len(),
        _ => is_word(at.checked_sub(1).and_then(|before| text.get(before))) != is_word(text.get(at)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    fn steps(pattern: &str) -> Option<Steps> {
        Steps::of(&regex_syntax::parse(pattern).expect("the pattern is right"))
    }

    fn found(pattern: &str, text: &str, place: Range<usize>) -> Arrival {
        Walker::default().find(&steps(pattern).expect("it can be gone along"), text, place)
    }

    #[test]
    fn the_order_of_the_expression_decides() {
        for (pattern, text, expected) in [
            ("(?:差|差评)", "很差评", Arrival::Found(3..6)),
            ("(?:差评|差)", "很差评", Arrival::Found(3..9)),
            ("(?:差|差评)了", "差评了", Arrival::Found(0..9)),
            ("a{1,3}?b", "aab", Arrival::Found(0..3)),
            ("a{1,3}?", "aab", Arrival::Found(0..1)),
            ("[^,]{0,4}差", "很差很差,差", Arrival::Found(0..12)),
            ("(?:ab|c)+c", "ababcc", Arrival::Found(0..6)),
            (r"(?-u:\b)late(?-u:\b)", "later late", Arrival::Found(6..10)),
            ("^a$", "ba", Arrival::Nowhere),
            ("差$", "差差", Arrival::Found(3..6)),
            ("退款", "退货", Arrival::Nowhere),
        ] {
            assert_eq!(found(pattern, text, 0..text.len()), expected, "{pattern} in {text}");
        }
        assert_eq!(found(r"late(?-u:\b)", "late later", 5..9), Arrival::Nowhere, "what stands around a place is seen");
    }

    #[test]
    fn what_begins_with_the_text_is_tried_nowhere_else() {
        let anchored = steps("^[^,]{0,9}差|^坏").expect("it can be gone along");
        assert_eq!(anchored.starts(0..30), 0..1);
        assert!(anchored.starts(3..30).is_empty());
        let either = steps("(?:^|,)差").expect("it can be gone along");
        assert_eq!(either.starts(3..30), 3..30);
        assert_eq!(found("^[^,]{0,9}差", "很差,差", 0..10), Arrival::Found(0..6));
        assert_eq!(found("^[^,]{0,9}差", "很差,差", 3..10), Arrival::Nowhere);
    }

    #[test]
    fn what_goes_back_too_often_is_given_up() {
        let text = "ab".repeat(2_000);
        assert_eq!(found("(?:[ab]{1,40}[ab]{1,40}){1,9}c", &text, 0..text.len()), Arrival::GaveUp);
        assert!(steps("(?:a*|b)*c").is_none(), "what is empty within could be gone through for ever");
        assert!(steps("(?:ab{1,90}){90}").is_some() && steps("(?:abc|[de]{9}f){900}").is_none());
    }

    fn patterns() -> impl Strategy<Value = String> {
        let leaf = proptest::sample::select(vec![
            "差",
            "坏",
            "ab",
            "b",
            "差评",
            "[0-9]",
            "[ab]",
            "[^,]",
            "[^差,]",
            "[差坏é]",
            ".",
            " ",
            r"(?-u:\b)",
            "$",
            "^",
            "👎",
            "ba0",
            "abab0",
        ]);
        let part = leaf.prop_map(str::to_owned).prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..5).prop_map(|parts| format!("(?:{})", parts.join("|"))),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.concat())),
                (inner.clone(), 0..3_u32, 0..4_u32, "[?]?")
                    .prop_map(|(part, least, more, lazy)| format!("(?:{part}){{{least},{}}}{lazy}", least + more)),
                (inner.clone(), "[+*][?]?").prop_map(|(part, times)| format!("(?:{part}){times}")),
                inner.prop_map(|part| format!("(?:{part})?")),
            ]
        });
        proptest::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn it_finds_what_the_regex_crate_finds(pattern in patterns(), text in "[ab0差坏评é ,👎]{0,24}", from in 0_usize..40, to in 0_usize..90) {
            let regex = Regex::new(&pattern).expect("the pattern is right");
            let hir = regex_syntax::parse(&pattern).expect("the pattern is right");
            prop_assume!(hir.properties().minimum_len().unwrap_or(0) > 0);
            let Some(steps) = Steps::of(&hir) else { return Ok(()) };
            let (from, to) = (text.floor_char_boundary(from), text.floor_char_boundary(to));
            // The crate's own search knows no end but the text's, so what is cut off behind the place must not be asked for.
            let (place, text) = (from.min(to)..to, &text[..to]);
            match Walker::default().find(&steps, text, place.clone()) {
                Arrival::GaveUp => {}
                Arrival::Nowhere => prop_assert_eq!(regex.find_at(text, place.start).map(|found| found.range()), None, "{} in {}", pattern, text),
                Arrival::Found(found) => {
                    prop_assert_eq!(regex.find_at(text, place.start).map(|found| found.range()), Some(found), "{} in {}", pattern, text);
                }
            }
        }
    }
}
