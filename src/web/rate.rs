//! How often one address may ask: a bucket for each, and a bound on the buckets.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
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
        let address = counted(address);
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

/// One client of IPv6 has a whole /64 to ask from: that is what counts as one address.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address => address,
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

    #[test]
    fn a_client_with_a_whole_net_has_one_bucket() {
        let rates = Rates::default();
        let from = |host: u16| IpAddr::from([0x2001, 0xdb8, 1, 2, 0, 0, 0, host]);
        assert_eq!((0..20_000).filter(|host| rates.admit(from(*host), Moment::from_secs(10))).count(), 60);
        assert!(rates.admit(IpAddr::from([0x2001, 0xdb8, 1, 3, 0, 0, 0, 1]), Moment::from_secs(10)), "nor are others shut out");
        assert_eq!(counted(IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1])), IpAddr::from([127, 0, 0, 1]));
    }
}
