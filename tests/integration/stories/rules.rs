//! What ops learn about their rules from what the rules did and what people answered.

use std::time::Duration;

use serde_json::Value;

use crate::world::daemon::{World, link};
use crate::world::plan::Plan;
use crate::world::review::Review;

/// Recorded, never sent.
const SHADOW: &str = r#"
[[rule]]
id = "service.silent"
category = "service_attitude"
severity = "high"
weight = 3.0
mode = "shadow"
any = ["没人接"]
note = "Nobody answers the phone."
"#;

/// After this a shadow has been watched long enough.
const MONTH: Duration = Duration::from_hours(24 * 30);

fn plan() -> Plan {
    Plan::with(|plan| plan.rules[0].1.push_str(SHADOW))
}

async fn late_and_silent(world: &mut World, id: &str, title: &str, text: &str) {
    world.warned_of(Review::new(id, title, text)).await;
}

fn rule<'a>(listed: &'a Value, id: &str) -> &'a Value {
    let rules = listed["rules"].as_array().expect("rules");
    rules.iter().find(|rule| rule["id"] == id).unwrap_or_else(|| panic!("no {id} in {listed:#}"))
}

#[tokio::test]
async fn a_shadow_rule_is_recorded_never_sent_and_proposed_with_its_precision() {
    let mut world = World::start(plan()).await;
    late_and_silent(&mut world, "1", "等了十天", "紅隼快煮壺訂了十天還沒收到，客服電話一直沒人接，打 0912-345-678 給我。").await;
    late_and_silent(&mut world, "2", "濾芯呢", "上個月買的紅隼濾芯還沒收到，打去門市沒人接，寫信也石沉大海。").await;
    late_and_silent(&mut world, "3", "保溫杯沒來", "生日禮物的紅隼保溫杯還沒收到，生日都過了，專線沒人接，氣得想退貨。").await;
    let told = world.mailed().len();
    world.publish(Review::new("4", "打不進去", "紅隼門市的電話從早上打到下午都沒人接，後來自己跑了一趟。"));
    world.poll().await;
    assert_eq!(world.mailed().len(), told, "a shadow warns nobody");
    assert_eq!(world.incidents().await.len(), 3);
    let warnings = world.mails_to("fang@kestrel.test");
    assert_eq!(warnings.len(), 3);
    for (action, warning) in ["acknowledge", "false_alarm", "not_ours"].into_iter().zip(&warnings) {
        assert_eq!(world.answer(&link(warning), action, "小芳").await.status, 200);
    }
    world.quiet().await;

    let listed = world.verb_after(MONTH, &["rules", "--json"]).await.ended(0).json();
    let late = rule(&listed, "logistics.late");
    let counts = ["fired", "shadow", "right", "false_alarm", "not_ours"].map(|figure| late["figures"][figure].as_i64().expect("a number"));
    assert_eq!((counts, &late["precision"]), ([4, 0, 1, 1, 1], &0.333.into()), "{late:#}");
    let silent = rule(&listed, "service.silent");
    let counts = ["fired", "shadow", "right", "false_alarm", "not_ours", "unanswered_complaint", "unanswered_other"]
        .map(|figure| silent["figures"][figure].as_i64().expect("a number"));
    assert_eq!((counts, &silent["precision"]), ([0, 4, 2, 1, 0, 0, 1], &0.5.into()), "{silent:#}");
    assert_eq!(silent["precision_rests_on"], "answers, and the live verdict where nobody answered");
    assert_eq!(listed["promote"][0]["edit"]["new"], "mode = \"live\"");

    let text = world.verb_after(MONTH, &["rules"]).await.ended(0).text();
    assert!(text.contains("service.silent  shadow  4 as a shadow"), "{text}");
    assert!(text.contains(": mode = \"shadow\" -> mode = \"live\""), "{text}");
    assert!(text.contains("right in 0.50 (3 answered by people, 1 by the live verdict)"), "{text}");
    assert!(text.contains("2 more never fired"), "{text}");
    labels_without_names(&world).await;
    let metrics = world.get("/metrics").await;
    let counted = "hearken_rule_firings_total{rule=\"service.silent\",effect=\"shadow\"} 4";
    assert!(metrics.body.contains(counted), "{}", metrics.body);
    world.finish().await;
}

async fn labels_without_names(world: &World) {
    let exported = world.verb(&["export", "labels"]).await.ended(0).text();
    let file = world.folder().join("labels.jsonl");
    std::fs::write(&file, &exported).expect("it is written");
    let measured = world.verb(&["eval", &file.display().to_string(), "--json"]).await.ended(0).json();
    assert!(measured.to_string().contains("logistics"), "what was handed out can be measured by: {measured:#}");
    let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let labelled = |word: &str| lines.iter().find(|line| line["text"].as_str().is_some_and(|text| text.contains(word))).expect("a line");
    let right = labelled("快煮壺");
    assert_eq!(
        (&right["label_sentiment"], &right["labels_category"][0], &right["severity"]),
        (&"neg".into(), &"logistics".into(), &"medium".into())
    );
    let wrong = labelled("濾芯");
    assert_eq!(
        (&wrong["label_sentiment"], &wrong["labels_category"], &wrong["severity"]),
        (&"pos".into(), &serde_json::json!([]), &"none".into())
    );
    assert_eq!((&labelled("保溫杯")["labels_category"], lines.len()), (&Value::Null, 3), "its only category was not theirs");
    assert!(right.get("author").is_none() && right.get("url").is_none(), "{right}");
    assert!(right["text"].as_str().is_some_and(|text| text.contains("打 [number] 給我")), "{right}");
    assert_eq!(world.verb_after(MONTH, &["export", "labels", "--since", "1s"]).await.ended(0).text(), "");
}

#[tokio::test]
async fn a_shadow_rule_that_is_new_is_not_proposed_yet() {
    let mut world = World::start(plan()).await;
    let settings = std::fs::read_to_string(world.config()).expect("settings");
    std::fs::write(world.config(), settings.replace("[rules]\n", "[rules]\nshadow_for = \"365d\"\n")).expect("written");
    late_and_silent(&mut world, "1", "等了十天", "紅隼快煮壺訂了十天還沒收到，客服電話一直沒人接，到底還要等多久。").await;
    let listed = world.verb_after(MONTH, &["rules", "--json"]).await.ended(0).json();
    assert_eq!(rule(&listed, "service.silent")["figures"]["shadow"], 1);
    assert_eq!(listed["promote"].as_array().map(Vec::len), Some(0), "{listed:#}");
    world.finish().await;
}
