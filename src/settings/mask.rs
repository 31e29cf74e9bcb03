//! Covers the secrets in a file's text before any problem may show a line of it.
//!
//! The covered text has the same bytes in the same places, so the places of values hold for both.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use toml::de::{DeTable, DeValue};

use crate::problem::nearest;

/// Words that make the value of any key a secret, wherever they stand in it.
const SECRET_WORDS: [&str; 10] =
    ["password", "passwd", "secret", "token", "link_key", "api_key", "apikey", "private_key", "authorization", "cookie"];
/// Keys of ours that hold secrets: a misspelt one is covered too.
const SECRET_KEYS: [&str; 5] = ["password", "token", "secret", "link_key", "signing_secret"];
/// Keys with these ends say where a secret is, not what it is.
const POINTERS: [&str; 3] = ["_file", "_env", "_credential"];

static KEY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z0-9_.-]+)["']?(?:[ \t]*[=:]|[ \t]+)"#).expect("the pattern is constant"));
static HEADER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*\[\[?\s*([^\]]*?)\s*\]").expect("the pattern is constant"));
/// `user:password@`; a password may hold anything, so all goes up to the last `@` between the quotes.
static PASSWORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"://[^\s"'@:/?#]*:([^"'\n]*)@"#).expect("the pattern is constant"));
/// `https://token@host`.
static USER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"https?://([^\s"'@/?#]+)@"#).expect("the pattern is constant"));
static PARAMETER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?i)[?&][\w-]*(?:password|token|key|secret|sig)=([^&"'\s#]+)"#).expect("the pattern is constant"));
static SIGNING_KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"whsec_([A-Za-z0-9+/=_-]+)").expect("the pattern is constant"));

/// `text` with every secret in it replaced by as many asterisks.
#[must_use]
pub(super) fn masked(text: &str) -> String {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut covered = Vec::new();
    for (key, value) in table.get_ref() {
        cover(key.get_ref(), value.span(), value.get_ref(), false, &mut covered);
    }
    if !errors.is_empty() {
        cover_lines(text, &mut covered);
    }
    for pattern in [&PASSWORD, &USER, &PARAMETER, &SIGNING_KEY] {
        covered.extend(pattern.captures_iter(text).filter_map(|found| found.get(1)).map(|part| part.range()));
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in covered {
        for byte in bytes.get_mut(range).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r' | b'"' | b'\'') {
                *byte = b'*';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

fn holds_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let last = key.rsplit('.').next().unwrap_or(&key);
    if POINTERS.iter().any(|end| last.ends_with(end)) {
        return false;
    }
    matches!(last, "pass" | "pwd" | "key") || SECRET_WORDS.iter().any(|word| last.contains(word)) || nearest(last, SECRET_KEYS).is_some()
}

/// Walks what could be parsed. `inside` a table of headers every value is a secret.
fn cover(key: &str, span: Range<usize>, value: &DeValue<'_>, inside: bool, covered: &mut Vec<Range<usize>>) {
    let pointer = matches!(key, "file" | "env" | "credential");
    match value {
        DeValue::Table(table) => {
            let inside = inside || matches!(key, "headers" | "parameters") || holds_secret(key);
            for (key, value) in table {
                cover(key.get_ref(), value.span(), value.get_ref(), inside, covered);
            }
        }
        DeValue::Array(values) => {
            // The entries of `[[web.token]]` are tables with a name beside the secret.
            let key = if key == "token" { "" } else { key };
            for value in values {
                cover(key, value.span(), value.get_ref(), inside, covered);
            }
        }
        _ if (inside && !pointer) || key.is_empty() || holds_secret(key) => covered.push(span),
        _ => {}
    }
}

/// Where the syntax is broken nothing is sure: everything after a secret's key goes, to the end of the line.
fn cover_lines(text: &str, covered: &mut Vec<Range<usize>>) {
    let mut start = 0;
    let mut headers = false;
    for line in text.split_inclusive('\n') {
        if let Some(found) = HEADER.captures(line) {
            headers = found[1].rsplit('.').next() == Some("headers");
        }
        let key = KEY.captures_iter(line).find(|found| headers || &found[1] == "headers" || holds_secret(&found[1]));
        if let Some(whole) = key.and_then(|found| found.get(0)) {
            let value = line[whole.end()..].trim_start();
            covered.push(start + line.len() - value.len()..start + line.len());
        }
        start += line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let text = "[store]\nurl = \"postgres://me:hunter2@db/x\"\npassword = \"hunter2\"\npassword_file = \"a/b\"\n";
        let shown = masked(text);
        assert_eq!(shown.len(), text.len());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("password_file = \"a/b\""), "{shown}");
        assert!(shown.contains("@db/x"), "{shown}");
    }

    #[test]
    fn misspelt_keys_tables_and_headers_are_covered() {
        for text in [
            "pasword = \"hunter2\"",
            "tokn = 'hunter2'",
            "password = 7777777 # hunter",
            "headers = { Authorization = \"Bearer hunter2\", X = \"hunter2\" }",
            "[[source]]\n[source.headers]\nX-Whatever = \"hunter2\"",
            "secret = \"\"\"\nhunter2\nhunter2\"\"\"",
            "secrets = [\n \"hunter2\",\n]",
        ] {
            let shown = masked(text);
            assert!(!shown.contains("hunter2") && !shown.contains("7777777"), "{shown}");
            assert_eq!(shown.lines().count(), text.lines().count());
        }
    }

    #[test]
    fn addresses_lose_their_credentials_and_nothing_else() {
        for (text, shown) in [
            ("a = \"https://u:hunter/2@h/x\"", "a = \"https://u:********@h/x\""),
            ("a = \"https://hunter2@h/x\"", "a = \"https://*******@h/x\""),
            ("a = \"https://h/x?page=2&api_key=hunter2#y\"", "a = \"https://h/x?page=2&api_key=*******#y\""),
            ("a = \"postgres://u@h/x\"", "a = \"postgres://u@h/x\""),
            ("a = \"https://h:80/x\"", "a = \"https://h:80/x\""),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn broken_syntax_does_not_uncover() {
        for text in [
            "password = \"hunter2\n",
            "password = hunter2\n",
            "a = = 1\nsecret = hunter2\"\n",
            "x = [\nwhsec_hunter2\n",
            "[[source]]\n[source.headers]\nX = hunter2\n",
            "token = [{ name = \"a\", token = \"hunter2 }]\n",
        ] {
            assert!(!masked(text).contains("hunter2"), "{}", masked(text));
        }
    }
}
