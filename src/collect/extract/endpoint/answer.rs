//! An answer's text to one JSON document: guards and callbacks taken off, lines of JSON gathered, all within bounds.

use serde_json::Value;

use super::super::{failure, json, recognise};
use crate::collect::fetch::FetchFailure;
use crate::model::{FailureKind, Phrase};

/// Values in one answer. A value takes up to a hundred bytes of memory however short it is written, so that eight megabytes of
/// `[[],[],..` would take four hundred.
const VALUES_MAX: usize = 500_000;

/// Put before an answer so that no script can read it (Google's, Facebook's, Spring's, Dojo's).
const GUARDS: [&str; 10] = [")]}',", ")]}'", ")]}", "for(;;);", "for (;;);", "while(1);", "while (1);", "while(true);", "{}&&", "throw 1;"];

/// Reads the document; of lines of JSON a list of them, and whether a damaged last line was left out.
///
/// # Errors
/// `Empty` (no bytes, unless `lines`), `TooBig` (too many values, too deep), `LoginPage` or `Blocked` (a page in its place),
/// `NotAFeed` (a page or no JSON at all), `Parse` (damaged).
pub fn document(text: &str, lines: bool) -> Result<(Value, Option<&'static str>), FetchFailure> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'));
    if text.is_empty() {
        return if lines {
            Ok((Value::Array(Vec::new()), None))
        } else {
            Err(failure(FailureKind::Empty, "the answer is empty").told(Phrase::said("what_empty")))
        };
    }
    if text.starts_with('<') {
        return Err(recognise::page(text, FailureKind::NotAFeed));
    }
    let text = bare(text);
    if values(text) > VALUES_MAX {
        return Err(failure(FailureKind::TooBig, format!("the answer has more than {VALUES_MAX} values")));
    }
    if lines {
        return gather(text);
    }
    let error = match serde_json::from_str(text) {
        Ok(document) => return Ok((document, None)),
        Err(error) => error,
    };
    // Several documents, one to a line, are no mistake of the service.
    match gather(text) {
        Ok(gathered) if gathered.0.as_array().is_some_and(|values| values.len() > 1) => Ok(gathered),
        _ => json::parse(text).map_err(|_| damaged(text, &error)),
    }
}

fn damaged(text: &str, error: &serde_json::Error) -> FetchFailure {
    if error.to_string().starts_with("recursion limit") {
        return failure(FailureKind::TooBig, "the answer is nested too deeply").told(Phrase::said("what_deep"));
    }
    if !text.starts_with(['{', '[', '"']) {
        let start = beginning(text);
        let detail = format!("the answer is no JSON, which this source reads; it begins with {start}");
        return failure(FailureKind::NotAFeed, detail).told(Phrase::said("what_no_json").with("start", start));
    }
    let (kind, how, key) = match error.is_eof() {
        true => (FailureKind::CutOff, "ends in the middle", "what_json_ends"),
        false => (FailureKind::Parse, "is damaged", "what_json_damaged"),
    };
    let (line, column) = (error.line().to_string(), error.column().to_string());
    failure(kind, format!("the JSON {how} (line {line}, column {column})"))
        .told(Phrase::said(key).with("line", line).with("column", column))
}

/// Letters of an answer that are shown, and bytes of one that is no text.
const SHOWN: usize = 60;
const BYTES_SHOWN: usize = 16;

/// The beginning of an answer in quotes; of one that is no text, its first bytes in hexadecimal.
fn beginning(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    if start.chars().any(|c| c == '\u{fffd}' || (c.is_control() && !c.is_whitespace())) {
        let bytes: Vec<String> = text.bytes().take(BYTES_SHOWN).map(|byte| format!("{byte:02x}")).collect();
        return format!("bytes that are no text ({})", bytes.join(" "));
    }
    format!("{start:?}")
}

/// Without a guard, and without the call around JSONP.
#[must_use]
pub fn bare(text: &str) -> &str {
    if let Some(rest) = GUARDS.iter().find_map(|guard| text.strip_prefix(guard)) {
        return rest.trim_start();
    }
    let call = text.strip_prefix("/**/").unwrap_or(text).trim_start();
    // `typeof f === 'function' && f({..});`, as some frameworks ask before they call.
    let call = call.strip_prefix("typeof ").and_then(|asked| asked.split_once("&&")).map_or(call, |(_, call)| call.trim_start());
    let name = call.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.'))).unwrap_or(0);
    let inner = call[name..].strip_prefix('(').filter(|_| name > 0);
    inner.and_then(|inner| inner.trim_end_matches([';', ' ', '\n']).strip_suffix(')')).map_or(text, str::trim)
}

/// How many values there are at most: every one follows an opening bracket or a comma.
fn values(text: &str) -> usize {
    let (mut count, mut quoted, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' | b',' if !quoted => count += 1,
            _ => {}
        }
    }
    count
}

/// One document to a line (ndjson.org). Whole lines count although the last one is cut off.
fn gather(text: &str) -> Result<(Value, Option<&'static str>), FetchFailure> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (mut gathered, mut degraded) = (Vec::with_capacity(lines.len()), None);
    for (at, line) in lines.iter().enumerate() {
        match json::parse(line) {
            Ok((value, repaired)) => {
                gathered.push(value);
                degraded = degraded.or(repaired);
            }
            Err(_) if at > 0 && at + 1 == lines.len() => {
                return Ok((Value::Array(gathered), Some("the last line is damaged: it was left out")));
            }
            Err(error) if error.to_string().starts_with("recursion limit") => return Err(damaged(line, &error)),
            Err(_) => return Err(failure(FailureKind::Parse, format!("line {} of the answer is no JSON", at + 1))),
        }
    }
    Ok((Value::Array(gathered), degraded))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, FailureKind> {
        document(text, false).map(|(value, _)| value).map_err(|failure| failure.kind)
    }

    #[test]
    fn guards_callbacks_and_marks_come_off() {
        for text in ["\u{feff}{\"a\":1}\0", ")]}',\n{\"a\":1}", "for(;;);{\"a\":1}", "cb_1.x({\"a\":1});", "/**/cb({\"a\":1})"] {
            assert_eq!(read(text), Ok(json!({"a": 1})), "{text}");
        }
    }

    #[test]
    fn more_guards_and_calls_come_off() {
        for text in ["{}&&{\"a\":1}", "while (1); {\"a\":1}", ")]}\n{\"a\":1}", "/**/ typeof cb === 'function' && cb({\"a\":1});"] {
            assert_eq!(read(text), Ok(json!({"a": 1})), "{text}");
        }
    }

    #[test]
    fn halves_of_characters_cost_nothing_else() {
        assert_eq!(read(r#"{"a": "\ud83d\ude21 \ud83d"}"#), Ok(json!({"a": "😡 \u{fffd}"})));
        assert_eq!(read(r#"{"a": "\ude21\ud83d, \u5dee"}"#), Ok(json!({"a": "\u{fffd}\u{fffd}, 差"})));
        assert_eq!(read("{\"a\": \"\\ud83d\"}\n{\"a\": 2}"), Ok(json!([{"a": "\u{fffd}"}, {"a": 2}])));
        assert_eq!(read(r#"{"a": "\\ud83d\\ude21 \\ud83d"}"#), Ok(json!({"a": "\\ud83d\\ude21 \\ud83d"})), "as it was sent");
    }

    #[test]
    fn lines_of_json_are_a_list() {
        assert_eq!(read("{\"a\":1}\n\n{\"a\":2}\r\n"), Ok(json!([{"a": 1}, {"a": 2}])));
        assert_eq!(document("{\"a\":1}\n{\"a\":", true).expect("the whole line").1, Some("the last line is damaged: it was left out"));
        assert_eq!(document("", true).expect("an empty list").0, json!([]));
        assert_eq!(document("{\"a\":1}\nx\n{}", true).expect_err("damaged").kind, FailureKind::Parse);
    }

    #[test]
    fn what_is_no_json_is_said() {
        assert_eq!(read(""), Err(FailureKind::Empty));
        assert_eq!(read("<!doctype html><title>Log in</title>"), Err(FailureKind::LoginPage));
        assert_eq!(read("<html><script src=/cdn-cgi/challenge-platform></script>"), Err(FailureKind::Blocked));
        assert_eq!(read("Too many requests"), Err(FailureKind::NotAFeed));
        assert_eq!(read("{\"a\": [1, 2"), Err(FailureKind::CutOff));
        assert_eq!(read("{\"a\": [1, }"), Err(FailureKind::Parse));
        assert_eq!(read(&"[".repeat(100_000)), Err(FailureKind::TooBig));
        assert_eq!(read(&format!("[{}0]", "[],".repeat(VALUES_MAX))), Err(FailureKind::TooBig));
    }
}
