//! One IMAP session: greeting, login, a mailbox, searches, mails, flags, goodbye.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::{Host, Url};

use super::response::{code, fetched, searched};
use super::wire::{Line, Wire};
use crate::collect::fetch::FetchFailure;
use crate::model::{FailureKind, Phrase, Secret};
use crate::outbound::Outbound;

const PORT_TLS: u16 = 993;
const PORT_CLEAR: u16 = 143;

/// Untagged lines of one answer: a large mailbox sends a line for each mail that is asked for, and some notices.
const LINES_MAX: usize = 10_000;

/// Characters of a server's words that are kept.
const WORDS_CHARS_MAX: usize = 200;

pub(super) struct Session {
    wire: Wire,
    commands: u32,
    capabilities: Vec<String>,
    /// What we said that nobody may read: servers have been seen to echo what they were sent.
    hidden: Vec<String>,
}

/// What the server says of the mailbox it opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Selected {
    pub(super) validity: u32,
    next: Option<u32>,
    /// None: the server does not say, and then it keeps all (RFC 3501, 7.1).
    permanent_flags: Option<Vec<String>>,
    read_only: bool,
}

/// A mail as it was fetched.
pub(super) struct Mail {
    pub(super) bytes: Vec<u8>,
    /// When it arrived, as the server writes it.
    pub(super) received: Option<String>,
}

/// The lines before the tagged one, and what stands in that after the tag.
struct Answer {
    lines: Vec<Line>,
    last: String,
}

impl Session {
    /// Connects to `imaps://host` over TLS; `imap://host` in the clear is for this machine, which the settings see to.
    pub(super) async fn open(outbound: &Outbound, url: &Url) -> Result<Self, FetchFailure> {
        let encrypted = url.scheme() == "imaps";
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => return Err(FetchFailure::new(FailureKind::Dns, "the address names no host")),
        };
        let port = url.port().unwrap_or(if encrypted { PORT_TLS } else { PORT_CLEAR });
        let tls =
            if encrypted { Some(outbound.tls().map_err(|error| FetchFailure::new(FailureKind::Tls, error.to_string()))?) } else { None };
        let wire = Wire::open(&host, port, tls, outbound.timeout()).await?;
        let mut session = Self { wire, commands: 0, capabilities: Vec::new(), hidden: Vec::new() };
        session.greet().await?;
        Ok(session)
    }

    async fn greet(&mut self) -> Result<(), FetchFailure> {
        let greeting = self.wire.line().await?.text;
        match status(greeting.strip_prefix("* ").unwrap_or_default()) {
            "OK" => {}
            "PREAUTH" => return Err(FetchFailure::new(FailureKind::Auth, "the server takes us for somebody before we log in")),
            "BYE" => return Err(said(FailureKind::Server, &greeting)),
            _ => return Err(FetchFailure::new(FailureKind::NotAFeed, format!("this is no IMAP server: {}", words(&greeting)))),
        }
        let answer = self.command("CAPABILITY").await?;
        let listed = answer.lines.iter().filter_map(|line| line.text.strip_prefix("* CAPABILITY "));
        self.capabilities = listed.flat_map(str::split_ascii_whitespace).map(str::to_ascii_uppercase).collect();
        Ok(())
    }

    pub(super) async fn log_in(&mut self, user: &str, password: &Secret) -> Result<(), FetchFailure> {
        let secret = password.expose();
        self.hidden.push(secret.to_owned());
        let ended = if self.can("AUTH=PLAIN") {
            let token = STANDARD.encode(format!("\0{user}\0{secret}"));
            self.authenticate("PLAIN", &token).await
        } else if self.can("LOGINDISABLED") {
            Err(FetchFailure::new(FailureKind::Auth, "the server takes no password here"))
        } else {
            let command = format!("LOGIN {} {}", quoted(user)?, quoted(secret)?);
            self.command(&command).await.map(drop)
        };
        ended?;
        self.introduce().await
    }

    pub(super) async fn log_in_by_token(&mut self, user: &str, token: &Secret) -> Result<(), FetchFailure> {
        if !self.can("AUTH=XOAUTH2") {
            return Err(FetchFailure::new(FailureKind::Auth, "the server takes no OAuth token (XOAUTH2)"));
        }
        let answer = STANDARD.encode(format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose()));
        self.hidden.push(token.expose().to_owned());
        self.authenticate("XOAUTH2", &answer).await?;
        self.introduce().await
    }

    fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    /// The server asks, we answer; to a second question (the error of XOAUTH2 in base64) the answer is nothing, and it refuses.
    async fn authenticate(&mut self, mechanism: &str, answer: &str) -> Result<(), FetchFailure> {
        self.hidden.push(answer.to_owned());
        let tag = self.send(&format!("AUTHENTICATE {mechanism}")).await?;
        let mut answers = [answer, ""].into_iter();
        loop {
            let line = self.wire.line().await?;
            if line.text.starts_with('+') {
                let answer = answers.next().ok_or_else(|| FetchFailure::new(FailureKind::Auth, "the server asks again and again"))?;
                self.wire.write(format!("{answer}\r\n").as_bytes()).await?;
            } else if let Some(last) = line.text.strip_prefix(&tag) {
                return good(&self.hide(last.trim_start()), FailureKind::Auth).map(drop);
            } else if status(line.text.strip_prefix("* ").unwrap_or_default()) == "BYE" {
                return Err(said(FailureKind::Server, &self.hide(&line.text)));
            }
        }
    }

    /// Before anything is cut: a piece of a secret is one, too.
    fn hide(&self, text: &str) -> String {
        self.hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[secret]"))
    }

    /// Some providers refuse programs that do not say who they are (RFC 2971).
    async fn introduce(&mut self) -> Result<(), FetchFailure> {
        if self.can("ID") { self.command("ID (\"name\" \"hearken\")").await.map(drop) } else { Ok(()) }
    }

    pub(super) async fn select(&mut self, folder: &str, read_only: bool) -> Result<Selected, FetchFailure> {
        let verb = if read_only { "EXAMINE" } else { "SELECT" };
        let answer = self.command(&format!("{verb} {}", quoted(&modified_utf7(folder))?)).await;
        let answer = answer.map_err(|failure| match failure.kind {
            FailureKind::Server if failure.detail.starts_with("NO") => {
                FetchFailure::new(FailureKind::NotFound, format!("the mailbox {folder} cannot be opened: {}", failure.detail))
            }
            _ => failure,
        })?;
        let mut selected = Selected { read_only: code(&answer.last, "READ-ONLY").is_some(), ..Selected::default() };
        for line in &answer.lines {
            if let Some(value) = code(&line.text, "UIDVALIDITY") {
                selected.validity = value.parse().unwrap_or_default();
            } else if let Some(value) = code(&line.text, "UIDNEXT") {
                selected.next = value.parse().ok();
            } else if let Some(value) = code(&line.text, "PERMANENTFLAGS") {
                selected.permanent_flags =
                    Some(value.trim_matches(['(', ')']).split_ascii_whitespace().map(str::to_ascii_lowercase).collect());
            }
        }
        Ok(selected)
    }

    /// The numbers of the mails that fit, in no order.
    pub(super) async fn search(&mut self, criteria: &str) -> Result<Vec<u32>, FetchFailure> {
        let answer = self.command(&format!("UID SEARCH {criteria}")).await?;
        Ok(answer.lines.iter().filter_map(searched).flatten().collect())
    }

    /// Sender and subject of each.
    pub(super) async fn fetch_heads(&mut self, uids: &[u32]) -> Result<Vec<(u32, Vec<u8>)>, FetchFailure> {
        let command = format!("UID FETCH {} (UID BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])", set(uids));
        let answer = self.command(&command).await?;
        let mut heads: Vec<(u32, Vec<u8>)> = answer
            .lines
            .iter()
            .filter_map(fetched)
            .filter_map(|found| Some((found.uid.filter(|uid| uids.contains(uid))?, found.body?)))
            .collect();
        heads.sort_unstable_by_key(|(uid, _)| *uid);
        heads.dedup_by_key(|(uid, _)| *uid);
        Ok(heads)
    }

    /// By what people find a mail: sender, subject and id. None where it is gone.
    pub(super) async fn fetch_names(&mut self, uid: u32) -> Result<Option<Vec<u8>>, FetchFailure> {
        let answer = self.command(&format!("UID FETCH {uid} (UID BODY.PEEK[HEADER.FIELDS (FROM SUBJECT MESSAGE-ID)])")).await?;
        Ok(answer.lines.iter().filter_map(fetched).find(|found| found.uid == Some(uid)).and_then(|found| found.body))
    }

    /// So many bytes of a mail behind the first `from`; none where it was deleted meanwhile.
    pub(super) async fn fetch_mail(&mut self, uid: u32, from: usize, bytes_max: usize) -> Result<Option<Mail>, FetchFailure> {
        let answer = self.command(&format!("UID FETCH {uid} (UID INTERNALDATE BODY.PEEK[]<{from}.{bytes_max}>)")).await?;
        let found = answer.lines.iter().filter_map(fetched).find(|found| found.uid == Some(uid) && found.body.is_some());
        Ok(found.and_then(|found| {
            let mut bytes = found.body?;
            bytes.truncate(bytes_max);
            Some(Mail { bytes, received: found.received })
        }))
    }

    pub(super) async fn add_flag(&mut self, uids: &[u32], flag: &str) -> Result<(), FetchFailure> {
        self.command(&format!("UID STORE {} +FLAGS.SILENT ({flag})", set(uids))).await.map(drop)
    }

    /// Says goodbye; whether the server answers is nobody's concern.
    pub(super) async fn log_out(mut self) {
        let _ = self.command("LOGOUT").await;
        self.wire.shut_down().await;
    }

    async fn send(&mut self, command: &str) -> Result<String, FetchFailure> {
        self.commands += 1;
        let tag = format!("h{} ", self.commands);
        self.wire.write(format!("{tag}{command}\r\n").as_bytes()).await?;
        Ok(tag)
    }

    async fn command(&mut self, command: &str) -> Result<Answer, FetchFailure> {
        let tag = self.send(command).await?;
        let refused = if command.starts_with("LOGIN") { FailureKind::Auth } else { FailureKind::Server };
        let mut lines = Vec::new();
        loop {
            let line = self.wire.line().await?;
            if let Some(last) = line.text.strip_prefix(&tag) {
                return good(&self.hide(last), refused).map(|last| Answer { lines, last });
            }
            if status(line.text.strip_prefix("* ").unwrap_or_default()) == "BYE" && !command.starts_with("LOGOUT") {
                return Err(said(FailureKind::Server, &self.hide(&line.text)));
            }
            if lines.len() >= LINES_MAX {
                return Err(FetchFailure::new(FailureKind::TooBig, "an answer without end"));
            }
            lines.push(line);
        }
    }
}

impl Selected {
    /// The number of the last mail there is, 0 in an empty mailbox.
    pub(super) async fn last_uid(&self, session: &mut Session) -> Result<u32, FetchFailure> {
        match self.next {
            Some(next) => Ok(next.saturating_sub(1)),
            None => Ok(session.search("UID *").await?.into_iter().max().unwrap_or(0)),
        }
    }

    /// Whether a flag that we set stays.
    pub(super) fn keeps(&self, flag: &str) -> bool {
        let flag = flag.to_ascii_lowercase();
        let any = |flags: &Vec<String>| flags.contains(&flag) || (!flag.starts_with('\\') && flags.iter().any(|known| known == "\\*"));
        !self.read_only && self.permanent_flags.as_ref().is_none_or(any)
    }
}

fn status(text: &str) -> &str {
    text.split_ascii_whitespace().next().unwrap_or_default()
}

fn good(last: &str, refused: FailureKind) -> Result<String, FetchFailure> {
    match status(last) {
        "OK" => Ok(last.to_owned()),
        // A server that is down says so in a code, also while we log in.
        "NO" if code(last, "UNAVAILABLE").is_some() => Err(said(FailureKind::Server, last)),
        _ => Err(said(refused, last)),
    }
}

/// A refusal in the server's own words.
fn said(kind: FailureKind, text: &str) -> FetchFailure {
    let words = words(text);
    FetchFailure::new(kind, &words).told(Phrase::said("what_server_says").with("words", words))
}

fn words(text: &str) -> String {
    text.trim_start_matches("* ").chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(WORDS_CHARS_MAX).collect()
}

/// A string as a command carries it.
fn quoted(text: &str) -> Result<String, FetchFailure> {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(FetchFailure::new(FailureKind::Auth, "the server takes user names and passwords of printable ASCII alone"));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// `2,5:7`: the shorter it is the more servers take it.
pub(super) fn set(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(*uid) => *end = *uid,
            _ => ranges.push((*uid, *uid)),
        }
    }
    let words = ranges.iter().map(|(first, end)| if first == end { first.to_string() } else { format!("{first}:{end}") });
    words.collect::<Vec<_>>().join(",")
}

/// The names of mailboxes (RFC 3501, 5.1.3): `&` begins UTF-16 in a base64 with `,` for `/`, and `-` ends it.
fn modified_utf7(name: &str) -> String {
    let mut out = String::new();
    let mut wide = Vec::new();
    let flush = |out: &mut String, wide: &mut Vec<u8>| {
        if !wide.is_empty() {
            let encoded = STANDARD.encode(&*wide);
            out.push_str(&format!("&{}-", encoded.trim_end_matches('=').replace('/', ",")));
            wide.clear();
        }
    };
    for letter in name.chars() {
        if matches!(letter, ' '..='~') {
            flush(&mut out, &mut wide);
            out.push(letter);
            if letter == '&' {
                out.push('-');
            }
        } else {
            wide.extend(letter.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut out, &mut wide);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_out_is_well_formed() {
        assert_eq!(set(&[2, 5, 6, 7, 9, u32::MAX]), "2,5:7,9,4294967295");
        assert_eq!(quoted("a\"b\\").expect("printable"), "\"a\\\"b\\\\\"");
        assert!(quoted("a\r\nh2 DELETE INBOX").is_err(), "nobody adds a command");
        assert!(quoted("密碼").is_err());
    }

    #[test]
    fn names_of_mailboxes() {
        for (name, wire) in
            [("INBOX", "INBOX"), ("A&B", "A&-B"), ("台北", "&U,BTFw-"), ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-")]
        {
            assert_eq!(modified_utf7(name), wire);
        }
    }

    #[test]
    fn which_flags_stay() {
        let selected = |flags: &[&str], read_only| Selected {
            permanent_flags: Some(flags.iter().map(|flag| (*flag).to_owned()).collect()),
            read_only,
            ..Selected::default()
        };
        assert!(selected(&["\\seen"], false).keeps("\\Seen") && !selected(&["\\seen"], true).keeps("\\Seen"));
        assert!(!selected(&["\\seen"], false).keeps("$Hearken") && selected(&["\\*"], false).keeps("$Hearken"));
        assert!(!selected(&["\\*"], false).keeps("\\Seen"), "a system's flag is no keyword");
        assert!(Selected::default().keeps("\\Seen"), "who does not say keeps all");
    }
}
