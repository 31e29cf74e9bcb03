//! Repeated letters: `sooo baaaad` is `so bad`, `差差差差差` is `差差差`.
//!
//! Three or more of a Latin letter become one, or two in the words that are written with two (`goooood`). Of other letters three remain:
//! a word of two characters is found all the same (`垃垃垃圾圾圾`), and `呵呵呵` laughs where `呵呵` sneers. Digits and signs stay: they are amounts and rage.

use std::ops::Range;

use super::pass::PADDING;
use crate::decide::script::{is_han, is_hangul, is_kana};

/// Parts of English words with a double letter that people stretch.
const DOUBLED: &[&str] = &[
    "good", "soon", "too", "food", "poor", "cool", "book", "look", "room", "wood", "noob", "loos", "fool", "really", "awfull", "call",
    "hell", "kill", "will", "still", "full", "all", "bull", "dull", "ill", "well", "small", "smell", "sell", "tell", "see", "seen", "need",
    "feel", "week", "free", "been", "keep", "sleep", "deep", "freez", "gree", "steep", "cheer", "terrib", "horrib", "worr", "sorry",
    "hurry", "miss", "mess", "piss", "loss", "less", "boss", "pass", "ass", "gross", "stress", "stuff", "off", "suffer", "differ", "prett",
    "little", "better", "bitter", "shitt", "crapp", "happ", "supp", "apparen", "disapp", "slopp", "pepp", "scamm", "summ", "comm", "funn",
    "cann", "dinner", "annoy", "runn", "fuzz", "pizza", "buzz", "sucker", "succ", "accept", "add", "middl", "bigg", "rugg", "egg",
];

/// Below the Latin letters.
const LAST_SIGN: u16 = 0x60;
/// Of letters that are not Latin.
const MOST_OTHERS: usize = 3;

/// Whether anything that may be a letter stands three times in a row, in units with `PADDING` zeros behind them: what every text is
/// asked, so it is asked of many places at once.
pub(super) fn has_triple(padded: &[u16]) -> bool {
    const BLOCK: usize = 16;
    let mut triples = [0_u16; BLOCK];
    for start in (0..padded.len().saturating_sub(PADDING)).step_by(BLOCK) {
        let Some(units) = padded[start..].first_chunk::<{ BLOCK + 2 }>() else { break };
        // As whole blocks, for the compiler would fetch the shifted ones letter by letter.
        let block = |by: usize| units[by..].first_chunk::<BLOCK>().copied().unwrap_or_default();
        let (one, two, three) = (block(0), block(1), block(2));
        triples = std::array::from_fn(|at| {
            let same = u16::from(one[at] == two[at]) & u16::from(two[at] == three[at]);
            triples[at] | same & u16::from(one[at] > LAST_SIGN)
        });
    }
    triples != [0; BLOCK]
}

/// Not the digits and signs that people write in rows.
const fn may_be_letter(unit: u16) -> bool {
    unit > LAST_SIGN && unit & 0xFFC0 != 0x3000
}

/// What goes of runs of one letter.
pub(super) fn repeats(units: &[u16]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 2 < units.len() {
        let unit = units[at];
        if units[at + 1] != unit || units[at + 2] != unit || !may_be_letter(unit) {
            at += 1;
            continue;
        }
        let length = units[at..].iter().take_while(|other| **other == unit).count();
        let keep = kept(units, at, &units[at..at + length]);
        found.extend((keep < length).then_some(at + keep..at + length));
        at += length;
    }
    found
}

/// How many of this run stay.
fn kept(units: &[u16], at: usize, run: &[u16]) -> usize {
    if is_latin(run[0]) {
        return latin(units, at, run);
    }
    match char::from_u32(u32::from(run[0])) {
        Some(letter) if is_han(letter) || is_kana(letter) || is_hangul(letter) || letter.is_alphabetic() => MOST_OTHERS.min(run.len()),
        _ => run.len(),
    }
}

/// A word that is nothing but one letter (`www`, `aaa`) is left alone.
fn latin(units: &[u16], at: usize, run: &[u16]) -> usize {
    let start = at - units[..at].iter().rev().take_while(|unit| is_latin(**unit)).count();
    let end = at + units[at..].iter().take_while(|unit| is_latin(**unit)).count();
    if end - start == run.len() {
        return run.len();
    }
    let mut word = String::new();
    for (place, unit) in (start..end).zip(&units[start..end]) {
        let letter = char::from_u32(u32::from(*unit)).unwrap_or_default();
        let most = if (at..at + run.len()).contains(&place) { 2 } else { 1 };
        let triple = word.chars().rev().take_while(|before| *before == letter).count();
        let long = units[start..end].chunk_by(|left, right| left == right).any(|chunk| chunk.len() >= 3 && chunk[0] == *unit);
        if triple < most || !long {
            word.push(letter);
        }
    }
    let doubled = [run[0], run[0]].iter().filter_map(|unit| char::from_u32(u32::from(*unit))).collect::<String>();
    let written_so = DOUBLED.iter().any(|part| part.contains(&doubled) && word.contains(part));
    if written_so { 2 } else { 1 }
}

const fn is_latin(unit: u16) -> bool {
    matches!(unit, 0x61..=0x7A)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretched_words_get_their_spelling() {
        for (text, short) in [
            ("sooo baaaad", "so bad"),
            ("goooood", "good"),
            ("reallllly", "really"),
            ("terrrrible", "terrible"),
            ("neverrrr", "never"),
            ("www.aaa", "www.aaa"),
            ("10000 yes!!!", "10000 yes!!!"),
            ("差差差差", "差差差"),
            ("垃垃垃圾圾圾圾", "垃垃垃圾圾圾"),
            ("ㅋㅋㅋㅋ", "ㅋㅋㅋ"),
        ] {
            let mut units: Vec<u16> = text.encode_utf16().collect();
            let padded = [units.as_slice(), &[0; PADDING]].concat();
            assert_eq!(has_triple(&padded), text != short || text.contains("www"));
            for range in repeats(&units).into_iter().rev() {
                units.drain(range);
            }
            assert_eq!(String::from_utf16_lossy(&units), short);
        }
    }
}
