//! What a department has to handle.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::words::words;
use super::{Moment, Over, Severity, Told};

/// One mention with its near-duplicates, a source in trouble, or trouble of our own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    /// `H-` and eight characters a person can read over the phone.
    pub id: String,
    pub kind: IncidentKind,
    pub state: IncidentState,
    /// What it is about; at most one unresolved incident has a given key.
    pub key: String,
    /// 1 at first; a handing over starts the next one, and so does what gets worse after an answer: its ladder begins anew.
    pub generation: i64,
    /// Worst severity of its mentions.
    pub severity: Severity,
    pub brand: Option<String>,
    pub category: Option<String>,
    /// The department responsible.
    pub department: String,
    /// Departments told beside it.
    pub also: Vec<String>,
    pub title: String,
    /// For kinds without a mention: what happened and what to do, in English.
    pub detail: String,
    /// Title and detail as data, for readers of other languages; none of a mention, and of a row of an earlier release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    pub opened_at: Moment,
    /// Steps of the ladder already taken; 0 is the first warning.
    pub step: i64,
    /// When the next step is due; none when there is none or someone answered.
    pub escalate_at: Option<Moment>,
    /// The ladder as it stood when this generation began.
    pub ladder: Vec<LadderStep>,
    pub acknowledged_at: Option<Moment>,
    pub acknowledged_by: Option<String>,
    pub resolved_at: Option<Moment>,
    /// Who closed it, which need not be who took it up.
    pub resolved_by: Option<String>,
    pub cause: Option<String>,
    pub remedy: Option<String>,
    /// Mentions joined, the first included.
    pub mentions: i64,
}

/// An incident as listings show it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    #[serde(flatten)]
    pub incident: Incident,
    /// All it is about, the strongest first; the incident's own `category` is what it was routed by.
    pub categories: Vec<String>,
}

impl Listed {
    /// `categories` are those of its verdict, where there is one.
    #[must_use]
    pub fn of(incident: Incident, categories: Option<Vec<String>>) -> Self {
        let routed = || incident.category.iter().cloned().collect();
        let categories = categories.filter(|categories| !categories.is_empty()).unwrap_or_else(routed);
        Self { incident, categories }
    }
}

/// What opens an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIncident {
    pub id: String,
    pub kind: IncidentKind,
    pub key: String,
    pub severity: Severity,
    pub brand: Option<String>,
    pub category: Option<String>,
    pub department: String,
    pub also: Vec<String>,
    pub title: String,
    pub detail: String,
    pub told: Option<Told>,
    pub opened_at: Moment,
    pub escalate_at: Option<Moment>,
    pub ladder: Vec<LadderStep>,
}

impl Incident {
    /// One that was opened just now: nothing has happened to it yet.
    #[must_use]
    pub fn opened(new: NewIncident) -> Self {
        Self {
            id: new.id,
            kind: new.kind,
            state: IncidentState::Open,
            key: new.key,
            generation: 1,
            severity: new.severity,
            brand: new.brand,
            category: new.category,
            department: new.department,
            also: new.also,
            title: new.title,
            detail: new.detail,
            told: new.told,
            opened_at: new.opened_at,
            step: 0,
            escalate_at: new.escalate_at,
            ladder: new.ladder,
            acknowledged_at: None,
            acknowledged_by: None,
            resolved_at: None,
            resolved_by: None,
            cause: None,
            remedy: None,
            mentions: 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IncidentKind {
    Mention,
    /// A source is down, drifted or silent.
    Source,
    /// A receiver, rule set or task of ours is in trouble.
    Ops,
}

words!(IncidentKind {
    Mention = "mention",
    Source = "source",
    Ops = "ops",
});

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IncidentState {
    Open,
    Acknowledged,
    Resolved,
}

words!(IncidentState {
    Open = "open",
    Acknowledged = "acknowledged",
    Resolved = "resolved",
});

/// One rung of an escalation ladder, with the people it told when the incident opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderStep {
    /// Whom it reaches, for people: `lead`, `management`.
    pub name: String,
    /// Seconds without an answer after the step before.
    pub after_s: u64,
    pub recipients: Vec<Recipient>,
}

impl LadderStep {
    #[must_use]
    pub const fn after(&self) -> Duration {
        Duration::from_secs(self.after_s)
    }
}

/// One address over one channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recipient {
    pub department: String,
    /// The person's or the receiver's name.
    pub name: String,
    /// Mail address; for a webhook the channel's name.
    pub address: String,
    pub channel: String,
    /// `zh-TW`, `zh-CN` or `en`.
    pub language: String,
}

/// What a person does with an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    Acknowledge,
    /// "Not ours": on to whom the routes name next, else to ops.
    NotOurs,
    /// "False alarm": acknowledged and resolved, the verdict marked wrong.
    FalseAlarm,
    HandOver {
        department: String,
    },
    Resolve {
        cause: String,
        remedy: String,
        /// How it ended by itself, where nobody resolved it; cause and remedy say it in English.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        over: Option<Over>,
    },
}

/// Which door an answer came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    Link,
    Api,
    Console,
    CommandLine,
    /// Hearken itself, as when a source has recovered.
    Hearken,
}

words!(Via {
    Link = "link",
    Api = "api",
    Console = "console",
    CommandLine = "command_line",
    Hearken = "hearken",
});
