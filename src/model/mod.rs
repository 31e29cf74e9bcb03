//! Nouns without I/O: what the phases hand to each other and the store remembers.

mod delivery;
mod event;
mod failing;
mod incident;
mod item;
mod language;
mod mention;
mod moment;
mod pace;
mod recheck;
mod secret;
mod source;
mod subscription;
mod told;
mod verdict;
mod watch;
mod words;

pub use delivery::{Delivery, DeliveryKind, DeliveryState, GATHERED, NewDelivery, Outcome, Undelivered};
pub use event::EventKind;
pub use failing::Failing;
pub use incident::{Action, Incident, IncidentKind, IncidentState, LadderStep, Listed, NewIncident, Recipient, Via};
pub use item::{Fingerprint, Identity, Item};
pub use language::LANGUAGES;
pub use mention::{Mention, PUBLISHED_ON, STANDS_ON, UNDER_ID_OF, worst};
pub use moment::Moment;
pub use pace::{Asks, KeptRobots, Pace, Patience};
pub use recheck::Recheck;
pub use secret::Secret;
pub use source::{FailureKind, SourceState};
pub use subscription::{Subscription, SubscriptionState};
pub use told::{Over, Phrase, Told, Value};
pub use verdict::{CategoryScore, Effect, Part, Reason, Severity, Span, ToneReading, Verdict};
pub use watch::{Asked, Cadence, CanaryState, DayCount, Gap, LastFailure, LeftOut, LeftOutMail, Mailbox, Remark, Texts, Watch, WhyLeftOut};
pub use words::UnknownWord;
