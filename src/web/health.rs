//! Whether we live, whether we can work, and the figures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::Web;
use crate::respond::message::{Front, Page, PageContext, render_page};
use crate::tasks::agreement;
use crate::tasks::health::{Health, STORE_SOON, look_soon, reached_nobody, unanswered};
use crate::tasks::metrics;

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Store, rules and loops: 503 with the reasons while one of them cannot work.
pub(super) async fn readyz(State(web): State<Web>) -> Response {
    let health = look_soon(&web.context).await;
    let status = if health.failing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let live = web.context.live();
    // A store that does not answer is not asked once more.
    let agreement = !health.failing.is_empty() || !agreement::is_missing(&web.context).await.unwrap_or_default();
    let body = json!({
        "ready": health.failing.is_empty(),
        "failing": health.failing,
        "unsound": health.unsound,
        "unreached": health.unreached,
        "agreement": agreement,
        "rule_set": live.judge.rule_set(),
        "sources": live.settings.sources.len(),
        "tasks": web.context.board.snapshot(),
    });
    (status, Json(body)).into_response()
}

/// Prometheus' text format.
pub(super) async fn metrics(State(web): State<Web>) -> Response {
    let scraped = tokio::time::timeout(STORE_SOON, metrics::scrape(&web.context)).await;
    let Ok(scraped) = scraped else {
        let why = unanswered(&web.context).await;
        tracing::error!(error = why, "the figures could not be read");
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response();
    };
    match scraped {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the figures could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

/// Classes of sources of which something new would go unheard.
const BLIND: [&str; 3] = ["cannot_see", "canary_gone", "texts_gone"];

/// What a person sees who opens the address: no case, no customer's word, for there is no log-in here.
pub(super) async fn front(State(web): State<Web>) -> Html<String> {
    let context = Arc::clone(&web.context);
    let Health { hung, mut unsound, unreached, failing, .. } = look_soon(&context).await;
    // It stands in a line of its own, in the reader's language.
    unsound.retain(|why| *why != reached_nobody(unreached));
    if failing.is_empty() && agreement::is_missing(&context).await.unwrap_or_default() {
        unsound.push(agreement::WORDS.to_owned());
    }
    // Where the store does not answer, that stands there already.
    let classes = async { if hung.is_empty() { metrics::health(&context).await.ok() } else { None } };
    let classes = tokio::time::timeout(STORE_SOON, classes).await.ok().flatten().unwrap_or_default();
    let blind = BLIND.iter().filter_map(|class| classes.get(class)).sum::<i64>();
    let live = context.live();
    let front = Front {
        sources: live.settings.sources.len(),
        brands: live.settings.brands.len(),
        blind: usize::try_from(blind).unwrap_or_default(),
        unread: classes.get("not_polled_yet").copied().and_then(|count| usize::try_from(count).ok()).unwrap_or_default(),
        unsound: &unsound,
        unreached,
    };
    let company = &live.settings.company;
    let page = PageContext { language: &company.language, company: &company.name, page: Page::Front(front) };
    Html(render_page(&live.templates, &page))
}
