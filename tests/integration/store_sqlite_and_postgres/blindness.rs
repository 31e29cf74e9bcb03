//! What is watched of sources, their days, and the one incident of many.

use std::time::Duration;

use hearken::model::{
    Cadence, DayCount, FailureKind, Fingerprint, Identity, IncidentKind, Mention, NewIncident, Phrase, Severity, SourceState, Told, Watch,
};
use hearken::store::{NewSource, PrunePlan, SeenItem, Store};

use super::samples::{LEASE, at, incident, mention, plain, poll, seen, source, warning};
use super::{Bench, stories};

stories! {
    what_is_watched_is_kept_and_a_new_address_begins_anew
    a_list_at_another_address_keeps_what_it_knows
    a_list_under_another_name_is_taken_over
    what_is_read_in_another_way_is_read_soon
    days_are_kept_read_and_forgotten
    a_cause_is_told_once_and_ends_with_its_last_source
    two_daemons_tell_of_one_cause_once
    a_silence_is_known_whoever_resolved_it
    contents_are_known_that_the_last_document_showed
    mentions_are_known_that_the_last_document_showed
    what_waited_for_a_host_is_due
}

async fn claimed(store: &Store, count: usize) -> Vec<SourceState> {
    let wanted: Vec<_> = (0..count).map(|number| source(&format!("s{number}"), "one.example")).collect();
    store.sync_sources(&wanted, at(0)).await.expect("sync");
    store.claim_due_sources("n1", at(0), LEASE, 100, 100).await.expect("claim")
}

fn failing(state: SourceState) -> SourceState {
    SourceState {
        failures: 3,
        failure: Some(FailureKind::Dns),
        failing_since: Some(at(-60)),
        last_polled_at: Some(at(1)),
        next_due_at: at(5_000),
        ..state
    }
}

fn trouble(id: &str, key: &str) -> NewIncident {
    NewIncident { kind: IncidentKind::Source, severity: Severity::Medium, brand: None, category: None, ..incident(id, key) }
}

async fn what_is_watched_is_kept_and_a_new_address_begins_anew(bench: Bench) {
    let store = bench.store;
    let state = claimed(&store, 1).await.remove(0);
    assert_eq!((state.watch.clone(), state.told_as.clone()), (Watch::default(), None));
    let cadence = Cadence { days: 56, items: [0.5; 7], surprise: [1.25; 7], longest_gap_s: 7 };
    let watch = Watch { cadence: Some(cadence), days_learnt: 56, newest_first: -3, ..Watch::default() };
    store.commit_unchanged("n1", &SourceState { watch: watch.clone(), next_due_at: at(10), ..state }).await.expect("commit");
    assert_eq!(store.source("s0").await.expect("read").expect("there").watch, watch);
    store.keep_day("s0", &DayCount { day: 7, ..DayCount::default() }).await.expect("kept");
    store
        .sync_sources(&[hearken::store::NewSource { url: "https://two.example/".into(), ..source("s0", "two.example") }], at(0))
        .await
        .expect("sync");
    assert_eq!(store.source("s0").await.expect("read").expect("there").watch, Watch::default());
    assert_eq!(store.source_days("s0", 0).await.expect("read"), []);
}

async fn a_list_at_another_address_keeps_what_it_knows(bench: Bench) {
    let store = bench.store;
    let state = claimed(&store, 1).await.remove(0);
    let state = SourceState { baselined: true, next_due_at: at(9_000), failures: 4, last_item_at: Some(at(1)), ..state };
    store.commit_unchanged("n1", &state).await.expect("commit");
    let moved = |url: &str| NewSource { url: url.into(), changed_due_at: at(50), first_due_at: at(700), ..source("s0", "two.example") };
    store.sync_sources(&[moved("https://two.example/")], at(0)).await.expect("sync");
    let kept = store.source("s0").await.expect("read").expect("there");
    assert_eq!((kept.baselined, kept.watch.moved, kept.failures, kept.next_due_at), (true, true, 0, at(50)));
    assert_eq!(kept.last_item_at, Some(at(1)));
    store.sync_sources(&[NewSource { kind: "files".into(), ..moved("file:///inbox/") }], at(0)).await.expect("sync");
    let other = store.source("s0").await.expect("read").expect("there");
    assert_eq!((other.baselined, other.watch.moved, other.next_due_at), (false, false, at(700)), "no list");
}

async fn a_list_under_another_name_is_taken_over(bench: Bench) {
    let store = bench.store;
    let state = claimed(&store, 1).await.remove(0);
    store.commit_unchanged("n1", &SourceState { baselined: true, last_success_at: Some(at(9)), ..state }).await.expect("commit");
    let renamed = NewSource { name: "other".into(), changed_due_at: at(50), first_due_at: at(700), ..source("s0", "one.example") };
    let new = NewSource { first_due_at: at(700), ..source("s7", "one.example") };
    store.sync_sources(&[renamed, new], at(0)).await.expect("sync");
    let state = async |name: &str| {
        let state = store.source(name).await.expect("read").expect("there");
        (state.baselined, state.watch.moved, state.last_success_at, state.next_due_at)
    };
    assert_eq!(state("other").await, (true, false, Some(at(9)), at(0)), "all of it, and when it is due");
    assert!(store.source("s0").await.expect("read").is_none());
    assert_eq!(state("s7").await, (false, false, None, at(700)));
}

async fn what_is_read_in_another_way_is_read_soon(bench: Bench) {
    let store = bench.store;
    let state = claimed(&store, 1).await.remove(0);
    store.commit_unchanged("n1", &SourceState { next_due_at: at(9_000), failures: 4, ..state }).await.expect("commit");
    store.sync_sources(&[NewSource { reading: 8, changed_due_at: at(50), ..source("s0", "one.example") }], at(0)).await.expect("sync");
    let anew = store.source("s0").await.expect("read").expect("there");
    assert_eq!((anew.failures, anew.next_due_at), (0, at(50)));
}

async fn days_are_kept_read_and_forgotten(bench: Bench) {
    let store = bench.store;
    claimed(&store, 2).await;
    let today = at(0).as_secs() / 86_400;
    let day =
        |day: i64, new: u32| DayCount { day, new, polls: [("dns".to_owned(), 3), ("items".to_owned(), 4)].into(), ..DayCount::default() };
    for (number, new) in [(today - 500, 1), (today - 2, 2), (today - 1, 3), (today - 1, 4)] {
        store.keep_day("s0", &day(number, new)).await.expect("kept");
    }
    store.keep_day("s1", &day(today - 1, 9)).await.expect("kept");
    assert_eq!(
        store.source_days("s0", today - 2).await.expect("read"),
        [day(today - 2, 2), day(today - 1, 4)],
        "once more is written over"
    );
    let plan = PrunePlan { now: at(0), keep_items: Duration::from_secs(1), keep_incidents: Duration::from_secs(1) };
    assert_eq!(store.prune(plan).await.expect("pruned").source_days, 1);
    assert_eq!(store.source_days("s0", 0).await.expect("read").len(), 2);
}

/// Opens an incident that tells of these sources, or joins it.
async fn tell(store: &Store, id: &str, key: &str, names: &[&str]) -> bool {
    let mut sights = store.begin_sights().await.expect("begun");
    let raised = sights.raise(&trouble(id, key), &[warning(&format!("d_{id}"), id, "ops@example.test")]).await.expect("raised");
    sights.told(key, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).await.expect("told");
    sights.commit().await.expect("committed");
    raised.is_some()
}

async fn a_cause_is_told_once_and_ends_with_its_last_source(bench: Bench) {
    let store = bench.store;
    let mut states = claimed(&store, 3).await;
    for state in &states {
        store.commit_unchanged("n1", &failing(state.clone())).await.expect("commit");
    }
    assert!(tell(&store, "H-1", "host:one.example", &["s0", "s1"]).await);
    assert!(!tell(&store, "H-2", "host:one.example", &["s2"]).await, "joined");
    let told = store.told_sources().await.expect("read");
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].incident.as_str(), told[0].sources.iter().map(|state| state.name.as_str()).collect::<Vec<_>>()),
        ("H-1", vec!["s0", "s1", "s2"])
    );
    let sights = store.begin_sights().await.expect("begun");
    assert!(sights.open().contains("host:one.example"));
    assert!(sights.sources().iter().all(|state| state.told_as.as_deref() == Some("host:one.example")));
    drop(sights);
    store.claim_due_sources("n1", at(6_000), LEASE, 100, 100).await.expect("claim");
    let well = SourceState { last_success_at: Some(at(6_001)), next_due_at: at(9_000), ..states.remove(0) };
    store.commit_unchanged("n1", &well).await.expect("commit");
    let again = failing(states.remove(0));
    store.commit_unchanged("n1", &again).await.expect("commit");
    let told = store.told_sources().await.expect("read").remove(0).sources;
    assert_eq!(
        told.iter().map(|state| state.name.as_str()).collect::<Vec<_>>(),
        ["s1", "s2"],
        "one is read again; a failure more changes nothing"
    );
    let told = Told::new(Phrase::said("host_title").with("count", "2"), vec![Phrase::gap(), Phrase::raw("s1, s2")]);
    assert!(store.revise("H-1", "two left", "s1, s2", Some(&told), at(6_002)).await.expect("revised"));
    assert!(!store.revise("H-1", "two left", "s1, s2", Some(&told), at(6_003)).await.expect("asked"), "it says so already");
    assert_eq!(store.incident("H-1").await.expect("read").expect("there").told, Some(told));
    let events = store.incident_events("H-1").await.expect("read");
    assert_eq!(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(), ["opened", "revised"]);
    assert_eq!(store.incident("H-1").await.expect("read").expect("there").title, "two left");
}

async fn two_daemons_tell_of_one_cause_once(bench: Bench) {
    let second = bench.second().await;
    for state in claimed(&bench.store, 2).await {
        bench.store.commit_unchanged("n1", &failing(state)).await.expect("commit");
    }
    let (one, other) = tokio::join!(tell(&bench.store, "H-1", "network:out", &["s0"]), tell(&second, "H-2", "network:out", &["s1"]));
    assert!(one != other, "one of them opened it");
    assert_eq!(bench.store.told_sources().await.expect("read")[0].sources.len(), 2);
    second.close().await;
}

async fn a_silence_is_known_whoever_resolved_it(bench: Bench) {
    let store = bench.store;
    assert!(!store.was_told_since("silent:s0", at(0)).await.expect("asked"));
    store.raise(&trouble("H-1", "silent:s0"), &[]).await.expect("raised");
    assert!(store.was_told_since("silent:s0", at(10)).await.expect("asked"), "opened at that very moment");
    assert!(!store.was_told_since("silent:s0", at(11)).await.expect("asked"));
    assert!(!store.was_told_since("silent:s1", at(0)).await.expect("asked"));
}

async fn contents_are_known_that_the_last_document_showed(bench: Bench) {
    let store = bench.store;
    let state = claimed(&store, 1).await.remove(0);
    store.commit_poll(&poll("n1", &state, vec![plain(1), plain(2)], at(1))).await.expect("kept");
    let state = store.claim_due_sources("n1", at(2_000), LEASE, 1, 1).await.expect("claim").remove(0);
    let twin = SeenItem { identity: Identity(3), ..plain(2) };
    store.commit_poll(&poll("n1", &state, vec![plain(2), twin], at(2_001))).await.expect("kept");
    let shown = store.last_shown("s0", &[Fingerprint(10), Fingerprint(20), Fingerprint(30)]).await.expect("asked");
    assert_eq!(shown, [(Fingerprint(20), [Identity(2), Identity(3)].into())].into(), "the first one left before");
}

async fn mentions_are_known_that_the_last_document_showed(bench: Bench) {
    let store = bench.store;
    let state = claimed(&store, 1).await.remove(0);
    let named = |number: i64, seconds: i64| {
        let mention = Mention { author: None, title: None, seen_at: at(seconds), ..mention("s0", number) };
        seen(&mention, Severity::Low)
    };
    store.commit_poll(&poll("n1", &state, vec![named(1, 1), named(2, 1), plain(3)], at(1))).await.expect("kept");
    let state = store.claim_due_sources("n1", at(2_000), LEASE, 1, 1).await.expect("claim").remove(0);
    let as_before = SeenItem { mention: None, ..named(2, 1) };
    store.commit_poll(&poll("n1", &state, vec![as_before, named(4, 2_001)], at(2_001))).await.expect("kept");
    let shown = store.mentions_shown("s0", 10).await.expect("asked");
    assert_eq!(shown.iter().map(|said| said.identity.0).collect::<Vec<_>>(), [4, 2], "the newest first; the first one left before");
    assert_eq!((shown[0].title.as_deref(), shown[0].author.as_deref()), (None, None));
    assert_eq!(shown[0].text, mention("s0", 4).text);
    assert_eq!(store.mentions_shown("s0", 1).await.expect("asked").len(), 1);
    assert_eq!(store.mentions_shown("s1", 10).await.expect("asked"), []);
}

async fn what_waited_for_a_host_is_due(bench: Bench) {
    let store = bench.store;
    let states = claimed(&store, 2).await;
    store.commit_unchanged("n1", &failing(states[0].clone())).await.expect("commit");
    store.commit_unchanged("n1", &SourceState { next_due_at: at(5_000), ..states[1].clone() }).await.expect("commit");
    store.hasten(&["s0".to_owned(), "s1".to_owned()], at(100)).await.expect("hastened");
    let due: Vec<_> = store.sources().await.expect("read").into_iter().map(|state| state.next_due_at).collect();
    assert_eq!(due, [at(100), at(5_000)], "only what fails");
}
