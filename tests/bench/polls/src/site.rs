//! The loopback site: feeds with validators, answers of 304, and a counter for everything it did.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::HandshakeKind;

use crate::feeds::Feeds;

/// Below the range from which a busy client takes its own ports.
const PORTS: std::ops::Range<u16> = 21_000..31_000;

/// What the site was asked and what it answered.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) whole: AtomicU64,
    pub(crate) not_modified: AtomicU64,
    pub(crate) robots: AtomicU64,
    pub(crate) other: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) full_handshakes: AtomicU64,
    pub(crate) resumed_handshakes: AtomicU64,
}

/// How the site speaks TLS, by its own address: a certificate for each.
pub(crate) type Acceptors = Arc<HashMap<IpAddr, TlsAcceptor>>;

pub(crate) struct Site {
    feeds: Feeds,
    pub(crate) counters: Counters,
    /// Entries that every feed has shown beyond its first ones.
    shown: AtomicUsize,
    /// Every answer of a feed shows one entry more, written down in `served`.
    ever_new: AtomicBool,
    /// When an entry was first sent, by feed and entry.
    pub(crate) served: Mutex<HashMap<(usize, usize), Instant>>,
    own: Mutex<HashMap<usize, usize>>,
    /// After each answer the connection ends, as it does between two polls of a real site.
    pub(crate) closes: AtomicBool,
}

impl Site {
    pub(crate) fn new(feeds: Feeds) -> Arc<Self> {
        Arc::new(Self {
            feeds,
            counters: Counters::default(),
            shown: AtomicUsize::new(0),
            ever_new: AtomicBool::new(false),
            served: Mutex::default(),
            own: Mutex::default(),
            closes: AtomicBool::new(false),
        })
    }

    /// Every feed has `more` new entries.
    pub(crate) fn add(&self, more: usize) {
        self.shown.fetch_add(more, Ordering::SeqCst);
    }

    /// From now on, or no longer, every answer has a new entry.
    pub(crate) fn ever_new(&self, on: bool) {
        self.ever_new.store(on, Ordering::SeqCst);
    }

    /// Listens on every loopback address, plainly or with TLS, and gives the port.
    pub(crate) async fn listen(self: &Arc<Self>, tls: Option<Acceptors>) -> u16 {
        let listener = free_listener().await;
        let port = listener.local_addr().expect("it listens").port();
        let site = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                site.counters.connections.fetch_add(1, Ordering::Relaxed);
                let _ = stream.set_nodelay(true);
                let own = stream.local_addr().map(|address| address.ip()).ok();
                let acceptor = tls.as_ref().map(|all| own.and_then(|own| all.get(&own)).cloned().expect("a certificate for every host"));
                let site = Arc::clone(&site);
                tokio::spawn(async move { site.connection(stream, acceptor).await });
            }
        });
        port
    }

    async fn connection(&self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        let Some(tls) = tls else { return self.talk(stream).await };
        let Ok(stream) = tls.accept(stream).await else { return };
        let kind = stream.get_ref().1.handshake_kind();
        let counter = match kind {
            Some(HandshakeKind::Resumed) => &self.counters.resumed_handshakes,
            _ => &self.counters.full_handshakes,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.talk(stream).await;
    }

    async fn talk(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut asked = Vec::new();
        let mut buffer = [0; 4_096];
        loop {
            let end = loop {
                if let Some(at) = asked.windows(4).position(|four| four == b"\r\n\r\n") {
                    break at + 4;
                }
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(read) => asked.extend_from_slice(&buffer[..read]),
                }
            };
            let head: Vec<u8> = asked.drain(..end).collect();
            let closes = self.closes.load(Ordering::Relaxed);
            let answer = self.answer(&String::from_utf8_lossy(&head), closes);
            if stream.write_all(&answer).await.is_err() || closes {
                let _ = stream.shutdown().await;
                return;
            }
        }
    }

    fn answer(&self, head: &str, closes: bool) -> Vec<u8> {
        let ending = if closes { "Connection: close\r\n" } else { "" };
        let path = head.split(' ').nth(1).unwrap_or_default();
        let Some(feed) = path.strip_prefix("/feed/").and_then(|number| number.parse::<usize>().ok()) else {
            let counter = if path == "/robots.txt" { &self.counters.robots } else { &self.counters.other };
            counter.fetch_add(1, Ordering::Relaxed);
            return format!("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n{ending}\r\n").into_bytes();
        };
        let shown = self.shown_by(feed);
        let etag = format!("\"v{shown}\"");
        let validators = format!("ETag: {etag}\r\nLast-Modified: Mon, 23 Nov 2026 10:{:02}:{:02} GMT\r\n", shown / 60 % 60, shown % 60);
        if header(head, "if-none-match").is_some_and(|sent| sent == etag) {
            self.counters.not_modified.fetch_add(1, Ordering::Relaxed);
            return format!("HTTP/1.1 304 Not Modified\r\n{validators}{ending}\r\n").into_bytes();
        }
        let body = self.feeds.document(feed, shown);
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n{validators}{ending}Content-Length: {}\r\n\r\n", body.len());
        self.counters.whole.fetch_add(1, Ordering::Relaxed);
        [head.into_bytes(), body.into_bytes()].concat()
    }

    fn shown_by(&self, feed: usize) -> usize {
        if !self.ever_new.load(Ordering::SeqCst) {
            let own = self.own.lock().expect("nobody panics with it").get(&feed).copied().unwrap_or(0);
            return own.max(self.shown.load(Ordering::SeqCst));
        }
        let mut own = self.own.lock().expect("nobody panics with it");
        let shown = own.entry(feed).or_insert(self.shown.load(Ordering::SeqCst));
        *shown += 1;
        let newest = *shown + self.feeds.entries - 1;
        self.served.lock().expect("nobody panics with it").insert((feed, newest), Instant::now());
        *shown
    }
}

/// The value of a header of a request.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A listener on all addresses of this machine at a low port.
pub(crate) async fn free_listener() -> TcpListener {
    let start = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    for step in 0..PORTS.len() {
        let port = PORTS.start + (start + u16::try_from(step).unwrap_or(0)) % (PORTS.end - PORTS.start);
        if let Ok(listener) = TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], port))).await {
            return listener;
        }
    }
    panic!("no port is free");
}
