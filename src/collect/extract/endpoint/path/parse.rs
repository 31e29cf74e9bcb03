//! Reads pointers and paths as an operator writes them.

use serde_json::Value;

use super::{Comparison, Operand, Query, Segment, Selector, Slice, Test};

/// Parentheses and `!` within each other.
const DEPTH_MAX: usize = 32;

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// A JSON pointer as it is: `~` begins `~0` or `~1`.
pub(super) fn pointer(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err("a pointer begins with `/`, a path with `$`".to_owned());
    }
    let sound = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if sound { Ok(text.to_owned()) } else { Err("in a pointer `~` is written `~0`, and `/` within a name `~1`".to_owned()) }
}

/// The segments of a path.
pub(super) fn path(text: &str) -> Result<Vec<Segment>, String> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.wanted("$")?;
    let segments = reader.segments()?;
    reader.blank();
    if reader.rest().is_empty() { Ok(segments) } else { Err(reader.wrong("`.`, `..` or `[`")) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn taken(&mut self, word: &str) -> bool {
        self.blank();
        let there = self.rest().starts_with(word);
        self.at += if there { word.len() } else { 0 };
        there
    }

    fn wanted(&mut self, word: &str) -> Result<(), String> {
        if self.taken(word) { Ok(()) } else { Err(self.wrong(&format!("`{word}`"))) }
    }

    fn wrong(&self, wanted: &str) -> String {
        format!("{wanted} is wanted at character {}", self.text[..self.at].chars().count() + 1)
    }

    fn segments(&mut self) -> Result<Vec<Segment>, String> {
        let mut segments = Vec::new();
        loop {
            if self.taken("..") {
                let selectors = if self.taken("[") { self.bracket()? } else { vec![self.dotted()?] };
                segments.push(Segment { descendants: true, selectors });
            } else if self.taken(".") {
                segments.push(Segment { descendants: false, selectors: vec![self.dotted()?] });
            } else if self.taken("[") {
                segments.push(Segment { descendants: false, selectors: self.bracket()? });
            } else {
                return Ok(segments);
            }
        }
    }

    fn dotted(&mut self) -> Result<Selector, String> {
        if self.taken("*") {
            return Ok(Selector::All);
        }
        let length = self.rest().find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(self.rest().len());
        if length == 0 {
            return Err(self.wrong("a name or `*`"));
        }
        let name = self.rest()[..length].to_owned();
        self.at += length;
        Ok(Selector::Name(name))
    }

    /// What stands in brackets, after the opening one.
    fn bracket(&mut self) -> Result<Vec<Selector>, String> {
        let mut selectors = Vec::new();
        loop {
            selectors.push(self.selector()?);
            if self.taken("]") {
                return Ok(selectors);
            }
            if !self.taken(",") {
                return Err(self.wrong("`]` or `,`"));
            }
        }
    }

    fn selector(&mut self) -> Result<Selector, String> {
        if self.taken("*") {
            return Ok(Selector::All);
        }
        if self.taken("?") {
            return self.any().map(Selector::Filter);
        }
        if let Some(name) = self.quoted()? {
            return Ok(Selector::Name(name));
        }
        let start = self.integer()?;
        if !self.taken(":") {
            return start.map(Selector::Index).ok_or_else(|| self.wrong("a selector"));
        }
        let end = self.integer()?;
        let step = if self.taken(":") { self.integer()?.unwrap_or(1) } else { 1 };
        if step == 0 {
            return Err("a slice with a step of 0 goes nowhere".to_owned());
        }
        Ok(Selector::Slice(Slice { start, end, step }))
    }

    fn integer(&mut self) -> Result<Option<i64>, String> {
        self.blank();
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let sign = usize::from(self.rest().starts_with('-'));
        let length = sign + digits(&self.rest()[sign..]);
        if length == sign {
            return if sign == 0 { Ok(None) } else { Err(self.wrong("a number")) };
        }
        let number = self.rest()[..length].parse().map_err(|_| self.wrong("a smaller number"))?;
        self.at += length;
        Ok(Some(number))
    }

    /// A name in single or double quotes, with the escapes of JSON and `\'`.
    fn quoted(&mut self) -> Result<Option<String>, String> {
        self.blank();
        let Some(quote) = self.rest().chars().next().filter(|c| matches!(c, '\'' | '"')) else { return Ok(None) };
        let mut escaped = false;
        for (at, letter) in self.rest().char_indices().skip(1) {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                letter if letter == quote => {
                    let inner = &self.rest()[1..at];
                    let json = if quote == '\'' { inner.replace("\\'", "'").replace('"', "\\\"") } else { inner.to_owned() };
                    let name = serde_json::from_str(&format!("\"{json}\"")).map_err(|_| self.wrong("a string as JSON has them"))?;
                    self.at += at + 1;
                    return Ok(Some(name));
                }
                _ => {}
            }
        }
        Err(self.wrong("a closing quote for the string"))
    }

    fn any(&mut self) -> Result<Test, String> {
        let mut tests = vec![self.each()?];
        while self.taken("||") {
            tests.push(self.each()?);
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { Test::Any(tests) })
    }

    fn each(&mut self) -> Result<Test, String> {
        let mut tests = vec![self.test()?];
        while self.taken("&&") {
            tests.push(self.test()?);
        }
        Ok(if tests.len() == 1 { tests.remove(0) } else { Test::Each(tests) })
    }

    fn test(&mut self) -> Result<Test, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a filter goes at most {DEPTH_MAX} parentheses deep"));
        }
        let test = self.test_within();
        self.depth -= 1;
        test
    }

    fn test_within(&mut self) -> Result<Test, String> {
        if self.taken("!") {
            return self.test().map(|test| Test::Not(Box::new(test)));
        }
        if self.taken("(") {
            let test = self.any()?;
            self.wanted(")")?;
            return Ok(test);
        }
        let left = self.operand()?;
        self.blank();
        let Some((word, comparison)) = COMPARISONS.iter().find(|(word, _)| self.rest().starts_with(word)) else {
            if self.rest().starts_with('=') {
                return Err(self.wrong("`==` (two signs)"));
            }
            return match left {
                Operand::Query(query) => Ok(Test::Exists(query)),
                Operand::Literal(_) => Err(self.wrong("a comparison, as `==`,")),
            };
        };
        self.at += word.len();
        let right = self.operand()?;
        for operand in [&left, &right] {
            if matches!(operand, Operand::Query(query) if !query.segments.iter().all(Segment::is_singular)) {
                return Err("what is compared has to be one value: no `*`, `..`, slice or filter".to_owned());
            }
        }
        Ok(Test::Compare(left, *comparison, right))
    }

    fn operand(&mut self) -> Result<Operand, String> {
        for (sign, from_document) in [("@", false), ("$", true)] {
            if self.taken(sign) {
                let segments = self.segments()?;
                return Ok(Operand::Query(Query { from_document, segments }));
            }
        }
        if let Some(text) = self.quoted()? {
            return Ok(Operand::Literal(Value::String(text)));
        }
        let length =
            self.rest().find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'))).unwrap_or(self.rest().len());
        let word = &self.rest()[..length];
        if self.rest()[length..].starts_with('(') && !word.is_empty() {
            return Err(format!("functions such as `{word}(..)` are not read here"));
        }
        let value: Value = serde_json::from_str(word).map_err(|_| self.wrong("`@`, `$`, a string, a number, true, false or null"))?;
        self.at += length;
        Ok(Operand::Literal(value))
    }
}
