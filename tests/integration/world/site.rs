//! A web site on loopback that misbehaves as told: raw TCP, so that every fault of the wire can be made.
//!
//! ```ignore
//! let site = Site::start().await;
//! site.serve("/feed.xml", Answer::ok("application/rss+xml", body));
//! let url = site.url("/feed.xml");
//! assert_eq!(site.requests("/feed.xml").len(), 1);
//! ```
//!
//! Paths nobody set answer 404. `serve_in_turn` gives a list of answers, the last of which stays.

use std::collections::HashMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use url::Url;

/// A running site; it stops when it is dropped.
pub(crate) struct Site {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    routes: HashMap<String, Vec<Answer>>,
    requests: HashMap<String, Vec<Request>>,
    open_now: usize,
    open_most: usize,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) target: String,
    /// In order; names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// What a path answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delivery: Delivery,
    /// Answers 304 to a request with this ETag.
    etag: Option<String>,
    announced: Option<usize>,
}

#[derive(Clone, Debug)]
enum Delivery {
    Whole,
    /// Everything as it is, then the connection is reset.
    Reset {
        after: usize,
    },
    /// Closed without a word before the status line.
    Hangup,
    /// Headers, then one byte at a time with this pause.
    Drip(Duration),
    /// Nothing at all for this long.
    Silence(Duration),
    /// The body again and again until the client has enough.
    Endless,
    /// These bytes instead of HTTP.
    Raw,
}

impl Answer {
    pub(crate) fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).header("content-type", content_type).body(body)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), delivery: Delivery::Whole, etag: None, announced: None }
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("location", location)
    }

    /// Bytes that are no HTTP.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { delivery: Delivery::Raw, ..Self::status(200).body(bytes) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends this ETag, and 304 to whoever shows it.
    pub(crate) fn etag(mut self, etag: &str) -> Self {
        self.etag = Some(etag.to_owned());
        self.header("etag", etag)
    }

    /// Compresses the body, and says so.
    pub(crate) fn gzip(mut self) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&self.body).expect("memory");
        self.body = encoder.finish().expect("memory");
        self.header("content-encoding", "gzip")
    }

    /// Leaves the last bytes of the body out, and announces only what is left.
    pub(crate) fn cut(mut self, bytes: usize) -> Self {
        self.body.truncate(self.body.len().saturating_sub(bytes));
        self
    }

    /// Announces another length than the body has.
    pub(crate) fn announcing(mut self, length: usize) -> Self {
        self.announced = Some(length);
        self
    }

    /// Resets the connection after this many bytes of the body.
    pub(crate) fn reset_after(mut self, bytes: usize) -> Self {
        self.delivery = Delivery::Reset { after: bytes };
        self
    }

    pub(crate) fn hangup(mut self) -> Self {
        self.delivery = Delivery::Hangup;
        self
    }

    pub(crate) fn drip(mut self, pause: Duration) -> Self {
        self.delivery = Delivery::Drip(pause);
        self
    }

    pub(crate) fn silent_for(mut self, span: Duration) -> Self {
        self.delivery = Delivery::Silence(span);
        self
    }

    pub(crate) fn endless(mut self) -> Self {
        self.delivery = Delivery::Endless;
        self
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Answer\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let bodiless = matches!(self.status, 204 | 304);
        if !matches!(self.delivery, Delivery::Endless) && !bodiless {
            head.push_str(&format!("content-length: {}\r\n", self.announced.unwrap_or(self.body.len())));
        }
        // A connection that ends early must not be used again.
        if !matches!(self.delivery, Delivery::Whole) || self.announced.is_some() {
            head.push_str("connection: close\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

impl Site {
    /// Plain HTTP on a free port of loopback.
    pub(crate) async fn start() -> Self {
        Self::listen("127.0.0.1:0", None).await
    }

    /// The same on every address of loopback, so that it plays many hosts: `0.0.0.0:0`.
    pub(crate) async fn start_on(address: &str) -> Self {
        Self::listen(address, None).await
    }

    /// HTTPS with this certificate.
    pub(crate) async fn start_tls(config: tokio_rustls::rustls::ServerConfig) -> Self {
        Self::listen("127.0.0.1:0", Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listen(address: &str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(Mutex::new(State::default()));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let accepting = tokio::spawn(accept(listener, tls, Arc::clone(&state)));
        Self { address, scheme, state, accepting }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}://{}{path}", self.scheme, self.address)).expect("a path")
    }

    /// What this path (without a query) answers from now on.
    pub(crate) fn serve(&self, path: &str, answer: Answer) {
        self.serve_in_turn(path, vec![answer]);
    }

    /// One answer after the other; the last one stays.
    pub(crate) fn serve_in_turn(&self, path: &str, mut answers: Vec<Answer>) {
        answers.reverse();
        lock(&self.state).routes.insert(path.to_owned(), answers);
    }

    /// The requests for this path so far, in order.
    pub(crate) fn requests(&self, path: &str) -> Vec<Request> {
        lock(&self.state).requests.get(path).cloned().unwrap_or_default()
    }

    /// All requests so far, of all paths.
    pub(crate) fn request_count(&self) -> usize {
        lock(&self.state).requests.values().map(Vec::len).sum()
    }

    /// The most connections that were open at the same time.
    pub(crate) fn most_connections(&self) -> usize {
        lock(&self.state).open_most
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<Mutex<State>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        connections.spawn(connection(stream, tls.clone(), Arc::clone(&state)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, state: Arc<Mutex<State>>) {
    {
        let mut state = lock(&state);
        state.open_now += 1;
        state.open_most = state.open_most.max(state.open_now);
    }
    // A client that goes away is part of the play.
    let _gone = match tls {
        None => plain(stream, &state).await,
        Some(tls) => match tls.accept(stream).await {
            Ok(mut stream) => converse(&mut stream, &state).await.map(|_| ()),
            Err(error) => Err(error),
        },
    };
    lock(&state).open_now -= 1;
}

async fn plain(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    if converse(&mut stream, state).await? {
        // With unread data or a zero linger the kernel sends RST.
        stream.set_zero_linger()?;
    }
    Ok(())
}

/// Serves one connection; says whether it must end with a reset.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, state: &Mutex<State>) -> std::io::Result<bool> {
    while let Some(request) = read_request(stream).await? {
        let answer = note(state, request);
        match &answer.delivery {
            Delivery::Whole => {
                stream.write_all(&[answer.head(), answer.body.clone()].concat()).await?;
                if answer.announced.is_some() {
                    return Ok(false);
                }
            }
            _ => return misbehave(stream, &answer).await,
        }
    }
    Ok(false)
}

async fn misbehave<S: AsyncWrite + Unpin>(stream: &mut S, answer: &Answer) -> std::io::Result<bool> {
    match &answer.delivery {
        Delivery::Reset { after } => {
            let end = (*after).min(answer.body.len());
            stream.write_all(&[answer.head(), answer.body[..end].to_vec()].concat()).await?;
            stream.flush().await?;
            return Ok(true);
        }
        Delivery::Drip(pause) => {
            stream.write_all(&answer.head()).await?;
            for byte in &answer.body {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(*pause).await;
            }
        }
        Delivery::Silence(span) => tokio::time::sleep(*span).await,
        Delivery::Endless => {
            stream.write_all(&answer.head()).await?;
            loop {
                stream.write_all(&answer.body).await?;
            }
        }
        Delivery::Raw => stream.write_all(&answer.body).await?,
        Delivery::Hangup | Delivery::Whole => {}
    }
    Ok(false)
}

/// Remembers the request and finds its answer.
fn note(state: &Mutex<State>, request: Request) -> Answer {
    let path = request.target.split('?').next().unwrap_or_default().to_owned();
    let mut state = lock(state);
    let answer = match state.routes.get_mut(&path) {
        Some(answers) if answers.len() > 1 => answers.pop(),
        Some(answers) => answers.last().cloned(),
        None => None,
    };
    let mut answer = answer.unwrap_or_else(|| Answer::status(404));
    if answer.etag.is_some() && request.header("if-none-match") == answer.etag.as_deref() {
        answer.status = 304;
        answer.body.clear();
    }
    state.requests.entry(path).or_default().push(request);
    answer
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Option<Request>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 || head.len() > 64 * 1024 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or_default().to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request { method, target, headers, body }))
}
