//! h-review, h-review-aggregate and comments (<https://microformats.org/wiki/microformats2>), and their forerunner hReview
//! (<https://microformats.org/wiki/hreview>), by the rules of parsing that matter here: value class, implied name, nested roots.

use scraper::{ElementRef, Html};

use super::replies::{self, Reply};
use super::{Entry, Kind, Vocabulary, scale};
use crate::collect::extract::{Context, Raw, Written, escape};
use crate::collect::normalise::text;
use crate::collect::normalise::time::{self, order};

const REVIEW: &[&str] = &["h-review", "hreview"];
const AGGREGATE: &[&str] = &["h-review-aggregate", "hreview-aggregate"];
const COMMENT: &[&str] = &["u-comment", "p-comment"];

/// Roots of the first generation whose properties are not those of the review around them.
const OLD_ROOTS: &[&str] = &["vcard", "vevent", "hentry", "hproduct", "hreview", "hreview-aggregate", "hrecipe", "hlisting"];

pub(super) fn read(html: &Html, context: &Context<'_>) -> Vec<Entry> {
    let elements = html.root_element().descendants().filter_map(ElementRef::wrap);
    elements.filter_map(|element| entry(element, context)).take(context.max_items).collect()
}

fn entry(root: ElementRef<'_>, context: &Context<'_>) -> Option<Entry> {
    let kind = if has_class(root, AGGREGATE) {
        Kind::Aggregate
    } else if has_class(root, REVIEW) {
        Kind::Review
    } else if has_class(root, COMMENT) && has_class(root, &["h-cite", "h-entry"]) {
        Kind::Comment
    } else {
        return None;
    };
    let mut raw = match kind {
        Kind::Aggregate => aggregate(root),
        _ => review(root, context),
    };
    if raw.title.is_none() && raw.text.is_none() && raw.rating.is_none() {
        // The implied name: the whole text.
        raw.title = Some(escape(&text::of_element(root))).filter(|name| !name.is_empty());
    }
    replies::keep(&mut raw.extra, comments(root));
    let about = property(root, &["p-item", "item"]).map(name_of).filter(|name| !name.is_empty());
    if kind == Kind::Aggregate && raw.title.is_none() {
        raw.title = about.as_deref().map(escape);
    }
    raw.extra.extend(about.map(|about| ("about".to_owned(), about.into())));
    raw.extra.insert("kind".into(), kind.word().into());
    raw.extra.insert("vocabulary".into(), Vocabulary::Microformats.word().into());
    (raw.title.is_some() || raw.text.is_some() || raw.rating.is_some()).then_some(Entry { kind, raw })
}

fn review(root: ElementRef<'_>, context: &Context<'_>) -> Raw {
    let words = |names: &[&str]| property(root, names).map(|element| text::of_element(element)).filter(|words| !words.is_empty());
    let at = |names: &[&str]| property(root, names).and_then(|element| time::parse(&stated(element), context.timezone, context.now));
    let written = |names: &[&str]| property(root, names).and_then(|element| order::as_written(&stated(element)));
    let link = property(root, &["u-url", "permalink"]).or_else(|| property_by(root, &|element| is_permalink(element)));
    let own = root.attr("href").filter(|_| root.value().name() == "a").map(str::to_owned);
    let (rating, scale) = rating(root).map_or((None, None), |rating| (Some(rating.written), rating.assumed_max));
    Raw {
        id: root.attr("id").map(str::to_owned),
        link: link.and_then(|element| element.attr("href").map(str::to_owned)).or(own),
        title: words(&["p-name", "summary"]).map(|words| escape(&words)),
        text: words(&["e-content", "p-content", "e-description", "p-description", "description", "p-summary"]).map(|words| escape(&words)),
        author: property(root, &["p-author", "p-reviewer", "reviewer", "author"]).map(name_of).filter(|name| !name.is_empty()),
        rating,
        scale,
        published: at(PUBLISHED),
        updated: at(UPDATED),
        written: Written { published: written(PUBLISHED), updated: written(UPDATED) },
        ..Raw::default()
    }
}

/// The comments inside a review or another comment.
fn comments(root: ElementRef<'_>) -> Vec<Reply> {
    let inside = root.descendants().skip(1).filter_map(ElementRef::wrap);
    let comments = inside.filter(|element| has_class(*element, COMMENT) && has_class(*element, &["h-cite", "h-entry"]));
    let read = |comment: ElementRef<'_>| {
        let words = property(comment, &["e-content", "p-content", "p-summary", "p-name"])
            .map_or_else(|| text::of_element(comment), text::of_element);
        let author = property(comment, &["p-author", "author"]).map(name_of).filter(|name| !name.is_empty());
        Reply::new(author, &words, false)
    };
    comments.take(replies::REPLIES_MAX).filter_map(read).collect()
}

fn aggregate(root: ElementRef<'_>) -> Raw {
    let rating = rating(root);
    let mut raw = Raw { ..Raw::default() };
    (raw.rating, raw.scale) = rating.map_or((None, None), |rating| (Some(rating.written), rating.assumed_max));
    let count = property(root, &["p-count", "count", "p-votes", "votes"]).map(value);
    if let Some(count) = count.and_then(|count| count.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().ok()) {
        raw.extra.insert("count".into(), count.into());
    }
    raw
}

fn rating(root: ElementRef<'_>) -> Option<scale::Rating> {
    let element = property(root, &["p-rating", "rating"]).or_else(|| property(root, &["p-average", "average"]))?;
    let inside = |names: &[&str]| first(element, &|inner| has_class(inner, names), false);
    let bound = |names: &[&str]| inside(names).or_else(|| property(root, names)).map(value);
    let average = inside(&["p-average", "average", "value"]);
    let stated = average.map_or_else(|| value(element), value);
    scale::rating(&stated, bound(&["p-best", "best"]).as_deref(), bound(&["p-worst", "worst"]).as_deref())
}

/// A card, product or event by its name; without one by its text, or the alternative of its picture.
fn name_of(element: ElementRef<'_>) -> String {
    let named = first(element, &|inner| has_class(inner, &["p-name", "fn"]), false);
    let summary = || first(element, &|inner| has_class(inner, &["summary"]), false);
    let shown = named.or_else(summary).map_or_else(|| value(element), value);
    if shown.is_empty() { element.attr("alt").or(element.attr("title")).unwrap_or_default().to_owned() } else { shown }
}

fn is_permalink(element: ElementRef<'_>) -> bool {
    let rel = element.attr("rel").unwrap_or_default();
    let mut words = rel.split_ascii_whitespace();
    words.any(|word| word.eq_ignore_ascii_case("bookmark"))
}

fn has_class(element: ElementRef<'_>, names: &[&str]) -> bool {
    element.value().classes().any(|class| names.contains(&class))
}

/// The first element that is a property of this root, not of one nested in it.
fn property<'a>(root: ElementRef<'a>, names: &[&str]) -> Option<ElementRef<'a>> {
    // In the order of the names: an older name counts only where the newer is missing.
    names.iter().find_map(|name| property_by(root, &|element| has_class(element, &[name])))
}

fn property_by<'a>(root: ElementRef<'a>, wanted: &dyn Fn(ElementRef<'a>) -> bool) -> Option<ElementRef<'a>> {
    first(root, wanted, true)
}

fn first<'a>(root: ElementRef<'a>, wanted: &dyn Fn(ElementRef<'a>) -> bool, outside_of_roots: bool) -> Option<ElementRef<'a>> {
    for child in root.child_elements() {
        if wanted(child) {
            return Some(child);
        }
        if !(outside_of_roots && is_root(child))
            && let Some(found) = first(child, wanted, outside_of_roots)
        {
            return Some(found);
        }
    }
    None
}

fn is_root(element: ElementRef<'_>) -> bool {
    element.value().classes().any(|class| {
        let new = class.strip_prefix("h-").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        new || OLD_ROOTS.contains(&class)
    })
}

/// By the value class pattern, else by the kind of the element.
fn value(element: ElementRef<'_>) -> String {
    let titled = first(element, &|inner| has_class(inner, &["value-title"]), false);
    if let Some(title) = titled.and_then(|inner| inner.attr("title")) {
        return title.trim().to_owned();
    }
    if let Some(inner) = first(element, &|inner| has_class(inner, &["value"]), false) {
        return value(inner);
    }
    let attribute = match element.value().name() {
        "abbr" | "link" => element.attr("title"),
        "data" | "input" | "meter" => element.attr("value"),
        "img" | "area" => element.attr("alt"),
        _ => None,
    };
    attribute.map_or_else(|| text::of_element(element), |value| value.trim().to_owned())
}

/// Where it stands when something was said, and when it was changed.
const PUBLISHED: &[&str] = &["dt-published", "dt-reviewed", "dtreviewed", "reviewed", "published"];
const UPDATED: &[&str] = &["dt-updated", "updated"];

/// A time as it is written.
fn stated(element: ElementRef<'_>) -> String {
    element.attr("datetime").map(|at| at.trim().to_owned()).unwrap_or_else(|| value(element))
}
