//! Items longer than what is stored of one: the whole of them is heard.

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;

/// Bytes of a text in which nobody complains.
fn chatter(bytes: usize) -> String {
    let line = "今天天氣很好，大家都去爬山了，晚上再回來吃飯。\n";
    line.repeat(bytes / line.len() + 1)
}

const HARM: &str = "朋友家的紅隼快煮壺漏水，手被燙傷，送急診。";

#[tokio::test]
async fn what_stands_far_behind_in_a_long_item_is_heard_and_shown() {
    let mut world = World::start(Plan::default()).await;
    let text = format!("{}{HARM}\n{}", chatter(90_000), chatter(60_000));
    let case = world.warned_of(Review::new("thread", "閒聊", &text)).await;
    assert_eq!(case.severity.to_string(), "critical");
    let mail = world.mails_to("chen@kestrel.test").pop().expect("management is told").body("text/plain");
    assert!(mail.contains("手被【燙傷】，送急診"), "with the words that count: {mail}");
    let stored = world.store().mentions(&hearken::store::MentionFilter::default()).await.expect("the store answers");
    let (mention, _) = stored.iter().find(|(mention, _)| mention.title.as_deref() == Some("閒聊")).expect("it is stored");
    assert!(mention.text.len() <= 32 * 1024 && mention.text.contains(HARM), "cut around the hits");
    let why = world.verb(&["whynot", HARM]).await.ended(0).text();
    assert!(why.contains("told as H-"), "{why}");
    world.poll().await;
    assert_eq!(world.incidents().await.len(), 1, "read again it is the same");
    world.finish().await;
}

#[tokio::test]
async fn what_stands_behind_all_that_is_read_is_said_to_be_there() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::new("archive", "閒聊", &format!("{}{HARM}", chatter(300_000))));
    world.poll().await;
    assert_eq!(world.incidents().await.len(), 0, "it is not read");
    assert!(world.log.text().contains("items are longer than what is read of one"), "{}", world.log.text());
    let address = format!("http://{}/forum.xml", world.site.address());
    let probed = world.verb(&["probe", &address, "--source", "forum"]).await;
    assert!(probed.remarks().contains("longer than 256 KB"), "{}", probed.remarks());
    let why = world.verb(&["whynot", HARM]).await.text();
    assert!(why.contains("its first 256 KB"), "{why}");
    world.finish().await;
}
