//! Going out through a proxy: what passes, what stays closed, and who sees which secret.

use hearken::collect::fetch::FetchFailure;
use hearken::collect::poll::{Polled, poll};
use hearken::collect::robots::RobotsCache;
use hearken::model::{FailureKind, Secret, SourceState};
use hearken::outbound::{Outbound, OutboundOptions, ProxyOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use super::{NOW, TIMEOUT, feed, options, rss, source};
use crate::world::site::{Answer, Site};

fn through(proxy: &str, user: Option<&str>) -> Outbound {
    let proxy = ProxyOptions {
        url: Url::parse(proxy).expect("an address"),
        user: user.map(str::to_owned),
        password: user.map(|_| Secret::new("of-the-proxy")),
    };
    // No private network is allowed: the proxy stands in one all the same.
    let options =
        OutboundOptions { user_agent: "Hearken/test".into(), contact: None, allow_private: Vec::new(), ca_file: None, timeout: TIMEOUT };
    Outbound::build(&options, Some(&proxy)).expect("a client")
}

async fn polled(outbound: &Outbound, url: &str) -> Result<Polled, FetchFailure> {
    let source = source(Url::parse(url).expect("an address"));
    poll(outbound, &RobotsCache::default(), &source, &options(), &SourceState::default(), NOW).await
}

#[tokio::test]
async fn a_name_that_only_the_proxy_knows_is_asked_for_there() {
    let proxy = Site::start().await;
    proxy.serve("http://shop.invalid/feed.xml", rss(feed(&["a"])));
    let outbound = through(&format!("http://{}", proxy.address()), Some("ear"));
    let found = polled(&outbound, "http://shop.invalid/feed.xml").await;
    assert!(matches!(found, Ok(Polled::Items(_))), "{found:?}");
    let seen = &proxy.requests("http://shop.invalid/feed.xml")[0];
    // `ear:of-the-proxy`.
    assert_eq!(seen.header("proxy-authorization"), Some("Basic ZWFyOm9mLXRoZS1wcm94eQ=="));
}

#[tokio::test]
async fn private_addresses_stay_closed_behind_a_proxy() {
    let proxy = Site::start().await;
    let outbound = through(&format!("http://{}", proxy.address()), None);
    let inside = ["http://127.0.0.1:9/", "http://169.254.169.254/latest", "http://[::1]/", "http://localhost/feed", "http://2130706433/"];
    for url in inside.iter().map(|url| (*url).to_owned()).chain([format!("http://{}/feed", proxy.address())]) {
        assert_eq!(polled(&outbound, &url).await.expect_err(&url).kind, FailureKind::PrivateAddress, "{url}");
    }
    assert_eq!(proxy.request_count(), 0, "nothing was sent, to the proxy's own address neither");
    proxy.serve("http://shop.invalid/feed.xml", Answer::redirect(302, "http://127.0.0.1/admin"));
    assert_eq!(polled(&outbound, "http://shop.invalid/feed.xml").await.expect_err("inside").kind, FailureKind::PrivateAddress);
    assert_eq!(proxy.request_count(), 1, "the redirect is not followed");
}

#[tokio::test]
async fn a_proxy_that_refuses_or_is_gone_is_a_failure_with_a_name() {
    let proxy = Site::start().await;
    proxy.serve("http://shop.invalid/feed.xml", Answer::status(407).header("proxy-authenticate", "Basic"));
    let outbound = through(&format!("http://{}", proxy.address()), None);
    assert_eq!(polled(&outbound, "http://shop.invalid/feed.xml").await.expect_err("407").kind, FailureKind::Auth);
    // For TLS it is asked to make a tunnel, and answers 404.
    let refused = polled(&outbound, "https://shop.invalid/feed.xml").await.expect_err("no tunnel");
    assert_eq!(refused.kind, FailureKind::Connect, "{refused}");
    let gone = polled(&through("http://127.0.0.1:1", Some("ear")), "http://shop.invalid/feed.xml").await.expect_err("nobody there");
    assert_eq!(gone.kind, FailureKind::Connect);
    assert!(gone.detail.starts_with("through the proxy 127.0.0.1:1: "), "{gone}");
    assert!(gone.failing(true).next_step().contains("`proxy`"), "{}", gone.failing(true).next_step());
    assert!(refused.detail.contains(&format!("the proxy {}", proxy.address())), "{refused}");
    assert!(!gone.to_string().contains("of-the-proxy"), "{gone}");
    let unknown = polled(&through("http://no-such-proxy.invalid:3128", None), "http://shop.invalid/feed.xml").await.expect_err("no proxy");
    assert_eq!(unknown.kind, FailureKind::Dns);
    assert!(unknown.detail.contains("the proxy no-such-proxy.invalid:3128"), "it is the proxy's name that is unknown: {unknown}");
}

/// Serves one connection as SOCKS5 has it (RFC 1928, RFC 1929), then answers as the site behind it; gives the name it was asked for and
/// the login.
async fn socks_once(listener: TcpListener, body: String) -> (String, String) {
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.expect("a greeting");
    let mut methods = vec![0; usize::from(head[1])];
    stream.read_exact(&mut methods).await.expect("methods");
    assert!(methods.contains(&2), "a login is offered: {methods:?}");
    stream.write_all(&[5, 2]).await.expect("sent");
    let mut login = Vec::new();
    stream.read_exact(&mut head[..1]).await.expect("the version of the login");
    for _ in 0..2 {
        stream.read_exact(&mut head[..1]).await.expect("a length");
        let mut part = vec![0; usize::from(head[0])];
        stream.read_exact(&mut part).await.expect("a part of the login");
        login.push(String::from_utf8(part).expect("text"));
    }
    stream.write_all(&[1, 0]).await.expect("sent");
    let mut request = [0; 5];
    stream.read_exact(&mut request).await.expect("a request");
    assert_eq!(&request[..4], [5, 1, 0, 3], "connect, to a name");
    let mut name = vec![0; usize::from(request[4]) + 2];
    stream.read_exact(&mut name).await.expect("a name and a port");
    name.truncate(usize::from(request[4]));
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("sent");
    let mut asked = [0; 4096];
    let read = stream.read(&mut asked).await.expect("a request");
    assert!(asked[..read].starts_with(b"GET /feed.xml HTTP/1.1\r\n"));
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.expect("sent");
    (String::from_utf8(name).expect("text"), login.join(":"))
}

#[tokio::test]
async fn socks5_leaves_the_names_to_the_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let outbound = through(&format!("socks5://{}", listener.local_addr().expect("an address")), Some("ear"));
    let proxy = tokio::spawn(socks_once(listener, feed(&["a"])));
    let found = polled(&outbound, "http://shop.invalid/feed.xml").await;
    assert!(matches!(found, Ok(Polled::Items(_))), "{found:?}");
    assert_eq!(proxy.await.expect("it served"), ("shop.invalid".to_owned(), "ear:of-the-proxy".to_owned()));
}
