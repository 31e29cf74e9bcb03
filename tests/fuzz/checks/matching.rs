//! The finder finds what the automaton of the `aho-corasick` crate finds, for words as they are and for whole words, few and many.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use hearken::decide::fold::{fold, fold_word};
use hearken::decide::matching::{Candidates, Finder};
use hearken::decide::script::is_word_letter;

/// Of the words in the input.
const MOST_WORDS: usize = 64;
/// Words beside these, always the same: enough that they share beginnings and places in tables.
const MANY: u32 = 4_000;
const LETTERS: [char; 16] = ['a', 'b', 'e', 'l', 't', ' ', '1', '!', '差', '不', '退', '款', 'é', 'が', '👎', '𠀀'];

/// Number of the word, and its place.
type Found = (u32, usize, usize);

/// Some words, in both forms.
struct Words {
    /// Each with whether it has to stand there whole.
    words: Vec<(String, bool)>,
    finder: Finder,
    automaton: AhoCorasick,
}

static ALWAYS: LazyLock<Words> = LazyLock::new(|| {
    let mut words: Vec<String> = (1..=MANY).map(made).map(|word| fold_word(&word)).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    Words::new(words.into_iter().zip([true, false].into_iter().cycle()).collect())
});

/// Words, one a line, up to an empty line; then the text. Words are folded as a rule's words are.
pub(crate) fn check(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let (words, text) = input.split_once("\n\n").unwrap_or((&input, &input));
    let words: Vec<String> = words.lines().map(fold_word).filter(|word| !word.is_empty()).take(MOST_WORDS).collect();
    for whole in [false, true] {
        Words::new(words.iter().map(|word| (word.clone(), whole)).collect()).agree(text);
    }
    ALWAYS.agree(text);
}

/// The same word for the same number.
fn made(number: u32) -> String {
    let mut rest = number.wrapping_mul(0x9E37_79B1);
    let length = 1 + number % 10;
    let mut letter = || {
        rest = rest.wrapping_mul(0x0019_660D).wrapping_add(0x3C6E_F35F);
        LETTERS[(rest >> 28) as usize]
    };
    (0..length).map(|_| letter()).collect()
}

impl Words {
    fn new(words: Vec<(String, bool)>) -> Self {
        let finder = Finder::new((0..).zip(&words).map(|(number, (word, whole))| (word.as_str(), *whole, number)));
        let automaton = AhoCorasick::new(words.iter().map(|(word, _)| word)).expect("few words");
        Self { words, finder, automaton }
    }

    fn agree(&self, text: &str) {
        let (found, expected) = (self.found(text), self.expected(text));
        if found != expected {
            let wrong = |one: &[Found], other: &[Found]| -> Vec<_> {
                let only = one.iter().filter(|hit| !other.contains(hit));
                only.map(|(number, start, end)| (self.words[*number as usize].clone(), *start, *end)).collect()
            };
            panic!("{text:?}: only found: {:?}; only expected: {:?}", wrong(&found, &expected), wrong(&expected, &found));
        }
    }

    fn found(&self, text: &str) -> Vec<Found> {
        let folded = fold(text);
        let mut found: Vec<Found> = Vec::new();
        // A longer text leaves its candidates there.
        let mut candidates = Candidates::default();
        self.finder.find(fold(&text.repeat(2)).padded(), &mut candidates, |_| {});
        self.finder.find(folded.padded(), &mut candidates, |hit| found.push((hit.word, hit.start as usize, hit.end as usize)));
        assert!(found.is_sorted_by_key(|(_, start, _)| *start), "in the order of their beginnings: {found:?}");
        found.sort_unstable();
        found
    }

    fn expected(&self, text: &str) -> Vec<Found> {
        let folded = fold(text);
        let text = folded.text();
        let goes_on = |hit: &aho_corasick::Match| {
            let (word, whole) = &self.words[hit.pattern().as_usize()];
            let ends = |letter: Option<char>| *whole && letter.is_some_and(is_word_letter);
            let before = ends(word.chars().next()) && ends(text[..hit.start()].chars().next_back());
            let after = ends(word.chars().next_back()) && ends(text[hit.end()..].chars().next());
            before || after
        };
        let hits = self.automaton.find_overlapping_iter(text).filter(|hit| !goes_on(hit));
        let mut expected: Vec<Found> = hits.map(|hit| (hit.pattern().as_u32(), hit.start(), hit.end())).collect();
        expected.sort_unstable();
        expected
    }
}
