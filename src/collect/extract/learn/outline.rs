//! The elements of a page in order, each with what stands in it, counted once.

use scraper::{ElementRef, Html};

use super::clues;
use crate::collect::normalise::text;

/// The place of an element in the outline, in the order of the page.
pub(super) type At = usize;

/// Names longer than these are no names.
const AUTHOR_CHARS_MAX: usize = 40;

/// A time and the word before it.
const TIME_CHARS_MAX: usize = 40;

/// What stands in an element, those in it included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Letters outside of links. A Chinese character counts as three.
    pub(super) words: usize,
    pub(super) linked: usize,
    pub(super) times: usize,
    pub(super) authors: usize,
    pub(super) answers: usize,
    pub(super) headings: usize,
}

impl Content {
    pub(super) fn add(&mut self, other: Self) {
        self.words += other.words;
        self.linked += other.linked;
        self.times += other.times;
        self.authors += other.authors;
        self.answers += other.answers;
        self.headings += other.headings;
    }

    fn take(&mut self, other: Self) {
        self.words = self.words.saturating_sub(other.words);
        self.linked = self.linked.saturating_sub(other.linked);
        self.times = self.times.saturating_sub(other.times);
        self.authors = self.authors.saturating_sub(other.authors);
        self.answers = self.answers.saturating_sub(other.answers);
        self.headings = self.headings.saturating_sub(other.headings);
    }
}

pub(super) struct Node<'a> {
    pub(super) element: ElementRef<'a>,
    pub(super) parent: Option<At>,
    /// The first element that is no longer inside.
    pub(super) end: At,
    pub(super) content: Content,
    pub(super) is_time: bool,
    pub(super) is_author: bool,
}

pub(super) struct Outline<'a> {
    pub(super) nodes: Vec<Node<'a>>,
}

impl<'a> Outline<'a> {
    /// None where the page has more than `most` elements.
    pub(super) fn of(html: &'a Html, most: usize) -> Option<Self> {
        let mut outline = Self { nodes: Vec::new() };
        outline.walk(html.root_element(), None, false, most);
        (outline.nodes.len() <= most).then_some(outline)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The children of the element's parent, itself included.
    pub(super) fn brothers(&self, at: At) -> impl Iterator<Item = At> {
        let (first, end) = self.nodes[at].parent.map_or((at, at + 1), |parent| (parent + 1, self.nodes[parent].end));
        std::iter::successors(Some(first), |here| self.nodes.get(*here).map(|node| node.end)).take_while(move |here| *here < end)
    }

    /// The element that follows in the same parent.
    pub(super) fn next_brother(&self, at: At) -> Option<At> {
        let end = self.nodes[at].end;
        self.nodes.get(end).filter(|next| next.parent == self.nodes[at].parent).map(|_| end)
    }

    /// As `:nth-child` counts.
    pub(super) fn child_number(&self, at: At) -> usize {
        self.nodes[at].element.prev_siblings().filter(|node| node.value().is_element()).count() + 1
    }

    /// Letters of the whole page that stand in links.
    pub(super) fn linked(&self) -> usize {
        self.nodes.first().map_or(0, |root| root.content.linked)
    }

    /// Words of the whole page.
    pub(super) fn words(&self) -> usize {
        self.nodes.first().map_or(0, |root| root.content.words)
    }

    pub(super) fn is_inside(&self, at: At, of: At) -> bool {
        at > of && at < self.nodes[of].end
    }

    /// The content of each, without that of others of them inside it.
    pub(super) fn apart(&self, members: &[At]) -> Vec<Content> {
        let mut own: Vec<Content> = members.iter().map(|at| self.nodes[*at].content).collect();
        let mut open: Vec<usize> = Vec::new();
        for (index, at) in members.iter().enumerate() {
            while open.last().is_some_and(|last| self.nodes[members[*last]].end <= *at) {
                open.pop();
            }
            if let Some(holder) = open.last() {
                own[*holder].take(self.nodes[*at].content);
            }
            open.push(index);
        }
        own
    }

    fn walk(&mut self, element: ElementRef<'a>, parent: Option<At>, in_link: bool, most: usize) -> Content {
        let name = element.value().name();
        if text::is_dropped(name) || self.nodes.len() > most {
            return Content::default();
        }
        let at = self.nodes.len();
        self.nodes.push(Node { element, parent, end: at + 1, content: Content::default(), is_time: false, is_author: false });
        let in_link = in_link || name == "a" || name == "button";
        let (mut content, mut inside) = (Content::default(), Content::default());
        let mut own_text = String::new();
        for child in element.children() {
            if let Some(child) = ElementRef::wrap(child) {
                inside.add(self.walk(child, Some(at), in_link, most));
            } else if let Some(text) = child.value().as_text() {
                own_text.push_str(text);
                own_text.push(' ');
            }
        }
        let letters = letters(&own_text);
        if in_link {
            content.linked += letters
        } else {
            content.words += letters
        }
        content.add(inside);
        self.mark(at, own_text.trim(), inside, if in_link { 0 } else { letters }, &mut content);
        self.nodes[at].end = self.nodes.len();
        self.nodes[at].content = content;
        content
    }

    /// Who, when, how to answer: marked at the innermost element that says it.
    fn mark(&mut self, at: At, own_text: &str, inside: Content, own: usize, content: &mut Content) {
        let element = self.nodes[at].element;
        let names = names(element);
        let attribute = |name: &str| element.attr(name).unwrap_or_default();
        let short = content.words + content.linked <= AUTHOR_CHARS_MAX * 3;
        let dated = element.attr("datetime").is_some() || element.value().name() == "time";
        let telling = clues::tells_time(own_text) || (clues::names_time(&names) && clues::tells_time(attribute("title")));
        if inside.times == 0 && (dated || (short && telling)) {
            content.times += 1;
            self.nodes[at].is_time = true;
            // When it was said is nothing that is said.
            if dated || own_text.chars().count() <= TIME_CHARS_MAX {
                content.words = content.words.saturating_sub(own);
            }
        }
        let linked = element.value().name() == "a" && clues::is_person_link(attribute("href"));
        let named = linked || clues::names_author(&names);
        let says_name = (1..=AUTHOR_CHARS_MAX * 3).contains(&(content.words + content.linked));
        let heading = matches!(element.value().name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        let titled = short && inside.headings == 0 && content.words + content.linked > 0 && clues::names_title(&names);
        content.headings += usize::from(heading || titled);
        if inside.authors == 0 && named && says_name && !self.nodes[at].is_time {
            content.authors += 1;
            self.nodes[at].is_author = true;
        }
        let pressed = matches!(element.value().name(), "a" | "button" | "span" | "input" | "li");
        if inside.answers == 0
            && pressed
            && (clues::is_answer(own_text) || clues::is_answer(attribute("title")) || clues::is_answer(attribute("value")))
        {
            content.answers += 1;
        }
    }
}

/// Classes and the like of an element in one text; of an element that a site has made up, its name.
pub(super) fn names(element: ElementRef<'_>) -> String {
    let attributes = ["class", "id", "itemprop", "rel", "data-testid", "property"];
    let made_up = Some(element.value().name()).filter(|name| name.contains('-'));
    let found = attributes.iter().filter_map(|name| element.attr(name)).chain(made_up);
    found.flat_map(str::split_ascii_whitespace).collect::<Vec<_>>().join(" ")
}

fn letters(text: &str) -> usize {
    let weight = |c: char| if u32::from(c) >= 0x2e80 { 3 } else { 1 };
    text.chars().filter(|c| c.is_alphanumeric()).map(weight).sum()
}
