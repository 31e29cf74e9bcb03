//! `POST /v1/inbound/{source}`: other systems push what they heard. A 2xx is given after the commit and never before.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Value, json};

use super::Web;
use crate::tasks::inbound::{BYTES_MAX, Call, PushError, Receipt, knock, push};

/// Who is unknown is refused before the body is asked for (`Expect: 100-continue`).
pub(super) async fn take(State(web): State<Web>, Path(source): Path<String>, headers: HeaderMap, body: Body) -> Response {
    match taken(&web, &source, &headers, body).await {
        Ok(receipt) => Json(receipt).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn taken(web: &Web, source: &str, headers: &HeaderMap, body: Body) -> Result<Receipt, Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    knock(&web.context, source, &header)?;
    if header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(Refusal::Compressed);
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|length| length.parse().ok());
    if announced.is_some_and(|length: usize| length > BYTES_MAX) {
        return Err(Refusal::TooLarge(BYTES_MAX));
    }
    // A body that does not say how long it is may become as long as it may.
    let _room = web.context.room.bytes(announced.unwrap_or(BYTES_MAX))?;
    let body = read(body, BYTES_MAX).await?;
    let call = Call { source, header: &header, body: &body };
    // A push that makes us panic is a fault of ours, and the sender has to hear that it was not kept.
    let pushing = std::panic::AssertUnwindSafe(push(&web.context, &call)).catch_unwind();
    pushing.await.map_err(|_| Refusal::Panic)?.map_err(Refusal::Push)
}

/// The whole body within its bound.
pub(super) async fn read(body: Body, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let read = Limited::new(body, bytes_max).collect().await;
    let whole = read.map_err(|error| if error.is::<LengthLimitError>() { Refusal::TooLarge(bytes_max) } else { Refusal::Cut })?;
    Ok(whole.to_bytes().to_vec())
}

/// The answer to an address that calls more often than any system has to.
pub(super) fn too_often() -> Response {
    const WAIT: Duration = Duration::from_secs(10);
    Refusal::from(PushError::Busy { wait: WAIT, why: "too many calls from this address; send several items in one" }).into_response()
}

/// Why a push was not taken, as an answer.
#[derive(Debug)]
pub(super) enum Refusal {
    Push(PushError),
    Compressed,
    TooLarge(usize),
    Cut,
    Panic,
}

impl From<PushError> for Refusal {
    fn from(error: PushError) -> Self {
        Self::Push(error)
    }
}

impl Refusal {
    fn parts(&self) -> (StatusCode, &'static str, String) {
        use crate::tasks::inbound::PushError as Error;
        match self {
            Self::Push(error) => {
                let (status, code) = match error {
                    Error::Unknown => (StatusCode::NOT_FOUND, "not_found"),
                    Error::Unauthorised(_) => (StatusCode::UNAUTHORIZED, "unauthorised"),
                    Error::Fault(fault) if fault.is_too_much() => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
                    Error::Fault(_) => (StatusCode::BAD_REQUEST, "malformed"),
                    Error::Busy { .. } => (StatusCode::TOO_MANY_REQUESTS, "busy"),
                    Error::NothingTaken(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
                    Error::NotKept(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
                };
                (status, code, error.to_string())
            }
            Self::Compressed => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "compressed", "the body is compressed: send it as it is".to_owned()),
            Self::TooLarge(bytes) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("a push has at most {bytes} bytes: send it in parts"))
            }
            Self::Cut => (StatusCode::BAD_REQUEST, "cut", "the body ended early".to_owned()),
            Self::Panic => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "hearken itself failed on this push; its log says where".to_owned())
            }
        }
    }

    /// What belongs to some refusals alone.
    fn more(&self) -> Option<(&'static str, Value)> {
        match self {
            Self::Push(PushError::NothingTaken(errors)) => Some(("errors", json!(errors))),
            _ => None,
        }
    }

    fn wait_s(&self) -> Option<u64> {
        match self {
            Self::Push(PushError::Busy { wait, .. }) => Some(wait.as_secs().max(1)),
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        if let Self::Push(PushError::NotKept(error)) = &self {
            tracing::error!(%error, "a push could not be kept; its sender was told to try again");
        }
        let mut answer = json!({ "error": { "code": code, "message": message } });
        if let Some((name, value)) = self.more() {
            answer[name] = value;
        }
        let mut response = (status, Json(answer)).into_response();
        if let Some(seconds) = self.wait_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
