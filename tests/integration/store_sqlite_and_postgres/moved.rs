//! Deliveries that wait for a channel which is no more, and mails that a server may have taken.

use hearken::model::{DeliveryState, Recipient};
use hearken::store::{Next, WaitingFor};

use super::outbox::{attempt, claim};
use super::samples::{LEASE, at, raised, warning};
use super::{Bench, stories};

stories! {
    what_waits_for_a_channel_that_is_no_more_goes_elsewhere
    what_a_server_may_have_taken_is_not_hurried
}

async fn what_waits_for_a_channel_that_is_no_more_goes_elsewhere(bench: Bench) {
    let store = bench.store;
    raised(&store, "H-1", &[warning("d_1", "H-1", "a@example.test"), warning("d_2", "H-1", "b@example.test")]).await;
    let [first, second] = &claim(&store, "n1", 20).await[..] else { panic!("two rows") };
    let again = Next::Again { due_at: at(900) };
    store.record_attempt("n1", &first.delivery.id, &attempt(&first.delivery, "retry", 21), again).await.expect("record");
    let [later, sending] = [first, second].map(|row| row.delivery.recipient.clone());
    let waiting = |channel: &str, recipients: &[&String]| -> Vec<WaitingFor> {
        let desk = Some(first.delivery.department.clone());
        let of = |recipient: &&String| WaitingFor { channel: channel.to_owned(), recipient: (*recipient).clone(), desk: desk.clone() };
        recipients.iter().map(of).collect()
    };
    assert_eq!(store.waiting_recipients(at(22)).await.expect("waiting"), waiting("mail", &[&later]), "of one that waits for later");
    assert_eq!(store.incidents_waiting_for("mail", &later, at(22)).await.expect("incidents"), ["H-1"]);
    assert!(store.incidents_waiting_for("mail", &sending, at(22)).await.expect("incidents").is_empty(), "somebody is sending it");
    let mut tx = store.begin_incident("H-1", at(2000)).await.expect("begin").expect("there");
    let rows = tx.deliveries().await.expect("rows");
    for row in &rows {
        let to = Recipient {
            department: row.department.clone(),
            name: row.name.clone(),
            address: row.recipient.clone(),
            channel: "post".to_owned(),
            language: row.language.clone(),
        };
        tx.readdress(row, &to, at(2000)).await.expect("moved");
    }
    tx.commit().await.expect("commit");
    let mut both = waiting("post", &[&later, &sending]);
    both.sort_by(|one, other| one.recipient.cmp(&other.recipient));
    assert_eq!(store.waiting_recipients(at(2000)).await.expect("waiting"), both);
    let taken = store.claim_due_over("post", "n2", at(2000), LEASE, 100).await.expect("claim");
    assert_eq!(taken.len(), 2);
    for claimed in &taken {
        let before = [first, second].into_iter().find(|old| old.delivery.id == claimed.delivery.id).expect("the same row");
        assert_eq!(claimed.delivery.message_id, before.delivery.message_id, "the same message");
        assert_eq!(claimed.delivery.possible_duplicate, before.delivery.id == second.delivery.id, "whose lease ran out may have been sent");
    }
    let mut tx = store.begin_incident("H-1", at(9001)).await.expect("begin").expect("there");
    let row = tx.deliveries().await.expect("rows").remove(0);
    let told = Recipient {
        department: row.department.clone(),
        name: row.name.clone(),
        address: row.recipient.clone(),
        channel: row.channel.clone(),
        language: row.language.clone(),
    };
    tx.readdress(&row, &told, at(9001)).await.expect("nobody is told twice");
    assert!(tx.deliveries().await.expect("rows").iter().any(|row| row.state == DeliveryState::Cancelled));
}

async fn what_a_server_may_have_taken_is_not_hurried(bench: Bench) {
    let store = bench.store;
    let told = ["a", "b", "c"].map(|name| warning(&format!("d_{name}"), "H-1", &format!("{name}@example.test")));
    raised(&store, "H-1", &told).await;
    let claimed = claim(&store, "n1", 20).await;
    for (row, outcome) in claimed.iter().zip(["unknown", "retry", "delivered"]) {
        let next = if outcome == "delivered" { Next::Delivered } else { Next::Again { due_at: at(900) } };
        store.receiver_failed("mail", at(21), "451 later").await.expect("noted");
        store.record_attempt("n1", &row.delivery.id, &attempt(&row.delivery, outcome, 21), next).await.expect("record");
    }
    let due: Vec<_> = store.incident_deliveries("H-1").await.expect("rows").into_iter().map(|row| (row.last_outcome, row.due_at)).collect();
    assert!(due.contains(&(Some("unknown".to_owned()), at(900))), "{due:?}");
    assert!(due.iter().any(|(outcome, due)| outcome.as_deref() == Some("retry") && *due < at(900)), "what was refused is hurried: {due:?}");
}
