//! Lists with others among their items: rows of headings and buttons between the posts of a table, an advertisement, the rules of the
//! forum in the same kind of box. What the posts have and the others have not tells them apart.

use std::collections::BTreeSet;

use scraper::ElementRef;

use super::clues;
use super::keys::{self, Key};
use super::outline::{At, Content, Outline};

/// Of a list's words: what is left aside may be much in number, but it does not say much.
const WORDS_KEPT: f64 = 0.6;

/// What posts have and furniture has not; the first is any of it.
const SIGNS: [fn(&Content) -> bool; 3] =
    [|content| content.times + content.authors > 0, |content| content.times > 0, |content| content.authors > 0];

/// Names of elements that tell one kind of row from another where nothing has a class.
const TELLING: [&str; 10] = ["time", "cite", "address", "blockquote", "h3", "h4", "img", "font", "b", "strong"];

/// Attributes with which old tables tell their rows apart.
const LOOKS: [&str; 6] = ["bgcolor", "colspan", "rowspan", "align", "valign", "height"];

/// The members that have a sign of somebody speaking where some have none, by each sign. Nothing where all have it, or where
/// what is left aside would be much of what is said.
///
/// With each goes whether it is by any sign: what has neither a time nor an author is no post, however much it says.
pub(super) fn kept(outline: &Outline<'_>, members: &[At], least: usize) -> Vec<(bool, Vec<At>)> {
    let own = outline.apart(members);
    let all: usize = own.iter().map(|content| content.words).sum();
    let by = |(at, has): (usize, &fn(&Content) -> bool)| {
        let with = || members.iter().zip(&own).filter(|(_, content)| has(content));
        let words: usize = with().map(|(_, content)| content.words).sum();
        let enough = super::to_f64(words) >= super::to_f64(all) * WORDS_KEPT;
        let kept: Vec<At> = with().map(|(at, _)| *at).collect();
        (enough && kept.len() >= least && kept.len() < members.len()).then_some((at == 0, kept))
    };
    let mut found: Vec<(bool, Vec<At>)> = SIGNS.iter().enumerate().filter_map(by).collect();
    found.dedup_by(|one, other| one.1 == other.1);
    found
}

/// Kinds of elements of which one says who and the next one what.
const HEADS: [&str; 7] = ["tr", "dt", "div", "p", "h3", "h4", "h5"];

/// The members that say who or when while what follows each says what: a row of a table before the row with the words.
pub(super) fn heads(outline: &Outline<'_>, members: &[At], least: usize) -> Option<Vec<At>> {
    let name = outline.nodes[*members.first()?].element.value().name();
    if !HEADS.contains(&name) {
        return None;
    }
    let of = |at: At| outline.nodes[at].content;
    let is_head = |at: &At| {
        let Some(next) = outline.next_brother(*at) else { return false };
        let (own, next) = (of(*at), of(next));
        let tells = own.authors > 0 || own.times > 0;
        tells && own.words + own.linked <= HEAD_LETTERS_MAX && next.authors + next.times == 0 && next.words > 0
    };
    let heads: Vec<At> = members.iter().copied().filter(is_head).collect();
    let next_name = |at: &At| outline.next_brother(*at).map(|next| outline.nodes[next].element.value().name());
    let words = |of_next: bool| -> usize {
        heads.iter().filter_map(|at| if of_next { outline.next_brother(*at) } else { Some(*at) }).map(|at| of(at).words).sum()
    };
    let alike = heads.iter().all(|at| next_name(at) == next_name(&heads[0]));
    (heads.len() >= least && alike && words(true) > words(false)).then_some(heads)
}

/// What says who, since when and from where is short.
const HEAD_LETTERS_MAX: usize = 400;

/// A condition that each of the kept fulfils and none of the others: by what stands in it, or by how it looks.
pub(super) fn mark(outline: &Outline<'_>, members: &[At], kept: &[At]) -> Option<String> {
    let (first, rest) = kept.split_first()?;
    let mut marks = inside(outline, *first);
    for other in rest {
        let of_other: BTreeSet<String> = inside(outline, *other).into_iter().collect();
        marks.retain(|mark| of_other.contains(mark));
    }
    for other in members.iter().filter(|at| !kept.contains(at)) {
        let of_other: BTreeSet<String> = inside(outline, *other).into_iter().collect();
        marks.retain(|mark| !of_other.contains(mark));
    }
    // What says when or who is there for as long as there are posts.
    let telling = marks.iter().position(|mark| clues::names_time(mark) || clues::names_author(mark) || clues::is_person_link(mark));
    (!marks.is_empty()).then(|| marks.swap_remove(telling.unwrap_or(0)))
}

/// What can be written of the elements in one, in the order of the page, and of its own looks.
fn inside(outline: &Outline<'_>, at: At) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for inner in at + 1..outline.nodes[at].end {
        let element = outline.nodes[inner].element;
        let name = element.value().name();
        found.extend(keys::lasting(outline, inner).iter().filter(|key| !key.is_made()).map(Key::css));
        if let Some(href) = element.attr("href").filter(|_| name == "a") {
            let marks = [clues::person_mark(href), clues::place_mark(href)];
            found.extend(marks.into_iter().flatten().map(|mark| format!("a[href*=\"{mark}\"]")));
        }
        found.extend(TELLING.contains(&name).then(|| name.to_owned()));
    }
    let mut found: Vec<String> = found.into_iter().map(|css| format!(":has({css})")).collect();
    let element = outline.nodes[at].element;
    found.extend(looks(element));
    let cells = element.child_elements().filter(|cell| matches!(cell.value().name(), "td" | "th"));
    found.extend(cells.flat_map(|cell| looks(cell).map(move |css| format!(":has(> {}{css})", cell.value().name()))));
    found
}

/// `[bgcolor="#eeeeee"]`.
fn looks(element: ElementRef<'_>) -> impl Iterator<Item = String> {
    let plain = |value: &&str| value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '#' | '%'));
    LOOKS.into_iter().filter_map(move |name| Some(format!("[{name}=\"{}\"]", element.attr(name).filter(plain)?)))
}

/// Whether the members are the parts of each item and not the items: the cell that says who beside the cell that says what.
pub(super) fn are_parts(outline: &Outline<'_>, members: &[At], says: usize) -> bool {
    let mut holders: Vec<(Option<At>, Vec<At>)> = Vec::new();
    for at in members {
        let parent = outline.nodes[*at].parent;
        match holders.iter_mut().rev().find(|(holder, _)| *holder == parent) {
            Some((_, held)) => held.push(*at),
            None => holders.push((parent, vec![*at])),
        }
    }
    let (count, Some((_, first))) = (holders.len(), holders.first()) else { return false };
    let width = first.len();
    let alike: Vec<&Vec<At>> = holders.iter().map(|(_, held)| held).filter(|held| held.len() == width).collect();
    if count < 2 || !PARTS.contains(&width) || alike.len() * 5 < count * 4 {
        return false;
    }
    let at = |place: usize| -> Vec<At> { alike.iter().map(|held| held[place]).collect() };
    let places: Vec<Vec<At>> = (0..width).map(at).collect();
    differ_in_signs(outline, &places, says) || differ_in_names(outline, &places)
}

/// The same, told by the order alone: one kind and the other take turns, wherever they stand.
pub(super) fn take_turns(outline: &Outline<'_>, members: &[At]) -> bool {
    if members.len() < 4 || !members.len().is_multiple_of(2) {
        return false;
    }
    let places: Vec<Vec<At>> = (0..2).map(|place| members.iter().copied().skip(place).step_by(2).collect()).collect();
    let first_word = |at: &At| outline.nodes[*at].element.text().flat_map(str::split_whitespace).next().unwrap_or_default().to_owned();
    let words: Vec<BTreeSet<String>> = places.iter().map(|place| place.iter().map(first_word).collect()).collect();
    // `Joined:` and `Posted:`.
    let labelled = words.iter().all(|words| words.len() == 1 && words.iter().all(|word| word.ends_with([':', '：'])));
    labelled && words[0] != words[1]
}

/// One has what the other never has.
fn differ_in_signs(outline: &Outline<'_>, places: &[Vec<At>], says: usize) -> bool {
    let tests: [&dyn Fn(&Content) -> bool; 5] = [
        &|content| content.times > 0,
        &|content| content.authors > 0,
        &|content| content.answers > 0,
        &|content| content.headings > 0,
        &|content| content.words >= says,
    ];
    tests.iter().any(|test| {
        let share = |place: &Vec<At>| {
            super::to_f64(place.iter().filter(|at| test(&outline.nodes[**at].content)).count()) / super::to_f64(place.len())
        };
        let shares: Vec<f64> = places.iter().map(share).collect();
        let (always, never) = (|share: &f64| *share >= 0.8, |share: &f64| *share <= 0.2);
        shares.iter().any(always) && shares.iter().any(never) && shares.iter().all(|share| always(share) || never(share))
    })
}

/// What stands in one is called otherwise than what stands in the other.
fn differ_in_names(outline: &Outline<'_>, places: &[Vec<At>]) -> bool {
    let names = |at: &At| -> BTreeSet<String> {
        (*at..outline.nodes[*at].end).flat_map(|inner| keys::lasting(outline, inner)).map(|key| key.css()).collect()
    };
    let common = |place: &Vec<At>| {
        let mut sets = place.iter().take(NAMES_SAMPLE).map(names);
        let first = sets.next().unwrap_or_default();
        sets.fold(first, |all, next| all.intersection(&next).cloned().collect())
    };
    let sets: Vec<BTreeSet<String>> = places.iter().map(common).collect();
    let apart = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.intersection(other).count() * 3 <= one.len().min(other.len());
    sets.iter().all(|set| set.len() >= 2) && sets.iter().enumerate().all(|(at, one)| sets[at + 1..].iter().all(|other| apart(one, other)))
}

/// Items whose names are compared.
const NAMES_SAMPLE: usize = 5;

/// Parts of an item that are of one kind.
const PARTS: std::ops::RangeInclusive<usize> = 2..=6;
