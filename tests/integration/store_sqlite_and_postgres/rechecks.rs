//! Looks at the pages of mentions: planned, put off, and ended some time after their case.

use std::time::Duration;

use hearken::model::{Incident, IncidentState, Mention, Severity};
use hearken::store::{Recheck, Store, StoreError};
use serde_json::json;

use super::samples::{LEASE, at, incident, mention, poll, seen, source};
use super::{Bench, stories};

const EVERY: Duration = Duration::from_secs(1_000);

stories! {
    a_recheck_is_put_off_by_its_owner_alone
    a_recheck_ends_with_its_case_unless_somebody_asked
    a_mention_without_an_address_is_watched_on_its_page
}

/// One incident of one mention, opened at second 10 and watched every 1000 seconds.
async fn watched(store: &Store) {
    opened(store, mention("a", 1)).await;
    assert_eq!(store.plan_rechecks(&["a".to_owned()], false, EVERY, at(0)).await.expect("planned"), 1);
    assert_eq!(store.plan_rechecks(&["a".to_owned()], false, EVERY, at(0)).await.expect("planned"), 0, "it is watched already");
}

async fn opened(store: &Store, mention: Mention) {
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 9, 1).await.expect("claim").remove(0);
    store.commit_poll(&poll("n1", &state, vec![seen(&mention, Severity::High)], at(10))).await.expect("commit");
    let mut opening = store.begin_opening(at(10), 10).await.expect("opening");
    assert!(opening.open(&incident("H-1", "k1"), &mention).await.expect("open"));
    opening.acted(&mention, "opened").await.expect("acted");
    opening.commit().await.expect("commit");
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
    assert_eq!(store.ask_recheck("H-1", &[], at(5_000)).await.expect("asked"), 1);
    assert_eq!(store.end_rechecks(Duration::ZERO, at(5_000)).await.expect("ended"), 0, "somebody asked for it");
    assert!(taken(&store, "n1", 5_000).await.is_some());
}

async fn a_mention_without_an_address_is_watched_on_its_page(bench: Bench) {
    let store = bench.store;
    opened(&store, Mention { url: None, ..mention("a", 1) }).await;
    let sources = ["a".to_owned()];
    assert_eq!(store.plan_rechecks(&sources, false, EVERY, at(0)).await.expect("planned"), 0, "there is nothing to look at");
    assert_eq!(store.ask_recheck("H-1", &[], at(20)).await.expect("asked"), 0);
    assert_eq!(store.ask_recheck("H-1", &sources, at(20)).await.expect("asked"), 1);
    assert!(taken(&store, "n1", 20).await.is_some());
    assert_eq!(store.plan_rechecks(&sources, true, EVERY, at(0)).await.expect("planned"), 0, "it is watched already");
    assert_eq!(store.ask_recheck("H-1", &["b".to_owned()], at(30)).await.expect("asked"), 0, "its source is no page any more");
}
