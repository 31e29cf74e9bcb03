//! What real feeds get wrong and the parser does not forgive, put right in the text before it is parsed.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// Entities XML itself knows.
const XML_ENTITIES: &[&str] = &["amp", "lt", "gt", "quot", "apos"];

/// No entity's name is longer.
const ENTITY_NAME_MAX: usize = 32;

/// Atom before it was a standard.
const ATOM_03: &str = "http://purl.org/atom/ns#";
const ATOM_10: &str = "http://www.w3.org/2005/Atom";

static ROOT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?is)<(?:\w+:)?(rss|feed|rdf)\b[^>]*>").expect("the pattern is valid"));
static VERSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(?is)\sversion\s*=\s*("[^"]*"|'[^']*')"#).expect("the pattern is valid"));
static DEFAULT_NAMESPACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?is)\sxmlns\s*=\s*("[^"]*"|'[^']*')"#).expect("the pattern is valid"));
static EMPTY_MEDIA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)<media:(title|description)\b[^>]*(/>|>\s*</media:(title|description)\s*>)").expect("the pattern is valid")
});
static TEXT_TYPE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(<(?:title|summary|description|subtitle|rights|tagline)\b[^>]*?)\stype\s*=\s*("[^"]*"|'[^']*')"#)
        .expect("the pattern is valid")
});

/// The text from its first bracket on, with the characters and references made legal and the DTD dropped: what a DTD
/// declares (bombs, files of this machine) is thereby unknown, and an unknown entity stays as it is written.
pub(super) fn clean(text: &str) -> String {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    let text = match text.find('<') {
        Some(at) if !text.starts_with('<') => &text[at..],
        _ => text,
    };
    references(&without_doctype(&legal_characters(text)))
}

/// The root put into a form the parser knows: `rss` with a version and without a default namespace, Atom 1.0.
pub(super) fn dialect(text: &str) -> Cow<'_, str> {
    let Some(root) = ROOT.captures(text) else { return Cow::Borrowed(text) };
    let Some(tag) = root.get(0) else { return Cow::Borrowed(text) };
    match root[1].to_ascii_lowercase().as_str() {
        "rss" => {
            let bare = DEFAULT_NAMESPACE.replace(tag.as_str(), "");
            let known = VERSION.find(&bare).is_some_and(|version| version.as_str().contains("0.91") || version.as_str().contains("0.92"));
            let fixed = if known { bare.into_owned() } else { with_version(&VERSION.replace(&bare, "")) };
            Cow::Owned(format!("{}{fixed}{}", &text[..tag.start()], &text[tag.end()..]))
        }
        "feed" => atom(text, tag.as_str()),
        _ => Cow::Borrowed(text),
    }
}

/// For a second try: elements the parser refuses a whole feed for, without them.
pub(super) fn without_refused_elements(text: &str) -> String {
    let text = EMPTY_MEDIA.replace_all(text, "");
    TEXT_TYPE
        .replace_all(&text, |found: &regex::Captures<'_>| {
            let value = found[2].trim_matches(['"', '\'']).to_ascii_lowercase();
            if matches!(value.as_str(), "text" | "html" | "xhtml") { found[0].to_owned() } else { format!("{} type=\"html\"", &found[1]) }
        })
        .into_owned()
}

fn with_version(tag: &str) -> String {
    let end = tag.trim_end_matches(['/', '>']).len();
    format!("{} version=\"2.0\"{}", &tag[..end], &tag[end..])
}

fn atom<'a>(text: &'a str, root: &str) -> Cow<'a, str> {
    if root.contains(ATOM_03) {
        let text = text.replace(ATOM_03, ATOM_10);
        let text = text.replace("<issued>", "<published>").replace("</issued>", "</published>");
        return Cow::Owned(text.replace("<modified>", "<updated>").replace("</modified>", "</updated>"));
    }
    let misspelt = ["https://www.w3.org/2005/Atom", "http://www.w3.org/2005/atom", "https://www.w3.org/2005/atom"];
    match misspelt.iter().find(|namespace| root.contains(**namespace)) {
        Some(namespace) => Cow::Owned(text.replacen(namespace, ATOM_10, 1)),
        None => Cow::Borrowed(text),
    }
}

/// XML 1.0 knows only some control characters; the others are dropped.
fn legal_characters(text: &str) -> Cow<'_, str> {
    let illegal = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(illegal) { Cow::Owned(text.replace(illegal, "")) } else { Cow::Borrowed(text) }
}

/// Drops `<!DOCTYPE ...>` with its internal subset, before the first element only.
fn without_doctype(text: &str) -> Cow<'_, str> {
    let prologue_end = ROOT.find(text).map_or(text.len(), |root| root.start());
    let Some(start) = text[..prologue_end].find("<!DOCTYPE").or_else(|| text[..prologue_end].find("<!doctype")) else {
        return Cow::Borrowed(text);
    };
    let body = &text[start..];
    let bracket = body.find(['[', '>']).unwrap_or(body.len());
    let end = if body[bracket..].starts_with('[') {
        let subset_end = body.rmatch_indices(']').map(|(at, _)| at).find(|at| *at < prologue_end - start).unwrap_or(bracket);
        body[subset_end..].find('>').map_or(body.len(), |at| subset_end + at + 1)
    } else {
        (bracket + 1).min(body.len())
    };
    Cow::Owned(format!("{}{}", &text[..start], &body[end..]))
}

/// Escapes every `&` that begins no reference XML knows. `&nbsp;` becomes `&amp;nbsp;`, which the step from markup to
/// plain text reads as a space again. CDATA stays as it is.
fn references(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<![CDATA[") {
            let end = rest.find("]]>").map_or(rest.len(), |end| end + 3);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if rest.starts_with('<') {
            out.push('<');
            rest = &rest[1..];
        } else {
            out.push_str(reference(rest));
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// `&` where a reference begins that XML knows, else `&amp;`.
fn reference(text: &str) -> &'static str {
    let name = &text[1..text.floor_char_boundary(ENTITY_NAME_MAX + 1)];
    let Some(end) = name.find(';') else { return "&amp;" };
    let name = &name[..end];
    let known = match name.strip_prefix('#') {
        Some(number) => character(number).is_some_and(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r')),
        None => XML_ENTITIES.contains(&name),
    };
    if known { "&" } else { "&amp;" }
}

fn character(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_characters_become_legal() {
        assert_eq!(clean("junk<a>Q&A &nbsp; &lt;b&#65;&#x41;&#0;\u{8}\0</a>"), "<a>Q&amp;A &amp;nbsp; &lt;b&#65;&#x41;&amp;#0;</a>");
        assert_eq!(clean("<a><![CDATA[x & y]]> & z</a>"), "<a><![CDATA[x & y]]> &amp; z</a>");
    }

    #[test]
    fn what_a_dtd_declares_is_unknown() {
        let text = "<!DOCTYPE rss [<!ENTITY a \"]>\"><!ENTITY b SYSTEM 'file:///etc/passwd'>]><rss><t>&b;</t></rss>";
        assert_eq!(clean(text), "<rss><t>&amp;b;</t></rss>");
        let text = "<!DOCTYPE rss PUBLIC \"-//N//DTD\" \"http://a/b.dtd\">\n<rss/>";
        assert_eq!(clean(text), "\n<rss/>");
    }

    #[test]
    fn roots_the_parser_does_not_know() {
        assert_eq!(dialect("<rss><channel/></rss>"), "<rss version=\"2.0\"><channel/></rss>");
        assert_eq!(dialect("<rss version='2.01' xmlns=\"http://x/\">"), "<rss version=\"2.0\">");
        assert_eq!(dialect("<rss version='0.91'>"), "<rss version='0.91'>");
        assert!(dialect("<feed xmlns=\"http://purl.org/atom/ns#\"><issued>x</issued>").contains("2005/Atom\"><published>x</published>"));
    }

    #[test]
    fn refused_elements_go() {
        let text = "<media:title/><media:description> </media:description><title type=\"text/plain\">a</title><title type='html'>b</title>";
        assert_eq!(without_refused_elements(text), "<title type=\"html\">a</title><title type='html'>b</title>");
    }
}
