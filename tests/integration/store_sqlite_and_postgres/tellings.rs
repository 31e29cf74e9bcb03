//! What was told, what is judged again, and the last sign of life.

use hearken::model::{Mention, Severity, Verdict};
use hearken::store::{LastSign, OPENED, Rejudged, Store, TOLD};

use super::samples::{LEASE, at, incident, mention, poll, seen, source, verdict};
use super::{Bench, stories};

stories! {
    the_words_that_were_told_stay_after_edits
    what_other_rules_judged_is_judged_again_once
    the_last_sign_says_whether_it_was_an_end
}

/// A poll that shows this wording of the one mention.
async fn shown(store: &Store, revision: i64, text: &str, now: i64) {
    let state = store.claim_due_sources("n1", at(now), LEASE, 9, 1).await.expect("claim").remove(0);
    let edited = Mention { revision, text: text.to_owned(), ..mention("a", 1) };
    store.commit_poll(&poll("n1", &state, vec![seen(&edited, Severity::High)], at(now))).await.expect("commit");
}

/// What is waiting becomes this.
async fn acted(store: &Store, outcome: &str, now: i64) {
    let mut opening = store.begin_opening(at(now), 10).await.expect("opening");
    let (mention, _) = opening.pending().remove(0);
    if outcome == OPENED {
        assert!(opening.open(&incident("H-1", "k1"), &mention).await.expect("open"));
    }
    opening.all_acted(&[&mention], outcome).await.expect("acted");
    opening.commit().await.expect("commit");
}

async fn the_words_that_were_told_stay_after_edits(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let wordings = [(1, "first", OPENED), (2, "second", "joined"), (3, "third", TOLD), (4, "fourth", "joined")];
    for (revision, text, outcome) in wordings {
        shown(&store, revision, text, revision * 2_000).await;
        acted(&store, outcome, revision * 2_000 + 1).await;
    }
    let told = store.tellings("H-1").await.expect("read");
    let said: Vec<_> = told.iter().map(|told| (told.revision, told.text.as_deref(), told.at, told.present)).collect();
    assert_eq!(said, [(1, Some("first"), at(2_001), false), (3, Some("third"), at(6_001), false)], "what nobody heard is not kept");
    assert_eq!(told[0].title.as_deref(), Some("等了兩週"));
    let mut opening = store.begin_opening(at(9_000), 10).await.expect("opening");
    assert_eq!(opening.tellings("H-1").await.expect("read"), told);
    assert_eq!(opening.incident_of_mention("m_a_1").await.expect("asked").as_deref(), Some("H-1"));
    assert_eq!(opening.incident_of_mention("m_a_9").await.expect("asked"), None);
    drop(opening);
    shown(&store, 5, "fifth", 10_000).await;
    shown(&store, 6, "sixth", 12_000).await;
    acted(&store, TOLD, 12_001).await;
    let told = store.tellings("H-1").await.expect("read");
    assert_eq!(told.last().map(|told| (told.text.as_deref(), told.present)), Some((Some("sixth"), true)), "as it stands");
    assert_eq!(told.len(), 3, "what was superseded before anybody heard is none of it");
}

async fn what_other_rules_judged_is_judged_again_once(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 9, 1).await.expect("claim").remove(0);
    let old = Mention { baseline: true, ..mention("a", 3) };
    let items = [mention("a", 1), mention("a", 2), old].iter().map(|mention| seen(mention, Severity::Low)).collect();
    store.commit_poll(&poll("n1", &state, items, at(1))).await.expect("commit");
    let otherwise = |rules: &'static str, since| {
        let store = store.clone();
        async move {
            let found = store.judged_otherwise(rules, at(since), 10).await.expect("read");
            found.into_iter().map(|found| (found.mention.id, found.verdict.severity, found.told)).collect::<Vec<_>>()
        }
    };
    assert_eq!(otherwise("new", 0).await, [], "what nobody has acted on is acted on first");
    let mut opening = store.begin_opening(at(2), 10).await.expect("opening");
    let pending = opening.pending();
    assert!(opening.open(&incident("H-1", "k1"), &pending[0].0).await.expect("open"));
    opening.all_acted(&[&pending[0].0], OPENED).await.expect("acted");
    opening.all_acted(&[&pending[1].0], "below_least").await.expect("acted");
    opening.commit().await.expect("commit");
    let both = [("m_a_1".to_owned(), Severity::Low, true), ("m_a_2".to_owned(), Severity::Low, false)];
    assert_eq!(otherwise("new", 0).await, both, "the past of a source is none of it");
    assert_eq!((otherwise("abc", 0).await, otherwise("new", 2).await), (vec![], vec![]));

    let again = |number: i64, acts: bool| Rejudged {
        mention: format!("m_a_{number}"),
        revision: 1,
        before: "abc".to_owned(),
        verdict: Verdict { rule_set: "new".to_owned(), ..verdict(Severity::Critical) },
        acts,
    };
    assert_eq!(store.judge_again(&[again(1, false), again(2, true)]).await.expect("done"), 2);
    assert_eq!(store.judge_again(&[again(1, true), again(2, true)]).await.expect("done"), 0, "another daemon did it");
    assert_eq!(otherwise("new", 0).await, []);
    let waiting = store.begin_opening(at(3), 10).await.expect("opening").pending();
    let waiting: Vec<_> = waiting.iter().map(|(mention, verdict)| (mention.id.as_str(), verdict.severity)).collect();
    assert_eq!(waiting, [("m_a_2", Severity::Critical)]);
    let (told, verdict) = store.mention("m_a_1").await.expect("read").expect("it is there");
    assert_eq!(verdict.rule_set, "new");
    assert_eq!(store.fate(&told).await.expect("read").and_then(|fate| fate.outcome).as_deref(), Some(OPENED), "it stays told");
}

async fn the_last_sign_says_whether_it_was_an_end(bench: Bench) {
    let store = bench.store;
    assert_eq!(store.last_sign().await.expect("read"), None);
    for (seconds, ended) in [(5, false), (25, true), (3, false)] {
        store.sign(at(seconds), ended).await.expect("kept");
        assert_eq!(store.last_sign().await.expect("read"), Some(LastSign { at: at(seconds), ended }));
    }
}
