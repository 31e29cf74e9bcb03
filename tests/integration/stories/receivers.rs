//! Mail servers and webhooks that fail: others go on, nothing is lost, ops hear of it, recovery ends the alarm.

use std::time::Duration;

use hearken::model::{Delivery, DeliveryState, IncidentState};
use hearken::store::DeliveryFilter;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::receiver::Answer;
use crate::world::review::Review;
use crate::world::smtp::{Act, At, Smtpd};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

async fn deliveries(world: &World, channel: &str) -> Vec<Delivery> {
    let filter = DeliveryFilter { channel: Some(channel.to_owned()), limit: 1000, ..DeliveryFilter::default() };
    world.store().deliveries(&filter).await.expect("the store answers")
}

/// A plan whose ladders do not come into play.
fn patient() -> Plan {
    Plan::with(|plan| plan.departments = plan.departments.replace("\"30m\"", "\"20d\"").replace("\"1h\"", "\"20d\""))
}

#[tokio::test]
async fn a_receiver_down_for_a_day_costs_the_others_nothing_and_gets_everything_late() {
    let mut world = World::start(patient()).await;
    world.hook.answer_always(Answer::status(503));
    for number in 0..3 {
        world.publish(Review::late(&format!("{number}{}", "abcdefgh".repeat(number))));
        world.poll().await;
    }
    let incidents = world.incidents().await.len();
    assert_eq!(world.mails_to("hong@kestrel.test").len(), incidents, "mail goes on");
    for _ in 0..24 {
        world.pass(HOUR).await;
    }
    assert_eq!(world.troubles("channel:hook").await.len(), 1, "ops hear once");
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1);
    assert!(deliveries(&world, "hook").await.iter().all(|delivery| delivery.state == DeliveryState::Due));
    world.hook.answer_always(Answer::status(200));
    world.pass(HOUR).await;
    assert!(deliveries(&world, "hook").await.iter().all(|delivery| delivery.state == DeliveryState::Delivered));
    assert_eq!(world.troubles("channel:hook").await[0].state, IncidentState::Resolved);
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 2, "and that it is over");
    let ids: std::collections::BTreeSet<_> =
        world.hook.requests().iter().filter_map(|request| request.header("webhook-id").map(str::to_owned)).collect();
    assert_eq!(ids.len(), incidents, "every repeat carries the id of the first");
    world.finish().await;
}

#[tokio::test]
async fn a_robot_that_refuses_inside_a_success_has_taken_nothing() {
    let mut world = World::start(patient()).await;
    world.hook.answer_always(Answer::status(200).body(r#"{"errcode":310000,"errmsg":"keywords not in content"}"#));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert!(deliveries(&world, "hook").await.iter().all(|delivery| delivery.state == DeliveryState::Due), "nobody took it");
    assert_eq!(world.troubles("channel:hook").await.len(), 1, "ops know at once");
    assert!(world.mails_to("ops@kestrel.test")[0].body("text/plain").contains("keywords not in content"), "in the robot's own words");
    world.hook.answer_always(Answer::status(200).body(r#"{"errcode":0,"errmsg":"ok"}"#));
    world.pass(HOUR).await;
    assert!(deliveries(&world, "hook").await.iter().all(|delivery| delivery.state == DeliveryState::Delivered));
    world.finish().await;
}

#[tokio::test]
async fn a_receiver_that_asks_to_wait_pauses_itself_alone() {
    let mut world = World::start(patient()).await;
    world.hook.answer_once(Answer::status(429).header("Retry-After", "200"));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "{}", world.log.text());
    world.publish(Review::new("other", "紅隼沒寄來", "紅隼的保溫杯下單之後三個星期還沒收到，打電話去問都說在路上，完全沒有人負責。"));
    world.poll().await;
    assert_eq!(world.mailed().len(), 4, "mail is not paused");
    assert_eq!(world.hook.requests().len(), 1, "the receiver is left in peace");
    world.pass(MINUTE).await;
    assert_eq!(world.hook.requests().len(), 1);
    world.pass(3 * MINUTE).await;
    assert_eq!(world.hook.requests().len(), 3);
    world.finish().await;
}

#[tokio::test]
async fn a_refused_address_is_a_dead_letter_and_ops_know() {
    let mut world = World::start(patient()).await;
    world.mail.on(At::Recipient("fang@kestrel.test"), Act::reply("550 5.1.1 no such user"));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "the colleague is told");
    let dead: Vec<Delivery> =
        deliveries(&world, "mail").await.into_iter().filter(|delivery| delivery.state == DeliveryState::Dead).collect();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].recipient.as_str(), dead[0].attempts), ("fang@kestrel.test", 1));
    assert!(dead[0].last_reply.as_deref().is_some_and(|reply| reply.contains("no such user")));
    let told = world.mails_to("ops@kestrel.test");
    assert_eq!(told.len(), 1);
    assert!(told[0].body("text/plain").contains("no such user"), "with the server's own words");
    world.declared.dead = 1;
    world.finish().await;
}

#[tokio::test]
async fn what_mail_refuses_goes_over_the_fallback() {
    let plan = {
        let mut plan = patient();
        plan.departments = plan.departments.replace(
            "language = \"en\"\nmembers = [{ name = \"Jonas\"",
            "language = \"en\"\nfallback = [\"hook\"]\nmembers = [{ name = \"Jonas\"",
        );
        plan
    };
    let mut world = World::start(plan).await;
    world.mail.on(At::Recipient("jonas@kestrel.test"), Act::reply("550 5.1.1 no such user"));
    world.publish(Review::broken("lid"));
    world.poll().await;
    assert_eq!(world.calls(), ["incident.warning"]);
    world.declared.dead = 1;
    world.finish().await;
}

#[tokio::test]
async fn a_refused_login_is_an_alarm_about_settings_and_mending_ends_it() {
    let smtpd = Smtpd { login: Some(("alerts".into(), "the right one".into())), ..Smtpd::default() };
    let mut plan = patient();
    plan.smtpd = smtpd;
    plan.mail = "username = \"alerts\"\npassword_file = \"{folder}/mail.secret\"\nca_file = \"{folder}/ca.pem\"".to_owned();
    plan.departments = plan
        .departments
        .replace("mail = \"ops@kestrel.test\" }]\nchannels = [\"mail\"]", "mail = \"ops@kestrel.test\" }]\nchannels = [\"hook\"]");
    let mut world = World::prepare(plan).await;
    std::fs::copy(world.mail.authority.ca_file(), world.folder().join("ca.pem")).expect("it is copied");
    crate::world::plan::write_secret(&world.folder().join("mail.secret"), "hunter2");
    world.run().await;
    world.poll().await;
    world.publish(Review::broken("lid"));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
    let trouble = world.troubles("channel:mail").await;
    assert_eq!(trouble.len(), 1, "at once, not after a quarter of an hour");
    assert!(trouble[0].detail.contains("535"), "{}", trouble[0].detail);
    assert!(!trouble[0].detail.contains("hunter2"));
    assert_eq!(world.calls(), ["incident.warning"], "ops are told over their own channel");
    let tried = world.mail.commands().iter().filter(|command| *command == "AUTH").count();
    for _ in 0..10 {
        world.pass(MINUTE).await;
    }
    assert_eq!(world.mail.commands().iter().filter(|command| *command == "AUTH").count(), tried, "failed logins lock accounts");

    crate::world::plan::write_secret(&world.folder().join("mail.secret"), "the right one");
    world.context().ask_reload();
    world.quiet().await;
    world.pass(20 * MINUTE).await;
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    assert_eq!(world.troubles("channel:mail").await[0].state, IncidentState::Resolved);
    world.finish().await;
}

#[tokio::test]
async fn a_lost_answer_is_repeated_under_the_same_id_and_marked() {
    let mut world = World::start(patient()).await;
    world.mail.on(At::Dot, Act::KeepThenReset).times(1);
    world.publish(Review::broken("lid"));
    world.poll().await;
    world.pass(3 * MINUTE).await;
    let mails = world.mails_to("jonas@kestrel.test");
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    assert_eq!(mails[0].header("Date"), mails[1].header("Date"));
    let delivery = deliveries(&world, "mail").await.remove(0);
    assert!(delivery.possible_duplicate && delivery.state == DeliveryState::Delivered);
    world.declared.repeats = 1;
    world.finish().await;
}

#[tokio::test]
async fn a_message_that_is_too_long_is_sent_once_more_and_shorter() {
    let mut world = World::start(patient()).await;
    world.hook.answer_once(Answer::status(413));
    let long = "紅隼快煮壺訂了十天還沒收到貨。".to_owned() + &"等了又等，電話不通。".repeat(200);
    world.publish(Review::new("long", "還沒收到", &long));
    world.poll().await;
    let calls = world.hook.requests();
    assert_eq!(calls.len(), 2);
    assert!(calls[1].body.len() < calls[0].body.len() / 2, "{} and {}", calls[0].body.len(), calls[1].body.len());
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));

    world.hook.answer_always(Answer::status(413));
    let longer = "紅隼保溫杯買了一個月還沒收到，".to_owned() + &"誰來管管這家店的出貨。".repeat(150);
    world.publish(Review::new("longer", "人呢", &longer));
    world.poll().await;
    assert_eq!(world.hook.requests().len(), 4, "shorter once, not again and again");
    assert_eq!(deliveries(&world, "hook").await.iter().filter(|delivery| delivery.state == DeliveryState::Dead).count(), 1);
    world.declared.dead = 1;
    world.finish().await;
}

#[tokio::test]
async fn a_receiver_that_never_answers_does_not_hold_up_mail() {
    let mut world = World::start(patient()).await;
    let hold = world.hook.hold();
    world.publish(Review::late("ten-days"));
    let due = world.store().next_source_due().await.expect("the store answers").expect("a source");
    world.clock.set(due);
    hold.reached(Duration::from_mins(1)).await;
    let mails = world.mail.wait_for_mails(2, Duration::from_mins(1)).await;
    assert_eq!(mails.len(), 2);
    hold.release();
    world.quiet().await;
    world.finish().await;
}

#[tokio::test]
async fn greylisting_is_waited_for() {
    let mut world = World::start(patient()).await;
    world.mail.on(At::Rcpt, Act::reply("450 4.2.0 greylisted")).times(2);
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
    world.pass(10 * Duration::from_secs(1)).await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_given_up_and_told() {
    let mut world = World::start(patient()).await;
    world.hook.answer_always(Answer::status(410));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1);
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    let state = deliveries(&world, "hook").await.remove(0).state;
    world.declared.dead = usize::from(state == DeliveryState::Dead);
    world.declared.unsent = state == DeliveryState::Due;
    world.finish().await;
}

#[tokio::test]
async fn a_jump_of_the_clock_during_a_send_does_not_send_it_twice() {
    let mut world = World::start(patient()).await;
    let hold = world.mail.hold(At::DotOf("hong@kestrel.test"));
    world.publish(Review::late("ten-days"));
    let due = world.store().next_source_due().await.expect("the store answers").expect("a source");
    world.clock.set(due);
    hold.reached(Duration::from_mins(1)).await;
    world.mail.wait_for_mails(1, Duration::from_mins(1)).await;
    world.publish(Review::broken("lid"));
    world.clock.advance(HOUR);
    let mails = world.mail.wait_for_mails(2, Duration::from_mins(1)).await;
    assert_eq!(mails[1].recipients, ["jonas@kestrel.test"], "the outbox was looked at after the jump");
    hold.release();
    world.quiet().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    let all = deliveries(&world, "mail").await;
    assert!(all.iter().all(|delivery| !delivery.possible_duplicate && delivery.attempts == 1), "{all:#?}");
    world.finish().await;
}

#[tokio::test]
async fn what_hung_from_before_the_receiver_was_well_again_opens_no_trouble() {
    let mut world = World::start(patient()).await;
    let hold = world.mail.hold(At::DotOf("hong@kestrel.test"));
    world.mail.on(At::DotOf("hong@kestrel.test"), Act::reply("451 4.3.0 try later")).times(1);
    world.publish(Review::late("ten-days"));
    world.clock.advance(2 * MINUTE);
    hold.reached(Duration::from_secs(20)).await;
    world.until("the colleague is told", || async { world.mails_to("fang@kestrel.test").len() == 1 }).await;
    let store = world.store();
    world.until("and it is recorded", || async { store.delivered_since("mail", world.clock.now()).await.expect("it answers") }).await;
    world.clock.advance(6 * MINUTE);
    hold.release();
    world.quiet().await;
    assert_eq!(world.troubles("channel:").await.len(), 0, "the channel works");
    world.pass(MINUTE).await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "and what hung goes out");
    world.finish().await;
}

/// Twice refused and taken then: a usual greeting among mail servers.
#[tokio::test]
async fn greylisting_is_no_trouble() {
    let mut plan = patient();
    plan.respond = "fallback_after = \"20s\"\n".to_owned();
    let mut world = World::start(plan).await;
    world.mail.on(At::Recipient("hong@kestrel.test"), Act::reply("451 4.7.1 Greylisted, try again later")).times(2);
    world.publish(Review::late("ten-days"));
    world.poll().await;
    for _ in 0..4 {
        world.pass(Duration::from_secs(7)).await;
    }
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    assert_eq!(world.troubles("channel:").await.len(), 0);
    world.finish().await;
}

/// A row that failed for hours waits for half an hour; nobody is served by that once the receiver is back.
#[tokio::test]
async fn what_waited_goes_out_when_its_receiver_is_back() {
    let mut world = World::start(patient()).await;
    world.hook.answer_always(Answer::status(503));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    for _ in 0..20 {
        world.pass(10 * MINUTE).await;
    }
    world.hook.answer_always(Answer::status(200));
    world.publish(Review::new("other", "紅隼沒寄來", "紅隼的保溫杯下單之後三個星期還沒收到，打電話去問都說在路上，完全沒有人負責。"));
    world.poll().await;
    world.pass(Duration::from_secs(1)).await;
    let rows = deliveries(&world, "hook").await;
    assert!(rows.iter().all(|delivery| delivery.state == DeliveryState::Delivered), "{rows:#?}");
    assert_eq!(world.troubles("channel:hook").await[0].state, IncidentState::Resolved);
    world.finish().await;
}

/// One mailbox that is refused is not a mail server that is down: told once, as what it is, and over when it is over.
#[tokio::test]
async fn messages_refused_one_by_one_are_told_as_such_and_once() {
    let mut world = World::start(patient()).await;
    world.mail.on(At::DotOf("fang@kestrel.test"), Act::reply("451 4.3.0 try later"));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    for number in 0..8 {
        world.publish(Review::broken(&"abcdefgh".repeat(number + 1)));
        world.poll().await;
        world.pass(MINUTE).await;
    }
    let trouble = world.troubles("channel:mail").await;
    assert_eq!(trouble.len(), 1);
    assert_eq!(trouble[0].state, IncidentState::Open, "it still fails");
    assert!(trouble[0].title.contains("1 message is refused") && trouble[0].title.contains("others pass"), "{}", trouble[0].title);
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1, "once");
    world.mail.behave();
    world.pass(30 * MINUTE).await;
    assert_eq!(world.mails_to("fang@kestrel.test").len(), 1);
    assert_eq!(world.troubles("channel:mail").await[0].state, IncidentState::Resolved);
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 2);
    world.finish().await;
}

/// The server refuses every message, and with it the word that it does.
#[tokio::test]
async fn ops_hear_of_a_refused_warning_although_their_own_mail_was_refused() {
    let mut world = World::start(patient()).await;
    world.mail.on(At::Dot, Act::reply("550 5.7.1 no"));
    world.publish(Review::broken("lid"));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
    let front = world.get("/").await;
    assert!(front.body.contains("有 2 則通知沒有送到任何人手上"), "{}", front.body);
    world.pass(6 * MINUTE).await;
    let ready = world.get("/readyz").await.json();
    assert_eq!(ready["unreached"], 2, "the warning, and ops' word of it: {ready}");
    assert!(ready["unsound"].to_string().contains("reached nobody"), "{ready}");
    world.mail.behave();
    world.pass(30 * MINUTE).await;
    let told = world.mails_to("ops@kestrel.test");
    let subjects: Vec<_> = told.iter().filter_map(|mail| mail.header("Subject")).collect();
    // What was on the wire when the next one was given up does not say it: that comes behind.
    assert!((3..=4).contains(&told.len()), "the case, which nobody else could get, what was the matter, and that it is over: {subjects:?}");
    assert!(told[..2].iter().all(|mail| mail.body("text/plain").contains("Jonas")), "{subjects:?}");
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1, "where nobody else is left, who refused is asked again");
    assert_eq!(world.troubles("undelivered:").await[0].state, IncidentState::Resolved);
    assert!(!world.get("/").await.body.contains("沒有送到任何人手上"));
    world.finish().await;
}

/// A server that takes a mail and hangs up before it says so takes the next copy just the same.
#[tokio::test]
async fn a_mail_that_may_have_arrived_comes_once_more_and_not_at_once() {
    let mut world = World::start(patient()).await;
    world.mail.on(At::DotOf("jonas@kestrel.test"), Act::KeepThenReset);
    world.publish(Review::broken("lid"));
    world.poll().await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1);
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "others pass over the same channel");
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1, "and that is no reason for a second copy");
    for _ in 0..8 {
        world.pass(30 * MINUTE).await;
    }
    let mails = world.mails_to("jonas@kestrel.test");
    assert_eq!(mails.len(), 2, "{}", world.log.text());
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    let dead: Vec<Delivery> =
        deliveries(&world, "mail").await.into_iter().filter(|delivery| delivery.state == DeliveryState::Dead).collect();
    assert!(dead.len() == 1 && dead[0].possible_duplicate, "{dead:#?}");
    let told = world.mails_to("ops@kestrel.test");
    assert!(told.iter().any(|mail| mail.body("text/plain").contains("may have taken the mail")), "ops read that nobody knows");
    world.declared.dead = 1;
    world.declared.repeats = 1;
    world.finish().await;
}
