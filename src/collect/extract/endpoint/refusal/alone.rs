//! Beside an empty list: whether a code that has no words with it is one of an error, and whether words say no whatever the code.

use serde_json::Value;

use crate::outbound::refused::NO;

/// Letters before the number of an error, as in `A0230` and `ERR500`.
const PREFIX_MAX: usize = 4;

/// Beside a code, members of these names say how the answer was made and nothing about a thing that has a code of its own: a product, a
/// coupon, a country. Compared as parts of a name in lower case.
const OF_THE_ANSWER: [&str; 27] = [
    "code", "status", "ret", "err", "success", "msg", "message", "info", "total", "count", "page", "size", "limit", "offset", "cursor",
    "next", "more", "request", "trace", "log", "time", "stamp", "version", "cost", "took", "server", "sign",
];

/// Members in which services put what was asked for: where one is there, a word beside it that looks like a code is one.
const OF_THE_CONTENT: [&str; 9] = ["data", "result", "body", "payload", "list", "rows", "records", "items", "content"];

/// Words that say no whatever the code beside them is, in lower case, with those of `NO`: many services call every answer 0 or 200.
const SAY_NO: [&str; 23] = [
    "expired",
    "refused",
    "denied",
    "forbidden",
    "unauthor",
    "unauthenticated",
    "not logged",
    "please log",
    "please sign",
    "log in first",
    "rate limit",
    "too many",
    "quota exceeded",
    "captcha",
    "频繁",
    "頻繁",
    "未登",
    "先登",
    "请登",
    "請登",
    "无权",
    "無權",
    "验证码",
];
/// Without these, which say that there was none.
const NO_ERROR: [&str; 8] = ["no error", "0 error", "without error", "no fail", "0 fail", "无错误", "没有错误", "沒有錯誤"];

/// Whether a code that is none of the fine ones is that of an error, by how it is written and what stands beside it.
pub(super) fn is_of_error(code: &str, part: &Value) -> bool {
    let Some(members) = part.as_object() else { return false };
    let has_name = |name: &str, wanted: &[&str]| {
        let name: String = name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
        wanted.iter().any(|wanted| name.contains(wanted))
    };
    let says = |value: &Value| match value {
        Value::String(text) => !text.trim().is_empty(),
        Value::Number(_) => true,
        _ => false,
    };
    let of_a_thing = members.iter().any(|(name, value)| says(value) && !has_name(name, &OF_THE_ANSWER) && !has_name(name, &OF_THE_CONTENT));
    if of_a_thing {
        return false;
    }
    is_number(code) || (is_name_of_error(code) && members.keys().any(|name| has_name(name, &OF_THE_CONTENT)))
}

fn is_number(code: &str) -> bool {
    let digits = code.strip_prefix(['-', '+']).unwrap_or(code);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `A0230`, `USER_FROZEN`, `user.frozen`, `UserFrozen`; a word alone may be anything.
fn is_name_of_error(code: &str) -> bool {
    let letters = code.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered = letters.len() < code.len() && letters.len() <= PREFIX_MAX && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    let joined = code.contains(['_', '.']) && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let humps = code.bytes().zip(code.bytes().skip(1)).filter(|(one, next)| one.is_ascii_lowercase() && next.is_ascii_uppercase()).count();
    numbered
        || (joined && code.starts_with(|c: char| c.is_ascii_alphabetic()))
        || (humps > 0 && code.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Whether words beside an empty list say no, in lower case.
pub(super) fn say_no(words: &str) -> bool {
    let words = NO_ERROR.iter().fold(words.to_owned(), |words, none| words.replace(none, ""));
    SAY_NO.iter().chain(&NO).any(|no| words.contains(no))
}
