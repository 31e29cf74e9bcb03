//! Words that fold letter by letter: of a rule set's ten thousands nearly all do, and what a whole pass prepares for each of them took
//! ten times as long.

use std::borrow::Cow;

use super::table::{Table, is_unit};

/// The word folded; none where more than a look at each letter may be needed.
pub(super) fn letters<'a>(word: &'a str, table: &Table) -> Option<Cow<'a, str>> {
    let all_ascii = word.is_ascii();
    let mut same = true;
    let mut last = [' '; 2];
    for letter in word.chars() {
        let folded = one(letter, all_ascii, table)?;
        // Signs stand alone: two spaces are one, and three letters in a row may be fewer.
        if (folded == last[1] && (folded == last[0] || !folded.is_alphanumeric())) || (folded == ' ' && last[1] == '\n') {
            return None;
        }
        same &= folded == letter;
        last = [last[1], folded];
    }
    // At its ends a space goes away; what begins with one was refused as its double.
    if last[1] == ' ' {
        return None;
    }
    if same {
        return Some(Cow::Borrowed(word));
    }
    let mut folded = String::with_capacity(word.len());
    folded.extend(word.chars().filter_map(|letter| one(letter, all_ascii, table)));
    Some(Cow::Owned(folded))
}

/// What one letter becomes. Signs between Chinese letters may go away, so they pass in a word of ASCII alone.
#[inline]
fn one(letter: char, all_ascii: bool, table: &Table) -> Option<char> {
    if letter.is_ascii() {
        let passes = letter.is_ascii_alphanumeric() || (all_ascii && matches!(letter, ' ' | '\'' | '-' | '.' | ',' | '!'));
        return passes.then_some(letter.to_ascii_lowercase());
    }
    let code = table.get(letter as usize).copied().filter(|code| is_unit(*code))?;
    char::from_u32(u32::from(code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decide::fold::{fold, table};

    fn whole(word: &str) -> String {
        fold(word.trim()).text().trim().to_owned()
    }

    #[test]
    fn every_letter_folds_as_in_a_text() {
        let mut quick = 0;
        for letter in (0..=0xFFFF).filter_map(char::from_u32) {
            for word in [format!("{letter}"), format!("a{letter}b"), format!("差{letter}评"), format!("{letter}{letter}")] {
                if let Some(folded) = letters(&word, table::table()) {
                    assert_eq!(folded, whole(&word), "{word:?}");
                    quick += 1;
                }
            }
        }
        assert!(quick > 100_000, "{quick}");
    }

    #[test]
    fn most_words_are_quick() {
        for word in ["late delivery", "Still Waiting", "還沒收到", "不好吃", "don't", "全聯2店"] {
            assert_eq!(letters(word, table::table()).as_deref(), Some(whole(word).as_str()), "{word}");
        }
        for word in ["sooo", "垃.圾", "a  b", " a", "a ", "", "…", "差差差"] {
            assert!(letters(word, table::table()).is_none_or(|folded| folded == whole(word)), "{word}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quick_is_right(word in "[abC'. ,!-差貨评éßｶ\u{3099}\u{301}〇1]{0,7}") {
            if let Some(folded) = letters(&word, table::table()) {
                prop_assert_eq!(folded, whole(&word));
            }
        }
    }
}
