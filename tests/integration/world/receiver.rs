//! A webhook receiver on loopback: answers as told, misbehaves on demand, remembers every request.
//!
//! ```ignore
//! let receiver = Receiver::start().await;
//! receiver.answer_once(Answer::status(503).header("Retry-After", "30"));   // then 200 again
//! receiver.answer_always(Answer::Silence);
//! let hold = receiver.hold();                                              // requests wait there, read and unanswered
//! receiver.wait_for_requests(1, Duration::from_secs(5)).await;
//! ```

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use url::Url;

use super::hold::Hold;
use super::tls::{Authority, ServerCertificate};

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 22;
/// A byte of a slow answer comes this often: faster than any timeout between bytes, slower than a test's patience.
const DRIP: Duration = Duration::from_millis(50);

/// What happens with a request once it is read.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Reply {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Exactly these bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// 200, then the connection ends without a word about it, as a keep-alive timeout does.
    ReplyThenClose,
    /// Half an answer, then RST.
    ResetInside,
    /// RST in place of an answer.
    Reset,
    /// FIN in place of an answer.
    Close,
    Silence,
    /// A header without end, byte by byte.
    SlowHeaders,
    /// This status, and a body without end, byte by byte.
    SlowBody(u16),
    /// This status, and as much body as the client takes.
    EndlessBody(u16),
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::Reply { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        if let Self::Reply { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub(crate) fn body(mut self, words: impl Into<Vec<u8>>) -> Self {
        if let Self::Reply { body, .. } = &mut self {
            *body = words.into();
        }
        self
    }
}

#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl ReceivedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Memory {
    once: VecDeque<Answer>,
    always: Option<Answer>,
    hold: Option<Hold>,
    requests: Vec<ReceivedRequest>,
    connections: usize,
}

struct Shared {
    config: Option<Arc<ServerConfig>>,
    memory: Mutex<Memory>,
    changed: watch::Sender<usize>,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    pub(crate) authority: Arc<Authority>,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Receiver {
    /// Over plain HTTP.
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Over TLS.
    pub(crate) async fn start_tls(certificate: ServerCertificate) -> Self {
        Self::start_with(Some(certificate)).await
    }

    async fn start_with(certificate: Option<ServerCertificate>) -> Self {
        let authority = Arc::new(Authority::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = certificate.map(|certificate| authority.server(certificate));
        let shared = Arc::new(Shared { config, memory: Mutex::default(), changed: watch::Sender::new(0) });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, authority, shared, accepting }
    }

    pub(crate) fn url(&self) -> Url {
        let scheme = if self.shared.config.is_some() { "https" } else { "http" };
        Url::parse(&format!("{scheme}://127.0.0.1:{}/hooks/warnings", self.address.port())).expect("an address")
    }

    /// The next request that has no answer yet gets this one.
    pub(crate) fn answer_once(&self, answer: Answer) {
        self.shared.memory.lock().expect("memory").once.push_back(answer);
    }

    /// Every request gets this one; 200 where nothing was said.
    pub(crate) fn answer_always(&self, answer: Answer) {
        self.shared.memory.lock().expect("memory").always = Some(answer);
    }

    /// Requests wait after they were read and remembered, before they are answered.
    pub(crate) fn hold(&self) -> Hold {
        let hold = Hold::default();
        self.shared.memory.lock().expect("memory").hold = Some(hold.clone());
        hold
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.memory.lock().expect("memory").requests.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.memory.lock().expect("memory").connections
    }

    /// Waits for at least `count` requests and gives them.
    pub(crate) async fn wait_for_requests(&self, count: usize, within: Duration) -> Vec<ReceivedRequest> {
        let mut changed = self.shared.changed.subscribe();
        if tokio::time::timeout(within, changed.wait_for(|seen| *seen >= count)).await.is_err() {
            panic!("{} of {count} requests within {within:?}", self.requests().len());
        }
        self.requests()
    }

    /// Stops listening; the port refuses from now on.
    pub(crate) async fn stop(&mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((tcp, _)) = listener.accept().await {
        shared.memory.lock().expect("memory").connections += 1;
        tokio::spawn(serve(tcp, Arc::clone(&shared)));
    }
}

async fn serve(tcp: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let _ = tcp.set_nodelay(true);
    match &shared.config {
        None => requests(tcp, &shared, |tcp| tcp.set_zero_linger()).await,
        Some(config) => {
            let stream = TlsAcceptor::from(Arc::clone(config)).accept(tcp).await.ok()?;
            requests(stream, &shared, |stream| stream.get_ref().0.set_zero_linger()).await
        }
    }
}

async fn requests<S>(stream: S, shared: &Shared, reset: fn(&S) -> std::io::Result<()>) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    if stream.fill_buf().await.ok()?.first() == Some(&HANDSHAKE) {
        // As web servers greet a client that speaks TLS to them where they do not.
        return send(stream.get_mut(), b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    }
    loop {
        let request = read_request(&mut stream).await?;
        let (answer, hold) = {
            let mut memory = shared.memory.lock().expect("memory");
            memory.requests.push(request);
            let answer = memory.once.pop_front().or_else(|| memory.always.clone());
            (answer.unwrap_or_else(|| Answer::status(200).body("ok")), memory.hold.clone())
        };
        shared.changed.send_modify(|count| *count += 1);
        if let Some(hold) = hold {
            hold.pass().await;
        }
        if matches!(answer, Answer::Reset | Answer::ResetInside) {
            let _ = stream.get_mut().write_all(if matches!(answer, Answer::Reset) { b"" } else { b"HTTP/1.1 20" }).await;
            reset(stream.get_ref()).expect("linger");
            return None;
        }
        perform(stream.get_mut(), answer).await?;
    }
}

/// None: the connection is over.
async fn perform<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, answer: Answer) -> Option<()> {
    let head = |status: u16, rest: &str| format!("HTTP/1.1 {status} told\r\n{rest}\r\n");
    match answer {
        Answer::Reply { status, headers, body } => {
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let mut bytes = head(status, &format!("{headers}Content-Length: {}\r\n", body.len())).into_bytes();
            bytes.extend_from_slice(&body);
            send(stream, &bytes).await
        }
        Answer::ReplyThenClose => {
            send(stream, head(200, "Content-Length: 2\r\n").as_bytes()).await?;
            send(stream, b"ok").await?;
            None
        }
        Answer::Raw(bytes) => {
            send(stream, &bytes).await?;
            None
        }
        Answer::Reset | Answer::ResetInside | Answer::Close => None,
        Answer::Silence => {
            // Ends when the client gives up.
            let _ = stream.read(&mut [0; 1]).await;
            None
        }
        Answer::SlowHeaders => {
            send(stream, b"HTTP/1.1 200 told\r\nX-Long: ").await?;
            drip(stream).await
        }
        Answer::SlowBody(status) => {
            send(stream, head(status, "Content-Length: 1000000\r\n").as_bytes()).await?;
            drip(stream).await
        }
        Answer::EndlessBody(status) => {
            send(stream, head(status, "Content-Length: 10000000000\r\n").as_bytes()).await?;
            loop {
                send(stream, &[b'x'; 65_536]).await?;
            }
        }
    }
}

async fn drip<S: AsyncWrite + Unpin>(stream: &mut S) -> Option<()> {
    loop {
        send(stream, b"x").await?;
        tokio::time::sleep(DRIP).await;
    }
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Option<()> {
    stream.write_all(bytes).await.ok()?;
    stream.flush().await.ok()
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<ReceivedRequest> {
    let first = line(stream).await?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let line = line(stream).await?;
        match line.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length")).map_or("0", |(_, value)| value);
    let mut body = vec![0; length.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(ReceivedRequest { method, path, headers, body })
}

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<String> {
    let mut line = String::new();
    (stream.read_line(&mut line).await.ok()? > 0).then(|| line.trim_end().to_owned())
}
