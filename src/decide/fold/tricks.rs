//! Signs and spaces that hide a word by standing between its characters: `垃.圾`, `假 貨`, `诈〇骗`.
//!
//! They go where one of the two runs of Chinese characters beside them is short. Longer runs on both sides are clauses: Taiwan parts
//! them by a space, and `味道好...服务差` by dots. Dots and waves part clauses of two characters too (`好吃~贵死`), so they need a
//! single character beside them.

use std::ops::Range;

/// A run of Chinese characters of at most this length beside a sign is no clause: the sign is a trick.
const SHORT_RUN: usize = 2;
/// More signs in a row than this are a drawn line, not a trick.
const MOST_SIGNS: usize = 4;

/// The signs below U+0080, a bit for each.
const ASCII_SIGNS: u128 = bits(b" .*_-~^|/\\+=#&'\"`@%$");
/// Characters that count as signs between others: zero and two strokes, `〇丶丨`.
const MARK_UNITS: [u16; 3] = [0x3007, 0x4E36, 0x4E28];
const NUMERALS: &str = "一二三四五六七八九十百千零两年月日号";

const fn bits(signs: &[u8]) -> u128 {
    let (mut bits, mut at) = (0, 0);
    while at < signs.len() {
        bits |= 1 << signs[at];
        at += 1;
    }
    bits
}

/// A sign or space that people put between the characters of a word to hide it.
#[inline]
pub(super) const fn is_sign(unit: u16) -> bool {
    if unit < 0x80 {
        return ASCII_SIGNS >> unit & 1 == 1;
    }
    matches!(unit, 0xB0 | 0xB7 | 0x3007 | 0x4E28 | 0x4E36 | 0x25A0..=0x25CF | 0x2605 | 0x2606 | 0x25E6 | 0x25EF)
}

/// Chinese characters, in folded text; of those beyond the first plane the first half.
#[inline]
const fn is_han(unit: u16) -> bool {
    matches!(unit, 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0x3005 | 0x3007 | 0xD840..=0xD8BF)
}

const fn is_second_half(unit: u16) -> bool {
    unit & 0xFC00 == 0xDC00
}

/// Where signs between Chinese characters are a trick.
pub(super) fn all(units: &[u16]) -> Vec<Range<usize>> {
    let gaps = (1..units.len()).filter(|at| is_sign(units[*at]));
    at(units, &gaps.collect::<Vec<_>>())
}

/// The same where the signs that follow a Chinese character are known.
pub(super) fn at(units: &[u16], gaps: &[usize]) -> Vec<Range<usize>> {
    gaps.iter().filter_map(|start| trick(units, *start)).collect()
}

fn trick(units: &[u16], start: usize) -> Option<Range<usize>> {
    let before = &units[..start];
    let length = units[start..].iter().take(MOST_SIGNS + 1).take_while(|unit| is_sign(**unit)).count();
    let (signs, after) = units[start..].split_at(length);
    if length > MOST_SIGNS || is_number(before, signs, after) {
        return None;
    }
    let is_dot = |unit: &u16| *unit == u16::from(b'.');
    let parts_clauses =
        signs.contains(&u16::from(b'~')) || signs.iter().zip(signs.iter().skip(1)).any(|(one, two)| is_dot(one) && is_dot(two));
    let short = if parts_clauses { 1 } else { SHORT_RUN };
    let shorter = han_run(before.iter().rev()).min(han_run(after.iter()));
    (1..=short).contains(&shorter).then_some(start..start + length)
}

/// How many Chinese characters, of as many as matter.
fn han_run<'a>(run: impl Iterator<Item = &'a u16>) -> usize {
    run.filter(|unit| !is_second_half(**unit)).take(SHORT_RUN + 1).take_while(|unit| is_han(**unit) && !is_sign(**unit)).count()
}

/// `二〇二四`: the zero of a number or a date, not a sign.
fn is_number(before: &[u16], signs: &[u16], after: &[u16]) -> bool {
    let numeral =
        |unit: Option<&u16>| unit.and_then(|unit| char::from_u32(u32::from(*unit))).is_some_and(|letter| NUMERALS.contains(letter));
    signs.iter().any(|unit| MARK_UNITS.contains(unit)) && (numeral(before.last()) || numeral(after.first()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn marks_are_signs() {
        assert_eq!(units("〇丶丨"), MARK_UNITS);
        assert!(MARK_UNITS.iter().all(|unit| is_sign(*unit)));
    }

    #[test]
    fn a_trick_has_a_short_run_beside_it() {
        for (text, count) in [
            ("垃.圾", 1),
            ("诈〇骗", 1),
            ("垃丨圾 东西", 2),
            ("二〇二四年", 0),
            ("服务不错 餐点普通", 0),
            ("好吃~贵死", 0),
            ("好吃...很贵", 0),
            ("垃~圾", 1),
            ("垃.....圾", 0),
            ("a.圾", 0),
            ("垃.a", 0),
            ("𠀀*𠀁", 1),
        ] {
            assert_eq!(all(&units(text)).len(), count, "{text}");
        }
    }
}
