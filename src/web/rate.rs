//! How often one address may ask: a bucket for each, and a bound on the buckets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::model::Moment;

/// Requests one address may make at once: a page with a few quick clicks, a monitor, a batch of acknowledgements.
const BURST: f64 = 60.0;
/// Requests a second after that.
const PER_SECOND: f64 = 10.0;
/// Addresses remembered; beyond it the ones whose bucket is full again are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// The buckets of all addresses.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<IpAddr, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Moment,
}

impl Rates {
    /// Whether `address` may make one more request now.
    pub(super) fn admit(&self, address: IpAddr, now: Moment) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| bucket.filled(now) < BURST);
            if buckets.len() >= ADDRESSES_MAX {
                return false;
            }
        }
        let bucket = buckets.entry(address).or_insert(Bucket { tokens: BURST, at: now });
        let tokens = bucket.filled(now);
        let admitted = tokens >= 1.0;
        *bucket = Bucket { tokens: if admitted { tokens - 1.0 } else { tokens }, at: now };
        admitted
    }
}

impl Bucket {
    fn filled(self, now: Moment) -> f64 {
        now.since(self.at).as_secs_f64().mul_add(PER_SECOND, self.tokens).min(BURST)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_then_the_pace_holds() {
        let rates = Rates::default();
        let address = IpAddr::from([127, 0, 0, 1]);
        let start = Moment::from_secs(10);
        assert_eq!((0..100).filter(|_| rates.admit(address, start)).count(), 60);
        let later = start.plus(Duration::from_secs(1));
        assert_eq!((0..100).filter(|_| rates.admit(address, later)).count(), 10);
        assert!(rates.admit(IpAddr::from([127, 0, 0, 2]), start), "another address has its own bucket");
    }
}
