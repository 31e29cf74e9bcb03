//! One dialogue of the mail server, step by step, with the script's act in place of the usual where there is one.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{Act, At, ReceivedMail, ServerTls, Shared, Smtpd};

trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for tokio_rustls::server::TlsStream<Box<dyn Wire>> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0.tcp()
    }
}

/// None: the connection is over.
type Go = Option<()>;

struct Session {
    wire: BufReader<Box<dyn Wire>>,
    shared: Arc<Shared>,
    number: usize,
    tls: bool,
    user: Option<String>,
    from: String,
    recipients: Vec<String>,
}

pub(super) async fn serve(tcp: TcpStream, shared: Arc<Shared>, number: usize) {
    let wire: Box<dyn Wire> = Box::new(tcp);
    let session =
        Session { wire: BufReader::new(wire), shared, number, tls: false, user: None, from: String::new(), recipients: Vec::new() };
    session.run().await;
}

impl Session {
    async fn run(mut self) -> Go {
        if self.shared.setup.tls == ServerTls::Implicit {
            self = self.encrypt().await?;
        }
        self.answer(At::Connect, "220 localhost ESMTP of the tests").await?;
        loop {
            let line = self.line().await?;
            let upper = line.to_ascii_uppercase();
            let word = upper.split([' ', ':']).next().unwrap_or_default().to_owned();
            self.remember(if word == "AUTH" { "AUTH" } else { &line });
            match word.as_str() {
                "EHLO" => self.ehlo().await?,
                "STARTTLS" if self.shared.setup.tls == ServerTls::StartTls && !self.tls => {
                    self.answer(At::StartTls, "220 2.0.0 go on").await?;
                    self = self.encrypt().await?;
                }
                "AUTH" => self.auth(&line).await?,
                "MAIL" => self.mail(&line).await?,
                "RCPT" => self.rcpt(&line).await?,
                "DATA" => self.data().await?,
                "NOOP" => self.answer(At::Noop, "250 2.0.0 here").await?,
                "RSET" => self.answer(At::Rset, "250 2.0.0 forgotten").await?,
                "QUIT" => {
                    self.say(b"221 2.0.0 goodbye").await?;
                    return None;
                }
                _ => self.say(b"502 5.5.2 what").await?,
            }
        }
    }

    async fn encrypt(mut self) -> Option<Self> {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.shared.config));
        let stream = acceptor.accept(self.wire.into_inner()).await.ok()?;
        let wire: Box<dyn Wire> = Box::new(stream);
        self.wire = BufReader::new(wire);
        self.tls = true;
        Some(self)
    }

    async fn ehlo(&mut self) -> Go {
        let setup = &self.shared.setup;
        let mut lines = vec!["localhost".to_owned()];
        lines.extend(setup.extensions.iter().cloned());
        if setup.tls == ServerTls::StartTls && !self.tls {
            lines.push("STARTTLS".into());
        }
        if setup.login.is_some() && (self.tls || setup.tls == ServerTls::None) {
            lines.push(format!("AUTH {}", setup.mechanisms));
        }
        let last = lines.len() - 1;
        let lines: Vec<_> = lines.iter().enumerate().map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' })).collect();
        self.answer(At::Ehlo, &lines.join("\r\n")).await
    }

    async fn auth(&mut self, line: &str) -> Go {
        let words: Vec<&str> = line.split_whitespace().collect();
        let decode = |text: &str| STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let (user, password) = if words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("LOGIN")) {
            self.say(b"334 VXNlcm5hbWU6").await?;
            let user = decode(&self.line().await?);
            self.say(b"334 UGFzc3dvcmQ6").await?;
            (user, decode(&self.line().await?))
        } else {
            let token = decode(words.get(2).copied().unwrap_or_default());
            let mut parts = token.split('\0').skip(1).map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        };
        if self.shared.setup.login == Some((user.clone(), password)) {
            self.user = Some(user);
            self.answer(At::Auth, "235 2.7.0 welcome").await
        } else {
            self.answer(At::Auth, "535 5.7.8 wrong user or password").await
        }
    }

    async fn mail(&mut self, line: &str) -> Go {
        self.from = between(line);
        self.recipients.clear();
        let usual = match (&self.shared.setup, self.tls, &self.user) {
            (Smtpd { tls: ServerTls::StartTls, .. }, false, _) => "530 5.7.0 STARTTLS first",
            (Smtpd { login: Some(_), .. }, _, None) => "530 5.7.0 authenticate first",
            _ => "250 2.1.0 sender ok",
        };
        self.answer(At::Mail, usual).await
    }

    async fn rcpt(&mut self, line: &str) -> Go {
        let address = between(line);
        let said = self.answer_about(At::Rcpt, std::slice::from_ref(&address), "250 2.1.5 recipient ok").await?;
        if said.starts_with(b"250") {
            self.recipients.push(address);
        }
        Some(())
    }

    async fn data(&mut self) -> Go {
        if !self.answer_about(At::Data, &self.recipients.clone(), "354 go on").await?.starts_with(b"354") {
            return Some(());
        }
        let mut data = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.wire.read_until(b'\n', &mut line).await.ok()? == 0 {
                return None;
            }
            if line == b".\r\n" {
                break;
            }
            data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        self.remember(".");
        let mail =
            ReceivedMail { from: self.from.clone(), recipients: self.recipients.clone(), data, tls: self.tls, user: self.user.clone() };
        self.end_of_mail(mail).await
    }

    /// The mail is kept before the answer goes out, as a good server does.
    async fn end_of_mail(&mut self, mail: ReceivedMail) -> Go {
        let recipients = mail.recipients.clone();
        self.wait_at(At::Dot, &recipients).await;
        let act = self.act(At::Dot, &recipients);
        let takes = match &act {
            None | Some(Act::KeepThenReset | Act::Late(_) | Act::UsualThenClose | Act::UsualThenNoise) => true,
            Some(Act::Reply(bytes) | Act::ReplyThenClose(bytes) | Act::Drip(bytes)) => bytes.starts_with(b"250"),
            Some(Act::Silence | Act::Close | Act::Reset) => false,
        };
        if takes {
            self.shared.memory.lock().expect("memory").mails.push(mail);
            self.shared.changed.send_modify(|count| *count += 1);
        }
        self.perform(act, "250 2.0.0 taken").await.map(|_| ())
    }

    async fn answer(&mut self, at: At, usual: &str) -> Go {
        self.answer_about(at, &[], usual).await.map(|_| ())
    }

    async fn answer_about(&mut self, at: At, recipients: &[String], usual: &str) -> Option<Vec<u8>> {
        self.wait_at(at, recipients).await;
        let act = self.act(at, recipients);
        self.perform(act, usual).await
    }

    /// Does what the script says and gives what was said; none when the connection is over.
    async fn perform(&mut self, act: Option<Act>, usual: &str) -> Option<Vec<u8>> {
        let (bytes, over) = match act {
            None => (usual.as_bytes().to_vec(), false),
            Some(Act::Reply(bytes)) => (bytes, false),
            Some(Act::ReplyThenClose(bytes)) => (bytes, true),
            Some(Act::Late(wait)) => {
                tokio::time::sleep(wait).await;
                (usual.as_bytes().to_vec(), false)
            }
            Some(Act::UsualThenClose) => (usual.as_bytes().to_vec(), true),
            Some(Act::Drip(bytes)) => {
                for byte in bytes {
                    self.wire.get_mut().write_all(&[byte]).await.ok()?;
                    self.wire.get_mut().flush().await.ok()?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                return None;
            }
            Some(Act::Silence) => {
                let mut rest = Vec::new();
                // Ends when the client gives up.
                while self.wire.read_until(b'\n', &mut rest).await.is_ok_and(|read| read > 0) {}
                return None;
            }
            Some(Act::UsualThenNoise) => {
                self.say(usual.as_bytes()).await?;
                self.wire.fill_buf().await.ok()?;
                self.say(b"this is neither TLS nor SMTP").await?;
                return None;
            }
            Some(Act::Close) => return None,
            Some(Act::Reset | Act::KeepThenReset) => {
                self.wire.get_ref().tcp().set_zero_linger().expect("linger");
                return None;
            }
        };
        self.say(&bytes).await?;
        if over {
            let _ = self.wire.get_mut().shutdown().await;
            return None;
        }
        Some(bytes)
    }

    async fn say(&mut self, bytes: &[u8]) -> Go {
        let wire = self.wire.get_mut();
        // In one piece: two would wait for each other's acknowledgement (Nagle).
        wire.write_all(&[bytes, b"\r\n"].concat()).await.ok()?;
        wire.flush().await.ok()
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.wire.read_line(&mut line).await.ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    fn remember(&self, command: &str) {
        self.shared.memory.lock().expect("memory").commands.push((self.number, command.to_owned()));
    }

    fn act(&self, at: At, recipients: &[String]) -> Option<Act> {
        let mut memory = self.shared.memory.lock().expect("memory");
        let rule = memory.rules.iter_mut().find(|rule| rule.left != Some(0) && fits(rule.at, at, recipients))?;
        rule.left = rule.left.map(|left| left - 1);
        Some(rule.act.clone())
    }

    async fn wait_at(&self, at: At, recipients: &[String]) {
        let gates = self.shared.gates.lock().expect("gates").clone();
        for (_, hold) in gates.iter().filter(|(held, _)| fits(*held, at, recipients)) {
            hold.pass().await;
        }
    }
}

fn fits(wanted: At, at: At, recipients: &[String]) -> bool {
    match wanted {
        At::Recipient(address) => at == At::Rcpt && recipients.iter().any(|recipient| recipient == address),
        At::DotOf(address) => at == At::Dot && recipients.iter().any(|recipient| recipient == address),
        wanted => wanted == at,
    }
}

fn between(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address.to_owned()).unwrap_or_default()
}
