//! The accept loop: bounded connections, bounded heads, bounded lives.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// Connections at the same time; further ones wait in the kernel's queue. A company's staff and its proxies need a few dozen.
const CONNECTIONS_MAX: usize = 256;
/// Time for a request's head: a person's browser needs milliseconds, a slow-loris all day.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Longest life of one connection, idle or not: nothing we serve takes longer.
const CONNECTION_WITHIN: Duration = Duration::from_mins(2);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// After a failed accept (out of file descriptors) we wait before the next one.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Serves `app` until the stop; requests under way are finished.
pub async fn serve(listener: TcpListener, app: Router, mut stop: watch::Receiver<bool>) {
    let mut connections = FuturesUnordered::new();
    let closing = Arc::new(stop.clone());
    while !*stop.borrow() {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, peer)) => connections.push(AssertUnwindSafe(connection(stream, peer, app.clone(), (*closing).clone())).catch_unwind()),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            },
            Some(_) = connections.next() => {}
            () = async { drop(stop.wait_for(|stopped| *stopped).await) } => {}
        }
    }
    drop(listener);
    while connections.next().await.is_some() {}
}

async fn connection(stream: TcpStream, peer: SocketAddr, app: Router, mut stop: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        app.clone().oneshot(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::time::timeout(CONNECTION_WITHIN, async {
        tokio::select! {
            ended = serving.as_mut() => ended,
            () = async { drop(stop.wait_for(|stopped| *stopped).await) } => {
                serving.as_mut().graceful_shutdown();
                serving.as_mut().await
            }
        }
    });
    if let Ok(Err(error)) = ended.await {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}
