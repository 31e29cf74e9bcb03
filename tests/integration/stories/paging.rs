//! Further pages that could not be read are owed: read as soon as they can be, however much above them is known by then.

use std::time::Duration;

use hearken::model::{FailureKind, SourceState};
use hearken::store::MentionFilter;
use serde_json::{Value, json};

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;
use crate::world::site::Answer;

/// Its own host, so that the forum's manners have no part in it.
const SOURCE: &str = r#"
[[source]]
name = "board"
kind = "json"
url = "{site}/board"
interval = "10m"
[source.json]
items = "/list"
id = "/id"
text = "/text"
[source.json.paging]
by = "next"
from = "/next"
pages = 3
"#;

const A_PAGE: usize = 4;

/// Serves a board, the newest entries first, a few on a page.
fn serve(world: &World, reviews: &[Review]) {
    let pages = reviews.chunks(A_PAGE).count();
    for (place, part) in reviews.chunks(A_PAGE).enumerate() {
        let next = (place + 1 < pages).then(|| path(place + 1));
        let list: Vec<Value> = part.iter().map(|review| json!({ "id": review.id, "text": review.text })).collect();
        world.site.serve(&path(place), Answer::ok("application/json", json!({ "list": list, "next": next }).to_string()));
    }
}

fn path(place: usize) -> String {
    if place == 0 { "/board".to_owned() } else { format!("/board/{}", place + 1) }
}

fn old_ones(count: usize) -> Vec<Review> {
    (0..count).map(|number| Review::new(&format!("old-{number}"), "心得", &format!("紅隼快煮壺用了 {number} 個月，水滾得快。"))).collect()
}

fn news(count: usize) -> Vec<Review> {
    (0..count).map(|number| Review::broken(&format!("n{number:02}"))).collect()
}

fn followed_by(new: &[Review], old: &[Review]) -> Vec<Review> {
    [new, old].concat()
}

async fn start(old: &[Review]) -> World {
    let mut world = World::prepare(Plan::with(|plan| plan.more = SOURCE.to_owned())).await;
    serve(&world, old);
    world.run().await;
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "what was there wakes nobody");
    world
}

async fn board(world: &World) -> SourceState {
    world.store().source("board").await.expect("the store answers").expect("it is there")
}

/// Which of these are stored as mentions that are told.
async fn told(world: &World, reviews: &[Review]) -> usize {
    let filter = MentionFilter { limit: 1000, ..MentionFilter::default() };
    let mentions = world.store().mentions(&filter).await.expect("the store answers");
    let is_told = |review: &&Review| mentions.iter().any(|(mention, _)| mention.text == review.text && !mention.baseline);
    reviews.iter().filter(is_told).count()
}

#[tokio::test]
async fn a_page_that_fails_once_in_a_burst_is_read_with_the_next_poll() {
    let old = old_ones(12);
    let world = start(&old).await;
    let new = news(10);
    serve(&world, &followed_by(&new, &old));
    let second = Answer::status(500);
    world.site.serve("/board/2", second);
    world.poll().await;
    assert_eq!(told(&world, &new).await, 4, "the first page");
    let state = board(&world).await;
    assert_eq!(state.failure, Some(FailureKind::Server));
    let shown = world.verb(&["sources", "show", "board"]).await.text();
    assert!(shown.contains("page 2 could not be read: the server answered 500") && shown.contains("server 1"), "{shown}");
    let listed = world.verb(&["sources"]).await.text();
    assert!(listed.contains("cannot see: server"), "{listed}");
    // Nothing above has changed.
    serve(&world, &followed_by(&new, &old));
    world.poll().await;
    assert_eq!(told(&world, &new).await, 10);
    let state = board(&world).await;
    assert_eq!((state.failure, state.watch.gap), (None, None));
    let before = world.site.requests("/board/2").len();
    world.poll().await;
    world.poll().await;
    assert_eq!(world.site.requests("/board/2").len(), before, "what is known is not asked for");
    world.finish().await;
}

#[tokio::test]
async fn a_service_that_asks_for_patience_on_a_further_page_gets_it_and_the_page_is_read_then() {
    let old = old_ones(12);
    let world = start(&old).await;
    let new = news(10);
    serve(&world, &followed_by(&new, &old));
    world.site.serve("/board/3", Answer::status(429).header("retry-after", "3600"));
    world.poll().await;
    let state = board(&world).await;
    assert_eq!((state.failure, told(&world, &new).await), (Some(FailureKind::Throttled), 8));
    assert!(state.next_due_at >= world.clock.now().plus(Duration::from_secs(3600)), "{state:?}");
    serve(&world, &followed_by(&new, &old));
    world.poll().await;
    assert_eq!((board(&world).await.failure, told(&world, &new).await), (None, 10));
    world.finish().await;
}

#[tokio::test]
async fn a_burst_beyond_the_pages_of_one_poll_is_read_on_with_the_next_ones() {
    let old = old_ones(12);
    let mut world = start(&old).await;
    let new = news(30);
    serve(&world, &followed_by(&new, &old));
    world.poll().await;
    assert_eq!(told(&world, &new).await, 12, "three pages");
    let state = board(&world).await;
    assert_eq!((state.failure, state.watch.gap.as_ref().map(|gap| gap.pages)), (None, Some(4)), "{state:?}");
    assert!(state.next_due_at <= world.clock.now().plus(Duration::from_secs(61)), "soon");
    let shown = world.verb(&["sources", "show", "board"]).await.text();
    assert!(shown.contains("not read yet"), "{shown}");
    // Many at once are told in one mail, which is still to come.
    world.declared.unsent = true;
    world.restart().await;
    world.poll().await;
    let told = told(&world, &new).await;
    assert_eq!((told, board(&world).await.watch.gap), (30, None));
    assert_eq!(world.troubles("unread:").await.len(), 0);
    world.finish().await;
}

#[tokio::test]
async fn what_the_first_poll_could_not_read_is_the_past_all_the_same() {
    let old: Vec<Review> = (0..12).map(|number| Review::late(&format!("before-{number}"))).collect();
    let mut world = World::prepare(Plan::with(|plan| plan.more = SOURCE.to_owned())).await;
    serve(&world, &old);
    world.site.serve("/board/2", Answer::status(503));
    world.run().await;
    world.poll().await;
    assert_eq!(board(&world).await.failure, Some(FailureKind::Server));
    let new = news(1);
    serve(&world, &followed_by(&new, &old));
    world.poll().await;
    assert_eq!((told(&world, &new).await, told(&world, &old).await), (1, 0));
    assert_eq!(board(&world).await.watch.gap, None);
    world.finish().await;
}

#[tokio::test]
async fn a_further_page_that_stays_away_is_told_to_ops() {
    let old = old_ones(12);
    let world = start(&old).await;
    serve(&world, &followed_by(&news(6), &old));
    world.site.serve("/board/2", Answer::status(403));
    for _ in 0..3 {
        world.poll().await;
    }
    let cases = world.troubles("source:board").await;
    assert_eq!(cases.len(), 1);
    assert!(cases[0].detail.contains("page 2 could not be read"), "{}", cases[0].detail);
    let due = board(&world).await.next_due_at;
    assert!(due <= world.clock.now().plus(Duration::from_mins(11)), "the first page is read as often as ever");
    world.finish().await;
}

const SHOP: &str = r##"
[[source]]
name = "shop"
kind = "page"
url = "{site}/shop"
interval = "10m"
[source.select]
container = "#reviews"
item = "p.r"
next = "a.next"
pages = 2
"##;

fn shop(reviews: &[Review], next: Option<&str>) -> Answer {
    let list: String = reviews.iter().map(|review| format!("<p class=\"r\">{}</p>", review.text)).collect();
    let next = next.map(|next| format!("<a class=\"next\" href=\"{next}\">more</a>")).unwrap_or_default();
    Answer::ok("text/html; charset=utf-8", format!("<!doctype html><title>shop</title><div id=\"reviews\">{list}</div>{next}"))
}

#[tokio::test]
async fn a_page_for_people_that_failed_below_is_read_although_the_first_one_stands_as_it_did() {
    let old = old_ones(6);
    let new = news(6);
    let mut world = World::prepare(Plan::with(|plan| plan.more = SHOP.to_owned())).await;
    let serve = |world: &World, reviews: &[Review]| {
        world.site.serve("/shop", shop(&reviews[..4], Some("/shop/2")).etag(&format!("\"{}\"", reviews.len())));
        world.site.serve("/shop/2", shop(&reviews[4..8.min(reviews.len())], (reviews.len() > 8).then_some("/shop/3")));
        world.site.serve("/shop/3", shop(&reviews[8.min(reviews.len())..], None));
    };
    serve(&world, &old);
    world.run().await;
    world.poll().await;
    serve(&world, &followed_by(&new, &old));
    world.site.serve("/shop/2", Answer::status(502));
    world.poll().await;
    assert_eq!(told(&world, &new).await, 4);
    serve(&world, &followed_by(&new, &old));
    world.poll().await;
    assert_eq!(told(&world, &new).await, 6);
    world.finish().await;
}
