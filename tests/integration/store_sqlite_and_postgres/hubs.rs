//! Subscriptions at hubs.

use std::time::Duration;

use hearken::model::{Secret, Subscription, SubscriptionState as State};

use super::samples::{at, source};
use super::{Bench, stories};

stories! {
    a_hub_is_offered_once
    one_node_asks
    what_was_answered_meanwhile_is_not_overwritten
    polls_know_until_when_they_are_pushed
}

fn offered(hub: &str, callback: &str) -> Subscription {
    Subscription {
        source: "feed".to_owned(),
        hub: hub.to_owned(),
        topic: "https://one.example/feed.xml".to_owned(),
        state: State::Offered,
        callback: callback.to_owned(),
        secret: Secret::new("s"),
        due_at: Some(at(0)),
        asked_at: None,
        granted_until: None,
        failures: 0,
        detail: None,
        pushes: 0,
        forged: 0,
        last_push_at: None,
    }
}

async fn a_hub_is_offered_once(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("feed", "one.example")], at(0)).await.expect("sync");
    assert!(store.offer_hub(&offered("https://hub.example/", "a")).await.expect("offered"));
    assert!(!store.offer_hub(&offered("https://hub.example/", "b")).await.expect("known"), "the address the hub calls stays");
    assert_eq!(store.subscription_called("a").await.expect("read"), Some(offered("https://hub.example/", "a")));
    assert!(store.offer_hub(&offered("https://other.example/", "c")).await.expect("another hub"));
    assert_eq!(store.subscription_called("a").await.expect("read"), None);
    store.count_delivery("c", true, at(1)).await.expect("counted");
    store.count_delivery("c", false, at(2)).await.expect("counted");
    let counted = store.subscriptions().await.expect("read").remove(0);
    assert_eq!((counted.forged, counted.pushes, counted.last_push_at), (1, 1, Some(at(2))));
    store.drop_hub("feed").await.expect("dropped");
    assert!(store.subscriptions().await.expect("read").is_empty());
}

async fn one_node_asks(bench: Bench) {
    let other = bench.second().await;
    let store = bench.store;
    store.sync_sources(&[source("feed", "one.example")], at(0)).await.expect("sync");
    store.offer_hub(&offered("https://hub.example/", "a")).await.expect("offered");
    assert_eq!(store.next_subscription_due().await.expect("read"), Some(at(0)));
    let due = store.due_subscriptions(at(1), 10).await.expect("read").remove(0);
    let claims = [store.claim_subscription(&due, at(300)).await, other.claim_subscription(&due, at(300)).await];
    assert_eq!(claims.map(|claim| claim.expect("answered")), [true, false]);
    assert!(store.due_subscriptions(at(299), 10).await.expect("read").is_empty());
    assert_eq!(store.due_subscriptions(at(300), 10).await.expect("read").len(), 1, "should it die");
    other.close().await;
}

async fn what_was_answered_meanwhile_is_not_overwritten(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("feed", "one.example")], at(0)).await.expect("sync");
    let fresh = offered("https://hub.example/", "a");
    store.offer_hub(&fresh).await.expect("offered");
    let asked = Subscription { state: State::Asked, asked_at: Some(at(5)), due_at: Some(at(600)), ..fresh.clone() };
    assert!(store.write_subscription(&asked, None).await.expect("written"));
    let active = Subscription { state: State::Active, asked_at: None, granted_until: Some(at(900)), ..asked.clone() };
    assert!(store.write_subscription(&active, Some(at(5))).await.expect("written"));
    let failed = Subscription { state: State::Failing, asked_at: None, ..asked };
    assert!(!store.write_subscription(&failed, Some(at(5))).await.expect("answered"), "the hub had called back");
    assert_eq!(store.subscriptions().await.expect("read"), [active]);
    let replaced = Subscription { callback: "gone".to_owned(), ..fresh };
    assert!(!store.write_subscription(&replaced, None).await.expect("answered"));
}

async fn polls_know_until_when_they_are_pushed(bench: Bench) {
    let store = bench.store;
    let pushed = || async { store.source("feed").await.expect("read").expect("there").pushed_until };
    store.sync_sources(&[source("feed", "one.example")], at(0)).await.expect("sync");
    let fresh = offered("https://hub.example/", "a");
    store.offer_hub(&fresh).await.expect("offered");
    let active = Subscription { state: State::Active, granted_until: Some(at(900)), due_at: Some(at(700)), ..fresh };
    store.write_subscription(&active, None).await.expect("written");
    assert_eq!(pushed().await, Some(at(900)));
    let mut moved = source("feed", "one.example");
    moved.url.push_str("?moved");
    store.sync_sources(&[moved], at(0)).await.expect("sync");
    assert_eq!(pushed().await, None);
    store.reconsider_subscriptions(at(10)).await.expect("reconsidered");
    assert_eq!(store.next_subscription_due().await.expect("read"), Some(at(10)), "it is looked at again");
    let off = Subscription { state: State::Off, due_at: None, granted_until: None, ..active };
    store.write_subscription(&off, None).await.expect("written");
    assert_eq!(store.next_subscription_due().await.expect("read"), None);
    store.reconsider_subscriptions(at(20).plus(Duration::ZERO)).await.expect("reconsidered");
    assert_eq!(store.next_subscription_due().await.expect("read"), Some(at(20)));
}
