//! Selectors for one kind of element: a name and one class, a telling attribute, or the place in a list.

use super::clues;
use super::outline::{At, Outline};

/// What elements have in common that can be written as a selector.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Class {
        name: String,
        class: String,
    },
    /// `data-testid="comment"`, `itemprop="review"`.
    Attribute {
        name: String,
        attribute: &'static str,
        value: String,
    },
    /// `id="post_7"` and `id="post_8"`.
    IdStart {
        name: String,
        start: String,
    },
    /// `class="row1"` and `class="row2"`, which only colour a list.
    Stem {
        name: String,
        stem: String,
    },
    /// Children of a kind in a parent that is told by its own key.
    Child {
        parent: Box<Key>,
        name: String,
    },
    Id {
        id: String,
    },
    /// `Review_item__` of `Review_item__2kD9x`: what a build tool appends is new with each release.
    Module {
        name: String,
        start: String,
    },
    /// Elements of a kind somewhere in one that is told by its own key, as rows are in a table.
    Within {
        holder: Box<Key>,
        name: &'static str,
    },
    /// Nothing but its kind: pages older than classes.
    Name {
        name: &'static str,
    },
    /// By the kinds of all it stands in, from one that has a name or from the page's own.
    Path {
        path: String,
    },
    /// Those of a key that fulfil a condition (`:has(time)`), which others of it do not.
    Holding {
        key: Box<Key>,
        mark: String,
    },
}

/// Kinds of elements that are items of lists even where nothing names them.
const LISTED: [&str; 5] = ["tr", "li", "article", "blockquote", "section"];

/// A holder is looked for this far up.
const HOLDER_MAX: usize = 4;

const TELLING: [&str; 5] = ["itemprop", "data-testid", "data-type", "role", "data-role"];

/// A made name in a selector must at least be one.
const CLASS_BYTES_MAX: usize = 60;

impl Key {
    pub(super) fn css(&self) -> String {
        match self {
            Self::Class { name, class } => format!("{name}.{class}"),
            Self::Attribute { name, attribute, value } => format!("{name}[{attribute}=\"{value}\"]"),
            Self::IdStart { name, start } => format!("{name}[id^=\"{start}\"]"),
            Self::Stem { name, stem } => format!("{name}[class^=\"{stem}\"]"),
            Self::Child { parent, name } => format!("{} > {name}", parent.css()),
            Self::Id { id } => format!("#{id}"),
            Self::Module { name, start } => format!("{name}[class*=\"{start}\"]"),
            // Rows of headings are no items.
            Self::Within { holder, name: "tr" } => format!("{} tr:has(td)", holder.css()),
            Self::Within { holder, name } => format!("{} {name}", holder.css()),
            Self::Name { name: "tr" } => "tr:has(td)".to_owned(),
            Self::Path { path } => path.clone(),
            Self::Name { name } => (*name).to_owned(),
            Self::Holding { key, mark } => format!("{}{mark}", key.css()),
        }
    }

    /// New with each release of the site.
    pub(super) fn is_made(&self) -> bool {
        match self {
            Self::Class { class, .. } => is_made_class(class),
            Self::Stem { stem, .. } => clues::is_made(stem),
            Self::Child { parent, .. } => parent.is_made(),
            Self::Within { holder, .. } => holder.is_made(),
            Self::Holding { key, .. } => key.is_made(),
            Self::Attribute { .. }
            | Self::IdStart { .. }
            | Self::Id { .. }
            | Self::Module { .. }
            | Self::Name { .. }
            | Self::Path { .. } => false,
        }
    }

    /// Children of one kind by name and of several by class: the parts of each item and not the items.
    pub(super) fn mixes(&self, outline: &Outline<'_>, members: &[At]) -> bool {
        let (Self::Child { .. } | Self::Within { .. } | Self::Name { .. } | Self::Path { .. }) = self else { return false };
        let parents: std::collections::HashSet<Option<At>> = members.iter().map(|at| outline.nodes[*at].parent).collect();
        parents.len() > 1 && parents.len() * 2 <= members.len()
    }

    /// The name that may tell what it is.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Class { name, class } if name == "article" => format!("{class} entry"),
            Self::Class { class, .. } => class.clone(),
            Self::Attribute { value, .. } => value.clone(),
            Self::IdStart { start, .. } => start.trim_end_matches(['-', '_']).to_owned(),
            Self::Stem { stem, .. } => stem.clone(),
            Self::Child { parent, .. } => parent.word(),
            Self::Id { id } => id.clone(),
            Self::Module { start, .. } => start.trim_end_matches(['-', '_']).to_owned(),
            Self::Within { holder, .. } => holder.word(),
            Self::Name { name } => (*name).to_owned(),
            Self::Path { .. } => String::new(),
            Self::Holding { key, .. } => key.word(),
        }
    }
}

/// The keys of an element, its place in a list included.
pub(super) fn of(outline: &Outline<'_>, at: At) -> Vec<Key> {
    let mut keys = own(outline, at);
    keys.extend(modules(outline, at));
    keys.extend(stem(outline, at));
    let name = outline.nodes[at].element.value().name();
    keys.extend(listed(outline, at));
    keys.extend(path(outline, at));
    if let Some(parent) = outline.nodes[at].parent.filter(|_| is_name(name)) {
        let name = name.to_owned();
        if let Some(stable) = id(outline, parent).or_else(|| lasting(outline, parent).into_iter().min_by_key(Key::is_made)) {
            keys.push(Key::Child { parent: Box::new(stable), name });
        }
    }
    keys
}

/// Without its place.
pub(super) fn own(outline: &Outline<'_>, at: At) -> Vec<Key> {
    let element = outline.nodes[at].element;
    let name = element.value().name().to_owned();
    // A damaged page has elements of any name.
    if matches!(name.as_str(), "html" | "body") || !is_name(&name) {
        return Vec::new();
    }
    let mut keys: Vec<Key> = element
        .value()
        .classes()
        .filter(|class| is_name(class))
        .map(|class| Key::Class { name: name.clone(), class: class.to_owned() })
        .collect();
    for attribute in TELLING {
        if let Some(value) = element.attr(attribute).filter(|value| is_name(value)) {
            keys.push(Key::Attribute { name: name.clone(), attribute, value: value.to_owned() });
        }
    }
    keys.extend(element.attr("id").and_then(id_start).map(|start| Key::IdStart { name, start }));
    keys
}

pub(super) fn is_made_class(class: &str) -> bool {
    clues::is_made(class) || module(class).is_some()
}

/// Without what is told by a number, with what is left of a made name.
pub(super) fn lasting(outline: &Outline<'_>, at: At) -> Vec<Key> {
    let mut keys = own(outline, at);
    keys.retain(|key| !matches!(key, Key::IdStart { .. }));
    keys.extend(modules(outline, at));
    keys
}

fn modules(outline: &Outline<'_>, at: At) -> Vec<Key> {
    let element = outline.nodes[at].element;
    let name = element.value().name();
    let starts = element.value().classes().filter(|class| is_name(name) && is_name(class)).filter_map(module);
    starts.map(|start| Key::Module { name: name.to_owned(), start: start.to_owned() }).collect()
}

/// `Review_item__` of `Review_item__2kD9x`, `_item_` of `_item_1a2b3_12`: a word, then letters of both cases or digits among letters.
fn module(class: &str) -> Option<&str> {
    let bare = class.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    let class = if bare.len() + 1 < class.len() && bare.starts_with('_') { bare } else { class };
    let at = class.rfind(['_', '-']).map(|at| at + 1)?;
    let (start, hash) = class.split_at(at);
    let worded = start.chars().filter(char::is_ascii_alphabetic).count() >= 4;
    let has = |test: fn(&char) -> bool| hash.chars().any(|c| test(&c));
    let (upper, lower, digit) = (has(char::is_ascii_uppercase), has(char::is_ascii_lowercase), has(char::is_ascii_digit));
    // `review__isNew` is a name; a file's and a class's name before it say that it is none.
    let two_names = start.trim_end_matches('_').contains('_') && start.ends_with("__");
    let made = (digit && (upper || lower)) || (upper && lower && two_names);
    (worded && (5..=8).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_alphanumeric()) && made).then_some(start)
}

/// By its kind alone, and by what it stands in where its own parent has no name.
fn listed(outline: &Outline<'_>, at: At) -> Vec<Key> {
    let own_name = outline.nodes[at].element.value().name();
    let Some(name) = LISTED.into_iter().find(|name| *name == own_name) else { return Vec::new() };
    if name == "tr" && !outline.nodes[at].element.child_elements().any(|cell| cell.value().name() == "td") {
        return Vec::new();
    }
    let mut keys = vec![Key::Name { name }];
    let mut holder = outline.nodes[at].parent;
    for step in 0..HOLDER_MAX {
        let Some(place) = holder else { break };
        let key = id(outline, place).or_else(|| lasting(outline, place).into_iter().find(|key| !key.is_made()));
        if let Some(key) = key {
            // The parent itself makes a `Child`.
            keys.extend((step > 0).then(|| Key::Within { holder: Box::new(key), name }));
            break;
        }
        holder = outline.nodes[place].parent;
    }
    keys
}

/// `body > ul > li`, `#main > div > p`: where the parent has no name of its own.
fn path(outline: &Outline<'_>, at: At) -> Option<Key> {
    let name = |at: At| Some(outline.nodes[at].element.value().name()).filter(|name| is_name(name));
    let row = name(at)? == "tr";
    let mut steps = vec![if row { "tr:has(td)" } else { name(at)? }.to_owned()];
    let mut holder = outline.nodes[at].parent?;
    for step in 0..HOLDER_MAX {
        let key = id(outline, holder).or_else(|| lasting(outline, holder).into_iter().find(|key| !key.is_made()));
        match key {
            // A `Child` of its parent.
            Some(_) if step == 0 => return None,
            Some(key) => steps.push(key.css()),
            None => steps.push(name(holder)?.to_owned()),
        }
        if id(outline, holder).is_some() || name(holder)? == "body" || lasting(outline, holder).iter().any(|key| !key.is_made()) {
            steps.reverse();
            return Some(Key::Path { path: steps.join(" > ") });
        }
        holder = outline.nodes[holder].parent?;
    }
    None
}

/// `row` of `row2`, and of `row` itself.
fn stem(outline: &Outline<'_>, at: At) -> Option<Key> {
    let element = outline.nodes[at].element;
    let class = element.attr("class")?;
    let first = class.split_ascii_whitespace().next().filter(|first| class.starts_with(first) && is_name(first))?;
    let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
    let sound = is_name(element.value().name());
    (sound && stem.len() >= 3 && first.len() <= stem.len() + 1)
        .then(|| Key::Stem { name: element.value().name().to_owned(), stem: stem.to_owned() })
}

/// `post_` of `post_1234`.
fn id_start(id: &str) -> Option<String> {
    let digits = id.find(|c: char| c.is_ascii_digit())?;
    let (start, rest) = id.split_at(digits);
    let sound = is_name(start) && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    (sound && start.len() >= 3).then(|| start.to_owned())
}

/// The key of an element by its id, where that is no number of the day.
pub(super) fn id(outline: &Outline<'_>, at: At) -> Option<Key> {
    let id = outline.nodes[at].element.attr("id")?;
    (is_name(id) && !id.chars().any(|c| c.is_ascii_digit())).then(|| Key::Id { id: id.to_owned() })
}

/// Needs no escape in a selector.
pub(super) fn is_name(text: &str) -> bool {
    let first = text.trim_start_matches('-').chars().next();
    text.len() <= CLASS_BYTES_MAX
        && first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// A selector of what holds all members and is there when the list is empty: the nearest element around them that one selector
/// finds alone.
pub(super) fn container(outline: &Outline<'_>, members: &[At]) -> Option<String> {
    let (first, last) = (*members.first()?, *members.last()?);
    let mut holder = outline.nodes[first].parent;
    for _ in 0..ANCESTORS_MAX {
        let at = holder?;
        if outline.is_inside(last, at) {
            let candidates = id(outline, at).into_iter().chain(lasting(outline, at)).filter(|key| !key.is_made());
            if let Some(key) = candidates.into_iter().find(|key| !matches!(key, Key::IdStart { .. }) && count(outline, key) == 1) {
                return Some(key.css());
            }
        }
        holder = outline.nodes[at].parent;
    }
    None
}

/// How far up a container is looked for: farther up stands the page and not the list.
const ANCESTORS_MAX: usize = 12;

fn count(outline: &Outline<'_>, key: &Key) -> usize {
    (0..outline.len()).filter(|at| has(outline, *at, key)).take(2).count()
}

pub(super) fn has(outline: &Outline<'_>, at: At, key: &Key) -> bool {
    match key {
        Key::Id { id } => outline.nodes[at].element.attr("id") == Some(id),
        key => lasting(outline, at).contains(key) || own(outline, at).contains(key),
    }
}
