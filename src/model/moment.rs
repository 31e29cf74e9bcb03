//! A point in time as the store keeps it.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Unix time in microseconds, UTC. Reading the present is the business of `clock` alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Whole seconds since the epoch, rounded towards the past.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This moment and `span` more; stops at the end of time instead of wrapping.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }

    /// This moment less `span`.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }

    /// The time from `earlier` to this moment; zero when `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let span = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(span).unwrap_or(0))
    }

    /// RFC 3339 in UTC, to the second: `2026-11-22T18:00:00Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_second(self.as_secs()) {
            Ok(stamp) => stamp.to_string(),
            Err(_) => format!("{}s", self.as_secs()),
        }
    }

    /// The library's own time stamp, for zones and formats; clamped to the years it knows.
    #[must_use]
    pub fn to_timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX })
    }
}

impl From<jiff::Timestamp> for Moment {
    fn from(stamp: jiff::Timestamp) -> Self {
        Self(stamp.as_microsecond())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let stamp: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        Ok(stamp.into())
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Moment(i64::MAX).plus(Duration::from_secs(1)), Moment(i64::MAX));
        assert_eq!(Moment(5).since(Moment(9)), Duration::ZERO);
        assert_eq!(Moment(-1).as_secs(), -1);
    }

    #[test]
    fn it_is_written_and_read_as_rfc3339() {
        let moment = Moment::from_secs(1_795_000_000);
        let text = serde_json::to_string(&moment).expect("a moment is a string");
        assert_eq!(serde_json::from_str::<Moment>(&text).expect("it parses"), moment);
    }
}
