//! How often a source is looked at: `interval`, or by its own pace between `interval_min` and `interval_max`.

use std::time::Duration;

use url::Url;

use crate::collect::pace::{BOUNDS, Bounds};
use crate::collect::source::INTERVAL;
use crate::problem::{Data, Table, nearest};
use crate::settings::values::{is_loopback, words};

/// More often than this is a burden for the site, and most sites' feeds do not change faster.
const INTERVAL_MIN: Duration = Duration::from_mins(1);
/// A source on this machine burdens nobody.
const INTERVAL_LOCAL_MIN: Duration = Duration::from_secs(1);
const INTERVAL_MAX: Duration = Duration::from_hours(24 * 7);
/// The word for a source's own pace.
const AUTO: &str = "auto";

pub(super) struct Rhythm {
    pub(super) interval: Duration,
    pub(super) pace: Option<Bounds>,
}

impl Rhythm {
    /// The longest time between two good polls.
    pub(super) fn longest(&self) -> Duration {
        self.pace.map_or(self.interval, |bounds| bounds.most)
    }
}

/// `is_folder`: on this machine, whether it is there or not.
pub(super) fn read(table: &mut Table, url: Option<&Url>, is_folder: bool) -> Rhythm {
    let is_near = is_folder || url.is_some_and(is_loopback);
    let written = table.value("interval").map(|value| value.data);
    let auto = matches!(&written, Some(Data::Text(text)) if text == AUTO);
    let [min, max] = ["interval_min", "interval_max"].map(|key| bounded(table, key, is_near));
    if let Some(Data::Text(text)) = &written
        && !auto
        && (nearest(text, [AUTO]).is_some() || text.starts_with(AUTO))
    {
        table.complain("interval", format!("`{text}` is no span of time"), "Did you mean \"auto\"?");
        return Rhythm { interval: INTERVAL, pace: None };
    }
    if written.is_none() || auto {
        let least = min.unwrap_or_else(|| BOUNDS.least.min(max.unwrap_or(BOUNDS.least)));
        let most = max.unwrap_or_else(|| BOUNDS.most.max(least));
        if least > most {
            let help = format!("Write at least \"{}\", or lower `interval_min`.", words(least));
            table.complain("interval_max", "`interval_max` is less than `interval_min`", help);
            return Rhythm { interval: INTERVAL, pace: None };
        }
        return Rhythm { interval: INTERVAL.clamp(least, most), pace: Some(Bounds { least, most }) };
    }
    for key in ["interval_min", "interval_max"] {
        if table.has(key) {
            let help = "Write `interval = \"auto\"`, or take this line out.";
            table.complain(key, format!("`{key}` is given, and `interval` is fixed"), help);
        }
    }
    Rhythm { interval: bounded(table, "interval", is_near).unwrap_or(INTERVAL), pace: None }
}

/// A time between two polls that burdens nobody and still warns somebody.
fn bounded(table: &mut Table, key: &str, is_near: bool) -> Option<Duration> {
    let least = if is_near { INTERVAL_LOCAL_MIN } else { INTERVAL_MIN };
    let found = table.duration(key)?;
    if found < least {
        let help = format!("Write at least \"{}\": more often is a burden for the site.", words(least));
        table.complain(key, format!("\"{}\" is too often", words(found)), help);
    } else if found > INTERVAL_MAX {
        let help = format!("Write at most \"{}\".", words(INTERVAL_MAX));
        table.complain(key, format!("\"{}\" is too seldom to warn anyone", words(found)), help);
    }
    Some(found)
}
