//! Small rows to tell the store's stories with.

use std::time::Duration;

use hearken::model::{
    CategoryScore, DeliveryKind, Fingerprint, Identity, IncidentKind, LadderStep, Mention, Moment, NewDelivery, NewIncident, Recipient,
    Severity, SourceState, Verdict,
};
use hearken::store::{NewSource, PollCommit, SeenItem, Store};

pub(crate) const LEASE: Duration = Duration::from_secs(60);

/// Seconds after a fixed start.
pub(crate) fn at(seconds: i64) -> Moment {
    Moment::from_secs(1_795_000_000 + seconds)
}

pub(crate) fn source(name: &str, host: &str) -> NewSource {
    NewSource {
        name: name.to_owned(),
        kind: "feed".to_owned(),
        url: format!("https://{host}/{name}.xml"),
        host: host.to_owned(),
        reading: 7,
        changed_due_at: at(0),
        first_due_at: at(0),
    }
}

pub(crate) fn mention(source: &str, number: i64) -> Mention {
    Mention {
        id: format!("m_{source}_{number}"),
        source: source.to_owned(),
        identity: number,
        url: Some(format!("https://{source}.example/{number}")),
        title: Some("等了兩週".to_owned()),
        text: "雨燕的包裹還沒收到,客服不回。".to_owned(),
        author: Some("小林".to_owned()),
        rating: Some(1.5),
        rating_max: Some(5.0),
        published: Some(at(-100)),
        seen_at: at(0),
        lang: "zh-Hant".to_owned(),
        brands: vec!["Swift".to_owned()],
        revision: 1,
        baseline: false,
        text_hash: -77,
        simhash: i64::MIN + number,
        extra: [("order".to_owned(), serde_json::json!(number))].into(),
    }
}

pub(crate) fn verdict(severity: Severity) -> Verdict {
    Verdict {
        brands: vec!["Swift".to_owned()],
        spared: Vec::new(),
        complaint: true,
        sentiment: -0.75,
        categories: vec![CategoryScore { category: "logistics".to_owned(), score: 3.5 }],
        severity,
        lang: "zh-Hant".to_owned(),
        reasons: Vec::new(),
        rule_set: "abc".to_owned(),
        tone: None,
    }
}

pub(crate) fn seen(mention: &Mention, severity: Severity) -> SeenItem {
    SeenItem {
        identity: Identity(mention.identity),
        fingerprint: Fingerprint(mention.identity * 10 + mention.revision),
        mention: Some((mention.clone(), verdict(severity))),
        stands_for: None,
    }
}

pub(crate) fn plain(number: i64) -> SeenItem {
    SeenItem { identity: Identity(number), fingerprint: Fingerprint(number * 10), mention: None, stands_for: None }
}

pub(crate) fn poll(owner: &str, state: &SourceState, items: Vec<SeenItem>, now: Moment) -> PollCommit {
    let state = SourceState {
        next_due_at: now.plus(Duration::from_secs(900)),
        last_polled_at: Some(now),
        last_success_at: Some(now),
        baselined: true,
        ..state.clone()
    };
    PollCommit { owner: owner.to_owned(), state, items, now }
}

pub(crate) fn incident(id: &str, key: &str) -> NewIncident {
    NewIncident {
        id: id.to_owned(),
        kind: IncidentKind::Mention,
        key: key.to_owned(),
        severity: Severity::Medium,
        brand: Some("Swift".to_owned()),
        category: Some("logistics".to_owned()),
        department: "logistics".to_owned(),
        also: vec!["care".to_owned()],
        title: "等了兩週".to_owned(),
        detail: String::new(),
        told: None,
        opened_at: at(10),
        escalate_at: Some(at(910)),
        ladder: vec![LadderStep { name: "lead".to_owned(), after_s: 900, recipients: vec![recipient("lead@example.test")] }],
    }
}

pub(crate) fn recipient(address: &str) -> Recipient {
    Recipient {
        department: "logistics".to_owned(),
        name: address.split('@').next().unwrap_or(address).to_owned(),
        address: address.to_owned(),
        channel: "mail".to_owned(),
        language: "zh-TW".to_owned(),
    }
}

pub(crate) fn warning(id: &str, incident: &str, address: &str) -> NewDelivery {
    let to = recipient(address);
    NewDelivery {
        id: id.to_owned(),
        incident: incident.to_owned(),
        generation: 1,
        kind: DeliveryKind::Warning,
        step: 0,
        department: to.department,
        name: to.name,
        recipient: to.address,
        channel: to.channel,
        language: to.language,
        due_at: at(10),
        message_id: format!("{id}@hearken.example"),
        note: String::new(),
    }
}

/// A raised incident with these deliveries.
pub(crate) async fn raised(store: &Store, id: &str, told: &[NewDelivery]) {
    let raised = store.raise(&incident(id, id), told).await.expect("it is raised");
    assert_eq!(raised.as_deref(), Some(id));
}
