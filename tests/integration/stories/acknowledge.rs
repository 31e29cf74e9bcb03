//! A person answers by the link in a mail: once, by POST alone, and nothing but status goes out afterwards.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hearken::model::{Incident, IncidentState};

use crate::world::browser::ask;
use crate::world::daemon::{World, link};
use crate::world::plan::{Plan, write_secret};
use crate::world::postgres::with_database;
use crate::world::review::{PAGE, Review, page};
use crate::world::smtp::At;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// A world with one open case for logistics, and 阿宏's link.
async fn open_case(plan: Plan) -> (World, Incident, String) {
    let mut world = World::start(plan).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    let link = link(&world.mails_to("hong@kestrel.test")[0]);
    (world, incident, link)
}

/// Who got mail since this many mails, in order of address.
fn since(world: &World, mails: usize) -> Vec<String> {
    let mut told: Vec<String> = world.mail.mails().into_iter().skip(mails).flat_map(|mail| mail.recipients).collect();
    told.sort();
    told
}

#[tokio::test]
async fn looking_changes_nothing_and_a_post_acknowledges() {
    looking_and_a_post(Plan::default()).await;
}

#[tokio::test]
async fn looking_changes_nothing_and_a_post_acknowledges_over_postgres() {
    with_database(|store| looking_and_a_post(Plan::over(store))).await;
}

async fn looking_and_a_post(plan: Plan) {
    let (world, incident, link) = open_case(plan).await;
    for (method, status) in [("GET", 200), ("HEAD", 200), ("OPTIONS", 405), ("PUT", 405), ("DELETE", 405)] {
        let reply = ask(world.address(), method, &link, &[], b"").await;
        assert_eq!(reply.status, status, "{method}");
    }
    for path in [format!("{link}?action=acknowledge&name=x"), format!("{link}/")] {
        let _ = world.get(&path).await;
    }
    world.quiet().await;
    assert_eq!(world.incident(&incident.id).await, incident, "looking changes nothing");
    assert_eq!(world.mailed().len(), 2);
    let page = world.get(&link).await;
    assert!(page.body.contains("訂了十天") && page.body.contains("還沒收到") && page.body.contains("<form method=\"post\""));
    let reply = world.answer(&link, "acknowledge", "阿宏").await;
    assert_eq!(reply.status, 200);
    world.quiet().await;
    let now = world.incident(&incident.id).await;
    assert_eq!((now.state, now.acknowledged_by.as_deref(), now.escalate_at), (IncidentState::Acknowledged, Some("阿宏"), None));
    assert_eq!(since(&world, 2), ["fang@kestrel.test"], "news for who was told, not for who acts");
    let news = world.mail.mails().remove(2);
    assert!(news.header("Subject").expect("a subject").starts_with("Re: "));
    assert!(news.body("text/plain").contains("阿宏"));
    assert_eq!(world.calls(), ["incident.warning", "incident.status"]);
    world.finish().await;
}

#[tokio::test]
async fn the_page_is_kept_by_nobody_and_runs_nothing() {
    let (world, _, link) = open_case(Plan::default()).await;
    let page = world.get(&link).await;
    let header = |name: &str| page.header(name).unwrap_or_else(|| panic!("no {name}")).to_owned();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let policy = header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!page.body.contains("<script"));
    world.finish().await;
}

#[tokio::test]
async fn a_second_post_is_told_who_was_first() {
    let (world, incident, link) = open_case(Plan::default()).await;
    world.answer(&link, "acknowledge", "阿宏").await;
    world.quiet().await;
    let mails = world.mail.mails().len();
    let again = world.answer(&link, "acknowledge", "小芳").await;
    assert_eq!(again.status, 200);
    assert!(again.body.contains("阿宏"), "{}", again.body);
    world.quiet().await;
    assert_eq!(world.incident(&incident.id).await.acknowledged_by.as_deref(), Some("阿宏"));
    assert_eq!(world.mail.mails().len(), mails, "no second news");
    assert_eq!(world.events(&incident.id).await, ["opened", "acknowledged", "noted"]);
    world.finish().await;
}

#[tokio::test]
async fn of_many_at_once_one_is_first() {
    many_at_once(Plan::default()).await;
}

#[tokio::test]
async fn of_many_at_once_one_is_first_over_postgres() {
    with_database(|store| many_at_once(Plan::over(store))).await;
}

async fn many_at_once(plan: Plan) {
    let (world, incident, link) = open_case(plan).await;
    let names: Vec<String> = (0..10).map(|number| format!("person {number}")).collect();
    let answers = names.iter().map(|name| world.answer(&link, "acknowledge", name));
    let replies = futures_util::future::join_all(answers).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    world.quiet().await;
    let events = world.events(&incident.id).await;
    assert_eq!(events.iter().filter(|kind| *kind == "acknowledged").count(), 1);
    assert_eq!(events.iter().filter(|kind| *kind == "noted").count(), 9);
    let first = world.incident(&incident.id).await.acknowledged_by.expect("somebody was first");
    let told = replies.iter().filter(|reply| reply.body.contains(&first)).count();
    assert!(told >= 9, "the others are told who was first: {told}");
    assert_eq!(world.calls(), ["incident.warning", "incident.status"], "one news");
    world.finish().await;
}

#[tokio::test]
async fn a_changed_bit_anywhere_in_a_link_opens_nothing() {
    let (world, incident, link) = open_case(Plan::default()).await;
    let token = link.strip_prefix("/a/").expect("a link");
    let (payload, mac) = token.strip_prefix("v1.").expect("version 1").split_once('.').expect("two parts");
    let fields: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON");
    let fields = fields.as_array().expect("a list").clone();
    let mut forged: Vec<String> = (0..fields.len())
        .map(|at| {
            let mut fields = fields.clone();
            fields[at] = match &fields[at] {
                serde_json::Value::String(text) => format!("{text}x").into(),
                number => (number.as_i64().expect("a number") + 1).into(),
            };
            format!("v1.{}.{mac}", URL_SAFE_NO_PAD.encode(serde_json::Value::from(fields).to_string()))
        })
        .collect();
    let flipped: String = mac.chars().rev().map(|letter| if letter == 'A' { 'B' } else { 'A' }).collect();
    forged.extend([format!("v1.{payload}.{flipped}"), format!("v2.{payload}.{mac}"), format!("v1.{payload}."), format!("v1.{payload}")]);
    assert_eq!(forged.len(), 10);
    for token in forged {
        let path = format!("/a/{token}");
        assert_eq!(world.get(&path).await.status, 404, "{path}");
        assert_eq!(world.answer(&path, "acknowledge", "x").await.status, 404, "{path}");
    }
    assert_eq!(world.incident(&incident.id).await, incident);
    world.finish().await;
}

#[tokio::test]
async fn a_link_signed_with_the_old_key_works_until_the_key_is_taken_away() {
    let (mut world, incident, link) = open_case(Plan::default()).await;
    let new = world.folder().join("new-key");
    write_secret(&new, "another-key-of-the-stories-0123456789abcdef");
    let (new, old) = (new.display().to_string(), world.folder().join("link-key").display().to_string());
    let config = std::fs::read_to_string(world.config()).expect("the settings");
    let both =
        config.replace(&format!("link_key_file = \"{old}\""), &format!("link_key_file = \"{new}\"\nlink_key_previous_file = \"{old}\""));
    std::fs::write(world.config(), &both).expect("it is written");
    world.take_up().await;
    assert_eq!(world.get(&link).await.status, 200, "both keys");
    world.publish(Review::broken("second"));
    world.poll().await;
    let fresh = crate::world::daemon::link(&world.mails_to("jonas@kestrel.test")[0]);
    std::fs::write(world.config(), both.replace(&format!("link_key_previous_file = \"{old}\""), "")).expect("it is written");
    world.take_up().await;
    assert_eq!(world.get(&link).await.status, 404, "the new key alone");
    assert_eq!(world.answer(&link, "acknowledge", "x").await.status, 404);
    assert_eq!(world.get(&fresh).await.status, 200);
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Open);
    world.finish().await;
}

#[tokio::test]
async fn an_expired_link_says_so() {
    let (world, incident, link) = open_case(Plan::with(|plan| plan.respond = "link_valid = \"1h\"".to_owned())).await;
    world.pass(Duration::from_secs(3_700)).await;
    let late = world.get(&link).await;
    assert_eq!(late.status, 410);
    assert_eq!(world.answer(&link, "acknowledge", "x").await.status, 410);
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Open);
    world.finish().await;
}

#[tokio::test]
async fn the_end_asks_for_cause_and_remedy_and_shows_them_afterwards() {
    let (world, incident, link) = open_case(Plan::default()).await;
    for (cause, remedy) in [("", ""), ("倉庫漏單", " "), ("", "補寄")] {
        let asked = world.post(&link, &[("action", "resolve"), ("name", "小芳"), ("cause", cause), ("remedy", remedy)]).await;
        assert_eq!(asked.status, 422);
        assert!(asked.body.contains("結案前請填寫"), "{}", asked.body);
    }
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Open);
    world.post(&link, &[("action", "resolve"), ("name", "小芳"), ("cause", "倉庫漏單"), ("remedy", "補寄")]).await;
    let after = ask(world.address(), "GET", &link, &[], b"").await.body;
    assert!(["小芳", "倉庫漏單", "補寄"].iter().all(|part| after.contains(part)), "{after}");
    world.finish().await;
}

#[tokio::test]
async fn an_answer_after_the_end_is_kept_as_a_note() {
    let (world, incident, link) = open_case(Plan::default()).await;
    world.post(&link, &[("action", "resolve"), ("name", "小芳"), ("cause", "倉庫漏單"), ("remedy", "補寄")]).await;
    world.quiet().await;
    let mails = world.mail.mails().len();
    let late = world.answer(&link, "acknowledge", "阿宏").await;
    assert_eq!(late.status, 200);
    world.quiet().await;
    let now = world.incident(&incident.id).await;
    assert_eq!(
        (now.state, now.acknowledged_by.as_deref(), now.cause.as_deref()),
        (IncidentState::Resolved, Some("小芳"), Some("倉庫漏單"))
    );
    assert_eq!(world.mail.mails().len(), mails);
    assert_eq!(world.events(&incident.id).await, ["opened", "resolved", "noted"]);
    world.finish().await;
}

#[tokio::test]
async fn an_answer_after_an_escalation_reaches_everyone_who_was_told() {
    let (world, incident, link) = open_case(Plan::default()).await;
    world.pass(Duration::from_mins(31)).await;
    assert_eq!(since(&world, 2), ["lead@kestrel.test"]);
    world.answer(&link, "acknowledge", "阿宏").await;
    world.quiet().await;
    assert_eq!(since(&world, 3), ["fang@kestrel.test", "lead@kestrel.test"]);
    world.pass(Duration::from_hours(5)).await;
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 0, "management is left in peace");
    assert_eq!(world.incident(&incident.id).await.step, 1);
    world.finish().await;
}

#[tokio::test]
async fn while_a_send_is_in_flight_an_answer_stops_what_is_not_begun() {
    let mut world = World::start(Plan::default()).await;
    let hold = world.mail.hold(At::DotOf("hong@kestrel.test"));
    world.publish(Review::late("ten-days"));
    let due = world.store().next_source_due().await.expect("the store answers").expect("a source");
    world.clock.set(due);
    hold.reached(Duration::from_mins(1)).await;
    let mails = world.mail.wait_for_mails(1, Duration::from_mins(1)).await;
    assert_eq!(mails[0].recipients, ["fang@kestrel.test"]);
    let reply = world.answer(&link(&mails[0]), "acknowledge", "小芳").await;
    assert_eq!(reply.status, 200);
    hold.release();
    world.quiet().await;
    assert_eq!(since(&world, 1), ["hong@kestrel.test", "hong@kestrel.test"], "the warning that was under way, and the news");
    let subjects: Vec<String> = world.mails_to("hong@kestrel.test").iter().filter_map(|mail| mail.header("Subject")).collect();
    assert_eq!(subjects.iter().filter(|subject| subject.starts_with("Re: ")).count(), 1);
    world.pass(Duration::from_hours(3)).await;
    assert_eq!(world.mail.mails().len(), 3, "nothing but status after an answer");
    world.finish().await;
}

#[tokio::test]
async fn what_is_no_form_changes_nothing() {
    let (world, incident, link) = open_case(Plan::default()).await;
    let body = br#"{"action":"acknowledge","name":"x"}"#;
    for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let reply = ask(world.address(), "POST", &link, &[("Content-Type", content_type)], body).await;
        assert_eq!(reply.status, 415, "{content_type}");
    }
    assert_eq!(ask(world.address(), "POST", &link, &[], b"action=acknowledge&name=x").await.status, 415);
    for wrong in [&[("action", "explode"), ("name", "x")], &[("action", "acknowledge"), ("name", " ")]] {
        assert_eq!(world.post(&link, wrong).await.status, 422, "{wrong:?}");
    }
    assert_eq!(ask(world.address(), "POST", &link, &[FORM], b"\xff\xfe=%zz").await.status, 422);
    assert_eq!(world.incident(&incident.id).await, incident);
    world.finish().await;
}

#[tokio::test]
async fn not_ours_false_alarm_hand_over_and_resolve_do_what_they_say() {
    let (mut world, incident, link) = open_case(Plan::default()).await;
    world.post(&link, &[("action", "hand_over"), ("name", "阿宏"), ("department", "quality")]).await;
    world.quiet().await;
    let moved = world.incident(&incident.id).await;
    assert_eq!((moved.state, moved.department.as_str(), moved.generation), (IncidentState::Open, "quality", 2));
    assert_eq!(since(&world, 2), ["fang@kestrel.test", "jonas@kestrel.test"]);
    let reply = world.answer(&link, "acknowledge", "阿宏").await;
    assert!(reply.body.contains("Quality"), "the old link says who has it now: {}", reply.body);
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Open);

    let theirs = crate::world::daemon::link(&world.mails_to("jonas@kestrel.test")[0]);
    world.answer(&theirs, "not_ours", "Jonas").await;
    world.quiet().await;
    assert_eq!(world.incident(&incident.id).await.department, "ops", "nobody else is concerned");
    let last = crate::world::daemon::link(&world.mails_to("ops@kestrel.test")[0]);
    world.answer(&last, "false_alarm", "Ops").await;
    world.quiet().await;
    let closed = world.incident(&incident.id).await;
    assert_eq!((closed.state, closed.cause.as_deref()), (IncidentState::Resolved, Some("false alarm")));
    let told = world.mail.mails().len();
    world.publish(Review { id: "copy".to_owned(), ..Review::late("ten-days") });
    world.poll().await;
    assert_eq!(world.mail.mails().len(), told, "the same words were called a false alarm");
    assert_eq!(world.events(&incident.id).await, ["opened", "handed_over", "noted", "not_ours", "false_alarm"]);
    world.finish().await;
}

#[tokio::test]
async fn handing_over_to_nobody_is_not_possible() {
    let (world, incident, link) = open_case(Plan::default()).await;
    for department in ["", "nobody", "logistics"] {
        let reply = world.post(&link, &[("action", "hand_over"), ("name", "阿宏"), ("department", department)]).await;
        assert_eq!(reply.status, 200, "{department}");
    }
    world.quiet().await;
    let now = world.incident(&incident.id).await;
    assert_eq!((now.state, now.generation, now.department.as_str()), (IncidentState::Open, 1, "logistics"));
    assert_eq!(world.mailed().len(), 2);
    world.finish().await;
}

/// Every site heads a copied text with a title of its own, and a site that many read makes a complaint a step worse: what staff called a
/// false alarm is one in all of them.
#[tokio::test]
async fn a_false_alarm_stays_one_under_every_title() {
    let mut plan = Plan::with(|plan| plan.more = PAGE.to_owned());
    plan.rules[0].1.push_str(
        "\n[[rule]]\nid = \"severity.readers\"\nkind = \"severity\"\nworsen = true\nreaders = \">=100000\"\nnote = \"Many read it.\"\n\
         example = [{ text = \"還沒收到\", readers = 200000, fires = true }]\n",
    );
    plan.more = plan.more.replace("interval = \"1m\"", "interval = \"1m\"\nreaders = 200000");
    let mut world = World::prepare(plan).await;
    world.site.serve("/shop", page(&[]));
    world.run().await;
    world.poll().await;
    let text = "在官網買紅隼快煮壺，訂了十天還沒收到貨，客服電話一直沒人接，最後發現是我自己填錯地址。";
    let case = world.warned_of(Review::new("first", "訂了十天", text)).await;
    let link = crate::world::daemon::link(&world.mails_to("hong@kestrel.test")[0]);
    world.answer(&link, "false_alarm", "阿宏").await;
    world.quiet().await;
    let told = world.mail.mails().len();
    for (number, title) in ["轉貼一篇", "大家怎麼看這家店", "哈哈", ""].into_iter().enumerate() {
        world.publish(Review::new(&format!("copy-{number}"), title, text));
    }
    world.site.serve("/shop", page(&[Review::new("shop", "某人的經驗", text)]));
    world.poll().await;
    world.poll().await;
    assert_eq!(world.incidents().await.len(), 1, "{:#?}", world.incidents().await);
    assert_eq!(world.mail.mails().len(), told);
    assert_eq!(world.incident(&case.id).await.cause.as_deref(), Some("false alarm"));
    world.finish().await;
}

#[tokio::test]
async fn a_name_that_is_too_long_is_asked_for_again() {
    let (world, incident, link) = open_case(Plan::default()).await;
    let long = "王".repeat(300);
    let reply = world.answer(&link, "acknowledge", &long).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("姓名太長：請縮短到 60 個字以內") && reply.body.contains("maxlength=\"60\""), "{}", reply.body);
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Open);
    let bearer = format!("Bearer {}", crate::world::plan::API_TOKEN);
    let body = serde_json::json!({ "actor": long }).to_string();
    let path = format!("/v1/incidents/{}/acknowledge", incident.id);
    let reply = crate::world::browser::ask(world.address(), "POST", &path, &[("Authorization", &bearer)], body.as_bytes()).await;
    assert!(reply.status == 422 && reply.body.contains("longer than 60 characters"), "{} {}", reply.status, reply.body);
    world.verb(&["incidents", "ack", &incident.id, "--as", &long]).await.ended(2);
    let fits = "王".repeat(60);
    world.answer(&link, "acknowledge", &fits).await;
    world.quiet().await;
    assert_eq!(world.incident(&incident.id).await.acknowledged_by, Some(fits));
    world.finish().await;
}

#[tokio::test]
async fn after_a_restore_the_link_of_a_later_case_says_that_it_is_not_there() {
    let mut world = World::start(Plan::default()).await;
    let backup = world.folder().join("before.db").display().to_string();
    world.verb(&["backup", &backup]).await.ended(0);
    world.warned_of(Review::late("ten-days")).await;
    let link = link(&world.mails_to("hong@kestrel.test")[0]);
    world.stop().await;
    let said = world.verb(&["restore", &backup]).await.ended(0).text();
    assert!(said.contains("What was pushed since then (inbound) is gone"), "{said}");
    world.site.serve("/forum.xml", crate::world::site::Answer::status(503));
    world.run().await;
    for reply in [world.get(&link).await, world.answer(&link, "acknowledge", "阿宏").await] {
        assert_eq!(reply.status, 410);
        assert!(reply.body.contains("系統裡沒有這個案件") && !reply.body.contains("過期"), "{}", reply.body);
    }
    world.stop().await;
    world.leave();
}
