//! What is said.

use super::ways::{Kind, Way};
use super::{At, MANY, Seeker, best, to_f64};
use crate::collect::extract::learn::clues;
use crate::collect::extract::learn::outline::names;

/// Of an item's words: less is a part of what is said, or something beside it.
const WORDS_SHARE: f64 = 0.3;

/// Posts that show nothing but a picture have no words.
const ITEMS_SHARE: f64 = 0.6;

impl Seeker<'_> {
    /// The smallest element that has most of an item's words, and no author or way to answer in it.
    pub(super) fn words(&self, author: Option<&Way>) -> Option<&Way> {
        let own = super::super::contents(self.outline, self.sample, self.paired);
        let all: usize = own.iter().map(|content| content.words.min(super::super::WORDS_COUNTED)).sum();
        let scored = self.ways.iter().filter(|way| !way.css.contains('@') && self.share(way.found.len()) >= ITEMS_SHARE);
        best(scored.filter_map(|way| {
            let covered = |at: At| self.outline.nodes[at].content.words.min(super::super::WORDS_COUNTED);
            let share = to_f64(way.found.iter().map(|(_, at)| covered(*at)).sum()) / to_f64(all.max(1));
            if share < WORDS_SHARE || clues::is_signature(&names(self.element(way.found[0].1))) {
                return None;
            }
            let clean = |at: At| {
                let content = self.outline.nodes[at].content;
                content.authors == 0 && content.answers == 0 && content.headings == 0
            };
            let cleanness = to_f64(way.found.iter().filter(|(_, at)| clean(*at)).count()) / to_f64(way.found.len().max(1));
            let with_author = author.is_some_and(|author| self.holds(way, author));
            let dated = self.dated(way);
            let name = clues::hint(&way.own_word()).clamp(0.6, 1.6);
            let first_of_many = matches!(way.kind, Kind::Bare | Kind::Under(_)) && self.is_first_of_many(way);
            let score = share.min(1.0) + cleanness + name * 0.3 + self.share(way.found.len()) * 0.5 + way.lasts() * 2.0
                - if with_author { 0.8 } else { 0.0 }
                - dated * 0.5
                - if first_of_many { 0.6 } else { 0.0 };
            (score > 1.5).then_some((score, way))
        }))
    }

    /// Times that stand in it besides those people mention.
    fn dated(&self, way: &Way) -> f64 {
        self.share_of(way, |at| {
            self.outline.nodes[at].is_time || (self.outline.nodes[at].content.times == 1 && self.outline.nodes[at].content.words < 200)
        })
    }

    /// Brothers of the same name follow it: the second paragraph would be lost.
    fn is_first_of_many(&self, way: &Way) -> bool {
        let name = |at: At| self.element(at).value().name();
        let followed = |at: At| {
            self.outline
                .brothers(at)
                .any(|brother| brother > at && name(brother) == name(at) && self.outline.nodes[brother].content.words > 30)
        };
        self.share_of(way, followed) > MANY / 5.0
    }
}
