//! A source whose address was changed: what it knows stays known, what came since is told, and nobody waits for a back-off to end.

use std::time::Duration;

use super::blindness::complaints;
use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::{Review, old, rss};
use crate::world::site::Answer;

/// The operator writes another address of the forum into the settings.
async fn change(world: &World) {
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    std::fs::write(world.config(), text.replace("/forum.xml", "/moved.xml")).expect("it is written");
    world.take_up().await;
    world.quiet().await;
}

#[tokio::test]
async fn a_mended_address_tells_what_came_since_and_at_once() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::late("before"));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    world.site.serve("/forum.xml", Answer::status(404));
    for _ in 0..12 {
        world.pass(Duration::from_hours(1)).await;
    }
    let source = world.store().source("forum").await.expect("the store answers").expect("it is there");
    assert!(source.failures > 2 && source.next_due_at > world.clock.now(), "{source:?}");
    world.site.serve("/moved.xml", rss(&[Review::broken("since"), Review::late("before"), old()]));
    let told = world.mails_to("hong@kestrel.test").len();
    change(&world).await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1, "what came while nobody saw it, without a wait");
    assert_eq!(world.mails_to("hong@kestrel.test").len(), told, "what was told is known");
    world.finish().await;
}

#[tokio::test]
async fn a_new_name_for_the_same_list_tells_what_is_dated_since() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::late("before"));
    world.poll().await;
    let told = world.mailed().len();
    let at = world.clock.now().plus(Duration::from_secs(20)).to_timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    let at = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let item = |review: &Review, date: &str| {
        let Review { id, title, text, .. } = review;
        format!("<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title>{date}<description>{text}</description></item>")
    };
    let items =
        item(&Review::broken("since"), &format!("<pubDate>{at}</pubDate>")) + &item(&Review::late("before"), "") + &item(&old(), "");
    let feed =
        format!("<rss version=\"2.0\"><channel><title>forum</title><link>/</link><description>d</description>{items}</channel></rss>");
    world.site.serve("/forum.xml", Answer::ok("application/rss+xml", feed));
    world.pass(Duration::from_secs(30)).await;
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    std::fs::write(world.config(), text.replace("name = \"forum\"", "name = \"board\"")).expect("it is written");
    world.take_up().await;
    world.poll().await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1, "{:?}", world.mailed());
    assert_eq!(world.mailed().len(), told + 1, "what stood there before is known");
    world.finish().await;
}

#[tokio::test]
async fn another_list_under_the_name_of_a_source_is_known_first_and_ops_hear_of_it() {
    let world = World::start(Plan::default()).await;
    world.site.serve("/moved.xml", rss(&complaints(12, "b")));
    change(&world).await;
    assert_eq!(world.mailed(), ["ops@kestrel.test"], "nobody is told of what stood there");
    let note = world.troubles("held:").await.remove(0);
    assert!(note.detail.contains("12 items of a list of which hardly anything was known"), "{}", note.detail);
    world.finish().await;
}
