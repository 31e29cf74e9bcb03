//! Which language a text is in, by its script: `zh-Hant`, `zh-Hans`, `zh` (the same in both), `ja`, `ko`, `en` or `und`.

use std::sync::LazyLock;

use super::fold::pairs;
use super::script::{is_han, is_hangul, is_kana};

/// A language shows in its first few hundred characters.
const MOST_CHARS: usize = 600;
/// Up to this many words, a text in plain ASCII is taken for English without one of its small words.
const FEW_WORDS: usize = 6;

/// Characters that only one of the two scripts writes. A flag for each character of the first plane: a set would be hashed for every character of every text.
struct Scripts(Box<[u8]>);

const TRADITIONAL: u8 = 1;
const SIMPLIFIED: u8 = 2;

impl Scripts {
    fn has(&self, letter: char, script: u8) -> usize {
        usize::from(self.0.get(letter as usize).is_some_and(|flags| flags & script != 0))
    }

    fn mark(&mut self, letter: char, script: u8) {
        if let Some(flags) = self.0.get_mut(letter as usize) {
            *flags |= script;
        }
    }
}

/// Traditional keys that simplified texts write as well.
const IN_BOTH: &str = "著乾瞭藉";

static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| {
    let mut scripts = Scripts(vec![0; 0x1_0000].into_boxed_slice());
    for (traditional, _) in pairs().filter(|(traditional, _)| !IN_BOTH.contains(*traditional)) {
        scripts.mark(traditional, TRADITIONAL);
    }
    for (_, simplified) in pairs().filter(|(_, simplified)| !in_taiwan(*simplified)) {
        if scripts.has(simplified, TRADITIONAL) == 0 {
            scripts.mark(simplified, SIMPLIFIED);
        }
    }
    scripts
});

/// What Big5 holds is written in Taiwan too, as the 后 of 皇后 and the 吃 that stands for 喫.
fn in_taiwan(letter: char) -> bool {
    let mut buffer = [0; 4];
    let (_, _, missing) = encoding_rs::BIG5.encode(letter.encode_utf8(&mut buffer));
    !missing
}

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
    let (mut counts, scripts) = (Counts::default(), &*SCRIPTS);
    for letter in text.chars().take(MOST_CHARS) {
        if letter.is_ascii_alphabetic() {
            counts.latin += 1;
        } else if letter.is_ascii() {
        } else if is_han(letter) {
            counts.han += 1;
            counts.traditional += scripts.has(letter, TRADITIONAL);
            counts.simplified += scripts.has(letter, SIMPLIFIED);
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
