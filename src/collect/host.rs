//! Politeness: in this process one connection to a host at a time, and a gap between two; a few where the operator wants no gap.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::model::Moment;

/// Hosts remembered before those that nobody waits for are forgotten.
const HOSTS_KEPT: usize = 4096;

/// Who wants no gap between two requests speaks of a machine of their own. It is asked on so many connections: while one answer is
/// waited for another is read, and nobody sleeps and is woken for each.
pub const AT_ONCE_WITHOUT_GAP: usize = 8;

/// A lone pass takes every place.
const EVERY_PLACE: u32 = AT_ONCE_WITHOUT_GAP as u32;

/// One gate for each host. Clones share the gates.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Arc<Mutex<HashMap<String, Arc<Gate>>>>);

#[derive(Debug)]
struct Gate {
    places: Arc<Semaphore>,
    earliest: Mutex<Moment>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE_WITHOUT_GAP)), earliest: Mutex::default() }
    }
}

impl Gate {
    fn earliest(&self) -> std::sync::MutexGuard<'_, Moment> {
        self.earliest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to talk to a host, held by one poll at a time, or by a few.
#[derive(Debug)]
pub struct Pass {
    gate: Arc<Gate>,
    /// None where the gate is gone, which it never is while somebody holds it.
    _place: Option<OwnedSemaphorePermit>,
}

impl Hosts {
    /// Waits until no one else talks to `host`, or, not `alone`, until few enough do. The caller then waits until `Pass::earliest`,
    /// talks, and calls `Pass::leave`; a pass that is merely dropped frees the host at once.
    pub async fn enter(&self, host: &str, alone: bool) -> Pass {
        let gate = {
            let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if gates.len() >= HOSTS_KEPT {
                gates.retain(|_, gate| Arc::strong_count(gate) > 1);
            }
            Arc::clone(gates.entry(host.to_owned()).or_default())
        };
        let places = if alone { EVERY_PLACE } else { 1 };
        let place = Arc::clone(&gate.places).acquire_many_owned(places).await.ok();
        Pass { gate, _place: place }
    }
}

impl Pass {
    /// Not before this moment, for the sake of the gap.
    #[must_use]
    pub fn earliest(&self) -> Moment {
        *self.gate.earliest()
    }

    /// Frees the host; the next request may begin at `next` (now and the gap, or later where the site asked for it).
    pub fn leave(self, next: Moment) {
        *self.gate.earliest() = next;
    }
}

/// Host and port in lower case: the unit of politeness, and `SourceState::host`. Folders are nobody's host, and each is by itself.
#[must_use]
pub fn host_of(url: &Url) -> String {
    if url.scheme() == "file" {
        return url.as_str().to_owned();
    }
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_host_is_held_by_one_and_remembers_the_gap() {
        let hosts = Hosts::default();
        let first = hosts.enter("a.example", true).await;
        let other = hosts.enter("b.example", true).await;
        assert_eq!(other.earliest(), Moment::default());
        let waiting = hosts.enter("a.example", true);
        tokio::pin!(waiting);
        assert!((&mut waiting).now_or_never().is_none(), "the first pass is still held");
        first.leave(Moment::from_secs(7));
        assert_eq!(waiting.await.earliest(), Moment::from_secs(7));
    }

    #[tokio::test]
    async fn without_a_gap_a_few_share_it_and_one_that_wants_it_alone_waits_for_all() {
        let hosts = Hosts::default();
        let mut shared = Vec::new();
        for _ in 0..AT_ONCE_WITHOUT_GAP {
            shared.push(hosts.enter("a.example", false).now_or_never().expect("there is room"));
        }
        assert!(hosts.enter("a.example", false).now_or_never().is_none(), "one too many");
        let alone = hosts.enter("a.example", true);
        tokio::pin!(alone);
        while let Some(pass) = shared.pop() {
            assert!((&mut alone).now_or_never().is_none(), "{} are there", shared.len() + 1);
            drop(pass);
        }
        let pass = (&mut alone).now_or_never().expect("nobody is there");
        assert!(hosts.enter("a.example", false).now_or_never().is_none(), "it is held alone");
        drop(pass);
    }

    #[test]
    fn the_port_is_part_of_the_host() {
        let url = |text: &str| Url::parse(text).expect("an address");
        assert_eq!(host_of(&url("https://Shop.Example/x")), "shop.example");
        assert_eq!(host_of(&url("http://127.0.0.1:8080/")), "127.0.0.1:8080");
    }
}
