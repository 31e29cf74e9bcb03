//! Deaths around an acknowledgement and a step of the ladder: each takes effect once.

use hearken::model::{Incident, IncidentKind, IncidentState};
use hearken::store::{IncidentFilter, Store};

use super::house::{CLERK, House, LEAD, until};
use crate::world::process::{PATIENCE, Process};

const OPS: &str = "ops@kestrel.test";
const TWO_HOURS: &str = "7200";

/// The one incident about a complaint.
async fn complaint(store: &Store) -> Incident {
    let incidents = store.incidents(&IncidentFilter::default()).await.expect("a listing");
    let mut complaints = incidents.into_iter().filter(|incident| incident.kind == IncidentKind::Mention);
    let found = complaints.next().expect("an incident");
    assert!(complaints.next().is_none(), "one complaint, one incident");
    found
}

/// The way of the link that went out with the warning.
fn link(house: &House) -> String {
    let call = house.hook.requests().into_iter().next().expect("a call");
    let body: serde_json::Value = serde_json::from_slice(&call.body).expect("JSON");
    let url = body["data"]["acknowledge_url"].as_str().expect("a link").to_owned();
    url::Url::parse(&url).expect("an address").path().to_owned()
}

async fn acknowledge(house: &House, daemon: &Process) -> Option<(u16, String)> {
    daemon.request(&format!("POST {}", link(house)), "action=acknowledge&name=Mei&note=").await
}

/// Messages to this address, by the names they carry.
fn messages_to(house: &House, address: &str) -> Vec<String> {
    let mails = house.mail.mails();
    let mut names: Vec<_> = mails.iter().filter(|mail| mail.recipients == [address]).filter_map(|mail| mail.header("Message-ID")).collect();
    names.sort();
    names.dedup();
    names
}

async fn answers_that_took_effect(store: &Store, incident: &str) -> usize {
    let kept = store.incident_acknowledgements(incident).await.expect("a listing");
    kept.iter().filter(|answer| answer.row.took_effect).count()
}

/// A warning that arrived, and a daemon that dies at the answer to it.
async fn dies_while_answered(point: &str) -> House {
    let house = House::known(None, "1h").await;
    house.publish(1);
    let mut daemon = house.home.launch().crash_at(point).start();
    daemon.ready().await;
    house.all_told().await;
    assert!(acknowledge(&house, &daemon).await.is_none(), "it died before it answered");
    daemon.crashed().await;
    house
}

#[tokio::test]
async fn an_answer_before_the_commit_did_not_happen_and_can_be_given_again() {
    let house = dies_while_answered("answer.decided").await;
    let mut daemon = house.started().await;
    let store = house.open().await;
    assert_eq!(complaint(&store).await.state, IncidentState::Open);
    let (status, _) = acknowledge(&house, &daemon).await.expect("an answer");
    assert_eq!(status, 200);
    let incident = complaint(&store).await;
    assert_eq!((incident.state, incident.acknowledged_by.as_deref()), (IncidentState::Acknowledged, Some("Mei")));
    assert_eq!(answers_that_took_effect(&store, &incident.id).await, 1);
    store.close().await;
    house.nothing_left().await;
    daemon.stop().await;
    house.tally().await;
}

#[tokio::test]
async fn an_answer_after_the_commit_holds_and_a_second_one_changes_nothing() {
    let house = dies_while_answered("answer.committed").await;
    // Two hours later: every step of the ladder would be due.
    let mut daemon = house.home.launch().env("HEARKEN_CLOCK_OFFSET_S", TWO_HOURS).start();
    daemon.ready().await;
    let store = house.open().await;
    let before = complaint(&store).await;
    assert_eq!(before.state, IncidentState::Acknowledged);
    let (status, _) = acknowledge(&house, &daemon).await.expect("an answer");
    assert_eq!(status, 200);
    let after = complaint(&store).await;
    assert_eq!((after.acknowledged_at, after.acknowledged_by), (before.acknowledged_at, before.acknowledged_by));
    assert_eq!(answers_that_took_effect(&store, &before.id).await, 1);
    // The loops have turned: the forum was asked again.
    let asked = house.site.requests("/forum.xml").len();
    until("another poll", || async { house.site.requests("/forum.xml").len() > asked + 1 }).await;
    store.close().await;
    house.nothing_left().await;
    daemon.stop().await;
    assert!(messages_to(&house, LEAD).is_empty(), "nothing but the news goes out after an answer");
    house.tally().await;
}

/// One step of a ladder that nobody answers; then ops hear that it was to no avail.
async fn climbs_once_despite(point: &str) {
    let house = House::known(None, "1s").await;
    house.publish(1);
    house.home.launch().crash_at(point).start().crashed().await;
    let mut daemon = house.started().await;
    house.all_told().await;
    until("ops hear of the end of the ladder", || async { !messages_to(&house, OPS).is_empty() }).await;
    house.nothing_left().await;
    daemon.stop().await;
    let told = [CLERK, LEAD, OPS].map(|address| messages_to(&house, address).len());
    assert_eq!(told, [1, 1, 1]);
    let store = house.open().await;
    assert_eq!(complaint(&store).await.step, 2);
    store.close().await;
    house.tally().await;
}

#[tokio::test]
async fn a_timer_that_fired_before_its_rows_fires_again() {
    climbs_once_despite("escalate.decided").await;
}

#[tokio::test]
async fn a_step_that_was_committed_is_not_taken_twice() {
    climbs_once_despite("escalate.committed").await;
}

/// V4: what fell due while nobody ran is done at once, and one step of it only.
#[tokio::test]
async fn an_escalation_that_fell_due_during_downtime_comes_at_once() {
    let house = House::known(None, "1h").await;
    house.publish(1);
    let mut daemon = house.started().await;
    house.all_told().await;
    daemon.kill().await;
    let mut daemon = house.home.launch().env("HEARKEN_CLOCK_OFFSET_S", TWO_HOURS).start();
    daemon.ready().await;
    let began = tokio::time::Instant::now();
    until("the lead is told", || async { !messages_to(&house, LEAD).is_empty() }).await;
    assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
    house.nothing_left().await;
    daemon.stop().await;
    let to_ops: Vec<String> =
        house.mail.mails().iter().filter(|mail| mail.recipients == [OPS]).map(|mail| mail.body("text/plain")).collect();
    assert_eq!(to_ops.len(), 1, "the rest of the ladder is counted from now: {to_ops:?}");
    assert!(to_ops[0].contains("Nothing was heard from"), "of the two hours they hear: {}", to_ops[0]);
    house.tally().await;
}
