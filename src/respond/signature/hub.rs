//! Signatures of a body alone: `X-Hub-Signature` as WebSub hubs send it (W3C WebSub, 8.1), and GitHub's
//! `X-Hub-Signature-256`. Both are `METHOD=HEX`, the HMAC of the body.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

use super::SignatureError;
use crate::model::Secret;

/// Which methods are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubMethods {
    /// GitHub's own.
    Sha256,
    /// All four of WebSub. HMAC-SHA1 has no known forgery, and the oldest hubs know nothing else.
    WebSub,
}

/// Whether one of `secrets` signed this body.
///
/// # Errors
/// `Malformed` where the header is none of these methods and a hexadecimal digest; `Wrong` where no secret fits.
pub fn verify_hub(secrets: &[Secret], header: &str, body: &[u8], methods: HubMethods) -> Result<(), SignatureError> {
    let (method, digest) = header.trim().split_once('=').ok_or(SignatureError::Malformed)?;
    let mac = method_of(method, methods).ok_or(SignatureError::Malformed)?;
    let given = bytes(digest).ok_or(SignatureError::Malformed)?;
    let mut fits = subtle::Choice::from(0);
    for secret in secrets {
        fits |= mac(secret.expose().as_bytes(), body).as_slice().ct_eq(&given);
    }
    if fits.into() { Ok(()) } else { Err(SignatureError::Wrong) }
}

type Method = fn(&[u8], &[u8]) -> Vec<u8>;

macro_rules! hmac_of {
    ($hash:ty) => {
        |key, body| {
            let mac = Hmac::<$hash>::new_from_slice(key).expect("HMAC takes a key of any length");
            mac.chain_update(body).finalize().into_bytes().to_vec()
        }
    };
}

fn method_of(name: &str, methods: HubMethods) -> Option<Method> {
    let method: Method = match name.to_ascii_lowercase().as_str() {
        "sha256" => hmac_of!(Sha256),
        _ if methods == HubMethods::Sha256 => return None,
        "sha1" => hmac_of!(Sha1),
        "sha384" => hmac_of!(Sha384),
        "sha512" => hmac_of!(Sha512),
        _ => return None,
    };
    Some(method)
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let hex = hex.trim();
    if hex.is_empty() || !hex.len().is_multiple_of(2) || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation.
    const SECRET: &str = "It's a Secret to Everybody";
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const BODY: &[u8] = b"Hello, World!";

    fn verify(header: &str, body: &[u8], methods: HubMethods) -> Result<(), SignatureError> {
        verify_hub(&[Secret::new("the new one"), Secret::new(SECRET)], header, body, methods)
    }

    #[test]
    fn the_known_vector_holds_and_nothing_else() {
        assert_eq!(verify(SIGNED, BODY, HubMethods::Sha256), Ok(()));
        assert_eq!(verify(&SIGNED.to_uppercase(), BODY, HubMethods::WebSub), Ok(()), "hex and method in any case");
        assert_eq!(verify(SIGNED, b"Hello, World?", HubMethods::Sha256), Err(SignatureError::Wrong));
        assert_eq!(verify(&SIGNED[..SIGNED.len() - 2], BODY, HubMethods::Sha256), Err(SignatureError::Wrong), "a shorter digest");
        assert_eq!(verify_hub(&[], SIGNED, BODY, HubMethods::WebSub), Err(SignatureError::Wrong));
        for header in ["", "sha256", "sha256=", "sha256=7", "sha256=zz", "md5=757107ea", "=757107ea"] {
            assert_eq!(verify(header, BODY, HubMethods::WebSub), Err(SignatureError::Malformed), "{header}");
        }
    }

    /// RFC 2202, case 2, and RFC 4231, case 2: key "Jefe".
    #[test]
    fn every_method_of_websub() {
        let (key, body) = ([Secret::new("Jefe")], b"what do ya want for nothing?");
        let vectors = [
            "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ];
        for vector in vectors {
            assert_eq!(verify_hub(&key, vector, body, HubMethods::WebSub), Ok(()), "{vector}");
            let alone = verify_hub(&key, vector, body, HubMethods::Sha256);
            assert_eq!(alone.is_ok(), vector.starts_with("sha256"), "{vector}");
        }
    }
}
