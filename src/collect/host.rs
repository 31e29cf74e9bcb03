//! Politeness: in this process one connection to a host at a time, and a gap between two.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use url::Url;

use crate::model::Moment;

/// Hosts remembered before those that nobody waits for are forgotten.
const HOSTS_KEPT: usize = 4096;

/// One gate for each host. Clones share the gates.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<Moment>>>>>);

/// The right to talk to a host, held by one poll at a time.
#[derive(Debug)]
pub struct Pass(OwnedMutexGuard<Moment>);

impl Hosts {
    /// Waits until no one else talks to `host`. The caller then waits until `Pass::earliest`, talks, and calls
    /// `Pass::leave`; a pass that is merely dropped frees the host at once.
    pub async fn enter(&self, host: &str) -> Pass {
        let gate = {
            let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if gates.len() >= HOSTS_KEPT {
                gates.retain(|_, gate| Arc::strong_count(gate) > 1);
            }
            Arc::clone(gates.entry(host.to_owned()).or_default())
        };
        Pass(gate.lock_owned().await)
    }
}

impl Pass {
    /// Not before this moment, for the sake of the gap.
    #[must_use]
    pub fn earliest(&self) -> Moment {
        *self.0
    }

    /// Frees the host; the next request may begin at `next` (now and the gap, or later where the site asked for it).
    pub fn leave(mut self, next: Moment) {
        *self.0 = next;
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
        let first = hosts.enter("a.example").await;
        let other = hosts.enter("b.example").await;
        assert_eq!(other.earliest(), Moment::default());
        let waiting = hosts.enter("a.example");
        tokio::pin!(waiting);
        assert!((&mut waiting).now_or_never().is_none(), "the first pass is still held");
        first.leave(Moment::from_secs(7));
        assert_eq!(waiting.await.earliest(), Moment::from_secs(7));
    }

    #[test]
    fn the_port_is_part_of_the_host() {
        let url = |text: &str| Url::parse(text).expect("an address");
        assert_eq!(host_of(&url("https://Shop.Example/x")), "shop.example");
        assert_eq!(host_of(&url("http://127.0.0.1:8080/")), "127.0.0.1:8080");
    }
}
