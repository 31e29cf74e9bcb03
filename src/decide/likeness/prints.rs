//! What is kept of a text to find its copies by: an exact hash, and one that changes little when the text does.

use sha2::{Digest, Sha256};

use super::super::fold::fold;
use super::LEAST_UNITS;
use super::units::{SHINGLE, each, is_alone, mix};

/// Characters of Chinese, or half as many words, from which a text stands for itself whatever its title: with fewer, one says
/// "a poor tea, would not buy it again" and so does the next.
const STANDS_ALONE: usize = 24;

/// Both hashes of a title and a text. Every site heads a copied text with a title of its own, so a text that says enough is
/// compared without it; the exact hash tells an edited title from the one before.
#[must_use]
pub fn fingerprints(title: Option<&str>, text: &str) -> (i64, i64) {
    let Some(title) = title.filter(|title| !title.trim().is_empty() && !text.starts_with(title)) else {
        let folded = fold(text);
        return (text_hash(folded.text()), simhash(folded.text()));
    };
    let folded = fold(&format!("{title}\n{text}"));
    let alone = fold(text);
    let own = units(alone.text());
    let near = if stands_alone(alone.text(), own.len()) { simhash_of(&own) } else { simhash(folded.text()) };
    (text_hash(folded.text()), near)
}

/// Whether a text of so many units says enough to be known again under another title. A word says about as much as two characters.
fn stands_alone(folded: &str, units: usize) -> bool {
    let characters = folded.chars().filter(|letter| is_alone(*letter)).count();
    characters + 2 * units.saturating_sub(characters) >= STANDS_ALONE
}

/// 64 bits of SHA-256 over the letters and digits of a folded text: spacing and punctuation do not count.
#[must_use]
pub fn text_hash(folded: &str) -> i64 {
    let mut letters = String::with_capacity(folded.len());
    letters.extend(folded.chars().filter(|letter| COMMON_HAN.contains(letter) || letter.is_alphanumeric()));
    let digest = Sha256::digest(if letters.is_empty() { folded } else { &letters }.as_bytes());
    digest.iter().take(8).fold(0, |hash, byte| hash << 8 | i64::from(*byte))
}

/// 64-bit simhash over runs of two units (a Chinese, Japanese or Korean character, or a word); 0 for a text too short to compare.
#[must_use]
pub fn simhash(folded: &str) -> i64 {
    let units = units(folded);
    if units.len() < LEAST_UNITS { 0 } else { simhash_of(&units) }
}

fn simhash_of(units: &[u64]) -> i64 {
    let mut ones = [0u32; 64];
    let mut shingles = 0u32;
    // Eight counters of one byte in each word, which are full after 255 shingles.
    for some in units.windows(SHINGLE).collect::<Vec<_>>().chunks(255) {
        let mut counters = [0u64; 8];
        for shingle in some {
            let hash = shingle.iter().fold(0, |hash, unit| mix(hash ^ *unit));
            for (counter, byte) in counters.iter_mut().zip(hash.to_le_bytes()) {
                *counter += SPREAD[usize::from(byte)];
            }
        }
        let counted = counters.iter().flat_map(|counter| counter.to_le_bytes());
        ones.iter_mut().zip(counted).for_each(|(ones, more)| *ones += u32::from(more));
        shingles += u32::try_from(some.len()).unwrap_or(0);
    }
    let hash = ones.iter().enumerate().fold(0u64, |hash, (bit, ones)| hash | u64::from(*ones * 2 > shingles) << bit);
    hash.cast_signed()
}

/// Characters of which everyone is a letter, and that need not be looked up to know it.
const COMMON_HAN: std::ops::RangeInclusive<char> = '\u{4e00}'..='\u{9fff}';

/// Of each byte its eight bits, a byte for each.
const SPREAD: [u64; 256] = {
    let mut spread = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            spread[byte] |= (byte as u64 >> bit & 1) << (8 * bit);
            bit += 1;
        }
        byte += 1;
    }
    spread
};

/// Bits in which two simhashes differ, of 64; none where either text was too short.
pub(super) const fn distance(left: i64, right: i64) -> Option<u32> {
    if left == 0 || right == 0 { None } else { Some((left ^ right).count_ones()) }
}

/// A hash of each unit, in order.
fn units(folded: &str) -> Vec<u64> {
    // A Chinese character is three bytes, and few words are shorter with the space behind them.
    let mut units = Vec::with_capacity(folded.len() / 3 + 1);
    each(folded, |hash, _| units.push(hash));
    units
}

#[cfg(test)]
mod tests {
    use super::super::may_be_copy;
    use super::*;

    const REVIEW: &str = "上個月在官網訂了一張書桌，說好三天到貨，結果等了兩個禮拜才送來，而且桌腳有一支是裂開的，打電話給客服都沒有人接。";

    #[test]
    fn script_and_spacing_make_no_difference() {
        let other = "上个月在官网订了一张书桌, 说好三天到货, 结果等了两个礼拜才送来, 而且桌脚有一支是裂开的, 打电话给客服都没有人接";
        assert_eq!(fingerprints(None, REVIEW), fingerprints(None, other));
    }

    #[test]
    fn bits_are_counted_as_if_one_by_one() {
        for text in [REVIEW.to_owned(), REVIEW.repeat(5), format!("{REVIEW} the parcel came late and nobody answered. ").repeat(40)] {
            let folded = fold(&text);
            let units = units(folded.text());
            let mut balance = [0i32; 64];
            for shingle in units.windows(SHINGLE) {
                let hash = shingle.iter().fold(0, |hash, unit| mix(hash ^ *unit));
                balance.iter_mut().enumerate().for_each(|(bit, balance)| *balance += if hash >> bit & 1 == 1 { 1 } else { -1 });
            }
            let expected = balance.iter().enumerate().fold(0u64, |hash, (bit, balance)| hash | u64::from(*balance > 0) << bit);
            assert_eq!(simhash(folded.text()).cast_unsigned(), expected, "{} units", units.len());
        }
    }

    #[test]
    fn a_small_change_is_near_and_another_text_is_far() {
        let edited = fingerprints(None, &REVIEW.replace("兩個禮拜", "兩週"));
        let stranger =
            fingerprints(None, "早餐的選擇很多，房間也算乾淨，只是電梯要等很久，櫃檯的人倒是一直都很客氣，下次來台中應該還會再住一次。");
        let review = fingerprints(None, REVIEW);
        assert!(may_be_copy(review, edited), "{:?}", distance(review.1, edited.1));
        assert!(!may_be_copy(review, stranger), "{:?}", distance(review.1, stranger.1));
        assert_eq!(fingerprints(None, "很差").1, 0);
        assert!(!may_be_copy(fingerprints(None, "很差"), fingerprints(None, "很好")));
    }
    #[test]
    fn a_long_text_is_the_same_under_any_title() {
        let english = "The parcel came two weeks late, the pot was broken and nobody answers the phone.";
        for text in [REVIEW, english] {
            let titles = [None, Some("太離譜"), Some("請問大家也遇過這種事情嗎？真的很想知道後來怎麼處理")];
            let all = titles.map(|title| fingerprints(title, text));
            assert!(all.iter().all(|one| one.1 == all[0].1 && one.1 != 0), "{text}: {all:?}");
            assert!(all[0].0 != all[1].0 && all[1].0 != all[2].0, "an edited title is seen");
        }
    }

    #[test]
    fn a_short_text_is_another_under_another_title() {
        for text in ["很差", "bad", "難喝，不會再買", "Would not buy it again"] {
            let title = ["上個月在官網訂了一張書桌，說好三天到貨", "早餐的選擇很多，房間也算乾淨，只是電梯要等很久"];
            let [left, right] = title.map(|title| fingerprints(Some(title), text));
            assert!(!may_be_copy(left, right), "{text}");
        }
    }
}
