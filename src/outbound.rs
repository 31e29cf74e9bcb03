//! The only builder of HTTP clients: addresses checked when connecting, at every hop; no proxy by surprise.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

/// How Hearken goes out, for polls, webhooks and the heartbeat alike (`[http]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundOptions {
    /// Sent as `User-Agent`; the contact is appended as `(+contact)`.
    pub user_agent: String,
    pub contact: Option<String>,
    /// Private networks the operator allows; every other private, loopback or link-local address is refused.
    pub allow_private: Vec<IpNet>,
    /// Certificates trusted besides the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// Whole request, from connecting to the last byte.
    pub timeout: Duration,
}
