//! A case that gets worse after somebody took it up is told anew; one that is not theirs goes by the routes.

use std::time::Duration;

use hearken::model::{Incident, IncidentState, Severity};

use super::news::plan;
use crate::world::daemon::{World, link};
use crate::world::plan::Plan;
use crate::world::postgres::with_database;
use crate::world::review::Review;

const MINUTE: Duration = Duration::from_mins(1);

fn edited(text: &str) -> Review {
    let Review { text: before, title, .. } = Review::late("ten-days");
    Review::new("ten-days", &title, &format!("{before}{text}"))
}

/// The late parcel, told and taken up.
async fn taken_up(world: &mut World) -> Incident {
    let case = world.warned_of(Review::late("ten-days")).await;
    let own = link(&world.mails_to("hong@kestrel.test")[0]);
    world.answer(&own, "acknowledge", "阿宏").await;
    world.quiet().await;
    assert_eq!(world.incident(&case.id).await.state, IncidentState::Acknowledged);
    case
}

#[tokio::test]
async fn an_edit_into_something_critical_is_told_anew_and_climbs() {
    told_anew_and_climbs(plan()).await;
}

#[tokio::test]
async fn an_edit_into_something_critical_is_told_anew_and_climbs_over_postgres() {
    with_database(|store| told_anew_and_climbs(Plan { store: Some(store), ..plan() })).await;
}

async fn told_anew_and_climbs(plan: Plan) {
    let mut world = World::start(plan).await;
    let case = taken_up(&mut world).await;
    let old = link(&world.mails_to("fang@kestrel.test")[0]);
    let before = world.mailed().len();
    world.publish(edited("今天終於收到，一插電就把我的手燙傷，送醫急救。"));
    world.poll().await;
    let now = world.incident(&case.id).await;
    assert_eq!((now.state, now.severity, now.generation), (IncidentState::Open, Severity::Critical, 2));
    assert_eq!(now.escalate_at, Some(world.clock.now().plus(30 * MINUTE)), "the ladder begins anew");
    assert_eq!(world.events(&case.id).await, ["opened", "acknowledged", "reopened"]);
    let news: Vec<String> = world.mailed();
    assert_eq!(news.len() - before, 3, "阿宏, 小芳 and 陳總, each once: {news:?}");
    assert_eq!(world.calls(), ["incident.warning", "incident.status", "incident.warning"]);
    for who in ["hong@kestrel.test", "fang@kestrel.test", "chen@kestrel.test"] {
        let mail = world.mails_to(who).pop().expect("a mail");
        let text = mail.body("text/plain");
        for shown in ["阿宏接手之後，情況變嚴重了", "「中」", "「緊急」", "燙傷", "請物流部處理", "/a/v1.", "物流主管"]
        {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        assert!(mail.header("Subject").expect("a subject").starts_with("[緊急]"), "{:?}", mail.header("Subject"));
    }

    // Who opens the mail of the milder case sees what it is now, and answers that.
    let led = world.get(&old).await;
    assert_eq!(led.status, 303, "{}", led.body);
    let fresh = format!("/a/{}", led.header("location").expect("where to"));
    let page = world.get(&fresh).await.body;
    assert!(page.contains("情況變嚴重了") && page.contains("還沒有人回應") && page.contains("燙傷"), "{page}");
    let unseen = world.answer(&old, "acknowledge", "小芳").await;
    assert_eq!(unseen.status, 303, "what was not seen is not answered: {}", unseen.body);
    assert_eq!(world.incident(&case.id).await.state, IncidentState::Open);

    world.pass(30 * MINUTE).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1, "nobody answered what is critical");
    world.answer(&fresh, "acknowledge", "小芳").await;
    world.quiet().await;
    assert_eq!(world.incident(&case.id).await.acknowledged_by.as_deref(), Some("小芳"));
    let told = world.mails_to("chen@kestrel.test").pop().expect("a mail").body("text/plain");
    assert!(told.contains("小芳已經接手處理"), "management hears who has it: {told}");
    let why = world.verb(&["whynot", "送醫急救"]).await;
    assert!(
        why.ended(0).text().contains("It got worse after 阿宏 had taken it up (medium before, critical now), and was told anew."),
        "{}",
        why.text()
    );
    let shown = world.verb(&["incidents", "show", &case.id]).await;
    assert!(shown.ended(0).text().contains("reopened by hearken  (before medium"), "{}", shown.text());

    // What is critical gets no worse.
    let so_far = world.mailed().len();
    world.publish(edited("今天終於收到，一插電就把我的手燙傷，送醫急救，還留疤。"));
    world.poll().await;
    assert_eq!((world.mailed().len(), world.incident(&case.id).await.state), (so_far, IncidentState::Acknowledged));
    world.finish().await;
}

#[tokio::test]
async fn each_step_that_matters_is_told_once() {
    let mut world = World::start(plan()).await;
    let case = taken_up(&mut world).await;
    for (text, state, mails) in [
        ("再不處理我就要提告。", IncidentState::Open, 2),
        ("再不處理我真的要提告。", IncidentState::Open, 0),
        ("再不處理我就要投訴了。", IncidentState::Open, 0),
        ("再不處理我一定要提告！", IncidentState::Open, 0),
    ] {
        let before = world.mailed().len();
        world.publish(edited(text));
        world.poll().await;
        assert_eq!((world.incident(&case.id).await.state, world.mailed().len() - before), (state, mails), "{text}: {:?}", world.mailed());
    }
    let own = link(&world.mails_to("hong@kestrel.test").pop().expect("a mail"));
    world.answer(&own, "acknowledge", "阿宏").await;
    world.quiet().await;
    world.publish(edited("再不處理我就要提告，貨到的時候還把我燙傷了。"));
    world.poll().await;
    let now = world.incident(&case.id).await;
    assert_eq!((now.state, now.severity, now.generation), (IncidentState::Open, Severity::Critical, 3));
    world.finish().await;
}

/// The same words stand elsewhere under a title that says what they do not.
#[tokio::test]
async fn a_copy_that_is_worse_is_told_anew_in_its_own_words() {
    let mut world = World::start(plan()).await;
    let case = taken_up(&mut world).await;
    let copy = Review { id: "copy".to_owned(), title: "紅隼快煮壺燙傷我的手".to_owned(), ..Review::late("ten-days") };
    world.publish(copy);
    world.poll().await;
    let now = world.incident(&case.id).await;
    assert_eq!((now.state, now.severity, now.mentions), (IncidentState::Open, Severity::Critical, 2));
    let mail = world.mails_to("hong@kestrel.test").pop().expect("a mail");
    let text = mail.body("text/plain");
    assert!(text.contains("情況變嚴重了") && text.contains("燙傷"), "the words that are critical: {text}");
    assert!(world.get(&link(&mail)).await.body.contains("燙傷"));
    world.finish().await;
}

/// Beside those that every story has.
const DESKS: &str = r#"
[[department]]
name = "care"
title = "客服部"
language = "zh-TW"
members = [{ name = "小梅", mail = "mei@kestrel.test" }]
channels = ["mail"]
[[department]]
name = "stores"
title = "門市部"
language = "zh-TW"
members = [{ name = "阿德", mail = "de@kestrel.test" }]
channels = ["mail"]
"#;

const ROUTES: &str = r#"
[[route]]
severity = "medium"
department = "management"
also = true
[[route]]
categories = ["logistics"]
department = "care"
[[route]]
department = "stores"
"#;

#[tokio::test]
async fn not_ours_goes_by_the_routes_and_never_to_who_was_told_beside() {
    let mut world = World::start(Plan::with(|plan| {
        plan.departments.push_str(DESKS);
        plan.routes = ROUTES.to_owned();
    }))
    .await;
    let case = world.warned_of(Review::late("ten-days")).await;
    assert_eq!((case.department.as_str(), case.also.as_slice()), ("care", &["management".to_owned()][..]));
    for (who, name, next) in [("mei@kestrel.test", "小梅", "stores"), ("de@kestrel.test", "阿德", "ops")] {
        let own = link(&world.mails_to(who).pop().expect("a mail"));
        let reply = world.answer(&own, "not_ours", name).await;
        assert_eq!(reply.status, 200);
        world.quiet().await;
        let now = world.incident(&case.id).await;
        assert_eq!((now.department.as_str(), now.also.as_slice()), (next, &["management".to_owned()][..]), "{name}");
    }
    let loud = world.mails_to("chen@kestrel.test");
    assert_eq!(
        loud.iter().filter(|mail| mail.header("Subject").is_some_and(|subject| !subject.starts_with("Re: "))).count(),
        1,
        "told beside"
    );
    let shown = world.verb(&["incidents", "show", &case.id]).await;
    assert!(shown.ended(0).text().contains("from care"), "{}", shown.text());
    world.finish().await;
}

const CLIMBING: &str = r#"
[[department.ladder]]
name = "management"
after = "1h"
department = "management"
"#;

/// What is critical is never nobody's because the last desk said no.
#[tokio::test]
async fn what_no_desk_takes_goes_on_to_management_at_once() {
    let desks = DESKS.replacen("channels = [\"mail\"]", &format!("channels = [\"mail\"]{CLIMBING}"), 1);
    let mut world = World::start(Plan::with(|plan| {
        plan.departments.push_str(&desks);
        plan.routes = "[[route]]\ncategories = [\"logistics\"]\ndepartment = \"care\"\n".to_owned();
    }))
    .await;
    let Review { title, text, .. } = Review::late("ten-days");
    let case = world.warned_of(Review::new("ten-days", &title, &format!("{text}收到後手被燙傷。"))).await;
    assert_eq!((case.department.as_str(), case.severity), ("care", Severity::Critical));
    for (who, name) in [("mei@kestrel.test", "小梅"), ("ops@kestrel.test", "Ops")] {
        let own = link(&world.mails_to(who).pop().expect("a mail"));
        let reply = world.answer(&own, "not_ours", name).await;
        assert_eq!(reply.status, 200);
        assert!(name != "Ops" || !reply.body.contains("Nobody else will be called"), "{}", reply.body);
        world.quiet().await;
    }
    let now = world.incident(&case.id).await;
    assert_eq!((now.state, now.acknowledged_by), (IncidentState::Open, None), "nobody has it");
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 1, "management hears at once: {:?}", world.mailed());
    assert_eq!(world.events(&case.id).await, ["opened", "not_ours", "not_ours", "escalated"]);
    let own = link(&world.mails_to("chen@kestrel.test").pop().expect("a mail"));
    world.answer(&own, "not_ours", "陳總").await;
    world.quiet().await;
    let now = world.incident(&case.id).await;
    assert_eq!((now.state, now.acknowledged_by), (IncidentState::Open, None), "and still nobody has it");
    world.pass(Duration::from_hours(2)).await;
    assert!(world.mails_to("ops@kestrel.test").len() >= 2, "ops are asked again: {:?}", world.mailed());
    world.finish().await;
}
