//! Which language a text is in: by its script `zh-Hant`, `zh-Hans`, `zh` (the same in both), `ja`, `ko`; by its small words
//! `en`, `de`, `nl`, `fy`, `fr`, `vi`, `es`, `it`, `pt`; else `und`.

mod plain_words;
mod shape;
mod small_words;

use std::collections::HashSet;
use std::sync::LazyLock;

use self::small_words::latin;
use super::fold::pairs;
use super::script::{is_han, is_hangul, is_kana};

/// What is told apart.
pub(super) const FOUND: [&str; 14] = ["zh", "zh-Hant", "zh-Hans", "ja", "ko", "en", "de", "nl", "fy", "fr", "vi", "es", "it", "pt"];
/// What nobody can tell.
pub(super) const UNKNOWN: &str = "und";
/// A language shows in its first few hundred characters.
const MOST_CHARS: usize = 600;

/// What a character is, for every character of the first plane: to ask the scripts and sets one after the other for every character of
/// every text would cost as much as finding its words.
struct Kinds(Box<[Kind; 0x1_0000]>);

/// The kinds a character may be of; Chinese ones by the scripts that write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Nothing,
    Latin,
    Kana,
    Hangul,
    Other,
    /// A letter of Vietnamese alone.
    Vietnamese,
    /// A tone of Vietnamese, written after its letter.
    Tone,
    /// Chinese characters written by both scripts; then bits for the scripts that alone write them.
    Han,
    Traditional,
    Simplified,
    /// Written in Japan alone: 悪, 対, 気, 駅.
    Japanese,
    /// Written in Japan, and traditional in China.
    JapaneseTraditional,
    JapaneseSimplified,
}

const KINDS: usize = Kind::JapaneseSimplified as usize + 1;

/// Traditional keys that simplified texts write as well.
const IN_BOTH: &str = "著乾瞭藉";

static KINDS_OF: LazyLock<Kinds> = LazyLock::new(|| {
    let letters = (0..0x1_0000_u32).map(|code| char::from_u32(code).map_or(Kind::Nothing, plain_kind));
    let mut kinds = Kinds(Box::new([Kind::Nothing; 0x1_0000]));
    kinds.0.iter_mut().zip(letters).for_each(|(place, kind)| *place = kind);
    for (traditional, _) in pairs().filter(|(traditional, _)| !IN_BOTH.contains(*traditional)) {
        kinds.set(traditional, Kind::Traditional);
    }
    let taiwanese = taiwanese();
    for (_, simplified) in pairs().filter(|(_, simplified)| !taiwanese.contains(simplified)) {
        if kinds.of(simplified) != Kind::Traditional {
            kinds.set(simplified, Kind::Simplified);
        }
    }
    for letter in JAPANESE_LETTERS.chars() {
        let kind = match kinds.of(letter) {
            Kind::Traditional => Kind::JapaneseTraditional,
            Kind::Simplified => Kind::JapaneseSimplified,
            _ => Kind::Japanese,
        };
        kinds.set(letter, kind);
    }
    kinds
});

impl Kinds {
    #[inline]
    fn of(&self, letter: char) -> Kind {
        match u16::try_from(u32::from(letter)) {
            Ok(code) => self.0[usize::from(code)],
            Err(_) => plain_kind(letter),
        }
    }

    fn set(&mut self, letter: char, kind: Kind) {
        if let Some(place) = self.0.get_mut(letter as usize) {
            *place = kind;
        }
    }
}

/// By its block alone.
fn plain_kind(letter: char) -> Kind {
    if letter.is_ascii() {
        return if letter.is_ascii_alphabetic() { Kind::Latin } else { Kind::Nothing };
    }
    match letter {
        _ if is_han(letter) => Kind::Han,
        _ if is_kana(letter) => Kind::Kana,
        _ if is_hangul(letter) => Kind::Hangul,
        _ if letter.is_alphabetic() && is_vietnamese(letter) => Kind::Vietnamese,
        _ if letter.is_alphabetic() => Kind::Other,
        '\u{309}' | '\u{31B}' | '\u{323}' => Kind::Tone,
        _ => Kind::Nothing,
    }
}

/// The frequent ones among the characters of JIS level 1 that are in neither Big5 nor GB 2312.
const JAPANESE_LETTERS: &str = "両乗価児処剣効単厳収営団囲図圏圧塁塩増壊売変姉実対専帯帰庁広廃従徳応悩悪懐戦戻払抜択拠拡挙捜掲揺撃斉暁栄検楽様権歓歩歳歴残毎気汚沢浄涙\
     済渉渋満滝猟獣産畑畳発県砕稲穏窓粧経絵継続総緑縁繊聴脳臓舎蔵薬覚覧観訳説読譲賛転軽辺込逓遅郷酔釈鉱銭鋭関闘険隠隣雑霊頼顔顕駄駅騒験髪黒黙齢働匂";

/// What Big5 holds is written in Taiwan too, as the 后 of 皇后 and the 吃 that stands for 喫: all of it, read once, for its encoder
/// looks a character up in tables made for reading.
fn taiwanese() -> HashSet<char> {
    let trails = || (0x40..=0x7E).chain(0xA1..=0xFE);
    let bytes: Vec<u8> = (0xA1..=0xFE).flat_map(|lead| trails().flat_map(move |trail| [lead, trail])).collect();
    encoding_rs::BIG5.decode(&bytes).0.chars().collect()
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
pub fn detect<'a>(text: &str, stated: Option<&'a str>) -> &'a str {
    told_apart(text, stated).or(stated).unwrap_or(UNKNOWN)
}

/// The same; none where it is the stated one, which may be any.
pub(super) fn told_apart(text: &str, stated: Option<&str>) -> Option<&'static str> {
    let counts = count(text);
    if is_japanese(&counts, stated) {
        Some("ja")
    } else if counts.hangul > counts.han && counts.hangul * 3 >= counts.latin {
        Some("ko")
    } else if counts.han > 0 && counts.han * 3 >= counts.latin {
        Some(chinese(&counts, stated))
    } else {
        let nothing = counts.latin + counts.other == 0;
        of_latin(text, &counts, stated).or_else(|| (nothing || stated.is_none()).then_some(UNKNOWN))
    }
}

/// Kana; or little of it beside characters of Japan alone (最悪だ). A single の stands in Taiwanese names too.
fn is_japanese(counts: &Counts, stated: Option<&str>) -> bool {
    let kana = counts.kana >= 2 && counts.kana * 5 >= counts.han;
    let here = counts.japanese > 0 && counts.japanese + counts.kana >= 2 && counts.japanese * 5 >= counts.han;
    let told = stated.is_some_and(|stated| is_of(stated, "ja"))
        && counts.han + counts.kana > 0
        && counts.traditional.max(counts.simplified) <= 1 + counts.kana;
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
    let is_long = text.len() > MOST_CHARS;
    let head = is_long.then(|| text.char_indices().nth(MOST_CHARS)).flatten().map_or(text, |(at, _)| &text[..at]);
    latin(head, stated)
}

fn chinese(counts: &Counts, stated: Option<&str>) -> &'static str {
    match counts.traditional.cmp(&counts.simplified) {
        std::cmp::Ordering::Greater => "zh-Hant",
        std::cmp::Ordering::Less => "zh-Hans",
        std::cmp::Ordering::Equal => {
            let says = |wanted: &[&str]| {
                stated.is_some_and(|stated| subtags(stated).any(|tag| wanted.iter().any(|one| tag.eq_ignore_ascii_case(one))))
            };
            match () {
                () if says(&["Hant", "TW", "HK", "MO"]) => "zh-Hant",
                () if says(&["Hans", "CN", "SG"]) => "zh-Hans",
                () => "zh",
            }
        }
    }
}

/// Whether a stated language is this one, whatever its region and however it is written: `de-AT`, `DE`, `de_CH`.
fn is_of(stated: &str, language: &str) -> bool {
    subtags(stated).next().is_some_and(|tag| tag.eq_ignore_ascii_case(language))
}

fn subtags(stated: &str) -> impl Iterator<Item = &str> {
    stated.split(['-', '_'])
}

fn count(text: &str) -> Counts {
    let kinds = &*KINDS_OF;
    // By turns in two lists: neighbours are mostly of one kind, and to count one a processor waits for the count of the one before.
    let mut found = [[0_usize; KINDS]; 2];
    let (mut letters, mut left) = (text.chars(), MOST_CHARS);
    while left > 0 {
        // Runs of ASCII in one sweep each: of them only letters count.
        if let Some(run) = ascii_run(letters.as_str(), left) {
            found[0][Kind::Latin as usize] += run.bytes().filter(u8::is_ascii_alphabetic).count();
            left -= run.len();
            letters = letters.as_str()[run.len()..].chars();
            continue;
        }
        let Some(letter) = letters.next() else { break };
        found[left % 2][kinds.of(letter) as usize] += 1;
        left -= 1;
    }
    let sum = |kinds: &[Kind]| kinds.iter().map(|kind| found[0][*kind as usize] + found[1][*kind as usize]).sum();
    Counts {
        han: sum(&[Kind::Han, Kind::Traditional, Kind::Simplified, Kind::Japanese, Kind::JapaneseTraditional, Kind::JapaneseSimplified]),
        kana: sum(&[Kind::Kana]),
        hangul: sum(&[Kind::Hangul]),
        latin: sum(&[Kind::Latin]),
        other: sum(&[Kind::Other, Kind::Vietnamese]),
        traditional: sum(&[Kind::Traditional, Kind::JapaneseTraditional]),
        simplified: sum(&[Kind::Simplified, Kind::JapaneseSimplified]),
        japanese: sum(&[Kind::Japanese, Kind::JapaneseTraditional, Kind::JapaneseSimplified]),
        vietnamese: sum(&[Kind::Vietnamese, Kind::Tone]),
    }
}

/// The ASCII that a text begins with, up to `most` bytes; none where it begins with something else.
#[inline]
fn ascii_run(text: &str, most: usize) -> Option<&str> {
    const BLOCK: usize = 16;
    let bytes = &text.as_bytes()[..text.len().min(most)];
    if !bytes.first()?.is_ascii() {
        return None;
    }
    let blocks = bytes.chunks_exact(BLOCK).take_while(|block| block.is_ascii()).count() * BLOCK;
    let run = bytes[blocks..].iter().position(|byte| !byte.is_ascii()).map_or(bytes.len(), |more| blocks + more);
    Some(&text[..run])
}

/// Letters of no other language: o and u with a horn, vowels with a mark for their quality and one for their tone.
const fn is_vietnamese(letter: char) -> bool {
    matches!(letter, 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1EA0}'..='\u{1EF9}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_counts_once_among_the_first_few_hundred() {
        let kinds = |text: &str| {
            let Counts { han, kana, hangul, latin, other, .. } = count(text);
            (han, kana, hangul, latin, other)
        };
        assert_eq!(kinds("ab 差a,あé한\n差"), (2, 1, 1, 3, 1));
        assert_eq!(kinds(""), (0, 0, 0, 0, 0));
        assert_eq!(kinds(&"a差".repeat(MOST_CHARS)), (MOST_CHARS / 2, 0, 0, MOST_CHARS / 2, 0));
        assert_eq!(kinds(&"a".repeat(2 * MOST_CHARS)), (0, 0, 0, MOST_CHARS, 0));
        assert_eq!(kinds(&format!("{}差", " ".repeat(MOST_CHARS))), (0, 0, 0, 0, 0));
    }

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
            ("Been emailing Skylark since October, nobody replies, refund promised twice", "en"),
            ("Skylark recalls 40,000 kettles after reports of fires, regulator says.", "en"),
            ("Ordered two, got one, hotline keeps hanging up", "en"),
            ("Das Bier ist bezahlt, der Chef lacht", "de"),
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
            ("Lieferung dauert ewig", "de"),
            ("Rückerstattung verweigert", "de"),
            ("Betrug!", "de"),
            ("Livraison en retard", "fr"),
            ("Fuite de gaz", "fr"),
            ("Produit cassé", "fr"),
            ("Verkeerde maat gekregen", "nl"),
            ("Muizen in de keuken", "nl"),
            ("Hair in soup", "en"),
            ("Service was excellent", "en"),
            ("Die hard fan of this shop", "en"),
            ("Tilausta ei koskaan toimitettu, vaikka maksoin sen heti", "und"),
            ("😡😡", "und"),
            ("", "und"),
        ] {
            assert_eq!(detect(text, None), lang, "{text}");
        }
        assert_eq!(detect("好吃", Some("zh-TW")), "zh-Hant");
        for (stated, lang) in [("zh-hant-tw", "zh-Hant"), ("zh_TW", "zh-Hant"), ("zh-MO", "zh-Hant"), ("zh-cn", "zh-Hans"), ("ZH", "zh")] {
            assert_eq!(detect("好吃", Some(stated)), lang, "{stated}");
        }
        for stated in ["de-AT", "DE", "de_CH"] {
            assert_eq!(detect("Zughalt Nord", Some(stated)), "de", "{stated}");
        }
        assert_eq!(detect("部屋清潔", Some("ja")), "ja");
        assert_eq!(detect("部屋清潔", Some("ja-JP")), "ja");
        assert_eq!(detect("Zughalt Nord", Some("de")), "de");
        assert_eq!(detect("Zughalt Nord", None), "en");
        assert_eq!(detect("The train was late and they were rude", Some("de")), "en");
    }
}
