//! Samples for this phase's unit tests: a small company and one of everything.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::burst::BurstOptions;
use super::deliver::{Channel, ChannelKind, SmtpOptions, WebhookOptions, smtp::SmtpTls};
use super::department::{Department, Member, Rung, Tell};
use super::notify::Context;
use super::route::{RespondOptions, Route};
use crate::model::{
    CategoryScore, Delivery, DeliveryKind, DeliveryState, Incident, IncidentKind, IncidentState, Mention, Moment, Severity, Verdict,
};

pub(crate) fn options() -> RespondOptions {
    RespondOptions {
        least_severity: Severity::Low,
        ops: "ops".into(),
        same_text_within: Duration::from_hours(24),
        fallback_after: Duration::from_mins(5),
        give_up_after: Duration::from_hours(72),
        link_valid: Duration::from_hours(24 * 14),
        recheck: None,
        recheck_for: Duration::from_hours(24 * 7),
        burst: BurstOptions::default(),
    }
}

pub(crate) fn route_to(department: &str) -> Route {
    Route { department: department.into(), brands: vec![], categories: vec![], sources: vec![], severity: Severity::Low, also: false }
}

/// A complaint about Lanting in these categories.
pub(crate) fn verdict(severity: Severity, categories: &[&str]) -> Verdict {
    Verdict {
        brands: vec!["Lanting".into()],
        spared: Vec::new(),
        complaint: true,
        sentiment: -0.7,
        categories: categories.iter().map(|name| CategoryScore { category: (*name).into(), score: 2.0 }).collect(),
        severity,
        lang: "zh-Hant".into(),
        reasons: vec![],
        rule_set: "abc".into(),
        tone: None,
    }
}

pub(crate) fn mention(text: &str) -> Mention {
    Mention {
        id: "m_0000000000000001".into(),
        source: "shop-feed".into(),
        identity: 41,
        url: Some("https://shop.example.com/reviews/41".into()),
        title: None,
        text: text.into(),
        author: Some("阿明".into()),
        rating: Some(1.0),
        rating_max: Some(5.0),
        published: Some(Moment::from_secs(1_795_000_000)),
        seen_at: Moment::from_secs(1_795_000_060),
        lang: "zh-Hant".into(),
        brands: vec!["Lanting".into()],
        revision: 1,
        baseline: false,
        text_hash: 77,
        simhash: 0,
        extra: std::collections::BTreeMap::new(),
    }
}

/// Open, with logistics, nobody told yet but by the first warning.
pub(crate) fn incident() -> Incident {
    Incident {
        id: "H-7K3QF2MA".into(),
        kind: IncidentKind::Mention,
        state: IncidentState::Open,
        key: "mention:shop-feed:41".into(),
        generation: 1,
        severity: Severity::Medium,
        brand: Some("Lanting".into()),
        category: Some("logistics".into()),
        department: "logistics".into(),
        also: vec![],
        title: "訂了十天還沒收到貨".into(),
        detail: String::new(),
        told: None,
        opened_at: Moment::from_secs(1_795_000_000),
        step: 0,
        escalate_at: None,
        ladder: vec![],
        acknowledged_at: None,
        acknowledged_by: None,
        resolved_at: None,
        resolved_by: None,
        cause: None,
        remedy: None,
        mentions: 1,
    }
}

/// A warning of `incident` that was tried once.
pub(crate) fn delivery(channel: &str, recipient: &str) -> Delivery {
    Delivery {
        id: "d_0000000000000001".into(),
        incident: "H-7K3QF2MA".into(),
        generation: 1,
        kind: DeliveryKind::Warning,
        step: 0,
        department: "logistics".into(),
        name: "Mei".into(),
        recipient: recipient.into(),
        channel: channel.into(),
        language: "zh-TW".into(),
        state: DeliveryState::Due,
        attempts: 1,
        created_at: Moment::from_secs(1_795_000_000),
        due_at: Moment::from_secs(1_795_000_000),
        message_id: "id@example.com".into(),
        note: String::new(),
        possible_duplicate: false,
        last_outcome: None,
        last_reply: None,
        delivered_at: None,
    }
}

/// Logistics (Mei, Tom, a webhook, a spare webhook, a ladder), management, care and ops.
pub(crate) struct World {
    pub(crate) routes: Vec<Route>,
    pub(crate) departments: Vec<Department>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) options: RespondOptions,
}

impl World {
    pub(crate) fn new() -> Self {
        let routes = vec![
            Route { categories: vec!["logistics".into()], ..route_to("logistics") },
            Route { severity: Severity::Critical, also: true, ..route_to("management") },
        ];
        let channels = vec![mail("mail"), webhook("hook"), webhook("spare")];
        let departments = vec![
            logistics(),
            department("management", &[("Boss", "boss@example.com"), ("Mei", "Mei@example.com")]),
            department("care", &[("Cara", "cara@example.com")]),
            department("ops", &[("Ola", "ops@example.com")]),
        ];
        Self { routes, departments, channels, options: options() }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            routes: &self.routes,
            departments: &self.departments,
            channels: &self.channels,
            options: &self.options,
            domain: "example.com",
        }
    }
}

fn member((name, mail): &(&str, &str)) -> Member {
    Member { name: (*name).into(), mail: (*mail).into() }
}

fn department(name: &str, members: &[(&str, &str)]) -> Department {
    Department {
        name: name.into(),
        title: name.into(),
        language: "zh-TW".into(),
        timezone: TimeZone::UTC,
        members: members.iter().map(member).collect(),
        channels: vec!["mail".into()],
        fallback: vec![],
        ladder: vec![],
    }
}

fn logistics() -> Department {
    let lead = Tell::Members { members: vec![member(&("Lena", "lead@example.com"))], channels: vec![] };
    Department {
        title: "物流".into(),
        channels: vec!["mail".into(), "hook".into()],
        fallback: vec!["spare".into()],
        ladder: vec![
            Rung { name: "lead".into(), after: Duration::from_mins(15), tell: lead },
            Rung { name: "management".into(), after: Duration::from_mins(30), tell: Tell::Department("management".into()) },
        ],
        ..department("logistics", &[("Mei", "mei@example.com"), ("Tom", "tom@example.com")])
    }
}

fn mail(name: &str) -> Channel {
    let options = SmtpOptions {
        host: "mail.example.com".into(),
        port: 587,
        tls: SmtpTls::StartTls,
        ca_file: None,
        username: None,
        password: None,
        from: "Hearken <hearken@example.com>".into(),
        reply_to: None,
        timeout: Duration::from_secs(30),
    };
    Channel { name: name.into(), kind: ChannelKind::Smtp(options) }
}

fn webhook(name: &str) -> Channel {
    let url = "https://hook.example.com/in".parse().expect("an address");
    let options =
        WebhookOptions { url, secrets: vec![], headers: vec![], language: "en".into(), watched: false, timeout: Duration::from_secs(20) };
    Channel { name: name.into(), kind: ChannelKind::Webhook(options) }
}
