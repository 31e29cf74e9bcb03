//! A monitor that goes blind says so: once for each cause, in figures that were learnt, and never for nothing.

use std::time::Duration;

use hearken::model::{IncidentState, SourceState};

use crate::world::daemon::{World, link};
use crate::world::plan::Plan;
use crate::world::review::{PAGE, Review, page, rss};
use crate::world::site::{Answer, Site};

const HOUR: Duration = Duration::from_hours(1);

/// Polled so seldom that weeks pass quickly.
pub(super) const NEWS: &str = "\n[[source]]\nname = \"news\"\nkind = \"feed\"\nurl = \"{site}/news.xml\"\ninterval = \"6h\"\n";

async fn source(world: &World, name: &str) -> SourceState {
    world.store().source(name).await.expect("the store answers").expect("it is there")
}

/// As many items of no interest, the newest first.
pub(super) fn chat(count: usize) -> Vec<Review> {
    (0..count)
        .rev()
        .map(|number| Review::new(&format!("c{number}"), "閒聊", &format!("今天第 {number} 次泡茶，水很快就滾了，下雨天最適合。")))
        .collect()
}

/// Complaints that were there before, each in its own words.
pub(super) fn complaints(count: usize, id: &str) -> Vec<Review> {
    let words =
        ["lid", "handle", "base", "cord", "filter", "switch", "window", "spout", "heater", "rubber", "spring", "button", "light", "hinge"];
    (0..count)
        .map(|number| {
            let part = words[number % words.len()];
            let text = format!("Bought in shop number {number}{number}{number}. The {part} of my Kestrel kettle is broken, {part} {number} of {count} in my street.");
            Review::new(&format!("{id}{number}"), &format!("The {part} again, {number}"), &text)
        })
        .collect()
}

/// The daemon over a news feed that brings one item with each poll for three weeks.
async fn three_busy_weeks() -> (World, usize) {
    let mut world = World::prepare(Plan::with(|plan| plan.more = NEWS.to_owned())).await;
    world.site.serve("/news.xml", rss(&chat(1)));
    world.run().await;
    let end = world.clock.now().plus(21 * 24 * HOUR);
    let mut items = 1;
    while world.clock.now() < end {
        items += 1;
        world.site.serve("/news.xml", rss(&chat(items)[..12.min(items)]));
        world.poll().await;
    }
    (world, items)
}

#[tokio::test]
async fn a_silence_is_told_by_what_was_usual() {
    let (mut world, items) = three_busy_weeks().await;
    assert_eq!(world.mailed(), [""; 0]);
    let last = source(&world, "news").await.last_item_at.expect("it had items");
    while world.clock.now().since(last) < 23 * HOUR {
        world.poll().await;
    }
    assert_eq!(world.mailed(), [""; 0], "no day without a night");
    while world.mailed().is_empty() && world.clock.now().since(last) < 96 * HOUR {
        world.poll().await;
    }
    assert_eq!(world.mailed(), ["ops@kestrel.test"], "but after some days");
    let mail = world.mail.mails().remove(0);
    let text = mail.body("text/plain");
    assert!(text.contains("No news") && text.contains("usually 4 a day"), "{text}");
    assert!(!text.contains("cannot be read") && text.contains("shows no news for longer than usual"), "{text}");
    let listed = world.verb(&["sources"]).await;
    assert!(listed.ended(0).text().contains("no news"), "{}", listed.text());
    world.restart().await;
    for _ in 0..4 {
        world.poll().await;
    }
    assert_eq!(world.mailed().len(), 1, "once");
    world.site.serve("/news.xml", rss(&chat(items + 1)[..12]));
    world.poll().await;
    assert_eq!(world.mailed().len(), 2, "and that it is over");
    assert_eq!(world.troubles("silent:").await[0].state, IncidentState::Resolved);
    let shown = world.verb(&["sources", "show", "news", "--json"]).await.ended(0).json();
    let days = shown["source"]["days"].as_array().expect("days").len();
    assert!((20..28).contains(&days), "{days} days");
    assert!(shown["source"]["usual"].as_str().is_some_and(|usual| usual.contains("usually")), "{shown}");
    world.finish().await;
}

#[tokio::test]
async fn a_silence_that_somebody_resolved_is_not_told_again() {
    let mut world = World::start(Plan::with(|plan| plan.source = "silent_after = \"2h\"".to_owned())).await;
    world.pass(3 * HOUR).await;
    let told = link(&world.mails_to("ops@kestrel.test")[0]);
    world.post(&told, &[("action", "resolve"), ("name", "Ops"), ("cause", "holidays"), ("remedy", "none")]).await;
    world.poll().await;
    assert_eq!(world.troubles("silent:").await[0].state, IncidentState::Resolved);
    let mails = world.mailed().len();
    world.pass(3 * HOUR).await;
    assert_eq!((world.troubles("silent:").await.len(), world.mailed().len()), (1, mails));
    world.publish(Review::new("chat", "問", "紅隼有黑色的嗎？"));
    world.poll().await;
    world.pass(3 * HOUR).await;
    assert_eq!(world.troubles("silent:").await.len(), 2, "the next silence is another one");
    world.finish().await;
}

#[tokio::test]
async fn a_canary_that_is_gone_is_told_and_reviews_are_heard_all_the_same() {
    let mut world = World::start(Plan::with(|plan| plan.source = "canary = \"Forum\"".to_owned())).await;
    let text = "<rss version=\"2.0\"><channel><title>please wait</title><link>/</link><description>d</description><item><guid isPermaLink=\"false\">n</guid><title>訂了十天還沒收到貨</title><description>紅隼快煮壺訂了十天還沒收到貨，客服電話一直沒人接。</description></item></channel></rss>";
    world.site.serve("/forum.xml", Answer::ok("application/rss+xml", text));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "no warning is lost; once without the phrase is no news");
    world.poll().await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1, "the same document, still without it");
    let mail = world.mails_to("ops@kestrel.test").remove(0);
    assert!(mail.header("Subject").expect("a subject").contains("canary"), "{:?}", mail.header("Subject"));
    assert!(world.verb(&["sources"]).await.ended(0).text().contains("canary gone"));
    world.restart().await;
    world.poll().await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1, "once");
    world.show_forum();
    world.poll().await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 2, "and that it is back");
    assert_eq!(world.troubles("canary:").await[0].state, IncidentState::Resolved);
    world.finish().await;
}

#[tokio::test]
async fn a_post_that_comes_no_more_is_missed() {
    let lines = "canary = \"still listening\"\ncanary_every = \"2h\"";
    let mut world = World::start(Plan::with(|plan| plan.source = lines.to_owned())).await;
    for number in 0..3 {
        world.publish(Review::new(&format!("post{number}"), "Still listening", &format!("post {number}")));
        world.pass(HOUR + HOUR / 2).await;
        world.poll().await;
    }
    assert_eq!(world.mailed(), [""; 0]);
    world.pass(3 * HOUR).await;
    world.poll().await;
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    world.publish(Review::new("post9", "Still listening", "post 9"));
    world.poll().await;
    assert_eq!(world.mailed().len(), 2, "and that it is back");
    world.finish().await;
}

fn hollow(reviews: &[Review]) -> Vec<Review> {
    reviews.iter().map(|review| Review { text: String::new(), ..review.clone() }).collect()
}

#[tokio::test]
async fn texts_that_vanish_are_told_and_nobody_hears_twice_when_they_are_back() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    let reviews = complaints(12, "r");
    world.site.serve("/shop", page(&reviews));
    world.run().await;
    world.poll().await;
    world.site.serve("/shop", page(&hollow(&reviews)));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "once may be an accident");
    world.poll().await;
    world.poll().await;
    let texts = world.troubles("texts:").await;
    assert_eq!(texts.len(), 1);
    assert!(texts[0].detail.contains("100 % of its entries have no text, usually 0 %"), "{}", texts[0].detail);
    assert!(texts[0].detail.contains("JavaScript"), "{}", texts[0].detail);
    assert!(world.verb(&["sources"]).await.ended(0).text().contains("texts gone"));
    let mut back = reviews;
    back.insert(0, Review::broken("new"));
    world.site.serve("/shop", page(&back));
    world.poll().await;
    assert_eq!(world.troubles("texts:").await[0].state, IncidentState::Resolved);
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1, "the new one alone: {:?}", world.mailed());
    world.finish().await;
}

/// `count` feeds at an address, with and without the daemon's own name for it.
fn feeds(address: &str, prefix: &str, count: usize) -> String {
    let one = |number: usize| {
        format!(
            "\n[[source]]\nname = \"{prefix}{number}\"\nkind = \"feed\"\nurl = \"http://{address}/{prefix}{number}.xml\"\ninterval = \"1m\"\n"
        )
    };
    (0..count).map(one).collect()
}

fn serve_all(site: &Site, prefix: &str, count: usize, answer: &Answer) {
    for number in 0..count {
        site.serve(&format!("/{prefix}{number}.xml"), answer.clone());
    }
}

#[tokio::test]
async fn a_host_that_refuses_all_its_sources_is_one_incident() {
    let site = Site::start_on("0.0.0.0:0").await;
    let address = format!("127.0.0.2:{}", site.address().port());
    let plan = Plan::with(|plan| {
        plan.more = feeds(&address, "r", 10);
        plan.collect = "host_gap = \"0s\"\ndown_after = \"1h\"".to_owned();
    });
    serve_all(&site, "r", 10, &rss(&chat(3)));
    let mut world = World::prepare(plan).await;
    world.run().await;
    world.poll().await;
    serve_all(&site, "r", 10, &Answer::status(429));
    for _ in 0..20 {
        world.poll().await;
    }
    assert_eq!(world.mailed(), ["ops@kestrel.test"], "one for all");
    let told = world.troubles("").await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].key.clone(), told[0].title.clone()),
        (format!("host:{address}"), format!("{address}: 10 sources cannot be read: asked to slow down"))
    );
    world.restart().await;
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(world.mailed().len(), 1, "a restart tells nothing twice");
    serve_all(&site, "r", 7, &rss(&chat(3)));
    for _ in 0..3 {
        world.poll().await;
    }
    let part = world.incident(&told[0].id).await;
    assert_eq!((part.state, part.title), (IncidentState::Open, format!("{address}: 3 sources cannot be read: asked to slow down")));
    assert!(part.detail.contains("Cannot be read: r7, r8, r9\n"), "{}", part.detail);
    assert_eq!(world.mailed().len(), 1, "a part is no end");
    serve_all(&site, "r", 10, &rss(&chat(3)));
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(world.incident(&told[0].id).await.state, IncidentState::Resolved);
    assert_eq!((world.mailed().len(), world.troubles("").await.len()), (2, 1), "one mail that it is over");
    assert!(world.events(&told[0].id).await.contains(&"revised".to_owned()));
    world.finish().await;
}

#[tokio::test]
async fn a_network_that_is_down_is_one_incident() {
    let site = Site::start_on("0.0.0.0:0").await;
    let address = |host: u8| format!("127.0.0.{host}:{}", site.address().port());
    let plan = Plan::with(|plan| {
        plan.more = (2..6).map(|host| feeds(&address(host), &format!("n{host}-"), 3)).collect();
        plan.collect = "host_gap = \"0s\"".to_owned();
    });
    let serve = |answer: &Answer| (2..6).for_each(|host: u8| serve_all(&site, &format!("n{host}-"), 3, answer));
    serve(&rss(&chat(3)));
    let mut world = World::prepare(plan).await;
    world.run().await;
    world.poll().await;
    serve(&Answer::status(200).hangup());
    let began = world.clock.now();
    while world.mailed().is_empty() && world.clock.now().since(began) < 5 * HOUR {
        world.poll().await;
    }
    assert!(world.clock.now().since(began) < HOUR, "told long before a single source would be");
    let told = world.troubles("").await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].key.as_str(), told[0].title.as_str()), ("network:out", "Nothing can be reached from this machine"));
    world.restart().await;
    world.pass(12 * HOUR).await;
    for _ in 0..4 {
        world.poll().await;
    }
    assert_eq!((world.mailed().len(), world.troubles("").await.len()), (1, 1), "not one more for half a day");
    serve_all(&site, "n2-", 3, &rss(&chat(3)));
    world.poll().await;
    let part = world.incident(&told[0].id).await;
    assert_eq!((part.state, part.title.as_str()), (IncidentState::Open, "The network is back in part: 9 sources cannot be read yet"));
    serve(&rss(&chat(3)));
    for _ in 0..2 {
        world.poll().await;
    }
    assert_eq!(world.incident(&told[0].id).await.state, IncidentState::Resolved);
    assert_eq!((world.mailed().len(), world.troubles("").await.len()), (2, 1), "one mail that it is over");
    world.finish().await;
}

#[tokio::test]
async fn a_source_is_shown_with_its_days_and_its_last_failure() {
    let world = World::start(Plan::default()).await;
    world.site.serve("/forum.xml", Answer::status(503));
    for _ in 0..3 {
        world.poll().await;
    }
    world.show_forum();
    world.poll().await;
    let shown = world.verb(&["sources", "show", "forum"]).await;
    let text = shown.ended(0).text();
    assert!(text.contains("last failure") && text.contains("server 3"), "{text}");
    assert!(text.contains("not learnt yet: 0 of 14 days"), "{text}");
    let json = world.verb(&["sources", "show", "forum", "--json"]).await.ended(0).json();
    assert_eq!(json["source"]["days"][0]["polls"]["server"], 3, "{json}");
    assert_eq!(json["source"]["health"], "fine");
    let wrong = world.verb(&["sources", "show", "forun"]).await;
    assert!(wrong.ended(1).remarks().contains("Did you mean `forum`?"));
    let figures = world.get("/metrics").await.body;
    assert!(figures.contains("hearken_sources_health{health=\"fine\"} 1"), "{figures}");
    world.finish().await;
}
