//! What a source remembers, whatever its name and its address become.

use hearken::model::{Fingerprint, Identity, Mention, Severity, SourceState};
use hearken::store::{MentionFilter, NewSource, Store};

use super::samples::{LEASE, at, mention, plain, poll, seen, source};
use super::{Bench, stories};

stories! {
    a_name_is_a_name_and_the_memory_stays
    two_that_change_places_exchange_their_names
    one_that_takes_the_place_of_another_has_its_memory
    a_new_source_is_given_the_memory_of_one_that_left
    what_was_held_back_can_be_listed
}

/// Polls each of these once: it shows one item without a brand and one with.
async fn polled(store: &Store, wanted: &[NewSource]) {
    store.sync_sources(wanted, at(0)).await.expect("sync");
    for state in store.claim_due_sources("n1", at(0), LEASE, 100, 100).await.expect("claim") {
        let said = mention(&state.name, 7);
        store.commit_poll(&poll("n1", &state, vec![plain(1), seen(&said, Severity::Low)], at(5))).await.expect("kept");
    }
}

async fn of(store: &Store, name: &str) -> SourceState {
    store.source(name).await.expect("asked").expect("it is there")
}

/// Names of the sources of which mentions are stored.
async fn heard_from(store: &Store) -> Vec<String> {
    let mentions = store.mentions(&MentionFilter::default()).await.expect("asked");
    let mut names: Vec<String> = mentions.into_iter().map(|(Mention { source, .. }, _)| source).collect();
    names.sort();
    names
}

async fn a_name_is_a_name_and_the_memory_stays(bench: Bench) {
    let store = bench.store;
    polled(&store, &[source("a", "one.example")]).await;
    let before = of(&store, "a").await;
    let renamed = NewSource { name: "b".into(), ..source("a", "one.example") };
    store.sync_sources(std::slice::from_ref(&renamed), at(10)).await.expect("sync");
    let after = of(&store, "b").await;
    assert_eq!(SourceState { name: "a".into(), ..after.clone() }, before, "nothing but its name");
    assert!(store.source("a").await.expect("asked").is_none());
    assert_eq!(heard_from(&store).await, ["b"]);
    let named = MentionFilter { source: Some("b".into()), ..MentionFilter::default() };
    assert_eq!(store.mentions(&named).await.expect("asked").len(), 1);
    // A new one may have the old name, and none of the memory.
    store.sync_sources(&[renamed, source("a", "two.example")], at(20)).await.expect("sync");
    let new = of(&store, "a").await;
    assert!(new.id != after.id && !new.baselined);
    assert!(store.known_items(&new.id, &[Identity(1)]).await.expect("asked").is_empty());
    assert_eq!(store.known_items(&after.id, &[Identity(1), Identity(7)]).await.expect("asked").len(), 2);
}

async fn two_that_change_places_exchange_their_names(bench: Bench) {
    let store = bench.store;
    let (a, b) = (source("a", "one.example"), source("b", "two.example"));
    polled(&store, &[a.clone(), b.clone()]).await;
    let ids = (of(&store, "a").await.id, of(&store, "b").await.id);
    let swapped = [NewSource { name: "b".into(), ..a }, NewSource { name: "a".into(), ..b }];
    store.sync_sources(&swapped, at(10)).await.expect("sync");
    assert_eq!((of(&store, "b").await.id, of(&store, "a").await.id), ids);
    assert_eq!(of(&store, "a").await.host, "two.example");
    assert_eq!(store.sources().await.expect("asked").len(), 2);
    assert_eq!(heard_from(&store).await, ["a", "b"]);
}

async fn one_that_takes_the_place_of_another_has_its_memory(bench: Bench) {
    let store = bench.store;
    let (a, b) = (source("a", "one.example"), source("b", "two.example"));
    polled(&store, &[a, b.clone()]).await;
    let there = of(&store, "b").await;
    let only = [NewSource { name: "a".into(), ..b }];
    store.sync_sources(&only, at(10)).await.expect("sync");
    assert_eq!(of(&store, "a").await.id, there.id, "the list that stands there is known");
    let all = store.sources().await.expect("asked");
    assert_eq!(all.iter().map(|state| (state.name.as_str(), state.removed)).collect::<Vec<_>>(), [("a", false), ("a", true)]);
    store.sync_sources(&[], at(20)).await.expect("sync");
    store.sync_sources(&only, at(30)).await.expect("sync");
    assert_eq!(of(&store, "a").await.id, there.id, "of two that left the one that is meant");
}

async fn a_new_source_is_given_the_memory_of_one_that_left(bench: Bench) {
    let store = bench.store;
    polled(&store, &[source("a", "one.example"), source("z", "nine.example")]).await;
    let kept = source("z", "nine.example");
    store.sync_sources(&[source("b", "two.example"), kept.clone()], at(10)).await.expect("sync");
    let (fresh, long) = (of(&store, "b").await, at(10 + 3 * 86_400));
    let following = store.following(&[&fresh.id, "nobody"]).await.expect("asked");
    assert!(following.contains(&fresh.id) && following.len() == 1, "{following:?}");
    let left = store.predecessors(&fresh.id, 9).await.expect("asked");
    assert_eq!(left.iter().map(|state| state.name.as_str()).collect::<Vec<_>>(), ["a"]);
    assert!(store.adopt(&fresh, &left[0], at(12)).await.expect("adopted"));
    let adopted = of(&store, "b").await;
    assert_eq!((adopted.id.as_str(), adopted.host.as_str(), adopted.next_due_at), ("a", "two.example", at(12)));
    assert!(adopted.baselined && adopted.watch.moved && !adopted.removed && adopted.last_success_at == Some(at(5)));
    assert_eq!(store.known_items(&adopted.id, &[Identity(1)]).await.expect("asked").len(), 1);
    assert!(store.source("a").await.expect("asked").is_none());
    assert!(!store.adopt(&fresh, &left[0], at(13)).await.expect("asked"), "once");
    // One that comes days later is nobody's successor.
    store.sync_sources(std::slice::from_ref(&kept), at(20)).await.expect("sync");
    store.sync_sources(&[kept, source("c", "three.example")], long).await.expect("sync");
    let late = of(&store, "c").await.id;
    assert!(store.following(&[&late]).await.expect("asked").is_empty());
    assert_eq!(store.predecessors(&late, 9).await.expect("asked"), []);
}

async fn what_was_held_back_can_be_listed(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let known = Mention { baseline: true, ..mention("a", 1) };
    let items = vec![seen(&known, Severity::High), seen(&mention("a", 2), Severity::High)];
    let mut again = seen(&Mention { baseline: true, ..mention("a", 3) }, Severity::Low);
    again.fingerprint = Fingerprint(31);
    again.mention.as_mut().expect("it is one").1.complaint = false;
    store.commit_poll(&poll("n1", &state, [items, vec![again]].concat(), at(5))).await.expect("kept");
    let held = store.held(&state.id, at(-5), 10).await.expect("asked");
    assert_eq!(held.iter().map(|(mention, _)| mention.id.as_str()).collect::<Vec<_>>(), ["m_a_1"]);
    assert!(store.held(&state.id, at(5), 10).await.expect("asked").is_empty(), "seen before");
}
