//! Figures, retention, replayed ids, copies.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use hearken::model::{
    FailureKind, Identity, Incident, IncidentState, Mention, Moment, NewDelivery, NewIncident, Secret, Severity, SourceState,
};
use hearken::store::{Engine, InForce, PruneCounts, PrunePlan, Store};

use super::samples::{LEASE, at, incident, mention, plain, poll, raised, seen, source, warning};
use super::{Bench, stories};

const DAY: i64 = 86_400;

stories! {
    it_answers
    an_id_is_good_for_one_call
    a_key_is_the_same_for_all_nodes
    figures_say_how_things_stand
    what_a_source_still_shows_is_not_forgotten
    only_ended_incidents_are_forgotten
    what_a_clock_that_ran_ahead_had_dated_is_brought_forward
    a_small_step_is_mended_by_the_one_daemon_that_saw_it
    a_copy_is_whole
    what_a_daemon_has_in_force_is_dated_from_when_it_changed
}

async fn it_answers(bench: Bench) {
    bench.store.ping().await.expect("it answers");
    let expected = if bench.url.starts_with("sqlite:") { Engine::Sqlite } else { Engine::Postgres };
    assert_eq!(bench.store.engine(), expected);
}

/// A signed call that changes the incident; given up half way where `ends` is false.
async fn call(store: &Store, id: &str, seconds: i64, ends: bool) -> bool {
    let mut tx = store.begin_incident("H-1", at(seconds)).await.expect("begin").expect("it is there");
    let first = tx.first_call(id).await.expect("asked");
    if ends {
        tx.commit().await.expect("commit");
    }
    first
}

async fn an_id_is_good_for_one_call(bench: Bench) {
    let store = bench.store;
    raised(&store, "H-1", &[]).await;
    assert!(call(&store, "msg_1", 0, false).await);
    assert!(call(&store, "msg_1", 0, true).await, "what failed half way may be made again");
    assert!(!call(&store, "msg_1", 300, true).await);
    assert!(call(&store, "msg_2", 300, true).await);
    assert!(call(&store, "msg_1", 661, true).await, "by then its time stamp is refused anyway");
}

async fn what_a_daemon_has_in_force_is_dated_from_when_it_changed(bench: Bench) {
    let store = bench.store;
    let shown = |worker: &str, rules: &str, seconds: i64| InForce {
        rules_since: at(seconds),
        worker: worker.into(),
        release: "1".into(),
        rules: rules.into(),
        settings: std::collections::BTreeMap::from([("route".to_owned(), "x".to_owned())]),
        since: at(seconds),
        seen_at: at(seconds),
    };
    for (worker, rules, seconds) in [("east", "a", 0), ("west", "a", 5), ("east", "a", 20), ("west", "b", 25), ("west", "b", 45)] {
        store.show_in_force(&shown(worker, rules, seconds)).await.expect("shown");
    }
    let wanted = [
        InForce { since: at(0), rules_since: at(0), seen_at: at(20), ..shown("east", "a", 0) },
        InForce { since: at(25), rules_since: at(25), seen_at: at(45), ..shown("west", "b", 0) },
    ];
    assert_eq!(store.in_force(at(0)).await.expect("read"), wanted);
    let other_settings = InForce { settings: std::collections::BTreeMap::new(), ..shown("east", "a", 20) };
    store.show_in_force(&other_settings).await.expect("shown");
    let east = store.in_force(at(0)).await.expect("read").remove(0);
    assert_eq!((east.since, east.rules_since), (at(20), at(0)), "its rules are what they were");
    assert_eq!(store.in_force(at(21)).await.expect("read"), wanted[1..]);
    assert_eq!((store.forget_daemons(at(21)).await.expect("done"), store.in_force(at(0)).await.expect("read").len()), (1, 1));
}

async fn a_key_is_the_same_for_all_nodes(bench: Bench) {
    let second = bench.second().await;
    let keys = [(&bench.store, "one"), (&second, "two")]
        .map(|(store, fresh)| async move { store.key("links", &Secret::new(fresh), at(0)).await.expect("a key") });
    let keys = futures_util::future::join_all(keys).await;
    assert_eq!(keys[0], keys[1]);
    assert_eq!(second.key("links", &Secret::new("three"), at(9)).await.expect("a key"), keys[0]);
}

async fn answer(store: &Store, id: &str, state: IncidentState, seconds: i64) {
    let mut tx = store.begin_incident(id, at(seconds)).await.expect("begin").expect("it is there");
    let resolved_at = (state == IncidentState::Resolved).then_some(at(seconds));
    let answered = Incident { state, acknowledged_at: Some(at(seconds)), resolved_at, ..tx.incident().clone() };
    tx.update(&answered).await.expect("update");
    tx.cancel_unsent().await.expect("cancel");
    tx.commit().await.expect("commit");
}

async fn figures_say_how_things_stand(bench: Bench) {
    let store = bench.store;
    assert_eq!(store.figures(at(0)).await.expect("figures of an empty store").acknowledgements.count, 0);
    store.sync_sources(&[source("a", "one.example"), source("b", "two.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    store.commit_unchanged("n1", &SourceState { failure: Some(FailureKind::Dns), ..state }).await.expect("commit");
    for (id, seconds) in [("H-1", 50), ("H-2", 1_000), ("H-3", 0)] {
        raised(&store, id, &[warning(&format!("d_{id}"), id, "a@example.test")]).await;
        if seconds > 0 {
            answer(&store, id, IncidentState::Acknowledged, 10 + seconds).await;
        }
    }
    let figures = store.figures(at(110)).await.expect("figures");
    assert_eq!(figures.oldest_due_age, Duration::from_secs(100));
    assert_eq!(figures.outbox.values().sum::<i64>(), 3);
    assert_eq!(figures.incidents[&(IncidentState::Open, Severity::Medium)], 1);
    assert_eq!((figures.sources, figures.failing[&FailureKind::Dns]), (2, 1));
    let times = &figures.acknowledgements;
    assert_eq!((times.count, times.sum_s), (2, 1_050.0));
    assert_eq!(times.buckets[..4], [(60, 1), (300, 1), (900, 1), (1_800, 2)]);
}

fn plan(seconds: i64) -> PrunePlan {
    PrunePlan { now: at(seconds), keep_items: Duration::from_secs(30 * 86_400), keep_incidents: Duration::from_secs(60 * 86_400) }
}

async fn what_a_source_still_shows_is_not_forgotten(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let items = (0..1_200).map(plain).chain([seen(&mention("a", 5_000), Severity::None)]).collect();
    store.commit_poll(&poll("n1", &state, items, at(0))).await.expect("commit");
    // For months the source answers that nothing changed.
    assert_eq!(store.prune(plan(40 * DAY)).await.expect("prune").items, 0);
    let state = store.claim_due_sources("n1", at(41 * DAY), LEASE, 1, 1).await.expect("claim").remove(0);
    store.commit_poll(&poll("n1", &state, vec![plain(0), plain(1)], at(41 * DAY))).await.expect("commit");
    assert_eq!(store.prune(plan(42 * DAY)).await.expect("prune").items, 1_198);
    let known = store.known_items("a", &[Identity(0), Identity(1), Identity(2), Identity(5_000)]).await.expect("known");
    assert_eq!(known.len(), 3, "what it shows, and what names a brand");
}

async fn only_ended_incidents_are_forgotten(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let old = Mention { baseline: true, ..mention("a", 1) };
    let items = vec![seen(&old, Severity::Low), seen(&mention("a", 2), Severity::High)];
    store.commit_poll(&poll("n1", &state, items, at(0))).await.expect("commit");
    for id in ["H-open", "H-done"] {
        raised(&store, id, &[warning(&format!("d_{id}"), id, "a@example.test")]).await;
    }
    answer(&store, "H-done", IncidentState::Resolved, 50).await;
    assert_eq!(store.prune(plan(59 * DAY)).await.expect("prune"), PruneCounts::default());
    let counts = store.prune(plan(61 * DAY)).await.expect("prune");
    assert_eq!((counts.incidents, counts.mentions), (1, 1), "a verdict that waits keeps its mention");
    assert!(store.incident("H-done").await.expect("read").is_none());
    assert!(store.incident_deliveries("H-done").await.expect("list").is_empty());
    assert!(store.incident("H-open").await.expect("read").is_some());
    let known = store.known_items("a", &[Identity(1)]).await.expect("known");
    assert_eq!(known[&Identity(1)].mention, None, "its fingerprint stays: it is no news when seen again");
}

async fn a_copy_is_whole(bench: Bench) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("it's a copy.db");
    raised(&bench.store, "H-1", &[warning("d_1", "H-1", "a@example.test")]).await;
    let copied = bench.store.backup(&path).await;
    if bench.store.engine() == Engine::Postgres {
        assert!(copied.expect_err("PostgreSQL has its own tool").to_string().contains("pg_dump"));
        return;
    }
    copied.expect("copied");
    let mode = std::fs::metadata(&path).expect("the copy is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "people's words are for the owner alone");
    assert!(bench.store.backup(&path).await.expect_err("it exists").to_string().contains("exists already"));
    raised(&bench.store, "H-2", &[]).await;
    let copy = Store::open(&format!("sqlite://{}", path.display())).await.expect("the copy opens");
    assert!(copy.incident("H-1").await.expect("read").is_some());
    assert!(copy.incident("H-2").await.expect("read").is_none());
    assert_eq!(copy.claim_due_over("mail", "n1", at(20), LEASE, 9).await.expect("claim").len(), 1);
}

async fn what_a_clock_that_ran_ahead_had_dated_is_brought_forward(bench: Bench) {
    const AHEAD: i64 = 5 * 3600;
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    raised(&store, "H-1", &[warning("d_before", "H-1", "a@example.test")]).await;
    assert_eq!(store.mend_set_back_clock(at(60), Duration::ZERO).await.expect("looked"), None, "nothing was polled yet");
    let state = store.claim_due_sources("n1", at(AHEAD), LEASE, 1, 1).await.expect("claim").remove(0);
    store.commit_poll(&poll("n1", &state, vec![], at(AHEAD))).await.expect("commit");
    let told = NewDelivery { due_at: at(AHEAD + 120), ..warning("d_ahead", "H-2", "b@example.test") };
    let ahead = NewIncident { opened_at: at(AHEAD), escalate_at: Some(at(AHEAD + 900)), ..incident("H-2", "H-2") };
    store.raise(&ahead, &[told]).await.expect("raised");
    assert_eq!(store.mend_set_back_clock(at(AHEAD), Duration::ZERO).await.expect("looked"), None, "the past lies in the past");
    // Set right.
    assert_eq!(store.mend_set_back_clock(Moment::from_secs(86_400), Duration::ZERO).await.expect("looked"), None, "1970 is not right");
    let back = store.mend_set_back_clock(at(60), Duration::ZERO).await.expect("mended").expect("it was ahead");
    assert_eq!(back, Duration::from_secs(AHEAD as u64 - 60));
    assert_eq!(store.mend_set_back_clock(at(60), Duration::ZERO).await.expect("looked"), None, "once");
    assert_eq!(store.next_source_due().await.expect("due"), Some(at(60 + 900)));
    assert_eq!(store.incident("H-1").await.expect("read").expect("there").escalate_at, Some(at(910)), "dated by the right clock");
    assert_eq!(store.incident("H-2").await.expect("read").expect("there").escalate_at, Some(at(60 + 900)));
    assert_eq!(store.next_escalation_due().await.expect("due"), Some(at(910)));
    assert_eq!(store.due_escalations(at(960), 9).await.expect("due"), ["H-1", "H-2"]);
}

async fn a_small_step_is_mended_by_the_one_daemon_that_saw_it(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(300), LEASE, 1, 1).await.expect("claim").remove(0);
    store.commit_poll(&poll("n1", &state, vec![], at(300))).await.expect("commit");
    let due = store.next_source_due().await.expect("due").expect("a source");
    assert_eq!(store.mend_set_back_clock(at(60), Duration::ZERO).await.expect("looked"), None, "other machines' clocks differ by as much");
    let (mended, then) = match store.engine() {
        Engine::Sqlite => (Some(Duration::from_secs(250)), due.minus(Duration::from_secs(250))),
        Engine::Postgres => (None, due),
    };
    assert_eq!(store.mend_set_back_clock(at(60), Duration::from_secs(250)).await.expect("looked"), mended);
    assert_eq!(store.next_source_due().await.expect("due"), Some(then));
}
