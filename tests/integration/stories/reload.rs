//! Files change while the daemon runs: a good set is in force, a bad one changes nothing and is told.

use std::path::Path;

use hearken::model::IncidentState;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;

/// A rule for something nobody complained of before.
const NEW_RULE: &str = "\n[[rule]]\nid = \"quality.smell\"\ncategory = \"product_quality\"\nseverity = \"medium\"\nweight = 2.0\nany = [\"怪味\"]\nnote = \"It smells.\"\nexample = [{ text = \"有怪味\", fires = true }]\n";

fn rules(world: &World) -> std::path::PathBuf {
    world.folder().join("rules/small.toml")
}

fn append(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).expect("it is there");
    std::fs::write(path, before + text).expect("it is written");
}

fn smell(id: &str) -> Review {
    Review::new(id, "紅隼有怪味", &format!("紅隼快煮壺煮出來的水有怪味，洗了{id}次都一樣，家裡沒有人敢喝。"))
}

#[tokio::test]
async fn a_new_rule_is_in_force_without_a_restart() {
    let mut world = World::start(Plan::default()).await;
    world.publish(smell("三"));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
    append(&rules(&world), NEW_RULE);
    world.take_up().await;
    world.publish(Review::new("later", "水有怪味", "今天收到的紅隼保溫瓶一打開就是塑膠的怪味，放了一個禮拜還在。"));
    world.poll().await;
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    world.finish().await;
}

#[tokio::test]
async fn a_broken_rule_file_keeps_the_last_good_set_and_mending_ends_the_alarm() {
    let mut world = World::start(Plan::default()).await;
    let good = std::fs::read_to_string(rules(&world)).expect("it is there");
    for (number, bad) in [
        "[[rule]]\nid = \"quality.broken\"\ncategory = \"price\"\nany = [\"x\"]\n",
        "[[rule",
        "[[rule]]\nid = \"a.b\"\ncategory = \"price\"\nseverity = \"medium\"\nregex = ['(']\nnote = \"n\"\n",
        "[[rule]]\nid = \"a.b\"\ncategory = \"price\"\nseverity = \"medium\"\nany = [\"\"]\nnote = \"n\"\n",
        "[[rule]]\nid = \"a.b\"\ncategory = \"price\"\nseverity = \"medium\"\nanny = [\"x\"]\nnote = \"n\"\n",
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(rules(&world), format!("{good}\n{bad}")).expect("it is written");
        world.take_up().await;
        let open =
            || async { world.troubles("ops:reload").await.into_iter().filter(|trouble| trouble.state != IncidentState::Resolved).count() };
        assert_eq!(open().await, 1, "{bad}");
        let told = world.mails_to("ops@kestrel.test");
        assert_eq!(told.len(), number * 2 + 1);
        assert!(told.last().expect("a mail").body("text/plain").contains("small.toml"), "with file and line");
        std::fs::write(rules(&world), &good).expect("it is written");
        world.take_up().await;
        assert_eq!(open().await, 0, "mended: {bad}");
    }
    world.publish(Review::broken("lid"));
    world.poll().await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1);
    world.finish().await;
}

/// A rule that does not do what its example says.
fn failing_rule() -> String {
    NEW_RULE.replace("fires = true", "fires = false")
}

#[tokio::test]
async fn rules_that_fail_their_own_examples_are_refused_as_a_broken_file_is() {
    let mut world = World::start(Plan::default()).await;
    let good = std::fs::read_to_string(rules(&world)).expect("it is there");
    append(&rules(&world), &failing_rule());
    world.take_up().await;
    world.publish(smell("三"));
    world.poll().await;
    assert_eq!(world.mailed(), ["ops@kestrel.test"], "the set before stays in force, and ops are told");
    let told = world.mails_to("ops@kestrel.test")[0].body("text/plain");
    for word in ["1 of the examples in the rules does not come out", "small.toml", "quality.smell", "hearken check"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    world.verb(&["check"]).await.ended(1);
    std::fs::write(rules(&world), good).expect("it is written");
    world.take_up().await;
    let open = world.troubles("ops:reload").await.into_iter().filter(|trouble| trouble.state != IncidentState::Resolved).count();
    assert_eq!(open, 0, "mended");
    world.finish().await;
}

#[tokio::test]
async fn rules_that_fail_their_examples_at_a_start_are_heard_and_told_of() {
    let mut world = World::prepare(Plan::default()).await;
    append(&rules(&world), &failing_rule());
    world.run().await;
    world.poll().await;
    world.until("ops are told", || async { !world.troubles("ops:examples").await.is_empty() }).await;
    world.publish(smell("三"));
    world.poll().await;
    append(&world.config(), "\n# Settings may change beside them.\n");
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await.len(), 0);
    assert_eq!(world.mailed(), ["jonas@kestrel.test", "ops@kestrel.test"], "a daemon that does not run hears nothing");
    let text = std::fs::read_to_string(rules(&world)).expect("it is there");
    std::fs::write(rules(&world), text.replace(&failing_rule(), NEW_RULE)).expect("it is written");
    world.take_up().await;
    let open = world.troubles("ops:examples").await.into_iter().filter(|trouble| trouble.state != IncidentState::Resolved).count();
    assert_eq!(open, 0, "mended");
    world.finish().await;
}

/// Three people wrote of a smell, each in words of their own, which no rule knows yet.
async fn three_smells(world: &mut World) {
    world.publish(smell("三"));
    world.publish(Review::new("cup", "杯子的問題", "紅隼的保溫杯放了一個晚上就有怪味，換了蓋子也沒有用，只好拿來種花。"));
    world.publish(Review::new("jug", "濾水壺不敢用", "朋友推薦紅隼的濾水壺，打開就是一股怪味，泡茶、煮湯全都帶著塑膠的味道。"));
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0]);
}

#[tokio::test]
async fn rules_that_would_warn_too_often_are_refused_until_the_limit_is_raised() {
    let mut world = World::start(Plan::with(|plan| plan.more = "[reload]\nmost_new_warnings_per_day = 2\n".to_owned())).await;
    three_smells(&mut world).await;
    append(&rules(&world), NEW_RULE);
    world.take_up().await;
    let troubles = world.troubles("ops:reload").await;
    assert!(troubles[0].title.starts_with("Changed rules were refused: 3.0 new warnings a day"), "{}", troubles[0].title);
    for word in ["made 3 new warnings", "`reload.most_new_warnings_per_day` is 2", "+quality.smell", "怪味"] {
        assert!(troubles[0].detail.contains(word), "{word}: {}", troubles[0].detail);
    }
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1);
    world.publish(smell("六"));
    world.poll().await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 0, "the last good set is in force");

    world.plan.rules[0].1.push_str(NEW_RULE);
    world.plan.more = "[reload]\nmost_new_warnings_per_day = 10\n".to_owned();
    world.write();
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await[0].state, IncidentState::Resolved, "{}", world.log.text());
    world.publish(Review::new("later", "水有怪味", "今天收到的紅隼保溫瓶一打開就是塑膠的怪味，放了一個禮拜還在。"));
    world.poll().await;
    assert_eq!(world.mails_to("jonas@kestrel.test").len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn rules_that_would_lose_a_warning_are_refused_where_none_may_be_lost() {
    let mut world = World::start(Plan::with(|plan| plan.more = "[reload]\nmost_lost_warnings_per_day = 0\n".to_owned())).await;
    world.warned_of(Review::late("ten-days")).await;
    let told = world.mailed().len();
    let good = std::fs::read_to_string(rules(&world)).expect("it is there");
    std::fs::write(rules(&world), good.replace("还没收到", "一直没有来").replace("訂了十天還沒收到貨", "訂了十天一直沒有來"))
        .expect("it is written");
    world.take_up().await;
    let troubles = world.troubles("ops:reload").await;
    assert!(troubles[0].detail.contains("-logistics.late"), "{}", troubles[0].detail);
    world.publish(Review::new("second", "也沒來", "紅隼的濾水壺等了三個禮拜還沒收到，店家說會查，查到現在。"));
    world.poll().await;
    assert_eq!(world.mailed().len(), told * 2 + 1, "ops once, and logistics as before");
    std::fs::write(rules(&world), good).expect("it is written");
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await[0].state, IncidentState::Resolved);
    world.finish().await;
}

#[tokio::test]
async fn a_further_refusal_is_a_line_in_the_case_and_told_where_its_reason_is_another() {
    let world = World::start(Plan::default()).await;
    let good = std::fs::read_to_string(world.config()).expect("it is there");
    let bad = |more: &str| std::fs::write(world.config(), format!("{good}\n{more}\n")).expect("it is written");
    bad("[collect]\ncolour = 1");
    world.take_up().await;
    let told = world.troubles("ops:reload").await;
    assert!(told[0].detail.contains("colour"), "{}", told[0].detail);
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    // The same mistake once more: the history has it, and nobody is told twice.
    world.context().ask_reload();
    world.quiet().await;
    let refusals = async |world: &World| world.events(&told[0].id).await.iter().filter(|kind| *kind == "refused_again").count();
    assert_eq!((world.mailed().len(), refusals(&world).await), (1, 1));
    bad("[collect]\nweight = 1");
    world.take_up().await;
    let now = world.incident(&told[0].id).await;
    assert!(now.detail.contains("weight") && !now.detail.contains("colour"), "{}", now.detail);
    assert_eq!((world.mailed().len(), refusals(&world).await), (2, 2), "another reason is news");
    let mail = world.mails_to("ops@kestrel.test").pop().expect("the second");
    let text = mail.body("text/plain");
    assert!(text.contains("weight") && text.contains("The reason is another one now"), "{text}");
    assert!(mail.header("Subject").expect("one").starts_with("Re: "), "{:?}", mail.header("Subject"));
    std::fs::write(world.config(), &good).expect("it is written");
    world.take_up().await;
    assert_eq!(world.incident(&told[0].id).await.state, IncidentState::Resolved);
    world.finish().await;
}

#[tokio::test]
async fn while_the_files_are_bad_warnings_go_on_under_the_old_set() {
    let mut world = World::start(Plan::default()).await;
    append(&rules(&world), "[[rule");
    append(&world.config(), "\n[surprise]\nkey = 1\n");
    world.take_up().await;
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test", "ops@kestrel.test"]);
    world.context().ask_reload();
    world.quiet().await;
    assert_eq!(world.mails_to("ops@kestrel.test").len(), 1, "told once");
    world.write();
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await[0].state, IncidentState::Resolved);
    world.finish().await;
}

#[tokio::test]
async fn a_removed_rule_file_and_removed_settings_keep_the_last_good_set() {
    let mut world = World::start(Plan::default()).await;
    std::fs::remove_file(rules(&world)).expect("it is removed");
    std::fs::remove_file(world.config()).expect("it is removed");
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await.len(), 1);
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    world.write();
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await[0].state, IncidentState::Resolved);
    world.finish().await;
}

#[tokio::test]
async fn temporary_files_of_editors_are_no_rules() {
    let world = World::start(Plan::default()).await;
    for name in [".small.toml.swp", "small.toml~", "#small.toml#", ".#small.toml", "small.toml.bak", "4913", "small.toml.tmp"] {
        std::fs::write(world.folder().join("rules").join(name), "[[rule").expect("it is written");
    }
    world.take_up().await;
    world.context().ask_reload();
    world.quiet().await;
    assert_eq!(world.troubles("ops:reload").await.len(), 0, "{}", world.log.text());
    assert_eq!(world.mailed(), [""; 0]);
    world.finish().await;
}

#[tokio::test]
async fn a_case_of_a_department_that_was_removed_climbs_its_own_ladder_to_the_end() {
    let mut world = World::start(Plan::default()).await;
    let incident = world.warned_of(Review::late("ten-days")).await;
    world.plan.departments = world.plan.departments.replace("name = \"logistics\"", "name = \"transport\"").replace("hong@", "new@");
    world.plan.routes = world.plan.routes.replace("\"logistics\"\n", "\"transport\"\n");
    world.write();
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await.len(), 0, "{}", world.log.text());
    world.pass(std::time::Duration::from_mins(31)).await;
    assert_eq!(world.mails_to("lead@kestrel.test").len(), 1, "as the ladder stood when it opened");
    let link = crate::world::daemon::link(&world.mails_to("hong@kestrel.test")[0]);
    assert_eq!(world.answer(&link, "acknowledge", "阿宏").await.status, 200);
    world.quiet().await;
    assert_eq!(world.incident(&incident.id).await.state, IncidentState::Acknowledged);
    world.publish(Review::new("next", "一直沒寄來", "紅隼保溫杯下單一個月還沒收到，打電話沒有人接，寫信沒有人回，到底寄去哪裡了？"));
    world.poll().await;
    assert_eq!(world.mails_to("new@kestrel.test").len(), 1, "new cases go to the new department");
    world.finish().await;
}

#[tokio::test]
async fn a_new_source_is_known_first_and_a_removed_one_is_left_in_peace() {
    let mut world = World::start(Plan::default()).await;
    world.site.serve("/shop", crate::world::review::page(&[Review::broken("old")]));
    world.plan.more = crate::world::review::PAGE.to_owned();
    world.write();
    world.take_up().await;
    world.poll().await;
    assert_eq!(world.mailed(), [""; 0], "what stood there is known");
    world.site.serve(
        "/shop",
        crate::world::review::page(&[Review::broken("old"), Review::new("new", "漏水", "紅隼水壺才買三天就漏水，整個桌子都濕了。")]),
    );
    world.poll().await;
    assert_eq!(world.mailed(), ["jonas@kestrel.test"]);
    world.plan.more = String::new();
    world.write();
    world.take_up().await;
    let asked = world.site.requests("/shop").len();
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(world.site.requests("/shop").len(), asked);
    world.finish().await;
}

/// A word that is a complaint only where the model hears one.
const ASKING: &str = "\n[[rule]]\nid = \"quality.spoken_of\"\ncategory = \"product_quality\"\nseverity = \"medium\"\nweight = 2.0\ntone = \"<0\"\nany = [\"水壺\"]\nnote = \"A kettle.\"\nexample = [{ text = \"水壺很爛\", fires = true }]\n";

#[tokio::test]
async fn without_its_model_the_rules_go_on_alone() {
    let mut world = World::start(Plan::with(|plan| plan.rules[0].1.push_str(ASKING))).await;
    let model = world.folder().join("rules/tone.model");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/tone.model"), &model).expect("it is copied");
    world.take_up().await;
    let said = "asks for a model's word, and there is none";
    let before = world.log.text().matches(said).count();
    let tested = world.verb(&["test"]).await.ended(0).text();
    assert!(!tested.contains("not run"), "{tested}");
    std::fs::remove_file(&model).expect("it is removed");
    world.take_up().await;
    assert_eq!(world.troubles("ops:reload").await.len(), 0, "{}", world.log.text());
    assert_eq!(world.log.text().matches(said).count(), before + 1, "{}", world.log.text());
    let tested = world.verb(&["test"]).await.ended(0).text();
    assert!(tested.ends_with("\n1 example was not run: it needs a model, and there is none.\n"), "{tested}");
    let checked = world.verb(&["check"]).await.ended(0).text();
    assert!(checked.contains("\n1 example was not run: it needs a model, and there is none.\n") && checked.contains(said), "{checked}");
    world.publish(Review::new("bad", "紅隼水壺", "紅隼水壺爛到爆，垃圾，不會再買，大家不要上當。"));
    world.publish(Review::late("ten-days"));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"], "what the other rules see, and nothing else");
    world.finish().await;
}

/// Whoever reads the mail may know no English: the common mistakes are told in its language, beside the line itself.
#[tokio::test]
async fn the_common_mistakes_are_told_in_the_language_of_the_mail() {
    let plan = Plan::with(|plan| {
        plan.departments = plan.departments.replace("name = \"ops\"\nlanguage = \"en\"", "name = \"ops\"\nlanguage = \"zh-TW\"")
    });
    let world = World::start(plan).await;
    let good = std::fs::read_to_string(world.config()).expect("it is there");
    let bad = good
        .replace("interval = \"1m\"", "intervall = \"1m\"")
        .replace("timeout = \"10s\"", "timeout = 10")
        .replace("department = \"quality\"", "department = \"qualify\"");
    std::fs::write(world.config(), bad).expect("it is written");
    world.take_up().await;
    let mail = world.mails_to("ops@kestrel.test").remove(0);
    let text = mail.body("text/plain");
    for shown in [
        "檔案裡有 3 處錯誤",
        "這裡沒有 `intervall` 這個項目",
        "是不是要寫 `interval`？",
        "intervall = \"1m\"",
        "`timeout` 的值寫法不對：現在是整數",
        "沒有名為 `qualify` 的 department",
        "是不是要寫 `quality`？",
        "--> ",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    for english in ["is not known here", "Did you mean", "there is no department"] {
        assert!(!text.contains(english), "{english}: {text}");
    }
    let detail = &world.troubles("ops:reload").await[0].detail;
    assert!(detail.contains("`intervall` is not known here") && detail.contains("Did you mean `interval`?"), "{detail}");
    std::fs::write(world.config(), good).expect("it is written");
    world.take_up().await;
    world.finish().await;
}
