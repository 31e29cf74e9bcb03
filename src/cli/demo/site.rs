//! The sample forum and shop: real HTTP on loopback.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::samples::{Place, SAMPLES, Sample};

/// What the site shows so far; clones show the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    published: Arc<AtomicBool>,
}

impl Site {
    /// From now on the new reviews are there too.
    pub(super) fn publish(&self) {
        self.published.store(true, Ordering::SeqCst);
    }

    /// The site's routes.
    pub(super) fn router(&self) -> Router {
        Router::new()
            .route("/forum.xml", get(feed))
            .route("/shop/reviews", get(page))
            .route("/review/{slug}", get(review))
            .with_state(self.clone())
    }

    fn shown(&self, place: Place) -> impl Iterator<Item = &'static Sample> {
        let published = self.published.load(Ordering::SeqCst);
        SAMPLES.iter().filter(move |sample| sample.place == place && (published || sample.old))
    }
}

async fn feed(State(site): State<Site>) -> Response {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>廚房討論區</title><link>/</link><description>sample</description>\n",
    );
    for sample in site.shown(Place::Feed) {
        let Sample { slug, title, text, author, .. } = sample;
        let _ = writeln!(
            xml,
            "<item><guid isPermaLink=\"false\">{slug}</guid><link>/review/{slug}</link><title>{title}</title><author>{author}</author><description>{text}</description></item>"
        );
    }
    xml.push_str("</channel></rss>\n");
    ([(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")], xml).into_response()
}

async fn page(State(site): State<Site>) -> Html<String> {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Kettles &amp; Co</title><h1>Reviews</h1><div id=\"reviews\">\n",
    );
    for sample in site.shown(Place::Page) {
        let Sample { slug, title, text, author, stars, .. } = sample;
        let _ = writeln!(
            html,
            "<article class=\"review\"><h2><a href=\"/review/{slug}\">{title}</a></h2><span class=\"stars\">{stars}/5</span> <b class=\"by\">{author}</b><p>{text}</p></article>"
        );
    }
    html.push_str("</div></html>\n");
    Html(html)
}

async fn review(Path(slug): Path<String>) -> Response {
    match SAMPLES.iter().find(|sample| sample.slug == slug) {
        Some(Sample { title, text, author, stars, .. }) => Html(format!(
            "<!doctype html><html><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1><p>{stars}/5, {author}</p><p>{text}</p></html>"
        ))
        .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
