//! The parts of a mail: where each begins and ends, what it is to us, and its bytes. Found here and not by the library, which goes as deep as
//! a mail is nested; it decodes each part by itself.

use mailparse::{
    MailHeader, MailHeaderMap as _, ParsedContentType, parse_content_disposition, parse_content_type, parse_headers, parse_mail,
};

use super::base64;
use crate::collect::decode::decode;

/// Parts of a mail, all levels together.
pub(super) const PARTS_MAX: usize = 100;

/// Headers of a mail or part are read from this much of it.
pub(super) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// What a part is to us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Parts, with the line between them.
    Parts {
        boundary: String,
        alternative: bool,
        digest: bool,
    },
    Mail,
    /// The headers of one alone.
    Headers,
    Plain,
    Html,
    AttachedPlain,
    AttachedHtml,
    Unread,
    /// A picture in the text, a key, a signature: nobody misses it.
    Nothing,
}

/// The headers of a mail or part, and what follows them.
pub(super) fn head(part: &[u8]) -> Option<(Vec<MailHeader<'_>>, &[u8])> {
    let (headers, end) = parse_headers(&part[..part.len().min(HEAD_BYTES_MAX)]).ok()?;
    Some((headers, &part[end..]))
}

/// What a part is to us, by its headers.
pub(super) fn kind(headers: &[MailHeader<'_>], digest: bool) -> Kind {
    let stated = headers.get_first_value("Content-Type");
    if stated.is_none() && digest {
        return Kind::Mail;
    }
    let content = stated.map_or_else(ParsedContentType::default, |value| parse_content_type(&value));
    let disposition = headers.get_first_value("Content-Disposition").unwrap_or_default();
    let is_attached = disposition.trim().to_ascii_lowercase().starts_with("attachment");
    let name = parse_content_disposition(&disposition).params.get("filename").or_else(|| content.params.get("name")).cloned();
    let name = name.unwrap_or_default().trim().to_ascii_lowercase();
    let mimetype = content.mimetype.to_ascii_lowercase();
    match mimetype.as_str() {
        "message/rfc822" | "message/global" => Kind::Mail,
        "text/rfc822-headers" => Kind::Headers,
        // What no program knows is a file; people who save a mail or a text and attach it mean it to be read.
        _ if mimetype.starts_with("application/") && name.ends_with(".eml") => Kind::Mail,
        _ if mimetype.starts_with("application/") && name.ends_with(".txt") => Kind::AttachedPlain,
        "text/html" => {
            if is_attached {
                Kind::AttachedHtml
            } else {
                Kind::Html
            }
        }
        "text/plain" => {
            if is_attached {
                Kind::AttachedPlain
            } else {
                Kind::Plain
            }
        }
        "text/csv" | "text/markdown" => Kind::AttachedPlain,
        _ => match mimetype.strip_prefix("multipart/") {
            Some(subtype) => Kind::Parts {
                boundary: content.params.get("boundary").map(|boundary| format!("--{boundary}")).unwrap_or_default(),
                alternative: subtype == "alternative",
                digest: subtype == "digest",
            },
            None if is_attached => Kind::Unread,
            None => Kind::Nothing,
        },
    }
}

/// A part's bytes, its transfer encoding undone as far as it is one.
pub(super) fn raw(part: &[u8]) -> Option<Vec<u8>> {
    let (headers, body) = head(part)?;
    let encoding = headers.get_first_value("Content-Transfer-Encoding").unwrap_or_default();
    let is_base64 = encoding.trim().eq_ignore_ascii_case("base64");
    if is_base64 && !base64::is_unmixed(body) {
        return Some(base64::decoded(body));
    }
    let sound = parse_mail(part).ok().and_then(|mail| mail.get_body_raw().ok());
    Some(sound.unwrap_or_else(|| if is_base64 { base64::decoded(body) } else { body.to_vec() }))
}

/// The text of a part that is no multipart: its transfer encoding undone, its charset settled as every document's is.
pub(super) fn content(part: &[u8], headers: &[MailHeader<'_>]) -> Option<String> {
    let bytes = raw(part)?;
    let content_type = headers.get_first_value("Content-Type");
    Some(decode(&bytes, content_type.as_deref()).text)
}

/// The parts between lines that begin with the boundary; the last one may lack its end.
pub(super) fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    if boundary.len() < 3 {
        return parts;
    }
    let (mut begun, mut at) = (None, 0);
    while at < body.len() && parts.len() < PARTS_MAX {
        let end = body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |found| at + found + 1);
        if body[at..end].starts_with(boundary) {
            if let Some(begin) = begun {
                parts.push(&body[begin..at]);
            }
            if body[at + boundary.len()..end].starts_with(b"--") {
                return parts;
            }
            begun = Some(end);
        }
        at = end;
    }
    parts.extend(begun.filter(|begin| *begin < body.len()).map(|begin| &body[begin..]));
    parts
}
