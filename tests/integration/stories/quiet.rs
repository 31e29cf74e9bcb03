//! Silence that is nobody's fault: on holidays, and where many fall silent at once.

use std::time::Duration;

use hearken::model::IncidentState;

use super::blindness::{NEWS, chat};
use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::rss;

const HOUR: Duration = Duration::from_hours(1);

/// Four news feeds in step, which go on until they are stopped.
struct Newspapers {
    world: World,
    items: usize,
}

impl Newspapers {
    const NAMES: [&'static str; 4] = ["east", "west", "north", "south"];

    /// After three weeks in which each brought something with every poll.
    async fn start(company: &str) -> Self {
        let feeds = Self::NAMES.map(|name| NEWS.replace("news", name)).concat();
        let world = World::prepare(Plan::with(|plan| plan.more = feeds)).await;
        let text = std::fs::read_to_string(world.config()).expect("it is there");
        std::fs::write(world.config(), text.replace("[company]\n", &format!("[company]\n{company}\n"))).expect("it is written");
        let mut papers = Self { world, items: 1 };
        papers.print(&Self::NAMES);
        papers.world.run().await;
        let end = papers.world.clock.now().plus(21 * 24 * HOUR);
        while papers.world.clock.now() < end {
            papers.print(&Self::NAMES);
            papers.world.poll().await;
        }
        assert_eq!(papers.world.mailed(), [""; 0]);
        papers
    }

    fn print(&mut self, names: &[&str]) {
        self.items += 1;
        for name in names {
            self.world.site.serve(&format!("/{name}.xml"), rss(&chat(self.items)[..12.min(self.items)]));
        }
    }

    async fn quiet_for(&self, span: Duration) {
        let end = self.world.clock.now().plus(span);
        while self.world.clock.now() < end {
            self.world.poll().await;
        }
    }
}

#[tokio::test]
async fn sources_that_fall_silent_together_are_one_notice_and_the_one_that_stays_silent_is_told() {
    let mut papers = Newspapers::start("").await;
    papers.quiet_for(9 * 24 * HOUR).await;
    assert_eq!(papers.world.mailed(), ["ops@kestrel.test"], "one notice for all, however long it lasts");
    let told = papers.world.troubles("").await;
    assert_eq!((told.len(), told[0].key.as_str()), (1, "quiet:together"));
    assert!(told[0].title.starts_with("4 sources fell silent together"), "{}", told[0].title);
    assert!(Newspapers::NAMES.iter().all(|name| told[0].detail.contains(name)), "{}", told[0].detail);
    let listed = papers.world.verb(&["sources"]).await.ended(0).text();
    assert!(listed.contains("others fell silent with it"), "{listed}");
    papers.world.restart().await;
    papers.quiet_for(24 * HOUR).await;
    assert_eq!(papers.world.mailed().len(), 1, "a restart tells nothing twice");
    for _ in 0..12 {
        papers.print(&["east", "west", "north"]);
        papers.world.poll().await;
    }
    assert_eq!(papers.world.incident(&told[0].id).await.state, IncidentState::Resolved);
    for _ in 0..12 {
        papers.print(&["east", "west", "north"]);
        papers.world.poll().await;
    }
    let alone = papers.world.troubles("silent:").await;
    assert_eq!(alone.iter().map(|incident| incident.key.as_str()).collect::<Vec<_>>(), ["silent:south"]);
    papers.world.finish().await;
}

#[tokio::test]
async fn on_holidays_that_are_known_nobody_is_told_and_afterwards_as_ever() {
    let mut papers = Newspapers::start("holidays = [\"2026-12-11..2026-12-20\"]").await;
    papers.quiet_for(9 * 24 * HOUR).await;
    assert_eq!(papers.world.mailed(), [""; 0], "nobody writes on holidays");
    for _ in 0..8 {
        papers.print(&["east", "west", "north"]);
        papers.world.poll().await;
    }
    papers.world.poll().await;
    for _ in 0..12 {
        papers.print(&["east", "west", "north"]);
        papers.world.poll().await;
    }
    let told = papers.world.troubles("").await;
    assert_eq!(told.iter().map(|incident| incident.key.as_str()).collect::<Vec<_>>(), ["silent:south"]);
    papers.world.finish().await;
}
