//! The rules: each takes files and gives what is wrong, as `path:line: what, and what would be right`.

use std::collections::BTreeSet;

use super::names::own_paths;
use super::patterns::{BARE_LIMIT, BARE_PANIC, EXPECT, FUNCTION, MACHINE_PATH, MARKS, MODULE, ONE_PLACE, REGISTRY_HOST, SQL, TEST_MODULE};
use super::source::Source;
use super::{ANY_BYTES, MODEL};

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 70;
/// A longer function gives its reason in a comment that begins so.
const REASON: &str = "// Long because ";

/// Who may import whom, by the first words of the path; a module may always import itself.
const MAY_IMPORT: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("problem", &[]),
    ("clock", &["model"]),
    ("outbound", &["model"]),
    ("collect", &["model", "problem", "outbound"]),
    ("decide", &["model", "problem", "outbound"]),
    ("respond", &["model", "problem", "outbound"]),
    ("store", &["model"]),
    ("settings", &["model", "problem", "outbound", "collect", "decide", "respond"]),
    // The daemon starts the web's loop beside its own; the web asks the tasks for their status and wakes them.
    ("tasks", &["model", "problem", "outbound", "collect", "decide", "respond", "store", "settings", "clock", "web"]),
    (
        "web",
        &[
            "model",
            "store",
            "settings",
            "clock",
            "tasks",
            "respond::acknowledge",
            "respond::link",
            "respond::message",
            "respond::signature",
        ],
    ),
    ("cli", &["model", "problem", "outbound", "collect", "decide", "respond", "store", "settings", "clock", "tasks", "web"]),
];

/// Every fault of the tree.
pub(super) fn faults(mut files: Vec<Source>) -> Vec<String> {
    set_tests_apart(&mut files);
    let each: [fn(&Source) -> Vec<String>; 10] =
        [imports, one_place, sql, opening, file_length, function_length, unwraps, marks, machine, unseen];
    let mut found: Vec<String> = files.iter().flat_map(|file| each.iter().flat_map(|rule| rule(file))).collect();
    found.extend(orphans(&files));
    found
}

/// Marks the modules that are declared for tests alone, and what is below them.
fn set_tests_apart(files: &mut [Source]) {
    let mut apart: Vec<String> = Vec::new();
    for file in files.iter().filter(|file| file.is_product()) {
        let names = TEST_MODULE.captures_iter(&file.code).map(|hit| hit[1].to_owned());
        apart.extend(names.map(|name| file.module().into_iter().chain([name.as_str()]).collect::<Vec<_>>().join("::")));
    }
    for file in files.iter_mut().filter(|file| file.path.starts_with("src/")) {
        let module = file.module().join("::");
        file.test_only = apart.iter().any(|top| module == *top || module.starts_with(&format!("{top}::")));
    }
}

fn fault(file: &Source, offset: usize, what: &str) -> String {
    format!("{}:{}: {what}", file.path, file.line(offset))
}

/// The arrows of DESIGN: phases never know each other, the store or the clock.
fn imports(file: &Source) -> Vec<String> {
    let module = file.module();
    let Some(own) = module.first().filter(|_| file.is_product()) else { return Vec::new() };
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| name == own) else {
        return vec![fault(file, 0, &format!("`{own}` is not in the table of imports (tests/integration/tidy/rules.rs)"))];
    };
    let below = |path: &str, top: &str| path == top || path.starts_with(&format!("{top}::"));
    let forbidden = |path: &str| !below(path, own) && !allowed.iter().any(|top| below(path, top));
    let says = |path: &str| format!("`{own}` may not import `{path}`; it may import: {}", allowed.join(", "));
    own_paths(file).into_iter().filter(|(_, path)| forbidden(path)).map(|(at, path)| fault(file, at, &says(&path))).collect()
}

fn one_place(file: &Source) -> Vec<String> {
    let elsewhere = |places: &[&str]| file.is_product() && !places.iter().any(|place| file.path.starts_with(place));
    let rules = ONE_PLACE.iter().filter(|rule| elsewhere(rule.places));
    rules.flat_map(|rule| rule.pattern.find_iter(&file.code).map(|hit| fault(file, hit.start(), rule.what))).collect()
}

fn sql(file: &Source) -> Vec<String> {
    if !file.is_product() {
        return Vec::new();
    }
    if file.path.starts_with("src/store/") {
        let bare = file.strings.iter().filter(|(_, text)| BARE_LIMIT.is_match(text));
        return bare.map(|(at, _)| fault(file, *at, "a limit is bound by `Sql::limit`, or written `LIMIT ($1 + 0)`")).collect();
    }
    let is_sql = |string: &&(usize, String)| SQL.is_match(&string.1);
    file.strings.iter().filter(is_sql).map(|(at, _)| fault(file, *at, "SQL stands only under src/store")).collect()
}

fn opening(file: &Source) -> Vec<String> {
    let silent = file.is_rust() && !file.text.starts_with("//! ");
    silent.then(|| fault(file, 0, "a file opens with `//!` and says what it is for")).into_iter().collect()
}

fn file_length(file: &Source) -> Vec<String> {
    let lines = file.code.lines().count();
    let long = file.is_rust() && lines > LONGEST_FILE;
    let what = format!("{lines} lines without its tests, {LONGEST_FILE} at most: cut it by its nouns");
    long.then(|| fault(file, 0, &what)).into_iter().collect()
}

fn function_length(file: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for hit in FUNCTION.captures_iter(&file.code) {
        let (start, name) = (hit.get(0).unwrap().start(), &hit[1]);
        let Some(end) = body_end(&file.code, start) else { continue };
        let lines = file.line(end) - file.line(start) + 1;
        let before = file.text[..start].rsplit("\n\n").next().unwrap_or_default();
        let reasoned = before.contains(REASON) || file.text[start..end].contains(REASON);
        if lines > LONGEST_FUNCTION && !reasoned {
            let what = format!("`{name}` has {lines} lines, {LONGEST_FUNCTION} at most, or a comment `{REASON}..`");
            found.push(fault(file, start, &what));
        }
    }
    found
}

/// The closing brace of the function that begins at `start`; none for one without a body.
fn body_end(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in code[start..].char_indices() {
        match letter {
            ';' if depth == 0 => return None,
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 && letter == '}' {
                    return Some(start + at);
                }
            }
            _ => {}
        }
    }
    None
}

/// A panic needs a sentence that says why it cannot happen.
fn unwraps(file: &Source) -> Vec<String> {
    if !file.is_product() {
        return Vec::new();
    }
    let wordless = |end: usize| {
        let string = file.strings.iter().find(|(at, _)| *at >= end && file.code[end..*at].trim().is_empty());
        string.is_none_or(|(_, words)| words.split_whitespace().count() < 3)
    };
    let naked = BARE_PANIC.find_iter(&file.code).map(|hit| hit.start());
    let unsaid = EXPECT.find_iter(&file.code).filter(|hit| wordless(hit.end())).map(|hit| hit.start());
    let what = "no panic without `expect(\"why it cannot happen\")`";
    naked.chain(unsaid).map(|at| fault(file, at, what)).collect()
}

/// Work left undone, anywhere in the tree.
fn marks(file: &Source) -> Vec<String> {
    let hits = MARKS.find_iter(&file.text);
    hits.map(|hit| fault(file, hit.start(), &format!("`{}`: finish it or leave it out", hit.as_str()))).collect()
}

/// Nothing that is true only where it was built.
fn machine(file: &Source) -> Vec<String> {
    let places = MACHINE_PATH.find_iter(&file.text).map(|hit| fault(file, hit.start(), "a path of one machine"));
    let hosts = REGISTRY_HOST.find_iter(&file.text).map(|hit| fault(file, hit.start(), "the name of a registry's host"));
    places.chain(hosts).collect()
}

/// A character nobody sees: an editor shows `\u{8}` in an expression as nothing, and the expression never matches.
fn unseen(file: &Source) -> Vec<String> {
    if ANY_BYTES.iter().any(|folder| file.path.starts_with(folder)) || file.path == MODEL {
        return Vec::new();
    }
    let hidden = file.text.char_indices().filter(|(_, letter)| letter.is_control() && *letter != '\n');
    hidden.map(|(at, letter)| fault(file, at, &format!("U+{:04X} cannot be seen: write it as an escape", u32::from(letter)))).collect()
}

/// A file that no `mod` names is never compiled.
fn orphans(files: &[Source]) -> Vec<String> {
    let sources = || files.iter().filter(|file| file.is_rust() && file.path.starts_with("src/"));
    let below = |file: &Source, name: &str| file.module().into_iter().chain([name]).collect::<Vec<_>>().join("::");
    let declares = |file: &Source| MODULE.captures_iter(&file.code).map(|hit| below(file, &hit[1])).collect::<Vec<_>>();
    let declared: BTreeSet<String> = sources().filter(|file| file.path != "src/main.rs").flat_map(declares).collect();
    let lost = |file: &&Source| !file.module().is_empty() && !declared.contains(&file.module().join("::"));
    let says = |file: &Source| format!("no `mod {}` anywhere: it is never compiled", file.module().last().unwrap_or(&""));
    sources().filter(lost).map(|file| fault(file, 0, &says(file))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults of one sample file, as rules other than the orphan's see it.
    fn judge(path: &str, body: &str) -> Vec<String> {
        let file = Source::new(path, format!("//! A sample.\n{body}\n"));
        faults(vec![file]).into_iter().filter(|fault| !fault.contains("never compiled")).collect()
    }

    #[track_caller]
    fn refused(path: &str, body: &str, word: &str) {
        let found = judge(path, body);
        assert!(found.len() == 1 && found[0].contains(word), "{path} should be refused once for `{word}`: {found:?}\n{body}");
    }

    #[track_caller]
    fn welcome(path: &str, body: &str) {
        assert_eq!(judge(path, body), Vec::<String>::new(), "{path} keeps the rules:\n{body}");
    }

    #[test]
    fn characters_nobody_sees() {
        refused("src/model/x.rs", "const WORD: &str = \"\u{8}bad\";", "U+0008");
        refused("rules/en/x.toml", "note = \"a\u{85}b\"", "U+0085");
        welcome("tests/fixtures/x.html", "a\r");
        welcome("rules/zh/x.toml", "note = \"貨\"");
    }

    #[test]
    fn arrows_point_one_way() {
        welcome("src/collect/fetch.rs", "use crate::model::Moment;\nuse super::source::SourceOptions;\nuse crate::outbound;");
        refused("src/collect/fetch.rs", "use crate::store::Store;", "`collect` may not import `store::Store`");
        refused("src/collect/fetch.rs", "use super::super::decide;", "may not import `decide`");
        refused("src/decide/mod.rs", "use crate::{model::Item, clock::Clock};", "may not import `clock::Clock`");
        refused("src/respond/mod.rs", "fn f() { crate::collect::poll() }", "may not import `collect::poll`");
        refused("src/store/items.rs", "use crate::problem::Problem;", "may not import `problem::Problem`");
        refused("src/model/item.rs", "use crate::clock;", "`model` may not import `clock`");
        refused("src/problem.rs", "use crate::model::Moment;", "may not import `model::Moment`");
        welcome("src/web/acknowledge.rs", "use crate::respond::acknowledge::decide;");
        refused("src/web/acknowledge.rs", "use crate::respond::{acknowledge, escalate};", "may not import `respond::escalate`");
        refused("src/web/page.rs", "use crate::respond::acknowledge_all;", "may not import `respond::acknowledge_all`");
        refused("src/tasks/poll.rs", "use crate::cli::log;", "may not import `cli::log`");
        refused("src/elsewhere/mod.rs", "", "not in the table of imports");
    }

    #[test]
    fn each_in_its_one_place() {
        refused("src/collect/fetch.rs", "fn f() { std::time::Instant::now(); }", "time is read only");
        welcome("src/clock.rs", "fn f() { SystemTime::now(); }");
        refused("src/respond/deliver/webhook.rs", "fn f() { reqwest::Client::builder(); }", "only in src/outbound.rs");
        welcome("src/outbound.rs", "fn f() { reqwest::Client::builder(); }");
        refused("src/web/mod.rs", "fn f() { tokio::spawn(serve()); }", "only in src/tasks/driver.rs");
        refused("src/web/mod.rs", "use tokio::{net, spawn};", "only in src/tasks/driver.rs");
        welcome("src/tasks/driver.rs", "fn f() { tokio::spawn(run()); }");
        refused("src/tasks/poll.rs", "fn f() { sqlx::query(text); }", "only under src/store");
        refused("src/cli/run.rs", "fn f() { std::process::exit(2); }", "return an ExitCode");
        welcome("tests/integration/world/site.rs", "fn f() { tokio::spawn(serve()); Instant::now(); }");
        welcome("src/collect/fetch.rs", "/// Never `Instant::now`.\nfn f() {}\n#[cfg(test)]\nmod tests { fn g() { Instant::now(); } }");
    }

    #[test]
    fn sql_is_known_by_its_shape() {
        refused("src/tasks/poll.rs", "const Q: &str = \"SELECT id FROM sources WHERE due_at < $1\";", "SQL stands only");
        refused("src/web/api.rs", "const Q: &str = r#\"\n  update incidents set state = $1\"#;", "SQL stands only");
        refused("src/tasks/prune.rs", "const Q: &str = \"DELETE FROM items\";", "SQL stands only");
        welcome("src/store/items.rs", "const Q: &str = \"DELETE FROM items WHERE id = $1\";");
        refused("src/store/items.rs", "const Q: &str = \"SELECT id FROM items LIMIT $1\";", "a limit is bound by");
        refused("src/store/items.rs", "fn f() { sql.push(\" ORDER BY id LIMIT \").bind(limit); }", "a limit is bound by");
        welcome("src/store/items.rs", "const Q: &str = \"SELECT id FROM items LIMIT ($1 + 0)\";");
        welcome("src/web/api.rs", "const Q: &str = \"select a department, then press send\";");
    }

    #[test]
    fn files_open_with_a_purpose_and_stay_short() {
        let silent = Source::new("src/lib.rs", "fn f() {}\n".to_owned());
        assert!(faults(vec![silent])[0].contains("opens with"));
        refused("src/model/item.rs", &"const A: u8 = 1;\n".repeat(401), "lines without its tests");
        welcome("src/model/item.rs", &format!("#[cfg(test)]\nmod tests {{\n{}}}", "const A: u8 = 1;\n".repeat(401)));
    }

    #[test]
    fn functions_stay_short_or_say_why() {
        let lines = "    step([1; 2]);\n".repeat(70);
        refused("src/model/item.rs", &format!("fn long(a: [u8; 2]) {{\n{lines}}}"), "`long` has 72 lines");
        welcome("src/model/item.rs", &format!("// Long because one row is one line.\nfn long() {{\n{lines}}}"));
        welcome("src/model/item.rs", &format!("trait T {{ fn short(&self); }}\nmod m {{\n{lines}}}"));
    }

    #[test]
    fn panics_say_why_they_cannot_happen() {
        refused("src/decide/fold.rs", "fn f() { x.unwrap(); }", "why it cannot happen");
        refused("src/decide/fold.rs", "fn f() { x.expect(\"ok\"); }", "why it cannot happen");
        refused("src/decide/fold.rs", "fn f() { panic!(\"no\"); }", "why it cannot happen");
        welcome("src/decide/fold.rs", "fn f() { x\n.expect(\n\"the pattern is a constant\"); y.unwrap_or(1); }");
    }

    #[test]
    fn nothing_is_left_undone_or_tied_to_one_machine() {
        refused("config/hearken.toml", concat!("# FIX", "ME later"), "finish it");
        refused("src/model/item.rs", concat!("fn f() { to", "do!() }"), "finish it");
        refused("README.md", concat!("cd /wo", "rk/hearken"), "a path of one machine");
        refused("tests/run", concat!("ls /ro", "ot/.cargo"), "a path of one machine");
        welcome("README.md", "see https://example.test/work/item and src/work/item");
        refused("CONTRIBUTING.md", concat!("publish to crates.", "io"), "registry's host");
    }

    #[test]
    fn a_file_nobody_names_is_found() {
        let lib = || Source::new("src/lib.rs", "//! Map.\npub mod model;\n".to_owned());
        let model = |text: &str| Source::new("src/model/mod.rs", format!("//! Nouns.\n{text}"));
        let item = || Source::new("src/model/item.rs", "//! An item.\n".to_owned());
        assert_eq!(faults(vec![lib(), model("mod item;\n"), item()]), Vec::<String>::new());
        assert!(faults(vec![lib(), model(""), item()])[0].contains("src/model/item.rs:1: no `mod item`"));
        assert!(faults(vec![lib(), model("// mod item;\n"), item()])[0].contains("never compiled"));
    }

    #[test]
    fn a_module_for_tests_alone_is_free() {
        let lib = |mods: &str| Source::new("src/lib.rs", format!("//! Map.\n{mods}\n"));
        let samples = || Source::new("src/samples.rs", "//! Samples.\nfn f() { x.unwrap(); }\n".to_owned());
        assert_eq!(faults(vec![lib("#[cfg(test)]\npub(crate) mod samples;"), samples()]), Vec::<String>::new());
        assert_eq!(faults(vec![lib("mod samples;"), samples()]).len(), 2, "not in the table, and a bare panic");
    }
}
