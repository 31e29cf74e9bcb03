//! Bytes to and from a mail server: in the clear or over TLS, every wait bounded, nothing read without end.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::fault::Fault;
use super::reply::{LINE_BYTES, LINES, Line, Reply};
use crate::respond::deliver::kept::keep;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
    /// Longest wait for one answer, for the server to take what is written, and for a handshake.
    wait: Duration,
    tls: Option<String>,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>, wait: Duration) -> Self {
        Self { stream: BufReader::new(stream), wait, tls: None }
    }

    /// TLS version, none in the clear.
    pub(super) fn tls(&self) -> Option<&str> {
        self.tls.as_deref()
    }

    /// Whether the server said more than was asked for.
    pub(super) fn has_more(&self) -> bool {
        !self.stream.buffer().is_empty()
    }

    /// The handshake. What was read in the clear and not used is forgotten with the old buffer.
    pub(super) async fn encrypt(self, host: &str, config: &Arc<ClientConfig>) -> Result<Self, Fault> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Fault::Unfit(format!("{host}: {error}")))?;
        let handshake = TlsConnector::from(Arc::clone(config)).connect(name, self.stream.into_inner());
        let stream = match timeout(self.wait, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(tls_fault(&error)),
            Err(_) => return Err(Fault::Broken(format!("no TLS handshake within {:?}", self.wait))),
        };
        let tls = stream.get_ref().1.protocol_version().map(|version| format!("{version:?}"));
        Ok(Self { stream: BufReader::new(Box::new(stream)), wait: self.wait, tls })
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let stream = self.stream.get_mut();
        let written = timeout(self.wait, async {
            stream.write_all(bytes).await?;
            stream.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Fault::Broken(error.to_string())),
            Err(_) => Err(Fault::Broken(format!("the server took nothing for {:?}", self.wait))),
        }
    }

    /// One whole answer within the time for one answer, however slowly its bytes come.
    pub(super) async fn reply(&mut self) -> Result<Reply, Fault> {
        match timeout(self.wait, read_reply(&mut self.stream)).await {
            Ok(reply) => reply,
            Err(_) => Err(Fault::Broken(format!("no complete answer within {:?}", self.wait))),
        }
    }

    /// Ends the session from our side.
    pub(super) async fn shut_down(&mut self) {
        let _ = timeout(self.wait, self.stream.get_mut().shutdown()).await;
    }
}

async fn read_reply(stream: &mut BufReader<Box<dyn Stream>>) -> Result<Reply, Fault> {
    let mut lines = Vec::new();
    while lines.len() < LINES {
        let line = read_line(stream).await?;
        lines.push(line.text);
        if line.last {
            return Ok(Reply { code: line.code, lines });
        }
    }
    Err(Fault::Broken(format!("an answer of more than {LINES} lines")))
}

async fn read_line(stream: &mut BufReader<Box<dyn Stream>>) -> Result<Line, Fault> {
    let mut bytes = Vec::new();
    let read = stream.take(LINE_BYTES as u64).read_until(b'\n', &mut bytes).await;
    match read {
        Ok(0) => Err(Fault::Broken("the server closed the connection".into())),
        Ok(_) => {
            Line::parse(&bytes).ok_or_else(|| Fault::Broken(format!("not an SMTP answer: {}", keep(&String::from_utf8_lossy(&bytes)))))
        }
        Err(error) => Err(Fault::Broken(error.to_string())),
    }
}

/// A handshake that the other side's words made fail is a matter of settings; one that the line cut is not.
fn tls_fault(error: &std::io::Error) -> Fault {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidMessage(_)) => Fault::Unfit("what came was not TLS: wrong port, or `tls` set wrongly".into()),
        Some(tls) => Fault::Unfit(format!("TLS: {tls}")),
        None => Fault::Broken(format!("TLS handshake: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_without_end_is_not_read_without_end() {
        let endless: Box<dyn Stream> = Box::new(tokio::io::join(tokio::io::repeat(b'2'), tokio::io::sink()));
        let fault = read_reply(&mut BufReader::new(endless)).await.expect_err("it is refused");
        assert!(matches!(fault, Fault::Broken(text) if text.starts_with("not an SMTP answer") && text.len() < 400));
    }
}
