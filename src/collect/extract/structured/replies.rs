//! Answers that a page marks up below what they answer: schema.org's `comment`, the answers of a question, a comment whose `parentItem`
//! leads to it, and `u-comment` of microformats. They stand in `extra.replies` of the entry, shortened: who answered and how it begins.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::graph::{At, Graph, Node, Thing};

/// Where an entry's replies stand in its `extra`.
pub const REPLIES: &str = "replies";

/// Replies kept of one entry: enough to find ours among those of others.
pub(super) const REPLIES_MAX: usize = 50;
/// Answers looked at for one entry, empty and repeated ones included: a page of circles ends.
const VISITS_MAX: usize = 4 * REPLIES_MAX;
/// Replies to replies to replies: whoever answers deeper talks about something else.
const DEPTH_MAX: usize = 3;
/// Of each, enough to tell it from others.
const TEXT_CHARS_MAX: usize = 200;
const AUTHOR_CHARS_MAX: usize = 100;

/// How schema.org, and sites that go their own way with it, name what was answered. Not `review`: that is an opinion of its own.
const ANSWERED: [&str; 9] =
    ["comment", "comments", "reply", "replies", "response", "ownerResponse", "acceptedAnswer", "suggestedAnswer", "associatedReview"];

/// Who answers for a business; of a person only the name can tell.
const BUSINESSES: &[&str] = &[
    "Organization",
    "OnlineBusiness",
    "OnlineStore",
    "LocalBusiness",
    "Corporation",
    "Brand",
    "Store",
    "Hotel",
    "LodgingBusiness",
    "FoodEstablishment",
    "Restaurant",
    "NewsMediaOrganization",
    "EducationalOrganization",
    "GovernmentOrganization",
    "NGO",
];

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub author: Option<String>,
    /// How it begins.
    pub text: String,
    /// The page says that a business answers, or the one that the entry is about.
    pub owner: bool,
}

impl Reply {
    /// None where it says nothing.
    pub(super) fn new(author: Option<String>, text: &str, owner: bool) -> Option<Self> {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TEXT_CHARS_MAX).collect();
        let author = author.map(|author| author.chars().take(AUTHOR_CHARS_MAX).collect());
        (!text.is_empty()).then_some(Self { author, text, owner })
    }
}

/// The replies that stand in an entry's `extra`.
#[must_use]
pub fn of_extra(extra: &BTreeMap<String, Json>) -> Vec<Reply> {
    extra.get(REPLIES).and_then(|replies| serde_json::from_value(replies.clone()).ok()).unwrap_or_default()
}

/// Puts replies where `of_extra` finds them.
pub(super) fn keep(extra: &mut BTreeMap<String, Json>, replies: Vec<Reply>) {
    let replies = Some(replies).filter(|replies| !replies.is_empty()).and_then(|replies| serde_json::to_value(replies).ok());
    extra.extend(replies.map(|replies| (REPLIES.to_owned(), replies)));
}

/// Finds the replies of any thing of one graph.
pub(super) struct Threads<'a> {
    graph: &'a Graph,
    /// By the id of what they answer.
    by_parent: HashMap<&'a str, Vec<At>>,
}

impl<'a> Threads<'a> {
    pub(super) fn of(graph: &'a Graph) -> Self {
        let mut by_parent: HashMap<&str, Vec<At>> = HashMap::new();
        for (at, thing) in graph.things.iter().enumerate() {
            for parent in graph.values(thing, &["parentItem"]) {
                let id = match parent {
                    Node::Thing(parent) => graph.things[*parent].id.as_deref(),
                    Node::Text(value) => Some(value.stated.trim()),
                };
                if let Some(id) = id.filter(|id| !id.is_empty()) {
                    by_parent.entry(id).or_default().push(at);
                }
            }
        }
        Self { graph, by_parent }
    }

    /// What was answered to a thing, the outermost answers first; `about` is what the thing is about, as its page calls it.
    pub(super) fn replies(&self, thing: &Thing, about: Option<&str>) -> Vec<Reply> {
        let mut found = Vec::new();
        self.collect(thing, about, (0, &mut 0), &mut found);
        found
    }

    fn collect(&self, thing: &Thing, about: Option<&str>, (depth, visits): (usize, &mut usize), found: &mut Vec<Reply>) {
        if depth >= DEPTH_MAX {
            return;
        }
        let nested = ANSWERED.iter().flat_map(|name| self.graph.values(thing, &[name]));
        let mut answers: Vec<&Thing> = Vec::new();
        for node in nested {
            match node {
                Node::Thing(at) => answers.push(self.graph.thing(*at)),
                Node::Text(value) if found.len() < REPLIES_MAX => found.extend(Reply::new(None, value.words(), false)),
                Node::Text(_) => {}
            }
        }
        let led = thing.id.as_deref().and_then(|id| self.by_parent.get(id)).into_iter().flatten();
        answers.extend(led.map(|at| &self.graph.things[*at]));
        for answer in answers {
            *visits += 1;
            if found.len() >= REPLIES_MAX || *visits > VISITS_MAX {
                return;
            }
            let reply = self.reply(answer, about).filter(|reply| !found.contains(reply));
            found.extend(reply);
            self.collect(answer, about, (depth + 1, visits), found);
        }
    }

    fn reply(&self, thing: &Thing, about: Option<&str>) -> Option<Reply> {
        let graph = self.graph;
        let said = ["text", "commentText", "reviewBody", "articleBody", "description", "body", "content", "name"];
        let text = graph.words(thing, &said).or_else(|| thing.shown.clone())?;
        let writers = ["author", "creator", "publisher"];
        let author = graph.words(thing, &writers);
        let is_business = graph.nested(thing, &writers).is_some_and(|writer| writer.is(BUSINESSES));
        let is_same = |about: &str, author: &str| !author.is_empty() && about.trim().to_lowercase() == author.trim().to_lowercase();
        let owner = is_business || author.as_deref().zip(about).is_some_and(|(author, about)| is_same(about, author));
        Reply::new(author, &text, owner)
    }
}
