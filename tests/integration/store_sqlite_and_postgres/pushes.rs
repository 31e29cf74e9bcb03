//! What sources push by themselves, beside the polls.

use std::collections::BTreeMap;

use hearken::model::{Fingerprint, Identity, Mention, Severity, SourceState, Watch};
use hearken::store::{KnownItem, PollCommit, Push, PushKept, StoreError};

use super::samples::{LEASE, at, mention, plain, poll, seen, source};
use super::{Bench, stories};

stories! {
    a_push_needs_no_lease_and_is_kept_whole
    a_call_counts_once
    a_push_that_was_overtaken_writes_nothing
    a_poll_under_way_does_not_forget_a_push
    a_look_begins_the_silence
    what_was_seen_elsewhere_is_not_shown_by_its_source
}

type Known = BTreeMap<Identity, KnownItem>;

fn push(known: &Known) -> Push<'_> {
    Push { known, call_id: None, lives_by_it: true, fresh: true, looked: false }
}

fn commit(name: &str, items: Vec<hearken::store::SeenItem>, now: i64) -> PollCommit {
    PollCommit {
        owner: "n1".to_owned(),
        state: SourceState { id: name.to_owned(), name: name.to_owned(), ..SourceState::default() },
        items,
        now: at(now),
    }
}

async fn a_push_needs_no_lease_and_is_kept_whole(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("desk", "")], at(0)).await.expect("sync");
    let told = mention("desk", 1);
    let kept = store.commit_push(&commit("desk", vec![seen(&told, Severity::Medium), plain(2)], 5), &push(&Known::new())).await;
    assert_eq!(kept.expect("it is kept"), PushKept::Kept);
    let state = store.source("desk").await.expect("read").expect("it is there");
    assert_eq!((state.last_item_at, state.last_success_at, state.baselined), (Some(at(5)), Some(at(5)), true));
    assert_eq!(state.next_due_at, at(0), "the next look stays where it was");
    let known = store.known_items("desk", &[Identity(1), Identity(2)]).await.expect("read");
    assert_eq!(known[&Identity(1)].mention, Some((told.id.clone(), 1)));
    assert_eq!(store.known_items("desk", &[Identity(2)]).await.expect("read").len(), 1);
    store.sync_sources(&[], at(0)).await.expect("sync");
    let late = store.commit_push(&commit("desk", vec![plain(3)], 6), &push(&Known::new())).await;
    assert!(matches!(late, Err(StoreError::NotFound(_))), "a source that was taken out takes nothing: {late:?}");
}

async fn a_call_counts_once(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("desk", "")], at(0)).await.expect("sync");
    let nothing = Known::new();
    let call = Push { call_id: Some("inbound desk msg_1".to_owned()), ..push(&nothing) };
    assert_eq!(store.commit_push(&commit("desk", vec![plain(1)], 1), &call).await.expect("kept"), PushKept::Kept);
    assert_eq!(store.commit_push(&commit("desk", vec![plain(2)], 600), &call).await.expect("answered"), PushKept::Replayed);
    assert!(store.known_items("desk", &[Identity(2)]).await.expect("read").is_empty());
    assert_eq!(store.source("desk").await.expect("read").expect("there").last_item_at, Some(at(1)));
}

async fn a_push_that_was_overtaken_writes_nothing(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("desk", "")], at(0)).await.expect("sync");
    let nothing = Known::new();
    let first = mention("desk", 1);
    let mut edited = first.clone();
    edited.text = "雨燕的包裹到了。".to_owned();
    let call = Push { call_id: Some("msg_2".to_owned()), ..push(&nothing) };
    store.commit_push(&commit("desk", vec![seen(&first, Severity::Medium)], 1), &push(&nothing)).await.expect("kept");
    let overtaken = store.commit_push(&commit("desk", vec![seen(&edited, Severity::Low)], 2), &call).await;
    assert_eq!(overtaken.expect("answered"), PushKept::Overtaken, "it was judged as if nobody had sent the item before");
    let known = store.known_items("desk", &[Identity(1)]).await.expect("read");
    assert_eq!(known[&Identity(1)].fingerprint, Fingerprint(11));
    edited.revision = 2;
    let again = Push { known: &known, ..call };
    let kept = store.commit_push(&commit("desk", vec![seen(&edited, Severity::Low)], 3), &again).await;
    assert_eq!(kept.expect("kept"), PushKept::Kept, "the id of the call was not used up");
}

async fn a_poll_under_way_does_not_forget_a_push(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("feed", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let nothing = Known::new();
    let by_hub = Push { lives_by_it: false, ..push(&nothing) };
    store.commit_push(&commit("feed", vec![plain(1)], 7), &by_hub).await.expect("kept");
    store.commit_unchanged("n1", &poll("n1", &state, Vec::new(), at(8)).state).await.expect("the lease stands");
    let after = store.source("feed").await.expect("read").expect("there");
    assert_eq!((after.last_item_at, after.last_polled_at), (Some(at(7)), Some(at(8))));
    store.hasten_source("feed", at(9)).await.expect("hastened");
    assert_eq!(store.source("feed").await.expect("read").expect("there").next_due_at, at(9));
    store.hasten_source("feed", at(20)).await.expect("no later");
    assert_eq!(store.source("feed").await.expect("read").expect("there").next_due_at, at(9));
}

async fn a_look_begins_the_silence(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("desk", "")], at(0)).await.expect("sync");
    for (now, next) in [(0, 900), (900, 1800)] {
        let state = store.claim_due_sources("n1", at(now), LEASE, 1, 1).await.expect("claim").remove(0);
        let watch = Watch { days_learnt: 3, ..state.watch.clone() };
        store.commit_look("n1", &SourceState { next_due_at: at(next), watch, ..state }, at(now)).await.expect("the lease stands");
    }
    let state = store.source("desk").await.expect("read").expect("there");
    assert_eq!(state.watch.days_learnt, 3);
    assert_eq!((state.last_success_at, state.last_polled_at, state.next_due_at), (Some(at(0)), Some(at(900)), at(1800)));
    assert!(matches!(store.commit_look("n1", &state, at(901)).await, Err(StoreError::LeaseLost(_))));
}

async fn what_was_seen_elsewhere_is_not_shown_by_its_source(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("feed", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let nothing = Known::new();
    let by_hub = Push { lives_by_it: false, ..push(&nothing) };
    let first = mention("feed", 1);
    store.commit_push(&commit("feed", vec![seen(&first, Severity::Low)], 3), &by_hub).await.expect("kept");
    store.commit_poll(&poll("n1", &state, vec![plain(2)], at(5))).await.expect("kept");
    let known = store.known_items("feed", &[Identity(1)]).await.expect("known");
    let looked = Push { known: &known, looked: true, ..push(&nothing) };
    let edited = Mention { text: "edited".to_owned(), revision: 2, ..first.clone() };
    let kept = store.commit_push(&commit("feed", vec![seen(&edited, Severity::High)], 9), &looked).await.expect("kept");
    assert_eq!(kept, PushKept::Kept);
    assert_eq!(store.is_shown(&first.id).await.expect("asked"), Some(false), "its source has not shown it since");
}
