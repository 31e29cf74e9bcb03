//! Takes out of a stranger's text what says who wrote it or whom to call, before the text leaves the house or is kept for training.
//!
//! What goes: mail and web addresses, also where they are spelt out (`at`, `dot`), `@names`, names in chats (LINE, WeChat, QQ and others, where
//! they are called so), phone numbers and other long runs of digits (orders, cards, identity cards), house numbers with their street in
//! Chinese, somebody's surname with Mr or Mrs behind it in Chinese, and the author's name where it stands. What stays: numbers written in
//! words, other names of other people, streets in other languages, number plates; no list of rules knows those.

use std::sync::LazyLock;

use regex::Regex;

/// A shorter name stands inside other words.
const NAME_CHARS: usize = 2;

/// In this order: an address before the digits in it.
static PATTERNS: LazyLock<[(Regex, &str); 9]> = LazyLock::new(|| {
    let compiled = |text: &str| Regex::new(text).expect("a pattern of ours compiles: the tests use them all");
    [
        (compiled(r"(?i)\b(?:https?://|www\.)[^\s<>，。、；！？）」』]+"), "[link]"),
        (compiled(r"(?i)\b(?:t\.me|wa\.me|lin\.ee|line\.me|fb\.com|instagram\.com|facebook\.com)/[^\s<>，。、；！？）」』]+"), "[link]"),
        (compiled(r"[\w.+%-]+\s?[@＠]\s?[\w-]+(?:\s?[.．。]\s?[\w-]+)+"), "[mail]"),
        (compiled(r"(?i)[\w.+%-]+\s?[(\[]\s?(?:at|@)\s?[)\]]\s?[\w-]+(?:\s?[(\[]?\s?(?:dot|\.)\s?[)\]]?\s?[\w-]+)+"), "[mail]"),
        (compiled(r"[@＠][A-Za-z0-9_.]{3,}"), "[name]"),
        (
            compiled(
                r"(?i)(\b(?:line|wechat|weixin|wx|vx|qq|telegram|tg|whatsapp|skype|kakao|zalo)|微信|威信|薇信|扣扣|賴)(\s?(?:id|帳號|账号|号|號)?\s?[:：是]?\s?)[A-Za-z][A-Za-z0-9_.-]*[0-9_][A-Za-z0-9_.-]*",
            ),
            "$1$2[name]",
        ),
        (
            compiled(
                r"(?:[\p{Han}]{2}[縣县市])?(?:[\p{Han}]{1,3}[區区鄉乡鎮镇])?[\p{Han}]{1,4}(?:路|街|大道)(?:[一二三四五六七八九十\d]{1,3}段)?(?:\d{1,4}[巷弄])*\d{1,5}(?:之\d{1,3})?[號号](?:[樓楼]?\d{1,3}[樓楼室])?",
            ),
            "[address]",
        ),
        // Seven digits and more, with what people write between them; a plus or a bracket before.
        (compiled(r"[+＋]?[(（]?\d(?:[\s()（）.\-－–—/]{0,2}\d){6,}"), "[number]"),
        (compiled(r"\d{6,}"), "[number]"),
    ]
});

/// The text without what is listed above; `[mail]`, `[number]`, ... stand in its place.
#[must_use]
pub fn redacted(text: &str, author: Option<&str>) -> String {
    let author = author.map(str::trim).filter(|author| author.chars().count() >= NAME_CHARS);
    let mut text = author.map_or_else(|| text.to_owned(), |author| text.replace(author, "[author]"));
    for (pattern, instead) in PATTERNS.iter() {
        if let std::borrow::Cow::Owned(changed) = pattern.replace_all(&text, *instead) {
            text = changed;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_author(text: &str) -> String {
        redacted(text, None)
    }

    #[test]
    fn addresses_and_names_go() {
        assert_eq!(without_author("寫信到 mei.lin+shop@mail.example.com 給我"), "寫信到 [mail] 給我");
        assert_eq!(without_author("mei＠example．com,謝謝"), "[mail],謝謝");
        assert_eq!(without_author("see https://shop.example/o/99?t=abc。太差"), "see [link]。太差");
        assert_eq!(without_author("加我 @mei_lin88 退款"), "加我 [name] 退款");
        assert_eq!(redacted("王小明 的訂單,王小明很生氣", Some("王小明")), "[author] 的訂單,[author]很生氣");
        assert_eq!(redacted("A bad day", Some("A")), "A bad day", "one letter is no name to look for");
    }

    #[test]
    fn names_in_chats_spelt_addresses_and_houses_go() {
        for (text, without) in [
            ("加我微信 wx_john88 退款", "加我微信 [name] 退款"),
            ("LINE：john88 找我", "LINE：[name] 找我"),
            ("line id: mei_lin", "line id: [name]"),
            ("QQ號 a12345", "QQ號 [name]"),
            ("write to john (at) example (dot) com please", "write to [mail] please"),
            ("john [at] example.com", "[mail]"),
            ("see t.me/johns now", "see [link] now"),
            ("寄到台北市信義區信義路五段7號", "寄到[address]"),
            ("信義路五段7號3樓沒人收", "[address]沒人收"),
        ] {
            assert_eq!(without_author(text), without);
        }
        for text in [
            "LINE 一直沒人回",
            "the line was 2 hours long",
            "微信客服不回",
            "排隊排到路口",
            "QQ的珍珠",
            "等了7號到9號",
            "line up since 6am",
        ] {
            assert_eq!(without_author(text), text);
        }
    }

    #[test]
    fn phone_numbers_and_long_runs_of_digits_go() {
        for number in
            ["0912-345-678", "0912 345 678", "+886 2 2345 6789", "(02) 2345-6789", "１３８００１３８０００", "4111 1111 1111 1111"]
        {
            assert_eq!(without_author(&format!("打 {number} 沒人接")), "打 [number] 沒人接", "{number}");
        }
        assert_eq!(without_author("訂單 202611 還沒到"), "訂單 [number] 還沒到");
        assert_eq!(without_author("身分證A123456789"), "身分證A[number]");
    }

    #[test]
    fn what_a_complaint_says_stays() {
        for text in ["等了10天,花了1,299元", "3/5 顆星,2個月壞2次", "24小時內 500 ml", "iPhone 15 Pro 壞了", "I paid $49.99 on May 5"]
        {
            assert_eq!(without_author(text), text);
        }
    }
}
