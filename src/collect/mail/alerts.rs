//! The results of a Google Alert: one entry for each page it found, under that page's own address.

use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::collect::extract::{Raw, bounds};
use crate::collect::normalise::text::of_element;

/// Results of one mail; Google sends at most some fifty.
const RESULTS_MAX: usize = 200;

/// What a result stands in, where nothing else says how far it goes.
const ROWS: [&str; 6] = ["tr", "li", "article", "section", "p", "div"];

/// Where an anchor stands that leads to one page alone, or to several.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LeadsTo {
    One(usize),
    Several,
}

/// Every page that the mail's links lead to through Google, with its title and what stands around it.
pub(super) fn results(html: &str) -> Vec<Raw> {
    let Ok(tamed) = bounds::tame_html(html) else { return Vec::new() };
    let document = Html::parse_document(&tamed.text);
    let links = Selector::parse("a[href]").expect("the selector is a constant");
    let mut targets: Vec<String> = Vec::new();
    let mut anchors: Vec<(usize, ElementRef<'_>)> = Vec::new();
    for anchor in document.select(&links) {
        let Some(target) = anchor.value().attr("href").and_then(unwrapped) else { continue };
        let at = targets.iter().position(|known| *known == target).unwrap_or_else(|| {
            targets.push(target);
            targets.len() - 1
        });
        if at >= RESULTS_MAX {
            break;
        }
        anchors.push((at, anchor));
    }
    let mut ground = HashMap::new();
    for (at, anchor) in &anchors {
        for above in anchor.ancestors() {
            let known = ground.entry(above.id()).or_insert(LeadsTo::One(*at));
            if *known != LeadsTo::One(*at) {
                *known = LeadsTo::Several;
            }
        }
    }
    let alone = |element: &ElementRef<'_>, at: usize| ground.get(&element.id()) == Some(&LeadsTo::One(at));
    (0..targets.len().min(RESULTS_MAX)).filter_map(|at| result(at, &targets[at], &anchors, &alone)).collect()
}

/// `alone` says whether all anchors inside an element lead to this page.
fn result(at: usize, target: &str, anchors: &[(usize, ElementRef<'_>)], alone: &dyn Fn(&ElementRef<'_>, usize) -> bool) -> Option<Raw> {
    let own = anchors.iter().filter(|(of, _)| *of == at).map(|(_, anchor)| *anchor);
    let (title, anchor) = own.map(|anchor| (of_element(anchor).replace('\n', " "), anchor)).max_by_key(|(title, _)| title.len())?;
    let around = whole_result(anchor, &|element| alone(element, at)).unwrap_or(anchor);
    let within = |what: &str| {
        let selector = Selector::parse(what).expect("the selector is a constant");
        around.select(&selector).next().map(of_element).filter(|text| !text.is_empty())
    };
    let text = within("[itemprop=description]").unwrap_or_else(|| {
        let all = of_element(around);
        all.strip_prefix(title.as_str()).map_or_else(|| all.clone(), |rest| rest.trim().to_owned())
    });
    Some(Raw {
        link: Some(target.to_owned()),
        title: (!title.is_empty()).then(|| as_markup(&title)),
        text: (!text.is_empty()).then(|| as_markup(&text)),
        author: within("[itemprop=publisher]").map(|name| as_markup(&name)),
        ..Raw::default()
    })
}

/// The element that holds one result: the one Google marks, else the largest that leads nowhere else. In a mail with a single result that
/// would be the mail, so there it is the row.
fn whole_result<'a>(anchor: ElementRef<'a>, alone: &dyn Fn(&ElementRef<'_>) -> bool) -> Option<ElementRef<'a>> {
    let above = || anchor.ancestors().map_while(ElementRef::wrap).take_while(move |element| alone(element));
    let marked = above().find(|element| element.value().attr("itemscope").is_some());
    let all = above().any(|element| element.value().name() == "body");
    let row = || above().find(|element| ROWS.contains(&element.value().name()));
    marked.or_else(|| if all { row() } else { above().last() })
}

/// The page behind `https://www.google.com/url?..&url=PAGE` (or `q=`).
fn unwrapped(href: &str) -> Option<String> {
    let url = Url::parse(href.trim()).ok()?;
    let host = url.host_str()?.strip_prefix("www.").unwrap_or_else(|| url.host_str().unwrap_or_default());
    if !host.starts_with("google.") || url.path() != "/url" {
        return None;
    }
    let page = url.query_pairs().find(|(name, _)| matches!(name.as_ref(), "url" | "q"))?.1.into_owned();
    Url::parse(&page).ok().filter(|page| matches!(page.scheme(), "http" | "https") && page.has_host()).map(String::from)
}

fn as_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the shape of Google's own mails: a table, a row for each result, links through google.com with their place in `ct`.
    const ALERT: &str = r#"<html><body><table><tr><td><a href="https://www.google.com/alerts?s=x">Google Alerts</a></td></tr>
        <tr itemscope itemtype="http://schema.org/Article"><td>
        <a itemprop="url" href="https://www.google.com/url?rct=j&amp;sa=t&amp;url=https://news.example/kettle%3Fid%3D7&amp;ct=ga&amp;cd=CAE"><span itemprop="name"><b>Kestrel</b> kettles leak, owners say</span></a>
        <div itemprop="publisher"><span itemprop="name">Example News</span></div>
        <div itemprop="description">The lid of the new <b>Kestrel</b> kettle leaks &amp; the company does not answer&nbsp;...</div>
        <a href="https://www.google.com/alerts/share?hl=en&amp;ru=https://news.example/kettle">Share</a>
        <a href="https://www.google.com/alerts/feedback?ffu=https://news.example/kettle">Flag as irrelevant</a></td></tr>
        <tr><td><a href="https://www.google.com.tw/url?q=https://forum.example/t/9&amp;ct=ga">紅隼快煮壺漏水</a><br>有人也這樣嗎？用一週就壞了
        <a href="https://www.google.com.tw/url?q=https://forum.example/t/9&amp;ct=ga">more</a></td></tr>
        <tr><td><a href="https://www.google.com/url?q=javascript:alert(1)&amp;ct=ga">bad</a><a href="https://evil.example/url?q=https://x.example/">no</a></td></tr></table></body></html>"#;

    #[test]
    fn each_result_is_an_entry_under_its_own_address() {
        let found = results(ALERT);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].link.as_deref(), Some("https://news.example/kettle?id=7"));
        assert_eq!(found[0].title.as_deref(), Some("Kestrel kettles leak, owners say"));
        assert_eq!(found[0].text.as_deref(), Some("The lid of the new Kestrel kettle leaks &amp; the company does not answer ..."));
        assert_eq!(found[0].author.as_deref(), Some("Example News"));
        assert_eq!((found[1].link.as_deref(), found[1].title.as_deref()), (Some("https://forum.example/t/9"), Some("紅隼快煮壺漏水")));
        assert!(found[1].text.as_deref().is_some_and(|text| text.contains("用一週就壞了")), "{:?}", found[1].text);
    }

    #[test]
    fn a_single_result_is_not_the_whole_mail() {
        let row = "<p><a href='https://www.google.com/url?url=https://a.example/1&ct=ga'>Kettle</a> leaks</p>";
        let found = results(&format!("<html><body><h1>Daily update</h1>{row}<p>Unsubscribe</p></body></html>"));
        assert_eq!((found.len(), found[0].text.as_deref()), (1, Some("leaks")));
    }

    #[test]
    fn hostile_mails_cost_little() {
        assert!(results(&"<div>".repeat(100_000)).is_empty());
        let many: String =
            (0..5_000).map(|at| format!("<p><a href='https://www.google.com/url?q=https://x.example/{at}'>t{at}</a> text")).collect();
        assert_eq!(results(&many).len(), RESULTS_MAX);
        assert!(results("").is_empty());
    }
}
