//! The title and the text of what is judged, folded, and the way from a place in them back to the original.

use super::evaluate::Found;
use super::fold::Folded;
use crate::model::{Part, Span};

/// Title and text, folded.
pub(super) struct Texts<'a> {
    title: Option<(&'a str, Folded)>,
    text: (&'a str, Folded),
}

impl<'a> Texts<'a> {
    /// Folded into the memory of earlier texts, which `give_back` returns.
    pub(super) fn new(title: Option<&'a str>, text: &'a str, spare: &mut Vec<Folded>) -> Self {
        let mut fold = |text: &'a str| {
            let mut folded = spare.pop().unwrap_or_default();
            folded.refill(text);
            (text, folded)
        };
        Self { title: title.map(&mut fold), text: fold(text) }
    }

    pub(super) fn give_back(self, spare: &mut Vec<Folded>) {
        spare.extend(self.title.map(|(_, folded)| folded));
        spare.push(self.text.1);
    }

    /// For the finder: the units of each part with their padding.
    pub(super) fn padded(&self) -> impl Iterator<Item = (Part, &[u16])> {
        let title = self.title.iter().map(|(_, folded)| (Part::Title, folded.padded()));
        title.chain([(Part::Text, self.text.1.padded())])
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = (Part, &str)> {
        let title = self.title.iter().map(|(_, folded)| (Part::Title, folded.text()));
        title.chain([(Part::Text, self.text.1.text())])
    }

    pub(super) fn folded(&self, part: Part) -> &str {
        self.of(part).1.text()
    }

    pub(super) fn span(&self, found: &Found) -> Span {
        let (original, folded) = self.of(found.part);
        let (start, end) = folded.span(original, found.start as usize, found.end as usize);
        Span { part: found.part, start, end }
    }

    /// The place as it is written.
    pub(super) fn original(&self, found: &Found) -> &str {
        let span = self.span(found);
        self.of(found.part).0.get(span.start..span.end).unwrap_or_default()
    }

    /// Whether quotation marks stand on both sides of it in the original; folding may have taken them for a spacing trick.
    pub(super) fn is_quoted(&self, found: &Found) -> bool {
        let span = self.span(found);
        let original = self.of(found.part).0;
        let marks = ['"', '“', '”', '「', '」', '『', '』'];
        original[..span.start].ends_with(marks) && original[span.end..].starts_with(marks)
    }

    fn of(&self, part: Part) -> (&str, &Folded) {
        match (part, &self.title) {
            (Part::Title, Some((original, folded))) => (original, folded),
            _ => (self.text.0, &self.text.1),
        }
    }
}
