//! What an edit says that was not told: it is told once, whatever became of the case, and the words that were told stay to be seen.

use std::time::Duration;

use hearken::model::{Incident, IncidentState, Severity};
use serde_json::{Value, json};

use crate::world::browser::{Reply, ask};
use crate::world::daemon::{World, link};
use crate::world::plan::{API_TOKEN, Plan};
use crate::world::postgres::with_database;
use crate::world::review::Review;

const MINUTE: Duration = Duration::from_mins(1);
const LATE: &str = "訂了十天還沒收到貨，客服電話一直沒人接。";
const BURNT: &str = "紅隼快煮壺的把手把我的手燙傷了。";
const THREAT: &str = "更新：店長威脅我刪文，不然要我好看。";

/// A plan with more that is grave: threats, and the law.
pub(super) fn plan() -> Plan {
    Plan::with(|plan| plan.rules.push(("grave.toml".to_owned(), GRAVE.to_owned())))
}

const GRAVE: &str = r#"
[[rule]]
id = "severity.threat"
kind = "severity"
raise_to = "critical"
any = ["威脅"]
note = "They are threatened."
example = [{ text = "店長威脅我", fires = true }]

[[rule]]
id = "severity.law"
kind = "severity"
raise_to = "high"
any = ["提告"]
note = "They sue."
example = [{ text = "我要提告", fires = true }]
"#;

fn burnt(more: &str) -> Review {
    Review::new("kettle", "快煮壺", &format!("{LATE}收到之後{BURNT}{more}"))
}

/// The subject and the words of each mail to an address since so many.
fn mails_since(world: &World, address: &str, before: usize) -> Vec<(String, String)> {
    let mails = world.mails_to(address).into_iter().skip(before);
    mails.map(|mail| (mail.header("Subject").expect("a subject"), mail.body("text/plain"))).collect()
}

async fn edit(world: &mut World, review: Review) -> usize {
    let before = world.mailed().len();
    world.publish(review);
    world.poll().await;
    world.mailed().len() - before
}

#[tokio::test]
async fn an_open_case_tells_what_an_edit_says_besides_and_the_words_that_were_told_stay() {
    open_case(plan()).await;
}

#[tokio::test]
async fn an_open_case_tells_what_an_edit_says_besides_over_postgres() {
    with_database(|store| open_case(Plan { store: Some(store), ..plan() })).await;
}

async fn open_case(plan: Plan) {
    let mut world = World::start(plan).await;
    let case = world.warned_of(burnt("")).await;
    assert_eq!(case.severity, Severity::Critical);
    let due = world.incident(&case.id).await.escalate_at;
    let so_far = world.mails_to("hong@kestrel.test").len();
    assert_eq!(edit(&mut world, burnt(THREAT)).await, 3, "阿宏, 小芳 and 陳總: {:?}", world.mailed());
    let now = world.incident(&case.id).await;
    assert_eq!((now.state, now.generation, now.escalate_at), (IncidentState::Open, 1, due), "the ladder is not put off");
    let news = mails_since(&world, "hong@kestrel.test", so_far);
    let (subject, text) = news.first().expect("news");
    assert!(subject.starts_with("Re: ") || subject.starts_with("[緊急]"), "{subject}");
    for shown in ["作者改寫了內容", "They are threatened", "現在還說", "店長威脅我刪文", "/a/v1."] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains("現在還說：訂了十天"), "what was told is not said again: {text}");
    let calls = world.hook.requests();
    let call: Value = serde_json::from_slice(&calls.last().expect("a call").body).expect("JSON");
    assert_eq!((&call["type"], &call["data"]["status"]["status"]), (&json!("incident.status"), &json!("edited")), "{call}");
    assert!(call["data"]["status"]["also"].to_string().contains("店長威脅我刪文"), "{call}");

    // The history says what changed, and what was told stays to be seen.
    assert_eq!(world.events(&case.id).await, ["opened", "edited"]);
    let shown = world.verb(&["incidents", "show", &case.id]).await.ended(0).text();
    for word in [
        "edited by hearken",
        "severity.threat",
        "says also",
        "店長威脅我刪文",
        "told before, in these words",
        &format!("收到之後{BURNT}\n"),
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let told = world.api_get(&format!("/v1/incidents/{}", case.id)).await;
    let wordings = told["told"].as_array().unwrap_or_else(|| panic!("{told}"));
    assert_eq!(wordings.len(), 2, "{told}");
    assert_eq!(wordings[0]["text"], burnt("").text);
    let why = world.verb(&["whynot", "店長威脅我刪文"]).await.ended(0).text();
    assert!(why.contains("what it says besides was told"), "{why}");

    // Without news nobody hears twice, whichever wording stands there.
    for (more, events) in [("更新：店長又威脅我了。", 3), ("", 4), (THREAT, 5)] {
        assert_eq!(edit(&mut world, burnt(more)).await, 0, "{more}: {:?}", world.mailed());
        assert_eq!(world.events(&case.id).await.len(), events, "{more}");
    }
    let why = world.verb(&["whynot", "店長威脅我刪文"]).await.ended(0).text();
    assert!(why.contains("edited since: an earlier wording of it was told as"), "{why}");
    world.finish().await;
}

async fn taken_up(world: &mut World, review: Review) -> Incident {
    let case = world.warned_of(review).await;
    let own = link(&world.mails_to("hong@kestrel.test").pop().expect("a mail"));
    world.answer(&own, "acknowledge", "阿宏").await;
    world.quiet().await;
    world.incident(&case.id).await
}

#[tokio::test]
async fn a_critical_case_that_was_taken_up_is_told_anew_when_an_edit_says_more_of_weight() {
    let mut world = World::start(plan()).await;
    let case = taken_up(&mut world, burnt("")).await;
    assert_eq!((case.state, case.severity), (IncidentState::Acknowledged, Severity::Critical));
    assert_eq!(edit(&mut world, burnt(&format!("{THREAT}我要提告。"))).await, 3, "{:?}", world.mailed());
    let now = world.incident(&case.id).await;
    assert_eq!((now.state, now.severity, now.generation), (IncidentState::Open, Severity::Critical, 2));
    assert_eq!(now.escalate_at, Some(world.clock.now().plus(30 * MINUTE)), "the ladder begins anew");
    assert_eq!(world.events(&case.id).await, ["opened", "acknowledged", "reopened"]);
    let mail = world.mails_to("fang@kestrel.test").pop().expect("a mail");
    let text = mail.body("text/plain");
    for shown in ["阿宏接手之後，作者改寫了內容", "They are threatened", "店長威脅我刪文", "我要提告", "請物流部處理"]
    {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(!text.contains("原本是「緊急」"), "it was as bad before: {text}");
    let page = world.get(&link(&mail)).await.body;
    assert!(page.contains("作者改寫了內容") && page.contains("還沒有人回應"), "{page}");
    let why = world.verb(&["whynot", "店長威脅我刪文"]).await.ended(0).text();
    assert!(why.contains("edited after 阿宏 had taken it up"), "{why}");
    world.pass(30 * MINUTE).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1, "nobody answered");
    world.finish().await;
}

#[tokio::test]
async fn a_milder_case_that_was_taken_up_hears_of_news_and_is_not_taken_away() {
    let mut world = World::start(plan()).await;
    let case = taken_up(&mut world, Review::late("ten-days")).await;
    let Review { title, text, .. } = Review::late("ten-days");
    let told = edit(&mut world, Review::new("ten-days", &title, &format!("{text}另外，水壺也漏水。"))).await;
    assert_eq!((told, world.incident(&case.id).await.state), (0, IncidentState::Acknowledged), "another trifle: {:?}", world.mailed());
    world.finish().await;
}

#[tokio::test]
async fn a_resolved_case_is_followed_by_another_when_an_edit_says_more_of_weight() {
    let mut world = World::start(plan()).await;
    let case = taken_up(&mut world, burnt("")).await;
    let own = link(&world.mails_to("hong@kestrel.test").pop().expect("a mail"));
    let closing = [("action", "resolve"), ("name", "阿宏"), ("cause", "把手鬆脫"), ("remedy", "換新")];
    assert_eq!(world.post(&own, &closing).await.status, 200);
    world.quiet().await;
    assert_eq!(edit(&mut world, burnt("已經換新，謝謝。")).await, 0, "nothing new: {:?}", world.mailed());
    let why = world.verb(&["whynot", "已經換新"]).await.ended(0).text();
    assert!(why.contains("edited since: an earlier wording of it was told as") && why.contains("nothing of weight"), "{why}");
    let before = world.mails_to("hong@kestrel.test").len();
    assert_eq!(edit(&mut world, burnt(THREAT)).await, 3, "{:?}", world.mailed());
    let all = world.incidents().await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].detail, format!("follows {}", case.id));
    assert_eq!(world.incident(&case.id).await.state, IncidentState::Resolved);
    assert_eq!(world.events(&case.id).await.last().map(String::as_str), Some("another_case"), "the old one says where it goes on");
    let shown = world.verb(&["incidents", "show", &case.id]).await.ended(0).text();
    assert!(shown.contains(&all[0].id), "{shown}");
    let (_, text) = mails_since(&world, "hong@kestrel.test", before).remove(0);
    for shown in [case.id.as_str(), "作者改寫了內容", "They are threatened", "店長威脅我刪文"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert_eq!(edit(&mut world, burnt(&format!("{THREAT}唉。"))).await, 0);
    world.finish().await;
}

// What is pushed.

const DESK: &str = "[[source]]\nname = \"desk\"\nkind = \"inbound\"\ntoken_file = \"{folder}/api.token\"\n";

async fn push(world: &World, item: &Value) -> [u64; 3] {
    let bearer = format!("Bearer {API_TOKEN}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let reply: Reply = ask(world.address(), "POST", "/v1/inbound/desk", &headers, item.to_string().as_bytes()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    // Cases of one moment have no order.
    world.pass(Duration::from_secs(1)).await;
    let receipt = reply.json();
    ["new", "edited", "known"].map(|key| receipt[key].as_u64().expect("a count"))
}

fn desk() -> Plan {
    Plan { more: DESK.to_owned(), ..plan() }
}

#[tokio::test]
async fn one_post_is_one_case_whatever_its_words_become() {
    let world = World::start(desk()).await;
    let post = |text: &str| json!({ "id": "p1", "url": "https://forum.example/p1", "author": "王小美", "text": text });
    let mild = "紅隼的包裹訂了十天還沒收到，物流太慢了";
    assert_eq!(push(&world, &post(mild)).await, [1, 0, 0]);
    assert_eq!(push(&world, &post(&format!("{mild}。今天終於到了，一插電就把我燙傷，店長還威脅我"))).await, [0, 1, 0]);
    let case = world.incidents().await.remove(0);
    assert_eq!((world.incidents().await.len(), case.severity), (1, Severity::Critical));
    let told = world.mailed().len();
    assert_eq!(push(&world, &post("紅隼結帳要排隊，水壺用一個月就漏水，店員人很好")).await, [0, 1, 0], "it is an edit, whatever the words");
    assert_eq!(world.incidents().await.len(), 1);
    assert!(world.mailed().len() > told, "those who have it hear that it says something else now");
    let told = world.mailed().len();
    assert_eq!(push(&world, &post(&format!("{mild}。今天終於到了，一插電就把我燙傷，店長還威脅我！"))).await, [0, 1, 0]);
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (1, told), "those words were told: {:?}", world.mailed());
    world.finish().await;
}

#[tokio::test]
async fn an_id_that_is_used_again_for_another_customer_is_a_case_that_names_the_first() {
    let world = World::start(desk()).await;
    let first =
        json!({ "id": "1", "url": "https://shop.example/kettle", "author": "王小美", "text": "紅隼的包裹訂了十天還沒收到，物流太慢了" });
    assert_eq!(push(&world, &first).await, [1, 0, 0]);
    let old = world.incidents().await.remove(0);
    let before = world.mailed().len();
    let other = json!({ "id": "1", "url": "https://shop.example/kettle", "author": "陳大明", "text": "向紅隼買的杯子破的，而且整箱還沒收到剩下的" });
    assert_eq!(push(&world, &other).await, [1, 0, 0], "another customer's");
    assert!(world.mailed().len() > before, "told");
    let before_it: Vec<String> = world.incidents().await.into_iter().map(|case| case.id).collect();
    let unnamed = json!({ "id": "2", "text": "紅隼的檯燈訂了三週還沒收到" });
    assert_eq!(push(&world, &unnamed).await, [1, 0, 0]);
    let third = world.incidents().await.into_iter().find(|case| !before_it.contains(&case.id)).expect("a case");
    assert_eq!(push(&world, &json!({ "id": "2", "text": "買不到一個月的水壺就漏水，紅隼的品質真差" })).await, [1, 0, 0]);
    let all = world.incidents().await;
    assert_eq!(all.len(), 4);
    for old in [&old, &third] {
        // By what it says: cases of one moment are listed in any order.
        let new = all.iter().find(|case| case.detail.contains(&old.id)).expect("the new one names the old one");
        assert_eq!(world.events(&old.id).await.last().map(String::as_str), Some("another_case"));
        let shown = [&new.id, &old.id].map(|id| id.to_owned());
        for (one, other) in [(&shown[0], &shown[1]), (&shown[1], &shown[0])] {
            let text = world.verb(&["incidents", "show", one]).await.ended(0).text();
            let (_, history) = text.split_once("history").expect("a history");
            assert!(history.contains(other.as_str()), "{one} names {other}: {text}");
        }
    }
    let mail = world.mails_to("hong@kestrel.test").into_iter().find(|mail| mail.body("text/plain").contains("杯子破的")).expect("a mail");
    assert!(mail.body("text/plain").contains(&old.id), "{}", mail.body("text/plain"));
    world.finish().await;
}
