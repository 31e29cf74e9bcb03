//! The demo's mail server: a real SMTP dialogue (RFC 5321) on loopback that keeps what it is given.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

/// Longest line and longest mail: far above what Hearken sends.
const LINE_BYTES_MAX: u64 = 4 * 1024;
const MAIL_BYTES_MAX: usize = 1024 * 1024;

/// A mail as it was handed over.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) to: String,
    pub(super) raw: Vec<u8>,
}

/// Takes mails until it is dropped and passes each on.
pub(super) async fn receive(listener: TcpListener, mails: mpsc::UnboundedSender<Mail>) {
    let mut dialogues = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    dialogues.push(dialogue(stream, mails.clone()));
                }
            }
            Some(ended) = dialogues.next() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a mail dialogue ended early");
                }
            }
        }
    }
}

async fn dialogue(stream: TcpStream, mails: mpsc::UnboundedSender<Mail>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 demo.hearken ESMTP").await?;
    let mut recipient = None;
    loop {
        let line = read_line(&mut stream).await?;
        let verb = String::from_utf8_lossy(&line).trim().to_ascii_uppercase();
        let answer = match verb.split([' ', ':']).next().unwrap_or_default() {
            "" if line.is_empty() => return Ok(()),
            "EHLO" => "250-demo.hearken\r\n250-8BITMIME\r\n250 SMTPUTF8",
            "HELO" | "NOOP" => "250 demo.hearken",
            "MAIL" => "250 2.1.0 sender ok",
            "RCPT" => {
                recipient = Some(address(&line));
                "250 2.1.5 recipient ok"
            }
            "RSET" => {
                recipient = None;
                "250 2.0.0 forgotten"
            }
            "DATA" if recipient.is_none() => "503 5.5.1 whom is it for?",
            "DATA" => {
                say(&mut stream, "354 go on, end with a dot").await?;
                let raw = read_mail(&mut stream).await?;
                let to = recipient.take().unwrap_or_default();
                let _ = mails.send(Mail { to, raw });
                "250 2.0.0 taken"
            }
            "QUIT" => {
                say(&mut stream, "221 2.0.0 bye").await?;
                return Ok(());
            }
            _ => "502 5.5.2 not spoken here",
        };
        say(&mut stream, answer).await?;
    }
}

async fn say(stream: &mut BufReader<TcpStream>, answer: &str) -> io::Result<()> {
    stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    stream.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await?;
    Ok(line)
}

/// Everything up to the line with a single dot; doubled dots at line starts are undone (RFC 5321 section 4.5.2).
async fn read_mail(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let line = read_line(stream).await?;
        if line.is_empty() || raw.len() > MAIL_BYTES_MAX {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn address(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}
