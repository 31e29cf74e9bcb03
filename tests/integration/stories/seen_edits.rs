//! What is pushed to us is said once: when its author writes on, the page alone shows it. And what fails is not back.

use std::time::Duration;

use super::recheck::{DAY, marked_up, pages, scripted, start_over};
use crate::world::browser::ask;
use crate::world::daemon::World;
use crate::world::site::Answer;

const DESK: &str = "[[source]]\nname = \"desk\"\nkind = \"inbound\"\ntoken_file = \"{folder}/api.token\"\n";
const SAID: &str = "紅隼收銀員找錯錢還擺臭臉，水壺也壞了";

/// A review that a program pushed, with the address where it stands.
async fn pushed(world: &World, text: &str) -> String {
    let url = format!("http://{}/review/pushed", world.site.address());
    let item = serde_json::json!({ "id": "r1", "url": url, "text": text, "author": "阿德", "rating": 2, "rating_max": 5 });
    let bearer = format!("Bearer {}", crate::world::plan::API_TOKEN);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let reply = ask(world.address(), "POST", "/v1/inbound/desk", &headers, item.to_string().as_bytes()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    world.quiet().await;
    world.incidents().await[0].id.clone()
}

/// What is pushed is pushed once: the page alone says that its author wrote on.
#[tokio::test]
async fn what_is_added_to_a_pushed_review_is_seen_judged_and_told() {
    let world = start_over("", "", DESK).await;
    let path = "/review/pushed";
    let show = |text: &str, stars| world.site.serve(path, scripted(&marked_up("p9", 20, text, stars, "")));
    show(SAID, 2);
    let id = pushed(&world, SAID).await;
    let before = world.incident(&id).await;
    assert_eq!(before.severity.to_string(), "medium");
    // Ops hear of what nobody answers; these hear of the case itself.
    let heard = |world: &World| ["jonas@kestrel.test", "chen@kestrel.test"].map(|who| world.mails_to(who).len());
    world.pass(DAY).await;
    assert_eq!((pages(&world, &id).await, heard(&world)), (vec![], [1, 0]), "nothing has changed");
    show(&format!("{SAID}。更新：店長把熱水潑過來，手被燙傷，頭撞到櫃檯流血送急診，我已經報警，一定要提告到底"), 1);
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_edited", "page_rating"], "{}", world.log.text());
    let now = world.incident(&id).await;
    assert_eq!(now.severity.to_string(), "critical", "what was added was judged\n{}", world.log.text());
    assert!(world.events(&id).await.contains(&"worse".to_owned()), "{:?}", world.events(&id).await);
    let told = heard(&world);
    assert!(told[0] > 1 && told[1] > 0, "{:?}", world.mailed());
    assert!(world.mails_to("chen@kestrel.test").iter().any(|mail| mail.body("text/plain").contains("燙傷")), "in the new words");
    world.pass(DAY).await;
    world.pass(DAY).await;
    assert_eq!((heard(&world), pages(&world, &id).await.len()), (told, 2), "once");
    world.finish().await;
}

/// A forum's page says of no words whose they are: what follows ours and says that it was added is our author's.
#[tokio::test]
async fn what_is_added_on_a_plain_page_is_seen_judged_and_told() {
    let world = start_over("", "", DESK).await;
    let show = |text: &str| {
        let posts =
            format!("<div><b>阿德</b><p>{text}</p><a>回覆</a></div><div><b>小美</b><p>我上次也這樣，被燙傷送急診，後來報警。</p></div>");
        let html = format!("<!doctype html><title>論壇</title><nav>首頁</nav>{posts}");
        world.site.serve("/review/pushed", Answer::ok("text/html; charset=utf-8", html));
    };
    show(SAID);
    let id = pushed(&world, SAID).await;
    world.pass(DAY).await;
    assert_eq!((pages(&world, &id).await, world.incident(&id).await.severity.to_string().as_str()), (vec![], "medium"), "another's words");
    show(&format!("{SAID}</p><p>更新：店長把熱水潑過來，手被燙傷，送急診，我已經報警"));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_edited"], "{}", world.log.text());
    assert_eq!(world.incident(&id).await.severity.to_string(), "critical", "what was added was judged\n{}", world.log.text());
    let told = world.mails_to("chen@kestrel.test").len();
    assert!(told > 0 && world.mails_to("chen@kestrel.test").iter().any(|mail| mail.body("text/plain").contains("燙傷")));
    world.pass(DAY).await;
    assert_eq!((world.mails_to("chen@kestrel.test").len(), pages(&world, &id).await.len()), (told, 1), "once");
    world.finish().await;
}

/// The command line looks, and the daemon judges what it saw.
#[tokio::test]
async fn an_edit_that_the_command_line_sees_is_judged_by_the_daemon() {
    let world = start_over("recheck = \"never\"", "", &format!("{DESK}recheck = \"never\"\n")).await;
    let show = |text: &str, stars| world.site.serve("/review/pushed", scripted(&marked_up("p9", 20, text, stars, "")));
    show(SAID, 2);
    let id = pushed(&world, SAID).await;
    show(&format!("{SAID}。更新：店長把熱水潑過來，手被燙傷。"), 1);
    let looked = world.verb(&["incidents", "recheck", &id]).await.ended(0).text();
    assert!(looked.contains("still there, edited, rated 1") && looked.contains("a running daemon judges them"), "{looked}");
    world.pass(Duration::from_mins(2)).await;
    assert_eq!(world.incident(&id).await.severity.to_string(), "critical", "{}", world.log.text());
    world.finish().await;
}

/// A page that was gone and now fails, or asks for a login, is not back; and a push is no list that still shows it.
#[tokio::test]
async fn a_page_that_was_gone_and_fails_is_not_back() {
    let world = start_over("", "", DESK).await;
    let path = "/review/pushed";
    world.site.serve(path, scripted(&marked_up("p9", 20, SAID, 2, "")));
    let id = pushed(&world, SAID).await;
    world.pass(DAY).await;
    world.site.serve(path, Answer::status(410));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_gone"]);
    world.site.serve(path, Answer::status(500));
    world.pass(DAY).await;
    let login = "<!doctype html><title>會員登入</title><form><input type=\"password\"></form>";
    world.site.serve(path, Answer::ok("text/html", login));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_gone"], "nobody has seen it");
    let text = world.verb(&["incidents", "recheck", &id]).await.ended(1).text();
    assert!(text.contains("could not be looked at") && !text.contains("still lists it"), "{text}");
    world.site.serve(path, scripted(&marked_up("p9", 20, SAID, 2, "")));
    // The command line has looked by a clock of its own.
    world.pass(DAY + Duration::from_mins(5)).await;
    assert_eq!(pages(&world, &id).await, ["page_gone", "page_back"]);
    world.finish().await;
}
