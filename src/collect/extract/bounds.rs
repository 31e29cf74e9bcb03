//! What a document would cost its parser, told by a linear pass before it is parsed.
//!
//! A byte limit does not protect: 500 kB of nested `div` take html5ever over a minute, 100 kB of unclosed `font` make
//! eight million elements, because every new block re-opens each of them. This pass follows the tags alone, with
//! just enough of HTML's rules to estimate depth and elements from above without refusing sloppy real pages.
//! What costs and says nothing (a thousand empty wrappers, fonts that are never closed) is left out, so that a page is read
//! for what it holds and not refused for how it was written.

mod tags;

use std::borrow::Cow;
use std::collections::HashMap;

use tags::{Tag, Tags};

use super::failure;
use crate::collect::fetch::FetchFailure;
use crate::model::{FailureKind, Phrase};

/// Real pages stay below a hundred levels; parsers are quadratic in depth.
const DEPTH_MAX: usize = 512;

/// Deeper than this, elements that nothing can be told by (without attributes, or with those of their parent) are left out.
const DEPTH_KEPT: usize = 256;

/// The re-opened ones included: of 303 saved pages the largest had 4,468 elements.
const HTML_ELEMENTS_MAX: usize = 200_000;

/// Attributes of one element are compared with each other.
const ATTRIBUTES_MAX: usize = 1_000;

const VOID: &[&str] = &[
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Re-opened in every block until they are closed.
const FORMATTING: &[&str] = &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Without attributes they say nothing of what is in them.
const WRAPPERS: &[&str] =
    &["div", "span", "center", "section", "article", "main", "table", "tbody", "tr", "td", "ul", "ol", "li", "dl", "dd", "blockquote"];

/// Formatting inside these ends with them.
const SCOPES: &[&str] = &["td", "th", "caption", "object", "applet", "marquee", "template"];

/// Unclosed formatting elements at one place; real pages have a handful. Those beyond are left out.
const FORMATTING_MAX: usize = 32;

/// Blocks with which a `noscript` holds content.
const NOSCRIPT_BLOCKS_MIN: usize = 3;

/// Looking through open elements, over the whole document: what a page of a hundred levels needs a hundred times.
const STEPS_MAX: usize = 50_000_000;

/// HTML keeps this many equal ones (the "Noah's Ark clause").
const EQUAL_FORMATTING: usize = 3;

/// Their content is text.
const TEXT_ONLY: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"];

/// A start tag closes an open one of the same group first.
const SIBLINGS: &[&[&str]] =
    &[&["p"], &["li"], &["dt", "dd"], &["option", "optgroup"], &["td", "th"], &["tr"], &["tbody", "thead", "tfoot"]];

/// An HTML document that can be parsed at bearable cost.
#[derive(Debug, PartialEq, Eq)]
pub struct Tamed<'a> {
    pub text: Cow<'a, str>,
    /// Tags were left out to get there.
    pub degraded: Option<&'static str>,
}

/// Brings an HTML document into bounds: tags that cost and say nothing are left out.
///
/// # Errors
/// `TooBig`, with the limit that was passed all the same.
pub fn tame_html(text: &str) -> Result<Tamed<'_>, FetchFailure> {
    let mut html = HtmlCost::default();
    let mut tags = Tags::of_html(text);
    let (mut out, mut kept_from) = (String::new(), 0);
    let (mut tamed, mut unwrapping) = (false, false);
    while let Some(tag) = tags.next_tag() {
        let unwrapped = tag.name == "noscript" && unwrap_noscript(&tag, &text[tag.end..], &mut unwrapping);
        let kept_to = match if unwrapped { Fate::Drop } else { html.take(&tag)? } {
            Fate::Keep => tag.kept_end(),
            Fate::Drop => tag.start,
        };
        tamed |= kept_to < tag.end && !unwrapped;
        if kept_to < tag.end {
            out.push_str(&text[kept_from..kept_to]);
            if kept_to > tag.start {
                out.push('>');
            }
            kept_from = tag.end;
        }
        if !tag.closing && !unwrapped && TEXT_ONLY.contains(&tag.name.as_str()) && !html.is_in_drawing() {
            tags.skip_raw(&tag.name);
        }
    }
    if kept_from == 0 {
        return Ok(Tamed { text: Cow::Borrowed(text), degraded: None });
    }
    out.push_str(&text[kept_from..]);
    Ok(Tamed { text: Cow::Owned(out), degraded: tamed.then_some("tags that nest beyond all measure were left out") })
}

/// What a page shows to those who run no scripts is for us; the parser, which stands in for a browser, would take it for text. A
/// single picture or a sentence is no content.
fn unwrap_noscript(tag: &Tag<'_>, rest: &str, unwrapping: &mut bool) -> bool {
    if tag.closing {
        return std::mem::take(unwrapping);
    }
    let content = rest[..rest.find("</noscript").or_else(|| rest.find("</NOSCRIPT")).unwrap_or(0)].to_ascii_lowercase();
    let blocks: usize = ["<div", "<p", "<li", "<article", "<tr"].iter().map(|block| content.matches(block).count()).sum();
    *unwrapping = blocks >= NOSCRIPT_BLOCKS_MIN;
    *unwrapping
}

fn limit(value: usize, most: usize, what: &str) -> Result<(), FetchFailure> {
    if value > most {
        Err(failure(FailureKind::TooBig, format!("more than {most} {what}"))
            .told(Phrase::said("what_more_than").with("most", most.to_string()).with("what", what)))
    } else {
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Keep,
    Drop,
}

/// An element that is open at this place.
struct Open<'a> {
    name: String,
    source: &'a str,
    /// Formatting elements when it was opened.
    formatting: usize,
    dropped: bool,
}

/// An estimate from above of the tree a parser would build.
#[derive(Default)]
struct HtmlCost<'a> {
    open: Vec<Open<'a>>,
    /// How many of each name are open, so that a stray end tag costs nothing.
    named: HashMap<String, usize>,
    /// Open elements that are kept.
    depth: usize,
    /// Formatting elements not closed yet: name and the tag as written.
    formatting: Vec<(String, &'a str)>,
    /// Formatting elements left out and not closed yet, by name.
    unformatted: HashMap<String, usize>,
    elements: usize,
    steps: usize,
}

impl<'a> HtmlCost<'a> {
    fn take(&mut self, tag: &Tag<'a>) -> Result<Fate, FetchFailure> {
        limit(self.steps, STEPS_MAX, "steps through open elements")?;
        if tag.closing {
            return Ok(self.close(&tag.name));
        }
        if let Some(group) = SIBLINGS.iter().find(|group| group.contains(&tag.name.as_str())) {
            self.close_sibling(group);
        }
        if self.is_too_much_formatting(tag) {
            *self.unformatted.entry(tag.name.clone()).or_default() += 1;
            return Ok(Fate::Drop);
        }
        let is_formatting = FORMATTING.contains(&tag.name.as_str());
        let dropped = self.says_nothing(tag);
        if !dropped {
            // Only content that has left them re-opens them; counting each time is the estimate from above.
            self.elements += 1 + if is_formatting { 0 } else { self.formatting.len() };
            limit(self.elements, HTML_ELEMENTS_MAX, "elements")?;
        }
        if VOID.contains(&tag.name.as_str()) {
            return Ok(Fate::Keep);
        }
        self.push(Open { name: tag.name.clone(), source: tag.source, formatting: self.formatting.len(), dropped });
        if is_formatting && !dropped {
            self.format(tag);
        }
        limit(self.depth, DEPTH_MAX, "levels of nesting")?;
        Ok(if dropped { Fate::Drop } else { Fate::Keep })
    }

    /// In drawings and formulas scripts and titles are elements like any other.
    fn is_in_drawing(&self) -> bool {
        ["svg", "math"].iter().any(|name| self.named.get(*name).is_some_and(|count| *count > 0))
    }

    /// Far down, a wrapper without attributes of its own, or just like its parent, holds what it holds and is nothing else.
    fn says_nothing(&self, tag: &Tag<'a>) -> bool {
        let like_parent = || self.open.last().is_some_and(|parent| parent.source == tag.source);
        let name = tag.name.as_str();
        let holds_text = TEXT_ONLY.contains(&name) || VOID.contains(&name);
        let wraps = tag.attributes == 0 && (WRAPPERS.contains(&name) || FORMATTING.contains(&name));
        self.depth >= DEPTH_KEPT && !holds_text && (wraps || like_parent())
    }

    /// Links end each other, so they never pile up.
    fn is_too_much_formatting(&self, tag: &Tag<'a>) -> bool {
        let piles_up = FORMATTING.contains(&tag.name.as_str()) && !matches!(tag.name.as_str(), "a" | "nobr");
        piles_up && self.formatting.len() >= FORMATTING_MAX
    }

    fn push(&mut self, open: Open<'a>) {
        *self.named.entry(open.name.clone()).or_default() += 1;
        self.depth += usize::from(!open.dropped);
        self.open.push(open);
    }

    fn forget(&mut self, at: usize) {
        let gone = self.open.remove(at);
        self.count_out(&gone);
    }

    fn count_out(&mut self, gone: &Open<'a>) {
        if let Some(count) = self.named.get_mut(&gone.name) {
            *count = count.saturating_sub(1);
        }
        self.depth -= usize::from(!gone.dropped);
    }

    fn format(&mut self, tag: &Tag<'a>) {
        let replaced = if matches!(tag.name.as_str(), "a" | "nobr") {
            self.formatting.iter().rposition(|(name, _)| *name == tag.name)
        } else {
            let equal = self.formatting.iter().filter(|(_, source)| *source == tag.source).count();
            if equal < EQUAL_FORMATTING { None } else { self.formatting.iter().position(|(_, source)| *source == tag.source) }
        };
        if let Some(at) = replaced {
            self.formatting.remove(at);
            if matches!(tag.name.as_str(), "a" | "nobr")
                && let Some(at) = self.open[..self.open.len() - 1].iter().rposition(|open| open.name == tag.name)
            {
                self.forget(at);
            }
        }
        self.formatting.push((tag.name.clone(), tag.source));
    }

    fn close(&mut self, name: &str) -> Fate {
        if let Some(left) = self.unformatted.get_mut(name).filter(|left| **left > 0) {
            *left -= 1;
            return Fate::Drop;
        }
        if FORMATTING.contains(&name)
            && let Some(at) = self.formatting.iter().rposition(|(open, _)| open == name)
        {
            self.formatting.remove(at);
        }
        if self.named.get(name).is_none_or(|count| *count == 0) {
            return Fate::Keep;
        }
        match self.open.iter().rposition(|open| open.name == name) {
            Some(at) => {
                let fate = if self.open[at].dropped { Fate::Drop } else { Fate::Keep };
                self.cut(at);
                fate
            }
            None => Fate::Keep,
        }
    }

    /// Closes an open sibling unless a container stands between.
    fn close_sibling(&mut self, group: &[&str]) {
        const CONTAINERS: &[&str] = &["table", "ul", "ol", "dl", "select", "button", "div"];
        if group.iter().all(|name| self.named.get(*name).is_none_or(|count| *count == 0)) {
            return;
        }
        let container = self.open.iter().rposition(|open| CONTAINERS.contains(&open.name.as_str()));
        let from = container.unwrap_or(0);
        self.steps += self.open.len() - from;
        if let Some(at) = self.open[from..].iter().position(|open| group.contains(&open.name.as_str())) {
            self.cut(from + at);
        }
    }

    fn cut(&mut self, at: usize) {
        self.steps += self.open.len() - at;
        if let Some(scope) = self.open[at..].iter().find(|open| SCOPES.contains(&open.name.as_str())) {
            self.formatting.truncate(scope.formatting);
        }
        for gone in self.open.split_off(at) {
            self.count_out(&gone);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEW: &str = "<div class=review><p>slow</p></div><div class=review><p>late</p></div>";

    fn reviews(document: &str) -> usize {
        let html = scraper::Html::parse_document(document);
        html.select(&scraper::Selector::parse("div.review > p").expect("a selector")).count()
    }

    #[test]
    fn bombs_are_tamed_and_what_they_hide_is_kept() {
        let fonts: String = (0..4_000).map(|n| format!("<p><font color={n}>")).collect();
        let attributes: String = (0..50_000).map(|n| format!(" a{n}=1")).collect();
        for (name, bomb) in [
            ("nested", "<div>".repeat(100_000)),
            ("nested alike", "<div class=x>".repeat(100_000)),
            ("after an odd comment", format!("<!-->{}", "<div>".repeat(100_000))),
            ("in a drawing", format!("<svg><style>{}</style></svg>", "<g>".repeat(100_000))),
            ("fonts", fonts),
            ("tables", "<table><tr><td>".repeat(8_000)),
            ("attributes", format!("<p{attributes}>")),
            ("closed ones", format!("{}{}", "<div>".repeat(50_000), "</div>".repeat(50_000))),
        ] {
            let document = format!("{bomb}{REVIEW}");
            let tamed = tame_html(&document).expect(name);
            assert!(tamed.degraded.is_some(), "{name}");
            assert_eq!(reviews(&tamed.text), 2, "{name}");
        }
    }

    #[test]
    fn bombs_that_cannot_be_tamed_are_refused() {
        let named: String = (0..10_000).map(|n| format!("<div class=c{n}>")).collect();
        for (name, bomb) in [("many", "<br>".repeat(300_000)), ("each another", named)] {
            assert_eq!(tame_html(&bomb).map(drop).map_err(|failure| failure.kind), Err(FailureKind::TooBig), "{name}");
        }
        // Looking for what is open must not cost the square of what is open.
        let _either_way = tame_html(&format!("{}{}", "<span>".repeat(100_000), "<p></b></i>".repeat(100_000)));
    }

    #[test]
    fn what_a_page_shows_without_scripts_is_read() {
        let page = format!("<body><noscript><div>{REVIEW}</div></noscript><noscript><img src=x></noscript></body>");
        let tamed = tame_html(&page).expect("a page");
        assert_eq!((reviews(&tamed.text), tamed.degraded), (2, None));
        assert!(tamed.text.contains("<noscript><img"), "a picture is none of it");
    }

    #[test]
    fn an_ordinary_page_is_left_as_it_is() {
        let page = format!("<!DOCTYPE html><!-- x --><body>{}{REVIEW}</body>", "<div>".repeat(100));
        assert_eq!(tame_html(&page), Ok(Tamed { text: Cow::Borrowed(&page), degraded: None }));
    }

    #[test]
    fn sloppy_pages_pass() {
        let rows = "<tr><td><font color=red><b>text<td>more<p>one<p>two<li>three".repeat(3_000);
        let list = format!("<ul>{}</ul>", "<li><a href='x'>one</a><br>".repeat(5_000));
        let script = format!("<script>{}</script><p>", "'<div>'".repeat(10_000));
        for page in [format!("<table>{rows}</table>"), list, script, "<p>text".repeat(20_000)] {
            assert!(tame_html(&page).is_ok());
        }
    }

    #[test]
    fn a_bracket_inside_a_quoted_value_does_not_end_the_tag() {
        let text = "<a title='1 > 0' href=\"x\"></a><!-- <b> --><d/>";
        let mut tags = Tags::of_html(text);
        let names: Vec<String> = std::iter::from_fn(|| tags.next_tag()).map(|tag| tag.name).collect();
        assert_eq!(names, ["a", "a", "d"]);
        assert!(tame_html("<a <").is_ok());
    }
}
