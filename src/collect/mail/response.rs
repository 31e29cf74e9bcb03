//! What an IMAP server says, taken apart: no more of the grammar than our commands can bring about.

use super::wire::Line;

/// A piece of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Also `BODY[HEADER.FIELDS (FROM)]<0>` as one.
    Atom(String),
    Text(Vec<u8>),
    Open,
    Close,
}

/// The pieces of a line, its literals in their places.
pub(super) fn tokens(line: &Line) -> Vec<Token> {
    let mut literals = line.literals.iter();
    let mut tokens = Vec::new();
    let mut rest = line.text.as_str();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            ' ' | '\t' => 1,
            '(' => {
                tokens.push(Token::Open);
                1
            }
            ')' => {
                tokens.push(Token::Close);
                1
            }
            '"' => {
                let (text, length) = quoted(rest);
                tokens.push(Token::Text(text.into_bytes()));
                length
            }
            '{' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                tokens.push(Token::Text(literals.next().cloned().unwrap_or_default()));
                rest.find('}').map_or(rest.len(), |at| at + 1)
            }
            _ => {
                let length = atom_length(rest);
                tokens.push(Token::Atom(rest[..length].to_owned()));
                length
            }
        };
        rest = &rest[taken..];
    }
    tokens
}

/// A quoted string's content, and its length with the quotes.
fn quoted(text: &str) -> (String, usize) {
    let mut content = String::new();
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (content, at + 1),
            letter => {
                content.push(letter);
                escaped = false;
            }
        }
    }
    (content, text.len())
}

/// Up to a blank or parenthesis outside brackets; at least one character.
fn atom_length(text: &str) -> usize {
    let mut inside = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            ' ' | '(' | ')' if !inside && at > 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The attributes of a `FETCH` response that we ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fetched {
    pub(super) uid: Option<u32>,
    pub(super) received: Option<String>,
    pub(super) body: Option<Vec<u8>>,
}

/// Reads `* 5 FETCH (UID 7 BODY[] {3}...)`; none of any other line.
pub(super) fn fetched(line: &Line) -> Option<Fetched> {
    let tokens = tokens(line);
    let [Token::Atom(star), Token::Atom(_), Token::Atom(word), Token::Open, rest @ ..] = &tokens[..] else { return None };
    if star != "*" || !word.eq_ignore_ascii_case("FETCH") {
        return None;
    }
    let mut found = Fetched::default();
    let mut at = 0;
    while let Some(Token::Atom(name)) = rest.get(at) {
        let name = name.to_ascii_uppercase();
        match (name.as_str(), rest.get(at + 1)) {
            ("UID", Some(Token::Atom(number))) => found.uid = number.parse().ok(),
            ("INTERNALDATE", Some(Token::Text(text))) => found.received = Some(String::from_utf8_lossy(text).into_owned()),
            (body, Some(Token::Text(text))) if body.starts_with("BODY[") => found.body = Some(text.clone()),
            _ => {}
        }
        at += 1 + value_length(&rest[at + 1..]);
    }
    Some(found)
}

/// Tokens of one value: one, or a list with its parentheses.
fn value_length(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => depth += 1,
            Token::Close if depth <= 1 => return at + depth,
            Token::Close => depth -= 1,
            _ if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The numbers of `* SEARCH 2 3 6`.
pub(super) fn searched(line: &Line) -> Option<Vec<u32>> {
    let mut words = line.text.split_ascii_whitespace();
    if words.next() != Some("*") || !words.next()?.eq_ignore_ascii_case("SEARCH") {
        return None;
    }
    Some(words.filter_map(|word| word.parse().ok()).collect())
}

/// The value of a code in brackets: `UIDVALIDITY` of `* OK [UIDVALIDITY 7] text` is `7`.
pub(super) fn code<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once('[')?;
    let (inside, _) = rest.split_once(']')?;
    let (word, value) = inside.split_once(' ').unwrap_or((inside, ""));
    word.eq_ignore_ascii_case(name).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, literals: &[&str]) -> Line {
        Line { text: text.to_owned(), literals: literals.iter().map(|literal| literal.as_bytes().to_vec()).collect() }
    }

    #[test]
    fn a_fetch_in_any_order() {
        let wanted = Fetched { uid: Some(7), received: Some("17-Jul-2026 02:44:25 -0700".into()), body: Some(b"(UID 9 \"".to_vec()) };
        for text in [
            "* 1 FETCH (UID 7 INTERNALDATE \"17-Jul-2026 02:44:25 -0700\" BODY[]<0> {8})",
            "* 1 fetch (BODY[]<0> {8} FLAGS (\\Seen (x)) RFC822.SIZE 8 INTERNALDATE \"17-Jul-2026 02:44:25 -0700\" UID 7)",
        ] {
            assert_eq!(fetched(&line(text, &["(UID 9 \""])), Some(wanted.clone()), "{text}");
        }
        let head = fetched(&line("* 2 FETCH (BODY[HEADER.FIELDS (FROM SUBJECT)] \"From: \\\"x\\\"\" UID 3)", &[]));
        assert_eq!(head, Some(Fetched { uid: Some(3), received: None, body: Some(b"From: \"x\"".to_vec()) }));
        assert_eq!(fetched(&line("* 2 FETCH (BODY[] NIL UID 3)", &[])).and_then(|found| found.body), None);
    }

    #[test]
    fn nonsense_is_nothing() {
        for text in [
            "",
            "*",
            "* 1 FETCH",
            "* 1 FETCH (",
            "* 1 FETCH (UID",
            "* 1 FETCH (UID (",
            "* 1 FETCH )(",
            "* 1 EXISTS",
            "* 1 FETCH (\"",
            "* 1 FETCH ({9",
        ] {
            let found = fetched(&line(text, &[]));
            assert!(found.is_none_or(|found| found == Fetched::default()), "{text}");
        }
    }

    #[test]
    fn searches_and_codes() {
        assert_eq!(searched(&line("* SEARCH", &[])), Some(Vec::new()));
        assert_eq!(searched(&line("* search 2 84 882", &[])), Some(vec![2, 84, 882]));
        assert_eq!(searched(&line("* 3 EXISTS", &[])), None);
        assert_eq!(code("* OK [UIDVALIDITY 3857529045] UIDs valid", "uidvalidity"), Some("3857529045"));
        assert_eq!(code("A2 OK [READ-ONLY] done", "READ-ONLY"), Some(""));
        assert_eq!(code("* OK hello", "UIDNEXT"), None);
    }
}
