//! TOML as rule files are written: headers, keys and values without frills.
//!
//! The `toml` crate reads everything there is and knows what is wrong with it; of two and a half megabytes of rules that took as long as
//! all that is made of them. Here is read what nearly every line is. At the first sign of anything else, right or wrong, the whole file is
//! left to the crate, and what is read here is what it would read, with the same places.

use std::sync::Arc;

use super::{Data, Entry, Place, SourceFile, Value};

/// Lists and tables within others.
const MOST_NESTED: usize = 16;

/// Every entry of a file; none where anything is not plain.
pub(super) fn entries(text: &str, file: &Arc<SourceFile>) -> Option<Vec<Entry>> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, file };
    let mut root = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    while reader.skip_lines()? {
        if reader.is_at(b'[') {
            path = reader.header(&mut root)?;
        } else {
            reader.key_value(table_at(&mut root, &path)?, 0)?;
        }
        reader.end_of_line()?;
    }
    Some(root)
}

/// The table that a header began, always the last of its list.
fn table_at<'t>(root: &'t mut Vec<Entry>, path: &[&str]) -> Option<&'t mut Vec<Entry>> {
    path.iter().try_fold(root, |table, key| {
        let entry = table.iter_mut().find(|entry| entry.key == *key)?;
        match &mut entry.value.data {
            Data::Table(inner) => Some(inner),
            Data::List(all) => all.last_mut().and_then(|last| if let Data::Table(inner) = &mut last.data { Some(inner) } else { None }),
            _ => None,
        }
    })
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    file: &'a Arc<SourceFile>,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn is_at(&self, byte: u8) -> bool {
        self.peek() == Some(byte)
    }

    fn takes(&mut self, text: &[u8]) -> bool {
        let takes = self.bytes[self.at..].starts_with(text);
        self.at += if takes { text.len() } else { 0 };
        takes
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        self.at += self.bytes[self.at..].iter().take_while(|byte| is_skipped(**byte)).count();
    }

    fn spaces(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn comment(&mut self) -> Option<()> {
        if self.is_at(b'#') {
            self.skip(is_text);
            return matches!(self.peek(), None | Some(b'\n')).then_some(());
        }
        Some(())
    }

    /// To the next line that says something; whether there is one.
    fn skip_lines(&mut self) -> Option<bool> {
        loop {
            self.spaces();
            self.comment()?;
            match self.peek() {
                None => return Some(false),
                Some(b'\n') => self.at += 1,
                Some(_) => return Some(true),
            }
        }
    }

    fn end_of_line(&mut self) -> Option<()> {
        self.spaces();
        self.comment()?;
        match self.peek() {
            None => Some(()),
            Some(b'\n') => {
                self.at += 1;
                Some(())
            }
            Some(_) => None,
        }
    }

    fn place(&self, start: usize) -> Place {
        Place::File { file: Arc::clone(self.file), start, end: self.at }
    }

    fn key(&mut self) -> Option<(&'a str, Place)> {
        let start = self.at;
        self.skip(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        (self.at > start).then(|| (&self.text[start..self.at], self.place(start)))
    }

    /// `[key]`, or `[[key]]` with at most one key before it.
    fn header(&mut self, root: &mut Vec<Entry>) -> Option<Vec<&'a str>> {
        let start = self.at;
        let is_list = self.takes(b"[[");
        self.at += usize::from(!is_list);
        let (mut key, mut key_place) = self.key()?;
        let mut path = Vec::new();
        if is_list && self.takes(b".") {
            path.push(key);
            (key, key_place) = self.key()?;
        }
        if !self.takes(if is_list { b"]]" } else { b"]" }) {
            return None;
        }
        let place = self.place(start);
        // What a list of tables is part of is one as well; anything else is rare.
        if let [outer] = path.as_slice()
            && !root.iter().any(|entry| entry.key == *outer && is_list_of_tables(&entry.value))
        {
            return None;
        }
        let parent = table_at(root, &path)?;
        let table = Value { place: place.clone(), data: Data::Table(Vec::new()) };
        match parent.iter_mut().find(|entry| entry.key == key) {
            None => {
                let data = if is_list { Data::List(vec![table]) } else { table.data };
                parent.push(Entry { key: key.to_owned(), key_place, value: Value { place, data } });
            }
            Some(entry) if is_list && is_list_of_tables(&entry.value) => {
                if let Data::List(all) = &mut entry.value.data {
                    all.push(table);
                }
            }
            Some(_) => return None,
        }
        path.push(key);
        Some(path)
    }

    fn key_value(&mut self, table: &mut Vec<Entry>, depth: usize) -> Option<()> {
        let (key, key_place) = self.key()?;
        self.spaces();
        if !self.takes(b"=") || table.iter().any(|entry| entry.key == key) {
            return None;
        }
        self.spaces();
        let value = self.value(depth)?;
        table.push(Entry { key: key.to_owned(), key_place, value });
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        let start = self.at;
        let data = match self.peek()? {
            b'"' => Data::Text(self.basic()?),
            b'\'' => Data::Text(self.literal()?),
            b'[' if depth < MOST_NESTED => self.list(depth)?,
            b'{' if depth < MOST_NESTED => self.inline_table(depth)?,
            b't' | b'f' => self.flag()?,
            _ => self.number()?,
        };
        Some(Value { place: self.place(start), data })
    }

    fn basic(&mut self) -> Option<String> {
        if self.takes(b"\"\"") {
            // Empty, or the beginning of one over several lines.
            return (!self.is_at(b'"')).then(String::new);
        }
        self.at += 1;
        let mut text = String::new();
        loop {
            let from = self.at;
            self.skip(|byte| is_text(byte) && !matches!(byte, b'"' | b'\\'));
            if self.is_at(b'"') && text.is_empty() {
                text = self.text[from..self.at].to_owned();
            } else {
                text.push_str(&self.text[from..self.at]);
            }
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(text);
                }
                b'\\' => {
                    text.push(match self.bytes.get(self.at + 1)? {
                        b'\\' => '\\',
                        b'"' => '"',
                        b'n' => '\n',
                        b't' => '\t',
                        _ => return None,
                    });
                    self.at += 2;
                }
                _ => return None,
            }
        }
    }

    fn literal(&mut self) -> Option<String> {
        if self.takes(b"''") {
            return (!self.is_at(b'\'')).then(String::new);
        }
        self.at += 1;
        let from = self.at;
        self.skip(|byte| is_text(byte) && byte != b'\'');
        let text = self.text[from..self.at].to_owned();
        self.takes(b"'").then_some(text)
    }

    fn list(&mut self, depth: usize) -> Option<Data> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            self.skip_lines()?;
            if self.takes(b"]") {
                return Some(Data::List(values));
            }
            values.push(self.value(depth + 1)?);
            self.skip_lines()?;
            if !self.takes(b",") && !self.is_at(b']') {
                return None;
            }
        }
    }

    fn inline_table(&mut self, depth: usize) -> Option<Data> {
        self.at += 1;
        let mut table = Vec::new();
        self.spaces();
        while !self.takes(b"}") {
            self.key_value(&mut table, depth + 1)?;
            self.spaces();
            if self.takes(b",") {
                self.spaces();
                // A comma at the end is a matter of versions.
                if self.is_at(b'}') {
                    return None;
                }
            } else if !self.is_at(b'}') {
                return None;
            }
        }
        Some(Data::Table(table))
    }

    fn flag(&mut self) -> Option<Data> {
        let flag = self.takes(b"true");
        if !flag && !self.takes(b"false") {
            return None;
        }
        self.is_behind_value().then_some(Data::Flag(flag))
    }

    /// Plain digits, with a point among them or without.
    fn number(&mut self) -> Option<Data> {
        let start = self.at;
        self.takes(b"-");
        let first = self.at;
        self.skip(|byte| byte.is_ascii_digit() || byte == b'.');
        let (written, digits) = (&self.text[start..self.at], &self.text[first..self.at]);
        let is_right = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let is_whole = |digits: &str| is_right(digits) && (digits.len() == 1 || !digits.starts_with('0'));
        if !self.is_behind_value() {
            return None;
        }
        match digits.split_once('.') {
            None if is_whole(digits) => written.parse().ok().map(Data::Integer),
            Some((whole, part)) if is_whole(whole) && is_right(part) => written.parse().ok().map(Data::Float),
            _ => None,
        }
    }

    fn is_behind_value(&self) -> bool {
        matches!(self.peek(), None | Some(b' ' | b'\t' | b'\n' | b',' | b']' | b'}' | b'#'))
    }
}

/// Whether headers made it: then it begins where its first table does.
fn is_list_of_tables(value: &Value) -> bool {
    matches!(&value.data, Data::List(all) if all.first().is_some_and(|first| first.place == value.place))
}

/// What may stand in strings and comments.
const fn is_text(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7F || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::problem::Parsed;

    fn file(text: &str) -> Arc<SourceFile> {
        Arc::new(SourceFile { path: "a.toml".into(), text: text.to_owned() })
    }

    /// Everything about them but the file.
    fn said(entries: &[Entry]) -> String {
        entries.iter().map(|entry| format!("{}{} = {}\n", entry.key, at(&entry.key_place), value(&entry.value))).collect()
    }

    fn at(place: &Place) -> String {
        if let Place::File { start, end, .. } = place { format!("@{start}..{end}") } else { String::new() }
    }

    fn value(of: &Value) -> String {
        let data = match &of.data {
            Data::List(values) => format!("[{}]", values.iter().map(value).collect::<String>()),
            Data::Table(entries) => format!("{{{}}}", said(entries)),
            data => format!("{data:?}"),
        };
        data + &at(&of.place)
    }

    /// Whether it is plain; then it must be what the crate reads.
    fn agrees(text: &str) -> bool {
        let file = file(text);
        let Some(plain) = entries(text, &file) else { return false };
        let Parsed { entries, errors } = Parsed::by_the_crate(text, &file);
        assert_eq!(errors, [], "{text}");
        assert_eq!(said(&plain), said(&entries), "{text}");
        true
    }

    #[test]
    fn the_packs_are_plain() {
        let mut plain = 0;
        let folders = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).expect("the packs");
        for folder in folders.filter_map(Result::ok).filter(|folder| folder.path().is_dir()) {
            for pack in std::fs::read_dir(folder.path()).expect("a folder").filter_map(Result::ok) {
                let text = std::fs::read_to_string(pack.path()).expect("a pack");
                plain += usize::from(agrees(&text));
            }
        }
        assert!(plain > 60, "{plain} files are plain");
    }

    #[test]
    fn what_is_plain_is_read_and_the_rest_left() {
        for text in [
            "",
            "# only this",
            "a = 1\n[b]\nc = \"d\\\"\\n\" # e\n\n[[f]]\ng = ['h', \"\", ''] \n[[f.i]]\nj = true\n[[f.i]]\n[[f]]\nk = -1.50\n",
            "a = [[1, 2],\n # b\n [\"c\"],\n]\nd = { e = [1], f = {} }",
        ] {
            assert!(agrees(text), "{text}");
        }
        for text in [
            "a = 1\r\n",
            "a.b = 1",
            "\"a\" = 1",
            "a = \"\"\"b\"\"\"",
            "a = 1\na = 2",
            "[a]\n[a]",
            "[[a]]\n[a]",
            "[a]\n[[a]]",
            "a = [{b = 1}]\n[[a]]",
            "a = [[1], {b = 1}]\n[[a]]",
            "a = [{b = 1}]\n[[a.c]]",
            "[[a.b]]",
            "a = 01",
            "a = 1_000",
            "a = 1979-05-27",
            "a = .5",
            "a = {b = 1,}",
            "a = [1 2]",
            "a = \"\\u00e9\"",
            "a = tru",
            "a = 1 b = 2",
            "a",
            "a = ",
            "a = \"b\nc\"",
            "[a.b]",
            "a = '\u{7}'",
        ] {
            assert!(!agrees(text), "{text}");
        }
    }

    #[test]
    fn what_is_deep_is_left_before_it_is_too_deep() {
        for text in ["[".repeat(100_000), "{ b = ".repeat(50_000), "[{ b = ".repeat(50_000)] {
            let text = format!("a = {text}");
            assert!(entries(&text, &file(&text)).is_none());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_read_otherwise(text in r#"(a|b|c| = |=|\[|\]|\[\[|\]\]|\.|,|\{|\}|"|'|"差"|'d'|1|0|-|2\.5|true|#|\n|\n| |\t|\\|\\n|a = 1\n|\[a\]\n|\[\[b\]\]\n|\[\[b\.c\]\]\n|c = \["x", 'y'\]\n){0,18}"#) {
            agrees(&text);
        }
    }
}
