//! The rule packs as shipped: they load, keep their promises, and judge both scripts alike.

use std::collections::BTreeSet;
use std::path::Path;

use hearken::decide::example;
use hearken::decide::fold::fold_word;
use hearken::decide::load::{load, load_alone};
use hearken::decide::{Judge, Subject};
use hearken::model::{Severity, Verdict};
use hearken::problem::{Problems, render};

fn judge() -> Judge {
    let problems = Problems::default();
    let rules = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &problems);
    let found = problems.take();
    assert!(found.is_empty(), "the packs have problems:\n{}", render(&found, false));
    Judge::new(rules, &[])
}

fn verdict(judge: &Judge, text: &str) -> Verdict {
    judge.judge_unbranded(&Subject { text, ..Subject::default() })
}

fn names(verdict: &Verdict) -> BTreeSet<&str> {
    verdict.categories.iter().map(|score| score.category.as_str()).collect()
}

#[test]
fn every_example_holds() {
    let outcome = example::run(&judge());
    assert!(outcome.failing.is_empty(), "{}", render(&outcome.failing, false));
    assert_eq!(outcome.not_run, 0);
}

/// The Han characters of a text.
fn han(text: &str) -> String {
    text.chars().filter(|letter| matches!(letter, '\u{4e00}'..='\u{9fff}')).collect()
}

#[test]
fn every_rule_says_why_and_shows_both_sides() {
    let mut mixed = BTreeSet::new();
    for rule in &judge().rules().rules {
        assert!(!rule.note.trim().is_empty(), "{} has no note", rule.id);
        for language in ["zh-TW", "zh-CN"] {
            let note = rule.notes.get(language).map(|note| note.trim()).unwrap_or_default();
            assert!(!note.is_empty(), "{} has no note in {language}", rule.id);
            assert!(note.chars().count() <= 32 && !note.ends_with('。'), "{} has a long note in {language}", rule.id);
        }
        let (taiwan, mainland) = (han(&rule.notes["zh-TW"]), han(&rule.notes["zh-CN"]));
        assert_eq!(fold_word(&mainland), mainland, "{} mixes the scripts", rule.id);
        if fold_word(&taiwan) == taiwan {
            mixed.insert(taiwan);
        }
        assert!(rule.examples.iter().any(|example| example.fires), "{} shows nothing that fires", rule.id);
        assert!(rule.examples.iter().any(|example| !example.fires), "{} shows nothing that must not fire", rule.id);
    }
    assert!(mixed.len() <= 10, "{mixed:?}: notes for Taiwan look like the mainland's");
}

#[test]
fn rules_stand_in_the_file_of_their_concern() {
    for rule in &judge().rules().rules {
        let file = rule.file.file_stem().expect("a rule file has a name").to_string_lossy().into_owned();
        let concern = rule.id.split('.').next().unwrap_or_default();
        let of_a_subject = ["books", "devices", "food", "grave", "rooms", "wear"].contains(&file.as_str()) && rule.category().is_some();
        assert!(concern == file || of_a_subject, "{} stands in {file}", rule.id);
        assert!(rule.category().is_none_or(|category| category == concern), "{} feeds another category", rule.id);
    }
}

/// Traditional, simplified in the mainland's own words, what both complain of, and how bad it is.
const COMPLAINTS: &[(&str, &str, &[&str], Severity)] = &[
    ("訂了兩個禮拜還沒收到貨，宅配也查不到", "订了两个礼拜还没收到货，快递也查不到", &["logistics"], Severity::High),
    ("外送遲到一個半小時，湯都灑出來了", "外卖迟到一个半小时，汤都洒出来了", &["logistics"], Severity::High),
    ("店員態度很差，問什麼都愛理不理", "店员态度很差，问什么都爱理不理", &["service_attitude"], Severity::Medium),
    ("客服電話打不通，退費也一直拖", "客服电话打不通，退款也一直拖", &["service_attitude"], Severity::High),
    ("品質很差，穿一次就脫線", "质量很差，穿一次就脱线", &["product_quality"], Severity::High),
    ("新買的吹風機三天就壞了，無法使用", "新买的吹风机三天就坏了，无法使用", &["product_quality"], Severity::High),
    ("湯裡竟然有蟑螂", "汤里竟然有蟑螂", &["product_quality"], Severity::Critical),
    ("吃完當晚就上吐下瀉掛急診，餐點不新鮮", "吃完当晚就上吐下泻挂急诊，菜品不新鲜", &["product_quality"], Severity::Critical),
    ("根本是仿冒品，和專櫃的完全不同", "根本是仿冒品，和专柜的完全不同", &["fraud"], Severity::Critical),
    ("懷疑是假貨，查不到防偽碼", "怀疑是假货，查不到防伪码", &["fraud"], Severity::High),
    ("太貴了，CP值低", "太贵了，性价比低", &["price"], Severity::Medium),
    ("實物跟圖片差太多，根本照騙", "实物跟图片差太多，根本照骗", &["expectation"], Severity::Medium),
    ("店家不給發票", "店家不给发票", &["other"], Severity::Medium),
];

#[test]
fn both_scripts_get_the_same_verdict() {
    let judge = judge();
    for (traditional, simplified, categories, severity) in COMPLAINTS {
        let (left, right) = (verdict(&judge, traditional), verdict(&judge, simplified));
        assert_eq!(names(&left), names(&right), "{traditional}");
        assert_eq!((left.complaint, left.severity), (right.complaint, right.severity), "{traditional}");
        assert!(left.complaint, "{traditional}");
        assert_eq!(left.severity, *severity, "{traditional}");
        assert!(names(&left).is_superset(&categories.iter().copied().collect()), "{traditional}: {:?}", left.categories);
    }
}

/// Files of texts are judged without places and notes, which cost most: the verdict is the same.
#[test]
fn an_outcome_is_the_verdict_without_its_places() {
    let judge = judge();
    for (text, ..) in COMPLAINTS {
        let subject = Subject { text, ..Subject::default() };
        let (outcome, whole) = (judge.outcome(&subject, true), judge.judge_unbranded(&subject));
        let names = |verdict: &Verdict| -> Vec<_> { verdict.reasons.iter().map(|reason| (reason.rule.clone(), reason.effect)).collect() };
        assert_eq!(names(&outcome), names(&whole), "{text}");
        assert_eq!(
            (outcome.complaint, outcome.severity, outcome.categories, outcome.sentiment),
            (whole.complaint, whole.severity, whole.categories, whole.sentiment),
            "{text}"
        );
        assert!(
            outcome.reasons.iter().all(|reason| reason.spans.is_empty()) && whole.reasons.iter().any(|reason| !reason.spans.is_empty())
        );
    }
}

#[test]
fn english_complaints_are_heard() {
    let judge = judge();
    for (text, category, least) in [
        ("The blender stopped working after a week.", "product_quality", Severity::High),
        ("Found a cockroach in my soup.", "product_quality", Severity::Critical),
        ("The agent was rude and hung up on me.", "service_attitude", Severity::Medium),
        ("I have been on hold for three hours.", "service_attitude", Severity::Medium),
        ("They refused to refund me.", "service_attitude", Severity::High),
        ("My package never arrived.", "logistics", Severity::High),
        ("Our flight was delayed six hours.", "logistics", Severity::Medium),
        ("There are unauthorized charges on my card.", "fraud", Severity::Critical),
        ("It is a counterfeit, the label is misspelt.", "fraud", Severity::Critical),
        ("Overpriced for what you get.", "price", Severity::Medium),
        ("The room was nothing like the pictures.", "expectation", Severity::Medium),
    ] {
        let verdict = verdict(&judge, text);
        assert!(verdict.complaint, "{text}");
        assert!(names(&verdict).contains(category), "{text}: {:?}", verdict.categories);
        assert!(verdict.severity >= least, "{text}: {}", verdict.severity);
    }
}

#[test]
fn praise_and_talk_raise_no_alarm() {
    let judge = judge();
    for text in [
        "品質不差，出貨快，客服回覆也快，推薦",
        "没有异味，做工很好，价格也不贵",
        "怕買到假貨，結果驗了是正品，很滿意",
        "打不死的小强精神，喜欢这本书",
        "包裝完整沒有破損，一個壞的都沒有",
        "老闆很客氣，上菜不用等，不會太鹹",
        "这不是诈骗，我核实过了，放心买",
        "好吃到炸裂，再也不用去别家了",
        "No complaints, not a scam, arrived on time.",
        "The fraud department called me within minutes, excellent service.",
        "Thank you for the hospitality, delicious food.",
        "Nothing broken, works great, never had a problem.",
    ] {
        let verdict = verdict(&judge, text);
        let fired: Vec<&str> = verdict.reasons.iter().map(|reason| reason.rule.as_str()).collect();
        assert!(!verdict.complaint, "{text}: {fired:?}");
        assert_eq!(verdict.severity, Severity::None, "{text}: {fired:?}");
    }
}

#[test]
fn what_rules_hold_back_is_no_complaint_on_the_models_word() {
    let judge = judge();
    for text in [
        "不是詐騙",
        "质量不差",
        "质量问题没有",
        "没有任何问题",
        "如果坏了",
        "本来担心是假货",
        "看评论说很差",
        "别家的很差",
        "放心，不是假货，我验过",
        "網路上有人說是詐騙，但我用了三年都沒問題",
        "請認明正牌，避免買到仿冒品",
        "not a scam",
        "Never been disappointed.",
    ] {
        let verdict = verdict(&judge, text);
        let reasons: Vec<_> = verdict.reasons.iter().map(|reason| (reason.rule.as_str(), reason.effect)).collect();
        assert!(!verdict.complaint && verdict.severity == Severity::None, "{text}: {} {reasons:?}", verdict.severity);
    }
    for text in ["great, another week of waiting", "great #sarcasm", "不差，但是客服不理人，等了三天"] {
        assert!(verdict(&judge, text).complaint, "{text}");
    }
}

#[test]
fn a_flaw_in_a_warm_review_is_no_emergency() {
    let judge = judge();
    for text in [
        "碰坏了点，其它都不错",
        "牛奶有点馊味，不过店员很好，环境很棒，推荐",
        "The lid arrived broken, but everything else is great, love it, excellent service.",
    ] {
        let verdict = verdict(&judge, text);
        assert!(verdict.severity <= Severity::Medium, "{text}: {} {:?}", verdict.severity, verdict.reasons);
        assert!(verdict.severity >= Severity::Low, "{text}: {:?}", verdict.reasons);
    }
}

#[test]
fn praise_never_lowers_real_harm() {
    let judge = judge();
    for (text, rating) in [
        ("吃完當晚上吐下瀉掛急診，不過店員很好，環境很棒，餐點好吃，推薦", 5.0),
        ("湯裡有蟑螂，其他都不錯，店員很好，環境很棒", 4.0),
        ("充电时冒烟起火，其他都不错，外观很漂亮，很喜欢", 5.0),
        ("We got food poisoning from the oysters. Great view, lovely staff, excellent wine.", 4.0),
    ] {
        let subject = Subject { text, rating: Some(rating), rating_max: Some(5.0), ..Subject::default() };
        assert_eq!(judge.judge_unbranded(&subject).severity, Severity::Critical, "{text}");
        assert_eq!(verdict(&judge, text).severity, Severity::Critical, "{text}");
    }
    for text in ["用了一天就坏了，客服拒绝退款", "剛買就壞了，外觀是不錯"] {
        assert!(verdict(&judge, text).severity >= Severity::High, "{text}");
    }
}

#[test]
fn a_grave_deed_is_told_in_whatever_tone() {
    let judge = judge();
    for text in [
        "Lovely place, staff great, but I found glass in my salad and cut my gum. Will come back!",
        "Best curry in town and so friendly. Only thing was a metal staple in the rice that chipped my tooth. Five stars anyway",
        "環境舒服店員親切，只是湯裡撈出一隻蟑螂，下次還會再來，五星推薦",
        "店很不错，菜也香，就是鱼头里吃出个鱼钩，扎破了嘴，下次还来",
        "很喜歡這家，餐點好吃服務超好，有一次麵裡吃到頭髮，還是推薦",
        "房间很棒位置好，早餐丰富，就是半夜有老鼠爬过床，总体推荐",
    ] {
        let verdict = verdict(&judge, text);
        assert!(verdict.complaint && verdict.severity >= Severity::High, "{text}: {} {:?}", verdict.severity, verdict.reasons);
    }
    for text in [
        "A guest was choking and the waitress did the Heimlich, saved his life. Lovely staff!",
        "隔壁小区着火，物业第一时间疏散大家，点赞",
        "Acme wins prize for food-poisoning prevention",
        "Acme donates to hospitals treating injured people after the earthquake",
        "地震後艾克米捐款五百萬，協助受傷災民",
        "辣到嘴唇起火，爽死了",
        "預防食物中毒，艾克米舉辦講座",
    ] {
        let verdict = verdict(&judge, text);
        assert!(verdict.severity < Severity::High, "{text}: {} {:?}", verdict.severity, verdict.reasons);
    }
    let recalls = verdict(&judge, "Acme recalls 40,000 kettles after reports of fires and burns");
    assert_eq!(recalls.severity, Severity::Critical, "{:?}", recalls.reasons);
}

/// Of 255 deeds 222 were told and 157 as high before there was `grave.toml`; of 188 texts with their words alone 34 were critical.
#[test]
fn plain_grave_sentences_are_told_and_their_words_alone_are_not() {
    let judge = judge();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/own_grave.jsonl");
    let (mut told, mut high, mut alarms) = (0, 0, 0);
    for line in std::fs::read_to_string(path).expect("the fixture is there").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let verdict = verdict(&judge, line["text"].as_str().expect("a text"));
        let is_told = verdict.complaint || verdict.severity == Severity::Critical;
        if line["label_sentiment"] == "neg" {
            told += usize::from(is_told);
            high += usize::from(is_told && verdict.severity >= Severity::High);
        } else {
            alarms += usize::from(verdict.severity == Severity::Critical);
        }
    }
    assert!(told >= 244 && high >= 230 && alarms <= 12, "{told} told, {high} of them as high, {alarms} critical for nothing");
}

#[test]
fn where_blame_falls_is_read_by_clause() {
    let judge = judge();
    let service = verdict(&judge, "服务很差，味道很好");
    assert_eq!(names(&service), BTreeSet::from(["service_attitude"]), "{:?}", service.reasons);
    let food = verdict(&judge, "餐點很難吃 不過服務不錯");
    assert_eq!(names(&food), BTreeSet::from(["product_quality"]), "{:?}", food.reasons);
}

#[test]
fn stars_speak_where_words_do_not() {
    let judge = judge();
    let low = judge.judge_unbranded(&Subject { text: "就這樣", rating: Some(1.0), rating_max: Some(5.0), ..Subject::default() });
    assert!(low.complaint);
    let con =
        judge.judge_unbranded(&Subject {
            text: "很好吃，就是上菜慢了點", rating: Some(5.0), rating_max: Some(5.0), ..Subject::default()
        });
    assert!(con.severity <= Severity::Low, "{:?}", con.reasons);
}

/// A company may take the model away: nothing of the packs is broken then, and what hangs on it is counted.
#[test]
fn what_a_rule_blames_firmly_is_not_praised_away_by_the_model_alone() {
    let judged = |weight: &str| {
        let dir = tempfile::tempdir().expect("a folder");
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/tone.model");
        std::fs::copy(model, dir.path().join("tone.model")).expect("it is copied");
        let rule = format!(
            "[[rule]]\nid = \"own.elephant\"\ncategory = \"other\"\nseverity = \"high\"\nweight = {weight}\nany = [\"紫色大象\"]\nnote = \"n\"\n"
        );
        std::fs::write(dir.path().join("own.toml"), rule).expect("written");
        Judge::new(load(dir.path(), &Problems::default()), &[])
    };
    let text = "全聯的紫色大象在火車站，很可愛，推薦大家去看";
    let praised = |verdict: &Verdict| verdict.reasons.iter().any(|reason| reason.rule == "tone.praise");
    let faint = verdict(&judged("1.0"), text);
    assert!(!faint.complaint && praised(&faint), "{faint:?}");
    let firm = verdict(&judged("5.0"), text);
    assert!(firm.complaint && firm.severity == Severity::High, "{firm:?}");
    let milder = verdict(&judged("8.0"), "全聯鳳梨門口有一隻紫色大象在蘋果旁邊");
    assert!(milder.complaint && milder.severity == Severity::High, "{milder:?}");
}

#[test]
fn without_the_model_every_example_holds_that_can_be_run() {
    let rules = load_alone(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"), &Problems::default());
    let asking = rules.rules.iter().filter(|rule| !rule.asks.nothing()).count();
    let outcome = example::run(&Judge::new(rules, &[]));
    assert!(outcome.failing.is_empty(), "{}", render(&outcome.failing, false));
    assert!(outcome.not_run >= asking && outcome.holding > outcome.not_run, "{asking} rules: {outcome:?}");
}
