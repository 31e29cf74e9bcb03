//! A case made up: for `notify test`, and to try an operator's templates before they are needed.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{Asked, CasePage, MessageContext, MessageKind};
use crate::model::{
    CategoryScore, Effect, Incident, IncidentKind, LadderStep, Mention, Moment, NewIncident, Part, Reason, Recipient, Severity, Span,
    Undelivered, Verdict,
};
use crate::respond::department::Department;

/// The incident of `hearken notify test`: it is in no store, and nothing follows from it.
#[must_use]
pub fn test_incident(department: &str, now: Moment) -> Incident {
    Incident::opened(NewIncident {
        id: "H-TEST0000".into(),
        kind: IncidentKind::Ops,
        key: "test".into(),
        severity: Severity::Low,
        brand: None,
        category: None,
        department: department.into(),
        also: Vec::new(),
        title: String::new(),
        detail: String::new(),
        told: None,
        opened_at: now,
        escalate_at: None,
        ladder: Vec::new(),
    })
}

/// One case with everything in it, and one with as little as there can be.
pub(super) struct Sample {
    incident: Incident,
    bare: Incident,
    mention: Mention,
    verdict: Verdict,
    told: Vec<(Recipient, Moment)>,
    undelivered: Vec<Undelivered>,
    departments: Vec<Department>,
    zone: TimeZone,
}

const TEXT: &str = "A chair <arrived> broken & late.\nNobody answers.";

impl Sample {
    pub(super) fn new() -> Self {
        let now = Moment::from_secs(1_795_000_000);
        let recipient = Recipient {
            department: "care".into(),
            name: "Mei".into(),
            address: "mei@example.com".into(),
            channel: "mail".into(),
            language: "en".into(),
        };
        let ladder = vec![LadderStep { name: "lead".into(), after_s: 900, recipients: vec![recipient.clone()] }];
        let bare = test_incident("care", now);
        let incident = Incident {
            kind: IncidentKind::Mention,
            brand: Some("Lanting".into()),
            category: Some("logistics".into()),
            title: "A chair".into(),
            detail: "follows H-00000000".into(),
            escalate_at: Some(now),
            ladder,
            acknowledged_at: Some(now),
            acknowledged_by: Some("Mei".into()),
            resolved_at: Some(now),
            resolved_by: Some("Tom".into()),
            cause: Some("strike".into()),
            remedy: Some("refund".into()),
            mentions: 2,
            ..bare.clone()
        };
        Self {
            incident,
            bare,
            mention: mention(now),
            verdict: verdict(),
            told: vec![(recipient, now)],
            undelivered: vec![Undelivered { name: "Tom".into(), address: "tom@example.com".into(), reply: "550 no such user".into() }],
            departments: departments(),
            zone: TimeZone::UTC,
        }
    }

    /// Contexts that walk through every branch of a template.
    pub(super) fn contexts<'a>(&'a self, language: &'a str) -> Vec<MessageContext<'a>> {
        let full = MessageContext {
            kind: MessageKind::Warning,
            incident: &self.incident,
            mention: Some(&self.mention),
            verdict: Some(&self.verdict),
            note: "",
            step: 0,
            at: self.incident.opened_at,
            language,
            timezone: &self.zone,
            departments: &self.departments,
            also_told: &self.told,
            undelivered: &self.undelivered,
            acknowledge_url: Some("https://hearken.example.com/a/v1.x.y"),
            reply_to: Some("care@lanting.example"),
            company: "Lanting",
        };
        let worse = r#"{"status":"worse","from":"low","to":"high"}"#;
        let resolved = r#"{"status":"resolved","by":"Mei","cause":"strike","remedy":"refund","note":"called"}"#;
        let bare = MessageContext {
            incident: &self.bare,
            mention: None,
            verdict: None,
            also_told: &[],
            undelivered: &[],
            acknowledge_url: None,
            reply_to: None,
            ..full
        };
        vec![
            full,
            MessageContext { kind: MessageKind::Escalation, step: 1, note: worse, ..full },
            MessageContext { kind: MessageKind::Status, note: resolved, ..full },
            bare,
            MessageContext { kind: MessageKind::Test, ..bare },
        ]
    }

    pub(super) fn departments(&self) -> &[Department] {
        &self.departments
    }

    /// The page of either case.
    pub(super) fn pages<'a>(&'a self, departments: &'a [Department]) -> Vec<CasePage<'a>> {
        let full = CasePage {
            incident: &self.incident,
            mention: Some(&self.mention),
            verdict: Some(&self.verdict),
            timezone: &self.zone,
            departments,
            notes: &[],
            worse: None,
            name: "Mei",
            asked: Asked { name_missing: true, name_too_long: true, closing_missing: true },
        };
        let open = CasePage { incident: &self.bare, mention: None, verdict: None, asked: Asked::default(), ..full };
        vec![full, open]
    }
}

fn departments() -> Vec<Department> {
    let named = |name: &str, title: &str| Department {
        name: name.into(),
        title: title.into(),
        language: "en".into(),
        timezone: TimeZone::UTC,
        members: Vec::new(),
        channels: Vec::new(),
        fallback: Vec::new(),
        ladder: Vec::new(),
    };
    vec![named("care", "Care"), named("ops", "Ops")]
}

fn mention(now: Moment) -> Mention {
    Mention {
        id: "m_0000000000000000".into(),
        source: "shop-feed".into(),
        identity: 1,
        url: Some("https://shop.example.com/1".into()),
        title: Some("A chair".into()),
        text: TEXT.into(),
        author: Some("Ann".into()),
        rating: Some(1.0),
        rating_max: Some(5.0),
        published: Some(now),
        seen_at: now,
        lang: "en".into(),
        brands: vec!["Lanting".into()],
        revision: 1,
        baseline: false,
        text_hash: 1,
        simhash: 0,
        extra: std::collections::BTreeMap::new(),
    }
}

fn verdict() -> Verdict {
    let reason = Reason {
        rule: "logistics.late".into(),
        file: "rules/logistics.toml".into(),
        line: 1,
        category: Some("logistics".into()),
        weight: 2.0,
        effect: Effect::Counts,
        severity: None,
        spans: vec![Span { part: Part::Text, start: 8, end: 17 }],
        note: "late".into(),
        notes: BTreeMap::new(),
    };
    Verdict {
        brands: vec!["Lanting".into()],
        spared: Vec::new(),
        complaint: true,
        sentiment: -0.5,
        categories: vec![CategoryScore { category: "logistics".into(), score: 2.0 }],
        severity: Severity::High,
        lang: "en".into(),
        reasons: vec![reason],
        rule_set: String::new(),
        tone: None,
    }
}
