//! Microdata (<https://html.spec.whatwg.org/multipage/microdata.html>) and RDFa Lite (<https://www.w3.org/TR/rdfa-lite/>): one walk over
//! the page, since they differ in the names of attributes and in little else.

use std::collections::HashMap;

use scraper::{ElementRef, Html};

use super::graph::{At, Graph, Node, Thing, Value, implied_type, short};
use crate::collect::normalise::text;

/// Elements looked at, those that `itemref` leads to included: a page of circles ends.
const VISITS_MAX: usize = 400_000;

/// References that lead on to others.
const REFERENCES_MAX: usize = 4;

/// An author's name or a short text, where a thing states no properties.
const SHOWN_BYTES_MAX: usize = 4096;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Microdata,
    Rdfa,
}

pub(super) fn read(html: &Html, dialect: Dialect) -> Graph {
    let mut walk = Walk { dialect, graph: Graph::default(), by_id: HashMap::new(), referred: Vec::new(), visits: 0 };
    let root = html.root_element();
    let elements = || root.descendants().filter_map(ElementRef::wrap);
    let scope = walk.scope_attribute();
    if !elements().any(|element| element.attr(scope).is_some()) {
        return walk.graph;
    }
    if dialect == Dialect::Microdata && elements().any(|element| element.attr("itemref").is_some()) {
        walk.by_id = elements().filter_map(|element| Some((element.attr("id")?, element))).collect();
    }
    walk.element(root, None);
    walk.graph.link();
    walk.graph
}

struct Walk<'a> {
    dialect: Dialect,
    graph: Graph,
    by_id: HashMap<&'a str, ElementRef<'a>>,
    /// Elements that are being looked at because something refers to them, the outermost first.
    referred: Vec<&'a str>,
    visits: usize,
}

impl<'a> Walk<'a> {
    const fn scope_attribute(&self) -> &'static str {
        match self.dialect {
            Dialect::Microdata => "itemscope",
            Dialect::Rdfa => "typeof",
        }
    }

    const fn property_attribute(&self) -> &'static str {
        match self.dialect {
            Dialect::Microdata => "itemprop",
            Dialect::Rdfa => "property",
        }
    }

    fn element(&mut self, element: ElementRef<'a>, scope: Option<At>) {
        self.visits += 1;
        if self.visits > VISITS_MAX {
            return;
        }
        let names: Vec<&str> = match scope {
            Some(_) => element.attr(self.property_attribute()).unwrap_or_default().split_ascii_whitespace().map(short).collect(),
            None => Vec::new(),
        };
        let mut inner = scope;
        if element.attr(self.scope_attribute()).is_some() {
            let Some(at) = self.open(element, scope, &names) else { return };
            self.assign(scope, &names, &Node::Thing(at));
            inner = Some(at);
        } else if !names.is_empty() {
            self.value(element, scope, &names);
        }
        for child in element.child_elements() {
            self.element(child, inner);
        }
        if let Some(at) = inner.filter(|_| inner != scope) {
            self.follow(element, at);
            self.close(element, at);
        }
    }

    fn open(&mut self, element: ElementRef<'a>, scope: Option<At>, names: &[&str]) -> Option<At> {
        let (types, id) = match self.dialect {
            Dialect::Microdata => (element.attr("itemtype"), element.attr("itemid")),
            Dialect::Rdfa => (element.attr("typeof"), element.attr("resource").or_else(|| element.attr("about"))),
        };
        let mut types: Vec<String> =
            types.unwrap_or_default().split_ascii_whitespace().map(|name| short(name).to_owned()).filter(|name| !name.is_empty()).collect();
        if types.is_empty() {
            types.extend(names.iter().find_map(|name| implied_type(name)).map(str::to_owned));
        }
        let id = id.map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned);
        let parent = scope.zip(names.first()).map(|(at, name)| (at, (*name).to_owned()));
        self.graph.add(Thing { types, id, parent, ..Thing::default() })
    }

    fn assign(&mut self, scope: Option<At>, names: &[&str], node: &Node) {
        let Some(at) = scope else { return };
        self.graph.things[at].properties.extend(names.iter().map(|name| ((*name).to_owned(), node.clone())));
    }

    /// A property whose value is text. Words under `review` are a review.
    fn value(&mut self, element: ElementRef<'a>, scope: Option<At>, names: &[&str]) {
        let value = value_of(element);
        let implied = names.iter().find_map(|name| implied_type(name)).filter(|kind| *kind == "Review" || *kind == "Comment");
        let wordy = value.words().trim().contains(char::is_whitespace) && element.attr("content").is_none();
        // Where scopes stand inside, they are the reviews and this is their list.
        let list = element.descendants().skip(1).filter_map(ElementRef::wrap).any(|inner| inner.attr(self.scope_attribute()).is_some());
        let mut node = Node::Text(value);
        if let Some(kind) = implied.filter(|_| wordy && !list) {
            let parent = scope.zip(names.first()).map(|(at, name)| (at, (*name).to_owned()));
            let thing = Thing { types: vec![kind.into()], properties: vec![("text".into(), node.clone())], parent, ..Thing::default() };
            node = self.graph.add(thing).map_or(node, Node::Thing);
        }
        self.assign(scope, names, &node);
    }

    fn follow(&mut self, element: ElementRef<'a>, at: At) {
        for id in element.attr("itemref").unwrap_or_default().split_ascii_whitespace() {
            let circle = self.referred.contains(&id) || self.referred.len() >= REFERENCES_MAX;
            if let Some(target) = self.by_id.get(id).copied().filter(|target| !circle && !self.is_inside(element, *target)) {
                self.referred.push(id);
                self.element(target, Some(at));
                self.referred.pop();
            }
        }
    }

    /// A thing must not be part of itself.
    fn is_inside(&self, element: ElementRef<'a>, target: ElementRef<'a>) -> bool {
        element == target || element.ancestors().any(|ancestor| ancestor == *target)
    }

    fn close(&mut self, element: ElementRef<'a>, at: At) {
        let thing = &mut self.graph.things[at];
        if thing.properties.is_empty() {
            let stated = element.attr("content").map(str::to_owned);
            let mut shown = stated.unwrap_or_else(|| text::of_element(element));
            shown.truncate(shown.floor_char_boundary(SHOWN_BYTES_MAX));
            thing.shown = Some(shown).filter(|shown| !shown.is_empty());
        }
    }
}

/// The value by the rules of both: `content` first, then what the kind of element holds.
fn value_of(element: ElementRef<'_>) -> Value {
    let attribute = |name: &str| element.attr(name).map(|value| value.trim().to_owned());
    if let Some(content) = attribute("content").filter(|content| !content.is_empty()) {
        return Value::plain(content);
    }
    let stated = match element.value().name() {
        "meta" => Some(attribute("content").unwrap_or_default()),
        "audio" | "embed" | "iframe" | "img" | "source" | "track" | "video" => attribute("src"),
        "a" | "area" | "link" => attribute("href").or_else(|| attribute("resource")),
        "object" => attribute("data"),
        "data" | "meter" => attribute("value"),
        "time" => attribute("datetime"),
        _ => attribute("datetime"),
    };
    let shown = || match element.value().name() {
        "img" => attribute("alt").unwrap_or_default(),
        _ => text::of_element(element),
    };
    match stated {
        Some(stated) => Value { stated, shown: Some(shown()) },
        None => Value::plain(shown()),
    }
}
