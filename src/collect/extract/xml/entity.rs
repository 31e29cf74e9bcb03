//! References to characters and entities. What a DTD declares inside the document is known within narrow limits: neither a
//! bomb nor a file of this machine can be written with what is left. A name that nobody declared stays as it is written, and the
//! step from markup to plain text reads it where HTML knows it.

use std::cell::Cell;

use memchr::{memchr, memchr_iter, memchr2};

/// Declared entities beyond this many are unknown.
const DECLARED_MAX: usize = 256;

/// An entity stands for a character or a phrase; a longer value is somebody's attempt at a bomb.
const VALUE_BYTES_MAX: usize = 1024;

/// What all expansions of one document may come to.
const EXPANDED_BYTES_MAX: usize = 256 * 1024;

/// No entity's name is longer.
const NAME_MAX: usize = 64;

/// What the text that is written is read as afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// It is markup itself: `&lt;b>` is a tag.
    Markup,
    /// It is plain, so as markup it is escaped: `&lt;b>` is what a reader sees.
    Plain,
}

/// The entities of one document.
#[derive(Debug, Default)]
pub(super) struct Entities<'a> {
    declared: Vec<(&'a str, String)>,
    spent: Cell<usize>,
}

impl<'a> Entities<'a> {
    /// Reads the declarations before the first element.
    pub(super) fn of(text: &'a str) -> Self {
        let mut entities = Self::default();
        // `contains` is much the faster of the two, and most documents have neither.
        let begins = ["<!DOCTYPE", "<!doctype"].into_iter().filter(|word| text.contains(*word)).find_map(|word| text.find(word));
        let Some(begin) = begins else { return entities };
        let mut rest = &text[begin..];
        while let Some(at) = rest.find("<!ENTITY").filter(|_| entities.declared.len() < DECLARED_MAX) {
            rest = &rest[at + "<!ENTITY".len()..];
            let Some((name, value)) = declaration(rest) else { continue };
            let mut out = String::new();
            entities.resolve(value, Write::Markup, &mut out);
            if out.len() <= VALUE_BYTES_MAX && entities.value(name).is_none() {
                entities.declared.push((name, out));
            }
        }
        entities
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.declared.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }

    /// Writes `text` with its references resolved and the characters that XML forbids left out.
    pub(super) fn resolve(&self, text: &str, write: Write, out: &mut String) {
        let mut rest = text;
        while let Some(at) = memchr(b'&', rest.as_bytes()) {
            put(&rest[..at], write, out);
            rest = &rest[at..];
            let known = name(rest).filter(|name| self.reference(name, write, out));
            match known {
                Some(name) => rest = &rest[name.len() + 2..],
                // A name HTML may know is left to it, in a plain text as well; any other ampersand is just one.
                None if name(rest).is_some() => {
                    out.push('&');
                    rest = &rest[1..];
                }
                None => {
                    out.push_str(if write == Write::Plain { "&amp;" } else { "&" });
                    rest = &rest[1..];
                }
            }
        }
        put(rest, write, out);
    }

    /// Whether the name is known; then what it stands for has been written.
    fn reference(&self, name: &str, write: Write, out: &mut String) -> bool {
        let mut one = [0; 4];
        let known = match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            number if number.starts_with('#') => match character(&number[1..]) {
                Some(c) => c.encode_utf8(&mut one),
                None => return false,
            },
            name => match self.value(name) {
                Some(value) if self.spent.get() + value.len() <= EXPANDED_BYTES_MAX => {
                    self.spent.set(self.spent.get() + value.len());
                    value
                }
                _ => return false,
            },
        };
        put(known, write, out);
        true
    }
}

/// `name "value"`; parameter entities and those of other files are not for us.
fn declaration(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let (name, after) = rest.split_at(rest.find(char::is_whitespace)?);
    let after = after.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = &after[1..];
    let value = &value[..value.find(quote)?];
    (name != "%" && name.len() <= NAME_MAX && value.len() <= VALUE_BYTES_MAX).then_some((name, value))
}

/// The name of the reference that `text` begins with.
fn name(text: &str) -> Option<&str> {
    let inside = &text[1..text.floor_char_boundary(NAME_MAX + 2)];
    let end = inside.find(|c: char| !c.is_alphanumeric() && !matches!(c, '#' | '_' | '-' | '.' | ':'))?;
    (end > 0 && inside[end..].starts_with(';')).then(|| &inside[..end])
}

/// Numbers that HTML reads as windows-1252 (`&#146;`) are left to the step that reads markup.
fn character(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
}

fn put(text: &str, write: Write, out: &mut String) {
    let forbidden = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    let as_it_is = write == Write::Markup || memchr2(b'<', b'&', text.as_bytes()).is_none();
    if as_it_is && !(may_be_forbidden(text.as_bytes()) && text.contains(forbidden)) {
        out.push_str(text);
        return;
    }
    for c in text.chars().filter(|c| !forbidden(*c)) {
        match c {
            '&' if write == Write::Plain => out.push_str("&amp;"),
            '<' if write == Write::Plain => out.push_str("&lt;"),
            c => out.push(c),
        }
    }
}

/// Whether there is a control character, or what U+FFFE and U+FFFF begin with.
fn may_be_forbidden(bytes: &[u8]) -> bool {
    let control = |byte: &u8| (*byte < b' ') & (*byte != b'\t') & (*byte != b'\n') & (*byte != b'\r');
    // Without a branch within a piece, so that many bytes are looked at at once.
    bytes.chunks(PIECE).any(|piece| piece.iter().fold(false, |found, byte| found | control(byte)))
        || memchr_iter(0xef, bytes).any(|at| bytes.get(at + 1) == Some(&0xbf))
}

/// Bytes of a piece.
const PIECE: usize = 64;

/// Plain text as markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    put(text, Write::Plain, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, write: Write) -> String {
        let mut out = String::new();
        Entities::default().resolve(text, write, &mut out);
        out
    }

    #[test]
    fn references_and_characters() {
        assert_eq!(resolved("Q&A &lt;b> &#65;&#x41;&#X41; &nbsp; &#0; a\0\u{8}", Write::Markup), "Q&A <b> AAA &nbsp; &#0; a");
        assert_eq!(resolved("Q&A &lt;b> &amp;lt; &nbsp;", Write::Plain), "Q&amp;A &lt;b> &amp;lt; &nbsp;");
    }

    #[test]
    fn what_a_document_declares() {
        let text =
            "<!DOCTYPE f [<!ENTITY c \"&#169; Shop\"><!ENTITY d 'since &c;'><!ENTITY % p 'x'><!ENTITY s SYSTEM 'file:///etc/passwd'>]><f>";
        let entities = Entities::of(text);
        let mut out = String::new();
        entities.resolve("&d;|&p;|&s;", Write::Markup, &mut out);
        assert_eq!(out, "since © Shop|&p;|&s;");
    }

    #[test]
    fn bombs_stay_small() {
        let mut text = String::from("<!DOCTYPE f [<!ENTITY a0 \"ha ha ha ha\">");
        for n in 1..30 {
            text.push_str(&format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10)));
        }
        let entities = Entities::of(&text);
        let mut out = String::new();
        entities.resolve(&"&a29;&a1;".repeat(100_000), Write::Markup, &mut out);
        assert!(out.len() < 2 * 1024 * 1024, "{}", out.len());
    }
}
