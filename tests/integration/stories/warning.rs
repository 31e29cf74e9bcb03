//! From a review in a feed or on a page to the people who have to know.

use hearken::model::{IncidentState, Severity};
use hearken::store::MentionFilter;

use crate::world::daemon::World;
use crate::world::plan::{HOOK_SECRET, Plan};
use crate::world::postgres::with_database;
use crate::world::review::{PAGE, Review, page, rss};
use crate::world::site::Answer;

#[tokio::test]
async fn a_chinese_review_becomes_one_mail_for_each_member_and_one_call() {
    one_mail_for_each_member_and_one_call(Plan::default()).await;
}

#[tokio::test]
async fn a_chinese_review_becomes_one_mail_for_each_member_and_one_call_over_postgres() {
    with_database(|store| one_mail_for_each_member_and_one_call(Plan::over(store))).await;
}

async fn one_mail_for_each_member_and_one_call(plan: Plan) {
    let mut world = World::start(plan).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    assert_eq!(world.calls(), ["incident.warning"]);
    assert_eq!((incident.state, incident.severity, incident.department.as_str()), (IncidentState::Open, Severity::Medium, "logistics"));
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(world.mail.mails().len() + world.hook.requests().len(), 3, "an item that stays there is no news");
    world.finish().await;
}

#[tokio::test]
async fn a_warning_says_what_where_and_why() {
    let mut world = World::start(Plan::default()).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    let mail = world.mails_to("hong@kestrel.test").remove(0);
    let header = |name: &str| mail.header(name).unwrap_or_else(|| panic!("no {name}"));
    let subject = header("Subject");
    assert!(subject.contains(&incident.id) && subject.contains("紅隼") && subject.contains("訂了十天還沒收到貨"), "{subject}");
    assert_eq!(header("From"), "Hearken <hearken@kestrel.test>");
    assert_eq!(header("To"), "阿宏 <hong@kestrel.test>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("X-Auto-Response-Suppress"), "All");
    assert_eq!(header("List-Id"), "<logistics.hearken.kestrel.test>");
    assert!(header("Message-ID").ends_with("@kestrel.test>"));
    assert_eq!(header("References"), header("In-Reply-To"));
    assert!(mail.header("Date").is_some());
    let text = mail.body("text/plain");
    for part in ["還沒收到", "/review/ten-days", "logistics.late", "https://hearken.test/a/v1.", "小芳", "物流主管"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(mail.body("text/html").replace("&#x2f;", "/").contains("https://hearken.test/a/v1."));
    let other = world.mails_to("fang@kestrel.test").remove(0);
    assert_ne!(other.header("Message-ID"), mail.header("Message-ID"));
    assert_eq!(other.header("References"), mail.header("References"), "one thread for the case");
    assert_ne!(crate::world::daemon::link(&other), crate::world::daemon::link(&mail), "everyone has a link of their own");
    world.finish().await;
}

#[tokio::test]
async fn the_receiver_can_tell_our_call_from_a_forged_one() {
    let mut world = World::start(Plan::default()).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    let call = world.hook.requests().remove(0);
    let header = |name: &str| call.header(name).unwrap_or_else(|| panic!("no {name}")).to_owned();
    let secrets = [hearken::model::Secret::new(HOOK_SECRET)];
    let (id, at, signed) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let verified = hearken::respond::signature::verify_signature(&secrets, &id, &at, &signed, &call.body, world.clock.now());
    assert_eq!(verified, Ok(()));
    let body: serde_json::Value = serde_json::from_slice(&call.body).expect("JSON");
    assert_eq!(body["data"]["incident"], incident.id);
    assert_eq!(body["data"]["severity"], "medium");
    assert!(body["data"]["acknowledge_url"].as_str().expect("a link").starts_with("https://hearken.test/a/v1."));
    assert_eq!(body["data"]["reasons"][0]["rule"], "logistics.late");
    world.finish().await;
}

#[tokio::test]
async fn an_edited_review_is_judged_again_and_only_worse_is_told() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::new("r", "紅隼", "紅隼快煮壺很好用。"));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "praise wakes nobody");
    let late = "紅隼快煮壺訂了一個月還沒收到。";
    let incident = world.warned_of(Review::new("r", "紅隼", late)).await;
    assert_eq!(world.mailed().len(), 2);
    world.publish(Review::new("r", "紅隼", &format!("{late}真的。")));
    world.poll().await;
    assert_eq!(world.mailed().len(), 2, "not worse, so no news");
    world.publish(Review::new("r", "紅隼", &format!("{late}後來收到，第一次用手就被燙傷。")));
    world.poll().await;
    assert_eq!(world.mailed(), ["chen@kestrel.test", "fang@kestrel.test", "fang@kestrel.test", "hong@kestrel.test", "hong@kestrel.test"]);
    let now = world.incident(&incident.id).await;
    assert_eq!((now.severity, now.mentions, now.also), (Severity::Critical, 1, vec!["management".to_owned()]));
    assert_eq!(world.incidents().await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn the_same_text_on_two_sites_is_one_case() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/shop", page(&[]));
    world.run().await;
    world.poll().await;
    let review = Review::late("ten-days");
    let incident = world.warned_of(review.clone()).await;
    let title = "大家小心這一家，我已經不知道該怎麼辦了".to_owned();
    world.site.serve("/shop", page(&[Review { id: "copy".to_owned(), title, author: "小魚", ..review }]));
    world.poll().await;
    assert_eq!(world.mailed().len(), 2, "told once");
    assert_eq!(world.incidents().await.len(), 1);
    assert_eq!(world.incident(&incident.id).await.mentions, 2);
    world.finish().await;
}

#[tokio::test]
async fn a_copy_of_what_was_told_is_known_after_the_first_was_edited() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/shop", page(&[]));
    world.run().await;
    world.poll().await;
    let review = Review::late("ten-days");
    let incident = world.warned_of(review.clone()).await;
    let tail = "The post first appeared on 討論區。閱讀全文請點這裡，喜歡就按讚訂閱分享，每天都有新的討論。";
    world.publish(Review { text: format!("{}{tail}", review.text), ..review.clone() });
    world.poll().await;
    world.site.serve("/shop", page(&[Review { id: "copy".to_owned(), author: "小魚", ..review }]));
    world.poll().await;
    assert_eq!((world.incidents().await.len(), world.mailed().len()), (1, 2), "told once: {:?}", world.mailed());
    assert_eq!(world.incident(&incident.id).await.mentions, 2);
    world.finish().await;
}

#[tokio::test]
async fn a_copy_reaches_whoever_the_route_of_its_own_place_names() {
    let routes = "[[route]]\nsources = [\"shop\"]\ndepartment = \"quality\"\n";
    let mut world = World::prepare(Plan::with(|plan| {
        plan.more = PAGE.to_owned();
        plan.routes = format!("{routes}{}", plan.routes);
    }))
    .await;
    world.site.serve("/shop", page(&[]));
    world.run().await;
    world.poll().await;
    let review = Review::late("ten-days");
    let incident = world.warned_of(review.clone()).await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    let copies =
        |ids: &[&str]| page(&ids.iter().map(|id| Review { id: (*id).to_owned(), author: "小魚", ..review.clone() }).collect::<Vec<_>>());
    world.site.serve("/shop", copies(&["copy"]));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test", "jonas@kestrel.test"], "who is responsible for the shop");
    let mail = world.mails_to("jonas@kestrel.test").remove(0);
    assert!(mail.body("text/plain").contains("The same text stands at shop, too"), "{}", mail.body("text/plain"));
    world.site.serve("/shop", copies(&["copy", "again"]));
    world.poll().await;
    assert_eq!(world.mailed().len(), 3, "nobody twice: {:?}", world.mailed());
    let case = world.incident(&incident.id).await;
    assert_eq!((case.mentions, case.department.as_str(), case.also), (3, "logistics", vec!["quality".to_owned()]));
    world.finish().await;
}

#[tokio::test]
async fn a_page_is_read_like_a_feed() {
    let mut world = World::prepare(Plan::with(|plan| plan.more = PAGE.to_owned())).await;
    world.site.serve("/shop", page(&[Review::broken("old")]));
    world.run().await;
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
    world.site.serve("/shop", page(&[Review::broken("old"), Review::new("new", "红隼水壶漏水", "红隼水壶用了三天就漏水，柜子都泡了。")]));
    world.poll().await;
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    let mail = world.mail.mails().remove(0);
    assert!(mail.body("text/plain").contains("/review/new"));
    assert!(mail.header("Subject").expect("a subject").contains("Quality"));
    world.finish().await;
}

/// Marked up for search engines: a day without a time, and no address of its own.
const MARKED_UP: &str = r#"
[[source]]
name = "hotel"
kind = "page"
url = "{site}/hotel"
interval = "1m"
timezone = "Asia/Taipei"
"#;

fn marked_up(reviews: &[(&str, &str)]) -> Answer {
    let one = |(day, text): &(&str, &str)| serde_json::json!({"@type": "Review", "reviewBody": text, "datePublished": day, "author": "Hong", "reviewRating": {"ratingValue": 1, "bestRating": 5}});
    let product = serde_json::json!({"@context": "https://schema.org", "@type": "Product", "name": "kettle", "review": reviews.iter().map(one).collect::<Vec<_>>()});
    Answer::ok(
        "text/html; charset=utf-8",
        format!("<!doctype html><title>t</title><script type=\"application/ld+json\">{product}</script>"),
    )
}

#[tokio::test]
async fn a_day_without_a_time_stays_that_day_and_a_review_without_a_link_leads_to_its_page() {
    let mut world = World::prepare(Plan::with(|plan| {
        plan.more = MARKED_UP.to_owned();
        plan.departments = plan.departments.replace("title = \"Quality\"", "title = \"Quality\"\ntimezone = \"America/New_York\"");
        assert!(plan.departments.contains("New_York"));
    }))
    .await;
    let old = ("2026-11-01", "The Kestrel kettle is fine.");
    world.site.serve("/hotel", marked_up(&[old]));
    world.run().await;
    world.poll().await;
    world.site.serve("/hotel", marked_up(&[("2026-11-20", "The lid of my Kestrel kettle is broken after one week."), old]));
    world.poll().await;
    let text = world.mails_to("jonas@kestrel.test").remove(0).body("text/plain");
    let line = text.lines().find(|line| line.contains("2026-11-20")).unwrap_or_else(|| panic!("no day in {text}"));
    assert!(line.ends_with("2026-11-20"), "a day has no hour: {line}");
    assert!(!text.contains("stands_on") && !text.contains("published_on"), "our notes are no fields of the source: {text}");
    let page = world.site.url("/hotel").to_string();
    assert!(text.contains(&page), "{page} is missing in {text}");
    let html = world.mails_to("jonas@kestrel.test").remove(0).body("text/html").replace("&#x2f;", "/");
    assert!(html.contains(&format!("href=\"{page}\"")), "{html}");
    world.finish().await;
}

#[tokio::test]
async fn a_text_without_a_brand_leaves_only_a_fingerprint() {
    let mut world = World::start(Plan::default()).await;
    let before = world.store().mentions(&MentionFilter::default()).await.expect("the store answers").len();
    world.publish(Review::new("other", "別家的水壺壞了", "隔壁牌子的水壺用一週就壞了，秘密的話。"));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
    assert_eq!(world.store().mentions(&MentionFilter::default()).await.expect("the store answers").len(), before);
    let kept = [std::fs::read(world.folder().join("hearken.db")), std::fs::read(world.folder().join("hearken.db-wal"))];
    let kept = kept.into_iter().flatten().flatten().collect::<Vec<u8>>();
    let has = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("紅隼"), "the file is the one that is written");
    assert!(!has("秘密的話"), "words of others are not kept");
    world.finish().await;
}

#[tokio::test]
async fn praise_and_a_brand_alone_wake_nobody() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::new("praise", "紅隼很棒", "紅隼出貨很快，客服親切，推薦給大家。"));
    world.publish(Review::new("plain", "開箱", "今天收到紅隼快煮壺，紙箱是藍色的。"));
    world.poll().await;
    assert_eq!((world.mailed().len(), world.calls().len(), world.incidents().await.len()), (0, 0, 0));
    world.finish().await;
}

#[tokio::test]
async fn harm_reaches_management_beside_the_department() {
    let mut world = World::start(Plan::default()).await;
    let incident = world.warned_of(Review::new("harm", "Burned", "My Kestrel kettle broken lid burned my hand.")).await;
    assert_eq!(world.mailed(), ["chen@kestrel.test", "jonas@kestrel.test"]);
    assert_eq!((incident.severity, incident.department.as_str()), (Severity::Critical, "quality"));
    world.finish().await;
}

#[tokio::test]
async fn two_different_complaints_are_two_cases() {
    let mut world = World::start(Plan::default()).await;
    world.publish(Review::late("one"));
    world.publish(Review::broken("two"));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test", "jonas@kestrel.test"]);
    assert_eq!(world.incidents().await.len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn a_feed_in_gbk_that_says_utf8_is_still_read() {
    let world = World::start(Plan::default()).await;
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>t</title><link>/</link><description>d</description>\
        <item><guid>gbk</guid><title>红隼水壶坏了</title><description>刚买的红隼快煮壶用了一周就坏了，底座不通电，换货也没有人理我。</description></item></channel></rss>";
    let (bytes, _, _) = encoding_rs::GBK.encode(xml);
    world.site.serve("/forum.xml", Answer::ok("application/rss+xml; charset=utf-8", bytes.into_owned()));
    world.poll().await;
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    assert!(world.mail.mails()[0].header("Subject").expect("a subject").contains("红隼水壶坏了"));
    world.finish().await;
}

#[tokio::test]
async fn a_reordered_feed_is_no_news() {
    let mut world = World::start(Plan::default()).await;
    let reviews = [Review::late("a"), Review::broken("b")];
    for review in &reviews {
        world.publish(review.clone());
    }
    world.poll().await;
    let told = world.mailed().len();
    world.site.serve("/forum.xml", rss(&[reviews[1].clone(), reviews[0].clone()]));
    world.poll().await;
    assert_eq!(world.mailed().len(), told);
    world.finish().await;
}

#[tokio::test]
async fn who_complains_again_and_where_many_read_it_weighs_more() {
    const WORSE: &str = r#"
[[rule]]
kind = "severity"
id = "severity.repeated"
worsen = true
repeated = ">=2"
note = "again"

[[rule]]
kind = "severity"
id = "severity.reach"
worsen = true
readers = ">=100000"
note = "many"
"#;
    let again = [Severity::Medium, Severity::Medium, Severity::High];
    for (author, readers, expected) in [
        ("阿德", "", again),
        ("客人", "", [Severity::Medium; 3]),
        ("j***n", "", [Severity::Medium; 3]),
        ("阿德", "readers = 250000", [Severity::High; 3]),
    ] {
        let mut world = World::start(Plan::with(|plan| {
            plan.rules.push(("worse.toml".to_owned(), WORSE.to_owned()));
            plan.source = readers.to_owned();
        }))
        .await;
        for text in [
            "紅隼的茶壺訂了十天還沒收到貨。",
            "紅隼的濾網，等了一個月還沒收到貨，打電話沒人接。",
            "同一家紅隼，上週訂的杯子還沒收到貨，很失望。",
        ] {
            world.publish(Review { author, ..Review::new(text, "又來了", text) });
            world.poll().await;
        }
        let mut found: Vec<_> = world.incidents().await.into_iter().map(|incident| (incident.opened_at, incident.severity)).collect();
        found.sort();
        assert_eq!(found.iter().map(|(_, severity)| *severity).collect::<Vec<_>>(), expected, "{author} {readers}");
        world.finish().await;
    }
}

/// One complaint copied from hand to hand, a word more each time: the third is near the second only.
const COPIES: [&str; 3] = [
    "等了十天。订了十天红隼的快煮壶一直还没收到，打电话去问，客服说已经寄出，再问寄到哪里，又说要等仓库的人回来才知道。\
        朋友同一天下单的杯子早就到了，我的却连单号都查不到，写了三封信也没人回，真的很不满意。",
    "等了十天。订了十天红隼的快煮壶一直还没收到，才打电话去问，客服说已经寄出，再问寄到哪里，又说要等仓库的人回来才知道。\
        朋友同一天下单的杯子早就到了，我的却连单号都查不到，写了三封信也没人回，真的很不满意。",
    "等了十天。订了十天红隼的快煮壶一直还没收到，才打电话去问，客服说已经寄出，再问寄到哪里，又说要等仓库的人回来才知道。\
        朋友同一天下单的杯子早就到了，我的却连单号都查不到，又写了三封信也没人回，真的很不满意。",
];

#[tokio::test]
async fn what_is_nearly_the_same_joins_and_a_backtest_counts_it_once() {
    let mut world = World::start(Plan::default()).await;
    for (number, text) in COPIES.into_iter().enumerate() {
        world.publish(Review::new(&number.to_string(), "等了十天", text));
        world.poll().await;
    }
    let incidents = world.incidents().await;
    assert_eq!(incidents.iter().map(|incident| incident.mentions).collect::<Vec<_>>(), [3]);
    let told = world.mailed().len() + world.calls().len();
    let rules = world.folder().join("rules").display().to_string();
    let counted = world.verb(&["backtest", "--rules", &rules, "--since", "36500d", "--json"]).await.ended(0).json();
    let mails = counted["mails"].as_object().expect("departments").values();
    assert_eq!(counted["warned_before"], 1, "{counted:#}");
    assert_eq!(mails.filter_map(|mails| mails["before"].as_u64()).sum::<u64>(), told as u64, "{counted:#}");
    world.finish().await;
}
