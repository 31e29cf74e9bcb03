//! Why a source is polled when it is polled, in words for the operator.

use std::fmt;

/// What decides over the next poll of a source. Said behind "every 22m, because" or "waits:".
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
    /// After failures.
    BackOff { failures: i64 },
    /// The site asked for patience, for a whole host or domain.
    Asked { reason: String },
    /// Others of the same budget come first.
    Turn { domain: String, requests: u32, per: String },
}

impl Why {
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
            Self::BackOff { failures: 1 } => f.write_str("the last poll failed"),
            Self::BackOff { failures } => write!(f, "the last {failures} polls failed"),
            Self::Asked { reason } => write!(f, "the site asked for patience ({reason})"),
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
