//! `/v1/websub/{callback}`: hubs ask here whether we meant it (GET), and deliver (POST). The address itself is the secret of both.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;

use super::Web;
use super::inbound::{Refusal, read};
use crate::tasks::inbound::PushError;
use crate::tasks::websub::{self, Intent};

/// The challenge, where we asked for this; the answer to a scanner that opens the address is 404.
pub(super) async fn verify(State(web): State<Web>, Path(callback): Path<String>, Query(intent): Query<Intent>) -> Response {
    match websub::verify(&web.context, &callback, intent).await {
        Ok(Some(challenge)) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], challenge).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, "nobody asked for this\n").into_response(),
        Err(error) => Refusal::from(PushError::NotKept(error)).into_response(),
    }
}

/// 410 where there is no subscription (the hub may forget us), 202 for whatever is delivered to one, also what is not believed.
pub(super) async fn deliver(State(web): State<Web>, Path(callback): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let delivering = std::panic::AssertUnwindSafe(delivered(&web, &callback, &headers, body)).catch_unwind();
    match delivering.await.unwrap_or(Err(Refusal::Panic)) {
        Ok(status) => status.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn delivered(web: &Web, callback: &str, headers: &HeaderMap, body: Body) -> Result<StatusCode, Refusal> {
    let kept = |error| Refusal::from(PushError::NotKept(error));
    let context = &web.context;
    let Some(subscription) = websub::expects(context, callback).await.map_err(kept)? else { return Ok(StatusCode::GONE) };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bytes_max = context.live().settings.collect.max_bytes;
    let announced = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(bytes_max);
    let compressed = header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    if compressed || announced > bytes_max {
        websub::hasten_source(context, &subscription).await.map_err(kept)?;
        return Ok(StatusCode::ACCEPTED);
    }
    let _room = context.room.bytes(announced)?;
    let bytes = match read(body, bytes_max).await {
        Ok(bytes) => bytes,
        Err(Refusal::TooLarge(_)) => {
            websub::hasten_source(context, &subscription).await.map_err(kept)?;
            return Ok(StatusCode::ACCEPTED);
        }
        Err(refusal) => return Err(refusal),
    };
    let content_type = header("content-type").map(str::to_owned);
    websub::deliver(context, &subscription, header("x-hub-signature"), content_type, bytes).await.map_err(kept)?;
    Ok(StatusCode::ACCEPTED)
}
