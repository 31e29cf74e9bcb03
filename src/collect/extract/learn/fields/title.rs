//! What an item is called.

use super::ways::{Kind, Way};
use super::{At, MOST, Seeker, best, different};
use crate::collect::extract::byline;
use crate::collect::extract::learn::clues;

/// Longer ones are texts.
const TITLE_CHARS_MAX: usize = 200;

/// Letters of a headline that nothing but its link tells; a Chinese character counts as three.
const HEADLINE_LETTERS: usize = 6;

pub(super) const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

impl Seeker<'_> {
    /// A heading, or what is named a title, or the main link, that most items have, each its own.
    pub(super) fn title(&self, author: Option<&Way>, time: Option<&Way>, words: Option<&Way>) -> Option<&Way> {
        let apart = |way: &&Way| {
            !author.is_some_and(|author| self.holds(way, author))
                && !time.is_some_and(|time| self.holds(way, time) || self.holds(time, way))
                && !words.is_some_and(|words| self.holds(way, words) || self.holds(words, way))
        };
        best(self.common().filter(apart).filter_map(|way| Some((self.title_score(way, words)?, way))))
    }

    fn title_score(&self, way: &Way, words: Option<&Way>) -> Option<f64> {
        let texts: Vec<&str> = way.found.iter().map(|(_, at)| bare(self.text(*at))).filter(|text| is_title(text)).collect();
        if self.share(texts.len()) < MOST || different(texts.iter()) * 2 <= texts.len() {
            return None;
        }
        // Names of authors are headings on some sites.
        let person = |at: At| {
            let node = &self.outline.nodes[at];
            node.is_author || node.content.authors > 0 || byline::is_announced(self.text(at))
        };
        if self.share_of(way, person) > 0.3 {
            return None;
        }
        let name = self.element(way.found[0].1).value().name();
        let heading = HEADINGS.contains(&name);
        let holds_heading = self.share_of(way, |at| self.outline.nodes[at].content.headings > 0) >= MOST;
        let named = clues::names_title(&way.own_word());
        let bold =
            matches!(name, "b" | "strong") && self.is_before(way, words) && matches!(way.kind, Kind::Own(_) | Kind::Bare | Kind::Under(_));
        let headline = self.is_headline(way);
        let hint = if heading || named {
            0.8
        } else if headline {
            0.5
        } else if bold && self.says_more(&texts) {
            0.35
        } else {
            return None;
        };
        let alone = if holds_heading && !heading { -0.2 } else { 0.0 };
        let linked = if headline { 0.15 } else { 0.0 };
        Some(
            self.share(texts.len())
                + hint
                + alone
                + linked
                + way.lasts()
                + if heading && matches!(way.kind, Kind::Bare) { 0.12 } else { 0.0 },
        )
    }

    /// Each has a link of its own with words on it, and none of the links is for doing something.
    fn is_headline(&self, way: &Way) -> bool {
        let is_link = |at: At| self.element(at).value().name() == "a";
        let letters = |at: At| self.outline.nodes[at].content.linked >= HEADLINE_LETTERS;
        let css = if self.share_of(way, is_link) >= MOST { way.css.clone() } else { format!("{} a", way.css) };
        self.share_of(way, letters) >= MOST && self.leads_each_elsewhere(&css)
    }

    fn is_before(&self, way: &Way, words: Option<&Way>) -> bool {
        let Some(words) = words else { return true };
        let of: std::collections::HashMap<At, At> = words.found.iter().copied().collect();
        let before = |(member, at): &&(At, At)| of.get(member).is_none_or(|words| at < words);
        self.share(way.found.iter().filter(before).count()) >= MOST
    }

    /// Names have one or two words, titles more or other ones.
    fn says_more(&self, texts: &[&str]) -> bool {
        let wordy = |text: &&&str| text.split_whitespace().count() >= 2 || text.chars().filter(|c| u32::from(*c) >= 0x2e80).count() >= 4;
        self.share(texts.iter().filter(wordy).count()) >= MOST
    }
}

/// Without the sign of an answer: the thread's title stands above every post of some forums.
fn bare(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(rest) =
        ["Re:", "RE:", "re:", "Re :", "AW:", "Aw:", "回复:", "回覆:", "回复：", "回覆："].iter().find_map(|sign| text.strip_prefix(sign))
    {
        text = rest.trim_start();
    }
    text
}

fn is_title(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && text.chars().count() <= TITLE_CHARS_MAX
        && !text.trim().contains('\n')
        && (letters >= 12 || !clues::tells_time(text))
        && !clues::is_answer(text)
        && !text.trim_end().ends_with([':', '：'])
        && clues::rating_mark(text).is_none()
        && !clues::is_rating_alone(text)
}
