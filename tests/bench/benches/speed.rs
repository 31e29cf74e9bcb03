//! Hearken's engine beside others: the fold, keywords, rules, regular expressions, and `classify` end to end.

use hearken::decide::fold::Folded;
use hearken::decide::matching::{Candidates, Finder};
use hearken::decide::pattern;
use hearken::decide::rule::{Pattern, RuleSet};
use hearken::decide::{Judge, Subject};
use hearken::problem::Problems;
use hearken_bench::made::{patterns, texts, words};
use hearken_bench::rounds::{Side, compare};

const TEXTS: usize = 20_000;
/// yara-x evaluates every rule on every text: fewer texts are enough to see it, and both sides read the same ones.
const FEW_TEXTS: usize = 2_000;
/// Sets that do not fit their memory, and Unicode's word boundaries, take a path that is slower still.
const VERY_FEW_TEXTS: usize = 200;
/// Memory in which the set of all expressions finds room: far more than the two megabytes of the default.
const LARGE_SET: usize = 400 << 20;

fn main() {
    let texts = texts(TEXTS);
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} texts of {} bytes on average", texts.len(), bytes / texts.len());
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    if runs("fold") {
        fold(&texts);
    }
    if runs("keywords") {
        keywords(&texts, 1_000);
        keywords(&texts, 10_000);
    }
    if runs("expressions") {
        expressions(&texts);
    }
    if runs("rules") {
        rules(&texts);
        one_word_rules(&texts, 1_000);
        one_word_rules(&texts, 10_000);
    }
    if runs("classify") {
        classify(&texts);
    }
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
    let (mut memory, mut candidates) = (Folded::default(), Candidates::default());
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

/// Expressions, and the words that stand in every match of them.
struct Gated {
    expressions: Vec<Pattern>,
    finder: Finder,
    /// Those that no word announces.
    always: Vec<usize>,
    memory: Folded,
    candidates: Candidates,
}

impl Gated {
    fn new(patterns: &[&str]) -> Self {
        let expressions: Vec<Pattern> = patterns.iter().map(|written| pattern::compile(written).expect("the pattern is right")).collect();
        let numbered = expressions.iter().zip(0_u32..);
        let gates = numbered.flat_map(|(pattern, number)| pattern.outline.gates.iter().map(move |gate| (gate.as_str(), false, number)));
        let finder = Finder::new(gates);
        let always = (0..expressions.len()).filter(|number| expressions[*number].outline.gates.is_empty()).collect();
        Self { expressions, finder, always, memory: Folded::default(), candidates: Candidates::default() }
    }

    /// The numbers of those that match, in order.
    fn matching(&mut self, text: &str) -> Vec<usize> {
        self.memory.refill(text);
        let mut gates = Vec::new();
        self.finder.find(self.memory.padded(), &mut self.candidates, |gate| gates.push((gate.word as usize, gate.start as usize)));
        let text = self.memory.text();
        let finds = |number: usize, place| !self.expressions[number].regex.find(text, place, 1).is_empty();
        let mut found: Vec<usize> = self.always.iter().copied().filter(|number| finds(*number, 0..text.len())).collect();
        found.extend(gates.into_iter().filter_map(|(number, start)| {
            let outline = &self.expressions[number].outline;
            (outline.may_match(text, start) && finds(number, outline.reach.around(text, start))).then_some(number)
        }));
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// 200 expressions as people write them. The others get folded texts; with `\b` and classes in ASCII they must find what ours finds.
fn expressions(texts: &[String]) {
    let patterns = patterns();
    let start = std::time::Instant::now();
    let mut gated = Gated::new(&patterns);
    println!("\n{} expressions are read in {:.0} ms", patterns.len(), start.elapsed().as_secs_f64() * 1e3);
    let folded: Vec<String> = texts.iter().map(|text| hearken::decide::fold::fold(text).text().to_owned()).collect();
    let ascii = |memory: usize| {
        let expressions = gated.expressions.iter().map(|pattern| pattern.regex.as_str());
        regex::RegexSetBuilder::new(expressions).dfa_size_limit(memory).build().expect("together they compile")
    };
    let (in_ascii, cramped) = (ascii(LARGE_SET), ascii(2 << 20));
    for (text, folded) in texts.iter().zip(&folded) {
        let theirs: Vec<usize> = in_ascii.matches(folded).iter().collect();
        assert_eq!(gated.matching(text), theirs, "{folded}");
    }
    let ours = Side::new("fold, gates and expressions", move || texts.iter().map(|text| gated.matching(text).len()).sum());
    let count = |set: &regex::RegexSet, texts: &[String]| texts.iter().map(|text| set.matches(text).iter().count()).sum::<usize>();
    let theirs = Side::new("RegexSet in ASCII, no fold", || count(&in_ascii, &folded));
    compare("200 expressions", texts.len(), true, ours, vec![theirs], &[("RegexSet in ASCII, no fold", 0.9)]);
    let mut gated = Gated::new(&patterns);
    let few = &texts[..VERY_FEW_TEXTS.min(texts.len())];
    let written = regex::RegexSet::new(&patterns).expect("together they compile");
    let ours = Side::new("fold, gates and expressions", move || few.iter().map(|text| gated.matching(text).len()).sum());
    let theirs = vec![
        Side::new("RegexSet in ASCII, in the memory it has by default", || count(&cramped, &folded[..few.len()])),
        Side::new("RegexSet as written, with Unicode's boundaries", || count(&written, &folded[..few.len()])),
    ];
    compare("200 expressions, few texts", few.len(), false, ours, theirs, &[]);
}

/// A judge of rules written as a rule file, as an operator's are.
fn judge(file: &str) -> Judge {
    let dir = std::env::temp_dir().join(format!("hearken-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    std::fs::write(dir.join("rules.toml"), file).expect("a temporary file");
    let problems = Problems::default();
    let start = std::time::Instant::now();
    let rules: RuleSet = hearken::decide::load::load(&dir, &problems);
    let judge = Judge::new(rules, &[]);
    println!("\n{} rules are loaded and compiled in {:.0} ms", judge.rules().rules.len(), start.elapsed().as_secs_f64() * 1e3);
    std::fs::remove_dir_all(&dir).expect("the temporary folder");
    judge
}

/// Rules that fire, text by text: every rule has weight and category of its own, so each shows in the verdict.
fn fired(texts: &[&str], reasons: impl Fn(&Subject<'_>) -> usize) -> usize {
    texts.iter().map(|text| reasons(&Subject { text, ..Subject::default() })).sum()
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

/// Ten times the rules beside a tenth of them: what ours takes more is what more hits cost.
fn one_word_rules(texts: &[String], count: usize) {
    let words = words(texts, count);
    let toml: String = words.iter().enumerate().map(|(number, word)| rule(number, &format!("any = [{word:?}]"))).collect();
    let yara: String =
        words.iter().enumerate().map(|(number, word)| format!("rule r{number} {{ strings: $s = {word:?} condition: $s }}\n")).collect();
    let goal = if count == 10_000 { 100.0 } else { 15.0 };
    against_yara(&format!("{count} rules of one word"), texts, &toml, &yara, goal);
}

fn rule(number: usize, terms: &str) -> String {
    format!("[[rule]]\nid = \"r{number}\"\ncategory = \"other\"\nseverity = \"low\"\nnote = \"A rule.\"\n{terms}\n")
}

/// yara-x gets the folded texts; both answer with the names of the rules that fire. Its rules know no whole words, no negation, and its guards rule the whole text out, so counts differ.
fn against_yara(title: &str, texts: &[String], toml: &str, yara: &str, goal: f64) {
    let judge = judge(toml);
    let originals: Vec<&str> = texts.iter().take(FEW_TEXTS).map(String::as_str).collect();
    let folded: Vec<String> = originals.iter().map(|text| hearken::decide::fold::fold(text).text().to_owned()).collect();
    let ours = Side::new("fold, match and judge", || fired(&originals, |subject| judge.brief(subject, true).reasons.len()));
    let rendered = || fired(&originals, |subject| judge.judge_unbranded(subject).reasons.len());
    let mut others = vec![Side::new("the same with places and notes", rendered)];
    others.extend(yara_side(yara, &folded));
    compare(title, originals.len(), false, ours, others, &[(YARA, goal)]);
}

const YARA: &str = "yara-x, no fold";

#[cfg(feature = "yara")]
fn yara_side<'a>(rules: &str, folded: &'a [String]) -> Option<Side<'a>> {
    let compiled: &'static yara_x::Rules = Box::leak(Box::new(yara_x::compile(rules).expect("the same rules for yara-x")));
    let mut scanner = yara_x::Scanner::new(compiled);
    Some(Side::new(YARA, move || {
        let mut matching = 0;
        for text in folded {
            matching += scanner.scan(text.as_bytes()).map_or(0, |found| found.matching_rules().len());
        }
        matching
    }))
}

#[cfg(not(feature = "yara"))]
fn yara_side<'a>(_: &str, _: &'a [String]) -> Option<Side<'a>> {
    None
}

/// The shipped packs and model, from lines to lines; beside them the bare reading of the lines.
fn classify(texts: &[String]) {
    let problems = Problems::default();
    let rules = hearken::decide::load::load(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")), &problems);
    let judge = Judge::new(rules, &[]);
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
