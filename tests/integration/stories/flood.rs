//! A site that moves, grows longer or rewrites what it shows: nobody hears of old items, and whatever is new is told.

use std::time::Duration;

use super::blindness::complaints;
use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::{Review, rss};
use crate::world::site::Answer;

const HOUR: Duration = Duration::from_hours(1);

/// The forum's feed with these reviews.
fn show(world: &World, reviews: &[Review]) {
    world.site.serve("/forum.xml", rss(reviews));
}

#[tokio::test]
async fn a_flood_of_old_items_pages_nobody_and_swallows_no_harm() {
    let mut world = World::prepare(Plan::default()).await;
    let old = complaints(14, "a");
    show(&world, &old);
    world.run().await;
    world.poll().await;
    let harm = Review::new("harm", "Be careful", "The Kestrel kettle burned my hand, the lid is broken and hot water came out.");
    let moved: Vec<Review> = old.iter().map(|review| Review { id: format!("new-{}", review.id), ..review.clone() }).collect();
    show(&world, &[vec![harm.clone()], moved.clone()].concat());
    world.poll().await;
    assert_eq!(world.mailed(), ["chen@kestrel.test", "jonas@kestrel.test", "ops@kestrel.test"], "the harm, and one note");
    let note = world.troubles("reindexed:").await.remove(0);
    assert!(note.detail.contains("14 items with words that stood there before"), "{}", note.detail);
    assert!(note.detail.contains("1 other new item"), "{}", note.detail);
    // Half of the ids once more, and one complaint among them.
    let half: Vec<Review> = moved
        .iter()
        .enumerate()
        .map(|(at, review)| if at % 2 == 0 { Review { id: format!("again-{at}"), ..review.clone() } } else { review.clone() })
        .collect();
    show(&world, &[vec![Review::late("real"), harm], half].concat());
    world.poll().await;
    let later: Vec<String> = world.mailed().into_iter().filter(|to| to.starts_with("fang") || to.starts_with("hong")).collect();
    assert_eq!(later, ["fang@kestrel.test", "hong@kestrel.test"]);
    assert_eq!((world.mailed().len(), world.troubles("reindexed:").await.len()), (5, 1), "{:?}", world.mailed());
    world.finish().await;
}

#[tokio::test]
async fn a_site_that_moves_and_rewrites_all_its_reviews_pages_nobody_and_swallows_nothing_new() {
    let mut world = World::prepare(Plan::default()).await;
    let mut reviews = complaints(300, "a");
    show(&world, &reviews);
    world.run().await;
    world.poll().await;
    reviews.insert(0, Review::late("told"));
    show(&world, &reviews);
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    let rewritten = |(at, review): (usize, &Review)| {
        let text = match at % 3 {
            0 => format!("Imported from the old forum in November: {}", review.text),
            1 => format!("{}...", review.text.chars().take(review.text.chars().count() * 4 / 5).collect::<String>()),
            _ => review.text.replace("Bought", "I bought it"),
        };
        Review { id: format!("https://new.forum.test/{at}"), title: format!("Archive: {}", review.title), text, ..review.clone() }
    };
    let mut moved: Vec<Review> = reviews.iter().enumerate().map(rewritten).collect();
    // Somebody has the trouble that another had, and somebody has one of their own.
    moved.insert(0, Review::broken("today"));
    moved.insert(100, Review::late("another"));
    show(&world, &moved);
    world.poll().await;
    let mailed = ["chen@kestrel.test", "fang@kestrel.test", "hong@kestrel.test", "jonas@kestrel.test"];
    let told: Vec<String> = world.incidents().await.into_iter().map(|incident| incident.title).collect();
    assert_eq!(told.len(), 4, "told before, both new ones, and the note: {told:?}");
    let note = world.troubles("reindexed:").await.remove(0);
    assert!(note.detail.contains("301 unknown items with nearly the words of items that are gone"), "{}", note.detail);
    assert!(note.detail.contains("2 other new items"), "{}", note.detail);
    let mails = world.mailed().len();
    moved.insert(0, Review::new("later", "Broken, too", "Mine came today, and the handle of this Kestrel kettle is broken off."));
    show(&world, &moved);
    world.poll().await;
    assert_eq!(world.incidents().await.len(), 5, "life goes on: {:?}", world.mailed());
    assert!(world.mailed().len() > mails && world.mailed().iter().all(|to| to.starts_with("ops") || mailed.contains(&to.as_str())));
    world.finish().await;
}

#[tokio::test]
async fn a_feed_that_grows_longer_shows_what_is_old() {
    let mut world = World::prepare(Plan::default()).await;
    let dated = |reviews: &[Review], days: u64| -> String {
        let items: String = reviews
            .iter()
            .map(|Review { id, title, text, .. }| {
                let at = world_date(days);
                format!("<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title><pubDate>{at}</pubDate><description>{text}</description></item>")
            })
            .collect();
        items
    };
    let serve = |world: &World, items: String| {
        let xml =
            format!("<rss version=\"2.0\"><channel><title>forum</title><link>/</link><description>d</description>{items}</channel></rss>");
        world.site.serve("/forum.xml", Answer::ok("application/rss+xml", xml));
    };
    serve(&world, dated(&complaints(12, "a"), 5));
    world.run().await;
    world.poll().await;
    let older: Vec<Review> =
        complaints(13, "b").into_iter().map(|review| Review { text: review.text.replace("Bought", "Ordered"), ..review }).collect();
    let harm = Review::new("harm", "Be careful", "The Kestrel kettle burned my hand, the lid is broken and hot water came out.");
    let news = dated(&[Review::broken("today")], 0) + &dated(&complaints(12, "a"), 5);
    serve(&world, news + &dated(&older, 90) + &dated(&[harm], 20));
    world.poll().await;
    let told = ["chen@kestrel.test", "jonas@kestrel.test", "jonas@kestrel.test", "ops@kestrel.test"];
    assert_eq!(world.mailed(), told, "the one of today, harm although it is three weeks old, and one note");
    let note = world.troubles("reindexed:").await.remove(0);
    assert!(note.detail.contains("14 unknown items with a date before our last read"), "{}", note.detail);
    assert!(note.detail.contains("13 of them complain, and nobody is told"), "{}", note.detail);
    world.finish().await;
}

/// So many days before the stories begin, as RSS has it.
fn world_date(days: u64) -> String {
    let at = Plan::default().start.minus(24 * HOUR * u32::try_from(days).expect("few days"));
    at.to_timestamp().to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
