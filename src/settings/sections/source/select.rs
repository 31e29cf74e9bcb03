//! `[source.select]`: how a page's items are found.

use scraper::Selector;

use crate::collect::source::PageSelectors;
use crate::problem::Table;
use crate::settings::values::count;

/// Pages followed in one poll at most.
const PAGES_MAX: usize = 50;
/// Pages followed where `next` is given and nothing else is said.
const PAGES: usize = 3;

/// Without a table, or without `item` in it, the page's own markup says what an item is.
pub(super) fn selectors(table: Option<Table>) -> Option<PageSelectors> {
    let Some(mut table) = table else { return Some(PageSelectors { pages: 1, ..PageSelectors::default() }) };
    let of_items = ["title", "text", "author", "rating", "time", "link"];
    if !table.has("item") && of_items.iter().any(|key| table.has(key)) {
        table.missing("item", "item = \"CSS selector\"");
    }
    let has_item = table.has("item");
    let container = selector(&mut table, "container", Reads::Elements);
    let item = selector(&mut table, "item", Reads::Elements);
    let [title, text, author, rating, time, link] = of_items.map(|key| selector(&mut table, key, Reads::Field));
    let next = selector(&mut table, "next", Reads::Value);
    let pages = count(&mut table, "pages", 1..=PAGES_MAX, if next.is_some() { PAGES } else { 1 });
    table.finish();
    let item = if has_item { item? } else { String::new() };
    Some(PageSelectors { container, item, title, text, author, rating, time, link, next, pages })
}

/// What a selector is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    Elements,
    /// May end with `@attribute`.
    Value,
    /// A value of an item, which may stand in the element after it: `+ tr .words`.
    Field,
}

/// A selector that parses.
fn selector(table: &mut Table, key: &str, reads: Reads) -> Option<String> {
    let written = table.filled_text(key)?;
    let (css, attribute) = split_attribute(&written);
    if attribute.is_some() && reads == Reads::Elements {
        table.complain(key, format!("`{key}` finds elements, not attributes"), "Take the `@...` away.");
        return None;
    }
    if css.is_empty() && attribute.is_some() {
        return Some(written);
    }
    if css.starts_with('+') && reads != Reads::Field {
        table.complain(key, format!("`{key}` begins with `+`, which only fields of an item may"), "Take the `+` away.");
        return None;
    }
    if !parses(css) {
        table.complain(key, format!("`{css}` is no CSS selector"), "Write one as `div.review > p`, and try it with `hearken probe`.");
        return None;
    }
    Some(written)
}

fn parses(css: &str) -> bool {
    if css.starts_with('+') { Selector::parse(&format!(":scope {css}")).is_ok() } else { Selector::parse(css).is_ok() }
}

/// `a.more@href` is `a.more` and `href`; an `@` inside quotes or brackets belongs to the selector.
fn split_attribute(written: &str) -> (&str, Option<&str>) {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte));
    match written.rsplit_once('@') {
        Some((css, attribute)) if is_name(attribute.trim()) => (css.trim(), Some(attribute.trim())),
        _ => (written, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_split_off_and_an_at_sign_in_quotes_is_not() {
        assert_eq!(split_attribute("a.more @href"), ("a.more", Some("href")));
        assert_eq!(split_attribute("a[title='x@y']"), ("a[title='x@y']", None));
        assert_eq!(split_attribute("@data-id"), ("", Some("data-id")));
        assert_eq!(split_attribute("p"), ("p", None));
    }

    #[test]
    fn a_field_may_stand_in_what_follows_an_item() {
        assert!(parses("+ tr td.words") && parses("div.review > p") && !parses("+") && !parses("div >"));
    }
}
