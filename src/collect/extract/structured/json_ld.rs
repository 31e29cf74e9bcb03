//! JSON-LD (<https://www.w3.org/TR/json-ld11/>) as far as schema.org's publishers use it: `@graph`, references by `@id`, lists, values.

use scraper::{ElementRef, Html, Selector};
use serde_json::{Map, Value as Json};

use super::graph::{At, Graph, Node, Thing, Value, implied_type, short};
use super::lenient;

/// The things of every `script` of the page.
pub(super) fn read(html: &Html) -> Graph {
    let mut graph = Graph::default();
    let Ok(selector) = Selector::parse("script[type]") else { return graph };
    for script in html.select(&selector).filter(is_json_ld) {
        let text: String = script.text().collect();
        for value in lenient::values(&text) {
            add_all(&mut graph, &value, None);
        }
    }
    graph.link();
    graph
}

fn is_json_ld(script: &ElementRef<'_>) -> bool {
    let kind = script.attr("type").unwrap_or_default().to_ascii_lowercase();
    kind.split(';').next().is_some_and(|kind| kind.trim().ends_with("ld+json"))
}

/// Every thing of a value, which may be a list of lists.
fn add_all(graph: &mut Graph, value: &Json, parent: Option<(At, &str)>) -> Vec<Node> {
    match value {
        Json::Array(list) => list.iter().flat_map(|value| add_all(graph, value, parent)).collect(),
        Json::Object(map) => object(graph, map, parent),
        Json::String(text) => text_of(graph, text, parent).into_iter().collect(),
        Json::Number(number) => vec![Node::Text(Value::plain(number.to_string()))],
        Json::Bool(flag) => vec![Node::Text(Value::plain(flag.to_string()))],
        Json::Null => Vec::new(),
    }
}

/// A review that is nothing but its words is a thing all the same.
fn text_of(graph: &mut Graph, text: &str, parent: Option<(At, &str)>) -> Option<Node> {
    let value = Node::Text(Value::plain(text.to_owned()));
    let implied = parent.and_then(|(_, property)| implied_type(property)).filter(|kind| !matches!(*kind, "AggregateRating" | "ItemList"));
    match implied.filter(|_| text.contains(char::is_whitespace) && !text.starts_with("http")) {
        Some(kind) => {
            let parent = parent.map(|(at, property)| (at, property.to_owned()));
            let thing = Thing { types: vec![kind.into()], properties: vec![("text".into(), value)], parent, ..Thing::default() };
            graph.add(thing).map(Node::Thing)
        }
        None => Some(value),
    }
}

fn object(graph: &mut Graph, map: &Map<String, Json>, parent: Option<(At, &str)>) -> Vec<Node> {
    if let Some(value) = map.get("@value") {
        return add_all(graph, value, parent);
    }
    if let Some(list) = map.get("@list").or_else(|| map.get("@set")) {
        return add_all(graph, list, parent);
    }
    let mut types = words(map.get("@type").or_else(|| map.get("type")));
    let id = words(map.get("@id").or_else(|| map.get("id"))).into_iter().next();
    let properties = map.keys().any(|key| !key.starts_with('@'));
    if types.is_empty() && properties {
        types.extend(parent.and_then(|(_, property)| implied_type(property)).map(str::to_owned));
    }
    let types = types.iter().map(|name| short(name).to_owned()).collect();
    let owner = parent.map(|(at, property)| (at, property.to_owned()));
    let Some(at) = graph.add(Thing { types, id, parent: owner, ..Thing::default() }) else { return Vec::new() };
    for (key, value) in map {
        match key.as_str() {
            "@graph" | "@included" | "@reverse" => {
                add_all(graph, value, None);
            }
            "@context" | "@type" | "@id" | "type" => {}
            key if key.starts_with('@') => {}
            key => {
                let name = short(key).to_owned();
                let nodes = add_all(graph, value, Some((at, &name)));
                graph.things[at].properties.extend(nodes.into_iter().map(|node| (name.clone(), node)));
            }
        }
    }
    vec![Node::Thing(at)]
}

fn words(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::String(text)) => vec![text.clone()],
        Some(Json::Array(list)) => list.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}
