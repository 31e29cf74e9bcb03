//! Pages for people in a receiver's place: they take no message, and end no trouble.

use std::time::Duration;

use hearken::model::{Delivery, DeliveryState, IncidentState};
use hearken::store::DeliveryFilter;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::receiver::Answer;
use crate::world::review::Review;

const HOUR: Duration = Duration::from_hours(1);

async fn deliveries(world: &World) -> Vec<Delivery> {
    let filter = DeliveryFilter { channel: Some("hook".to_owned()), limit: 1000, ..DeliveryFilter::default() };
    world.store().deliveries(&filter).await.expect("the store answers")
}

#[tokio::test]
async fn a_page_for_people_is_no_sign_that_a_receiver_is_well() {
    let plan = Plan::with(|plan| plan.departments = plan.departments.replace("\"30m\"", "\"20d\"").replace("\"1h\"", "\"20d\""));
    let mut world = World::start(plan).await;
    world.hook.answer_always(Answer::status(200).body(r#"{"errcode":310000,"errmsg":"keywords not in content"}"#));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    world.hook.answer_always(Answer::status(200).body("<html><title>Just a moment...</title>captcha</html>"));
    world.pass(HOUR).await;
    assert!(deliveries(&world).await.iter().all(|delivery| delivery.state == DeliveryState::Due), "a barrier takes nothing");
    assert!(world.troubles("channel:hook").await.iter().all(|trouble| trouble.state == IncidentState::Open));
    world.hook.answer_always(Answer::status(200).body("<html><body>Welcome</body></html>"));
    world.pass(HOUR).await;
    assert!(deliveries(&world).await.iter().all(|delivery| delivery.state == DeliveryState::Accepted));
    assert_eq!(world.troubles("channel:hook").await[0].state, IncidentState::Open, "anybody's page ends no trouble");
    world.hook.answer_always(Answer::status(200).body(r#"{"errcode":0,"errmsg":"ok"}"#));
    world.publish(Review::new("other", "紅隼沒寄來", "紅隼的保溫杯下單之後三個星期還沒收到，打電話去問都說在路上，完全沒有人負責。"));
    world.poll().await;
    assert_eq!(world.troubles("channel:hook").await[0].state, IncidentState::Resolved);
    world.finish().await;
}
