//! What stands between us and a site: a robots.txt in trouble, a wait of a year, a dead proxy. Nobody is blind for it longer than it lasts.

use std::time::Duration;

use hearken::model::{FailureKind, IncidentState, SourceState};

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;
use crate::world::site::Answer;

async fn source(world: &World, name: &str) -> SourceState {
    world.store().source(name).await.expect("the store answers").expect("it is there")
}

#[tokio::test]
async fn a_robots_txt_in_trouble_at_a_restart_blinds_nobody() {
    let mut world = World::start(Plan::default()).await;
    world.site.serve("/robots.txt", Answer::status(500));
    world.restart().await;
    world.publish(Review::late("read all the same"));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "that there is none was known before");
    assert_eq!(source(&world, "forum").await.failure, None);
    world.finish().await;
}

#[tokio::test]
async fn a_robots_txt_that_was_never_read_is_asked_again_and_ops_are_not_sent_looking() {
    let mut world = World::prepare(Plan::default()).await;
    world.site.serve("/robots.txt", Answer::status(500));
    world.run().await;
    for polls in 1..=3 {
        world.poll().await;
        assert_eq!(world.site.requests("/robots.txt").len(), polls, "each poll asks again");
    }
    let state = source(&world, "forum").await;
    assert_eq!((state.failure, world.site.requests("/forum.xml").len()), (Some(FailureKind::Server), 0));
    let told = world.verb(&["sources"]).await.ended(0).text();
    assert!(told.contains("robots.txt cannot be read") && !told.contains("ignore_robots"), "{told}");
    world.site.serve("/robots.txt", Answer::status(404));
    world.poll().await;
    assert_eq!((source(&world, "forum").await.failure, world.mailed().len()), (None, 0), "it passed by itself");
    world.finish().await;
}

#[tokio::test]
async fn a_site_that_wants_to_be_left_alone_for_a_year_is_asked_within_the_day_and_ops_hear_at_once() {
    let mut world = World::prepare(Plan::with(|plan| plan.collect = "backoff_max = \"6h\"".to_owned())).await;
    world.run().await;
    world.poll().await;
    world.site.serve("/forum.xml", Answer::status(503).header("retry-after", "31536000"));
    world.poll().await;
    let state = source(&world, "forum").await;
    let wait = state.next_due_at.since(world.clock.now());
    assert!(wait > Duration::from_hours(5) && wait <= Duration::from_hours(6) * 11 / 10, "{wait:?}");
    assert_eq!(world.mailed(), ["ops@kestrel.test"], "after one failure");
    let told = world.mails_to("ops@kestrel.test")[0].body("text/plain");
    for words in ["the site asks to be left alone until", "collect.backoff_max"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    world.show_forum();
    world.publish(Review::late("and heard"));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    assert!(world.troubles("source:forum").await.iter().all(|trouble| trouble.state == IncidentState::Resolved), "it is over");
    world.finish().await;
}

#[tokio::test]
async fn a_dead_proxy_is_named_with_what_to_do_about_it() {
    let plan = Plan::with(|plan| plan.source = "proxy = \"http://127.0.0.1:9\"\nignore_robots = true\n".to_owned());
    let mut world = World::prepare(plan).await;
    world.run().await;
    world.poll().await;
    assert_eq!(source(&world, "forum").await.failure, Some(FailureKind::Connect));
    let told = world.verb(&["sources"]).await.ended(0).text();
    assert!(told.contains("through the proxy 127.0.0.1:9: ") && told.contains("`proxy`") && !told.contains("in a browser"), "{told}");
    world.finish().await;
}
