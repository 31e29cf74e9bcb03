//! When something was said: not when its author joined, nor when it was edited.

use super::ways::Way;
use super::{At, MOST, Seeker, different};
use crate::collect::extract::learn::clues;
use crate::collect::extract::learn::outline::names;
use crate::collect::extract::page;
use crate::collect::normalise::{text, time};
use crate::model::Moment;

/// No time is written longer than this.
const TIME_BYTES_MAX: usize = 120;

/// Attributes that may hold the time besides those that are read in any case.
const STATED: [&str; 5] = ["title", "data-content", "data-original-title", "data-tooltip", "aria-label"];

impl<'a> Seeker<'a> {
    /// The way to the time, and how it is written: with an attribute where only that can be read.
    pub(super) fn time(&self) -> Option<(&Way, String)> {
        let mut best: Option<(f64, &Way, String)> = None;
        for way in self.common() {
            let Some((attribute, moments)) = self.moments_of(way) else { continue };
            let element = self.element(way.found[0].1);
            let sure = if element.value().name() == "time" || element.attr("datetime").is_some() { 0.5 } else { 0.0 };
            let named = if clues::names_time(&names(element)) { 0.2 } else { 0.0 };
            let score = self.share(moments.len()) + sure + named + way.lasts() + self.order(&moments) + self.brevity(way)
                - if self.is_another_time(way) { 1.2 } else { 0.0 }
                - if attribute.is_some() { 0.05 } else { 0.0 };
            if best.as_ref().is_none_or(|(most, ..)| score > *most + 0.01) {
                let css = attribute.map_or_else(|| way.css.clone(), |attribute| format!("{}@{attribute}", way.css));
                best = Some((score, way, css));
            }
        }
        best.map(|(_, way, css)| (way, css))
    }

    fn moments_of(&self, way: &Way) -> Option<(Option<&'static str>, Vec<Moment>)> {
        let parse = |value: &str| (value.len() < TIME_BYTES_MAX).then(|| time::parse(value, self.context.timezone, self.context.now)).flatten();
        let enough = |moments: &Vec<Moment>| self.share(moments.len()) >= MOST;
        let shown: Vec<Moment> = way.found.iter().filter_map(|(_, at)| parse(&self.shown_time(*at)?)).collect();
        if enough(&shown) {
            return Some((None, shown));
        }
        STATED.into_iter().find_map(|name| {
            let stated: Vec<Moment> = way.found.iter().filter_map(|(_, at)| parse(self.element(*at).attr(name)?)).collect();
            enough(&stated).then_some((Some(name), stated))
        })
    }

    /// As the page is read later.
    fn shown_time(&self, at: At) -> Option<String> {
        let content = self.outline.nodes[at].content;
        (content.words + content.linked <= TIME_BYTES_MAX).then(|| page::time_of(self.element(at))).flatten()
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
        let long = way.found.iter().filter(|(_, at)| text::of_element(self.element(*at)).chars().count() > 40).count();
        if self.share(long) > 0.5 { -0.3 } else { 0.0 }
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
