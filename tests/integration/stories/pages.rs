//! Pages that mark up their reviews: heard without a selector, over several pages, and told when they show something else.

use hearken::model::FailureKind;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::site::Answer;

const SOURCE: &str = r##"
[[source]]
name = "shop"
kind = "page"
url = "{site}/shop"
interval = "1m"
[source.select]
pages = 3
"##;

/// A shop's page for search engines; `next` leads to its next one.
fn shop(reviews: &[(&str, &str)], next: &str) -> Answer {
    let reviews: Vec<String> = reviews
        .iter()
        .map(|(id, text)| {
            format!("{{\"@type\": \"Review\", \"@id\": \"#{id}\", \"author\": \"Reader\", \"reviewBody\": \"{text}\", \"reviewRating\": {{\"ratingValue\": 1}}}}")
        })
        .collect();
    let product = format!("{{\"@type\": \"Product\", \"name\": \"Kestrel\", \"review\": [{}]}}", reviews.join(","));
    let body = format!("<!doctype html><title>shop</title><script type=\"application/ld+json\">{product}</script>{next}");
    Answer::ok("text/html; charset=utf-8", body)
}

const LEAK: &str = "红隼水壶用了三天就漏水，柜子都泡了，要求退款。";

#[tokio::test]
async fn a_marked_up_review_on_a_later_page_is_warned_of_and_a_barrier_is_told() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = SOURCE.to_owned())).await;
    let first = |next: &str| shop(&[("a", "红隼水壶挺好用的")], next);
    world.site.serve("/shop", first(""));
    world.run().await;
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "what was there wakes nobody");
    let next = "<a href=\"/shop/2\">下一页</a>";
    world.site.serve("/shop", first(next));
    world.site.serve("/shop/2", shop(&[("b", LEAK)], "<a href=\"/shop/3\">下一页</a>"));
    // The third page is the second under another address: the walk ends there.
    world.site.serve("/shop/3", shop(&[("b", LEAK)], "<a href=\"/shop/4\">下一页</a>"));
    world.poll().await;
    assert!(!world.mailed().is_empty(), "the leak on the second page is told");
    let told = world.mailed().len();
    world.site.serve("/shop", Answer::ok("text/html", "<title>安全验证</title><div>请完成下方验证</div>"));
    world.poll().await;
    let state = world.store().source("shop").await.expect("the store answers").expect("it is there");
    assert_eq!(state.failure, Some(FailureKind::Blocked), "{:?}", state.failure_detail);
    world.site.serve("/shop", shop(&[], ""));
    for _ in 0..3 {
        world.poll().await;
    }
    let state = world.store().source("shop").await.expect("the store answers").expect("it is there");
    assert_eq!((state.failure, world.mailed().len()), (None, told), "a product without reviews is an empty list");
    world.finish().await;
}
