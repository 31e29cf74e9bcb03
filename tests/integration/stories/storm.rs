//! Hundreds of complaints at once: few mails, no case lost, every ladder climbs.

use std::time::Duration;

use hearken::model::{DeliveryKind, DeliveryState, IncidentState};
use hearken::store::DeliveryFilter;
use serde_json::{Value, json};

use crate::world::browser::ask;
use crate::world::daemon::{World, link};
use crate::world::plan::{API_TOKEN, Plan};
use crate::world::postgres::with_database;

const MINUTE: Duration = Duration::from_mins(1);
const SOURCE: &str = "[[source]]\nname = \"desk\"\nkind = \"inbound\"\ntoken_file = \"{folder}/api.token\"\n";
const COMPLAINTS: u32 = 300;

/// Words of which no two have much in common.
fn words(number: u32) -> String {
    (0..40).filter_map(|at| char::from_u32(0x4e00 + (number * 7919 + at * 104_729 + number * at * 31) % 6000)).collect()
}

fn complaint(number: u32) -> Value {
    let harm = if number % 150 == 149 { "，還被燙傷" } else { "" };
    json!({ "id": number.to_string(), "text": format!("紅隼快煮壺還沒收到{harm}。{}", words(number)) })
}

async fn push(world: &World, items: &Value) {
    let bearer = format!("Bearer {API_TOKEN}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let reply = ask(world.address(), "POST", "/v1/inbound/desk", &headers, items.to_string().as_bytes()).await;
    assert_eq!(reply.status / 100, 2, "{}", reply.body);
    world.quiet().await;
}

fn links(text: &str) -> usize {
    text.matches("/a/v1.").count()
}

#[tokio::test]
async fn three_hundred_complaints_are_a_few_mails() {
    three_hundred_complaints(Plan::default()).await;
}

#[tokio::test]
async fn three_hundred_complaints_are_a_few_mails_over_postgres() {
    with_database(|store| three_hundred_complaints(Plan::over(store))).await;
}

async fn three_hundred_complaints(mut plan: Plan) {
    plan.more = SOURCE.to_owned();
    let world = World::start(plan).await;
    push(&world, &(0..COMPLAINTS).map(complaint).collect()).await;
    let incidents = world.incidents().await;
    assert_eq!(incidents.len(), 300, "every one is a case");
    assert!(incidents.iter().all(|incident| incident.escalate_at.is_some()), "and climbs");
    let first = world.mails_to("hong@kestrel.test");
    let singly = first.len();
    assert!((10..=12).contains(&singly), "ten, and what is critical behind them: {singly}");
    assert_eq!(first.iter().filter(|mail| mail.header("Subject").is_some_and(|subject| subject.contains("緊急"))).count(), 2, "at once");
    assert_eq!(world.hook.requests().len(), 300, "a program gets each");

    world.pass(3 * MINUTE).await;
    let mails = world.mails_to("hong@kestrel.test");
    let (gathered, rest) = (300 - singly, &mails[singly..]);
    assert!((3..=4).contains(&rest.len()), "a few mails for the rest: {}", rest.len());
    for mail in rest {
        assert!(mail.header("Subject").is_some_and(|subject| subject.contains(&gathered.to_string())));
    }
    let text: String = rest.iter().map(|mail| mail.body("text/plain")).collect();
    assert_eq!(links(&text), gathered, "each with its own link");
    let ids = incidents.iter().filter(|incident| text.contains(&incident.id)).count();
    assert_eq!(ids, gathered);
    assert_eq!(rest.iter().map(|mail| mail.body("text/html").matches("v1.").count()).sum::<usize>(), gathered);
    let filter = DeliveryFilter { limit: 100_000, ..DeliveryFilter::default() };
    let rows = world.store().deliveries(&filter).await.expect("the store answers");
    let warnings = rows.iter().filter(|row| row.recipient == "hong@kestrel.test" && row.kind == DeliveryKind::Warning);
    assert_eq!(warnings.filter(|row| row.state == DeliveryState::Delivered).count(), 300, "each row says how it went");

    assert_eq!(world.answer(&link(&rest[0]), "acknowledge", "阿宏").await.status, 200);
    world.quiet().await;
    let taken = world.incidents().await.into_iter().filter(|incident| incident.state == IncidentState::Acknowledged).count();
    assert_eq!(taken, 1, "a link of the list is that of its case");

    world.pass(30 * MINUTE).await;
    world.pass(3 * MINUTE).await;
    let lead = world.mails_to("lead@kestrel.test");
    assert!((13..=16).contains(&lead.len()), "the ladder climbs as it was told: {}", lead.len());
    let climbed: usize = lead.iter().map(|mail| links(&mail.body("text/plain"))).sum();
    assert_eq!(climbed, 299, "all but the answered one");
    world.finish().await;
}

#[tokio::test]
async fn what_is_answered_before_its_mail_is_not_in_it() {
    let mut plan = Plan::with(|plan| plan.more = SOURCE.to_owned());
    plan.respond = "singly = 2\ngather_every = \"1m\"\n".to_owned();
    let world = World::start(plan).await;
    push(&world, &(0..6).map(complaint).collect()).await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 2);
    let told: Vec<String> = world.mails_to("hong@kestrel.test").iter().filter_map(|mail| mail.header("Subject")).collect();
    let waiting = world.incidents().await.into_iter().find(|incident| !told.iter().any(|subject| subject.contains(&incident.id)));
    let waiting = waiting.expect("a case that waits").id;
    assert_eq!(world.verb(&["incidents", "ack", &waiting]).await.0.status.code(), Some(0));
    world.pass(MINUTE).await;
    let mails = world.mails_to("hong@kestrel.test");
    assert_eq!(mails.len(), 3);
    let text = mails[2].body("text/plain");
    assert_eq!((links(&text), text.contains(&waiting)), (3, false), "{text}");
    world.finish().await;
}

#[tokio::test]
async fn a_gathered_mail_that_is_refused_for_a_while_comes_whole() {
    let mut plan = Plan::with(|plan| plan.more = SOURCE.to_owned());
    plan.respond = "singly = 1\ngather_every = \"1m\"\n".to_owned();
    let world = World::start(plan).await;
    push(&world, &(0..5).map(complaint).collect()).await;
    world.mail.on(crate::world::smtp::At::Rcpt, crate::world::smtp::Act::reply("450 4.2.0 greylisted")).times(4);
    world.pass(MINUTE).await;
    world.pass(10 * MINUTE / 60).await;
    world.pass(MINUTE).await;
    for who in ["hong@kestrel.test", "fang@kestrel.test"] {
        let mails = world.mails_to(who);
        assert_eq!(mails.len(), 2, "{who}");
        assert_eq!(links(&mails[1].body("text/plain")), 4);
    }
    world.finish().await;
}

/// Mail programs cut what is longer than some hundred kilobytes: who reads on a phone would not see the last cases.
#[tokio::test]
async fn many_cases_come_in_mails_that_are_shown_whole() {
    let mut plan = Plan::with(|plan| plan.more = SOURCE.to_owned());
    plan.respond = "singly = 1\nsingly_critical = 1\ngather_every = \"1m\"\n".to_owned();
    let world = World::start(plan).await;
    push(&world, &(0..201).map(complaint).collect()).await;
    world.pass(MINUTE).await;
    let mails = world.mails_to("hong@kestrel.test").split_off(1);
    let sizes: Vec<usize> = mails.iter().map(|mail| mail.body("text/html").len()).collect();
    assert!(mails.len() >= 3 && sizes.iter().all(|size| *size <= 80_000), "{sizes:?}");
    for (number, mail) in mails.iter().enumerate() {
        let subject = mail.header("Subject").expect("a subject");
        assert!(subject.contains("200") && subject.contains(&format!("第 {} 封，共 {} 封", number + 1, mails.len())), "{subject}");
    }
    let texts: Vec<String> = mails.iter().map(|mail| mail.body("text/plain")).collect();
    assert_eq!(texts.iter().map(|text| links(text)).sum::<usize>(), 200);
    let in_mails = |id: &str| texts.iter().filter(|text| text.contains(id)).count();
    let twice: Vec<_> = world.incidents().await.into_iter().filter(|case| in_mails(&case.id) > 1).collect();
    assert!(twice.is_empty(), "{twice:#?}");
    assert!(texts[0].contains("[緊急]") && !texts[1].contains("[緊急]"), "the worst first");
    world.finish().await;
}

/// One of the mails is refused for a while: it comes later, and no case comes twice.
#[tokio::test]
async fn a_part_that_is_refused_comes_later_and_the_others_not_again() {
    let mut plan = Plan::with(|plan| plan.more = SOURCE.to_owned());
    plan.respond = "singly = 1\ngather_every = \"1m\"\n".to_owned();
    plan.departments = plan.departments.replace(", { name = \"小芳\", mail = \"fang@kestrel.test\" }", "");
    let world = World::start(plan).await;
    push(&world, &(0..149).map(complaint).collect()).await;
    world.mail.on(crate::world::smtp::At::Rcpt, crate::world::smtp::Act::reply("450 4.2.0 greylisted")).times(1);
    world.pass(MINUTE).await;
    world.pass(MINUTE).await;
    let mails = world.mails_to("hong@kestrel.test").split_off(1);
    let counts: Vec<usize> = mails.iter().map(|mail| links(&mail.body("text/plain"))).collect();
    assert!(counts.len() == 2 && counts.iter().sum::<usize>() == 148, "{counts:?}");
    world.finish().await;
}

/// However many, what is critical does not wait as long as the rest.
#[tokio::test]
async fn a_critical_case_among_many_waits_a_part_of_its_ladder_at_most() {
    let mut plan = Plan::with(|plan| plan.more = SOURCE.to_owned());
    plan.respond = "singly = 1\nsingly_critical = 1\ngather_every = \"20m\"\n".to_owned();
    let world = World::start(plan).await;
    push(&world, &(0..2).map(complaint).collect()).await;
    push(&world, &[149, 299].map(complaint).into_iter().collect()).await;
    world.pass(4 * MINUTE).await;
    let mails = world.mails_to("hong@kestrel.test");
    let critical: usize = mails.iter().map(|mail| mail.body("text/plain").matches("[緊急]").count()).sum();
    assert_eq!((mails.len(), critical), (2, 2), "both, while the other one waits");
    world.pass(20 * MINUTE).await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 3);
    world.finish().await;
}

/// Its lead would hear together with the first person.
#[tokio::test]
async fn a_ladder_that_is_shorter_than_gathering_is_warned_of() {
    let mut plan = Plan::default();
    plan.departments = plan.departments.replace("\"30m\"", "\"2m\"");
    let world = World::prepare(plan).await;
    let said = world.verb(&["check"]).await.ended(0).text();
    for shown in ["warning:", "`lead` of `logistics`", "gather_every", "after = \"2m\""] {
        assert!(said.contains(shown), "{shown}: {said}");
    }
    world.leave();
}

/// Of many messages that wait for a slow server the worst goes first, whoever it is for.
#[tokio::test]
async fn what_is_critical_does_not_wait_behind_what_is_not() {
    let world = World::start(Plan::with(|plan| {
        plan.more = SOURCE.to_owned();
        plan.respond = "singly = 100\n".to_owned();
    }))
    .await;
    let mut items: Vec<Value> = (0..40).map(complaint).collect();
    items.push(json!({ "id": "harm", "text": format!("紅隼快煮壺還沒收到，展示機還把我燙傷。{}", words(77)) }));
    push(&world, &Value::Array(items)).await;
    let order: Vec<bool> =
        world.mail.mails().iter().map(|mail| mail.header("Subject").is_some_and(|subject| subject.contains("緊急"))).collect();
    let first: Vec<usize> = order.iter().enumerate().filter(|(_, critical)| **critical).map(|(at, _)| at).collect();
    assert_eq!((order.len(), first.len()), (41 * 2 + 1, 3));
    assert!(first.iter().all(|at| *at < 8), "{first:?} of {}", order.len());
    world.finish().await;
}
