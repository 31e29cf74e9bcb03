//! Bytes to text: the charset is settled before anything is parsed, by the bytes first and the labels after.
//!
//! Order: byte order mark; UTF-16 and UTF-32 by pattern; bytes that are UTF-8 with a multi-byte sequence, whatever the
//! labels say; the HTTP charset; the XML declaration or `meta`; a guess. A Latin label is believed last: servers add
//! it to everything. XML declarations are dropped afterwards, since one that disagrees makes the feed parser panic.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GBK, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

/// Declarations and `meta` stand at the beginning; looking further only finds them in quoted text.
const LABEL_WITHIN: usize = 4096;

/// With it ISO-2022-JP switches to other characters; a text without it is ASCII under every label.
const ESCAPE: u8 = 0x1b;

/// A guess is as good after this much.
const GUESS_WITHIN: usize = 256 * 1024;

/// The text, and under which charset it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    pub charset: &'static str,
    /// Some bytes were no characters and became U+FFFD.
    pub damaged: bool,
}

/// Decodes a document. `content_type` is the HTTP header. Never fails: what cannot be read becomes U+FFFD.
#[must_use]
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let mut decoded = wide(bytes).unwrap_or_else(|| by_label_or_guess(bytes, content_type));
    if decoded.text.starts_with('\u{feff}') {
        decoded.text.remove(0);
    }
    decoded.text = without_declarations(decoded.text);
    decoded
}

/// UTF-8 by its mark, UTF-16 and UTF-32 by mark or by where their zeros are.
fn wide(bytes: &[u8]) -> Option<Decoded> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Some(with(UTF_8, rest)),
        [0xff, 0xfe, 0, 0, rest @ ..] => Some(utf32(rest, u32::from_le_bytes, "UTF-32LE")),
        [0, 0, 0xfe, 0xff, rest @ ..] => Some(utf32(rest, u32::from_be_bytes, "UTF-32BE")),
        [0xff, 0xfe, rest @ ..] => Some(with(UTF_16LE, rest)),
        [0xfe, 0xff, rest @ ..] => Some(with(UTF_16BE, rest)),
        [a, 0, 0, 0, b, 0, 0, 0, ..] if *a != 0 && *b != 0 => Some(utf32(bytes, u32::from_le_bytes, "UTF-32LE")),
        [0, 0, 0, a, 0, 0, 0, b, ..] if *a != 0 && *b != 0 => Some(utf32(bytes, u32::from_be_bytes, "UTF-32BE")),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(with(UTF_16LE, bytes)),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(with(UTF_16BE, bytes)),
        _ => None,
    }
}

fn utf32(bytes: &[u8], read: fn([u8; 4]) -> u32, charset: &'static str) -> Decoded {
    let characters = bytes.chunks_exact(4).map(|chunk| char::from_u32(read([chunk[0], chunk[1], chunk[2], chunk[3]])));
    let damaged = characters.clone().any(|c| c.is_none()) || !bytes.len().is_multiple_of(4);
    Decoded { text: characters.map(|c| c.unwrap_or('\u{fffd}')).collect(), charset, damaged }
}

fn by_label_or_guess(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let http = content_type.and_then(charset_parameter).and_then(label);
    if bytes.is_ascii() {
        let labels = || [http, inner_label(bytes)].into_iter().flatten();
        let switching = bytes.contains(&ESCAPE) && labels().any(|encoding| encoding == ISO_2022_JP);
        return with(if switching { ISO_2022_JP } else { UTF_8 }, bytes);
    }
    if is_utf8(bytes) {
        return with(UTF_8, bytes);
    }
    let inside = inner_label(bytes);
    let labels: Vec<&'static Encoding> = [http, inside].into_iter().flatten().collect();
    let believed = labels.iter().copied().filter(|encoding| !is_latin(encoding));
    let mut tries: Vec<Decoded> = believed.map(|encoding| with(encoding, bytes)).collect();
    if let Some(clean) = tries.iter().position(|decoded| !decoded.damaged) {
        return tries.swap_remove(clean);
    }
    let guess = guess(bytes);
    if tries.is_empty() {
        // Only a guess that shows real structure outweighs a Latin label.
        let latin = labels.first().copied().filter(|_| guess.is_single_byte());
        return with(latin.unwrap_or(guess), bytes);
    }
    // Every label fails somewhere. A few bad bytes are damage; a label that is wrong fails all over.
    let labelled = tries.swap_remove(0);
    let guessed = with(guess, bytes);
    let bad = |decoded: &Decoded| decoded.text.matches('\u{fffd}').count();
    let wrong = bad(&labelled) > bytes.len() / 50;
    if wrong && !guess.is_single_byte() && bad(&guessed) * 4 < bad(&labelled) { guessed } else { labelled }
}

fn with(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, damaged) = encoding.decode_without_bom_handling(bytes);
    Decoded { text: text.into_owned(), charset: encoding.name(), damaged }
}

/// Valid but for a character cut off at the very end.
fn is_utf8(bytes: &[u8]) -> bool {
    // This one looks at many bytes at a time; the other one says how it ends.
    let (valid, rest) = bytes.split_at(Encoding::utf8_valid_up_to(bytes));
    match std::str::from_utf8(rest) {
        Ok(rest) => rest.is_empty(),
        Err(error) => error.error_len().is_none() && error.valid_up_to() == 0 && !valid.is_ascii(),
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(&bytes[..bytes.len().min(GUESS_WITHIN)], true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    // GB18030 contains GBK, and `encoding_rs` reads both with the same decoder.
    if guess == encoding_rs::GB18030 { GBK } else { guess }
}

fn label(text: &str) -> Option<&'static Encoding> {
    let text = text.trim().trim_matches(['"', '\'']);
    // Wide charsets were recognised by their bytes: here the label is wrong.
    Encoding::for_label(text.as_bytes()).filter(|encoding| encoding.is_ascii_compatible() || *encoding == ISO_2022_JP)
}

fn is_latin(encoding: &'static Encoding) -> bool {
    encoding == encoding_rs::WINDOWS_1252
}

/// The `charset` parameter of a content type.
fn charset_parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

/// `encoding="..."` of an XML declaration or `charset=...` of a `meta`, whichever comes first.
fn inner_label(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(LABEL_WITHIN)]).to_ascii_lowercase();
    let declared = head.find("<?xml").and_then(|at| {
        let declaration = &head[at..head[at..].find('>').map_or(head.len(), |end| at + end)];
        value_after(declaration, "encoding")
    });
    let declared = declared.or_else(|| {
        let metas = head.match_indices("<meta").map(|(at, _)| &head[at..head[at..].find('>').map_or(head.len(), |end| at + end)]);
        metas.filter_map(|meta| value_after(meta, "charset")).next()
    });
    declared.and_then(label)
}

fn value_after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = text[text.find(key)? + key.len()..].trim_start().strip_prefix('=')?.trim_start();
    let rest = rest.trim_start_matches(['"', '\'']);
    let end = rest.find(|c: char| matches!(c, '"' | '\'' | ';' | '>' | '?') || c.is_whitespace()).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// Removes every `<?xml ...?>`, wherever it stands; other processing instructions stay.
fn without_declarations(text: String) -> String {
    const OPEN: &str = "<?xml";
    if !text.contains(OPEN) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    // `contains` is much the faster of the two where there is nothing more to find.
    while rest.contains(OPEN)
        && let Some(at) = rest.find(OPEN)
    {
        out.push_str(&rest[..at]);
        let after = &rest[at + OPEN.len()..];
        let is_declaration = after.starts_with(|c: char| c.is_whitespace() || c == '?');
        let end = if is_declaration { after.find('>') } else { None };
        rest = match end {
            Some(end) => &after[end + 1..],
            None => {
                out.push_str(OPEN);
                after
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<rss><title>這家店的物流太慢了，等了十天還沒收到</title></rss>";

    fn encoded(encoding: &'static Encoding, text: &str) -> Vec<u8> {
        encoding.encode(text).0.into_owned()
    }

    #[test]
    fn utf8_wins_over_every_label() {
        for label in ["text/xml; charset=gbk", "text/xml; charset=iso-8859-1", "text/xml"] {
            let bytes = format!("<?xml version='1.0' encoding='big5'?>{TEXT}");
            assert_eq!(decode(bytes.as_bytes(), Some(label)).text, TEXT, "{label}");
        }
    }

    #[test]
    fn labels_decide_where_bytes_do_not() {
        let big5 = encoded(encoding_rs::BIG5, TEXT);
        assert_eq!(decode(&big5, Some("text/html; charset=\"Big5\"")).text, TEXT);
        let meta = [b"<meta charset=big5>".to_vec(), big5.clone()].concat();
        assert_eq!(decode(&meta, None).text, format!("<meta charset=big5>{TEXT}"));
        assert_eq!(decode(&big5, Some("text/html; charset=iso-8859-1")).text, TEXT, "a Latin label is not believed");
        let gbk = encoded(GBK, "<rss>快递太慢了，客服态度也很差，要求退款</rss>");
        assert!(decode(&gbk, Some("text/xml; charset=utf-8")).text.contains("快递太慢了"), "declared as UTF-8");
    }

    #[test]
    fn wide_charsets_with_and_without_their_mark() {
        let le: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let wide: Vec<u8> = TEXT.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        for bytes in [le.clone(), be, wide, [vec![0xff, 0xfe], le].concat()] {
            assert_eq!(decode(&bytes, Some("text/xml; charset=utf-8")).text, TEXT);
        }
    }

    #[test]
    fn a_few_bad_bytes_do_not_change_the_charset() {
        let mut bytes = TEXT.repeat(20).into_bytes();
        bytes.insert(5, 0xe9);
        let decoded = decode(&bytes, Some("text/xml; charset=utf-8"));
        assert!(decoded.damaged && decoded.text.contains("物流太慢"), "{}", decoded.charset);
    }

    #[test]
    fn every_declaration_goes_and_style_sheets_stay() {
        let text = "\n<?xml version=\"1.0\"?><?xml-stylesheet href='a'?><rss><?xml version='1.0' encoding='koi8-r' ?></rss>";
        assert_eq!(decode(text.as_bytes(), None).text, "\n<?xml-stylesheet href='a'?><rss></rss>");
        assert_eq!(decode(b"<?xml ", None).text, "<?xml ");
    }
}
