//! What a receiver says inside an answer whose status is a success: chat robots refuse with 200 and an error in the body.
//!
//! Read are the forms of `DingTalk` and `WeCom` (`errcode`), Feishu (`code`, before it `StatusCode`), Slack and Telegram (`ok`, Slack's plain
//! words), the old connector of Teams (a sentence), programs that say `success`, `status` or `error`, and the page of a login that stands
//! before the receiver. Whatever else is said beside a success is a success.

use serde_json::{Map, Value};

// Names of members are compared in lower case, without `_` and `-`.

/// Members that count errors: anything but zero is one.
const ERROR_NUMBERS: [&str; 6] = ["errcode", "errorcode", "errno", "statuscode", "ret", "retcode"];
/// Members that hold an error, where there is one.
const ERRORS: [&str; 2] = ["error", "errors"];
/// Members that hold the answer itself.
const HEADS: [&str; 5] = ["result", "response", "header", "meta", "status"];
/// Numbers that programs give for a success, in a member that holds both.
const FINE_NUMBERS: [i64; 4] = [0, 1, 20_000, 200_000];
/// Members that say whether it went well.
const FLAGS: [&str; 2] = ["ok", "success"];
/// What `status` holds after a failure.
const BAD_STATES: [&str; 4] = ["error", "fail", "failed", "failure"];
/// Words, beside a number or in its place, that mean that it was none of an error.
const FINE_WORDS: [&str; 6] = ["ok", "success", "succeeded", "accepted", "queued", "成功"];
/// The whole of what Slack's incoming webhooks say in place of `ok`, and how the connector of Teams begins.
const PLAIN: [&str; 9] = [
    "invalid_payload",
    "invalid_token",
    "no_text",
    "no_service",
    "no_team",
    "channel_not_found",
    "channel_is_archived",
    "action_prohibited",
    "webhook message delivery failed",
];
/// What a page says beside its form where somebody is to log in.
const LOGIN: [&str; 8] = ["password", "login", "log in", "sign in", "signin", "登录", "登入", "密码"];
/// Words of a refusal that waiting mends, in lower case. What names no such thing stays wrong until somebody changes a setting.
const PASSING: [&str; 16] = [
    "too fast",
    "too many",
    "too frequent",
    "frequency",
    "rate limit",
    "rate_limit",
    "ratelimit",
    "quota",
    "busy",
    "timeout",
    "timed out",
    "internal error",
    "http error 429",
    "频",
    "頻",
    "繁忙",
];
/// Numbers of the same: `DingTalk` 130101 and -1, `WeCom` 45009 and -1, Feishu 11232.
const PASSING_NUMBERS: [i64; 4] = [130_101, 45_009, 11_232, -1];

/// Why a message was not taken although the status says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Later it may be.
    Passing,
    /// Not as things are set.
    Lasting,
    /// A page where somebody is to log in: the receiver was not even asked.
    Login,
}

/// The refusal in the words of an answer; none where they hold none.
pub(super) fn refusal(words: &str) -> Option<Refusal> {
    let words = words.trim_start_matches('\u{feff}').trim();
    match serde_json::from_str(words) {
        Ok(Value::Object(said)) => of_members(&said),
        Ok(Value::String(said)) => of_text(&said),
        _ => of_text(words),
    }
}

fn of_members(said: &Map<String, Value>) -> Option<Refusal> {
    let inner = HEADS.iter().filter_map(|head| member(said, head)?.as_object());
    std::iter::once(said).chain(inner).find_map(of_one)
}

/// The refusal in these members alone.
fn of_one(said: &Map<String, Value>) -> Option<Refusal> {
    let number = error_number(said);
    let refused = number.is_some()
        || is_bad_code(said)
        || FLAGS.iter().any(|flag| member(said, flag).and_then(Value::as_bool) == Some(false))
        || member(said, "status").and_then(Value::as_str).is_some_and(|state| BAD_STATES.contains(&state.to_lowercase().as_str()))
        || ERRORS.iter().any(|name| member(said, name).is_some_and(says_something));
    refused.then(|| {
        let text = Value::Object(said.clone()).to_string();
        let passes = number.is_some_and(|number| PASSING_NUMBERS.contains(&number)) || passing(&text);
        if passes { Refusal::Passing } else { Refusal::Lasting }
    })
}

fn member<'a>(said: &'a Map<String, Value>, wanted: &str) -> Option<&'a Value> {
    let plain = |name: &str| name.chars().filter(|letter| !matches!(letter, '_' | '-')).flat_map(char::to_lowercase).collect::<String>();
    said.iter().find(|(name, _)| plain(name) == wanted).map(|(_, value)| value)
}

/// The number of an error; `code` may as well be that of a success.
fn error_number(said: &Map<String, Value>) -> Option<i64> {
    let number = |name: &str| member(said, name).and_then(as_number);
    let counted = ERROR_NUMBERS.iter().find_map(|name| number(name)).filter(|number| !FINE_NUMBERS.contains(number) && !is_http(*number));
    counted.or_else(|| number("code").filter(|code| !FINE_NUMBERS.contains(code) && !is_http(*code) && !is_praised(said)))
}

/// A `code` of letters that is no word for a success, with words beside it that are none either.
fn is_bad_code(said: &Map<String, Value>) -> bool {
    let code = member(said, "code").and_then(Value::as_str).filter(|code| as_number(&Value::from(*code)).is_none());
    code.is_some_and(|code| !FINE_WORDS.contains(&code.to_lowercase().as_str())) && words(said).is_some() && !is_praised(said)
}

/// The numbers of HTTP for a success.
fn is_http(number: i64) -> bool {
    (200..300).contains(&number)
}

fn words(said: &Map<String, Value>) -> Option<&str> {
    ["msg", "message"].iter().find_map(|name| member(said, name)?.as_str())
}

fn is_praised(said: &Map<String, Value>) -> bool {
    words(said).is_some_and(|words| FINE_WORDS.contains(&words.to_lowercase().as_str()))
}

fn as_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Number(number) => number.as_i64() != Some(0),
        Value::Bool(true) => true,
    }
}

fn of_text(words: &str) -> Option<Refusal> {
    let words = words.to_lowercase();
    if words.starts_with('<') && words.contains("<form") && LOGIN.iter().any(|login| words.contains(login)) {
        return Some(Refusal::Login);
    }
    let refused = PLAIN.iter().any(|plain| words.starts_with(plain));
    refused.then(|| if passing(&words) { Refusal::Passing } else { Refusal::Lasting })
}

fn passing(words: &str) -> bool {
    let words = words.to_lowercase();
    PASSING.iter().any(|passing| words.contains(passing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn robots_refuse_inside_a_success() {
        let cases = [
            (r#"{"errcode":310000,"errmsg":"keywords not in content"}"#, Refusal::Lasting),
            (r#"{"errcode":130101,"errmsg":"send too fast"}"#, Refusal::Passing),
            (r#"{"errcode":"45009","errmsg":"api freq out of limit"}"#, Refusal::Passing),
            (r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, Refusal::Lasting),
            (r#"{"code":19024,"msg":"Key Words Not Found"}"#, Refusal::Lasting),
            (r#"{"code":11232,"msg":"frequency limited psm"}"#, Refusal::Passing),
            (r#"{"StatusCode":9499,"StatusMessage":"Bad Request"}"#, Refusal::Lasting),
            (r#"{"ok":false,"error":"channel_not_found"}"#, Refusal::Lasting),
            (r#"{"success":false}"#, Refusal::Lasting),
            (r#"{"status":"error","message":"系统繁忙，请稍后"}"#, Refusal::Passing),
            (r#"{"error":{"message":"no such team"}}"#, Refusal::Lasting),
            (r#"{"errors":["bad"]}"#, Refusal::Lasting),
            (r#"{"result":{"errorCode":"40001"}}"#, Refusal::Lasting),
            (r#"{"Ret":-2}"#, Refusal::Lasting),
            (r#"{"code":"A0400","msg":"no such robot"}"#, Refusal::Lasting),
            ("<html><form>login</form></html>", Refusal::Login),
            ("invalid_payload", Refusal::Lasting),
            ("\"invalid_token\"", Refusal::Lasting),
            (
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId tcid=0",
                Refusal::Passing,
            ),
            ("<!DOCTYPE html><html><form><input type=\"password\" name=p></form></html>", Refusal::Login),
        ];
        for (words, refusal) in cases {
            assert_eq!(super::refusal(words), Some(refusal), "{words}");
        }
    }

    #[test]
    fn what_is_taken_stays_taken_whatever_is_said_beside_it() {
        let taken = [
            "",
            "ok",
            "1",
            "[]",
            "null",
            "accepted: no error",
            r#"{"errcode":0,"errmsg":"ok"}"#,
            r#"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#,
            r#"{"ok":true,"result":{"message_id":7,"text":"error: the order is late"}}"#,
            r#"{"success":true,"error":null,"errors":[]}"#,
            r#"{"code":200,"message":"queued"}"#,
            r#"{"code":7,"msg":"success"}"#,
            r#"{"code":"A7"}"#,
            r#"{"status":"queued","id":"error"}"#,
            "<html><body>Thank you</body></html>",
        ];
        for words in taken {
            assert_eq!(refusal(words), None, "{words}");
        }
    }
}
