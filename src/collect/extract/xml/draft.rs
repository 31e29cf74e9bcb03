//! An item while it is read: what each of its elements says, and which of them is believed in the end.

use url::Url;

use super::names::Field;
use super::token::{Token, Tokens, attribute};
use crate::collect::extract::{Context, Raw, Written};
use crate::collect::guard::panic_point;
use crate::collect::normalise::time::{self, Stated, order};

/// What ranks above anything an item may say.
const NOTHING: u8 = u8::MAX;

/// A value, and how much it is to be believed: the lower the more, the first of equals.
#[derive(Clone, Debug)]
struct Best<T> {
    rank: u8,
    value: Option<T>,
}

impl<T> Default for Best<T> {
    fn default() -> Self {
        Self { rank: NOTHING, value: None }
    }
}

impl<T> Best<T> {
    fn offer(&mut self, rank: u8, value: Option<T>) {
        if value.is_some() && rank < self.rank {
            *self = Self { rank, value };
        }
    }
}

/// Ranks of links.
mod link {
    /// A page about the item, as the feed says in so many words.
    pub(super) const PAGE: u8 = 0;
    /// What it is nobody says: a page, usually.
    pub(super) const UNSAID: u8 = 1;
    /// The item in another form.
    pub(super) const ALTERNATE: u8 = 2;
    /// An identifier that says of itself to be an address.
    pub(super) const PERMALINK: u8 = 3;
    /// Something else, somewhere else.
    pub(super) const RELATED: u8 = 4;
    /// A file that goes with the item, or the item as this very protocol shows it.
    pub(super) const FILE: u8 = 5;
}

#[derive(Debug, Default)]
pub(super) struct Draft {
    id: Best<String>,
    /// Resolved where there is an `xml:base`.
    link: Best<String>,
    original: Option<String>,
    title: Best<String>,
    content: Option<String>,
    summary: Best<String>,
    author: Best<String>,
    rating: Option<String>,
    published: Best<Stated>,
    updated: Best<Stated>,
    written: Written,
    /// We failed on a part of it.
    pub(super) spoilt: bool,
}

impl Draft {
    /// What the item's own tag says: `rdf:about`, and CDF's attributes.
    pub(super) fn of_tag(tag_attributes: &str, base: Option<&Url>, context: &Context<'_>) -> Self {
        let mut draft = Self::default();
        if tag_attributes.trim().is_empty() {
            return draft;
        }
        let value = |name| attribute(tag_attributes, name).map(unescape).filter(|value| !value.is_empty());
        draft.id.offer(1, value("about"));
        draft.link.offer(link::PERMALINK, value("about").filter(|about| is_address(about)));
        draft.offer_link(link::PAGE, value("href"), base);
        draft.updated.offer(0, value("lastmod").and_then(|text| read_time(&text, context)));
        draft
    }

    fn offer_link(&mut self, rank: u8, href: Option<String>, base: Option<&Url>) {
        self.link.offer(rank, href.map(|href| resolved(&href, base)));
    }

    /// A `link`, `a`, `enclosure` or `origLink`: its text, or its attributes.
    pub(super) fn link(&mut self, field: Field, tag_attributes: &str, text: &str, base: Option<&Url>) {
        let value = |name| attribute(tag_attributes, name).map(unescape).filter(|value| !value.is_empty());
        let text = some(text);
        match field {
            Field::Original => self.original = self.original.take().or(text),
            Field::Enclosure => self.offer_link(link::FILE, value("url").or_else(|| value("href")), base),
            _ => {
                let rank = if text.is_some() { link::PAGE } else { rank_of(value("rel").as_deref(), value("type").as_deref()) };
                let href = value("href").or(text).or_else(|| value("resource"));
                self.offer_link(rank, href, base);
            }
        }
    }

    /// A guid or id. One that is a permalink is a link as well.
    ///
    /// It stays as it is written, even where it is relative and `xml:base` says to what: an Atom id is an absolute IRI that is compared
    /// letter by letter and does not change when the feed moves (RFC 4287, 4.2.6). Readers that resolve it take every entry of such a
    /// feed for new once its base is another.
    pub(super) fn id(&mut self, rank: u8, tag_attributes: &str, text: &str, base: Option<&Url>) {
        let Some(id) = some(text) else { return };
        let denied = attribute(tag_attributes, "isPermaLink").is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        if rank == 0 && !denied && is_address(&id) {
            self.offer_link(link::PERMALINK, Some(id.clone()), base);
        }
        self.id.offer(rank, Some(id));
    }

    /// Markup of a title, a text or a name.
    pub(super) fn words(&mut self, field: Field, markup: String) {
        panic_point(&markup);
        let markup = some(&markup).map(|trimmed| if trimmed.len() == markup.len() { markup } else { trimmed });
        match field {
            Field::Title(rank) => self.title.offer(rank, markup),
            // Several: the longest is the whole.
            Field::Content => self.content = longer(self.content.take(), markup),
            Field::Summary(rank) => self.summary.offer(rank, markup),
            Field::Author(rank) => self.author.offer(rank, markup),
            Field::Rating => self.rating = self.rating.take().or(markup.filter(|value| value.contains(|c: char| c.is_numeric()))),
            _ => {}
        }
    }

    pub(super) fn time(&mut self, field: Field, text: &str, context: &Context<'_>) {
        let at = read_time(text, context);
        if let Some(written) = order::as_written(text) {
            let of_change = matches!(field, Field::Updated(_));
            let slot = if of_change { &mut self.written.updated } else { &mut self.written.published };
            slot.get_or_insert(written);
        }
        match field {
            Field::Published(rank) => self.published.offer(rank, at),
            Field::Updated(rank) => self.updated.offer(rank, at),
            Field::Date => {
                self.published.offer(3, at);
                self.updated.offer(3, at);
            }
            _ => {}
        }
    }

    pub(super) fn done(self, base: Option<&Url>, feed_author: Option<&str>) -> Raw {
        let raw = Raw {
            id: self.id.value,
            link: if self.link.rank <= link::UNSAID { self.link.value } else { self.original.or(self.link.value) },
            title: self.title.value,
            text: longer(self.content, self.summary.value),
            author: self.author.value.or_else(|| feed_author.map(str::to_owned)),
            rating: self.rating,
            base: base.map(Url::to_string),
            written: self.written,
            ..Raw::default()
        };
        raw.dated([self.published.value, self.updated.value])
    }
}

fn rank_of(rel: Option<&str>, kind: Option<&str>) -> u8 {
    let kind = kind.map(|kind| kind.to_ascii_lowercase());
    match (rel.map(|rel| rel.trim().to_ascii_lowercase()).as_deref(), kind.as_deref()) {
        (None | Some("alternate"), Some(kind)) if kind.contains("html") => link::PAGE,
        (None | Some("alternate"), None) => link::UNSAID,
        (None | Some("alternate" | "http://www.iana.org/assignments/relation/alternate"), _) => link::ALTERNATE,
        (Some("self" | "enclosure" | "edit" | "hub" | "license" | "replies" | "next" | "prev" | "previous" | "up" | "service.edit"), _) => {
            link::FILE
        }
        (Some(_), _) => link::RELATED,
    }
}

/// Content is usually the whole and the summary its beginning, but some sites put the review into the summary.
fn longer(content: Option<String>, summary: Option<String>) -> Option<String> {
    match (content, summary) {
        (Some(content), Some(summary)) => Some(if summary.len() > content.len() { summary } else { content }),
        (content, summary) => content.or(summary),
    }
}

pub(super) fn resolved(href: &str, base: Option<&Url>) -> String {
    let href = href.trim();
    base.and_then(|base| base.join(href).ok()).map_or_else(|| href.to_owned(), String::from)
}

fn is_address(text: &str) -> bool {
    let head = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    head.starts_with("http://") || head.starts_with("https://")
}

fn some(text: &str) -> Option<String> {
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn read_time(text: &str, context: &Context<'_>) -> Option<Stated> {
    time::stated(text, context.timezone, context.now)
}

/// An attribute's value; what a DTD declares is not known in attributes.
pub(super) fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    super::entity::Entities::default().resolve(value.trim(), super::entity::Write::Markup, &mut out);
    out
}

/// The name of a person, as markup: a child `name`, else the mail address.
pub(super) fn person(inside: &str) -> Option<String> {
    let (mut name, mut mail) = (None, None);
    let mut tokens = Tokens::new(inside);
    while let Some(token) = tokens.next() {
        let Token::Open(tag) = token else { continue };
        let slot = match tag.name.rsplit(':').next().unwrap_or(tag.name).to_ascii_lowercase().as_str() {
            "name" | "title" => &mut name,
            "email" | "mbox" => &mut mail,
            _ => continue,
        };
        if let Some(Token::Text(text) | Token::Cdata(text)) = tokens.next()
            && slot.is_none()
        {
            *slot = some(text);
        }
    }
    name.or(mail)
}

/// `mail@host (Name)` and `Name <mail@host>` are the name.
pub(super) fn name_of_mailbox(text: &str) -> &str {
    let text = text.trim();
    let (before, name) = match text.split_once('(') {
        Some((before, rest)) => (before, rest.trim_end_matches(')').trim()),
        None => match text.split_once(['<']) {
            Some((name, rest)) => (rest, name.trim().trim_matches('"')),
            None => return text,
        },
    };
    if before.contains('@') && !name.is_empty() { name } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people() {
        assert_eq!(name_of_mailbox("me@shop.example (王小明)"), "王小明");
        assert_eq!(name_of_mailbox("Ann <ann@shop.example>"), "Ann");
        assert_eq!(name_of_mailbox("Ann (the second)"), "Ann (the second)");
        assert_eq!(name_of_mailbox("me@shop.example"), "me@shop.example");
        assert_eq!(person("<uri>u</uri><a:name> Ann </a:name>").as_deref(), Some("Ann"));
        assert_eq!(person("<email>a@b</email><name/>").as_deref(), Some("a@b"));
    }

    #[test]
    fn the_link_is_a_page_about_the_item() {
        let base = Url::parse("https://shop.example/a/b").ok();
        let mut draft = Draft::default();
        draft.link(Field::Link, " rel='self' href='https://shop.example/self'", "", None);
        draft.link(Field::Enclosure, " url='x.mp3'", "", None);
        draft.link(Field::Link, " rel=\"alternate\" type='application/json' href='/json'", "", base.as_ref());
        draft.link(Field::Link, " href='c?d=1&amp;e=2'", "", base.as_ref());
        draft.link(Field::Link, " href='https://later.example/'", "", None);
        assert_eq!(draft.done(None, None).link.as_deref(), Some("https://shop.example/a/c?d=1&e=2"));
    }
}
