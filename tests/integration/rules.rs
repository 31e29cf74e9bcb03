//! Rule files as operators write them: every mistake with its place and remedy, and what is no mistake.

use std::path::{Path, PathBuf};

use hearken::decide::example;
use hearken::decide::load::load;
use hearken::decide::rule::{Kind, Rule, RuleSet};
use hearken::decide::{Judge, Subject};
use hearken::model::Severity;
use hearken::problem::{Problem, Problems, render};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules")
}

fn load_all(dir: &Path) -> (RuleSet, Vec<Problem>) {
    let problems = Problems::default();
    let rules = load(dir, &problems);
    (rules, problems.take())
}

/// Loads one file from a directory of its own.
fn load_one(name: &str, bytes: &[u8]) -> (RuleSet, Vec<Problem>) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join(name), bytes).expect("the file is written");
    let (rules, problems) = load_all(dir.path());
    (rules, problems)
}

fn rule(id: &str, word: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\ncategory = \"logistics\"\nseverity = \"medium\"\nany = [\"{word}\"]\nnote = \"n\"\nexample = [{{ text = \"{word}\", fires = true }}]\n"
    )
}

#[test]
fn every_mistake_says_where_and_what_would_be_right() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut mistakes: Vec<PathBuf> =
        std::fs::read_dir(fixtures().join("mistakes")).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    mistakes.sort();
    assert!(mistakes.len() >= 30, "{}", mistakes.len());
    let mut said = String::new();
    for path in mistakes {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let target = dir.path().join(&name);
        std::fs::copy(&path, &target).expect("it is copied");
        let (_, problems) = load_all(dir.path());
        assert!(!problems.is_empty(), "{name} has no mistake");
        assert!(problems.iter().all(|problem| problem.help.as_ref().is_some_and(|help| !help.is_empty())), "{name} without a remedy");
        let text = render(&problems, false).replace(&format!("{}/", dir.path().display()), "");
        said.push_str(&format!("==== {name}\n{}\n", text.trim_end()));
        std::fs::remove_file(&target).expect("it is removed");
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_folder_without_a_single_rule_is_a_mistake() {
    for text in ["", "# to come\n", "[list]\nlate = [\"late\"]\n"] {
        let (rules, problems) = load_one("x.toml", text.as_bytes());
        let said = render(&problems, false);
        assert!(rules.rules.is_empty() && problems.iter().any(|problem| !problem.warning), "{text:?}: {said}");
        assert!(said.contains("there is no rule in any of the files here") && said.contains("nobody is ever warned"), "{said}");
    }
}

#[test]
fn the_small_pack_holds_its_own_examples() {
    let (rules, problems) = load_all(&fixtures().join("small"));
    assert_eq!(problems, []);
    let judge = Judge::new(rules, &[]);
    let outcome = example::run(&judge);
    assert_eq!(outcome.failing, []);
    assert_eq!((outcome.holding, outcome.not_run), (10, 0));
}

#[test]
fn an_example_that_fails_says_why() {
    let text = rule("a", "late").replace("text = \"late\", fires = true", "text = \"it was not late\", fires = true");
    let (rules, problems) = load_one("a.toml", text.as_bytes());
    assert_eq!(problems, []);
    let failing = example::run(&Judge::new(rules, &[])).failing;
    assert_eq!(failing.len(), 1);
    assert_eq!(failing[0].message, "an example of `a` should fire and does not");
    let help = "`late` is negated there, so it does not count: write the whole phrase as a word of its own.";
    assert_eq!(failing[0].help.as_deref(), Some(help));
    assert_eq!(failing[0].place.line_column().map(|(line, _)| line), Some(7));
}

#[test]
fn marks_line_ends_and_leavings_of_editors_are_no_mistakes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let text = format!("\u{FEFF}{}", rule("a", "late").replace('\n', "\r\n"));
    std::fs::write(dir.path().join("a.toml"), text).expect("it is written");
    for name in [".a.toml.swp", "#a.toml#", "a.toml~", ".#a.toml", "notes.md"] {
        std::fs::write(dir.path().join(name), "not a rule").expect("it is written");
    }
    let (rules, problems) = load_all(dir.path());
    assert_eq!(problems, []);
    assert_eq!(rules.rules.len(), 1);
    assert_eq!(rules.rules[0].line, 1);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let (_, problems) = load_one("a.toml", b"[[rule]]\nid = \"\xB2\xEE\"\n");
    assert!(problems[0].message.contains("line 2 is not UTF-8"), "{problems:?}");
    let (_, problems) = load_all(Path::new("/nonexistent/rules"));
    assert!(problems[0].message.contains("cannot be read"), "{problems:?}");
    let (_, problems) = load_one("readme.md", b"");
    assert!(problems[0].message.contains("no rule file"), "{problems:?}");
}

#[test]
fn the_hash_is_that_of_the_meaning() {
    let one = load_one("a.toml", format!("{}{}", rule("a", "late"), rule("b", "broken")).as_bytes()).0;
    let other = load_one("z.toml", format!("# other order\n{}\n{}", rule("b", "BROKEN"), rule("a", "late")).as_bytes()).0;
    let changed = load_one("a.toml", format!("{}{}", rule("a", "late"), rule("b", "smashed")).as_bytes()).0;
    assert_eq!(one.hash, other.hash);
    assert_ne!(one.hash, changed.hash);
}

#[test]
fn a_thousand_rules_are_ready_at_once() {
    let text: String = (0..1_000).map(|number| rule(&format!("r{number}"), &format!("word{number} 壞{number}"))).collect();
    let begun = std::time::Instant::now();
    let (rules, problems) = load_one("a.toml", text.as_bytes());
    assert_eq!(problems, []);
    let judge = Judge::new(rules, &[]);
    assert_eq!(judge.rules().rules.len(), 1_000);
    // Unoptimised and on a busy machine; optimised it is some fifty times less.
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}

fn load_files(files: &[(&str, &str)]) -> (RuleSet, Vec<Problem>) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        std::fs::write(path, text).expect("the file is written");
    }
    load_all(dir.path())
}

fn named<'a>(rules: &'a RuleSet, id: &str) -> &'a Rule {
    rules.rules.iter().find(|rule| rule.id == id).expect("the rule is there")
}

const EXAMPLE: &str = "example = [{ text = \"late\", fires = true }]";

#[test]
fn a_rule_takes_what_it_does_not_say_from_the_rule_it_is_like_and_from_its_file() {
    let zh = format!(
        "[defaults]\nlang = [\"zh\"]\nseverity = \"low\"\nmode = \"shadow\"\n\
        [[rule]]\nid = \"logistics.late\"\ncategory = \"logistics\"\nseverity = \"high\"\nweight = 2.0\nrating = \"<=3\"\n\
        any = [\"晚\"]\nnote = \"Late.\"\nnotes = {{ zh-TW = \"太慢\" }}\n{EXAMPLE}\n"
    );
    let de = format!(
        "[defaults]\nlang = [\"de\"]\nseverity = \"critical\"\n\
        [[rule]]\nid = \"logistics.late.de\"\nlike = \"logistics.late\"\nweight = 1.5\nany = [\"zu langsam\"]\n{EXAMPLE}\n\
        [[rule]]\nid = \"logistics.later.de\"\nlike = \"logistics.late.de\"\nany = [\"viel zu langsam\"]\n{EXAMPLE}\n"
    );
    let (rules, problems) = load_files(&[("zh/a.toml", &zh), ("de/a.toml", &de)]);
    assert_eq!(problems, []);
    let (first, like, twice) = (named(&rules, "logistics.late"), named(&rules, "logistics.late.de"), named(&rules, "logistics.later.de"));
    assert_eq!((&first.kind, first.weight, first.shadow, first.scope.langs.as_slice()), (&first.kind, 2.0, true, &["zh".to_owned()][..]));
    for rule in [like, twice] {
        assert_eq!(
            rule.kind,
            Kind::Category { category: "logistics".to_owned(), severity: Severity::High },
            "the other rule before the defaults"
        );
        assert_eq!(rule.scope.langs, ["de"], "the defaults of its own file before those of the other");
        assert_eq!((rule.weight, rule.note.as_str(), rule.notes["zh-TW"].as_str(), rule.shadow), (1.5, "Late.", "太慢", false));
        assert!(rule.rating.is_some());
    }
    assert_eq!((&like.any[..], &twice.any[..]), (&["zu langsam".into()][..], &["viel zu langsam".into()][..]));
    let written_out = load_files(&[
        ("zh/a.toml", &zh),
        ("de/a.toml", &de.replace("like = \"logistics.late.de\"", "like = \"logistics.late\"\nweight = 1.5")),
    ])
    .0;
    assert_eq!(rules.hash, written_out.hash, "the hash is that of the result");
    let changed = load_files(&[("zh/a.toml", &zh.replace("\"high\"", "\"medium\"")), ("de/a.toml", &de)]).0;
    assert_ne!(rules.hash, changed.hash);
}

#[test]
fn defaults_of_another_kind_pass_a_rule_by() {
    let text = format!(
        "[defaults]\ncategory = \"logistics\"\nseverity = \"low\"\nweight = 2.0\nnote = \"n\"\n\
        [[rule]]\nid = \"late\"\nany = [\"late\"]\n{EXAMPLE}\n\
        [[rule]]\nid = \"law\"\nkind = \"severity\"\nraise_to = \"high\"\nany = [\"late court\"]\n{EXAMPLE}\n\
        [[rule]]\nid = \"peace\"\nlike = \"law\"\nlower_to = \"low\"\nany = [\"late peace\"]\n{EXAMPLE}\n"
    );
    let (rules, problems) = load_files(&[("a.toml", &text)]);
    assert_eq!(problems, []);
    assert_eq!(named(&rules, "law").kind, Kind::Raise(Severity::High));
    assert_eq!(named(&rules, "peace").kind, Kind::Lower(Severity::Low), "it turns the other way and takes nothing of the first");
    assert_eq!(named(&rules, "late").weight, 2.0);
}

#[test]
fn an_id_is_taken_over_all_folders() {
    let (rules, problems) = load_files(&[("de/a.toml", &rule("same", "late")), ("zh/b.toml", &rule("same", "broken"))]);
    assert_eq!(rules.rules.len(), 1);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "the id `same` is taken");
    assert!(problems[0].help.as_ref().is_some_and(|help| help.contains("de/a.toml:1")), "{problems:?}");
}

#[test]
fn links_in_a_circle_and_pipes_end() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(dir.path().join("zh")).expect("made");
    std::fs::write(dir.path().join("zh/a.toml"), rule("a", "late")).expect("written");
    std::os::unix::fs::symlink(dir.path(), dir.path().join("zh/again")).expect("linked");
    std::os::unix::fs::symlink(dir.path().join("zh"), dir.path().join("zz")).expect("linked");
    let (rules, problems) = load_all(dir.path());
    assert_eq!((rules.rules.len(), problems), (1, vec![]), "each folder is read once");
    let pipe = dir.path().join("pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    std::os::unix::fs::symlink("nowhere", dir.path().join("gone.toml")).expect("linked");
    let (rules, problems) = load_all(dir.path());
    assert_eq!(rules.rules.len(), 1);
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(messages.len() == 2 && messages.contains(&"this is no regular file"), "{messages:?}");
}

#[test]
fn files_nobody_wrote_by_hand_are_refused_and_end() {
    let huge = format!("# {}\n", "x".repeat(4 * 1024 * 1024));
    assert_eq!(load_one("a.toml", huge.as_bytes()).1[0].message, "the file is larger than 4 MiB");
    let deep = [format!("a = {}", "[".repeat(100_000)), format!("a = {}", "{ b = ".repeat(50_000)), format!("[{}]", "a.".repeat(50_000))];
    for text in &deep {
        let (rules, problems) = load_one("a.toml", text.as_bytes());
        assert!(rules.rules.is_empty() && !problems.is_empty(), "{}", &text[..10]);
    }
    let (_, problems) = load_one("a.toml", b"[[rule]]\nid = \"a\0\"\n");
    assert!(problems.iter().any(|problem| problem.place.line_column() == Some((2, 8))), "{problems:?}");
    let utf_16: Vec<u8> = rule("a", "late").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(!load_one("a.toml", &[b"\xFF\xFE".to_vec(), utf_16].concat()).1.is_empty());
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("a.toml"), rule("a", "late")).expect("written");
    std::fs::write(dir.path().join("b.toml"), "").expect("written");
    assert_eq!(load_all(dir.path()).1, [], "an empty file beside rules does no harm");
}

#[test]
fn lists_that_name_each_other_many_times_over_are_read_once_each() {
    let list = |level: usize| format!("l{level} = [{}]\n", format!("\"@l{}\", ", level + 1).repeat(12));
    let lists: String = (0..7).map(list).collect();
    let text = format!("[list]\n{lists}l7 = [\"late\", \"slow\"]\n{}", rule("a", "@l0").replace("text = \"@l0\"", "text = \"late\""));
    let begun = std::time::Instant::now();
    let (rules, problems) = load_one("a.toml", text.as_bytes());
    assert_eq!(problems, []);
    assert_eq!(rules.rules[0].any[..], ["late".into(), "slow".into()]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    let circle = text.replace("[\"late\"", "[\"@l3\", \"late\"");
    let (_, problems) = load_one("a.toml", circle.as_bytes());
    assert_eq!(problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(), ["the list `@l3` contains itself"]);
}

#[test]
fn expressions_that_explode_elsewhere_are_refused_or_take_their_time_once() {
    let with = |regex: &str| rule("a", "late").replace("any = [\"late\"]", &format!("any = [\"late\"]\nregex = ['{regex}']"));
    for regex in ["(x{1000}){1000}", &"(".repeat(300), &format!("{}a{}", "(".repeat(200), ")".repeat(200)), r"\pL{900}\pL{900}"] {
        let (rules, problems) = load_one("a.toml", with(regex).as_bytes());
        assert!(problems.iter().any(|problem| !problem.warning), "{regex:.30}: {} rules", rules.rules.len());
    }
    let text = format!("{}!", "a".repeat(100_000));
    for regex in ["(a+)+$", "(a|aa)+$", "(a|a?)+b", "a.*a.*a.*a.*b", "(.*)*x"] {
        let (rules, problems) = load_one("a.toml", with(regex).as_bytes());
        if problems.iter().any(|problem| !problem.warning) {
            continue;
        }
        let judge = Judge::new(rules, &[]);
        let begun = std::time::Instant::now();
        let verdict = judge.judge_unbranded(&Subject { text: &text, ..Subject::default() });
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{regex}: {:?}", begun.elapsed());
        assert_eq!(verdict.severity, Severity::None);
    }
}

/// Of whom a text is: by a condition beside words of the text, or by the words themselves.
#[test]
fn a_rule_may_ask_for_its_author() {
    let beside = "[[rule]]\nid = \"a\"\ncategory = \"other\"\nseverity = \"low\"\nauthor = [\"客服\", \"bot\"]\nany = [\"抱歉\", \"sorry\"]\nnote = \"n\"\nexample = [\n\
        {text = \"很抱歉\", fires = true}, {text = \"很抱歉\", author = \"王大明\", fires = false}, {text = \"so sorry\", author = \"Abbott\", fires = false},\n\
        {text = \"so sorry\", author = \"The BOT of us\", fires = true}, {text = \"謝謝\", author = \"露茉拉客服\", fires = false}]\n";
    let alone = beside.replace("author = [\"客服\", \"bot\"]\nany = [\"抱歉\", \"sorry\"]", "in = \"author\"\nany = [\"客服\", \"bot\"]");
    let alone = alone.replace("\"露茉拉客服\", fires = false", "\"露茉拉客服\", fires = true");
    for text in [beside, &alone] {
        let (rules, problems) = load_one("x.toml", text.as_bytes());
        assert_eq!(problems, [], "{}", render(&problems, false));
        let outcome = example::run(&Judge::new(rules, &[]));
        assert_eq!((outcome.holding, outcome.failing), (5, vec![]), "{text}");
    }
}

/// What a rule is limited to can be tried by its own examples.
#[test]
fn an_example_says_which_language_source_and_brand_it_is_of() {
    let text = "[[rule]]\nid = \"a\"\ncategory = \"other\"\nseverity = \"low\"\nlang = [\"de\"]\nsource = [\"forum\"]\nbrand = [\"Kestrel\"]\nany = [\"delta\"]\nnote = \"n\"\nexample = [\n\
        {text = \"delta\", fires = true}, {text = \"delta\", source = \"blog\", fires = false}, {text = \"delta\", lang = \"nl\", fires = false},\n\
        {text = \"delta\", brand = \"Lumora\", fires = false}, {text = \"delta\", lang = \"de-AT\", fires = true}, {text = \"delta\", lang = \"DE\", fires = true}]\n";
    let (rules, problems) = load_one("x.toml", text.as_bytes());
    assert_eq!(problems, [], "{}", render(&problems, false));
    let outcome = example::run(&Judge::new(rules, &[]));
    assert_eq!((outcome.holding, outcome.failing), (6, vec![]));
}

#[test]
fn ten_thousand_rules_are_ready_and_judge() {
    let text: String = (0..10_000).map(|number| rule(&format!("r{number}"), &format!("word{number} 壞{number}"))).collect();
    let begun = std::time::Instant::now();
    let (rules, problems) = load_one("a.toml", text.as_bytes());
    assert_eq!(problems, []);
    let judge = Judge::new(rules, &[]);
    let verdict = judge.judge_unbranded(&Subject { text: "it is word9999 壞9999", ..Subject::default() });
    assert_eq!(verdict.reasons.len(), 1, "{verdict:?}");
    // Unoptimised and on a busy machine.
    assert!(begun.elapsed() < std::time::Duration::from_secs(120), "{:?}", begun.elapsed());
}

/// What rules of an own file make of a text.
fn judged(rules: &str, text: &str) -> hearken::model::Verdict {
    let (rules, _) = load_one("own.toml", rules.as_bytes());
    assert!(!rules.rules.is_empty(), "it is refused");
    Judge::new(rules, &[]).judge_unbranded(&Subject { text, ..Subject::default() })
}

#[test]
fn words_that_begin_with_a_negator_do_not_deny_one_another() {
    let refund = "[[rule]]\nid = \"own.refund\"\ncategory = \"price\"\nseverity = \"medium\"\nweight = 2.0\n\
                  near = { words = [[\"一直\", \"就是\"], [\"不\", \"沒\"], [\"退\"]], within = 3 }\nnote = \"n\"\n";
    assert!(judged(refund, "店家一直不退錢").complaint);
    assert!(judged(refund, "就是沒有退").complaint);
    let late = "[[rule]]\nid = \"own.late\"\ncategory = \"price\"\nseverity = \"medium\"\nweight = 2.0\n\
                near = { words = [[\"物流\"], [\"慢\"]], within = 3 }\nnote = \"n\"\n";
    assert!(judged(late, "物流慢").complaint);
    assert!(!judged(late, "物流不慢").complaint, "the negator is no word of the chain");
}

#[test]
fn a_deed_makes_a_complaint_of_praise_unless_words_of_praise_lie_over_it() {
    let rules = |weight: &str, severity: &str| {
        format!(
            "[[rule]]\nid = \"own.deed\"\ncategory = \"fraud\"\nseverity = \"{severity}\"\nweight = {weight}\nany = [\"紫象\"]\nnote = \"n\"\n\
             [[rule]]\nid = \"own.praise\"\nkind = \"sentiment\"\nweight = 9.0\nany = [\"很棒\"]\nnote = \"n\"\n\
             [[rule]]\nid = \"own.mild\"\nkind = \"severity\"\nlower_to = \"low\"\nany = [\"瑕不掩瑜\"]\nnote = \"n\"\n\
             [[rule]]\nid = \"own.figure\"\nkind = \"sentiment\"\nweight = 9.0\nany = [\"好吃到看見紫象\"]\nnote = \"n\"\n"
        )
    };
    let state = |weight: &str, severity: &str, text: &str| {
        let verdict = judged(&rules(weight, severity), text);
        (verdict.complaint, verdict.severity)
    };
    assert_eq!(state("4.0", "high", "很棒，有紫象，瑕不掩瑜"), (true, Severity::High));
    assert_eq!(state("3.9", "high", "很棒，有紫象"), (false, Severity::Medium), "praise lessens it");
    assert_eq!(state("1.0", "critical", "很棒，有紫象"), (true, Severity::Critical));
    assert!(!state("4.0", "high", "很棒，沒有紫象").0, "denied");
    assert_eq!(state("1.0", "critical", "好吃到看見紫象"), (false, Severity::Medium), "a figure of speech");
    assert_eq!(state("1.0", "critical", "很棒，好吃到看見紫象，真的有紫象"), (true, Severity::Critical), "and told besides");
    let (set, _) = load_one("own.toml", rules("4.0", "high").as_bytes());
    let told = hearken::decide::explain::explain(&Judge::new(set, &[]), &Subject { text: "很棒，有紫象", ..Subject::default() });
    assert!(told.contains("not for its tone: own.deed tells of a grave deed beside the praise"), "{told}");
}
