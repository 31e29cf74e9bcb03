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
    #[serde(default, skip_serializing_if = "is_zero")]
    pub holds_s: u64,
    /// What the feed itself asks for.
    #[serde(default, skip_serializing_if = "Asks::is_nothing")]
    pub asks: Asks,
}

/// How often a feed wants to be looked at, in its own words; nothing where all is zero. What it comes to is `collect::asks`' to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asks {
    /// Seconds between two looks; 0 where it does not say.
    #[serde(skip_serializing_if = "is_zero")]
    pub every_s: u64,
    /// From where these are counted, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_s: Option<i64>,
    /// Hours of the day in which nothing comes, in UTC: bit 0 is the one after midnight.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip_hours: u32,
    /// Days of the week in which nothing comes, in UTC: bit 0 is Monday.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip_days: u8,
}

impl Asks {
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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

/// What a site's robots.txt said when it could last be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRobots {
    /// Scheme, host and port.
    pub origin: String,
    /// Our name in it, for which its rules were read.
    pub agent: String,
    /// The lines that are for us.
    pub rules: String,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub seen_at: Moment,
}
