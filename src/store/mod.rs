//! What is remembered: all SQL, by noun, for SQLite and PostgreSQL alike.
//!
//! The database is the queue: every future act is a row with an absolute time. A step reads what is due, does it and
//! commits; every method here is one transaction, except [`Opening`] and [`IncidentTx`], which hold one open.
//! While one of those is held, call only its own methods: on SQLite there is a single writer.

mod acknowledgements;
mod answers;
mod caches;
mod claims;
mod configured;
mod connect;
mod daemons;
mod deliveries;
mod error;
mod figures;
mod files;
#[cfg(test)]
mod full_disk;
mod gathered;
mod given_up;
mod incident_tx;
mod incidents;
mod items;
mod keys;
mod life;
mod manners;
mod matched;
mod mentions;
mod migrate;
mod opening;
mod opinions;
mod polls;
mod presence;
mod prune;
mod pushes;
mod readdress;
mod receivers;
mod rechecks;
mod recovery;
mod refusal;
mod rejudging;
mod restore;
mod rounds;
mod seen;
mod set_back;
mod sights;
mod source_days;
mod sources;
mod sql;
mod subscriptions;
mod tellings;
mod timers;
mod verdicts;

pub use acknowledgements::{AckRow, Acknowledgement};
pub use answers::Answers;
pub use claims::{AttemptRow, Claimed, Next};
pub use configured::NewSource;
pub use daemons::InForce;
pub use deliveries::{Attempt, DeliveryFilter};
pub use error::StoreError;
pub use figures::{AcknowledgementTimes, Figures};
pub use files::FilePosition;
pub use given_up::Missed;
pub use incident_tx::IncidentTx;
pub use incidents::{Event, IncidentFilter};
pub use items::{KnownItem, PollCommit, Said, SeenItem, ShownMention, Wording};
pub use life::LastSign;
pub use mentions::{MentionFilter, Walk};
pub use opening::{Opening, Similar};
pub use opinions::{Doubt, Settled};
pub use polls::{Brought, Outcome};
pub use presence::{Gone, LETTERS, Presence, Role, file_of};
pub use prune::{PruneCounts, PrunePlan};
pub use pushes::{Push, PushKept};
pub use readdress::WaitingFor;
pub use receivers::ReceiverState;
pub use rechecks::Recheck;
pub use recovery::Recovery;
pub use refusal::Waiting;
pub use rejudging::{JudgedOtherwise, Rejudged};
pub use restore::Restored;
pub use rounds::Sent;
pub use sights::{Sights, Trouble};
pub use sources::ClaimLimit;
pub use tellings::{JOINED, OPENED, TOLD, Telling};
pub use verdicts::Fate;

/// Values of one statement: beyond about fifty rows a statement costs more, not less (finding `$n` is quadratic in sqlx).
const ROWS_A_STATEMENT: usize = 50;
/// Keys of one `IN (...)`.
const KEYS_A_STATEMENT: usize = 200;

/// Which database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Appended to a claim, so that two daemons pass each other by; SQLite has one writer and needs no such words.
    const fn skip_locked(self, locks: &'static str) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => locks,
        }
    }
}

/// The store; clones share their connections.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    /// For what promises delivery.
    writer: sqlx::AnyPool,
    /// For what can be repeated after a power cut.
    relaxed: sqlx::AnyPool,
    readers: sqlx::AnyPool,
    refusal: refusal::Refusal,
    /// Where the server is, to ask it beside the pool what is wrong; none of a file.
    server: Option<std::sync::Arc<crate::model::Secret>>,
    /// For how many the caches of a file are made.
    sources: caches::Sources,
}
