//! Services that say no with a friendly status: `{"error": ..}`, `{"code": 401, ..}`, `"success": false` in a 200.

mod alone;
mod said;

use serde_json::Value;

pub use self::said::{Said, said};
use super::field::plain;
use super::path::Path;
use crate::collect::fetch::FetchFailure;
use crate::model::FailureKind;

/// Of a service's own words, as an operator is shown them.
const WORDS_MAX: usize = 200;

// Names of members are compared in lower case, without `_` and `-`: services write `errCode`, `err_code` and `ErrCode`.

/// Members that hold an error; where one is there and says anything, the answer is a refusal.
const ERRORS: [&str; 4] = ["error", "errors", "fault", "errormessage"];
/// Members that count errors: every value but the fine ones is one, whatever is said beside it.
const ERROR_CODES: [&str; 5] = ["errcode", "errno", "errorcode", "errorno", "retcode"];
/// Members that hold a code, of errors and of success.
const CODES: [&str; 7] = ["code", "ret", "statuscode", "resultcode", "returncode", "respcode", "status"];
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
const OPEN_CODES: [&str; 4] = ["1", "100", "1000", "10000"];
/// Members that hold the code and the words for all the rest.
const HEADS: [&str; 8] = ["meta", "header", "head", "status", "baseresp", "response", "result", "base"];
/// Members that say whether it went well.
const FLAGS: [&str; 6] = ["success", "ok", "succeeded", "issuccess", "issuccessful", "isok"];
/// What they and `status` hold after a failure,
const BAD_STATES: [&str; 11] = ["error", "fail", "failed", "failure", "err", "ng", "ko", "denied", "rejected", "unauthorized", "forbidden"];
/// and a flag besides.
const BAD_FLAGS: [&str; 4] = ["0", "false", "no", "n"];
/// Where services put the words for people, and nothing else.
const WORDS: [&str; 7] = ["message", "msg", "errmsg", "errormsg", "resultmsg", "statusmsg", "info"];
/// Where the words of a refusal stand.
const MESSAGES: [&str; 16] = [
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
const FINE_WORDS: [&str; 6] = ["ok", "success", "successful", "succeeded", "成功", "正常"];
/// Words that say no, beside those of `MEANINGS`: wherever they stand,
const NO: [&str; 13] = ["fail", "error", "invalid", "illegal", "exception", "失败", "失敗", "错误", "錯誤", "无效", "無效", "过期", "過期"];
/// and beside a code that is not fine.
const BAD_WORDS: [&str; 3] = ["expire", "missing", "refuse"];

/// Words of a refusal, each with what it means. The first that is found holds; letters are folded to lower case.
const MEANINGS: [(FailureKind, &[&str]); 5] = [
    (
        FailureKind::Throttled,
        &[
            "rate limit",
            "rate_limit",
            "ratelimit",
            "too many",
            "quota",
            "throttl",
            "slow down",
            "频繁",
            "頻繁",
            "频率",
            "頻率",
            "次数",
            "次數",
            "限流",
        ],
    ),
    (
        FailureKind::Auth,
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
        FailureKind::Blocked,
        &["forbidden", "denied", "captcha", "blocked", "not allowed", "permission", "风控", "验证码", "驗證碼", "禁止", "拦截"],
    ),
    (FailureKind::NotFound, &["not found", "not_found", "no such", "does not exist", "不存在", "找不到"]),
    (FailureKind::Server, &["internal", "unavailable", "timeout", "timed out", "try again", "系统", "系統", "繁忙", "服务器", "伺服器"]),
];

/// Values that the operator expects, the failure where they are others.
pub(super) fn unexpected(document: &Value, expect: &[(Path, Vec<Value>)]) -> Option<FetchFailure> {
    let wrong =
        expect.iter().find(|(path, wanted)| path.first(document).is_none_or(|found| !wanted.iter().any(|value| same(value, found))));
    wrong.map(|(path, _)| {
        let found = path.first(document);
        told(
            document,
            found,
            &found
                .map_or_else(|| "what is expected is not there".to_owned(), |value| format!("instead of what is expected it says {value}")),
        )
    })
}

fn same(wanted: &Value, found: &Value) -> bool {
    wanted == found || matches!((plain(wanted), plain(found)), (Some(wanted), Some(found)) if wanted == found)
}

/// The refusal that a document is, where it looks like one. Asked only where the list is missing or empty: beside entries
/// `code` and `status` are anything.
pub(super) fn of(document: &Value) -> Option<FetchFailure> {
    document.as_object()?;
    for name in ERRORS {
        if let Some(error) = member(document, name).filter(|error| says_something(error)) {
            return Some(told(error, code(error).or_else(|| code(document)), "the service answers an error"));
        }
    }
    for name in FLAGS {
        if member(document, name).is_some_and(is_no) && !says_fine(document) {
            return Some(told(document, code(document), &format!("the service answers `{name}: false`")));
        }
    }
    for name in ["status", "stat", "result"] {
        let state = member(document, name);
        let word = state.and_then(Value::as_str).map(str::to_lowercase);
        if state == Some(&Value::Bool(false)) || word.is_some_and(|state| BAD_STATES.contains(&state.as_str())) {
            return Some(told(document, code(document), "the service answers that it failed"));
        }
    }
    let refusing = parts(document).find(|part| says_no(part))?;
    Some(told(refusing, code(refusing), "the service answers an error"))
}

/// As `of`, where the list is missing or empty. Then a code that is not one of the fine ones is a refusal without a word beside it, and so
/// are words that say no beside a fine one: many a service calls every answer 0.
pub(super) fn beside_nothing(document: &Value) -> Option<FetchFailure> {
    if let Some(refused) = of(document) {
        return Some(refused);
    }
    let went_well = FLAGS.iter().any(|name| member(document, name) == Some(&Value::Bool(true))) || says_fine(document);
    let by_code = |part: &&Value| {
        let stated = code(part).and_then(plain).filter(|stated| !is_fine_code(stated) && !OPEN_CODES.contains(&stated.as_str()));
        !went_well && !says_fine(part) && stated.is_some_and(|stated| alone::is_of_error(stated.trim(), part))
    };
    let by_words = |part: &Value| {
        let words = WORDS.iter().filter_map(|name| member(part, name).and_then(Value::as_str));
        !says_fine(part) && words.into_iter().any(|words| alone::say_no(&words.to_lowercase()))
    };
    let content = member(document, "data").filter(|data| data.is_object() && (says_no(data) || by_words(data)));
    let refusing = parts(document).find(|part| by_code(part) || by_words(part)).or(content)?;
    Some(told(refusing, code(refusing), "the service answers an error instead of a list"))
}

/// A document, and those of its members that speak for it.
fn parts(document: &Value) -> impl Iterator<Item = &Value> {
    let heads = HEADS.iter().filter_map(|name| member(document, name)).filter(|head| head.is_object());
    std::iter::once(document).chain(heads)
}

/// Whether a flag says that it did not go well.
fn is_no(flag: &Value) -> bool {
    let said = plain(flag).map(|said| said.to_lowercase());
    said.is_some_and(|said| BAD_FLAGS.contains(&said.as_str()) || BAD_STATES.contains(&said.as_str()))
}

fn is_fine_code(code: &str) -> bool {
    let zeros = code.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(code);
    let http = code.len() == 3 && code.starts_with('2') && code.parse::<u16>().is_ok();
    http || FINE_CODES.contains(&code) || (!zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0'))
}

fn says_fine(part: &Value) -> bool {
    message(part).is_some_and(|words| is_fine(&words.trim().to_lowercase()))
}

/// Whether code and words of a part mean that it went wrong.
fn says_no(part: &Value) -> bool {
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
    let counts_errors = ERROR_CODES.iter().any(|name| member(part, name).is_some());
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
fn member<'v>(of: &'v Value, name: &str) -> Option<&'v Value> {
    let members = of.as_object()?;
    let alike = |own: &str| own.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).eq(name.chars());
    members.get(name).or_else(|| members.iter().find(|(own, _)| alike(own)).map(|(_, value)| value))
}

fn says_something(error: &Value) -> bool {
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
fn code(of: &Value) -> Option<&Value> {
    let of = of.as_array().and_then(|values| values.first()).unwrap_or(of);
    let scalar = |value: &&Value| value.is_number() || value.is_string();
    ERROR_CODES.iter().chain(&CODES).find_map(|name| member(of, name).and_then(first).filter(scalar))
}

/// Of a list of what went wrong the first is why.
fn first(value: &Value) -> Option<&Value> {
    if let Value::Array(values) = value { values.first() } else { Some(value) }
}

/// Between a word for programs and one for people, in one member: `FAIL_SYS_TOKEN_EXPIRED::...`.
const BOTH: &str = "::";

fn message(of: &Value) -> Option<String> {
    let of = of.as_array().and_then(|values| values.first()).unwrap_or(of);
    if let Value::String(text) = of {
        return Some(text.clone());
    }
    let stated = MESSAGES.iter().find_map(|name| member(of, name).and_then(Value::as_str).filter(|words| !words.trim().is_empty()));
    let beside = || code(of).and_then(Value::as_str).and_then(|code| code.split_once(BOTH)).map(|(_, words)| words);
    stated.or_else(beside).map(str::to_owned)
}

fn told(of: &Value, code: Option<&Value>, what: &str) -> FetchFailure {
    let code = code.and_then(plain);
    let message = message(of);
    let kind = kind(code.as_deref(), message.as_deref().unwrap_or_default());
    let mut detail = what.to_owned();
    if let Some(code) = code {
        detail.push_str(&format!(" (code {})", shown(&code)));
    }
    if let Some(message) = message {
        detail.push_str(&format!(": {:?}", shown(&message)));
    }
    FetchFailure::new(kind, detail)
}

fn shown(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}

/// By its number, where that is one of HTTP's or begins with one (`40103`), else by its words.
fn kind(code: Option<&str>, message: &str) -> FailureKind {
    let number = code.map(|code| code.trim_start_matches('-')).filter(|code| code.len() >= 3);
    match number.and_then(|number| number.get(..3)) {
        Some("401") => return FailureKind::Auth,
        Some("403") => return FailureKind::Blocked,
        Some("404" | "410") => return FailureKind::NotFound,
        Some("429") => return FailureKind::Throttled,
        Some("500" | "502" | "503" | "504") => return FailureKind::Server,
        _ => {}
    }
    let words = format!("{} {message}", code.unwrap_or_default()).to_lowercase();
    MEANINGS.iter().find(|(_, marks)| marks.iter().any(|mark| words.contains(mark))).map_or(FailureKind::Refused, |(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_in_a_good_status_has_its_kind() {
        for (document, kind) in [
            (json!({"error": "invalid_token"}), FailureKind::Auth),
            (json!({"error": {"code": 403, "message": "The request is missing a valid key."}}), FailureKind::Blocked),
            (json!({"code": 401, "msg": "nope"}), FailureKind::Auth),
            (json!({"code": -101, "message": "账号未登录"}), FailureKind::Auth),
            (json!({"code": -412, "message": "请求被拦截"}), FailureKind::Blocked),
            (json!({"errcode": 45009, "errmsg": "reach max api daily quota limit"}), FailureKind::Throttled),
            (json!({"success": false, "message": "something"}), FailureKind::Refused),
            (json!({"success": false, "error": null, "code": 40402}), FailureKind::NotFound),
            (json!({"status": "error", "message": "Too many requests"}), FailureKind::Throttled),
            (json!({"errors": [{"message": "API rate limit exceeded", "type": "RATE_LIMITED"}], "data": null}), FailureKind::Throttled),
            (json!({"ok": false}), FailureKind::Refused),
            (json!({"code": 10001, "msg": "系统繁忙"}), FailureKind::Server),
            (json!({"code": 1, "msg": "token expired", "data": {"list": []}}), FailureKind::Auth),
            (json!({"code": 10000, "msg": "参数错误"}), FailureKind::Refused),
            (json!({"ret": "FAIL_SYS_TOKEN_EXPIRED", "data": {"list": []}}), FailureKind::Auth),
            (json!({"ret": ["FAIL_SYS_ILLEGAL_ACCESS::非法请求"], "data": {}}), FailureKind::Refused),
            (json!({"ret": ["FAIL_SYS_USER_VALIDATE::请输入验证码"]}), FailureKind::Blocked),
            (json!({"errcode": 40001, "list": []}), FailureKind::Refused),
            (json!({"ErrCode": "InvalidAccessKey", "Message": "Specified access key is not found.", "Items": []}), FailureKind::NotFound),
            (json!({"status_code": 8, "status_msg": "用户未登录"}), FailureKind::Auth),
            (json!({"meta": {"code": 429, "error_message": "slow down"}, "data": []}), FailureKind::Throttled),
            (json!({"base_resp": {"status_code": 1004, "status_msg": "login fail"}, "list": []}), FailureKind::Auth),
            (json!({"Success": false, "Data": []}), FailureKind::Refused),
        ] {
            assert_eq!(of(&document).map(|failure| failure.kind), Some(kind), "{document}");
        }
    }

    #[test]
    fn what_is_well_is_no_refusal() {
        for document in [
            json!({"code": 0, "message": "ok", "data": {}}),
            json!({"code": 200, "msg": "success"}),
            json!({"error": null, "errors": [], "success": true}),
            json!({"code": "tea", "items": []}),
            json!({"status": "ok", "error": ""}),
            json!({"code": 1, "msg": "success", "data": {"list": []}}),
            json!({"code": 1, "msg": "", "list": []}),
            json!({"code": 1, "data": []}),
            json!({"code": 20000, "message": "操作成功", "items": []}),
            json!({"code": 7, "message": "Success.", "items": []}),
            json!({"ret": ["SUCCESS::调用成功"], "data": {"list": []}}),
            json!({"errcode": 0, "errmsg": "ok"}),
            json!({"errCode": "0", "list": []}),
            json!({"meta": {"code": 200}, "data": []}),
            json!({"status": {"code": 0, "message": ""}, "data": []}),
            json!({"result": [], "title": "Reviews", "page": 1}),
            json!([]),
        ] {
            assert_eq!(of(&document), None, "{document}");
        }
    }

    #[test]
    fn a_code_alone_beside_an_empty_list_is_heard() {
        for (document, kind) in [
            (json!({"code": "A0230", "data": {"list": []}}), FailureKind::Refused),
            (json!({"code": "A0230", "message": "", "data": null, "requestId": "7f2c"}), FailureKind::Refused),
            (json!({"code": 7, "list": []}), FailureKind::Refused),
            (json!({"code": "-3", "data": {"total": 0, "rows": []}, "time": 1_795_320_000}), FailureKind::Refused),
            (json!({"status": 10002, "total": 0, "reviews": []}), FailureKind::Refused),
            (json!({"status": 500, "data": []}), FailureKind::Server),
            (json!({"ret": -1, "msg": null, "list": []}), FailureKind::Refused),
            (json!({"errno": "2", "list": []}), FailureKind::Refused),
            (json!({"resultCode": "E1001", "body": {}}), FailureKind::Refused),
            (json!({"code": "USER_FROZEN", "data": []}), FailureKind::Refused),
            (json!({"code": "UserFrozen", "data": []}), FailureKind::Refused),
            (json!({"result": {"code": 3, "rows": []}}), FailureKind::Refused),
            (json!({"success": 0, "list": []}), FailureKind::Refused),
            (json!({"success": "false", "list": []}), FailureKind::Refused),
            (json!({"isSuccess": false, "list": []}), FailureKind::Refused),
            (json!({"status": false, "data": []}), FailureKind::Refused),
            (json!({"status": "NG", "data": []}), FailureKind::Refused),
            (json!({"msg": "token expired", "data": []}), FailureKind::Auth),
            (json!({"status": 0, "info": "请先登录", "data": []}), FailureKind::Auth),
            (json!({"code": 0, "msg": "操作过于频繁", "data": {"list": []}}), FailureKind::Throttled),
            (json!({"code": 200, "data": {"code": 401, "msg": "签名失败", "list": []}}), FailureKind::Auth),
        ] {
            assert_eq!(beside_nothing(&document).map(|failure| failure.kind), Some(kind), "{document}");
        }
    }

    #[test]
    fn what_only_looks_like_a_code_is_no_refusal() {
        for document in [
            json!({"code": "00000", "data": {"list": []}}),
            json!({"code": "A00000", "data": []}),
            json!({"code": "0000000", "data": []}),
            json!({"code": 204, "data": []}),
            json!({"code": "SUCCESS", "data": []}),
            json!({"status": "ok", "list": []}),
            json!({"success": 1, "list": []}),
            json!({"success": true, "status": 3, "list": []}),
            json!({"code": 1, "data": {"list": []}}),
            json!({"code": "tea", "items": []}),
            json!({"code": "SKU123", "reviews": []}),
            json!({"code": "TWD", "data": []}),
            json!({"code": 40012, "name": "Kettle", "reviews": []}),
            json!({"status": "published", "data": []}),
            json!({"status": "active", "items": []}),
            json!({"code": 0, "msg": "no error", "list": []}),
            json!({"code": 0, "message": "0 errors", "list": []}),
            json!({"msg": "暂无数据", "data": []}),
            json!({"message": "No reviews found", "data": []}),
            json!({"title": "Login page: what failed?", "items": []}),
            json!({"data": {"status": 3, "list": []}}),
            json!([]),
        ] {
            assert_eq!(beside_nothing(&document), None, "{document}");
        }
        assert_eq!(of(&json!({"code": 7, "list": [1]})), None, "beside entries a code is anything");
    }

    #[test]
    fn what_the_operator_expects_counts() {
        let expect = [(Path::parse("/code").expect("a pointer"), vec![json!(0), json!(200)])];
        assert_eq!(unexpected(&json!({"code": 0}), &expect), None);
        assert_eq!(unexpected(&json!({"code": "200"}), &expect), None, "a number as a string will do");
        let failure = unexpected(&json!({"code": 7, "msg": "Something\nnew"}), &expect).expect("a failure");
        assert_eq!(
            (failure.kind, failure.detail.as_str()),
            (FailureKind::Refused, "instead of what is expected it says 7 (code 7): \"Somethingnew\"")
        );
        assert!(unexpected(&json!({}), &expect).is_some());
    }
}
