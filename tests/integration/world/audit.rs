//! What must be true at the end of every story, whatever it was about (V1, V2, V3, V5, V7 of the list of faults).

use std::collections::BTreeMap;

use hearken::model::{Action, Delivery, DeliveryKind, DeliveryState, Incident};
use hearken::store::{DeliveryFilter, IncidentFilter, Store};
use hearken::tasks::status::StatusBoard;

use super::plan::{API_SECRET, API_TOKEN, HOOK_SECRET, LINK_KEY};
use super::smtp::ReceivedMail;

/// What a story expects to go wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    /// Loops whose activations may end in an error.
    pub(crate) errors: Vec<&'static str>,
    /// Deliveries may still wait at the end.
    pub(crate) unsent: bool,
    /// This many deliveries were given up.
    pub(crate) dead: usize,
    /// Mails may come twice: there were this many lost answers.
    pub(crate) repeats: usize,
}

/// No loop failed, panicked or ended.
pub(crate) fn loops(board: &StatusBoard, declared: &Declared) {
    for (name, status) in board.snapshot() {
        assert!(!status.ended, "the loop {name} ended by itself: {status:?}");
        assert_eq!(status.panics, 0, "{name} panicked: {status:?}");
        assert!(status.errors == 0 || declared.errors.contains(&name), "{name} failed: {status:?}");
    }
}

/// Nothing lost, nothing twice, nothing but status after an answer, every answer once.
pub(crate) async fn store(store: &Store, mails: &[ReceivedMail], declared: &Declared) {
    let filter = DeliveryFilter { limit: 100_000, ..DeliveryFilter::default() };
    let deliveries = store.deliveries(&filter).await.expect("the store answers");
    let filter = IncidentFilter { state: None, department: None, since: None, limit: 100_000 };
    let incidents = store.incidents(&filter).await.expect("the store answers");
    nothing_lost(&deliveries, &incidents, declared);
    nothing_twice(mails, declared);
    for incident in &incidents {
        silent_after_answer(store, incident, &deliveries).await;
        answered_once(store, incident).await;
    }
}

/// V1.
fn nothing_lost(deliveries: &[Delivery], incidents: &[Incident], declared: &Declared) {
    let waits = |delivery: &&Delivery| matches!(delivery.state, DeliveryState::Due | DeliveryState::Claimed);
    let waiting: Vec<_> = deliveries.iter().filter(waits).collect();
    assert!(declared.unsent || waiting.is_empty(), "still unsent: {waiting:#?}");
    let dead: Vec<_> = deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Dead).collect();
    assert_eq!(dead.len(), declared.dead, "given up: {dead:#?}");
    for delivery in dead {
        let about = |key: &str| key == format!("undelivered:{}", delivery.channel) || key == format!("channel:{}", delivery.channel);
        let own = incidents.iter().any(|incident| incident.id == delivery.incident && incident.key.starts_with("channel:"));
        assert!(own || incidents.iter().any(|incident| about(&incident.key)), "ops know nothing of {delivery:?}");
    }
}

/// V2: a repeat carries the Message-ID of the first.
fn nothing_twice(mails: &[ReceivedMail], declared: &Declared) {
    let mut seen: BTreeMap<(String, Vec<String>), usize> = BTreeMap::new();
    for mail in mails {
        *seen.entry((mail.header("Message-ID").expect("an id"), mail.recipients.clone())).or_default() += 1;
    }
    let repeats: usize = seen.values().map(|times| times - 1).sum();
    assert!(repeats <= declared.repeats, "{repeats} mails came again: {seen:?}");
}

/// V3: no attempt at a warning or an escalation begins after the answer.
async fn silent_after_answer(store: &Store, incident: &Incident, deliveries: &[Delivery]) {
    let Some(answered_at) = incident.acknowledged_at else { return };
    let loud = |delivery: &&Delivery| {
        delivery.incident == incident.id && delivery.generation == incident.generation && delivery.kind != DeliveryKind::Status
    };
    for delivery in deliveries.iter().filter(loud) {
        for attempt in store.attempts(&delivery.id).await.expect("the store answers") {
            assert!(attempt.started_at <= answered_at, "{attempt:?} of {delivery:?} came after the answer at {answered_at:?}");
        }
    }
}

/// V5: of all acknowledgements between two handings over, or before it got worse and after, one takes effect.
async fn answered_once(store: &Store, incident: &Incident) {
    let answers = store.incident_acknowledgements(&incident.id).await.expect("the store answers");
    let events = store.incident_events(&incident.id).await.expect("the store answers");
    let reopened: Vec<_> = events.iter().filter(|event| event.kind == "reopened").map(|event| event.at).collect();
    let mut acknowledged = 0;
    let mut last = None;
    for answer in answers.iter().filter(|answer| answer.row.took_effect) {
        let since = last.replace(answer.row.at);
        if reopened.iter().any(|at| since.is_some_and(|since| since <= *at) && *at <= answer.row.at) {
            acknowledged = 0;
        }
        acknowledged = match answer.row.action {
            Action::Acknowledge => acknowledged + 1,
            Action::HandOver { .. } | Action::NotOurs => 0,
            Action::FalseAlarm | Action::Resolve { .. } => acknowledged,
        };
        assert!(acknowledged <= 1, "two acknowledgements of {} took effect: {answers:#?}", incident.id);
    }
}

/// V7, and no job that died unseen.
pub(crate) fn log(text: &str, mails: &[ReceivedMail]) {
    for secret in [LINK_KEY, HOOK_SECRET, API_TOKEN, API_SECRET, "hunter2"] {
        assert!(!text.contains(secret), "a secret is in the log");
    }
    for mail in mails {
        let body = mail.body("text/plain");
        let token = body.split_whitespace().find_map(|word| word.split_once("/a/v1.")).map(|(_, token)| token);
        assert!(token.is_none_or(|token| !text.contains(token)), "a link is in the log");
    }
    let panics: Vec<&str> = text.lines().filter(|line| line.contains("panicked")).collect();
    assert!(panics.is_empty(), "{panics:?}");
}
