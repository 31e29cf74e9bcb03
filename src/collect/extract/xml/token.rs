//! The tags and the text of a document that need not be well-formed. Nothing is refused; what stands between two brackets that
//! makes no sense is text, and what the document ends in the middle of is `cut`.

use memchr::{memchr, memchr2};

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open(Tag<'a>),
    /// `</name>`; `start` is where its bracket stands.
    Close {
        name: &'a str,
        start: usize,
    },
    /// With its references as written.
    Text(&'a str),
    Cdata(&'a str),
}

/// A start tag, from its bracket to where its content begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    /// As written; see `attributes`.
    pub(super) attributes: &'a str,
    /// `<name/>`
    pub(super) empty: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// The document ends inside a tag.
    pub(super) cut: bool,
    /// Ends that do not come any more: looking for them each time would cost the square of the document.
    missing: Vec<&'static str>,
    had_doctype: bool,
}

impl<'a> Tokens<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, cut: false, missing: Vec::new(), had_doctype: false }
    }

    /// Where `end` is from here.
    fn find(&mut self, from: usize, end: &'static str) -> Option<usize> {
        if self.missing.contains(&end) {
            return None;
        }
        let found = self.text[from..].find(end);
        if found.is_none() {
            self.missing.push(end);
        }
        found
    }

    fn text_until(&mut self, end: usize) -> Token<'a> {
        let text = &self.text[self.at..end];
        self.at = end;
        Token::Text(text)
    }

    /// `<!..`: CDATA is text; comments and declarations are passed over. What has no end would swallow the rest of the document, so
    /// only its mark is passed over then.
    fn declaration(&mut self) -> Option<Token<'a>> {
        const CDATA: &str = "<![CDATA[";
        const COMMENT: &str = "<!--";
        let rest = &self.text[self.at..];
        let inside = |mark: &str| self.at + mark.len();
        if rest.starts_with(CDATA) {
            let start = inside(CDATA);
            let found = self.find(start, "]]>");
            self.at = start + found.map_or(0, |end| end + "]]>".len());
            return Some(Token::Cdata(&self.text[start..start + found.unwrap_or(0)]));
        }
        if rest.starts_with(COMMENT) {
            let start = inside(COMMENT);
            self.at = start + self.find(start, "-->").map_or(0, |end| end + "-->".len());
            return None;
        }
        let is_doctype = rest[2..].get(..7).is_some_and(|word| word.eq_ignore_ascii_case("doctype"));
        let whole = if is_doctype && !self.had_doctype { doctype(rest) } else { None };
        self.had_doctype |= is_doctype;
        self.pass_over(whole);
        None
    }

    /// Passes over this much, else to the next bracket, else over the mark alone.
    fn pass_over(&mut self, length: Option<usize>) {
        let length = length.or_else(|| self.find(self.at, ">").map(|end| end + 1));
        self.at += length.unwrap_or(2);
    }

    fn instruction(&mut self) {
        let length = self.find(self.at, "?>").map(|end| end + 2);
        self.pass_over(length);
    }

    fn close(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.at + 2..];
        let Some(end) = memchr2(b'>', b'<', rest.as_bytes()) else {
            self.cut = true;
            self.at = self.text.len();
            return None;
        };
        let start = self.at;
        self.at += 2 + end + usize::from(rest[end..].starts_with('>'));
        Some(Token::Close { name: rest[..end].trim(), start })
    }

    fn open(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        let bytes = rest.as_bytes();
        let name_end = 1 + bytes[1..].iter().position(|byte| ends_name(*byte)).unwrap_or(bytes.len() - 1);
        let Some(end) = tag_end(bytes, name_end) else {
            self.cut = true;
            self.at = self.text.len();
            return None;
        };
        let closed = bytes[end] == b'>';
        let start = self.at;
        self.at += end + usize::from(closed);
        let inside = &rest[name_end..end];
        let empty = closed && bytes[end - 1] == b'/';
        Some(Token::Open(Tag { name: &rest[1..name_end], attributes: inside, empty, start, end: self.at }))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            let bracket = memchr(b'<', rest.as_bytes());
            if bracket != Some(0) {
                let end = bracket.map_or(self.text.len(), |at| self.at + at);
                return Some(self.text_until(end));
            }
            let token = match rest.as_bytes().get(1) {
                Some(b'!') => self.declaration(),
                Some(b'?') => {
                    self.instruction();
                    None
                }
                Some(b'/') => self.close(),
                Some(byte) if begins_name(*byte) => self.open(),
                Some(_) => Some(self.text_until(self.at + 1)),
                None => {
                    self.cut = true;
                    self.at = self.text.len();
                    None
                }
            };
            if token.is_some() {
                return token;
            }
        }
    }
}

const fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

const fn ends_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'<')
}

/// Where a tag ends: at its `>`, which a quoted value may hold, or before the next tag. A quote that is never closed is none.
fn tag_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'>' | b'<' => return Some(at),
            b'"' | b'\'' if follows_equals(&bytes[from..at]) => {
                if let Some(length) = bytes[at + 1..].iter().position(|other| other == byte) {
                    at += length + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn follows_equals(before: &[u8]) -> bool {
    before.iter().rev().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'=')
}

/// The length of `<!DOCTYPE ...>` with its subset, whose quoted values and comments may hold any bracket.
fn doctype(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut inside) = (2, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => at += bytes[at + 1..].iter().position(|other| other == byte)? + 1,
            b'<' if text[at..].starts_with("<!--") => at += text[at..].find("-->")? + 2,
            b'[' => inside = true,
            b']' => inside = false,
            b'>' if !inside => return Some(at + 1),
            // The root element: the declaration was never closed.
            b'<' if !inside => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Attributes as written, with and without quotes; a value's references are not resolved.
pub(super) fn attributes(mut rest: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let name_end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let name = &rest[..name_end];
        let after = rest[name_end..].trim_start();
        let Some(value) = after.strip_prefix('=').map(str::trim_start) else {
            rest = after;
            return (!name.is_empty()).then_some((name, ""));
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let closed = quote.and_then(|quote| value[1..].find(quote).map(|end| (&value[1..=end], &value[end + 2..])));
        let (value, after) = closed.unwrap_or_else(|| value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())));
        rest = after;
        Some((name, value))
    })
}

/// The value of an attribute, whatever prefix and case it is written in.
pub(super) fn attribute<'a>(all: &'a str, name: &str) -> Option<&'a str> {
    attributes(all).find(|(own, _)| own.rsplit(':').next().unwrap_or(own).eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |token| match token {
            Token::Open(tag) => format!("<{}{}>", tag.name, if tag.empty { "/" } else { "" }),
            Token::Close { name, .. } => format!("</{name}>"),
            Token::Text(text) => text.to_owned(),
            Token::Cdata(text) => format!("[{text}]"),
        };
        Tokens::new(text).map(show).collect()
    }

    #[test]
    fn what_is_well_formed() {
        let text = "<?xml version='1.0'?><!-- <x> --><!DOCTYPE a [<!ENTITY b \"]>\">]><a b='1 > 0'>t<c:d/><![CDATA[<e>]]></a >";
        assert_eq!(shown(text), ["<a>", "t", "<c:d/>", "[<e>]", "</a>"]);
    }

    #[test]
    fn what_is_not() {
        assert_eq!(shown("1 < 2 <3 <a <b c=\"x>y</b>"), ["1 ", "<", " 2 ", "<", "3 ", "<a>", "<b>", "y", "</b>"]);
        assert_eq!(shown("<a><![CDATA[x</a>"), ["<a>", "[]", "x", "</a>"]);
        assert_eq!(shown("<!-- <a>t"), [" ", "<a>", "t"], "a comment that never ends");
        for cut in ["<a>t</a", "<a b='", "<", "</"] {
            let mut tokens = Tokens::new(cut);
            assert!(tokens.by_ref().count() < 3 && tokens.cut, "{cut}");
        }
    }

    #[test]
    fn what_never_ends_costs_no_more_than_its_length() {
        for mark in ["<!--", "<![CDATA[", "<?", "<!DOCTYPE \"", "<!x", "<a b='", "</"] {
            let text = mark.repeat(400_000);
            assert!(Tokens::new(&text).count() <= 400_001, "{mark}");
        }
    }

    #[test]
    fn attributes_with_and_without_quotes() {
        let all: Vec<_> = attributes(" a='1' b = \"2 3\" c=4 d e='5/").collect();
        assert_eq!(all, [("a", "1"), ("b", "2 3"), ("c", "4"), ("d", ""), ("e", "'5/")]);
        assert_eq!((attribute(" rdf:About='x'", "about"), attribute(" a='x'", "b")), (Some("x"), None));
    }
}
