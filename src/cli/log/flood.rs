//! A dam against floods: a line that repeats too often is counted, and the count is said once a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tracing::callsite::Identifier;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::clock::Clock;
use crate::model::Moment;

/// Lines from one place in the code, a minute. A thousand sources that fail at once should not push yesterday's alarm out of the
/// journal; ten a second are still enough to see what is going on.
const LINES_PER_MINUTE: u64 = 600;

const MINUTE_S: i64 = 60;

/// The target of our own lines, which are never held back.
const TARGET: &str = "hearken::flood";

/// The layer that holds lines back.
pub(super) struct Dam {
    clock: Clock,
    gauge: Mutex<Gauge>,
}

impl Dam {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, gauge: Mutex::default() }
    }
}

impl<S: Subscriber> Layer<S> for Dam {
    fn event_enabled(&self, event: &Event<'_>, _context: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if metadata.target() == TARGET {
            return true;
        }
        let (passes, held) = {
            let mut gauge = self.gauge.lock().unwrap_or_else(PoisonError::into_inner);
            gauge.count(metadata.callsite(), metadata.name(), self.clock.now())
        };
        // Said after the gauge is free: these lines come through here too.
        for (place, lines) in held {
            tracing::warn!(target: TARGET, place, lines, "the log was flooded; so many lines from one place were left out");
        }
        passes
    }
}

/// How often each place in the code spoke in the running minute.
#[derive(Default)]
struct Gauge {
    minute: i64,
    lines: HashMap<Identifier, Count>,
}

struct Count {
    place: &'static str,
    lines: u64,
}

impl Gauge {
    /// Whether the line passes; and, when a new minute begins, what was left out in the one before.
    fn count(&mut self, id: Identifier, place: &'static str, now: Moment) -> (bool, Vec<(&'static str, u64)>) {
        let minute = now.as_secs().div_euclid(MINUTE_S);
        let held = if minute == self.minute { Vec::new() } else { self.turn(minute) };
        let count = self.lines.entry(id).or_insert(Count { place, lines: 0 });
        count.lines += 1;
        (count.lines <= LINES_PER_MINUTE, held)
    }

    fn turn(&mut self, minute: i64) -> Vec<(&'static str, u64)> {
        self.minute = minute;
        let over = |count: Count| Some((count.place, count.lines.checked_sub(LINES_PER_MINUTE)?)).filter(|(_, lines)| *lines > 0);
        let mut held: Vec<_> = self.lines.drain().filter_map(|(_, count)| over(count)).collect();
        held.sort_unstable();
        held
    }
}

#[cfg(test)]
mod tests {
    use tracing::Metadata;
    use tracing::field::FieldSet;
    use tracing::metadata::Kind;
    use tracing::subscriber::Interest;

    use super::*;

    struct Place;

    impl tracing::Callsite for Place {
        fn set_interest(&self, _interest: Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            static METADATA: Metadata<'static> = Metadata::new(
                "place",
                "hearken",
                tracing::Level::INFO,
                None,
                None,
                None,
                FieldSet::new(&[], Identifier(&Place)),
                Kind::EVENT,
            );
            &METADATA
        }
    }

    #[test]
    fn a_flood_is_counted_and_said_once() {
        let place = || Identifier(&Place);
        let mut gauge = Gauge::default();
        let passed = (0..LINES_PER_MINUTE + 40).filter(|_| gauge.count(place(), "poll failed", Moment::from_secs(61)).0).count();
        assert_eq!(passed as u64, LINES_PER_MINUTE);
        assert_eq!(gauge.count(place(), "poll failed", Moment::from_secs(119)), (false, vec![]));
        assert_eq!(gauge.count(place(), "poll failed", Moment::from_secs(120)), (true, vec![("poll failed", 41)]));
        assert_eq!(gauge.count(place(), "poll failed", Moment::from_secs(181)), (true, vec![]));
    }
}
