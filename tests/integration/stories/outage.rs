//! A store that takes nothing for a while: who hears of it, when, and what they read.

use std::fs;
use std::time::Duration;

use hearken::model::IncidentState;

use crate::world::daemon::World;
use crate::world::disk::Disk;
use crate::world::plan::Plan;
use crate::world::review::Review;

const SECOND: Duration = Duration::from_secs(1);
const OPS: &str = "ops@kestrel.test";

/// Lets the daemon look again until something holds: nothing is ever quiet while nothing can be kept.
async fn look_until(world: &World, what: &str, step: Duration, holds: impl Fn() -> bool) {
    for _ in 0..400 {
        if holds() {
            return;
        }
        world.clock.advance(step);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never came about: {what}\n{}", world.log.text());
}

fn takes_nothing(world: &World) -> bool {
    world.store().refusal().is_some()
}

fn about_the_store(world: &World) -> Vec<String> {
    let mails = world.mails_to(OPS).into_iter().map(|mail| mail.body("text/plain"));
    mails.filter(|text| text.contains("be kept")).collect()
}

async fn world_on(disk: &Disk) -> World {
    let mut world = World::start(Plan::with(|plan| plan.store = Some(disk.store()))).await;
    world.declared.errors = vec![
        "poll",
        "open_incidents",
        "deliver",
        "escalate",
        "prune",
        "room",
        "reload",
        "recheck",
        "blindness",
        "second_opinion",
        "websub",
        "set_back",
        "credentials",
        "predecessor",
        "life",
    ];
    world
}

/// A disk that is full for an hour is told while it is, without the store, and once afterwards with what waited.
#[tokio::test]
async fn a_disk_that_is_full_for_an_hour_is_told_while_it_lasts_and_afterwards() {
    let Some(disk) = Disk::mount("48m") else { return };
    let mut world = world_on(&disk).await;
    let ballast = disk.fill();
    world.publish(Review::late("ten-days"));
    look_until(&world, "nothing is kept", 10 * SECOND, || takes_nothing(&world)).await;
    look_until(&world, "ops are told past the store", 10 * SECOND, || !about_the_store(&world).is_empty()).await;
    let told = world.mails_to(OPS).remove(0);
    let text = told.body("text/plain");
    for shown in ["Nothing can be kept", "the disk is full", "Make room on the disk", "is refused (503)"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains("/a/v1."), "there is nothing to answer yet: {text}");
    for _ in 0..40 {
        world.clock.advance(90 * SECOND);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(about_the_store(&world).len(), 1, "once while it lasts");

    fs::remove_file(ballast).expect("room again");
    look_until(&world, "it is over", 3 * SECOND, || !takes_nothing(&world)).await;
    world.quiet().await;
    world.pass(SECOND).await;
    let all = about_the_store(&world);
    assert_eq!(all.len(), 2, "and once afterwards: {all:#?}\n{}", world.log.text());
    for shown in ["Nothing could be kept from", "the disk is full", "What waited: sources 1,", "sent it again", "/a/v1."] {
        assert!(all[1].contains(shown), "{shown}: {}", all[1]);
    }
    let case = world.troubles("ops:store").await.remove(0);
    assert!(
        text.contains(&case.id) || world.mails_to(OPS)[0].header("Subject").is_some_and(|subject| subject.contains(&case.id)),
        "one case: {text}"
    );
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "what came meanwhile is told");

    // Once more, before anybody took that up: the same case tells of both.
    let ballast = disk.fill();
    world.publish(Review::broken("lid"));
    look_until(&world, "nothing is kept", 10 * SECOND, || takes_nothing(&world)).await;
    look_until(&world, "some time passes", 10 * SECOND, || about_the_store(&world).len() >= 3).await;
    fs::remove_file(ballast).expect("room again");
    look_until(&world, "it is over", 3 * SECOND, || !takes_nothing(&world)).await;
    world.quiet().await;
    world.pass(SECOND).await;
    let last = about_the_store(&world).pop().expect("a mail");
    assert_eq!(last.matches("Nothing could be kept from").count(), 2, "this one, and the one before: {last}");
    assert_eq!(world.troubles("ops:store").await.len(), 1);
    assert_eq!(world.incident(&case.id).await.state, IncidentState::Open);
    world.declared.repeats = 3;
    world.finish().await;
}

#[tokio::test]
async fn a_store_that_was_away_for_a_moment_wakes_nobody() {
    let Some(disk) = Disk::mount("48m") else { return };
    let mut world = world_on(&disk).await;
    let ballast = disk.fill();
    world.publish(Review::late("ten-days"));
    look_until(&world, "nothing is kept", 10 * SECOND, || takes_nothing(&world)).await;
    fs::remove_file(ballast).expect("room again");
    look_until(&world, "it is over", SECOND, || !takes_nothing(&world)).await;
    world.quiet().await;
    world.pass(60 * SECOND).await;
    assert_eq!(about_the_store(&world), [""; 0]);
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    world.declared.repeats = 2;
    world.finish().await;
}
