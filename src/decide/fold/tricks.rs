//! Signs and spaces that hide a word by standing between its characters: `垃.圾`, `假 貨`, `诈〇骗`.
//!
//! They go where one of the two runs of Chinese characters beside them is short. Longer runs on both sides may be clauses: Taiwan parts
//! them by a space, and `味道好...服务差` by dots. Dots and waves part clauses of two characters too (`好吃~贵死`), so they need a
//! single character beside them. Within longer runs a sign goes where it parts no clauses (`这家店是诈*骗集团`), and any sign where the
//! two characters beside it are a word that people hide (`這是詐 騙集團`).
//!
//! What ends a clause, a letter, a digit or a picture between two characters is none of this: `假，货` may be two clauses, `詐x騙` is left.

use std::ops::Range;
use std::sync::LazyLock;

/// A run of Chinese characters of at most this length beside a sign is no clause: the sign is a trick.
const SHORT_RUN: usize = 2;
/// More signs in a row than this are a drawn line, not a trick.
const MOST_SIGNS: usize = 4;

/// The signs below U+0080, a bit for each.
const ASCII_SIGNS: u128 = bits(b" .*_-~^|/\\+=#&'\"`@%$");
/// Characters that count as signs between others: zero and two strokes, `〇丶丨`.
const MARK_UNITS: [u16; 3] = [0x3007, 0x4E36, 0x4E28];
/// Signs that nobody puts between clauses.
const NEVER_PARTS: u128 = bits(b"*_^\\$%");
/// More of them are a drawn line, or stand for letters that are left out (`他***的`).
const MOST_NEVER: usize = 2;
/// Words that people hide from filters, folded: accusations, insults, threats, and what shops do not like to read. Where the first
/// character ends one clause and the second begins the next, the two say much the same.
const HIDDEN: &[&str] = &[
    "中毒", "举报", "他妈", "传销", "你妈", "倒闭", "假冒", "假货", "傻逼", "冒牌", "卫生", "去死", "发霉", "坑人", "坑爹", "坑钱", "垃圾",
    "妈的", "强奸", "律师", "性侵", "恶心", "投诉", "报警", "操你", "政府", "智障", "曝光", "有毒", "欺诈", "死人", "毒品", "法院", "洗钱",
    "煞笔", "爆炸", "犯法", "犯罪", "猥亵", "甲醛", "盗刷", "维权", "老鼠", "脑残", "致癌", "色情", "苍蝇", "虐待", "蟑螂", "被骗", "警察",
    "诈欺", "诈骗", "贪污", "贱人", "赌博", "赔偿", "赔钱", "起诉", "跑路", "违法", "退款", "退货", "骗人", "骗子", "骗局", "骗钱", "骚扰",
    "黑店", "黑心",
];
static PAIRS: LazyLock<Vec<[u16; 2]>> = LazyLock::new(|| {
    let mut pairs: Vec<[u16; 2]> = HIDDEN.iter().filter_map(|word| word.encode_utf16().collect::<Vec<_>>().try_into().ok()).collect();
    pairs.sort_unstable();
    pairs
});
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
    let goes = shorter <= short || never_parts(signs) || is_hidden(before.last(), after.first());
    (shorter > 0 && goes).then_some(start..start + length)
}

fn never_parts(signs: &[u16]) -> bool {
    signs.len() <= MOST_NEVER && signs.iter().all(|unit| MARK_UNITS.contains(unit) || *unit < 0x80 && NEVER_PARTS >> *unit & 1 == 1)
}

fn is_hidden(before: Option<&u16>, after: Option<&u16>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    PAIRS.binary_search(&[*before, *after]).is_ok()
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
    fn hidden_words_are_two_folded_characters() {
        for word in HIDDEN {
            assert_eq!((word.encode_utf16().count(), super::super::fold(word).text()), (2, *word));
        }
        assert_eq!(PAIRS.len(), HIDDEN.len());
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
            ("这是诈.骗集团的人", 1),
            ("这是诈-骗集团的人", 1),
            ("这是诈〇骗集团的人", 1),
            ("这家店是诈 骗集团", 1),
            ("这家店是诈*骗集团", 1),
            ("今天去那家店 骗子很多", 0),
            ("东西还不错*服务很差", 1),
            ("他这个人***的很真是的", 0),
            ("服务很不错-环境普通", 0),
            ("a.圾", 0),
            ("垃.a", 0),
            ("𠀀*𠀁", 1),
        ] {
            assert_eq!(all(&units(text)).len(), count, "{text}");
        }
    }
}
