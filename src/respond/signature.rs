//! Signatures of Standard Webhooks 1.0.0 (<https://www.standardwebhooks.com>): ours on what goes out, and others' on
//! signed calls of our API. Signed is `id.timestamp.body`, with HMAC-SHA256 and a secret of the form `whsec_BASE64`.

mod hub;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::model::{Moment, Secret};
pub use hub::{HubMethods, verify_hub};

/// How far the sender's clock may be from ours, either way; the specification's own figure. An id has to be
/// remembered for twice as long, so that a replay is known.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Shortest and longest key in bytes, as the specification has them.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// More signatures than keys in any rotation: what is beyond is not looked at.
const SIGNATURES_MAX: usize = 8;

/// Why a signed call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("a header of the signature is missing or malformed")]
    Malformed,
    #[error("the time stamp is more than five minutes from ours")]
    Stale,
    #[error("no signature fits")]
    Wrong,
    #[error("the signing secret is not `whsec_` and base64 of 24 to 64 bytes")]
    BadSecret,
}

/// The value of `webhook-signature`: one `v1,BASE64` for each secret, separated by blanks, so that the receiver
/// accepts either while a secret is changed. `timestamp` is in Unix seconds and belongs into `webhook-timestamp`.
///
/// # Errors
/// When a secret does not have its form.
pub fn sign(secrets: &[Secret], id: &str, timestamp: i64, body: &[u8]) -> Result<String, SignatureError> {
    let mut signatures = Vec::with_capacity(secrets.len());
    for secret in secrets {
        signatures.push(format!("v1,{}", STANDARD.encode(mac(&key(secret)?, id, timestamp, body))));
    }
    Ok(signatures.join(" "))
}

/// Whether one of `secrets` signed this call now. The caller remembers `id` for `2 * TOLERANCE` against replays.
///
/// # Errors
/// What is wrong with it; never which of the secrets or signatures came close.
pub fn verify_signature(
    secrets: &[Secret],
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: Moment,
) -> Result<(), SignatureError> {
    if id.is_empty() || id.contains('.') {
        return Err(SignatureError::Malformed);
    }
    let timestamp: i64 = timestamp.parse().map_err(|_| SignatureError::Malformed)?;
    let offered = offered(signatures)?;
    if now.as_secs().abs_diff(timestamp) > TOLERANCE.as_secs() {
        return Err(SignatureError::Stale);
    }
    let mut fits = subtle::Choice::from(0);
    for secret in secrets {
        let expected = mac(&key(secret)?, id, timestamp, body);
        for signature in &offered {
            fits |= expected.as_slice().ct_eq(signature);
        }
    }
    if fits.into() { Ok(()) } else { Err(SignatureError::Wrong) }
}

/// The decoded `v1` signatures of the header; other versions are passed over.
fn offered(signatures: &str) -> Result<Vec<Vec<u8>>, SignatureError> {
    let encoded = signatures.split(' ').filter_map(|part| part.strip_prefix("v1,")).take(SIGNATURES_MAX);
    let decoded: Vec<Vec<u8>> = encoded.filter_map(|part| STANDARD.decode(part).ok()).collect();
    if decoded.is_empty() { Err(SignatureError::Malformed) } else { Ok(decoded) }
}

/// The bytes behind `whsec_`.
fn key(secret: &Secret) -> Result<Vec<u8>, SignatureError> {
    let encoded = secret.expose().strip_prefix("whsec_").ok_or(SignatureError::BadSecret)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| SignatureError::BadSecret)?;
    if KEY_BYTES.contains(&bytes.len()) { Ok(bytes) } else { Err(SignatureError::BadSecret) }
}

fn mac(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = b"{\"test\": 2432232314}";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const AT: i64 = 1_614_265_330;

    fn known() -> Secret {
        Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    }

    fn other() -> Secret {
        Secret::new(format!("whsec_{}", STANDARD.encode([9_u8; 32])))
    }

    fn verify(id: &str, timestamp: &str, signatures: &str, body: &[u8], now_s: i64) -> Result<(), SignatureError> {
        verify_signature(&[other(), known()], id, timestamp, signatures, body, Moment::from_secs(now_s))
    }

    #[test]
    fn the_known_vector_of_the_specification_holds() {
        assert_eq!(sign(&[known()], ID, AT, BODY).as_deref(), Ok(SIGNATURE));
        assert_eq!(verify(ID, "1614265330", SIGNATURE, BODY, AT), Ok(()));
    }

    #[test]
    fn either_secret_signs_while_one_is_changed() {
        let both = sign(&[other(), known()], ID, AT, BODY).expect("sound secrets");
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(verify_signature(&[known()], ID, "1614265330", &both, BODY, Moment::from_secs(AT)), Ok(()));
        let unknown_version = format!("v1a,AAAA {SIGNATURE}");
        assert_eq!(verify(ID, "1614265330", &unknown_version, BODY, AT), Ok(()));
    }

    #[test]
    fn everything_else_is_refused() {
        use SignatureError::{Malformed, Stale, Wrong};
        let cases = [
            ("", "1614265330", SIGNATURE, BODY, AT, Malformed),
            ("a.b", "1614265330", SIGNATURE, BODY, AT, Malformed),
            (ID, "soon", SIGNATURE, BODY, AT, Malformed),
            (ID, "1614265330", "", BODY, AT, Malformed),
            (ID, "1614265330", "v1,!!", BODY, AT, Malformed),
            (ID, "1614265330", SIGNATURE, BODY, AT + 301, Stale),
            (ID, "1614265330", SIGNATURE, BODY, AT - 301, Stale),
            (ID, "-9223372036854775808", SIGNATURE, BODY, AT, Stale),
            (ID, "1614265331", SIGNATURE, BODY, AT, Wrong),
            ("msg_other", "1614265330", SIGNATURE, BODY, AT, Wrong),
            (ID, "1614265330", SIGNATURE, b"{}", AT, Wrong),
        ];
        for (id, timestamp, signatures, body, now, expected) in cases {
            assert_eq!(verify(id, timestamp, signatures, body, now), Err(expected), "{id} {timestamp} {signatures}");
        }
        assert_eq!(verify_signature(&[], ID, "1614265330", SIGNATURE, BODY, Moment::from_secs(AT)), Err(Wrong));
    }

    #[test]
    fn a_secret_without_its_form_is_named_as_such() {
        for wrong in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_AAAA", "whsec_%%"] {
            assert_eq!(sign(&[Secret::new(wrong)], ID, AT, BODY), Err(SignatureError::BadSecret), "{wrong}");
        }
    }
}
