//! Other systems push: who may, what is kept, what is told, and what happens when they send too much or nothing at all.

use std::time::Duration;

use hearken::model::{IncidentState, Moment, Secret};
use hearken::respond::signature::sign;
use hearken::store::MentionFilter;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::world::browser::{Reply, ask, raw};
use crate::world::daemon::World;
use crate::world::not_run::not_run;
use crate::world::plan::{API_SECRET, API_TOKEN, LINK_KEY, Plan};
use crate::world::review::Review;

/// One source for each way to prove who sends; their secrets are those of the story's other doors.
const SOURCES: &str = r#"
[[source]]
name = "desk"
kind = "inbound"
token_file = "{folder}/api.token"
[[source]]
name = "shop"
kind = "inbound"
signing_secret_file = "{folder}/api.secret"
[[source]]
name = "repo"
kind = "inbound"
hub_secret_file = "{folder}/link-key"
"#;

async fn world() -> World {
    World::start(Plan::with(|plan| plan.more = SOURCES.to_owned())).await
}

fn bearer() -> String {
    format!("Bearer {API_TOKEN}")
}

/// Pushes to the source with the bearer token.
async fn push(world: &World, body: &Value) -> Reply {
    push_text(world, &body.to_string(), &[]).await
}

async fn push_text(world: &World, body: &str, more: &[(&str, &str)]) -> Reply {
    let bearer = bearer();
    let mut headers = vec![("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    headers.extend(more);
    ask(world.address(), "POST", "/v1/inbound/desk", &headers, body.as_bytes()).await
}

async fn signed(world: &World, id: &str, at: Moment, secret: &str, body: &Value) -> Reply {
    let body = body.to_string();
    let signature = sign(&[Secret::new(secret)], id, at.as_secs(), body.as_bytes()).expect("a sound secret");
    let at = at.as_secs().to_string();
    let headers = [("webhook-id", id), ("webhook-timestamp", at.as_str()), ("webhook-signature", signature.as_str())];
    ask(world.address(), "POST", "/v1/inbound/shop", &headers, body.as_bytes()).await
}

fn hub_signature(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key").chain_update(body).finalize().into_bytes();
    format!("sha256={}", mac.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn late(id: &str) -> Value {
    let Review { id, title, text, author } = Review::late(id);
    json!({ "id": id, "title": title, "text": text, "author": author, "rating": 1, "rating_max": 5 })
}

async fn mentions(world: &World, source: &str) -> usize {
    let all = world.store().mentions(&MentionFilter::default()).await.expect("the store answers");
    all.iter().filter(|(mention, _)| mention.source == source).count()
}

#[tokio::test]
async fn a_pushed_review_warns_at_once_and_once() {
    let world = world().await;
    let reply = push(&world, &late("ten-days")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let receipt = reply.json();
    assert_eq!([&receipt["accepted"], &receipt["new"], &receipt["mentions"]], [1, 1, 1]);
    world.quiet().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "without waiting for any poll");
    for _ in 0..3 {
        let again = push(&world, &late("ten-days")).await;
        assert_eq!((again.status, &again.json()["known"]), (200, &json!(1)));
    }
    world.quiet().await;
    assert_eq!(world.mailed().len(), 2, "and not again");
    let worse = format!("{}更新：收到了，第一次用手就被燙傷。", Review::late("ten-days").text);
    let edited = push(&world, &json!({ "id": "ten-days", "text": worse })).await;
    assert_eq!((edited.status, &edited.json()["edited"]), (200, &json!(1)), "{}", edited.body);
    world.quiet().await;
    assert_eq!(mentions(&world, "desk").await, 1, "an edit is the same mention");
    let listed = world.verb(&["sources", "list"]).await;
    let desk = listed.ended(0).text().lines().find(|line| line.starts_with("desk ")).unwrap_or_default().to_owned();
    assert!(desk.contains(" fine ") && desk.contains("pushes to us") && !desk.contains("every"), "{}", listed.text());
    world.finish().await;
}

#[tokio::test]
async fn what_else_the_sender_says_is_shown_with_the_case() {
    let world = world().await;
    let mut item = late("ten-days");
    item["extra"] = json!({ "order": "T-20261", "channel": "Line @all", "replies": null });
    assert_eq!(push(&world, &item).await.status, 200);
    world.quiet().await;
    let mail = world.mails_to("hong@kestrel.test").remove(0).body("text/plain");
    assert!(mail.contains("order") && mail.contains("T-20261"), "{mail}");
    let id = world.incidents().await[0].id.clone();
    let shown = world.verb(&["incidents", "show", &id]).await.ended(0).text();
    assert!(shown.contains("order: T-20261") && shown.contains("channel: Line @all"), "{shown}");
    let told = world.api_get(&format!("/v1/incidents/{id}")).await;
    assert_eq!(told["mentions"][0]["mention"]["extra"]["order"], "T-20261", "{told}");
    world.finish().await;
}

#[tokio::test]
async fn twenty_at_the_same_time_are_one() {
    let world = world().await;
    let review = late("ten-days");
    let replies = futures_util::future::join_all((0..20).map(|_| push(&world, &review))).await;
    assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
    let new: u64 = replies.iter().filter_map(|reply| reply.json()["new"].as_u64()).sum();
    assert_eq!(new, 1);
    world.quiet().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn only_the_sender_is_believed() {
    let world = world().await;
    let now = world.clock.now();
    let body = late("x").to_string();
    let body = body.as_bytes();
    let sound = hub_signature(LINK_KEY, body);
    let forged = hub_signature("another-secret-0123456789", body);
    let other_body = hub_signature(LINK_KEY, b"{}");
    let token = bearer();
    type Headers<'a> = Vec<(&'a str, &'a str)>;
    let cases: [(&str, Headers<'_>, u16); 12] = [
        ("/v1/inbound/desk", vec![], 401),
        ("/v1/inbound/desk", vec![("Authorization", "Bearer wrong-token-0123456789")], 401),
        ("/v1/inbound/desk", vec![("Authorization", &token[..token.len() - 1])], 401),
        ("/v1/inbound/desk", vec![("X-Hub-Signature-256", &sound)], 401),
        ("/v1/inbound/repo", vec![], 401),
        ("/v1/inbound/repo", vec![("Authorization", &token)], 401),
        ("/v1/inbound/repo", vec![("X-Hub-Signature-256", &forged)], 401),
        ("/v1/inbound/repo", vec![("X-Hub-Signature-256", &other_body)], 401),
        ("/v1/inbound/shop", vec![("Authorization", &token)], 401),
        ("/v1/inbound/forum", vec![("Authorization", &token)], 404),
        ("/v1/inbound/nobody", vec![("Authorization", &token)], 404),
        ("/v1/inbound/repo", vec![("X-Hub-Signature-256", &sound)], 200),
    ];
    for (path, headers, status) in cases {
        let reply = ask(world.address(), "POST", path, &headers, body).await;
        assert_eq!(reply.status, status, "{path} {headers:?} {}", reply.body);
        let message = reply.json()["error"]["message"].as_str().map(str::to_owned);
        assert!(status == 200 || message.is_some_and(|message| !message.is_empty()), "{}", reply.body);
    }
    // Whoever comes with the credentials of another source is told what this one takes.
    for (path, header, told) in [
        (
            "/v1/inbound/shop",
            ("Authorization", token.as_str()),
            "a bearer token came, and this source takes calls signed as Standard Webhooks",
        ),
        ("/v1/inbound/repo", ("Authorization", token.as_str()), "a bearer token came, and this source takes calls signed as GitHub's"),
        ("/v1/inbound/shop", ("X-Hub-Signature-256", sound.as_str()), "a GitHub signature came"),
        ("/v1/inbound/desk", ("X-Hub-Signature-256", sound.as_str()), "this source takes calls with a token alone"),
    ] {
        let reply = ask(world.address(), "POST", path, &[header], body).await;
        assert!(reply.body.contains(told), "{path}: {}", reply.body);
    }
    let other = "whsec_b3RoZXIgc2VjcmV0IHRoYXQgbm9ib2R5IGhlcmUga25vd3M=";
    let old = now.minus(Duration::from_secs(301));
    for (at, secret, status) in [(now, other, 401), (old, API_SECRET, 401), (now, API_SECRET, 200)] {
        assert_eq!(signed(&world, "msg_1", at, secret, &late("y")).await.status, status);
    }
    assert_eq!(world.get("/v1/inbound/desk").await.status, 405, "nothing is pushed by GET");
    world.quiet().await;
    assert_eq!((mentions(&world, "desk").await, mentions(&world, "repo").await, mentions(&world, "shop").await), (0, 1, 1));
    world.finish().await;
}

#[tokio::test]
async fn another_body_under_a_used_id_is_another_call() {
    let world = world().await;
    let now = world.clock.now();
    for (id, new) in [("ten-days", 1), ("ten-days", 0), ("twelve-days", 1)] {
        let reply = signed(&world, "1", now, API_SECRET, &late(id)).await;
        let receipt = reply.json();
        let known = new == 0;
        assert_eq!((reply.status, &receipt["new"], &receipt["replayed"]), (200, &json!(new), &json!(known)), "{id}");
    }
    world.quiet().await;
    assert_eq!(mentions(&world, "shop").await, 2, "what was accepted is stored");
    world.finish().await;
}

#[tokio::test]
async fn a_replayed_call_does_not_bring_back_what_was_edited() {
    let world = world().await;
    let now = world.clock.now();
    let before = json!({ "id": "1", "text": "紅隼水壺很好" });
    let after = json!({ "id": "1", "text": "紅隼水壺用一週就坏了" });
    assert_eq!(signed(&world, "msg_1", now, API_SECRET, &before).await.json()["new"], 1);
    let edited = signed(&world, "msg_2", now, API_SECRET, &after).await.json();
    assert_eq!((&edited["edited"], &edited["replayed"]), (&json!(1), &json!(false)));
    let replayed = signed(&world, "msg_1", now, API_SECRET, &before).await;
    assert_eq!((replayed.status, &replayed.json()["replayed"]), (200, &json!(true)));
    world.quiet().await;
    let all = world.store().mentions(&MentionFilter::default()).await.expect("the store answers");
    let (mention, _) = all.iter().find(|(mention, _)| mention.source == "shop").expect("it is there");
    assert_eq!((mention.text.as_str(), mention.revision), ("紅隼水壺用一週就坏了", 2));
    world.finish().await;
}

#[tokio::test]
async fn bad_items_are_named_and_cost_the_good_ones_nothing() {
    let world = world().await;
    let reply =
        push(&world, &json!([late("a"), { "id": "b", "body": "misspelt" }, 7, { "id": "c", "text": "紅隼有黑色的嗎？", "stars": 1 }]))
            .await;
    let receipt = reply.json();
    assert_eq!((reply.status, &receipt["accepted"], &receipt["new"]), (200, &json!(2), &json!(2)));
    let errors: Vec<u64> = receipt["errors"].as_array().expect("a list").iter().filter_map(|error| error["index"].as_u64()).collect();
    assert_eq!(errors, [1, 2]);
    assert!(receipt["errors"][0]["what"].as_str().is_some_and(|what| what.contains("body")), "{receipt}");
    assert_eq!(receipt["remarks"], json!([{ "index": 3, "what": "unknown here and left out: stars" }]));
    let lines = format!("{}\nnot json\n{}\n", late("d"), late("e"));
    let receipt = push_text(&world, &lines, &[("Content-Type", "application/x-ndjson")]).await.json();
    assert_eq!((&receipt["accepted"], &receipt["errors"][0]["index"]), (&json!(2), &json!(1)));
    let none = push(&world, &json!({ "items": [{ "id": "f" }] })).await;
    assert_eq!((none.status, &none.json()["errors"][0]["index"]), (422, &json!(0)));
    for (text, status) in [("", 400), ("{", 400), ("\"text\"", 400), ("{\"items\": {}}", 400), ("[]", 200)] {
        let reply = push_text(&world, text, &[]).await;
        assert_eq!(reply.status, status, "{text} {}", reply.body);
    }
    world.finish().await;
}

#[tokio::test]
async fn too_much_is_refused_and_says_when_to_come_again() {
    let world = world().await;
    let thousand =
        |part: &str| -> Value { (0..1000).map(|number| json!({ "id": format!("{part}-{number}"), "text": "a quiet day" })).collect() };
    for part in ["a", "b"] {
        assert_eq!(push(&world, &thousand(part)).await.status, 200);
    }
    let refused = push(&world, &thousand("c")).await;
    assert_eq!((refused.status, refused.header("retry-after"), &refused.json()["error"]["code"]), (429, Some("10"), &json!("busy")));
    world.pass(Duration::from_secs(10)).await;
    assert_eq!(push(&world, &thousand("c")).await.json()["new"], 1000, "what was promised holds, and nothing was half kept");
    let many: Value = (0..1001).map(|number| json!({ "text": format!("{number}") })).collect();
    assert_eq!(push(&world, &many).await.status, 413);
    let bearer = bearer();
    let head = format!("POST /v1/inbound/desk HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\nConnection: close\r\n");
    let announced = format!("{head}Content-Length: 10485760\r\n\r\n");
    assert_eq!(raw(world.address(), announced.as_bytes()).await.status, 413, "by its length, before it is read");
    let chunk = format!("{:x}\r\n{}\r\n", 3 << 20, "a".repeat(3 << 20));
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
    assert_eq!(raw(world.address(), chunked.as_bytes()).await.status, 413, "a body that does not say how long it is");
    let packed = push_text(&world, "x", &[("Content-Encoding", "gzip")]).await;
    assert_eq!((packed.status, &packed.json()["error"]["code"]), (415, &json!("compressed")));
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(push(&world, &late("after-all-that")).await.status, 200);
    world.finish().await;
}

#[tokio::test]
async fn known_words_under_new_ids_are_no_flood() {
    let world = world().await;
    let batch = |prefix: &str| -> Value {
        (0..12).map(|number| json!({ "id": format!("{prefix}{number}"), "text": format!("紅隼第 {number} 天還沒收到") })).collect()
    };
    assert_eq!(push(&world, &batch("a")).await.json()["new"], 12);
    world.quiet().await;
    world.pass(Duration::from_mins(3)).await;
    let told = world.mailed().len();
    assert!(told >= 2, "news are told, at the very first push too");
    assert_eq!(push(&world, &batch("b")).await.json()["new"], 12);
    world.quiet().await;
    assert_eq!(world.troubles("reindexed:").await.len(), 1);
    assert_eq!(world.mailed().iter().filter(|to| *to != "ops@kestrel.test").count(), told, "nobody but ops hears of it");
    world.finish().await;
}

#[tokio::test]
async fn the_same_words_under_another_id_are_the_next_customers() {
    let world = world().await;
    let zh = "在官網買紅隼快煮壺，等了好久還沒收到貨，客服電話一直沒人接。";
    let en = "The lid of my Kestrel kettle is broken, and nobody answers my letters.";
    let tell = async |id: &str, text: &str, author: Option<&str>| {
        let before = world.mailed().len();
        assert_eq!(push(&world, &json!({ "id": id, "text": text, "author": author })).await.json()["mentions"], 1);
        world.quiet().await;
        for case in world.incidents().await {
            world.verb(&["incidents", "resolve", &case.id, "--as", "Mei", "--cause", "x", "--remedy", "y"]).await;
        }
        world.quiet().await;
        assert!(world.mailed().len() > before, "{id} is told");
    };
    tell("en1", en, None).await;
    tell("zh1", zh, None).await;
    tell("en2", en, None).await;
    tell("zh2", zh, Some("王大明")).await;
    world.pass(Duration::from_hours(9 * 24)).await;
    tell("zh3", zh, None).await;
    tell("zh4", zh, Some("陳美玲")).await;
    world.pass(Duration::from_hours(1)).await;
    assert!(world.troubles("reindexed:").await.is_empty() && world.troubles("held:").await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_sender_that_says_nothing_is_told_and_a_push_ends_it() {
    let plan = Plan::with(|plan| plan.more = SOURCES.replacen("kind = \"inbound\"", "kind = \"inbound\"\nsilent_after = \"2h\"", 1));
    let world = World::start(plan).await;
    for _ in 0..10 {
        world.pass(Duration::from_mins(10)).await;
    }
    assert_eq!(world.mailed(), [""; 0], "not yet");
    let listed = world.verb(&["sources"]).await.ended(0).text();
    let [desk, shop] = ["desk ", "shop "].map(|name| listed.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned());
    assert!(desk.contains("nothing pushed yet") && shop.contains("nothing pushed yet"), "{listed}");
    let shown = world.verb(&["sources", "show", "shop"]).await.ended(0).text();
    assert!(shown.contains("it pushes to us") && !shown.contains("last read"), "{shown}");
    for _ in 0..4 {
        world.pass(Duration::from_mins(15)).await;
    }
    assert_eq!(world.mailed(), ["ops@kestrel.test"], "one that never sent anything is silent as well");
    assert_eq!(push(&world, &json!({ "id": "1", "text": "紅隼有黑色的嗎？" })).await.status, 200);
    world.quiet().await;
    assert_eq!(world.troubles("silent:desk").await[0].state, IncidentState::Resolved);
    for _ in 0..12 {
        world.pass(Duration::from_mins(15)).await;
    }
    let silences = world.troubles("silent:desk").await;
    assert_eq!(silences.iter().filter(|incident| incident.state == IncidentState::Open).count(), 1, "and again after two hours");
    world.finish().await;
}

/// The lines of the README that push, as they are printed there but for where the secret and the daemon are.
fn printed_call(world: &World) -> String {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("the README");
    let block = readme.split("\n\n").find(|block| block.contains("webhook-signature: v1,$signature")).expect("the call is printed");
    let secret = world.folder().join("api.secret").display().to_string();
    block.replace("config/secrets/desk", &secret).replace("127.0.0.1:8420", &world.address().to_string()).replace("support%20desk", "shop")
}

#[tokio::test]
async fn the_call_in_the_readme_works_as_printed() {
    let has = |program: &str| std::process::Command::new(program).arg("--version").output().is_ok();
    if !has("curl") || !has("openssl") {
        return not_run("curl or openssl is not here");
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let start = Moment::from_secs(i64::try_from(now).expect("before the end of time"));
    let plan = Plan::with(|plan| {
        plan.more = format!("{SOURCES}\n[[brand]]\nname = \"Example Tea\"\naliases = [\"範例茶\"]");
        // The first polls come within a quarter of an hour.
        plan.start = start.minus(Duration::from_mins(20));
    });
    let world = World::start(plan).await;
    world.clock.set(start);
    world.quiet().await;
    let script = format!("set -eu\n{}", printed_call(&world));
    let run = tokio::process::Command::new("bash").arg("-c").arg(script).output().await.expect("bash runs");
    let answer: Value = serde_json::from_slice(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    assert_eq!((&answer["accepted"], &answer["mentions"]), (&json!(1), &json!(1)), "{answer}");
    world.quiet().await;
    world.finish().await;
}
