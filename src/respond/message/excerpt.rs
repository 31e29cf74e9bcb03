//! The original text as people see it: cleaned, cut where it is long, with the words that fired marked.

use serde::Serialize;

use super::clean::{breaks_link, is_unwanted};
use crate::model::{Part, Span, Verdict};

/// Shown before the first hit of a long text.
const LEAD_CHARS: usize = 120;

/// Empty lines that are kept after each other.
const EMPTY_LINES: usize = 1;

/// A run of characters, all of them inside a hit or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) hit: bool,
}

/// A text, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Excerpt {
    pub(super) lines: Vec<Vec<Segment>>,
    /// Characters of the whole text.
    pub(super) chars: usize,
    pub(super) cut: bool,
}

#[derive(Clone, Copy)]
struct Letter {
    letter: char,
    hit: bool,
}

/// The spans of one part whose words speak for the warning.
pub(super) fn hits(verdict: Option<&Verdict>, part: Part) -> Vec<Span> {
    let reasons = verdict.into_iter().flat_map(|verdict| &verdict.reasons);
    let firing = reasons.filter(|reason| reason.complains());
    firing.flat_map(|reason| &reason.spans).filter(|span| span.part == part).copied().collect()
}

/// At most `max_chars` characters of `text`, chosen so that the first hit is among them. Spans are bytes of `text`.
pub(super) fn excerpt(text: &str, spans: &[Span], max_chars: usize) -> Excerpt {
    let letters = letters(text, spans);
    let chars = letters.len();
    if chars <= max_chars {
        return Excerpt { lines: lines(&letters), chars, cut: false };
    }
    let first = letters.iter().position(|letter| letter.hit).unwrap_or(0);
    let start = if first + LEAD_CHARS < max_chars { 0 } else { first.saturating_sub(LEAD_CHARS).min(chars - max_chars) };
    let end = (start + max_chars).min(chars);
    let ellipsis = Letter { letter: '…', hit: false };
    let mut window = Vec::with_capacity(max_chars + 2);
    window.extend((start > 0).then_some(ellipsis));
    window.extend_from_slice(&letters[start..end]);
    window.extend((end < chars).then_some(ellipsis));
    Excerpt { lines: lines(&window), chars, cut: true }
}

/// The characters that are shown, without those at the ends that are blank.
fn letters(text: &str, spans: &[Span]) -> Vec<Letter> {
    let is_hit = |at: usize| spans.iter().any(|span| (span.start..span.end).contains(&at));
    let mut letters: Vec<Letter> = Vec::new();
    let mut feeds = 0;
    for (at, letter) in text.char_indices().filter(|(_, letter)| !is_unwanted(*letter)) {
        match letter {
            '\n' => feeds += 1,
            _ if letter.is_whitespace() => {}
            _ => feeds = 0,
        }
        let wanted = letter != '\n' || feeds <= EMPTY_LINES + 1;
        if wanted && !(letters.is_empty() && letter.is_whitespace()) {
            letters.push(Letter { letter, hit: is_hit(at) });
        }
    }
    while letters.last().is_some_and(|last| last.letter.is_whitespace()) {
        letters.pop();
    }
    letters
}

fn lines(letters: &[Letter]) -> Vec<Vec<Segment>> {
    let mut lines: Vec<Vec<Segment>> = vec![Vec::new()];
    for (at, Letter { letter, hit }) in letters.iter().copied().enumerate() {
        if letter == '\n' {
            lines.push(Vec::new());
            continue;
        }
        let neighbour = |at: Option<usize>| at.and_then(|at| letters.get(at)).map(|other| other.letter);
        let linked = breaks_link(neighbour(at.checked_sub(1)), letter, neighbour(Some(at + 1)));
        if let Some(line) = lines.last_mut() {
            push(line, letter, hit, linked);
        }
    }
    lines
}

fn push(line: &mut Vec<Segment>, letter: char, hit: bool, linked: bool) {
    if line.last().is_none_or(|last| last.hit != hit) {
        line.push(Segment { text: String::new(), hit });
    }
    if let Some(last) = line.last_mut() {
        last.text.push(letter);
        last.text.extend(linked.then_some(super::clean::LINK_BREAK));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, word: &str) -> Span {
        let start = text.find(word).expect("the word is there");
        Span { part: Part::Text, start, end: start + word.len() }
    }

    fn shown(excerpt: &Excerpt) -> String {
        let line = |line: &Vec<Segment>| {
            line.iter().map(|segment| if segment.hit { format!("[{}]", segment.text) } else { segment.text.clone() }).collect::<String>()
        };
        excerpt.lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn hits_are_marked_and_overlaps_are_one() {
        let text = "訂了十天還沒收到貨，客服也不回";
        let found = excerpt(text, &[span(text, "還沒收到"), span(text, "收到貨"), span(text, "不回")], 100);
        assert_eq!(shown(&found), "訂了十天[還沒收到貨]，客服也[不回]");
        assert_eq!((found.chars, found.cut), (15, false));
    }

    #[test]
    fn spans_that_do_not_fit_do_no_harm() {
        let odd = [Span { part: Part::Text, start: 1, end: 2 }, Span { part: Part::Text, start: 90, end: 99 }];
        assert_eq!(shown(&excerpt("貨", &odd, 100)), "貨");
        assert_eq!(shown(&excerpt("", &odd, 100)), "");
    }

    #[test]
    fn a_long_text_is_cut_around_its_first_hit() {
        let text = format!("{}壞了{}", "好".repeat(3000), "啊".repeat(3000));
        let found = excerpt(&text, &[span(&text, "壞了")], 600);
        assert!(found.cut && shown(&found).contains("[壞了]"), "{}", shown(&found));
        assert_eq!((found.chars, shown(&found).chars().count()), (6002, 604));
        let early = excerpt(&text, &[], 600);
        assert_eq!(shown(&early), format!("{}…", "好".repeat(600)));
    }

    #[test]
    fn empty_lines_and_hidden_characters_go() {
        assert_eq!(shown(&excerpt("\n a\u{202e}b \n\n\n\n c\r\n", &[], 100)), "ab \n\n c");
    }

    #[test]
    fn a_link_is_broken_even_across_a_mark() {
        let text = "go to evil.example now";
        let found = excerpt(text, &[span(text, "evil.")], 100);
        assert_eq!(shown(&found).replace(super::super::clean::LINK_BREAK, "|"), "go to [evil.|]example now");
    }
}
