//! JSON as sites write it inside a page: wrapped in comments or CDATA, with trailing commas, raw line breaks, quotes that
//! are not escaped, several documents in a row, or cut off. A value that can be told is read; the rest is left out.

use serde_json::{Map, Number, Value};

/// As `serde_json` has it.
const DEPTH_MAX: usize = 127;

/// A script longer than this holds no reviews, but the data of a whole application.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The values of a script: one, or several in a row.
pub(super) fn values(script: &str) -> Vec<Value> {
    let script = script.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | ';' | '\0'));
    if script.is_empty() || script.len() > BYTES_MAX {
        return Vec::new();
    }
    if let Ok(value) = serde_json::from_str(script) {
        return vec![value];
    }
    if !script.contains('"') && script.contains("&quot;") {
        return values(&script.replace("&quot;", "\"").replace("&amp;", "&"));
    }
    repaired(script)
}

fn repaired(script: &str) -> Vec<Value> {
    let mut reader = Reader { text: script, at: 0 };
    let mut found = Vec::new();
    while reader.reach_value() {
        match reader.value(0) {
            Some(value) => found.push(value),
            None => break,
        }
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn step(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// To the next document; whatever stands before it (an assignment, a comment's end) is no part of it.
    fn reach_value(&mut self) -> bool {
        self.blank();
        match self.rest().find(['{', '[']) {
            Some(found) => {
                self.at += found;
                true
            }
            None => false,
        }
    }

    /// White space, comments of HTML and JavaScript, and the marks of CDATA.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let skipped = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}').len();
            let after = &rest[skipped..];
            let mark = ["<!--", "-->", "<![CDATA[", "]]>"].iter().find(|mark| after.starts_with(**mark)).map_or(0, |mark| mark.len());
            let comment = if after.starts_with("/*") {
                after.find("*/").map_or(after.len(), |end| end + 2)
            } else if let Some(line) = after.strip_prefix("//") {
                // `//<![CDATA[` is a comment only to JavaScript; the document may begin on the same line.
                let cdata = ["<![CDATA[", "]]>", "<!--", "-->"].iter().any(|mark| line.trim_start().starts_with(mark));
                if cdata { 2 } else { after.find('\n').unwrap_or(after.len()) }
            } else {
                0
            };
            let moved = skipped + mark.max(comment);
            if moved == 0 {
                return;
            }
            self.at += moved;
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.blank();
        if depth > DEPTH_MAX {
            return None;
        }
        match self.peek()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            quote @ ('"' | '\'') => {
                self.step();
                Some(Value::String(self.string(quote)))
            }
            _ => self.bare(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.step();
        let mut map = Map::new();
        loop {
            self.blank();
            match self.peek() {
                None => break,
                Some('}') => {
                    self.step();
                    break;
                }
                Some(',' | ';') => {
                    self.step();
                    continue;
                }
                // The end of what holds this object: its own was forgotten.
                Some(']') => break,
                Some(_) => {}
            }
            let Some(key) = self.key() else { break };
            self.blank();
            if self.peek() == Some(':') {
                self.step();
            }
            match self.value(depth + 1) {
                Some(value) => map.insert(key, value),
                None => break,
            };
        }
        Some(Value::Object(map))
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        self.step();
        let mut list = Vec::new();
        loop {
            self.blank();
            match self.peek() {
                None => break,
                Some(']') => {
                    self.step();
                    break;
                }
                Some(',' | ';') => {
                    self.step();
                    continue;
                }
                Some('}') => break,
                Some(_) => {}
            }
            match self.value(depth + 1) {
                Some(value) => list.push(value),
                None => break,
            }
        }
        Some(Value::Array(list))
    }

    fn key(&mut self) -> Option<String> {
        match self.peek()? {
            quote @ ('"' | '\'') => {
                self.step();
                Some(self.string(quote))
            }
            _ => {
                let end = self.rest().find(|c: char| !(c.is_alphanumeric() || matches!(c, '@' | '_' | '$' | '-')))?;
                let key = self.rest()[..end].to_owned();
                self.at += end;
                (!key.is_empty()).then_some(key)
            }
        }
    }

    /// The rest of a string. A quote ends it only where something may follow a string: sites forget to escape.
    fn string(&mut self, quote: char) -> String {
        let mut out = String::new();
        while let Some(c) = self.step() {
            match c {
                '\\' => self.escape(&mut out),
                c if c == quote && self.ends_here() => break,
                c => out.push(c),
            }
        }
        out
    }

    fn ends_here(&self) -> bool {
        let after = self.rest().trim_start();
        let Some(next) = after.chars().next() else { return true };
        match next {
            '}' | ']' | ':' => true,
            // A comma may be one of the sentence; before another member or value it is not.
            ',' => {
                let after = after[1..].trim_start();
                let word = ["true", "false", "null", "//", "/*"].iter().any(|word| after.starts_with(word));
                let value = after.starts_with(['"', '\'', '{', '[', '}', ']', '-', ',']) || after.starts_with(|c: char| c.is_ascii_digit());
                let key = after.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '@' | '_' | '$'));
                word || value || (key.len() < after.len() && key.trim_start().starts_with(':'))
            }
            // A forgotten comma: the next member stands on a line of its own.
            '"' => self.rest().starts_with(['\n', '\r']),
            '/' | '<' => true,
            _ => false,
        }
    }

    fn escape(&mut self, out: &mut String) {
        match self.step() {
            Some('n' | 'r') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('b' | 'f') | None => {}
            Some('u') => out.push(self.unit()),
            Some(c) => out.push(c),
        }
    }

    /// `\u` and four digits, or two of them for one character beyond the basic plane.
    fn unit(&mut self) -> char {
        let Some(first) = hex(self.rest()) else { return char::REPLACEMENT_CHARACTER };
        self.at += 4;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        let second = self.rest().strip_prefix("\\u").and_then(hex).filter(|low| (0xdc00..0xe000).contains(low));
        match second {
            Some(low) if first < 0xdc00 => {
                self.at += 6;
                char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => char::REPLACEMENT_CHARACTER,
        }
    }

    /// A number, `true`, `null`, or a word that should have been quoted.
    fn bare(&mut self) -> Option<Value> {
        let end = self.rest().find([',', '}', ']', '\n', '\r']).unwrap_or(self.rest().len());
        let word = self.rest()[..end].trim().to_owned();
        self.at += end;
        if word.is_empty() {
            return (end > 0 || self.peek().is_some_and(|c| c != ']' && c != '}')).then_some(Value::Null);
        }
        Some(match word.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" | "undefined" | "NaN" => Value::Null,
            _ => word.parse::<Number>().map_or(Value::String(word), Value::Number),
        })
    }
}

fn hex(text: &str) -> Option<u32> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wrappings() {
        let wanted = vec![json!({"a": 1})];
        for script in [
            r#"{"a": 1}"#,
            "<!--\n{\"a\": 1}\n-->",
            "//<![CDATA[\n{\"a\": 1}\n//]]>",
            "// <![CDATA[ {\"a\": 1} // ]]>",
            "/* <![CDATA[ */ {\"a\": 1} /* ]]> */",
            "<![CDATA[{\"a\": 1}]]>",
            "{\"a\": 1};",
            "\u{feff} {\"a\": 1}\0\0",
            "{&quot;a&quot;: 1}",
            "// reviews\n{\"a\": 1}",
            "window.data = {\"a\": 1};",
        ] {
            assert_eq!(values(script), wanted, "{script}");
        }
    }

    #[test]
    fn mistakes() {
        for (script, wanted) in [
            (r#"{"a": [1, 2,], "b": {"c": 3,},}"#, json!({"a": [1, 2], "b": {"c": 3}})),
            ("{\"a\": \"one\ntwo\tthree\"}", json!({"a": "one\ntwo\tthree"})),
            (r#"{"a": "she said "no", twice", "b": 1}"#, json!({"a": "she said \"no\", twice", "b": 1})),
            (r#"{'a': 'b', c: "d"}"#, json!({"a": "b", "c": "d"})),
            (r#"{"a": "it\'s 5\" wide"}"#, json!({"a": "it's 5\" wide"})),
            ("{\"a\": 1\n\"b\": 2}", json!({"a": 1, "b": 2})),
            ("{\"a\": \"x\"\n\"b\": 2}", json!({"a": "x", "b": 2})),
            (r#"{"a": [{"b": "c"}, {"b": "cut o"#, json!({"a": [{"b": "c"}, {"b": "cut o"}]})),
            (r#"{"a": , "b": 2}"#, json!({"a": null, "b": 2})),
            (r#"{"a": [{"b": 1}, {"b": 2], "c": 3}"#, json!({"a": [{"b": 1}, {"b": 2}], "c": 3})),
            (r#"{"a": "\ud83d\ude00 \ud83d!"}"#, json!({"a": "😀 \u{fffd}!"})),
            ("{\"a\": 1, // why\n \"b\": 2}", json!({"a": 1, "b": 2})),
        ] {
            assert_eq!(values(script), vec![wanted], "{script}");
        }
        assert_eq!(values("{\"a\": 1}\n{\"b\": 2}"), vec![json!({"a": 1}), json!({"b": 2})]);
        assert_eq!(values("no data"), Vec::<Value>::new());
        assert_eq!(values(""), Vec::<Value>::new());
    }

    #[test]
    fn depth_and_odd_ends_end() {
        assert!(values(&"[".repeat(200_000)).len() < 200_000);
        for script in ["{\"a\\", "{\"a\":\"\\u12", "{:}", "{,,}", "[}", "{]", "{\"a\":}", "{'", "[\"a\" \"b\"]", "{\"a\"}"] {
            let _ends = values(script);
        }
    }
}
