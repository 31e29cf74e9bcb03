//! The accept loop: bounded connections, bounded heads, bounded lives.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tower::ServiceExt as _;

/// Connections at the same time. A company's staff and its proxies need a few dozen; whoever comes when all are taken gets
/// the place of the one that has said nothing for longest, so that idle and slow clients lock nobody out.
const CONNECTIONS_MAX: usize = 256;
/// Connections that were told to go and have not gone yet.
const LEAVING_MAX: usize = 32;
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

/// A connection's place, as the accept loop sees it.
#[derive(Debug, Default)]
struct Seat {
    /// A request is being read or answered.
    busy: AtomicBool,
    wanted: Notify,
}

/// Frees a place: the longest idle connection's, else the oldest one's.
fn make_room(seats: &mut VecDeque<Arc<Seat>>) {
    seats.retain(|seat| Arc::strong_count(seat) > 1);
    let idle = seats.iter().position(|seat| !seat.busy.load(Ordering::Relaxed));
    if let Some(seat) = seats.remove(idle.unwrap_or(0)) {
        seat.wanted.notify_one();
    }
}

/// Serves `app` until the stop; requests under way are finished.
pub async fn serve(listener: TcpListener, app: Router, mut stop: watch::Receiver<bool>) {
    let mut connections = FuturesUnordered::new();
    let mut seats = VecDeque::new();
    let closing = Arc::new(stop.clone());
    while !*stop.borrow() {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX + LEAVING_MAX => match accepted {
                Ok((stream, peer)) => {
                    if connections.len() >= CONNECTIONS_MAX {
                        make_room(&mut seats);
                    }
                    let seat = Arc::<Seat>::default();
                    seats.push_back(Arc::clone(&seat));
                    connections.push(AssertUnwindSafe(seated(stream, peer, app.clone(), (*closing).clone(), seat)).catch_unwind());
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            },
            Some(_) = connections.next() => seats.retain(|seat| Arc::strong_count(seat) > 1),
            () = async { drop(stop.wait_for(|stopped| *stopped).await) } => {}
        }
    }
    drop(listener);
    while connections.next().await.is_some() {}
}

/// Serves a connection until it ends or its place is wanted.
async fn seated(stream: TcpStream, peer: SocketAddr, app: Router, stop: watch::Receiver<bool>, seat: Arc<Seat>) {
    tokio::select! {
        () = connection(stream, peer, app, stop, Arc::clone(&seat)) => {}
        () = seat.wanted.notified() => tracing::debug!(%peer, "a connection made room for another"),
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, app: Router, mut stop: watch::Receiver<bool>, seat: Arc<Seat>) {
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let (answering, seat) = (app.clone().oneshot(request), Arc::clone(&seat));
        async move {
            seat.busy.store(true, Ordering::Relaxed);
            let answer = answering.await;
            seat.busy.store(false, Ordering::Relaxed);
            answer
        }
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
