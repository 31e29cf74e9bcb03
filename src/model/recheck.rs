//! When the page of a mention is looked at again.

use std::time::Duration;

/// What a source says of it; `[respond] recheck` holds for all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recheck {
    #[default]
    AsRespond,
    Never,
    Every(Duration),
}

impl Recheck {
    /// The time between two looks; none: nobody looks unless asked.
    #[must_use]
    pub const fn every(self, respond: Option<Duration>) -> Option<Duration> {
        match self {
            Self::AsRespond => respond,
            Self::Never => None,
            Self::Every(every) => Some(every),
        }
    }
}
