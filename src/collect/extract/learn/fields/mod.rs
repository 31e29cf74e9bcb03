//! Who, when, what and where within the items of a list.

mod author;
mod link;
mod rating;
mod title;
mod ways;
mod when;
mod words;

use std::collections::{HashMap, HashSet};

use scraper::ElementRef;

use super::outline::{At, Outline};
use super::to_f64;
use crate::collect::extract::{Context, byline, page};
use crate::collect::normalise::text;
use crate::collect::normalise::time::{self, order};
use crate::collect::source::PageSelectors;
use crate::model::Moment;
use ways::Way;

/// A field is proposed where this share of the items has it.
const MOST: f64 = 0.7;

/// Stars are left away by some.
const MANY: f64 = 0.5;

/// Items looked at for each field.
const SAMPLE: usize = 25;

/// Elements with more letters than this hold no name, title or time.
const SHORT_LETTERS: usize = 600;

/// Selectors for the fields, relative to the items; `item` and `container` stay empty. Paired items are each followed by the element
/// with the words.
pub(super) fn of(outline: &Outline<'_>, members: &[At], paired: bool, context: &Context<'_>) -> PageSelectors {
    let sample: Vec<At> = members.iter().copied().take(SAMPLE).collect();
    let seeker = Seeker::new(outline, &sample, paired, context);
    let time = seeker.time();
    let author = seeker.author(time.as_ref().map(|time| time.0));
    let words = seeker.words(author);
    let title = seeker.title(author, time.as_ref().map(|time| time.0), words);
    let rating = seeker.rating();
    let link = seeker.link(title, time.as_ref().map(|time| time.0));
    let css = |way: Option<&Way>| way.map(|way| way.css.clone());
    // What has a title and no other words would say everything twice.
    let text = css(words).or_else(|| css(title.filter(|title| seeker.is_all(title))));
    PageSelectors {
        text,
        rating,
        title: css(title),
        author: css(author).or_else(|| seeker.author_of_items()),
        time: time.map(|(_, css)| css),
        link,
        ..PageSelectors::default()
    }
}

struct Seeker<'a> {
    outline: &'a Outline<'a>,
    sample: &'a [At],
    /// What is said stands in the element after each.
    paired: bool,
    context: &'a Context<'a>,
    /// Ways that many items have.
    ways: Vec<Way>,
    /// What stands in the short elements, by place: reading it is most of the work, and many ways lead to each.
    shown: HashMap<At, Shown>,
}

/// A short element.
struct Shown {
    text: String,
    /// The text as a line that says who it is.
    name: String,
    /// As the page is read later.
    moment: Option<Moment>,
    /// A date that can be read in two ways.
    open: Option<String>,
}

impl Shown {
    fn of(element: ElementRef<'_>, context: &Context<'_>) -> Self {
        let text = text::of_element(element);
        let name = byline::name(&text);
        let stated = page::time_of(element);
        let moment = stated.as_deref().and_then(|time| moment(time, context));
        let open = stated.filter(|time| time.len() <= TIME_BYTES_MAX && order::is_open(time));
        Self { text, name, moment, open }
    }
}

/// No time is written longer than this.
const TIME_BYTES_MAX: usize = 120;

/// A short text as a time.
fn moment(text: &str, context: &Context<'_>) -> Option<Moment> {
    // Most short texts are none: a number or a word of another script is in every time but a few words.
    let may_be = text.len() <= TIME_BYTES_MAX && (text.len() <= 20 || text.bytes().any(|byte| byte.is_ascii_digit() || byte >= 0x80));
    may_be.then(|| time::parse(text, context.timezone, context.now)).flatten()
}

impl<'a> Seeker<'a> {
    fn new(outline: &'a Outline<'a>, sample: &'a [At], paired: bool, context: &'a Context<'a>) -> Self {
        let mut ways = ways::all(outline, sample, paired);
        ways.retain(|way| to_f64(way.found.len()) >= to_f64(sample.len()) * MANY);
        let mut shown = HashMap::new();
        for at in ways.iter().flat_map(|way| &way.found).map(|(_, at)| *at) {
            let content = outline.nodes[at].content;
            if content.words + content.linked <= SHORT_LETTERS {
                shown.entry(at).or_insert_with(|| Shown::of(outline.nodes[at].element, context));
            }
        }
        Self { outline, sample, paired, context, ways, shown }
    }

    fn share(&self, count: usize) -> f64 {
        to_f64(count) / to_f64(self.sample.len().max(1))
    }

    /// The share of the items for which something holds of what a way finds.
    fn share_of(&self, way: &Way, holds: impl Fn(At) -> bool) -> f64 {
        self.share(way.found.iter().filter(|(_, at)| holds(*at)).count())
    }

    fn element(&self, at: At) -> ElementRef<'a> {
        self.outline.nodes[at].element
    }

    /// The text of a short element; nothing of a long one.
    fn text(&self, at: At) -> &str {
        self.shown.get(&at).map_or("", |shown| &shown.text)
    }

    /// The name in the text of a short element.
    fn name(&self, at: At) -> &str {
        self.shown.get(&at).map_or("", |shown| &shown.name)
    }

    /// Ways that most items have, and that read text.
    fn common(&self) -> impl Iterator<Item = &Way> {
        self.ways.iter().filter(|way| self.share(way.found.len()) >= MOST && !way.css.contains('@'))
    }

    /// What of the first of each item is found by a selector that is none of the ways.
    fn first(&self, css: &str) -> Vec<ElementRef<'a>> {
        let Ok(pick) = page::Pick::parse(css) else { return Vec::new() };
        self.sample.iter().filter_map(|member| pick.find(self.element(*member))).collect()
    }

    /// Whether what one way finds stands in what the other finds, or is it, for most items.
    fn holds(&self, outer: &Way, inner: &Way) -> bool {
        let of: HashMap<At, At> = inner.found.iter().copied().collect();
        let inside = |(member, at): &&(At, At)| of.get(member).is_some_and(|inner| inner == at || self.outline.is_inside(*inner, *at));
        to_f64(outer.found.iter().filter(inside).count()) >= to_f64(outer.found.len().max(1)) * MANY
    }

    /// Whether it has nearly all the words of the items.
    fn is_all(&self, way: &Way) -> bool {
        let letters = |at: At| self.outline.nodes[at].content.words + self.outline.nodes[at].content.linked;
        let own: usize = way.found.iter().map(|(_, at)| letters(*at)).sum();
        let all: usize = way.found.iter().map(|(member, _)| letters(*member)).sum();
        own * 10 >= all * 4
    }
}

fn different<T: std::hash::Hash + Eq>(values: impl Iterator<Item = T>) -> usize {
    values.collect::<HashSet<_>>().len()
}

/// The way with the best score, the earlier one where two are as good.
fn best<'w>(scored: impl Iterator<Item = (f64, &'w Way)>) -> Option<&'w Way> {
    let mut best: Option<(f64, &Way)> = None;
    for (score, way) in scored {
        if best.is_none_or(|(most, _)| score > most + 0.01) {
            best = Some((score, way));
        }
    }
    best.map(|(_, way)| way)
}
