//! What the log of an incident remembers.

use super::words::words;

/// The kinds of lines in an incident's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    Opened,
    /// A near-duplicate, without anything to tell.
    Joined,
    /// Its author edited it: what it says besides, and whether that was told.
    Edited,
    /// Another case came of it: of an edit after its end, or of another text under its id.
    AnotherCase,
    /// An edited item or a near-duplicate is worse than what was told.
    Worse,
    /// It got worse, or says more, after somebody had taken it up, by a step that matters: open again, and told anew.
    Reopened,
    /// An edited item is no complaint any more; a person decides whether that is the end of it.
    NoLongerComplaint,
    Escalated,
    /// No message to those who had to answer was taken at any address: the next step came at once.
    Unreached,
    /// A channel is no more: what waited for it goes over those of today.
    Readdressed,
    /// The ladder has no further step and nobody answered.
    LadderEnded,
    Acknowledged,
    NotOurs,
    HandedOver,
    FalseAlarm,
    Resolved,
    /// What a second opinion says of it; it changes nothing.
    SecondOpinion,
    /// What it says has changed: some of the sources it tells of are read again, or more fail.
    Revised,
    /// Changed settings or rules were refused once more.
    RefusedAgain,
    /// A file of a source that could not be taken whole.
    FileFailed,
    /// What a look at the mention's page showed that was not known before.
    PageEdited,
    PageRating,
    /// Our answer is visible there.
    PageAnswered,
    PageAnswerGone,
    PageGone,
    PageBack,
    PageUnseen,
    /// An answer that came too late, or twice: kept, without effect.
    Noted,
}

words!(EventKind {
    Opened = "opened",
    Joined = "joined",
    Edited = "edited",
    AnotherCase = "another_case",
    Worse = "worse",
    Reopened = "reopened",
    NoLongerComplaint = "no_longer_complaint",
    Escalated = "escalated",
    Unreached = "unreached",
    Readdressed = "readdressed",
    LadderEnded = "ladder_ended",
    Acknowledged = "acknowledged",
    NotOurs = "not_ours",
    HandedOver = "handed_over",
    FalseAlarm = "false_alarm",
    Resolved = "resolved",
    SecondOpinion = "second_opinion",
    Revised = "revised",
    RefusedAgain = "refused_again",
    FileFailed = "file_failed",
    PageEdited = "page_edited",
    PageRating = "page_rating",
    PageAnswered = "page_answered",
    PageAnswerGone = "page_answer_gone",
    PageGone = "page_gone",
    PageBack = "page_back",
    PageUnseen = "page_unseen",
    Noted = "noted",
});
