//! Trouble of a source or of our own, as a case for ops.

use super::open_for;
use crate::model::{IncidentKind, Moment, NewDelivery, NewIncident, Severity, Told};
use crate::respond::ids::Ids;
use crate::respond::message::plain;
use crate::respond::notify::Context;
use crate::respond::route::{RouteReason, Routed};

/// Trouble of a source or of our own: what happened and what to do, for ops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub kind: IncidentKind,
    /// At most one unresolved incident has a given key: `source:shop-feed`, `channel:mail`.
    pub key: String,
    pub severity: Severity,
    /// In English.
    pub title: String,
    pub detail: String,
    /// The same as data; none of a mention.
    pub told: Option<Told>,
}

impl Subject {
    /// Trouble, with its English made of what is told.
    #[must_use]
    pub fn trouble(kind: IncidentKind, key: impl Into<String>, severity: Severity, told: Told) -> Self {
        let (title, detail) = plain(&told);
        Self { kind, key: key.into(), severity, title, detail, told: Some(told) }
    }
}

/// An incident for ops. The caller looks first whether an unresolved one has its key: then there is nothing to open.
#[must_use]
pub fn open_trouble(subject: Subject, context: &Context<'_>, ids: &mut Ids, now: Moment) -> (NewIncident, Vec<NewDelivery>) {
    let routed = Routed {
        department: context.options.ops.clone(),
        also: Vec::new(),
        brand: None,
        category: None,
        why: RouteReason::NothingMatched,
        passed: None,
    };
    open_for(subject, routed, "", context, ids, now)
}
