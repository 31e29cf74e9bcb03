//! Who may change something through the API: a bearer token, or a call signed as Standard Webhooks has it.

use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::error::ApiError;
use crate::model::Moment;
use crate::respond::signature;
use crate::settings::WebOptions;
use crate::store::Store;

/// The actor of a call, as the incident's history names it.
pub(super) struct Caller {
    pub(super) name: String,
}

/// Finds out who calls. A signed call is let in once: its `webhook-id` is remembered.
///
/// # Errors
/// `Unauthorised` without a valid token or signature, `Replayed` for a signed call that was seen before.
pub(super) async fn caller(options: &WebOptions, store: &Store, headers: &HeaderMap, body: &[u8], now: Moment) -> Result<Caller, ApiError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        return token_name(options, token).map(|name| Caller { name }).ok_or(ApiError::Unauthorised);
    }
    let (Some(id), Some(timestamp), Some(signed)) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature")) else {
        return Err(ApiError::Unauthorised);
    };
    signature::verify(&options.signing_secrets, id, timestamp, signed, body, now).map_err(|_| ApiError::Unauthorised)?;
    if !store.seen_id(id, now).await? {
        return Err(ApiError::Replayed);
    }
    Ok(Caller { name: "webhook".to_owned() })
}

/// The name of a token. Digests are compared, every one of them, so that time tells nothing of length or place.
fn token_name(options: &WebOptions, token: &str) -> Option<String> {
    let given = Sha256::digest(token.as_bytes());
    let mut found = None;
    for known in &options.tokens {
        let same: bool = Sha256::digest(known.token.expose().as_bytes()).ct_eq(&given).into();
        if same {
            found = Some(known.name.clone());
        }
    }
    found
}
