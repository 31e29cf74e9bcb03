//! TLS sessions kept between two polls, so that the next one is spared most of the handshake.
//!
//! A feed is polled every few minutes, and no server keeps a connection that long: TLS would be nine tenths of what an unchanged poll
//! costs. The library's own store remembers thirty-two servers. This one remembers as many as are polled, one ticket each, for a ticket
//! holds the server's certificates and a poll uses one.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ClientConfig;
use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;

/// Servers remembered: each takes some four kilobytes. Beyond it, who was remembered first is forgotten.
const SERVERS_KEPT: usize = 16_384;

/// How every connection of a client is secured: the system's certificates and these, HTTP/2 where the server speaks it.
pub(super) fn config(extra: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.resumption = Resumption::store(Arc::new(Sessions::default()));
    Ok(config)
}

#[derive(Default)]
struct Sessions(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    servers: HashMap<ServerName<'static>, Session>,
    /// By age; a server stands here once.
    order: VecDeque<ServerName<'static>>,
}

#[derive(Default)]
struct Session {
    group: Option<NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    /// The newest ticket: it is valid longest.
    tls13: Option<Tls13ClientSessionValue>,
}

impl Sessions {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn of(&mut self, server: ServerName<'static>) -> &mut Session {
        if !self.servers.contains_key(&server) {
            if self.servers.len() >= SERVERS_KEPT
                && let Some(oldest) = self.order.pop_front()
            {
                self.servers.remove(&oldest);
            }
            self.order.push_back(server.clone());
        }
        self.servers.entry(server).or_default()
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.kept().of(server).group = Some(group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.kept().servers.get(server).and_then(|session| session.group)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.kept().of(server).tls12 = Some(value);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.kept().servers.get(server).and_then(|session| session.tls12.clone())
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        if let Some(session) = self.kept().servers.get_mut(server) {
            session.tls12 = None;
        }
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.kept().of(server).tls13 = Some(value);
    }

    /// A ticket is used once, so that nobody can tell two connections to be of one client.
    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.kept().servers.get_mut(server).and_then(|session| session.tls13.take())
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Sessions").field("servers", &self.kept().servers.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(number: usize) -> ServerName<'static> {
        ServerName::try_from(format!("host{number}.example")).expect("a name")
    }

    #[test]
    fn the_oldest_is_forgotten_and_no_more_than_that() {
        let sessions = Sessions::default();
        for number in 0..=SERVERS_KEPT {
            sessions.set_kx_hint(server(number), NamedGroup::X25519);
            sessions.set_kx_hint(server(number), NamedGroup::secp256r1);
        }
        assert_eq!(sessions.kx_hint(&server(0)), None);
        assert_eq!(sessions.kx_hint(&server(1)), Some(NamedGroup::secp256r1));
        assert_eq!(sessions.kx_hint(&server(SERVERS_KEPT)), Some(NamedGroup::secp256r1));
        let kept = sessions.kept();
        assert_eq!((kept.servers.len(), kept.order.len()), (SERVERS_KEPT, SERVERS_KEPT));
    }
}
