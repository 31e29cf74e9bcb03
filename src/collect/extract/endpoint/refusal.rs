//! Services that say no with a friendly status: `{"error": ..}`, `{"code": 401, ..}`, `"success": false` in a 200.

use serde_json::Value;

use super::field::plain;
use super::path::Path;
use crate::collect::fetch::FetchFailure;
use crate::model::FailureKind;

/// Of a service's own words, as an operator is shown them.
const WORDS_MAX: usize = 200;

/// Members that hold an error; where one is there and says anything, the answer is a refusal.
const ERRORS: [&str; 4] = ["error", "errors", "fault", "error_message"];
/// Members that count errors: every value but these is one.
const CODES: [&str; 6] = ["code", "errcode", "errno", "error_code", "ret", "retcode"];
/// What means that all is well, in the members of `CODES`.
const FINE_CODES: [&str; 6] = ["0", "1", "200", "OK", "SUCCESS", "00000"];
/// Members that say whether it went well.
const FLAGS: [&str; 3] = ["success", "ok", "succeeded"];
/// What `status` and `stat` hold after a failure.
const BAD_STATES: [&str; 5] = ["error", "fail", "failed", "failure", "err"];
/// Where the words of a refusal stand.
const MESSAGES: [&str; 9] =
    ["/message", "/msg", "/errmsg", "/error_description", "/error_msg", "/detail", "/title", "/reason", "/errorMessage"];

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
    let members = document.as_object()?;
    for name in ERRORS {
        if let Some(error) = members.get(name).filter(|error| says_something(error)) {
            return Some(told(error, code(error).or_else(|| code(document)), "the service answers an error"));
        }
    }
    for name in FLAGS {
        if members.get(name) == Some(&Value::Bool(false)) {
            return Some(told(document, code(document), &format!("the service answers `{name}: false`")));
        }
    }
    for name in ["status", "stat", "result"] {
        let state = members.get(name).and_then(Value::as_str).map(str::to_lowercase);
        if state.is_some_and(|state| BAD_STATES.contains(&state.as_str())) {
            return Some(told(document, code(document), "the service answers that it failed"));
        }
    }
    let code = code(document).filter(|_| message(document).is_some())?;
    let fine = plain(code).is_none_or(|code| FINE_CODES.contains(&code.to_uppercase().as_str()));
    (!fine).then(|| told(document, Some(code), "the service answers an error"))
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
    CODES.iter().chain(&["status"]).find_map(|name| of.get(name).filter(scalar))
}

fn message(of: &Value) -> Option<String> {
    let of = of.as_array().and_then(|values| values.first()).unwrap_or(of);
    if let Value::String(text) = of {
        return Some(text.clone());
    }
    MESSAGES.iter().find_map(|pointer| of.pointer(pointer).filter(|value| value.is_string()).and_then(plain))
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
            json!([]),
        ] {
            assert_eq!(of(&document), None, "{document}");
        }
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
