//! Selectors learnt from a page itself: reviews, comments and posts stand in lists of elements that are alike, hold most of the words,
//! and each have someone who says it, a time, and a way to answer.

mod clues;
mod fields;
mod keys;
mod narrow;
mod opening;
mod outline;

use std::collections::HashMap;

use scraper::{Html, Selector};

use super::Context;
use crate::collect::normalise::text;
use crate::collect::source::PageSelectors;
use keys::Key;
use outline::{At, Content, Outline};

/// Larger pages are read by hand.
const ELEMENTS_MAX: usize = 30_000;

/// A list of fewer is none.
const MEMBERS_MIN: usize = 2;

/// A list that also tells where its opening post stands is likelier the list of posts.
const WITH_OPENING: f64 = 1.15;

/// Proposals to choose from.
const PROPOSALS_MAX: usize = 3;

/// Proposals that are looked at for what only their fields tell.
const TRIED_MAX: usize = 4 * PROPOSALS_MAX;

/// Nobody says when and by whom, and neither does its name say what it is.
const UNTOLD: f64 = 0.4;

/// A list that has the more fields is likelier the items, and not a part of each.
const WITH_FIELD: f64 = 1.15;

/// A list of a page that may be its reviews or posts.
#[derive(Clone, Debug, PartialEq)]
pub struct Learnt {
    pub selectors: PageSelectors,
    /// Elements that the item selector finds.
    pub count: usize,
    /// For comparison with others of the same page only.
    pub score: f64,
    /// Someone or some time is told for most items: a list of links or paragraphs has neither.
    pub told_by_someone: bool,
    /// Its own name says that people speak in it (`comment`, `review`).
    pub named: bool,
    /// The heading above it says that people speak below, or its items have stars.
    pub likely_said: bool,
    /// Each item has a title and a link of its own: news, topics, or only a menu.
    pub headlines: bool,
    /// No class in its selectors is one that a tool makes anew with each release of the site.
    pub lasts: bool,
}

/// The lists of a page, the likeliest first.
#[must_use]
pub fn learn(html: &Html, context: &Context<'_>) -> Vec<Learnt> {
    let Some(outline) = Outline::of(html, ELEMENTS_MAX) else { return Vec::new() };
    let mut groups: Vec<Group> = groups(&outline);
    groups.sort_by(|one, other| other.score.total_cmp(&one.score));
    let tried = groups.iter().filter_map(|group| proposal(&outline, group, context)).take(TRIED_MAX).enumerate();
    // Beyond the likeliest only those that their fields, or a heading, tell to be what people say.
    let is_raised =
        |learnt: &Learnt| learnt.likely_said && !learnt.told_by_someone && (learnt.headlines || learnt.selectors.text.is_some());
    let mut found: Vec<Learnt> = tried.filter(|(at, learnt)| *at < PROPOSALS_MAX || is_raised(learnt)).map(|(_, learnt)| learnt).collect();
    let by_score = |one: &Learnt, other: &Learnt| other.score.total_cmp(&one.score);
    found.sort_by(by_score);
    // Where a list is told by who says it and when, no heading and no stars make another one likelier.
    if !found.first().is_some_and(|best| best.told_by_someone) {
        found.iter_mut().filter(|learnt| is_raised(learnt)).for_each(|learnt| learnt.score *= raise(&learnt.selectors));
        found.sort_by(by_score);
    }
    found.truncate(PROPOSALS_MAX);
    found
}

/// How much likelier a list is that only its fields, or a heading, tell to be what people say.
fn raise(fields: &PageSelectors) -> f64 {
    let given = [&fields.rating, &fields.author, &fields.title].iter().filter(|field| field.is_some()).count();
    WITH_FIELD.powi(i32::try_from(given).unwrap_or_default()) / UNTOLD
}

/// Elements that share a key.
struct Group {
    key: Key,
    members: Vec<At>,
    score: f64,
    told_by_someone: bool,
    /// Told by its links, not by its words.
    linked: bool,
    /// All that have the key, where the members are only some of them.
    among: Vec<At>,
    /// What is said stands in the element after each.
    paired: bool,
}

fn groups(outline: &Outline<'_>) -> Vec<Group> {
    let mut by_key: HashMap<Key, Vec<At>> = HashMap::new();
    for at in 0..outline.len() {
        for key in keys::of(outline, at) {
            by_key.entry(key).or_default().push(at);
        }
    }
    // In a fixed order, so that the same page gives the same proposal.
    let mut groups: Vec<(Key, Vec<At>)> = by_key.into_iter().filter(|(_, members)| members.len() >= MEMBERS_MIN).collect();
    groups.sort_by(|one, other| (one.1[0], &one.0).cmp(&(other.1[0], &other.0)));
    groups.into_iter().flat_map(|(key, members)| Group::all_of(outline, key, members)).collect()
}

/// What the members of a group have on average, each without what belongs to a member inside it.
#[derive(Default)]
struct Shares {
    /// Of all members: those with words, a time, an author, a way to answer.
    words: f64,
    time: f64,
    author: f64,
    answer: f64,
    /// Of the words of the page.
    of_page: f64,
    /// Of the members' own words: within links.
    links: f64,
}

/// Longer posts than this do not make a list likelier.
const WORDS_COUNTED: usize = 1_500;

/// Letters with which an element says something.
const WORDS_MIN: usize = 12;

/// Where its name tells that somebody speaks, a word will do.
const WORDS_OF_NAMED_MIN: usize = 4;

/// A post has a few times (joined, posted, edited); what has more holds several posts.
const TIMES_MAX: usize = 6;

/// Letters of a headline; the entries of a menu have fewer.
const HEADLINE_LETTERS: usize = 18;

/// Headlines in a list of them.
const HEADLINES_MIN: usize = 3;

/// A list of links is one only where there is no list of words.
const HEADLINES_WEIGHT: f64 = 0.15;

/// A list is better whole than by a condition on what stands in its items.
const NARROWED: f64 = 0.97;

/// An element that holds all of an item is better than one that is followed by the rest.
const PAIRED: f64 = 0.8;

/// The parts of items are likelier than their items in all but this.
const AS_PARTS: f64 = 0.4;

impl Group {
    /// With all that have the key, and with those alone that have a sign of somebody speaking.
    fn all_of(outline: &Outline<'_>, key: Key, members: Vec<At>) -> Vec<Self> {
        let mut found: Vec<Self> = narrow::kept(outline, &members, MEMBERS_MIN)
            .into_iter()
            .filter_map(|(by_any, kept)| {
                // What is left aside is none of the page's words.
                let own = contents(outline, if by_any { &members } else { &kept }, false);
                let of_page = Shares::of(outline, &own, WORDS_MIN).of_page;
                let own = contents(outline, &kept, false);
                let of_kept = Shares::of(outline, &own, WORDS_MIN).of_page;
                let group = Self::judged_by(outline, key.clone(), kept, &own)?;
                Some(Self { score: group.score * (of_page / of_kept.max(f64::MIN_POSITIVE)).sqrt(), ..group })
            })
            .filter(|group| !group.linked)
            .map(|group| Self { score: group.score * NARROWED, among: members.clone(), ..group })
            .collect();
        if let Some(heads) = narrow::heads(outline, &members, MEMBERS_MIN) {
            let among = if heads.len() < members.len() { members.clone() } else { Vec::new() };
            let own = contents(outline, &heads, true);
            let pairs = Self::judged_by(outline, key.clone(), heads, &own).filter(|group| !group.linked);
            found.extend(pairs.map(|group| Self { score: group.score * PAIRED, among, paired: true, ..group }));
        }
        found.extend(Self::judged(outline, key, members));
        found
    }

    fn judged(outline: &Outline<'_>, key: Key, members: Vec<At>) -> Option<Self> {
        let own = contents(outline, &members, false);
        Self::judged_by(outline, key, members, &own)
    }

    fn judged_by(outline: &Outline<'_>, key: Key, members: Vec<At>, own: &[Content]) -> Option<Self> {
        let shares = Shares::of(outline, own, if clues::hint(&key.word()) > 1.0 { WORDS_OF_NAMED_MIN } else { WORDS_MIN });
        if shares.of_page <= 0.0 || shares.words < 0.4 {
            return Self::of_headlines(outline, key, members, &shares);
        }
        let square = |share: f64| share * share;
        let told = 1.0 + 0.9 * square(shares.time) + 0.7 * square(shares.author) + 0.6 * square(shares.answer);
        let many = to_f64(members.len()).powf(0.35) * if members.len() == 2 { 0.7 } else { 1.0 };
        let score = shares.of_page.sqrt()
            * (0.2 + 0.8 * square(shares.words))
            * told
            * many
            * clues::hint(&key.word())
            * (1.0 - shares.links).max(0.05);
        let told_by_someone = shares.time.max(shares.author).max(shares.answer) > 0.6;
        // Paragraphs of one long text are alike, too; what tells them from posts is that nobody says them.
        let untold = if told_by_someone {
            1.0
        } else if clues::hint(&key.word()) > 1.0 {
            0.8
        } else {
            UNTOLD
        };
        let score = score * untold * if key.mixes(outline, &members) { 0.8 } else { 1.0 };
        let parts = narrow::are_parts(outline, &members, WORDS_MIN) || narrow::take_turns(outline, &members);
        let score = score * if parts { AS_PARTS } else { 1.0 };
        // A part of a made name lasts longer than the whole.
        let score = score * if key.is_made() { 0.98 } else { 1.0 };
        // Beside a cell of words stands one that says who.
        let in_row = |at: &At| outline.brothers(*at).count() > 1 && matches!(outline.nodes[*at].element.value().name(), "td" | "th");
        let score = score * if members.iter().all(in_row) && shares.author.min(shares.time) < 0.6 { 0.6 } else { 1.0 };
        // What has a key of its own lasts longer than what is told by its kind.
        let score = score * if matches!(key, Key::Name { .. } | Key::Within { .. } | Key::Path { .. }) { 0.7 } else { 1.0 };
        Some(Self { key, members, score, told_by_someone, linked: false, among: Vec::new(), paired: false })
    }

    /// News, topics of a forum: each item is a link with words on it, and perhaps who and when.
    fn of_headlines(outline: &Outline<'_>, key: Key, members: Vec<At>, shares: &Shares) -> Option<Self> {
        let own = outline.apart(&members);
        let lettered = own.iter().filter(|own| own.linked >= HEADLINE_LETTERS).count();
        let share = to_f64(lettered) / to_f64(members.len());
        if members.len() < HEADLINES_MIN
            || share < 0.7
            || clues::hint(&key.word()) < 0.7
            || members.iter().take(3).any(|at| is_furniture(outline, *at))
        {
            return None;
        }
        let letters: usize = own.iter().map(|own| own.linked + own.words).sum();
        let of_page = to_f64(letters) / to_f64((outline.linked() + outline.words()).max(1));
        let told = 1.0 + 0.9 * shares.time * shares.time + 0.7 * shares.author * shares.author;
        let score = HEADLINES_WEIGHT * of_page.sqrt() * told * to_f64(members.len()).powf(0.35) * share * clues::hint(&key.word()).min(1.0);
        let told_by_someone = shares.time.max(shares.author) > 0.6;
        Some(Self { key, members, score, told_by_someone, linked: true, among: Vec::new(), paired: false })
    }
}

/// Stands in what is around a page's own content.
fn is_furniture(outline: &Outline<'_>, at: At) -> bool {
    std::iter::successors(Some(at), |here| outline.nodes[*here].parent).skip(1).any(|here| {
        let element = outline.nodes[here].element;
        matches!(element.value().name(), "nav" | "footer" | "header" | "aside" | "form")
            || element.attr("role").is_some_and(|role| matches!(role, "navigation" | "menu" | "banner"))
            || outline::names(element).split(' ').any(clues::is_furniture)
    })
}

impl Shares {
    fn of(outline: &Outline<'_>, contents: &[Content], least: usize) -> Self {
        let mut shares = Self::default();
        let (mut words, mut linked, mut counted) = (0usize, 0usize, 0usize);
        for own in contents {
            words += own.words;
            linked += own.linked;
            counted += own.words.min(WORDS_COUNTED);
            let says = own.words >= least;
            shares.words += f64::from(u8::from(says));
            shares.time += f64::from(u8::from((1..=TIMES_MAX).contains(&own.times)));
            shares.author += f64::from(u8::from((1..=TIMES_MAX).contains(&own.authors)));
            shares.answer += f64::from(u8::from((1..=TIMES_MAX * 2).contains(&own.answers)));
        }
        let n = to_f64(contents.len());
        for share in [&mut shares.words, &mut shares.time, &mut shares.author, &mut shares.answer] {
            *share /= n;
        }
        shares.of_page = to_f64(counted) / to_f64(outline.words().max(1));
        shares.links = to_f64(linked) / to_f64((words + linked).max(1));
        shares
    }
}

/// What each member says, with what follows it where they are heads.
fn contents(outline: &Outline<'_>, members: &[At], paired: bool) -> Vec<Content> {
    let mut own = outline.apart(members);
    for (at, content) in members.iter().zip(&mut own).filter(|_| paired) {
        if let Some(next) = outline.next_brother(*at) {
            content.add(outline.nodes[next].content);
        }
    }
    own
}

fn to_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// None where the selector finds others than the group's members.
fn proposal(outline: &Outline<'_>, group: &Group, context: &Context<'_>) -> Option<Learnt> {
    let fields = fields::of(outline, &group.members, group.paired, context);
    let opening = opening::of(outline, group, fields.text.as_deref());
    let mut members = group.members.clone();
    let mut item = match group.among.as_slice() {
        [] => group.key.css(),
        among => Key::Holding { key: Box::new(group.key.clone()), mark: narrow::mark(outline, among, &members)? }.css(),
    };
    let mut score = group.score;
    if let Some((at, key)) = opening {
        members.insert(0, at);
        item = format!("{}, {item}", key.css());
        score *= WITH_OPENING;
    }
    let container = keys::container(outline, &members);
    if found(outline, container.as_deref(), &item) != members.len() {
        return None;
    }
    let headlines = fields.title.is_some() && fields.link.is_some();
    if group.linked && !headlines {
        return None;
    }
    let likely_said = announced(outline, members[0]) || (fields.rating.is_some() && (fields.author.is_some() || !headlines));
    let selectors = PageSelectors { container, item, pages: 1, ..fields };
    let lasts = !has_made_names(&selectors);
    Some(Learnt {
        selectors,
        count: members.len(),
        score,
        told_by_someone: group.told_by_someone,
        named: clues::hint(&group.key.word()) > 1.0,
        likely_said,
        headlines,
        lasts,
    })
}

/// The last heading before a list says that people speak below it.
fn announced(outline: &Outline<'_>, first: At) -> bool {
    let is_heading = |at: &At| {
        let element = outline.nodes[*at].element;
        matches!(element.value().name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "legend") || element.attr("role") == Some("heading")
    };
    let holds = |at: &At| outline.is_inside(first, *at);
    (0..first)
        .rev()
        .filter(|at| !holds(at))
        .find(is_heading)
        .is_some_and(|at| clues::announces_said(&text::of_element(outline.nodes[at].element)))
}

fn has_made_names(selectors: &PageSelectors) -> bool {
    let PageSelectors { container, item, title, text, author, rating, time, link, next: _, pages: _ } = selectors;
    let all = [container, &Some(item.clone()), title, text, author, rating, time, link];
    let mut classes = all.into_iter().flatten().flat_map(|css| css.split('.').skip(1)).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
        &rest[..end]
    });
    classes.any(keys::is_made_class)
}

/// How many elements a selector finds in its container.
fn found(outline: &Outline<'_>, container: Option<&str>, item: &str) -> usize {
    let root = outline.nodes.first().map(|node| node.element);
    let scope = match container.and_then(|css| Selector::parse(css).ok()) {
        Some(container) => root.and_then(|root| root.select(&container).next()),
        None => root,
    };
    let (Some(scope), Ok(item)) = (scope, Selector::parse(item)) else { return 0 };
    scope.select(&item).count()
}

#[cfg(test)]
mod tests;
