//! What a mail says where it says it twice, plain and marked up. Mostly one repeats the other; but many platforms write their news into the
//! markup alone, and the plain part sends its reader there. Who wrote the mail must not be able to hide in either.

use std::collections::HashSet;

use crate::collect::normalise::text::from_markup;

/// Letters that are compared at a time: shorter runs stand in any text, longer ones break at each mark that a converter puts in.
const GRAM: usize = 4;
/// So many runs in a row that the other text lacks are words of their own, five letters: a mark that was put in costs three.
const NEW_RUNS: usize = 8;

/// A piece of what a mail says: one part of it, or the alternatives of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) plain: Option<String>,
    pub(super) html: Option<String>,
}

impl Piece {
    pub(super) fn of_plain(text: String) -> Self {
        Self { plain: Some(text), html: None }
    }

    pub(super) fn says_something(&self) -> bool {
        has_words(self.plain.as_ref()) || has_words(self.html.as_ref())
    }

    /// Its words: the plain ones where they hold what the markup says, else those of the markup with what only the plain ones say below.
    pub(super) fn words(&self) -> String {
        let plain = self.plain.as_deref().filter(|text| !text.trim().is_empty());
        let Some(html) = self.html.as_deref().filter(|text| !text.trim().is_empty()) else {
            return plain.unwrap_or_default().to_owned();
        };
        let shown = from_markup(html);
        let Some(plain) = plain else { return shown };
        if lacking(plain, &shown).is_empty() {
            return plain.to_owned();
        }
        let beside = lacking(&shown, plain);
        std::iter::once(shown.as_str()).chain(beside).collect::<Vec<_>>().join("\n")
    }
}

fn has_words(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// The lines of `other` that `text` does not hold.
fn lacking<'o>(text: &str, other: &'o str) -> Vec<&'o str> {
    let letters = letters(text);
    let held: HashSet<&[char]> = letters.windows(GRAM).collect();
    let short = letters.iter().collect::<String>();
    other.lines().filter(|line| is_new(&self::letters(line), &held, &short)).collect()
}

fn is_new(line: &[char], held: &HashSet<&[char]>, text: &str) -> bool {
    if line.len() < GRAM {
        return !text.contains(&line.iter().collect::<String>());
    }
    let (mut missing, mut in_a_row, mut longest) = (0, 0, 0);
    for gram in line.windows(GRAM) {
        let is_missing = !held.contains(gram);
        missing += usize::from(is_missing);
        in_a_row = if is_missing { in_a_row + 1 } else { 0 };
        longest = longest.max(in_a_row);
    }
    longest >= NEW_RUNS || missing * 2 > line.len() + 1 - GRAM
}

/// Letters and digits in lower case, without those of addresses: markup hides these behind words.
pub(super) fn letters(text: &str) -> Vec<char> {
    let mut letters = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("http") {
        let is_address = ["http://", "https://"].iter().any(|scheme| rest[at..].starts_with(scheme));
        let (before, behind) = rest.split_at(at);
        letters.extend(plain_letters(before));
        if is_address {
            rest = behind.trim_start_matches(|letter: char| letter.is_ascii_graphic());
        } else {
            letters.extend(plain_letters("http"));
            rest = &behind["http".len()..];
        }
    }
    letters.extend(plain_letters(rest));
    letters
}

fn plain_letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(plain: &str, html: &str) -> String {
        Piece { plain: Some(plain.to_owned()), html: Some(html.to_owned()) }.words()
    }

    #[test]
    fn a_stub_gives_way_to_the_markup_however_long_it_is() {
        let html = "<html><body><p>紅隼 收到 1 星評論：<b>杯蓋裂開</b>，我燙傷了</p></body></html>";
        for stub in [
            "請用支援 HTML 的程式檢視本信。",
            "This message is in HTML. View it in your browser: https://platform.test/m/kestrel-1?lang=en&id=77",
            "Your mail program does not show HTML. We are sorry for the inconvenience; please choose another program or open the page that is named in our settings to read what is new for you today.",
        ] {
            let said = words(stub, html);
            assert!(said.starts_with("紅隼 收到 1 星評論：杯蓋裂開，我燙傷了"), "{said}");
        }
    }

    #[test]
    fn plain_words_that_hold_the_same_are_taken() {
        let plain = "Order 7: the kettle leaks\r\nand nobody\r\nanswers. [image: logo] Reply <https://shop.test/reply?id=7>\r\n-- \r\nMei";
        let html =
            "<p>Order&nbsp;7: the kettle leaks and nobody answers.</p><a href=\"https://shop.test/reply?id=7\">Reply</a><div>Mei</div>";
        assert_eq!(words(plain, html), plain);
        assert_eq!(words(plain, "<img src=x>"), plain);
        assert_eq!(words(" \r\n", "<p>kettle</p>"), "kettle");
    }

    #[test]
    fn what_each_of_them_says_alone_is_read() {
        let said = words("門口的店員很兇\n查看網頁", "<p>杯蓋裂開了，我燙傷了手</p><p>查看網頁</p>");
        assert_eq!(said, "杯蓋裂開了，我燙傷了手\n查看網頁\n門口的店員很兇");
        let footer = "You receive this mail because you are registered with the platform and chose to be told of each new review.";
        let said = words(&format!("Kestrel\n{footer}"), &format!("<p>Kestrel: broken lid. {footer}</p>"));
        assert!(said.contains("broken lid"), "five letters of its own in a line that is known otherwise: {said}");
    }

    #[test]
    fn addresses_are_no_words() {
        assert_eq!(letters("A https://x.test/a?b=c看這裡 HTTP http1").iter().collect::<String>(), "a看這裡httphttp1");
    }
}
