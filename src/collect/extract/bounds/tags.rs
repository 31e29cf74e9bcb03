//! The tags of a document, without parsing it.

use super::ATTRIBUTES_MAX;

/// A tag as far as it matters here.
pub(super) struct Tag<'a> {
    pub(super) name: String,
    /// What stands between its brackets.
    pub(super) source: &'a str,
    pub(super) closing: bool,
    pub(super) attributes: usize,
    /// Its brackets in the document.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the attribute begins that is one too many.
    surplus: Option<usize>,
}

impl Tag<'_> {
    /// Where the tag ends without its surplus of attributes.
    pub(super) fn kept_end(&self) -> usize {
        self.surplus.unwrap_or(self.end)
    }
}

/// The tags of a document, comments and raw text skipped.
pub(super) struct Tags<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tags<'a> {
    pub(super) const fn of_html(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn next_tag(&mut self) -> Option<Tag<'a>> {
        loop {
            self.at += self.text.get(self.at..)?.find('<')?;
            let rest = &self.text[self.at..];
            if let Some(length) = comment(rest) {
                self.at += length;
                continue;
            }
            let after = rest.as_bytes().get(1).copied()?;
            let closing = after == b'/';
            let name_at = 1 + usize::from(closing);
            if rest.as_bytes().get(name_at).is_some_and(u8::is_ascii_alphabetic) {
                return Some(self.tag(name_at, closing));
            }
            self.at += 1;
        }
    }

    fn tag(&mut self, name_at: usize, closing: bool) -> Tag<'a> {
        let bytes = self.text.as_bytes();
        let start = self.at + name_at;
        let name_end = bytes[start..]
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
            .map_or(bytes.len(), |n| start + n);
        let name = self.text[start..name_end].to_ascii_lowercase();
        let (mut at, mut quote, mut attributes, mut in_word, mut surplus) = (name_end, None, 0usize, false, None);
        while let Some(byte) = bytes.get(at).copied() {
            match quote {
                Some(open) => quote = (byte != open).then_some(open),
                None if byte == b'>' => break,
                None if matches!(byte, b'"' | b'\'') && bytes[at - 1] == b'=' => quote = Some(byte),
                None => {
                    let word = !byte.is_ascii_whitespace() && byte != b'/';
                    attributes += usize::from(word && !in_word);
                    if attributes > ATTRIBUTES_MAX && surplus.is_none() {
                        surplus = Some(at);
                    }
                    in_word = word;
                }
            }
            at += 1;
        }
        let begun = self.at;
        self.at = (at + 1).min(bytes.len());
        Tag { name, source: &self.text[start..at], closing, attributes, start: begun, end: self.at, surplus }
    }

    /// To the end of an element whose content is text.
    pub(super) fn skip_raw(&mut self, name: &str) {
        let close = format!("</{name}");
        let rest = &self.text.as_bytes()[self.at..];
        let end = rest.windows(close.len()).position(|window| window.eq_ignore_ascii_case(close.as_bytes()));
        self.at = end.map_or(self.text.len(), |end| self.at + end);
    }
}

/// As the HTML standard has it: `<!-->` is a whole comment, and `<!`, `<?` and `</` before anything else begin one that ends with
/// the next bracket. Whoever skips more than the parser does sees less than it builds.
fn comment(text: &str) -> Option<usize> {
    if let Some(inner) = text.strip_prefix("<!--") {
        if inner.starts_with('>') || inner.starts_with("->") {
            return Some(text.len() - inner.len() + inner.find('>').unwrap_or(0) + 1);
        }
        let end = [inner.find("-->").map(|at| at + 3), inner.find("--!>").map(|at| at + 4)].into_iter().flatten().min();
        return Some(end.map_or(text.len(), |end| text.len() - inner.len() + end));
    }
    let next = text.as_bytes().get(2);
    let bogus = text.starts_with("<!") || text.starts_with("<?") || text.starts_with("</") && !next.is_some_and(u8::is_ascii_alphabetic);
    bogus.then(|| text.find('>').map_or(text.len(), |end| end + 1))
}
