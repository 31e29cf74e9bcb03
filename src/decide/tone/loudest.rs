//! Which words of a text a head of the model hears most: phrases for people, not the single characters that sums are made of.

use std::ops::Range;

use super::{Strong, Tone, count, features, norm};
use crate::decide::script::{ends_clause, is_han, is_word_letter};

/// Beside the loudest character or word of a text, one is quiet below this share of its weight.
const QUIET: f32 = 0.25;
/// Quiet characters or words that may stand between two loud ones of a phrase: 等了(三)(天)才.
const BETWEEN: usize = 2;
/// A phrase is not longer, in characters or words.
const PHRASE_MAX: usize = 10;
/// A single word with fewer letters (`and`, `was`) tells a reader nothing.
const TELLING_LETTERS: usize = 4;

/// A Chinese character, a word or a sign that ends no clause, with what it weighs for the head.
struct Symbol {
    place: Range<usize>,
    weight: f32,
    /// Clauses are numbered: no phrase goes beyond one.
    clause: usize,
}

impl Tone {
    /// The phrases of one part that speak loudest for a head (against it with `sign` below 0), at most `most`, the loudest first.
    /// Every feature shares its weight among its bytes. A phrase is a run of loud characters or words of one clause, with few quiet ones
    /// between; one that is only a character or a small word is shown where nothing better is there.
    #[must_use]
    pub fn strongest(&self, folded: &str, head: usize, sign: f32, features: usize, most: usize) -> Vec<Strong> {
        let symbols = symbols(folded, &self.weights(folded, head, self.scales[head] * norm(features) * sign));
        let loudest = symbols.iter().map(|symbol| symbol.weight).fold(0.0, f32::max);
        if loudest <= 0.0 {
            return Vec::new();
        }
        let phrases = phrases(&symbols, loudest * QUIET);
        let telling = |run: &&[Symbol]| run.len() > 1 || run.iter().any(|symbol| is_telling(&folded[symbol.place.clone()]));
        let (telling, small): (Vec<&[Symbol]>, Vec<&[Symbol]>) = phrases.into_iter().partition(telling);
        let mut found: Vec<Strong> = if telling.is_empty() { small } else { telling }.into_iter().filter_map(strong).collect();
        found.sort_by(|left, right| right.weight.total_cmp(&left.weight).then(left.place.start.cmp(&right.place.start)));
        found.truncate(most);
        found
    }

    /// What each byte of a text weighs for a head.
    fn weights(&self, folded: &str, head: usize, factor: f32) -> Vec<f32> {
        let mut weights = vec![0.0_f32; folded.len()];
        features::each(folded, &mut |hash, place: Range<usize>| {
            let number = self.table.number(hash, head);
            if number != 0 {
                let share = f32::from(number) * factor / count(place.len());
                weights[place].iter_mut().for_each(|weight| *weight += share);
            }
        });
        weights
    }
}

fn symbols(folded: &str, weights: &[f32]) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::new();
    let (mut clause, mut in_word) = (0, false);
    for (start, letter) in folded.char_indices() {
        let end = start + letter.len_utf8();
        let weight = weights[start..end].iter().sum();
        let ends = ends_clause(letter) || letter == '.';
        let is_of_word = !is_han(letter) && (is_word_letter(letter) || (in_word && letter == '\''));
        match symbols.last_mut().filter(|_| is_of_word && in_word) {
            Some(word) => (word.place.end, word.weight) = (end, word.weight + weight),
            None if letter != ' ' && !ends => symbols.push(Symbol { place: start..end, weight, clause }),
            None => {}
        }
        in_word = is_of_word;
        clause += usize::from(ends);
    }
    symbols
}

/// Runs of symbols of which the first and the last are louder than `quiet`.
fn phrases(symbols: &[Symbol], quiet: f32) -> Vec<&[Symbol]> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, symbol) in symbols.iter().enumerate().filter(|(_, symbol)| symbol.weight >= quiet) {
        let goes_on =
            |run: &&mut Range<usize>| at - run.end <= BETWEEN && at - run.start < PHRASE_MAX && symbols[run.start].clause == symbol.clause;
        match runs.last_mut().filter(goes_on) {
            Some(run) => run.end = at + 1,
            None => runs.push(at..at + 1),
        }
    }
    runs.into_iter().map(|run| &symbols[run]).collect()
}

fn strong(run: &[Symbol]) -> Option<Strong> {
    let (first, last) = (run.first()?, run.last()?);
    Some(Strong { place: first.place.start..last.place.end, weight: run.iter().map(|symbol| symbol.weight).sum() })
}

/// Whether one symbol alone says something: a word of some length, a picture, a sign; a single Chinese character does not.
fn is_telling(symbol: &str) -> bool {
    let mut letters = symbol.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => !letter.is_alphanumeric(),
        _ => symbol.chars().count() >= TELLING_LETTERS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, weights: &[(&str, f32)]) -> Vec<String> {
        let mut bytes = vec![-0.01; text.len()];
        for (word, weight) in weights {
            let at = text.find(word).expect("the word is there");
            bytes[at..at + word.len()].fill(weight / count(word.len()));
        }
        let symbols = symbols(text, &bytes);
        phrases(&symbols, QUIET).into_iter().filter_map(strong).map(|strong| text[strong.place].to_owned()).collect()
    }

    #[test]
    fn loud_neighbours_are_one_phrase_within_a_clause() {
        assert_eq!(said("等了三天才到,太慢", &[("等了", 2.0), ("才", 1.0), ("太慢", 2.0)]), ["等了三天才", "太慢"]);
        assert_eq!(
            said("never again. will not buy", &[("never", 1.0), ("again", 1.0), ("not", 1.0), ("buy", 0.5)]),
            ["never again", "not buy"]
        );
        assert_eq!(said("慢一二三慢", &[("慢", 1.0)]), ["慢"], "three quiet ones part them");
        assert_eq!(said("", &[]), [""; 0]);
    }

    #[test]
    fn a_phrase_has_an_end() {
        let long = "慢".repeat(25);
        let found = said(&long, &[(&long, 100.0)]);
        assert_eq!(found.iter().map(|phrase| phrase.chars().count()).collect::<Vec<_>>(), [10, 10, 5]);
    }

    #[test]
    fn small_words_tell_nothing() {
        assert!(["late", "👎", "$"].into_iter().all(is_telling));
        assert!(!is_telling("慢") && !is_telling("and") && !is_telling("的"));
    }
}
