//! Words that Taiwan and the mainland say differently: 品質 and 质量, 宅配 and 快递.
//!
//! A rule's words are widened when they are loaded; texts are left alone, so what a mail marks is what the customer wrote, and a word
//! that means two things (土豆) can be left out of the list without a trace in any text.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::fold::fold_word;

/// A word with more places to swap is a sentence.
const MOST_SPELLINGS: usize = 8;

/// Groups of words that stand for each other, folded, from the data file.
static GROUPS: LazyLock<Vec<Vec<String>>> = LazyLock::new(|| {
    let lines = include_str!("data/vocabulary.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().map(fold_word).collect()).collect()
});
/// Every word of the groups at once, the longest first.
static FINDER: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(GROUPS.iter().flatten()).ok());
/// The group of each word of the finder.
static GROUP_OF: LazyLock<Vec<usize>> =
    LazyLock::new(|| GROUPS.iter().enumerate().flat_map(|(number, group)| group.iter().map(move |_| number)).collect());

/// The characters that words of the groups begin with, a bit for each of the first plane.
static FIRST: LazyLock<Box<[u64; 1024]>> = LazyLock::new(|| {
    let mut bits = Box::new([0; 1024]);
    for first in GROUPS.iter().flatten().filter_map(|word| word.encode_utf16().next()) {
        bits[usize::from(first >> 6)] |= 1 << (first & 63);
    }
    bits
});

/// A folded word with each of its parts in the other vocabulary; nothing for nearly all.
#[must_use]
pub(super) fn other_spellings(word: &str) -> Vec<String> {
    let first = &**FIRST;
    let may_begin = |letter: char| first.get(letter as usize >> 6).is_some_and(|bits| bits >> (letter as u32 & 63) & 1 == 1);
    if !word.chars().any(may_begin) {
        return Vec::new();
    }
    let mut all = spellings(word);
    all.remove(0);
    all
}

/// The word as it is, and with its parts swapped.
fn spellings(word: &str) -> Vec<String> {
    let mut spellings = vec![String::new()];
    let mut from = 0;
    for found in FINDER.iter().flat_map(|finder| finder.find_iter(word)) {
        let group = &GROUPS[GROUP_OF[found.pattern().as_usize()]];
        spellings.iter_mut().for_each(|spelling| spelling.push_str(&word[from..found.start()]));
        let as_written = &word[found.range()];
        let swapped: Vec<String> = group
            .iter()
            .filter(|other| *other != as_written)
            .flat_map(|other| spellings.iter().map(move |spelling| format!("{spelling}{other}")))
            .collect();
        spellings.iter_mut().for_each(|spelling| spelling.push_str(as_written));
        spellings.extend(swapped);
        spellings.truncate(MOST_SPELLINGS);
        from = found.end();
    }
    spellings.iter_mut().for_each(|spelling| spelling.push_str(&word[from..]));
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_both_sides_of_the_strait_stand_for_each_other() {
        assert_eq!(spellings(&fold_word("品質很差")), ["品质很差", "质量很差"]);
        assert_eq!(spellings("味道"), ["味道"]);
        assert!(spellings(&fold_word("質量投訴")).contains(&fold_word("品質客訴")));
        assert_eq!(other_spellings("品质很差"), ["质量很差"]);
        assert!(other_spellings("味道").is_empty() && other_spellings("quality").is_empty());
    }

    #[test]
    fn no_word_stands_in_two_groups() {
        let mut words: Vec<&String> = GROUPS.iter().flatten().collect();
        words.sort();
        assert!(words.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(GROUPS.iter().all(|group| group.len() > 1), "{GROUPS:?}");
    }
}
