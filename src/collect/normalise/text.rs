//! Markup to plain text, in one linear pass: scripts dropped, blocks become lines, references become characters.

use std::borrow::Cow;

use memchr::memchr;
use scraper::{ElementRef, Html};

use super::halves;

/// Their content is for machines, or for whoever fills in a form: no words of the page. What stands in an `object` is shown where the
/// object cannot be, and one that is never closed would take the rest of a review with it.
const DROPPED: &[&str] =
    &["script", "style", "template", "noscript", "head", "title", "svg", "iframe", "textarea", "select", "option", "datalist"];

/// Whether what stands in an element of this name is no text.
#[must_use]
pub fn is_dropped(name: &str) -> bool {
    DROPPED.contains(&name)
}

/// They begin and end a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];

/// Plain text of a fragment of markup. Never builds a tree, so nesting costs nothing.
#[must_use]
pub fn from_markup(markup: &str) -> String {
    tidy(&characters(without_tags(&halves::joined(markup))))
}

fn without_tags(markup: &str) -> Cow<'_, str> {
    if memchr(b'<', markup.as_bytes()).is_none() {
        return Cow::Borrowed(markup);
    }
    let mut out = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(at) = memchr(b'<', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(cdata) = rest.strip_prefix("<![CDATA[") {
            let end = cdata.find("]]>").unwrap_or(cdata.len());
            out.push_str(&cdata[..end]);
            rest = cdata.get(end + 3..).unwrap_or_default();
        } else if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
        } else if let Some(tag) = tag(rest) {
            rest = &rest[tag.length..];
            if tag.is_one_of(DROPPED) && !tag.closing && !tag.empty {
                rest = after_element(rest, tag.name);
            } else if tag.is_one_of(BLOCKS) {
                out.push('\n');
            }
        } else {
            out.push_str("&lt;");
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Text of an element of a parsed page, by the same rules. Goes down the tree, whose depth `bounds` has limited.
#[must_use]
pub fn of_element(element: ElementRef<'_>) -> String {
    of_element_without(element, &[])
}

/// The same without some elements in it.
#[must_use]
pub fn of_element_without(element: ElementRef<'_>, left_out: &[ElementRef<'_>]) -> String {
    let mut out = String::new();
    collect_text(element, left_out, &mut out);
    tidy(&out)
}

fn collect_text(element: ElementRef<'_>, left_out: &[ElementRef<'_>], out: &mut String) {
    let name = element.value().name();
    if DROPPED.contains(&name) || left_out.contains(&element) {
        return;
    }
    let block = BLOCKS.contains(&name);
    if block {
        out.push('\n');
    }
    for child in element.children() {
        if let Some(child) = ElementRef::wrap(child) {
            collect_text(child, left_out, out);
        } else if let Some(text) = child.value().as_text() {
            out.push_str(text);
        }
    }
    if block {
        out.push('\n');
    }
}

struct Tag<'a> {
    /// In whatever case.
    name: &'a str,
    closing: bool,
    empty: bool,
    length: usize,
}

impl Tag<'_> {
    fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| name.eq_ignore_ascii_case(self.name))
    }
}

/// The tag a text begins with; none where `<` is just a character (`I <3 it`).
fn tag(text: &str) -> Option<Tag<'_>> {
    let bytes = text.as_bytes();
    let closing = bytes.get(1) == Some(&b'/');
    let start = 1 + usize::from(closing);
    let first = bytes.get(start)?;
    if !first.is_ascii_alphabetic() && !matches!(first, b'!' | b'?') {
        return None;
    }
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let name = &text[start..start + length];
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match quote {
            Some(open) if open == *byte => quote = None,
            Some(_) => {}
            None if *byte == b'>' => return Some(Tag { name, closing, empty: bytes[at - 1] == b'/', length: at + 1 }),
            None if matches!(byte, b'"' | b'\'') && bytes[at - 1] == b'=' => quote = Some(*byte),
            None => {}
        }
    }
    // Cut off within a tag: nothing of it is text.
    Some(Tag { name, closing, empty: true, length: text.len() })
}

fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let close = format!("</{name}");
    let found = text.as_bytes().windows(close.len()).position(|window| window.eq_ignore_ascii_case(close.as_bytes()));
    let Some(at) = found else { return "" };
    text[at..].find('>').map_or("", |end| &text[at + end + 1..])
}

/// References to characters. The names of HTML are many, and the HTML parser knows them: it is given text without a tag.
fn characters(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr(b'&', text.as_bytes()).is_none() {
        return text;
    }
    let flat = text.replace('<', "&lt;");
    let fragment = Html::parse_fragment(&flat);
    Cow::Owned(fragment.root_element().text().collect())
}

/// Which bytes begin a space, a break or a control character, and others beside them. Of what else there is, Han and Hangul among it, none
/// does, and no byte within a character is among these: most of a text is passed over without a look at its characters.
const MAY_BE_BLANK: [bool; 256] = {
    let mut may = [false; 256];
    let mut byte = 0;
    while byte <= b' ' as usize {
        may[byte] = true;
        byte += 1;
    }
    may[0x7f] = true;
    // U+0080 to U+00BF, U+1000 to U+1FFF, U+2000 to U+2FFF, U+3000 to U+3FFF.
    may[0xc2] = true;
    may[0xe1] = true;
    may[0xe2] = true;
    may[0xe3] = true;
    may
};

/// Runs of spaces become one, of line breaks at most two; invisible control characters go.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut space, mut breaks) = (false, 0usize);
    // Where the run of other characters began that is not copied yet.
    let mut run = None;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let begin = at;
        // One space between words is copied with them.
        if c == ' ' && run.is_some() && text.as_bytes().get(at + 1).is_some_and(|next| !MAY_BE_BLANK[usize::from(*next)]) {
            at += 1;
            continue;
        }
        let plain = text.as_bytes()[at..].iter().take_while(|byte| !MAY_BE_BLANK[usize::from(**byte)]).count();
        let is_break = matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
        let is_space = !is_break && c.is_whitespace();
        at += if plain > 0 { plain } else { c.len_utf8() };
        if plain > 0 || !(is_break || is_space || c.is_control()) {
            if run.is_none() {
                if !out.is_empty() && breaks > 0 {
                    out.push_str(if breaks > 2 { "\n\n" } else { "\n" });
                } else if !out.is_empty() && space {
                    out.push(' ');
                }
                (space, breaks) = (false, 0);
                run = Some(begin);
            }
            continue;
        }
        if let Some(run) = run.take() {
            out.push_str(&text[run..begin]);
        }
        breaks += usize::from(is_break);
        space |= is_space;
    }
    if let Some(run) = run {
        out.push_str(&text[run..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        let markup = "<p>等了&nbsp;<b>十</b>天</p><p>Q&amp;A &lt;ok&gt;</p><script>alert('<p>')</script><!-- x --><style>p{}</style>end";
        assert_eq!(from_markup(markup), "等了 十天\nQ&A <ok>\nend");
    }

    #[test]
    fn spaces_and_breaks_are_few() {
        assert_eq!(tidy(" \n a  b\u{0}c \u{7f}d\t\u{3000}e \n f\n\n\ng \r\n\r\nh\u{2028}i \u{0} "), "a bc d e\nf\n\ng\n\nh\ni");
    }

    #[test]
    fn whatever_is_blank_may_be_by_its_first_byte() {
        for c in (char::MIN..=char::MAX).filter(|c| c.is_whitespace() || c.is_control()) {
            assert!(MAY_BE_BLANK[usize::from(c.encode_utf8(&mut [0; 4]).as_bytes()[0])], "{c:?}");
            assert_eq!(tidy(&format!("慢{c}了")).chars().filter(|kept| *kept == c && c != ' ' && c != '\n').count(), 0, "{c:?}");
        }
        assert!((0x80..=0xbf).all(|byte| !MAY_BE_BLANK[byte]), "no byte within a character");
    }

    #[test]
    fn a_bracket_that_is_no_tag_stays() {
        assert_eq!(from_markup("I <3 it, 1 < 2 & 3 > 2"), "I <3 it, 1 < 2 & 3 > 2");
        assert_eq!(from_markup("<a title='x > y'>link</a> <br/>next<im"), "link\nnext");
    }

    #[test]
    fn twice_escaped_text_is_decoded_once() {
        assert_eq!(from_markup("&amp;lt;b&amp;gt;"), "&lt;b&gt;");
        assert_eq!(from_markup("safe<object data=x.swf> <b>description</b>"), "safe description", "what is in an object's place");
    }

    #[test]
    fn depth_costs_nothing() {
        assert_eq!(from_markup(&format!("{}x", "<div>".repeat(100_000))), "x");
        assert_eq!(from_markup(&"<p><font color=1>".repeat(10_000)), "");
    }

    #[test]
    fn an_element_follows_the_same_rules() {
        let html = Html::parse_fragment("<div>a<script>b</script><p>c  d</p>e</div>");
        assert_eq!(of_element(html.root_element()), "a\nc d\ne");
    }
}
