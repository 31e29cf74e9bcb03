//! An IMAP server on loopback, in the clear: a mailbox that tests fill, and that refuses, breaks off and forgets as told.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) const USER: &str = "alerts@kestrel.test";
pub(crate) const PASSWORD: &str = "imap-password-of-the-stories";

/// When mails arrive where a story says nothing else: after every story's start.
const ARRIVED: &str = "22-Nov-2026 18:00:00 +0800";

/// What it does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Says goodbye instead of a greeting.
    Bye,
    /// Ends the connection in the middle of the mail with this number; its headers can be had.
    CutIn(u32),
    /// Ends it whenever this mail is asked for, be it for a line of it.
    CutAt(u32),
    /// Refuses to set flags.
    NoStore,
    /// Takes the connection and says nothing.
    Silent,
    /// The mailbox can be read alone.
    ReadOnly,
}

#[derive(Clone, Debug)]
struct Mail {
    uid: u32,
    bytes: Vec<u8>,
    flags: BTreeSet<String>,
    /// `INTERNALDATE`.
    arrived: String,
}

#[derive(Debug)]
struct State {
    mails: Vec<Mail>,
    validity: u32,
    next: u32,
    fault: Option<Fault>,
    commands: Vec<String>,
    /// The server takes this OAuth token, and no password.
    token: Option<String>,
}

/// It stops when it is dropped.
pub(crate) struct Imap {
    port: u16,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

impl Drop for Imap {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Imap {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State { mails: Vec::new(), validity: 7, next: 1, fault: None, commands: Vec::new(), token: None }));
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { port, state, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("imap://127.0.0.1:{}", self.port)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }

    /// A new mail arrives; its number.
    pub(crate) fn arrives(&self, mail: &str) -> u32 {
        self.arrives_at(ARRIVED, mail)
    }

    /// The same, at a time as IMAP writes it.
    pub(crate) fn arrives_at(&self, arrived: &str, mail: &str) -> u32 {
        let mut state = self.lock();
        let uid = state.next;
        state.next += 1;
        let bytes = mail.replace('\n', "\r\n").into_bytes();
        state.mails.push(Mail { uid, bytes, flags: BTreeSet::new(), arrived: arrived.to_owned() });
        uid
    }

    /// Somebody opens a mail, and it is seen.
    pub(crate) fn opens(&self, uid: u32) {
        self.change(uid, |mail| {
            mail.flags.insert("\\Seen".to_owned());
        });
    }

    /// Somebody makes it unread again.
    pub(crate) fn closes(&self, uid: u32) {
        self.change(uid, |mail| {
            mail.flags.remove("\\Seen");
        });
    }

    fn change(&self, uid: u32, change: impl FnOnce(&mut Mail)) {
        change(self.lock().mails.iter_mut().find(|mail| mail.uid == uid).expect("it is there"));
    }

    /// The mailbox is copied to another server, where every mail arrives at this time and has another number.
    pub(crate) fn is_copied_at(&self, arrived: &str) {
        self.renumber();
        self.lock().mails.iter_mut().for_each(|mail| mail.arrived = arrived.to_owned());
    }

    /// From now on this OAuth token opens the mailbox, and nothing else.
    pub(crate) fn takes_token(&self, token: &str) {
        self.lock().token = Some(token.to_owned());
    }

    /// Somebody deletes a mail.
    pub(crate) fn deletes(&self, uid: u32) {
        self.lock().mails.retain(|mail| mail.uid != uid);
    }

    pub(crate) fn fault(&self, fault: Option<Fault>) {
        self.lock().fault = fault;
    }

    /// The mailbox is made anew: every mail has another number.
    pub(crate) fn renumber(&self) {
        let mut state = self.lock();
        state.validity += 1;
        let mails = std::mem::take(&mut state.mails);
        state.next = 1;
        for mut mail in mails {
            mail.uid = state.next;
            state.next += 1;
            state.mails.push(mail);
        }
    }

    pub(crate) fn flags(&self, uid: u32) -> Vec<String> {
        let state = self.lock();
        state.mails.iter().find(|mail| mail.uid == uid).expect("it is there").flags.iter().cloned().collect()
    }

    /// Commands that begin like this, without their tags.
    pub(crate) fn commands(&self, beginning: &str) -> Vec<String> {
        self.lock().commands.iter().filter(|command| command.starts_with(beginning)).cloned().collect()
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufReader::new(stream);
    let fault = state.lock().expect("nobody panics while holding it").fault;
    match fault {
        Some(Fault::Bye) => return drop(stream.write_all(b"* BYE too many connections\r\n").await),
        Some(Fault::Silent) => return tokio::time::sleep(Duration::from_secs(30)).await,
        _ => {}
    }
    let _ = stream.write_all(b"* OK IMAP4rev1 ready\r\n").await;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let Some((tag, command)) = line.trim_end().split_once(' ') else { return };
        let (tag, command) = (tag.to_owned(), command.to_owned());
        let wanted = state.lock().expect("nobody panics while holding it").token.clone();
        let answer = if let Some(wanted) = wanted.filter(|_| command == "AUTHENTICATE XOAUTH2") {
            let _ = stream.write_all(b"+ \r\n").await;
            by_token(&mut stream, &wanted).await
        } else if command == "AUTHENTICATE PLAIN" {
            let _ = stream.write_all(b"+ \r\n").await;
            let mut token = String::new();
            let _ = stream.read_line(&mut token).await;
            let good = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
            if token.trim() == good { b"OK welcome".to_vec() } else { b"NO [AUTHENTICATIONFAILED] no".to_vec() }
        } else {
            state.lock().expect("nobody panics while holding it").act(&command)
        };
        let cut = answer.ends_with(b"CUT");
        let text = if cut { answer[..answer.len() - 3].to_vec() } else { tagged(answer, &tag) };
        if stream.write_all(&text).await.is_err() || cut || command == "LOGOUT" {
            return;
        }
    }
}

/// As Google and Microsoft have it: what is wrong comes as one more question, in base64, and the client answers nothing to it.
async fn by_token(stream: &mut BufReader<TcpStream>, wanted: &str) -> Vec<u8> {
    let (mut given, mut nothing) = (String::new(), String::new());
    let _ = stream.read_line(&mut given).await;
    if given.trim() == STANDARD.encode(format!("user={USER}\x01auth=Bearer {wanted}\x01\x01")) {
        return b"* CAPABILITY IMAP4rev1\r\nOK welcome".to_vec();
    }
    let why = STANDARD.encode("{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":\"https://mail.example/\"}");
    let _ = stream.write_all(format!("+ {why}\r\n").as_bytes()).await;
    let _ = stream.read_line(&mut nothing).await;
    assert_eq!(nothing, "\r\n", "an error is answered with nothing");
    // Servers have been seen to repeat what they were sent.
    format!("NO [AUTHENTICATIONFAILED] Invalid credentials {}", given.trim()).into_bytes()
}

/// The last line of an answer carries the tag.
fn tagged(answer: Vec<u8>, tag: &str) -> Vec<u8> {
    let at = answer.windows(2).rposition(|pair| pair == b"\r\n").map_or(0, |at| at + 2);
    [&answer[..at], tag.as_bytes(), b" ", &answer[at..], b"\r\n"].concat()
}

impl State {
    fn act(&mut self, command: &str) -> Vec<u8> {
        self.commands.push(command.to_owned());
        let words: Vec<&str> = command.split(' ').collect();
        match words[..] {
            ["CAPABILITY"] if self.token.is_some() => b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER\r\nOK done".to_vec(),
            ["CAPABILITY"] => b"* CAPABILITY IMAP4rev1 AUTH=PLAIN ID\r\nOK done".to_vec(),
            ["ID", ..] => b"* ID NIL\r\nOK done".to_vec(),
            ["SELECT" | "EXAMINE", "\"INBOX\""] => {
                let (exists, validity, next) = (self.mails.len(), self.validity, self.next);
                let last = if words[0] == "EXAMINE" || self.fault == Some(Fault::ReadOnly) { "[READ-ONLY]" } else { "[READ-WRITE]" };
                format!(
                    "* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n* {exists} EXISTS\r\n* OK [UIDVALIDITY {validity}] ok\r\n* OK [UIDNEXT {next}] ok\r\nOK {last} done"
                )
                .into_bytes()
            }
            ["SELECT" | "EXAMINE", ..] => b"NO [NONEXISTENT] no such mailbox".to_vec(),
            ["UID", "SEARCH", "UID", range, ref rest @ ..] => self.search(range, rest),
            ["UID", "FETCH", set, ..] => self.fetch(&numbers(set), command),
            ["UID", "STORE", ..] if self.fault == Some(Fault::NoStore) => b"NO [SERVERBUG] not now".to_vec(),
            ["UID", "STORE", set, "+FLAGS.SILENT", flag] => {
                let (uids, flag) = (numbers(set), flag.trim_matches(['(', ')']).to_owned());
                for mail in self.mails.iter_mut().filter(|mail| uids.contains(&mail.uid)) {
                    mail.flags.insert(flag.clone());
                }
                b"OK done".to_vec()
            }
            ["LOGOUT"] => b"* BYE\r\nOK done".to_vec(),
            _ => b"BAD what".to_vec(),
        }
    }

    fn search(&self, range: &str, rest: &[&str]) -> Vec<u8> {
        let (first, end) = range.split_once(':').expect("a range");
        let last = self.mails.last().map_or(0, |mail| mail.uid);
        let first: u32 = first.parse().expect("a number");
        // As real servers do: beyond the end, `n:*` is the last mail.
        let (first, end) = if end == "*" { (first.min(last), u32::MAX) } else { (first, end.parse().expect("a number")) };
        let since = rest.iter().position(|word| *word == "SINCE").map(|at| day(rest[at + 1]));
        let fits = |mail: &&Mail| (first..=end).contains(&mail.uid) && since.is_none_or(|since| day(&mail.arrived) >= since);
        let found: String = self.mails.iter().filter(fits).map(|mail| format!(" {}", mail.uid)).collect();
        format!("* SEARCH{found}\r\nOK done").into_bytes()
    }

    fn fetch(&self, uids: &[u32], command: &str) -> Vec<u8> {
        let mut answer = Vec::new();
        let stretch = command.split_once("[]<").and_then(|(_, rest)| rest.split_once('>')?.0.split_once('.'));
        let (from, most) =
            stretch.map_or((0, usize::MAX), |(from, most)| (from.parse().expect("a place"), most.parse().expect("a length")));
        for (place, mail) in self.mails.iter().enumerate().filter(|(_, mail)| uids.contains(&mail.uid)) {
            let head_only = command.contains("HEADER.FIELDS");
            let body = if head_only {
                String::from_utf8_lossy(&mail.bytes).split("\r\n\r\n").next().unwrap_or_default().to_owned().into_bytes()
            } else {
                mail.bytes.iter().skip(from).take(most).copied().collect()
            };
            let head =
                format!("* {} FETCH (UID {} INTERNALDATE \"{}\" BODY[]<{from}> {{{}}}\r\n", place + 1, mail.uid, mail.arrived, body.len());
            answer.extend(head.as_bytes());
            let cut = [Some(Fault::CutAt(mail.uid)), Some(Fault::CutIn(mail.uid)).filter(|_| !head_only)];
            if self.fault.is_some() && cut.contains(&self.fault) {
                answer.extend(&body[..body.len() / 2]);
                answer.extend(b"CUT");
                return answer;
            }
            answer.extend(body);
            answer.extend(b")\r\n");
        }
        answer.extend(b"OK done");
        answer
    }
}

fn numbers(set: &str) -> Vec<u32> {
    let ranges = set.split(',').map(|range| range.split_once(':').unwrap_or((range, range)));
    ranges.flat_map(|(first, end)| first.parse::<u32>().expect("a number")..=end.parse().expect("a number")).collect()
}

/// `22-Nov-2026`, and what may follow it, as a number that grows with the days.
fn day(text: &str) -> u32 {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = text.split([' ', '-']).collect();
    let month = MONTHS.iter().position(|name| *name == parts[1]).expect("a month");
    let number = |text: &str| text.parse::<u32>().expect("a number");
    number(parts[2]) * 10_000 + u32::try_from(month).expect("a month") * 100 + number(parts[0])
}
