//! A source whose address or name was changed, or both: what it knows stays known, what came since is told, and nobody waits for a back-off
//! to end.

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

/// Changes the settings and reads every source; more than once, for a list that is recognised is read again.
async fn edit(world: &mut World, changes: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(world.config()).expect("it is there");
    for (from, to) in changes {
        assert!(text.contains(from), "{from} stands in the settings");
        text = text.replace(from, to);
    }
    std::fs::write(world.config(), text).expect("it is written");
    world.take_up().await;
    world.poll().await;
    world.poll().await;
}

/// A second source beside the forum.
const BESIDE: &str = "[[source]]\nname = \"beside\"\nkind = \"feed\"\nurl = \"{site}/beside.xml\"\ninterval = \"1m\"\n";

#[tokio::test]
async fn another_name_and_another_address_at_once_tell_what_came_since() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::late("before"));
    world.poll().await;
    let told = world.mailed().len();
    world.site.serve("/board.xml", rss(&[Review::broken("since"), Review::late("before"), old()]));
    edit(&mut world, &[("name = \"forum\"", "name = \"board\""), ("/forum.xml", "/board.xml")]).await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1, "{:?} {}", world.mailed(), world.log.text());
    assert_eq!(world.mailed().len(), told + 1, "what was told is known");
    assert!(world.log.text().contains("keeps its memory"), "{}", world.log.text());
    let sources = world.verb(&["sources"]).await.ended(0).text();
    assert!(sources.contains("board") && !sources.contains("forum "), "one source, not two: {sources}");
    // It is one like any other from then on, with the case that it opened before.
    world.site.serve("/board.xml", rss(&[Review::broken("since"), Review::late("before"), Review::late("after"), old()]));
    world.poll().await;
    assert_eq!(world.mailed().len(), told + 3);
    world.finish().await;
}

#[tokio::test]
async fn two_sources_of_one_address_that_are_renamed_together_tell_what_came_since() {
    let beside = BESIDE.replace("/beside.xml", "/forum.xml");
    let mut world = World::start(Plan::with(|plan| plan.more = beside)).await;
    world.publish(Review::late("before"));
    world.poll().await;
    let told = world.mailed().len();
    world.stop().await;
    world.publish(Review::broken("since"));
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    let text = text.replace("name = \"forum\"", "name = \"one\"").replace("name = \"beside\"", "name = \"two\"");
    std::fs::write(world.config(), text).expect("it is written");
    world.run().await;
    world.poll().await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1, "{:?}", world.mailed());
    assert_eq!(world.mailed().len(), told + 1, "{:?}", world.mailed());
    world.finish().await;
}

#[tokio::test]
async fn two_sources_that_change_places_tell_nothing() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = BESIDE.to_owned())).await;
    world.site.serve("/forum.xml", rss(&complaints(6, "a")));
    world.site.serve("/beside.xml", rss(&[complaints(9, "b"), vec![Review::late("known")]].concat()));
    world.run().await;
    world.poll().await;
    world.poll().await;
    edit(&mut world, &[("/forum.xml", "/x.xml"), ("/beside.xml", "/forum.xml"), ("/x.xml", "/beside.xml")]).await;
    assert_eq!((world.mailed(), world.troubles("").await), (Vec::new(), Vec::new()), "each list is known");
    world.site.serve("/beside.xml", rss(&[vec![Review::broken("new")], complaints(9, "b"), vec![Review::late("known")]].concat()));
    world.poll().await;
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn of_a_list_that_comes_when_another_leaves_ops_read_what_may_have_been_missed() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::late("before"));
    world.poll().await;
    let told = world.mailed().len();
    let at = world.clock.now().plus(Duration::from_secs(20)).to_timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    let item = |review: &Review, date: &str| {
        let Review { id, title, text, .. } = review;
        format!(
            "<item><guid isPermaLink=\"false\">{id}</guid><link>/t/{id}</link><title>{title}</title><pubDate>{date}</pubDate><description>{text}</description></item>"
        )
    };
    let since = at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    let mut items = item(&Review::broken("missed"), &since);
    complaints(5, "c").iter().for_each(|review| items.push_str(&item(review, "Mon, 02 Nov 2026 08:00:00 +0000")));
    let feed =
        format!("<rss version=\"2.0\"><channel><title>board</title><link>/</link><description>d</description>{items}</channel></rss>");
    world.site.serve("/board.xml", Answer::ok("application/rss+xml", feed));
    world.pass(Duration::from_secs(30)).await;
    edit(&mut world, &[("name = \"forum\"", "name = \"board\""), ("/forum.xml", "/board.xml")]).await;
    let added = &world.mailed()[..];
    assert_eq!(added.len(), told + 1, "{added:?}");
    let note = world.troubles("held:").await.remove(0);
    let Review { text, .. } = Review::broken("missed");
    assert!(
        note.detail.contains(&text[..20]) && note.detail.contains("/t/missed") && note.detail.contains("It came when another left"),
        "{}",
        note.detail
    );
    assert!(!note.detail.contains("in my street"), "what is older than the last read of the other: {}", note.detail);
    let listed = world.verb(&["sources", "held", "board"]).await.ended(0).text();
    assert!(listed.contains("/t/missed") && listed.contains("6 complaints nobody was warned of"), "{listed}");
    world.finish().await;
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
    assert!(note.detail.contains("12 items of a list that is not the one this source showed before"), "{}", note.detail);
    world.finish().await;
}

/// Boards are crossed: posts that were there before anybody listened are shown once more, under other ids, beside themselves.
#[tokio::test]
async fn old_posts_that_stand_in_the_list_a_second_time_are_told_to_nobody() {
    let post = |id: &str, number: u32, minute: u32| {
        format!(
            "<item><guid isPermaLink=\"false\">{id}</guid><link>/{id}</link><author>Ann of {number}</author><pubDate>Tue, 01 Sep 2026 10:{minute:02}:21 GMT</pubDate><description>Kestrel order {number} never arrived, ten days late, nobody answers.</description></item>"
        )
    };
    let list =
        |posts: &[String]| Answer::ok("application/rss+xml", format!("<rss version=\"2.0\"><channel>{}</channel></rss>", posts.concat()));
    let mut world = World::prepare(Plan::default()).await;
    let old: Vec<String> = (0..8).map(|number| post(&format!("a{number}"), number, number)).collect();
    world.site.serve("/forum.xml", list(&old));
    world.run().await;
    world.poll().await;
    let twins: Vec<String> = (0..2).map(|number| post(&format!("b{number}"), number, number)).collect();
    world.site.serve("/forum.xml", list(&[twins.clone(), old.clone()].concat()));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "{}", world.log.text());
    // The same words at another time are another post.
    let again = vec![post("c0", 0, 44)];
    world.site.serve("/forum.xml", list(&[again, twins, old].concat()));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "{}", world.log.text());
    world.finish().await;
}
