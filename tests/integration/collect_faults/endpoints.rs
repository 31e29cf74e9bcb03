//! JSON endpoints over the wire: paging in every manner and its ends, POST, secrets, refusals.

use std::collections::HashSet;
use std::future::ready;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use hearken::collect::extract::endpoint::field::{Field, Part};
use hearken::collect::extract::endpoint::paging::{By, Paging, Place};
use hearken::collect::extract::endpoint::path::Path;
use hearken::collect::extract::endpoint::{JsonOptions, RequestBody};
use hearken::collect::poll::{Document, Memory, Polled, poll_after};
use hearken::collect::robots::RobotsCache;
use hearken::collect::source::{SourceKind, SourceOptions};
use hearken::model::{FailureKind, Identity, Secret, SourceState};
use serde_json::{Value, json};
use url::Url;

use super::{NOW, options, outbound, poll_source, source};
use crate::world::site::{Answer, Site};

fn path(text: &str) -> Path {
    Path::parse(text).expect("a path")
}

fn endpoint(url: Url, by: Option<By>) -> SourceOptions {
    let json = JsonOptions {
        items: vec![path("/list")],
        id: Some(Field(vec![Part::parse("/id").expect("a part")])),
        text: Some(Field(vec![Part::parse("/text").expect("a part")])),
        paging: by.map(|by| Paging { by, pages: 5, more: None }),
        ..JsonOptions::default()
    };
    SourceOptions { kind: SourceKind::Json(Box::new(json)), ..source(url) }
}

fn with(mut source: SourceOptions, change: impl FnOnce(&mut JsonOptions)) -> SourceOptions {
    if let SourceKind::Json(json) = &mut source.kind {
        change(json);
    }
    source
}

fn page(ids: &[u32], more: &Value) -> Answer {
    let list: Vec<Value> = ids.iter().map(|id| json!({"id": id, "text": format!("review {id}")})).collect();
    Answer::ok("application/json", json!({"list": list, "next": more}).to_string())
}

fn ids(document: &Document) -> Vec<&str> {
    document.found.iter().filter_map(|found| found.item.id.as_deref()).collect()
}

async fn document(source: &SourceOptions) -> Document {
    match poll_source(source, &SourceState::default()).await {
        Ok(Polled::Items(document)) => *document,
        other => panic!("items expected, not {other:?}"),
    }
}

async fn kind(body: Value) -> FailureKind {
    let site = Site::start().await;
    site.serve("/api", Answer::ok("application/json", body.to_string()));
    poll_source(&endpoint(site.url("/api"), None), &SourceState::default()).await.expect_err("a failure").kind
}

fn targets(site: &Site, path: &str) -> Vec<String> {
    site.requests(path).into_iter().map(|request| request.target).collect()
}

#[tokio::test]
async fn a_cursor_is_followed_to_its_end() {
    let site = Site::start().await;
    let cursor = By::Cursor { from: path("/next"), into: Place::Query("after".into()) };
    site.serve_in_turn("/api", vec![page(&[1, 2], &json!("a/b")), page(&[3], &json!("c")), page(&[4], &json!(null))]);
    let document = document(&endpoint(site.url("/api?q=x%20y"), Some(cursor))).await;
    assert_eq!(ids(&document), ["1", "2", "3", "4"]);
    assert_eq!(targets(&site, "/api"), ["/api?q=x%20y", "/api?q=x%20y&after=a%2Fb", "/api?q=x%20y&after=c"]);
}

#[tokio::test]
async fn pages_end_at_the_limit_at_an_empty_one_and_in_a_circle() {
    let paged = || Some(By::Page { into: Place::Query("page".into()), first: 1 });
    let site = Site::start().await;
    site.serve_in_turn("/api", (1..20).map(|n| page(&[n], &json!(null))).collect());
    assert_eq!(document(&endpoint(site.url("/api"), paged())).await.found.len(), 5, "five pages at most");
    let site = Site::start().await;
    site.serve_in_turn("/api", vec![page(&[1], &json!(null)), page(&[], &json!(null))]);
    assert_eq!(document(&endpoint(site.url("/api"), paged())).await.found.len(), 1);
    assert_eq!(targets(&site, "/api"), ["/api", "/api?page=2"]);
    let site = Site::start().await;
    site.serve("/api", page(&[1, 2], &json!(null)));
    assert_eq!(document(&endpoint(site.url("/api"), paged())).await.found.len(), 2, "a service that ignores its paging");
    assert_eq!(site.requests("/api").len(), 2);
    let site = Site::start().await;
    let circle = Some(By::Next { from: path("/next") });
    site.serve_in_turn("/api", vec![page(&[1], &json!("/api?b")), page(&[2], &json!("/api")), page(&[3], &json!("/api?c"))]);
    assert_eq!(document(&endpoint(site.url("/api"), circle)).await.found.len(), 2, "never the same address twice");
}

#[tokio::test]
async fn a_link_header_is_followed_on_its_own_host_only() {
    let (site, other) = (Site::start().await, Site::start().await);
    let next = format!("<{}>; rel=\"next\"", site.url("/api?page=2"));
    let away = format!("<{}>; rel=\"next\"", other.url("/api"));
    site.serve_in_turn("/api", vec![page(&[1], &json!(null)).header("link", &next), page(&[2], &json!(null)).header("link", &away)]);
    assert_eq!(document(&endpoint(site.url("/api"), Some(By::Link))).await.found.len(), 2);
    assert_eq!((site.requests("/api").len(), other.request_count()), (2, 0));
}

#[tokio::test]
async fn known_items_end_the_paging() {
    let site = Site::start().await;
    let source = endpoint(site.url("/api"), Some(By::Page { into: Place::Query("page".into()), first: 1 }));
    let remembered: Arc<Mutex<HashSet<Identity>>> = Arc::default();
    let known = |items: Vec<Identity>| {
        let remembered = Arc::clone(&remembered);
        async move {
            let remembered = remembered.lock().expect("nobody died");
            items.into_iter().filter(|item| remembered.contains(item)).map(|item| (item, NOW)).collect()
        }
        .boxed()
    };
    for (answers, wanted) in [
        (vec![page(&[3, 2], &json!(null)), page(&[1], &json!(null)), page(&[], &json!(null))], 3),
        (vec![page(&[4, 3], &json!(null)), page(&[2, 1], &json!(null)), page(&[0], &json!(null))], 2),
    ] {
        let before = site.requests("/api").len();
        site.serve_in_turn("/api", answers);
        let memory = Memory { known: &known, shown: &|| ready(None).boxed() };
        let (polled, _) =
            poll_after(&outbound(true), &RobotsCache::default(), &source, &options(), &SourceState::default(), NOW, memory).await;
        let Ok(Polled::Items(document)) = polled else { panic!("items") };
        remembered.lock().expect("nobody died").extend(document.found.iter().map(|found| found.identity));
        assert_eq!(site.requests("/api").len() - before, wanted);
    }
}

#[tokio::test]
async fn a_body_is_posted_and_takes_the_cursor() {
    let site = Site::start().await;
    site.serve_in_turn("/graphql", vec![page(&[1], &json!("abc")), page(&[2], &json!(null))]);
    let cursor = By::Cursor { from: path("/next"), into: Place::Body("/variables/after".into()) };
    let source = with(endpoint(site.url("/graphql"), Some(cursor)), |json| {
        json.body = Some(RequestBody { text: r#"{"query":"{..}","variables":{}}"#.into(), content_type: "application/json" });
    });
    assert_eq!(document(&source).await.found.len(), 2);
    let requests = site.requests("/graphql");
    let bodies: Vec<_> = requests.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    assert_eq!(bodies, [r#"{"query":"{..}","variables":{}}"#, r#"{"query":"{..}","variables":{"after":"abc"}}"#]);
    assert!(requests.iter().all(|request| request.method == "POST" && request.header("content-type") == Some("application/json")));
}

#[tokio::test]
async fn what_is_posted_is_not_redirected_elsewhere() {
    let (site, other) = (Site::start().await, Site::start().await);
    site.serve("/moved", Answer::redirect(302, "/api"));
    site.serve("/away", Answer::redirect(307, other.url("/api").as_str()));
    site.serve("/here", Answer::redirect(308, "/api"));
    site.serve("/api", page(&[1], &json!(null)));
    let posting = |path: &str| {
        with(endpoint(site.url(path), None), |json| json.body = Some(RequestBody { text: "{}".into(), content_type: "application/json" }))
    };
    for path in ["/moved", "/away"] {
        assert_eq!(poll_source(&posting(path), &SourceState::default()).await.expect_err("refused").kind, FailureKind::Redirect, "{path}");
    }
    assert_eq!(other.request_count(), 0);
    assert_eq!(document(&posting("/here")).await.found.len(), 1);
    assert_eq!(site.requests("/api")[0].method, "POST");
}

#[tokio::test]
async fn secret_parameters_are_sent_and_never_shown() {
    let site = Site::start().await;
    site.serve("/api", Answer::ok("application/json", r#"{"error": {"code": 400, "message": "API key very-secret expired"}}"#));
    let source = with(endpoint(site.url("/api?q=1"), None), |json| json.parameters = vec![("key".into(), Secret::new("very-secret"))]);
    let failure = poll_source(&source, &SourceState::default()).await.expect_err("refused");
    assert_eq!((failure.kind, failure.detail.contains("***")), (FailureKind::Auth, true), "{failure}");
    assert_eq!(targets(&site, "/api"), ["/api?q=1&key=very-secret"]);
    let other = Site::start().await;
    other.serve("/api", page(&[1], &json!(null)));
    site.serve("/api", Answer::redirect(302, other.url("/api").as_str()));
    assert_eq!(document(&source).await.found.len(), 1);
    assert_eq!(targets(&other, "/api"), ["/api"], "not to another host");
}

#[tokio::test]
async fn secrets_of_a_body_are_sent_and_never_shown() {
    let site = Site::start().await;
    site.serve("/api", Answer::ok("application/json", r#"{"error": {"code": 400, "message": "token very-secret expired"}}"#));
    let body = RequestBody { text: r#"{"auth":{},"page":1}"#.into(), content_type: "application/json" };
    let paging = By::Page { into: Place::Body("/page".into()), first: 1 };
    let source = with(endpoint(site.url("/api"), Some(paging)), |json| {
        json.body = Some(body);
        json.body_secrets = vec![("/auth/token".into(), Secret::new("very-secret"))];
    });
    let failure = poll_source(&source, &SourceState::default()).await.expect_err("refused");
    assert_eq!((failure.kind, failure.detail.contains("***")), (FailureKind::Auth, true), "{failure}");
    assert!(!format!("{failure:?}{source:?}").contains("very-secret"));
    site.serve("/api", page(&[1], &json!(null)));
    assert_eq!(document(&source).await.found.len(), 1);
    let sent: Vec<Value> = site.requests("/api").iter().map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect();
    let of_page = |page: u32| json!({"auth": {"token": "very-secret"}, "page": page});
    assert_eq!(sent, [of_page(1), of_page(1), of_page(2)], "on every page");
    let form = with(endpoint(site.url("/api"), None), |json| {
        json.body = Some(RequestBody { text: "q=tea".into(), content_type: "application/x-www-form-urlencoded" });
        json.body_secrets = vec![("key".into(), Secret::new("a&b"))];
    });
    document(&form).await;
    assert_eq!(site.requests("/api").last().expect("asked").body, b"q=tea&key=a%26b");
}

#[tokio::test]
async fn answers_that_are_none() {
    assert_eq!(kind(json!({"rows": []})).await, FailureKind::NoList);
    assert_eq!(kind(json!({"list": [{"name": "x"}]})).await, FailureKind::NoList);
    assert_eq!(kind(json!({"code": 401, "message": "expired"})).await, FailureKind::Auth);
    assert_eq!(kind(json!({"success": false, "message": "who knows"})).await, FailureKind::Refused);
    assert_eq!(kind(json!({"status": "error", "message": "rate limit"})).await, FailureKind::Throttled);
    assert_eq!(kind(json!("<html>")).await, FailureKind::NoList);
    for (body, wanted) in [
        ("<!doctype html><title>Log in</title>", FailureKind::LoginPage),
        ("{\"list\": [", FailureKind::CutOff),
        ("", FailureKind::Empty),
        ("upstream error", FailureKind::NotAFeed),
    ] {
        let site = Site::start().await;
        site.serve("/api", Answer::ok("application/json", body));
        let failure = poll_source(&endpoint(site.url("/api"), None), &SourceState::default()).await.expect_err("a failure");
        assert_eq!(failure.kind, wanted, "{body}");
    }
}

#[tokio::test]
async fn an_unchanged_answer_is_known_by_its_etag() {
    let site = Site::start().await;
    site.serve("/api", page(&[], &json!(null)).etag("\"v1\""));
    let source = endpoint(site.url("/api"), None);
    let first = document(&source).await;
    assert!(first.found.is_empty(), "an empty list is fine");
    let state = SourceState { etag: first.etag, last_item_at: Some(NOW), baselined: true, ..SourceState::default() };
    assert!(matches!(poll_source(&source, &state).await, Ok(Polled::Unchanged { .. })));
}

#[tokio::test]
async fn a_broken_further_page_leaves_the_first() {
    let site = Site::start().await;
    site.serve_in_turn("/api", vec![page(&[1], &json!("a")), Answer::status(500)]);
    let document =
        document(&endpoint(site.url("/api"), Some(By::Cursor { from: path("/next"), into: Place::Query("after".into()) }))).await;
    assert_eq!(ids(&document), ["1"]);
    assert!(document.degraded.expect("a remark").contains("further page"));
}

#[tokio::test]
async fn what_a_service_says_beside_a_status_is_quoted_and_understood() {
    let at = (NOW.as_secs() + 600).to_string();
    let spent = |body: Value| {
        let answer = Answer::status(403).header("content-type", "application/json").body(body.to_string());
        answer.header("x-ratelimit-limit", "60").header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", &at)
    };
    let says = |status: u16, body: Value| Answer::status(status).header("content-type", "application/json").body(body.to_string());
    let quota = json!({"error": {"code": 403, "message": "The request cannot be completed.", "errors": [{"reason": "quotaExceeded"}]}});
    for (answer, kind, words, wait) in [
        (spent(json!({"message": "API rate limit exceeded"})), FailureKind::Throttled, "API rate limit exceeded", Some(600)),
        (spent(json!({"message": "Forbidden"})).gzip(), FailureKind::Throttled, "403: \"Forbidden\"", Some(600)),
        (says(403, quota), FailureKind::Throttled, "quotaExceeded", None),
        (says(400, json!({"error": "rate_limit_error"})), FailureKind::Throttled, "400: \"rate_limit_error\"", None),
        (says(422, json!({"error": "This method requires an authenticated user"})), FailureKind::Auth, "authenticated user", None),
        (says(403, json!({"message": "no key s3cret-key here"})), FailureKind::Blocked, "no key *** here", None),
        (says(404, json!({"message": "Not Found"})), FailureKind::NotFound, "404: \"Not Found\"", None),
        (says(503, json!({"detail": "maintenance until noon"})), FailureKind::Server, "maintenance until noon", None),
        (says(429, json!({"message": "slow down"})).header("x-ratelimit-reset", "90"), FailureKind::Throttled, "slow down", Some(90)),
        (
            Answer::status(403).header("content-type", "text/html").body("<title>no</title>"),
            FailureKind::Blocked,
            "the server answered 403",
            None,
        ),
        (says(403, json!({"message": "x"})).reset_after(3), FailureKind::Blocked, "the server answered 403", None),
    ] {
        let site = Site::start().await;
        site.serve("/api", answer);
        let headers = vec![("X-Api-Key".to_owned(), Secret::new("s3cret-key"))];
        let source = SourceOptions { headers, ..endpoint(site.url("/api"), None) };
        let failure = poll_source(&source, &SourceState::default()).await.expect_err("a failure");
        assert_eq!((failure.kind, failure.retry_after.map(|wait| wait.as_secs())), (kind, wait), "{failure:?}");
        assert!(failure.detail.contains(words) && !failure.detail.contains("s3cret"), "{failure:?}");
    }
}
