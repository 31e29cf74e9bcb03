//! schema.org's Review, AggregateRating, Comment, Answer and DiscussionForumPosting (and data-vocabulary.org's Review) to entries.

use super::graph::{Graph, Node, Thing};
use super::replies::{self, Threads};
use super::{Entry, Kind, Vocabulary, scale};
use crate::collect::extract::{Context, Raw, Written, escape};
use crate::collect::normalise::time::{self, order};

const REVIEW: &[&str] = &["Review", "UserReview", "CriticReview", "EmployerReview", "Recommendation", "MediaReview"];
const COMMENT: &[&str] = &["Comment", "UserComments", "CorrectionComment"];
const POST: &[&str] = &["DiscussionForumPosting"];
const AGGREGATE: &[&str] = &["AggregateRating", "EmployerAggregateRating", "Review-aggregate"];

/// Every review, comment and aggregate of one vocabulary, in the order of the page.
pub(super) fn entries(graph: &Graph, vocabulary: Vocabulary, context: &Context<'_>) -> Vec<Entry> {
    let reader = Reader { graph, threads: Threads::of(graph), vocabulary, context };
    let things = graph.things.iter().filter(|thing| !thing.properties.is_empty() || thing.shown.is_some());
    let found = things.filter_map(|thing| Some((reader.kind(thing)?, thing)));
    found.filter_map(|(kind, thing)| reader.entry(kind, thing)).take(context.max_items).collect()
}

struct Reader<'a> {
    graph: &'a Graph,
    threads: Threads<'a>,
    vocabulary: Vocabulary,
    context: &'a Context<'a>,
}

impl Reader<'_> {
    fn kind(&self, thing: &Thing) -> Option<Kind> {
        if thing.is(REVIEW) {
            Some(Kind::Review)
        } else if thing.is(AGGREGATE) {
            Some(Kind::Aggregate)
        } else if thing.is(COMMENT) {
            Some(Kind::Comment)
        } else if thing.is(POST) {
            Some(Kind::Post)
        } else if thing.is(&["Answer"]) && self.is_somebodys(thing) {
            Some(Kind::Answer)
        } else if thing.is(&["Question"]) && self.is_somebodys(thing) {
            Some(Kind::Question)
        } else {
            None
        }
    }

    /// Questions and answers of a shop's own FAQ have no author and no date; those of a page that calls itself one where people ask and
    /// answer are people's without.
    fn is_somebodys(&self, thing: &Thing) -> bool {
        let said = ["author", "creator", "datePublished", "dateCreated", "dateModified"];
        let told = |thing: &Thing| self.graph.words(thing, &said).is_some();
        if told(thing) {
            return true;
        }
        let voted = |thing: &Thing| ["upvoteCount", "downvoteCount"].iter().any(|name| self.graph.stated(thing, &[name]).is_some());
        let is_of = |kind: &str| self.graph.things.iter().any(|thing| thing.is(&[kind]));
        !is_of("FAQPage") && (is_of("QAPage") || voted(thing))
    }

    fn entry(&self, kind: Kind, thing: &Thing) -> Option<Entry> {
        let mut raw = match kind {
            Kind::Aggregate => self.aggregate(thing)?,
            _ => self.said_by_someone(thing),
        };
        let says_something = raw.title.is_some() || raw.text.is_some() || raw.rating.is_some();
        let about = self.about(thing);
        if kind != Kind::Aggregate {
            replies::keep(&mut raw.extra, self.threads.replies(thing, about.as_deref()));
        }
        raw.extra.extend(about.map(|about| ("about".to_owned(), about.into())));
        raw.extra.insert("kind".into(), kind.word().into());
        raw.extra.insert("vocabulary".into(), self.vocabulary.word().into());
        says_something.then_some(Entry { kind, raw })
    }

    fn said_by_someone(&self, thing: &Thing) -> Raw {
        let graph = self.graph;
        let text = ["reviewBody", "text", "commentText", "articleBody", "description", "body", "content", "abstract"];
        let rating = self.rating(thing);
        let (rating, scale) = rating.map_or((None, None), |rating| (Some(rating.written), rating.assumed_max));
        let named = graph.words(thing, &["name", "headline", "summary"]);
        let notes = [&["positiveNotes"], &["negativeNotes"]].iter().filter_map(|names| graph.paragraphs(thing, *names)).collect();
        let text = with_notes(graph.paragraphs(thing, &text).or_else(|| thing.shown.clone()), notes);
        // The first words of the text as a title say nothing more.
        let title = named.filter(|title| text.as_ref().is_none_or(|text| !text.starts_with(title.trim_end_matches(['.', '…']))));
        let link = graph.stated(thing, &["url", "discussionUrl", "mainEntityOfPage"]);
        Raw {
            id: self.id(thing),
            link: link.filter(|link| is_address(link)),
            title: title.map(|title| self.markup(title)),
            text: text.map(|text| self.markup(text)),
            author: self.author(thing).map(|author| self.markup(author)),
            rating,
            scale,
            published: self.moment(thing, PUBLISHED),
            updated: self.moment(thing, UPDATED),
            written: Written { published: self.written(thing, PUBLISHED), updated: self.written(thing, UPDATED) },
            ..Raw::default()
        }
    }

    /// The page's average, where it is one.
    fn aggregate(&self, thing: &Thing) -> Option<Raw> {
        let rating = self.rating(thing)?;
        let mut raw = Raw { rating: Some(rating.written), scale: rating.assumed_max, ..Raw::default() };
        raw.title = self.about(thing).map(|title| self.markup(title));
        let count = self.graph.stated(thing, &["reviewCount", "ratingCount", "count", "votes"]);
        if let Some(count) = count.and_then(|count| count.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().ok()) {
            raw.extra.insert("count".into(), count.into());
        }
        Some(raw)
    }

    /// A stated id is one only where it is not that of the page or of a part of it.
    fn id(&self, thing: &Thing) -> Option<String> {
        let stated = thing.id.clone().filter(|id| !id.starts_with("_:") && !id.is_empty());
        stated.or_else(|| self.graph.stated(thing, &["identifier", "commentId", "@id"]))
    }

    fn author(&self, thing: &Thing) -> Option<String> {
        let names = ["author", "creator", "reviewer", "accountablePerson", "user"];
        let found = names.iter().map(|name| self.graph.all_words(thing, &[name])).find(|found| !found.is_empty())?;
        let mut once: Vec<String> = Vec::new();
        for name in found {
            if !once.contains(&name) {
                once.push(name);
            }
        }
        let named = |name: &String| !is_address(name);
        let joined = once.iter().filter(|name| named(name)).cloned().collect::<Vec<_>>().join(", ");
        (!joined.is_empty()).then_some(joined)
    }

    fn rating(&self, thing: &Thing) -> Option<scale::Rating> {
        let graph = self.graph;
        let names = ["reviewRating", "rating", "itemRating"];
        let nested = graph.nested(thing, &names);
        let holder = nested.unwrap_or(thing);
        let value = graph.stated(holder, &["ratingValue", "value", "average"]);
        let value = value.or_else(|| nested.and_then(|nested| nested.shown.clone())).or_else(|| graph.stated(thing, &names));
        let bound = |name: &str| graph.stated(holder, &[name]).or_else(|| graph.stated(thing, &[name]));
        let best = bound("bestRating").or_else(|| bound("best"));
        let worst = bound("worstRating").or_else(|| bound("worst"));
        scale::rating(&value?, best.as_deref(), worst.as_deref())
    }

    /// What it is about, as its page calls it.
    fn about(&self, thing: &Thing) -> Option<String> {
        let stated = self.graph.words(thing, &["itemReviewed", "about", "item"]);
        stated.or_else(|| {
            let (parent, _) = thing.parent.as_ref()?;
            let parent = self.graph.thing(*parent);
            self.graph.words(parent, &["name", "headline"])
        })
    }

    fn moment(&self, thing: &Thing, names: &[&str]) -> Option<crate::model::Moment> {
        let mut values = names.iter().flat_map(|name| self.graph.values(thing, &[name]));
        values.find_map(|node| match node {
            Node::Text(value) => {
                let read = |text: &str| time::parse(text, self.context.timezone, self.context.now);
                read(&value.stated).or_else(|| value.shown.as_deref().and_then(read))
            }
            Node::Thing(_) => None,
        })
    }

    fn written(&self, thing: &Thing, names: &[&str]) -> Option<String> {
        let mut values = names.iter().flat_map(|name| self.graph.values(thing, &[name]));
        values.find_map(|node| match node {
            Node::Text(value) => order::as_written(&value.stated).or_else(|| value.shown.as_deref().and_then(order::as_written)),
            Node::Thing(_) => None,
        })
    }

    /// JSON-LD may hold markup; text of the page's own elements is plain.
    fn markup(&self, text: String) -> String {
        if self.vocabulary == Vocabulary::JsonLd { text } else { escape(&text) }
    }
}

/// A review's words, and those of its notes that are not among them.
fn with_notes(text: Option<String>, notes: Vec<String>) -> Option<String> {
    let said = text.as_deref().unwrap_or_default().to_lowercase();
    let notes = notes.iter().flat_map(|notes| notes.lines()).filter(|note| !said.contains(&note.trim().to_lowercase()));
    let all: Vec<&str> = text.as_deref().into_iter().chain(notes).collect();
    (!all.is_empty()).then(|| all.join("\n"))
}

/// Where a thing says when it was said, and when it was changed.
const PUBLISHED: &[&str] = &["datePublished", "dateCreated", "commentTime", "uploadDate", "dtreviewed", "dtReviewed", "date"];
const UPDATED: &[&str] = &["dateModified", "dateUpdated"];

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/')
}
