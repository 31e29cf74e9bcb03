//! Claims, attempts, pauses.

use hearken::model::{Delivery, DeliveryKind, DeliveryState, GATHERED, Incident, IncidentKind, NewDelivery, NewIncident};
use hearken::store::{AttemptRow, Claimed, DeliveryFilter, Next, Store, StoreError};

use super::samples::{LEASE, at, incident, raised, warning};
use super::{Bench, stories};

stories! {
    urgent_things_go_out_first
    an_attempt_is_recorded_with_its_end
    a_message_says_who_else_is_told
    a_lease_that_ran_out_is_taken_over
    a_late_record_does_not_overwrite
    a_paused_receiver_holds_nobody_else_up
    an_older_generation_is_not_sent
    an_operator_retries_and_drops
    what_is_given_back_is_due_again
    a_success_hurries_what_waited_and_leaves_what_is_refused
    gathered_rows_are_claimed_together
    who_was_told_lately_is_counted
    a_case_that_nobody_heard_of_is_counted
    a_program_is_nobody_who_heard
    an_incident_about_given_up_rows_knows_them
    what_an_address_refused_is_hurried_when_it_takes_another
}

pub(super) async fn claim(store: &Store, owner: &str, seconds: i64) -> Vec<Claimed> {
    store.claim_due_over("mail", owner, at(seconds), LEASE, 100).await.expect("claim")
}

fn ids(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|claimed| claimed.delivery.id.as_str()).collect()
}

pub(super) fn attempt(delivery: &Delivery, outcome: &str, seconds: i64) -> AttemptRow {
    AttemptRow {
        number: delivery.attempts,
        started_at: at(seconds),
        finished_at: at(seconds + 1),
        outcome: outcome.to_owned(),
        reply: format!("250 {outcome}"),
    }
}

async fn urgent_things_go_out_first(bench: Bench) {
    let store = bench.store;
    let told = [
        NewDelivery { kind: DeliveryKind::Status, due_at: at(1), ..warning("d_status", "H-1", "a@example.test") },
        NewDelivery { due_at: at(3), ..warning("d_later", "H-1", "b@example.test") },
        NewDelivery { due_at: at(2), ..warning("d_sooner", "H-1", "c@example.test") },
        NewDelivery { kind: DeliveryKind::Escalation, step: 1, due_at: at(4), ..warning("d_lead", "H-1", "d@example.test") },
        NewDelivery { due_at: at(99), ..warning("d_not_due", "H-1", "e@example.test") },
    ];
    raised(&store, "H-1", &told).await;
    assert_eq!(store.next_delivery_due().await.expect("due"), Some(at(1)));
    assert_eq!(ids(&claim(&store, "n1", 20).await), ["d_lead", "d_sooner", "d_later", "d_status"]);
    assert!(claim(&store, "n1", 20).await.is_empty());
    assert_eq!(store.next_delivery_due().await.expect("due"), Some(at(80)), "the end of the leases comes before what is not due yet");
}

async fn an_attempt_is_recorded_with_its_end(bench: Bench) {
    let store = bench.store;
    raised(&store, "H-1", &[warning("d_1", "H-1", "a@example.test")]).await;
    let first = claim(&store, "n1", 20).await.remove(0);
    assert_eq!((first.delivery.attempts, first.delivery.possible_duplicate), (1, false));
    assert!(store.may_send("n1", &first.delivery, at(21)).await.expect("asked"));
    assert!(!store.may_send("n2", &first.delivery, at(21)).await.expect("asked"));
    assert!(!store.may_send("n1", &first.delivery, at(80)).await.expect("asked"), "the lease is over");
    store.record_attempt("n1", "d_1", &attempt(&first.delivery, "unknown", 21), Next::Again { due_at: at(50) }).await.expect("record");
    assert!(claim(&store, "n1", 49).await.is_empty());

    let second = claim(&store, "n1", 50).await.remove(0);
    assert_eq!((second.delivery.attempts, second.delivery.possible_duplicate), (2, true));
    let shrink = Next::Shrink { due_at: at(51) };
    store.record_attempt("n1", "d_1", &attempt(&second.delivery, "shrink", 50), shrink).await.expect("record");
    let third = claim(&store, "n2", 51).await.remove(0);
    assert!(third.shrink && !second.shrink);
    store.record_attempt("n2", "d_1", &attempt(&third.delivery, "delivered", 52), Next::Delivered).await.expect("record");

    let sent = store.delivery("d_1").await.expect("read").expect("it is there");
    assert_eq!(
        (sent.state, sent.delivered_at, sent.last_reply.as_deref()),
        (DeliveryState::Delivered, Some(at(53)), Some("250 delivered"))
    );
    assert_eq!(sent.message_id, first.delivery.message_id);
    let attempts = store.attempts("d_1").await.expect("list");
    let told: Vec<_> = attempts.iter().map(|attempt| (attempt.number, attempt.owner.as_str(), attempt.outcome.as_deref())).collect();
    assert_eq!(told, [(1, "n1", Some("unknown")), (2, "n1", Some("shrink")), (3, "n2", Some("delivered"))]);
    assert_eq!(store.next_delivery_due().await.expect("due"), None);
}

async fn a_message_says_who_else_is_told(bench: Bench) {
    let store = bench.store;
    let told = [warning("d_1", "H-1", "mei@example.test"), warning("d_2", "H-1", "bo@example.test")];
    raised(&store, "H-1", &told).await;
    let claimed = claim(&store, "n1", 20).await;
    assert_eq!(claimed[0].also_told.iter().map(|(told, _)| told.name.as_str()).collect::<Vec<_>>(), ["bo"]);
    assert_eq!(claimed[1].also_told.iter().map(|(told, _)| told.name.as_str()).collect::<Vec<_>>(), ["mei"]);
    assert_eq!(claimed[0].incident.id, "H-1");
    assert!(claimed[0].mention.is_none() && claimed[0].sources.is_empty(), "an ops incident has no mention");
}

async fn a_lease_that_ran_out_is_taken_over(bench: Bench) {
    let second = bench.second().await;
    assert!(second.due_channels(at(999)).await.expect("due").is_empty());
    raised(&bench.store, "H-1", &[warning("d_1", "H-1", "a@example.test")]).await;
    let lost = claim(&bench.store, "n1", 20).await.remove(0);
    assert!(claim(&second, "n2", 79).await.is_empty(), "the lease holds for its minute");
    assert!(second.due_channels(at(79)).await.expect("due").is_empty());
    assert_eq!(second.due_channels(at(80)).await.expect("due"), ["mail"]);
    let taken = claim(&second, "n2", 80).await.remove(0);
    assert_eq!((taken.delivery.attempts, taken.delivery.possible_duplicate), (2, true));
    assert_eq!(taken.delivery.message_id, lost.delivery.message_id);
    let attempts = second.attempts("d_1").await.expect("list");
    assert_eq!(attempts[0].finished_at, None, "the first was begun and has no recorded end");
}

async fn a_late_record_does_not_overwrite(bench: Bench) {
    let store = bench.store;
    raised(&store, "H-1", &[warning("d_1", "H-1", "a@example.test")]).await;
    let late = claim(&store, "n1", 20).await.remove(0);
    // The same daemon takes it again: its name alone is no proof.
    let taken = claim(&store, "n1", 80).await.remove(0);
    let record = store.record_attempt("n1", "d_1", &attempt(&late.delivery, "delivered", 81), Next::Delivered).await;
    assert!(matches!(record, Err(StoreError::LeaseLost(_))));
    assert!(matches!(store.renew_delivery("n1", &late.delivery, at(81), LEASE).await, Err(StoreError::LeaseLost(_))));
    assert!(matches!(store.release_delivery("n1", &late.delivery).await, Err(StoreError::LeaseLost(_))));
    store.renew_delivery("n1", &taken.delivery, at(81), LEASE).await.expect("renewed");
    assert!(claim(&store, "n2", 140).await.is_empty(), "it was renewed at 81");
    store.record_attempt("n1", "d_1", &attempt(&taken.delivery, "delivered", 140), Next::Accepted).await.expect("record");
    assert_eq!(store.delivery("d_1").await.expect("read").map(|delivery| delivery.state), Some(DeliveryState::Accepted));
}

async fn a_paused_receiver_holds_nobody_else_up(bench: Bench) {
    let store = bench.store;
    let mut told: Vec<_> = (0..300).map(|n| warning(&format!("d_{n:03}"), "H-1", &format!("{n}@example.test"))).collect();
    told.push(NewDelivery { channel: "hook".to_owned(), due_at: at(15), ..warning("d_hook", "H-1", "hook") });
    raised(&store, "H-1", &told).await;
    store.pause_receiver("mail", at(500), "421 too many").await.expect("pause");
    store.pause_receiver("mail", at(400), "421 again").await.expect("pause");
    assert_eq!(store.due_channels(at(20)).await.expect("due"), ["hook"]);
    assert!(store.claim_due_over("mail", "n1", at(20), LEASE, 10).await.expect("claim").is_empty());
    assert_eq!(ids(&store.claim_due_over("hook", "n1", at(20), LEASE, 10).await.expect("claim")), ["d_hook"]);
    assert_eq!(store.next_delivery_due().await.expect("due"), Some(at(80)));
    let hook = store.delivery("d_hook").await.expect("read").expect("it is there");
    store.record_attempt("n1", "d_hook", &attempt(&hook, "delivered", 21), Next::Delivered).await.expect("record");
    assert_eq!(store.next_delivery_due().await.expect("due"), Some(at(500)));

    assert_eq!(store.receiver_failed("mail", at(30), "421").await.expect("count").failures, 1);
    let state = store.receiver_failed("mail", at(31), "refused").await.expect("count");
    assert_eq!((state.failures, state.failing_since, state.paused_until), (2, Some(at(30)), Some(at(500))));
    assert_eq!(store.receivers().await.expect("list"), [state]);
    assert!(store.receiver_recovered("mail", at(32)).await.expect("forget"), "a message that was under way when it asked for the pause");
    assert!(store.due_channels(at(33)).await.expect("due").is_empty(), "the pause lasts all the same");
    assert_eq!(store.receivers().await.expect("list")[0].failures, 0);
    store.resume_receiver("mail").await.expect("resume");
    assert_eq!(store.due_channels(at(40)).await.expect("due"), ["mail"]);
    assert_eq!(store.claim_due_over("mail", "n1", at(40), LEASE, 10).await.expect("claim").len(), 10);
    assert!(store.receiver_recovered("mail", at(41)).await.expect("forget"));
    assert!(!store.receiver_recovered("mail", at(41)).await.expect("nothing to forget"));
}

async fn an_older_generation_is_not_sent(bench: Bench) {
    let store = bench.store;
    raised(&store, "H-1", &[warning("d_1", "H-1", "a@example.test")]).await;
    let mut tx = store.begin_incident("H-1", at(15)).await.expect("begin").expect("it is there");
    tx.update(&Incident { generation: 2, ..tx.incident().clone() }).await.expect("update");
    let next = NewDelivery { generation: 2, ..warning("d_2", "H-1", "a@example.test") };
    assert_eq!(tx.deliver(&[next]).await.expect("deliver"), 1, "a generation tells anew");
    tx.commit().await.expect("commit");
    // One at a time: what is not wanted must not use the place up.
    let claimed = store.claim_due_over("mail", "n1", at(20), LEASE, 1).await.expect("claim");
    assert_eq!(ids(&claimed), ["d_2"]);
    assert_eq!(store.delivery("d_1").await.expect("read").map(|delivery| delivery.state), Some(DeliveryState::Cancelled));
}

async fn an_operator_retries_and_drops(bench: Bench) {
    let store = bench.store;
    let told = [warning("d_1", "H-1", "a@example.test"), warning("d_2", "H-1", "b@example.test")];
    raised(&store, "H-1", &told).await;
    for claimed in claim(&store, "n1", 20).await {
        let end = attempt(&claimed.delivery, "permanent", 21);
        store.record_attempt("n1", &claimed.delivery.id, &end, Next::Dead).await.expect("record");
    }
    let dead =
        DeliveryFilter { state: Some(DeliveryState::Dead), incident: Some("H-1".to_owned()), channel: Some("mail".to_owned()), limit: 1 };
    assert_eq!(store.deliveries(&dead).await.expect("list").len(), 1);
    store.retry_delivery("d_1", at(30)).await.expect("retry");
    store.drop_delivery("d_2").await.expect("drop");
    assert!(matches!(store.drop_delivery("d_2").await, Err(StoreError::NotFound(_))));
    assert!(matches!(store.retry_delivery("d_9", at(30)).await, Err(StoreError::NotFound(_))));
    assert_eq!(ids(&claim(&store, "n1", 30).await), ["d_1"]);
    assert_eq!(store.incident_deliveries("H-1").await.expect("list").len(), 2);
}

async fn what_is_given_back_is_due_again(bench: Bench) {
    let store = bench.store;
    raised(&store, "H-1", &[warning("d_1", "H-1", "a@example.test")]).await;
    let claimed = claim(&store, "n1", 20).await.remove(0);
    store.release_delivery("n1", &claimed.delivery).await.expect("release");
    let again = claim(&store, "n2", 21).await.remove(0);
    assert_eq!((again.delivery.attempts, again.delivery.possible_duplicate), (1, false), "it was never begun");
    assert_eq!(store.attempts("d_1").await.expect("list").len(), 1);
}

async fn a_success_hurries_what_waited_and_leaves_what_is_refused(bench: Bench) {
    let store = bench.store;
    let rows = ["d_1", "d_2", "d_3"].map(|id| warning(id, "H-1", &format!("{id}@example.test")));
    raised(&store, "H-1", &rows).await;
    let fail = async |claimed: &Claimed, seconds: i64, due: i64| {
        let again = Next::Again { due_at: at(due) };
        let recovery =
            store.record_attempt("n1", &claimed.delivery.id, &attempt(&claimed.delivery, "retry", seconds), again).await.expect("record");
        assert_eq!((recovery.hurried, recovery.refused), (0, 0));
        store.receiver_failed("mail", at(seconds + 1), "451").await.expect("noted");
    };
    let first = claim(&store, "n1", 20).await;
    fail(&first[0], 20, 9_000).await;
    fail(&first[1], 20, 9_000).await;
    assert_eq!(store.failing_over("mail").await.expect("asked"), 2);
    let recovery = store.record_attempt("n1", "d_3", &attempt(&first[2].delivery, "delivered", 30), Next::Delivered).await.expect("record");
    assert_eq!((recovery.hurried, recovery.refused), (2, 0), "they waited for the channel");
    assert!(store.receiver_recovered("mail", at(31)).await.expect("noted"));
    assert_eq!(store.next_delivery_due().await.expect("due"), Some(at(31)));
    let second = claim(&store, "n1", 32).await;
    assert_eq!(ids(&second), ["d_1", "d_2"], "one after the other");

    fail(&second[0], 32, 9_500).await;
    let recovery =
        store.record_attempt("n1", "d_2", &attempt(&second[1].delivery, "delivered", 40), Next::Delivered).await.expect("record");
    assert_eq!((recovery.hurried, recovery.refused), (0, 1), "it is this one that is refused");
    assert_eq!(store.next_delivery_due().await.expect("due"), Some(at(9_500)), "and keeps its own wait");
    assert!(store.receiver_recovered("mail", at(41)).await.expect("noted"));
    let last = claim(&store, "n1", 9_500).await.remove(0);
    let recovery = store.record_attempt("n1", "d_1", &attempt(&last.delivery, "delivered", 9_500), Next::Delivered).await.expect("record");
    assert_eq!((recovery.hurried, recovery.refused, store.failing_over("mail").await.expect("asked")), (0, 0, 0));
}

async fn gathered_rows_are_claimed_together(bench: Bench) {
    let store = bench.store;
    let gathered =
        |id: &str, incident: &str, who: &str| NewDelivery { note: GATHERED.to_owned(), due_at: at(10), ..warning(id, incident, who) };
    for number in 1..=4 {
        let incident = format!("H-{number}");
        let own = [
            gathered(&format!("d_a{number}"), &incident, "a@example.test"),
            gathered(&format!("d_b{number}"), &incident, "b@example.test"),
        ];
        raised(&store, &incident, &own).await;
    }
    let later = NewDelivery { due_at: at(99), ..gathered("d_a5", "H-5", "a@example.test") };
    raised(&store, "H-5", &[later, warning("d_single", "H-5", "c@example.test")]).await;
    let claimed = store.claim_due_over("mail", "n1", at(20), LEASE, 2).await.expect("claim");
    let mails: Vec<Vec<&str>> = claimed.iter().map(|mail| mail.rows().map(|row| row.id.as_str()).collect()).collect();
    assert!(mails.len() <= 2 && mails.iter().any(|ids| *ids == ["d_a1", "d_a2", "d_a3", "d_a4"]), "{mails:?}");
    let rest = claim(&store, "n2", 20).await;
    let all: usize = claimed.iter().chain(&rest).map(|mail| mail.rows().count()).sum();
    assert_eq!(all, 9, "each row once, and the later one waits");
    for row in claimed.iter().flat_map(Claimed::rows) {
        assert!(store.may_send("n1", row, at(21)).await.expect("asked"), "{} is held", row.id);
    }
}

async fn who_was_told_lately_is_counted(bench: Bench) {
    let store = bench.store;
    let rows = [
        warning("d_1", "H-1", "A@example.test"),
        NewDelivery { kind: DeliveryKind::Escalation, step: 1, ..warning("d_2", "H-1", "a@example.test") },
        NewDelivery { kind: DeliveryKind::Status, step: 2, ..warning("d_3", "H-1", "a@example.test") },
        NewDelivery { note: GATHERED.to_owned(), step: 3, ..warning("d_4", "H-1", "a@example.test") },
    ];
    raised(&store, "H-1", &rows).await;
    let mut opening = store.begin_opening(at(20), 10).await.expect("begin");
    let lately = opening.told_lately(at(-1_000)).await.expect("asked");
    assert_eq!(lately, [(("mail".to_owned(), "a@example.test".to_owned()), 2)].into());
    assert!(opening.told_lately(at(1_000_000)).await.expect("asked").is_empty());
}

async fn a_case_that_nobody_heard_of_is_counted(bench: Bench) {
    let store = bench.store;
    raised(&store, "H-1", &[warning("d_1", "H-1", "a@example.test"), warning("d_2", "H-1", "b@example.test")]).await;
    assert_eq!(store.unreached(&[], at(-1_000)).await.expect("asked"), 0, "it is only just on its way");
    let claimed = claim(&store, "n1", 20).await;
    store.record_attempt("n1", "d_1", &attempt(&claimed[0].delivery, "permanent", 20), Next::Dead).await.expect("record");
    assert_eq!(store.unreached(&[], at(-1_000)).await.expect("asked"), 1, "one refused, the other not there yet");
    store.record_attempt("n1", "d_2", &attempt(&claimed[1].delivery, "delivered", 20), Next::Delivered).await.expect("record");
    assert_eq!(store.unreached(&[], at(1_000)).await.expect("asked"), 0, "somebody heard");
}

async fn a_program_is_nobody_who_heard(bench: Bench) {
    let store = bench.store;
    let hook = NewDelivery { channel: "hook".to_owned(), ..warning("d_hook", "H-1", "hook") };
    raised(&store, "H-1", &[warning("d_1", "H-1", "a@example.test"), hook]).await;
    let claimed = claim(&store, "n1", 20).await.remove(0);
    store.record_attempt("n1", "d_1", &attempt(&claimed.delivery, "permanent", 20), Next::Dead).await.expect("record");
    let called = store.claim_due_over("hook", "n1", at(20), LEASE, 10).await.expect("claim").remove(0);
    assert_eq!(
        called.undelivered.iter().map(|missed| (missed.address.as_str(), missed.reply.as_str())).collect::<Vec<_>>(),
        [("a@example.test", "250 permanent")]
    );
    assert!(called.also_told.is_empty(), "what was given up told nobody");
    store.record_attempt("n1", "d_hook", &attempt(&called.delivery, "delivered", 20), Next::Delivered).await.expect("record");
    let programs = ["hook".to_owned()];
    assert_eq!(store.unreached(&[], at(1_000)).await.expect("asked"), 0, "where people watch it");
    assert_eq!(store.unreached(&programs, at(1_000)).await.expect("asked"), 1);
    assert!(store.stranded(&[], at(30), at(-1_000)).await.expect("asked").is_empty());
    assert_eq!(store.stranded(&programs, at(30), at(-1_000)).await.expect("asked"), ["H-1"]);
    assert!(
        store.stranded(&programs, at(5_000), at(1_000)).await.expect("asked").is_empty(),
        "too old to be tried again, and no step to come"
    );
    let mut tx = store.begin_incident("H-1", at(40)).await.expect("begin").expect("it is there");
    assert_eq!(tx.revive(at(1_000), at(50)).await.expect("revived"), 0, "made before that");
    assert_eq!(tx.revive(at(-1_000), at(50)).await.expect("revived"), 1);
    tx.commit().await.expect("commit");
    assert!(store.stranded(&programs, at(41), at(-1_000)).await.expect("asked").is_empty(), "it is on its way");
    assert_eq!(store.delivery("d_1").await.expect("read").map(|row| (row.state, row.due_at)), Some((DeliveryState::Due, at(50))));
}

async fn an_incident_about_given_up_rows_knows_them(bench: Bench) {
    let store = bench.store;
    let rows = ["d_1", "d_2", "d_3"].map(|id| warning(id, "H-1", &format!("{id}@example.test")));
    raised(&store, "H-1", &rows).await;
    for claimed in claim(&store, "n1", 20).await {
        store.record_attempt("n1", &claimed.delivery.id, &attempt(&claimed.delivery, "permanent", 20), Next::Dead).await.expect("record");
    }
    let about = NewIncident { kind: IncidentKind::Ops, ..incident("H-2", "undelivered:mail") };
    store.raise(&about, &[]).await.expect("raised");
    assert!(store.none_given_up(at(30)).await.expect("asked").is_empty(), "its rows are noted in a moment");
    assert_eq!(store.none_given_up(at(8_000)).await.expect("asked"), ["undelivered:mail"], "and never were");
    let mut tx = store.begin_incident("H-2", at(30)).await.expect("begin").expect("it is there");
    tx.note_given_up(["d_1", "d_2", "d_3"]).await.expect("noted");
    assert_eq!(tx.given_up().await.expect("list").len(), 3);
    tx.commit().await.expect("commit");
    assert!(store.none_given_up(at(8_000)).await.expect("asked").is_empty());
    assert!(store.retry_dead(Some("hook"), at(40)).await.expect("retried").is_empty());
    store.drop_delivery("d_1").await.expect("dropped");
    assert_eq!(store.retry_dead(Some("mail"), at(40)).await.expect("retried"), ["d_2", "d_3"]);
    let claimed = claim(&store, "n1", 40).await;
    assert!(store.none_given_up(at(40)).await.expect("asked").is_empty(), "tried again is not through");
    store.record_attempt("n1", "d_2", &attempt(&claimed[0].delivery, "delivered", 41), Next::Delivered).await.expect("record");
    store.record_attempt("n1", "d_3", &attempt(&claimed[1].delivery, "permanent", 41), Next::Dead).await.expect("record");
    assert!(store.none_given_up(at(42)).await.expect("asked").is_empty(), "one is given up once more");
    assert_eq!(store.drop_dead(None).await.expect("dropped"), ["d_3"]);
    assert_eq!(store.none_given_up(at(42)).await.expect("asked"), ["undelivered:mail"]);
}

async fn what_an_address_refused_is_hurried_when_it_takes_another(bench: Bench) {
    let store = bench.store;
    let to = |id: &str, who: &str, step: i64| NewDelivery { step, ..warning(id, "H-1", who) };
    let rows = [
        to("d_1", "full@example.test", 1),
        to("d_2", "full@example.test", 2),
        to("d_3", "far@example.test", 3),
        to("d_4", "odd@example.test", 4),
    ];
    raised(&store, "H-1", &rows).await;
    for claimed in claim(&store, "n1", 20).await {
        let reply = if claimed.delivery.id == "d_4" { "451 odd words" } else { "452 full" };
        let end = AttemptRow { reply: reply.to_owned(), ..attempt(&claimed.delivery, "retry", 20) };
        store.record_attempt("n1", &claimed.delivery.id, &end, Next::Again { due_at: at(9_000) }).await.expect("record");
    }
    // Nobody counts failures of the channel: others pass all the time.
    store.retry_delivery("d_1", at(50)).await.expect("retried");
    let first = claim(&store, "n1", 50).await.remove(0);
    let recovery = store.record_attempt("n1", "d_1", &attempt(&first.delivery, "delivered", 50), Next::Delivered).await.expect("record");
    assert_eq!(recovery.hurried, 0, "those were refused a moment ago");
    let new = to("d_5", "full@example.test", 5);
    let mut tx = store.begin_incident("H-1", at(200)).await.expect("begin").expect("it is there");
    tx.deliver(&[new]).await.expect("deliver");
    tx.commit().await.expect("commit");
    let fifth = claim(&store, "n1", 200).await.remove(0);
    let recovery = store.record_attempt("n1", "d_5", &attempt(&fifth.delivery, "delivered", 200), Next::Delivered).await.expect("record");
    assert_eq!(recovery.hurried, 0, "it was refused before the address took another one: for what it says");
    store.retry_delivery("d_2", at(300)).await.expect("retried");
    let second = claim(&store, "n1", 300).await.remove(0);
    let recovery = store.record_attempt("n1", "d_2", &attempt(&second.delivery, "delivered", 300), Next::Delivered).await.expect("record");
    assert_eq!(recovery.hurried, 1, "another address refused with the same words");
    let due = |id: &'static str| async { store.delivery(id).await.expect("read").expect("it is there").due_at };
    assert_eq!((due("d_3").await, due("d_4").await), (at(301), at(9_000)));
}
