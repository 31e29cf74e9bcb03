//! Which language a text is in, by its script: `zh-Hant`, `zh-Hans`, `zh` (the same in both), `ja`, `ko`, `en` or `und`.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold::pairs;
use super::script::{is_han, is_hangul, is_kana};

/// A language shows in its first few hundred characters.
const MOST_CHARS: usize = 600;
/// Up to this many words, a text in plain ASCII is taken for English without one of its small words.
const FEW_WORDS: usize = 6;

/// Characters that only one of the two scripts writes.
struct Scripts {
    traditional: HashSet<char>,
    simplified: HashSet<char>,
}

/// Simplified forms that traditional texts write as well, in another sense.
const IN_BOTH: &str = "后里余干面松只台系制表谷斗丑几云出向回才征志冲准范伙借克升占卷吁合周咸困奸姜家布并当彩彷复恶托扎折捨欲沈沾法注游炼烟熏然症痒盖着碱秋种筑签管累舍致苏苹荐蒙虫蜡血赞辟迹郁酸采里金铲锤雕霉面须食体与万个丰么于亏云仆伕价们优";

static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| {
    let traditional: HashSet<char> = pairs().map(|(traditional, _)| traditional).collect();
    let simplified =
        pairs().map(|(_, simplified)| simplified).filter(|letter| !traditional.contains(letter) && !IN_BOTH.contains(*letter)).collect();
    Scripts { traditional, simplified }
});

const SMALL_WORDS: &[&str] = &[
    "the", "and", "is", "to", "it", "i", "was", "not", "my", "for", "of", "this", "that", "with", "but", "you", "have", "are", "they",
    "very", "be", "on", "at", "had", "your", "we", "it's", "don't", "from", "were", "so", "just", "no", "as", "been", "what", "me", "has",
    "will", "our", "their", "never", "good", "great",
];

#[derive(Default)]
struct Counts {
    han: usize,
    kana: usize,
    hangul: usize,
    latin: usize,
    other: usize,
    traditional: usize,
    simplified: usize,
}

/// The language of a text; `stated` breaks a tie between the two Chinese scripts.
#[must_use]
pub fn detect(text: &str, stated: Option<&str>) -> String {
    let counts = count(text);
    let name = if counts.kana >= 2 && counts.kana * 5 >= counts.han {
        "ja"
    } else if counts.hangul > counts.han && counts.hangul * 3 >= counts.latin {
        "ko"
    } else if counts.han > 0 && counts.han * 3 >= counts.latin {
        chinese(&counts, stated)
    } else if counts.latin > counts.other && is_english(text) {
        "en"
    } else {
        return stated.filter(|_| counts.latin + counts.other > 0).unwrap_or("und").to_owned();
    };
    name.to_owned()
}

fn chinese(counts: &Counts, stated: Option<&str>) -> &'static str {
    match counts.traditional.cmp(&counts.simplified) {
        std::cmp::Ordering::Greater => "zh-Hant",
        std::cmp::Ordering::Less => "zh-Hans",
        std::cmp::Ordering::Equal => match stated {
            Some("zh-Hant" | "zh-TW" | "zh-HK") => "zh-Hant",
            Some("zh-Hans" | "zh-CN" | "zh-SG") => "zh-Hans",
            _ => "zh",
        },
    }
}

fn count(text: &str) -> Counts {
    let mut counts = Counts::default();
    for letter in text.chars().take(MOST_CHARS) {
        if letter.is_ascii_alphabetic() {
            counts.latin += 1;
        } else if letter.is_ascii() {
        } else if is_han(letter) {
            counts.han += 1;
            counts.traditional += usize::from(SCRIPTS.traditional.contains(&letter));
            counts.simplified += usize::from(SCRIPTS.simplified.contains(&letter));
        } else if is_kana(letter) {
            counts.kana += 1;
        } else if is_hangul(letter) {
            counts.hangul += 1;
        } else if letter.is_alphabetic() {
            counts.other += 1;
        }
    }
    counts
}

fn is_english(text: &str) -> bool {
    let head = text.char_indices().nth(MOST_CHARS).map_or(text, |(at, _)| &text[..at]);
    let words: Vec<&str> =
        head.split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '’').filter(|word| !word.is_empty()).collect();
    let small = words.iter().filter(|word| SMALL_WORDS.iter().any(|small| word.eq_ignore_ascii_case(small))).count();
    small * 8 >= words.len() || (words.len() <= FEW_WORDS && head.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_its_language() {
        for (text, lang) in [
            ("這家店的服務態度很差", "zh-Hant"),
            ("这家店的服务态度很差", "zh-Hans"),
            ("好吃", "zh"),
            ("iPhone 電池壞了", "zh-Hant"),
            ("皇后餐廳", "zh-Hant"),
            ("スタッフの対応が悪い", "ja"),
            ("배송이 너무 늦어요", "ko"),
            ("The parcel never arrived", "en"),
            ("Terrible", "en"),
            ("Das Produkt ist schon nach zwei Tagen kaputt gegangen", "und"),
            ("😡😡", "und"),
            ("", "und"),
        ] {
            assert_eq!(detect(text, None), lang, "{text}");
        }
        assert_eq!(detect("好吃", Some("zh-TW")), "zh-Hant");
    }
}
