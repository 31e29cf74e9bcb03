//! A regular expression of a rule is refused with a reason and a remedy, or every match of it contains one of its gates.

use std::sync::LazyLock;

use hearken::decide::fold::fold;
use hearken::decide::pattern::compile;

/// A little of everything a pattern may look for.
const TEXTS: &[&str] = &[
    "",
    "等了12天還沒收到貨，訂了3週，退款也沒有！！客服說會回覆，結果已讀不回。垃.圾 差差差差差",
    "Never  again. I waited 14 days, the refund is late and the seller is a LIAR!!! 5/10 would not buy (again) x_1 a-b a\\b",
    "abc abcabc aabbcc ABC 123 456 0x41 a1b2 foo.bar foo+bar [x] {y} ^z$ | ~ # & @home 100% a\tb\nc d\r\ne",
    "Nestlé ß ſ K İı Ǆ ﬁ ㎏ ½ Ⅷ ｶﾞ が か\u{3099} 한국 ㅋㅋㅋ สวัสดี русский ёлка ελληνικός עברית العربية 👎🏽 𠀀𠀁",
    "\u{0}\u{FEFF}\u{200B}\u{FFFD}\u{E000}\u{10FFFF}\u{D7FF}",
];

static FOLDED: LazyLock<Vec<String>> = LazyLock::new(|| TEXTS.iter().map(|text| fold(text).text().to_owned()).collect());

/// The first line is the pattern; what follows is one text more.
pub(crate) fn check(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let (written, own) = input.split_once('\n').unwrap_or((&input, ""));
    let pattern = match compile(written) {
        Ok(pattern) => pattern,
        Err(refusal) => {
            let says = |text: &str| !text.trim().is_empty() && !text.contains('\n');
            assert!(says(&refusal.message) && says(&refusal.help), "{written:?} is refused without a word: {refusal:?}");
            return;
        }
    };
    assert!(!pattern.gates.iter().any(String::is_empty), "an empty gate: {:?}", pattern.gates);
    let own = [written, own].map(|text| fold(text).text().to_owned());
    for text in FOLDED.iter().chain(&own) {
        for found in pattern.regex.find_iter(text) {
            assert!(!found.is_empty(), "{written:?} matches nothing at {} of {text:?}", found.start());
            let open = pattern.gates.is_empty() || pattern.gates.iter().any(|gate| found.as_str().contains(gate));
            assert!(open, "{written:?} finds {:?}, which has none of the gates {:?}", found.as_str(), pattern.gates);
        }
    }
}
