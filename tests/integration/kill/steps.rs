//! The daemon dies between two steps of a warning's way, from the fetch to the record of the delivery.

use super::house::{House, Tally};

/// What is told of each complaint: one mail, one call. They go out side by side: a death inside one send is one inside all.
const TOLD: usize = 2;
const COMPLAINTS: usize = 3;

/// Dies once at the point; then a daemon without a fault finishes the work. `repeats` is how many messages may come again.
async fn dies_at(point: &str, repeats: usize) -> Tally {
    let house = House::known(None, "1h").await;
    house.publish(COMPLAINTS);
    house.home.launch().crash_at(point).start().crashed().await;
    let mut daemon = house.started().await;
    house.all_told().await;
    daemon.stop().await;
    let tally = house.tally().await;
    assert!(tally.duplicates <= repeats, "{tally:?}");
    tally
}

#[tokio::test]
async fn before_the_poll_is_judged() {
    dies_at("poll.fetched", 0).await;
}

#[tokio::test]
async fn before_the_poll_is_stored() {
    dies_at("poll.judged", 0).await;
}

#[tokio::test]
async fn after_items_and_verdicts_before_incidents() {
    dies_at("poll.committed", 0).await;
}

#[tokio::test]
async fn incidents_decided_not_committed() {
    dies_at("open.decided", 0).await;
}

#[tokio::test]
async fn outbox_committed_unsent() {
    dies_at("open.committed", 0).await;
}

#[tokio::test]
async fn claimed_before_it_connects() {
    let tally = dies_at("deliver.claimed", TOLD * COMPLAINTS).await;
    assert!(tally.cut >= 1, "{tally:?}");
}

#[tokio::test]
async fn sent_and_not_recorded() {
    let tally = dies_at("deliver.sent", TOLD * COMPLAINTS).await;
    assert!(tally.duplicates >= 1, "the receiver had it and we did not know: {tally:?}");
}

#[tokio::test]
async fn recorded_and_not_followed() {
    dies_at("deliver.recorded", TOLD * COMPLAINTS).await;
}

/// The second poll and the third delivery die as well as the first.
#[tokio::test]
async fn one_death_after_the_other() {
    let house = House::known(None, "1h").await;
    house.publish(COMPLAINTS);
    let points = ["poll.fetched", "poll.judged", "poll.committed", "open.decided", "open.committed", "deliver.claimed", "deliver.sent:2"];
    for point in points {
        let mut daemon = house.home.launch().crash_at(point).start();
        daemon.crashed().await;
        house.publish(1);
    }
    let mut daemon = house.started().await;
    house.all_told().await;
    daemon.stop().await;
    let tally = house.tally().await;
    assert!(tally.duplicates <= tally.cut, "{tally:?}");
}
