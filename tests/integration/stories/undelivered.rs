//! Warnings that a receiver does not take for good: who hears of them instead, what ops do about it, and when that is over.

use std::time::Duration;

use hearken::model::{Delivery, DeliveryState, Incident, IncidentKind, IncidentState};
use hearken::store::DeliveryFilter;
use serde_json::{Value, json};

use crate::world::browser::ask;
use crate::world::daemon::World;
use crate::world::plan::{API_TOKEN, Plan};
use crate::world::postgres::with_database;
use crate::world::receiver::Answer;
use crate::world::review::Review;
use crate::world::smtp::{Act, At};

const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);
const DESK: &str = "[[source]]\nname = \"desk\"\nkind = \"inbound\"\ntoken_file = \"{folder}/api.token\"\n";
const NOBODY: &str = "550 5.1.1 no such user";

/// A plan whose ladders do not come into play.
fn patient(plan: Plan) -> Plan {
    let departments = plan.departments.replace("\"30m\"", "\"20d\"").replace("\"1h\"", "\"20d\"");
    Plan { departments, ..plan }
}

async fn rows(world: &World, state: DeliveryState) -> Vec<Delivery> {
    let filter = DeliveryFilter { state: Some(state), limit: 1000, ..DeliveryFilter::default() };
    world.store().deliveries(&filter).await.expect("the store answers")
}

async fn verb(world: &World, words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    world.verb(&words).await.ended(0).text()
}

/// A review, polled and acted on; its case.
async fn published(world: &mut World, review: Review) -> Incident {
    world.publish(review);
    world.poll().await;
    world.incidents().await.into_iter().find(|case| case.kind == IncidentKind::Mention).expect("a case")
}

/// Complaints of which no two have much in common, all at once.
async fn storm(world: &World, count: u32) {
    let words = |number: u32| -> String {
        (0..40).filter_map(|at| char::from_u32(0x4e00 + (number * 7919 + at * 104_729 + number * at * 31) % 6000)).collect()
    };
    let one = |number: u32| json!({ "id": number.to_string(), "text": format!("紅隼快煮壺還沒收到。{}", words(number)) });
    let bearer = format!("Bearer {API_TOKEN}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let items: Value = (0..count).map(one).collect();
    let reply = ask(world.address(), "POST", "/v1/inbound/desk", &headers, items.to_string().as_bytes()).await;
    assert_eq!(reply.status / 100, 2, "{}", reply.body);
    world.quiet().await;
}

/// A wrong key of a channel is mended: what waits for that goes out with the reload, and not a quarter of an hour later.
#[tokio::test]
async fn what_waits_for_other_settings_goes_out_when_they_are_taken_up() {
    let mut world = World::start(patient(Plan::default())).await;
    world.hook.answer_always(Answer::status(401));
    published(&mut world, Review::late("ten-days")).await;
    assert_eq!((world.hook.requests().len(), rows(&world, DeliveryState::Due).await.len()), (1, 1));
    world.hook.answer_always(Answer::status(204));
    let config = std::fs::read_to_string(world.config()).expect("it is there");
    std::fs::write(world.config(), format!("{config}\n# mended\n")).expect("it is written");
    world.take_up().await;
    world.quiet().await;
    assert_eq!((world.hook.requests().len(), rows(&world, DeliveryState::Due).await.len()), (2, 0), "{}", world.log.text());
    world.finish().await;
}

#[tokio::test]
async fn the_case_of_a_refused_mail_is_over_with_its_last_row() {
    over_with_its_last_row(Plan::default()).await;
}

#[tokio::test]
async fn the_case_of_a_refused_mail_is_over_with_its_last_row_over_postgres() {
    with_database(|store| over_with_its_last_row(Plan::over(store))).await;
}

async fn over_with_its_last_row(plan: Plan) {
    let respond = "singly = 1\ngather_every = \"1m\"\n".to_owned();
    let world = World::start(patient(Plan { more: DESK.to_owned(), respond, ..plan })).await;
    storm(&world, 7).await;
    world.mail.on(At::Recipient("hong@kestrel.test"), Act::reply(NOBODY));
    world.pass(MINUTE).await;
    let dead = rows(&world, DeliveryState::Dead).await;
    assert_eq!(dead.len(), 6, "all that went in one mail");
    let told = world.mails_to("ops@kestrel.test");
    assert_eq!(told.len(), 1, "once for all of them");
    let text = told[0].body("text/plain");
    let retry = "hearken deliveries retry --all-dead --channel mail";
    for shown in [retry, "hearken deliveries drop --all-dead --channel mail", "hong@kestrel.test", "no such user", &dead[0].incident] {
        assert!(text.contains(shown), "{shown}: {text}");
    }

    world.mail.behave();
    let said = verb(&world, &format!("deliveries retry {} {}", dead[0].id, dead[1].id)).await;
    assert!(said.contains(&dead[0].id) && said.contains(&dead[1].id), "{said}");
    world.pass(10 * SECOND).await;
    assert_eq!(rows(&world, DeliveryState::Dead).await.len(), 4);
    let case = || async { world.troubles("undelivered:mail").await.remove(0) };
    assert_eq!(case().await.state, IncidentState::Open, "the others are still where they were");
    verb(&world, &format!("deliveries drop {}", dead[2].id)).await;
    verb(&world, &format!("incidents ack {} --as Mei", dead[3].incident)).await;
    verb(&world, retry.strip_prefix("hearken ").expect("ours")).await;
    world.pass(10 * SECOND).await;
    let links: usize = world.mails_to("hong@kestrel.test").iter().map(|mail| mail.body("text/plain").matches("/a/v1.").count()).sum();
    assert_eq!(links, 1 + 2 + 2, "one singly, two retried, two of the others: one is dropped and one answered");
    assert_eq!((rows(&world, DeliveryState::Dead).await.len(), case().await.state), (0, IncidentState::Resolved));
    world.finish().await;
}

#[tokio::test]
async fn what_is_dropped_ends_the_case_as_well() {
    let mut world = World::start(patient(Plan::default())).await;
    world.mail.on(At::Recipient("fang@kestrel.test"), Act::reply(NOBODY));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.troubles("undelivered:").await.len(), 1);
    let dead = rows(&world, DeliveryState::Dead).await.remove(0);
    let both = world.verb(&["deliveries", "drop", &dead.id, "--all-dead"]).await;
    both.ended(2);
    verb(&world, "deliveries drop --all-dead --channel mail").await;
    let none = world.verb(&["deliveries", "retry", "--all-dead", "--channel", "mail"]).await;
    assert!(none.ended(0).text().contains("No dead deliveries"), "{}", none.text());
    world.pass(MINUTE).await;
    assert_eq!(world.troubles("undelivered:").await[0].state, IncidentState::Resolved, "nothing is left to do");
    world.finish().await;
}

/// Ten messages that one dead address refuses are one trouble.
#[tokio::test]
async fn one_cause_is_told_once() {
    let mut plan = patient(Plan::default());
    plan.more = DESK.to_owned();
    let mut world = World::start(plan).await;
    world.hook.answer_always(Answer::status(410));
    storm(&world, 5).await;
    assert_eq!(rows(&world, DeliveryState::Dead).await.len(), 5);
    let told = world.mails_to("ops@kestrel.test");
    let subjects: Vec<_> = told.iter().map(|mail| mail.header("Subject")).collect();
    assert_eq!(told.len(), 1, "{subjects:?}");
    assert_eq!(world.troubles("").await.len(), 1);
    world.pass(10 * MINUTE).await;
    let told = world.mails_to("ops@kestrel.test");
    assert!(told.len() <= 2, "and the rest of it together, later");
    let text = told.last().expect("a mail").body("text/plain");
    assert!(world.incidents().await.iter().filter(|case| text.contains(&case.id)).count() >= 5, "{text}");
    world.declared.dead = 5;
    world.finish().await;
}

/// The word that a channel does not deliver comes over this very channel: it delivers, and it is one message that it refuses.
#[tokio::test]
async fn trouble_that_is_told_over_its_own_channel_is_told_once_and_as_it_is() {
    let mut world = World::start(patient(Plan::default())).await;
    world.mail.on(At::Recipient("jonas@kestrel.test"), Act::reply("451 4.3.0 try later"));
    world.publish(Review::broken("lid"));
    world.poll().await;
    for _ in 0..7 {
        world.pass(MINUTE).await;
    }
    let told = world.mails_to("ops@kestrel.test");
    let subjects: Vec<_> = told.iter().filter_map(|mail| mail.header("Subject")).collect();
    assert_eq!(told.len(), 1, "{subjects:?}");
    assert!(subjects[0].contains("others pass"), "{subjects:?}");
    assert!(world.troubles("channel:mail").await[0].title.contains("others pass"));
    world.mail.behave();
    world.pass(30 * MINUTE).await;
    assert_eq!(world.troubles("channel:mail").await[0].state, IncidentState::Resolved);
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 2, "and that it is over");
    world.finish().await;
}

#[tokio::test]
async fn a_warning_that_nobody_got_goes_to_the_lead_at_once() {
    to_the_lead_at_once(Plan::default()).await;
}

#[tokio::test]
async fn a_warning_that_nobody_got_goes_to_the_lead_at_once_over_postgres() {
    with_database(|store| to_the_lead_at_once(Plan::over(store))).await;
}

async fn to_the_lead_at_once(plan: Plan) {
    let mut world = World::start(plan).await;
    for who in ["hong@kestrel.test", "fang@kestrel.test"] {
        world.mail.on(At::Recipient(who), Act::reply(NOBODY));
    }
    let case = published(&mut world, Review::late("ten-days")).await;
    let lead = world.mails_to("lead@kestrel.test");
    assert_eq!(lead.len(), 1, "at once, and a webhook that a program reads is nobody\n{}", world.log.text());
    let text = lead[0].body("text/plain");
    for shown in ["還沒收到", "/a/v1.", "阿宏", "hong@kestrel.test", "小芳", "fang@kestrel.test", "no such user"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(lead[0].body("text/html").contains("no such user"));
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 0);
    world.pass(30 * MINUTE).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1, "not twice");
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 0, "the lead has the time that a step gives");
    world.pass(31 * MINUTE).await;
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 1, "and then it climbs on");
    let events = world.events(&case.id).await;
    assert_eq!(events, ["opened", "unreached", "escalated", "escalated"]);
    let link = crate::world::daemon::link(&world.mails_to("lead@kestrel.test")[0]);
    world.answer(&link, "acknowledge", "物流主管").await;
    world.quiet().await;
    assert_eq!(rows(&world, DeliveryState::Dead).await.len(), 2, "no news to an address that takes nothing");
    world.declared.dead = 2;
    world.finish().await;
}

/// Whom a critical case is told beside those responsible may wait for them to act.
#[tokio::test]
async fn a_warning_that_only_those_told_beside_got_goes_to_the_lead_at_once() {
    only_those_told_beside(Plan::default()).await;
}

#[tokio::test]
async fn a_warning_that_only_those_told_beside_got_goes_to_the_lead_at_once_over_postgres() {
    with_database(|store| only_those_told_beside(Plan::over(store))).await;
}

async fn only_those_told_beside(plan: Plan) {
    let mut world = World::start(plan).await;
    for who in ["hong@kestrel.test", "fang@kestrel.test"] {
        world.mail.on(At::Recipient(who), Act::reply(NOBODY));
    }
    let Review { title, text, .. } = Review::late("ten-days");
    let case = published(&mut world, Review::new("ten-days", &title, &format!("{text}手還被燙傷。"))).await;
    assert_eq!(case.also, ["management"]);
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 1, "management has it");
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1, "and whoever has to answer hears at once\n{}", world.log.text());
    assert_eq!(world.events(&case.id).await, ["opened", "unreached", "escalated"]);
    let told = world.mails_to("ops@kestrel.test");
    world.pass(3 * MINUTE).await;
    let all: Vec<String> = world.mails_to("ops@kestrel.test").iter().map(|mail| mail.body("text/plain")).collect();
    let text = all.last().expect("a mail");
    for shown in [
        &format!("- critical {}", case.id),
        "燙傷",
        "/review/ten-days",
        "the next step, lead, is told at once",
        "hong@kestrel.test",
        "no such user",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(told[0].header("Subject").is_some_and(|subject| subject.starts_with("[critical]")), "{:?}", told[0].header("Subject"));
    world.pass(30 * MINUTE).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1, "not twice");
    world.declared.dead = 2;
    world.finish().await;
}

/// Of a case that a colleague got, ops read that nothing was passed on, and who has it.
#[tokio::test]
async fn ops_read_who_has_a_case_that_one_of_two_did_not_get() {
    let mut world = World::start(Plan::default()).await;
    world.mail.on(At::Recipient("fang@kestrel.test"), Act::reply(NOBODY));
    let case = published(&mut world, Review::late("ten-days")).await;
    world.pass(3 * MINUTE).await;
    let text = world.mails_to("ops@kestrel.test").pop().expect("a mail").body("text/plain");
    let has_it = text.contains("Of those responsible, 阿宏 got it") || text.contains("on its way to others");
    assert!(has_it && text.contains(&format!("- medium {}", case.id)) && !text.contains("at once"), "{text}");
    world.declared.dead = 1;
    world.finish().await;
}

/// Behind a department without a ladder stand ops.
#[tokio::test]
async fn a_warning_that_nobody_got_goes_to_ops_where_there_is_no_lead() {
    let mut world = World::start(Plan::default()).await;
    world.mail.on(At::Recipient("jonas@kestrel.test"), Act::reply(NOBODY));
    let case = published(&mut world, Review::broken("lid")).await;
    let told = world.mails_to("ops@kestrel.test");
    let own: Vec<_> = told.iter().filter(|mail| mail.header("Subject").is_some_and(|subject| subject.contains(&case.id))).collect();
    assert_eq!(own.len(), 1, "{:?}", told.iter().map(|mail| mail.header("Subject")).collect::<Vec<_>>());
    let text = own[0].body("text/plain");
    for shown in ["broken", "/a/v1.", "Jonas", "jonas@kestrel.test", "no such user"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    world.pass(3 * 60 * MINUTE).await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), told.len(), "nobody is told twice");
    world.declared.dead = 1;
    world.finish().await;
}

/// One of two did not get it: the other one did, and nobody else need be woken.
#[tokio::test]
async fn a_warning_that_a_colleague_got_wakes_nobody_else() {
    let mut world = World::start(Plan::default()).await;
    world.mail.on(At::Recipient("fang@kestrel.test"), Act::reply(NOBODY));
    published(&mut world, Review::late("ten-days")).await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 0);
    world.declared.dead = 1;
    world.finish().await;
}

/// A group chat is a webhook, too, and people read it.
#[tokio::test]
async fn a_watched_webhook_is_somebody() {
    let mut world = World::start(Plan::with(|plan| plan.hook = "watched = true\n".to_owned())).await;
    for who in ["hong@kestrel.test", "fang@kestrel.test"] {
        world.mail.on(At::Recipient(who), Act::reply(NOBODY));
    }
    published(&mut world, Review::late("ten-days")).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 0);
    assert!(!world.get("/").await.body.contains("沒有送到任何人手上"));
    world.pass(4 * MINUTE).await;
    world.declared.dead = 2;
    world.finish().await;
}

#[tokio::test]
async fn a_program_that_was_told_is_nobody_who_heard() {
    let mut world = World::start(patient(Plan::default())).await;
    world.mail.on(At::Connect, Act::Close);
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.calls(), ["incident.warning"], "the webhook has it");
    world.pass(6 * MINUTE).await;
    let front = world.get("/").await;
    assert!(front.body.contains("沒有送到任何人手上"), "{}", front.body);
    assert!(world.get("/readyz").await.json()["unreached"].as_u64() >= Some(1));
    world.mail.behave();
    world.pass(30 * MINUTE).await;
    assert!(!world.get("/").await.body.contains("沒有送到任何人手上"));
    world.finish().await;
}

/// Thirty warnings to a dead address are no thirty mails to the lead.
#[tokio::test]
async fn a_storm_over_a_dead_address_reaches_the_lead_gathered() {
    let mut plan = Plan::with(|plan| plan.more = DESK.to_owned());
    plan.respond = "singly = 3\ngather_every = \"1m\"\n".to_owned();
    let mut world = World::start(plan).await;
    for who in ["hong@kestrel.test", "fang@kestrel.test"] {
        world.mail.on(At::Recipient(who), Act::reply(NOBODY));
    }
    storm(&world, 30).await;
    for _ in 0..4 {
        world.pass(MINUTE).await;
    }
    let lead = world.mails_to("lead@kestrel.test");
    assert!((4..=6).contains(&lead.len()), "{}", lead.len());
    let links: usize = lead.iter().map(|mail| mail.body("text/plain").matches("/a/v1.").count()).sum();
    assert_eq!(links, 30, "each case once");
    let gathered = lead.last().expect("a mail").body("text/plain");
    assert!(gathered.contains("hong@kestrel.test") && gathered.contains("no such user"), "{gathered}");
    world.declared.dead = 60;
    world.finish().await;
}

/// A mailbox that was full for hours: with the first message that it takes, the others need not wait any longer.
#[tokio::test]
async fn what_waited_for_one_address_goes_out_when_that_takes_mail_again() {
    let mut world = World::start(patient(Plan::default())).await;
    world.mail.on(At::Recipient("fang@kestrel.test"), Act::reply("452 4.2.2 mailbox full"));
    for number in 0..4 {
        world.publish(Review::late(&"abcdefgh".repeat(number + 1)));
        world.publish(Review::new(
            &format!("n{number}"),
            "紅隼沒寄來",
            &format!("紅隼的保溫杯{}還沒收到，打電話去問都說在路上。", "一二三四五六七八".repeat(number + 1)),
        ));
        world.poll().await;
        for _ in 0..4 {
            world.pass(7 * MINUTE).await;
        }
    }
    let waiting = rows(&world, DeliveryState::Due).await.len();
    assert!(waiting >= 3, "{waiting}");
    world.mail.behave();
    let due = world.store().next_delivery_due().await.expect("the store answers").expect("one waits");
    world.clock.set(due.max(world.clock.now()));
    world.quiet().await;
    world.pass(5 * SECOND).await;
    let left = rows(&world, DeliveryState::Due).await;
    assert!(left.is_empty(), "{} of {waiting} wait on: {left:#?}", left.len());
    world.finish().await;
}
