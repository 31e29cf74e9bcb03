//! The only builder of HTTP clients: addresses checked when connecting, at every hop; no proxy by surprise.
//!
//! The client follows no redirect, keeps no cookie, honours no proxy variable and never decompresses: what an
//! answer costs is decided by whoever reads it. A name is checked when it is resolved, which the library asks us
//! for; a literal address never reaches the resolver, so `guard` checks it before each request and each hop.

mod address;
pub mod barriers;
mod proxy;
pub mod refused;
mod sessions;
mod tls;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use reqwest::{Client, Method, RequestBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::{Host, Url};

pub use proxy::{ProxyOptions, is_inside};

use address::{AllowList, GuardedResolver};
use proxy::ProxyResolver;

/// A server that does not take the connection within this is not going to.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(15);

/// Idle connections kept for one host: as many as are asked on at once where no gap is wanted (`collect::host`), for fewer would be closed
/// and opened again all the time. Hosts of others are asked on one.
const IDLE_PER_HOST: usize = 8;

/// Longer than a provider's usual keep-alive gains nothing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

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

impl OutboundOptions {
    /// The private address that a URL names and nothing allows; a name that only a name server knows is asked when it is used.
    #[must_use]
    pub fn barred(&self, url: &Url) -> Option<IpAddr> {
        let named = match url.host()? {
            Host::Ipv4(v4) => IpAddr::V4(v4),
            Host::Ipv6(v6) => IpAddr::V6(v6),
            Host::Domain(name) if name.eq_ignore_ascii_case("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Host::Domain(_) => return None,
        };
        AllowList::new(&self.allow_private).check(named).is_err().then_some(named)
    }
}

/// The way out. Cheap to clone: clones share one pool of connections.
#[derive(Clone, Debug)]
pub struct Outbound {
    client: Client,
    allowed: Arc<AllowList>,
    timeout: Duration,
    ca_file: Option<PathBuf>,
    /// Made when it is first needed: reading the system's certificates takes a while.
    tls: Arc<OnceLock<Arc<rustls::ClientConfig>>>,
    /// Host and port of the proxy, where there is one.
    proxy: Option<Arc<str>>,
    product: Arc<str>,
}

/// The client could not be built: an operator's mistake.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("cannot read the certificates in {path}: {reason}")]
    CaFile { path: PathBuf, reason: String },
    #[error("{path} holds no certificate in PEM form")]
    NoCertificate { path: PathBuf },
    #[error("cannot set up the client: {0}")]
    Client(String),
}

/// An address we do not go to, decided before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("only http and https addresses are opened, not {0}")]
    Scheme(String),
    #[error("the address names no host")]
    NoHost,
    #[error("{0} is a private address")]
    PrivateAddress(IpAddr),
    #[error("a connection that would not have gone through the proxy")]
    BesideProxy,
}

/// Why a ping was not taken. Never holds the address, which may be a secret of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PingError {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("{0}")]
    Network(String),
    #[error("the address answered {0}")]
    Status(u16),
}

/// Where a request failed, read from the types in the error's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Dns,
    Connect,
    Tls,
    Timeout,
    PrivateAddress,
    /// The answer began and broke off.
    Body,
    Other,
}

impl Outbound {
    /// Builds the client. Trust is the system's, plus `ca_file`.
    ///
    /// # Errors
    /// A `ca_file` that cannot be read or holds no certificate; a user agent that is not a header value.
    pub fn new(options: &OutboundOptions) -> Result<Self, OutboundError> {
        Self::build(options, None)
    }

    /// The same through a proxy, or straight where there is none.
    ///
    /// # Errors
    /// As `new`, and a proxy's address that the library does not take.
    #[expect(clippy::disallowed_methods, reason = "the one place that builds a client, with the guard in it")]
    pub fn build(options: &OutboundOptions, proxy: Option<&ProxyOptions>) -> Result<Self, OutboundError> {
        install_crypto();
        let allowed = Arc::new(AllowList::new(&options.allow_private));
        let extra = options.ca_file.as_deref().map(read_certificates).transpose()?.unwrap_or_default();
        let tls = sessions::config(extra).map_err(|error| OutboundError::Client(error.to_string()))?;
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(user_agent(options))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .timeout(options.timeout)
            .connect_timeout(options.timeout.min(CONNECT_TIMEOUT_MAX))
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_idle_timeout(IDLE_TIMEOUT);
        let builder = match proxy {
            Some(options) => builder.dns_resolver(ProxyResolver::new(options)).proxy(options.proxy()?),
            None => builder.dns_resolver(GuardedResolver::new(Arc::clone(&allowed))),
        };
        let client = builder.build().map_err(|error| OutboundError::Client(describe(&error)))?;
        let product = product_token(&options.user_agent).into();
        let (timeout, ca_file) = (options.timeout, options.ca_file.clone());
        Ok(Self { client, allowed, timeout, ca_file, tls: Arc::default(), proxy: proxy.map(|proxy| proxy.place().into()), product })
    }

    /// Whether this address may be opened as far as it can be told without asking the DNS.
    ///
    /// # Errors
    /// Another scheme than http and https, no host, or a literal private address that the operator did not list.
    pub fn guard(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        match url.host().ok_or(Refused::NoHost)? {
            Host::Ipv4(address) => self.allowed.check(IpAddr::V4(address)),
            Host::Ipv6(address) => self.allowed.check(IpAddr::V6(address)),
            Host::Domain(_) => Ok(()),
        }
    }

    /// What a proxy would hide from the guard: whether the name leads inside. Without a proxy the resolver looks, at the moment of
    /// connecting.
    ///
    /// # Errors
    /// A name all of whose addresses are private and not listed.
    pub async fn vet(&self, url: &Url) -> Result<(), Refused> {
        if self.proxy.is_some() { proxy::vet(&self.allowed, url).await } else { Ok(()) }
    }

    /// Host and port of the proxy that everything goes through, where there is one.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Our name in robots.txt, lower case.
    #[must_use]
    pub fn product(&self) -> &str {
        &self.product
    }

    /// A request to a guarded address. Redirects come back as answers: guard and follow them yourself, or do not.
    ///
    /// # Errors
    /// As `guard`.
    pub fn request(&self, method: Method, url: &Url) -> Result<RequestBuilder, Refused> {
        self.guard(url)?;
        Ok(self.client.request(method, url.clone()))
    }

    /// Asks an address and wants nothing back but a good status (the heartbeat).
    ///
    /// # Errors
    /// An address that is refused or cannot be reached, and any status outside 200 to 299.
    pub async fn ping(&self, url: &Url) -> Result<(), PingError> {
        let answer = self.request(Method::GET, url)?.send().await.map_err(|error| PingError::Network(describe(&error)))?;
        if answer.status().is_success() { Ok(()) } else { Err(PingError::Status(answer.status().as_u16())) }
    }

    /// For connections that are no HTTP, with the same trust. Addresses of mail servers are the operator's own words and not guarded.
    ///
    /// # Errors
    /// A `ca_file` that cannot be read, or a system without certificates.
    pub fn tls(&self) -> Result<Arc<rustls::ClientConfig>, OutboundError> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let config = tls::client_config(self.ca_file.as_deref())?;
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }

    /// Whole request, from connecting to the last byte.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// The process has one cryptographic provider; the first to come installs it, and it is always the same one.
pub fn install_crypto() {
    let _already_there = rustls::crypto::ring::default_provider().install_default();
}

/// Reads where a request failed from the types in its chain, never from its text.
#[must_use]
pub fn classify(error: &reqwest::Error) -> Fault {
    if refused(error).is_some() {
        Fault::PrivateAddress
    } else if error.is_timeout() {
        Fault::Timeout
    } else if find::<rustls::Error>(error).is_some() {
        Fault::Tls
    } else if error.is_dns() {
        Fault::Dns
    } else if error.is_connect() {
        Fault::Connect
    } else if error.is_body() || error.is_decode() || find::<std::io::Error>(error).is_some() || error.is_request() {
        Fault::Body
    } else {
        Fault::Other
    }
}

/// The refusal inside an error, where our own resolver refused.
#[must_use]
pub fn refused<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Refused> {
    find::<Refused>(error)
}

/// The innermost cause in words, without the address: it may carry a token in its query.
#[must_use]
pub fn describe(error: &reqwest::Error) -> String {
    let mut last: &(dyn Error + 'static) = error;
    while let Some(next) = inner(last) {
        last = next;
    }
    if last.is::<reqwest::Error>() { "the request failed".to_owned() } else { last.to_string() }
}

/// The first error of type `T` in the chain. An `io::Error` hides what it wraps from `source`, so it is opened.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = inner(error);
    }
    None
}

fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(io) = error.downcast_ref::<std::io::Error>()
        && let Some(wrapped) = io.get_ref()
    {
        return Some(wrapped);
    }
    error.source()
}

fn user_agent(options: &OutboundOptions) -> String {
    match &options.contact {
        Some(contact) => format!("{} (+{contact})", options.user_agent),
        None => options.user_agent.clone(),
    }
}

/// The product token of a user agent (RFC 9309, 2.2.1), lower case: letters, `-` and `_` at its beginning. Behind `compatible;`, as
/// crawlers write it that also pass for browsers, stands the name that is meant.
fn product_token(user_agent: &str) -> String {
    let named = user_agent.split_once("compatible;").map_or(user_agent, |(_, named)| named);
    let token: String =
        named.trim_start().chars().take_while(|letter| letter.is_ascii_alphabetic() || matches!(letter, '-' | '_')).collect();
    if token.is_empty() { "hearken".to_owned() } else { token.to_ascii_lowercase() }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, OutboundError> {
    let fail = |reason: String| OutboundError::CaFile { path: path.to_owned(), reason };
    let pem = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>().map_err(|error| fail(error.to_string()))?;
    if certificates.is_empty() {
        return Err(OutboundError::NoCertificate { path: path.to_owned() });
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbound(allow: &[&str]) -> Outbound {
        let allow_private = allow.iter().map(|net| net.parse().expect("a network")).collect();
        let options = OutboundOptions {
            user_agent: "hearken/test".into(),
            contact: None,
            allow_private,
            ca_file: None,
            timeout: Duration::from_secs(5),
        };
        Outbound::new(&options).expect("a client")
    }

    #[test]
    fn every_spelling_of_a_private_literal_is_refused() {
        let outbound = outbound(&[]);
        for host in ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "0.0.0.0", "[fd00::1]"]
        {
            let url = Url::parse(&format!("http://{host}/")).expect("an address");
            assert!(matches!(outbound.guard(&url), Err(Refused::PrivateAddress(_))), "{host}");
        }
        assert_eq!(outbound.guard(&Url::parse("https://93.184.216.34/").expect("an address")), Ok(()));
    }

    #[test]
    fn our_name_in_robots_txt_comes_from_the_user_agent() {
        assert_eq!(product_token("hearken/0.1.0"), "hearken");
        assert_eq!(product_token("Tea-Watch/2 (+https://tea.example)"), "tea-watch");
        assert_eq!(product_token("Mozilla/5.0 (compatible; TeaBot/1.0; +https://tea.example)"), "teabot");
        assert_eq!(product_token("2.0"), "hearken");
    }

    #[test]
    fn other_schemes_are_refused() {
        let url = Url::parse("file:///etc/passwd").expect("an address");
        assert_eq!(outbound(&[]).guard(&url), Err(Refused::Scheme("file".into())));
    }

    #[test]
    fn the_operator_may_list_a_network() {
        let url = Url::parse("http://127.0.0.1:8080/").expect("an address");
        assert_eq!(outbound(&["127.0.0.0/8"]).guard(&url), Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_when_it_is_resolved() {
        let url = Url::parse("http://localhost:9/").expect("an address");
        let request = outbound(&[]).request(Method::GET, &url).expect("a name passes the first check");
        let error = request.send().await.expect_err("localhost is private");
        assert_eq!(classify(&error), Fault::PrivateAddress);
    }

    #[tokio::test]
    async fn a_closed_port_is_a_failure_to_connect() {
        let url = Url::parse("http://127.0.0.1:1/?token=secret").expect("an address");
        let request = outbound(&["127.0.0.0/8"]).request(Method::GET, &url).expect("allowed");
        let error = request.send().await.expect_err("nothing listens there");
        assert_eq!(classify(&error), Fault::Connect);
        assert!(!describe(&error).contains("secret"), "{}", describe(&error));
    }
}
