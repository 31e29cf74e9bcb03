//! One question over the wire: a chat completion as OpenAI's API has it (<https://platform.openai.com/docs/api-reference/chat>).

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode};

use super::super::live::Live;
use crate::decide::opinion::{Opinion, OpinionOptions, Question, parse, request};
use crate::model::Moment;
use crate::outbound::{Fault, classify, describe};

/// An answer of that shape is a thousandth of this.
const ANSWER_BYTES: usize = 256 * 1024;

/// No answer came in time: whoever was asked may have worked on it, and may want to be paid.
pub(super) const TIMEOUT: &str = "timeout";
/// The other side has an error of its own, or there is none to be reached.
pub(super) const FAILED: &str = "failed";

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answered {
    Opinion(Opinion),
    /// An answer of any other shape than the one asked for; asked again it would be the same.
    Nonsense(&'static str),
    /// Too many questions, and how long to wait where that is said.
    Busy(Option<Duration>),
    /// No answer, or one that refuses; its word in the figures.
    Failed {
        outcome: &'static str,
        why: String,
    },
}

impl Answered {
    /// Its word in the figures.
    pub(super) const fn outcome(&self) -> &'static str {
        match self {
            Self::Opinion(Opinion { complaint: true, .. }) => "complaint",
            Self::Opinion(_) => "fine",
            Self::Nonsense(_) => "nonsense",
            Self::Busy(_) => "busy",
            Self::Failed { outcome, .. } => outcome,
        }
    }
}

/// Asks, and waits for the whole answer no longer than the operator allows.
pub(super) async fn ask(live: &Live, options: &OpinionOptions, question: &Question, categories: &[String], now: Moment) -> Answered {
    let body = request(question, &options.model, categories).to_string();
    let prepared = match prepare(live, options, body) {
        Ok(prepared) => prepared,
        Err(why) => return Answered::Failed { outcome: "refused", why },
    };
    match prepared.send().await {
        Ok(response) => judge(response, categories, now).await,
        Err(error) => failed(&error),
    }
}

fn prepare(live: &Live, options: &OpinionOptions, body: String) -> Result<RequestBuilder, String> {
    let request = live.outbound.request(Method::POST, &options.url).map_err(|refused| refused.to_string())?;
    let request = request.timeout(options.timeout).header(CONTENT_TYPE, "application/json").body(body);
    let Some(key) = &options.key else { return Ok(request) };
    let mut bearer =
        HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| "the key cannot be sent in a header".to_owned())?;
    bearer.set_sensitive(true);
    Ok(request.header(AUTHORIZATION, bearer))
}

async fn judge(response: Response, categories: &[String], now: Moment) -> Answered {
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
        let pause = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|text| pause(text, now));
        return Answered::Busy(pause);
    }
    if !status.is_success() {
        let outcome = if status.is_server_error() { FAILED } else { "refused" };
        return Answered::Failed { outcome, why: format!("the answer was {status}") };
    }
    match read(response).await {
        Ok(Some(body)) => parse(&body, categories).map_or_else(Answered::Nonsense, Answered::Opinion),
        Ok(None) => Answered::Nonsense("the answer is too long"),
        Err(error) => failed(&error),
    }
}

/// The body; none where it is longer than any answer.
async fn read(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await? {
        if body.len() + part.len() > ANSWER_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&part);
    }
    Ok(Some(body))
}

fn failed(error: &reqwest::Error) -> Answered {
    let outcome = if classify(error) == Fault::Timeout { TIMEOUT } else { FAILED };
    Answered::Failed { outcome, why: describe(error) }
}

/// Seconds, or a date (RFC 9110, 10.2.3).
fn pause(text: &str, now: Moment) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(Moment::from(at.timestamp()).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        let now = Moment::from_secs(784_111_700);
        assert_eq!(pause("30", now), Some(Duration::from_secs(30)));
        assert_eq!(pause("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(77)));
        assert_eq!(pause("soon", now), None);
    }
}
