//! Which deliveries are under way, so that each channel has its own few places, and a clock that jumps takes none of them away.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::context::Context;
use super::driver::TaskError;
use crate::model::{Delivery, Moment};
use crate::store::{Claimed, StoreError};

/// Of what is under way, over one channel: a mail server takes a few connections from one client without complaint.
const AT_ONCE_PER_CHANNEL: usize = 4;

/// What is under way, by the id of its delivery.
#[derive(Debug, Default)]
pub(super) struct Busy(Mutex<BTreeMap<String, UnderWay>>);

#[derive(Debug)]
struct UnderWay {
    channel: String,
    /// Of the message.
    rows: Vec<Delivery>,
    leased_at: Moment,
}

impl Busy {
    pub(super) fn free(&self, channel: &str) -> usize {
        let here = self.lock().values().filter(|under_way| under_way.channel == channel).count();
        AT_ONCE_PER_CHANNEL.saturating_sub(here)
    }

    pub(super) fn enter(&self, claimed: &[Claimed], leased_at: Moment) {
        let entries = claimed.iter().map(|claimed| {
            let (channel, rows) = (claimed.delivery.channel.clone(), claimed.rows().cloned().collect());
            (claimed.delivery.id.clone(), UnderWay { channel, rows, leased_at })
        });
        self.lock().extend(entries);
    }

    /// Those whose lease is more than half over, from now on counted as renewed.
    fn aging(&self, now: Moment, lease: Duration) -> Vec<Delivery> {
        let mut all = self.lock();
        let aging = all.values_mut().filter(|under_way| now.since(under_way.leased_at) > lease / 2);
        aging
            .flat_map(|under_way| {
                under_way.leased_at = now;
                under_way.rows.clone()
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, UnderWay>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a place however its work ends, by a panic too.
pub(super) struct Leaving {
    pub(super) busy: Arc<Busy>,
    pub(super) id: String,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.busy.lock().remove(&self.id);
    }
}

/// When the clock jumps or the machine has slept, our own sends look as if their lease had run out. They are still ours.
pub(super) async fn keep_under_way(context: &Context, busy: &Busy, now: Moment, lease: Duration) -> Result<(), TaskError> {
    for delivery in busy.aging(now, lease) {
        match context.store.renew_delivery(&context.owner, &delivery, now, lease).await {
            Ok(()) | Err(StoreError::LeaseLost(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
