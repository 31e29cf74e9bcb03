//! Killed while the schema is made: the next start makes it, whole.

use std::time::Duration;

use tokio::time::Instant;

use super::house::House;
use crate::world::postgres::with_database;

/// First starts that are cut short, each at another moment of the time a whole one takes.
const MOMENTS: u32 = 12;

async fn cut_short(store: Option<&str>, whole: Duration, moment: u32) {
    let house = House::build(store, "1h").await;
    let mut daemon = house.home.launch().start();
    tokio::time::sleep(whole * moment / MOMENTS).await;
    daemon.kill().await;
    let mut daemon = house.started().await;
    daemon.stop().await;
    let reading = house.open().await;
    assert!(reading.source("forum").await.expect("read").is_some(), "the schema is whole");
    reading.close().await;
}

async fn whole_start(store: Option<&str>) -> Duration {
    let house = House::build(store, "1h").await;
    let began = Instant::now();
    let mut daemon = house.started().await;
    let whole = began.elapsed();
    daemon.kill().await;
    whole
}

#[tokio::test]
async fn at_any_moment_of_the_first_start_on_sqlite() {
    let whole = whole_start(None).await;
    for moment in 0..MOMENTS {
        cut_short(None, whole, moment).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_any_moment_of_the_first_start_on_postgres() {
    let mut whole = Duration::ZERO;
    with_database(|url| {
        let whole = &mut whole;
        async move { *whole = whole_start(Some(&url)).await }
    })
    .await;
    if whole.is_zero() {
        return;
    }
    for moment in (0..MOMENTS).step_by(3) {
        with_database(|url| async move { cut_short(Some(&url), whole, moment).await }).await;
    }
}
