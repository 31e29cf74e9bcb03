//! Reviews and comments that a page marks up for machines, read without any selector: schema.org in JSON-LD, microdata and RDFa, and
//! microformats.

mod graph;
mod json_ld;
mod lenient;
mod microdata;
mod microformats;
pub mod replies;
mod reviews;
mod scale;

use scraper::Html;

use super::{Context, Raw, page, read_dates};
use crate::collect::normalise::text;

/// Reviews in two vocabularies of one page are the same where this many of their first letters are.
const SAME_LETTERS: usize = 48;

/// Fewer letters than these may stand in any item.
pub(super) const TELLING_LETTERS: usize = 12;

/// What an entry is; said in `extra.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Review,
    Comment,
    Answer,
    Question,
    /// The first post of a thread.
    Post,
    /// The average of all reviews; not an opinion of anyone.
    Aggregate,
}

impl Kind {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Comment => "comment",
            Self::Answer => "answer",
            Self::Question => "question",
            Self::Post => "post",
            Self::Aggregate => "aggregate_rating",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vocabulary {
    JsonLd,
    Microdata,
    Rdfa,
    Microformats,
}

impl Vocabulary {
    const fn word(self) -> &'static str {
        match self {
            Self::JsonLd => "json-ld",
            Self::Microdata => "microdata",
            Self::Rdfa => "rdfa",
            Self::Microformats => "microformats",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    kind: Kind,
    raw: Raw,
}

/// What a page states in all vocabularies together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Structured {
    pub reviews: Vec<Raw>,
    /// Comments, answers and posts of threads.
    pub comments: Vec<Raw>,
    /// Averages.
    pub aggregates: Vec<Raw>,
    /// The page has things of schema.org or microformats at all, so that a list without reviews is empty and not gone.
    pub marked_up: bool,
}

impl Structured {
    /// The entries of a source that has no selectors: reviews; where there are none, comments; else the average.
    #[must_use]
    pub fn entries(self) -> Vec<Raw> {
        [self.reviews, self.comments, self.aggregates].into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// Reads all vocabularies. What several of them say is said once.
#[must_use]
pub fn read(html: &Html, context: &Context<'_>) -> Structured {
    let mut sets: Vec<Vec<Entry>> = Vec::new();
    let mut marked_up = false;
    let graphs = [
        (Vocabulary::JsonLd, json_ld::read(html)),
        (Vocabulary::Microdata, microdata::read(html, microdata::Dialect::Microdata)),
        (Vocabulary::Rdfa, microdata::read(html, microdata::Dialect::Rdfa)),
    ];
    for (vocabulary, graph) in &graphs {
        marked_up |= graph.things.iter().any(|thing| thing.is(REVIEWED));
        sets.push(reviews::entries(graph, *vocabulary, context));
    }
    sets.push(microformats::read(html, context));
    marked_up |= sets.iter().any(|set| !set.is_empty());
    let language = page::language(html.root_element());
    let of = |kinds: &[Kind]| -> Vec<Raw> {
        let chosen = sets.iter().map(|set| set.iter().filter(|entry| kinds.contains(&entry.kind)).map(|entry| &entry.raw).collect());
        let mut united = united(chosen.collect(), context.max_items);
        read_dates(&mut united, language, context);
        united
    };
    Structured {
        reviews: of(&[Kind::Review]),
        comments: told_once(of(&[Kind::Comment, Kind::Answer, Kind::Question, Kind::Post])),
        aggregates: of(&[Kind::Aggregate]).into_iter().take(1).collect(),
        marked_up,
    }
}

/// Things that people review: where a page marks one up, it says of itself that it has no reviews yet.
const REVIEWED: &[&str] = &[
    "Product",
    "ProductGroup",
    "IndividualProduct",
    "LocalBusiness",
    "Organization",
    "Restaurant",
    "Hotel",
    "Store",
    "Book",
    "Movie",
    "Recipe",
    "Game",
    "VideoGame",
    "SoftwareApplication",
    "MobileApplication",
    "WebApplication",
    "Course",
    "Event",
    "Place",
    "Service",
    "QAPage",
    "DiscussionForumPosting",
];

/// The set with the most entries, and of the others what it lacks.
fn united(mut sets: Vec<Vec<&Raw>>, most: usize) -> Vec<Raw> {
    // Stable, so that of equal ones JSON-LD comes first.
    sets.sort_by_key(|set| std::cmp::Reverse(set.len()));
    let mut found: Vec<Raw> = Vec::new();
    for (at, set) in sets.into_iter().enumerate() {
        let known: Vec<String> = if at == 0 { Vec::new() } else { found.iter().map(letters).collect() };
        for raw in set {
            let own = letters(raw);
            let again = known.iter().any(|known| same(known, &own)) || (at > 0 && own.is_empty());
            if !again && found.len() < most {
                found.push(raw.clone());
            }
        }
    }
    found
}

/// A thread's first post stands there as the thread and as its first comment.
fn told_once(comments: Vec<Raw>) -> Vec<Raw> {
    let is_post = |raw: &Raw| raw.extra.get("kind").is_some_and(|kind| kind == Kind::Post.word());
    let others: Vec<String> = comments.iter().filter(|raw| !is_post(raw)).map(letters).collect();
    let twice = |raw: &Raw| is_post(raw) && others.iter().any(|other| same(other, &letters(raw)));
    comments.iter().filter(|raw| !twice(raw)).cloned().collect()
}

fn same(one: &str, other: &str) -> bool {
    if one.is_empty() || other.is_empty() {
        return false;
    }
    one == other || (one.len().min(other.len()) >= SAME_LETTERS / 2 && (one.starts_with(other) || other.starts_with(one)))
}

/// The first letters of what an entry says, without markup, spaces and signs.
pub(super) fn letters(raw: &Raw) -> String {
    let said = raw.text.as_deref().or(raw.title.as_deref()).unwrap_or_default();
    let head = &said[..said.floor_char_boundary(SAME_LETTERS * 24)];
    plain_letters(head).take(SAME_LETTERS).collect()
}

/// All letters of an entry's text.
pub(super) fn letters_of_all(raw: &Raw) -> String {
    plain_letters(raw.text.as_deref().unwrap_or_default()).collect()
}

fn plain_letters(markup: &str) -> impl Iterator<Item = char> {
    let plain: Vec<char> = text::from_markup(markup).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    plain.into_iter()
}

#[cfg(test)]
mod tests;
