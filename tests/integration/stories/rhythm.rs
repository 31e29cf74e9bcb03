//! When sources are polled: by their own pace, by what their sites ask for, within budgets; through whom, and with what.

use std::time::Duration;

use hearken::model::{FailureKind, IncidentState, Moment, SourceState};

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::{PAGE, Review, page, rss};
use crate::world::site::Answer;

const MINUTE: Duration = Duration::from_mins(1);

async fn source(world: &World, name: &str) -> SourceState {
    world.store().source(name).await.expect("the store answers").expect("it is there")
}

/// A forum and a shop on one host, both known already.
async fn two_on_one_host(collect: &str) -> World {
    let plan = Plan::with(|plan| {
        plan.collect = collect.to_owned();
        plan.more = PAGE.to_owned();
    });
    let mut world = World::prepare(plan).await;
    world.site.serve("/shop", page(&[]));
    world.run().await;
    world.poll().await;
    world
}

fn asked(world: &World, path: &str) -> usize {
    world.site.requests(path).len()
}

#[tokio::test]
async fn a_host_that_asks_for_patience_is_left_alone_even_after_a_restart() {
    let mut world = two_on_one_host("retry_after_scope = \"host\"").await;
    world.site.serve("/forum.xml", Answer::status(429).header("retry-after", "1800"));
    world.pass(MINUTE * 2).await;
    assert_eq!(source(&world, "forum").await.failure, Some(FailureKind::Throttled));
    let before = (asked(&world, "/forum.xml"), asked(&world, "/shop"));
    world.pass(MINUTE * 10).await;
    world.restart().await;
    world.pass(MINUTE * 10).await;
    assert_eq!((asked(&world, "/forum.xml"), asked(&world, "/shop")), before, "nobody of the host is asked");
    assert_eq!(source(&world, "shop").await.failure, None, "waiting is no failure");
    world.show_forum();
    world.pass(MINUTE * 15).await;
    assert_eq!(asked(&world, "/shop"), before.1 + 1);
    assert_eq!(source(&world, "forum").await.failure, None);
    world.finish().await;
}

#[tokio::test]
async fn what_fails_behind_a_generator_of_feeds_stops_no_other_route() {
    let world = two_on_one_host("").await;
    for status in [429, 503] {
        world.site.serve("/forum.xml", Answer::status(status).header("retry-after", "1800"));
        world.poll().await;
        let before = asked(&world, "/shop");
        world.pass(MINUTE * 2).await;
        assert!(asked(&world, "/shop") > before, "{status} in a private network is about the address");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_crawl_delay_is_kept_as_a_courtesy() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nCrawl-delay: 20\n"));
    world.site.serve("/shop", page(&[]));
    world.run().await;
    let all = |world: &World| asked(world, "/forum.xml") + asked(world, "/shop");
    world.pass(MINUTE).await;
    assert_eq!(all(&world), 1, "both are due, one is asked");
    world.pass(Duration::from_secs(19)).await;
    assert_eq!(all(&world), 1);
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(all(&world), 2);
    world.finish().await;
}

#[tokio::test]
async fn one_domain_may_have_a_scope_of_its_own_and_a_reset_ends_its_wait() {
    let scopes = "retry_after_scope = \"address\"\n[[collect.retry_after]]\ndomain = \"127.0.0.1\"\nscope = \"domain\"";
    let world = two_on_one_host(scopes).await;
    // Some say 403 when they mean 429.
    world.site.serve("/forum.xml", Answer::status(403).header("retry-after", "1800"));
    world.pass(MINUTE * 2).await;
    let before = asked(&world, "/shop");
    world.pass(MINUTE * 10).await;
    assert_eq!(asked(&world, "/shop"), before);
    let shop = world.site.url("/shop");
    assert!(world.store().end_waits(&hearken::collect::patience::keys(&shop)).await.expect("ended"), "as `sources reset` does");
    world.store().reset_source("shop", world.clock.now()).await.expect("reset");
    world.pass(MINUTE * 25).await;
    assert!(asked(&world, "/shop") > before);
    world.show_forum();
    world.poll().await;
    world.finish().await;
}

#[tokio::test]
async fn a_budget_is_kept_by_all_sources_of_its_domain_and_none_is_forgotten() {
    let budget = "[[collect.budget]]\ndomain = \"127.0.0.1\"\nrequests = 2\nper = \"10m\"";
    let mut world = two_on_one_host(budget).await;
    let all = |world: &World| asked(world, "/forum.xml") + asked(world, "/shop");
    let mut counts = vec![all(&world)];
    let (forum, shop) = (asked(&world, "/forum.xml"), asked(&world, "/shop"));
    for minute in 0..60 {
        if minute == 30 {
            world.restart().await;
        }
        world.pass(MINUTE).await;
        counts.push(all(&world));
    }
    for window in counts.windows(11) {
        assert!(window[10] - window[0] <= 2, "more than two in ten minutes: {counts:?}");
    }
    assert!(all(&world) - counts[0] >= 10, "the budget is used: {counts:?}");
    let (forum, shop) = (asked(&world, "/forum.xml") - forum, asked(&world, "/shop") - shop);
    assert!(forum >= 4 && shop >= 4, "{forum} and {shop}");
    world.finish().await;
}

const PACED: &str = r#"
[[source]]
name = "paced"
kind = "feed"
url = "{site}/paced.xml"
interval = "auto"
interval_min = "2m"
interval_max = "1h"
"#;

#[tokio::test]
async fn a_quiet_source_is_left_in_peace_and_a_storm_brings_it_back_at_once() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PACED.to_owned())).await;
    let chat = |number: usize| Review::new(&format!("p{number}"), "閒聊", &format!("今天喝了第 {number} 杯茶。"));
    let mut reviews = vec![chat(0)];
    world.site.serve("/paced.xml", rss(&reviews));
    world.run().await;
    world.poll().await;
    let wait = |state: &SourceState, world: &World| state.next_due_at.since(world.clock.now());
    assert!(wait(&source(&world, "paced").await, &world) <= MINUTE * 15, "its pace is being learnt");
    world.pass(Duration::from_hours(30)).await;
    let quiet = wait(&source(&world, "paced").await, &world);
    assert!((MINUTE * 54..=MINUTE * 60).contains(&quiet), "{quiet:?}");
    reviews.extend((1..30).map(chat));
    world.site.serve("/paced.xml", rss(&reviews));
    world.pass(quiet).await;
    assert_eq!(wait(&source(&world, "paced").await, &world), MINUTE * 2, "a storm is watched at the floor");
    world.restart().await;
    world.pass(MINUTE * 2).await;
    assert_eq!(wait(&source(&world, "paced").await, &world), MINUTE * 2, "also after a restart");
    world.pass(Duration::from_hours(12)).await;
    assert!(wait(&source(&world, "paced").await, &world) > MINUTE * 20, "and forgotten in half a day");
    world.finish().await;
}

#[tokio::test]
async fn a_credential_that_expires_is_told_once_for_all_who_use_it() {
    let headers = |day: &str| format!("headers = {{ Authorization = {{ file = \"{{folder}}/api.token\", expires = {day} }} }}");
    let plan = Plan::with(|plan| {
        plan.source = headers("2026-12-01");
        plan.more = PAGE.replace("[source.select]", &format!("{}\n[source.select]", headers("2026-12-01")));
    });
    let mut world = World::prepare(plan).await;
    world.site.serve("/shop", page(&[]));
    world.run().await;
    world.poll().await;
    world.pass(Duration::from_hours(2)).await;
    assert_eq!(world.mailed(), ["ops@kestrel.test"], "once");
    let text = world.mail.mails()[0].body("text/plain");
    assert!(text.contains("api.token") && text.contains("forum, shop") && text.contains("Expires: 2026-12-01 00:00"), "{text}");
    world.plan.source = headers("2027-12-01");
    world.plan.more = world.plan.more.replace("2026-12-01", "2027-12-01");
    world.write();
    world.take_up().await;
    world.pass(Duration::from_hours(2)).await;
    assert_eq!(world.troubles("credential:").await[0].state, IncidentState::Resolved);
    assert_eq!(world.mailed(), ["ops@kestrel.test", "ops@kestrel.test"], "and that it is over");

    world.site.serve("/forum.xml", Answer::status(401));
    for _ in 0..3 {
        world.poll().await;
    }
    let state = source(&world, "forum").await;
    assert!(state.failure_detail.is_some_and(|detail| detail.contains("its credentials may have expired")));
    world.show_forum();
    world.poll().await;
    world.finish().await;
}

#[tokio::test]
async fn a_source_is_asked_through_its_proxy() {
    let far = "[[source]]\nname = \"far\"\nkind = \"feed\"\nurl = \"http://shop.invalid/feed.xml\"\ninterval = \"1m\"\n\
         proxy = \"http://ear@{proxy}\"\nproxy_password_file = \"{folder}/api.token\"\ncookies_file = \"{folder}/cookies\"\n";
    let mut world = World::prepare(Plan::default()).await;
    world.plan.more = far.replace("{proxy}", &world.site.address().to_string());
    crate::world::plan::write_secret(&world.folder().join("cookies"), "sid=of-the-shop");
    world.write();
    world.site.serve("http://shop.invalid/feed.xml", rss(&[Review::late("far")]));
    world.run().await;
    world.poll().await;
    let state = source(&world, "far").await;
    assert_eq!((state.failure, state.baselined), (None, true), "{:?}", state.failure_detail);
    let seen = &world.site.requests("http://shop.invalid/feed.xml")[0];
    assert!(seen.header("proxy-authorization").is_some_and(|value| value.starts_with("Basic ")), "{seen:?}");
    assert_eq!(seen.header("cookie"), Some("sid=of-the-shop"));
    assert!(world.site.requests("/forum.xml").iter().all(|request| request.header("proxy-authorization").is_none()));
    world.finish().await;
}

/// Thirty items a day, up to now, in a document that asks for something.
fn asking(asks: &str, now: Moment) -> Answer {
    let at = |number: u32| now.minus(MINUTE * 48 * number).rfc3339();
    let item = |number: u32| format!("<item><guid>p{number}</guid><title>第 {number} 杯茶</title><pubDate>{}</pubDate></item>", at(number));
    let items: String = (1..60).map(item).collect();
    let text = format!("<rss version=\"2.0\"><channel><title>t</title>{asks}{items}</channel></rss>");
    Answer::ok("application/rss+xml", text).etag(&format!("\"{asks}\"").replace(['<', '>', '/'], "-"))
}

#[tokio::test]
async fn what_a_feed_asks_for_is_kept_within_the_ceiling_and_said() {
    let fixed =
        PACED.replace("paced", "fixed").replace("interval = \"auto\"\ninterval_min = \"2m\"\ninterval_max = \"1h\"", "interval = \"5m\"");
    let paced = PACED.replace("interval_max = \"1h\"", "interval_max = \"2h\"");
    let mut world = World::prepare(Plan::with(|plan| plan.more = format!("{paced}{fixed}"))).await;
    // By its own pace it would be looked at every 24 minutes.
    let now = world.clock.now();
    world.site.serve("/paced.xml", asking("<ttl>60</ttl>", now));
    world.site.serve("/fixed.xml", asking("<ttl>60</ttl>", now));
    world.run().await;
    world.pass(MINUTE * 15).await;
    let before = (asked(&world, "/paced.xml"), asked(&world, "/fixed.xml"));
    for _ in 0..72 {
        world.pass(MINUTE * 5).await;
    }
    let polls = (asked(&world, "/paced.xml") - before.0, asked(&world, "/fixed.xml") - before.1);
    assert!((5..=6).contains(&polls.0) && polls.1 > 30, "{polls:?} in six hours");
    let text = world.verb(&["sources"]).await.ended(0).text();
    assert!(text.contains("every 1h: the feed asks for 60 min") && text.contains("every 5m: as set"), "{text}");
    let text = world.verb(&["sources", "show", "fixed"]).await.ended(0).text();
    assert!(text.contains("a look every 60 min; not kept, for `interval` is set"), "{text}");
    // What no feed can mean blinds nobody, and an unchanged feed asks as it did.
    world.site.serve("/paced.xml", asking("<ttl>525600</ttl>", now));
    world.pass(MINUTE * 70).await;
    assert!(source(&world, "paced").await.pace.asks.is_nothing());
    world.finish().await;
}
