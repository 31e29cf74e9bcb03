//! Regular expressions of rules, made for folded text.
//!
//! The pattern is folded as the text is (case, width, traditional characters), so `等了\d+天` and `訂了\d+天` need one spelling.
//! `\b`, `\d`, `\w`, `\s` mean ASCII: with Unicode's meaning every text beyond ASCII would take a path some 150 times slower,
//! and in folded text full-width digits and letters are ASCII already. `\B` is refused for the same reason.
//!
//! Mistakes are found at once; what has none is made ready when the first text needs it (`pattern/expression.rs`), and most never are.

mod begins;
mod expression;
mod grams;
mod outline;
mod read;
mod steps;
mod walk;
mod words;

use std::ops::Range;

pub use self::expression::Expression;
use self::expression::Unusable;
#[cfg(test)]
use self::expression::parser;
pub use self::grams::{Asked, Grams, Lists};
pub use self::outline::{Outline, whole};
use super::fold::fold_letter;
use super::rule::Pattern;

/// Groups within groups.
const MOST_NESTED: u32 = 50;

/// Why a pattern is refused, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub message: String,
    pub help: String,
}

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// Translates and checks one pattern.
///
/// # Errors
/// A pattern that does not compile, is too large, uses `\B`, or matches an empty text.
pub fn compile(written: &str) -> Result<Pattern, Refusal> {
    let translated = translate(written)?;
    let hir = self::expression::read(&translated)
        .map_err(|error| Refusal::new(format!("the regex does not compile: {}", reason(&error)), remedy(&error)))?;
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        return Err(Refusal::new(
            "the regex matches an empty text, so it would match everything",
            "Make a part of it required: `+` for `*`.",
        ));
    }
    let regex = Expression::new(translated, &hir).map_err(|error| match error {
        Unusable::TooLarge => {
            Refusal::new("the regex is too large once compiled", "Use smaller repetitions, or `near` for words with a distance.")
        }
        Unusable::Wrong(message) => {
            Refusal::new(format!("the regex does not compile: {}", last_line(&message)), "See the syntax of the regex crate.")
        }
    })?;
    Ok(Pattern { regex, outline: Outline::of(&hir) })
}

/// What to write instead, by what is wrong.
fn remedy(error: &regex_syntax::Error) -> &'static str {
    use regex_syntax::ast::ErrorKind as Kind;
    let regex_syntax::Error::Parse(error) = error else { return "See the syntax of the regex crate." };
    match error.kind() {
        Kind::GroupUnclosed => "Close each `(` with a `)`; a bracket that is meant itself is `\\(`.",
        Kind::GroupUnopened => "Open each `)` with a `(`; a bracket that is meant itself is `\\)`.",
        Kind::ClassUnclosed => "Close each `[` with a `]`; a bracket that is meant itself is `\\[`.",
        Kind::ClassRangeInvalid => "A range goes from the lower to the higher letter, as `[a-z]`.",
        Kind::RepetitionMissing => "Write what is repeated before `*`, `+` or `?`; the sign itself is `\\*`.",
        Kind::RepetitionCountUnclosed | Kind::RepetitionCountDecimalEmpty | Kind::RepetitionCountInvalid => {
            "A repetition is `{2}`, `{2,}` or `{2,5}`, the smaller number first; a brace that is meant itself is `\\{`."
        }
        Kind::UnsupportedLookAround => "Name what must not be there in `none`, and what must be there in `all`.",
        Kind::UnsupportedBackreference => "Write the words themselves in its place.",
        Kind::EscapeUnrecognized | Kind::EscapeUnexpectedEof => "Escape signs alone, and write it in single quotes, as '等了\\d+天'.",
        _ => "See the syntax of the regex crate.",
    }
}

fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        error => last_line(&error.to_string()),
    }
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ").to_owned()
}

/// The pattern as it runs: letters folded, classes in ASCII; escapes and group names as they were.
fn translate(written: &str) -> Result<String, Refusal> {
    let mut out = String::with_capacity(written.len() + 16);
    let mut letters = written.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let Some(escaped) = letters.next() else {
                    return Err(Refusal::new("the regex ends in `\\`", "Write `\\\\` for the sign itself."));
                };
                escape(escaped, &mut letters, &mut out)?;
            }
            '(' if letters.peek() == Some(&'?') => {
                out.push('(');
                for next in letters.by_ref() {
                    out.push(next);
                    if matches!(next, ':' | ')' | '>') {
                        break;
                    }
                }
            }
            letter if letter.is_ascii() => out.push(letter.to_ascii_lowercase()),
            letter => {
                let folded: String = fold_letter(letter).into_iter().collect();
                out.push_str(&regex_syntax::escape(&folded));
            }
        }
    }
    Ok(out)
}

fn escape(escaped: char, letters: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Result<(), Refusal> {
    match escaped {
        'b' if letters.peek() != Some(&'{') => out.push_str(r"(?-u:\b)"),
        'B' => return Err(Refusal::new(r"`\B` is not supported in rules", r"Use `\b`, or name the letters beside the word.")),
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9a-z_]"),
        'W' => out.push_str("[^0-9a-z_]"),
        's' => out.push_str(r"[ \n]"),
        'S' => out.push_str(r"[^ \n]"),
        'p' | 'P' | 'x' | 'u' | 'U' | 'b' => {
            out.push('\\');
            out.push(escaped);
            if letters.peek() == Some(&'{') {
                for next in letters.by_ref() {
                    out.push(next);
                    if next == '}' {
                        break;
                    }
                }
            } else if let Some(next) = letters.next() {
                out.push(next);
            }
        }
        other if other.is_ascii() => {
            out.push('\\');
            out.push(other);
        }
        other => out.push_str(&regex_syntax::escape(&fold_letter(other).into_iter().collect::<String>())),
    }
    Ok(())
}

/// Where a match lies without the commas, stops and spaces by which its expression ended a clause: people see it marked.
#[must_use]
pub fn without_signs(text: &str, matched: Range<usize>) -> (usize, usize) {
    let is_sign = |letter: char| letter.is_whitespace() || matches!(letter, ',' | '.' | '。' | '!' | '?' | ';' | ':' | '、' | '~');
    let words = text[matched.clone()].trim_start_matches(is_sign);
    let start = matched.end - words.len();
    match words.trim_end_matches(is_sign) {
        "" => (matched.start, matched.end),
        words => (start, start + words.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_says_what_to_write() {
        for (written, wanted) in [
            ("((", "Close each `(`"),
            ("a)", "Open each `)`"),
            ("[a", "Close each `[`"),
            ("*a", "what is repeated"),
            (r"\y", "single quotes"),
            ("(?=a)b", "`none`"),
        ] {
            let help = compile(written).expect_err("it is no pattern").help;
            assert!(help.contains(wanted), "{written}: {help}");
        }
    }

    #[test]
    fn patterns_are_folded_and_their_classes_are_ascii() {
        let pattern = compile(r"等了\d+(天|週)還沒").expect("it compiles");
        assert!(pattern.regex.is_match("等了12周还没到"));
        assert_eq!(pattern.outline.gates, ["等了"]);
        let word = compile(r"\bBAD\b").expect("it compiles");
        assert!(word.regex.is_match("真的bad啊") && !word.regex.is_match("badly"));
        assert!(compile("[貨款]到").expect("it compiles").regex.is_match("货到"));
        assert!(compile(r"（差）").expect("it compiles").regex.is_match("(差)"));
    }

    #[test]
    fn what_would_match_everything_or_nothing_is_refused() {
        for wrong in [r"\d*", "(", r"a\B", "x{1000}{1000}", "|", "\\"] {
            assert!(compile(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn gates_are_what_every_match_contains() {
        for (written, expected) in [
            (r"(退款|退貨)\d+", vec!["退款", "退货"]),
            (r"\d+天", vec!["天"]),
            (r"a\d+", vec![]),
            (r"(差)?\d+", vec![]),
            (r"never\s+do\s+it", vec!["never"]),
        ] {
            assert_eq!(compile(written).expect("it compiles").outline.gates, expected, "{written}");
        }
    }
}
