//! Whether a sentence is a refusal as a whole: `Unauthorized`, `InvalidToken`, `Signature mismatch`, `签名验证失败`. Words that say no may
//! stand anywhere in what a receiver tells of a message it took, so they count by where they stand, and not beside words that say it was taken.

/// Of a longer text nothing is a refusal as a whole.
const CHARS_MAX: usize = 160;

/// A refusal begins with one of these, word by word,
const BEGINS: [&str; 50] = [
    "unauthorized",
    "unauthorised",
    "unauthenticated",
    "not authorized",
    "not authorised",
    "not authenticated",
    "forbidden",
    "access denied",
    "permission denied",
    "request denied",
    "denied",
    "rejected",
    "refused",
    "invalid",
    "illegal",
    "bad request",
    "bad gateway",
    "not found",
    "unknown",
    "missing",
    "no such",
    "no permission",
    "no access",
    "no route",
    "unsupported",
    "not allowed",
    "not permitted",
    "too many",
    "rate limit",
    "rate limited",
    "throttled",
    "quota",
    "internal server error",
    "internal error",
    "server error",
    "service unavailable",
    "temporarily unavailable",
    "gateway timeout",
    "failed",
    "failure",
    "fail",
    "error",
    "errors",
    "exception",
    "unable to",
    "could not",
    "cannot",
    "expired",
    "payload too large",
    "fehler",
];
/// or ends with one,
const ENDS: [&str; 27] = [
    "not allowed",
    "not permitted",
    "not authorized",
    "not authorised",
    "not supported",
    "not provided",
    "not valid",
    "not enabled",
    "not active",
    "invalid",
    "expired",
    "required",
    "missing",
    "denied",
    "forbidden",
    "rejected",
    "refused",
    "failed",
    "failure",
    "unavailable",
    "disabled",
    "suspended",
    "exceeded",
    "mismatch",
    "timed out",
    "timeout",
    "error",
];
/// or has one anywhere.
const HOLDS: [&str; 17] = [
    "not found",
    "does not exist",
    "not have permission",
    "not have access",
    "not accepted",
    "not delivered",
    "not sent",
    "not processed",
    "could not be",
    "please log in",
    "please login",
    "please sign in",
    "login required",
    "nicht autorisiert",
    "zugriff verweigert",
    "accès refusé",
    "non autorisé",
];
/// The same where words are not parted.
const HOLDS_PARTLESS: [&str; 32] = [
    "未授权",
    "未授權",
    "无权",
    "無權",
    "没有权限",
    "沒有權限",
    "拒绝",
    "拒絕",
    "不存在",
    "无效",
    "無效",
    "失败",
    "失敗",
    "错误",
    "錯誤",
    "未登录",
    "未登錄",
    "未登入",
    "请登录",
    "請登入",
    "过期",
    "過期",
    "非法",
    "异常",
    "異常",
    "不合法",
    "停用",
    "禁用",
    "频繁",
    "頻繁",
    "繁忙",
    "エラー",
];
/// Beside one of these, that no word before it takes back, the message was taken.
const TAKEN: [&str; 18] = [
    "accepted",
    "queued",
    "received",
    "ok",
    "okay",
    "success",
    "successful",
    "successfully",
    "succeeded",
    "delivered",
    "sent",
    "posted",
    "created",
    "stored",
    "saved",
    "processed",
    "thanks",
    "thank",
];
const TAKEN_PARTLESS: [&str; 5] = ["成功", "已收到", "已接收", "已发送", "已發送"];
/// What takes back the word behind it.
const NONE: [&str; 11] = ["no", "not", "0", "none", "nothing", "without", "never", "zero", "nobody", "neither", "nor"];
const NONE_PARTLESS: [&str; 8] = ["没有", "沒有", "无", "無", "0", "零", "未", "不"];

/// Whether these words, all there are, say that nothing was taken.
pub(super) fn refuses(words: &str) -> bool {
    if words.chars().count() > CHARS_MAX {
        return false;
    }
    if HOLDS_PARTLESS.iter().any(|no| partless(words, no)) {
        return !TAKEN_PARTLESS.iter().any(|taken| partless(words, taken));
    }
    let parted = parted(words);
    let all: Vec<&str> = parted.iter().map(String::as_str).collect();
    let words = behind_a_status(&all);
    let taken = words.iter().enumerate().any(|(at, word)| TAKEN.contains(word) && !is_taken_back(words, at));
    !taken && (begins(words) || ends(words) || HOLDS.iter().any(|no| holds(words, no)))
}

/// Words in lower case: `invalid_token`, `InvalidToken` and `invalid token` are the same.
fn parted(words: &str) -> Vec<String> {
    let mut parted = String::with_capacity(words.len() + 8);
    let mut lower = false;
    for c in words.chars() {
        if lower && c.is_uppercase() {
            parted.push(' ');
        }
        lower = c.is_lowercase();
        let is_part = c.is_alphanumeric() || c == '\'';
        parted.extend(if is_part { c } else { ' ' }.to_lowercase());
    }
    parted.split_whitespace().map(str::to_owned).collect()
}

/// `HTTP 401 Unauthorized`, `403: ..`: the words behind a number that HTTP has for a refusal.
fn behind_a_status<'w>(words: &'w [&'w str]) -> &'w [&'w str] {
    let is_status = |word: &str| word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|byte| byte.is_ascii_digit());
    let at = words.iter().take(4).position(|word| is_status(word));
    let before = |at: usize| words[..at].iter().all(|word| matches!(*word, "http" | "status" | "code" | "1" | "2" | "0"));
    at.filter(|at| before(*at) && at + 1 < words.len()).map_or(words, |at| &words[at + 1..])
}

/// A count of none behind it (`errors: 0`) makes it none.
fn begins(words: &[&str]) -> bool {
    let begins = BEGINS.iter().filter_map(|no| behind(words, no)).max_by_key(|rest| usize::MAX - rest.len());
    begins.is_some_and(|rest| !rest.first().is_some_and(|next| matches!(*next, "0" | "none" | "null" | "false")))
}

fn behind<'w>(words: &'w [&'w str], no: &str) -> Option<&'w [&'w str]> {
    let length = no.split(' ').count();
    words.get(..length).filter(|begin| no.split(' ').eq(begin.iter().copied())).map(|_| &words[length..])
}

fn ends(words: &[&str]) -> bool {
    let found = ENDS.iter().any(|no| {
        let at = words.len().checked_sub(no.split(' ').count());
        at.is_some_and(|at| no.split(' ').eq(words[at..].iter().copied()) && !is_taken_back(words, at))
    });
    // `No action required`.
    found && words.first().is_none_or(|first| !NONE.contains(first))
}

fn holds(words: &[&str], no: &str) -> bool {
    words.windows(no.split(' ').count()).any(|part| no.split(' ').eq(part.iter().copied()))
}

fn is_taken_back(words: &[&str], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).is_some_and(|at| NONE.contains(&words[at]));
    before(1) || (before(2) && matches!(words[at - 1], "be" | "been" | "yet"))
}

/// Whether a text of unparted words has these, neither taken back before nor counted as none behind.
fn partless(words: &str, wanted: &str) -> bool {
    words.match_indices(wanted).any(|(at, _)| {
        let before = words[..at].trim_end_matches([' ', '个', '個', '条', '條']);
        let behind = words[at + wanted.len()..].trim_start_matches([' ', ':', '：', '数', '數']);
        !NONE_PARTLESS.iter().any(|none| before.ends_with(none)) && !behind.starts_with(['0', '零'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_is_a_refusal() {
        for words in [
            "Unauthorized",
            "Forbidden",
            "401 Unauthorized",
            "HTTP/1.1 403 Forbidden",
            "Missing Authentication Token",
            "InvalidToken",
            "invalid_token",
            "Authentication credentials were not provided.",
            "You do not have permission to perform this action.",
            "The requested webhook was not found.",
            "Signature mismatch",
            "Rate limit exceeded",
            "Webhook disabled",
            "Internal Server Error",
            "Message could not be delivered",
            "Error: no such hook",
            "签名验证失败",
            "参数错误",
            "无权限",
            "Token 已过期",
        ] {
            assert!(refuses(words), "{words}");
        }
    }

    #[test]
    fn words_that_say_no_in_a_sentence_that_does_not() {
        for words in [
            "ok",
            "Event accepted for processing",
            "Accepted, retried where it failed",
            "no error",
            "accepted: no error",
            "errors: 0",
            "failed 0, delivered 1",
            "1 delivered, 0 failed",
            "No action required",
            "Customer not found, ticket created",
            "成功",
            "没有错误",
            "成功1，失败0",
            "处理完成，失败数：0",
            "We had an error in our order last week and the shop would not answer",
            "Thank you",
            "duplicate",
        ] {
            assert!(!refuses(words), "{words}");
        }
    }
}
