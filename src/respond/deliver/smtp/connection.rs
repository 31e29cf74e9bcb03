//! One SMTP session: greeting, EHLO, STARTTLS, AUTH, and mails (RFC 5321, 3207, 4954, 8314).
//!
//! The dialogue is ours and not the library's, which builds the mails: its connection (lettre 0.11.23) keeps what a
//! server said in the clear before the TLS handshake and believes it afterwards, gives up the code of a reply that is
//! not UTF-8, reads a line without end into memory, and does not say after which command it was that a session broke -
//! which is what tells "try again" from "the receiver may have it".

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::mime::Letter;
use super::reply::{LINE_BYTES, LINES, Line, Reply};
use super::{SmtpOptions, SmtpTls};
use crate::model::Moment;
use crate::respond::deliver::kept::keep;

/// A goodbye is a courtesy: nobody waits longer for it.
const QUIT_WAIT: Duration = Duration::from_secs(1);

/// How far a session has come; what a failure means depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Connect,
    Greeting,
    Hello,
    Tls,
    Auth,
    Mail,
    Recipient,
    Data,
    /// The final dot may have reached the server.
    Dot,
}

impl Stage {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Hello => "EHLO",
            Self::Tls => "TLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
            Self::Dot => "end of mail",
        }
    }
}

/// Why a step did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server said no.
    Refused(Reply),
    /// The connection failed, stayed silent or spoke something else.
    Broken(String),
    /// The server cannot be trusted, or offers less than the settings ask for.
    Unfit(String),
    /// Larger than the size the server names in its EHLO.
    TooBig { limit: usize },
    /// The address needs an extension that the server does not have.
    Address,
}

/// What EHLO offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Offers {
    starttls: bool,
    plain: bool,
    login: bool,
    utf8: bool,
    size: Option<usize>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) struct Connection {
    stream: BufReader<Box<dyn Stream>>,
    wait: Duration,
    offers: Offers,
    peer: SocketAddr,
    /// Our name in EHLO: an address literal, which needs no DNS to be right (RFC 5321 §4.1.4).
    hello: String,
    /// TLS version, none in the clear.
    pub(super) tls: Option<String>,
    /// What the server said on the way in, for `notify test`.
    pub(super) answers: Vec<(Stage, String)>,
    pub(super) mails: u32,
    pub(super) used_at: Moment,
}

/// Connects, upgrades, authenticates: a session that is ready for mails.
pub(super) async fn open(options: &SmtpOptions, config: &Arc<ClientConfig>, stage: &mut Stage, now: Moment) -> Result<Connection, Fault> {
    *stage = Stage::Connect;
    let tcp = connect(options).await?;
    let (peer, local) = addresses(&tcp)?;
    let mut connection = Connection::new(Box::new(tcp), options.timeout, peer, local, now);
    if options.tls == SmtpTls::Implicit {
        *stage = Stage::Tls;
        connection = connection.encrypt(&options.host, config).await?;
    }
    connection.greet(stage).await?;
    if options.tls == SmtpTls::StartTls {
        *stage = Stage::Tls;
        connection.ask_for_tls().await?;
        connection = connection.encrypt(&options.host, config).await?;
        connection.ehlo(stage).await?;
    }
    if let (Some(username), Some(password)) = (&options.username, &options.password) {
        *stage = Stage::Auth;
        connection.authenticate(username, password.expose()).await?;
    }
    Ok(connection)
}

async fn connect(options: &SmtpOptions) -> Result<TcpStream, Fault> {
    let attempt = TcpStream::connect((options.host.as_str(), options.port));
    let named = |error: String| Fault::Broken(format!("{}:{}: {error}", options.host, options.port));
    match timeout(options.timeout, attempt).await {
        Ok(Ok(tcp)) => {
            // Commands are short and each waits for its answer.
            let _ = tcp.set_nodelay(true);
            Ok(tcp)
        }
        Ok(Err(error)) => Err(named(error.to_string())),
        Err(_) => Err(named(format!("no connection within {:?}", options.timeout))),
    }
}

fn addresses(tcp: &TcpStream) -> Result<(SocketAddr, SocketAddr), Fault> {
    let broken = |error: std::io::Error| Fault::Broken(error.to_string());
    Ok((tcp.peer_addr().map_err(broken)?, tcp.local_addr().map_err(broken)?))
}

impl Connection {
    fn new(stream: Box<dyn Stream>, wait: Duration, peer: SocketAddr, local: SocketAddr, now: Moment) -> Self {
        let hello = match local {
            SocketAddr::V4(local) => format!("[{}]", local.ip()),
            SocketAddr::V6(local) => format!("[IPv6:{}]", local.ip()),
        };
        let stream = BufReader::new(stream);
        Self { stream, wait, offers: Offers::default(), peer, hello, tls: None, answers: Vec::new(), mails: 0, used_at: now }
    }

    async fn greet(&mut self, stage: &mut Stage) -> Result<(), Fault> {
        *stage = Stage::Greeting;
        let reply = self.reply().await?;
        self.note(Stage::Greeting, &reply);
        positive(reply)?;
        self.ehlo(stage).await
    }

    async fn ehlo(&mut self, stage: &mut Stage) -> Result<(), Fault> {
        *stage = Stage::Hello;
        let reply = self.command(&format!("EHLO {}", self.hello)).await?;
        self.note(Stage::Hello, &reply);
        self.offers = Offers::read(&positive(reply)?);
        Ok(())
    }

    /// Nothing may follow the answer in the clear: it would be read as if it had come over TLS (CVE-2021-33515's kind).
    async fn ask_for_tls(&mut self) -> Result<(), Fault> {
        if !self.offers.starttls {
            return Err(Fault::Unfit("the server does not offer STARTTLS, and mail in the clear is refused".into()));
        }
        let reply = self.command("STARTTLS").await?;
        self.note(Stage::Tls, &reply);
        if reply.code != 220 {
            return Err(Fault::Refused(reply));
        }
        if !self.stream.buffer().is_empty() {
            return Err(Fault::Unfit("the server went on in the clear after STARTTLS: someone may stand in between".into()));
        }
        Ok(())
    }

    async fn encrypt(mut self, host: &str, config: &Arc<ClientConfig>) -> Result<Self, Fault> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Fault::Unfit(format!("{host}: {error}")))?;
        let handshake = TlsConnector::from(Arc::clone(config)).connect(name, self.stream.into_inner());
        let stream = match timeout(self.wait, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(tls_fault(&error)),
            Err(_) => return Err(Fault::Broken(format!("no TLS handshake within {:?}", self.wait))),
        };
        self.tls = stream.get_ref().1.protocol_version().map(|version| format!("{version:?}"));
        self.stream = BufReader::new(Box::new(stream));
        Ok(self)
    }

    /// A password goes out over TLS, or to this machine.
    async fn authenticate(&mut self, username: &str, password: &str) -> Result<(), Fault> {
        if self.tls.is_none() && !self.peer.ip().is_loopback() {
            return Err(Fault::Unfit("a password is sent only over TLS".into()));
        }
        let reply = if self.offers.plain {
            let token = STANDARD.encode(format!("\0{username}\0{password}"));
            self.command(&format!("AUTH PLAIN {token}")).await?
        } else if self.offers.login {
            self.login(username, password).await?
        } else {
            return Err(Fault::Unfit("the server offers neither AUTH PLAIN nor AUTH LOGIN, and the settings name a user".into()));
        };
        let reply = without(reply, username, password);
        self.note(Stage::Auth, &reply);
        if reply.code == 235 { Ok(()) } else { Err(refused(reply)) }
    }

    async fn login(&mut self, username: &str, password: &str) -> Result<Reply, Fault> {
        let mut reply = self.command("AUTH LOGIN").await?;
        for answer in [username, password] {
            if reply.code != 334 {
                break;
            }
            reply = self.command(&STANDARD.encode(answer)).await?;
        }
        Ok(reply)
    }

    /// Hands one mail over. `Err` at `Stage::Dot` other than a refusal means that nobody knows.
    pub(super) async fn submit(&mut self, letter: &Letter, stage: &mut Stage) -> Result<Reply, Fault> {
        *stage = Stage::Mail;
        let mail = self.mail_command(letter)?;
        self.expect_positive(&mail).await?;
        *stage = Stage::Recipient;
        self.expect_positive(&format!("RCPT TO:<{}>", letter.to)).await?;
        *stage = Stage::Data;
        let reply = self.command("DATA").await?;
        if reply.code != 354 {
            return Err(refused(reply));
        }
        self.write(&stuffed(&letter.bytes)).await?;
        *stage = Stage::Dot;
        self.write(b".\r\n").await?;
        let reply = self.reply().await?;
        self.mails += 1;
        if (200..300).contains(&reply.code) { Ok(reply) } else { Err(refused(reply)) }
    }

    fn mail_command(&self, letter: &Letter) -> Result<String, Fault> {
        let mut command = format!("MAIL FROM:<{}>", letter.from);
        if let Some(limit) = self.offers.size {
            if limit > 0 && letter.bytes.len() > limit {
                return Err(Fault::TooBig { limit });
            }
            command.push_str(&format!(" SIZE={}", letter.bytes.len()));
        }
        let ascii = [&letter.from, &letter.to].into_iter().all(|address| AsRef::<str>::as_ref(address).is_ascii());
        match (ascii, self.offers.utf8) {
            (true, _) => Ok(command),
            (false, true) => Ok(command + " SMTPUTF8"),
            (false, false) => Err(Fault::Address),
        }
    }

    /// Forgets a mail that was refused half-way, so that the session can carry the next.
    pub(super) async fn reset(&mut self) -> bool {
        matches!(self.command("RSET").await, Ok(reply) if reply.code == 250)
    }

    /// Whether a session that rested is still there.
    pub(super) async fn is_alive(&mut self) -> bool {
        matches!(self.command("NOOP").await, Ok(reply) if reply.is_positive())
    }

    /// Says goodbye without waiting for an answer.
    pub(super) async fn quit(mut self) {
        let _ = timeout(QUIT_WAIT, async {
            let _ = self.write(b"QUIT\r\n").await;
            self.stream.get_mut().shutdown().await
        })
        .await;
    }

    async fn expect_positive(&mut self, command: &str) -> Result<Reply, Fault> {
        let reply = self.command(command).await?;
        positive(reply)
    }

    async fn command(&mut self, command: &str) -> Result<Reply, Fault> {
        self.write(format!("{command}\r\n").as_bytes()).await?;
        self.reply().await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
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
    async fn reply(&mut self) -> Result<Reply, Fault> {
        match timeout(self.wait, read_reply(&mut self.stream)).await {
            Ok(reply) => reply,
            Err(_) => Err(Fault::Broken(format!("no complete answer within {:?}", self.wait))),
        }
    }

    fn note(&mut self, stage: Stage, reply: &Reply) {
        self.answers.push((stage, reply.text()));
    }
}

impl Offers {
    fn read(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines.iter().skip(1) {
            let line = line.to_ascii_uppercase().replace('=', " ");
            let mut words = line.split_whitespace();
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("SMTPUTF8") => offers.utf8 = true,
                Some("SIZE") => offers.size = words.next().and_then(|size| size.parse().ok()),
                Some("AUTH") => words.for_each(|word| match word {
                    "PLAIN" => offers.plain = true,
                    "LOGIN" => offers.login = true,
                    _ => (),
                }),
                _ => (),
            }
        }
        offers
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

fn positive(reply: Reply) -> Result<Reply, Fault> {
    if (200..300).contains(&reply.code) { Ok(reply) } else { Err(refused(reply)) }
}

/// A number that has no place here is as good as noise.
fn refused(reply: Reply) -> Fault {
    if reply.is_positive() { Fault::Broken(format!("out of place: {}", reply.text())) } else { Fault::Refused(reply) }
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

/// A dot that begins a line is doubled; a mail ends with a line end.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Servers have been seen to echo what they were sent.
fn without(mut reply: Reply, username: &str, password: &str) -> Reply {
    let secrets = [STANDARD.encode(format!("\0{username}\0{password}")), STANDARD.encode(password), password.to_owned()];
    for line in &mut reply.lines {
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            *line = line.replace(secret.as_str(), "[secret]");
        }
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, lines: &[&str]) -> Reply {
        Reply { code, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    #[test]
    fn offers_are_read_in_any_case_and_old_spelling() {
        let offers = Offers::read(&reply(250, &["mx STARTTLS", "size 1000", "AUTH=LOGIN PLAIN", "SmtpUtf8", "PIPELINING"]));
        assert_eq!(offers, Offers { starttls: false, plain: true, login: true, utf8: true, size: Some(1000) });
    }

    #[test]
    fn dots_are_doubled_and_the_end_is_a_line_end() {
        assert_eq!(stuffed(b".a\r\nb\r\n..c"), b"..a\r\nb\r\n...c\r\n");
    }

    #[test]
    fn an_echoed_password_is_not_kept() {
        let token = STANDARD.encode("\0alerts\0hunter2");
        let kept = without(reply(535, &[&format!("bad {token}"), "hunter2 is wrong"]), "alerts", "hunter2").text();
        assert_eq!(kept, "535 bad [secret] / [secret] is wrong");
    }

    #[tokio::test]
    async fn a_line_without_end_is_not_read_without_end() {
        let endless: Box<dyn Stream> = Box::new(tokio::io::join(tokio::io::repeat(b'2'), tokio::io::sink()));
        let fault = read_reply(&mut BufReader::new(endless)).await.expect_err("it is refused");
        assert!(matches!(fault, Fault::Broken(text) if text.starts_with("not an SMTP answer") && text.len() < 400));
    }
}
