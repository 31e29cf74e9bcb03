//! The ways to write what stands in each item: by its class, its name, what it stands in, or its place.

use std::collections::HashMap;

use scraper::Selector;

use crate::collect::extract::learn::clues;
use crate::collect::extract::learn::keys::{self, Key};
use crate::collect::extract::learn::outline::{At, Outline};

/// Places are told by counting brothers; farther down nobody can read them.
const PLACE_DEPTH_MAX: usize = 3;

/// Names that say nothing of what stands in an element: frames of pages, lists and tables, and what is empty. Any other may do where
/// there is no class; elements that a site has made up (`review-text`) say most.
const FRAMES: &[&str] =
    &["html", "body", "main", "form", "table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl", "br", "hr", "input", "center", "meta"];

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Own(Key),
    Bare,
    /// In something that has a key.
    Under(Key),
    /// By counting.
    Place,
    /// By what its address or its label holds.
    Marked,
}

/// A way to write a field and the elements it finds first in each item that has it.
pub(super) struct Way {
    pub(super) css: String,
    pub(super) kind: Kind,
    pub(super) found: Vec<(At, At)>,
}

impl Way {
    /// The name that may tell what it is.
    pub(super) fn word(&self) -> String {
        match &self.kind {
            Kind::Own(key) | Kind::Under(key) => key.word(),
            // A site has made it up for what stands in it.
            Kind::Bare if self.css.contains('-') => self.css.clone(),
            Kind::Bare | Kind::Place | Kind::Marked => String::new(),
        }
    }

    /// Its own class or attribute names it, not only what it stands in.
    pub(super) fn own_word(&self) -> String {
        if matches!(self.kind, Kind::Own(_) | Kind::Bare) { self.word() } else { String::new() }
    }

    /// A class made by a tool is new with each release of the site.
    pub(super) fn is_made(&self) -> bool {
        matches!(&self.kind, Kind::Own(key) | Kind::Under(key) if key.is_made())
    }

    /// How long it may last: classes longer than places, made classes shortest.
    pub(super) fn lasts(&self) -> f64 {
        let kind = match &self.kind {
            Kind::Own(_) => 0.1,
            Kind::Marked => 0.08,
            Kind::Under(_) => 0.05,
            Kind::Bare => 0.0,
            Kind::Place => -0.1,
        };
        if self.is_made() { -0.2 } else { kind }
    }
}

/// Every way within the items, with what it finds first in each.
pub(super) fn all(outline: &Outline<'_>, sample: &[At], paired: bool) -> Vec<Way> {
    let mut ways: HashMap<String, Way> = HashMap::new();
    for member in sample {
        let mut seen: HashMap<String, At> = HashMap::new();
        let inside = (member + 1..outline.nodes[*member].end).flat_map(|at| of(outline, *member, at).into_iter().map(move |way| (at, way)));
        let next = outline.next_brother(*member).filter(|_| paired);
        let after = next.into_iter().flat_map(|next| (next..outline.nodes[next].end).flat_map(move |at| after(outline, next, at)));
        for (at, (css, kind)) in inside.chain(after) {
            let Some(first) = seen.get(&css).copied() else {
                seen.insert(css.clone(), at);
                ways.entry(css.clone()).or_insert_with(|| Way { css, kind, found: Vec::new() }).found.push((*member, at));
                continue;
            };
            let Kind::Own(key) = kind else { continue };
            if let Some(css) = second(outline, first, at, &css).filter(|css| is_first(outline, *member, at, css))
                && !seen.contains_key(&css)
            {
                seen.insert(css.clone(), at);
                let kind = Kind::Under(key);
                ways.entry(css.clone()).or_insert_with(|| Way { css, kind, found: Vec::new() }).found.push((*member, at));
            }
        }
    }
    // In a fixed order, so that the same page gives the same proposal.
    let mut ways: Vec<Way> = ways.into_values().collect();
    ways.sort_by(|one, other| (one.found[0].1, &one.css).cmp(&(other.found[0].1, &other.css)));
    ways
}

/// `td:nth-child(2) span.details`: an element of the same name as one before it, told by what it stands in.
fn second(outline: &Outline<'_>, first: At, at: At, css: &str) -> Option<String> {
    let mut here = at;
    while let Some(holder) = outline.nodes[here].parent.filter(|holder| !outline.is_inside(first, *holder)) {
        here = holder;
    }
    let (name, number) = (outline.nodes[here].element.value().name(), outline.child_number(here));
    let sound = keys::is_name(name) && first < here && !css.starts_with([':', '+']);
    sound.then(|| if here == at { format!("{css}:nth-child({number})") } else { format!("{name}:nth-child({number}) {css}") })
}

/// Whether it is what a selector finds first in an item.
fn is_first(outline: &Outline<'_>, member: At, at: At, css: &str) -> bool {
    let Ok(selector) = Selector::parse(css) else { return false };
    outline.nodes[member].element.select(&selector).next() == Some(outline.nodes[at].element)
}

/// The ways to what stands in the element after an item, as relative selectors.
fn after(outline: &Outline<'_>, next: At, at: At) -> Vec<(At, (String, Kind))> {
    let name = outline.nodes[next].element.value().name();
    if at == next {
        return vec![(at, (format!("+ {name}"), Kind::Bare))];
    }
    let relative = |css: String| match css.strip_prefix(":scope") {
        Some(rest) => format!("+ {name}{rest}"),
        None => format!("+ {name} {css}"),
    };
    of(outline, next, at).into_iter().map(|(css, kind)| (at, (relative(css), kind))).collect()
}

fn of(outline: &Outline<'_>, member: At, at: At) -> Vec<(String, Kind)> {
    let element = outline.nodes[at].element;
    let name = element.value().name();
    let mut own: Vec<Key> = keys::lasting(outline, at);
    own.extend(keys::own(outline, at).into_iter().filter(|key| matches!(key, Key::IdStart { .. })));
    let named = own.iter().any(|key| !key.is_made());
    let mut found: Vec<(String, Kind)> = own.into_iter().map(|key| (key.css(), Kind::Own(key))).collect();
    if !keys::is_name(name) {
        return found;
    }
    if !FRAMES.contains(&name) {
        found.push((name.to_owned(), Kind::Bare));
    }
    let href = element.attr("href").unwrap_or_default();
    if let Some(mark) = clues::person_mark(href).filter(|_| name == "a") {
        found.push((format!("a[href*=\"{mark}\"]"), Kind::Marked));
    }
    if let Some(mark) = clues::place_mark(href).filter(|_| name == "a") {
        found.push((format!("a[href*=\"{mark}\"]"), Kind::Marked));
    }
    for attribute in ["aria-label", "alt", "title"] {
        if let Some(mark) = element.attr(attribute).and_then(clues::rating_mark) {
            found.push((format!("{name}[{attribute}*=\"{mark}\"]@{attribute}"), Kind::Marked));
        }
    }
    for attribute in clues::rating_attributes(element) {
        found.push((format!("{name}[{attribute}]"), Kind::Marked));
    }
    if !named {
        found.extend(by_holder(outline, member, at, name));
        found.extend(place(outline, member, at).map(|css| (css, Kind::Place)));
    }
    found
}

/// `div.meta > b`, `div.meta > span:nth-of-type(2)`.
fn by_holder(outline: &Outline<'_>, member: At, at: At, name: &str) -> Vec<(String, Kind)> {
    let Some(holder) = outline.nodes[at].parent.filter(|holder| *holder > member) else { return Vec::new() };
    let Some(key) = keys::lasting(outline, holder).into_iter().find(|key| !key.is_made()) else { return Vec::new() };
    let alike = outline.brothers(at).filter(|brother| outline.nodes[*brother].element.value().name() == name);
    let before = alike.filter(|brother| *brother < at).count();
    let held = format!("{} > {name}", key.css());
    if before == 0 { vec![(held, Kind::Under(key))] } else { vec![(format!("{held}:nth-of-type({})", before + 1), Kind::Under(key))] }
}

/// `:scope > div:nth-child(2) > span:nth-child(1)`.
fn place(outline: &Outline<'_>, member: At, at: At) -> Option<String> {
    let mut steps = Vec::new();
    let mut here = at;
    while here != member {
        let name = outline.nodes[here].element.value().name();
        if !keys::is_name(name) || steps.len() >= PLACE_DEPTH_MAX {
            return None;
        }
        steps.push(format!("{name}:nth-child({})", outline.child_number(here)));
        here = outline.nodes[here].parent?;
    }
    steps.reverse();
    Some(format!(":scope > {}", steps.join(" > ")))
}
