//! A file as the rules see it: its code with comments and strings blanked out, and its strings apart.

/// One text file. `code` has the same lines as `text`, without what a compiler would not run.
pub(super) struct Source {
    /// From the root of the project, with `/`.
    pub path: String,
    pub text: String,
    /// The Rust code before its unit tests: comments, strings and characters are spaces. Empty for other files.
    pub code: String,
    /// Every string of that code: byte offset and content.
    pub strings: Vec<(usize, String)>,
    /// A module that its parent compiles for tests alone.
    pub(super) test_only: bool,
}

impl Source {
    pub(super) fn new(path: &str, text: String) -> Self {
        let mut file = Self { path: path.to_owned(), text, code: String::new(), strings: Vec::new(), test_only: false };
        if file.is_rust() {
            (file.code, file.strings) = blank(&file.text);
            let end = unit_tests_start(&file.code);
            file.code.truncate(end);
            file.strings.retain(|(at, _)| *at < end);
        }
        file
    }

    pub(super) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    /// Code that ships: not the tests, not the unit tests that stand in a file of their own.
    pub(super) fn is_product(&self) -> bool {
        self.is_rust() && self.path.starts_with("src/") && !self.test_only
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// The module path: `src/collect/extract/feed.rs` is `collect extract feed`.
    pub(super) fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').filter(|part| !matches!(*part, "lib" | "main" | "mod")).collect()
    }
}

use std::path::Path;

/// Where `#[cfg(test)]` before a module begins, or the end.
fn unit_tests_start(code: &str) -> usize {
    let mark = "\n#[cfg(test)]\n";
    let follows = |at: usize| code[at + mark.len()..].lines().find(|line| !line.starts_with("#[")).unwrap_or_default();
    let inline = |at: &usize| follows(*at).starts_with("mod ") && !follows(*at).ends_with(';');
    code.match_indices(mark).map(|(at, _)| at).find(inline).map_or(code.len(), |at| at + 1)
}

/// The code with everything else as spaces (line ends stay), and the strings.
fn blank(text: &str) -> (String, Vec<(usize, String)>) {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut strings = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let word_before = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
        let end = if rest.starts_with(b"//") {
            at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            at + block_comment(rest)
        } else if let Some((open, length, close)) = raw_string(rest).filter(|_| !word_before) {
            strings.push((at, text[at + open..at + open + length].to_owned()));
            at + open + length + close
        } else if rest[0] == b'"' {
            let length = quoted(rest, b'"');
            strings.push((at, text[at + 1..at + length.max(2) - 1].to_owned()));
            at + length
        } else if rest[0] == b'\'' && is_character(rest) {
            at + quoted(rest, b'\'')
        } else {
            at += 1;
            continue;
        };
        code[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        at = end;
    }
    (String::from_utf8(code).expect("only whole characters are blanked"), strings)
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Lengths of the opening, the content and the closing of `r#".."#`.
fn raw_string(rest: &[u8]) -> Option<(usize, usize, usize)> {
    let start = if rest.starts_with(b"br") { 2 } else { 1 };
    if !rest.starts_with(b"r") && !rest.starts_with(b"br") {
        return None;
    }
    let hashes = rest[start..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(start + hashes) != Some(&b'"') {
        return None;
    }
    let open = start + hashes + 1;
    let close = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let length = rest[open..].windows(close.len()).position(|window| window == close)?;
    Some((open, length, close.len()))
}

/// Length of a quoted literal with its escapes.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// `'a'` and `'\n'`, but not the lifetime `'a`.
fn is_character(rest: &[u8]) -> bool {
    let Some(first) = rest.get(1) else { return false };
    let width = match first {
        b'\\' => return true,
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    rest.get(1 + width) == Some(&b'\'')
}

#[test]
fn only_code_is_seen_as_code() {
    let text = r###"//! now()
let a = "now() \" now()"; /* now() /* now() */ now() */ let b = r#"now() " now()"#;
fn c<'now>(d: &'now str) -> char { '"' }
let 字 = '字'; later();
#[cfg(test)]
mod tests { now(); }
"###;
    let file = Source::new("src/collect/mod.rs", text.to_owned());
    assert!(!file.code.contains("now()"), "{}", file.code);
    assert!(file.code.contains("later()") && file.code.contains("fn c<'now>"));
    assert_eq!(file.strings.iter().map(|(_, string)| string.as_str()).collect::<Vec<_>>(), ["now() \\\" now()", "now() \" now()"]);
    assert_eq!((file.module(), file.line(file.code.find("fn c").unwrap())), (vec!["collect"], 3));
}
