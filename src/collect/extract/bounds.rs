//! What a document would cost its parser, told by a linear pass before it is parsed.
//!
//! A byte limit does not protect: 500 kB of nested `div` take html5ever over a minute, 100 kB of unclosed `font` make
//! eight million elements, because every new block re-opens each of them. This pass follows the tags alone, with
//! just enough of HTML's rules to estimate depth and elements from above without refusing sloppy real pages.

use super::failure;
use crate::collect::fetch::FetchFailure;
use crate::model::FailureKind;

/// Real pages stay below a hundred levels; parsers are quadratic in depth.
const DEPTH_MAX: usize = 512;

/// Of 303 saved pages the largest had 4,468 elements; a feed of 40,000 items has some 250,000.
const ELEMENTS_MAX: usize = 1_000_000;

/// For HTML, which costs more for each element, the re-opened ones included.
const HTML_ELEMENTS_MAX: usize = 200_000;

/// Attributes of one element are compared with each other.
const ATTRIBUTES_MAX: usize = 1_000;

const VOID: &[&str] = &[
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Re-opened in every block until they are closed.
const FORMATTING: &[&str] = &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Formatting inside these ends with them.
const SCOPES: &[&str] = &["td", "th", "caption", "object", "applet", "marquee", "template"];

/// Unclosed formatting elements at one place; real pages have a handful.
const FORMATTING_MAX: usize = 256;

/// HTML keeps this many equal ones (the "Noah's Ark clause").
const EQUAL_FORMATTING: usize = 3;

/// Their content is text.
const TEXT_ONLY: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// A start tag closes an open one of the same group first.
const SIBLINGS: &[&[&str]] =
    &[&["p"], &["li"], &["dt", "dd"], &["option", "optgroup"], &["td", "th"], &["tr"], &["tbody", "thead", "tfoot"]];

/// Refuses an HTML document or fragment that would cost too much to parse.
///
/// # Errors
/// `TooBig`, with the limit that was passed.
pub fn check_html(text: &str) -> Result<(), FetchFailure> {
    let mut html = HtmlCost::default();
    let mut tags = Tags { text, at: 0, raw: None };
    while let Some(tag) = tags.next_tag() {
        html.take(&tag)?;
        if !tag.closing && TEXT_ONLY.contains(&tag.name.as_str()) {
            tags.raw = Some(tag.name);
        }
    }
    Ok(())
}

/// Refuses an XML document that is nested too deeply or has too many elements.
///
/// # Errors
/// `TooBig`, with the limit that was passed.
pub fn check_xml(text: &str) -> Result<(), FetchFailure> {
    let (mut depth, mut elements) = (0usize, 0usize);
    let mut tags = Tags { text, at: 0, raw: None };
    while let Some(tag) = tags.next_tag() {
        if tag.closing {
            depth = depth.saturating_sub(1);
            continue;
        }
        elements += 1;
        depth += usize::from(!tag.empty);
        limit(depth, DEPTH_MAX, "levels of nesting")?;
        limit(elements, ELEMENTS_MAX, "elements")?;
        limit(tag.attributes, ATTRIBUTES_MAX, "attributes of one element")?;
    }
    Ok(())
}

fn limit(value: usize, most: usize, what: &str) -> Result<(), FetchFailure> {
    if value > most { Err(failure(FailureKind::TooBig, format!("more than {most} {what}"))) } else { Ok(()) }
}

/// An estimate from above of the tree a parser would build.
#[derive(Default)]
struct HtmlCost<'a> {
    /// Open elements, each with the number of formatting elements when it was opened.
    open: Vec<(String, usize)>,
    /// Formatting elements not closed yet: name and the tag as written.
    formatting: Vec<(String, &'a str)>,
    elements: usize,
}

impl<'a> HtmlCost<'a> {
    fn take(&mut self, tag: &Tag<'a>) -> Result<(), FetchFailure> {
        if tag.closing {
            self.close(&tag.name);
            return Ok(());
        }
        limit(tag.attributes, ATTRIBUTES_MAX, "attributes of one element")?;
        if let Some(group) = SIBLINGS.iter().find(|group| group.contains(&tag.name.as_str())) {
            self.close_sibling(group);
        }
        let is_formatting = FORMATTING.contains(&tag.name.as_str());
        // Only content that has left them re-opens them; counting each time is the estimate from above.
        self.elements += 1 + if is_formatting { 0 } else { self.formatting.len() };
        limit(self.elements, HTML_ELEMENTS_MAX, "elements")?;
        if VOID.contains(&tag.name.as_str()) {
            return Ok(());
        }
        self.open.push((tag.name.clone(), self.formatting.len()));
        if is_formatting {
            self.format(tag)?;
        }
        limit(self.open.len(), DEPTH_MAX, "levels of nesting")
    }

    fn format(&mut self, tag: &Tag<'a>) -> Result<(), FetchFailure> {
        let replaced = if matches!(tag.name.as_str(), "a" | "nobr") {
            self.formatting.iter().rposition(|(name, _)| *name == tag.name)
        } else {
            let equal = self.formatting.iter().filter(|(_, source)| *source == tag.source).count();
            if equal < EQUAL_FORMATTING { None } else { self.formatting.iter().position(|(_, source)| *source == tag.source) }
        };
        if let Some(at) = replaced {
            self.formatting.remove(at);
            if matches!(tag.name.as_str(), "a" | "nobr")
                && let Some(at) = self.open[..self.open.len() - 1].iter().rposition(|(open, _)| *open == tag.name)
            {
                self.open.remove(at);
            }
        }
        self.formatting.push((tag.name.clone(), tag.source));
        limit(self.formatting.len(), FORMATTING_MAX, "unclosed formatting elements")
    }

    fn close(&mut self, name: &str) {
        if FORMATTING.contains(&name)
            && let Some(at) = self.formatting.iter().rposition(|(open, _)| open == name)
        {
            self.formatting.remove(at);
        }
        if let Some(at) = self.open.iter().rposition(|(open, _)| open == name) {
            self.cut(at);
        }
    }

    /// Closes an open sibling unless a container stands between.
    fn close_sibling(&mut self, group: &[&str]) {
        const CONTAINERS: &[&str] = &["table", "ul", "ol", "dl", "select", "button", "div"];
        let container = self.open.iter().rposition(|(open, _)| CONTAINERS.contains(&open.as_str()));
        let from = container.unwrap_or(0);
        if let Some(at) = self.open[from..].iter().position(|(open, _)| group.contains(&open.as_str())) {
            self.cut(from + at);
        }
    }

    fn cut(&mut self, at: usize) {
        if let Some((_, before)) = self.open[at..].iter().find(|(open, _)| SCOPES.contains(&open.as_str())) {
            self.formatting.truncate(*before);
        }
        self.open.truncate(at);
    }
}

/// A tag as far as it matters here.
struct Tag<'a> {
    name: String,
    /// What stands between its brackets.
    source: &'a str,
    closing: bool,
    /// Ends in `/>`: an empty element in XML.
    empty: bool,
    attributes: usize,
}

/// The tags of a document, comments, CDATA and raw text skipped.
struct Tags<'a> {
    text: &'a str,
    at: usize,
    /// Inside an element whose content is text.
    raw: Option<String>,
}

impl<'a> Tags<'a> {
    fn next_tag(&mut self) -> Option<Tag<'a>> {
        if let Some(name) = self.raw.take() {
            self.skip_raw(&name);
        }
        loop {
            self.at += self.text.get(self.at..)?.find('<')?;
            let rest = &self.text[self.at..];
            let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>")].iter().find(|(open, _)| rest.starts_with(open));
            if let Some((open, close)) = skipped {
                self.at += rest[open.len()..].find(close).map_or(rest.len(), |end| open.len() + end + close.len());
                continue;
            }
            let after = rest.as_bytes().get(1).copied()?;
            let closing = after == b'/';
            let name_at = 1 + usize::from(closing);
            if rest.as_bytes().get(name_at).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80 || *byte == b'_') {
                return Some(self.tag(name_at, closing));
            }
            self.at += 1;
        }
    }

    fn tag(&mut self, name_at: usize, closing: bool) -> Tag<'a> {
        let bytes = self.text.as_bytes();
        let start = self.at + name_at;
        let name_end = bytes[start..]
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
            .map_or(bytes.len(), |n| start + n);
        let name = self.text[start..name_end].to_ascii_lowercase();
        let (mut at, mut quote, mut attributes, mut in_word) = (name_end, None, 0usize, false);
        while let Some(byte) = bytes.get(at).copied() {
            match quote {
                Some(open) => quote = (byte != open).then_some(open),
                None if byte == b'>' => break,
                None if matches!(byte, b'"' | b'\'') && bytes[at - 1] == b'=' => quote = Some(byte),
                None => {
                    let word = !byte.is_ascii_whitespace() && byte != b'/';
                    attributes += usize::from(word && !in_word);
                    in_word = word;
                }
            }
            at += 1;
        }
        self.at = (at + 1).min(bytes.len());
        Tag { name, source: &self.text[start..at], closing, empty: at > 0 && bytes[at - 1] == b'/', attributes }
    }

    fn skip_raw(&mut self, name: &str) {
        let close = format!("</{name}");
        let rest = &self.text.as_bytes()[self.at..];
        let end = rest.windows(close.len()).position(|window| window.eq_ignore_ascii_case(close.as_bytes()));
        self.at = end.map_or(self.text.len(), |end| self.at + end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_are_refused() {
        let fonts: String = (0..4_000).map(|n| format!("<p><font color={n}>")).collect();
        let attributes: String = (0..50_000).map(|n| format!(" a{n}=1")).collect();
        for (name, bomb) in [
            ("nested", "<div>".repeat(100_000)),
            ("fonts", fonts),
            ("tables", "<table><tr><td>".repeat(8_000)),
            ("attributes", format!("<p{attributes}>")),
            ("many", "<br>".repeat(300_000)),
        ] {
            assert_eq!(check_html(&bomb).map_err(|failure| failure.kind), Err(FailureKind::TooBig), "{name}");
        }
        assert!(check_xml(&"<a>".repeat(100_000)).is_err());
    }

    #[test]
    fn sloppy_pages_pass() {
        let rows = "<tr><td><font color=red><b>text<td>more<p>one<p>two<li>three".repeat(3_000);
        let list = format!("<ul>{}</ul>", "<li><a href='x'>one</a><br>".repeat(5_000));
        let script = format!("<script>{}</script><p>", "'<div>'".repeat(10_000));
        for page in [format!("<table>{rows}</table>"), list, script, "<p>text".repeat(20_000)] {
            assert_eq!(check_html(&page), Ok(()));
        }
    }

    #[test]
    fn a_bracket_inside_a_quoted_value_does_not_end_the_tag() {
        let text = "<a title='1 > 0' href=\"x\"></a><!-- <b> --><![CDATA[<c>]]><d/>";
        let mut tags = Tags { text, at: 0, raw: None };
        let names: Vec<String> = std::iter::from_fn(|| tags.next_tag()).map(|tag| tag.name).collect();
        assert_eq!(names, ["a", "a", "d"]);
        assert_eq!(check_xml("<a <"), Ok(()));
    }
}
