//! Going out through a proxy: the operator's own word for one source, never the environment's.
//!
//! Behind a proxy it is the proxy that resolves names and connects, so the guard cannot stand where the connection is made. It
//! stands before it: a literal private address is refused as ever, and so is a name that leads inside as far as this machine can
//! resolve it. A name that only the proxy knows is the proxy's affair. The proxy itself may stand in a private network: whoever wrote
//! its address wanted it, and nothing but the proxy is ever connected to by such a client.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::AllowList;
use super::{OutboundError, Refused, describe};
use crate::model::Secret;

/// A name that this machine does not resolve within this is left to the proxy.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(2);

/// A proxy as the operator wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyOptions {
    /// `http`, `https` or `socks5`; host and port, nothing else.
    pub url: Url,
    pub user: Option<String>,
    pub password: Option<Secret>,
}

impl ProxyOptions {
    /// Host and port, for people.
    pub(super) fn place(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        // Known to the library for http and https alone.
        let port = self.url.port_or_known_default().map_or_else(String::new, |port| format!(":{port}"));
        format!("{host}{port}")
    }

    pub(super) fn proxy(&self) -> Result<reqwest::Proxy, OutboundError> {
        let mut url = self.url.clone();
        let fail = |why: String| OutboundError::Client(format!("the proxy: {why}"));
        if url.scheme() == "socks5" {
            // The proxy resolves the names here as well; the library calls that by another scheme.
            url = Url::parse(&self.url.as_str().replacen("socks5", "socks5h", 1)).map_err(|error| fail(error.to_string()))?;
        }
        if self.url.scheme() == "socks5" {
            // For this protocol the library takes them from the address.
            let name = self.user.as_deref().unwrap_or_default();
            let set = url.set_username(name).and_then(|()| url.set_password(self.password.as_ref().map(Secret::expose)));
            set.map_err(|()| fail("it takes no user name".to_owned()))?;
        }
        let proxy = reqwest::Proxy::all(url).map_err(|error| fail(describe(&error)))?;
        Ok(match &self.user {
            Some(user) if self.url.scheme() != "socks5" => proxy.basic_auth(user, self.password.as_ref().map_or("", Secret::expose)),
            _ => proxy,
        })
    }
}

/// Resolves the proxy's name and no other.
pub(super) struct ProxyResolver(String);

impl ProxyResolver {
    pub(super) fn new(proxy: &ProxyOptions) -> Self {
        Self(proxy.url.host_str().unwrap_or_default().to_ascii_lowercase())
    }
}

impl Resolve for ProxyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let own = name.as_str().eq_ignore_ascii_case(&self.0);
        Box::pin(async move {
            if !own {
                return Err(Refused::BesideProxy.into());
            }
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Refuses a name that leads nowhere but inside, as far as this machine can tell.
pub(super) async fn vet(allowed: &AllowList, url: &Url) -> Result<(), Refused> {
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    let Ok(Ok(found)) = tokio::time::timeout(LOOK_UP_WITHIN, tokio::net::lookup_host((name, 0))).await else { return Ok(()) };
    let mut verdicts: Vec<Result<(), Refused>> = found.map(|at| allowed.check(at.ip())).collect();
    if verdicts.iter().any(Result::is_ok) { Ok(()) } else { verdicts.pop().unwrap_or(Ok(())) }
}

/// Whether an address is written as one of this machine or of a private network.
#[must_use]
pub fn is_inside(url: &Url) -> bool {
    let nothing_allowed = AllowList::new(&[]);
    let private = |address: IpAddr| nothing_allowed.check(address).is_err();
    match url.host() {
        Some(Host::Ipv4(address)) => private(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => private(IpAddr::V6(address)),
        Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".localhost") || name.ends_with(".internal"),
        None => false,
    }
}
