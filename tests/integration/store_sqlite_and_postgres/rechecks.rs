//! Looks at the pages of mentions: planned, put off, and ended some time after their case.

use std::time::Duration;

use hearken::model::{Incident, IncidentState, Severity};
use hearken::store::{Recheck, Store, StoreError};
use serde_json::json;

use super::samples::{LEASE, at, incident, mention, poll, seen, source};
use super::{Bench, stories};

const EVERY: Duration = Duration::from_secs(1_000);

stories! {
    a_recheck_is_put_off_by_its_owner_alone
    a_recheck_ends_with_its_case_unless_somebody_asked
}

/// One incident of one mention, opened at second 10 and watched every 1000 seconds.
async fn watched(store: &Store) {
    store.sync_sources(&[source("a", "one.example")]).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 9, 1).await.expect("claim").remove(0);
    let mention = mention("a", 1);
    store.commit_poll(&poll("n1", &state, vec![seen(&mention, Severity::High)], at(10))).await.expect("commit");
    let mut opening = store.begin_opening(at(10), 10).await.expect("opening");
    assert!(opening.open(&incident("H-1", "k1"), &mention).await.expect("open"));
    opening.acted(&mention, "opened").await.expect("acted");
    opening.commit().await.expect("commit");
    assert_eq!(store.plan_rechecks(&["a".to_owned()], EVERY, at(0)).await.expect("planned"), 1);
    assert_eq!(store.plan_rechecks(&["a".to_owned()], EVERY, at(0)).await.expect("planned"), 0, "it is watched already");
}

async fn taken(store: &Store, owner: &str, now: i64) -> Option<Recheck> {
    store.claim_rechecks(owner, None, at(now), LEASE, 9).await.expect("claim").pop()
}

async fn a_recheck_is_put_off_by_its_owner_alone(bench: Bench) {
    let store = bench.store;
    watched(&store).await;
    assert_eq!(taken(&store, "n1", 1_000).await, None, "not due yet");
    let look = taken(&store, "n1", 1_010).await.expect("it is due");
    let place = json!({ "turn_at": "x" });
    assert!(matches!(store.postpone_recheck("n2", &look, &place, at(2_000)).await, Err(StoreError::LeaseLost(_))));
    store.postpone_recheck("n1", &look, &place, at(2_000)).await.expect("put off");
    assert_eq!(store.next_recheck_due().await.expect("read"), Some(at(2_000)));
    assert_eq!(taken(&store, "n2", 1_999).await, None);
    let again = taken(&store, "n2", 2_000).await.expect("its turn has come");
    assert_eq!((again.seen, again.checked_at), (place, None));
}

async fn a_recheck_ends_with_its_case_unless_somebody_asked(bench: Bench) {
    let store = bench.store;
    watched(&store).await;
    assert_eq!(store.end_rechecks(Duration::ZERO, at(20)).await.expect("ended"), 0, "the case has not ended");
    let mut tx = store.begin_incident("H-1", at(20)).await.expect("begin").expect("it is there");
    let resolved = Incident { state: IncidentState::Resolved, resolved_at: Some(at(20)), escalate_at: None, ..tx.incident().clone() };
    tx.update(&resolved).await.expect("update");
    tx.commit().await.expect("commit");
    assert_eq!(store.end_rechecks(Duration::from_secs(990), at(30)).await.expect("ended"), 0, "due within the time after the case");
    assert_eq!(store.end_rechecks(Duration::from_secs(989), at(30)).await.expect("ended"), 1);
    assert_eq!(store.next_recheck_due().await.expect("read"), None);
    assert_eq!(store.ask_recheck("H-1", at(5_000)).await.expect("asked"), 1);
    assert_eq!(store.end_rechecks(Duration::ZERO, at(5_000)).await.expect("ended"), 0, "somebody asked for it");
    assert!(taken(&store, "n1", 5_000).await.is_some());
}
