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

/// As many items, dated so many days before the stories begin.
fn dated(reviews: &[Review], days: u64) -> String {
    let at = world_date(days);
    let item = |Review { id, title, text, .. }: &Review| {
        format!(
            "<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title><pubDate>{at}</pubDate><description>{text}</description></item>"
        )
    };
    reviews.iter().map(item).collect()
}

fn serve(world: &World, items: &str) {
    let xml =
        format!("<rss version=\"2.0\"><channel><title>forum</title><link>/</link><description>d</description>{items}</channel></rss>");
    world.site.serve("/forum.xml", Answer::ok("application/rss+xml", xml));
}

/// Complaints that nobody saw before, in words of their own.
fn ordered(count: usize, id: &str) -> Vec<Review> {
    complaints(count, id).into_iter().map(|review| Review { text: review.text.replace("Bought", "Ordered"), ..review }).collect()
}

#[tokio::test]
async fn a_feed_that_grows_longer_shows_what_is_old_and_ops_read_its_complaints() {
    let mut world = World::prepare(Plan::default()).await;
    let first = dated(&complaints(12, "a"), 5);
    serve(&world, &first);
    world.run().await;
    world.poll().await;
    let first_poll = world.verb(&["whynot", &complaints(12, "a")[0].text]).await;
    assert!(
        first_poll.ended(0).text().contains("not told: it was there when its source was polled for the first time."),
        "{}",
        first_poll.text()
    );
    let grown = dated(&[Review::broken("today")], 0) + &first + &dated(&ordered(13, "b"), 90);
    serve(&world, &grown);
    world.poll().await;
    assert_eq!(world.mailed(), ["jonas@kestrel.test", "ops@kestrel.test"], "the one of today, and one note");
    let note = world.troubles("held:").await.remove(0);
    assert!(note.detail.contains("13 unknown items with a date before we began to listen"), "{}", note.detail);
    assert_eq!(note.detail.matches("Ordered").count(), 13, "each with its words: {}", note.detail);
    let (worst, listed) = (note.severity, note.detail.lines().find(|line| line.starts_with("- ")).expect("one is listed"));
    assert!(listed.starts_with(&format!("- {worst}: ")), "as bad as the worst, which stands first: {listed}");
    // More of them while nobody has looked at the first ones.
    let harm = Review::new("harm", "Hot", "The Kestrel kettle burned my hand, the lid is broken and hot water came out.");
    serve(&world, &(grown.clone() + &dated(&ordered(40, "c")[13..], 95) + &dated(&[harm], 100)));
    world.poll().await;
    let notes = world.troubles("held:").await;
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes.iter().any(|note| note.detail.contains("burned my hand")), "{notes:?}");
    assert_eq!(world.mailed().iter().filter(|to| to.starts_with("ops@")).count(), 2, "{:?}", world.mailed());
    let why = world.verb(&["whynot", "burned my hand"]).await;
    let since = why.ended(0).text();
    assert!(since.contains("dated before its source was first polled") && since.contains("of such a batch ops are told"), "{since}");
    world.finish().await;
}

#[tokio::test]
async fn a_long_feed_without_dates_is_read_to_its_end_and_what_lies_beyond_is_said() {
    let mut world = World::prepare(Plan::with(|plan| plan.collect = "max_items = 20".to_owned())).await;
    let mut reviews = complaints(30, "a");
    show(&world, &reviews);
    world.run().await;
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
    reviews.push(Review::late("new"));
    show(&world, &reviews);
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "the oldest stands first, and the new one at its end");
    assert!(!world.verb(&["sources", "show", "forum"]).await.ended(0).text().contains("is not heard"));
    reviews.extend((0..60).map(|number| Review::new(&format!("rain{number}"), "Rain", &format!("It rained in street {number}."))));
    show(&world, &reviews);
    world.poll().await;
    let shown = world.verb(&["sources", "show", "forum"]).await.ended(0).text();
    assert!(shown.contains("the feed has more than the 80 entries that are read of it"), "{shown}");
    world.finish().await;
}

#[tokio::test]
async fn what_an_earlier_release_did_not_read_of_a_long_feed_is_no_news() {
    let mut world = World::prepare(Plan::with(|plan| plan.collect = "max_items = 5000".to_owned())).await;
    let mut reviews = complaints(30, "a");
    show(&world, &reviews);
    world.run().await;
    world.poll().await;
    // As if those below had been cut off until now.
    world.plan.collect = "max_items = 20".to_owned();
    world.write();
    world.restart().await;
    reviews.extend(complaints(14, "b"));
    show(&world, &reviews);
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
    reviews.push(Review::late("new"));
    show(&world, &reviews);
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn what_a_site_lets_through_late_is_told_where_we_listened_all_the_time() {
    let mut world = World::prepare(Plan::default()).await;
    let first = dated(&complaints(12, "a"), 1);
    serve(&world, &first);
    world.run().await;
    world.poll().await;
    world.pass(30 * 24 * HOUR).await;
    // Moderators looked through three weeks at once: dates go backwards from the beginning of the stories.
    let batch: String = ordered(13, "b").iter().enumerate().map(|(at, review)| dated_after(review, 2 + at as u64)).collect();
    serve(&world, &(batch + &first));
    world.poll().await;
    world.pass(HOUR / 4).await;
    let cases = world.incidents().await;
    assert_eq!(cases.iter().filter(|case| case.title.starts_with("Broken") || case.department == "quality").count(), 13, "{cases:?}");
    assert!(world.troubles("held:").await.is_empty() && world.troubles("reindexed:").await.is_empty());
    world.finish().await;
}

/// Dated so many days after the stories began.
fn dated_after(review: &Review, days: u64) -> String {
    let at = Plan::default().start.plus(24 * HOUR * u32::try_from(days).expect("few days"));
    let at = at.to_timestamp().to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    dated(std::slice::from_ref(review), 0).replace(&world_date(0), &at)
}

#[tokio::test]
async fn a_source_that_gets_another_name_keeps_its_memory() {
    let mut world = World::start(Plan::default()).await;
    world.warned_of(Review::late("one")).await;
    world.publish(Review::new("short", "差", "紅隼還沒收到貨"));
    super::blindness::chat(3).into_iter().for_each(|item| world.publish(item));
    world.poll().await;
    let told = world.mailed();
    world.stop().await;
    // The next one appears in the same minute in which somebody gives the source another name.
    rewrite(&world, "name = \"forum\"", "name = \"board\"");
    world.publish(Review::broken("two"));
    world.run().await;
    world.poll().await;
    let added: Vec<String> = world.mailed().into_iter().filter(|to| !told.contains(to)).collect();
    assert_eq!(added, ["jonas@kestrel.test"], "what came since the last poll is told, and nothing else: {:?}", world.mailed());
    assert_eq!(world.mailed().len(), told.len() + 1);
    assert_eq!(world.troubles("").await, [], "nothing for ops to do");
    let sources = world.verb(&["sources"]).await;
    assert!(sources.text().contains("board") && !sources.text().contains("forum "), "{}", sources.text());
    world.finish().await;
}

#[tokio::test]
async fn a_source_that_gets_another_address_goes_on_where_it_was() {
    let mut world = World::start(Plan::default()).await;
    world.warned_of(Review::late("one")).await;
    let told = world.mailed();
    world.stop().await;
    rewrite(&world, "/forum.xml", "/board.xml");
    world.site.serve("/board.xml", rss(&[Review::broken("two"), Review::late("one"), crate::world::review::old()]));
    world.run().await;
    world.poll().await;
    let added: Vec<String> = world.mailed().into_iter().filter(|to| !told.contains(to)).collect();
    assert_eq!(added, ["jonas@kestrel.test"], "{:?}", world.mailed());
    assert_eq!(world.mailed().len(), told.len() + 1, "what is known stays known");
    world.finish().await;
}

#[tokio::test]
async fn another_list_at_a_new_address_is_a_beginning_but_for_what_is_dated_since() {
    let mut world = World::start(Plan::default()).await;
    world.warned_of(Review::late("one")).await;
    let told = world.mailed();
    world.stop().await;
    rewrite(&world, "/forum.xml", "/board.xml");
    let (before, since) = (dated(&complaints(12, "a"), 5), dated_after(&Review::broken("two"), 1));
    let xml = format!(
        "<rss version=\"2.0\"><channel><title>board</title><link>/</link><description>d</description>{since}{before}</channel></rss>"
    );
    world.site.serve("/board.xml", Answer::ok("application/rss+xml", xml));
    world.run().await;
    world.pass(25 * HOUR).await;
    world.poll().await;
    let added: Vec<String> = world.mailed().into_iter().filter(|to| to.starts_with("jonas")).collect();
    assert_eq!((added.len(), world.incidents().await.len()), (1, 3), "{told:?}, {:?}", world.mailed());
    let note = world.troubles("held:").await.remove(0);
    assert!(
        note.detail.contains("12 items of a list") && note.detail.matches("shop number").count() == 12,
        "with its complaints: {}",
        note.detail
    );
    world.finish().await;
}

#[tokio::test]
async fn a_mended_source_is_asked_at_once() {
    let mut world = World::prepare(Plan::with(|plan| plan.collect = "backoff_max = \"6h\"".to_owned())).await;
    world.site.serve("/forum.xml", Answer::status(500));
    world.run().await;
    for _ in 0..8 {
        world.pass(HOUR).await;
    }
    world.show_forum();
    let due = world.store().source("forum").await.expect("read").expect("it is there").next_due_at;
    assert!(due > world.clock.now(), "it waits");
    world.restart().await;
    world.quiet().await;
    let state = world.store().source("forum").await.expect("read").expect("it is there");
    assert_eq!((state.failures, state.baselined), (0, true), "{state:?}");
    world.finish().await;
}

/// Sixty complaints that moderation held back: the worst are told wherever they stand, and ops have all that is critical or high.
#[tokio::test]
async fn of_a_batch_that_was_held_back_the_worst_are_told() {
    let mut world = World::prepare(Plan::default()).await;
    let known: Vec<Review> = complaints(6, "a");
    serve(&world, &dated(&known, 1));
    world.run().await;
    world.poll().await;
    let harm = |number: usize| {
        let part = ["lid", "handle", "base", "cord", "filter"][number % 5];
        let text = format!(
            "Visitor {number}{number}{number}: the Kestrel kettle burned my hand, the {part} is broken and hot water came out, {part} {number}."
        );
        Review::new(&format!("h{number}"), &format!("Burned by the {part} {number}"), &text)
    };
    let mild: String = ordered(38, "b").chunks(10).zip(3..).map(|(reviews, days)| dated(reviews, days)).collect();
    let harmful: String = (0..14).zip(33..).map(|(number, days)| dated(&[harm(number)], days)).collect();
    serve(&world, &(mild + &harmful + &dated(&known, 1)));
    world.poll().await;
    let cases = world.incidents().await;
    let worst = cases.iter().filter(|case| case.title.contains("Burned") || case.detail.contains("burned")).count();
    let note = world.troubles("held:").await.remove(0);
    let listed = note.detail.lines().filter(|line| line.contains("burned my hand")).count();
    assert!(worst > 0 && listed > 0, "{cases:?} {}", note.detail);
    let critical = note.detail.lines().find(|line| line.starts_with("Of those that nobody was warned of")).expect("the counts").to_owned();
    assert!(critical.contains("4 are critical"), "ten of fourteen were told: {critical}");
    assert_eq!(listed, 4, "and the others are named, before all that is milder: {}", note.detail);
    assert!(note.detail.contains("hearken sources held \"forum\""), "{}", note.detail);
    let all = world.verb(&["sources", "held", "forum", "--json"]).await.ended(0).text();
    assert!(all.matches("\"mention\"").count() >= 42, "{all}");
    world.finish().await;
}

/// The operator's settings with other words in the place of some.
fn rewrite(world: &World, from: &str, to: &str) {
    let settings = std::fs::read_to_string(world.config()).expect("it is read");
    assert!(settings.contains(from), "{from} stands in the settings");
    std::fs::write(world.config(), settings.replace(from, to)).expect("it is written");
}

/// So many days before the stories begin, as RSS has it.
fn world_date(days: u64) -> String {
    let at = Plan::default().start.minus(24 * HOUR * u32::try_from(days).expect("few days"));
    at.to_timestamp().to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
