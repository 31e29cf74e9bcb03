//! A point where connections wait until a test lets them go.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Clones are the same point.
#[derive(Clone, Default)]
pub(crate) struct Hold(Arc<watch::Sender<State>>);

#[derive(Default)]
struct State {
    released: bool,
    /// Everyone who ever came.
    came: usize,
}

impl Hold {
    /// Waits until someone stands there.
    pub(crate) async fn reached(&self, within: Duration) {
        let mut seen = self.0.subscribe();
        let reached = tokio::time::timeout(within, seen.wait_for(|state| state.came > 0)).await;
        reached.expect("nobody came to the hold").expect("the hold stands");
    }

    /// Lets everyone pass, now and later.
    pub(crate) fn release(&self) {
        self.0.send_modify(|state| state.released = true);
    }

    /// The connection's side: waits until released.
    pub(super) async fn pass(&self) {
        self.0.send_modify(|state| state.came += 1);
        let _ = self.0.subscribe().wait_for(|state| state.released).await;
    }
}
