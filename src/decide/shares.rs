//! A text that names several brands, or a rival of one, dealt out: what is left of it for each, in its own bytes.

use super::matching::Hit;
use super::parted::{MOST_PARTED, Name, Piece, parted};
use super::texts::Texts;
use super::{Subject, firing::Found};
use crate::model::{Part, Span};

/// The brands of a text and where they stand.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) names: Vec<String>,
    /// The brands' own places; `owner` is the number of the name.
    pub(super) places: Vec<Name>,
    pub(super) rivals: Vec<Name>,
}

/// A text without what is said of others: spaces stand for it, so that every place is where it was.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) title: Option<String>,
    pub(super) text: String,
}

/// What is left for whom.
#[derive(Debug, Default)]
pub(super) struct Shares {
    /// Without what is said of rivals alone; none where nothing is.
    pub(super) rest: Option<Share>,
    /// For each brand, by its number, that not all of it is about.
    pub(super) of_each: Vec<(usize, Share)>,
    /// What is said of rivals alone, as it is written.
    pub(super) passed_over: Vec<String>,
}

impl Named {
    /// Adds the places of a brand and of its rivals.
    pub(super) fn add(&mut self, owner: usize, places: &[Hit], rivals: &[Hit]) {
        let name = |owner: usize| move |hit: &Hit| Name { owner, part: hit.part, start: hit.start as usize, end: hit.end as usize };
        self.places.extend(places.iter().map(name(owner)));
        self.rivals.extend(rivals.iter().map(name(usize::MAX)));
    }

    /// Whether it may have to be dealt out.
    pub(super) fn is_mixed(&self) -> bool {
        !self.places.is_empty() && (!self.rivals.is_empty() || (2..=MOST_PARTED).contains(&self.names.len()))
    }
}

impl Shares {
    pub(super) fn of(subject: &Subject<'_>, texts: &Texts<'_>, named: &Named) -> Self {
        let owners = named.names.len();
        // A brand of ours that is also somebody's rival is ours.
        let is_ours =
            |rival: &&Name| named.places.iter().any(|name| name.part == rival.part && name.start < rival.end && rival.start < name.end);
        let mut names = named.places.clone();
        names.extend(named.rivals.iter().filter(|rival| !is_ours(rival)));
        let unnamed: Vec<usize> = (0..owners).filter(|owner| !named.places.iter().any(|name| name.owner == *owner)).collect();
        let pieces = parted(texts.parts(), &names, owners, &unnamed);
        let span = |piece: &Piece| span(texts, piece);
        let without = |blank: &dyn Fn(&Piece) -> bool| {
            let spans: Vec<Span> = pieces.iter().filter(|piece| blank(piece)).map(span).collect();
            (!spans.is_empty()).then(|| Share::without(subject, &spans))
        };
        let of_each = |owner: usize| Some((owner, without(&|piece| !piece.owners.contains(&owner))?));
        Self {
            rest: without(&|piece| piece.owners.is_empty()),
            of_each: if (2..=MOST_PARTED).contains(&owners) { (0..owners).filter_map(of_each).collect() } else { Vec::new() },
            passed_over: pieces.iter().filter(|piece| piece.owners.is_empty()).map(|piece| written(subject, span(piece))).collect(),
        }
    }
}

impl Share {
    fn without(subject: &Subject<'_>, spans: &[Span]) -> Self {
        let blanked = |part: Part, text: &str| {
            let mut text = text.to_owned();
            for span in spans.iter().filter(|span| span.part == part) {
                text.replace_range(span.start..span.end, &" ".repeat(span.end - span.start));
            }
            text
        };
        Self { title: subject.title.map(|title| blanked(Part::Title, title)), text: blanked(Part::Text, subject.text) }
    }
}

fn span(texts: &Texts<'_>, piece: &Piece) -> Span {
    let (start, end) = (u32::try_from(piece.place.start).unwrap_or(u32::MAX), u32::try_from(piece.place.end).unwrap_or(u32::MAX));
    texts.span(&Found { part: piece.part, start, end, literal: None, held: None })
}

fn written(subject: &Subject<'_>, span: Span) -> String {
    let text = match span.part {
        Part::Title => subject.title.unwrap_or_default(),
        Part::Text => subject.text,
    };
    text.get(span.start..span.end).unwrap_or_default().trim().to_owned()
}
