//! Negation in German, Dutch, French, Vietnamese (before the word) and Japanese (after it), in folded text.
//!
//! What is not: Frisian `net` and Vietnamese `neu` (if), which are Dutch and German words of another meaning; German `wenn`, which is
//! as often "whenever"; German and Dutch negators at the end of the clause (`kaputt war es nicht`).

use crate::decide::script::is_kana;

/// Stand before what they deny, fillers between. `ne` alone is none: `ne marche pas` is a word of the rules.
pub(super) const NEGATORS: &[&str] = &[
    "nicht",
    "kein",
    "keine",
    "keinen",
    "keinem",
    "keiner",
    "keinerlei",
    "nie",
    "niemals",
    "ohne",
    "weder", // German
    "niet",
    "geen",
    "nooit",
    "zonder",
    "nimmer",
    "gjin",
    "noait", // Dutch and Frisian
    "pas",
    "jamais",
    "sans",
    "aucun",
    "aucune",
    "ni", // French
    "khong",
    "ko",
    "k",
    "hok",
    "chua",
    "chang", // Vietnamese
];
const FILLERS: &[&str] = &[
    "ein",
    "minute",
    "sekunde",
    "lange",
    "langen",
    "eine",
    "einen",
    "einem",
    "einer",
    "der",
    "die",
    "das",
    "den",
    "dem",
    "sehr",
    "zu",
    "wirklich",
    "besonders",
    "ganz",
    "ist",
    "war",
    "mal",
    "einmal",
    "irgendwie",
    "irgendwelche",
    "uberhaupt",
    "grossen",
    "großen",
    "große",
    "einzigen",
    "einziges",
    "einziger",
    "einzige",
    "mehr",
    "allzu",
    "gerade",
    "unbedingt",
    "immer", // German
    "een",
    "lange",
    "lang",
    "grote",
    "enkel",
    "de",
    "het",
    "erg",
    "heel",
    "echt",
    "te",
    "zeer",
    "zo",
    "bijzonder",
    "enkel",
    "enkele",
    "enige",
    "meer",
    "bepaald",
    "altijd", // Dutch
    "un",
    "une",
    "du",
    "des",
    "le",
    "la",
    "les",
    "tres",
    "trop",
    "si",
    "vraiment",
    "tellement",
    "ete",
    "eu",
    "tout",
    "moindre",
    "rencontre",
    "particulierement",
    "forcement",
    "toujours",
    "plus",
    "seul", // French
    "bi",
    "co",
    "he",
    "phai",
    "qua",
    "rat",
    "lam",
    "thay",
    "gap",
    "mot",
    "chut",
    "nao",
    "duoc",
    "đuoc",
    "đc",
    "dc",
    "gi",
    "lam",
    "may",
    "la",
    "cam",
    "con", // Vietnamese
];

/// Between a Japanese word and its denial: `壊れてはいない`, `問題は特にありません`.
const AFTER_FILLERS: &[&str] = &[
    "という",
    "ことは",
    "こと",
    "事",
    "ことも",
    "特に",
    "全く",
    "まったく",
    "全然",
    "何も",
    "一切",
    "一度も",
    "あまり",
    "それほど",
    "そんなに",
    "ほとんど",
    "感じられ",
    "感じ",
    "気になら",
    "見られ",
    "見当たり",
    "見当たら",
    "など",
    "とか",
    "では",
    "じゃ",
    "て",
    "で",
    "は",
    "も",
    "が",
    "に",
    "を",
    "と",
    "思わ",
    "思い",
    "い",
    "あり",
];
const DENIALS: &[&str] =
    &["おらず", "ない", "なかっ", "なく", "なさそう", "なし", "ません", "无い", "无く", "无し", "无かっ", "ゼロ", "ず"];
/// Begin like a denial and are none.
const NO_DENIALS: &[&str] = &["ずっと", "ずさん", "ずいぶん", "ずれ", "ないし"];
const MOST_FILLERS: usize = 4;

/// A negator of these languages.
pub(super) fn is_negator(word: &str) -> bool {
    NEGATORS.contains(&word)
}

/// A word that may stand between a negator of these languages and what it denies.
pub(super) fn is_filler(word: &str) -> bool {
    FILLERS.contains(&word)
}

/// French `d'`, `l'`, `qu'` cling to the word: `pas d'arnaque`.
pub(super) fn without_elision(before: &str) -> &str {
    let Some(rest) = before.strip_suffix('\'') else { return before };
    let letters = rest.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric());
    match &rest[letters.len()..] {
        "d" | "l" | "n" | "qu" | "s" => letters,
        _ => before,
    }
}

/// `問題ない`, `壊れていません`, `汚れは特になかった`. `最悪じゃないか` asks and says it.
pub(in crate::decide::held) fn denied_in_japanese(after: &str) -> bool {
    if !may_be_japanese(after) {
        return false;
    }
    let mut rest = after;
    for _ in 0..=MOST_FILLERS {
        if NO_DENIALS.iter().any(|word| rest.starts_with(word)) {
            return false;
        }
        if let Some(denied) = DENIALS.iter().find_map(|denial| rest.strip_prefix(denial)) {
            return !denied.starts_with(['か', '?']) && !denied.starts_with("ですか");
        }
        let Some(next) = AFTER_FILLERS.iter().find_map(|filler| rest.strip_prefix(filler)) else { return false };
        rest = next;
    }
    false
}

/// Whether what follows a hit begins as all of these denials do.
pub(super) fn may_be_japanese(after: &str) -> bool {
    after.starts_with(|letter| is_kana(letter) || matches!(letter, '无' | '事'))
}

/// Vietnamese asks with a negator at the end: `có bị lỗi không?`.
pub(in crate::decide::held) fn asks_in_vietnamese(after: &str) -> bool {
    let asks = |word: &str| after.strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('?') || rest.starts_with(" vay"));
    [" khong", " ko", " k"].into_iter().any(asks)
}
