//! A subscription at a hub: a feed that tells us of its items before we ask.

use serde::Serialize;

use super::words::words;
use super::{Moment, Secret};

/// The row of a subscription; one for each source whose feed names a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscription {
    pub source: String,
    pub hub: String,
    /// The feed's address as the hub knows it.
    pub topic: String,
    pub state: SubscriptionState,
    /// The end of the address that the hub calls; nobody can guess it.
    #[serde(skip)]
    pub callback: String,
    /// Signs what the hub delivers.
    #[serde(skip)]
    pub secret: Secret,
    /// When there is next something to do.
    pub due_at: Option<Moment>,
    /// When the hub was asked for what it has not verified yet.
    pub asked_at: Option<Moment>,
    /// The end of the lease.
    pub granted_until: Option<Moment>,
    /// Requests that failed in a row.
    pub failures: i64,
    pub detail: Option<String>,
    /// Deliveries that were taken, and those whose signature was wrong.
    pub pushes: i64,
    pub forged: i64,
    pub last_push_at: Option<Moment>,
}

/// How a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubscriptionState {
    /// The feed names a hub that we have not asked.
    Offered,
    /// Asked; the hub has to call back.
    Asked,
    Active,
    /// The hub said no.
    Denied,
    /// The hub cannot be reached, answers with an error, or does not call back.
    Failing,
    /// We do not want it: switched off, or no hub could call us.
    Off,
}

words!(SubscriptionState {
    Offered = "offered",
    Asked = "asked",
    Active = "active",
    Denied = "denied",
    Failing = "failing",
    Off = "off",
});
