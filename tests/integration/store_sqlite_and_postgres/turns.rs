//! Whose turn it is to answer, and which message goes first.

use hearken::model::{DeliveryKind, Incident, NewDelivery, NewIncident, Severity};
use hearken::store::Next;

use super::outbox::{attempt, claim};
use super::samples::{LEASE, at, incident, raised, warning};
use super::{Bench, stories};

stories! {
    only_who_has_to_answer_counts
    the_worst_goes_first
}

async fn only_who_has_to_answer_counts(bench: Bench) {
    let store = bench.store;
    let beside = NewDelivery { department: "care".to_owned(), ..warning("d_beside", "H-1", "b@example.test") };
    raised(&store, "H-1", &[warning("d_1", "H-1", "a@example.test"), beside]).await;
    let stranded = |now: i64| {
        let store = &store;
        async move { store.stranded(&[], at(now), at(-1_000)).await.expect("asked") }
    };
    for claimed in claim(&store, "n1", 20).await {
        let (outcome, next) = if claimed.delivery.id == "d_1" { ("permanent", Next::Dead) } else { ("delivered", Next::Delivered) };
        store.record_attempt("n1", &claimed.delivery.id, &attempt(&claimed.delivery, outcome, 20), next).await.expect("record");
    }
    assert_eq!(stranded(30).await, ["H-1"], "who was told beside is not asked to answer");
    let missed = store.missed(&["H-1".to_owned()]).await.expect("read").remove(0);
    assert_eq!((missed.incident.id.as_str(), missed.deliveries.len(), missed.mention.is_none()), ("H-1", 2, true));
    let mut tx = store.begin_incident("H-1", at(40)).await.expect("begin").expect("it is there");
    let climbed = Incident { step: 1, ..tx.incident().clone() };
    tx.update(&climbed).await.expect("update");
    let step = NewDelivery {
        kind: DeliveryKind::Escalation,
        step: 1,
        department: "care".to_owned(),
        ..warning("d_2", "H-1", "lead@example.test")
    };
    tx.deliver(&[step]).await.expect("deliver");
    tx.commit().await.expect("commit");
    assert!(stranded(45).await.is_empty(), "the next step is on its way, of whatever department");
    let claimed = claim(&store, "n1", 50).await.remove(0);
    store.record_attempt("n1", "d_2", &attempt(&claimed.delivery, "permanent", 50), Next::Dead).await.expect("record");
    assert_eq!(stranded(60).await, ["H-1"], "and once that is refused it is the turn of the one after it");
}

async fn the_worst_goes_first(bench: Bench) {
    let store = bench.store;
    for (id, severity) in [("H-1", Severity::Medium), ("H-2", Severity::Critical), ("H-3", Severity::Low)] {
        let rows = [
            warning(&format!("d_{id}_w"), id, "a@example.test"),
            NewDelivery { kind: DeliveryKind::Escalation, step: 1, ..warning(&format!("d_{id}_e"), id, "a@example.test") },
        ];
        let news = NewDelivery { kind: DeliveryKind::Status, step: 2, ..warning(&format!("d_{id}_s"), id, "a@example.test") };
        let new = NewIncident { severity, ..incident(id, id) };
        store.raise(&new, &[&rows[..], &[news]].concat()).await.expect("raised");
    }
    let mut order = Vec::new();
    for _ in 0..9 {
        let one = store.claim_due_over("mail", "n1", at(20), LEASE, 1).await.expect("claim").remove(0).delivery;
        store.record_attempt("n1", &one.id, &attempt(&one, "delivered", 20), Next::Delivered).await.expect("record");
        order.push(one.id);
    }
    assert_eq!(order[..6], ["d_H-2_e", "d_H-2_w", "d_H-1_e", "d_H-1_w", "d_H-3_e", "d_H-3_w"]);
    assert!(order[6..].iter().all(|id| id.ends_with("_s")), "news last: {order:?}");
}
