//! A model learnt from a handful of sentences: it learns them, the same way each time, and reads back only what it wrote.

use super::blend::Blend;
use super::train::{Options, School, UNKNOWN};
use super::*;
use crate::decide::classify::{Judge, Subject};
use crate::decide::example::{self, Outcome};
use crate::decide::fold::fold;
use crate::decide::idle::idle;
use crate::decide::rule::RuleSet;
use crate::problem::Problems;

const COMPLAINTS: &[&str] = &[
    "包裹到现在还没收到，太慢了",
    "物流慢得离谱，还没收到",
    "快递太慢，气死人",
    "the parcel is late and nobody answers",
    "delivery was late again",
];
const PRAISE: &[&str] =
    &["味道很好，下次还来", "服务很好，很满意", "很好吃，推荐", "great service and lovely food", "lovely, will come again"];

fn learnt() -> Tone {
    let mut school = School::default();
    for (texts, yes) in [(COMPLAINTS, 1.0), (PRAISE, 0.0)] {
        for text in texts {
            let mut targets = [UNKNOWN; LANES];
            (targets[COMPLAINT], targets[CATEGORIES], targets[AT_LEAST]) = (yes, yes, yes);
            school.add("own", "zh-Hant", [fold(text).text()].into_iter(), targets, [1.0; LANES]);
        }
    }
    school.learn(&["logistics".to_owned()], &Options { least_texts: 1, rounds: 20, ..Options::default() }, |_, _, _| {})
}

fn complaint(tone: &Tone, text: &str) -> f32 {
    tone.read([fold(text).text()].into_iter()).complaint()
}

#[test]
fn what_was_taught_is_known_in_both_scripts() {
    let tone = learnt();
    for (text, bad) in
        [("快遞太慢了，還沒收到", true), ("包裹還沒收到", true), ("parcel late", true), ("很好吃，很滿意", false), ("lovely food", false)]
    {
        assert_eq!(complaint(&tone, text) > 0.0, bad, "{text}");
    }
    let reading = tone.read(["还没收到"].into_iter());
    assert!(reading.category(0) > 0.0 && reading.at_least(crate::model::Severity::Low) > 0.0);
    assert!((0.0..0.1).contains(&tone.fluency("zh-Hans")) && tone.fluency("zh-Hans") > tone.fluency("en"));
}

#[test]
fn the_numbers_of_orders_and_cards_say_nothing() {
    let tone = learnt();
    for (text, with_number) in [
        ("快遞太慢，還沒收到", "快遞太慢，還沒收到 4111 1111 1111 1111"),
        ("很好吃", "很好吃 A10023"),
        ("lovely food", "lovely food 0912345678"),
    ] {
        let read = |text: &str| tone.read([fold(text).text()].into_iter());
        assert_eq!(read(text).features(), read(with_number).features(), "{with_number}");
        assert!((complaint(&tone, text) - complaint(&tone, with_number)).abs() < f32::EPSILON, "{with_number}");
    }
    assert_ne!(complaint(&tone, "late 3 days"), complaint(&tone, "late days"), "how many is said in few digits");
}

#[test]
fn learning_twice_gives_the_same_bytes_and_they_read_back() {
    let bytes = learnt().to_bytes();
    assert_eq!(bytes, learnt().to_bytes());
    let again = Tone::from_bytes(&bytes).expect("it was written so");
    assert_eq!(again, learnt());
    assert_eq!(again.hash.len(), 16);
}

#[test]
fn a_damaged_file_is_refused_wherever_the_damage_is() {
    let bytes = learnt().to_bytes();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        assert!(Tone::from_bytes(&damaged).is_err(), "byte {at} was changed");
        assert!(Tone::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
    }
    assert_eq!(Tone::from_bytes(b"[[rule]]\n"), Err(Damage::Mark));
}

#[test]
fn a_damaged_file_in_the_rules_directory_is_a_problem_with_a_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let problems = Problems::default();
    assert_eq!(load(folder.path(), &problems), None);
    assert_eq!(problems.take(), []);
    std::fs::write(folder.path().join(FILE), b"nonsense").expect("written");
    assert_eq!(load(folder.path(), &problems), None);
    let found = problems.take();
    assert!(found[0].message.contains("of another version"), "{found:?}");
    assert!(
        found.len() == 1 && !found[0].warning && found[0].help.as_deref().is_some_and(|help| help.contains("hearken train")),
        "{found:?}"
    );
    std::fs::write(folder.path().join(FILE), &learnt().to_bytes()[..100]).expect("written");
    assert_eq!(load(folder.path(), &problems), None);
    assert!(problems.take()[0].message.contains("damaged"), "what begins as a model does is one");
    std::fs::write(folder.path().join(FILE), learnt().to_bytes()).expect("written");
    assert_eq!(load(folder.path(), &problems).map(|tone| tone.hash), Some(learnt().hash));
}

#[test]
fn the_loudest_words_are_whole_characters() {
    let tone = learnt();
    for text in ["快递太慢了 parcel is late, 还没收到！", "é…late👎🏽慢", "慢"] {
        let folded = fold(text);
        let strong = tone.strongest(folded.text(), COMPLAINT, 1.0, 10, 3);
        assert!(!strong.is_empty() && strong.len() <= 3, "{text}");
        assert!(strong.iter().all(|strong| folded.text().get(strong.place.clone()).is_some() && strong.weight > 0.0), "{text}");
    }
}

/// A model that is sure of the worst: every head shouts at every text.
fn shouting() -> Tone {
    let learnt = learnt();
    Tone { biases: [20.0; LANES], lessons: BTreeMap::from([("zh".to_owned(), 1_000_000), ("en".to_owned(), 1_000_000)]), ..learnt }
}

fn judge(tone: Option<Tone>) -> Judge {
    Judge::new(RuleSet { tone, ..RuleSet::default() }, &[])
}

#[test]
fn alone_it_suggests_and_never_raises_above_medium() {
    let subject = Subject { text: "快递太慢，还没收到", ..Subject::default() };
    let verdict = judge(Some(shouting())).judge_unbranded(&subject);
    assert!(verdict.complaint && verdict.sentiment < -0.5);
    assert_eq!((verdict.severity, verdict.categories[0].category.as_str()), (crate::model::Severity::Medium, "logistics"));
    let rules: Vec<&str> = verdict.reasons.iter().map(|reason| reason.rule.as_str()).collect();
    assert_eq!(rules, ["tone.logistics", "tone.complaint", "tone.worse"]);
    for span in verdict.reasons.iter().flat_map(|reason| &reason.spans) {
        assert!(subject.text.get(span.start..span.end).is_some_and(|words| !words.is_empty()));
    }
    let told = verdict.tone.expect("there is a model");
    assert!(told.complaint > 0.9 && told.suggested[0].category == "logistics");
}

#[test]
fn without_a_model_the_rules_judge_alone() {
    let verdict = judge(None).judge_unbranded(&Subject { text: "快递太慢，还没收到", ..Subject::default() });
    assert!(!verdict.complaint && verdict.tone.is_none() && verdict.reasons.is_empty());
}

#[test]
fn how_far_it_is_heard_stands_in_the_file_and_older_files_say_nothing_of_it() {
    let mut tone = learnt();
    let deaf = Blend { category_weight: 0.1, ..Blend::start() };
    tone.set_blend("zh", deaf.clone());
    let again = tone.rewritten();
    assert_eq!((again.blend("zh-Hant"), again.blend("de")), (deaf, Blend::default()));
    assert_eq!(Tone::from_bytes(&tone.to_bytes()), Ok(again));
    tone.set_blend(OTHERS, Blend { pivots: [f64::NAN; MOST_CATEGORIES], ..Blend::default() });
    assert!(Tone::from_bytes(&tone.to_bytes()).is_err());
}

#[test]
fn how_bad_it_is_it_may_say_below_high_only_and_critical_stays() {
    let said = |logits: f32, blend: Blend| {
        let mut tone = Tone { biases: [logits; LANES], ..shouting() };
        tone.set_blend("zh", blend);
        let texts = crate::decide::evaluate::Texts::new(None, "慢", &mut Vec::new());
        let traditional = crate::decide::Subject { text: "慢", lang: Some("zh-Hant"), ..Default::default() };
        let voice =
            crate::decide::voice::Voice::hear(Some(&tone), &texts, &traditional.language(), &[]).expect("there is something to read");
        let swayed = |from: &Severity| voice.sways(*from, true).map_or(*from, |swayed| swayed.to);
        Severity::ALL.iter().map(swayed).collect::<Vec<_>>()
    };
    use Severity::{Critical, High, Low, Medium};
    assert_eq!(said(20.0, Blend::start()), [Severity::None, Medium, Medium, High, Critical]);
    assert_eq!(said(-20.0, Blend::start()), [Severity::None, Low, Low, Medium, Critical]);
    assert_eq!(said(-20.0, Blend::default()), [Severity::None, Low, Medium, High, Critical]);
}

/// The rules of one file beside a model, or beside none.
fn written(rules: &str, model: bool) -> RuleSet {
    let (folder, problems) = (tempfile::tempdir().expect("a temporary folder"), Problems::default());
    std::fs::write(folder.path().join("a.toml"), rules).expect("written");
    if model {
        std::fs::write(folder.path().join(FILE), learnt().to_bytes()).expect("written");
    }
    let rules = crate::decide::load::load(folder.path(), &problems);
    assert!(!problems.any_error(), "{:?}", problems.take());
    rules
}

/// A rule of one word that asks the model for something.
fn asking(asks: &str, examples: &str) -> String {
    let keys = "id = \"a\"\ncategory = \"logistics\"\nseverity = \"low\"\nany = [\"包裹\"]\nnote = \"n\"";
    format!("[[rule]]\n{keys}\n{asks}\nexample = [{examples}]\n")
}

const LATE: &str = "包裹还没收到，太慢了";
const GOOD: &str = "包裹很好，很满意，推荐";

#[test]
fn a_rule_fires_where_the_model_says_what_it_asks_for() {
    for (asks, late, good) in [
        ("tone = \"<0\"", true, false),
        ("tone = \">=0\"", false, true),
        ("tone = \"<=1\"", true, true),
        ("tone = \"<=-1\"", false, false),
        ("suggests = \"logistics\"", true, false),
        ("suggests = [\"logistics\"]", true, false),
        ("suggests = [\"logistics\", \"price\"]", false, false),
        ("suggests = \"logistics\"\ntone = \">0\"", false, false),
        ("suggests = \"price\"", false, false),
    ] {
        let with = Judge::new(written(&asking(asks, ""), true), &[]);
        let without = Judge::new(written(&asking(asks, ""), false), &[]);
        for (text, fires) in [(LATE, late), (GOOD, good), ("还没收到，太慢了", false)] {
            let fired = |judge: &Judge| {
                let verdict = judge.judge_unbranded(&Subject { text, ..Subject::default() });
                verdict.reasons.iter().any(|reason| reason.rule == "a")
            };
            assert_eq!(fired(&with), fires, "{asks}: {text}");
            assert!(!fired(&without), "{asks} without a model: {text}");
        }
    }
}

#[test]
fn an_example_that_the_model_turns_over_names_what_it_read_and_the_limit() {
    let examples = format!("{{ text = \"{LATE}\", fires = false }}, {{ text = \"{GOOD}\", fires = true }}");
    let said = |asks: &str| {
        let failing = example::run(&Judge::new(written(&asking(asks, &examples), true), &[])).failing;
        failing.into_iter().map(|problem| (problem.message, problem.help.unwrap_or_default())).collect::<Vec<_>>()
    };
    let tone = said("tone = \"<=0\"");
    assert_eq!(tone[0].0, "an example of `a` should not fire and does, by the model's word");
    assert_eq!(tone[1].0, "an example of `a` should fire and does not, by the model's word");
    for ((_, help), sign) in tone.iter().zip(["-", ""]) {
        let (read, rest) =
            help.strip_prefix("`包裹` stands there, and the model reads a tone of ").and_then(|help| help.split_once(", ")).expect(help);
        assert!(read.parse::<f64>().is_ok_and(|read| (-1.0..=1.0).contains(&read)) && read.starts_with(sign), "{help}");
        assert_eq!(rest, "and the rule asks for <=0. Take a plainer text, move the limit, or train the model on such texts.");
    }
    let suggests = said("suggests = \"logistics\"");
    assert!(suggests[1].1.contains("the model gives `logistics` 0.") && suggests[1].1.contains("suggests it from 0.5 on"), "{suggests:?}");
    assert!(said("suggests = \"price\"")[0].1.contains("the model knows no category `price`"));
}

#[test]
fn without_a_model_only_the_examples_it_decides_are_not_run() {
    let examples = format!(
        "{{ text = \"{LATE}\", fires = true }}, {{ text = \"{GOOD}\", fires = false }}, \
        {{ text = \"太慢了\", fires = false }}, {{ text = \"没有包裹\", fires = false }}"
    );
    let outcome = |text: &str| example::run(&Judge::new(written(text, false), &[]));
    for asks in ["tone = \"<0\"", "suggests = \"logistics\""] {
        let rules = asking(asks, &examples);
        assert_eq!(outcome(&rules), Outcome { holding: 2, failing: Vec::new(), not_run: 2 }, "its word is missing, or denied");
        assert_eq!(example::run(&Judge::new(written(&rules, true), &[])).holding, 4);
    }
    let hopeless = outcome(&asking("tone = \"<0\"", "{ text = \"太慢了\", fires = true }"));
    assert_eq!((hopeless.failing.len(), hopeless.not_run), (1, 0), "no model could make it fire");
    let help = "`tone` asks for the model's word, and there is none; none of `any`, `near` and `regex` stands there.";
    assert_eq!(hopeless.failing[0].help.as_deref(), Some(help));
}

#[test]
fn rules_that_wait_for_no_model_or_for_a_category_it_does_not_know_are_told() {
    let said = |asks: &str, model: bool| {
        idle(&written(&asking(asks, ""), model)).into_iter().map(|problem| (problem.message, problem.help)).collect::<Vec<_>>()
    };
    assert_eq!(said("tone = \"<0\"", false)[0].0, "`a` asks for a model's word, and there is none: it never fires");
    assert_eq!(said("tone = \"<0\"", true), []);
    let (message, help) = &said("suggests = \"logistic\"", true)[0];
    assert_eq!(message, "`a` waits for the model to suggest `logistic`, which it does not know");
    assert_eq!(help.as_deref(), Some("Did you mean \"logistics\"?"));
    let two = format!("{}{}", asking("tone = \"<0\"", ""), asking("tone = \">0\"", "").replace("\"a\"", "\"b\""));
    assert!(idle(&written(&two, false))[0].message.starts_with("2 rules ask for a model's word"));
}
