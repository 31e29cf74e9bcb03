//! A feed names a hub (W3C WebSub): it is asked, calls back, delivers; and whatever it does, the polls go on.

use std::collections::HashMap;
use std::time::Duration;

use hearken::model::{Subscription, SubscriptionState as State};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;

use crate::world::browser::{Reply, ask};
use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::{Review, old, rss};
use crate::world::site::Answer;

const TOPIC: &str = "https://forum.test/feed";

/// What the daemon asked of the hub.
struct Asked {
    fields: HashMap<String, String>,
}

impl Asked {
    fn path(&self) -> String {
        url::Url::parse(&self.fields["hub.callback"]).expect("an address").path().to_owned()
    }
}

fn asked(world: &World) -> Vec<Asked> {
    let requests = world.site.requests("/hub");
    let read = |body: &[u8]| url::form_urlencoded::parse(body).into_owned().collect();
    requests.iter().map(|request| Asked { fields: read(&request.body) }).collect()
}

fn show(world: &World, reviews: &[Review]) {
    let link = format!("<http://{}/hub>; rel=\"hub\", <{TOPIC}>; rel=\"self\"", world.site.url("/").authority());
    world.site.serve("/forum.xml", rss(reviews).header("link", &link));
}

/// A forum whose hub answers like this, polled once.
async fn world(hub: Answer, plan: Plan) -> World {
    let mut world = World::prepare(plan).await;
    world.site.serve("/hub", hub);
    show(&world, &[old()]);
    world.run().await;
    world.poll().await;
    world
}

async fn call_back(world: &World, asked: &Asked, query: &[(&str, &str)]) -> Reply {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    ask(world.address(), "GET", &format!("{}?{query}", asked.path()), &[], b"").await
}

async fn verify(world: &World, asked: &Asked) {
    let query = [("hub.mode", "subscribe"), ("hub.topic", TOPIC), ("hub.challenge", "c-1"), ("hub.lease_seconds", "86400")];
    let reply = call_back(world, asked, &query).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "c-1"));
    world.quiet().await;
}

async fn subscription(world: &World) -> Subscription {
    world.store().subscriptions().await.expect("the store answers").remove(0)
}

fn feed(reviews: &[Review]) -> String {
    let items: String = reviews
        .iter()
        .map(|review| {
            format!(
                "<item><guid isPermaLink=\"false\">{}</guid><title>{}</title><description>{}</description></item>",
                review.id, review.title, review.text
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>forum</title>{items}</channel></rss>")
}

fn signed(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).expect("any key").chain_update(body).finalize().into_bytes();
    format!("sha512={}", mac.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

async fn deliver(world: &World, asked: &Asked, secret: &str, body: &str) -> u16 {
    let signature = signed(secret, body);
    let headers = [("X-Hub-Signature", signature.as_str()), ("Content-Type", "application/rss+xml")];
    ask(world.address(), "POST", &asked.path(), &headers, body.as_bytes()).await.status
}

#[tokio::test]
async fn a_hub_is_asked_calls_back_and_what_it_delivers_is_told_at_once() {
    let world = world(Answer::status(202), Plan::default()).await;
    let hub = asked(&world).remove(0);
    assert_eq!((hub.fields["hub.mode"].as_str(), hub.fields["hub.topic"].as_str()), ("subscribe", TOPIC));
    assert!(hub.fields["hub.callback"].starts_with("https://hearken.test/v1/websub/") && hub.fields["hub.secret"].len() >= 32);
    verify(&world, &hub).await;
    let polled = world.site.requests("/forum.xml").len();
    assert_eq!(deliver(&world, &hub, &hub.fields["hub.secret"], &feed(&[Review::late("ten-days")])).await, 202);
    world.quiet().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    assert_eq!(world.site.requests("/forum.xml").len(), polled, "nobody had to ask");
    assert_eq!(deliver(&world, &hub, &hub.fields["hub.secret"], &feed(&[Review::late("ten-days")])).await, 202);
    show(&world, &[old(), Review::late("ten-days")]);
    world.poll().await;
    assert_eq!(world.mailed().len(), 2, "neither a second delivery nor the poll tells it again");
    let listed = world.verb(&["sources", "list"]).await;
    assert!(listed.ended(0).text().contains("forum: pushed by"), "{}", listed.text());
    world.finish().await;
}

#[tokio::test]
async fn what_is_not_signed_by_us_is_counted_and_ignored() {
    let world = world(Answer::status(202), Plan::default()).await;
    let hub = asked(&world).remove(0);
    verify(&world, &hub).await;
    let body = feed(&[Review::late("forged")]);
    assert_eq!(deliver(&world, &hub, "not the secret", &body).await, 202, "a forger learns nothing");
    assert_eq!(ask(world.address(), "POST", &hub.path(), &[], body.as_bytes()).await.status, 202);
    assert_eq!(ask(world.address(), "POST", "/v1/websub/0123456789abcdef", &[], body.as_bytes()).await.status, 410);
    world.quiet().await;
    let stands = subscription(&world).await;
    assert_eq!((stands.forged, stands.pushes), (2, 0));
    assert_eq!(world.mailed(), [""; 0]);
    assert!(world.get("/metrics").await.body.contains("hearken_pushes_total{source=\"forum\",outcome=\"forged\"} 2"));
    world.finish().await;
}

#[tokio::test]
async fn only_what_we_asked_is_confirmed_and_a_get_changes_nothing_else() {
    let world = world(Answer::status(202), Plan::default()).await;
    let hub = asked(&world).remove(0);
    let before = subscription(&world).await;
    let wrong: [&[(&str, &str)]; 6] = [
        &[],
        &[("hub.mode", "subscribe"), ("hub.topic", "https://evil.test/"), ("hub.challenge", "x")],
        &[("hub.mode", "unsubscribe"), ("hub.topic", TOPIC), ("hub.challenge", "x")],
        &[("hub.mode", "subscribe"), ("hub.topic", TOPIC)],
        &[("hub.mode", "denied"), ("hub.topic", "https://evil.test/")],
        &[("hub.mode", "publish"), ("hub.topic", TOPIC), ("hub.challenge", "x")],
    ];
    for query in wrong {
        let reply = call_back(&world, &hub, query).await;
        assert!(reply.status == 404 && !reply.body.contains('x'), "{query:?}: {} {}", reply.status, reply.body);
    }
    let elsewhere = Asked { fields: HashMap::from([("hub.callback".to_owned(), "https://hearken.test/v1/websub/00".to_owned())]) };
    let query = [("hub.mode", "subscribe"), ("hub.topic", TOPIC), ("hub.challenge", "y")];
    assert_eq!(call_back(&world, &elsewhere, &query).await.status, 404);
    assert_eq!(subscription(&world).await, before);
    verify(&world, &hub).await;
    assert_eq!(subscription(&world).await.state, State::Active);
    world.finish().await;
}

#[tokio::test]
async fn polls_are_rarer_while_it_pushes_and_a_missed_delivery_is_found() {
    let mut world = world(Answer::status(202), Plan::with(|plan| plan.source = String::new())).await;
    let hub = asked(&world).remove(0);
    let next = |world: &World| {
        let (store, now) = (world.store(), world.clock.now());
        async move { store.source("forum").await.expect("the store answers").expect("there").next_due_at.since(now) }
    };
    assert!(next(&world).await < Duration::from_secs(90));
    verify(&world, &hub).await;
    world.poll().await;
    let wait = next(&world).await;
    assert!(wait >= Duration::from_mins(4) && wait < Duration::from_mins(6), "four times a minute: {wait:?}");
    show(&world, &[old(), Review::late("missed")]);
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "the hub never said it");
    world.restart().await;
    world.quiet().await;
    assert_eq!(asked(&world).len(), 1, "a restart asks nobody again");
    world.finish().await;
}

#[tokio::test]
async fn a_lease_is_renewed_before_it_ends_and_one_that_is_not_ends() {
    let world = world(Answer::status(202), Plan::with(|plan| plan.source = "websub = true".to_owned())).await;
    verify(&world, &asked(&world).remove(0)).await;
    world.pass(Duration::from_hours(18)).await;
    assert_eq!(asked(&world).len(), 1);
    world.pass(Duration::from_hours(2)).await;
    let again = asked(&world);
    assert_eq!(again.len(), 2, "a fifth of the lease is left");
    assert_eq!(again[1].path(), again[0].path());
    verify(&world, &again[1]).await;
    assert_eq!(subscription(&world).await.granted_until, Some(world.clock.now().plus(Duration::from_hours(24))));
    world.site.serve("/hub", Answer::status(503));
    for _ in 0..30 {
        world.pass(Duration::from_hours(1)).await;
    }
    let stands = subscription(&world).await;
    assert_eq!((stands.state, stands.granted_until), (State::Failing, None));
    let state = world.store().source("forum").await.expect("the store answers").expect("there");
    assert!(state.pushed_until.is_none() && state.next_due_at.since(world.clock.now()) < Duration::from_secs(90), "{state:?}");
    let listed = world.verb(&["sources", "list"]).await;
    assert!(listed.ended(0).text().contains("the hub answered 503"), "{}", listed.text());
    world.finish().await;
}

#[tokio::test]
async fn a_hub_that_says_no_or_never_calls_back_changes_nothing() {
    let world = world(Answer::status(202), Plan::default()).await;
    let hub = asked(&world).remove(0);
    let reply = call_back(&world, &hub, &[("hub.mode", "denied"), ("hub.topic", TOPIC), ("hub.reason", "not you")]).await;
    assert_eq!(reply.status, 200);
    let stands = subscription(&world).await;
    assert_eq!((stands.state, stands.detail.as_deref()), (State::Denied, Some("not you")));
    world.pass(Duration::from_hours(25)).await;
    assert_eq!(asked(&world).len(), 2, "once more after a day");
    world.pass(Duration::from_mins(11)).await;
    let stands = subscription(&world).await;
    assert_eq!(stands.state, State::Failing);
    assert!(stands.detail.is_some_and(|why| why.contains("did not call back")));
    assert_eq!(world.mailed(), [""; 0], "nobody is woken for it");
    world.finish().await;
}

#[tokio::test]
async fn nobody_is_asked_where_no_hub_could_call_or_the_operator_says_no() {
    let local = world(Answer::status(202), Plan::with(|plan| plan.public_url = "http://127.0.0.1:8420/")).await;
    assert_eq!((asked(&local).len(), subscription(&local).await.state), (0, State::Off));
    local.finish().await;
    let mut off = world(Answer::status(202), Plan::with(|plan| plan.source = "websub = false".to_owned())).await;
    assert_eq!(asked(&off).len(), 0);
    off.plan.source = String::new();
    off.write();
    off.take_up().await;
    off.quiet().await;
    assert_eq!(asked(&off).len(), 1, "switched on, it is asked without waiting for the feed to change");
    off.finish().await;
}

#[tokio::test]
async fn a_delivery_that_cannot_be_read_hastens_the_poll() {
    let world = world(Answer::status(202), Plan::default()).await;
    let hub = asked(&world).remove(0);
    verify(&world, &hub).await;
    world.poll().await;
    show(&world, &[old(), Review::late("thin")]);
    assert_eq!(deliver(&world, &hub, &hub.fields["hub.secret"], "this is no feed").await, 202);
    world.pass(Duration::from_secs(61)).await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "long before the four minutes are over");
    world.finish().await;
}
