//! Two daemons of four workers each on one store: everything once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use hearken::model::{DeliveryState, Severity};
use hearken::store::{AttemptRow, ClaimLimit, Next, Store};

use super::samples::{LEASE, at, incident, mention, poll, raised, seen, source, warning};
use super::{Bench, stories};

stories! {
    two_thousand_deliveries_each_sent_once
    two_hundred_sources_each_polled_once
    a_host_has_one_owner
    what_a_daemon_does_not_know_it_leaves_and_is_not_hidden_from_its_own_by_it
    those_that_may_hang_take_their_share_and_hide_no_other
    openings_pass_each_other_by
}

/// Eight workers, four of each daemon.
async fn workers(bench: &Bench) -> Vec<(String, Store)> {
    let second = bench.second().await;
    (0..8).map(|n| (format!("worker-{n}"), if n % 2 == 0 { bench.store.clone() } else { second.clone() })).collect()
}

/// How often each name came.
fn tally(names: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for name in names {
        *times.entry(name).or_insert(0) += 1;
    }
    times
}

async fn send_all(owner: String, store: Store) -> Vec<String> {
    let mut sent = Vec::new();
    loop {
        let claimed = store.claim_due_over("mail", &owner, at(20), LEASE, 25).await.expect("claim");
        if claimed.is_empty() && store.next_delivery_due().await.expect("due").is_none_or(|due| due > at(20)) {
            return sent;
        }
        for claimed in claimed {
            let end = AttemptRow {
                number: claimed.delivery.attempts,
                started_at: at(20),
                finished_at: at(21),
                outcome: "delivered".to_owned(),
                reply: String::new(),
            };
            store.record_attempt(&owner, &claimed.delivery.id, &end, Next::Delivered).await.expect("record");
            sent.push(claimed.delivery.id);
        }
    }
}

async fn two_thousand_deliveries_each_sent_once(bench: Bench) {
    for case in 0..20 {
        let told: Vec<_> =
            (0..100).map(|n| warning(&format!("d_{case}_{n}"), &format!("H-{case}"), &format!("{n}@example.test"))).collect();
        raised(&bench.store, &format!("H-{case}"), &told).await;
    }
    let begun = Instant::now();
    let sent = join_all(workers(&bench).await.into_iter().map(|(owner, store)| send_all(owner, store))).await;
    println!("2,000 deliveries claimed and recorded by 8 workers in {:?}", begun.elapsed());
    let times = tally(sent.into_iter().flatten());
    assert_eq!(times.len(), 2_000);
    assert!(times.values().all(|times| *times == 1), "none twice");
    assert_eq!(bench.store.figures(at(30)).await.expect("figures").outbox[&DeliveryState::Delivered], 2_000);
}

async fn poll_all(owner: String, store: Store) -> Vec<String> {
    let mut polled = Vec::new();
    while store.next_source_due().await.expect("due").is_some_and(|due| due <= at(0)) {
        for state in store.claim_due_sources(&owner, at(0), LEASE, 7, 2).await.expect("claim") {
            let items = (0..20).map(|n| seen(&mention(&state.name, n), Severity::Low)).collect();
            store.commit_poll(&poll(&owner, &state, items, at(1))).await.expect("commit");
            polled.push(state.name);
        }
    }
    polled
}

async fn two_hundred_sources_each_polled_once(bench: Bench) {
    let sources: Vec<_> = (0..200).map(|n| source(&format!("s{n}"), &format!("host{}.example", n % 60))).collect();
    bench.store.sync_sources(&sources, at(0)).await.expect("sync");
    let begun = Instant::now();
    let polled = join_all(workers(&bench).await.into_iter().map(|(owner, store)| poll_all(owner, store))).await;
    println!("200 sources with 20 mentions each polled by 8 workers in {:?}", begun.elapsed());
    let times = tally(polled.into_iter().flatten());
    assert_eq!(times.len(), 200);
    assert!(times.values().all(|times| *times == 1), "none twice");
    assert_eq!(bench.store.figures(at(30)).await.expect("figures").waiting_verdicts, 4_000);
}

async fn a_host_has_one_owner(bench: Bench) {
    let sources: Vec<_> = (0..40).map(|n| source(&format!("s{n}"), &format!("host{}.example", n % 4))).collect();
    bench.store.sync_sources(&sources, at(0)).await.expect("sync");
    let claims = workers(&bench).await.into_iter().map(|(owner, store)| async move {
        let mut held = Vec::new();
        for _ in 0..5 {
            for state in store.claim_due_sources(&owner, at(0), LEASE, 2, 3).await.expect("claim") {
                held.push((state.host, owner.clone()));
            }
        }
        held
    });
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (host, owner) in join_all(claims).await.into_iter().flatten() {
        owners.entry(host).or_default().push(owner);
    }
    assert_eq!(owners.len(), 4);
    for (host, owners) in &owners {
        assert!(owners.iter().all(|owner| *owner == owners[0]), "{host} has one owner: {owners:?}");
        assert!(owners.len() <= 3, "{host} has at most three polls at a time: {owners:?}");
    }

    // A daemon that died gives its hosts up with its leases; one that stops, at once.
    let all = |now, lease| bench.store.claim_due_sources("new", now, lease, 100, 100);
    assert!(all(at(59), LEASE).await.expect("claim").len() < 40);
    assert_eq!(bench.store.release_sources("new").await.expect("release"), 0);
    assert_eq!(all(at(60), Duration::from_secs(9)).await.expect("claim").len(), 40);
    bench.store.renew_source("new", "s0", at(61), LEASE).await.expect("renew");
    assert!(bench.store.renew_source("old", "s0", at(61), LEASE).await.is_err());
    assert_eq!(bench.store.release_sources("new").await.expect("release"), 40);
    assert_eq!(all(at(61), LEASE).await.expect("claim").len(), 40);
}

async fn what_a_daemon_does_not_know_it_leaves_and_is_not_hidden_from_its_own_by_it(bench: Bench) {
    // Those of another come first, more of them than are looked at in one go.
    let names: Vec<String> = (0..200).map(|n| format!("other-{n:03}")).chain(["own".to_owned()]).collect();
    let all: Vec<_> = names.iter().map(|name| source(name, &format!("{name}.example"))).collect();
    bench.store.sync_sources(&all, at(0)).await.expect("sync");
    let knows = |name: &str| name == "own";
    let claim = async |owner: &str| {
        let claimed = bench.store.claim_sources_due_by(owner, (at(9), at(9)), LEASE, up_to(1), 1, knows).await.expect("claim");
        claimed.into_iter().map(|state| state.name).collect::<Vec<_>>()
    };
    assert_eq!(claim("old").await, ["own"]);
    assert_eq!(claim("old").await, [""; 0]);
    let others = bench.store.claim_sources_due_by("new", (at(9), at(9)), LEASE, up_to(500), 1, |name| !knows(name)).await.expect("claim");
    assert_eq!(others.len(), 200, "nobody sits on them");
}

const fn up_to(all: i64) -> ClaimLimit {
    ClaimLimit { all, doubtful: all }
}

async fn those_that_may_hang_take_their_share_and_hide_no_other(bench: Bench) {
    // More that never answered than are looked at in one go, and due for longer.
    let names: Vec<String> = (0..200).map(|n| format!("hung-{n:03}")).chain(["fine".to_owned(), "failed".to_owned()]).collect();
    let all: Vec<_> = names.iter().map(|name| source(name, &format!("{name}.example"))).collect();
    bench.store.sync_sources(&all, at(0)).await.expect("sync");
    let only = |wanted: &'static str| move |name: &str| name == wanted;
    for (name, failures) in [("fine", 0), ("failed", 1)] {
        let state = bench.store.claim_sources_due_by("n", (at(0), at(0)), LEASE, up_to(1), 1, only(name)).await.expect("claim").remove(0);
        let mut commit = poll("n", &state, Vec::new(), at(1));
        (commit.state.failures, commit.state.next_due_at) = (failures, at(2));
        bench.store.commit_poll(&commit).await.expect("commit");
    }
    let claim = async |limit: ClaimLimit| {
        let claimed = bench.store.claim_sources_due_by("n", (at(9), at(9)), LEASE, limit, 1, |_| true).await.expect("claim");
        claimed.into_iter().map(|state| state.name).collect::<Vec<_>>()
    };
    let names = claim(ClaimLimit { all: 4, doubtful: 2 }).await;
    assert!(names.len() == 3 && names.contains(&"fine".to_owned()), "{names:?}");
    assert_eq!(claim(ClaimLimit { all: 4, doubtful: 0 }).await, [""; 0], "neither those that never answered nor the one that failed");
    assert_eq!(claim(up_to(500)).await.len(), 199);
}

async fn openings_pass_each_other_by(bench: Bench) {
    bench.store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let state = bench.store.claim_due_sources("n1", at(0), LEASE, 1, 1).await.expect("claim").remove(0);
    let items = (0..100).map(|n| seen(&mention("a", n), Severity::High)).collect();
    bench.store.commit_poll(&poll("n1", &state, items, at(1))).await.expect("commit");
    let open = |store: Store| async move {
        let mut opened = Vec::new();
        while store.has_pending().await.expect("asked") {
            let mut opening = store.begin_opening(at(10), 9).await.expect("opening");
            for (mention, _) in opening.pending() {
                let id = format!("H-{}", mention.identity);
                assert!(opening.open(&incident(&id, &id), &mention).await.expect("open"));
                opening.acted(&mention, "opened").await.expect("acted");
                opened.push(id);
            }
            opening.commit().await.expect("commit");
        }
        opened
    };
    let opened = join_all(workers(&bench).await.into_iter().map(|(_, store)| open(store))).await;
    let times = tally(opened.into_iter().flatten());
    assert_eq!(times.len(), 100);
    assert!(times.values().all(|times| *times == 1), "none twice");
}
