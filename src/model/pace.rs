//! How often something new comes to a source, as far as it has been watched.

use serde::{Deserialize, Serialize};

use super::Moment;

/// Two counts of new items that fade with time, one quickly and one slowly, and since when anything is known. The arithmetic is
/// `collect::pace`'s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// The past is known from here on; none before the first good poll.
    pub since: Option<Moment>,
    /// What the counts are counts of.
    pub at: Moment,
    /// New items, each of which counts for less the longer ago it came: within about an hour.
    pub lately: f64,
    /// The same within about two days.
    pub mostly: f64,
    /// Seconds for which the site says its last answer holds (`Cache-Control`), 0 where it says nothing.
    #[serde(default)]
    pub holds_s: u64,
}

/// A wait that a site asked for, for more than the one address that answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Patience {
    /// `host:` or `domain:` and its name.
    pub key: String,
    pub until: Moment,
    /// What the site answered, as `429 from old.example.com`.
    pub reason: String,
}
