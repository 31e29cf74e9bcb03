//! Names of two Chinese characters that stand across two common words: `全聯` in `完全聯絡` and `安全聯盟`.
//!
//! There is no segmentation in matching; here a small list of common words decides, and only where nothing speaks for the name: both words
//! are on the list, neither of the characters around is a word of its own that may stand before or after a name (`在`, `的`), and neither
//! makes a common word with the one beyond it (`聯系|統一|下單`). What the list does not know is a mention: none is lost for its sake.

use std::sync::LazyLock;

use super::fold::fold_word;
use super::script::is_han;

/// Words, sorted.
static PAIRS: LazyLock<Vec<[char; 2]>> = LazyLock::new(|| {
    let lines = include_str!("data/pairs.txt").lines().filter(|line| !line.starts_with('#'));
    let words = lines.filter_map(|line| line.split_once(' '));
    let mut pairs: Vec<[char; 2]> = words
        .flat_map(|(first, seconds)| first.chars().flat_map(move |first| seconds.chars().map(move |second| [first, second])))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
});
/// Words of one character that stand before a name or after it as often as they are part of a longer word.
const ALONE: &str = "在去到来买喝吃用和跟与是的了从把被对给向比像有没不很太都也又就还我你他她它这那某叫说看找想爱因为由让请嫌骂点逛等回进会要能得着吗呢吧啊啦呀";
/// Phrases that are proposed.
const MOST_PROPOSED: usize = 12;

fn is_word(first: Option<char>, second: Option<char>) -> bool {
    first.zip(second).is_some_and(|(first, second)| PAIRS.binary_search(&[first, second]).is_ok())
}

/// The two characters of a name that has no others; none for any other name.
fn two(name: &str) -> Option<[char; 2]> {
    let mut letters = name.chars();
    let two = [letters.next()?, letters.next()?];
    (letters.next().is_none() && two.into_iter().all(is_han)).then_some(two)
}

/// Whether the name at `start..end` of this folded text is the end of one common word and the beginning of the next.
pub(super) fn stands_across(text: &str, start: usize, end: usize) -> bool {
    let Some([first, second]) = text.get(start..end).and_then(two) else { return false };
    let mut before = text[..start].chars().rev();
    let mut after = text[end..].chars();
    let (left, beyond_left) = (before.next(), before.next());
    let (right, beyond_right) = (after.next(), after.next());
    let alone = |letter: Option<char>| letter.is_some_and(|letter| ALONE.contains(letter));
    is_word(left, Some(first))
        && is_word(Some(second), right)
        && !alone(left)
        && !alone(right)
        && !is_word(beyond_left, left)
        && !is_word(right, beyond_right)
}

/// Whether a phrase that stands at `start..end` of this folded text ends within one common word or begins within one, and is no word there.
pub(super) fn is_torn(text: &str, start: usize, end: usize) -> bool {
    let Some(phrase) = text.get(start..end) else { return false };
    let (mut first, mut last) = (phrase.chars(), phrase.chars().rev());
    let (first, second, last, last_but_one) = (first.next(), first.next(), last.next(), last.next());
    let (before, after) = (text[..start].chars().next_back(), text[end..].chars().next());
    (is_word(last, after) && !is_word(last_but_one, last)) || (is_word(before, first) && !is_word(first, second))
}

/// Whether a name of digits is part of a date or a longer number: `7-11` in `2027-7-11`.
pub(super) fn is_in_a_number(text: &str, start: usize, end: usize) -> bool {
    let is_joint = |letter: &char| matches!(letter, '-' | '/' | '.' | ':');
    let goes_on = |name_end: Option<char>, mut beyond: [Option<char>; 2]| {
        name_end.is_some_and(|letter| letter.is_ascii_digit())
            && beyond[0].take().filter(is_joint).is_some()
            && beyond[1].is_some_and(|letter| letter.is_ascii_digit())
    };
    let name = text.get(start..end).unwrap_or_default();
    let (mut before, mut after) = (text[..start].chars().rev(), text[end..].chars());
    goes_on(name.chars().next(), [before.next(), before.next()]) || goes_on(name.chars().next_back(), [after.next(), after.next()])
}

/// Common words across which a name may stand: those that end in its first character, and those that begin with its second.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Across {
    pub before: Vec<String>,
    pub after: Vec<String>,
}

impl Across {
    /// Of a name as it is written; none where it does not stand across any two.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let [first, second] = two(&fold_word(name))?;
        let usable = |pair: &&[char; 2]| !pair.iter().any(|letter| ALONE.contains(*letter));
        let word = |pair: &[char; 2]| pair.iter().collect::<String>();
        let before: Vec<String> = PAIRS.iter().filter(|pair| pair[1] == first).filter(usable).map(word).collect();
        let after: Vec<String> = PAIRS.iter().filter(|pair| pair[0] == second).filter(usable).map(word).collect();
        (!before.is_empty() && !after.is_empty()).then_some(Self { before, after })
    }

    /// What to write under `exclude`, so that nothing of the kind counts: the words before with the name.
    #[must_use]
    pub fn phrases(&self, name: &str) -> Vec<String> {
        let heads = self.before.iter().filter_map(|word| word.chars().next());
        heads.map(|head| format!("{head}{name}")).take(MOST_PROPOSED).collect()
    }

    /// The name between them, as it may be met: `完全聯络`.
    #[must_use]
    pub fn examples(&self, name: &str) -> Vec<String> {
        let heads = self.before.iter().filter_map(|word| word.chars().next());
        let tails = self.after.iter().filter_map(|word| word.chars().next_back());
        heads.zip(tails).map(|(head, tail)| format!("{head}{name}{tail}")).take(2).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::fold::fold;

    fn across(text: &str, name: &str) -> bool {
        let (text, name) = (fold(text), fold_word(name));
        let start = text.text().find(&name).expect("the name is there");
        stands_across(text.text(), start, start + name.len())
    }

    #[test]
    fn a_name_across_two_common_words_is_not_meant() {
        for (text, name) in [
            ("完全聯絡不上客服", "全聯"),
            ("安全聯盟的帶子斷掉", "全聯"),
            ("系統一直當機", "統一"),
            ("強大同時又便宜", "大同"),
            ("棉花王子", "花王"),
        ] {
            assert!(across(text, name), "{text}");
        }
    }

    #[test]
    fn no_true_mention_is_lost() {
        for (text, name) in [
            ("全聯絡不到人", "全聯"),
            ("在全聯絡腮鬍店員罵人", "全聯"),
            ("全聯安全帽壞了", "全聯"),
            ("全聯安全聯盟", "全聯"),
            ("週年慶去全聯盟友價", "全聯"),
            ("聯系統一下單", "統一"),
            ("統一直接漲價", "統一"),
            ("喝統一一樣拉肚子", "統一"),
            ("我和平安保險", "平安"),
            ("和平安全險", "平安"),
            ("大同同意退貨", "大同"),
            ("罵大同大同還是爛", "大同"),
        ] {
            assert!(!across(text, name), "{text}");
        }
    }

    #[test]
    fn what_to_exclude_is_named() {
        let across = Across::of("全聯").expect("it stands across words");
        assert!(across.before.contains(&"安全".to_owned()) && across.before.contains(&"完全".to_owned()), "{across:?}");
        assert!(across.after.contains(&"联络".to_owned()) && across.after.contains(&"联盟".to_owned()), "{across:?}");
        assert!(across.phrases("全聯").iter().all(|phrase| phrase.ends_with("全聯") && phrase.chars().count() == 3));
        assert_eq!(Across::of("五十嵐"), None);
        assert_eq!(Across::of("Kestrel"), None);
        assert_eq!(Across::of("蘭亭"), None, "no common word ends in its first character and begins with its second");
    }

    #[test]
    fn the_list_is_as_texts_are_folded() {
        for pair in PAIRS.iter() {
            let word: String = pair.iter().collect();
            assert_eq!(fold_word(&word), word);
        }
        assert!((4_000..6_000).contains(&PAIRS.len()), "{}", PAIRS.len());
    }
}
