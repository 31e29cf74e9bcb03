//! An id that comes back with other words: an edit, or another complaint that is told like any.

use std::fs;

use serde_json::{Value, json};

use crate::world::browser::{Reply, ask};
use crate::world::daemon::World;
use crate::world::plan::{API_TOKEN, Plan};
use crate::world::review::{Review, rss};

const LATE: &str = "紅隼的包裹訂了十天還沒收到，物流太慢了";
const BROKEN: &str = "我家的爐子一插電就壞了，紅隼卻說不在保固";
const LEAKS: &str = "買不到一個月的水壺就漏水，紅隼的品質真差";

const DESK: &str = "[[source]]\nname = \"desk\"\nkind = \"inbound\"\ntoken_file = \"{folder}/api.token\"\n";
const FOLDER: &str = "[[source]]\nname = \"survey\"\nkind = \"files\"\nfolder = \"{folder}/inbox\"\ninterval = \"1m\"\n";

async fn push(world: &World, id: &str, text: &str) -> Value {
    let bearer = format!("Bearer {API_TOKEN}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = json!({ "id": id, "text": text }).to_string();
    let reply: Reply = ask(world.address(), "POST", "/v1/inbound/desk", &headers, body.as_bytes()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    world.quiet().await;
    reply.json()
}

/// How many of a receipt's items are new, edited and known.
fn counts(receipt: &Value) -> [u64; 3] {
    ["new", "edited", "known"].map(|key| receipt[key].as_u64().expect("a count"))
}

fn drop_table(world: &World, name: &str, rows: &[(u32, &str)]) {
    let lines: String = rows.iter().map(|(number, text)| format!("{number},{text}\n")).collect();
    fs::write(world.folder().join("inbox").join(name), format!("編號,評論內容\n{lines}")).expect("it is written");
}

#[tokio::test]
async fn another_text_under_a_pushed_id_is_told_and_none_of_the_two_twice() {
    let world = World::start(Plan::with(|plan| plan.more = DESK.to_owned())).await;
    assert_eq!(counts(&push(&world, "z1", LATE).await), [1, 0, 0]);
    let mails = world.mailed().len();
    assert_eq!(counts(&push(&world, "z1", BROKEN).await), [1, 0, 0], "it has nothing in common with the other");
    let told = world.mailed().len();
    assert!(told > mails, "{:?}", world.mailed());
    assert_eq!(world.incidents().await.len(), 2);
    for text in [LATE, BROKEN, LATE, BROKEN, BROKEN] {
        assert_eq!(counts(&push(&world, "z1", text).await), [0, 0, 1], "{text}");
    }
    assert_eq!(counts(&push(&world, "z1", &format!("{BROKEN}。拜託快點處理")).await), [0, 1, 0], "an edit of the one that is there");
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (2, told), "{:?}", world.incidents().await);
    let edited = world.verb(&["whynot", "拜託快點處理"]).await;
    assert!(edited.ended(0).text().contains("edited since: an earlier wording of it was told as"), "{}", edited.text());
    let other = world.verb(&["whynot", LATE]).await;
    assert!(other.ended(0).text().contains("told as H-") && !other.text().contains("merged"), "{}", other.text());
    world.finish().await;
}

#[tokio::test]
async fn a_table_that_is_numbered_anew_is_news_and_read_again_is_not() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = FOLDER.to_owned())).await;
    fs::create_dir(world.folder().join("inbox")).expect("it is made");
    drop_table(&world, "e.csv", &[(11, LATE), (12, "跟紅隼買的燈泡裝上去沒兩天壞了"), (13, "很好用，謝謝紅隼")]);
    world.run().await;
    world.poll().await;
    assert_eq!(world.incidents().await.len(), 2);
    drop_table(&world, "f.csv", &[(11, LEAKS), (12, BROKEN), (13, "向紅隼訂的杯子一個都還沒收到，退款也沒消息")]);
    world.poll().await;
    assert_eq!(world.incidents().await.len(), 5, "{:?}", world.incidents().await);
    let told = world.mailed().len();
    drop_table(&world, "e2.csv", &[(11, LATE), (12, "跟紅隼買的燈泡裝上去沒兩天壞了"), (13, "很好用，謝謝紅隼")]);
    drop_table(&world, "f2.csv", &[(11, LEAKS), (12, BROKEN), (13, "向紅隼訂的杯子一個都還沒收到，退款也沒消息")]);
    // What stands one row further down is what it was.
    drop_table(&world, "g.csv", &[(12, LEAKS), (13, BROKEN), (14, "向紅隼訂的杯子一個都還沒收到，退款也沒消息")]);
    world.poll().await;
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (5, told), "{:?}", world.incidents().await);
    world.finish().await;
}

#[tokio::test]
async fn a_feed_with_one_id_for_all_tells_each_text_once() {
    let mut world = World::prepare(Plan::default()).await;
    let show = |world: &World, text: &str| world.site.serve("/forum.xml", rss(&[Review::new("latest", "紅隼", text)]));
    show(&world, LATE);
    world.run().await;
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "it was there before");
    let mut cases = 0;
    for text in [BROKEN, LEAKS] {
        show(&world, text);
        world.poll().await;
        cases += 1;
        assert_eq!(world.incidents().await.len(), cases, "{text}");
    }
    for text in [LATE, BROKEN, LEAKS, LATE] {
        show(&world, text);
        world.poll().await;
    }
    assert_eq!(world.incidents().await.len(), cases, "{:?}", world.incidents().await);
    show(&world, &format!("{LATE}，到現在還沒有人道歉，我再也不買了"));
    world.poll().await;
    let stored = world.store().mentions(&hearken::store::MentionFilter::default()).await.expect("the store answers");
    let late = stored.iter().filter(|(mention, _)| mention.text.starts_with(LATE)).count();
    assert_eq!(late, 1, "an edit is the mention it was");
    world.finish().await;
}

#[tokio::test]
async fn a_list_with_numbers_for_ids_tells_what_is_new_and_no_more() {
    let mut world = World::prepare(Plan::default()).await;
    let mut texts: Vec<String> = super::blindness::complaints(12, "a").into_iter().map(|review| review.text).collect();
    let show = |world: &World, texts: &[String]| {
        let reviews: Vec<Review> = texts.iter().enumerate().map(|(at, text)| Review::new(&at.to_string(), "紅隼", text)).collect();
        world.site.serve("/forum.xml", rss(&reviews));
    };
    show(&world, &texts);
    world.run().await;
    world.poll().await;
    for (count, text) in [(1, LATE), (2, BROKEN), (3, LEAKS)] {
        texts.insert(0, text.to_owned());
        texts.truncate(12);
        show(&world, &texts);
        world.poll().await;
        let told = world.incidents().await.into_iter().filter(|incident| incident.brand.is_some()).count();
        assert_eq!(told, count, "{text}: {:?}", world.incidents().await);
    }
    world.finish().await;
}

/// Whoever reads that a case got worse wants to open it.
#[tokio::test]
async fn the_news_that_a_case_got_worse_leads_to_it() {
    let mut world = World::start(Plan::default()).await;
    let case = world.warned_of(Review::late("ten-days")).await;
    let Review { text, title, .. } = Review::late("ten-days");
    world.publish(Review::new("ten-days", &title, &format!("{text}手還被燙傷。")));
    world.poll().await;
    let news = world
        .mails_to("hong@kestrel.test")
        .into_iter()
        .find(|mail| mail.header("Subject").is_some_and(|subject| subject.starts_with("Re: ")));
    let news = news.expect("news");
    assert!(news.body("text/html").contains("v1."));
    let link = crate::world::daemon::link(&news);
    assert!(world.get(&link).await.body.contains(&case.id));
    world.answer(&link, "acknowledge", "阿宏").await;
    world.quiet().await;
    assert_eq!(world.incident(&case.id).await.acknowledged_by.as_deref(), Some("阿宏"));
    world.pass(std::time::Duration::from_mins(1)).await;
    let told = world.mails_to("fang@kestrel.test").pop().expect("news");
    let open = crate::world::daemon::link(&told);
    assert!(!told.body("text/plain").contains("如果由您處理"), "somebody does: {}", told.body("text/plain"));
    let reply = world.post(&open, &[("action", "resolve"), ("name", "小芳"), ("cause", "倉庫漏單"), ("remedy", "補寄")]).await;
    assert_eq!(reply.status, 200);
    world.quiet().await;
    let page = world.get(&open).await.body;
    let (_, closed_by) = page.split_once("結案者").unwrap_or_else(|| panic!("{page}"));
    assert!(closed_by.trim_start_matches("</dt><dd>").starts_with("小芳"), "{page}");
    assert!(page.contains("處理人") && page.contains("阿宏"), "{page}");
    world.finish().await;
}
