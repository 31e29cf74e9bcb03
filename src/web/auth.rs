//! Who may use the API: a bearer token, or a call signed as Standard Webhooks has it.

use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::error::ApiError;
use crate::model::Moment;
use crate::respond::acknowledge::verify_signature;
use crate::settings::WebOptions;
use crate::tasks::inbound::body_hash;

/// Who calls.
pub(super) struct Caller {
    /// As the incident's history names it, where the call names no actor.
    pub(super) name: String,
    /// The `webhook-id` of a signed call and what it says: both together take effect once.
    pub(super) call_id: Option<String>,
}

/// Finds out who calls.
///
/// # Errors
/// `Unauthorised` without a valid token or signature.
pub(super) fn caller(options: &WebOptions, headers: &HeaderMap, body: &[u8], now: Moment) -> Result<Caller, ApiError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        return token_name(options, token).map(|name| Caller { name, call_id: None }).ok_or(ApiError::Unauthorised);
    }
    let (Some(id), Some(timestamp), Some(signed)) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature")) else {
        return Err(ApiError::Unauthorised);
    };
    verify_signature(&options.signing_secrets, id, timestamp, signed, body, now).map_err(|_| ApiError::Unauthorised)?;
    Ok(Caller { name: "webhook".to_owned(), call_id: Some(format!("{id} {}", body_hash(body))) })
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
