//! The finder finds what the automaton of the `aho-corasick` crate finds, for words as they are and for whole words.

use aho_corasick::AhoCorasick;
use hearken::decide::fold::{fold, fold_word};
use hearken::decide::matching::{Candidates, Finder};
use hearken::decide::script::is_word_letter;

/// More words would only cost time; what the finder does with many is measured elsewhere.
const MOST_WORDS: usize = 64;

/// Number of the word, and its place.
type Found = (u32, usize, usize);

/// Words, one a line, up to an empty line; then the text. Words are folded as a rule's words are.
pub(crate) fn check(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let (words, text) = input.split_once("\n\n").unwrap_or((&input, &input));
    let words: Vec<String> = words.lines().map(fold_word).filter(|word| !word.is_empty()).take(MOST_WORDS).collect();
    for whole in [false, true] {
        assert_eq!(found(&words, whole, text), expected(&words, whole, text), "whole words: {whole}; {words:?} in {text:?}");
    }
}

fn found(words: &[String], whole: bool, text: &str) -> Vec<Found> {
    let finder = Finder::new((0..).zip(words).map(|(number, word)| (word.as_str(), whole, number)));
    let folded = fold(text);
    let mut found: Vec<Found> = Vec::new();
    // A longer text leaves its candidates there.
    let mut candidates = Candidates::default();
    finder.find(fold(&text.repeat(2)).padded(), &mut candidates, |_| {});
    finder.find(folded.padded(), &mut candidates, |hit| found.push((hit.word, hit.start as usize, hit.end as usize)));
    assert!(found.is_sorted_by_key(|(_, start, _)| *start), "in the order of their beginnings: {found:?}");
    found.sort_unstable();
    found
}

fn expected(words: &[String], whole: bool, text: &str) -> Vec<Found> {
    let folded = fold(text);
    let text = folded.text();
    let automaton = AhoCorasick::new(words).expect("few words");
    let ends = |letter: Option<char>| whole && letter.is_some_and(is_word_letter);
    let goes_on = |hit: &aho_corasick::Match| {
        let word = &words[hit.pattern().as_usize()];
        let before = ends(word.chars().next()) && ends(text[..hit.start()].chars().next_back());
        let after = ends(word.chars().next_back()) && ends(text[hit.end()..].chars().next());
        before || after
    };
    let hits = automaton.find_overlapping_iter(text).filter(|hit| !goes_on(hit));
    let mut expected: Vec<Found> = hits.map(|hit| (hit.pattern().as_u32(), hit.start(), hit.end())).collect();
    expected.sort_unstable();
    expected
}
