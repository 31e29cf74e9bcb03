//! Generic webhook, signed as Standard Webhooks 1.0.0 has it: `webhook-id` stays over all attempts, the time stamp and
//! the signature are those of the attempt, and only 2xx that holds no refusal (`inside.rs`) is a success.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use tokio::time::timeout;
use url::Url;

use super::inside::{self, Refusal};
use super::kept::keep;
use crate::model::{Moment, Outcome, Secret};
use crate::outbound::{Fault, Outbound, classify, describe};
use crate::respond::signature;

/// `kind = "webhook"`.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookOptions {
    pub url: Url,
    /// `whsec_` and base64 of 24 to 64 bytes; two at once while a key is changed, the new one first.
    pub secrets: Vec<Secret>,
    pub headers: Vec<(String, Secret)>,
    pub language: String,
    /// People read what arrives there, as in a group chat.
    pub watched: bool,
    pub timeout: Duration,
}

/// Bytes read of an answer: it is for the ledger alone, and a receiver must not make us read more.
const ANSWER_BYTES: usize = 2048;
/// The status has decided; the words that come with it are not waited for longer.
const ANSWER_WAIT: Duration = Duration::from_secs(2);
/// A receiver that asks for more than this is asked again then: a warning that waits a day is none.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(6);

/// Why a channel cannot even try.
#[derive(Debug, thiserror::Error)]
pub enum WebhookSetUpError {
    #[error("secrets: {0}")]
    Secret(#[from] signature::SignatureError),
    #[error("headers: {0:?} is not a header, or its value cannot be one")]
    Header(String),
}

/// One `webhook` channel.
#[derive(Debug)]
pub struct Webhook {
    options: WebhookOptions,
    headers: HeaderMap,
    outbound: Outbound,
}

impl Webhook {
    /// # Errors
    /// A secret or a header without the right form.
    pub fn new(options: &WebhookOptions, outbound: &Outbound) -> Result<Self, WebhookSetUpError> {
        signature::sign(&options.secrets, "", 0, b"")?;
        Ok(Self { headers: headers(&options.headers)?, options: options.clone(), outbound: outbound.clone() })
    }

    /// Posts `body`, JSON, under the id that the delivery has at every attempt.
    pub async fn send(&self, id: &str, now: Moment, body: &[u8]) -> Outcome {
        let sent = Arc::new(AtomicBool::new(false));
        let request = match self.request(id, now, body, &sent) {
            Ok(request) => request,
            Err(reply) => return Outcome::Reconfigure { reply },
        };
        match request.send().await {
            Ok(response) => self.judge(response, now, body).await,
            Err(error) => judge_fault(classify(&error), sent.load(Ordering::Relaxed), describe(&error)),
        }
    }

    fn request(&self, id: &str, now: Moment, body: &[u8], sent: &Arc<AtomicBool>) -> Result<reqwest::RequestBuilder, String> {
        let request = self.outbound.request(Method::POST, &self.options.url).map_err(|refused| refused.to_string())?;
        let timestamp = now.as_secs();
        let signature = signature::sign(&self.options.secrets, id, timestamp, body).map_err(|error| error.to_string())?;
        let mut headers = self.headers.clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("webhook-timestamp", HeaderValue::from(timestamp));
        headers.insert("webhook-id", value(id)?);
        headers.insert("webhook-signature", value(&signature)?);
        let body = Watched { bytes: Some(Bytes::copy_from_slice(body)), sent: Arc::clone(sent) };
        Ok(request.headers(headers).timeout(self.options.timeout).body(reqwest::Body::wrap(body)))
    }

    async fn judge(&self, response: Response, now: Moment, body: &[u8]) -> Outcome {
        let status = response.status();
        let target = redirect_host(&self.options.url, response.headers());
        let at = retry_at(response.headers(), now);
        let words = self.without_secrets(&answer(response).await);
        judge_status(status, &words, target.as_deref(), at, &String::from_utf8_lossy(body))
    }

    /// A receiver may echo the headers it was sent.
    fn without_secrets(&self, words: &str) -> String {
        let values = self.options.headers.iter().map(|(_, value)| value).chain(&self.options.secrets);
        let values = values.map(Secret::expose).filter(|value| !value.is_empty());
        values.fold(words.to_owned(), |words, value| words.replace(value, "[secret]"))
    }
}

/// The body, which notes when the connection begins to take it: from then on the receiver may have acted.
struct Watched {
    bytes: Option<Bytes>,
    sent: Arc<AtomicBool>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.sent.store(true, Ordering::Relaxed);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

fn headers(options: &[(String, Secret)]) -> Result<HeaderMap, WebhookSetUpError> {
    let mut headers = HeaderMap::new();
    for (name, value) in options {
        let wrong = || WebhookSetUpError::Header(name.clone());
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.append(parsed, value);
    }
    Ok(headers)
}

fn value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| format!("{text:?} cannot stand in a header"))
}

/// The first words of the answer. What breaks off or never ends is cut, not waited for.
async fn answer(mut response: Response) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while bytes.len() < ANSWER_BYTES {
            match response.chunk().await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES - bytes.len())]),
                Ok(None) | Err(_) => break,
            }
        }
    };
    let _in_time = timeout(ANSWER_WAIT, reading).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where a redirect points, by host alone: the rest of an address may be a secret.
fn redirect_host(url: &Url, headers: &HeaderMap) -> Option<String> {
    let location = url.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    Some(location.host_str().map_or_else(|| format!("{}:", location.scheme()), str::to_owned))
}

/// `Retry-After` in seconds or as a date (RFC 9110 §10.2.3); none where it is absent, past or unreadable.
fn retry_at(headers: &HeaderMap, now: Moment) -> Option<Moment> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let at = match text.parse::<u64>() {
        Ok(seconds) => now.plus(Duration::from_secs(seconds)),
        Err(_) => Moment::from(jiff::fmt::rfc2822::parse(text).ok()?.timestamp()),
    };
    (at > now).then(|| at.min(now.plus(RETRY_AFTER_MAX)))
}

fn judge_status(status: StatusCode, words: &str, target: Option<&str>, at: Option<Moment>, sent: &str) -> Outcome {
    let reply = keep(format!("{status}: {words}").trim_end_matches([':', ' ']));
    match status.as_u16() {
        200..=299 => judge_words(words, reply, at, sent),
        300..=399 => Outcome::Reconfigure { reply: redirected(status, target) },
        401 | 403 | 407 => Outcome::Reconfigure { reply },
        410 => Outcome::Permanent { reply: keep(&format!("{status}: the receiver is gone for good; {words}")) },
        413 => Outcome::Shrink { reply },
        408 | 425 | 429 | 500..=599 => match at {
            Some(at) => Outcome::RetryAt { at, reply },
            None => Outcome::Retry { reply },
        },
        _ => Outcome::Permanent { reply },
    }
}

/// What the words of an answer say whose status is a success.
fn judge_words(words: &str, reply: String, at: Option<Moment>, sent: &str) -> Outcome {
    match (inside::refusal(words, sent), at) {
        (None, _) if inside::is_page(words) => Outcome::Accepted { reply },
        (None, _) => Outcome::Delivered { reply },
        (Some(Refusal::Passing), Some(at)) => Outcome::RetryAt { at, reply },
        (Some(Refusal::Passing), None) => Outcome::Retry { reply },
        (Some(Refusal::Lasting), _) => Outcome::Reconfigure { reply },
        (Some(Refusal::Login), _) => Outcome::Reconfigure { reply: "200: a page where somebody is to log in, not the receiver".to_owned() },
        (Some(Refusal::Barrier), _) => Outcome::Reconfigure { reply: "200: a page that keeps programs out, not the receiver".to_owned() },
    }
}

fn redirected(status: StatusCode, target: Option<&str>) -> String {
    match target {
        Some(host) => keep(&format!("{status}: redirects to {host}; redirects are not followed, name the final address")),
        None => format!("{status}: neither taken nor refused; redirects are not followed"),
    }
}

fn judge_fault(fault: Fault, sent: bool, reason: String) -> Outcome {
    let reply = keep(&reason);
    match fault {
        _ if sent => Outcome::Unknown { reply },
        Fault::Tls | Fault::PrivateAddress => Outcome::Reconfigure { reply },
        Fault::Dns | Fault::Connect | Fault::Timeout | Fault::Body | Fault::Other => Outcome::Retry { reply },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_795_000_000);

    fn after(text: &str) -> Option<i64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).expect("a header"));
        retry_at(&headers, NOW).map(|at| at.as_secs() - NOW.as_secs())
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        assert_eq!(after("120"), Some(120));
        assert_eq!(after("Wed, 18 Nov 2026 11:08:40 GMT"), Some(120));
        assert_eq!(after("18446744073709551615"), Some(6 * 3600));
        for nothing in ["0", "-5", "soon", "Wed, 18 Nov 2020 11:08:40 GMT", "99999999999999999999999"] {
            assert_eq!(after(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_redirect_is_told_by_its_host_alone() {
        let url = Url::parse("https://hooks.example.test/secret/path").expect("an address");
        let host = |location: &'static str| redirect_host(&url, &HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(location))]));
        assert_eq!(host("http://169.254.169.254/latest?token=1").as_deref(), Some("169.254.169.254"));
        assert_eq!(host("/elsewhere").as_deref(), Some("hooks.example.test"));
        assert_eq!(host("file:///etc/passwd").as_deref(), Some("file:"));
    }
}
