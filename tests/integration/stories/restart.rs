//! Rules that a reload would refuse come into force by a start: that is told, and stays told.

use hearken::model::{IncidentKind, IncidentState};

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;

fn rules(world: &World) -> std::path::PathBuf {
    world.folder().join("rules/small.toml")
}

/// A restart puts the refused rules in force: ops read that, and not that all is well.
#[tokio::test]
async fn refused_rules_that_a_restart_puts_in_force_stay_told() {
    let mut world = World::start(Plan::with(|plan| plan.more = "[reload]\nmost_lost_warnings_per_day = 0\n".to_owned())).await;
    world.warned_of(Review::late("ten-days")).await;
    let good = std::fs::read_to_string(rules(&world)).expect("it is there");
    let worse = good.replace("还没收到", "一直没有来").replace("訂了十天還沒收到貨", "訂了十天一直沒有來");
    std::fs::write(rules(&world), worse).expect("it is written");
    world.take_up().await;
    let refused = world.troubles("ops:reload").await.remove(0);
    assert!(refused.title.starts_with("Changed rules were refused"), "{}", refused.title);
    for restart in 0..2 {
        world.restart().await;
        world.quiet().await;
        let now = world.troubles("ops:reload").await;
        assert_eq!((now.len(), now[0].state), (1, IncidentState::Open), "restart {restart}\n{}", world.log.text());
        assert!(now[0].title.starts_with("Since the restart rules are in force that lose 1.0 warnings a day"), "{}", now[0].title);
        assert!(now[0].detail.contains("-logistics.late") && now[0].detail.contains("no older set to keep"), "{}", now[0].detail);
        assert_eq!(world.mails_to("ops@kestrel.test").len(), 2, "refused, and in force: each once");
    }
    // What arrives under them is heard once they are mended.
    world.publish(Review::new("other", "紅隼沒寄來", "紅隼的保溫杯下單之後三個星期還沒收到。"));
    world.poll().await;
    assert_eq!(world.incidents().await.iter().filter(|case| case.kind == IncidentKind::Mention).count(), 1, "no rule hears it");
    std::fs::write(rules(&world), good).expect("it is written");
    world.take_up().await;
    world.quiet().await;
    let cases = world.incidents().await;
    assert_eq!(cases.iter().filter(|case| case.kind == IncidentKind::Mention).count(), 2, "{}", world.log.text());
    assert_eq!(world.troubles("ops:reload").await[0].state, IncidentState::Resolved);
    world.restart().await;
    world.quiet().await;
    assert!(world.troubles("ops:reload").await.iter().all(|trouble| trouble.state == IncidentState::Resolved), "and it stays so");
    world.finish().await;
}

/// Files that were changed while nothing ran were never refused; they are looked at all the same.
#[tokio::test]
async fn rules_changed_while_we_were_down_are_compared_with_what_was_told() {
    let mut world = World::start(Plan::with(|plan| plan.more = "[reload]\nmost_lost_warnings_per_day = 0\n".to_owned())).await;
    world.warned_of(Review::late("ten-days")).await;
    world.stop().await;
    let good = std::fs::read_to_string(rules(&world)).expect("it is there");
    let worse = good.replace("还没收到", "一直没有来").replace("訂了十天還沒收到貨", "訂了十天一直沒有來");
    std::fs::write(rules(&world), &worse).expect("it is written");
    world.run().await;
    world.quiet().await;
    let told = world.troubles("ops:reload").await;
    assert!(told.len() == 1 && told[0].title.starts_with("Since the restart"), "{told:?}");
    // The operator means it, and says so.
    let config = std::fs::read_to_string(world.config()).expect("it is there");
    std::fs::write(world.config(), config.replace("per_day = 0", "per_day = 9")).expect("it is written");
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await[0].state, IncidentState::Resolved, "{}", world.log.text());
    world.finish().await;
}
