//! The patterns the rules look for, each compiled once.

use std::sync::LazyLock;

use regex::Regex;

/// What only one place may do.
pub(super) struct OnePlace {
    pub(super) pattern: Regex,
    /// Beginnings of the paths that may.
    pub(super) places: &'static [&'static str],
    /// What is right elsewhere.
    pub(super) what: &'static str,
}

pub(super) static ONE_PLACE: LazyLock<[OnePlace; 5]> = LazyLock::new(|| {
    [
        OnePlace {
            pattern: regex(r"\b(SystemTime|Instant|Timestamp|Zoned|Utc|Local)::now\b"),
            places: &["src/clock.rs"],
            what: "time is read only in src/clock.rs; take `now: Moment` as an argument",
        },
        OnePlace {
            pattern: regex(r"\bClient::(new|builder)\b|\bClientBuilder\b|\breqwest::(get|blocking)\b"),
            places: &["src/outbound.rs", "src/outbound/"],
            what: "HTTP clients are built only in src/outbound.rs",
        },
        OnePlace {
            pattern: regex(r"\btokio::spawn\b|\btask::spawn(_local)?\b|\bthread::spawn\b|\btokio::\{[^}]*\bspawn\b|\bJoinSet\b"),
            places: &["src/tasks/driver.rs"],
            what: "tasks start only in src/tasks/driver.rs, which sees them end",
        },
        OnePlace { pattern: regex(r"\bsqlx::"), places: &["src/store/"], what: "the database is spoken to only under src/store" },
        OnePlace { pattern: regex(r"\bprocess::exit\b"), places: &[], what: "return an ExitCode, so that destructors run" },
    ]
});

/// SQLite prepares a statement anew each time a value is bound to a bare parameter behind LIMIT.
pub(super) static BARE_LIMIT: LazyLock<Regex> = LazyLock::new(|| regex(r"\bLIMIT (?:\$|$)"));

/// A statement at the beginning of a string.
pub(super) static SQL: LazyLock<Regex> = LazyLock::new(|| {
    let statements = [
        r"SELECT\s.+\sFROM\s",
        r"INSERT\s+(OR\s+\w+\s+)?INTO\s",
        r"UPDATE\s+\w+\s+SET\s",
        r"DELETE\s+FROM\s",
        r"WITH\s+\w+\s+AS\s*\(",
        r"(CREATE|ALTER|DROP)\s+(TABLE|INDEX|UNIQUE|VIEW)\s",
        r"PRAGMA\s",
        r"BEGIN\s+IMMEDIATE",
    ];
    regex(&format!(r"(?is)^\s*({})", statements.join("|")))
});

pub(super) static FUNCTION: LazyLock<Regex> = LazyLock::new(|| regex(r"\bfn\s+(\w+)"));

pub(super) static MODULE: LazyLock<Regex> = LazyLock::new(|| regex(r"\bmod\s+(\w+)\s*[;{]"));

/// A module in a file of its own that is compiled for tests alone.
pub(super) static TEST_MODULE: LazyLock<Regex> = LazyLock::new(|| regex(r"#\[cfg\(test\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;"));

pub(super) static BARE_PANIC: LazyLock<Regex> = LazyLock::new(|| regex(r"\.unwrap(_err)?\(\)|\bpanic!|\bunreachable!\(\s*\)"));

pub(super) static EXPECT: LazyLock<Regex> = LazyLock::new(|| regex(r"\.expect\("));

// In pieces, so that this file keeps the rules it helps to hold.

pub(super) static MARKS: LazyLock<Regex> =
    LazyLock::new(|| regex(concat!(r"TO", r"DO|FIX", r"ME|XX", r"X:|to", r"do!|unimpl", r"emented!")));

pub(super) static MACHINE_PATH: LazyLock<Regex> =
    LazyLock::new(|| regex(concat!(r"(^|[^\w.~-])/(ro", r"ot|wo", r"rk)/[\w.]|/ho", r"me/\w")));

pub(super) static REGISTRY_HOST: LazyLock<Regex> =
    LazyLock::new(|| regex(concat!(r"crates\.", r"io|npm", r"js\.|py", r"pi\.|proxy\.go", r"lang|deb\.deb", r"ian")));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the house rules is sound")
}
