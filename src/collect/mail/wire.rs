//! Bytes to and from an IMAP server: over TLS, or in the clear to this machine; every wait bounded, nothing read without end.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::collect::fetch::FetchFailure;
use crate::model::FailureKind;

/// A line without its literals; the numbers of a hundred thousand unread mails fit.
const LINE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes that a server sends outside of lines, in one response; a mail is asked for in a part that is smaller.
const LITERAL_BYTES_MAX: usize = 1024 * 1024;

/// Literals of one response: we never ask for more than one part of a mail.
const LITERALS_MAX: usize = 16;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One response: its lines strung together, and the literals for which `{n}` stands in them, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) literals: Vec<Vec<u8>>,
}

pub(super) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
    /// Longest wait for one response, and for the server to take what is written.
    wait: Duration,
}

impl Wire {
    /// Connects, with a handshake where there is a configuration for one.
    pub(super) async fn open(host: &str, port: u16, tls: Option<Arc<ClientConfig>>, wait: Duration) -> Result<Self, FetchFailure> {
        let late = |_| FetchFailure::new(FailureKind::Timeout, format!("no connection within {wait:?}"));
        let bare = host.trim_matches(['[', ']']);
        let tcp = timeout(wait, TcpStream::connect((bare, port))).await.map_err(late)?.map_err(|error| connecting(&error))?;
        // Commands are short and each waits for its answer.
        let _ = tcp.set_nodelay(true);
        let Some(config) = tls else { return Ok(Self::over(Box::new(tcp), wait)) };
        let name =
            ServerName::try_from(bare.to_owned()).map_err(|error| FetchFailure::new(FailureKind::Tls, format!("{bare}: {error}")))?;
        let handshake = timeout(wait, TlsConnector::from(config).connect(name, tcp)).await;
        let stream = handshake.map_err(late)?.map_err(|error| handshaking(&error))?;
        Ok(Self::over(Box::new(stream), wait))
    }

    fn over(stream: Box<dyn Stream>, wait: Duration) -> Self {
        Self { stream: BufReader::new(stream), wait }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), FetchFailure> {
        let stream = self.stream.get_mut();
        let written = timeout(self.wait, async {
            stream.write_all(bytes).await?;
            stream.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(broken(&error)),
            Err(_) => Err(FetchFailure::new(FailureKind::Timeout, format!("the server took nothing for {:?}", self.wait))),
        }
    }

    /// One whole response within the time for one, however slowly its bytes come.
    pub(super) async fn line(&mut self) -> Result<Line, FetchFailure> {
        match timeout(self.wait, read(&mut self.stream)).await {
            Ok(line) => line,
            Err(_) => Err(FetchFailure::new(FailureKind::Timeout, format!("no complete answer within {:?}", self.wait))),
        }
    }

    pub(super) async fn shut_down(&mut self) {
        let _ = timeout(self.wait, self.stream.get_mut().shutdown()).await;
    }
}

async fn read(stream: &mut BufReader<Box<dyn Stream>>) -> Result<Line, FetchFailure> {
    let mut line = Line::default();
    loop {
        let mut bytes = Vec::new();
        let room = LINE_BYTES_MAX.saturating_sub(line.text.len());
        stream.take(room as u64).read_until(b'\n', &mut bytes).await.map_err(|error| broken(&error))?;
        if !bytes.ends_with(b"\n") {
            let why = if bytes.len() >= room { "an answer without end" } else { "the server closed the connection" };
            let kind = if bytes.len() >= room { FailureKind::TooBig } else { FailureKind::Connect };
            return Err(FetchFailure::new(kind, why));
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\r', '\n']);
        line.text.push_str(text);
        let Some(length) = literal_length(text) else { return Ok(line) };
        if length > LITERAL_BYTES_MAX || line.literals.len() >= LITERALS_MAX {
            return Err(FetchFailure::new(FailureKind::TooBig, format!("the server sends {length} bytes more than were asked for")));
        }
        let mut literal = vec![0; length];
        stream.read_exact(&mut literal).await.map_err(|error| broken(&error))?;
        line.literals.push(literal);
    }
}

/// Of a line that ends with `{7}` or `{7+}`: 7.
fn literal_length(line: &str) -> Option<usize> {
    let (_, digits) = line.strip_suffix('}')?.rsplit_once('{')?;
    digits.strip_suffix('+').unwrap_or(digits).parse().ok()
}

fn connecting(error: &std::io::Error) -> FetchFailure {
    // The resolver's own errors have no kind of their own.
    let dns = error.raw_os_error().is_none() && error.to_string().contains("lookup");
    FetchFailure::new(if dns { FailureKind::Dns } else { FailureKind::Connect }, error.to_string())
}

fn broken(error: &std::io::Error) -> FetchFailure {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => FetchFailure::new(FailureKind::Connect, "the server closed the connection"),
        _ => FetchFailure::new(FailureKind::Connect, error.to_string()),
    }
}

fn handshaking(error: &std::io::Error) -> FetchFailure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => FetchFailure::new(FailureKind::Tls, "what came was not TLS: is it the right port?"),
        Some(tls) => FetchFailure::new(FailureKind::Tls, tls.to_string()),
        None => broken(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn over(bytes: impl AsyncRead + Send + Unpin + 'static) -> Result<Line, FailureKind> {
        let stream: Box<dyn Stream> = Box::new(tokio::io::join(bytes, tokio::io::sink()));
        read(&mut BufReader::new(stream)).await.map_err(|failure| failure.kind)
    }

    #[tokio::test]
    async fn a_literal_is_part_of_its_line() {
        let line = over(&b"* 1 FETCH (BODY[] {6}\r\na\r\n)\r\n UID 7)\r\nA1 OK\r\n"[..]).await.expect("a line");
        assert_eq!((line.text.as_str(), line.literals), ("* 1 FETCH (BODY[] {6} UID 7)", vec![b"a\r\n)\r\n".to_vec()]));
        let empty = over(&b"* X {0}\r\n\r\n"[..]).await.expect("a line");
        assert_eq!((empty.text.as_str(), empty.literals), ("* X {0}", vec![Vec::new()]));
    }

    #[tokio::test]
    async fn nothing_is_read_without_end() {
        assert_eq!(over(tokio::io::repeat(b'a')).await, Err(FailureKind::TooBig));
        assert_eq!(over(&b"* X {99999999999}\r\n"[..]).await, Err(FailureKind::TooBig));
        assert_eq!(over("* {1}\r\na".repeat(100).as_bytes().to_vec().leak() as &[u8]).await, Err(FailureKind::TooBig), "or in pieces");
        assert_eq!(over(&b"* OK"[..]).await, Err(FailureKind::Connect));
        assert_eq!(over(&b"* X {9}\r\nabc"[..]).await, Err(FailureKind::Connect));
    }
}
