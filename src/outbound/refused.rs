//! What services and receivers say who refuse inside a success: `{"error": ..}`, `{"errcode": 310000, ..}`, `"ok": false` in a 200. The
//! members and words that are known stand here alone, for what is read and for what is sent; what follows from them is decided there.

use serde_json::Value;

/// What the words of a refusal come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Too much was asked at once.
    Throttled,
    Auth,
    Blocked,
    NotFound,
    /// The service itself is in trouble, which passes.
    Server,
}

// Names of members are compared in lower case, without `_` and `-`: services write `errCode`, `err_code` and `ErrCode`.

/// Members that hold an error; where one is there and says anything, the answer is a refusal.
pub const ERRORS: [&str; 4] = ["error", "errors", "fault", "errormessage"];
/// Members that count errors: every value but the fine ones is one, whatever is said beside it.
pub const ERROR_CODES: [&str; 5] = ["errcode", "errno", "errorcode", "errorno", "retcode"];
/// Members that hold a code, of errors and of success.
pub const CODES: [&str; 7] = ["code", "ret", "statuscode", "resultcode", "returncode", "respcode", "status"];
/// Those of them that are a number and nothing else, and so count errors as well.
pub const NUMBERS: [&str; 2] = ["ret", "statuscode"];
/// What means that all is well, in either; so do nothing but zeros, behind a letter or not, and the successes of HTTP.
const FINE_CODES: [&str; 15] = [
    "2000",
    "20000",
    "200000",
    "OK",
    "SUCCESS",
    "SUCCESSFUL",
    "SUCCEED",
    "SUCCEEDED",
    "SUCC",
    "TRUE",
    "YES",
    "DONE",
    "NORMAL",
    "FINE",
    "成功",
];
/// What means it with one service and an error with another: the words beside it say which.
pub const OPEN_CODES: [&str; 4] = ["1", "100", "1000", "10000"];
/// Members that hold the code and the words for all the rest.
const HEADS: [&str; 8] = ["meta", "header", "head", "status", "baseresp", "response", "result", "base"];
/// Members that say whether it went well.
pub const FLAGS: [&str; 6] = ["success", "ok", "succeeded", "issuccess", "issuccessful", "isok"];
/// What they and `status` hold after a failure,
pub const BAD_STATES: [&str; 11] =
    ["error", "fail", "failed", "failure", "err", "ng", "ko", "denied", "rejected", "unauthorized", "forbidden"];
/// and a flag besides.
const BAD_FLAGS: [&str; 4] = ["0", "false", "no", "n"];
/// Where services put the words for people, and nothing else.
pub const WORDS: [&str; 7] = ["message", "msg", "errmsg", "errormsg", "resultmsg", "statusmsg", "info"];
/// Where the words of a refusal stand.
pub const MESSAGES: [&str; 16] = [
    "message",
    "msg",
    "errmsg",
    "errordescription",
    "errormsg",
    "errormessage",
    "statusmsg",
    "statusmessage",
    "resultmsg",
    "returnmsg",
    "detail",
    "title",
    "reason",
    "desc",
    "info",
    "tips",
];
/// Words that say that all is well, whatever the code.
const FINE_WORDS: [&str; 8] = ["ok", "success", "successful", "succeeded", "accepted", "queued", "成功", "正常"];
/// Words that say no, beside those of `MEANINGS`: wherever they stand,
pub const NO: [&str; 13] =
    ["fail", "error", "invalid", "illegal", "exception", "失败", "失敗", "错误", "錯誤", "无效", "無效", "过期", "過期"];
/// and beside a code that is not fine.
const BAD_WORDS: [&str; 3] = ["expire", "missing", "refuse"];

/// Words of a refusal, each with what it means. The first that is found holds; letters are folded to lower case.
pub const MEANINGS: [(Meaning, &[&str]); 5] = [
    (
        Meaning::Throttled,
        &[
            "rate limit",
            "rate_limit",
            "ratelimit",
            "too many",
            "quota",
            "throttl",
            "slow down",
            "http error 429",
            "too fast",
            "too frequent",
            "frequency",
            "频繁",
            "頻繁",
            "频率",
            "頻率",
            "频次",
            "頻次",
            "次数",
            "次數",
            "限流",
        ],
    ),
    (
        Meaning::Auth,
        &[
            "unauthor",
            "unauthenticated",
            "authenticat",
            "token",
            "api key",
            "api_key",
            "apikey",
            "credential",
            "login",
            "log in",
            "sign in",
            "signature",
            "登录",
            "登錄",
            "登入",
            "鉴权",
            "签名",
            "密钥",
        ],
    ),
    (
        Meaning::Blocked,
        &["forbidden", "denied", "captcha", "blocked", "not allowed", "permission", "风控", "验证码", "驗證碼", "禁止", "拦截"],
    ),
    (Meaning::NotFound, &["not found", "not_found", "no such", "does not exist", "不存在", "找不到"]),
    (
        Meaning::Server,
        &[
            "internal",
            "unavailable",
            "system busy",
            "server busy",
            "is busy",
            "too busy",
            "timeout",
            "timed out",
            "try again",
            "系统",
            "系統",
            "繁忙",
            "服务器",
            "伺服器",
        ],
    ),
];

/// What words in lower case mean; none where they mean none of what we know.
#[must_use]
pub fn meaning(words: &str) -> Option<Meaning> {
    MEANINGS.iter().find(|(_, marks)| marks.iter().any(|mark| words.contains(mark))).map(|(meaning, _)| *meaning)
}

/// What a code means that is a number of HTTP's or begins with one (`40103`).
#[must_use]
pub fn meaning_of_code(code: &str) -> Option<Meaning> {
    let number = Some(code.trim_start_matches('-')).filter(|code| code.len() >= 3)?;
    match number.get(..3)? {
        "401" => Some(Meaning::Auth),
        "403" => Some(Meaning::Blocked),
        "404" | "410" => Some(Meaning::NotFound),
        "429" => Some(Meaning::Throttled),
        "500" | "502" | "503" | "504" => Some(Meaning::Server),
        _ => None,
    }
}

/// A number, a word or a flag as it is written, without blanks around it; none of anything else, and of nothing.
#[must_use]
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A document, and those of its members that speak for it.
pub fn parts(document: &Value) -> impl Iterator<Item = &Value> {
    let heads = HEADS.iter().filter_map(|name| member(document, name)).filter(|head| head.is_object());
    std::iter::once(document).chain(heads)
}

/// Whether a flag says that it did not go well.
#[must_use]
pub fn is_no(flag: &Value) -> bool {
    let said = plain(flag).map(|said| said.to_lowercase());
    said.is_some_and(|said| BAD_FLAGS.contains(&said.as_str()) || BAD_STATES.contains(&said.as_str()))
}

/// Whether a code means that all is well.
#[must_use]
pub fn is_fine_code(code: &str) -> bool {
    let zeros = code.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(code);
    let http = code.len() == 3 && code.starts_with('2') && code.parse::<u16>().is_ok();
    http || FINE_CODES.contains(&code) || (!zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0'))
}

/// Whether its words say that all is well.
#[must_use]
pub fn says_fine(part: &Value) -> bool {
    message(part).is_some_and(|words| is_fine(&words.trim().to_lowercase()))
}

/// Whether code and words of a part mean that it went wrong.
#[must_use]
pub fn says_no(part: &Value) -> bool {
    let Some(code) = code(part).and_then(plain) else { return false };
    let code = code.split(BOTH).next().unwrap_or_default().trim().to_uppercase();
    let words = message(part).map(|words| words.trim().to_lowercase());
    if is_fine_code(&code) || words.as_deref().is_some_and(is_fine) {
        return false;
    }
    let says_why = words.as_deref().is_some_and(is_bad);
    if OPEN_CODES.contains(&code.as_str()) {
        return says_why;
    }
    let counts_errors = ERROR_CODES.iter().chain(&NUMBERS).any(|name| member(part, name).is_some());
    words.is_some() || counts_errors || is_bad(&code.to_lowercase())
}

fn is_fine(words: &str) -> bool {
    let words = words.trim_end_matches(['.', '!', '。', '！']);
    let no = ["不", "未", "没", "沒"].iter().any(|no| words.contains(no));
    FINE_WORDS.iter().any(|fine| words == *fine || (!fine.is_ascii() && words.ends_with(fine) && !no))
}

fn is_bad(words: &str) -> bool {
    let marks = MEANINGS.iter().flat_map(|(_, marks)| marks.iter()).chain(&NO).chain(&BAD_WORDS);
    marks.into_iter().any(|mark| words.contains(mark))
}

/// A member by its name in lower case, without `_` and `-`.
#[must_use]
pub fn member<'v>(of: &'v Value, name: &str) -> Option<&'v Value> {
    let members = of.as_object()?;
    let alike = |own: &str| own.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).eq(name.chars());
    members.get(name).or_else(|| members.iter().find(|(own, _)| alike(own)).map(|(_, value)| value))
}

/// Whether an error that is there says anything.
#[must_use]
pub fn says_something(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !matches!(text.trim(), "" | "0" | "false"),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// The number or word of an error.
#[must_use]
pub fn code(of: &Value) -> Option<&Value> {
    let of = of.as_array().and_then(|values| values.first()).unwrap_or(of);
    let scalar = |value: &&Value| value.is_number() || value.is_string();
    ERROR_CODES.iter().chain(&CODES).find_map(|name| member(of, name).and_then(first).filter(scalar))
}

/// Of a list of what went wrong the first is why.
#[must_use]
pub fn first(value: &Value) -> Option<&Value> {
    if let Value::Array(values) = value { values.first() } else { Some(value) }
}

/// Between a word for programs and one for people, in one member: `FAIL_SYS_TOKEN_EXPIRED::...`.
const BOTH: &str = "::";

/// Its words for people.
#[must_use]
pub fn message(of: &Value) -> Option<String> {
    let of = of.as_array().and_then(|values| values.first()).unwrap_or(of);
    if let Value::String(text) = of {
        return Some(text.clone());
    }
    let stated = MESSAGES.iter().find_map(|name| member(of, name).and_then(Value::as_str).filter(|words| !words.trim().is_empty()));
    let beside = || code(of).and_then(Value::as_str).and_then(|code| code.split_once(BOTH)).map(|(_, words)| words);
    stated.or_else(beside).map(str::to_owned)
}
