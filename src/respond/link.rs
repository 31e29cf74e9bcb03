//! The links in mails: `v1.PAYLOAD.MAC`, both in base64url. Who holds one may answer for one recipient of one generation.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::model::{Moment, Secret};

const VERSION: &str = "v1";

/// Bytes of the HMAC that are kept: 128 bits, so that the link stays on one line of a mail.
const MAC_BYTES: usize = 16;

/// Far longer than any link of ours: a longer one is not even decoded.
const TOKEN_BYTES_MAX: usize = 2048;

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkClaims {
    pub incident: String,
    pub generation: i64,
    /// The recipient's name; proposed on the page, confirmed by the person.
    pub recipient: String,
    pub department: String,
    pub step: i64,
    /// Whole seconds count.
    pub expires_at: Moment,
}

/// Why a link does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Genuine, and too old.
    #[error("the link has expired")]
    Expired,
    #[error("the link is not one of ours")]
    Invalid,
}

/// When a link sent `now` stops to work.
#[must_use]
pub fn expiry(now: Moment, link_valid: Duration) -> Moment {
    Moment::from_secs(now.plus(link_valid).as_secs())
}

/// The token, signed with the first key; none without a key.
#[must_use]
pub fn token(keys: &[Secret], claims: &LinkClaims) -> Option<String> {
    let fields = serde_json::json!([
        claims.incident,
        claims.generation,
        claims.recipient,
        claims.department,
        claims.step,
        claims.expires_at.as_secs()
    ]);
    let payload = URL_SAFE_NO_PAD.encode(fields.to_string());
    let mac = URL_SAFE_NO_PAD.encode(mac(keys.first()?, &payload));
    Some(format!("{VERSION}.{payload}.{mac}"))
}

/// What a genuine token says.
///
/// # Errors
/// `Expired` only for a token that was ours; everything else is `Invalid`, without a word why.
pub fn verify(keys: &[Secret], token: &str, now: Moment) -> Result<LinkClaims, LinkError> {
    let (payload, offered) = parts(token).ok_or(LinkError::Invalid)?;
    let mut fits = subtle::Choice::from(0);
    for key in keys {
        fits |= mac(key, payload).as_slice().ct_eq(&offered);
    }
    if !bool::from(fits) {
        return Err(LinkError::Invalid);
    }
    let claims = read(payload).ok_or(LinkError::Invalid)?;
    if now > claims.expires_at { Err(LinkError::Expired) } else { Ok(claims) }
}

fn parts(token: &str) -> Option<(&str, Vec<u8>)> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let (payload, mac) = token.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')?;
    Some((payload, URL_SAFE_NO_PAD.decode(mac).ok()?))
}

fn read(payload: &str) -> Option<LinkClaims> {
    let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let (incident, generation, recipient, department, step, expires_s) = serde_json::from_slice(&bytes).ok()?;
    Some(LinkClaims { incident, generation, recipient, department, step, expires_at: Moment::from_secs(expires_s) })
}

fn mac(key: &Secret, payload: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(b"hearken link ");
    mac.update(VERSION.as_bytes());
    mac.update(b"\n");
    mac.update(payload.as_bytes());
    mac.finalize().into_bytes()[..MAC_BYTES].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_795_000_000);

    fn key(name: &str) -> Secret {
        Secret::new(format!("{name}-0123456789abcdef0123456789abcdef"))
    }

    fn claims() -> LinkClaims {
        LinkClaims {
            incident: "H-7K3QF2MA".into(),
            generation: 1,
            recipient: "王小美".into(),
            department: "物流".into(),
            step: 0,
            expires_at: expiry(NOW, Duration::from_hours(1)),
        }
    }

    #[test]
    fn a_link_says_what_it_was_given_and_fits_into_a_mail() {
        let token = token(&[key("new")], &claims()).expect("there is a key");
        assert_eq!(verify(&[key("new")], &token, NOW), Ok(claims()));
        assert!(token.len() < 140, "{}", token.len());
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    }

    #[test]
    fn the_old_key_works_until_it_is_taken_away() {
        let old = token(&[key("old")], &claims()).expect("there is a key");
        assert_eq!(verify(&[key("new"), key("old")], &old, NOW), Ok(claims()));
        assert_eq!(verify(&[key("new")], &old, NOW), Err(LinkError::Invalid));
        assert_eq!(verify(&[], &old, NOW), Err(LinkError::Invalid));
        assert_eq!(token(&[], &claims()), None);
    }

    #[test]
    fn an_old_link_expires_and_says_so() {
        let token = token(&[key("new")], &claims()).expect("there is a key");
        assert!(verify(&[key("new")], &token, claims().expires_at).is_ok());
        let late = claims().expires_at.plus(Duration::from_secs(1));
        assert_eq!(verify(&[key("new")], &token, late), Err(LinkError::Expired));
    }

    #[test]
    fn every_bit_counts() {
        let token = token(&[key("new")], &claims()).expect("there is a key");
        for at in 0..token.len() {
            for bit in 0..8 {
                let mut bytes = token.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                assert_eq!(verify(&[key("new")], &changed, NOW), Err(LinkError::Invalid), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let long = "v1.".to_owned() + &"A".repeat(5000) + ".AAAA";
        for wrong in ["", "v1", "v1..", "v1.AAAA.", "v2.AAAA.AAAA", "....", long.as_str(), "v1.\u{1f600}.AAAA"] {
            assert_eq!(verify(&[key("new")], wrong, NOW), Err(LinkError::Invalid), "{wrong}");
        }
    }
}
