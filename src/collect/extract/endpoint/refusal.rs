//! Services that say no with a friendly status: `{"error": ..}`, `{"code": 401, ..}`, `"success": false` in a 200.

mod alone;
mod said;

use serde_json::Value;

pub use self::said::{Said, said};
use super::field::plain;
use super::path::Path;
use crate::collect::fetch::FetchFailure;
use crate::model::FailureKind;
use crate::outbound::refused::{
    BAD_STATES, ERRORS, FLAGS, Meaning, OPEN_CODES, WORDS, code, is_fine_code, is_no, meaning, meaning_of_code, member, message, parts,
    says_fine, says_no, says_something,
};

/// Of a service's own words, as an operator is shown them.
const WORDS_MAX: usize = 200;

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
    let by_words = || meaning(&format!("{} {message}", code.unwrap_or_default()).to_lowercase());
    code.and_then(meaning_of_code).or_else(by_words).map_or(FailureKind::Refused, kind_of)
}

/// What it is to a source.
const fn kind_of(meaning: Meaning) -> FailureKind {
    match meaning {
        Meaning::Throttled => FailureKind::Throttled,
        Meaning::Auth => FailureKind::Auth,
        Meaning::Blocked => FailureKind::Blocked,
        Meaning::NotFound => FailureKind::NotFound,
        Meaning::Server => FailureKind::Server,
    }
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
            // As chat robots say it that are sent to.
            (json!({"errcode": 130_101, "errmsg": "send too fast"}), FailureKind::Throttled),
            (json!({"Ret": -2}), FailureKind::Refused),
            (json!({"code": 11_232, "msg": "frequency limited psm"}), FailureKind::Throttled),
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
