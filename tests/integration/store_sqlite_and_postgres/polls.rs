//! Many polls kept together.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hearken::model::{Identity, Severity, SourceState};
use hearken::store::{Brought, Outcome, PrunePlan};

use super::samples::{LEASE, at, incident, mention, plain, poll, seen, source};
use super::{Bench, stories};

stories! {
    polls_are_kept_together_but_for_those_that_are_lost
    every_column_of_every_state_is_its_own
    the_same_document_writes_times_alone
    what_was_skipped_is_not_forgotten
    what_was_shown_is_forgotten_with_a_new_start
    claims_reach_every_host
    troubles_are_found_by_their_keys
    a_cursor_is_replaced_where_it_still_stands
    it_is_known_when_an_item_was_first_seen
}

const DAY: i64 = 24 * 3_600;

async fn polls_are_kept_together_but_for_those_that_are_lost(bench: Bench) {
    let store = bench.store;
    let names: Vec<String> = (0..70).map(|number| format!("s{number:02}")).collect();
    let sources: Vec<_> = names.iter().map(|name| source(name, &format!("{name}.example"))).collect();
    store.sync_sources(&sources, at(0)).await.expect("sync");
    let states = store.claim_due_sources("n1", at(0), LEASE, 100, 1).await.expect("claim");
    assert_eq!(states.len(), 70);
    // Another daemon takes one of them after its lease.
    store.reset_source("s03", at(0)).await.expect("reset");
    let outcomes: Vec<Outcome> = states
        .iter()
        .map(|state| {
            let items = vec![plain(1), seen(&mention(&state.name, 2), Severity::Low), plain(1)];
            let brought =
                if state.name == "s04" { Brought::Nothing } else { Brought::Everything { shown: Some(state.name.clone().into_bytes()) } };
            let items = if state.name == "s04" { Vec::new() } else { items };
            Outcome { commit: poll("n1", state, items, at(1)), brought }
        })
        .collect();
    let lost = store.commit_polls(&outcomes).await.expect("kept");
    assert_eq!(lost, BTreeSet::from(["s03".to_owned()]));
    for name in &names {
        let known = store.known_items(name, &[Identity(1), Identity(2)]).await.expect("known");
        assert_eq!(known.len(), if ["s03", "s04"].contains(&name.as_str()) { 0 } else { 2 }, "{name}");
        let shown = store.shown(name).await.expect("it reads");
        assert_eq!(shown.is_some(), !["s03", "s04"].contains(&name.as_str()), "{name}");
    }
    assert_eq!(store.shown("s05").await.expect("it reads").as_deref(), Some(&b"s05"[..]));
    assert_eq!(store.mentions(&hearken::store::MentionFilter { limit: 500, ..Default::default() }).await.expect("listed").len(), 68);
    assert_eq!(store.commit_polls(&outcomes).await.expect("nothing is held any more").len(), 70);
}

async fn it_is_known_when_an_item_was_first_seen(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("s", "h"), source("t", "h2")], at(0)).await.expect("sync");
    let mut ids = BTreeMap::new();
    for second in [1, 5] {
        for state in store.claim_due_sources("n1", at(second * 100_000), LEASE, 10, 1).await.expect("claim") {
            ids.insert(state.name.clone(), state.id.clone());
            let items = if state.name == "s" { vec![plain(1), plain(second)] } else { Vec::new() };
            store.commit_poll(&poll("n1", &state, items, at(second))).await.expect("kept");
        }
    }
    let seen = store.first_seen(&ids["s"], &[1, 5, 9].map(Identity)).await.expect("it reads");
    assert_eq!(seen, BTreeMap::from([(Identity(1), at(1)), (Identity(5), at(5))]));
    assert_eq!(store.first_seen(&ids["t"], &[Identity(1)]).await.expect("it reads").len(), 0);
}

async fn every_column_of_every_state_is_its_own(bench: Bench) {
    let store = bench.store;
    let sources: Vec<_> = (0..5).map(|number| source(&format!("s{number}"), &format!("h{number}"))).collect();
    store.sync_sources(&sources, at(0)).await.expect("sync");
    let states = store.claim_due_sources("n1", at(0), LEASE, 100, 1).await.expect("claim");
    let numbered: Vec<SourceState> = states
        .into_iter()
        .zip(1..)
        .map(|(state, n)| SourceState {
            etag: (n % 2 == 0).then(|| format!("\"{n}\"")),
            last_modified: (n % 3 == 0).then(|| format!("{n}")),
            body_hash: -n,
            next_due_at: at(n * 100),
            failures: n,
            failure: (n % 2 == 1).then_some(hearken::model::FailureKind::Dns),
            failure_detail: Some(format!("${n} ?{n}")),
            failing_since: Some(at(n)),
            last_polled_at: Some(at(n + 1)),
            last_success_at: (n > 2).then(|| at(n + 2)),
            last_item_at: Some(at(n + 3)),
            baselined: n % 2 == 0,
            ..state
        })
        .collect();
    let outcome = |state: &SourceState| Outcome {
        commit: hearken::store::PollCommit { owner: "n1".to_owned(), state: state.clone(), items: Vec::new(), now: at(1) },
        brought: Brought::Nothing,
    };
    let lost = store.commit_polls(&numbered.iter().map(outcome).collect::<Vec<_>>()).await.expect("kept");
    assert!(lost.is_empty());
    assert_eq!(store.sources().await.expect("listed"), numbered);
}

async fn the_same_document_writes_times_alone(bench: Bench) {
    let store = bench.store;
    let sources: Vec<_> = (0..5).map(|number| source(&format!("s{number}"), &format!("h{number}"))).collect();
    store.sync_sources(&sources, at(0)).await.expect("sync");
    let claim = async |second: i64| store.claim_due_sources("n1", at(second), LEASE, 100, 1).await.expect("claim");
    // A failure that ops were told of, of sources that have validators and items.
    let first = claim(0).await.into_iter().map(|state| SourceState {
        etag: Some("\"v1\"".to_owned()),
        last_modified: Some("yesterday".to_owned()),
        body_hash: 7,
        baselined: true,
        last_item_at: Some(at(-3)),
        failures: 2,
        failure: Some(hearken::model::FailureKind::Dns),
        failure_detail: Some("no such name".to_owned()),
        failing_since: Some(at(-9)),
        next_due_at: at(10),
        turn_at: Some(at(9)),
        ..state
    });
    for state in first {
        store.commit_unchanged("n1", &state).await.expect("kept");
    }
    let before = claim(10).await;
    store.reset_source("s3", at(11)).await.expect("it is there");
    let mut pace = before[0].pace;
    pace.holds_s = 600;
    let after: Vec<SourceState> = before
        .iter()
        .zip(20..)
        .map(|(state, second)| SourceState {
            // What another poll may have found meanwhile is not this one's to write.
            etag: None,
            last_item_at: None,
            body_hash: 0,
            baselined: false,
            next_due_at: at(second * 100),
            last_polled_at: Some(at(second)),
            last_success_at: Some(at(second)),
            pace,
            failures: 0,
            failure: None,
            failure_detail: None,
            failing_since: None,
            turn_at: None,
            ..state.clone()
        })
        .collect();
    let outcome = |state: &SourceState| Outcome {
        commit: hearken::store::PollCommit { owner: "n1".to_owned(), state: state.clone(), items: Vec::new(), now: at(20) },
        brought: Brought::Same,
    };
    let lost = store.commit_polls(&after.iter().map(outcome).collect::<Vec<_>>()).await.expect("kept");
    assert_eq!(lost, BTreeSet::from(["s3".to_owned()]), "its lease is over");
    for (stored, (before, after)) in store.sources().await.expect("listed").iter().zip(before.iter().zip(&after)) {
        let SourceState { etag, last_modified, body_hash, baselined, last_item_at, .. } = before.clone();
        let expected = SourceState { etag, last_modified, body_hash, baselined, last_item_at, ..after.clone() };
        assert!(stored.name == "s3" || *stored == expected, "{stored:?}");
    }
    let again = store.commit_polls(&[outcome(&after[0])]).await.expect("asked");
    assert_eq!(again.len(), 1, "the lease ended with the first");
    assert_eq!(claim(2_000).await.len(), 2, "s3, and the first that is due again");
}

async fn what_was_skipped_is_not_forgotten(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let claim = async |second: i64| store.claim_due_sources("n1", at(second), LEASE, 1, 1).await.expect("claim").remove(0);
    let first = poll("n1", &claim(0).await, vec![plain(1), plain(2), plain(3)], at(0));
    store.commit_poll(&first).await.expect("commit");
    let keep = async |day: i64, items: Vec<_>, touched: Vec<Identity>| {
        let commit = poll("n1", &claim(day * DAY).await, items, at(day * DAY));
        let outcome = Outcome { commit, brought: Brought::Changes { shown: vec![1], touched } };
        assert!(store.commit_polls(&[outcome]).await.expect("kept").is_empty());
    };
    let prune = async |day: i64| {
        let plan =
            PrunePlan { now: at(day * DAY), keep_items: Duration::from_hours(24 * 30), keep_incidents: Duration::from_hours(24 * 900) };
        store.prune(plan).await.expect("pruned").items
    };
    // Forty days on, 1 and 2 are still there, 3 is not, 4 is new: nothing is said of those that were skipped, so nothing is forgotten.
    keep(40, vec![plain(4)], Vec::new()).await;
    assert_eq!(prune(40).await, 0);
    keep(41, Vec::new(), vec![Identity(1), Identity(2), Identity(4)]).await;
    assert_eq!(prune(41).await, 1, "the third has left");
    let known = store.known_items("a", &[1, 2, 3, 4].map(Identity)).await.expect("known");
    assert_eq!(known.keys().map(|identity| identity.0).collect::<Vec<_>>(), [1, 2, 4]);
}

async fn what_was_shown_is_forgotten_with_a_new_start(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example")], at(0)).await.expect("sync");
    let keep = async |second: i64| {
        let state = store.claim_due_sources("n1", at(second), LEASE, 1, 1).await.expect("claim").remove(0);
        let outcome =
            Outcome { commit: poll("n1", &state, vec![plain(1)], at(second)), brought: Brought::Everything { shown: Some(vec![1, 2]) } };
        assert!(store.commit_polls(&[outcome]).await.expect("kept").is_empty());
        assert!(store.shown("a").await.expect("it reads").is_some());
    };
    keep(0).await;
    store.reset_source("a", at(100)).await.expect("reset");
    assert_eq!(store.shown("a").await.expect("it reads"), None, "a reset");
    keep(1_000).await;
    let other = hearken::store::NewSource { reading: 8, ..source("a", "one.example") };
    store.sync_sources(&[other], at(0)).await.expect("sync");
    assert_eq!(store.shown("a").await.expect("it reads"), None, "another way of reading");
}

async fn claims_reach_every_host(bench: Bench) {
    let store = bench.store;
    // One host has more due sources than a claim looks at, all due before the others'.
    let early =
        (0..300).map(|number| hearken::store::NewSource { first_due_at: at(-10), ..source(&format!("big{number}"), "big.example") });
    let late = (0..5).map(|number| source(&format!("small{number}"), &format!("small{number}.example")));
    store.sync_sources(&early.chain(late).collect::<Vec<_>>(), at(0)).await.expect("sync");
    let first = store.claim_due_sources("n1", at(0), LEASE, 4, 2).await.expect("claim");
    assert_eq!(first.iter().map(|state| state.host.as_str()).collect::<Vec<_>>(), ["big.example", "big.example"]);
    let second = store.claim_due_sources("n1", at(0), LEASE, 4, 2).await.expect("claim");
    assert_eq!(second.len(), 4, "a busy host does not hide the others");
    assert!(second.iter().all(|state| state.host != "big.example"));
    let other = store.claim_due_sources("n2", at(0), LEASE, 4, 2).await.expect("claim");
    assert_eq!(other.iter().map(|state| state.name.as_str()).collect::<Vec<_>>(), ["small4"], "nobody else's host");
}

async fn troubles_are_found_by_their_keys(bench: Bench) {
    let store = bench.store;
    for number in 0..3 {
        let trouble = hearken::model::NewIncident {
            kind: hearken::model::IncidentKind::Source,
            ..incident(&format!("i{number}"), &format!("source:{number}"))
        };
        store.raise(&trouble, &[]).await.expect("raised");
    }
    store.raise(&incident("m1", "mention:1"), &[]).await.expect("raised");
    assert!(store.is_open("source:1").await.expect("asked") && !store.is_open("source:9").await.expect("asked"));
    let all = ["source:0", "source:1", "source:2"].map(str::to_owned);
    assert_eq!(store.open_troubles().await.expect("asked"), BTreeSet::from(all));
}

async fn a_cursor_is_replaced_where_it_still_stands(bench: Bench) {
    let store = bench.store;
    store.sync_sources(&[source("a", "one.example"), source("b", "two.example")], at(0)).await.expect("sync");
    for state in store.claim_due_sources("n1", at(0), LEASE, 9, 1).await.expect("claim") {
        let state = SourceState { etag: Some("imap 7 40 unmarked=40".into()), ..state };
        store.commit_poll(&poll("n1", &state, vec![], at(1))).await.expect("commit");
    }
    store.replace_cursor("a", "imap 7 40 unmarked=40", "imap 7 40").await.expect("replaced");
    store.replace_cursor("b", "imap 7 39", "imap 7 39").await.expect("looked");
    let etags = store.sources().await.expect("read").into_iter().map(|state| state.etag);
    assert_eq!(etags.collect::<Vec<_>>(), [Some("imap 7 40".to_owned()), Some("imap 7 40 unmarked=40".to_owned())]);
}
