//! Who says it.

use super::title::HEADINGS;
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

/// Share of an element's texts that may read like titles before it holds no names.
const TITLES_MAX: f64 = 0.25;
/// Share of a heading's texts that must be names beyond doubt before it holds names: a title that is taken for a name is not judged.
const FULL_MIN: f64 = 0.3;
/// Anything else beside the time is likelier the name.
const HEADING: f64 = 0.4;

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
        let heading = self.share_of(way, |at| self.is_heading(at)) >= MANY;
        // What stands in something named for the author may be anything about them.
        let held = !own && !heading && clues::names_author(&way.word()) && self.is_short(way);
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
        // Its place alone does not tell a name from the title of what is said.
        let told = own || held || announced || column.is_some() || linked > 0.0 || marked >= MANY;
        let titles = self.share(names.iter().filter(|name| reads_as_title(name)).count());
        let full = self.share(names.iter().filter(|name| is_full_name(name)).count());
        if !told && (titles > TITLES_MAX || (heading && full < FULL_MIN)) {
            return None;
        }
        // Where no time tells the place of the name, its shape must do.
        let shaped = time.is_none()
            && !heading
            && !matches!(self.element(way.found[0].1).value().name(), "li" | "dd" | "ul" | "ol" | "dl")
            && titles <= 0.0
            && self.is_short(way)
            && self.share(names.iter().filter(|name| is_capital(name)).count()) >= MOST;
        hints += if shaped { HINTS_MIN } else { 0.0 };
        if hints < HINTS_MIN {
            return None;
        }
        // An element that holds more than the name is worse than one that holds the name alone.
        let bare = self.share(way.found.iter().filter(|(_, at)| self.is_bare(*at)).count());
        let rank = if clues::is_rank(&way.word()) { 1.0 } else { 0.0 };
        let varied = share(different(names.iter()), names.len());
        let doubted = if heading && !told { HEADING } else { 0.0 };
        Some(named + hints + bare * 0.35 + varied * 0.2 + way.lasts() - rank - doubted)
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

    /// A heading, or what stands in one.
    fn is_heading(&self, at: At) -> bool {
        let here = std::iter::successors(Some(at), |here| self.outline.nodes[*here].parent).take(2);
        let named = |at: At| HEADINGS.contains(&self.element(at).value().name());
        here.into_iter().any(named) || self.element(at).attr("role") == Some("heading")
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

/// Words within a name that begin small.
const PARTICLES: [&str; 16] = ["von", "van", "de", "der", "den", "di", "da", "del", "la", "le", "el", "bin", "al", "y", "e", "zu"];

/// Several words of which a later one begins small, or a sentence: `Broken after two days`, `So bad!`.
fn reads_as_title(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let small = |word: &&&str| word.starts_with(char::is_lowercase) && !PARTICLES.contains(word) && word.chars().all(char::is_alphabetic);
    let ends = text.ends_with(['!', '?', '！', '？', '。', '…'])
        || (text.ends_with('.') && words.last().is_some_and(|word| word.chars().count() > 3));
    (words.len() > 1 && words[0].starts_with(char::is_uppercase) && words[1..].iter().any(|word| small(&word))) || words.len() > 4 || ends
}

/// `Anna K.`, `Chen Wei`, `bob_77`: hardly a title.
fn is_full_name(text: &str) -> bool {
    let words = text.split_whitespace().count();
    let handle = words == 1 && text.is_ascii() && text.contains(|c: char| c.is_ascii_digit() || matches!(c, '_' | '.'));
    handle || ((2..=3).contains(&words) && is_capital(text) && text.chars().any(char::is_uppercase))
}

/// Every word begins as one of a name does: with a capital, or in a script that has none.
fn is_capital(text: &str) -> bool {
    let sound = |word: &str| {
        let first = word.chars().next();
        PARTICLES.contains(&word)
            || first.is_some_and(|c| c.is_uppercase() || (c.is_alphabetic() && !c.is_lowercase()))
            || word.contains(|c: char| c.is_ascii_digit() || c == '_')
    };
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let longest = if text.is_ascii() { NAME_CHARS_MAX } else { NAME_CHARS_MAX / 2 };
    letters >= 2 && text.chars().count() <= longest && text.split_whitespace().all(sound)
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
