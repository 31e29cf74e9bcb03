//! Entries as the source wrote them to items as we keep them: plain text, absolute links, sound numbers and times.

pub mod extra;
mod halves;
pub mod identity;
pub mod rating;
pub mod text;
pub mod time;

use std::collections::HashSet;

use url::Url;

use super::extract::{Context, Raw};
use super::guard::guarded;
use crate::model::{Fingerprint, Identity, Item};

/// Stored of a text, for the store and a mail are bounded by it. Of a longer one that is what stands around the hits.
pub(crate) const TEXT_BYTES_MAX: usize = 32 * 1024;

/// Read and judged of a text: a thread of a thousand answers in one entry, a day's digest in one mail. Judging takes time by its length, and
/// a document may have hundreds of entries.
pub const READ_BYTES_MAX: usize = 256 * 1024;

/// Markup is a multiple of its text.
const MARKUP_BYTES_MAX: usize = 4 * 1024 * 1024;

const TITLE_BYTES_MAX: usize = 1024;
const AUTHOR_BYTES_MAX: usize = 256;
const ID_BYTES_MAX: usize = 2048;
const LINK_BYTES_MAX: usize = 4096;

/// An item with what it is recognised by.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub item: Item,
    pub identity: Identity,
    pub fingerprint: Fingerprint,
    /// Nothing but its words tells it from others, and its identity is one of words.
    pub by_words: bool,
}

impl Found {
    /// Whether there is anything to judge: words or a rating.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.item.title.is_some() || !self.item.text.is_empty() || self.item.rating.is_some()
    }

    /// Whether it can be told from others by its content alone.
    fn is_anonymous(&self) -> bool {
        self.item.id.is_none() && self.item.url.is_none()
    }
}

/// Normalises the entries of one document. `rating_max` is the source's own scale. An entry that stands there twice under
/// one id or link is one. What has neither stays each for itself (two short answers of a thread may say the same), and so do
/// entries that say nothing at all: that a document is full of them is worth knowing.
#[must_use]
pub fn normalise(source: &str, raws: Vec<Raw>, rating_max: Option<f64>, context: &Context<'_>) -> Vec<Found> {
    let mut base = OwnBase::default();
    let items: Vec<Item> = raws
        .into_iter()
        .map(|raw| {
            let base = base.of(&raw, context);
            // What we cannot tidy is judged as its author wrote it: no warning is lost, and no other entry.
            let item = guarded(|| item(&raw, rating_max, base)).unwrap_or_else(|| as_written(&raw));
            Item { extra: raw.extra, ..item }
        })
        .collect();
    let fingerprints: Vec<Fingerprint> = items.iter().map(identity::fingerprint).collect();
    let identities = identity::identities_by(source, &items, &fingerprints);
    let mut seen = HashSet::with_capacity(items.len());
    let marks = identities.into_iter().zip(fingerprints);
    let found =
        items.into_iter().zip(marks).map(|(item, ((identity, by_words), fingerprint))| Found { item, identity, fingerprint, by_words });
    found.filter(|found| found.is_anonymous() || seen.insert(found.identity)).collect()
}

/// What the links of an entry are relative to where it is not the document: mostly the same for all of them.
#[derive(Default)]
struct OwnBase(Option<(String, Option<Url>)>);

impl OwnBase {
    fn of<'b>(&'b mut self, raw: &Raw, context: &Context<'b>) -> &'b Url {
        let Some(stated) = &raw.base else { return context.base };
        if self.0.as_ref().is_none_or(|(last, _)| last != stated) {
            self.0 = Some((stated.clone(), guarded(|| context.base.join(stated).ok()).flatten()));
        }
        self.0.as_ref().and_then(|(_, base)| base.as_ref()).unwrap_or(context.base)
    }
}

/// All but what the source says besides.
fn item(raw: &Raw, rating_max: Option<f64>, base: &Url) -> Item {
    let id = raw.id.as_deref().map(|id| cut(id, ID_BYTES_MAX).to_owned());
    // A permalink guid is often the only link there is.
    let link = raw.link.as_deref().or(id.as_deref().filter(|id| id.starts_with("http://") || id.starts_with("https://")));
    let (rating, stated) = raw.rating.as_deref().and_then(rating::parse).map_or((None, None), |(rating, scale)| (Some(rating), scale));
    let (text, cut_bytes) = raw.text.as_deref().map(|text| plain_and_cut(text, READ_BYTES_MAX)).unwrap_or_default();
    Item {
        url: link.and_then(|link| absolute(link, base)),
        id,
        title: raw.title.as_deref().map(|title| single_line(title, TITLE_BYTES_MAX)).filter(|title| !title.is_empty()),
        text,
        cut_bytes,
        author: raw.author.as_deref().map(|author| single_line(author, AUTHOR_BYTES_MAX)).filter(|author| !author.is_empty()),
        rating,
        rating_max: rating.and(stated.or(rating_max).or(raw.scale)),
        published: raw.published,
        updated: raw.updated,
        ..Item::default()
    }
}

/// An entry whose markup, links or rating we fail on.
fn as_written(raw: &Raw) -> Item {
    let kept = |text: &Option<String>, bytes: usize| {
        let text = text.as_deref().map(|text| cut(text, bytes).replace(char::is_control, " "));
        text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    Item {
        id: raw.id.as_deref().map(|id| cut(id, ID_BYTES_MAX).to_owned()),
        title: kept(&raw.title, TITLE_BYTES_MAX),
        text: kept(&raw.text, READ_BYTES_MAX).unwrap_or_default(),
        cut_bytes: raw.text.as_deref().map_or(0, |text| text.len().saturating_sub(READ_BYTES_MAX)),
        author: kept(&raw.author, AUTHOR_BYTES_MAX),
        published: raw.published,
        updated: raw.updated,
        ..Item::default()
    }
}

/// An absolute http or https address; anything else (`javascript:`, `data:`, nonsense) is no link.
fn absolute(link: &str, base: &Url) -> Option<String> {
    let link = link.trim();
    if link.is_empty() || link.len() > LINK_BYTES_MAX {
        return None;
    }
    let url = base.join(link).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    Some(url.into())
}

fn plain(markup: &str, bytes: usize) -> String {
    plain_and_cut(markup, bytes).0
}

/// The text, and how many bytes behind it are left out.
fn plain_and_cut(markup: &str, bytes: usize) -> (String, usize) {
    let read = cut(markup, MARKUP_BYTES_MAX);
    let mut text = text::from_markup(read);
    let whole = text.len() + (markup.len() - read.len());
    text.truncate(text.floor_char_boundary(bytes));
    let left_out = whole - text.len();
    (text, left_out)
}

fn single_line(markup: &str, bytes: usize) -> String {
    let text = plain(markup, bytes);
    if text.contains('\n') { text.replace('\n', " ") } else { text }
}

fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::model::Moment;

    fn normalised(raw: Raw) -> Vec<Found> {
        let base = Url::parse("https://shop.example/feeds/all").expect("an address");
        let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 10 };
        normalise("shop", vec![raw.clone(), raw], Some(5.0), &context)
    }

    #[test]
    fn an_entry_becomes_one_item() {
        let raw = Raw {
            link: Some("../r/1".into()),
            title: Some("太 <b>慢</b>\n了".into()),
            text: Some("<p>等了十天</p><script>x</script>".into()),
            rating: Some("2".into()),
            ..Raw::default()
        };
        let found = normalised(raw);
        assert_eq!(found.len(), 1, "twice the same is one");
        let item = &found[0].item;
        assert_eq!((item.url.as_deref(), item.title.as_deref()), (Some("https://shop.example/r/1"), Some("太 慢 了")));
        assert_eq!((item.text.as_str(), item.rating, item.rating_max), ("等了十天", Some(2.0), Some(5.0)));
    }

    #[test]
    fn dangerous_links_are_no_links() {
        for link in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://", " "] {
            let found = normalised(Raw { link: Some(link.into()), title: Some("x".into()), ..Raw::default() });
            assert_eq!(found[0].item.url, None, "{link}");
        }
    }

    #[test]
    fn what_cannot_be_tidied_is_taken_as_it_is_written() {
        let raw = Raw {
            id: Some("7".into()),
            title: Some("\n".into()),
            text: Some(format!("<p>{}\u{1}", "漏".repeat(20_000))),
            ..Raw::default()
        };
        let item = as_written(&raw);
        assert_eq!((item.id.as_deref(), item.title.as_deref()), (Some("7"), None));
        assert!(item.text.starts_with("<p>漏") && item.text.len() <= READ_BYTES_MAX, "{} bytes", item.text.len());
    }

    #[test]
    fn limits_hold() {
        let found = normalised(Raw { text: Some("評".repeat(100_000)), ..Raw::default() });
        let item = &found[0].item;
        assert!(item.text.len() <= READ_BYTES_MAX && item.text.ends_with('評'));
        assert_eq!(item.cut_bytes, 300_000 - item.text.len(), "and what is left out is known");
        let long = normalised(Raw { text: Some("評".repeat(20_000)), ..Raw::default() });
        assert_eq!((long[0].item.text.len(), long[0].item.cut_bytes), (60_000, 0), "a long text is read whole");
        let anonymous = normalised(Raw { text: Some("+1".into()), ..Raw::default() });
        assert_eq!(anonymous.len(), 2, "two answers that say the same");
        let silent = normalised(Raw::default());
        assert_eq!(silent.iter().map(Found::says_something).collect::<Vec<_>>(), [false, false], "entries that say nothing");
    }
}
