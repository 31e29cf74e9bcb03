//! The web side under pressure: programs, forged calls, floods, slow and huge requests, hostile words, proxies.

use std::time::Duration;

use hearken::model::{Incident, IncidentState, Moment, Secret};
use hearken::respond::signature::sign;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::world::browser::{Reply, ask, raw};
use crate::world::daemon::{World, link};
use crate::world::plan::{API_SECRET, API_TOKEN, Plan};
use crate::world::review::Review;

async fn open_case(plan: Plan) -> (World, Incident, String) {
    let mut world = World::start(plan).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    let link = link(&world.mails_to("hong@kestrel.test")[0]);
    (world, incident, link)
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// A signed call, as a program makes it.
async fn signed(world: &World, path: &str, id: &str, at: Moment, secret: &str, body: &[u8]) -> Reply {
    let signature = sign(&[Secret::new(secret)], id, at.as_secs(), body).expect("a sound secret");
    let at = at.as_secs().to_string();
    let headers = [("webhook-id", id), ("webhook-timestamp", at.as_str()), ("webhook-signature", signature.as_str())];
    ask(world.address(), "POST", path, &headers, body).await
}

#[tokio::test]
async fn a_program_with_a_token_answers_and_reads() {
    let (world, incident, _) = open_case(Plan::default()).await;
    let path = format!("/v1/incidents/{}/acknowledge", incident.id);
    for token in ["", "wrong-token-of-the-ticket-system-012345", &API_TOKEN[1..]] {
        assert_eq!(ask(world.address(), "POST", &path, &[("Authorization", &bearer(token))], b"").await.status, 401);
        assert_eq!(ask(world.address(), "GET", "/v1/incidents", &[("Authorization", &bearer(token))], b"").await.status, 401);
    }
    assert_eq!(ask(world.address(), "GET", "/v1/incidents", &[], b"").await.status, 401);
    assert_eq!(world.incident(&incident.id).await, incident);

    let token = bearer(API_TOKEN);
    let head = [("Authorization", token.as_str())];
    let other = ask(world.address(), "GET", &path, &head, b"").await;
    assert_eq!(other.status, 405);
    assert!(other.body.contains("POST"), "{}", other.body);
    let nothing = ask(world.address(), "GET", "/no/such/page", &head, b"").await;
    assert_eq!(nothing.status, 404);
    assert!(nothing.body.contains("Nothing is at this address"), "{}", nothing.body);
    let body = serde_json::json!({ "actor": "王小美", "note": "處理中" }).to_string();
    let reply = ask(world.address(), "POST", &path, &head, body.as_bytes()).await;
    assert_eq!((reply.status, reply.json()["effect"]["effect"].as_str()), (200, Some("took_effect")), "{}", reply.body);
    let again = ask(world.address(), "POST", &path, &head, b"").await;
    assert_eq!((again.json()["effect"]["effect"].as_str(), again.json()["effect"]["by"].as_str()), (Some("already"), Some("王小美")));
    let list = ask(world.address(), "GET", "/v1/incidents?state=acknowledged", &head, b"").await.json();
    assert_eq!(list["incidents"][0]["id"], incident.id);
    let case = ask(world.address(), "GET", &format!("/v1/incidents/{}", incident.id), &head, b"").await.json();
    assert_eq!(case["events"].as_array().map(Vec::len), Some(3));
    assert!(case["mentions"][0]["mention"]["text"].as_str().expect("a text").contains("還沒收到"));
    for (path, body, status) in [
        ("/v1/incidents/H-NOSUCH00/acknowledge".to_owned(), "", 404),
        (format!("/v1/incidents/{}/explode", incident.id), "", 404),
        (path.clone(), "{\"surprise\": 1}", 422),
        (path, "[", 422),
        (format!("/v1/incidents/{}/hand-over", incident.id), "{}", 422),
        (format!("/v1/incidents/{}/hand-over", incident.id), "{\"department\": \"nobody\"}", 422),
    ] {
        let reply = ask(world.address(), "POST", &path, &head, body.as_bytes()).await;
        assert_eq!(reply.status, status, "{path} {body}");
        assert!(reply.json()["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    world.finish().await;
}

#[tokio::test]
async fn a_signed_call_counts_once_and_a_forged_or_stale_one_never() {
    let (world, incident, _) = open_case(Plan::default()).await;
    let now = world.clock.now();
    let path = format!("/v1/incidents/{}/acknowledge", incident.id);
    let other = "whsec_b3RoZXIgc2VjcmV0IHRoYXQgbm9ib2R5IGhlcmUga25vd3M=";
    assert_eq!(signed(&world, &path, "call_1", now, other, b"{}").await.status, 401, "another's secret");
    assert_eq!(signed(&world, &path, "call_1", now.minus(Duration::from_secs(301)), API_SECRET, b"{}").await.status, 401, "stale");
    assert_eq!(signed(&world, &path, "call_1", now.plus(Duration::from_secs(301)), API_SECRET, b"{}").await.status, 401, "of tomorrow");
    let signature = sign(&[Secret::new(API_SECRET)], "call_1", now.as_secs(), b"{}").expect("a sound secret");
    let at = now.as_secs().to_string();
    let headers = [("webhook-id", "call_1"), ("webhook-timestamp", at.as_str()), ("webhook-signature", signature.as_str())];
    assert_eq!(ask(world.address(), "POST", &path, &headers, b"{ }").await.status, 401, "another body");
    for missing in 0..3 {
        let headers: Vec<_> = headers.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, header)| *header).collect();
        assert_eq!(ask(world.address(), "POST", &path, &headers, b"{}").await.status, 401, "without {}", missing);
    }
    assert_eq!(world.incident(&incident.id).await, incident);

    let hand_over = format!("/v1/incidents/{}/hand-over", incident.id);
    let to = |department: &str| serde_json::json!({ "department": department }).to_string();
    assert_eq!(signed(&world, &hand_over, "call_2", now, API_SECRET, to("quality").as_bytes()).await.status, 200);
    let back = signed(&world, &hand_over, "call_3", now, API_SECRET, to("logistics").as_bytes()).await;
    assert_eq!(back.status, 200);
    let replayed = signed(&world, &hand_over, "call_2", now, API_SECRET, to("quality").as_bytes()).await;
    assert_eq!((replayed.status, replayed.json()["effect"]["effect"].as_str()), (200, Some("already")));
    world.quiet().await;
    let case = world.incident(&incident.id).await;
    assert_eq!((case.department.as_str(), case.generation), ("logistics", 3), "the replay moved nothing");
    world.finish().await;
}

#[tokio::test]
async fn hostile_words_are_shown_and_do_nothing() {
    let mut world = World::start(Plan::default()).await;
    let text = "紅隼壞了。<script>alert(1)</script><img src=x onerror=alert(2)> <a href=\"javascript:alert(3)\">點我</a> @all <at id=all></at> ](javascript:alert(4)) \u{202e}反\u{200b}字";
    world.publish(Review { author: "<b onmouseover=alert(5)>&\"'", ..Review::new("x", "<svg/onload=alert(6)> 紅隼壞了", text) });
    world.poll().await;
    let mail = world.mails_to("jonas@kestrel.test").remove(0);
    let page = world.get(&link(&mail)).await;
    assert_eq!(page.status, 200);
    for html in [page.body.clone(), mail.body("text/html")] {
        for live in ["<script", "<img", "<svg", "<b onmouse", "javascript:alert(3)\"", "\u{202e}"] {
            assert!(!html.contains(live), "{live} in {html}");
        }
    }
    let subject = mail.header("Subject").expect("a subject");
    assert!(!subject.contains('\n') && subject.contains("紅隼壞了"), "{subject}");
    world.finish().await;
}

#[tokio::test]
async fn a_name_and_a_note_are_shown_as_they_are_and_no_longer_than_they_may_be() {
    let (world, incident, link) = open_case(Plan::default()).await;
    let name = format!("<script>x</script>{}", "長".repeat(42));
    let reply = world.post(&link, &[("action", "acknowledge"), ("name", &name), ("note", &"注".repeat(5_000))]).await;
    assert_eq!(reply.status, 200);
    assert!(!reply.body.contains("<script>"));
    let by = world.incident(&incident.id).await.acknowledged_by.expect("it counts");
    assert_eq!(by, name, "sixty characters are a name");
    assert!(!world.get(&link).await.body.contains("<script>"));
    world.finish().await;
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused() {
    let (world, incident, link) = open_case(Plan::default()).await;
    let head = format!(
        "POST {link} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 10485760\r\n\r\n"
    );
    assert_eq!(raw(world.address(), head.as_bytes()).await.status, 413, "by its announced length, before it is read");
    assert_eq!(world.incident(&incident.id).await, incident);
    assert_eq!(world.get("/healthz").await.status, 200);
    world.finish().await;
}

#[tokio::test]
async fn hundreds_of_idle_and_slow_connections_lock_nobody_out() {
    let (world, incident, link) = open_case(Plan::default()).await;
    let mut crowd = Vec::new();
    for number in 0..300 {
        let mut stream = TcpStream::connect(world.address()).await.expect("it connects");
        if number % 2 == 0 {
            stream.write_all(b"POST /a/x HTTP/1.1\r\nHost: x\r\nContent-Le").await.expect("it is sent");
        }
        crowd.push(stream);
    }
    let begun = std::time::Instant::now();
    assert_eq!(world.get("/healthz").await.status, 200);
    assert_eq!(world.answer(&link, "acknowledge", "阿宏").await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Acknowledged);
    drop(crowd);
    world.finish().await;
}

#[tokio::test]
async fn a_post_that_never_ends_holds_up_nobody() {
    let (world, incident, link) = open_case(Plan::default()).await;
    let mut slow = TcpStream::connect(world.address()).await.expect("it connects");
    let head =
        format!("POST {link} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 30\r\n\r\naction=");
    slow.write_all(head.as_bytes()).await.expect("it is sent");
    assert_eq!(world.answer(&link, "acknowledge", "小芳").await.status, 200);
    world.quiet().await;
    assert_eq!(world.incident(&incident.id).await.acknowledged_by.as_deref(), Some("小芳"));
    drop(slow);
    world.quiet().await;
    assert_eq!(world.events(&incident.id).await, ["opened", "acknowledged"]);
    world.finish().await;
}

#[tokio::test]
async fn behind_a_proxy_with_a_path_the_links_of_the_mails_work() {
    let (world, incident, link) = open_case(Plan::with(|plan| plan.public_url = "https://intranet.test/tools/hearken")).await;
    assert!(link.starts_with("/tools/hearken/a/v1."), "{link}");
    let stripped = link.strip_prefix("/tools/hearken").expect("the prefix");
    for (path, host) in [(link.as_str(), "intranet.test"), (stripped, "127.0.0.1"), (stripped, "evil.test"), (stripped, "")] {
        let page = ask(world.address(), "GET", path, &[("Host", host)], b"").await;
        assert_eq!(page.status, 200, "{path} {host}");
        assert!(!page.body.contains("evil.test"), "the page does not believe the Host header");
        assert!(!page.body.contains("action=\"/"), "the form posts to where it is");
    }
    assert_eq!(world.answer(stripped, "acknowledge", "阿宏").await.status, 200);
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Acknowledged);
    world.finish().await;
}

#[tokio::test]
async fn a_flood_from_one_address_is_slowed_and_its_neighbour_is_not() {
    let (world, _, link) = open_case(Plan::with(|plan| plan.web = "trusted_proxies = [\"127.0.0.1\"]".to_owned())).await;
    let from = |address: &'static str| {
        let (at, link) = (world.address(), link.clone());
        async move { ask(at, "GET", &link, &[("X-Forwarded-For", address)], b"").await }
    };
    let replies = futures_util::future::join_all((0..80).map(|_| from("198.51.100.7"))).await;
    let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert_eq!(refused.len(), 20);
    assert!(refused.iter().all(|reply| reply.header("retry-after").is_some()));
    assert_eq!(from("198.51.100.8").await.status, 200);
    world.pass(Duration::from_secs(10)).await;
    assert_eq!(from("198.51.100.7").await.status, 200, "it may come back");
    world.finish().await;
}

#[tokio::test]
async fn nonsense_on_the_wire_is_answered_or_closed_and_the_next_is_served() {
    let (world, incident, _) = open_case(Plan::default()).await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(100_000));
    let many: String = (0..2_000).map(|number| format!("X-{number}: y\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n");
    for bytes in [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), b"\0\0\0\0\r\n\r\n", long.as_bytes(), many.as_bytes()] {
        let mut stream = TcpStream::connect(world.address()).await.expect("it connects");
        let _ = stream.write_all(bytes).await;
        drop(stream);
        assert_eq!(world.get("/healthz").await.status, 200);
    }
    for path in ["/a/", "/a/v1..", "/a/%00", "/a/../metrics", "/v1/incidents/%2e%2e/acknowledge", "//", "/a/v1.%F0%9F.x"] {
        let reply = world.get(path).await;
        assert!((400..500).contains(&reply.status), "{path}: {}", reply.status);
    }
    assert_eq!(world.incident(&incident.id).await, incident);
    world.finish().await;
}
