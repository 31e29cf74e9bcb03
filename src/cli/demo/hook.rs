//! The demo's webhook receiver: it verifies the signature as a real one must.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::model::Secret;
use crate::respond::acknowledge::verify_signature;

/// What the receiver keeps of a call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) body: serde_json::Value,
}

#[derive(Clone)]
pub(super) struct Hook {
    pub(super) secret: Secret,
    pub(super) clock: Clock,
    pub(super) calls: mpsc::UnboundedSender<Call>,
}

impl Hook {
    pub(super) fn router(self) -> Router {
        Router::new().route("/hook", post(take)).with_state(self)
    }
}

async fn take(State(hook): State<Hook>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let verified = verify_signature(
        std::slice::from_ref(&hook.secret),
        header("webhook-id"),
        header("webhook-timestamp"),
        header("webhook-signature"),
        &body,
        hook.clock.now(),
    );
    match (verified, serde_json::from_slice(&body)) {
        (Ok(()), Ok(body)) => {
            let _ = hook.calls.send(Call { body });
            StatusCode::NO_CONTENT
        }
        (Err(_), _) => StatusCode::UNAUTHORIZED,
        (_, Err(_)) => StatusCode::BAD_REQUEST,
    }
}
