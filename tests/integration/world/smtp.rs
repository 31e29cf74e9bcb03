//! A mail server that misbehaves on demand, on loopback, and remembers what it was told.
//!
//! ```ignore
//! let server = SmtpServer::start(Smtpd::default()).await;      // STARTTLS and AUTH, as a company's relay
//! server.on(At::Recipient("shop@example.test"), Act::reply("450 4.2.0 greylisted")).times(1);
//! let hold = server.hold(At::Dot);                              // stops a mail there until `hold.release()`
//! server.wait_for_mails(1, Duration::from_secs(5)).await;
//! ```

mod session;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::ServerConfig;

use super::hold::Hold;
use super::tls::{Authority, ServerCertificate};

/// How the server is set up.
#[derive(Clone, Debug)]
pub(crate) struct Smtpd {
    pub(crate) tls: ServerTls,
    pub(crate) certificate: ServerCertificate,
    /// User and password it accepts; none: it offers no AUTH.
    pub(crate) login: Option<(String, String)>,
    /// `PLAIN LOGIN`.
    pub(crate) mechanisms: &'static str,
    /// What EHLO names besides STARTTLS and AUTH.
    pub(crate) extensions: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerTls {
    StartTls,
    Implicit,
    None,
}

impl Default for Smtpd {
    fn default() -> Self {
        Self {
            tls: ServerTls::StartTls,
            certificate: ServerCertificate::Good,
            login: Some(("alerts".into(), "hunter2".into())),
            mechanisms: "PLAIN LOGIN",
            extensions: vec!["SIZE 1000000".into(), "8BITMIME".into()],
        }
    }
}

impl Smtpd {
    /// A relay on this machine: no TLS, no AUTH.
    pub(crate) fn plain() -> Self {
        Self { tls: ServerTls::None, login: None, ..Self::default() }
    }
}

/// A point of the dialogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// Before the banner.
    Connect,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    /// `RCPT` of this address alone.
    Recipient(&'static str),
    /// The command DATA.
    Data,
    /// The mail is read to its dot, nothing answered and nothing kept yet.
    Dot,
    /// Like `Dot`, for this address alone.
    DotOf(&'static str),
    Noop,
    Rset,
}

/// What happens there in place of the usual.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// These bytes and a line end; the dialogue goes on.
    Reply(Vec<u8>),
    /// These bytes, then the end of the connection.
    ReplyThenClose(Vec<u8>),
    /// These bytes with a second between any two.
    Drip(Vec<u8>),
    /// Nothing, for ever.
    Silence,
    /// The connection ends (FIN).
    Close,
    /// The connection is reset (RST).
    Reset,
    /// The mail is kept, then the connection is reset without an answer.
    KeepThenReset,
    /// The usual answer after this long.
    Late(Duration),
    /// The usual answer, then the end of the connection.
    UsualThenClose,
    /// The usual answer; what the client says next is answered with noise.
    UsualThenNoise,
}

impl Act {
    pub(crate) fn reply(text: &str) -> Self {
        Self::Reply(text.as_bytes().to_vec())
    }
}

/// A mail the server took.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedMail {
    pub(crate) from: String,
    pub(crate) recipients: Vec<String>,
    /// Headers and bodies as sent, dots undone.
    pub(crate) data: Vec<u8>,
    pub(crate) tls: bool,
    pub(crate) user: Option<String>,
}

impl ReceivedMail {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        use mailparse::MailHeaderMap as _;
        mailparse::parse_mail(&self.data).expect("a mail").headers.get_first_value(name)
    }

    /// The decoded part of this type, line ends as `\n`.
    pub(crate) fn body(&self, mimetype: &str) -> String {
        let parsed = mailparse::parse_mail(&self.data).expect("a mail");
        let part = parsed.parts().find(|part| part.ctype.mimetype == mimetype).unwrap_or_else(|| panic!("no {mimetype} part"));
        part.get_body().expect("a body").replace("\r\n", "\n")
    }
}

struct Rule {
    at: At,
    act: Act,
    /// None: always.
    left: Option<usize>,
}

#[derive(Default)]
struct Memory {
    rules: Vec<Rule>,
    mails: Vec<ReceivedMail>,
    /// Every command of every connection, passwords left out.
    commands: Vec<(usize, String)>,
    connections: usize,
}

type Gate = (At, Hold);

struct Shared {
    setup: Smtpd,
    config: Arc<ServerConfig>,
    memory: Mutex<Memory>,
    gates: Mutex<Vec<Gate>>,
    changed: watch::Sender<u64>,
}

pub(crate) struct SmtpServer {
    pub(crate) address: SocketAddr,
    pub(crate) authority: Arc<Authority>,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// Changes the rule just made.
pub(crate) struct Scripted<'a> {
    shared: &'a Shared,
    at: usize,
}

impl Scripted<'_> {
    /// Only the first `times` times; afterwards the usual.
    pub(crate) fn times(self, times: usize) {
        self.shared.memory.lock().expect("memory").rules[self.at].left = Some(times);
    }
}

impl SmtpServer {
    pub(crate) async fn start(setup: Smtpd) -> Self {
        Self::start_with(setup, Arc::new(Authority::new())).await
    }

    /// With an authority that others share.
    pub(crate) async fn start_with(setup: Smtpd, authority: Arc<Authority>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            config: authority.server(setup.certificate),
            setup,
            memory: Mutex::default(),
            gates: Mutex::default(),
            changed: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, authority, shared, accepting }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, until told otherwise; an earlier rule for the same point goes first.
    pub(crate) fn on(&self, at: At, act: Act) -> Scripted<'_> {
        let mut memory = self.shared.memory.lock().expect("memory");
        memory.rules.push(Rule { at, act, left: None });
        Scripted { shared: &self.shared, at: memory.rules.len() - 1 }
    }

    /// Back to good manners.
    pub(crate) fn behave(&self) {
        self.shared.memory.lock().expect("memory").rules.clear();
    }

    /// Connections that come to this point wait there.
    pub(crate) fn hold(&self, at: At) -> Hold {
        let hold = Hold::default();
        self.shared.gates.lock().expect("gates").push((at, hold.clone()));
        hold
    }

    pub(crate) fn mails(&self) -> Vec<ReceivedMail> {
        self.shared.memory.lock().expect("memory").mails.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.memory.lock().expect("memory").connections
    }

    /// Commands as they came, without the words of AUTH.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.shared.memory.lock().expect("memory").commands.iter().map(|(_, command)| command.clone()).collect()
    }

    /// Waits for at least `count` mails and gives them.
    pub(crate) async fn wait_for_mails(&self, count: usize, within: Duration) -> Vec<ReceivedMail> {
        let mut changed = self.shared.changed.subscribe();
        let enough = changed.wait_for(|_| self.shared.memory.lock().expect("memory").mails.len() >= count);
        if tokio::time::timeout(within, enough).await.is_err() {
            panic!("{} of {count} mails within {within:?}; commands: {:?}", self.mails().len(), self.commands());
        }
        self.mails()
    }

    /// Stops listening; the port refuses from now on. Connections that stand go on.
    pub(crate) async fn stop(&mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((tcp, _)) = listener.accept().await {
        let number = {
            let mut memory = shared.memory.lock().expect("memory");
            memory.connections += 1;
            memory.connections
        };
        tokio::spawn(session::serve(tcp, Arc::clone(&shared), number));
    }
}
