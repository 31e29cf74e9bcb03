//! The same words twice: one complaint that was passed on is told once, two customers in the same words are told twice.

use std::time::Duration;

use serde_json::{Value, json};

use super::mailbox;
use crate::world::browser::ask;
use crate::world::daemon::World;
use crate::world::imap::Imap;
use crate::world::plan::{API_TOKEN, Plan};
use crate::world::postgres::with_database;

const SOURCES: &str = r#"
[[source]]
name = "desk"
kind = "inbound"
token_file = "{folder}/api.token"
[[source]]
name = "partner"
kind = "inbound"
token_file = "{folder}/api.token"
"#;

/// What a form on a site makes of a complaint.
fn late(order: &str) -> String {
    format!(
        "訂單編號 {order}：紅隼快煮壺已經過了預計到貨的日期，到現在還沒收到，物流的頁面一直停在理貨中，客服電話打不進去，麻煩盡快處理，\
         不然就請直接退款到原本的信用卡，謝謝。"
    )
}

fn by(id: &str, author: &str, text: &str) -> Value {
    json!({ "id": id, "author": author, "text": text })
}

async fn push(world: &World, source: &str, item: &Value) {
    let bearer = format!("Bearer {API_TOKEN}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let reply = ask(world.address(), "POST", &format!("/v1/inbound/{source}"), &headers, item.to_string().as_bytes()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    world.quiet().await;
}

#[tokio::test]
async fn two_customers_in_the_same_words_are_two_cases_and_a_copy_is_none() {
    two_customers(Plan::default()).await;
}

#[tokio::test]
async fn two_customers_in_the_same_words_are_two_cases_and_a_copy_is_none_over_postgres() {
    with_database(|store| two_customers(Plan::over(store))).await;
}

async fn two_customers(mut plan: Plan) {
    plan.more = SOURCES.to_owned();
    let world = World::start(plan).await;
    push(&world, "desk", &by("1", "小魚", &late("KS-20931"))).await;
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (1, 2));

    push(&world, "partner", &by("a", "轉貼小幫手", &late("KS-20931"))).await;
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (1, 2), "passed on to another site");
    push(&world, "desk", &by("1b", "小魚", &late("KS-20931"))).await;
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (1, 2), "sent twice");

    push(&world, "desk", &json!({ "id": "2", "text": late("KS-20944") })).await;
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (2, 4), "another order");
    push(&world, "desk", &by("3", "阿德", &late("KS-20931"))).await;
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (3, 6), "another customer, who copied the words");

    let text = late("KS-20944");
    let said = world.verb(&["whynot", &text]).await;
    assert!(said.ended(0).text().contains("told as"), "{}", said.text());
    world.finish().await;
}

/// A brand that is called something else from today on is the brand it was: what was told under its old name is not told again.
#[tokio::test]
async fn the_same_words_after_the_brand_was_renamed_are_the_case_they_were() {
    let plan = || Plan::with(|plan| plan.more = SOURCES.to_owned());
    renamed(plan()).await;
    with_database(|store| renamed(Plan { store: Some(store), ..plan() })).await;
}

async fn renamed(plan: Plan) {
    let world = World::start(plan).await;
    push(&world, "desk", &by("1", "阿德", &late("A-1"))).await;
    let told = world.mailed().len();
    let settings = std::fs::read_to_string(world.config()).expect("it reads");
    let renamed = settings.replace("name = \"紅隼\"\naliases = [\"Kestrel\"]", "name = \"紅隼家電\"\naliases = [\"Kestrel\", \"紅隼\"]");
    assert_ne!(settings, renamed);
    std::fs::write(world.config(), renamed).expect("it is written");
    world.take_up().await;
    push(&world, "partner", &by("7", "阿德", &late("A-1"))).await;
    let cases = world.incidents().await;
    assert_eq!((cases.len(), cases[0].mentions, world.mailed().len()), (1, 2, told), "{cases:?}");
    push(&world, "partner", &by("8", "小美", "紅隼家電的保溫瓶寄來就漏水，上面還有別人用過的水垢，要求換貨也沒有下文")).await;
    assert_eq!(world.incidents().await[0].brand.as_deref(), Some("紅隼家電"), "and what is new bears the new name");
    world.finish().await;
}

#[tokio::test]
async fn a_form_that_the_next_customer_fills_in_alike_is_told() {
    let imap = Imap::start().await;
    let world = mailbox::world(&imap, "").await;
    let words = "紅隼快煮壺，在官網訂了好久還沒收到貨，客服電話一直沒人接";
    let form = |number: u32| mailbox::notice(number, "form@shop.test", "Complaint", words);
    imap.arrives(&form(1));
    world.poll().await;
    world.pass(Duration::from_hours(8 * 24)).await;
    let before = world.mails_to("hong@kestrel.test").len();
    imap.arrives(&form(2));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), before + 1);
    assert!(world.troubles("reindexed:").await.is_empty());
    world.finish().await;
}
