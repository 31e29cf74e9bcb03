//! Dropped files: items and position together, under the lease alone.

use hearken::model::Severity;
use hearken::store::{FilePosition, StoreError};

use super::samples::{LEASE, at, mention, poll, seen, source};
use super::{Bench, stories};

stories! {
    a_batch_is_kept_with_its_position
}

async fn a_batch_is_kept_with_its_position(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let position = FilePosition { name: "day.csv".into(), digest: 7, records: 3, taken: 2, refused: "[]".into(), ended: false };
    let batch = poll("n1", &state, vec![seen(&mention("a", 1), Severity::Low), seen(&mention("a", 1), Severity::Low)], at(1));
    store.commit_batch(&batch, &position, true).await.expect("kept");
    assert_eq!(store.file_position("a", "day.csv", 7).await.expect("asked"), Some(position.clone()));
    assert_eq!(store.file_position("a", "day.csv", 8).await.expect("asked"), None, "another file of that name");
    assert_eq!(store.begin_opening(at(2), 9).await.expect("begun").pending().len(), 1);
    let heard = store.source("a").await.expect("asked").expect("it is there");
    assert_eq!((heard.last_item_at, heard.baselined), (Some(at(1)), true));
    let later = FilePosition { records: 9, ended: true, ..position };
    let stranger = poll("n2", &state, Vec::new(), at(2));
    assert!(matches!(store.commit_batch(&stranger, &later, false).await, Err(StoreError::LeaseLost(_))));
    store.commit_batch(&poll("n1", &state, Vec::new(), at(2)), &later, false).await.expect("the lease is kept by a batch");
    assert!(store.file_position("a", "day.csv", 7).await.expect("asked").is_some_and(|position| position.ended));
    assert_eq!(store.source("a").await.expect("asked").expect("it is there").last_item_at, Some(at(1)));
    store.put_file_away("a", "day.csv", ("done/day.csv", 90), (at(3), at(-9))).await.expect("kept");
    assert_eq!(store.files_put_away("a", at(0)).await.expect("asked"), [("done/day.csv".to_owned(), 90)]);
    assert_eq!(store.files_put_away("a", at(4)).await.expect("asked"), [], "long ago");
    store.put_file_away("a", "x.csv", ("done/x.csv", 5), (at(9), at(5))).await.expect("kept");
    assert_eq!(store.files_put_away("a", at(0)).await.expect("asked"), [("done/x.csv".to_owned(), 5)], "what is too old is forgotten");
    store.forget_file("a", "done/x.csv").await.expect("forgotten");
    assert_eq!(store.files_put_away("a", at(0)).await.expect("asked"), []);
    assert_eq!(store.file_position("a", "day.csv", 7).await.expect("asked"), None);
}
