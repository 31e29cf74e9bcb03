//! The disk is full at each place where the store writes: said as such, nothing kept by halves, and done once there is room.

use std::future::Future;
use std::time::Duration;

use serde_json::json;

use super::sql::{Columns as _, Sql};
use super::{AttemptRow, NewSource, Next, PollCommit, SeenItem, Store, StoreError};
use crate::model::{
    DeliveryKind, Fingerprint, Identity, IncidentKind, Mention, Moment, NewDelivery, NewIncident, Patience, Severity, SourceState, Verdict,
};

const NOW: Moment = Moment(1_000_000);
const LEASE: Duration = Duration::from_secs(60);
/// More than the free space inside any page.
const LONG: usize = 200_000;

/// Rows of each table that a step may write.
async fn rows(store: &Store) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["sources", "items", "mentions", "verdicts", "incidents", "incident_events", "deliveries", "timers", "receivers", "keys"] {
        let row = Sql::new("SELECT count(*) AS rows FROM ").push(table).first(&store.readers).await.expect("it reads").expect("a count");
        counts.push(row.int("rows").expect("a number"));
    }
    counts
}

/// The file may not grow from now on.
async fn fill(store: &Store) {
    for pool in [&store.writer, &store.relaxed] {
        // SQLite takes the present size for the least: not one page more. The limit goes with its connection.
        Sql::new("PRAGMA max_page_count = 1").all(pool).await.expect("a limit");
    }
}

/// The step fails as `Full` while the file may not grow, changes nothing, and succeeds afterwards.
async fn survives<T, F: Future<Output = Result<T, StoreError>>>(store: &Store, name: &str, step: impl Fn() -> F) {
    fill(store).await;
    let before = rows(store).await;
    let error = step().await.err().unwrap_or_else(|| panic!("{name} needs room"));
    assert!(matches!(error, StoreError::Full(_)), "{name}: {error:?}");
    store.note(&error);
    fill(store).await;
    assert!(matches!(store.prove_room(NOW).await, Err(StoreError::Full(_))), "there is no room");
    assert!(matches!(store.refusal(), Some(StoreError::Full(_))), "and that is known");
    assert_eq!(rows(store).await, before, "{name} kept nothing by halves");
    for pool in [&store.writer, &store.relaxed] {
        Sql::new("PRAGMA max_page_count = 1000000").all(pool).await.expect("room again");
    }
    store.prove_room(NOW).await.expect("there is room");
    assert!(store.refusal().is_none(), "{name}: it is over");
    let done = step().await.err();
    assert!(done.is_none(), "{name} with room again: {done:?}");
}

fn sources(count: i64) -> Vec<NewSource> {
    let source = |n| NewSource {
        name: format!("s{n}"),
        kind: "feed".to_owned(),
        url: format!("https://shop.example/{}", "x".repeat(500)),
        host: "shop.example".to_owned(),
        reading: 7,
        changed_due_at: Moment(0),
        first_due_at: NOW,
    };
    (0..count).map(source).collect()
}

fn item(source: &str, number: i64) -> SeenItem {
    let mention = Mention {
        id: format!("m_{number}"),
        source: source.to_owned(),
        identity: number,
        url: None,
        title: None,
        text: "包裹還沒到。".repeat(200),
        author: None,
        rating: None,
        rating_max: None,
        published: None,
        seen_at: NOW,
        lang: "zh-Hant".to_owned(),
        brands: Vec::new(),
        revision: 1,
        baseline: false,
        text_hash: 1,
        simhash: 1,
        extra: std::collections::BTreeMap::new(),
    };
    SeenItem { identity: Identity(number), fingerprint: Fingerprint(1), mention: Some((mention, Verdict::default())), stands_for: None }
}

fn incident(detail: usize) -> NewIncident {
    NewIncident {
        id: format!("H-{detail}"),
        kind: IncidentKind::Ops,
        key: format!("k{detail}"),
        severity: Severity::High,
        brand: None,
        category: None,
        department: "ops".to_owned(),
        also: Vec::new(),
        title: "title".to_owned(),
        detail: "d".repeat(detail),
        told: None,
        opened_at: NOW,
        escalate_at: Some(NOW),
        ladder: Vec::new(),
    }
}

fn delivery(note: usize) -> NewDelivery {
    NewDelivery {
        id: format!("d_{note}"),
        incident: "H-1".to_owned(),
        generation: 1,
        kind: DeliveryKind::Warning,
        step: i64::try_from(note).unwrap_or_default(),
        department: "ops".to_owned(),
        name: "ops".to_owned(),
        recipient: "ops@example.test".to_owned(),
        channel: "mail".to_owned(),
        language: "en".to_owned(),
        due_at: NOW,
        message_id: String::new(),
        note: "n".repeat(note),
    }
}

#[tokio::test]
async fn every_step_survives_a_full_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&format!("sqlite://{}", folder.path().join("full.db").display())).await.expect("the store opens");
    let store = &store;

    survives(store, "sync_sources", || async { store.sync_sources(&sources(300), NOW).await }).await;

    let state = store.claim_due_sources("n1", NOW, LEASE, 1, 1).await.expect("claim").remove(0);
    let poll = PollCommit {
        owner: "n1".to_owned(),
        items: (0..120).map(|n| item(&state.name, n)).collect(),
        state: SourceState { next_due_at: NOW.plus(LEASE), ..state },
        now: NOW,
    };
    survives(store, "commit_poll", || async { store.commit_poll(&poll).await }).await;

    let state = store.claim_due_sources("n2", NOW.plus(LEASE), LEASE, 1, 1).await.expect("claim").remove(0);
    let long = SourceState { failure_detail: Some("f".repeat(LONG)), ..state };
    survives(store, "commit_unchanged", || async { store.commit_unchanged("n2", &long).await }).await;

    let wait = Patience { key: "host:a.example".to_owned(), until: NOW.plus(LEASE * 9), reason: "r".repeat(LONG) };
    survives(store, "wait_for_site", || async { store.wait_for_site(&wait, NOW).await }).await;

    store.raise(&incident(1), &[delivery(1)]).await.expect("raise");
    survives(store, "raise", || async { store.raise(&incident(LONG), &[delivery(2)]).await }).await;
    let open = || async {
        let mut opening = store.begin_opening(NOW, 5).await?;
        for (mention, _) in opening.pending() {
            opening.join("H-1", &mention, Severity::High).await?;
            opening.deliver(&[delivery(LONG)]).await?;
            opening.acted(&mention, "joined").await?;
        }
        opening.commit().await
    };
    survives(store, "the opening step", open).await;
    let answer = || async {
        let mut tx = store.begin_incident("H-1", NOW).await?.ok_or_else(|| StoreError::NotFound("H-1".to_owned()))?;
        tx.event("acknowledged", NOW, "Mei", &json!({ "note": "n".repeat(LONG) })).await?;
        tx.commit().await
    };
    survives(store, "an answer", answer).await;

    let claimed = store.claim_due_over("mail", "n1", NOW, LEASE, 1).await.expect("claim").remove(0).delivery;
    let attempt = AttemptRow {
        number: claimed.attempts,
        started_at: NOW,
        finished_at: NOW,
        outcome: "delivered".to_owned(),
        reply: "r".repeat(LONG),
    };
    survives(store, "record_attempt", || async { store.record_attempt("n1", &claimed.id, &attempt, Next::Delivered).await }).await;
    survives(store, "pause_receiver", || async { store.pause_receiver("mail", NOW, &"w".repeat(LONG)).await }).await;
    store.ping().await.expect("it answers");
}
