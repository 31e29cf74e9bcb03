//! What a receiver says inside an answer whose status is a success: chat robots refuse with 200 and an error in the body.
//!
//! Read are the forms of `DingTalk` and `WeCom` (`errcode`), Feishu (`code`, before it `StatusCode`), Slack and Telegram (`ok`, Slack's plain
//! words), the old connector of Teams (a sentence), programs that say `success`, `status` or `error`, and the page of a login that stands
//! before the receiver, by the names and words of `outbound::refused`. Whatever else is said beside a success is a success.

use serde_json::Value;

use crate::outbound::refused::{
    self, BAD_STATES, ERROR_CODES, ERRORS, FLAGS, Meaning, NUMBERS, OPEN_CODES, WORDS, is_fine_code, is_no, member, parts, plain,
    says_fine, says_something,
};

/// Numbers by which chat robots say that they were asked too often, or are busy: `DingTalk` 130101 and -1, `WeCom` 45009 and -1, Feishu 11232.
const PASSING_NUMBERS: [&str; 4] = ["130101", "45009", "11232", "-1"];
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
        Ok(said @ Value::Object(_)) => parts(&said).find_map(of_part),
        Ok(Value::String(said)) => of_text(&said),
        _ => of_text(words),
    }
}

/// The refusal in these members alone. Whoever takes a message may say anything beside that: unlike where a list was asked for and is not
/// there, words that sound like an error are none.
fn of_part(said: &Value) -> Option<Refusal> {
    let number = ERROR_CODES.iter().chain(&NUMBERS).find_map(|name| error_code(said, name)).or_else(|| code(said));
    let refused = number.is_some()
        || FLAGS.iter().any(|flag| member(said, flag).is_some_and(is_no))
        || member(said, "status").and_then(Value::as_str).is_some_and(|state| BAD_STATES.contains(&state.to_lowercase().as_str()))
        || ERRORS.iter().any(|name| member(said, name).is_some_and(says_something));
    let passes = number.as_deref().is_some_and(|number| PASSING_NUMBERS.contains(&number) || passing(refused::meaning_of_code(number)));
    refused.then(|| if passes { Refusal::Passing } else { by_words(&said.to_string()) })
}

/// The value of a member that counts errors, where it is none of a success.
fn error_code(said: &Value, name: &str) -> Option<String> {
    let code = member(said, name).and_then(plain)?;
    (!is_fine_code(&code.to_uppercase()) && !OPEN_CODES.contains(&code.as_str())).then_some(code)
}

/// The same of `code`, which may as well be that of a success: a number without words that say so, or letters with others.
fn code(said: &Value) -> Option<String> {
    let is_number = |code: &str| code.parse::<i64>().is_ok();
    let has_words = || WORDS.iter().any(|name| member(said, name).is_some_and(Value::is_string));
    error_code(said, "code").filter(|code| !says_fine(said) && (is_number(code) || has_words()))
}

fn of_text(words: &str) -> Option<Refusal> {
    let words = words.to_lowercase();
    if words.starts_with('<') && words.contains("<form") && LOGIN.iter().any(|login| words.contains(login)) {
        return Some(Refusal::Login);
    }
    let refused = PLAIN.iter().any(|plain| words.starts_with(plain));
    refused.then(|| by_words(&words))
}

/// By what it says: what names nothing that waiting mends stays wrong until somebody changes a setting.
fn by_words(words: &str) -> Refusal {
    if passing(refused::meaning(&words.to_lowercase())) { Refusal::Passing } else { Refusal::Lasting }
}

fn passing(meaning: Option<Meaning>) -> bool {
    matches!(meaning, Some(Meaning::Throttled | Meaning::Server))
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
            // As services say it that are read.
            (r#"{"isSuccess":"false","info":"系统繁忙"}"#, Refusal::Passing),
            (r#"{"base_resp":{"status_code":1004,"status_msg":"login fail"}}"#, Refusal::Lasting),
            (r#"{"status":"rejected"}"#, Refusal::Lasting),
            (r#"{"fault":"no such hook"}"#, Refusal::Lasting),
            (r#"{"code":503,"message":"later"}"#, Refusal::Passing),
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
            r#"{"status":"accepted","message":"Event accepted for processing","title":"Error report"}"#,
            r#"{"status":"active","name":"invalid orders"}"#,
            "<html><body>Thank you</body></html>",
        ];
        for words in taken {
            assert_eq!(refusal(words), None, "{words}");
        }
    }
}
