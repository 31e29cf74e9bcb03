//! What a status tells, kept with the delivery in no language, so that each recipient reads it in their own.

use serde::{Deserialize, Serialize};

use super::edit::News;
use super::recheck::Known;
use crate::model::{Over, Severity};

/// One piece of news about an incident. `to_note` is its form in a delivery's `note`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    Acknowledged {
        by: String,
        note: String,
    },
    /// Also the note of the warning that the next department gets.
    HandedOver {
        by: String,
        from: String,
        to: String,
        note: String,
    },
    /// "Not ours": on to whom the routes name next.
    NotOurs {
        by: String,
        from: String,
        to: String,
        note: String,
    },
    FalseAlarm {
        by: String,
        note: String,
    },
    Resolved {
        by: String,
        cause: String,
        remedy: String,
        note: String,
        /// What was last seen on the page of the mention.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<Known>,
        /// How it ended by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        over: Option<Over>,
    },
    /// There were too many at once: it goes out in one mail with others.
    Gathered,
    /// More of the same trouble came: the incident's detail, as it is when the message is written, has all of it.
    More,
    /// The author edited it, and it is about something else, which others are responsible for.
    Turned,
    /// The same words stand at another source now, for which others are responsible.
    Spread {
        source: String,
    },
    /// The reason of the trouble is another one than was told: the incident has it.
    OtherReason,
    /// The author edited it, or it stands elsewhere in a worse form.
    Worse {
        from: Severity,
        to: Severity,
        /// What it says that was not told.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
    },
    /// The author edited it, and it is no worse, but says more. Also the note of the warning with which a case begins by it, or begins anew.
    Edited {
        /// Who had taken it up before; empty where nobody had.
        by: String,
        what: Vec<News>,
        also: Vec<String>,
    },
    /// The same after somebody had taken it up. Also the note of the warning with which the case begins anew.
    Reopened {
        /// Who had taken up the milder one.
        by: String,
        from: Severity,
        to: Severity,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
    },
    /// The author wrote on, and no rule makes news of it.
    WroteOn {
        also: Vec<String>,
    },
    /// The author edited it, and seems to take it back, or it is no complaint any more. Whether that is its end a person decides.
    TakenBack {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<String>,
    },
    /// "Not ours", says the last desk there is: nobody has it, and it goes on to those above.
    Refused {
        by: String,
        from: String,
        note: String,
    },
}

impl Status {
    #[must_use]
    pub fn to_note(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// None for an empty note, and for one that somebody wrote by hand.
    #[must_use]
    pub fn from_note(note: &str) -> Option<Self> {
        serde_json::from_str(note).ok()
    }

    /// The word by which phrases and webhooks name it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Acknowledged { .. } => "acknowledged",
            Self::HandedOver { .. } => "handed_over",
            Self::NotOurs { .. } => "not_ours",
            Self::FalseAlarm { .. } => "false_alarm",
            Self::Resolved { .. } => "resolved",
            Self::Gathered => "gathered",
            Self::More => "more",
            Self::Turned => "turned",
            Self::Spread { .. } => "spread",
            Self::OtherReason => "other_reason",
            Self::Worse { .. } => "worse",
            Self::Edited { .. } => "edited",
            Self::WroteOn { .. } => "wrote_on",
            Self::TakenBack { .. } => "taken_back",
            Self::Reopened { .. } => "reopened",
            Self::Refused { .. } => "refused",
        }
    }

    /// One line of English, for listings.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Acknowledged { by, .. } => format!("acknowledged by {by}"),
            Self::HandedOver { by, to, .. } => format!("handed over to {to} by {by}"),
            Self::NotOurs { by, from, to, .. } => format!("not a case for {from}, says {by}; now with {to}"),
            Self::FalseAlarm { by, .. } => format!("a false alarm, says {by}"),
            Self::Resolved { by, .. } => format!("resolved by {by}"),
            Self::Gathered => "in one mail with others".to_owned(),
            Self::More => "there is more of it".to_owned(),
            Self::Turned => "edited, and about something else now".to_owned(),
            Self::Spread { source } => format!("the same text stands at {source}, too"),
            Self::OtherReason => "for another reason than before".to_owned(),
            Self::Worse { from, to, .. } => format!("got worse: {from} before, {to} now"),
            Self::Edited { by, what, .. } => {
                let what = what.iter().map(News::plain).collect::<Vec<_>>().join(", ");
                let after = if by.is_empty() { String::new() } else { format!(" after {by} had taken it up") };
                format!("edited{after}, and says more: {what}")
            }
            Self::WroteOn { .. } => "edited: its author wrote on".to_owned(),
            Self::TakenBack { .. } => "edited: its author seems to take it back".to_owned(),
            Self::Reopened { by, from, to, .. } => format!("got worse after {by} had taken it up: {from} before, {to} now"),
            Self::Refused { by, from, .. } => format!("not a case for {from} either, says {by}; nobody has it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_survives_its_note() {
        let status = Status::Worse { from: Severity::Low, to: Severity::High, also: vec!["I sue.".into()] };
        assert_eq!(Status::from_note(&status.to_note()), Some(status));
        let stored = r#"{"status":"worse","from":"low","to":"high"}"#;
        assert_eq!(Status::from_note(stored), Some(Status::Worse { from: Severity::Low, to: Severity::High, also: Vec::new() }));
        let what = vec![News::Grave { rule: "severity.law".into() }, News::Worse { from: Severity::Low, to: Severity::High }];
        let edited = Status::Edited { by: String::new(), what, also: vec!["I sue.".into()] };
        assert_eq!(Status::from_note(&edited.to_note()), Some(edited));
        let handed = Status::NotOurs { by: "Mei".into(), from: "care".into(), to: "ops".into(), note: "\"x\"\n".into() };
        assert_eq!(Status::from_note(&handed.to_note()), Some(handed));
        assert_eq!(Status::from_note("acknowledged by Mei"), None);
        assert_eq!(Status::from_note(""), None);
    }
}
