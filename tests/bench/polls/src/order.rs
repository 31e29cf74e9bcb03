//! Makes `.build/order.ld`: what the daemon runs while it starts, polls and warns, counted by callgrind, as patterns for the linker.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::Asked;
use crate::daemon::{Daemon, Plan};
use crate::feeds::Feeds;
use crate::latency::{Arrived, receiver};
use crate::site::Site;

/// What runs under callgrind runs fifty times slower.
const FEEDS: usize = 60;
/// Bytes that come to lie in memory with one function that stands among others: most of the sixteen pages that are mapped with it.
const AROUND: usize = 32 * 1024;
/// What a line of the order must save, so that there are not ten thousand of them.
const LINE: usize = 256;

const HEAD: &str = "/* What the daemon runs often, side by side in the release build: see .build/main.rs.\n   \
     Made by `hearken-polls order` (tests/bench/README.md); not written by hand. */\nSECTIONS\n{\n  .text.often :\n  {\n    *(\n";
const TAIL: &str = "    )\n  }\n}\nINSERT BEFORE .text;\n";

pub(crate) fn run(asked: &Asked, runtime: &Runtime) {
    let program = asked.program();
    let into = asked.text("--into", concat!(env!("CARGO_MANIFEST_DIR"), "/../../../.build/order.ld"));
    let folder = tempfile::tempdir().expect("a folder");
    let counted = folder.path().join("counted");
    under_callgrind(asked, runtime, folder.path(), &counted);
    let ran = ran(&fs::read_to_string(&counted).expect("callgrind has written"), &program.to_string_lossy());
    let mut names = Names::default();
    let (mut all, mut often) = (0, 0);
    for (name, size) in functions(&program) {
        let runs = ran.contains(&name);
        (all, often) = (all + size, often + if runs { size } else { 0 });
        names.add(&parts(&name), size, runs);
    }
    // Valgrind knows the names of one section alone.
    assert!(often > all / 10, "of {} hardly a function was seen; is it stripped, or built with an order?", program.display());
    let mut patterns = Vec::new();
    names.choose("", &mut patterns);
    patterns.sort();
    let mut text = HEAD.to_owned();
    for pattern in &patterns {
        let _ = writeln!(text, "      .text.{pattern}");
        // What is seldom asked for, as the growing of a table, stands in sections of its own, and is asked for all the same.
        if pattern.starts_with("_R") {
            let _ = writeln!(text, "      .text.unlikely.{pattern}");
        }
    }
    fs::write(&into, text + TAIL).expect("the order is written");
    println!("{} KB of {} run; {} patterns in {into}", often / 1024, all / 1024, patterns.len());
}

/// A start, a cold round, an unchanged one, one with new entries, and warnings.
fn under_callgrind(asked: &Asked, runtime: &Runtime, folder: &Path, counted: &Path) {
    let script = folder.join("under-callgrind");
    let program = fs::canonicalize(asked.program()).expect("the program is there");
    let options = format!("--tool=callgrind --demangle=no --callgrind-out-file={}", counted.display());
    // What the daemon would set by itself, and begin anew: then nobody would count.
    let heap = "MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=1048576";
    fs::write(&script, format!("#!/bin/sh\n{heap} exec valgrind {options} {} \"$@\"\n", program.display())).expect("it is written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mut made = Feeds::new(50, 50);
    made.complains = true;
    let site = Site::new(made);
    let port = runtime.block_on(site.listen(None));
    let hook = runtime.block_on(receiver(Arc::clone(&Arrived::default())));
    let plan = Plan {
        program: script,
        feeds: FEEDS,
        hosts: 4,
        port,
        tls: false,
        store: "sqlite".to_owned(),
        // Those that most daemons judge by.
        rules: asked.rules_or(folder, "shipped"),
        interval: "1h",
        hook,
        http: String::new(),
    };
    let mut daemon = Daemon::start(&plan, &folder.join("hearken"));
    daemon.wait("the sources are known", |daemon| daemon.ask("SELECT count(*) FROM sources") == i64::try_from(FEEDS).ok());
    for new in [0, 0, 2] {
        site.add(new);
        daemon.make_due();
        daemon.settled(FEEDS);
    }
    daemon.wait("warnings went out", |daemon| daemon.ask("SELECT count(*) FROM deliveries WHERE state = 'delivered'") > Some(0));
}

/// The functions of this object that ran: `ob=(1) PATH` and `fn=(7) NAME` name each number once.
fn ran(counted: &str, program: &str) -> BTreeSet<String> {
    let (mut objects, mut functions) = (BTreeMap::new(), BTreeMap::new());
    let (mut here, mut ran) = (false, BTreeSet::new());
    let file = Path::new(program).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for line in counted.lines() {
        let Some((kind, rest)) = line.split_once("=(") else { continue };
        let Some((number, name)) = rest.split_once(')') else { continue };
        let known = match kind {
            "ob" | "cob" => &mut objects,
            "fn" | "cfn" => &mut functions,
            _ => continue,
        };
        if let Some(name) = name.strip_prefix(' ') {
            // A function that calls itself is told from its inner call by `'2`.
            known.insert(number.to_owned(), name.split('\'').next().unwrap_or(name).to_owned());
        }
        let Some(name) = known.get(number) else { continue };
        match kind {
            "ob" => here = Path::new(name).file_name().is_some_and(|own| *own == *file),
            "fn" if here => drop(ran.insert(name.clone())),
            _ => {}
        }
    }
    ran
}

/// Every function with its bytes, as `nm` lists them: address, size, kind, name.
fn functions(program: &Path) -> Vec<(String, usize)> {
    let out = Command::new("nm").args(["-S", "--defined-only"]).arg(program).output().expect("nm (binutils) is installed");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let read = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (size, kind, name) = (words.next()?, words.next()?, words.next()?);
        let size = usize::from_str_radix(size, 16).ok().filter(|_| matches!(kind, "t" | "T" | "w" | "W"))?;
        Some((name.to_owned(), size))
    };
    text.lines().filter_map(read).collect()
}

/// A mangled name from the outermost module inwards, without what another compiler or release of a library would change: the hash that
/// each crate carries (`Cs1a2b3_4core`), of which the length alone is kept, for places in a name are named by their distance. Of the newer
/// mangling alone, which names the types that a function was made for: the older one tells the same function of two types apart by a hash
/// and nothing else.
fn parts(name: &str) -> Vec<String> {
    if !name.starts_with("_R") {
        // A name of C, of which the compiler may have made copies of its own.
        let own = name.split('.').next().unwrap_or(name);
        return vec![if own == name { own.to_owned() } else { format!("{own}.*") }];
    }
    let (mut parts, mut part, mut rest) = (Vec::new(), String::new(), name.split('.').next().unwrap_or(name));
    while let Some(letter) = rest.chars().next() {
        if let Some(hash) = hash(rest) {
            // A linker asks sixty thousand sections for each of these: no `*` before the end, which would cost half a minute.
            let _ = write!(part, "Cs{}_", "?".repeat(hash.len()));
            rest = &rest[hash.len() + 3..];
        } else if let Some(length) = number(rest) {
            part.push_str(&rest[..length]);
            rest = &rest[length..];
        } else if let Some(length) = identifier(rest) {
            part.push_str(&rest[..length]);
            rest = &rest[length..];
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    parts.push(part + if name.contains('.') { ".*" } else { "" });
    parts
}

/// The hash of a crate, where one begins.
fn hash(text: &str) -> Option<&str> {
    let (hash, _) = text.strip_prefix("Cs")?.split_once('_')?;
    (hash.len() > 4 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(hash)
}

/// Bytes of a number that begins here: of a place in the name (`B5_`), of the second closure (`s_`), of a lifetime. None is long.
fn number(text: &str) -> Option<usize> {
    let (digits, _) = text.strip_prefix(['B', 'G', 'L', 's'])?.split_once('_')?;
    (digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(digits.len() + 2)
}

/// Bytes of the identifier that begins here: its length, a line where it begins like a number itself, and its letters.
fn identifier(text: &str) -> Option<usize> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).filter(|digits| *digits > 0 && !text.starts_with('0'))?;
    let line = match text[digits..].strip_prefix('_') {
        Some(letters) if letters.starts_with(|letter: char| letter == '_' || letter.is_ascii_digit()) => 1,
        Some(_) => return None,
        None => 0,
    };
    let end = digits + line + text[..digits].parse::<usize>().ok()?;
    text.is_char_boundary(end).then_some(end).filter(|end| *end <= text.len())
}

/// Functions by the parts of their names.
#[derive(Default)]
struct Names {
    inner: BTreeMap<String, Names>,
    /// Bytes that run, bytes that do not, and how many functions run.
    often: usize,
    seldom: usize,
    running: usize,
}

impl Names {
    fn add(&mut self, parts: &[String], size: usize, runs: bool) {
        let to = if runs { &mut self.often } else { &mut self.seldom };
        *to += size;
        self.running += usize::from(runs);
        if let Some((first, rest)) = parts.split_first() {
            self.inner.entry(first.clone()).or_default().add(rest, size, runs);
        }
    }

    /// The cheapest way to have what runs side by side: all of these names, none of them, or what each of their parts chooses. Adds the
    /// patterns, and gives the bytes that come to lie in memory for nothing.
    fn choose(&self, name: &str, patterns: &mut Vec<String>) -> usize {
        if self.running == 0 {
            return 0;
        }
        let (whole, none) = (self.seldom + LINE, self.running * AROUND);
        let begun = patterns.len();
        let each = if self.inner.is_empty() {
            usize::MAX
        } else {
            self.inner.iter().map(|(part, names)| names.choose(&format!("{name}{part}"), patterns)).sum()
        };
        // At the same price the shorter names, of which fewer change.
        if each < whole.min(none) {
            return each;
        }
        patterns.truncate(begun);
        if whole < none {
            let ends = self.inner.is_empty();
            patterns.push(if ends { name.to_owned() } else { format!("{name}*") });
        }
        whole.min(none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_changes_with_every_build() {
        assert_eq!(
            parts("_RNvNtNtCsgEmfK2I1SDS_7hearken5tasks4poll3act"),
            ["_RNvNtNtCs???????????_7hearken", "5tasks", "4poll", "3act", ""]
        );
        assert_eq!(
            parts("_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placehECs1a2b3c4d5e_7hearken.llvm.7"),
            ["_RINvNtCs???????????_4core", "3ptr", "13drop_in_place", "hECs??????????_7hearken", ".*"]
        );
        assert_eq!(
            parts("_RNvMsz_NtCs0123456789a_5allocB17_E10dying_nextKj10_Cs6y6W6YWkbcg_7hearken2__s0_0"),
            ["_RNvMsz_NtCs???????????_5alloc", "B17_E10dying_next", "Kj10_Cs???????????_7hearken", "2__s", "0_0"]
        );
        assert_eq!(parts("sqlite3Step"), ["sqlite3Step"]);
        assert_eq!(parts("sqlite3Update.constprop.0"), ["sqlite3Update.*"]);
    }

    #[test]
    fn what_ran_is_read_by_its_numbers() {
        let counted = "ob=(1) /lib/libc.so\nfn=(1) malloc\n1 2\nob=(2) /bin/hearken\nfn=(2) act\ncfn=(3) poll\nfn=(3)\nfn=(2)\nfn=(4) act'2\nob=(1)\nfn=(5) free\n";
        assert_eq!(ran(counted, "/elsewhere/hearken").into_iter().collect::<Vec<_>>(), ["act", "poll"]);
    }

    #[test]
    fn patterns_are_as_short_as_pays() {
        let mut names = Names::default();
        let mut add = |name: &str, size: usize, runs: bool| names.add(&parts(&format!("_RNvNtCs01234a_7hearken{name}")), size, runs);
        for function in ["a", "b", "c"] {
            add(&format!("4poll1{function}"), 1_000, true);
        }
        add("4poll1d", 100, false);
        add("3cli1a", 1_000, true);
        add("3cli1b", 100_000, false);
        add("4sort1ahE", 1_000, true);
        add("4sort1alE", 100_000, false);
        let mut patterns = Vec::new();
        names.choose("", &mut patterns);
        patterns.sort();
        let wanted = ["3cli1a*", "4poll*", "4sort1ahE"].map(|name| format!("_RNvNtCs??????_7hearken{name}"));
        assert_eq!(patterns, wanted, "of one function what was made for the one type, and not for the other");
    }
}
