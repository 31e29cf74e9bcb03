//! What an element's content is: markup, markup escaped, plain text, or either of them in Base64.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use super::entity::{Entities, Write, escaped};
use super::names::{Field, Space};
use super::token::{Token, Tokens, attribute};
use crate::collect::extract::Context;

/// Roots of feeds, in any case; RSS 1.1 and CDF begin with their channel.
const ROOTS: &[&str] = &["rss", "feed", "rdf", "channel", "item", "items", "entry", "rss2", "atom"];

/// Closing tags that tell of markup where its author did not.
const MARKUP: &[&str] = &["</p>", "</a>", "</div>", "</span>", "</b>", "</strong>", "</em>", "</i>", "</li>", "<br", "<p>", "<img "];

const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// How the content of a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Markup, escaped or in CDATA.
    Markup,
    Plain,
    /// Plain for want of a word about it.
    PlainUnsaid,
    Base64 {
        plain: bool,
    },
}

impl Form {
    /// RSS means markup wherever it says nothing, Atom plain text.
    pub(super) fn of(field: Field, space: Space, atom: bool, attributes: &str) -> Self {
        if !matches!(field, Field::Title(_) | Field::Content | Field::Summary(_)) {
            return Self::Markup;
        }
        let says = space == Space::Atom || (atom && space == Space::Rss);
        if !says && attributes.is_empty() {
            return Self::Markup;
        }
        let kind = attribute(attributes, "type").map(|kind| kind.trim().to_ascii_lowercase());
        let plain = match kind.as_deref() {
            None => true,
            Some(kind) => kind == "text" || (kind.starts_with("text/") && !kind.contains("html") && !kind.contains("xml")),
        };
        let textual = kind.as_deref().is_none_or(|kind| !kind.contains('/') || kind.starts_with("text/") || kind.ends_with("xml"));
        let mode = attribute(attributes, "mode").map(|mode| mode.trim().to_ascii_lowercase());
        if mode.as_deref() == Some("base64") || attribute(attributes, "encoding") == Some("base64") || (says && !textual) {
            return Self::Base64 { plain: plain && kind.is_some() };
        }
        match plain {
            _ if !says => Self::Markup,
            true if kind.is_none() => Self::PlainUnsaid,
            true => Self::Plain,
            false => Self::Markup,
        }
    }

    pub(super) const fn write(self) -> Write {
        match self {
            Self::Plain | Self::PlainUnsaid => Write::Plain,
            Self::Markup | Self::Base64 { .. } => Write::Markup,
        }
    }

    /// CDATA: without references.
    pub(super) fn literal(self, text: &str, out: &mut String) {
        match self.write() {
            Write::Plain => out.push_str(&escaped(text)),
            Write::Markup => out.push_str(text),
        }
    }

    /// The content as markup.
    pub(super) fn finish(self, text: String, field: Field) -> String {
        match self {
            Self::Base64 { plain } => from_base64(text, plain),
            // Many sites leave out that their texts are markup. A title says what it says: "the <b> tag".
            Self::PlainUnsaid if !matches!(field, Field::Title(_)) && looks_like_markup(&text) => {
                text.replace("&lt;", "<").replace("&amp;", "&")
            }
            _ => text,
        }
    }
}

/// As it is where it is no Base64, or no text.
fn from_base64(text: String, plain: bool) -> String {
    let letters: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let decoded = BASE64.decode(&letters).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded {
        Some(decoded) if plain => escaped(&decoded),
        Some(decoded) => decoded,
        None => text,
    }
}

fn looks_like_markup(escaped_text: &str) -> bool {
    let lower = escaped_text.to_ascii_lowercase().replace("&lt;", "<");
    MARKUP.iter().any(|tag| lower.contains(tag))
}

/// The inside of an element that has elements of its own, without their prefixes and attributes.
pub(super) fn inline(inside: &str, entities: &Entities<'_>) -> String {
    let mut out = String::with_capacity(inside.len());
    for token in Tokens::new(inside) {
        match token {
            Token::Open(tag) => {
                out.push('<');
                out.push_str(local(tag.name));
                out.push_str(if tag.empty { "/>" } else { ">" });
            }
            Token::Close { name, .. } => {
                out.push_str("</");
                out.push_str(local(name));
                out.push('>');
            }
            Token::Text(text) => entities.resolve(text, Write::Plain, &mut out),
            Token::Cdata(text) => out.push_str(&escaped(text)),
        }
    }
    out
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

pub(super) fn is_root(local: &str) -> bool {
    ROOTS.iter().any(|root| root.eq_ignore_ascii_case(local))
}

/// Takes in the address of the site a feed is about, or else the feed's own (`true`), as its links say.
pub(super) fn site(known: &mut Option<(Url, bool)>, attributes: &str, text: &str, base: Option<&Url>, context: &Context<'_>) {
    let is_own = match attribute(attributes, "rel").map(str::trim) {
        None | Some("alternate") => false,
        Some("self") => true,
        Some(_) => return,
    };
    if known.as_ref().is_some_and(|(_, own)| !own || is_own) {
        return;
    }
    let href = attribute(attributes, "href").map_or_else(|| text.trim().to_owned(), super::draft::unescape);
    let Ok(url) = base.unwrap_or(context.base).join(&href) else { return };
    if !href.is_empty() && matches!(url.scheme(), "http" | "https") && url.has_host() {
        *known = Some((url, is_own));
    }
}
