//! When something was said: not when its author joined, nor when it was edited.

use super::ways::Way;
use super::{At, MANY, MOST, Seeker, different, moment};
use crate::collect::extract::learn::clues;
use crate::collect::extract::learn::outline::names;
use crate::collect::extract::page;
use crate::collect::normalise::time::order;
use crate::model::Moment;

/// Attributes that may hold the time besides those that are read in any case.
const STATED: [&str; 5] = ["title", "data-content", "data-original-title", "data-tooltip", "aria-label"];

impl Seeker<'_> {
    /// The way to the time, and how it is written: with an attribute where only that can be read.
    pub(super) fn time(&self) -> Option<(&Way, String)> {
        let mut best: Option<(f64, &Way, String)> = None;
        for way in self.common() {
            let Some((attribute, moments)) = self.moments_of(way) else { continue };
            // None is better than another one's.
            if self.is_another_time(way) {
                continue;
            }
            let element = self.element(way.found[0].1);
            let sure = if element.value().name() == "time" || element.attr("datetime").is_some() { 0.5 } else { 0.0 };
            let named = if clues::names_time(&names(element)) { 0.2 } else { 0.0 };
            let innermost = if self.share_of(way, |at| self.outline.nodes[at].is_time) >= MOST { 0.1 } else { 0.0 };
            // What nobody sees is often that of the whole page.
            let hidden = if element.value().name() == "meta" { 0.3 } else { 0.0 };
            let score = self.share(moments.len()) + sure + named + innermost + way.lasts() + self.order(&moments) + self.brevity(way)
                - if attribute.is_some() { 0.05 } else { 0.0 }
                - hidden;
            if best.as_ref().is_none_or(|(most, ..)| score > *most + 0.01) {
                let css = attribute.map_or_else(|| way.css.clone(), |attribute| format!("{}@{attribute}", way.css));
                best = Some((score, way, css));
            }
        }
        best.map(|(_, way, css)| (way, css))
    }

    fn moments_of(&self, way: &Way) -> Option<(Option<&'static str>, Vec<Moment>)> {
        let enough = |moments: &Vec<Moment>| self.share(moments.len()) >= MOST;
        let shown = self.shown_moments(way);
        let stated = || {
            STATED.into_iter().find_map(|name| {
                let stated: Vec<Moment> =
                    way.found.iter().filter_map(|(_, at)| moment(self.element(*at).attr(name)?, self.context)).collect();
                enough(&stated).then_some((Some(name), stated))
            })
        };
        if !enough(&shown) {
            return stated();
        }
        // `3 days ago` is another time with each look; what stands behind it is not.
        let exact = |at: At| page::time_of(self.element(at)).is_some_and(|time| has_year(&time));
        if self.share_of(way, exact) < MANY
            && let Some(stated) = stated()
        {
            return Some(stated);
        }
        Some((None, shown))
    }

    /// As the page will be read: what comes first in dates of numbers is told by all of them.
    fn shown_moments(&self, way: &Way) -> Vec<Moment> {
        let shown = || way.found.iter().filter_map(|(_, at)| self.shown.get(at));
        let order = shown().any(|shown| shown.open.is_some()).then(|| {
            let texts = shown().map(|shown| shown.open.as_deref().unwrap_or(&shown.text));
            order::order(texts, page::language(self.outline.nodes[0].element), self.context.timezone, self.context.now)
        });
        let read = |open: &str| order::parse_in(open, order.flatten(), self.context.timezone, self.context.now);
        shown().filter_map(|shown| shown.moment.or_else(|| read(shown.open.as_deref()?))).collect()
    }

    /// Lists are in the order of their times, up or down; when people joined is in none.
    fn order(&self, moments: &[Moment]) -> f64 {
        if moments.len() < 3 || different(moments.iter()) < 2 {
            return 0.0;
        }
        let rising = moments.windows(2).filter(|pair| pair[0] <= pair[1]).count();
        let falling = moments.windows(2).filter(|pair| pair[0] >= pair[1]).count();
        let sorted = rising.max(falling) == moments.len() - 1;
        if sorted { 0.4 } else { 0.0 }
    }

    /// What holds little else is likelier the time alone.
    fn brevity(&self, way: &Way) -> f64 {
        if self.share_of(way, |at| self.text(at).chars().count() > 40) > 0.5 { -0.3 } else { 0.0 }
    }

    /// Of joining, of a change, of a birthday: by its name, by its words, or by what it stands in.
    fn is_another_time(&self, way: &Way) -> bool {
        let about_person = |at: At| {
            let around = self.outline.nodes[at].parent.map(|holder| self.element(holder));
            let named = [Some(self.element(at)), around].into_iter().flatten().any(|element| clues::is_of_another_time(&names(element)));
            named || clues::tells_another_time(self.text(at))
        };
        self.share_of(way, about_person) > 0.5
    }
}

fn has_year(text: &str) -> bool {
    text.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit))
}
