//! Pages that mark up their reviews: heard without a selector, over several pages, and told when they show something else.

use hearken::model::{FailureKind, IncidentState};

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::{PAGE, Review, page};
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

#[tokio::test]
async fn a_list_whose_items_have_another_name_is_drift_and_an_empty_one_is_not() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    let reviews: Vec<Review> = super::blindness::complaints(12, "a");
    let renamed: String = [vec![Review::broken("today")], reviews.clone()]
        .concat()
        .iter()
        .map(|Review { id, title, text, author }| {
            format!("<section class=rev2 id={id}><h2>{title}</h2><b class=by>{author}</b><p>{text}</p></section>")
        })
        .collect();
    let html = |words: &str| Answer::ok("text/html; charset=utf-8", format!("<title>shop</title><div id=\"reviews\">{words}</div>"));
    let failure = |world: &World| {
        let store = world.store();
        async move { store.source("shop").await.expect("the store answers").expect("it is there").failure }
    };
    world.site.serve("/shop", page(&reviews));
    world.run().await;
    world.poll().await;
    world.site.serve("/shop", html(&renamed));
    for _ in 0..4 {
        world.poll().await;
    }
    assert_eq!(failure(&world).await, Some(FailureKind::Drift));
    assert_eq!(world.troubles("source:shop").await.len(), 1, "and ops are told");
    for words in ["", "<p>目前沒有評論，歡迎成為第一位留言的人。</p>", "<p>Reviews are closed.</p>"] {
        world.site.serve("/shop", html(words));
        world.poll().await;
        assert_eq!(failure(&world).await, None, "{words}");
    }
    world.finish().await;
}

const NAMELESS: &str = r##"
[[source]]
name = "shop"
kind = "page"
url = "{site}/shop"
interval = "1m"
[source.select]
container = "#reviews"
item = ".card"
text = "p"
author = "b"
"##;

fn cards(reviews: &[(&str, &str)]) -> Answer {
    reviews_page(reviews.iter().map(|(author, text)| format!("<div class=card><b>{author}</b><p>{text}</p></div>")))
}

fn dated_cards(reviews: &[(&str, &str, &str)]) -> Answer {
    reviews_page(
        reviews
            .iter()
            .map(|(author, day, text)| format!("<div class=card><b>{author}</b><time datetime=\"{day}\">{day}</time><p>{text}</p></div>")),
    )
}

fn reviews_page(cards: impl Iterator<Item = String>) -> Answer {
    let cards: String = cards.collect();
    Answer::ok("text/html; charset=utf-8", format!("<title>shop</title><div id=reviews>{cards}</div>"))
}

/// Most review pages give their reviews neither an id nor an address.
#[tokio::test]
async fn a_review_without_id_or_address_that_its_author_edits_stays_one_case() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = NAMELESS.to_owned())).await;
    let old = ("李小安", "紅隼快煮壺很好用，燒水很快。");
    let first = "在官網買紅隼快煮壺，訂了十天還沒收到貨，客服電話一直沒人接。";
    world.site.serve("/shop", cards(&[old]));
    world.run().await;
    world.poll().await;
    world.site.serve("/shop", cards(&[("王大明", first), old]));
    world.poll().await;
    let told = world.mailed().len();
    assert!(told > 0, "{}", world.log.text());
    let worse = format!("{first}今天終於收到，一插電就把我的手燙傷，送醫急救。");
    for _ in 0..2 {
        world.site.serve("/shop", cards(&[("王大明", &worse), old]));
        world.poll().await;
    }
    let cases = world.incidents().await;
    assert_eq!((cases.len(), cases[0].severity), (1, hearken::model::Severity::Critical), "{cases:?}");
    let after = world.mailed().len();
    assert!(after > told, "who was told of the milder one hears of the worse");
    // Another customer, or somebody whose name is many people's, is somebody else.
    world.site.serve("/shop", cards(&[("陳美惠", &worse), ("匿名", first), ("王大明", &worse), old]));
    world.poll().await;
    assert!(world.incidents().await.len() > 1, "{:?}", world.incidents().await);
    world.finish().await;
}

/// Whom the next order keeps waiting, too, may say it in the words of before.
#[tokio::test]
async fn the_same_words_under_another_date_are_another_review_and_told_once_the_case_is_closed() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = format!("{NAMELESS}time = \"time\"\n"))).await;
    let old = ("李小安", "2026-10-02", "紅隼快煮壺很好用，燒水很快。");
    let words = "在官網買紅隼快煮壺，訂了十天還沒收到貨，客服電話一直沒人接。";
    let (first, second, third) = (("王大明", "2026-11-01", words), ("王大明", "2026-11-03", words), ("王大明", "2026-11-09", words));
    world.site.serve("/shop", dated_cards(&[old]));
    world.run().await;
    world.poll().await;
    let mut told = world.mailed().len();
    let mut shown = vec![old];
    for review in [first, second] {
        shown.insert(0, review);
        for _ in 0..2 {
            world.site.serve("/shop", dated_cards(&shown));
            world.poll().await;
        }
        let cases = world.incidents().await;
        let case = cases.iter().find(|case| case.state == IncidentState::Open);
        let case = case.unwrap_or_else(|| panic!("{review:?}: {cases:?}"));
        assert!(world.mailed().len() > told, "{review:?}");
        world.verb(&["incidents", "resolve", &case.id, "--as", "mei", "--cause", "x", "--remedy", "y"]).await;
        told = world.mailed().len();
    }
    // The list of the newest ones shows the earlier ones no more, and then the third.
    for shown in [vec![old], vec![third, old]] {
        world.site.serve("/shop", dated_cards(&shown));
        world.poll().await;
        world.poll().await;
    }
    assert_eq!(world.incidents().await.len(), 3, "{:?}", world.incidents().await);
    assert!(world.mailed().len() > told);
    world.finish().await;
}
