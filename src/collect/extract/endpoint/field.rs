//! How one field of an item is read from its entry: alternatives of pointers, paths, templates and joined parts.

use serde_json::Value;

use super::path::Path;
use crate::collect::percent::encoded;
use crate::outbound::refused;

/// Has no meaning of its own in a path or query (RFC 3986, 3.3), and sites show it as it is.
const PATH_KEPT: &str = "/:@";
/// Between joined parts.
const JOINT: &str = "\n";

/// Alternatives; the first that gives anything holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Field(pub Vec<Part>);

/// One way to read a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// `/title` or `$.title`.
    Path(Path),
    /// `https://shop.example/r/{id}`: given only where every value in braces is there.
    Template(Vec<Piece>),
    /// Whatever of these is there, a line break between them.
    Join(Vec<Field>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Words(String),
    /// A value; of `{/uri|last}` what follows its last slash.
    Value {
        path: Path,
        last: bool,
    },
}

/// What becomes of the values that a template places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placing {
    AsTheyAre,
    /// Percent-encoded, all but what may stand in a path: the template is an address. A value at its beginning is an address
    /// already, or the beginning of one.
    Encoded,
}

impl Part {
    /// Reads one way as the operator wrote it: a path begins with `$`, a template has `{..}`, a pointer begins with `/`.
    ///
    /// # Errors
    /// A sentence fragment that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('$') && text.contains('{') {
            return template(text).map(Self::Template);
        }
        Path::parse(text).map(Self::Path)
    }
}

/// `{name}` is a member of the entry, `{/a/b}` a pointer, `{$.a.b}` a path; `|last` takes what follows the last slash.
fn template(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            pieces.push(Piece::Words(rest[..open].to_owned()));
        }
        let close = rest[open..].find('}').ok_or("a `{` is never closed")?;
        let inner = rest[open + 1..open + close].trim();
        let (inner, last) = inner.strip_suffix("|last").map_or((inner, false), |inner| (inner.trim(), true));
        let path = match inner {
            "" => return Err("there is nothing between `{` and `}`".to_owned()),
            inner if inner.starts_with(['/', '$']) => Path::parse(inner)?,
            inner => Path::member(inner),
        };
        pieces.push(Piece::Value { path, last });
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest.to_owned()));
    }
    Ok(pieces)
}

impl Field {
    /// The first value that says anything, as text.
    #[must_use]
    pub fn text(&self, entry: &Value, placing: Placing) -> Option<String> {
        self.0.iter().find_map(|part| match part {
            Part::Path(path) => path.find(entry).into_iter().find_map(plain),
            part => part.composed(entry, placing),
        })
    }

    /// As `text`, with every value that a path finds on a line of its own.
    #[must_use]
    pub fn lines(&self, entry: &Value) -> Option<String> {
        self.0.iter().find_map(|part| match part {
            Part::Path(path) => joined(path.find(entry).into_iter().filter_map(plain)),
            part => part.composed(entry, Placing::AsTheyAre),
        })
    }

    /// The first value that `read` makes something of.
    pub fn first<T>(&self, entry: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|part| match part {
            Part::Path(path) => path.find(entry).into_iter().find_map(&read),
            part => part.composed(entry, Placing::AsTheyAre).and_then(|text| read(&Value::String(text))),
        })
    }
}

impl Part {
    fn composed(&self, entry: &Value, placing: Placing) -> Option<String> {
        match self {
            Self::Path(path) => path.first(entry).and_then(plain),
            Self::Join(fields) => joined(fields.iter().filter_map(|field| field.lines(entry))),
            Self::Template(pieces) => {
                let piece = |(at, piece): (usize, &Piece)| match piece {
                    Piece::Words(words) => Some(words.clone()),
                    Piece::Value { path, last } => {
                        let text = path.find(entry).into_iter().find_map(plain)?;
                        let text = if *last { text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned() } else { text };
                        Some(if placing == Placing::Encoded && at > 0 { encoded(&text, PATH_KEPT) } else { text })
                    }
                };
                pieces.iter().enumerate().map(piece).collect()
            }
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { None } else { Some(parts.join(JOINT)) }
}

/// A value as text; none for what says nothing: nothing at all, blanks, objects. Of a list its members, one to a line.
#[must_use]
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Array(values) => joined(values.iter().filter(|value| !value.is_array()).filter_map(plain)),
        single => refused::plain(single),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(parts: &[&str]) -> Field {
        Field(parts.iter().map(|part| Part::parse(part).expect("a part")).collect())
    }

    #[test]
    fn the_first_that_says_anything() {
        let entry = json!({"title": "  ", "name": null, "subject": "slow", "n": 7, "tags": ["a", "b"]});
        assert_eq!(field(&["/title", "/name", "/none", "/subject"]).text(&entry, Placing::AsTheyAre).as_deref(), Some("slow"));
        assert_eq!(field(&["/n"]).text(&entry, Placing::AsTheyAre).as_deref(), Some("7"));
        assert_eq!(field(&["$.tags[*]"]).text(&entry, Placing::AsTheyAre).as_deref(), Some("a"));
        assert_eq!(field(&["$.tags[*]"]).lines(&entry).as_deref(), Some("a\nb"));
        assert_eq!(field(&["/none"]).text(&entry, Placing::AsTheyAre), None);
    }

    #[test]
    fn templates_place_values_and_want_them_all() {
        let entry = json!({"id": "a b/c?d", "user": {"name": "王"}});
        let link = field(&["https://x.example/{/user/handle}/{id}", "https://x.example/t/{id}"]);
        assert_eq!(link.text(&entry, Placing::Encoded).as_deref(), Some("https://x.example/t/a%20b/c%3Fd"));
        let whole = json!({"base": "https://x.example?a=", "id": "b&c:d"});
        assert_eq!(field(&["{base}{id}"]).text(&whole, Placing::Encoded).as_deref(), Some("https://x.example?a=b%26c:d"));
        assert_eq!(field(&["{$.user.name}: {id}"]).text(&entry, Placing::AsTheyAre).as_deref(), Some("王: a b/c?d"));
        let uri = json!({"uri": "at://did:x/app.post/3k/"});
        assert_eq!(field(&["https://x.example/{uri|last}"]).text(&uri, Placing::Encoded).as_deref(), Some("https://x.example/3k"));
        for broken in ["x{id", "x{}", "x{/~}", "x{$.}"] {
            assert!(Part::parse(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn parts_are_joined_where_they_are_there() {
        let join = Field(vec![Part::Join(vec![field(&["/pros"]), field(&["/none"]), field(&["/cons"])])]);
        assert_eq!(join.lines(&json!({"pros": "warm", "cons": "leaks"})).as_deref(), Some("warm\nleaks"));
        assert_eq!(join.lines(&json!({})), None);
    }
}
