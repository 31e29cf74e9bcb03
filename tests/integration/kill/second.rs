//! A second daemon (`faults.md` H): on a file it refuses to start, on a server it takes over from the dead and from nobody else.

use std::time::Duration;

use crate::world::postgres::with_database;
use crate::world::process::{Home, PATIENCE};
use crate::world::program;
use crate::world::smtp::At;

use super::house::{CLERK, House, until_within};

/// The code of a store that refuses.
const STORAGE: i32 = 4;
/// Far less than the lease of an hour, and a few looks of the daemon that is left.
const TAKEN_OVER: Duration = Duration::from_secs(45);

fn lease_of_an_hour(home: &Home, node: &str) {
    let file = home.path("hearken.toml");
    let text = std::fs::read_to_string(&file).expect("read");
    std::fs::write(&file, text.replace("lease = \"1s\"", &format!("lease = \"1h\"\nnode = \"{node}\""))).expect("written");
}

#[tokio::test]
async fn a_second_daemon_on_one_file_refuses_to_start_and_says_who_is_there() {
    let house = House::known(None, "1h").await;
    let mut first = house.started().await;
    let mut second = house.home.launch().start();
    assert_eq!(second.ended().await.code(), Some(STORAGE), "{}", second.log());
    let said = second.log();
    let holder = format!("process {} on ", first.id());
    for wanted in ["another daemon works on", "hearken.db", &holder, "since 20", "Stop it first", "PostgreSQL"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    // What only looks, and a round, work beside it.
    let settings = house.home.path("hearken.toml");
    for verb in [&["incidents"][..], &["sources"], &["deliveries"], &["run", "--once"]] {
        program::run(&settings, verb).await.ended(0);
    }
    house.publish(1);
    house.all_told().await;
    // The place of one that was killed is free at once.
    first.kill().await;
    let mut third = house.started().await;
    house.publish(1);
    house.all_told().await;
    third.stop().await;
    assert_eq!(house.tally().await.duplicates, 0);
}

/// As two copies of one container image on two machines: the same name, perhaps even the same process number.
#[tokio::test(flavor = "multi_thread")]
async fn two_of_one_name_on_a_server_take_over_from_the_dead_alone() {
    with_database(|database| async move {
        let house = House::known(Some(&database), "2h").await;
        lease_of_an_hour(&house.home, "same");
        let mut east = house.started().await;
        house.publish(1);
        let hold = house.mail.hold(At::Rcpt);
        hold.reached(PATIENCE).await;
        let mut west = house.started().await;
        // So many looks of west at leases of east, which lives.
        tokio::time::sleep(Duration::from_secs(17)).await;
        assert!(!west.log().contains("was taken back"), "{}", west.log());
        east.kill().await;
        hold.release();
        until_within("the mail that east was sending is sent by west", TAKEN_OVER, || async {
            house.mail.mails().iter().any(|mail| mail.recipients == [CLERK])
        })
        .await;
        house.all_told().await;
        west.stop().await;
        let tally = house.tally().await;
        assert!(tally.duplicates <= 1 && tally.cut >= 1, "{tally:?}");
    })
    .await;
}
