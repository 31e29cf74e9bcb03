//! The page of a case is looked at again: the history says what became of the review, and the news of the end says so too.

use std::time::Duration;

use hearken::collect::budget::Budget;
use hearken::model::Patience;

use crate::world::daemon::{World, link};
use crate::world::plan::Plan;
use crate::world::review::{PAGE, Review, page};
use crate::world::site::Answer;

pub(super) const DAY: Duration = Duration::from_hours(24);
const NAMES: &str = "reply_names = [\"紅隼客服\"]\n[store]";

/// A company that looks again every day, for two days after the end of a case.
async fn start(source: &str) -> World {
    start_with(source, "").await
}

async fn start_with(source: &str, collect: &str) -> World {
    start_over(source, collect, PAGE).await
}

pub(super) async fn start_over(source: &str, collect: &str, more: &str) -> World {
    let plan = Plan::with(|plan| {
        plan.respond = "recheck = \"1d\"\nrecheck_for = \"2d\"".to_owned();
        plan.source = source.to_owned();
        plan.collect = collect.to_owned();
        // Nobody of these stories answers in time, and that is not what they are about.
        plan.departments = plan.departments.replace("\"30m\"", "\"30d\"").replace("\"1h\"", "\"30d\"");
        plan.more = more.to_owned();
    });
    let mut world = World::prepare(plan).await;
    world.site.serve("/shop", page(&[]));
    name_us(&world);
    world.run().await;
    world.poll().await;
    world
}

/// Says under which name we answer.
fn name_us(world: &World) {
    let text = std::fs::read_to_string(world.config()).expect("it is there");
    std::fs::write(world.config(), text.replacen("[store]", NAMES, 1)).expect("it is written");
}

fn show(world: &World, review: &Review, more: &str) {
    let other = "<p>出貨很快，包裝也很仔細，下次還會再買。</p>";
    let html = format!(
        "<!doctype html><title>論壇</title><nav>首頁 客服電話 訂單</nav>{other}<article><h2>{}</h2><p>{}</p></article>{more}{other}",
        review.title, review.text
    );
    world.site.serve(&format!("/review/{}", review.id), Answer::ok("text/html; charset=utf-8", html));
}

pub(super) async fn pages(world: &World, id: &str) -> Vec<String> {
    world.events(id).await.into_iter().filter(|kind| kind.starts_with("page_")).collect()
}

/// Ends the newest case by the link of its warning: the command line has the machine's clock, and the story one of its own.
async fn resolve(world: &World) {
    let link = link(world.mails_to("hong@kestrel.test").last().expect("a warning"));
    let ended = world.post(&link, &[("action", "resolve"), ("name", "小芳"), ("cause", "倉庫缺貨"), ("remedy", "補寄")]).await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    world.quiet().await;
}

#[tokio::test]
async fn an_answer_an_edit_and_the_end_of_a_review_are_each_told_once() {
    let mut world = start("").await;
    let review = Review::late("ten-days");
    show(&world, &review, "");
    let id = world.warned_of(review.clone()).await.id;
    world.pass(DAY).await;
    assert_eq!(world.site.requests("/review/ten-days").len(), 1);
    assert_eq!(pages(&world, &id).await, [""; 0], "nothing has changed");
    show(&world, &review, "<section><b>紅隼客服</b><p>非常抱歉，已為您補寄。</p></section>");
    world.pass(DAY).await;
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_answered"]);
    let edited = Review {
        text: format!("{}。更新：收到了，謝謝處理。", &review.text[..review.text.len() / 2 / 3 * 3]), ..review.clone()
    };
    show(&world, &edited, "<section><b>紅隼客服</b><p>非常抱歉，已為您補寄。</p></section>");
    world.pass(DAY).await;
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_answered", "page_edited"]);
    let text = world.verb(&["incidents", "show", &id]).await.ended(0).text();
    assert!(
        text.contains("still there, edited")
            && text.contains("answered by 紅隼客服")
            && text.contains("page: our answer is there, by 紅隼客服"),
        "{text}"
    );
    let reply = world.api_get(&format!("/v1/incidents/{id}")).await;
    assert_eq!(reply["pages"][0]["seen"]["answer"], "紅隼客服", "{reply}");
    world.site.serve("/review/ten-days", Answer::status(404));
    world.pass(DAY).await;
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_answered", "page_edited", "page_gone"]);
    resolve(&world).await;
    world.pass(Duration::from_secs(5)).await;
    let mails = world.mails_to("hong@kestrel.test");
    let last = mails.last().expect("the news of the end").body("text/plain");
    assert!(last.contains("原網頁") && last.contains("已不在"), "{last}");
    world.finish().await;
}

/// The feed keeps the text as it was first written; the page says something else now, and our answer is gone from it.
#[tokio::test]
async fn a_page_that_was_rewritten_says_so_although_its_source_lists_the_old_text() {
    let mut world = start("").await;
    let review = Review::late("ten-days");
    show(&world, &review, "<section><b>紅隼客服</b><p>非常抱歉，已為您補寄。</p></section>");
    let id = world.warned_of(review.clone()).await.id;
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_answered"]);
    let rewritten =
        Review { title: "更新".into(), text: "店長有打電話道歉，問題解決了，改給五星。".into(), ..review };
    show(&world, &rewritten, "");
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_answered", "page_edited", "page_answer_gone"]);
    let text = world.verb(&["incidents", "show", &id]).await.ended(0).text();
    assert!(text.contains("still there, edited") && !text.contains("answered by 紅隼客服"), "{text}");
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await.len(), 3, "each is told once");
    world.finish().await;
}

#[tokio::test]
async fn what_cannot_be_seen_is_not_gone_and_robots_are_obeyed() {
    let mut world = start("").await;
    let review = Review::late("ten-days");
    let id = world.warned_of(review.clone()).await.id;
    let login = "<!doctype html><title>會員登入</title><form><input type=\"password\"></form>";
    world.show_nothing();
    world.site.serve("/review/ten-days", Answer::ok("text/html", login));
    world.pass(DAY).await;
    world.pass(DAY).await;
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_unseen"]);
    show(&world, &review, "");
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_unseen", "page_back"]);
    world.site.serve("/review/ten-days", Answer::ok("text/html", "<!doctype html><title>論壇</title><p>這裡沒有文章。</p>"));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await.len(), 2, "once missing is not gone");
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_unseen", "page_back", "page_gone"]);
    let asked = world.site.requests("/review/ten-days");
    assert!(asked.iter().all(|request| request.method == "GET"));
    world.site.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /review/\n"));
    world.pass(DAY * 2).await;
    world.pass(DAY).await;
    let before = world.site.requests("/review/ten-days").len();
    world.pass(DAY).await;
    assert_eq!(world.site.requests("/review/ten-days").len(), before, "robots.txt forbids it now");
    world.finish().await;
}

#[tokio::test]
async fn a_rating_that_is_raised_on_a_page_of_reviews_is_noticed() {
    let world = start("").await;
    let html = |stars: &str| {
        format!(
            "<!doctype html><title>shop</title><div id=\"reviews\"><article><h2><a href=\"/shop#r1\">Broken</a></h2><b class=\"by\">Jo</b>\
             <span class=\"stars\">{stars}</span><p>The lid of my Kestrel kettle, model nine, is broken after one week of use.</p></article></div>"
        )
    };
    world.site.serve("/shop", Answer::ok("text/html", html("1/5")));
    world.poll().await;
    let id = world.incidents().await[0].id.clone();
    // A poll that sees the new rating before the page is watched leaves nothing to compare it with.
    let watched = async {
        while world.store().rechecks(&id).await.expect("the store answers").is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), watched).await.expect("its page is watched");
    world.site.serve("/shop", Answer::ok("text/html", html("4/5")));
    world.pass(DAY).await;
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_rating"], "{}", world.log.text());
    let events = world.store().incident_events(&id).await.expect("the store answers");
    let rating = events.iter().find(|event| event.kind == "page_rating").expect("it is there");
    assert_eq!((&rating.detail["from"], &rating.detail["to"]), (&1.0.into(), &4.0.into()), "{rating:?}");
    world.finish().await;
}

#[tokio::test]
async fn looks_end_after_the_case_and_a_source_may_be_left_alone() {
    let mut world = start("recheck = \"never\"").await;
    let review = Review::late("ten-days");
    show(&world, &review, "");
    let id = world.warned_of(review.clone()).await.id;
    world.pass(DAY * 2).await;
    assert_eq!(world.site.requests("/review/ten-days").len(), 0, "nobody looks unless asked");
    let text = world.verb(&["incidents", "recheck", &id]).await.ended(0).text();
    assert!(text.contains("/review/ten-days") && text.contains("still there, unchanged") && text.contains("nothing new"), "{text}");
    assert_eq!(world.site.requests("/review/ten-days").len(), 1);
    world.pass(DAY * 2).await;
    assert_eq!(world.site.requests("/review/ten-days").len(), 1, "once asked is once looked at");
    world.plan.source = String::new();
    world.write();
    name_us(&world);
    world.restart().await;
    world.pass(Duration::from_mins(2)).await;
    let other = Review::late("two-weeks");
    show(&world, &other, "");
    let other_id = world.warned_of(other).await.id;
    resolve(&world).await;
    assert!(world.incident(&other_id).await.resolved_at.is_some());
    for _ in 0..6 {
        world.pass(DAY).await;
    }
    let looks = world.site.requests("/review/two-weeks").len();
    assert!((1..=2).contains(&looks), "two days after the end nobody looks any more: {looks}");
    world.finish().await;
}

#[tokio::test]
async fn a_site_that_asked_for_patience_is_left_alone_by_looks_too() {
    let mut world = start("").await;
    let review = Review::late("ten-days");
    show(&world, &review, "");
    let id = world.warned_of(review).await.id;
    let host = world.site.address();
    let until = world.clock.now().plus(DAY * 2);
    let wait = Patience { key: format!("host:{host}"), until, reason: "429 from the forum".to_owned() };
    // As another node was asked for it.
    world.store().wait_for_site(&wait, world.clock.now()).await.expect("the store answers");
    world.pass(DAY).await;
    assert_eq!(world.site.requests("/review/ten-days").len(), 0, "its turn has not come");
    world.pass(DAY + Duration::from_secs(1)).await;
    assert_eq!(world.site.requests("/review/ten-days").len(), 1, "the wait is over");
    assert_eq!(pages(&world, &id).await, [""; 0]);
    world.finish().await;
}

#[tokio::test]
async fn a_page_that_never_showed_the_text_is_not_gone() {
    let mut world = start("").await;
    let review = Review::late("ten-days");
    let id = world.warned_of(review).await.id;
    world.show_nothing();
    world.site.serve("/review/ten-days", Answer::ok("text/html", "<!doctype html><title>論壇</title><div id=app></div><script></script>"));
    for _ in 0..3 {
        world.pass(DAY).await;
    }
    world.site.serve("/review/ten-days", Answer::status(503));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_unseen"]);
    world.finish().await;
}

#[tokio::test]
async fn a_look_that_is_asked_for_patience_tells_the_polls() {
    let mut world = start_with("", "retry_after_scope = \"host\"").await;
    let review = Review::late("ten-days");
    let id = world.warned_of(review.clone()).await.id;
    world.show_nothing();
    // The polls find out first: what a source still lists is not unseen.
    world.pass(Duration::from_mins(5)).await;
    world.site.serve("/review/ten-days", Answer::status(429).header("Retry-After", "7200"));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_unseen"]);
    world.pass(Duration::from_mins(5)).await;
    let polls = world.site.requests("/forum.xml").len();
    world.pass(Duration::from_mins(90)).await;
    assert_eq!(world.site.requests("/forum.xml").len(), polls, "the whole host is left alone");
    world.pass(Duration::from_mins(30)).await;
    assert!(world.site.requests("/forum.xml").len() > polls, "the wait is over");
    show(&world, &review, "");
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_unseen", "page_back"]);
    world.finish().await;
}

#[tokio::test]
async fn a_look_takes_its_place_in_a_budget() {
    let budget = Budget { domain: "127.0.0.1".to_owned(), requests: 1_000, per: Duration::from_hours(1) };
    let mut world = start_with("", "[[collect.budget]]\ndomain = \"127.0.0.1\"\nrequests = 1000\nper = \"1h\"").await;
    let review = Review::late("ten-days");
    show(&world, &review, "");
    let id = world.warned_of(review).await.id;
    // Others have spent it for a day and a half.
    let places = u32::try_from((DAY * 3 / 2).as_micros() / budget.step().as_micros()).expect("some thousand");
    world.store().spend_budget(&budget.domain, budget.step(), places, world.clock.now()).await.expect("the store answers");
    world.pass(DAY).await;
    assert_eq!(world.site.requests("/review/ten-days").len(), 0, "its place is later");
    let waits = world.store().rechecks(&id).await.expect("the store answers").remove(0);
    assert!(waits.seen["turn_at"].is_string() && waits.checked_at.is_none(), "{waits:?}");
    world.pass(DAY).await;
    assert_eq!(world.site.requests("/review/ten-days").len(), 1, "its place has come, and was not asked for twice");
    let looked = world.store().rechecks(&id).await.expect("the store answers").remove(0);
    assert!(looked.seen.get("turn_at").is_none() && looked.checked_at.is_some(), "{looked:?}");
    world.finish().await;
}

/// A page that says what it shows in JSON-LD alone; its visible part needs scripts.
pub(super) fn scripted(reviews: &str) -> Answer {
    let data =
        format!("{{\"@context\": \"https://schema.org\", \"@type\": \"Product\", \"name\": \"紅隼快煮壺\", \"review\": [{reviews}]}}");
    let html = format!(
        "<!doctype html><title>評價</title><script type=\"application/ld+json\">{data}</script><div id=app></div><script></script>"
    );
    Answer::ok("text/html; charset=utf-8", html)
}

pub(super) fn marked_up(id: &str, day: u32, text: &str, stars: u32, more: &str) -> String {
    format!(
        "{{\"@type\": \"Review\", \"@id\": \"#{id}\", \"author\": \"阿德\", \"datePublished\": \"2026-11-{day}\", \"reviewBody\": \"{text}\", \
         \"reviewRating\": {{\"ratingValue\": {stars}, \"bestRating\": 5}}{more}}}"
    )
}

const TEXT: &str = "在官網買紅隼快煮壺，訂單 ten-days，訂了十天還沒收到貨，客服電話一直沒人接。";
const SHOP_ANSWERS: &str = ", \"comment\": {\"@type\": \"Comment\", \"text\": \"非常抱歉，已補寄。\", \"author\": {\"@type\": \"OnlineStore\", \"name\": \"Kestrel Shop\"}}";
const CUSTOMER_ANSWERS: &str =
    ", \"comment\": [{\"@type\": \"Comment\", \"text\": \"我也是\", \"author\": {\"@type\": \"Person\", \"name\": \"小李\"}}]";

#[tokio::test]
async fn a_page_of_a_feeds_mention_is_read_by_what_it_marks_up() {
    let mut world = start("").await;
    let path = "/review/ten-days";
    world.site.serve(path, scripted(&marked_up("r1", 20, TEXT, 1, CUSTOMER_ANSWERS)));
    let id = world.warned_of(Review::late("ten-days")).await.id;
    world.show_nothing();
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, [""; 0], "it is there, though nobody sees it without scripts");
    world.site.serve(path, scripted(&marked_up("r1", 20, TEXT, 4, SHOP_ANSWERS)));
    world.pass(DAY).await;
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_rating", "page_answered"]);
    let text = world.verb(&["incidents", "show", &id]).await.ended(0).text();
    assert!(text.contains("still there, unchanged, rated 4, answered by Kestrel Shop"), "{text}");
    let edited = "在官網買紅隼快煮壺，訂單 ten-days，訂了十天還沒收到貨。更新：今天收到了，謝謝。";
    world.site.serve(path, scripted(&marked_up("r1", 20, edited, 5, SHOP_ANSWERS)));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await[2..], ["page_edited", "page_rating"]);
    world.site.serve(path, scripted(&marked_up("r2", 21, "很好喝的茶，出貨很快，包裝仔細。", 5, "")));
    world.pass(DAY).await;
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await[4..], ["page_gone"], "another one stands there");
    world.finish().await;
}

#[tokio::test]
async fn a_review_without_an_address_is_watched_on_the_page_that_shows_it() {
    let page = "[[source]]\nname = \"shop\"\nkind = \"page\"\nurl = \"{site}/shop\"\ninterval = \"1m\"\n";
    let world = start_over("", "", page).await;
    let older = [marked_up("o1", 12, "好用，很滿意，會再來買。", 5, ""), marked_up("o2", 10, "出貨快。", 5, "")].join(",");
    let show = |review: &str| world.site.serve("/shop", scripted(&[review, older.as_str()].join(",")));
    world.site.serve("/shop", scripted(&older));
    world.pass(Duration::from_mins(5)).await;
    show(&marked_up("r1", 20, TEXT, 1, ""));
    world.poll().await;
    let id = world.incidents().await[0].id.clone();
    world.pass(DAY).await;
    let waits = world.store().rechecks(&id).await.expect("the store answers");
    assert!(waits.len() == 1 && waits[0].checked_at.is_some() && pages(&world, &id).await.is_empty(), "{waits:?}");
    show(&marked_up("r1", 20, TEXT, 3, SHOP_ANSWERS));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_rating", "page_answered"]);
    world.site.serve("/shop", scripted(&older));
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await.len(), 2, "once missing is not gone");
    world.pass(DAY).await;
    assert_eq!(pages(&world, &id).await, ["page_rating", "page_answered", "page_gone"], "the list still shows older ones");
    show(&marked_up("r1", 20, TEXT, 3, SHOP_ANSWERS));
    let told = world.verb(&["incidents", "recheck", &id]).await.ended(0).text();
    assert!(told.contains("/shop") && told.contains("rated 3, answered by Kestrel Shop; new in the history: page_back"), "{told}");
    world.finish().await;
}
