//! What an HTML document is when it is not what we came for: a login page, a barrier, or just a page.

use crate::model::FailureKind;

/// Barriers and login forms show themselves early.
const LOOK_WITHIN: usize = 128 * 1024;

/// A real page may mention any of these words; a barrier is short.
const BARRIER_BYTES_MAX: usize = 64 * 1024;

/// Marks of the usual protections, and words their pages show (folded to lower case).
const BARRIERS: &[&str] = &[
    "cf-challenge",
    "challenge-platform",
    "cf-browser-verification",
    "g-recaptcha",
    "h-captcha",
    "hcaptcha.com",
    "geetest",
    "captcha",
    "just a moment...",
    "attention required!",
    "access denied",
    "verify you are human",
    "are you a robot",
    "unusual traffic",
    "request unsuccessful. incapsula",
    "安全验证",
    "安全驗證",
    "人机验证",
    "人機驗證",
    "请完成验证",
    "访问过于频繁",
    "滑动验证",
];

const LOGIN_TITLES: &[&str] = &["login", "log in", "sign in", "signin", "登录", "登錄", "登入", "請先登入", "请先登录"];

/// Whether the document is HTML rather than a feed.
#[must_use]
pub fn is_html(text: &str) -> bool {
    let head = head(text, 1024).to_ascii_lowercase();
    let head = after_comments(head.trim_start());
    head.starts_with("<!doctype html") || head.starts_with("<html") || head.starts_with("<head") || head.starts_with("<body")
}

/// A login page, a barrier, or (`otherwise`) neither, with a sentence for the operator.
#[must_use]
pub fn page_kind(text: &str, otherwise: FailureKind) -> (FailureKind, String) {
    let lower = head(text, LOOK_WITHIN).to_lowercase();
    let title = title(&lower);
    if let Some(mark) = BARRIERS.iter().find(|mark| lower.contains(**mark))
        && text.len() <= BARRIER_BYTES_MAX
    {
        return (FailureKind::Blocked, format!("the page looks like a barrier ({mark})"));
    }
    let asks_password = ["type=\"password\"", "type='password'", "type=password"].iter().any(|field| lower.contains(field));
    if asks_password || LOGIN_TITLES.iter().any(|word| title.contains(word)) {
        return (FailureKind::LoginPage, "the page asks to log in".to_owned());
    }
    let shown: String = title.chars().take(80).collect();
    (otherwise, format!("the answer is an HTML page titled {shown:?}"))
}

fn title(lower: &str) -> &str {
    let Some(open) = lower.find("<title") else { return "" };
    let Some(start) = lower[open..].find('>').map(|at| open + at + 1) else { return "" };
    let end = lower[start..].find("</title").map_or(lower.len(), |at| start + at);
    lower[start..end].trim()
}

fn after_comments(mut text: &str) -> &str {
    while let Some(rest) = text.strip_prefix("<!--") {
        let Some(end) = rest.find("-->") else { return text };
        text = rest[end + 3..].trim_start();
    }
    text
}

/// The first `bytes` of a text, cut at a character.
pub(super) fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_are_no_feed() {
        let kind = |text: &str| page_kind(text, FailureKind::NotAFeed).0;
        assert_eq!(kind("<html><title>會員登入</title><body>...</body></html>"), FailureKind::LoginPage);
        assert_eq!(kind("<html><form><input type=\"password\"></form></html>"), FailureKind::LoginPage);
        assert_eq!(kind("<html><title>Just a moment...</title></html>"), FailureKind::Blocked);
        assert_eq!(kind("<html><body>访问过于频繁，请稍后再试</body></html>"), FailureKind::Blocked);
        assert_eq!(kind("<html><title>Our shop</title></html>"), FailureKind::NotAFeed);
    }

    #[test]
    fn html_is_told_from_xml() {
        assert!(is_html("\n<!-- hello -->\n<!DOCTYPE HTML PUBLIC '-//W3C//DTD'><p>"));
        assert!(is_html("<html lang=en>"));
        assert!(!is_html("<rss version='2.0'><channel><description>&lt;html></description>"));
    }
}
