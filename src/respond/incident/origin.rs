//! How a case names another one that it comes from: kept as a line of English in its detail.

use crate::model::{Incident, IncidentKind, Moment};

/// How the detail of an incident names the resolved one that it follows.
pub(super) const FOLLOWS: &str = "follows ";

/// The resolved incident that this one follows: the same item, edited into something worse, or for others.
#[must_use]
pub fn follows(incident: &Incident) -> Option<&str> {
    if incident.kind == IncidentKind::Mention { incident.detail.strip_prefix(FOLLOWS) } else { None }
}

/// The closed case whose text a mention repeats on another site. Kept as a line of English in the detail of the new case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    pub incident: String,
    pub closed_at: Moment,
    /// Who closed it; empty where that is not known.
    pub by: String,
}

impl Copied {
    pub(super) fn of(closed: &Incident, now: Moment) -> Self {
        let by = closed.resolved_by.clone().or_else(|| closed.acknowledged_by.clone()).unwrap_or_default();
        Self { incident: closed.id.clone(), closed_at: closed.resolved_at.unwrap_or(now), by }
    }

    pub(super) fn to_detail(&self) -> String {
        format!("the same text as {}, closed {} by {}", self.incident, self.closed_at.rfc3339(), self.by)
    }

    /// The one that an incident tells of.
    #[must_use]
    pub fn by(incident: &Incident) -> Option<Self> {
        if incident.kind != IncidentKind::Mention {
            return None;
        }
        let (id, rest) = incident.detail.strip_prefix("the same text as ")?.split_once(", closed ")?;
        let (at, by) = rest.split_once(" by ")?;
        let closed_at = at.parse::<jiff::Timestamp>().ok()?.into();
        Some(Self { incident: id.to_owned(), closed_at, by: by.to_owned() })
    }
}

/// How the detail of an incident names one whose mention had the same id, with other words.
const SAME_ID: &str = "another text under the id of ";

/// The detail of an incident whose mention came under the id of another one's.
#[must_use]
pub fn of_same_id(incident: &str) -> String {
    format!("{SAME_ID}{incident}")
}

/// The incident whose mention had the id of this one's.
#[must_use]
pub fn same_id(incident: &Incident) -> Option<&str> {
    if incident.kind == IncidentKind::Mention { incident.detail.strip_prefix(SAME_ID) } else { None }
}

/// The incident that one with this detail goes on from: after its end, or under the same id.
#[must_use]
pub fn comes_from(detail: &str) -> Option<&str> {
    detail.strip_prefix(FOLLOWS).or_else(|| detail.strip_prefix(SAME_ID))
}
