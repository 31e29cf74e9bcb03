//! Mail by SMTP: one envelope for each recipient, over a few kept connections, every answer read for what it means.

mod connection;
mod fault;
mod mime;
mod reply;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::message::Mailbox;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::model::{Moment, Outcome, Secret};
use connection::Connection;
use fault::{Fault, Stage, judge};
use mime::Letter;
pub use mime::{BadAddress, Mail, parse_mailbox};
use reply::Reply;

/// `kind = "smtp"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpOptions {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    /// Trusted besides the system's, PEM.
    pub ca_file: Option<PathBuf>,
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// `Name <address>` or an address.
    pub from: String,
    /// Answers go there instead of to `from`.
    pub reply_to: Option<String>,
    /// Longest wait for any one answer.
    pub timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// Port 587: upgraded before anything else is said; refused where the server does not offer it.
    StartTls,
    /// Port 465.
    Implicit,
    /// In the clear: a relay on this machine.
    None,
}

/// Sessions at once: relays commonly refuse more than ten or so of one client, and other programs send too.
const CONNECTIONS: usize = 4;
/// Mails over one session; Postfix and Exchange close a session after a hundred or more by themselves.
const MAILS_PER_CONNECTION: u32 = 50;
/// A session that rested this long is asked whether it is alive before a mail goes over it.
const FRESH: Duration = Duration::from_secs(5);
/// A session that rested this long is closed; RFC 5321 lets servers do it after five minutes.
const IDLE: Duration = Duration::from_secs(60);
/// A session that is slow at every step is given up after this many times the wait for one answer.
const TOTAL_WAITS: u32 = 4;

/// Why a channel cannot even try.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSetUpError {
    #[error("{key}: {error}")]
    Address { key: &'static str, error: BadAddress },
    #[error("{}: {reason}", path.display())]
    CaFile { path: PathBuf, reason: String },
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// One `smtp` channel.
pub struct Smtp {
    options: SmtpOptions,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    config: Arc<ClientConfig>,
    places: Semaphore,
    kept: Mutex<Vec<Connection>>,
}

/// What a server said when nothing was sent: for `notify test` and `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpCheck {
    /// Step and answer, in order, without secrets.
    pub answers: Vec<(&'static str, String)>,
    /// `TLSv1_3`; none in the clear.
    pub tls: Option<String>,
    /// The step that failed, and what a mail would have come to.
    pub failure: Option<(&'static str, Outcome)>,
}

impl Smtp {
    /// # Errors
    /// An address that is none, or certificates that cannot be read.
    pub fn new(options: &SmtpOptions) -> Result<Self, SmtpSetUpError> {
        let from = parse_mailbox(&options.from).map_err(|error| SmtpSetUpError::Address { key: "from", error })?;
        let reply_to = options.reply_to.as_deref().map(parse_mailbox).transpose();
        Ok(Self {
            from,
            reply_to: reply_to.map_err(|error| SmtpSetUpError::Address { key: "reply_to", error })?,
            config: tls_config(options.ca_file.as_deref())?,
            options: options.clone(),
            places: Semaphore::new(CONNECTIONS),
            kept: Mutex::new(Vec::new()),
        })
    }

    /// Sends one mail to one person. Ends within a known time: `TOTAL_WAITS` times the channel's timeout, twice where
    /// a kept connection turned out to be gone.
    pub async fn send(&self, mail: &Mail, now: Moment) -> Outcome {
        let letter = match mime::letter(&self.from, self.reply_to.as_ref(), mail) {
            Ok(letter) => letter,
            Err(error) => return Outcome::Permanent { reply: error.to_string() },
        };
        let _place = self.places.acquire().await;
        let mut stage = Stage::Connect;
        let kept = self.take_kept(now).await;
        let was_kept = kept.is_some();
        let mut result = self.attempt(kept, &letter, &mut stage, now).await;
        if reopens(&result, stage, was_kept) {
            result = self.attempt(None, &letter, &mut stage, now).await;
        }
        match result {
            Ok(reply) => Outcome::Delivered { reply: reply.text() },
            Err(fault) => judge(stage, fault),
        }
    }

    /// Connects, upgrades and authenticates as a mail would, and reports each answer. Sends nothing.
    pub async fn check(options: &SmtpOptions, now: Moment) -> Result<SmtpCheck, SmtpSetUpError> {
        let smtp = Self::new(options)?;
        let mut stage = Stage::Connect;
        let opened = smtp.bounded(connection::open(&smtp.options, &smtp.config, &mut stage, now)).await;
        Ok(match opened {
            Ok(mut connection) => {
                let answers = std::mem::take(&mut connection.answers);
                let tls = connection.tls().map(str::to_owned);
                connection.quit().await;
                SmtpCheck { answers: named(answers), tls, failure: None }
            }
            Err(fault) => SmtpCheck { answers: Vec::new(), tls: None, failure: Some((stage.name(), judge(stage, fault))) },
        })
    }

    /// Closes connections that rested too long. Called now and then by the task that sends.
    pub async fn close_idle(&self, now: Moment) {
        for connection in self.drain(|connection| now.since(connection.used_at) >= IDLE) {
            connection.quit().await;
        }
    }

    /// Says goodbye on every kept connection: when stopping, and when a reload replaces the channel.
    pub async fn close(&self) {
        for connection in self.drain(|_| true) {
            connection.quit().await;
        }
    }

    fn drain(&self, wanted: impl Fn(&Connection) -> bool) -> Vec<Connection> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extract_if(.., |connection| wanted(connection)).collect()
    }

    /// A kept connection that still answers.
    async fn take_kept(&self, now: Moment) -> Option<Connection> {
        self.close_idle(now).await;
        loop {
            let mut connection = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if now.since(connection.used_at) < FRESH || connection.is_alive().await {
                return Some(connection);
            }
        }
    }

    async fn attempt(&self, kept: Option<Connection>, letter: &Letter, stage: &mut Stage, now: Moment) -> Result<Reply, Fault> {
        self.bounded(async {
            let mut connection = match kept {
                Some(connection) => connection,
                None => connection::open(&self.options, &self.config, stage, now).await?,
            };
            let result = connection.submit(letter, stage).await;
            self.keep(connection, &result, *stage, now).await;
            result
        })
        .await
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let total = self.options.timeout.saturating_mul(TOTAL_WAITS);
        timeout(total, work).await.unwrap_or_else(|_| Err(Fault::Broken(format!("the whole session took longer than {total:?}"))))
    }

    /// Keeps a session that can carry another mail.
    async fn keep(&self, mut connection: Connection, result: &Result<Reply, Fault>, stage: Stage, now: Moment) {
        let sound = match result {
            Ok(_) => true,
            Err(Fault::Refused(reply)) if reply.code != 421 => stage == Stage::Dot || connection.reset().await,
            Err(Fault::TooBig { .. } | Fault::Address) => true,
            Err(_) => false,
        };
        if !sound {
            return;
        }
        if connection.mails >= MAILS_PER_CONNECTION {
            return connection.quit().await;
        }
        connection.used_at = now;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// TLS 1.2 and newer, the system's certificates and the operator's.
fn tls_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, SmtpSetUpError> {
    let extra = ca_file.map(read_certificates).transpose()?.unwrap_or_default();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SmtpSetUpError> {
    let wrong = |reason: String| SmtpSetUpError::CaFile { path: path.to_owned(), reason };
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(wrong("no certificate in it".into())),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(wrong(error.to_string())),
    }
}

fn named(answers: Vec<(Stage, String)>) -> Vec<(&'static str, String)> {
    answers.into_iter().map(|(stage, answer)| (stage.name(), answer)).collect()
}

/// One more session at once: the server is closing this one (421), or a kept one was gone before the mail was handed over.
fn reopens(result: &Result<Reply, Fault>, stage: Stage, was_kept: bool) -> bool {
    match result {
        Err(Fault::Refused(reply)) => reply.code == 421 && stage < Stage::Dot,
        Err(Fault::Broken(_)) => was_kept && stage < Stage::Dot,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, text: &str) -> Fault {
        Fault::Refused(Reply { code, lines: vec![text.to_owned()] })
    }

    #[test]
    fn only_what_was_not_handed_over_is_sent_again_at_once() {
        let broken = || Err(Fault::Broken("gone".into()));
        assert!(reopens(&Err(refused(421, "closing")), Stage::Recipient, false));
        assert!(reopens(&broken(), Stage::Mail, true));
        assert!(!reopens(&broken(), Stage::Mail, false));
        assert!(!reopens(&broken(), Stage::Dot, true));
        assert!(!reopens(&Err(refused(421, "closing")), Stage::Dot, true));
    }
}
