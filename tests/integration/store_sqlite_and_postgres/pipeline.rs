//! From a poll to an answered incident.

use std::time::Duration;

use hearken::model::{
    Action, DeliveryKind, DeliveryState, FailureKind, Fingerprint, Identity, Incident, IncidentState, Mention, NewDelivery, Severity,
    SourceState, Via,
};
use hearken::store::{AckRow, DeliveryFilter, IncidentFilter, KnownItem, MentionFilter, NewSource, StoreError};
use serde_json::json;

use super::samples::{LEASE, at, incident, mention, plain, poll, recipient, seen, source, verdict, warning};
use super::{Bench, stories};

stories! {
    sources_follow_the_configuration
    new_selectors_are_not_hidden_by_an_unchanged_document
    a_poll_is_kept_whole_or_not_at_all
    every_field_survives
    an_edited_item_is_judged_again
    a_baseline_is_never_opened
    verdicts_become_incidents_once
    a_dropped_opening_changes_nothing
    an_answer_takes_effect_once
    an_answer_stops_what_was_not_sent
    a_timer_climbs_the_ladder
    an_ops_incident_is_raised_once_per_key
}

async fn sources_follow_the_configuration(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example"), source("b", "two.example")], at(0)).await.expect("sync");
    let state = &store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim")[0];
    let known = SourceState { etag: Some("\"x\"".to_owned()), body_hash: -5, ..state.clone() };
    store.commit_poll(&poll("n1", &known, vec![plain(1)], at(1))).await.expect("commit");

    let mut moved = source("a", "one.example");
    moved.url = "https://one.example/new.xml".to_owned();
    store.sync_sources(&[moved.clone()], at(0)).await.expect("sync");
    let a = store.source("a").await.expect("read").expect("a is there");
    assert_eq!((a.etag, a.body_hash, a.baselined, a.url.as_str()), (None, 0, true, "https://one.example/new.xml"));
    assert!(store.source("b").await.expect("read").expect("b is kept").removed);
    assert!(store.claim_due_sources("n1", at(9_999), LEASE, 9, 9).await.expect("claim").iter().all(|source| source.name != "b"));

    store.sync_sources(&[moved, source("b", "two.example")], at(0)).await.expect("sync");
    assert!(!store.source("b").await.expect("read").expect("b is back").removed);
    assert_eq!(store.sources().await.expect("list").len(), 2);
    assert!(matches!(store.reset_source("c", at(0)).await, Err(StoreError::NotFound(_))));
}

async fn new_selectors_are_not_hidden_by_an_unchanged_document(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let known = SourceState { etag: Some("\"x\"".to_owned()), body_hash: -5, baselined: true, last_item_at: Some(at(1)), ..state };
    store.commit_poll(&poll("n1", &known, vec![plain(1)], at(1))).await.expect("commit");
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let same = store.source("a").await.expect("read").expect("a is there");
    assert_eq!((same.etag, same.body_hash), (known.etag.clone(), -5), "nothing changed, nothing is forgotten");

    store.claim_due_sources("n1", at(9_999), LEASE, 1, 1).await.expect("claim");
    let other = NewSource { reading: 8, ..source("a", "one.example") };
    store.sync_sources(std::slice::from_ref(&other), at(0)).await.expect("sync");
    let a = store.source("a").await.expect("read").expect("a is there");
    assert_eq!((a.etag, a.body_hash, a.baselined, a.last_item_at), (None, 0, true, Some(at(1))), "what it showed stays known");
    let under_way = store.commit_poll(&poll("n1", &known, vec![plain(1)], at(10_000))).await;
    assert!(matches!(under_way, Err(StoreError::LeaseLost(_))), "it was read the old way");
}

async fn a_poll_is_kept_whole_or_not_at_all(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 9, 1).await.expect("claim").remove(0);
    assert_eq!(store.next_source_due().await.expect("due"), Some(at(60)), "until then it is leased");

    let items: Vec<_> = (0..120).map(plain).chain([plain(7), seen(&mention("a", 500), Severity::High)]).collect();
    let other = poll("n2", &state, items.clone(), at(1));
    assert!(matches!(store.commit_poll(&other).await, Err(StoreError::LeaseLost(_))));
    assert!(store.known_items("a", &[Identity(3)]).await.expect("known").is_empty());

    store.commit_poll(&poll("n1", &state, items, at(1))).await.expect("commit");
    let identities: Vec<_> = (0..600).map(Identity).collect();
    let known = store.known_items("a", &identities).await.expect("known");
    assert_eq!(known.len(), 121);
    assert_eq!(known[&Identity(3)], KnownItem { fingerprint: Fingerprint(30), mention: None, said: None });
    assert_eq!(known[&Identity(500)].mention, Some(("m_a_500".to_owned(), 1)));
    assert_eq!(store.next_source_due().await.expect("due"), Some(at(901)));

    let state = store.claim_due_sources("n1", at(1_000), LEASE, 9, 1).await.expect("claim").remove(0);
    let failed =
        SourceState { failures: 1, failure: Some(FailureKind::Tls), failing_since: Some(at(1_000)), next_due_at: at(2_000), ..state };
    store.commit_unchanged("n1", &failed).await.expect("commit");
    assert_eq!(store.source("a").await.expect("read").expect("it is there"), failed);
    assert!(matches!(store.commit_unchanged("n1", &failed).await, Err(StoreError::LeaseLost(_))), "the lease ended with the first");
}

async fn every_field_survives(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 9, 1).await.expect("claim").remove(0);
    let full = mention("a", 1);
    let bare = Mention {
        id: "m_bare".to_owned(),
        identity: i64::MIN,
        url: None,
        title: None,
        text: String::new(),
        author: None,
        rating: None,
        rating_max: None,
        published: None,
        brands: Vec::new(),
        ..full.clone()
    };
    let items = vec![seen(&full, Severity::Critical), seen(&Mention { identity: 2, ..bare.clone() }, Severity::None)];
    store.commit_poll(&poll("n1", &state, items, at(1))).await.expect("commit");
    assert_eq!(store.mention("m_a_1").await.expect("read"), Some((full.clone(), verdict(Severity::Critical))));
    assert_eq!(store.mention("m_bare").await.expect("read").expect("it is there").0, Mention { identity: 2, ..bare });
    let by_url = MentionFilter { url: full.url.clone(), ..MentionFilter::default() };
    assert_eq!(store.mentions(&by_url).await.expect("list").len(), 1);
    let by_text = MentionFilter { text_hash: Some(-77), source: Some("a".to_owned()), since: Some(at(0)), ..MentionFilter::default() };
    assert_eq!(store.mentions(&by_text).await.expect("list").len(), 2);
}

async fn an_edited_item_is_judged_again(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    for (revision, now) in [(1, 0), (2, 2_000)] {
        let state = store.claim_due_sources("n1", at(now), LEASE, 9, 1).await.expect("claim").remove(0);
        let edited = Mention { revision, text: format!("text {revision}"), ..mention("a", 1) };
        store.commit_poll(&poll("n1", &state, vec![seen(&edited, Severity::High)], at(now))).await.expect("commit");
    }
    let opening = store.begin_opening(at(3_000), 10).await.expect("opening");
    let pending = opening.pending();
    assert_eq!(pending.len(), 1, "the first revision was superseded before anyone acted on it");
    assert_eq!((pending[0].0.revision, pending[0].0.text.as_str()), (2, "text 2"));
}

async fn a_baseline_is_never_opened(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 9, 1).await.expect("claim").remove(0);
    let old = Mention { baseline: true, ..mention("a", 1) };
    store.commit_poll(&poll("n1", &state, vec![seen(&old, Severity::Critical)], at(1))).await.expect("commit");
    assert!(!store.has_pending().await.expect("asked"));
    assert!(store.begin_opening(at(2), 10).await.expect("opening").pending().is_empty());
}

/// A source with these mentions waiting.
async fn waiting(bench: &Bench, mentions: &[Mention]) {
    bench.store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = bench.store.claim_due_sources("n1", at(0), LEASE, 9, 1).await.expect("claim").remove(0);
    let items = mentions.iter().map(|mention| seen(mention, Severity::High)).collect();
    bench.store.commit_poll(&poll("n1", &state, items, at(1))).await.expect("commit");
}

async fn verdicts_become_incidents_once(bench: Bench) {
    waiting(&bench, &[mention("a", 1), mention("a", 2)]).await;
    let store = bench.store;
    let mut opening = store.begin_opening(at(10), 10).await.expect("opening");
    let pending = opening.pending();
    assert_eq!(pending.len(), 2);
    let (first, second) = (&pending[0].0, &pending[1].0);
    assert!(opening.similar("Swift", &[], at(0)).await.expect("similar").is_empty());
    assert!(opening.open(&incident("H-1", "k1"), first).await.expect("open"));
    assert!(!opening.open(&incident("H-2", "k1"), second).await.expect("an unresolved incident has the key"));
    let similar = opening.similar("Swift", &[], at(0)).await.expect("similar");
    assert_eq!((similar[0].incident.as_str(), similar[0].text_hash, similar[0].simhash), ("H-1", -77, i64::MIN + 1));
    assert_eq!(similar[0].state, IncidentState::Open);
    assert!(opening.join("H-1", second, Severity::Critical).await.expect("join"));
    assert!(!opening.join("H-1", second, Severity::Low).await.expect("join again"));
    assert!(opening.join("H-9", second, Severity::Low).await.is_err());
    drop(opening);

    let mut opening = store.begin_opening(at(10), 10).await.expect("opening");
    assert!(opening.open(&incident("H-1", "k1"), first).await.expect("open"));
    assert!(opening.join("H-1", second, Severity::Critical).await.expect("join"));
    let told = [warning("d_1", "H-1", "mei@example.test"), warning("d_2", "H-1", "mei@example.test")];
    assert_eq!(opening.deliver(&told).await.expect("deliver"), 1, "nobody is told twice");
    opening.event("H-1", "opened", at(10), "hearken", &json!({ "rule": "logistics.late" })).await.expect("event");
    for (mention, _) in &pending {
        opening.acted(mention, "opened").await.expect("acted");
    }
    opening.commit().await.expect("commit");

    assert!(store.begin_opening(at(11), 10).await.expect("opening").pending().is_empty());
    let opened = store.incident("H-1").await.expect("read").expect("it is there");
    let expected = Incident {
        id: "H-1".to_owned(),
        kind: hearken::model::IncidentKind::Mention,
        state: IncidentState::Open,
        key: "k1".to_owned(),
        generation: 1,
        severity: Severity::Critical,
        brand: Some("Swift".to_owned()),
        category: Some("logistics".to_owned()),
        department: "logistics".to_owned(),
        also: vec!["care".to_owned()],
        title: "等了兩週".to_owned(),
        detail: String::new(),
        told: None,
        opened_at: at(10),
        step: 0,
        escalate_at: Some(at(910)),
        ladder: incident("H-1", "k1").ladder,
        acknowledged_at: None,
        acknowledged_by: None,
        resolved_at: None,
        resolved_by: None,
        cause: None,
        remedy: None,
        mentions: 2,
    };
    assert_eq!(opened, expected);
    assert_eq!(store.incident_mentions("H-1").await.expect("list").len(), 2);
    assert_eq!(store.incident_events("H-1").await.expect("list")[0].detail, json!({ "rule": "logistics.late" }));
    let mut opening = store.begin_opening(at(12), 10).await.expect("opening");
    assert_eq!(opening.incident_of_item("a", 2).await.expect("asked").map(|found| found.id).as_deref(), Some("H-1"));
    assert!(opening.incident_of_item("a", 3).await.expect("asked").is_none());
}

async fn a_dropped_opening_changes_nothing(bench: Bench) {
    waiting(&bench, &[mention("a", 1)]).await;
    let store = bench.store;
    let mut opening = store.begin_opening(at(10), 10).await.expect("opening");
    let mention = opening.pending().remove(0).0;
    opening.open(&incident("H-1", "k1"), &mention).await.expect("open");
    opening.acted(&mention, "opened").await.expect("acted");
    drop(opening);
    assert!(store.incident("H-1").await.expect("read").is_none());
    assert!(store.has_pending().await.expect("asked"));
}

fn answer(actor: &str, took_effect: bool) -> AckRow {
    AckRow {
        actor: actor.to_owned(),
        via: Via::Link,
        action: Action::HandOver { department: "care".to_owned() },
        note: "打過電話了".to_owned(),
        ip: Some("192.0.2.7".to_owned()),
        agent: None,
        at: at(20),
        took_effect,
    }
}

async fn an_answer_takes_effect_once(bench: Bench) {
    super::samples::raised(&bench.store, "H-1", &[]).await;
    let second = bench.second().await;
    let answers = ["mei", "bo", "lin", "ana"].map(|actor| {
        let store = if actor.len() == 2 { bench.store.clone() } else { second.clone() };
        async move {
            let mut tx = store.begin_incident("H-1", at(20)).await.expect("begin").expect("it is there");
            let took_effect = tx.incident().state == IncidentState::Open;
            if took_effect {
                let acknowledged =
                    Incident { state: IncidentState::Acknowledged, acknowledged_by: Some(actor.to_owned()), ..tx.incident().clone() };
                tx.update(&acknowledged).await.expect("update");
            }
            tx.acknowledgement(&answer(actor, took_effect)).await.expect("kept");
            tx.commit().await.expect("commit");
        }
    });
    futures_util::future::join_all(answers).await;
    let kept = bench.store.incident_acknowledgements("H-1").await.expect("list");
    assert_eq!(kept.len(), 4);
    let effective: Vec<_> = kept.iter().filter(|answer| answer.row.took_effect).collect();
    assert_eq!(effective.len(), 1);
    assert_eq!(effective[0].row, answer(&effective[0].row.actor, true));
    let by = bench.store.incident("H-1").await.expect("read").expect("it is there").acknowledged_by;
    assert_eq!(by.as_deref(), Some(effective[0].row.actor.as_str()));
    assert!(bench.store.begin_incident("H-9", at(20)).await.expect("begin").is_none());
}

async fn an_answer_stops_what_was_not_sent(bench: Bench) {
    let store = bench.store;
    let told = [warning("d_1", "H-1", "mei@example.test"), warning("d_2", "H-1", "bo@example.test")];
    super::samples::raised(&store, "H-1", &told).await;
    let claimed = store.claim_due_over("mail", "n1", at(11), LEASE, 1).await.expect("claim");
    assert_eq!(claimed.len(), 1);

    let mut tx = store.begin_incident("H-1", at(20)).await.expect("begin").expect("it is there");
    let acknowledged = Incident {
        state: IncidentState::Acknowledged,
        acknowledged_at: Some(at(20)),
        acknowledged_by: Some("Mei".to_owned()),
        escalate_at: None,
        ..tx.incident().clone()
    };
    tx.update(&acknowledged).await.expect("update");
    assert_eq!(tx.cancel_unsent().await.expect("cancel"), 1);
    let told = hearken::respond::notify::told(&tx.deliveries().await.expect("its deliveries"), 1);
    assert_eq!(told.len(), 1, "who was never told needs no news");
    let number = tx.event("acknowledged", at(20), "Mei", &json!({})).await.expect("event");
    assert_eq!(tx.events().await.expect("events").last().map(|event| event.seq), Some(number));
    let news = NewDelivery { kind: DeliveryKind::Status, step: number, ..warning("d_3", "H-1", &told[0].address) };
    assert_eq!(tx.deliver(&[news]).await.expect("deliver"), 1);
    tx.commit().await.expect("commit");

    assert_eq!(store.incident("H-1").await.expect("read"), Some(acknowledged));
    assert_eq!(told, [recipient(&claimed[0].delivery.recipient)]);
    assert!(!store.may_send("n1", &claimed[0].delivery, at(21)).await.expect("asked"), "it was claimed before and is not wanted now");
    assert_eq!(store.next_escalation_due().await.expect("due"), None);
    store.release_delivery("n1", &claimed[0].delivery).await.expect("released");
    let news = store.claim_due_over("mail", "n1", at(21), LEASE, 9).await.expect("claim");
    assert_eq!(news.iter().map(|claimed| claimed.delivery.kind).collect::<Vec<_>>(), [DeliveryKind::Status]);
    let cancelled = DeliveryFilter { state: Some(DeliveryState::Cancelled), ..DeliveryFilter::default() };
    assert_eq!(store.deliveries(&cancelled).await.expect("list").len(), 2);
}

async fn a_timer_climbs_the_ladder(bench: Bench) {
    let store = bench.store;
    super::samples::raised(&store, "H-1", &[]).await;
    assert_eq!(store.next_escalation_due().await.expect("due"), Some(at(910)));
    assert!(store.due_escalations(at(909), 10).await.expect("list").is_empty());
    assert_eq!(store.due_escalations(at(910), 10).await.expect("list"), ["H-1"]);

    let mut tx = store.begin_incident("H-1", at(910)).await.expect("begin").expect("it is there");
    let climbed = Incident { step: 1, escalate_at: Some(at(1_810)), ..tx.incident().clone() };
    tx.update(&climbed).await.expect("update");
    tx.commit().await.expect("commit");
    assert_eq!(store.next_escalation_due().await.expect("due"), Some(at(1_810)));

    let mut tx = store.begin_incident("H-1", at(1_810)).await.expect("begin").expect("it is there");
    let handed = Incident { generation: 2, step: 0, escalate_at: Some(at(5_000)), department: "care".to_owned(), ..tx.incident().clone() };
    tx.update(&handed).await.expect("update");
    tx.commit().await.expect("commit");
    assert_eq!(store.next_escalation_due().await.expect("due"), Some(at(5_000)));
    let care = IncidentFilter { department: Some("care".to_owned()), state: Some(IncidentState::Open), ..IncidentFilter::default() };
    assert_eq!(store.incidents(&care).await.expect("list"), [handed]);
}

async fn an_ops_incident_is_raised_once_per_key(bench: Bench) {
    let store = bench.store;
    let told = [warning("d_1", "H-1", "ops@example.test")];
    assert_eq!(store.raise(&incident("H-1", "source:a"), &told).await.expect("raise").as_deref(), Some("H-1"));
    assert_eq!(store.raise(&incident("H-2", "source:a"), &[]).await.expect("raise"), None);
    let found = store.open_incident_by_key("source:a").await.expect("asked").expect("it is open");
    let mut tx = store.begin_incident(&found.id, at(20)).await.expect("begin").expect("it is there");
    tx.update(&Incident { state: IncidentState::Resolved, resolved_at: Some(at(20)), ..found }).await.expect("update");
    tx.commit().await.expect("commit");
    assert!(store.open_incident_by_key("source:a").await.expect("asked").is_none());
    assert_eq!(store.raise(&incident("H-2", "source:a"), &[]).await.expect("raise").as_deref(), Some("H-2"));
    assert!(store.raise(&incident("H-2", "source:b"), &[]).await.is_err(), "an id is used once");
    let since = IncidentFilter { since: Some(at(0).plus(Duration::from_secs(1))), limit: 1, ..IncidentFilter::default() };
    assert_eq!(store.incidents(&since).await.expect("list").len(), 1);
}
