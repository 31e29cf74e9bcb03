//! Who is responsible.

use std::time::Duration;

use jiff::tz::TimeZone;

/// One `[[department]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Department {
    /// Unique: what routes, ladders and hand-overs name.
    pub name: String,
    /// How mails name it; the name itself where the operator gives none.
    pub title: String,
    /// `zh-TW`, `zh-CN` or `en`.
    pub language: String,
    pub timezone: TimeZone,
    pub members: Vec<Member>,
    /// Channels that warnings to this department go out over: each smtp channel to every member, each webhook channel once.
    pub channels: Vec<String>,
    /// Used besides when a delivery over `channels` fails for `respond.fallback_after`, or for good.
    pub fallback: Vec<String>,
    pub ladder: Vec<Rung>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub mail: String,
}

/// One `[[department.ladder]]`: who hears of it when nobody answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// `lead`, `management`.
    pub name: String,
    /// Without an answer since the step before (the first: since the warning).
    pub after: Duration,
    pub tell: Tell,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// These people, over the department's channels or the rung's own.
    Members { members: Vec<Member>, channels: Vec<String> },
    /// Everyone of another department, over that one's channels; its own ladder is not climbed, so ladders cannot loop.
    Department(String),
}
