//! An item on which Hearken itself fails is set aside and told to ops once; whatever came with it goes on, by whichever way it came.
//!
//! A judge of the tests panics over words in which `panic at judge` stands, so these stories need the feature of the crash points.

use std::fs;

use hearken::model::{Incident, SourceState};
use serde_json::json;

use crate::world::browser::ask;
use crate::world::daemon::World;
use crate::world::imap::{Imap, PASSWORD, USER};
use crate::world::plan::{API_TOKEN, Plan, write_secret};
use crate::world::review::Review;

/// Kestrel's, and more than the judge can bear.
fn unbearable(id: &str) -> Review {
    Review::new(id, "訂了十天還沒收到貨", &format!("紅隼快煮壺訂了十天還沒收到貨 (panic at judge), 第 {id} 則"))
}

async fn source(world: &World, name: &str) -> SourceState {
    world.store().source(name).await.expect("the store answers").expect("it is there")
}

async fn told(world: &World, name: &str) -> Incident {
    let mut told = world.troubles(&format!("aside:{name}")).await;
    assert_eq!(told.len(), 1, "one incident about {name}");
    told.remove(0)
}

#[tokio::test]
async fn a_feeds_item_is_set_aside_once_and_the_others_are_told() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::late("before"));
    world.publish(unbearable("one"));
    world.publish(Review::broken("behind"));
    world.poll().await;
    let forum = source(&world, "forum").await;
    assert_eq!((forum.failure, forum.failures), (None, 0), "its source is read");
    assert_eq!(world.incidents().await.len(), 3, "both others and the one about it: {:?}", world.mailed());
    let about = told(&world, "forum").await;
    assert!(about.detail.contains("/review/one") && about.detail.contains("紅隼快煮壺訂了十天"), "{}", about.detail);
    let ops = world.mails_to("ops@kestrel.test").len();
    assert!(ops > 0);
    world.publish(Review::new("chat", "問", "紅隼有黑色的嗎？"));
    world.poll().await;
    world.restart().await;
    world.poll().await;
    assert_eq!((world.mails_to("ops@kestrel.test").len(), &told(&world, "forum").await), (ops, &about), "once");
    world.publish(unbearable("two"));
    world.poll().await;
    let joined = told(&world, "forum").await;
    assert!(
        joined.title.contains("2 items") && joined.detail.contains("/review/one") && joined.detail.contains("/review/two"),
        "{joined:?}"
    );
    world.finish().await;
}

#[tokio::test]
async fn a_pushed_item_and_a_line_take_no_other_with_them() {
    const SOURCES: &str = "[[source]]\nname = \"desk\"\nkind = \"inbound\"\ntoken_file = \"{folder}/api.token\"\n\
        [[source]]\nname = \"survey\"\nkind = \"files\"\nfolder = \"{folder}/inbox\"\ninterval = \"1m\"\n";
    let mut world = World::prepare(Plan::with(|plan| plan.more = SOURCES.to_owned())).await;
    fs::create_dir(world.folder().join("inbox")).expect("it is made");
    world.run().await;
    world.poll().await;
    let written = |Review { id, title, text, .. }: Review| json!({ "id": id, "title": title, "text": text });
    let body = json!([written(unbearable("one")), written(Review::late("ten-days"))]).to_string();
    let bearer = format!("Bearer {API_TOKEN}");
    for (new, known) in [(2, 0), (0, 2)] {
        let reply = ask(world.address(), "POST", "/v1/inbound/desk", &[("Authorization", &bearer)], body.as_bytes()).await;
        assert_eq!(reply.status, 200, "nobody sends it for ever: {}", reply.body);
        assert_eq!((&reply.json()["new"], &reply.json()["known"]), (&json!(new), &json!(known)));
        world.quiet().await;
    }
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    assert!(told(&world, "desk").await.detail.contains("one"));
    let lines = format!("{}\n{}\n", written(unbearable("line")), written(Review::broken("lid")));
    fs::write(world.folder().join("inbox/day.jsonl"), lines).expect("it is written");
    world.poll().await;
    world.poll().await;
    assert!(world.folder().join("inbox/done/day.jsonl").exists(), "the file is taken");
    let warned = world.incidents().await;
    assert_eq!(warned.len(), 4, "{warned:?}");
    assert!(told(&world, "survey").await.detail.contains("line"));
    world.finish().await;
}

#[tokio::test]
async fn a_mail_is_set_aside_and_marked_and_those_behind_it_are_read() {
    let imap = Imap::start().await;
    let plan = Plan::with(|plan| {
        plan.more = format!(
            "[[source]]\nname = \"mailbox\"\nkind = \"mail\"\nurl = \"{}\"\nusername = \"{USER}\"\npassword_file = \"{{folder}}/imap\"\ninterval = \"1m\"\n",
            imap.url()
        );
    });
    let mut world = World::prepare(plan).await;
    write_secret(&world.folder().join("imap"), PASSWORD);
    world.run().await;
    world.poll().await;
    let mail = |number: u32, text: &str| {
        format!(
            "From: Ann <ann@shop.test>\nSubject: order {number}\nMessage-ID: <{number}@shop.test>\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        )
    };
    let (first, second) = (imap.arrives(&mail(1, &unbearable("mail").text)), imap.arrives(&mail(2, "紅隼快煮壺，訂了十天還沒收到貨")));
    world.poll().await;
    world.poll().await;
    assert_eq!((imap.flags(first), imap.flags(second)), (vec!["\\Seen".to_owned()], vec!["\\Seen".to_owned()]));
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "{:?}", world.mailed());
    assert!(told(&world, "mailbox").await.detail.contains("order 1"));
    assert_eq!(source(&world, "mailbox").await.failure, None);
    world.finish().await;
}
