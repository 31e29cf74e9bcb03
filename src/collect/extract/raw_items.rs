//! Which entries of a feed need not be read again: those that stand there, byte for byte, as the last good poll read them.
//!
//! A feed of fifty entries shows five new ones; reading the other forty-five again costs ten times the new ones. Skipping changes nothing
//! of what is read: it is done only where each entry is known by an id or a link of its own, where all that stands around the entries is
//! as it was, and where the rest reads without any repair. Whatever is odd about a document has it read whole.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;
use std::time::Duration;

use aho_corasick::AhoCorasick;
use regex::Regex;
use url::Url;

use crate::collect::hash;
use crate::collect::normalise::{Found, identity};
use crate::model::{Identity, Moment};

/// First byte of what is remembered: another way of reading needs another number, and then everything is read once more.
const VERSION: u8 = 2;
/// Version, key, moment, mark of the frame and of the address.
const HEAD_BYTES: usize = 2 + 8 + MARK_BYTES + 8;
const MARK_BYTES: usize = 16;
const ENTRY_BYTES: usize = MARK_BYTES + 8;
/// Entries that are skipped are remembered as seen this often: the store needs it only to forget, months later, what has left the source.
const TOUCH_EVERY: Duration = Duration::from_hours(24);

/// Where entries begin and end; the parser knows these names in lower case only.
static ENDS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(["<item", "</item", "<entry", "</entry"]).expect("four words are few enough"));
/// What differs from one document to the next and says nothing about any entry.
static CLOCKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("<(?:lastBuildDate|pubDate|updated|modified|dc:date)>[^<]*</(?:lastBuildDate|pubDate|updated|modified|dc:date)>")
        .expect("the pattern is valid")
});

type Mark = [u8; MARK_BYTES];

/// A document cut into its entries and what stands around them.
pub struct Cut<'t> {
    text: &'t str,
    spans: Vec<Range<usize>>,
    marks: Vec<Mark>,
    frame: Mark,
    base: i64,
}

/// By what the entries of a document are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Id = 1,
    Link = 2,
}

/// The entries of the last good poll.
pub struct Shown {
    key: Key,
    touched_at: Moment,
    frame: Mark,
    base: i64,
    entries: HashMap<Mark, Identity>,
}

/// What is left to read of a document.
pub struct Rest {
    /// The document without the entries that are known.
    pub text: String,
    /// How many entries it has.
    pub entries: usize,
    /// Of the known ones, in order.
    pub known: Vec<Identity>,
    /// Of every entry of the document, in order, whether it is known.
    pub order: Vec<bool>,
}

impl<'t> Cut<'t> {
    /// None where the entries are not plainly told from the rest: nested, of two kinds, more than are read of one document.
    #[must_use]
    pub fn of(text: &'t str, base: &Url, max_items: usize) -> Option<Self> {
        let spans = spans(text)?;
        if spans.is_empty() || spans.len() > max_items {
            return None;
        }
        let mut frame = String::new();
        let mut at = 0;
        for span in &spans {
            frame.push_str(text[at..span.start].trim());
            frame.push('\n');
            at = span.end;
        }
        // How many entries there are is not what stands around them.
        let mut frame: String = frame.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        frame.push_str(text[at..].trim());
        let frame = hash::mark(CLOCKS.replace_all(&frame, "").as_bytes());
        let marks = spans.iter().map(|span| hash::mark(&text.as_bytes()[span.clone()])).collect();
        Some(Self { text, spans, marks, frame, base: hash::stable_i64(&[base.as_str().as_bytes()]) })
    }

    /// How many entries the document has.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.spans.len()
    }

    /// What to remember of a document that was read whole, and without repairs; none where its entries cannot be told apart by themselves.
    #[must_use]
    pub fn remember(&self, found: &[Found], now: Moment) -> Option<Vec<u8>> {
        let key = key(found).filter(|_| found.len() == self.count())?;
        // The parser may give its entries in another order than the document's: then a mark would stand for another's identity.
        let in_order = self.spans.iter().zip(found).all(|(span, found)| stands_in(&self.text[span.clone()], found, key));
        let marks = self.marks.iter().copied().zip(found.iter().map(|found| found.identity));
        in_order.then(|| self.write(key, now, marks))
    }

    fn write(&self, key: Key, touched_at: Moment, entries: impl Iterator<Item = (Mark, Identity)>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.count() * ENTRY_BYTES);
        bytes.extend([VERSION, key as u8]);
        bytes.extend(touched_at.0.to_le_bytes());
        bytes.extend(self.frame);
        bytes.extend(self.base.to_le_bytes());
        for (mark, identity) in entries {
            bytes.extend(mark);
            bytes.extend(identity.0.to_le_bytes());
        }
        bytes
    }
}

impl Shown {
    /// Reads what was remembered; none where another release wrote it or it is damaged.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (head, entries) = bytes.split_at_checked(HEAD_BYTES)?;
        let key = match head[1] {
            1 => Key::Id,
            2 => Key::Link,
            _ => return None,
        };
        if head[0] != VERSION || entries.len() % ENTRY_BYTES != 0 {
            return None;
        }
        let number = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).ok();
        let entries = entries.chunks_exact(ENTRY_BYTES).map(|entry| {
            let (mark, identity) = entry.split_at(MARK_BYTES);
            Some((mark.try_into().ok()?, Identity(number(identity)?)))
        });
        Some(Self {
            key,
            touched_at: Moment(number(&head[2..10])?),
            frame: head[10..10 + MARK_BYTES].try_into().ok()?,
            base: number(&head[10 + MARK_BYTES..])?,
            entries: entries.collect::<Option<_>>()?,
        })
    }

    /// Whether the entries that are skipped are to be remembered as seen now.
    #[must_use]
    pub fn touches(&self, now: Moment) -> bool {
        now < self.touched_at || now.since(self.touched_at) >= TOUCH_EVERY
    }

    /// What of a document is left to read; none where all of it has to be.
    #[must_use]
    pub fn rest_of(&self, cut: &Cut<'_>) -> Option<Rest> {
        if self.frame != cut.frame || self.base != cut.base {
            return None;
        }
        let distinct: HashSet<&Mark> = cut.marks.iter().collect();
        if distinct.len() != cut.count() {
            return None;
        }
        let mut rest = Rest { text: String::new(), entries: 0, known: Vec::new(), order: Vec::new() };
        let mut at = 0;
        for (span, mark) in cut.spans.iter().zip(&cut.marks) {
            rest.order.push(self.entries.contains_key(mark));
            match self.entries.get(mark) {
                Some(identity) => {
                    rest.text.push_str(&cut.text[at..span.start]);
                    rest.known.push(*identity);
                }
                None => {
                    rest.text.push_str(&cut.text[at..span.end]);
                    rest.entries += 1;
                }
            }
            at = span.end;
        }
        rest.text.push_str(&cut.text[at..]);
        (!rest.known.is_empty()).then_some(rest)
    }

    /// What to remember after the rest was read as `found`; none where the new entries are not told apart from the known ones by themselves,
    /// and then the document has to be read whole.
    #[must_use]
    pub fn remember(&self, cut: &Cut<'_>, found: &[Found], now: Moment) -> Option<Vec<u8>> {
        let told_apart = found.is_empty() || key(found) == Some(self.key);
        let known: HashSet<Identity> = cut.marks.iter().filter_map(|mark| self.entries.get(mark).copied()).collect();
        if !told_apart || found.iter().any(|found| known.contains(&found.identity)) {
            return None;
        }
        let fresh = cut.spans.iter().zip(&cut.marks).filter(|(_, mark)| !self.entries.contains_key(*mark));
        let pairs: Vec<_> = fresh.zip(found).collect();
        if !pairs.iter().all(|((span, _), found)| stands_in(&cut.text[(*span).clone()], found, self.key)) {
            return None;
        }
        let mut identities = self.entries.clone();
        identities.extend(pairs.iter().map(|((_, mark), found)| (**mark, found.identity)));
        let entries = cut.marks.iter().filter_map(|mark| Some((*mark, *identities.get(mark)?)));
        Some(cut.write(self.key, if self.touches(now) { now } else { self.touched_at }, entries))
    }
}

/// Where each entry stands; none where one has no end, stands in another, or there are two kinds.
fn spans(text: &str) -> Option<Vec<Range<usize>>> {
    let mut spans = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut kind = None;
    for found in ENDS.find_iter(text) {
        let word = found.pattern().as_usize();
        let follows = text.as_bytes().get(found.end()).copied().unwrap_or(b' ');
        if !matches!(follows, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n') {
            // `<items>` and the like.
            continue;
        }
        if follows == b'/' || *kind.get_or_insert(word / 2) != word / 2 {
            return None;
        }
        match (open, word % 2) {
            (None, 0) => open = Some((found.start(), word)),
            (Some((start, _)), 1) => {
                let end = found.end() + text[found.end()..].find('>')? + 1;
                spans.push(start..end);
                open = None;
            }
            _ => return None,
        }
    }
    open.is_none().then_some(spans)
}

/// By what these entries are told apart, each by itself; none where that depends on the others. As `identity::identities` decides.
fn key(found: &[Found]) -> Option<Key> {
    if found.iter().any(|found| !found.says_something()) {
        return None;
    }
    let ids: HashSet<&str> = found.iter().filter_map(|found| found.item.id.as_deref()).collect();
    if ids.len() == found.len() {
        return Some(Key::Id);
    }
    let links: HashSet<String> = found.iter().filter_map(|found| found.item.url.as_deref().map(identity::normal_link)).collect();
    (ids.is_empty() && links.len() == found.len()).then_some(Key::Link)
}

/// Whether the entry's key stands in its own text. Escapes other than that of `&` make it unknown, and nothing is skipped then.
fn stands_in(span: &str, found: &Found, key: Key) -> bool {
    let word = match key {
        Key::Id => found.item.id.as_deref().unwrap_or_default(),
        // A relative link is a part of the resolved one, whose end both share.
        Key::Link => found.item.url.as_deref().and_then(|url| url.rsplit('/').find(|part| !part.is_empty())).unwrap_or_default(),
    };
    !word.is_empty() && (span.contains(word) || (word.contains('&') && span.contains(&word.replace('&', "&amp;"))))
}
