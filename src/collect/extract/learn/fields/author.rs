//! Who says it.

use super::ways::Way;
use super::{At, MANY, MOST, Seeker, best, different};
use scraper::ElementRef;

use crate::collect::extract::byline;
use crate::collect::extract::learn::{clues, to_f64};
use crate::collect::normalise::text;

/// Longer ones are no names.
const NAME_CHARS_MAX: usize = 40;

/// Without any hint but its place beside the time, a name has at most this many words.
const WORDS_MAX: usize = 4;

/// Attributes of an item that hold a name.
const ATTRIBUTES: [&str; 6] = ["data-author", "data-author-name", "data-username", "data-user-name", "data-nickname", "data-user"];

/// Hints weaker than this are none.
const HINTS_MIN: f64 = 0.25;

impl Seeker<'_> {
    pub(super) fn author(&self, time: Option<&Way>) -> Option<&Way> {
        best(self.common().filter_map(|way| Some((self.author_score(way, time)?, way))))
    }

    /// `<li data-author="Anna">`: where nothing else can be told, the item itself says it.
    pub(super) fn author_of_items(&self) -> Option<String> {
        let of = |name: &str| -> Vec<&str> {
            self.sample.iter().filter_map(|member| self.element(*member).attr(name)).filter(|name| is_name(name)).collect()
        };
        let good = |name: &&&str| self.share(of(name).len()) >= MOST && different(of(name).iter()) > 1;
        ATTRIBUTES.iter().find(good).map(|name| format!("@{name}"))
    }

    fn author_score(&self, way: &Way, time: Option<&Way>) -> Option<f64> {
        let lines: Vec<&str> = way.found.iter().map(|(_, at)| self.text(*at)).filter(|text| !text.is_empty()).collect();
        let names: Vec<&str> = way.found.iter().map(|(_, at)| self.name(*at)).filter(|name| is_name(name)).collect();
        let named = self.share(names.len());
        if named < MOST || (different(names.iter()) < 2 && self.sample.len() > 2) {
            return None;
        }
        let column = self.column(way);
        if column.as_deref().is_some_and(|name| !clues::names_author(&name.to_lowercase())) {
            return None;
        }
        let announced = self.share(lines.iter().filter(|line| byline::is_announced(line)).count()) >= MANY;
        let own = clues::names_author(&way.own_word());
        // What stands in something named for the author may be anything about them.
        let held = !own && clues::names_author(&way.word()) && self.is_short(way);
        let node = |at: At| &self.outline.nodes[at];
        let marked = self.share_of(way, |at| (node(at).is_author || node(at).content.authors == 1) && node(at).content.times == 0);
        let linked = self.share_of(way, |at| clues::is_person_link(self.element(at).attr("href").unwrap_or_default()));
        let beside = time.is_some_and(|time| self.is_beside(way, time)) && self.is_short(way);
        let mut hints = if own { 0.5 } else { 0.0 } + if held { 0.25 } else { 0.0 } + if announced { 0.6 } else { 0.0 } + linked * 0.4;
        hints += if marked >= MANY { marked * 0.6 } else { 0.0 };
        hints += if beside { 0.3 } else { 0.0 };
        hints += if column.is_some() { 0.5 } else { 0.0 };
        if way.css.starts_with("cite") || way.css.starts_with("address") {
            hints += 0.3;
        }
        if hints < HINTS_MIN {
            return None;
        }
        // An element that holds more than the name is worse than one that holds the name alone.
        let bare = self.share(way.found.iter().filter(|(_, at)| self.is_bare(*at)).count());
        let rank = if clues::is_rank(&way.word()) { 1.0 } else { 0.0 };
        let varied = share(different(names.iter()), names.len());
        Some(named + hints + bare * 0.35 + varied * 0.2 + way.lasts() - rank)
    }

    /// What the head of its column says, where the items are rows of a table that has heads.
    fn column(&self, way: &Way) -> Option<String> {
        let (member, at) = way.found.first()?;
        let row = self.element(*member);
        let place = row.child_elements().position(|cell| cell.id() == self.element(*at).id())?;
        let table = row.ancestors().filter_map(ElementRef::wrap).find(|holder| holder.value().name() == "table")?;
        let heads =
            table.descendants().filter_map(ElementRef::wrap).find(|row| row.child_elements().any(|cell| cell.value().name() == "th"))?;
        let head = heads.child_elements().nth(place).filter(|head| heads.id() != row.id() && head.value().name() == "th")?;
        Some(text::of_element(head)).filter(|name| !name.is_empty())
    }

    /// The text is the name.
    fn is_bare(&self, at: At) -> bool {
        let (line, content) = (self.text(at), self.outline.nodes[at].content);
        let parted = self.element(at).child_elements().filter(|child| child.text().any(|text| !text.trim().is_empty())).count();
        self.name(at) == line && !line.contains('\n') && parted <= 1 && content.times == 0
    }

    fn is_short(&self, way: &Way) -> bool {
        let few = |at: At| {
            let name = self.name(at);
            name.split_whitespace().count() <= WORDS_MAX && name.chars().count() <= NAME_CHARS_MAX / 2
        };
        self.share_of(way, few) >= MOST
    }

    /// In the same small place as the time, or the one before or after it.
    fn is_beside(&self, way: &Way, time: &Way) -> bool {
        let of: std::collections::HashMap<At, At> = time.found.iter().copied().collect();
        let parent = |at: At| self.outline.nodes[at].parent;
        let beside = |(member, at): &&(At, At)| {
            of.get(member).is_some_and(|time| {
                let near = parent(*at) == parent(*time)
                    || parent(*at).and_then(parent) == parent(*time)
                    || parent(*time).and_then(parent) == parent(*at);
                (near && at != time) || (at == time && self.name(*at) != self.text(*at))
            })
        };
        self.share(way.found.iter().filter(beside).count()) >= MOST
    }
}

fn is_name(text: &str) -> bool {
    // A number alone is that of a case or a place in a list.
    let letters = text.chars().any(char::is_alphabetic);
    let counted = text.chars().filter(char::is_ascii_digit).count() * 2 > text.chars().count();
    // The first letter stands in for a picture.
    let initial = text.len() == 1;
    letters
        && !initial
        && text.chars().count() <= NAME_CHARS_MAX
        && !text.contains('\n')
        && !clues::tells_time(text)
        && !clues::is_answer(text)
        && !(counted && text.chars().count() < 5)
        && !clues::is_no_name(text)
}

fn share(part: usize, whole: usize) -> f64 {
    to_f64(part) / to_f64(whole.max(1))
}
