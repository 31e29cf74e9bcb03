//! A channel gets another name, or goes, while cases are open: what waits for it and what comes later goes over the channels of today.

use std::time::Duration;

use hearken::model::{Delivery, IncidentState};
use hearken::store::DeliveryFilter;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;
use crate::world::smtp::{Act, At};

const MINUTE: Duration = Duration::from_mins(1);

async fn deliveries(world: &World, channel: &str) -> Vec<Delivery> {
    let filter = DeliveryFilter { channel: Some(channel.to_owned()), limit: 1000, ..DeliveryFilter::default() };
    world.store().deliveries(&filter).await.expect("the store answers")
}

/// The operator gives the mail channel another name, in all places.
fn rename_mail(world: &World) {
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    std::fs::write(world.config(), text.replace("\"mail\"", "\"信\"")).expect("it is written");
}

#[tokio::test]
async fn a_channel_that_gets_another_name_takes_its_open_cases_along() {
    renamed(Plan::default(), false).await;
}

#[tokio::test]
async fn a_channel_that_gets_another_name_while_we_are_down_takes_its_open_cases_along() {
    renamed(Plan::default(), true).await;
}

async fn renamed(plan: Plan, down: bool) {
    let mut world = World::start(plan).await;
    world.mail.on(At::Rcpt, Act::reply("451 4.7.1 greylisted, come again later"));
    let case = world.warned_of(Review::late("ten-days")).await.id;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 0, "they wait");
    if down {
        world.stop().await;
    }
    rename_mail(&world);
    world.mail.behave();
    if down {
        world.run().await;
        world.quiet().await;
    } else {
        world.take_up().await;
    }
    for waiting in ["hong@kestrel.test", "fang@kestrel.test"] {
        assert_eq!(world.mails_to(waiting).len(), 1, "{waiting} is told at once\n{}", world.log.text());
    }
    assert!(deliveries(&world, "mail").await.is_empty(), "nothing stays with the old name");
    assert!(world.events(&case).await.contains(&"readdressed".to_owned()));
    world.pass(31 * MINUTE).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1, "the next step takes the channel of today");
    world.pass(61 * MINUTE).await;
    assert_eq!(world.mails_to("chen@kestrel.test").len(), 1, "and the one behind it");
    let open = world.troubles("channel:").await.into_iter().filter(|trouble| trouble.state == IncidentState::Open);
    assert_eq!(open.count(), 0, "no channel is in trouble");
    world.finish().await;
}

/// Where the department has no mail any more, its other channels hear of it, and each of them once.
#[tokio::test]
async fn what_waits_for_a_channel_that_was_taken_out_goes_over_what_is_left() {
    let mut world = World::start(Plan::default()).await;
    world.hook.answer_always(crate::world::receiver::Answer::status(503));
    let case = world.warned_of(Review::late("ten-days")).await.id;
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    let (before, rest) = text.split_once("[[channel]]\nname = \"hook\"").expect("the hook");
    let (_, after) = rest.split_once("[[department]]").expect("the departments");
    let without = format!("{before}[[department]]{after}").replace("[\"mail\", \"hook\"]", "[\"mail\"]");
    std::fs::write(world.config(), without).expect("it is written");
    world.take_up().await;
    world.pass(10 * MINUTE).await;
    let mailed = world.mailed();
    assert_eq!(
        (mailed.len(), deliveries(&world, "hook").await.iter().filter(|row| row.state.to_string() == "due").count()),
        (2, 0),
        "{mailed:?}"
    );
    assert!(world.events(&case).await.contains(&"readdressed".to_owned()));
    assert_eq!(world.troubles("channel:hook").await.iter().filter(|trouble| trouble.state == IncidentState::Open).count(), 0);
    world.finish().await;
}

/// A case whose first warning waits when `hong-new` takes the place of `hong` at the desk, and `lead` that of the lead: the desk of today
/// has heard.
async fn moved_while_a_warning_waits(lead: &str) -> World {
    let mut world = World::start(Plan::default()).await;
    world.mail.on(At::Rcpt, Act::reply("451 4.7.1 greylisted, come again later"));
    let case = world.warned_of(Review::late("ten-days")).await.id;
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    let others = text.replace("hong@kestrel.test", "hong-new@kestrel.test").replace("lead@kestrel.test", lead);
    std::fs::write(world.config(), others).expect("it is written");
    world.mail.behave();
    world.take_up().await;
    world.pass(10 * MINUTE).await;
    assert_eq!(told_of_desk(&world), [0, 1, 1], "the desk\n{}", world.log.text());
    assert!(world.events(&case).await.contains(&"readdressed".to_owned()));
    world
}

fn told_of_desk(world: &World) -> [usize; 3] {
    ["hong", "hong-new", "fang"].map(|name| world.mails_to(&format!("{name}@kestrel.test")).len())
}

/// People leave while cases are open: whoever came in their place hears, in the desk and on the ladder, and nobody who is gone does.
#[tokio::test]
async fn who_came_in_place_of_somebody_who_left_hears_of_open_cases() {
    let world = moved_while_a_warning_waits("lead-new@kestrel.test").await;
    world.pass(31 * MINUTE).await;
    assert_eq!(["lead", "lead-new"].map(|name| world.mails_to(&format!("{name}@kestrel.test")).len()), [0, 1], "the ladder");
    assert_eq!(told_of_desk(&world), [0, 1, 1], "nobody is told twice");
    world.finish().await;
}

/// Whoever sits at the desk is to hear first: one who moved on to the ladder hears when the case gets there.
#[tokio::test]
async fn what_waits_for_a_desk_goes_to_those_who_sit_there_today() {
    let world = moved_while_a_warning_waits("hong@kestrel.test").await;
    world.pass(31 * MINUTE).await;
    assert_eq!(told_of_desk(&world), [1, 1, 1], "the ladder");
    world.finish().await;
}
