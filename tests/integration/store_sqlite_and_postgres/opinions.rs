//! Second opinions: which verdicts wait for one, who asks, and how often.

use hearken::model::{Mention, Severity};
use hearken::store::{Settled, Store};

use super::samples::{LEASE, at, mention, poll, seen, source};
use super::{Bench, stories};

stories! {
    a_doubt_is_taken_once_and_settled_for_good
    a_doubt_in_vain_comes_again_and_counts_for_the_day
    an_edited_mention_is_another_doubt
}

/// Verdicts that the opening step acted on at second 2; the third is of a first poll.
async fn acted(store: &Store) -> Vec<Mention> {
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let mut mentions: Vec<Mention> = (1..=3).map(|number| Mention { text_hash: number, ..mention("a", number) }).collect();
    mentions[2].baseline = true;
    let items = mentions.iter().map(|mention| seen(mention, Severity::Low)).collect();
    store.commit_poll(&poll("n1", &state, items, at(1))).await.expect("commit");
    assert_eq!(store.doubts(at(0), at(2), 9).await.expect("asked"), [], "nobody has acted on them");
    let mut opening = store.begin_opening(at(2), 10).await.expect("begun");
    for (mention, _) in opening.pending() {
        opening.acted(&mention, "not_a_complaint").await.expect("acted");
    }
    opening.commit().await.expect("committed");
    mentions
}

async fn ids(store: &Store, second: i64) -> Vec<i64> {
    store.doubts(at(0), at(second), 9).await.expect("asked").iter().map(|doubt| doubt.mention.identity).collect()
}

async fn a_doubt_is_taken_once_and_settled_for_good(bench: Bench) {
    let (store, second) = (bench.store.clone(), bench.second().await);
    let mentions = acted(&store).await;
    assert_eq!(ids(&store, 3).await, [1, 2]);
    assert!(store.doubts(at(2), at(3), 9).await.expect("asked").is_empty(), "too old");
    assert!(store.claim_doubt(&mentions[0], "small", at(60), at(3)).await.expect("claimed"));
    assert!(!second.claim_doubt(&mentions[0], "small", at(60), at(4)).await.expect("asked"), "another daemon asks");
    assert_eq!(ids(&second, 4).await, [2]);

    let mut opening = store.reopen(&mentions[0], at(5)).await.expect("begun").expect("it is there");
    assert_eq!(opening.pending()[0].0, mentions[0]);
    let settled = Settled { mention: &mentions[0], outcome: "fine", answer: Some("{}") };
    opening.settle_doubt(&settled, "small").await.expect("settled");
    opening.commit().await.expect("committed");
    store.settle_doubts(&[Settled { mention: &mentions[1], outcome: "outside", answer: None }], "small", at(5)).await.expect("settled");
    assert_eq!(ids(&store, 9_999).await, [0; 0]);
    assert!(!store.claim_doubt(&mentions[0], "small", at(9_999), at(9_998)).await.expect("asked"));
    let answer = |hash, model| {
        let store = store.clone();
        async move { store.answer_about(hash, model).await.expect("asked") }
    };
    assert_eq!((answer(1, "small").await.as_deref(), answer(1, "large").await, answer(2, "small").await), (Some("{}"), None, None));
    second.close().await;
}

async fn a_doubt_in_vain_comes_again_and_counts_for_the_day(bench: Bench) {
    let store = bench.store;
    let mentions = acted(&store).await;
    assert_eq!(store.questions_since(at(0)).await.expect("counted"), 0);
    assert!(store.claim_doubt(&mentions[0], "small", at(60), at(3)).await.expect("claimed"));
    store.put_off_doubt(&mentions[0], "timeout", at(30), false).await.expect("put off");
    assert_eq!((ids(&store, 29).await, ids(&store, 30).await), (vec![2], vec![2, 1]), "who was never asked about comes first");
    assert!(store.claim_doubt(&mentions[0], "small", at(90), at(30)).await.expect("claimed"));
    assert_eq!(ids(&store, 91).await, [2, 1], "whoever took it died with it");
    assert_eq!(store.doubts(at(0), at(91), 2).await.expect("asked")[1].attempts, 2);
    assert_eq!((store.questions_since(at(0)).await.expect("counted"), store.questions_since(at(31)).await.expect("counted")), (2, 0));
    assert!(store.claim_doubt(&mentions[1], "small", at(95), at(92)).await.expect("claimed"));
    store.put_off_doubt(&mentions[1], "failed", at(95), true).await.expect("put off");
    assert_eq!(store.questions_since(at(0)).await.expect("counted"), 2, "it cost nothing");
    assert_eq!(store.doubts(at(0), at(95), 2).await.expect("asked")[1].attempts, 0);
}

async fn an_edited_mention_is_another_doubt(bench: Bench) {
    let store = bench.store;
    let mentions = acted(&store).await;
    store.settle_doubts(&[Settled { mention: &mentions[0], outcome: "outside", answer: None }], "small", at(3)).await.expect("settled");
    store.reset_source("a", at(4)).await.expect("reset");
    let state = store.claim_due_sources("n1", at(4), LEASE, 1, 1).await.expect("claim").remove(0);
    let edited = Mention { revision: 2, ..mentions[0].clone() };
    store.commit_poll(&poll("n1", &state, vec![seen(&edited, Severity::Low)], at(5))).await.expect("commit");
    assert!(store.reopen(&mentions[0], at(6)).await.expect("asked").is_none(), "it says something else now");
    let mut opening = store.begin_opening(at(6), 10).await.expect("begun");
    opening.acted(&edited, "not_a_complaint").await.expect("acted");
    opening.commit().await.expect("committed");
    assert_eq!(ids(&store, 7).await, [2, 1]);
}
