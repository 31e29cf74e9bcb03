//! What is watched of a source besides its last poll: counted by day, learnt from the days, and what it no longer shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::words::words;
use super::{Moment, Phrase};

/// What says nothing is left out: it is written with every poll.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Kept with the source and written with every poll.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watch {
    /// The present day, still counted; none before the first poll.
    #[serde(skip_serializing_if = "is_default")]
    pub today: Option<DayCount>,
    /// How often new items come, as the last weeks have it; none while there are too few days or items to tell.
    #[serde(skip_serializing_if = "is_default")]
    pub cadence: Option<Cadence>,
    /// Complete days seen so far, as far as they count for the cadence.
    #[serde(skip_serializing_if = "is_default")]
    pub days_learnt: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub canary: CanaryState,
    #[serde(skip_serializing_if = "is_default")]
    pub texts: Texts,
    /// How the last poll that failed did, kept when the source is well again.
    #[serde(skip_serializing_if = "is_default")]
    pub last_failure: Option<LastFailure>,
    /// When it was last found silent together with others, which excuses it; none once it shows something new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excused_at: Option<Moment>,
    /// When its first poll took what was there as known: what is dated later appeared while we listened. None before, and until the
    /// next poll after an update from a release that did not note it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// Polls whose new items stood above all known ones, less those where they stood below: how the list is sorted.
    #[serde(skip_serializing_if = "is_default")]
    pub newest_first: i32,
    /// Its address was changed, and nothing was read at the new one yet.
    #[serde(skip_serializing_if = "is_default")]
    pub moved: bool,
    /// It is a long list, and its undated entries beyond `collect.max_items` are read: an earlier release did not, and what it left out is
    /// no news.
    #[serde(skip_serializing_if = "is_default")]
    pub read_on: bool,
    /// What its last file or document was taken without; none where all of it was taken as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<Remark>,
    /// Of a mailbox: since when it is listened to, and what of it was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<Mailbox>,
    /// What the last poll did not reach of the source's pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// Between the pages that were read and what was known before stands what nobody has read. How it is closed: `collect::poll::walk`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When the poll that left it asked: what the store has known for longer is its far end.
    pub since: Moment,
    /// The last read before that one, which came down to what was known.
    pub read_until: Option<Moment>,
    /// Pages that the next poll reads at least, counted from 1.
    pub pages: u32,
    /// It was left by the first poll: what stands there was there before us.
    pub first: bool,
}

/// A mailbox that is listened to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// A hash of whose mailbox it is and how it is called: another one is begun anew.
    pub place: i64,
    /// When listening began: what lay there before is no news, however the mailbox is numbered.
    pub began: Moment,
    #[serde(default, skip_serializing_if = "is_default")]
    pub left_out: LeftOut,
    /// The last of them, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out_last: Vec<LeftOutMail>,
}

/// Why a mail is no mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLeftOut {
    /// One of our own warnings.
    Own,
    /// An answer to one, or a mail that carries one and says nothing else.
    Answer,
    /// What a program answers by itself.
    Automatic,
}

words!(WhyLeftOut {
    Own = "own",
    Answer = "answer",
    Automatic = "automatic",
});

/// A mail that was left out, as far as somebody may look for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutMail {
    pub why: WhyLeftOut,
    /// Its subject and the beginning of what it says.
    pub words: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    pub at: Moment,
}

/// Mails that are no mentions, counted since listening began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Our own warnings.
    pub own: u64,
    /// Answers to them, and mails that carry one.
    pub answers: u64,
    /// What programs answer: out of office, not delivered.
    pub automatic: u64,
    /// Attachments that are neither texts nor mails, and parts beyond the bounds, of mails that were read otherwise.
    #[serde(default)]
    pub unread: u64,
    /// When the last one was met.
    pub last_at: Option<Moment>,
}

/// What was taken although something about it is strange, for ops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    pub words: String,
    pub at: Moment,
}

/// A poll that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFailure {
    /// The word of its kind.
    pub kind: String,
    pub detail: String,
    /// The same for readers of any language, where it is not a stranger's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Phrase>,
    pub at: Moment,
    /// The HTTP status, where there was one, as long as it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The proxy it went through, where it may be that which fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The wait that the site asked for, where that decides when it is asked again, as long as it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
}

/// A wait that a site asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// How long it is kept to.
    pub until: Moment,
    /// What it asked for, where that is longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Moment>,
    /// What it answered, as `429 from old.example.com`.
    pub by: String,
}

/// One day of a source, in its own time zone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DayCount {
    /// Days since 1970-01-01.
    #[serde(skip_serializing_if = "is_default")]
    pub day: i64,
    /// Polls by how they ended: `items`, `unchanged`, or the word of a failure kind.
    #[serde(skip_serializing_if = "is_default")]
    pub polls: BTreeMap<String, u32>,
    /// New items, without those of a baseline or a re-indexing.
    #[serde(skip_serializing_if = "is_default")]
    pub new: u32,
    /// Polls that brought any: a batch of twenty is one.
    #[serde(skip_serializing_if = "is_default")]
    pub arrivals: u32,
    /// The longest time without a new item that ended this day, in seconds.
    #[serde(skip_serializing_if = "is_default")]
    pub longest_gap_s: u64,
    /// A time without a new item that ended this day and that others had with it, in seconds: no measure of the source itself.
    #[serde(skip_serializing_if = "is_zero")]
    pub excused_s: u64,
}

const fn is_zero(seconds: &u64) -> bool {
    *seconds == 0
}

impl DayCount {
    /// Polls that were read, whether or not they brought anything.
    #[must_use]
    pub fn good(&self) -> u32 {
        self.polls.iter().filter(|(outcome, _)| matches!(outcome.as_str(), "items" | "unchanged")).map(|(_, polls)| polls).sum()
    }

    #[must_use]
    pub fn all(&self) -> u32 {
        self.polls.values().sum()
    }

    /// Polls that failed, by kind.
    pub fn failed(&self) -> impl Iterator<Item = (&str, u32)> {
        self.polls
            .iter()
            .filter(|(outcome, _)| !matches!(outcome.as_str(), "items" | "unchanged"))
            .map(|(kind, polls)| (kind.as_str(), *polls))
    }
}

/// How often a source shows something new. The formula stands in `collect::cadence`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cadence {
    /// Days it was learnt from.
    #[serde(skip_serializing_if = "is_default")]
    pub days: u32,
    /// New items of a usual day, by weekday from Monday.
    #[serde(skip_serializing_if = "is_default")]
    pub items: [f64; 7],
    /// How much a day without any says, by weekday from Monday: minus the logarithm of its chance.
    #[serde(skip_serializing_if = "is_default")]
    pub surprise: [f64; 7],
    /// The longest time without a new item there was, in seconds.
    #[serde(skip_serializing_if = "is_default")]
    pub longest_gap_s: u64,
}

/// Whether the phrase that a source always shows is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CanaryState {
    /// Polls in a row that did not show it.
    #[serde(skip_serializing_if = "is_default")]
    pub misses: u32,
    /// Since when.
    #[serde(skip_serializing_if = "is_default")]
    pub missing_since: Option<Moment>,
    /// When it was last there; with `canary_every` when an item last came with it. The first poll counts as a sight of it.
    #[serde(skip_serializing_if = "is_default")]
    pub seen_at: Option<Moment>,
}

/// How many entries come without any text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Texts {
    /// Share of the entries of a usual document that have no text, 0 to 1; none before the first document.
    #[serde(skip_serializing_if = "is_default")]
    pub usual: Option<f64>,
    /// Of the newest entries, newest in the lowest bit: whether they came without text.
    #[serde(skip_serializing_if = "is_default")]
    pub newest: u32,
    /// How many bits of `newest` count.
    #[serde(skip_serializing_if = "is_default")]
    pub counted: u32,
    /// Share of the last document.
    #[serde(skip_serializing_if = "is_default")]
    pub last: f64,
    /// Documents in a row that are emptier than usual.
    #[serde(skip_serializing_if = "is_default")]
    pub strange: u32,
    #[serde(skip_serializing_if = "is_default")]
    pub strange_since: Option<Moment>,
}
