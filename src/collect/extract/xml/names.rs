//! What an element is called in the dialects of feeds, and what it means for an item.

use super::token::attributes;
use crate::collect::asks::Said;

/// The namespaces that matter, whatever prefix they are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS of every version, CDF, and documents that name no namespace.
    Rss,
    Atom,
    Rdf,
    DublinCore,
    Terms,
    Content,
    Media,
    Itunes,
    Xhtml,
    /// FeedBurner and Pheedo, which put addresses of their own in front of a site's.
    Redirector,
    /// Of how often a feed changes.
    Syndication,
    Other,
}

/// Prefixes bound at once; a document with more is not written for readers.
const BINDINGS_MAX: usize = 256;

/// By a part of the address, since versions, slashes and `http` or `https` differ; the longer ones first.
const ADDRESSES: &[(&str, Space)] = &[
    ("purl.org/rss/1.0/modules/content", Space::Content),
    ("purl.org/rss/1.0/modules/syndication", Space::Syndication),
    ("purl.org/rss/1.0/modules", Space::Other),
    ("w3.org/2005/atom", Space::Atom),
    ("purl.org/atom", Space::Atom),
    ("purl.org/rss/1.0", Space::Rss),
    ("purl.org/net/rss1.1", Space::Rss),
    ("my.netscape.com", Space::Rss),
    ("channel.netscape.com", Space::Rss),
    ("backend.userland.com", Space::Rss),
    ("blogs.law.harvard.edu", Space::Rss),
    ("cyber.law.harvard.edu", Space::Rss),
    ("22-rdf-syntax-ns", Space::Rdf),
    ("purl.org/dc/terms", Space::Terms),
    ("purl.org/dc", Space::DublinCore),
    ("purl.org/metadata/dublin_core", Space::DublinCore),
    ("yahoo.com/mrss", Space::Media),
    ("rssboard.org/media-rss", Space::Media),
    ("itunes.com/dtds/podcast", Space::Itunes),
    ("1999/xhtml", Space::Xhtml),
    ("feedburner", Space::Redirector),
    ("pheedo", Space::Redirector),
];

/// For prefixes that a document forgot to bind, or bound to an address of its own.
const PREFIXES: &[(&str, Space)] = &[
    ("atom", Space::Atom),
    ("atom10", Space::Atom),
    ("a10", Space::Atom),
    ("rss", Space::Rss),
    ("rdf", Space::Rdf),
    ("dc", Space::DublinCore),
    ("dcterms", Space::Terms),
    ("content", Space::Content),
    ("media", Space::Media),
    ("itunes", Space::Itunes),
    ("xhtml", Space::Xhtml),
    ("feedburner", Space::Redirector),
    ("pheedo", Space::Redirector),
    ("sy", Space::Syndication),
];

/// The prefixes bound at this place of a document.
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    bindings: Vec<(&'a str, Space)>,
}

impl<'a> Scope<'a> {
    pub(super) fn len(&self) -> usize {
        self.bindings.len()
    }

    pub(super) fn leave(&mut self, len: usize) {
        self.bindings.truncate(len);
    }

    /// Takes in the declarations of a tag. `outermost`: a default namespace nobody knows is taken for the feed's own there, and for
    /// something foreign anywhere else.
    pub(super) fn enter(&mut self, tag_attributes: &'a str, outermost: bool) {
        if !tag_attributes.contains("xmlns") {
            return;
        }
        for (name, address) in attributes(tag_attributes) {
            let prefix = match name.strip_prefix("xmlns") {
                Some("") => "",
                Some(prefix) if prefix.starts_with(':') => &prefix[1..],
                _ => continue,
            };
            let address = address.to_ascii_lowercase();
            let known = ADDRESSES.iter().find(|(part, _)| address.contains(part)).map(|(_, space)| *space);
            let space = known.or_else(|| of_prefix(prefix)).unwrap_or(match prefix {
                "" if outermost || address.trim().is_empty() => Space::Rss,
                _ => Space::Other,
            });
            if self.bindings.len() < BINDINGS_MAX {
                self.bindings.push((prefix, space));
            }
        }
    }

    /// The namespace and the local name of an element.
    pub(super) fn split<'n>(&self, name: &'n str) -> (Space, &'n str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bindings.iter().rev().find(|(own, _)| *own == prefix).map(|(_, space)| *space);
        let space = bound.or_else(|| of_prefix(prefix)).unwrap_or(if prefix.is_empty() { Space::Rss } else { Space::Other });
        (space, local)
    }
}

fn of_prefix(prefix: &str) -> Option<Space> {
    PREFIXES.iter().find(|(own, _)| *own == prefix).map(|(_, space)| *space)
}

/// What an element of an item tells. Where several tell the same, the lowest number is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title(u8),
    Link,
    /// The site's own address behind a redirector's.
    Original,
    Enclosure,
    Id(u8),
    Content,
    Summary(u8),
    Published(u8),
    Updated(u8),
    Date,
    Author(u8),
    Rating,
    /// Of the feed: how often it wants to be looked at.
    Asks(Said),
    /// Its children are read as if they stood in the item itself.
    Group,
}

impl Field {
    /// Whether the element may hold whole paragraphs, and any other element among them.
    pub(super) const fn is_long(self) -> bool {
        matches!(self, Self::Content | Self::Summary(_) | Self::Title(_) | Self::Author(_))
    }
}

/// What a child of an item tells, if anything.
pub(super) fn field(space: Space, local: &str) -> Option<Field> {
    let mut lower = [0; 16];
    let lower = lower.get_mut(..local.len())?;
    lower.copy_from_slice(local.as_bytes());
    lower.make_ascii_lowercase();
    let local = std::str::from_utf8(lower).ok()?;
    match space {
        Space::Rss | Space::Atom => own(local),
        Space::DublinCore => dublin_core(local),
        Space::Terms => terms(local),
        Space::Content if local == "encoded" => Some(Field::Content),
        Space::Media => media(local),
        Space::Itunes => itunes(local),
        Space::Xhtml if matches!(local, "body" | "div") => Some(Field::Content),
        Space::Redirector if local == "origlink" => Some(Field::Original),
        Space::Other if local == "rating" => Some(Field::Rating),
        _ => None,
    }
}

/// What a child of the feed says of its rhythm, and whether it is one whose own children do.
pub(super) fn rhythm(space: Space, local: &str) -> Option<Field> {
    let is = |name: &str| local.eq_ignore_ascii_case(name);
    let said = match space {
        Space::Rss if is("ttl") => Said::Ttl,
        Space::Rss if is("hour") => Said::SkippedHour,
        Space::Rss if is("day") => Said::SkippedDay,
        Space::Syndication if is("updatePeriod") => Said::Period,
        Space::Syndication if is("updateFrequency") => Said::Frequency,
        Space::Syndication if is("updateBase") => Said::Base,
        _ => return None,
    };
    Some(Field::Asks(said))
}

/// Whether an element of the feed holds hours or days.
pub(super) fn holds_rhythm(local: &str) -> bool {
    local.eq_ignore_ascii_case("skipHours") || local.eq_ignore_ascii_case("skipDays")
}

fn own(local: &str) -> Option<Field> {
    Some(match local {
        "title" => Field::Title(0),
        // `a` is CDF's.
        "link" | "a" => Field::Link,
        "enclosure" => Field::Enclosure,
        "guid" | "id" => Field::Id(0),
        "content" | "body" | "fullitem" | "fulltext" | "encoded" => Field::Content,
        "description" | "summary" | "abstract" => Field::Summary(0),
        "pubdate" | "published" | "issued" => Field::Published(0),
        "created" => Field::Published(2),
        "updated" | "modified" | "lastmod" | "lastbuilddate" => Field::Updated(0),
        "date" => Field::Date,
        "author" | "creator" => Field::Author(0),
        "rating" => Field::Rating,
        _ => return None,
    })
}

fn dublin_core(local: &str) -> Option<Field> {
    Some(match local {
        "title" => Field::Title(1),
        "creator" | "author" => Field::Author(1),
        "date" => Field::Date,
        "description" => Field::Summary(1),
        "identifier" => Field::Id(2),
        _ => return None,
    })
}

fn terms(local: &str) -> Option<Field> {
    Some(match local {
        "issued" => Field::Published(1),
        "created" | "available" => Field::Published(2),
        "modified" => Field::Updated(1),
        "date" => Field::Date,
        "title" => Field::Title(1),
        "creator" => Field::Author(1),
        "abstract" | "description" => Field::Summary(1),
        "identifier" => Field::Id(2),
        _ => return None,
    })
}

fn media(local: &str) -> Option<Field> {
    Some(match local {
        "group" | "content" => Field::Group,
        "title" => Field::Title(3),
        "description" => Field::Summary(3),
        _ => return None,
    })
}

fn itunes(local: &str) -> Option<Field> {
    Some(match local {
        "title" => Field::Title(2),
        "author" => Field::Author(2),
        "summary" => Field::Summary(2),
        "subtitle" => Field::Summary(4),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_its_address_else_by_its_prefix() {
        let mut scope = Scope::default();
        scope.enter(" xmlns='http://www.w3.org/2005/Atom' xmlns:x=\"http://purl.org/dc/elements/1.1/\" xmlns:y='urn:y'", true);
        assert_eq!(scope.split("entry"), (Space::Atom, "entry"));
        assert_eq!(scope.split("x:date"), (Space::DublinCore, "date"));
        assert_eq!(scope.split("y:date"), (Space::Other, "date"));
        assert_eq!(scope.split("content:encoded"), (Space::Content, "encoded"), "forgotten");
        let outside = scope.len();
        scope.enter(" xmlns='urn:foreign'", false);
        assert_eq!(scope.split("title"), (Space::Other, "title"));
        scope.leave(outside);
        assert_eq!(scope.split("title"), (Space::Atom, "title"));
    }

    #[test]
    fn fields_in_any_case() {
        assert_eq!(field(Space::Rss, "pubDate"), Some(Field::Published(0)));
        assert_eq!(field(Space::Rss, "TITLE"), Some(Field::Title(0)));
        assert_eq!(field(Space::Media, "rating"), None, "of whom it is for, not of how good it is");
        assert_eq!(field(Space::Rss, "a-name-longer-than-any"), None);
    }
}
