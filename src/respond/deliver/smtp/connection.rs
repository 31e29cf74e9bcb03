//! One SMTP session: greeting, EHLO, STARTTLS, AUTH, and mails (RFC 5321, 3207, 4954, 8314).
//!
//! The dialogue is ours and not the library's, which builds the mails: its connection (lettre 0.11.23) keeps what a
//! server said in the clear before the TLS handshake and believes it afterwards, gives up the code of a reply that is
//! not UTF-8, reads a line without end into memory, and does not say after which command it was that a session broke -
//! which is what tells "try again" from "the receiver may have it".

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fault::{Fault, Stage};
use super::mime::Letter;
use super::reply::Reply;
use super::wire::Wire;
use super::{SmtpOptions, SmtpTls};
use crate::model::Moment;

/// A goodbye is a courtesy: nobody waits longer for it.
const QUIT_WAIT: Duration = Duration::from_secs(1);

/// What EHLO offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Offers {
    starttls: bool,
    plain: bool,
    login: bool,
    utf8: bool,
    size: Option<usize>,
}

pub(super) struct Connection {
    wire: Wire,
    offers: Offers,
    peer: SocketAddr,
    /// Our name in EHLO: an address literal, which needs no DNS to be right (RFC 5321 §4.1.4).
    hello: String,
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
    let mut connection = Connection::new(Wire::new(Box::new(tcp), options.timeout), peer, local, now);
    if options.tls == SmtpTls::Implicit {
        *stage = Stage::Tls;
        connection.wire = connection.wire.encrypt(&options.host, config).await?;
    }
    connection.greet(stage).await?;
    if options.tls == SmtpTls::StartTls {
        *stage = Stage::Tls;
        connection.ask_for_tls().await?;
        connection.wire = connection.wire.encrypt(&options.host, config).await?;
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
    fn new(wire: Wire, peer: SocketAddr, local: SocketAddr, now: Moment) -> Self {
        let hello = match local {
            SocketAddr::V4(local) => format!("[{}]", local.ip()),
            SocketAddr::V6(local) => format!("[IPv6:{}]", local.ip()),
        };
        Self { wire, offers: Offers::default(), peer, hello, answers: Vec::new(), mails: 0, used_at: now }
    }

    async fn greet(&mut self, stage: &mut Stage) -> Result<(), Fault> {
        *stage = Stage::Greeting;
        let reply = self.wire.reply().await?;
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
        if self.wire.has_more() {
            return Err(Fault::Unfit("the server went on in the clear after STARTTLS: someone may stand in between".into()));
        }
        Ok(())
    }

    /// A password goes out over TLS, or to this machine.
    async fn authenticate(&mut self, username: &str, password: &str) -> Result<(), Fault> {
        if !password_may_go(self.wire.tls().is_some(), self.peer.ip()) {
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

    /// TLS version, none in the clear.
    pub(super) fn tls(&self) -> Option<&str> {
        self.wire.tls()
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
        self.wire.write(&stuffed(&letter.bytes)).await?;
        *stage = Stage::Dot;
        self.wire.write(b".\r\n").await?;
        let reply = self.wire.reply().await?;
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
            let _ = self.wire.write(b"QUIT\r\n").await;
            self.wire.shut_down().await;
        })
        .await;
    }

    async fn expect_positive(&mut self, command: &str) -> Result<Reply, Fault> {
        let reply = self.command(command).await?;
        positive(reply)
    }

    async fn command(&mut self, command: &str) -> Result<Reply, Fault> {
        self.wire.write(format!("{command}\r\n").as_bytes()).await?;
        self.wire.reply().await
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

fn positive(reply: Reply) -> Result<Reply, Fault> {
    if (200..300).contains(&reply.code) { Ok(reply) } else { Err(refused(reply)) }
}

/// A number that has no place here is as good as noise.
fn refused(reply: Reply) -> Fault {
    if reply.is_positive() { Fault::Broken(format!("out of place: {}", reply.text())) } else { Fault::Refused(reply) }
}

fn password_may_go(encrypted: bool, peer: IpAddr) -> bool {
    encrypted || peer.to_canonical().is_loopback()
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
    fn a_password_in_the_clear_stays_on_this_machine() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert!(password_may_go(true, address("93.184.216.34")));
        assert!(password_may_go(false, address("127.0.0.1")) && password_may_go(false, address("::ffff:127.0.0.1")));
        assert!(!password_may_go(false, address("10.0.0.1")) && !password_may_go(false, address("93.184.216.34")));
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
}
