//! Who asks: the other end of the connection, or the client a trusted proxy names.

use std::net::IpAddr;

use axum::extract::Request;
use ipnet::IpNet;

use super::serve::Peer;

/// The address a request is counted and recorded under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) IpAddr);

/// An address of IPv4 is the same whether it came in over IPv4 or mapped into IPv6. The peer itself, unless it is a trusted proxy: then the last address of `X-Forwarded-For` that is not one.
pub(super) fn address(request: &Request, trusted: &[IpNet]) -> IpAddr {
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
    let forwarded = request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
    named(peer, &chain, trusted)
}

fn named(peer: IpAddr, chain: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut address = peer.to_canonical();
    for hop in chain.iter().rev() {
        if !trusted.iter().any(|net| net.contains(&address)) {
            break;
        }
        let Ok(named) = hop.trim().parse::<IpAddr>() else { break };
        address = named.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let trusted = ["127.0.0.0/8".parse::<IpNet>().expect("a net")];
        assert_eq!(named(ip("203.0.113.9"), &["10.0.0.1"], &trusted), ip("203.0.113.9"));
        assert_eq!(named(ip("127.0.0.1"), &["198.51.100.7", "203.0.113.9"], &trusted), ip("203.0.113.9"));
        assert_eq!(named(ip("127.0.0.1"), &["203.0.113.9", "127.0.0.2"], &trusted), ip("203.0.113.9"));
        assert_eq!(named(ip("127.0.0.1"), &["nonsense"], &trusted), ip("127.0.0.1"));
        assert_eq!(named(ip("::ffff:127.0.0.1"), &["203.0.113.9"], &trusted), ip("203.0.113.9"), "listening on [::]");
    }
}
