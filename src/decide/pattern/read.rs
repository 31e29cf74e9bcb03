//! Reads the expressions that rules are made of: words, alternatives, classes, repetitions.
//!
//! The parser of `regex-syntax` keeps the place of everything for its messages, and reads twice: of a thousand expressions this took as
//! long as all their words. What is rare (`\p`, flags, named groups) or wrong is left to it, and what is read here is what it would read:
//! the same parts through the same constructors.

use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition};

/// Groups within groups, and repetitions of repetitions: so few that the parser of `regex-syntax`, which counts every step inwards, is
/// allowed more.
const MOST_NESTED: usize = 9;
const MOST_REPEATED: usize = 2;
/// An end of a word as `translate` writes it.
const WORD_END: &str = r"(?-u:\b)";
/// Signs that mean themselves behind a `\`.
const SIGNS: &str = r"\.+*?()|[]{}^$#-/";

/// A translated expression; none where it has something that is not known here.
pub(super) fn read(translated: &str) -> Option<Hir> {
    let mut reader = Reader { rest: translated, groups: 0, letters: String::new() };
    let hir = reader.alternatives(0)?;
    reader.rest.is_empty().then_some(hir)
}

struct Reader<'a> {
    rest: &'a str,
    /// Groups so far.
    groups: u32,
    /// What was read of a word.
    letters: String,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn takes(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Up to the end of the group.
    fn alternatives(&mut self, depth: usize) -> Option<Hir> {
        let mut all = vec![self.parts(depth)?];
        while self.takes("|") {
            all.push(self.parts(depth)?);
        }
        Some(Hir::alternation(all))
    }

    /// What follows each other, up to the end of the alternative.
    fn parts(&mut self, depth: usize) -> Option<Hir> {
        let mut parts = Vec::new();
        while let Some(next) = self.peek().filter(|next| !matches!(next, '|' | ')')) {
            let letter = self.letter(next)?;
            if let Some(letter) = letter.filter(|_| !self.is_repeated()) {
                self.letters.push(letter);
                continue;
            }
            parts.extend(self.word());
            let part = match letter {
                Some(letter) => Hir::literal(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                None => self.part(depth)?,
            };
            parts.push(self.repeated(part)?);
        }
        parts.extend(self.word());
        // Most alternatives are one word, which needs no joining.
        Some(if parts.len() == 1 { parts.pop()? } else { Hir::concat(parts) })
    }

    /// The letters since the last part.
    fn word(&mut self) -> Option<Hir> {
        let word = (!self.letters.is_empty()).then(|| Hir::literal(self.letters.as_bytes()));
        self.letters.clear();
        word
    }

    /// The letter that stands here for itself; none inside where something else begins.
    fn letter(&mut self, next: char) -> Option<Option<char>> {
        match next {
            '\\' => {
                self.next();
                let sign = self.next()?;
                SIGNS.contains(sign).then_some(Some(sign))
            }
            '(' | '[' | '.' | '^' | '$' => Some(None),
            '*' | '+' | '?' | '{' => None,
            letter => {
                self.next();
                Some(Some(letter))
            }
        }
    }

    fn part(&mut self, depth: usize) -> Option<Hir> {
        if self.takes(WORD_END) {
            return Some(Hir::look(Look::WordAscii));
        }
        match self.next()? {
            '.' => Some(Hir::dot(Dot::AnyCharExceptLF)),
            '^' => Some(Hir::look(Look::Start)),
            '$' => Some(Hir::look(Look::End)),
            '[' => self.class(),
            '(' if depth < MOST_NESTED => self.group(depth + 1),
            _ => None,
        }
    }

    fn group(&mut self, depth: usize) -> Option<Hir> {
        let capture = if self.takes("?:") {
            None
        } else if self.peek()? == '?' {
            return None;
        } else {
            self.groups += 1;
            Some(self.groups)
        };
        let inner = self.alternatives(depth)?;
        if !self.takes(")") {
            return None;
        }
        Some(match capture {
            Some(index) => Hir::capture(Capture { index, name: None, sub: Box::new(inner) }),
            None => inner,
        })
    }

    /// Behind its `[`.
    fn class(&mut self) -> Option<Hir> {
        let negated = self.takes("^");
        // Put in order once, not with each of them.
        let mut ranges = Vec::new();
        let mut is_first = true;
        loop {
            match self.next()? {
                ']' if !is_first => break,
                ']' | '[' | '&' | '~' | '-' => return None,
                letter => {
                    let first = self.of_class(letter)?;
                    let last = if self.takes("-") { self.next().and_then(|letter| self.of_class(letter))? } else { first };
                    if last < first {
                        return None;
                    }
                    ranges.push(ClassUnicodeRange::new(first, last));
                }
            }
            is_first = false;
        }
        let mut class = ClassUnicode::new(ranges);
        if negated {
            class.negate();
        }
        Some(Hir::class(Class::Unicode(class)))
    }

    /// A character of a class, of which this is the first sign.
    fn of_class(&mut self, letter: char) -> Option<char> {
        match letter {
            '\\' => match self.next()? {
                'n' => Some('\n'),
                sign => SIGNS.contains(sign).then_some(sign),
            },
            ']' | '[' | '&' | '~' | '-' => None,
            letter => Some(letter),
        }
    }

    fn is_repeated(&self) -> bool {
        matches!(self.peek(), Some('*' | '+' | '?' | '{'))
    }

    fn repeated(&mut self, mut part: Hir) -> Option<Hir> {
        for times in 1.. {
            if !self.is_repeated() {
                break;
            }
            if times > MOST_REPEATED {
                return None;
            }
            let (min, max) = match self.next()? {
                '*' => (0, None),
                '+' => (1, None),
                '?' => (0, Some(1)),
                _ => self.times()?,
            };
            let greedy = !self.takes("?");
            part = Hir::repetition(Repetition { min, max, greedy, sub: Box::new(part) });
        }
        Some(part)
    }

    /// Behind its `{`.
    fn times(&mut self) -> Option<(u32, Option<u32>)> {
        let (written, rest) = self.rest.split_once('}')?;
        self.rest = rest;
        let (min, max) = match written.split_once(',') {
            None => (number(written)?, Some(number(written)?)),
            Some((min, "")) => (number(min)?, None),
            Some((min, max)) => (number(min)?, Some(number(max)?)),
        };
        max.is_none_or(|max| min <= max).then_some((min, max))
    }
}

fn number(written: &str) -> Option<u32> {
    written.bytes().all(|digit| digit.is_ascii_digit()).then(|| written.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decide::pattern::{parser, translate};

    #[test]
    fn what_is_known_is_read_as_the_parser_of_the_crate_reads_it() {
        for written in [
            r"等了\d+(天|週)還沒",
            r"\bBAD\b",
            "[貨款]到",
            "[^,。!?;\n]{0,8}",
            "(?:很|太|)差{2,}?",
            r"a\.b\+(c|d)*?[a-z0-9_]+$",
            "^(?:ab|ac)|ad",
            "(a(b(c)))",
            "ab{2}{3}|",
            r"[\]\-x]\s*.{0,3}",
            "x{0}",
        ] {
            let translated = translate(written).expect("it can be translated");
            assert_eq!(read(&translated), parser().parse(&translated).ok(), "{written}");
            assert!(read(&translated).is_some(), "{written}");
        }
    }

    #[test]
    fn what_is_rare_or_wrong_is_left_to_the_crate() {
        for written in
            [r"\p{Han}", "(?i)a", "(?P<n>a)", "[a", "(a", "a)", "*a", "a{3,2}", "[z-a]", "[[:alpha:]]", "a{,2}", "[a&&b]", "[]a]", "["]
        {
            assert_eq!(read(written), None, "{written}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_read_otherwise(written in r"([ab差評,]|\(\?:|\(|\)|\||\[\^?|\]|-|\*|\+|\?|\{1,3\}|\{2\}|\\b|\\d|\\s|\\.|\.|\^|\$){0,14}") {
            if let Ok(translated) = translate(&written)
                && let Some(hir) = read(&translated)
            {
                prop_assert_eq!(Some(hir), parser().parse(&translated).ok(), "{}", translated);
            }
        }
    }
}
