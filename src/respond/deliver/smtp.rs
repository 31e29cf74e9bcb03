//! Mail by SMTP.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::Secret;

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
