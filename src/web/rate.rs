//! How often one address may ask: a bucket for each, and a bound on the buckets.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use crate::model::Moment;

/// How often one address may ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Requests at once.
    burst: f64,
    /// Requests a second after that.
    per_second: f64,
}

/// People and their programs: a page with a few quick clicks, a monitor, a batch of acknowledgements.
pub(super) const PEOPLE: Pace = Pace { burst: 60.0, per_second: 10.0 };
/// Systems that push, one item a call when they know no better, and catch up after a pause.
pub(super) const SYSTEMS: Pace = Pace { burst: 600.0, per_second: 100.0 };

/// Addresses remembered; beyond it the ones whose bucket is full again are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// The buckets of all addresses.
#[derive(Debug)]
pub(super) struct Rates {
    pace: Pace,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Moment,
}

impl Rates {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, buckets: Mutex::default() }
    }

    /// Whether `address` may make one more request now.
    pub(super) fn admit(&self, address: IpAddr, now: Moment) -> bool {
        let address = counted(address);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| bucket.filled(self.pace, now) < self.pace.burst);
            if buckets.len() >= ADDRESSES_MAX {
                return false;
            }
        }
        let bucket = buckets.entry(address).or_insert(Bucket { tokens: self.pace.burst, at: now });
        let tokens = bucket.filled(self.pace, now);
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
    fn filled(self, pace: Pace, now: Moment) -> f64 {
        now.since(self.at).as_secs_f64().mul_add(pace.per_second, self.tokens).min(pace.burst)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_then_the_pace_holds() {
        let rates = Rates::new(PEOPLE);
        let address = IpAddr::from([127, 0, 0, 1]);
        let start = Moment::from_secs(10);
        assert_eq!((0..100).filter(|_| rates.admit(address, start)).count(), 60);
        let later = start.plus(Duration::from_secs(1));
        assert_eq!((0..100).filter(|_| rates.admit(address, later)).count(), 10);
        assert!(rates.admit(IpAddr::from([127, 0, 0, 2]), start), "another address has its own bucket");
    }

    #[test]
    fn a_client_with_a_whole_net_has_one_bucket() {
        let rates = Rates::new(PEOPLE);
        let from = |host: u16| IpAddr::from([0x2001, 0xdb8, 1, 2, 0, 0, 0, host]);
        assert_eq!((0..20_000).filter(|host| rates.admit(from(*host), Moment::from_secs(10))).count(), 60);
        assert!(rates.admit(IpAddr::from([0x2001, 0xdb8, 1, 3, 0, 0, 0, 1]), Moment::from_secs(10)), "nor are others shut out");
        assert_eq!(counted(IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1])), IpAddr::from([127, 0, 0, 1]));
    }
}
