//! What a service says in the body of an error: many say with 400, 403 or 422 that we ask too often, or that we have to log in.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{self, HeaderMap};

use super::{FetchLimits, FetchRequest, compression, headers, read};
use crate::collect::extract::endpoint::refusal::{Said, said};
use crate::model::FailureKind;

/// An error is a sentence or two; more of a page for people is not read.
const BYTES_MAX: usize = 64 * 1024;
/// The status is known by then, and whoever dawdles over the words is not waited for.
const WITHIN: Duration = Duration::from_secs(5);
/// Of a service's own words, as an operator is shown them.
const WORDS_MAX: usize = 200;

/// The service's own words, our secrets left out, and what they mean; none where it says nothing that a program can read.
pub(super) async fn of(response: Response, request: &FetchRequest<'_>) -> Option<Said> {
    let content_type = headers::text(response.headers(), header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let encodings = headers::content_encodings(response.headers());
    let limits = FetchLimits { max_bytes: BYTES_MAX, max_decoded_bytes: BYTES_MAX, max_redirects: 0, cut: true, broken: true };
    let (wire, _) = tokio::time::timeout(WITHIN, read(response, &limits)).await.ok()?.ok()?;
    let (bytes, _) = compression::unpack(wire, &encodings, &limits).ok()?;
    let own = in_words(&String::from_utf8_lossy(&bytes), &content_type)?;
    let sending = &request.sending;
    let secrets = request.headers.iter().chain(sending.parameters).chain(sending.body_secrets);
    let secrets = secrets.map(|(_, secret)| secret.expose()).filter(|secret| !secret.is_empty());
    Some(Said { words: secrets.fold(own.words, |words, secret| words.replace(secret, "***")), ..own })
}

/// JSON, or one line of plain text.
fn in_words(body: &str, content_type: &str) -> Option<Said> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let found = match serde_json::from_str(body) {
        Ok(document) => said(&document)?,
        Err(_) if content_type.starts_with("text/plain") && !body.contains('\n') && !body.starts_with('<') => said(&body.into())?,
        Err(_) => return None,
    };
    let words: String = found.words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().filter(|letter| !letter.is_control()).take(WORDS_MAX).collect();
    (!words.is_empty()).then_some(Said { words, ..found })
}

/// What a status means together with what is said beside it. `spent`: its headers say that nothing is left of what we may ask.
pub(super) fn kind(status: u16, plain: FailureKind, said: Option<&Said>, spent: bool) -> FailureKind {
    if plain != FailureKind::Blocked {
        return plain;
    }
    match said.and_then(|said| said.kind) {
        Some(FailureKind::Throttled) => FailureKind::Throttled,
        _ if spent && status != 451 => FailureKind::Throttled,
        Some(FailureKind::Auth) => FailureKind::Auth,
        _ => plain,
    }
}

/// Whether the headers say that nothing is left of what we may ask.
pub(super) fn is_spent(headers: &HeaderMap) -> bool {
    headers::remaining(headers) == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(status: u16, body: &str) -> (FailureKind, String) {
        let said = in_words(body, "application/json");
        (kind(status, FailureKind::Blocked, said.as_ref(), false), said.map(|said| said.words).unwrap_or_default())
    }

    #[test]
    fn services_say_why_in_words_of_their_own() {
        use FailureKind::{Auth, Blocked, Throttled};
        for (status, body, wanted, words) in [
            (
                403,
                r#"{"message":"API rate limit exceeded for 192.0.2.1.","documentation_url":"https://x.example/"}"#,
                Throttled,
                "API rate limit exceeded for 192.0.2.1.",
            ),
            (
                403,
                r#"{"error":{"code":403,"message":"The request cannot be completed.","errors":[{"domain":"youtube.quota","reason":"quotaExceeded"}]}}"#,
                Throttled,
                "The request cannot be completed. (quotaExceeded)",
            ),
            (400, r#"{"error":"rate_limit_error"}"#, Throttled, "rate_limit_error"),
            (422, r#"{"error":"This method requires an authenticated user"}"#, Auth, "This method requires an authenticated user"),
            (
                400,
                r#"{"error":"invalid_grant","error_description":"The access token expired"}"#,
                Auth,
                "invalid_grant: The access token expired",
            ),
            (
                403,
                r#"{"code":"rest_forbidden","message":"Sorry, you are not allowed to do that."}"#,
                Blocked,
                "Sorry, you are not allowed to do that. (rest_forbidden)",
            ),
            (400, r#"{"errors":[{"message":"Parse error on \"x\" (IDENTIFIER)"}]}"#, Blocked, "Parse error on \"x\" (IDENTIFIER)"),
            (400, r#"{"title":"Bad Request","detail":"`from` must be a date"}"#, Blocked, "`from` must be a date"),
            (400, r#"{"error":{"message":"invalid page token"}}"#, Blocked, "invalid page token"),
            (403, "<html><title>no</title></html>", Blocked, ""),
            (400, "[]", Blocked, ""),
        ] {
            assert_eq!(kind_of(status, body), (wanted, words.to_owned()), "{body}");
        }
        let plain = in_words("Too many requests, slow down", "text/plain; charset=utf-8");
        assert_eq!(kind(403, Blocked, plain.as_ref(), false), Throttled);
        assert_eq!(in_words("Too many requests, slow down", "text/html"), None);
        assert_eq!(kind(403, Blocked, None, true), Throttled, "nothing is left");
        assert_eq!(kind(404, FailureKind::NotFound, plain.as_ref(), false), FailureKind::NotFound);
    }
}
