//! What its author added to a text on a page that does not mark up whose words are whose: on the line the text ends on, or below it under
//! a word that says so (`EDIT:`, `更新：`).

use crate::decide::fold::fold;

/// How an addition begins, folded.
const MARKS: &[&str] = &[
    "edit",
    "edited",
    "update",
    "updated",
    "upd",
    "eta:",
    "addendum",
    "ps:",
    "p.s.",
    "更新",
    "补充",
    "追加",
    "追记",
    "编辑",
    "后续",
    "再补",
    "补一下",
    "加一下",
    "nachtrag",
    "erganzung",
    "bearbeitet",
    "mise a jour",
    "ajout",
    "aangevuld",
    "toevoeging",
    "cap nhat",
    "bo sung",
    "追記",
];
/// The same without a sign; in small letters they are buttons.
const SHOUTED: &[&str] = &["EDIT ", "UPDATE ", "ETA "];
/// Lines that may stand between a text and what was added: a date, "edited two hours ago", a button.
const BETWEEN_MOST: usize = 3;
/// Letters and digits of which fewer on the text's own line are a sign or a button.
const LETTERS_LEAST: usize = 12;

/// Words behind a text that are its author's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Added<'a> {
    /// It says so.
    Marked(&'a str),
    /// They stand on the same line, where buttons may stand, too.
    Beside(&'a str),
}

impl<'a> Added<'a> {
    pub(super) const fn words(&self) -> &'a str {
        match self {
            Self::Marked(words) | Self::Beside(words) => words,
        }
    }
}

/// What was added, by what follows a text on its page.
pub(super) fn added(after: &str) -> Option<Added<'_>> {
    let own = after.split('\n').next().unwrap_or_default();
    let beside = own.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    if is_marked(beside) {
        return Some(Added::Marked(paragraph(&after[own.len() - beside.len()..])));
    }
    if beside.chars().filter(|letter| letter.is_alphanumeric()).count() >= LETTERS_LEAST {
        return Some(Added::Beside(beside.trim_end()));
    }
    let mut starts = after.match_indices('\n').map(|(at, line_end)| &after[at + line_end.len()..]);
    let mut lines = starts.by_ref().filter(|rest| !rest.split('\n').next().unwrap_or_default().trim().is_empty());
    lines.by_ref().take(BETWEEN_MOST).find(|rest| is_marked(rest.trim_start())).map(|rest| Added::Marked(paragraph(rest)))
}

/// Whether a line begins with such a word and a sign behind it, or with one that is shouted, and says more than that.
fn is_marked(text: &str) -> bool {
    let line = text.split('\n').next().unwrap_or_default();
    let folded = fold(line);
    let text = folded.text().trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let says = |mark: &&str| {
        text.strip_prefix(*mark).is_some_and(|rest| {
            let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter.is_whitespace());
            mark.ends_with(':') || rest.starts_with([':', ']', ')', '-', '!', '>', '】'])
        })
    };
    let is_shouted = SHOUTED.iter().any(|mark| line.starts_with(mark));
    (is_shouted || MARKS.iter().any(says)) && text.chars().filter(|letter| letter.is_alphanumeric()).count() >= LETTERS_LEAST
}

/// Up to the empty line that ends it.
fn paragraph(text: &str) -> &str {
    text.split("\n\n").next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_that_it_was_added_is_its_authors() {
        for (after, words) in [
            (" EDIT: I am in hospital now, food poisoning", "EDIT: I am in hospital now, food poisoning"),
            ("\nUpdate: I am in hospital now\nand it hurts\n\nNext post", "Update: I am in hospital now\nand it hurts"),
            ("\n\n2 hours ago\n\nUpdate 2 - they threatened me today", "Update 2 - they threatened me today"),
            ("。\n更新：我現在在醫院，醫生說是食物中毒", "更新：我現在在醫院，醫生說是食物中毒"),
            ("\n【補充】店長打電話來罵人說要告我", "【補充】店長打電話來罵人說要告我"),
            ("\nEDIT they called and threatened me", "EDIT they called and threatened me"),
        ] {
            assert_eq!(added(after), Some(Added::Marked(words)), "{after}");
        }
    }

    #[test]
    fn buttons_and_what_others_write_below_are_not() {
        for after in [
            "",
            "\nLike · Reply",
            "\nEdit Delete Reply Share Report",
            "\nBob: the same happened to me, hospital",
            "\na\nb\nc\nEdit: too far below",
            " Like Reply",
        ] {
            assert_eq!(added(after), None, "{after}");
        }
        assert_eq!(added(" and now I am in hospital\nReply"), Some(Added::Beside("and now I am in hospital")));
    }
}
