//! A model learnt from a handful of sentences: it learns them, the same way each time, and reads back only what it wrote.

use super::blend::Blend;
use super::train::{Options, School, UNKNOWN};
use super::*;
use crate::decide::classify::{Judge, Subject};
use crate::decide::fold::fold;
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
    Judge::new(RuleSet { tone, ..RuleSet::default() }, &[]).expect("no rules are few enough")
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
        let voice = crate::decide::voice::Voice::hear(Some(&tone), &texts, "zh-Hant").expect("there is something to read");
        let swayed = |from: &Severity| voice.sways(*from, true).map_or(*from, |swayed| swayed.to);
        Severity::ALL.iter().map(swayed).collect::<Vec<_>>()
    };
    use Severity::{Critical, High, Low, Medium};
    assert_eq!(said(20.0, Blend::start()), [Severity::None, Medium, Medium, High, Critical]);
    assert_eq!(said(-20.0, Blend::start()), [Severity::None, Low, Low, Medium, Critical]);
    assert_eq!(said(-20.0, Blend::default()), [Severity::None, Low, Medium, High, Critical]);
}
