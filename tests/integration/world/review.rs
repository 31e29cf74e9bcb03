//! What people write: reviews, and the feed and page that show them.

use super::site::Answer;

/// One review of the invented brand.
#[derive(Clone, Debug)]
pub(crate) struct Review {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) author: &'static str,
}

impl Review {
    pub(crate) fn new(id: &str, title: &str, text: &str) -> Self {
        Self { id: id.to_owned(), title: title.to_owned(), text: text.to_owned(), author: "阿德" }
    }

    /// A complaint for logistics.
    pub(crate) fn late(id: &str) -> Self {
        Self::new(id, "訂了十天還沒收到貨", &format!("在官網買紅隼快煮壺，訂單 {id}，訂了十天還沒收到貨，客服電話一直沒人接。"))
    }

    /// A complaint for quality.
    pub(crate) fn broken(id: &str) -> Self {
        Self::new(id, "Broken after a week", &format!("The lid of my Kestrel kettle, model {id}, is broken after one week."))
    }
}

/// What stood there before Hearken came.
pub(crate) fn old() -> Review {
    Review::new("old", "去年的事", "去年買的紅隼水壺，等到現在還沒收到，早就算了。")
}

pub(crate) fn rss(reviews: &[Review]) -> Answer {
    let items: String = reviews.iter().map(item).collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>forum</title><link>/</link><description>d</description>{items}</channel></rss>"
    );
    Answer::ok("application/rss+xml; charset=utf-8", xml)
}

fn item(review: &Review) -> String {
    let Review { id, title, text, author } = review;
    let (title, text, author) = (escaped(title), escaped(text), escaped(author));
    format!(
        "<item><guid isPermaLink=\"false\">{id}</guid><link>/review/{id}</link><title>{title}</title><author>{author}</author><description>{text}</description></item>"
    )
}

/// Twice for the text: a feed's description is HTML inside XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A shop's page, to be read with `PAGE_SELECT`.
pub(crate) fn page(reviews: &[Review]) -> Answer {
    let articles: String = reviews
        .iter()
        .map(|Review { id, title, text, author }| {
            format!("<article><h2><a href=\"/review/{id}\">{title}</a></h2><b class=\"by\">{author}</b><span class=\"stars\">1/5</span><p>{text}</p></article>")
        })
        .collect();
    Answer::ok("text/html; charset=utf-8", format!("<!doctype html><title>shop</title><div id=\"reviews\">{articles}</div>"))
}

pub(crate) const PAGE: &str = r##"
[[source]]
name = "shop"
kind = "page"
url = "{site}/shop"
interval = "1m"
[source.select]
container = "#reviews"
item = "article"
title = "h2"
text = "p"
author = ".by"
rating = ".stars"
link = "h2 a@href"
"##;
