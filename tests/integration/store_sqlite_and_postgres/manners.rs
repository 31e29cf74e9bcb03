//! What all nodes keep to together: waits that sites asked for, budgets, and the pace of a source.

use std::time::Duration;

use hearken::model::{Asks, KeptRobots, Pace, Patience, SourceState};
use hearken::store::StoreError;

use super::samples::{LEASE, at, incident, poll, source};
use super::{Bench, stories};

const STEP: Duration = Duration::from_secs(10);

stories! {
    a_wait_is_obeyed_by_all_nodes_and_the_longest_holds
    a_budget_is_spent_once_whoever_spends
    a_source_is_moved_to_its_turn
    the_pace_of_a_source_is_kept
    what_robots_txt_said_is_remembered_the_newest_of_each_site
    a_clock_set_back_shortens_waits_and_budgets
    open_incidents_are_found_by_how_their_keys_begin
}

fn wait(key: &str, seconds: i64) -> Patience {
    Patience { key: key.to_owned(), until: at(seconds), reason: "429 from a.example".to_owned() }
}

async fn a_wait_is_obeyed_by_all_nodes_and_the_longest_holds(bench: Bench) {
    let second = bench.second().await;
    let long = wait("host:a.example", 300);
    bench.store.wait_for_site(&long, at(0)).await.expect("kept");
    second.wait_for_site(&wait("host:a.example", 200), at(1)).await.expect("kept");
    second.wait_for_site(&wait("domain:b.example", 100), at(1)).await.expect("kept");
    assert_eq!(second.waits(at(2)).await.expect("read"), [wait("domain:b.example", 100), long.clone()]);
    assert_eq!(bench.store.waits(at(100)).await.expect("read"), [long], "what is over is over");
    assert!(bench.store.end_waits(&["host:a.example".to_owned(), "domain:a.example".to_owned()]).await.expect("ended"));
    assert!(!bench.store.end_waits(&["host:a.example".to_owned()]).await.expect("ended"));
    assert_eq!(second.waits(at(100)).await.expect("read"), []);
    second.close().await;
}

async fn a_budget_is_spent_once_whoever_spends(bench: Bench) {
    let second = bench.second().await;
    let spends = (0..40).map(|number| {
        let store = if number % 2 == 0 { &bench.store } else { &second };
        async move { store.spend_budget("a.example", STEP, 1, at(0)).await.expect("spent") }
    });
    let mut spent = futures_util::future::join_all(spends).await;
    spent.sort();
    assert_eq!(spent, (1..=40).map(|number| at(number * 10)).collect::<Vec<_>>(), "each has a step of its own");
    assert_eq!(second.spend_budget("b.example", STEP, 3, at(5)).await.expect("spent"), at(35), "another domain");
    assert_eq!(second.spend_budget("a.example", STEP, 1, at(1_000)).await.expect("spent"), at(1_010), "what is past is not saved up");
    assert_eq!(second.spend_budget("a.example", STEP * 2, 1, at(1_000)).await.expect("spent"), at(1_020), "another step begins anew");
    second.close().await;
}

async fn a_source_is_moved_to_its_turn(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim");
    assert!(matches!(store.postpone_source("n2", "a", at(500), None).await, Err(StoreError::LeaseLost(_))));
    store.postpone_source("n1", "a", at(500), Some(at(500))).await.expect("moved");
    assert_eq!(store.next_source_due().await.expect("due"), Some(at(500)));
    assert!(store.claim_due_sources("n2", at(499), LEASE, 1, 1).await.expect("claim").is_empty());
    let state = store.claim_due_sources("n2", at(500), LEASE, 1, 1).await.expect("claim").remove(0);
    assert_eq!(state.turn_at, Some(at(500)), "it keeps its place");
    store.commit_unchanged("n2", &SourceState { turn_at: None, next_due_at: at(900), ..state }).await.expect("commit");
    assert_eq!(store.source("a").await.expect("read").expect("there").turn_at, None);
}

async fn what_robots_txt_said_is_remembered_the_newest_of_each_site(bench: Bench) {
    let second = bench.second().await;
    let said = |origin: &str, rules: &str, seconds: i64| KeptRobots {
        origin: origin.to_owned(),
        agent: "hearken".to_owned(),
        rules: rules.to_owned(),
        etag: (seconds == 20).then(|| "\"r1\"".to_owned()),
        last_modified: None,
        seen_at: at(seconds),
    };
    let (a, b) = (said("https://a.example", "disallow: /x\n", 10), said("https://b.example", "", 5));
    bench.store.keep_robots(&[a.clone(), b.clone()], at(0)).await.expect("kept");
    assert_eq!(second.kept_robots(at(0)).await.expect("read"), [a.clone(), b.clone()]);
    let newer = said("https://a.example", "", 20);
    second.keep_robots(std::slice::from_ref(&newer), at(0)).await.expect("kept");
    bench.store.keep_robots(&[a], at(0)).await.expect("kept");
    assert_eq!(second.kept_robots(at(0)).await.expect("read"), [newer.clone(), b], "an older one does not come back");
    let many: Vec<KeptRobots> = (0..250).map(|number| said(&format!("https://{number:03}.example"), "", 30)).collect();
    bench.store.keep_robots(&many, at(10)).await.expect("kept");
    let kept = second.kept_robots(at(0)).await.expect("read");
    assert_eq!((kept.len(), kept.iter().any(|one| one.origin == "https://b.example")), (251, false), "the oldest is forgotten");
    assert_eq!(second.kept_robots(at(30)).await.expect("read").len(), 250);
    second.close().await;
}

async fn the_pace_of_a_source_is_kept(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    assert_eq!(state.pace, Pace::default());
    let pace = Pace {
        since: Some(at(-100)),
        at: at(0),
        lately: 0.1 + 0.2,
        mostly: 31.25,
        holds_s: 600,
        asks: Asks { every_s: 3_600, base_s: Some(-1), skip_hours: 3, skip_days: 96 },
    };
    store.commit_poll(&poll("n1", &SourceState { pace, ..state }, Vec::new(), at(1))).await.expect("commit");
    assert_eq!(store.source("a").await.expect("read").expect("there").pace, pace);
    let mut moved = source("a", "one.example");
    moved.url = "https://one.example/other.xml".to_owned();
    store.sync_sources(&[moved], at(0)).await.expect("sync");
    assert_eq!(store.source("a").await.expect("read").expect("there").pace, Pace::default(), "another address has another pace");
}

async fn a_clock_set_back_shortens_waits_and_budgets(bench: Bench) {
    const AHEAD: i64 = 86_400;
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    store.wait_for_site(&wait("host:right.example", 7_000), at(0)).await.expect("kept");
    let state = store.claim_due_sources("n1", at(AHEAD), LEASE, 1, 1).await.expect("claim").remove(0);
    store.commit_poll(&poll("n1", &state, Vec::new(), at(AHEAD))).await.expect("commit");
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    // Dated ahead; the one of before is over by that clock, so it is set again by the right one afterwards.
    store.wait_for_site(&wait("host:a.example", AHEAD + 600), at(AHEAD)).await.expect("kept");
    store.spend_budget("a.example", STEP, 6, at(AHEAD)).await.expect("spent");
    store.mend_set_back_clock(at(0), Duration::ZERO).await.expect("mended").expect("it was ahead");
    let waits = store.waits(at(0)).await.expect("read");
    assert_eq!(waits.iter().map(|wait| wait.until).collect::<Vec<_>>(), [at(600)]);
    assert_eq!(store.spend_budget("a.example", STEP, 1, at(0)).await.expect("spent"), at(70));
}

async fn open_incidents_are_found_by_how_their_keys_begin(bench: Bench) {
    let store = bench.store;
    for (id, key) in [("H-1", "credential:b"), ("H-2", "credential:a"), ("H-3", "source:credential:"), ("H-4", "Credential:c")] {
        store.raise(&incident(id, key), &[]).await.expect("raised");
    }
    assert_eq!(store.open_keys_beginning("credential:").await.expect("read"), ["credential:a", "credential:b"]);
}
