//! Who, when, what and where within the items of a list.

use std::collections::{HashMap, HashSet};

use scraper::{ElementRef, Selector};

use super::keys::{self, Key};
use super::outline::{At, Outline, names};
use super::{clues, to_f64};
use crate::collect::extract::{Context, stars};
use crate::collect::normalise::{rating, text, time};
use crate::collect::source::PageSelectors;

/// A field is proposed where this share of the items has it.
const MOST: f64 = 0.7;

/// Stars are left away by some.
const MANY: f64 = 0.5;

/// The words of an item are found where this share of its words is.
const WORDS_SHARE: f64 = 0.6;

/// Items looked at for each field.
const SAMPLE: usize = 40;

/// Selectors for the fields, relative to the items; `item` and `container` stay empty.
pub(super) fn of(outline: &Outline<'_>, members: &[At], context: &Context<'_>) -> PageSelectors {
    let sample: Vec<At> = members.iter().copied().take(SAMPLE).collect();
    let seeker = Seeker { outline, sample: &sample, context };
    let keys = seeker.keys();
    let time = seeker.time(&keys);
    let author = seeker.author(&keys);
    let title = seeker.title();
    let link = seeker.link(title.as_deref(), time.as_deref());
    PageSelectors { text: seeker.words(&keys), rating: seeker.rating(&keys), title, author, time, link, ..PageSelectors::default() }
}

struct Seeker<'a> {
    outline: &'a Outline<'a>,
    sample: &'a [At],
    context: &'a Context<'a>,
}

/// A way to write a field and the elements it finds first in each item that has it.
struct Way {
    css: String,
    key: Option<Key>,
    found: Vec<(At, At)>,
}

impl<'a> Seeker<'a> {
    /// Every key within the items, with what it finds first in each. An item inside an item is not looked into.
    fn keys(&self) -> Vec<Way> {
        let mut ways: HashMap<String, Way> = HashMap::new();
        for member in self.sample {
            let mut seen: HashSet<String> = HashSet::new();
            for at in member + 1..self.outline.nodes[*member].end {
                let name = self.outline.nodes[at].element.value().name();
                let own = keys::own(self.outline, at).into_iter().filter(|key| !matches!(key, Key::IdStart { .. }));
                let mut all: Vec<(String, Option<Key>)> = own.map(|key| (key.css(), Some(key))).collect();
                if matches!(name, "time" | "cite" | "blockquote" | "article" | "address" | "strong" | "b" | "p") {
                    all.push((name.to_owned(), None));
                }
                let href = self.outline.nodes[at].element.attr("href").unwrap_or_default();
                if let Some(mark) = clues::person_mark(href).filter(|_| name == "a") {
                    all.push((format!("a[href*=\"{mark}\"]"), None));
                }
                for (css, key) in all {
                    if seen.insert(css.clone()) {
                        ways.entry(css.clone()).or_insert_with(|| Way { css, key, found: Vec::new() }).found.push((*member, at));
                    }
                }
            }
        }
        let mut ways: Vec<Way> = ways.into_values().collect();
        ways.sort_by(|one, other| (one.found[0].1, &one.css).cmp(&(other.found[0].1, &other.css)));
        ways
    }

    fn share(&self, count: usize) -> f64 {
        to_f64(count) / to_f64(self.sample.len().max(1))
    }

    fn element(&self, at: At) -> ElementRef<'a> {
        self.outline.nodes[at].element
    }

    /// The smallest element that has most of an item's words, and no author or time in it.
    fn words(&self, ways: &[Way]) -> Option<String> {
        let own = self.outline.apart(self.sample);
        let words_of: HashMap<At, usize> = self.sample.iter().copied().zip(own.iter().map(|content| content.words)).collect();
        let mut best: Option<(f64, &Way)> = None;
        for way in ways.iter().filter(|way| self.share(way.found.len()) >= MOST && !is_made(way)) {
            let covered = |(member, at): &&(At, At)| {
                let all = words_of.get(member).copied().unwrap_or(0);
                to_f64(self.outline.nodes[*at].content.words) >= to_f64(all) * WORDS_SHARE
            };
            let share = self.share(way.found.iter().filter(covered).count());
            if share < WORDS_SHARE {
                continue;
            }
            let clean = |(_, at): &&(At, At)| {
                let content = self.outline.nodes[*at].content;
                content.authors == 0 && content.answers == 0
            };
            let cleanness = self.share(way.found.iter().filter(clean).count());
            let name = way.key.as_ref().map_or(1.0, |key| clues::hint(&key.word()).max(0.6));
            let score = share + cleanness + name * 0.3 + if way.css == "p" { -0.6 } else { 0.0 };
            if best.as_ref().is_none_or(|(most, _)| score > *most + 0.01) {
                best = Some((score, way));
            }
        }
        best.map(|(_, way)| way.css.clone())
    }

    fn time(&self, ways: &[Way]) -> Option<String> {
        let reads = |at: At| {
            let element = self.element(at);
            let stated = ["datetime", "content", "data-time", "data-timestamp"].iter().find_map(|name| element.attr(name));
            let shown = stated.map_or_else(|| text::of_element(element), str::to_owned);
            let titled = || element.attr("title").unwrap_or_default().to_owned();
            let value = if shown.is_empty() { titled() } else { shown };
            value.len() < 80 && time::parse(&value, self.context.timezone, self.context.now).is_some()
        };
        let titled = |at: At| {
            let title = self.element(at).attr("title").unwrap_or_default();
            time::parse(title, self.context.timezone, self.context.now).is_some()
        };
        let mut best: Option<(f64, String)> = None;
        for way in ways.iter().filter(|way| self.share(way.found.len()) >= MOST) {
            let share = self.share(way.found.iter().filter(|(_, at)| reads(*at)).count());
            let by_title = self.share(way.found.iter().filter(|(_, at)| titled(*at)).count());
            let (share, css) = if share >= by_title { (share, way.css.clone()) } else { (by_title, format!("{}@title", way.css)) };
            if share < MOST {
                continue;
            }
            let element = self.element(way.found[0].1);
            let sure = if element.value().name() == "time" || element.attr("datetime").is_some() { 0.5 } else { 0.0 };
            let named = if clues::names_time(&names(element)) { 0.2 } else { 0.0 };
            let score = share + sure + named + own_key(way) - if is_made(way) { 0.2 } else { 0.0 };
            if best.as_ref().is_none_or(|(most, _)| score > *most + 0.01) {
                best = Some((score, css));
            }
        }
        best.map(|(_, css)| css)
    }

    fn author(&self, ways: &[Way]) -> Option<String> {
        let mut best: Option<(f64, &Way)> = None;
        for way in ways.iter().filter(|way| self.share(way.found.len()) >= MOST) {
            let texts: Vec<String> = way.found.iter().map(|(_, at)| text::of_element(self.element(*at))).collect();
            let is_name =
                |text: &String| !text.is_empty() && text.chars().count() <= 40 && !text.contains('\n') && !clues::tells_time(text);
            let named = self.share(texts.iter().filter(|text| is_name(text)).count());
            let different = texts.iter().collect::<HashSet<_>>().len();
            if named < MOST || different < 2 {
                continue;
            }
            let marked = |(_, at): &&(At, At)| {
                let node = &self.outline.nodes[*at];
                (node.is_author || node.content.authors == 1) && node.content.times == 0 && !node.is_time
            };
            let marked = self.share(way.found.iter().filter(marked).count());
            let own = way.key.as_ref().is_some_and(|key| clues::names_author(&key.word()));
            if marked < MANY && !own {
                continue;
            }
            let score = named + marked + own_key(way) + if own { 0.5 } else { 0.0 } - if is_made(way) { 0.3 } else { 0.0 };
            if best.as_ref().is_none_or(|(most, _)| score > *most + 0.01) {
                best = Some((score, way));
            }
        }
        best.map(|(_, way)| way.css.clone())
    }

    fn rating(&self, ways: &[Way]) -> Option<String> {
        let named = |way: &&Way| {
            let element = self.element(way.found[0].1);
            let names = names(element).to_lowercase();
            ["star", "rating", "score", "rate"].iter().any(|word| names.contains(word))
        };
        let reads = |at: At| {
            let read = stars::rating_of(self.element(at)).filter(|text| text.len() < 60);
            read.as_deref().and_then(rating::parse).is_some_and(|(value, most)| value <= 10.0 || most.is_some())
        };
        let share = |way: &&Way| self.share(way.found.iter().filter(|(_, at)| reads(*at)).count());
        let mut best: Option<(f64, &Way)> = None;
        for way in ways.iter().filter(named) {
            let share = share(&way);
            if share >= MANY && best.is_none_or(|(most, _)| share > most) {
                best = Some((share, way));
            }
        }
        best.map(|(_, way)| way.css.clone())
    }

    /// A heading that most items have, each its own.
    fn title(&self) -> Option<String> {
        ["h1", "h2", "h3", "h4", "h5", "h6"].into_iter().find_map(|name| {
            let texts = self.texts(name);
            let different = texts.iter().collect::<HashSet<_>>().len();
            let filled = texts.iter().filter(|text| text.chars().filter(|c| c.is_alphabetic()).count() >= 3).count();
            // Names of authors are headings on some sites, and the thread's title above every post on others.
            let people = texts.iter().filter(|text| text.chars().count() < 25 && !text.contains(' ')).count();
            let sound = self.share(filled) >= MOST && different * 2 > texts.len() && people * 2 < texts.len();
            sound.then(|| name.to_owned())
        })
    }

    fn texts(&self, css: &str) -> Vec<String> {
        let Ok(selector) = Selector::parse(css) else { return Vec::new() };
        let first = |member: &At| self.element(*member).select(&selector).next().map(text::of_element);
        self.sample.iter().filter_map(first).collect()
    }

    /// Where each item has a link of its own: on its title, on its time, or one that says so.
    fn link(&self, title: Option<&str>, time: Option<&str>) -> Option<String> {
        let plain = |css: &str| css.split('@').next().unwrap_or_default().to_owned();
        let on_time = time.map(plain).filter(|css| !css.is_empty());
        let ways = title
            .map(|css| format!("{css} a"))
            .into_iter()
            .chain(["a[rel~=\"bookmark\"]".to_owned()])
            .chain(
                on_time.iter().flat_map(|css| [format!("a:has({css})"), format!("{css} a"), format!("a{}", css.trim_start_matches('a'))]),
            )
            .chain(["a[href*=\"#comment\"]", "a[href*=\"#post\"]", "a[href*=\"#p\"]", "a[class*=\"permalink\"]"].map(str::to_owned));
        ways.into_iter().find(|css| self.leads_each_elsewhere(css))
    }

    fn leads_each_elsewhere(&self, css: &str) -> bool {
        let Ok(selector) = Selector::parse(css) else { return false };
        let first = |member: &At| self.element(*member).select(&selector).next().and_then(|link| link.attr("href")).map(str::to_owned);
        let links: Vec<String> = self.sample.iter().filter_map(first).filter(|href| !href.starts_with("javascript")).collect();
        let different = links.iter().collect::<HashSet<_>>().len();
        self.share(links.len()) >= MOST && different == links.len()
    }
}

fn is_made(way: &Way) -> bool {
    way.key.as_ref().is_some_and(|key| clues::is_made(&key.word()))
}

/// A class says more than the bare name of an element.
fn own_key(way: &Way) -> f64 {
    if way.key.is_some() { 0.1 } else { 0.0 }
}
