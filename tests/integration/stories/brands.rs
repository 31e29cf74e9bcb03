//! Texts that name several brands: whoever is responsible for one of them hears of what is said of it.

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;

const PRAISE: &str = r#"
[[rule]]
id = "sentiment.praise"
kind = "sentiment"
weight = 2.0
any = ["好用", "推荐"]
note = "Praise."
example = [{ text = "超級好用", fires = true }]
"#;

#[tokio::test]
async fn whoever_is_responsible_for_one_of_two_brands_hears_of_it() {
    let brand = "[[brand]]\nname = \"青鳥\"\n";
    let routes = "[[route]]\nbrands = [\"紅隼\"]\ndepartment = \"logistics\"\n[[route]]\nbrands = [\"青鳥\"]\ndepartment = \"quality\"\n";
    let mut world = World::start(Plan::with(|plan| {
        plan.more = brand.to_owned();
        plan.routes = routes.to_owned();
    }))
    .await;
    let text = "紅隼和青鳥都一樣，訂了十天還沒收到貨，客服電話一直沒人接。";
    let incident = world.warned_of(Review::new("both", "兩家都慢", text)).await;
    assert_eq!((incident.department.as_str(), &incident.also[..]), ("logistics", &["quality".to_owned()][..]));
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test", "jonas@kestrel.test"]);
    for address in ["fang@kestrel.test", "jonas@kestrel.test"] {
        let mail = world.mails_to(address).remove(0);
        let words = mail.body("text/plain");
        assert!(
            words.contains("紅隼") && words.contains("青鳥") && words.lines().next().is_some_and(|line| line.contains("青鳥")),
            "{words}"
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn a_complaint_about_one_brand_beside_praise_for_another_is_told_to_whom_it_blames() {
    let brand = "[[brand]]\nname = \"青鳥\"\n";
    let routes = "[[route]]\nbrands = [\"紅隼\"]\ndepartment = \"logistics\"\n[[route]]\nbrands = [\"青鳥\"]\ndepartment = \"quality\"\n";
    let mut world = World::start(Plan::with(|plan| {
        plan.more = brand.to_owned();
        plan.routes = routes.to_owned();
        plan.rules.push(("praise.toml".to_owned(), PRAISE.to_owned()));
    }))
    .await;
    let text = "紅隼的水壺超級好用，真的很推薦！可是青鳥訂了十天還沒收到貨，客服電話一直沒人接。";
    let incident = world.warned_of(Review::new("one-of-two", "兩個牌子", text)).await;
    assert_eq!((incident.department.as_str(), &incident.also[..]), ("quality", &[][..]));
    assert_eq!(incident.brand.as_deref(), Some("青鳥"));
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    world.finish().await;
}
