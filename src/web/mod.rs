//! Routes: acknowledge, the API, health. Listens on loopback unless told otherwise.
//!
//! Every route that changes something needs a token, a signature or a signed link. GET changes nothing.

mod acknowledge;
mod api;
mod auth;
mod error;
mod health;
mod inbound;
mod openapi;
mod peer;
mod rate;
pub mod serve;
mod websub;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::tasks::context::Context;
use rate::Rates;

/// Bytes of a request's body: an answer with a note and a remedy is a few kilobytes.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// A request, with its body and our answer. A slow disk's transaction takes seconds.
const REQUEST_WITHIN: Duration = Duration::from_secs(30);

/// What the handlers work with.
#[derive(Clone)]
struct Web {
    context: Arc<Context>,
    rates: Arc<Rates>,
    pushes: Arc<Rates>,
}

/// Serves until the stop; requests under way are finished.
pub async fn serve(listener: TcpListener, context: Arc<Context>, stop: watch::Receiver<bool>) {
    serve::serve(listener, router(context), stop).await;
}

/// Every route. Behind a proxy that keeps the path of `web.public_url`, they answer under that path as well.
fn router(context: Arc<Context>) -> Router {
    let prefix = context.live().settings.web.public_url.path().trim_end_matches('/').to_owned();
    let web = Web { context, rates: Arc::new(Rates::new(rate::PEOPLE)), pushes: Arc::new(Rates::new(rate::SYSTEMS)) };
    let routes = Router::new()
        .route("/", get(health::front))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/a/{token}", get(acknowledge::show).post(acknowledge::answer))
        .route("/v1/openapi.json", get(openapi::show))
        .route("/v1/inbound/{source}", post(inbound::take).layer(DefaultBodyLimit::disable()))
        .route("/v1/websub/{callback}", get(websub::verify).post(websub::deliver).layer(DefaultBodyLimit::disable()))
        .route("/v1/incidents", get(api::list))
        .route("/v1/incidents/{id}", get(api::show))
        .route("/v1/incidents/{id}/{verb}", post(api::answer));
    let routes = if prefix.is_empty() { routes } else { routes.clone().nest(&prefix, routes) };
    let routes = routes.fallback(error::nothing_there).method_not_allowed_fallback(error::other_method);
    routes.layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).layer(middleware::from_fn_with_state(web.clone(), guard)).with_state(web)
}

/// Whether a system pushes something: more often than people ask, and more at once.
fn is_pushed(request: &Request) -> bool {
    ["/v1/inbound/", "/v1/websub/"].iter().any(|route| request.uri().path().contains(route))
}

/// Pushes may be long, and are bounded where they are read.
fn body_bytes_max(request: &Request) -> usize {
    if is_pushed(request) { usize::MAX } else { BODY_BYTES_MAX }
}

/// The body's length as the head has it; a body that says nothing is cut while it is read.
fn announced(request: &Request) -> usize {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// Bounds in front of every route, and headers behind it.
async fn guard(State(web): State<Web>, request: Request, next: Next) -> Response {
    let address = peer::address(&request, &web.context.live().settings.web.trusted_proxies);
    let pushed = is_pushed(&request);
    let rates = if pushed { &web.pushes } else { &web.rates };
    if !rates.admit(address, web.context.clock.now()) {
        if pushed {
            return inbound::too_often();
        }
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "10")], "too many requests from this address\n").into_response();
    }
    if announced(&request) > body_bytes_max(&request) {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n").into_response();
    }
    let mut request = request;
    request.extensions_mut().insert(peer::Client(address));
    let mut response = match tokio::time::timeout(REQUEST_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "the request took too long\n").into_response(),
    };
    let headers = response.headers_mut();
    // Pages hold customers' words and links that act: nobody keeps them, frames them or hears where they led.
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry("x-robots-tag").or_insert(HeaderValue::from_static("noindex"));
    response
}
