//! Nobody answers: who hears next, when, and what time itself may do meanwhile.

use std::time::Duration;

use hearken::model::{Incident, IncidentState, Moment};

use crate::world::daemon::{World, link};
use crate::world::plan::Plan;
use crate::world::postgres::with_database;
use crate::world::review::Review;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn step_by_step_up_to_management_then_ops_are_told_once() {
    up_to_management(Plan::default()).await;
}

#[tokio::test]
async fn step_by_step_up_to_management_then_ops_are_told_once_over_postgres() {
    with_database(|store| up_to_management(Plan::over(store))).await;
}

async fn up_to_management(plan: Plan) {
    let mut world = World::start(plan).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    let due = incident.escalate_at.expect("a ladder");
    assert_eq!(due, incident.opened_at.plus(30 * MINUTE));
    world.clock.set(Moment(due.0 - 1));
    world.quiet().await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 0, "not a moment before it is due");
    world.clock.set(due);
    world.quiet().await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1);
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 0);
    world.pass(HOUR).await;
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 1);
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 0);
    for _ in 0..4 {
        world.pass(HOUR).await;
    }
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1, "ops hear once that nobody answers");
    assert_eq!(world.mailed().len(), 5, "{:?}", world.mailed());
    assert_eq!(world.events(&incident.id).await, ["opened", "escalated", "escalated", "escalated", "ladder_ended"]);
    assert_eq!(world.troubles("").await.len(), 0, "the case is the news, and nothing beside it");
    let ops = world.mails_to("ops@kestrel.test").remove(0);
    let text = ops.body("text/plain");
    for shown in ["還沒收到", "/a/v1.", "阿宏", "10:01", "Nobody has answered"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let text = world.mails_to("chen@kestrel.test")[0].body("text/plain");
    assert!(text.contains("還沒收到") && text.contains("/a/v1."), "who hears late can act at once: {text}");
    world.finish().await;
}

#[tokio::test]
async fn due_times_survive_a_restart() {
    let mut world = World::start(Plan::default()).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    world.pass(20 * MINUTE).await;
    world.restart().await;
    world.quiet().await;
    assert_eq!(world.incident(&incident.id).await.escalate_at, incident.escalate_at);
    world.pass(9 * MINUTE).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 0);
    world.pass(MINUTE).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1);
    assert_eq!(world.mailed().len(), 3, "the restart told nobody again");
    world.finish().await;
}

#[tokio::test]
async fn after_a_night_off_one_step_comes_at_once_and_no_burst() {
    let mut world = World::start(Plan::default()).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    world.stop().await;
    world.clock.advance(8 * HOUR);
    world.run().await;
    world.quiet().await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1);
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 0);
    assert_eq!(world.incident(&incident.id).await.escalate_at, Some(world.clock.now().plus(HOUR)));
    world.finish().await;
}

#[tokio::test]
async fn a_jump_of_the_clock_takes_one_step() {
    let mut world = World::start(Plan::default()).await;
    world.warned_of(Review::late("ten-days")).await;
    world.pass(HOUR).await;
    assert_eq!((world.mails_to("lead@kestrel.test").len(), world.mails_to("chen@kestrel.test").len()), (1, 0));
    world.pass(HOUR).await;
    assert_eq!((world.mails_to("lead@kestrel.test").len(), world.mails_to("chen@kestrel.test").len()), (1, 1));
    world.finish().await;
}

#[tokio::test]
async fn a_machine_that_woke_up_in_1970_does_not_put_a_step_off_for_decades() {
    let mut world = World::start(Plan::default()).await;
    world.warned_of(Review::late("ten-days")).await;
    let right = world.clock.now();
    world.stop().await;
    world.clock.set(Moment::from_secs(86_400));
    world.run().await;
    world.quiet().await;
    // The time service arrives.
    world.clock.set(right.plus(31 * MINUTE));
    world.quiet().await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_clock_set_back_does_not_tell_anyone_twice() {
    let mut world = World::start(Plan::default()).await;
    world.warned_of(Review::late("ten-days")).await;
    world.pass(30 * MINUTE).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1);
    world.clock.set(world.clock.now().minus(2 * HOUR));
    world.quiet().await;
    assert_eq!(world.mailed().len(), 3);
    world.pass(3 * HOUR).await;
    assert_eq!((world.mails_to("lead@kestrel.test").len(), world.mails_to("chen@kestrel.test").len()), (1, 1));
    world.finish().await;
}

#[tokio::test]
async fn a_clock_that_ran_ahead_and_was_set_right_keeps_nobody_waiting() {
    let mut world = World::start(Plan::default()).await;
    let right = world.clock.now();
    world.clock.advance(9 * HOUR);
    world.quiet().await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    world.clock.set(right.plus(HOUR));
    world.quiet().await;
    world.publish(Review::new("other", "紅隼沒寄來", "紅隼的保溫杯下單之後三個星期還沒收到，打電話去問都說在路上，完全沒有人負責。"));
    world.pass(31 * MINUTE).await;
    assert_eq!(world.incidents().await.len(), 2, "it polls on");
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1, "and climbs on");
    assert!(world.incident(&incident.id).await.escalate_at.expect("another step") < right.plus(4 * HOUR));
    world.finish().await;
}

/// 02:30 of 28 March 2027 does not exist in Berlin; 02:30 of 31 October 2027 comes twice.
#[tokio::test]
async fn a_change_to_summer_or_winter_time_moves_no_step() {
    for night in [1_806_191_400, 1_824_940_200] {
        let plan = Plan::with(|plan| {
            plan.start = Moment::from_secs(night);
            plan.departments = plan.departments.replace("language = \"zh-TW\"", "language = \"zh-TW\"\ntimezone = \"Europe/Berlin\"");
        });
        let mut world = World::start(plan).await;
        let incident = world.warned_of(Review::late("ten-days")).await;
        assert_eq!(incident.escalate_at, Some(incident.opened_at.plus(30 * MINUTE)));
        world.pass(29 * MINUTE).await;
        assert_eq!(world.mails_to("lead@kestrel.test").len(), 0);
        world.pass(MINUTE).await;
        assert_eq!(world.mails_to("lead@kestrel.test").len(), 1);
        world.finish().await;
    }
}

#[tokio::test]
async fn a_late_answer_ends_it_and_nothing_opens_it_again() {
    let mut world = World::start(Plan::default()).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    for _ in 0..4 {
        world.pass(HOUR).await;
    }
    let told = world.mailed().len();
    let link = link(&world.mails_to("chen@kestrel.test")[0]);
    world.answer(&link, "acknowledge", "陳總").await;
    world.quiet().await;
    assert_eq!(world.mailed().len(), told + 4, "news for 阿宏, 小芳, the lead and ops");
    world.pass(48 * HOUR).await;
    assert_eq!(world.mailed().len(), told + 4);
    assert_eq!(world.incident(&incident.id).await.escalate_at, None);
    world.finish().await;
}

/// By the link in the mail, by a route, by the command line: wherever a case lands, somebody hears when nobody answers.
#[tokio::test]
async fn a_department_without_a_ladder_keeps_no_case_to_itself() {
    let mut world = World::start(Plan::default()).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    let path = link(&world.mails_to("hong@kestrel.test")[0]);
    let fields = [("action", "hand_over"), ("department", "management"), ("name", "阿宏")];
    assert_eq!(world.post(&path, &fields).await.status, 200);
    world.quiet().await;
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 1);
    assert_eq!(world.incident(&incident.id).await.escalate_at, Some(world.clock.now().plus(HOUR)));
    let broken = world.warned_of(Review::broken("lid")).await;
    world.pass(HOUR).await;
    let told = world.mails_to("ops@kestrel.test");
    assert_eq!(told.len(), 2, "of the case that was handed over and of the one that was routed: {:?}", world.mailed());
    let own =
        told.iter().find(|mail| mail.header("Subject").is_some() && mail.body("text/plain").contains("還沒收到")).expect("the first one");
    world.answer(&link(own), "acknowledge", "Ops").await;
    world.quiet().await;
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Acknowledged, "the link acts on the case itself");
    world.pass(3 * HOUR).await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 2, "ops hear once of each");
    assert_eq!(world.events(&broken.id).await, ["opened", "escalated", "ladder_ended"]);
    let said = world.verb(&["check"]).await;
    assert!(said.text().contains("quality, management"), "{}", said.text());
    world.finish().await;
}

/// An earlier release opened it without a ladder.
#[tokio::test]
async fn a_case_from_before_an_upgrade_climbs_to_ops_as_well() {
    let mut world = World::start(Plan::default()).await;
    let case = world.warned_of(Review::broken("lid")).await;
    let answered = world.warned_of(Review::late("ten-days")).await;
    for id in [&case.id, &answered.id] {
        let mut tx = world.store().begin_incident(id, world.clock.now()).await.expect("the store answers").expect("it is there");
        let before = tx.incident().clone();
        let state = if *id == answered.id { IncidentState::Acknowledged } else { IncidentState::Open };
        tx.update(&Incident { ladder: Vec::new(), escalate_at: None, state, ..before }).await.expect("written");
        tx.commit().await.expect("committed");
    }
    world.pass(24 * HOUR).await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 0, "as it was before the upgrade");
    world.restart().await;
    assert_eq!(world.incident(&case.id).await.escalate_at, Some(world.clock.now().plus(HOUR)), "counted from now");
    assert_eq!(world.incident(&answered.id).await.escalate_at, None, "somebody looks after it");
    world.pass(HOUR).await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1, "{:?}", world.mailed());
    world.restart().await;
    world.pass(24 * HOUR).await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1, "once");
    world.finish().await;
}
