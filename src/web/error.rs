//! One shape for every refusal of the API: a status, a word for programs and a sentence for people.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("a bearer token or a signature is needed")]
    Unauthorised,
    #[error("there is no such incident")]
    NotFound,
    #[error("an incident has no answer `{0}`: there are acknowledge, not-ours, false-alarm, hand-over and resolve")]
    NoSuchAnswer(String),
    #[error("{0}")]
    Invalid(String),
    #[error("the store does not answer; try again")]
    Store(#[from] StoreError),
}

impl ApiError {
    const fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthorised => (StatusCode::UNAUTHORIZED, "unauthorised"),
            Self::NotFound | Self::NoSuchAnswer(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            Self::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "store"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        if let Self::Store(error) = &self {
            tracing::error!(%error, "a request failed at the store");
        }
        (status, Json(json!({ "error": { "code": code, "message": self.to_string() } }))).into_response()
    }
}

/// What a person reads who mistyped an address.
pub(super) async fn nothing_there() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "Nothing is at this address of Hearken. The front page, /, says what there is.\n")
}

/// The address is right, and asked in a way it does not answer.
pub(super) async fn other_method() -> (StatusCode, &'static str) {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        "This address of Hearken does not answer to that method: pages are read with GET, answers and pushes are sent with POST.\n",
    )
}
