//! Sites that fail, move, fall silent or ask for patience: ops hear once, and no site stops another.

use std::time::Duration;

use hearken::model::{FailureKind, IncidentState, SourceState};
use hearken::store::MentionFilter;
use serde_json::{Value, json};

use crate::world::daemon::World;
use crate::world::plan::{API_TOKEN, Plan};
use crate::world::review::{PAGE, Review, old, page, rss};
use crate::world::site::Answer;

const HOUR: Duration = Duration::from_hours(1);

async fn source(world: &World, name: &str) -> SourceState {
    world.store().source(name).await.expect("the store answers").expect("it is there")
}

/// Lets the clock run until `hours` have passed, poll by poll.
async fn run_on(world: &World, hours: u32) {
    let end = world.clock.now().plus(HOUR * hours);
    while world.clock.now() < end {
        world.poll().await;
    }
}

#[tokio::test]
async fn a_site_that_stays_down_is_told_to_ops_once_and_recovery_ends_it() {
    let world = World::start(Plan::default()).await;
    world.site.serve("/forum.xml", Answer::status(503));
    world.poll().await;
    assert_eq!(source(&world, "forum").await.failure, Some(FailureKind::Server));
    assert_eq!(world.mailed(), [""; 0], "one bad minute is no news");
    run_on(&world, 8).await;
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    let text = world.mail.mails()[0].body("text/plain");
    assert!(text.contains("forum") && text.contains("/forum.xml"), "{text}");
    run_on(&world, 24).await;
    assert_eq!(world.mailed(), ["ops@kestrel.test"], "once");
    world.show_forum();
    run_on(&world, 7).await;
    assert_eq!(world.mailed(), ["ops@kestrel.test", "ops@kestrel.test"], "and that it is over");
    assert_eq!(world.troubles("source:").await[0].state, IncidentState::Resolved);
    assert_eq!(source(&world, "forum").await.failure, None);
    world.finish().await;
}

#[tokio::test]
async fn what_appeared_while_a_site_was_down_is_found() {
    let mut world = World::start(Plan::default()).await;
    world.site.serve("/forum.xml", Answer::status(200).hangup());
    world.poll().await;
    world.poll().await;
    world.publish(Review::late("meanwhile"));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn a_login_page_in_place_of_a_feed_is_no_empty_feed() {
    let world = World::start(Plan::default()).await;
    let login = "<!doctype html><title>Log in</title><form><input type=\"password\" name=\"password\"></form>";
    world.site.serve("/forum.xml", Answer::ok("text/html", login));
    for _ in 0..3 {
        world.poll().await;
    }
    assert!(matches!(source(&world, "forum").await.failure, Some(FailureKind::LoginPage | FailureKind::NotAFeed)));
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn a_rebuilt_page_is_told_before_anyone_misses_its_reviews() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/shop", page(&[Review::broken("old")]));
    world.run().await;
    world.poll().await;
    world.site.serve("/shop", Answer::ok("text/html", "<!doctype html><title>shop</title><main class=\"new-design\">reviews</main>"));
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(source(&world, "shop").await.failure, Some(FailureKind::Drift));
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    world.site.serve("/shop", page(&[Review::broken("old"), Review::broken("new")]));
    world.poll().await;
    assert_eq!(world.mailed(), ["jonas@kestrel.test", "ops@kestrel.test", "ops@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn a_page_without_reviews_is_no_trouble() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/shop", page(&[Review::broken("old")]));
    world.run().await;
    world.poll().await;
    world.site.serve("/shop", page(&[]));
    for _ in 0..5 {
        world.poll().await;
    }
    assert_eq!(world.mailed(), [""; 0]);
    world.finish().await;
}

#[tokio::test]
async fn a_source_that_falls_silent_is_told_and_a_new_review_ends_it() {
    let mut world = World::start(Plan::with(|plan| plan.source = "silent_after = \"2h\"".to_owned())).await;
    run_on(&world, 1).await;
    assert_eq!(world.mailed(), [""; 0]);
    run_on(&world, 2).await;
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    assert!(world.mail.mails()[0].header("Subject").expect("a subject").contains("silent"));
    world.publish(Review::new("chat", "問", "紅隼有黑色的嗎？"));
    world.poll().await;
    assert_eq!(world.mailed(), ["ops@kestrel.test", "ops@kestrel.test"]);
    assert_eq!(world.troubles("silent:").await[0].state, IncidentState::Resolved);
    world.finish().await;
}

#[tokio::test]
async fn new_ids_for_old_words_are_no_flood() {
    let mut world = World::start(Plan::default()).await;
    let reviews: Vec<Review> =
        (0..12).map(|number| Review::new(&format!("a{number}"), "心得", &format!("紅隼快煮壺第 {number} 天，水滾得快。"))).collect();
    for review in &reviews {
        world.publish(review.clone());
    }
    world.poll().await;
    let moved: Vec<Review> = reviews.iter().map(|review| Review { id: format!("new-{}", review.id), ..review.clone() }).collect();
    world.site.serve("/forum.xml", rss(&moved));
    world.poll().await;
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    assert_eq!(world.troubles("reindexed:").await.len(), 1);
    let mut after = moved;
    after.push(Review::late("real"));
    world.site.serve("/forum.xml", rss(&after));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test", "ops@kestrel.test"], "a real one is seen");
    world.finish().await;
}

#[tokio::test]
async fn a_site_that_asks_to_wait_is_obeyed() {
    let world = World::start(Plan::default()).await;
    world.site.serve("/forum.xml", Answer::status(429).header("retry-after", "1800"));
    world.poll().await;
    let asked = world.site.requests("/forum.xml").len();
    let state = source(&world, "forum").await;
    assert_eq!(state.failure, Some(FailureKind::Throttled));
    assert!(state.next_due_at >= world.clock.now().plus(Duration::from_secs(1800)));
    world.pass(Duration::from_secs(1_700)).await;
    assert_eq!(world.site.requests("/forum.xml").len(), asked);
    world.show_forum();
    world.poll().await;
    assert_eq!(source(&world, "forum").await.failure, None);
    world.finish().await;
}

#[tokio::test]
async fn one_bad_site_does_not_stop_another() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/shop", page(&[]));
    world.run().await;
    world.poll().await;
    let bomb = "<!DOCTYPE x [<!ENTITY a \"lollollol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><rss><channel><item><title>&c;</title></item></channel></rss>";
    let bad = [
        Answer::status(500),
        Answer::ok("application/rss+xml", bomb),
        Answer::ok("application/rss+xml", vec![0xff; 4096]),
        Answer::ok("application/rss+xml", "<rss><channel>".repeat(20_000)),
        Answer::raw("this is no HTTP"),
        Answer::redirect(302, "http://169.254.169.254/latest/meta-data"),
        Answer::redirect(302, "/forum.xml"),
        Answer::ok("application/rss+xml", "x").silent_for(Duration::from_secs(3)),
    ];
    let mut reviews = Vec::new();
    for (number, answer) in bad.into_iter().enumerate() {
        world.site.serve("/forum.xml", answer);
        reviews.push(Review::broken(&format!("{number} of another series {}", "abcdefgh".repeat(number + 1))));
        world.site.serve("/shop", page(&reviews));
        world.poll().await;
        let seen = world.store().mentions(&MentionFilter::default()).await.expect("the store answers");
        assert_eq!(seen.iter().filter(|(mention, _)| mention.source == "shop").count(), number + 1, "the shop goes on");
        assert_eq!(source(&world, "shop").await.failure, None, "case {number}");
    }
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 0);
    world.publish(Review::late("at last"));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "and the bad one is read again when it is well");
    world.finish().await;
}

#[tokio::test]
async fn robots_txt_is_obeyed() {
    let mut world = World::prepare(Plan::default()).await;
    world.site.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /forum.xml\n"));
    world.run().await;
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(world.site.requests("/forum.xml").len(), 0);
    assert_eq!(source(&world, "forum").await.failure, Some(FailureKind::Robots));
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn two_sources_of_one_host_keep_the_gap() {
    let plan = Plan::with(|plan| {
        plan.collect = "host_gap = \"20s\"".to_owned();
        plan.more = PAGE.to_owned();
    });
    let mut world = World::prepare(plan).await;
    world.site.serve("/shop", page(&[]));
    world.run().await;
    world.clock.advance(Duration::from_mins(1));
    let asked = || world.site.requests("/forum.xml").len() + world.site.requests("/shop").len();
    world.until("the first of the two is polled", || async { asked() == 1 }).await;
    // The gap begins when its answer is kept: not before may the clock go on.
    let kept = || async { world.store().sources().await.is_ok_and(|all| all.iter().any(|source| source.baselined)) };
    world.until("the first of the two is kept", kept).await;
    world.clock.advance(Duration::from_secs(19));
    // Whatever is woken now has had its chance when the web has answered.
    for _ in 0..20 {
        assert_eq!(world.get("/healthz").await.status, 200);
    }
    assert_eq!(asked(), 1, "not within the gap");
    world.clock.advance(Duration::from_secs(1));
    world.until("the second is polled", || async { asked() == 2 }).await;
    world
        .until("both are kept", || async { world.store().sources().await.is_ok_and(|all| all.iter().all(|source| source.baselined)) })
        .await;
    world.declared.unsent = true;
    world.clock.advance(Duration::from_secs(20));
    world.finish().await;
}

#[tokio::test]
async fn an_item_that_leaves_and_returns_is_no_news() {
    let mut world = World::start(Plan::default()).await;
    world.warned_of(Review::late("ten-days")).await;
    world.site.serve("/forum.xml", rss(&[old()]));
    world.poll().await;
    world.show_forum();
    world.poll().await;
    assert_eq!(world.mailed().len(), 2);
    world.finish().await;
}

const ENDPOINT: &str = r#"
[[source]]
name = "shop interface"
kind = "json"
url = "{site}/api/reviews"
headers = { X-Api-Key = { file = "{folder}/api.token" } }
[source.json]
items = "$.data.list[*].node"
id = "/id"
title = "/title"
text = { join = ["/pros", "/cons"] }
rating = "/stars"
link = "{site}/r/{id}"
[source.json.paging]
by = "cursor"
from = "/data/next"
parameter = "after"
"#;

fn endpoint(reviews: &[Review], next: Option<&str>) -> Answer {
    let node = |review: &Review| json!({"node": {"id": review.id, "title": review.title, "pros": null, "cons": review.text, "stars": 1}});
    let list: Vec<Value> = reviews.iter().map(node).collect();
    Answer::ok("application/json", json!({"code": 0, "message": "ok", "data": {"list": list, "next": next}}).to_string())
}

#[tokio::test]
async fn a_services_interface_is_heard_page_by_page_and_its_refusal_is_told() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = ENDPOINT.to_owned())).await;
    world.site.serve("/api/reviews", endpoint(&[Review::broken("old")], None));
    world.run().await;
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "the first poll is what was there");
    let pages = vec![endpoint(&[Review::broken("new")], Some("p2")), endpoint(&[Review::broken("newer")], None)];
    world.site.serve_in_turn("/api/reviews", pages);
    world.poll().await;
    let targets: Vec<String> = world.site.requests("/api/reviews").into_iter().map(|request| request.target).collect();
    assert!(targets.contains(&"/api/reviews?after=p2".to_owned()), "{targets:?}");
    assert!(world.mailed().contains(&"jonas@kestrel.test".to_owned()), "{:?}", world.mailed());
    let mentions = world.store().mentions(&MentionFilter::default()).await.expect("the store answers");
    assert!(mentions.iter().any(|(mention, _)| mention.text.contains(&Review::broken("newer").text)), "the second page was kept");
    let mailed = world.mailed().len();
    world.site.serve("/api/reviews", Answer::ok("application/json", r#"{"code": 401, "message": "token expired"}"#));
    for _ in 0..3 {
        world.poll().await;
    }
    let state = source(&world, "shop interface").await;
    assert_eq!(state.failure, Some(FailureKind::Auth));
    assert!(state.failure_detail.expect("a detail").contains("token expired"));
    let since = world.mail.mails().split_off(mailed);
    let told: Vec<String> = since.iter().map(|mail| mail.body("text/plain")).collect();
    assert_eq!(told.iter().filter(|text| text.contains("token expired")).count(), 1, "{told:#?}");
    let climbed = told.iter().filter(|text| text.starts_with("Nobody has answered this case")).count();
    assert_eq!((climbed, told.len()), (2, 3), "the two cases went on to ops meanwhile: {told:#?}");
    world.finish().await;
}

#[tokio::test]
async fn a_limit_that_a_service_says_in_its_own_way_is_kept_and_quoted() {
    let world = World::prepare(Plan::with(|plan| plan.more = ENDPOINT.to_owned())).await;
    world.site.serve("/api/reviews", endpoint(&[Review::broken("old")], None));
    let mut world = world;
    world.run().await;
    world.poll().await;
    let until = world.clock.now().plus(2 * HOUR);
    let refusal = Answer::status(403).header("content-type", "application/json").body(r#"{"message": "API rate limit exceeded for you"}"#);
    let spent = refusal.header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", &until.as_secs().to_string());
    world.site.serve("/api/reviews", spent);
    world.poll().await;
    let state = source(&world, "shop interface").await;
    assert_eq!(state.failure, Some(FailureKind::Throttled));
    assert!(state.next_due_at >= until, "{state:?}");
    let shown = world.verb(&["sources", "show", "shop interface"]).await.text();
    assert!(shown.contains("API rate limit exceeded for you") && shown.contains("the wait is kept"), "{shown}");
    world.site.serve("/api/reviews", Answer::status(422).body(r#"{"error": "This method requires an authenticated user"}"#));
    for _ in 0..3 {
        world.poll().await;
    }
    let told = world.mails_to("ops@kestrel.test").pop().expect("ops are told").body("text/plain");
    assert!(told.contains("requires an authenticated user") && told.contains("set or renew the source's `headers`"), "{told}");
    world.finish().await;
}

#[tokio::test]
async fn a_secret_in_a_body_reaches_the_service_and_nobody_else() {
    let block = "[[source]]\nname = \"search\"\nkind = \"json\"\nurl = \"{site}/api/search\"\n[source.json]\nitems = \"/list\"\nid = \"/id\"\ntext = \"/text\"\n\
        body = { auth = {}, query = \"kestrel\" }\nbody_secrets = { \"/auth/token\" = { file = \"{folder}/api.token\" } }\n";
    let mut world = World::prepare(Plan::with(|plan| plan.more = block.to_owned())).await;
    world.site.serve("/api/search", Answer::ok("application/json", json!({ "list": [] }).to_string()));
    world.run().await;
    world.poll().await;
    let review = Review::broken("new");
    world.site.serve("/api/search", Answer::ok("application/json", json!({ "list": [{ "id": 1, "text": review.text }] }).to_string()));
    world.poll().await;
    let asked = world.site.requests("/api/search").pop().expect("it was asked");
    let body: Value = serde_json::from_slice(&asked.body).expect("JSON");
    assert_eq!((asked.method.as_str(), &body), ("POST", &json!({ "auth": { "token": API_TOKEN }, "query": "kestrel" })));
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    let refusal = json!({ "code": 401, "message": format!("token {API_TOKEN} expired") });
    world.site.serve("/api/search", Answer::ok("application/json", refusal.to_string()));
    for _ in 0..3 {
        world.poll().await;
    }
    let told = world.mails_to("ops@kestrel.test").pop().expect("ops are told").body("text/plain");
    let shown = format!("{told}{:?}{}", source(&world, "search").await, world.verb(&["sources", "show", "search"]).await.text());
    assert!(shown.contains("expired") && !shown.contains(API_TOKEN), "{shown}");
    world.finish().await;
}

#[tokio::test]
async fn a_preset_is_heard_like_any_source() {
    let block = "[[source]]\nname = \"hn\"\npreset = \"hackernews\"\n[source.with]\nquery = \"kestrel\"\nbase = \"{site}\"\n";
    let mut world = World::prepare(Plan::with(|plan| plan.more = block.to_owned())).await;
    let hit =
        |review: &Review| json!({"objectID": review.id, "title": review.title, "story_text": review.text, "created_at_i": 1_795_140_000});
    let hits = |reviews: &[Review]| {
        let hits: Vec<Value> = reviews.iter().map(hit).collect();
        Answer::ok("application/json", json!({"hits": hits, "page": 0}).to_string())
    };
    world.site.serve("/api/v1/search_by_date", hits(&[Review::broken("old")]));
    world.run().await;
    world.poll().await;
    world.site.serve("/api/v1/search_by_date", hits(&[Review::broken("old"), Review::broken("new")]));
    world.poll().await;
    assert_eq!(source(&world, "hn").await.failure, None);
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    world.finish().await;
}
