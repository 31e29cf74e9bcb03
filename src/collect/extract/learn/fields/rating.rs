//! How many stars.

use super::ways::Way;
use super::{At, MANY, Seeker, different};
use crate::collect::extract::learn::clues;
use crate::collect::extract::learn::outline::names;
use crate::collect::extract::stars;
use crate::collect::normalise::rating;

/// No rating is written longer.
const RATING_BYTES_MAX: usize = 60;

/// Without a stated scale, more is no rating.
const SCALE_MAX: f64 = 10.0;

impl Seeker<'_> {
    pub(super) fn rating(&self) -> Option<String> {
        if let Some(attribute) = self.rating_of_items() {
            return Some(attribute);
        }
        let mut best: Option<(f64, &Way)> = None;
        for way in self.ways.iter().filter(|way| self.share(way.found.len()) >= MANY) {
            let values: Vec<(f64, Option<f64>)> = way.found.iter().filter_map(|(_, at)| self.rated(way, *at)).collect();
            let share = self.share(values.len());
            // Votes begin at nothing, and stars at one.
            let given = values.iter().filter(|(value, _)| *value > 0.0).count();
            if share < MANY || given * 2 < values.len() {
                continue;
            }
            let first = self.element(way.found[0].1);
            let stated = clues::rating_attributes(first).next().is_some();
            let named = stated || clues::names_rating(&names(first));
            let scaled = values.iter().filter(|(_, most)| most.is_some()).count() * 2 > values.len();
            let shown = self.share_of(way, |at| clues::is_rating_alone(self.text(at)));
            if !named && !way.css.contains('@') && shown < MANY {
                continue;
            }
            let several = if different(values.iter().map(|(value, _)| value.to_bits())) > 1 { 0.1 } else { 0.0 };
            let score = share + several + way.lasts() + if named { 0.2 } else { 0.0 } + if scaled { 0.15 } else { 0.0 } + shown * 0.1
                - self.burden(way);
            if best.is_none_or(|(most, _)| score > most + 0.01) {
                best = Some((score, way));
            }
        }
        best.map(|(_, way)| way.css.clone())
    }

    fn rated(&self, way: &Way, at: At) -> Option<(f64, Option<f64>)> {
        let element = self.element(at);
        let content = self.outline.nodes[at].content;
        if content.words + content.linked > RATING_BYTES_MAX || clues::tells_votes(self.text(at)) {
            return None;
        }
        let read = match way.css.rsplit_once('@') {
            Some((_, attribute)) => element.attr(attribute).map(str::to_owned),
            None => stars::rating_of(element),
        };
        sound(&read?)
    }

    /// `<li data-rating="4">`: the item itself says it.
    fn rating_of_items(&self) -> Option<String> {
        let first = self.element(*self.sample.first()?);
        let mut found: Vec<&str> = clues::rating_attributes(first).collect();
        found.sort_unstable();
        let good = |name: &&&str| {
            let values = self.sample.iter().filter_map(|member| self.element(*member).attr(name)).filter_map(sound);
            let given = values.filter(|(value, _)| *value > 0.0).count();
            self.share(given) >= MANY
        };
        found.iter().find(good).map(|name| format!("@{name}"))
    }

    /// Other words in it.
    fn burden(&self, way: &Way) -> f64 {
        let wordy = |at: At| self.text(at).chars().filter(|c| c.is_alphabetic()).count() > 25;
        self.share_of(way, wordy) * 0.4
    }
}

fn sound(text: &str) -> Option<(f64, Option<f64>)> {
    let (value, most) = Some(text).filter(|text| text.len() < RATING_BYTES_MAX).and_then(rating::parse)?;
    (value <= SCALE_MAX || most.is_some()).then_some((value, most))
}
