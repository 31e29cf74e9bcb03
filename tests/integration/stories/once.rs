//! Without a daemon: `run --once` as cron runs it, and `sources test` as whoever writes the settings runs it.

use std::time::Duration;

use hearken::model::{Secret, Subscription, SubscriptionState};
use hearken::store::Store;
use serde_json::Value;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::program::Said;
use crate::world::review::{PAGE, Review, old, page, rss};
use crate::world::site::Answer;
use crate::world::smtp::{Act, At};

/// A world without a daemon, whose forum may be asked every second.
async fn prepare(plan: Plan) -> World {
    let world = World::prepare(plan).await;
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    std::fs::write(world.config(), text.replace("interval = \"1m\"", "interval = \"1s\"")).expect("it is written");
    world
}

async fn once(world: &World) -> Said {
    world.verb(&["run", "--once", "--json"]).await
}

/// Rounds until one has polled something.
async fn round(world: &World) -> (Option<i32>, Value, String) {
    for _ in 0..200 {
        let said = once(world).await;
        let json = said.json();
        if json["sources"]["polled"].as_u64() > Some(0) {
            return (said.0.status.code(), json, said.remarks());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no source was ever due");
}

#[tokio::test]
async fn a_round_polls_warns_and_ends() {
    let mut world = prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/shop", page(&[Review::broken("old")]));
    let first = once(&world).await;
    let json = first.ended(0).json();
    assert_eq!(json["sources"]["polled"], 2, "a fresh database is polled whole: {json}");
    assert_eq!((world.mail.mails().len(), first.remarks().as_str()), (0, ""), "what was there wakes nobody, and cron has nothing to mail");
    world.publish(Review::late("ten-days"));
    let (code, json, remarks) = round(&world).await;
    assert_eq!((code, remarks.as_str()), (Some(0), ""), "{json}");
    assert_eq!((&json["items"], &json["opened"][0]["department"]), (&1.into(), &"logistics".into()), "{json}");
    assert_eq!(json["deliveries"].as_array().map(Vec::len), Some(3), "{json}");
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    let (_, json, _) = round(&world).await;
    assert_eq!(json["opened"].as_array().map(Vec::len), Some(0), "{json}");
    assert_eq!(world.mail.mails().len(), 2, "once");
    let store = Store::open(&format!("sqlite://{}", world.folder().join("hearken.db").display())).await.expect("it opens");
    assert_eq!(store.release_sources("anybody").await.expect("the store answers"), 0);
    assert!(store.sources().await.expect("the store answers").iter().all(|source| source.failures == 0));
    store.close().await;
    world.leave();
}

/// `check` warns of a brand of one letter; cron would mail that every five minutes.
#[tokio::test]
async fn a_round_leaves_the_warnings_of_check_to_check() {
    let world = prepare(Plan::with(|plan| plan.more = "[[brand]]\nname = \"Q\"\n".to_owned())).await;
    let checked = world.verb(&["check"]).await;
    let said = checked.text() + &checked.remarks();
    assert!(said.contains("one letter"), "{said}");
    assert_eq!(once(&world).await.ended(0).remarks(), "");
    world.leave();
}

#[tokio::test]
async fn a_round_says_what_failed_and_goes_on_with_the_rest() {
    let mut world = prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/shop", Answer::status(503));
    let said = once(&world).await;
    let remarks = said.ended(1).remarks();
    assert!(remarks.contains("source shop: server") && remarks.contains("nothing to do unless it lasts"), "{remarks}");
    assert_eq!(said.json()["sources"]["failed"][0]["source"], "shop");
    world.publish(Review::late("ten-days"));
    let (_, json, _) = round(&world).await;
    assert_eq!(json["opened"][0]["department"], "logistics", "the other source is heard: {json}");
    world.leave();
}

#[tokio::test]
async fn a_delivery_that_failed_is_said_with_the_time_of_the_next_try() {
    let mut world = prepare(Plan::default()).await;
    world.mail.on(At::Rcpt, Act::reply("451 4.7.1 greylisted, come back later")).times(6);
    once(&world).await.ended(0);
    world.publish(Review::late("ten-days"));
    let (code, json, remarks) = round(&world).await;
    assert_eq!(code, Some(1), "{json}");
    assert!(remarks.contains("greylisted") && remarks.contains("it is tried again after"), "{remarks}");
    world.leave();
}

#[tokio::test]
async fn a_signal_lets_a_round_end_early_and_its_sources_are_free_again() {
    let world = prepare(Plan::default()).await;
    world.site.serve("/forum.xml", Answer::ok("application/rss+xml", "x").silent_for(Duration::from_mins(1)));
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_hearken"));
    command.args(["run", "--once"]).arg("--config").arg(world.config()).kill_on_drop(true);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().expect("it starts");
    world.until("the site is asked", || async { !world.site.requests("/forum.xml").is_empty() }).await;
    let pid = child.id().expect("it runs").to_string();
    assert!(std::process::Command::new("kill").arg(pid).status().expect("kill runs").success());
    let output = tokio::time::timeout(Duration::from_mins(1), child.wait_with_output()).await.expect("it ends").expect("it ran");
    assert_eq!(output.status.code(), Some(1));
    let remarks = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(remarks.contains("stopped before its end"), "{remarks}");
    let store = Store::open(&format!("sqlite://{}", world.folder().join("hearken.db").display())).await.expect("it opens");
    let now = hearken::clock::Clock::system().now();
    let lease = Duration::from_mins(1);
    store.bring_forward(&["forum".to_owned()], now).await.expect("the store answers");
    assert_eq!(store.claim_due_sources("next", now, lease, 10, 10).await.expect("the store answers").len(), 1, "no lease is left behind");
    store.close().await;
    world.leave();
}

#[tokio::test]
async fn a_round_takes_no_source_twice_however_soon_it_is_due_again() {
    let again = |name: &str| format!("[[source]]\nname = \"{name}\"\nkind = \"feed\"\nurl = \"{{site}}/{name}.xml\"\ninterval = \"1s\"\n");
    let world = prepare(Plan::with(|plan| {
        plan.more = ["one", "two", "three"].map(again).concat();
        plan.collect = "host_gap = \"1s\"".to_owned();
    }))
    .await;
    let feed = "<rss version=\"2.0\"><channel><title>t</title><item><guid>1</guid><title>x</title></item></channel></rss>";
    for name in ["one", "two", "three"] {
        world.site.serve(&format!("/{name}.xml"), Answer::ok("application/rss+xml", feed));
    }
    world.verb(&["run", "--once", "--within", "1m"]).await.ended(0);
    for name in ["one", "two", "three"] {
        assert_eq!(world.site.requests(&format!("/{name}.xml")).len(), 1, "{name}");
    }
    world.leave();
}

#[tokio::test]
async fn a_round_polls_a_feed_that_names_a_hub_and_relies_on_no_hub() {
    let world = prepare(Plan::default()).await;
    let hub = format!("<http://{}/hub>; rel=\"hub\", <https://forum.test/feed>; rel=\"self\"", world.site.url("/").authority());
    world.site.serve("/forum.xml", rss(&[old()]).header("link", &hub));
    once(&world).await.ended(0);
    let url = format!("sqlite://{}", world.folder().join("hearken.db").display());
    let store = Store::open(&url).await.expect("it opens");
    assert!(store.subscriptions().await.expect("the store answers").is_empty(), "nobody is there whom it could call");
    // A daemon ran before, whose hub pushes for a day.
    let now = hearken::clock::Clock::system().now();
    let pushed = Subscription {
        source: "forum".to_owned(),
        hub: "https://hub.test/".to_owned(),
        topic: "https://forum.test/feed".to_owned(),
        state: SubscriptionState::Active,
        callback: "c".to_owned(),
        secret: Secret::new("s"),
        due_at: Some(now.plus(Duration::from_hours(20))),
        asked_at: None,
        granted_until: Some(now.plus(Duration::from_hours(24))),
        failures: 0,
        detail: None,
        pushes: 0,
        forged: 0,
        last_push_at: None,
    };
    assert!(store.offer_hub(&pushed).await.expect("the store answers"));
    assert!(store.write_subscription(&pushed, None).await.expect("the store answers"));
    assert!(store.source("forum").await.expect("the store answers").expect("it is there").pushed_until.is_some());
    store.close().await;
    round(&world).await;
    let store = Store::open(&url).await.expect("it opens");
    let state = store.source("forum").await.expect("the store answers").expect("it is there");
    let polled_at = state.last_polled_at.expect("it was polled");
    assert!(state.next_due_at.since(polled_at) < Duration::from_secs(3), "at its interval: {state:?}");
    assert_eq!(world.site.requests("/hub").len(), 0);
    store.close().await;
    world.leave();
}

#[tokio::test]
async fn sources_are_tested_before_anything_is_kept() {
    let broken = "[[source]]\nname = \"壞掉\"\nkind = \"feed\"\nurl = \"{site}/gone.xml\"\ninterval = \"1m\"\n";
    let world = prepare(Plan::with(|plan| plan.more = format!("{PAGE}{broken}"))).await;
    world.site.serve("/shop", page(&[Review::broken("one"), Review::broken("two")]));
    let said = world.verb(&["sources", "test"]).await;
    let text = said.ended(1).text();
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{text}")).to_owned();
    assert!(line("forum ").contains("feed") && line("forum ").contains(" 1 "), "{text}");
    assert!(line("shop ").contains("page") && line("shop ").contains(" 2 ") && line("shop ").contains("no item says when"), "{text}");
    assert!(text.contains("壞掉: not_found: the server answered 404\n  Nothing is at this address: check `url`"), "{text}");
    assert!(text.contains("3 sources tested, 1 failed"), "{text}");
    assert!(!world.folder().join("hearken.db").exists(), "nothing is kept");
    let json = world.verb(&["sources", "test", "shop", "--json"]).await.ended(0).json();
    assert_eq!((&json["sources"][0]["items"], &json["sources"][1]), (&2.into(), &Value::Null), "{json}");
    assert!(json["sources"][0]["bytes"].as_u64() > Some(100), "{json}");
    let said = world.verb(&["sources", "test", "shpo"]).await;
    assert!(said.ended(2).remarks().contains("Did you mean `shop`?"));
    world.leave();
}
