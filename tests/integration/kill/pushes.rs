//! The daemon dies while a push is taken: the sender, who got no answer, sends it again, and the warning comes once.

use super::house::{House, until};
use crate::world::process::Process;

const INBOUND: &str = "\n[[source]]\nname = \"desk\"\nkind = \"inbound\"\ntoken_file = \"{folder}/token\"\n";
/// The status of the answer; none where the connection ended without one.
async fn push(daemon: &Process, body: &str) -> Option<u16> {
    daemon.request("POST /v1/inbound/desk", body).await.map(|(status, _)| status)
}

async fn dies_at(point: &str) {
    let house = House::known(None, "1h").await;
    let settings = std::fs::read_to_string(house.home.path("hearken.toml")).expect("settings");
    let folder = house.home.path("").display().to_string();
    std::fs::write(house.home.path("hearken.toml"), settings + &INBOUND.replace("{folder}/", &folder)).expect("written");
    let body = r#"{"id": "1", "text": "My Kestrel kettle, order 1, never arrived."}"#;
    let mut daemon = house.home.launch().crash_at(point).start();
    daemon.ready().await;
    assert_eq!(push(&daemon, body).await, None, "no answer, for nothing was certain");
    daemon.crashed().await;
    let mut daemon = house.started().await;
    assert_eq!(push(&daemon, body).await, Some(200));
    until("the warning arrives", || async { !house.mail.mails().is_empty() && !house.hook.requests().is_empty() }).await;
    house.nothing_left().await;
    assert_eq!(push(&daemon, body).await, Some(200));
    daemon.stop().await;
    assert_eq!((house.mail.mails().len(), house.hook.requests().len()), (1, 1), "once");
}

#[tokio::test]
async fn before_the_push_is_stored() {
    dies_at("push.judged").await;
}

#[tokio::test]
async fn stored_and_not_answered() {
    dies_at("push.committed").await;
}
