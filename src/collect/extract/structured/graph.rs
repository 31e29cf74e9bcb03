//! What every vocabulary comes down to: things with types and properties, some of which are other things.

use std::collections::HashMap;

/// A page with more things than this is no page of reviews; what is beyond is left out.
const THINGS_MAX: usize = 20_000;

/// Parts of what one review says: its notes, or the paragraphs of its text.
const PARTS_MAX: usize = 100;
/// A list, its members, and what each is about.
const PARTS_DEPTH_MAX: usize = 3;

/// The place of a thing in its graph.
pub(super) type At = usize;

/// The value of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(Value),
    Thing(At),
}

/// A value that is no thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// As the vocabulary's rules have it: the address of a link, the `content` of a `meta`.
    pub(super) stated: String,
    /// What a reader sees instead, where that differs.
    pub(super) shown: Option<String>,
}

impl Value {
    pub(super) fn plain(stated: String) -> Self {
        Self { stated, shown: None }
    }

    /// For people's words: never an address where there are words.
    pub(super) fn words(&self) -> &str {
        self.shown.as_deref().filter(|shown| !shown.trim().is_empty()).unwrap_or(&self.stated)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Thing {
    /// Without the vocabulary's address: `Review`.
    pub(super) types: Vec<String>,
    pub(super) id: Option<String>,
    pub(super) properties: Vec<(String, Node)>,
    /// The thing whose property this is, and which property.
    pub(super) parent: Option<(At, String)>,
    /// Text of its element, where it states no properties at all.
    pub(super) shown: Option<String>,
}

impl Thing {
    pub(super) fn is(&self, wanted: &[&str]) -> bool {
        self.types.iter().any(|own| wanted.iter().any(|wanted| own.eq_ignore_ascii_case(wanted)))
    }
}

/// All things of one page in one vocabulary.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) things: Vec<Thing>,
    by_id: HashMap<String, At>,
}

impl Graph {
    /// None where there are too many.
    pub(super) fn add(&mut self, thing: Thing) -> Option<At> {
        if self.things.len() >= THINGS_MAX {
            return None;
        }
        self.things.push(thing);
        Some(self.things.len() - 1)
    }

    /// Makes references by id lead to the thing that says the most under it. To be called once, when all is there.
    pub(super) fn link(&mut self) {
        for (at, thing) in self.things.iter().enumerate() {
            let Some(id) = &thing.id else { continue };
            let best = self.by_id.entry(id.clone()).or_insert(at);
            if self.things[*best].properties.len() < thing.properties.len() {
                *best = at;
            }
        }
    }

    /// A thing, or, where it is a bare reference, the one that is meant.
    pub(super) fn thing(&self, at: At) -> &Thing {
        let own = &self.things[at];
        let meant = own.id.as_ref().filter(|_| own.properties.is_empty()).and_then(|id| self.by_id.get(id));
        meant.map_or(own, |at| &self.things[*at])
    }

    /// The values of a property, by the first of its names that is there.
    pub(super) fn values<'a>(&self, thing: &'a Thing, names: &[&str]) -> Vec<&'a Node> {
        let of = |name: &str| -> Vec<&'a Node> {
            thing.properties.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, node)| node).collect()
        };
        names.iter().map(|name| of(name)).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The first value of a property that says something, as words. A thing is said by its name.
    pub(super) fn words(&self, thing: &Thing, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.values(thing, &[name]).into_iter().find_map(|node| self.said(node)))
    }

    /// Every value of a property in words.
    pub(super) fn all_words(&self, thing: &Thing, names: &[&str]) -> Vec<String> {
        self.values(thing, names).into_iter().filter_map(|node| self.said(node)).collect()
    }

    /// Everything that the first of these properties which says anything says, each part on a line of its own: texts, and what things
    /// and lists of things are called.
    pub(super) fn paragraphs(&self, thing: &Thing, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| {
            let mut parts = Vec::new();
            self.values(thing, &[name]).into_iter().for_each(|node| self.collect_parts(node, 0, &mut parts));
            (!parts.is_empty()).then(|| parts.join("\n"))
        })
    }

    fn collect_parts(&self, node: &Node, depth: usize, parts: &mut Vec<String>) {
        let mut add = |part: Option<String>| {
            if let Some(part) = part.filter(|part| parts.len() < PARTS_MAX && !parts.contains(part)) {
                parts.push(part);
            }
        };
        let Node::Thing(at) = node else { return add(self.said(node)) };
        let thing = self.thing(*at);
        let members = self.values(thing, &["itemListElement", "item"]);
        if members.is_empty() || depth >= PARTS_DEPTH_MAX {
            return add(self.name(thing));
        }
        members.into_iter().for_each(|member| self.collect_parts(member, depth + 1, parts));
    }

    /// The first value as stated: addresses, numbers, times.
    pub(super) fn stated(&self, thing: &Thing, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.values(thing, &[name]).into_iter().find_map(stated_value))
    }

    /// The first thing that is a property's value.
    pub(super) fn nested<'a>(&'a self, thing: &Thing, names: &[&str]) -> Option<&'a Thing> {
        names.iter().find_map(|name| {
            self.values(thing, &[name]).into_iter().find_map(|node| match node {
                Node::Thing(at) => Some(self.thing(*at)),
                Node::Text(_) => None,
            })
        })
    }

    fn said(&self, node: &Node) -> Option<String> {
        match node {
            Node::Text(value) => filled(value.words()),
            Node::Thing(at) => self.name(self.thing(*at)),
        }
    }

    /// How a thing is called.
    pub(super) fn name(&self, thing: &Thing) -> Option<String> {
        let flat = |names: &[&str]| {
            names.iter().find_map(|name| {
                self.values(thing, &[name]).into_iter().find_map(|node| match node {
                    Node::Text(value) => filled(value.words()),
                    Node::Thing(_) => None,
                })
            })
        };
        let full = || match (flat(&["givenName"]), flat(&["familyName"])) {
            (Some(given), Some(family)) => Some(format!("{given} {family}")),
            (one, other) => one.or(other),
        };
        let text = || flat(&["text", "@value", "reviewBody", "description"]);
        flat(&["name", "alternateName", "headline", "legalName", "fn"])
            .or_else(full)
            .or_else(text)
            .or_else(|| thing.shown.as_deref().and_then(filled))
    }
}

fn stated_value(node: &Node) -> Option<String> {
    match node {
        Node::Text(value) => filled(&value.stated),
        Node::Thing(_) => None,
    }
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `https://schema.org/Review`, `schema:Review` and `Review` are one; so are data-vocabulary.org's names.
pub(super) fn short(name: &str) -> &str {
    let name = name.trim();
    let rest = name.rsplit_once(['/', '#']).filter(|_| name.contains("://")).map_or(name, |(_, last)| last);
    rest.rsplit_once(':').map_or(rest, |(_, last)| last)
}

/// Things that are values of these properties need no type of their own.
pub(super) fn implied_type(property: &str) -> Option<&'static str> {
    match property {
        "review" | "reviews" | "associatedReview" => Some("Review"),
        "comment" | "comments" => Some("Comment"),
        "acceptedAnswer" | "suggestedAnswer" => Some("Answer"),
        "aggregateRating" => Some("AggregateRating"),
        "positiveNotes" | "negativeNotes" => Some("ItemList"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_vocabulary() {
        for name in ["https://schema.org/Review", "http://www.schema.org/Review", "schema:Review", "Review", " http://x/y#Review"] {
            assert_eq!(short(name), "Review", "{name}");
        }
    }

    #[test]
    fn a_reference_leads_to_what_is_meant() {
        let mut graph = Graph::default();
        let bare = Thing { id: Some("#a".into()), ..Thing::default() };
        let named = |name: &str| ("name".to_owned(), Node::Text(Value::plain(name.into())));
        let reference = graph.add(bare.clone()).expect("room");
        let full = graph.add(Thing { properties: vec![named("Wang")], ..bare }).expect("room");
        let owner = Thing { properties: vec![("author".into(), Node::Thing(reference))], ..Thing::default() };
        graph.link();
        assert_eq!(graph.thing(reference), &graph.things[full]);
        assert_eq!(graph.words(&owner, &["creator", "author"]).as_deref(), Some("Wang"));
    }
}
