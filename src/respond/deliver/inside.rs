//! What a receiver says inside an answer whose status is a success: chat robots refuse with 200 and an error in the body.
//!
//! Read are the forms of `DingTalk` and `WeCom` (`errcode`), Feishu (`code`, before it `StatusCode`), Slack and Telegram (`ok`, Slack's plain
//! words), the old connector of Teams (a sentence), programs that say `success`, `status` or `error`, and the page of a login that stands
//! before the receiver, by the names and words of `outbound::refused`; gateways that say nothing but a sentence (`sentence.rs`), as JSON or
//! plainly. Whatever else is said beside a success is a success.

mod sentence;

use serde_json::Value;

use crate::outbound::barriers::{BARRIER_TITLES, BARRIER_WORDS, OWN_MARKS};
use crate::outbound::refused::{
    self, BAD_STATES, CODES, ERROR_CODES, ERRORS, FLAGS, MESSAGES, Meaning, NUMBERS, OPEN_CODES, WORDS, is_fine_code, is_no, member, parts,
    plain, says_fine, says_something,
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
/// Members that say what became of the message,
const STATES: [&str; 6] = ["status", "state", "result", "outcome", "disposition", "deliverystatus"];
/// and what they hold, beside what every service says, where it was not taken and nothing, as a ticket, was made that is so itself.
const NOT_TAKEN: [&str; 9] =
    ["refused", "invalid", "blocked", "dropped", "discarded", "undelivered", "undeliverable", "disabled", "suspended"];
/// What they hold where it was.
const TAKEN: [&str; 10] = ["ok", "success", "accepted", "queued", "received", "delivered", "sent", "created", "processed", "done"];
/// Flags of somebody who takes messages, beside those of every service: a flag and no count, which is none where a message came twice.
const OWN_FLAGS: [&str; 6] = ["accepted", "authorized", "authenticated", "allowed", "permitted", "valid"];
/// Members that hold what was refused, as a flag, a count or a list.
const REFUSED: [&str; 5] = ["failed", "failure", "failures", "rejected", "refused"];
/// Where several messages at once have their answers.
const LISTS: [&str; 3] = ["results", "responses", "deliveries"];
/// Beside words, codes and states: how an answer was made. With any other member an answer tells of something that is there.
const OF_THE_ANSWER: [&str; 14] = [
    "requestid",
    "request",
    "traceid",
    "correlationid",
    "logid",
    "timestamp",
    "time",
    "path",
    "method",
    "instance",
    "type",
    "version",
    "documentationurl",
    "httpstatus",
];
/// An echo of at least so many characters is one wherever it stands in what was sent.
const ECHO_CHARS: usize = 20;
/// Why a message was not taken although the status says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Later it may be.
    Passing,
    /// Not as things are set.
    Lasting,
    /// A page where somebody is to log in: the receiver was not even asked.
    Login,
    /// A page that keeps programs out: neither was it then.
    Barrier,
}

/// Names of members as programs of our readers' country have them, and the usual ones that mean the same.
const TRANSLATED: [(&str, &[&str]); 5] = [
    ("code", &["代码", "代碼", "错误码", "錯誤碼", "状态码", "狀態碼"]),
    ("error", &["错误", "錯誤", "错误信息", "錯誤訊息", "异常", "異常"]),
    ("success", &["成功", "是否成功"]),
    ("status", &["状态", "狀態", "结果", "結果"]),
    ("message", &["消息", "訊息", "信息", "讯息", "提示", "说明", "說明"]),
];
/// A page says at once what it is.
const TITLE_CHARS: usize = 400;

/// The refusal in the words of an answer; none where they hold none. `sent` is the message: what a receiver repeats of it are not its own words.
pub(super) fn refusal(words: &str, sent: &str) -> Option<Refusal> {
    let words = words.trim_start_matches('\u{feff}').trim();
    match serde_json::from_str(words).map(translated) {
        Ok(Value::Array(several)) => several.iter().find_map(|one| of_document(one, sent)),
        Ok(Value::String(said)) => of_text(&said, sent),
        Ok(said @ Value::Object(_)) => of_document(&said, sent),
        _ => of_text(words, sent),
    }
}

/// Whether an answer is a page for people: no receiver of messages says so that it took one.
pub(super) fn is_page(words: &str) -> bool {
    let head: String = words.trim_start_matches('\u{feff}').trim_start().chars().take(15).flat_map(char::to_lowercase).collect();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

/// With the usual names for its members.
fn translated(said: Value) -> Value {
    let usual = |name: &str| TRANSLATED.iter().find(|(_, names)| names.contains(&name)).map(|(usual, _)| *usual);
    match said {
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (usual(&name).map_or(name, str::to_owned), translated(value))).collect())
        }
        Value::Array(several) => Value::Array(several.into_iter().map(translated).collect()),
        other => other,
    }
}

fn of_document(said: &Value, sent: &str) -> Option<Refusal> {
    let listed = || LISTS.iter().filter_map(|name| member(said, name)?.as_array()).flatten().find_map(of_part);
    parts(said).find_map(of_part).or_else(listed).or_else(|| of_data(said)).or_else(|| of_sentence(said, sent))
}

/// The refusal that stands within what was made of the message, where nothing around it says how it went.
fn of_data(said: &Value) -> Option<Refusal> {
    let counts = ERROR_CODES.iter().chain(&NUMBERS).chain(&CODES).any(|name| member(said, name).is_some());
    let data = member(said, "data").filter(|data| data.is_object() && !counts && !is_taken(said))?;
    let flagged = FLAGS.iter().chain(&["accepted"]).any(|flag| member(data, flag).is_some_and(|flag| *flag == Value::Bool(false)));
    let refused = flagged || states(data).any(|state| BAD_STATES.contains(&state.as_str()));
    refused.then(|| by_words(&data.to_string()))
}

/// The refusal in these members alone. Whoever takes a message may say anything beside that: unlike where a list was asked for and is not
/// there, words that sound like an error are none.
fn of_part(said: &Value) -> Option<Refusal> {
    let number = ERROR_CODES.iter().chain(&NUMBERS).find_map(|name| error_code(said, name)).or_else(|| code(said)).or_else(|| http(said));
    let refused = number.is_some()
        || FLAGS.iter().any(|flag| member(said, flag).is_some_and(is_no))
        || OWN_FLAGS.iter().any(|flag| member(said, flag) == Some(&Value::Bool(false)))
        || states(said).any(|state| BAD_STATES.contains(&state.as_str()))
        || REFUSED.iter().any(|name| member(said, name).is_some_and(says_something)) && !is_taken(said)
        || ERRORS.iter().any(|name| member(said, name).is_some_and(says_something));
    let passes = number.as_deref().is_some_and(|number| PASSING_NUMBERS.contains(&number) || passing(refused::meaning_of_code(number)));
    refused.then(|| if passes { Refusal::Passing } else { by_words(&said.to_string()) })
}

fn states(said: &Value) -> impl Iterator<Item = String> {
    STATES.iter().filter_map(|name| member(said, name)?.as_str()).map(|state| state.trim().to_lowercase())
}

/// Whether flags or states of a document say that all is well.
fn is_taken(said: &Value) -> bool {
    FLAGS.iter().filter_map(|flag| member(said, flag)).any(|flag| !flag.is_null() && !is_no(flag))
        || states(said).any(|state| TAKEN.contains(&state.as_str()))
}

/// A status of HTTP that is that of a refusal.
fn http(said: &Value) -> Option<String> {
    let number = ["status", "httpstatus"].iter().find_map(|name| member(said, name)?.as_u64())?;
    (400..600).contains(&number).then(|| number.to_string())
}

/// A document that holds a refusing sentence or state and nothing that was made of the message.
fn of_sentence(said: &Value, sent: &str) -> Option<Refusal> {
    let plain_name = |name: &str| -> String { name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect() };
    let of_an_answer = |name: &String| {
        let name = plain_name(name);
        [&MESSAGES[..], &WORDS, &CODES, &STATES, &OF_THE_ANSWER].iter().any(|names| names.contains(&name.as_str()))
    };
    let counts = ERROR_CODES.iter().chain(&NUMBERS).any(|name| member(said, name).is_some());
    if counts || is_taken(said) || !said.as_object()?.keys().all(of_an_answer) {
        return None;
    }
    let says_no = |state: &String| NOT_TAKEN.contains(&state.as_str()) || sentence::refuses(state);
    if states(said).any(|state| says_no(&state)) {
        return Some(by_words(&said.to_string()));
    }
    // A word for what became of it that is none of a refusal, as `open`.
    if states(said).any(|state| state.parse::<i64>().is_err()) {
        return None;
    }
    let words = MESSAGES.iter().filter_map(|name| member(said, name)?.as_str());
    words.filter(|words| sentence::refuses(words) && !is_echo(words, sent)).map(|words| by_words(&words.to_lowercase())).next()
}

/// Whether words are repeated from the message.
fn is_echo(words: &str, sent: &str) -> bool {
    let quoted = Value::from(words.trim()).to_string();
    let inner = quoted.trim_matches('"');
    sent.contains(&quoted) || (words.chars().count() >= ECHO_CHARS && sent.contains(inner))
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

fn of_text(words: &str, sent: &str) -> Option<Refusal> {
    let low = words.to_lowercase();
    if low.starts_with('<') {
        let login = low.contains("<form") && LOGIN.iter().any(|login| low.contains(login));
        let title = low.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title.trim());
        let refused = || title.filter(|title| sentence::refuses(title)).map(by_words);
        let barrier = is_barrier(&low, title.unwrap_or_default()).then_some(Refusal::Barrier);
        return login.then_some(Refusal::Login).or_else(refused).or(barrier);
    }
    let refused = PLAIN.iter().any(|plain| low.starts_with(plain)) || (sentence::refuses(words) && !is_echo(words, sent));
    refused.then(|| by_words(&low))
}

/// Whether a page, in lower case, is one that keeps programs out.
fn is_barrier(page: &str, title: &str) -> bool {
    let early: String = page.chars().take(TITLE_CHARS).collect();
    OWN_MARKS.iter().any(|(mark, _)| page.contains(mark))
        || BARRIER_TITLES.iter().any(|own| title.starts_with(own))
        || BARRIER_WORDS.iter().any(|words| early.contains(words))
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
            // Gateways before a receiver, and receivers that keep to no form.
            (r#"{"message":"Unauthorized"}"#, Refusal::Lasting),
            (r#"{"message":"Forbidden","request_id":"7f2c"}"#, Refusal::Lasting),
            (r#"{"detail":"Authentication credentials were not provided."}"#, Refusal::Lasting),
            (r#"{"type":"about:blank","title":"Too Many Requests","status":429}"#, Refusal::Passing),
            (r#"{"message":"Service Unavailable"}"#, Refusal::Passing),
            (r#"{"code":200,"msg":"签名验证失败"}"#, Refusal::Lasting),
            (r#"{"reason":"InvalidToken"}"#, Refusal::Lasting),
            (r#"{"state":"rejected"}"#, Refusal::Lasting),
            (r#"{"result":"refused"}"#, Refusal::Lasting),
            (r#"{"accepted":false}"#, Refusal::Lasting),
            (r#"{"data":{"accepted":false}}"#, Refusal::Lasting),
            (r#"{"data":{"success":false,"id":"7"}}"#, Refusal::Lasting),
            (r#"{"代码":1,"错误":"令牌无效"}"#, Refusal::Lasting),
            (r#"{"狀態":"失敗","訊息":"簽章無效"}"#, Refusal::Lasting),
            (r#"{"成功":false}"#, Refusal::Lasting),
            ("<html><title>Just a moment...</title>captcha</html>", Refusal::Barrier),
            ("<!doctype html><title>安全验证</title><div>请完成下方验证</div>", Refusal::Barrier),
            (r#"{"accepted":0,"rejected":1}"#, Refusal::Lasting),
            (r#"[{"status":"rejected"}]"#, Refusal::Lasting),
            (r#"{"results":[{"error":"InvalidRegistration"}]}"#, Refusal::Lasting),
            ("Unauthorized", Refusal::Lasting),
            ("\"Access denied\"", Refusal::Lasting),
            ("<html><head><title>403 Forbidden</title></head><body></body></html>", Refusal::Lasting),
        ];
        for (words, refusal) in cases {
            assert_eq!(super::refusal(words, ""), Some(refusal), "{words}");
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
            r#"{"message":"Event received, no action required"}"#,
            r#"{"message":"accepted","failed":0}"#,
            r#"{"accepted":0,"duplicates":1}"#,
            r#"{"data":{"id":"7","success":true}}"#,
            r#"{"data":{"id":"7","valid":false,"title":"Unauthorized"},"ok":true}"#,
            r#"{"代码":0,"消息":"成功"}"#,
            r#"{"成功":true,"错误":null}"#,
            r#"{"id":"7","message":"Unauthorized charge"}"#,
            r#"{"key":"OPS-7","status":"blocked"}"#,
            r#"{"state":"open","title":"Error in the order"}"#,
            r#"{"success":true,"message":"Unauthorized"}"#,
            r#"{"results":[{"status":"sent"}]}"#,
            "<html><head><title>Received</title></head></html>",
        ];
        for words in taken {
            assert_eq!(refusal(words, ""), None, "{words}");
        }
    }
    #[test]
    fn an_echo_is_no_answer() {
        let sent = r#"{"data":{"title":"Unauthorized","text":"Error: the \"order\" never came, said the shop"}}"#;
        for words in [r#"{"title":"Unauthorized"}"#, "Unauthorized", "Error: the \"order\" never came"] {
            assert_eq!(refusal(words, sent), None, "{words}");
        }
        assert_eq!(refusal("Forbidden", sent), Some(Refusal::Lasting));
    }
}
