//! SIGKILL while a message is on the wire: it comes again, under the same name, and not a third time.

use hearken::model::DeliveryState;

use super::house::{CLERK, House, deliveries, until};
use crate::world::process::PATIENCE;
use crate::world::smtp::At;

/// How often the message to the clerk arrived, and under how many names.
fn mails_to_clerk(house: &House) -> (usize, usize) {
    let mails = house.mail.mails();
    let mut names: Vec<_> = mails.iter().filter(|mail| mail.recipients == [CLERK]).map(|mail| mail.header("Message-ID")).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    (all, names.len())
}

async fn killed_at(point: At) -> House {
    let house = House::known(None, "1h").await;
    house.publish(1);
    let hold = house.mail.hold(point);
    let mut daemon = house.home.launch().start();
    hold.reached(PATIENCE).await;
    daemon.kill().await;
    hold.release();
    house
}

#[tokio::test]
async fn in_the_mail_dialogue_before_the_body() {
    for point in [At::Connect, At::Rcpt, At::Data] {
        let house = killed_at(point).await;
        let mut daemon = house.started().await;
        house.all_told().await;
        daemon.stop().await;
        assert_eq!(mails_to_clerk(&house), (1, 1), "{point:?}");
        assert!(house.tally().await.duplicates <= 1);
    }
}

/// The server has the whole mail and keeps it, though nobody hears its 250 any more.
#[tokio::test]
async fn after_the_dot_before_the_answer() {
    let house = killed_at(At::Dot).await;
    house.mail.wait_for_mails(1, PATIENCE).await;
    let mut daemon = house.started().await;
    until("it came again", || async { mails_to_clerk(&house).0 == 2 }).await;
    house.all_told().await;
    daemon.stop().await;
    assert_eq!(mails_to_clerk(&house), (2, 1), "twice under one name");
    let store = house.open().await;
    let row = deliveries(&store).await.into_iter().find(|row| row.channel == "mail").expect("the mail's row");
    assert!(row.possible_duplicate, "the row says that it may have come twice: {row:?}");
    assert_eq!(row.state, DeliveryState::Delivered);
    store.close().await;
    assert!(house.tally().await.duplicates <= 2);
}

#[tokio::test]
async fn webhook_sent_response_unread() {
    let house = House::known(None, "1h").await;
    house.publish(1);
    let hold = house.hook.hold();
    let mut daemon = house.home.launch().start();
    hold.reached(PATIENCE).await;
    daemon.kill().await;
    hold.release();
    let mut daemon = house.started().await;
    house.hook.wait_for_requests(2, PATIENCE).await;
    house.all_told().await;
    daemon.stop().await;
    let calls = house.hook.requests();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));
    house.tally().await;
}

/// A graceful stop in the middle of a send waits for its answer: no duplicate at all.
#[tokio::test]
async fn a_stop_waits_for_the_answer_and_repeats_nothing() {
    let house = House::known(None, "1h").await;
    house.publish(1);
    let hold = house.mail.hold(At::Dot);
    let mut daemon = house.started().await;
    hold.reached(PATIENCE).await;
    daemon.signal("TERM").await;
    let mut log = daemon.log();
    until("the stop has begun", || {
        log = daemon.log();
        let begun = log.contains("\"stopping\"");
        async move { begun }
    })
    .await;
    hold.release();
    assert!(daemon.ended().await.success());
    let mut daemon = house.started().await;
    house.all_told().await;
    daemon.stop().await;
    let tally = house.tally().await;
    assert_eq!((tally.duplicates, mails_to_clerk(&house)), (0, (1, 1)));
}

/// The ladder does not wait for the lease of a dead process, so the first warning must not either.
#[tokio::test]
async fn what_a_dead_predecessor_was_sending_does_not_wait_for_its_lease() {
    let house = House::known(None, "1h").await;
    let settings = std::fs::read_to_string(house.home.path("hearken.toml")).expect("read").replace("lease = \"1s\"", "lease = \"1h\"");
    std::fs::write(house.home.path("hearken.toml"), settings).expect("written");
    house.publish(1);
    let hold = house.mail.hold(At::Rcpt);
    let mut daemon = house.home.launch().start();
    hold.reached(PATIENCE).await;
    daemon.kill().await;
    hold.release();
    let mut daemon = house.started().await;
    house.all_told().await;
    daemon.stop().await;
    assert_eq!(mails_to_clerk(&house), (1, 1));
    assert!(house.tally().await.duplicates <= 1);
}

/// Many cases come in several mails: what was in the first of them is not in those that come after the death.
#[tokio::test]
async fn between_two_mails_that_were_gathered_together() {
    let house = House::known(None, "1h").await;
    let settings = std::fs::read_to_string(house.home.path("hearken.toml")).expect("read");
    std::fs::write(house.home.path("hearken.toml"), settings.replace("singly = 100000", "singly = 1\ngather_every = \"10s\""))
        .expect("written");
    house.publish(300);
    house.home.launch().crash_at("deliver.parted").start().crashed().await;
    let told = || {
        let mails = house.mail.mails().into_iter().filter(|mail| mail.recipients == [CLERK]);
        let texts: Vec<String> = mails.map(|mail| mail.body("text/plain").replace(['\u{3010}', '\u{3011}'], "")).collect();
        let orders =
            texts.iter().flat_map(|text| text.split("Order ").skip(1).map(|rest| rest.split(' ').next().unwrap_or_default().to_owned()));
        orders.collect::<Vec<String>>()
    };
    let before = told().len();
    assert!((2..300).contains(&before), "one singly and one of several gathered: {before}");
    let mut daemon = house.started().await;
    house.nothing_left().await;
    daemon.stop().await;
    let mut all = told();
    all.sort();
    let count = all.len();
    all.dedup();
    assert_eq!((count, all.len()), (300, 300), "each once");
}
