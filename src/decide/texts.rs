//! The title and the text of what is judged, folded, and the way from a place in them back to the original.

use std::cell::OnceCell;

use super::firing::Found;
use super::fold::Folded;
use super::held::Marks;
use super::pattern::Grams;
use crate::model::{Part, Span};

/// Bytes of a title or a text that are judged: ten times the longest review seen, and hostile ones of ten megabytes would take a gigabyte.
const MOST_BYTES: usize = 512 * 1024;

/// Title and text, folded.
pub(super) struct Texts<'a> {
    title: Option<Piece<'a>>,
    text: Piece<'a>,
}

struct Piece<'a> {
    original: &'a str,
    memory: Memory,
    /// Whether any quotation mark stands in it.
    quotes: OnceCell<bool>,
}

/// What is kept for later texts.
#[derive(Debug, Default)]
pub(super) struct Memory {
    folded: Folded,
    marks: Marks,
    grams: Grams,
}

impl<'a> Piece<'a> {
    fn new(original: &'a str, spare: &mut Vec<Memory>) -> Self {
        let original = &original[..original.floor_char_boundary(MOST_BYTES)];
        let mut memory = spare.pop().unwrap_or_default();
        memory.folded.refill(original);
        Self { original, memory, quotes: OnceCell::new() }
    }

    fn has_quotes(&self) -> bool {
        *self.quotes.get_or_init(|| has_quotes(self.original))
    }
}

/// Bytes that are asked at once.
const QUOTE_BLOCK: usize = 32;
const QUOTES: [char; 7] = ['"', '“', '”', '「', '」', '『', '』'];

/// Whether any of them stands in a text: by bytes, for nearly none of them begins one.
fn has_quotes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_wide =
        |at: usize| bytes[at..].first_chunk().is_some_and(|wide| matches!(wide, [0xE2, 0x80, 0x9C | 0x9D] | [0xE3, 0x80, 0x8C..=0x8F]));
    // Many bytes are asked at once whether any of them may begin one.
    let may = |byte: &u8| u8::from(*byte == b'"') | u8::from(*byte & 0xFE == 0xE2);
    bytes.chunks(QUOTE_BLOCK).enumerate().filter(|(_, block)| block.iter().fold(0, |any, byte| any | may(byte)) != 0).any(
        |(number, block)| {
            (number * QUOTE_BLOCK..).zip(block).any(|(at, byte)| match byte {
                b'"' => true,
                0xE2 | 0xE3 => is_wide(at),
                _ => false,
            })
        },
    )
}

impl<'a> Texts<'a> {
    /// Folded into the memory of earlier texts, which `give_back` returns.
    pub(super) fn new(title: Option<&'a str>, text: &'a str, spare: &mut Vec<Memory>) -> Self {
        Self { title: title.map(|title| Piece::new(title, spare)), text: Piece::new(text, spare) }
    }

    pub(super) fn give_back(self, spare: &mut Vec<Memory>) {
        spare.extend(self.title.map(|title| title.memory));
        spare.push(self.text.memory);
    }

    /// For the finder: each part with its units, their padding, and the places for its marks and its runs.
    pub(super) fn padded(&mut self) -> impl Iterator<Item = (Part, &[u16], &mut Marks, &mut Grams)> {
        let title = self.title.iter_mut().map(|title| (Part::Title, &mut title.memory));
        let pieces = title.chain([(Part::Text, &mut self.text.memory)]);
        pieces.map(|(part, Memory { folded, marks, grams })| (part, folded.padded(), marks, grams))
    }

    /// Once all marks are found: where the clauses around them end.
    pub(super) fn settle(&mut self) {
        for Piece { memory, .. } in self.title.iter_mut().chain([&mut self.text]) {
            memory.marks.settle(memory.folded.text());
        }
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = (Part, &str)> {
        let title = self.title.iter().map(|title| (Part::Title, title.memory.folded.text()));
        title.chain([(Part::Text, self.text.memory.folded.text())])
    }

    pub(super) fn folded(&self, part: Part) -> &str {
        self.of(part).memory.folded.text()
    }

    pub(super) fn marks(&self, part: Part) -> &Marks {
        &self.of(part).memory.marks
    }

    /// The runs of each part, where any rule asks for them.
    pub(super) fn grams(&self) -> impl Iterator<Item = &Grams> {
        self.title.iter().chain([&self.text]).map(|piece| &piece.memory.grams)
    }

    pub(super) fn span(&self, found: &Found) -> Span {
        let piece = self.of(found.part);
        let (start, end) = piece.memory.folded.span(piece.original, found.start as usize, found.end as usize);
        Span { part: found.part, start, end }
    }

    /// The place as it is written.
    pub(super) fn original(&self, found: &Found) -> &str {
        let span = self.span(found);
        self.of(found.part).original.get(span.start..span.end).unwrap_or_default()
    }

    /// Whether quotation marks stand on both sides of it in the original; folding may have taken them for a spacing trick.
    pub(super) fn is_quoted(&self, found: &Found) -> bool {
        let piece = self.of(found.part);
        if !piece.has_quotes() {
            return false;
        }
        let span = self.span(found);
        piece.original[..span.start].ends_with(QUOTES) && piece.original[span.end..].starts_with(QUOTES)
    }

    fn of(&self, part: Part) -> &Piece<'a> {
        match (part, &self.title) {
            (Part::Title, Some(title)) => title,
            _ => &self.text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_are_seen_and_nothing_else_is_taken_for_one() {
        for letter in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            assert_eq!(has_quotes(&format!("a{letter}差")), QUOTES.contains(&letter), "{letter}");
        }
        for at in 0..3 * QUOTE_BLOCK {
            let text = format!("{}」{}", "x".repeat(at), "差".repeat(QUOTE_BLOCK));
            assert!(has_quotes(&text) && !has_quotes(&text.replace('」', "不")), "{at}");
        }
    }
}
