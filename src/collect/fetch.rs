//! One polite, bounded question to a server, and what its answer is as far as HTTP tells.
//!
//! The client does not decompress: bytes are counted on the wire against `max_bytes` while they arrive, and again
//! against `max_decoded_bytes` while `compression` unpacks them, so neither an endless stream nor a bomb costs more.

pub mod body;
mod compression;
mod headers;
mod said;

use std::pin::Pin;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use url::{Position, Url};

use super::extract::endpoint::paging::set_parameter;
use super::extract::endpoint::refusal::Said;
use super::robots::RobotsCache;
use crate::model::{Failing, FailureKind, Moment, Phrase, Secret};
use crate::outbound::{self, Fault, Outbound, Refused};

/// What we ask for a document; `limits` are the operator's.
#[derive(Clone, Debug)]
pub struct FetchRequest<'a> {
    pub url: &'a Url,
    /// Validators of the last answer; they make the request conditional.
    pub etag: Option<&'a str>,
    pub last_modified: Option<&'a str>,
    /// Sent to the source's own origin only, never on to another host.
    pub headers: &'a [(String, Secret)],
    pub accept: &'static str,
    pub limits: FetchLimits,
    /// For a `Retry-After` that is a date.
    pub now: Moment,
    /// What is sent besides; nothing for feeds and pages.
    pub sending: Sending<'a>,
    /// What each host on the way allows to be asked for; none where nothing is to be obeyed.
    pub robots: Option<&'a RobotsCache>,
}

/// What a question carries besides its address. Like `headers` it goes to the source's own origin only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sending<'a> {
    /// Added to the address's query and shown nowhere.
    pub parameters: &'a [(String, Secret)],
    /// Asks by POST: a body and its content type.
    pub post: Option<(&'a str, &'static str)>,
    /// Put into the body and shown nowhere: by a pointer into JSON, as a field of a form.
    pub body_secrets: &'a [(String, Secret)],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes on the wire.
    pub max_bytes: usize,
    /// Bytes after decompression.
    pub max_decoded_bytes: usize,
    pub max_redirects: usize,
    /// Keep the beginning of a longer document instead of refusing it (robots.txt).
    pub cut: bool,
    /// Keep what came of an answer whose connection broke: some servers announce a wrong length, or lose every long answer at the same place.
    pub broken: bool,
}

/// A good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// 304 to a conditional request.
    Unchanged {
        max_age: Option<Duration>,
    },
    Body(Body),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub bytes: Vec<u8>,
    pub content_type: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub max_age: Option<Duration>,
    /// `Link` headers, as they came.
    pub links: Vec<String>,
    /// Where the redirects ended: the base of relative links.
    pub final_url: Url,
    /// Its compression, or its connection, ended too early: these are the bytes before that.
    pub cut_off: bool,
    /// What `Link: <..>; rel="next"` names.
    pub next: Option<Url>,
}

/// Why there is no answer. `detail` never holds a header's value or an address's query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {detail}")]
pub struct FetchFailure {
    pub kind: FailureKind,
    pub detail: String,
    /// The detail for readers of any language; none where it is in a stranger's words.
    pub told: Option<Box<Phrase>>,
    pub retry_after: Option<Duration>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// Who answered so, redirects followed.
    pub asked_by: Option<Box<Url>>,
    /// The proxy it went through, where it may be that which fails.
    pub proxy: Option<Box<str>>,
}

impl FetchFailure {
    #[must_use]
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), told: None, retry_after: None, status: None, asked_by: None, proxy: None }
    }

    /// The same, and the phrase that says the detail in the languages of readers.
    #[must_use]
    pub fn told(self, phrase: Phrase) -> Self {
        Self { told: Some(Box::new(phrase)), ..self }
    }

    /// For whoever has to do something about it. `read_before`: the source could be read once.
    #[must_use]
    pub fn failing(&self, read_before: bool) -> Failing {
        Failing {
            kind: self.kind,
            status: self.status,
            waits: self.retry_after.is_some_and(|wait| !wait.is_zero()),
            too_long: false,
            by_proxy: self.proxy.is_some(),
            read_before,
        }
    }
}

/// Asks once, follows redirects by hand with the guard at each hop, reads the body within the limits.
///
/// # Errors
/// Every way this can fail is a `FailureKind`; the whole of it, redirects included, ends within the client's timeout.
pub async fn fetch(outbound: &Outbound, request: &FetchRequest<'_>) -> Result<Fetched, FetchFailure> {
    if !is_allowed(outbound, request, request.url).await? {
        return Err(FetchFailure::new(FailureKind::Robots, "robots.txt forbids this address").told(Phrase::said("what_robots")));
    }
    match tokio::time::timeout(outbound.timeout(), fetch_within(outbound, request)).await {
        Ok(result) => result,
        Err(_) => Err(FetchFailure::new(FailureKind::Timeout, format!("no complete answer within {:?}", outbound.timeout()))
            .told(Phrase::said("what_late").with("seconds", outbound.timeout().as_secs().to_string()))),
    }
}

async fn fetch_within(outbound: &Outbound, request: &FetchRequest<'_>) -> Result<Fetched, FetchFailure> {
    let mut url = request.url.clone();
    for _ in 0..=request.limits.max_redirects {
        let response = send(outbound, request, &url).await?;
        let status = response.status();
        if !is_redirect(status) {
            return answer(response, request, url).await;
        }
        let next = target(&url, response.headers())?;
        if request.sending.post.is_some() && !(keeps_method(status) && next.origin() == url.origin()) {
            return Err(FetchFailure::new(FailureKind::Redirect, "the server redirects what is sent by POST")
                .told(Phrase::said("what_redirects_post")));
        }
        if next == url {
            return Err(
                FetchFailure::new(FailureKind::Redirect, "the address redirects to itself").told(Phrase::said("what_redirects_self"))
            );
        }
        if !is_allowed(outbound, request, &next).await? {
            let place = &next[..Position::AfterPath];
            return Err(FetchFailure::new(FailureKind::Robots, format!("robots.txt forbids {place}, where the address redirects to"))
                .told(Phrase::said("what_robots_there").with("address", place)));
        }
        url = next;
    }
    Err(FetchFailure::new(FailureKind::Redirect, format!("more than {} redirects", request.limits.max_redirects))
        .told(Phrase::said("what_redirects").with("count", request.limits.max_redirects.to_string())))
}

/// Whether robots.txt allows an address. To read one is to fetch, too: the box ends the circle.
fn is_allowed<'a>(
    outbound: &'a Outbound,
    request: &'a FetchRequest<'_>,
    url: &'a Url,
) -> Pin<Box<dyn Future<Output = Result<bool, FetchFailure>> + Send + 'a>> {
    let Some(robots) = request.robots else { return Box::pin(std::future::ready(Ok(true))) };
    Box::pin(async move { Ok(robots.of(outbound, url, request.now).await?.allows(url)) })
}

async fn send(outbound: &Outbound, request: &FetchRequest<'_>, url: &Url) -> Result<Response, FetchFailure> {
    let own = may_carry_credentials(request.url, url);
    let method = if request.sending.post.is_some() { Method::POST } else { Method::GET };
    let mut full = url.clone();
    for (name, value) in request.sending.parameters.iter().filter(|_| own) {
        set_parameter(&mut full, name, value.expose());
    }
    let mut ask = outbound.request(method, &full).map_err(|why| refusal(&why))?;
    outbound.vet(url).await.map_err(|why| refusal(&why))?;
    if let Some((text, content_type)) = request.sending.post {
        let secrets = if own { request.sending.body_secrets } else { &[] };
        let whole = body::with_secrets(text, secrets);
        let whole = whole.ok_or_else(|| FetchFailure::new(FailureKind::Auth, "a pointer of `body_secrets` leads nowhere in this body"))?;
        ask = ask.header(header::CONTENT_TYPE, content_type).body(whole);
    }
    ask = ask.header(header::ACCEPT, request.accept).header(header::ACCEPT_ENCODING, compression::ACCEPTED);
    let validators = [(header::IF_NONE_MATCH, request.etag), (header::IF_MODIFIED_SINCE, request.last_modified)];
    for (name, value) in validators {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            ask = ask.header(name, value);
        }
    }
    if own {
        ask = ask.headers(secret_headers(request.headers)?);
    }
    ask.send().await.map_err(|error| by_proxy(network_failure(&error), outbound.proxy()))
}

/// Credentials stay with the origin they were given for; only an upgrade from http to https is the same origin to us.
fn may_carry_credentials(own: &Url, url: &Url) -> bool {
    let upgraded = own.scheme() == "http" && url.scheme() == "https" && own.port().is_none() && url.port().is_none();
    own.host() == url.host() && (own.origin() == url.origin() || upgraded)
}

fn secret_headers(headers: &[(String, Secret)]) -> Result<HeaderMap, FetchFailure> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let broken = || FetchFailure::new(FailureKind::Auth, format!("the header {name:?} of this source is not a valid one"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| broken())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| broken())?;
        value.set_sensitive(true);
        map.append(key, value);
    }
    Ok(map)
}

/// 307 and 308 repeat the method and the body (RFC 9110, 15.4); the others make a GET of a POST, which asks something else.
const fn keeps_method(status: StatusCode) -> bool {
    matches!(status.as_u16(), 307 | 308)
}

const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn target(url: &Url, headers: &HeaderMap) -> Result<Url, FetchFailure> {
    let fail = |why: &str| FetchFailure::new(FailureKind::Redirect, why);
    let location = headers.get(header::LOCATION).ok_or_else(|| fail("a redirect without an address"))?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let mut next = url.join(location.trim()).map_err(|_| fail("a redirect to something that is no address"))?;
    // A site must not make us log in somewhere as someone.
    if !next.username().is_empty() || next.password().is_some() {
        next.set_username("").and_then(|()| next.set_password(None)).map_err(|()| fail("a redirect with a user name"))?;
    }
    next.set_fragment(None);
    Ok(next)
}

async fn answer(response: Response, request: &FetchRequest<'_>, final_url: Url) -> Result<Fetched, FetchFailure> {
    let status = response.status();
    let max_age = headers::max_age(response.headers(), request.now);
    if status == StatusCode::NOT_MODIFIED {
        if request.etag.is_none() && request.last_modified.is_none() {
            return Err(FetchFailure::new(FailureKind::Server, "304 to a request without conditions").told(Phrase::said("what_304")));
        }
        return Ok(Fetched::Unchanged { max_age });
    }
    if !status.is_success() {
        let answered = response.headers().clone();
        let said = said::of(response, request).await;
        let failure = status_failure(status, &answered, said, request.now);
        return Err(FetchFailure { asked_by: Some(Box::new(final_url)), ..failure });
    }
    let content_type = headers::text(response.headers(), header::CONTENT_TYPE);
    let etag = headers::text(response.headers(), header::ETAG);
    let last_modified = headers::text(response.headers(), header::LAST_MODIFIED);
    let links = headers::links(response.headers());
    let encodings = headers::content_encodings(response.headers());
    let next = headers::next_link(response.headers(), &final_url);
    let (wire, broken) = read(response, &request.limits).await?;
    let (bytes, ends_early) = compression::unpack(wire, &encodings, &request.limits)?;
    let cut_off = broken || ends_early;
    Ok(Fetched::Body(Body { bytes, content_type, etag, last_modified, max_age, links, final_url, cut_off, next }))
}

/// What arrives, and whether the connection broke before its end.
async fn read(mut response: Response, limits: &FetchLimits) -> Result<(Vec<u8>, bool), FetchFailure> {
    let too_big = || {
        FetchFailure::new(FailureKind::TooBig, format!("more than {} bytes on the wire", limits.max_bytes))
            .told(Phrase::said("what_bytes").with("bytes", limits.max_bytes.to_string()))
    };
    let announced = response.content_length().unwrap_or(0);
    if !limits.cut && announced > limits.max_bytes as u64 {
        return Err(too_big());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(limits.max_bytes));
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok((bytes, false)),
            Err(_) if limits.broken && !bytes.is_empty() => return Ok((bytes, true)),
            Err(error) => return Err(broken_off(&error)),
        };
        let room = limits.max_bytes - bytes.len();
        if chunk.len() > room {
            if !limits.cut {
                return Err(too_big());
            }
            bytes.extend_from_slice(&chunk[..room]);
            return Ok((bytes, false));
        }
        bytes.extend_from_slice(&chunk);
    }
}

fn status_failure(status: StatusCode, headers: &HeaderMap, said: Option<Said>, now: Moment) -> FetchFailure {
    let retry_after = headers::retry_after(headers, now);
    let kind = match status.as_u16() {
        401 | 407 => FailureKind::Auth,
        429 => FailureKind::Throttled,
        // Some sites say 403 when they mean 429; the header tells. With 503 it says when the site will be up again.
        403 if retry_after.is_some() => FailureKind::Throttled,
        404 | 410 => FailureKind::NotFound,
        408 => FailureKind::Timeout,
        300..400 => FailureKind::Redirect,
        400..500 => FailureKind::Blocked,
        _ => FailureKind::Server,
    };
    let status = status.as_u16();
    let kind = said::kind(status, kind, said.as_ref(), said::is_spent(headers));
    // Without a `Retry-After` the counters of a limit say until when it is spent.
    let retry_after = retry_after.or_else(|| headers::reset(headers, now).filter(|_| kind == FailureKind::Throttled));
    let mut detail = format!("the server answered {status}");
    let mut told = Phrase::said("what_status").with("status", status.to_string());
    if let Some(Said { words, .. }) = said {
        detail.push_str(&format!(": {words:?}"));
        told = Phrase::said("what_status_said").with("status", status.to_string()).with("words", words);
    }
    let failure = FetchFailure::new(kind, detail).told(told);
    FetchFailure { retry_after, status: Some(status), ..failure }
}

fn refusal(why: &Refused) -> FetchFailure {
    let kind = match why {
        Refused::PrivateAddress(_) => FailureKind::PrivateAddress,
        Refused::Scheme(_) | Refused::NoHost => FailureKind::Redirect,
        Refused::BesideProxy => FailureKind::Internal,
    };
    let failure = FetchFailure::new(kind, why.to_string());
    match why {
        Refused::PrivateAddress(address) => failure.told(Phrase::said("what_private").with("address", address.to_string())),
        Refused::Scheme(scheme) => failure.told(Phrase::said("what_scheme").with("scheme", scheme)),
        Refused::NoHost | Refused::BesideProxy => failure,
    }
}

/// Behind a proxy it is the proxy that is connected to, and it that connects: whoever is not reached, its name is part of the story.
fn by_proxy(failure: FetchFailure, proxy: Option<&str>) -> FetchFailure {
    let reaches_nobody = matches!(failure.kind, FailureKind::Dns | FailureKind::Connect | FailureKind::Timeout);
    let Some(proxy) = proxy.filter(|_| reaches_nobody) else { return failure };
    let told = Phrase::said("what_by_proxy").with("proxy", proxy);
    let told = match failure.told.as_deref() {
        Some(what) => told.with("what", what.clone()),
        None => told.with("what", failure.detail.as_str()),
    };
    let detail = format!("through the proxy {proxy}: {}", failure.detail);
    FetchFailure { detail, proxy: Some(proxy.into()), ..failure }.told(told)
}

/// What goes wrong after the answer has begun: it is not that nobody is there.
fn broken_off(error: &reqwest::Error) -> FetchFailure {
    let failure = network_failure(error);
    let kind = if failure.kind == FailureKind::Connect { FailureKind::CutOff } else { failure.kind };
    FetchFailure { kind, ..failure }
}

fn network_failure(error: &reqwest::Error) -> FetchFailure {
    let kind = match outbound::classify(error) {
        Fault::Dns => FailureKind::Dns,
        Fault::Connect | Fault::Body => FailureKind::Connect,
        Fault::Tls => FailureKind::Tls,
        Fault::Timeout => FailureKind::Timeout,
        Fault::PrivateAddress => FailureKind::PrivateAddress,
        Fault::Other => FailureKind::Internal,
    };
    let words = outbound::describe(error);
    let key = match kind {
        FailureKind::Dns => "what_dns",
        FailureKind::Connect => "what_connect",
        FailureKind::Tls => "what_tls",
        FailureKind::Timeout => "what_timeout",
        FailureKind::PrivateAddress => "what_led_inside",
        _ => return FetchFailure::new(kind, words),
    };
    FetchFailure::new(kind, words.clone()).told(Phrase::said(key).with("words", words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address")
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let own = url("https://a.example/feed");
        assert!(may_carry_credentials(&own, &url("https://a.example/other")));
        assert!(!may_carry_credentials(&own, &url("http://a.example/feed")), "not in the clear");
        assert!(!may_carry_credentials(&own, &url("https://a.example:8443/feed")));
        assert!(!may_carry_credentials(&own, &url("https://b.example/feed")));
        assert!(may_carry_credentials(&url("http://a.example/"), &url("https://a.example/")));
    }

    #[test]
    fn a_status_has_its_kind() {
        let cases = [
            (401, FailureKind::Auth),
            (403, FailureKind::Blocked),
            (404, FailureKind::NotFound),
            (407, FailureKind::Auth),
            (410, FailureKind::NotFound),
            (429, FailureKind::Throttled),
            (451, FailureKind::Blocked),
            (500, FailureKind::Server),
            (503, FailureKind::Server),
        ];
        for (status, kind) in cases {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(status_failure(status, &HeaderMap::new(), None, Moment::default()).kind, kind, "{status}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("120"));
        for (status, kind) in [(StatusCode::SERVICE_UNAVAILABLE, FailureKind::Server), (StatusCode::FORBIDDEN, FailureKind::Throttled)] {
            let failure = status_failure(status, &headers, None, Moment::default());
            assert_eq!((failure.kind, failure.retry_after), (kind, Some(Duration::from_secs(120))), "{status}");
            assert!(failure.failing(true).waits);
        }
    }
}
