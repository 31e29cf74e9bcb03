//! Faults of web pages: rebuilt ones, bombs, circles.

use std::time::{Duration, Instant};

use hearken::collect::poll::Polled;
use hearken::collect::source::{PageSelectors, SourceKind, SourceOptions};
use hearken::model::{FailureKind, SourceState};
use url::Url;

use super::{poll_source, source};
use crate::world::site::{Answer, Site};

/// What takes minutes where a limit is missing, and a fraction of a second on an idle machine.
const LONGEST: Duration = Duration::from_secs(30);

fn page_source(url: Url) -> SourceOptions {
    let selectors = PageSelectors {
        container: Some("#reviews".into()),
        item: ".review".into(),
        next: Some("a.next".into()),
        pages: 4,
        ..PageSelectors::default()
    };
    SourceOptions { kind: SourceKind::Page(selectors), ..source(url) }
}

#[tokio::test]
async fn a_rebuilt_page_is_told_from_an_empty_list() {
    let kind_with = async |body: &str, state: SourceState| {
        let site = Site::start().await;
        site.serve("/p", Answer::ok("text/html", body));
        poll_source(&page_source(site.url("/p")), &state).await.map(|_| ()).map_err(|failure| failure.kind)
    };
    let kind = async |body: &str| {
        let read = SourceState { last_success_at: Some(hearken::model::Moment::from_secs(1)), ..SourceState::default() };
        kind_with(body, read).await
    };
    let first = kind_with("<div id=ratings></div>", SourceState::default()).await;
    assert_eq!(first, Err(FailureKind::NoList), "nothing was rebuilt where nobody has seen it before");
    assert_eq!(kind("<div id=reviews></div>").await, Ok(()));
    assert_eq!(kind("<div id=ratings><p class=review>x</p></div>").await, Err(FailureKind::Drift));
    assert_eq!(kind("<title>Sign in</title>").await, Err(FailureKind::LoginPage));
    assert_eq!(kind("<script src='/cdn-cgi/challenge-platform/x'></script>").await, Err(FailureKind::Blocked));
    assert_eq!(kind("").await, Err(FailureKind::Empty));
}

#[tokio::test]
async fn bombs_of_html_end_quickly() {
    let fonts: String = (0..4_000).map(|n| format!("<p><font color={n}>")).collect();
    for bomb in ["<div>".repeat(30_000), fonts, "<table>".repeat(8_000), "<b><p></b>".repeat(10_000), "<a><p>".repeat(20_000)] {
        let site = Site::start().await;
        site.serve("/p", Answer::ok("text/html", bomb.clone()));
        let begun = Instant::now();
        let polled = poll_source(&page_source(site.url("/p")), &SourceState::default()).await;
        assert!(polled.is_err() && begun.elapsed() < LONGEST, "{}: {:?}", &bomb[..20], begun.elapsed());
    }
}

#[tokio::test]
async fn the_dearest_page_that_is_let_through_ends_quickly() {
    let open = |end: &str| format!("<div id=reviews>{}{end}", "<div>".repeat(480));
    let formatting: String = (0..200).map(|n| format!("<b id={n}>")).collect();
    let pages =
        [open(&"<p>x".repeat(30_000)), open(&format!("{formatting}{}", "<p>x".repeat(900))), open(&"<table><td>x</table>".repeat(8_000))];
    for page in pages {
        let site = Site::start().await;
        site.serve("/p", Answer::ok("text/html", page.clone()));
        let begun = Instant::now();
        let _either_way = poll_source(&page_source(site.url("/p")), &SourceState::default()).await;
        assert!(begun.elapsed() < LONGEST, "{}: {:?}", &page[page.len() - 20..], begun.elapsed());
    }
}

#[tokio::test]
async fn further_pages_are_read_once_and_only_on_the_same_host() {
    let page = |review: &str, next: &str| {
        Answer::ok("text/html", format!("<div id=reviews><p class=review>{review}</p></div><a class=next href='{next}'>next</a>"))
    };
    let (site, other) = (Site::start().await, Site::start().await);
    site.serve("/p", page("a", "/p2"));
    site.serve("/p2", page("b", "/p"));
    let Ok(Polled::Items(document)) = poll_source(&page_source(site.url("/p")), &SourceState::default()).await else { panic!("pages") };
    assert_eq!(document.found.len(), 2, "a circle of pages ends");
    assert_eq!(site.request_count(), 2);
    site.serve("/p2", page("b", other.url("/p3").as_str()));
    poll_source(&page_source(site.url("/p")), &SourceState::default()).await.expect("pages");
    assert_eq!(other.request_count(), 0, "another host is not followed");
    site.serve("/p2", Answer::status(500));
    let Ok(Polled::Items(document)) = poll_source(&page_source(site.url("/p")), &SourceState::default()).await else { panic!("pages") };
    assert_eq!(document.found.len(), 1, "what was read is kept");
    assert!(document.degraded.is_some());
}
