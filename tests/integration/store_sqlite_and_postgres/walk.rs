//! A walk through the mentions, page by page.

use hearken::model::{Mention, Severity};
use hearken::store::{MentionFilter, Walk};

use super::samples::{LEASE, at, mention, poll, seen, source};
use super::{Bench, stories};

stories! {
    a_walk_meets_every_mention_once_oldest_first
    mentions_are_found_by_words_as_they_are_written
}

async fn a_walk_meets_every_mention_once_oldest_first(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    // Several at one moment, as one poll sees them, and not in the order of their ids.
    let seen_at = [(5, 30), (3, 10), (9, 10), (1, 20), (2, 10), (7, 0)];
    let mentions: Vec<Mention> = seen_at.iter().map(|(number, second)| Mention { seen_at: at(*second), ..mention("a", *number) }).collect();
    let items = mentions.iter().map(|mention| seen(mention, Severity::High)).collect();
    store.commit_poll(&poll("n1", &state, items, at(40))).await.expect("commit");

    let mut walk = Walk::from(at(10));
    let mut met = Vec::new();
    loop {
        let page = store.mentions_after(&walk, 2).await.expect("a page");
        assert_eq!(store.verdicts_after(&walk, 2).await.expect("a page").into_iter().map(|(mention, _)| mention).collect::<Vec<_>>(), page);
        let Some(last) = page.last() else { break };
        walk = Walk::behind(last);
        met.extend(page.iter().map(|mention| mention.identity));
    }
    assert_eq!(met, [2, 3, 9, 1, 5]);
}

async fn mentions_are_found_by_words_as_they_are_written(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let of = |number: i64, title: Option<&str>, text: &str| Mention {
        title: title.map(str::to_owned),
        text: text.to_owned(),
        url: Some(format!("https://Shop.example/r_{number}?a=1")),
        seen_at: at(number),
        ..mention("a", number)
    };
    let mentions = [of(1, None, "100% Broken!"), of(2, Some("壞了_的壺"), "x"), of(3, None, "100 broken")];
    let items = mentions.iter().map(|mention| seen(mention, Severity::High)).collect();
    store.commit_poll(&poll("n1", &state, items, at(40))).await.expect("commit");
    assert_eq!(store.count_mentions().await.expect("counted"), 3);
    let identities = |found: Vec<(Mention, hearken::model::Verdict)>| found.iter().map(|(mention, _)| mention.identity).collect::<Vec<_>>();
    for (words, wanted) in
        [("broken", vec![3, 1]), ("100% b", vec![1]), ("壞了_", vec![2]), ("壞了%", vec![]), ("'", vec![]), ("r", vec![3, 1])]
    {
        let filter = MentionFilter { words: Some(words.to_owned()), ..MentionFilter::default() };
        assert_eq!(identities(store.mentions(&filter).await.expect("found")), wanted, "{words}");
    }
    let filter = MentionFilter { part_of_url: Some("shop.example/R_2".to_owned()), ..MentionFilter::default() };
    assert_eq!(identities(store.mentions(&filter).await.expect("found")), [2]);
}
