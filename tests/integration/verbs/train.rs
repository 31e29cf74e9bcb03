//! `train` through the real program: what people answered makes the model better and never takes its place.

use std::path::{Path, PathBuf};

use hearken::decide::fold::fold;
use hearken::decide::tone::Tone;

use super::company::Company;

/// A week of answered cases, in words that no list of ours has.
const COMPLAINTS: [&str; 4] = [
    "紅隼的快煮壺底座一直漏膠，摸起來黏黏的",
    "紅隼底座漏膠，整個桌面都黏住了",
    "新買的紅隼又漏膠，底座黏黏的沒辦法用",
    "底座漏膠的紅隼，黏到抹布都拿不開",
];
const PRAISE: &str = "紅隼的快煮壺用了三年，還是一樣好用";
/// Learnt from none of them.
const ALIKE: &str = "我家的紅隼底座也漏膠，黏黏的";

/// A complaint, and a rule that hears it by the model's word alone. A few rules are enough here: the packs take a debug build minutes.
const COLD: &str = "等了兩個小時餐點還是冷的";
const RULE: &str = "[[rule]]\nid = \"own.cold\"\ncategory = \"product_quality\"\nseverity = \"medium\"\nnote = \"Cold dishes.\"\n\
    any = [\"還是冷的\"]\ntone = \"<=-0.1\"\nexample = [{ text = \"等了兩個小時餐點還是冷的\", fires = true }]\n";

struct Bench {
    company: Company,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(texts: impl Iterator<Item = (String, bool)>) -> Self {
        let (company, folder) = (Company::without_store(25, "http://127.0.0.1:9/"), tempfile::tempdir().expect("a folder"));
        let line = |(number, (text, bad)): (usize, (String, bool))| {
            let label = if bad { "neg" } else { "pos" };
            format!("{}\n", serde_json::json!({ "id": number, "text": text, "lang": "zh-Hant", "label_sentiment": label }))
        };
        let lines: String = texts.enumerate().map(line).collect();
        std::fs::write(folder.path().join("own.jsonl"), lines).expect("written");
        std::fs::create_dir(folder.path().join("rules")).expect("made");
        std::fs::write(folder.path().join("rules/own.toml"), RULE).expect("written");
        std::fs::copy(shipped(), folder.path().join("tone.model")).expect("copied");
        Self { company, folder }
    }

    fn answered() -> Self {
        let praise = std::iter::once((PRAISE.to_owned(), false));
        Self::new(COMPLAINTS.iter().map(|text| ((*text).to_owned(), true)).chain(praise))
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn train(&self, more: &[&str]) -> crate::world::program::Said {
        let (own, out) = (self.path("own.jsonl"), self.path("tone.model"));
        let words: Vec<&str> = ["train", &own, "--out", &out].into_iter().chain(more.iter().copied()).collect();
        self.company.run(&words)
    }

    fn model(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("it is there")
    }

    fn kept(&self) -> Vec<String> {
        let all = std::fs::read_dir(self.folder.path()).expect("a folder").flatten();
        all.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| name.ends_with(".before")).collect()
    }
}

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/tone.model")
}

fn complains(model: &[u8], text: &str) -> f32 {
    Tone::from_bytes(model).expect("a model").read(std::iter::once(fold(text).text())).complaint()
}

#[test]
fn a_weeks_answers_alone_make_no_model() {
    let bench = Bench::answered();
    let said = bench.train(&[]).ended(2).remarks();
    assert!(said.contains("5 texts are too few for a model") && said.contains("--from ") && said.contains("1000"), "{said}");
    assert_eq!(bench.model("tone.model"), std::fs::read(shipped()).expect("it is there"), "nothing was written");
    // Nor does `--force` lose the one that is there.
    let said = bench.train(&["--force", "--rules", &bench.path("rules")]).ended(0).remarks();
    let [kept] = bench.kept().try_into().expect("one is kept");
    assert!(said.contains(&kept), "its name is said: {said}");
    assert_eq!(bench.model(&kept), std::fs::read(shipped()).expect("it is there"));
}

#[test]
fn a_weeks_answers_on_top_of_the_shipped_model_move_it_a_little_the_same_way_each_time() {
    let bench = Bench::answered();
    let from = shipped().display().to_string();
    let rules = bench.path("rules");
    let said = bench.train(&["--from", &from, "--rules", &rules]).ended(0).remarks();
    for words in [
        "5 texts, each judged by the rules and a model that did not learn from it",
        "the model before",
        "the new one",
        "examples of the rules that hold",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (before, after) = (std::fs::read(&from).expect("it is there"), bench.model("tone.model"));
    let moved = complains(&after, ALIKE) - complains(&before, ALIKE);
    assert!(moved > 0.05, "what is alike is more of a complaint: {moved}");
    for text in ["今天天氣很好，大家都去爬山了", "the tea was lovely and the staff friendly", "等了兩個小時餐點還是冷的"]
    {
        let moved = complains(&after, text) - complains(&before, text);
        assert!(moved.abs() < 0.3, "what has nothing to do with it stays: {text} {moved}");
    }
    std::fs::remove_file(bench.path("tone.model")).expect("removed");
    bench.train(&["--from", &from, "--rules", &rules]).ended(0);
    assert_eq!(bench.model("tone.model"), after, "the same texts, the same model");
}

#[test]
fn answers_that_turn_the_rules_over_are_not_written() {
    // Labels the wrong way round, as a slip in an export makes them.
    let bench = Bench::new((0..40).map(|_| (COLD.to_owned(), false)));
    let from = shipped().display().to_string();
    let said = bench.train(&["--from", &from, "--rules", &bench.path("rules")]).ended(2).remarks();
    assert!(said.contains("examples of the rules fail") && said.contains("nothing was written"), "{said}");
    assert_eq!(bench.model("tone.model"), std::fs::read(&from).expect("it is there"));
}
