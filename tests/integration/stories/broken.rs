//! Settings that are broken while a daemon runs with the last good ones: whoever looks at its cases at night sees them all the same.

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::program::Said;
use crate::world::review::Review;

use hearken::model::IncidentState;

/// Mistakes in every kind of section that a verb could want.
const MISTAKES: [&str; 6] = [
    "[collect]\ncolour = 1",
    "[[source]]\nname = \"broken\"\nkind = \"feed\"",
    "[[route]]\ndepartment = \"nobody\"",
    "[[department]]\nname = \"empty\"",
    "[heartbeat]\nevery = \"x\"",
    "[[brand]\nname = ",
];

fn warned(said: &Said) -> String {
    let remarks = said.ended(0).remarks();
    assert!(remarks.contains("`hearken check`") && remarks.contains("Not read:"), "{remarks}");
    remarks
}

#[tokio::test]
async fn what_the_store_knows_is_shown_although_the_settings_are_broken() {
    let mut world = World::start(Plan::default()).await;
    let case = world.warned_of(Review::late("ten-days")).await;
    let good = std::fs::read_to_string(world.config()).expect("it is there");
    for mistake in MISTAKES {
        std::fs::write(world.config(), format!("{good}\n{mistake}\n")).expect("it is written");
        assert_eq!(world.verb(&["check"]).await.0.status.code(), Some(2), "{mistake}");
        let listed = world.verb(&["incidents"]).await;
        warned(&listed);
        assert!(listed.text().contains(&case.id), "{mistake}: {}", listed.text());
        for verb in [&["incidents", "show", &case.id][..], &["sources"], &["sources", "show", "forum"], &["deliveries"]] {
            let said = world.verb(verb).await;
            warned(&said);
            assert!(!said.text().is_empty(), "{mistake}: {verb:?}");
        }
        let sources = world.verb(&["sources"]).await.text();
        assert!(sources.contains("forum") && sources.contains("fine"), "{mistake}: {sources}");
    }
    let remarks = warned(&world.verb(&["incidents", "ack", &case.id, "--as", "Night"]).await);
    assert!(remarks.contains("mistake"), "{remarks}");
    world.quiet().await;
    assert_eq!(world.incident(&case.id).await.state, IncidentState::Acknowledged);
    // What needs the settings says so.
    world.verb(&["incidents", "hand-over", &case.id, "management"]).await.ended(2);
    std::fs::write(world.config(), good.replace("sqlite://", "nosuch://")).expect("it is written");
    let refused = world.verb(&["incidents"]).await;
    assert!(refused.ended(2).remarks().contains("no store we know"), "{}", refused.remarks());
    std::fs::write(world.config(), &good).expect("it is written");
    assert_eq!(world.verb(&["incidents"]).await.ended(0).remarks(), "");
    world.take_up().await;
    world.finish().await;
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_never_taken_for_empty_ones() {
    let world = World::prepare(Plan::default()).await;
    let good = std::fs::read_to_string(world.config()).expect("it is there");
    let file = world.folder().join("labelled.jsonl");
    let line = r#"{"id": 1, "text": "紅隼快煮壺，訂了十天還沒收到貨", "label_sentiment": "neg", "labels_category": ["logistics"]}"#;
    std::fs::write(&file, format!("{line}\n")).expect("it is written");
    let eval = ["eval", file.to_str().expect("a path")];
    let text = ["explain", "紅隼快煮壺，訂了十天還沒收到貨"];
    let judged = world.verb(&text).await;
    assert!(judged.ended(0).text().contains("complaint"), "{}", judged.text());
    for mistake in MISTAKES {
        std::fs::write(world.config(), format!("{good}\n{mistake}\n")).expect("it is written");
        for words in [&["classify"][..], &text, &eval] {
            let said = world.verb(words).await;
            assert_eq!(said.ended(2).text(), "", "{mistake}: {words:?} judges nothing");
            assert!(said.remarks().contains("cannot be used") && said.remarks().contains("hearken.toml"), "{}", said.remarks());
        }
    }
    std::fs::remove_file(world.config()).expect("it was there");
    let missing = world.verb(&text).await;
    assert!(missing.ended(2).remarks().contains("cannot be read"), "named, and not there: {}", missing.remarks());
    std::fs::write(world.config(), &good).expect("it is written");
    world.verb(&eval).await.ended(0);
    world.leave();
}
