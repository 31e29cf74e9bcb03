//! One message to one recipient over one channel.

use serde::Serialize;

use super::Moment;
use super::words::words;

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// `d_` and 16 base-32 characters; also the `webhook-id`.
    pub id: String,
    pub incident: String,
    pub generation: i64,
    pub kind: DeliveryKind,
    /// Step of the ladder that asked for it; for a status the number of the event it tells.
    pub step: i64,
    pub department: String,
    pub name: String,
    /// Mail address; for a webhook the channel's name.
    pub recipient: String,
    pub channel: String,
    pub language: String,
    pub state: DeliveryState,
    pub attempts: i64,
    pub created_at: Moment,
    pub due_at: Moment,
    /// The `Message-ID` without brackets: the same at every attempt.
    pub message_id: String,
    /// What a status says, as `acknowledged by Mei`; empty for a warning.
    pub note: String,
    /// An attempt ended without an answer: the receiver may have it twice.
    pub possible_duplicate: bool,
    pub last_outcome: Option<String>,
    pub last_reply: Option<String>,
    pub delivered_at: Option<Moment>,
}

/// What puts a delivery into the outbox. The store refuses a second one of the same
/// (incident, generation, kind, step, channel, recipient) in silence: nobody is told twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    pub id: String,
    pub incident: String,
    pub generation: i64,
    pub kind: DeliveryKind,
    pub step: i64,
    pub department: String,
    pub name: String,
    pub recipient: String,
    pub channel: String,
    pub language: String,
    pub due_at: Moment,
    pub message_id: String,
    pub note: String,
}

/// Somebody whom a case did not reach, because the receiver took no message about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undelivered {
    pub name: String,
    /// Mail address; for a webhook the channel's name.
    pub address: String,
    /// The receiver's own words.
    pub reply: String,
}

/// The note of a warning or an escalation that goes out together with others to the same address.
pub const GATHERED: &str = r#"{"status":"gathered"}"#;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryKind {
    Warning,
    Escalation,
    /// News of an incident for those who were told of it; the only kind that goes out after an acknowledgement.
    Status,
}

words!(DeliveryKind {
    Warning = "warning",
    Escalation = "escalation",
    Status = "status",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    Due,
    Claimed,
    Delivered,
    /// The receiver took it without proof that a person sees it.
    Accepted,
    /// Given up, visible, and ops were told.
    Dead,
    /// No longer wanted: someone answered before it was sent.
    Cancelled,
}

words!(DeliveryState {
    Due = "due",
    Claimed = "claimed",
    Delivered = "delivered",
    Accepted = "accepted",
    Dead = "dead",
    Cancelled = "cancelled",
});

/// What a receiver's answer means (`reference`: the outcome classes every channel shares).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Delivered {
        reply: String,
    },
    Accepted {
        reply: String,
    },
    /// Try again after the channel's own back-off.
    Retry {
        reply: String,
    },
    /// Try again no earlier than this; the whole receiver waits until then.
    RetryAt {
        at: Moment,
        reply: String,
    },
    /// Too long: once more with a shorter body.
    Shrink {
        reply: String,
    },
    /// Our settings are wrong: ops are told, the row stays.
    Reconfigure {
        reply: String,
    },
    Permanent {
        reply: String,
    },
    /// No answer after the message was handed over: retried under the same id, marked as a possible duplicate.
    Unknown {
        reply: String,
    },
}

impl Outcome {
    /// The class, as metrics and listings name it.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Delivered { .. } => "delivered",
            Self::Accepted { .. } => "accepted",
            Self::Retry { .. } => "retry",
            Self::RetryAt { .. } => "retry_at",
            Self::Shrink { .. } => "shrink",
            Self::Reconfigure { .. } => "reconfigure",
            Self::Permanent { .. } => "permanent",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The receiver's own words, without secrets.
    #[must_use]
    pub fn reply(&self) -> &str {
        match self {
            Self::Delivered { reply }
            | Self::Accepted { reply }
            | Self::Retry { reply }
            | Self::RetryAt { reply, .. }
            | Self::Shrink { reply }
            | Self::Reconfigure { reply }
            | Self::Permanent { reply }
            | Self::Unknown { reply } => reply,
        }
    }
}
