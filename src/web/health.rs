//! Whether we live, whether we can work, and the figures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use super::Web;
use crate::tasks::health::{look, reached_nobody};
use crate::tasks::metrics;

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// Store, rules and loops: 503 with the reasons while one of them cannot work.
pub(super) async fn readyz(State(web): State<Web>) -> Response {
    let health = look(&web.context).await;
    let status = if health.failing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let live = web.context.live();
    let body = json!({
        "ready": health.failing.is_empty(),
        "failing": health.failing,
        "unsound": health.unsound,
        "unreached": health.unreached,
        "rule_set": live.judge.rule_set(),
        "sources": live.settings.sources.len(),
        "tasks": web.context.board.snapshot(),
    });
    (status, Json(body)).into_response()
}

/// Prometheus' text format.
pub(super) async fn metrics(State(web): State<Web>) -> Response {
    match metrics::scrape(&web.context).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "the figures could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

/// `1 brand`, `2 brands`.
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What a person sees who opens the address: no case, no customer's word, for there is no log-in here.
pub(super) async fn front(State(web): State<Web>) -> Html<String> {
    let context = Arc::clone(&web.context);
    let health = look(&context).await;
    let state = if health.unsound.is_empty() { "sound" } else { "not sound: see <a href=\"readyz\">readyz</a>" };
    let unreached = match health.unreached {
        0 => String::new(),
        warnings => format!("<p role=\"alert\"><strong>{}.</strong></p>", reached_nobody(warnings).replace('`', "")),
    };
    let live = context.live();
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Hearken</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}}</style>\
         <h1>Hearken listens</h1><p>{}, {}. The pipeline is {state}.</p>{unreached}\
         <p>Cases are answered by the links in mails, by the API under <code>/v1/incidents</code> with a token, or by <code>hearken incidents</code> on this machine.</p>\
         <p><a href=\"readyz\">readyz</a> · <a href=\"metrics\">metrics</a></p></html>",
        counted(live.settings.sources.len(), "source"),
        counted(live.settings.brands.len(), "brand"),
    ))
}
