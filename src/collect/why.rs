//! Why a source is polled when it is polled, in words for the operator.

use std::fmt;
use std::time::Duration;

use super::asks::span_in_words;

/// What decides over the next poll of a source. Said behind "every 22m:" or "waits".
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// The operator wrote the interval.
    Fixed,
    /// By the source's own pace.
    Pace { per_day: f64 },
    /// So little comes that the ceiling holds.
    Quiet { per_day: f64 },
    /// Far more than usual has come in the last hour.
    Storm { per_hour: f64 },
    /// Too new to have a pace.
    Learning,
    /// The site says that its answer holds that long.
    Holds,
    /// The feed asks for it; `most`: the ceiling, where it asks for more.
    Feed { every: Duration, most: Option<Duration> },
    /// The feed says that nothing comes in the hours or days before that.
    Skipped,
    /// After a failure that heals or not: as often as ever.
    Again,
    /// After failures: longer each time, up to this many minutes and hours in words.
    BackOff { most: String },
    /// The site asked for patience until then, in words. `reason`: what it answered.
    Asked { reason: String, whom: Whom, until: String },
    /// Others of the same budget come first.
    Turn { domain: String, requests: u32, per: String },
}

/// For whom a wait counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    Address,
    Host(String),
    Domain(String),
}

impl Whom {
    /// By the key of a `Patience`.
    #[must_use]
    pub fn of(key: &str) -> Self {
        match key.split_once(':') {
            Some(("host", name)) => Self::Host(name.to_owned()),
            Some(("domain", name)) => Self::Domain(name.to_owned()),
            _ => Self::Address,
        }
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("this address alone"),
            Self::Host(host) => write!(f, "all of {host}"),
            Self::Domain(domain) => write!(f, "all of {domain} and below it"),
        }
    }
}

impl Why {
    /// Whether the site or the feed asked for the wait: then it is no shorter.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        matches!(self, Self::Holds | Self::Feed { .. } | Self::Skipped)
    }

    /// One word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Pace { .. } => "pace",
            Self::Quiet { .. } => "quiet",
            Self::Storm { .. } => "storm",
            Self::Learning => "learning",
            Self::Holds => "holds",
            Self::Feed { .. } => "feed_asks",
            Self::Skipped => "feed_skips",
            Self::Again => "again",
            Self::BackOff { .. } => "back_off",
            Self::Asked { .. } => "asked_to_wait",
            Self::Turn { .. } => "budget",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed => f.write_str("as set"),
            Self::Pace { per_day } => f.write_str(&items(*per_day)),
            Self::Quiet { per_day } => f.write_str(&items(*per_day)),
            Self::Storm { per_hour } => write!(f, "{per_hour:.0} items in the last hour"),
            Self::Learning => f.write_str("its pace is being learnt"),
            Self::Holds => f.write_str("the site says its answer holds that long"),
            Self::Feed { every, most: None } => write!(f, "the feed asks for {}", span_in_words(*every)),
            Self::Feed { every, most: Some(most) } => {
                write!(f, "the feed asks for {}, the most allowed is {}", span_in_words(*every), span_in_words(*most))
            }
            Self::Skipped => f.write_str("the feed says that nothing comes before"),
            Self::Again => f.write_str("asked again as often as ever"),
            Self::BackOff { most } => write!(f, "longer with each failure, {most} at most"),
            Self::Asked { reason, whom, until } => write!(f, "until {until}: {reason}, for {whom}"),
            Self::Turn { domain, requests, per } => write!(f, "its turn among {requests} requests in {per} to {domain}"),
        }
    }
}

fn items(per_day: f64) -> String {
    match per_day {
        many if many >= 1.5 => format!("{many:.0} items a day"),
        one if one >= 0.75 => "one item a day".to_owned(),
        some if some * 7.0 >= 1.5 => format!("{:.0} items a week", some * 7.0),
        one if one * 7.0 >= 0.75 => "one item a week".to_owned(),
        _ => "less than one item a week".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_said_in_the_unit_that_fits() {
        let said = |per_day| Why::Pace { per_day }.to_string();
        assert_eq!(
            [31.2, 1.0, 0.5, 0.15, 0.01].map(said),
            ["31 items a day", "one item a day", "4 items a week", "one item a week", "less than one item a week"]
        );
    }
}
