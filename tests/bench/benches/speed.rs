//! Hearken's engine beside others: the fold, keywords, rules, regular expressions, and `classify` end to end.

use hearken::decide::fold::Folded;
use hearken::decide::matching::Finder;
use hearken::decide::rule::RuleSet;
use hearken::decide::{Judge, Subject};
use hearken::problem::Problems;
use hearken_bench::made::{texts, words};
use hearken_bench::rounds::{Side, compare};

const TEXTS: usize = 20_000;
/// yara-x evaluates every rule on every text: fewer texts are enough to see it, and both sides read the same ones.
const FEW_TEXTS: usize = 2_000;

fn main() {
    let texts = texts(TEXTS);
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} texts of {} bytes on average", texts.len(), bytes / texts.len());
    fold(&texts);
    for count in [1_000, 10_000] {
        keywords(&texts, count);
    }
    rules(&texts);
    one_word_rules(&texts);
    classify(&texts);
}

fn fold(texts: &[String]) {
    let mut folded = Folded::default();
    let ours = Side::new("fold to units", || {
        let each = texts.iter().map(|text| {
            folded.refill(text);
            folded.units().len()
        });
        each.sum()
    });
    let mut whole = Folded::default();
    let as_text = Side::new("fold to units and to text", move || {
        let each = texts.iter().map(|text| {
            whole.refill(text);
            whole.text().len()
        });
        each.sum()
    });
    let normalizer = icu_normalizer::ComposingNormalizer::new_nfkc();
    let chain = Side::new("icu NFKC, to_lowercase, zhconv", move || {
        let each = texts.iter().map(|text| zhconv::zhconv(&normalizer.normalize(text).to_lowercase(), zhconv::Variant::ZhHans).len());
        each.sum()
    });
    compare("the fold", texts.len(), false, ours, vec![as_text, chain], &[("icu NFKC, to_lowercase, zhconv", 6.0)]);
}

/// The others get texts that are folded already and search for the same words, anywhere; ours folds first.
fn keywords(texts: &[String], count: usize) {
    let words = words(texts, count);
    let folded: Vec<String> = texts.iter().map(|text| hearken::decide::fold::fold(text).text().to_owned()).collect();
    let finder = Finder::new((0..).zip(&words).map(|(number, word)| (word.as_str(), false, number)));
    let (mut memory, mut candidates) = (Folded::default(), Vec::new());
    let ours = Side::new("fold, then the finder", move || {
        let mut hits = 0;
        for text in texts {
            memory.refill(text);
            finder.find(memory.padded(), &mut candidates, |_| hits += 1);
        }
        hits
    });
    let kind = Some(aho_corasick::AhoCorasickKind::DFA);
    let dfa = aho_corasick::AhoCorasick::builder().kind(kind).build(&words).expect("the words make an automaton");
    let daachorse = daachorse::CharwiseDoubleArrayAhoCorasick::<u32>::new(&words).expect("the words make an automaton");
    let folded = &folded;
    let others = vec![
        Side::new("aho-corasick DFA, no fold", move || folded.iter().map(|text| dfa.find_overlapping_iter(text).count()).sum()),
        Side::new("daachorse charwise, no fold", move || folded.iter().map(|text| daachorse.find_overlapping_iter(text).count()).sum()),
    ];
    let goal = if count == 1_000 { 1.5 } else { 3.0 };
    compare(&format!("{count} keywords"), texts.len(), true, ours, others, &[("aho-corasick DFA, no fold", goal)]);
}

/// A judge of rules written as a rule file, as an operator's are.
fn judge(file: &str) -> Judge {
    let dir = std::env::temp_dir().join(format!("hearken-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    std::fs::write(dir.join("rules.toml"), file).expect("a temporary file");
    let problems = Problems::default();
    let start = std::time::Instant::now();
    let rules: RuleSet = hearken::decide::load::load(&dir, &problems);
    let judge = Judge::new(rules, &[]).expect("the rules make a judge");
    println!("\n{} rules are loaded and compiled in {:.0} ms", judge.rules().rules.len(), start.elapsed().as_secs_f64() * 1e3);
    std::fs::remove_dir_all(&dir).expect("the temporary folder");
    judge
}

/// Texts that fire, by rule: every rule has weight and category of its own, so each shows in the verdict.
fn fired(judge: &Judge, texts: &[&str]) -> usize {
    let each = texts.iter().map(|text| judge.judge_unbranded(&Subject { text, ..Subject::default() }).reasons.len());
    each.sum()
}

/// 1,000 rules of (one of three) and (one of three) and not one.
fn rules(texts: &[String]) {
    let words = words(texts, 7_000);
    let (mut toml, mut yara) = (String::from("[list]\n"), String::new());
    let quoted = |words: &[String]| words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
    for (number, seven) in words.chunks_exact(7).enumerate() {
        toml.push_str(&format!("a{number} = [{}]\nb{number} = [{}]\n", quoted(&seven[..3]), quoted(&seven[3..6])));
    }
    for (number, seven) in words.chunks_exact(7).enumerate() {
        toml.push_str(&rule(number, &format!("all = [\"@a{number}\", \"@b{number}\"]\nnone = [{}]", quoted(&seven[6..]))));
        let strings = seven.iter().enumerate().map(|(at, word)| format!("$s{at} = {word:?}")).collect::<Vec<_>>().join(" ");
        yara.push_str(&format!(
            "rule r{number} {{ strings: {strings} condition: any of ($s0, $s1, $s2) and any of ($s3, $s4, $s5) and not $s6 }}\n"
        ));
    }
    against_yara("1,000 rules: (any 3) and (any 3) and not 1", texts, &toml, &yara, 15.0);
}

fn one_word_rules(texts: &[String]) {
    let words = words(texts, 10_000);
    let toml: String = words.iter().enumerate().map(|(number, word)| rule(number, &format!("any = [{word:?}]"))).collect();
    let yara: String =
        words.iter().enumerate().map(|(number, word)| format!("rule r{number} {{ strings: $s = {word:?} condition: $s }}\n")).collect();
    against_yara("10,000 rules of one word", texts, &toml, &yara, 100.0);
}

fn rule(number: usize, terms: &str) -> String {
    format!("[[rule]]\nid = \"r{number}\"\ncategory = \"other\"\nseverity = \"low\"\nnote = \"A rule.\"\n{terms}\n")
}

/// yara-x gets the folded texts. Its rules know no whole words, no negation, and its guards rule the whole text out, so counts differ.
fn against_yara(title: &str, texts: &[String], toml: &str, yara: &str, goal: f64) {
    let judge = judge(toml);
    let originals: Vec<&str> = texts.iter().take(FEW_TEXTS).map(String::as_str).collect();
    let folded: Vec<String> = originals.iter().map(|text| hearken::decide::fold::fold(text).text().to_owned()).collect();
    let compiled = yara_x::compile(yara).expect("the same rules for yara-x");
    let mut scanner = yara_x::Scanner::new(&compiled);
    let ours = Side::new("fold, match and judge", || fired(&judge, &originals));
    let theirs = Side::new("yara-x, no fold", || {
        let mut matching = 0;
        for text in &folded {
            matching += scanner.scan(text.as_bytes()).map_or(0, |found| found.matching_rules().len());
        }
        matching
    });
    compare(title, originals.len(), false, ours, vec![theirs], &[("yara-x, no fold", goal)]);
}

/// The shipped packs and model, from lines to lines; beside them the bare reading of the lines.
fn classify(texts: &[String]) {
    let problems = Problems::default();
    let rules = hearken::decide::load::load(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")), &problems);
    let judge = Judge::new(rules, &[]).expect("the shipped rules make a judge");
    let line = |text: &String| serde_json::json!({"id": "1", "text": text}).to_string() + "\n";
    let lines: String = texts.iter().take(FEW_TEXTS).map(line).collect();
    let ours = Side::new("classify", || {
        let mut output = Vec::new();
        let wrong = hearken::cli::classify::classify(&judge, true, lines.as_bytes(), &mut output, std::io::sink());
        assert_eq!(wrong.expect("memory can be read"), 0, "every line is valid");
        output.iter().filter(|byte| **byte == b'\n').count()
    });
    let parse = Side::new("reading the lines alone", || {
        lines.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count()
    });
    compare("classify with the shipped rules and model", FEW_TEXTS, true, ours, vec![parse], &[]);
}
