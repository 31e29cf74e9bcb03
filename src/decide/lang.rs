//! Which language a text is in: by its script `zh-Hant`, `zh-Hans`, `zh` (the same in both), `ja`, `ko`; by its small words
//! `en`, `de`, `nl`, `fy`, `fr`, `vi`, `es`, `it`, `pt`; else `und`.

mod small_words;

use std::sync::LazyLock;

use self::small_words::latin;
use super::fold::pairs;
use super::script::{is_han, is_hangul, is_kana};

/// A language shows in its first few hundred characters.
const MOST_CHARS: usize = 600;
/// Characters that only one of the two scripts writes. A flag for each character of the first plane: a set would be hashed for every character of every text.
struct Scripts(Box<[u8]>);

const TRADITIONAL: u8 = 1;
const SIMPLIFIED: u8 = 2;
/// Written in Japan alone: 悪, 対, 気, 駅.
const JAPANESE: u8 = 4;

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
    JAPANESE_LETTERS.chars().for_each(|letter| scripts.mark(letter, JAPANESE));
    scripts
});

/// The frequent ones among the characters of JIS level 1 that are in neither Big5 nor GB 2312.
const JAPANESE_LETTERS: &str = "両乗価児処剣効単厳収営団囲図圏圧塁塩増壊売変姉実対専帯帰庁広廃従徳応悩悪懐戦戻払抜択拠拡挙捜掲揺撃斉暁栄検楽様権歓歩歳歴残毎気汚沢浄涙\
     済渉渋満滝猟獣産畑畳発県砕稲穏窓粧経絵継続総緑縁繊聴脳臓舎蔵薬覚覧観訳説読譲賛転軽辺込逓遅郷酔釈鉱銭鋭関闘険隠隣雑霊頼顔顕駄駅騒験髪黒黙齢働匂";

/// What Big5 holds is written in Taiwan too, as the 后 of 皇后 and the 吃 that stands for 喫.
fn in_taiwan(letter: char) -> bool {
    let mut buffer = [0; 4];
    let (_, _, missing) = encoding_rs::BIG5.encode(letter.encode_utf8(&mut buffer));
    !missing
}

#[derive(Default)]
struct Counts {
    han: usize,
    kana: usize,
    hangul: usize,
    latin: usize,
    other: usize,
    traditional: usize,
    simplified: usize,
    japanese: usize,
    vietnamese: usize,
}

/// The language of a text; `stated` breaks a tie, and decides where a text is too short to tell.
#[must_use]
pub fn detect(text: &str, stated: Option<&str>) -> String {
    let counts = count(text);
    let name = if is_japanese(&counts, stated) {
        "ja"
    } else if counts.hangul > counts.han && counts.hangul * 3 >= counts.latin {
        "ko"
    } else if counts.han > 0 && counts.han * 3 >= counts.latin {
        chinese(&counts, stated)
    } else if let Some(name) = of_latin(text, &counts, stated) {
        name
    } else {
        return stated.filter(|_| counts.latin + counts.other > 0).unwrap_or("und").to_owned();
    };
    name.to_owned()
}

/// Kana; or little of it beside characters of Japan alone (最悪だ). A single の stands in Taiwanese names too.
fn is_japanese(counts: &Counts, stated: Option<&str>) -> bool {
    let kana = counts.kana >= 2 && counts.kana * 5 >= counts.han;
    let here = counts.japanese > 0 && counts.japanese + counts.kana >= 2 && counts.japanese * 5 >= counts.han;
    let told = stated == Some("ja") && counts.han + counts.kana > 0 && counts.traditional.max(counts.simplified) <= 1 + counts.kana;
    kana || (here && counts.japanese >= counts.traditional) || told
}

fn of_latin(text: &str, counts: &Counts, stated: Option<&str>) -> Option<&'static str> {
    if counts.vietnamese >= 2 && counts.vietnamese * 20 >= counts.latin {
        return Some("vi");
    }
    // Accented letters count as other ones: a word in ten has one in French, one in two in Vietnamese.
    if counts.latin <= counts.other {
        return None;
    }
    let head = text.char_indices().nth(MOST_CHARS).map_or(text, |(at, _)| &text[..at]);
    latin(head, stated)
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
            counts.japanese += scripts.has(letter, JAPANESE);
        } else if is_kana(letter) {
            counts.kana += 1;
        } else if is_hangul(letter) {
            counts.hangul += 1;
        } else if letter.is_alphabetic() {
            counts.vietnamese += usize::from(is_vietnamese(letter));
            counts.other += 1;
        } else if matches!(letter, '\u{309}' | '\u{31B}' | '\u{323}') {
            counts.vietnamese += 1;
        }
    }
    counts
}

/// Letters of no other language: o and u with a horn, vowels with a mark for their quality and one for their tone.
const fn is_vietnamese(letter: char) -> bool {
    matches!(letter, 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1EA0}'..='\u{1EF9}')
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
            ("最悪だ", "ja"),
            ("対応最悪", "ja"),
            ("好の味餐廳", "zh-Hant"),
            ("Das Produkt ist schon nach zwei Tagen kaputt gegangen", "de"),
            ("Zug fällt schon wieder aus", "de"),
            ("Het pakket is nooit aangekomen", "nl"),
            ("Geen goede service, wij komen hier niet meer", "nl"),
            ("It pakket is noait oankommen en nimmen jout antwurd", "fy"),
            ("Le colis n'est jamais arrivé et personne ne répond", "fr"),
            ("C’est trop cher pour ce que c’est", "fr"),
            ("Giao hàng chậm, máy bị lỗi", "vi"),
            ("giao hang cham, nhan vien khong tra loi", "vi"),
            ("Commande livrée en retard, trois semaines d'attente", "fr"),
            ("El paquete nunca llegó y nadie contesta", "es"),
            ("Il pacco non è mai arrivato", "it"),
            ("A encomenda nunca chegou e ninguém responde", "pt"),
            ("Tilausta ei koskaan toimitettu, vaikka maksoin sen heti", "und"),
            ("😡😡", "und"),
            ("", "und"),
        ] {
            assert_eq!(detect(text, None), lang, "{text}");
        }
        assert_eq!(detect("好吃", Some("zh-TW")), "zh-Hant");
        assert_eq!(detect("部屋清潔", Some("ja")), "ja");
        assert_eq!(detect("Zug kaputt", Some("de")), "de");
        assert_eq!(detect("Zug kaputt", None), "en");
        assert_eq!(detect("The train was late and they were rude", Some("de")), "en");
    }
}
