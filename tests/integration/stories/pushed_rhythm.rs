//! What is pushed has a rhythm, too: it is learnt, and a sender that falls silent is told of as a feed is.

use std::time::Duration;

use serde_json::json;

use crate::world::browser::ask;
use crate::world::daemon::World;
use crate::world::plan::{API_TOKEN, Plan};

const HOUR: Duration = Duration::from_hours(1);

async fn push(world: &World, number: u32) {
    let bearer = format!("Bearer {API_TOKEN}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = json!({ "id": number.to_string(), "text": format!("今天第 {number} 位客人問紅隼有沒有白色的") }).to_string();
    assert_eq!(ask(world.address(), "POST", "/v1/inbound/desk", &headers, body.as_bytes()).await.status, 200);
    world.quiet().await;
}

#[tokio::test]
async fn a_sender_that_falls_silent_is_told_of_by_what_was_usual() {
    let plan =
        Plan::with(|plan| plan.more = "[[source]]\nname = \"desk\"\nkind = \"inbound\"\ntoken_file = \"{folder}/api.token\"\n".to_owned());
    let world = World::start(plan).await;
    for number in 0..84 {
        push(&world, number).await;
        world.pass(6 * HOUR).await;
    }
    let shown = world.verb(&["sources", "show", "desk", "--json"]).await.ended(0).json();
    assert!(shown["source"]["usual"].as_str().is_some_and(|usual| usual.contains("usually 4 a day")), "{shown}");
    let mails = world.mailed().len();
    for _ in 0..3 {
        world.pass(6 * HOUR).await;
    }
    assert_eq!(world.troubles("silent:").await.len(), 0, "no day without a night");
    for _ in 0..12 {
        world.pass(6 * HOUR).await;
    }
    assert_eq!(world.troubles("silent:desk").await.len(), 1);
    assert_eq!(world.mailed().len(), mails + 1, "once");
    world.finish().await;
}
