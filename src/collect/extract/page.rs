//! Web pages by CSS selectors. A page is judged by `bounds` before it is parsed.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{Context, Extracted, Raw, bounds, failure, recognise};
use crate::collect::fetch::FetchFailure;
use crate::collect::normalise::{text, time};
use crate::collect::source::PageSelectors;
use crate::model::FailureKind;

/// A selector and what it reads: `.stars@data-rating`. Without an element the item itself is meant (`@id`).
#[derive(Clone, Debug)]
pub struct Pick {
    selector: Option<Selector>,
    attribute: Option<String>,
}

impl Pick {
    /// Reads `selector`, `selector@attribute` or `@attribute`.
    ///
    /// # Errors
    /// A sentence fragment saying what is wrong with the selector.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (css, attribute) = match text.rsplit_once('@') {
            Some((css, name)) if is_attribute(name) => (css.trim(), Some(name.to_ascii_lowercase())),
            _ => (text.trim(), None),
        };
        let selector = match css {
            "" if attribute.is_some() => None,
            css => Some(Selector::parse(css).map_err(|_| format!("{css:?} is not a CSS selector"))?),
        };
        Ok(Self { selector, attribute })
    }

    fn find<'a>(&self, scope: ElementRef<'a>) -> Option<ElementRef<'a>> {
        match &self.selector {
            Some(selector) => scope.select(selector).next(),
            None => Some(scope),
        }
    }

    /// The attribute asked for, else `instead` of the element found.
    fn read<'a>(&self, scope: ElementRef<'a>, instead: impl Fn(ElementRef<'a>) -> Option<String>) -> Option<String> {
        let element = self.find(scope)?;
        let value = match &self.attribute {
            Some(name) => element.attr(name).map(str::to_owned),
            None => instead(element),
        };
        value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

fn is_attribute(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
}

/// The selectors of a source, parsed.
#[derive(Clone, Debug)]
pub struct Picks {
    container: Option<Pick>,
    item: Pick,
    title: Option<Pick>,
    text: Option<Pick>,
    author: Option<Pick>,
    rating: Option<Pick>,
    time: Option<Pick>,
    link: Option<Pick>,
    next: Option<Pick>,
}

impl Picks {
    /// Parses all selectors of a source.
    ///
    /// # Errors
    /// The first selector that is wrong, in words.
    pub fn parse(selectors: &PageSelectors) -> Result<Self, String> {
        let optional = |text: &Option<String>| text.as_deref().map(Pick::parse).transpose();
        Ok(Self {
            container: optional(&selectors.container)?,
            item: Pick::parse(&selectors.item)?,
            title: optional(&selectors.title)?,
            text: optional(&selectors.text)?,
            author: optional(&selectors.author)?,
            rating: optional(&selectors.rating)?,
            time: optional(&selectors.time)?,
            link: optional(&selectors.link)?,
            next: optional(&selectors.next)?,
        })
    }
}

/// Reads the items of one page, and the address of the next one.
///
/// # Errors
/// `Empty` (no bytes), `TooBig` (bounds), `Drift` (the container is gone, or without one every item), and where the
/// page shows why: `LoginPage`, `Blocked`.
pub fn read(document: &str, picks: &Picks, context: &Context<'_>) -> Result<Extracted, FetchFailure> {
    if document.trim().is_empty() {
        return Err(failure(FailureKind::Empty, "the answer is empty"));
    }
    bounds::check_html(document)?;
    let html = Html::parse_document(document);
    let root = html.root_element();
    let base = page_base(&html, context.base);
    let scope = match &picks.container {
        Some(container) => container.find(root).ok_or_else(|| drift(document, "`container` matches nothing"))?,
        None => root,
    };
    let found: Vec<ElementRef<'_>> = match &picks.item.selector {
        Some(selector) => scope.select(selector).take(context.max_items).collect(),
        None => vec![scope],
    };
    if found.is_empty() && picks.container.is_none() {
        return Err(drift(document, "`item` matches nothing, and no `container` says that the list is empty"));
    }
    let entries = found.into_iter().map(|item| entry(item, picks, &base, context)).collect();
    let next = picks.next.as_ref().and_then(|pick| pick.read(root, |element| attribute(element, "href")));
    let next = next.and_then(|link| base.join(&link).ok()).filter(|link| matches!(link.scheme(), "http" | "https"));
    Ok(Extracted { entries, degraded: None, next })
}

fn drift(document: &str, detail: &str) -> FetchFailure {
    let (kind, words) = recognise::page_kind(document, FailureKind::Drift);
    failure(kind, if kind == FailureKind::Drift { format!("{detail}: {words}") } else { words })
}

/// `<base href>` moves every relative link.
fn page_base(html: &Html, own: &Url) -> Url {
    let Ok(selector) = Selector::parse("base[href]") else { return own.clone() };
    let stated = html.select(&selector).next().and_then(|element| element.attr("href"));
    stated.and_then(|href| own.join(href).ok()).unwrap_or_else(|| own.clone())
}

fn entry(item: ElementRef<'_>, picks: &Picks, base: &Url, context: &Context<'_>) -> Raw {
    let plain = |pick: &Option<Pick>| pick.as_ref().and_then(|pick| pick.read(item, |element| Some(text::of_element(element))));
    let body = match &picks.text {
        Some(_) => plain(&picks.text),
        None => Some(text::of_element(item)),
    };
    Raw {
        id: attribute(item, "id").or_else(|| attribute(item, "data-id")),
        link: picks.link.as_ref().and_then(|pick| pick.read(item, |element| attribute(element, "href"))),
        title: plain(&picks.title).map(escape),
        text: body.map(escape),
        author: plain(&picks.author),
        rating: picks.rating.as_ref().and_then(|pick| pick.read(item, rating_of)),
        published: picks
            .time
            .as_ref()
            .and_then(|pick| pick.read(item, time_of))
            .and_then(|at| time::parse(&at, context.timezone, context.now)),
        updated: None,
        base: Some(base.to_string()),
        ..Raw::default()
    }
}

/// The text is plain already; what comes after expects markup.
fn escape(text: String) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>")
}

fn attribute(element: ElementRef<'_>, name: &str) -> Option<String> {
    element.attr(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Stars are often no text at all: the usual attributes, then a number in the class (`star-4`, `rating_45`), then alternatives of images.
fn rating_of(element: ElementRef<'_>) -> Option<String> {
    let shown = text::of_element(element);
    if !shown.is_empty() {
        return Some(shown);
    }
    let stated =
        ["data-rating", "data-score", "content", "title", "aria-label", "alt", "value"].iter().find_map(|name| attribute(element, name));
    stated
        .or_else(|| element.child_elements().find_map(|child| attribute(child, "title").or_else(|| attribute(child, "alt"))))
        .or_else(|| class_number(element))
}

fn class_number(element: ElementRef<'_>) -> Option<String> {
    const WORDS: [&str; 5] = ["one", "two", "three", "four", "five"];
    element.value().classes().find_map(|class| {
        let lower = class.to_ascii_lowercase();
        if let Some(at) = WORDS.iter().position(|word| *word == lower) {
            return Some((at + 1).to_string());
        }
        let digits = lower.trim_start_matches(|c: char| !c.is_ascii_digit());
        let named = lower.contains("star") || lower.contains("rating") || lower.contains("score");
        let number: u32 = digits.parse().ok().filter(|_| named)?;
        // `rating45` and `stars-50` are tenths.
        if number > 5 && number <= 50 { Some(format!("{}.{}", number / 10, number % 10)) } else { Some(number.to_string()) }
    })
}

fn time_of(element: ElementRef<'_>) -> Option<String> {
    let stated = ["datetime", "content", "data-time", "data-timestamp"].iter().find_map(|name| attribute(element, name));
    stated.or_else(|| Some(text::of_element(element))).filter(|value| !value.is_empty()).or_else(|| attribute(element, "title"))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::model::Moment;

    fn selectors() -> PageSelectors {
        PageSelectors {
            container: Some("#reviews".into()),
            item: ".review".into(),
            title: Some("h3".into()),
            text: Some(".body".into()),
            author: Some(".author".into()),
            rating: Some(".stars".into()),
            time: Some("time".into()),
            link: Some("a.more".into()),
            next: Some("a[rel=next]".into()),
            pages: 2,
        }
    }

    fn read_page(document: &str, selectors: &PageSelectors) -> Result<Extracted, FetchFailure> {
        let base = Url::parse("https://shop.example/p/1").expect("an address");
        let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
        read(document, &Picks::parse(selectors).expect("selectors"), &context)
    }

    const PAGE: &str = "<title>Reviews</title><div id=reviews><div class=review id=r1><h3>太慢</h3><p class=body>等了<b>十天</b><br>還沒到</p>\
        <span class=author>王</span><i class='stars star-2'></i><time datetime='2026-11-22T14:05:00+08:00'>昨天</time>\
        <a class=more href='/r/1'>more</a></div></div><a rel=next href='?page=2'>next</a>";

    #[test]
    fn every_field_is_read() {
        let extracted = read_page(PAGE, &selectors()).expect("a page");
        let entry = &extracted.entries[0];
        assert_eq!(entry.id.as_deref(), Some("r1"));
        assert_eq!(entry.text.as_deref(), Some("等了十天<br>還沒到"));
        assert_eq!(entry.rating.as_deref(), Some("2"));
        assert_eq!(entry.link.as_deref(), Some("/r/1"));
        assert_eq!(entry.published.map(Moment::rfc3339).as_deref(), Some("2026-11-22T06:05:00Z"));
        assert_eq!(extracted.next.map(String::from).as_deref(), Some("https://shop.example/p/1?page=2"));
    }

    #[test]
    fn an_empty_list_is_not_a_rebuilt_page() {
        assert!(read_page("<div id=reviews></div>", &selectors()).expect("an empty list").entries.is_empty());
        assert_eq!(read_page("<div id=ratings></div>", &selectors()).expect_err("rebuilt").kind, FailureKind::Drift);
        let without = PageSelectors { container: None, ..selectors() };
        assert_eq!(read_page("<div></div>", &without).expect_err("rebuilt").kind, FailureKind::Drift);
        assert_eq!(read_page("<form><input type=password></form>", &selectors()).expect_err("login").kind, FailureKind::LoginPage);
    }

    #[test]
    fn attributes_of_elements_and_of_the_item() {
        let picks = PageSelectors {
            item: ".r".into(),
            rating: Some("@data-stars".into()),
            link: Some("img@src".into()),
            ..PageSelectors::default()
        };
        let extracted = read_page("<p class=r data-stars=4.5>x <img src=a.png></p>", &picks).expect("a page");
        assert_eq!((extracted.entries[0].rating.as_deref(), extracted.entries[0].link.as_deref()), (Some("4.5"), Some("a.png")));
        assert!(Pick::parse("p[").is_err() && Pick::parse("").is_err());
    }

    #[test]
    fn a_bomb_ends_at_once() {
        assert_eq!(read_page(&"<div>".repeat(100_000), &selectors()).expect_err("a bomb").kind, FailureKind::TooBig);
    }
}
