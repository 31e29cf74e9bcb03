//! Where a list goes on: the link its page names as next, says "next" on, or numbers.

use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::collect::normalise::text;

/// What links to the next page are labelled with, in lower case.
const NEXT: &[&str] = &[
    "next",
    "next page",
    "next ›",
    "next »",
    "next >",
    "next →",
    "older",
    "older posts",
    "older comments",
    "older reviews",
    "more reviews",
    "›",
    "»",
    ">",
    ">>",
    "→",
    "下一页",
    "下一頁",
    "下页",
    "下頁",
    "后页",
    "下一页>",
    "下页>",
    "后一页",
    "weiter",
    "nächste",
    "nächste seite",
    "vor",
    "suivant",
    "suivante",
    "page suivante",
    "siguiente",
    "siguiente »",
    "próxima",
    "próximo",
    "seguinte",
    "successiva",
    "successivo",
    "volgende",
    "następna",
    "далее",
    "следующая",
    "вперед",
    "sonraki",
    "次へ",
    "次のページ",
    "次",
    "다음",
    "trang sau",
    "tiếp",
];

/// Query parameters that number pages.
const NUMBERED: &[&str] = &["page", "p", "pg", "paged", "pageno", "page_no", "pagenum", "pn", "currentpage", "pageindex", "cpage", "seite"];

/// The next page of a list whose source names no selector for it. Only links of the page's own site count.
pub(super) fn next(html: &Html, own: &Url, base: &Url) -> Option<Url> {
    let links: Vec<(ElementRef<'_>, Url)> = select(html, "link[href], a[href]")
        .into_iter()
        .filter_map(|element| Some((element, base.join(element.attr("href")?.trim()).ok()?)))
        .filter(|(_, url)| matches!(url.scheme(), "http" | "https") && url.host_str() == base.host_str())
        .filter(|(_, url)| !same_page(url, own))
        .collect();
    let named = |wanted: &dyn Fn(ElementRef<'_>) -> bool| links.iter().find(|(element, _)| wanted(*element)).map(|(_, url)| url.clone());
    named(&is_rel_next).or_else(|| named(&is_labelled_next)).or_else(|| numbered(&links, own))
}

fn select<'a>(html: &'a Html, css: &str) -> Vec<ElementRef<'a>> {
    Selector::parse(css).map(|selector| html.select(&selector).collect()).unwrap_or_default()
}

fn same_page(one: &Url, other: &Url) -> bool {
    let plain = |url: &Url| {
        let mut url = url.clone();
        url.set_fragment(None);
        url
    };
    plain(one) == plain(other)
}

fn is_rel_next(element: ElementRef<'_>) -> bool {
    element.attr("rel").is_some_and(|rel| rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next")))
}

/// An arrow alone says "next" only where pages are turned.
fn is_labelled_next(element: ElementRef<'_>) -> bool {
    let label = text::of_element(element).to_lowercase();
    let titled = || element.attr("title").or_else(|| element.attr("aria-label")).map(str::to_lowercase).unwrap_or_default();
    let label = if label.is_empty() { titled() } else { label };
    let is_next = NEXT.contains(&label.trim());
    let arrow = label.chars().all(|c| !c.is_alphanumeric());
    let href = element.attr("href").unwrap_or_default();
    is_next && !href.starts_with('#') && (!arrow || turns_pages(element))
}

fn turns_pages(element: ElementRef<'_>) -> bool {
    let named = |element: ElementRef<'_>| {
        let names = format!("{} {}", element.attr("class").unwrap_or_default(), element.attr("id").unwrap_or_default()).to_lowercase();
        ["pag", "next", "nav"].iter().any(|mark| names.contains(mark))
    };
    named(element) || element.ancestors().take(3).filter_map(ElementRef::wrap).any(named)
}

/// `?page=3` or `/page/3` after `?page=2`; from an address without a number, the one with 2.
fn numbered(links: &[(ElementRef<'_>, Url)], own: &Url) -> Option<Url> {
    let current = page_number(own).unwrap_or(1);
    links
        .iter()
        .find(|(element, url)| {
            let number = page_number(url);
            let shown = text::of_element(*element);
            number.is_some()
                && shown.trim() == (current + 1).to_string()
                && number.is_some_and(|number| number == current + 1 || number == current)
        })
        .map(|(_, url)| url.clone())
}

fn page_number(url: &Url) -> Option<u32> {
    let of_query = url.query_pairs().find(|(name, _)| NUMBERED.contains(&name.to_ascii_lowercase().as_str()));
    if let Some((_, value)) = of_query {
        return value.parse().ok();
    }
    let parts: Vec<&str> = url.path_segments()?.filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [.., word, number] if NUMBERED.contains(&word.to_ascii_lowercase().as_str()) => number.parse().ok(),
        [.., last] => last.strip_prefix("page-").and_then(|number| number.trim_end_matches(".html").parse().ok()),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_of(own: &str, document: &str) -> Option<String> {
        let own = Url::parse(own).expect("an address");
        next(&Html::parse_document(document), &own, &own).map(String::from)
    }

    #[test]
    fn ways_to_the_next_page() {
        let own = "https://shop.example/r?page=2";
        for (document, wanted) in [
            ("<link rel=next href='?page=3'>", Some("https://shop.example/r?page=3")),
            ("<a rel='nofollow next' href='?page=3'>x</a>", Some("https://shop.example/r?page=3")),
            ("<a href='?page=1'>上一页</a><a href='?page=3'>下一页</a>", Some("https://shop.example/r?page=3")),
            ("<a href=?page=1>1</a><b>2</b><a href=?page=3>3</a><a href=?page=4>4</a>", Some("https://shop.example/r?page=3")),
            ("<div class=pagination><a href=?page=3>»</a></div>", Some("https://shop.example/r?page=3")),
            ("<p>read <a href=/other>»</a></p>", None),
            ("<a rel=next href='https://other.example/r?page=3'>next</a>", None),
            ("<a rel=next href='?page=2#top'>next</a>", None),
            ("<a rel=next href='javascript:go(3)'>next</a>", None),
        ] {
            assert_eq!(next_of(own, document).as_deref(), wanted, "{document}");
        }
        assert_eq!(next_of("https://a.example/t", "<a href='/t/page-2'>2</a>").as_deref(), Some("https://a.example/t/page-2"));
    }
}
