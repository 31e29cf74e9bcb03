//! A daemon whose clock is set back while it runs, as where a machine's own clock keeps local time and the time service comes.

use std::fs;
use std::time::Duration;

use super::house::{House, until_within};
use crate::world::program;

/// Nobody waits longer than this for the daemon to notice.
const NOTICED_WITHIN: Duration = Duration::from_secs(20);

/// By another clock it would be hours since a daemon that was killed gave a sign of life, and ops would hear of that.
async fn ended_in_order() -> House {
    let house = House::known(None, "1h").await;
    house.started().await.stop().await;
    house
}

#[tokio::test]
async fn a_clock_set_back_while_it_runs_is_noticed_within_seconds() {
    let house = ended_in_order().await;
    let offset = house.home.path("offset");
    fs::write(&offset, "28800").expect("written");
    let mut daemon = house.home.launch().env("HEARKEN_CLOCK_OFFSET_FILE", &offset.display().to_string()).start();
    daemon.ready().await;
    house.publish(1);
    house.all_told().await;
    fs::write(&offset, "0").expect("written");
    house.publish(1);
    let told = || async { house.copies().len() == 4 };
    until_within("what came after it is told", NOTICED_WITHIN, told).await;
    assert!(house.home.last_log().contains("the clock was set back while we run"), "{}", house.home.last_log());
    let log = house.home.last_log();
    assert!(log.contains("is brought forward"), "{log}");
    daemon.stop().await;
    house.nothing_left().await;
}

#[tokio::test]
async fn a_listing_says_that_the_clock_was_set_back_where_nobody_mends_it() {
    let house = ended_in_order().await;
    let mut daemon = house.home.launch().env("HEARKEN_CLOCK_OFFSET_S", "28800").start();
    daemon.ready().await;
    house.publish(1);
    house.all_told().await;
    daemon.stop().await;
    let said = program::run(&house.home.path("hearken.toml"), &["sources"]).await;
    assert!(said.text().starts_with("The last poll is dated") && said.text().contains("the clock was set back"), "{}", said.text());
}
