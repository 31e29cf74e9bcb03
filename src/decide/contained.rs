//! How much of a text stands in a longer one, and where: a review on its page, among menus, other reviews and answers.

use std::collections::{HashMap, HashSet};

use super::fold::fold;
use super::likeness::{SHINGLE, features, shingles, units};

/// A text may be spread over half as many units again: "read more", dates and buttons stand between its parts.
const SPREAD: (usize, usize) = (3, 2);
/// Beside the spread, for short texts.
const SPREAD_LEAST: usize = 8;

/// Where a text was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// From 0 (nothing of it) to 1 (all of it).
    pub share: f64,
    /// What follows it on the page, as it stands there.
    pub after: String,
}

/// The place in `page` where most of `text` stands close together, with at most `reach` bytes of what follows.
#[must_use]
pub fn find(text: &str, original: &str, reach: usize) -> Place {
    let (text, page) = (fold(text), fold(original));
    let (wanted, there) = (units(text.text()), units(page.text()));
    if wanted.is_empty() || there.is_empty() {
        return Place::default();
    }
    let length = SHINGLE.min(wanted.len());
    let features: HashSet<u64> = shingles(&wanted, length).into_iter().collect();
    let hits: Vec<(usize, u64)> =
        shingles(&there, length).into_iter().enumerate().filter(|(_, shingle)| features.contains(shingle)).collect();
    let width = wanted.len() * SPREAD.0 / SPREAD.1 + SPREAD_LEAST;
    let Some((found, last)) = densest(&hits, width) else { return Place::default() };
    let end = there.get(last + length - 1).map_or(0, |unit| unit.end);
    let (_, end) = page.span(original, end.saturating_sub(1), end);
    let rest = original.get(end..).unwrap_or_default();
    let share = ratio(found, features.len());
    Place { share, after: rest[..rest.floor_char_boundary(reach)].to_owned() }
}

/// How alike two texts are, from 0 to 1: what they share of all they say.
#[must_use]
pub fn alike(left: &str, right: &str) -> f64 {
    let (left, right) = (features(left), features(right));
    if left.is_empty() && right.is_empty() {
        return 1.0;
    }
    ratio(left.intersection(&right).count(), left.union(&right).count())
}

#[expect(clippy::cast_precision_loss, reason = "counts of words on a page, far below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The most different features within `width` units, and the last unit they begin at.
fn densest(hits: &[(usize, u64)], width: usize) -> Option<(usize, usize)> {
    let (mut best, mut first): (Option<(usize, usize)>, usize) = (None, 0);
    let mut inside: HashMap<u64, usize> = HashMap::new();
    for (at, (unit, shingle)) in hits.iter().enumerate() {
        *inside.entry(*shingle).or_default() += 1;
        while hits[first].0 + width < *unit && first < at {
            let leaving = hits[first].1;
            if let Some(count) = inside.get_mut(&leaving) {
                *count -= 1;
                if *count == 0 {
                    inside.remove(&leaving);
                }
            }
            first += 1;
        }
        if best.is_none_or(|(found, _)| inside.len() > found) {
            best = Some((inside.len(), *unit));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEW: &str = "在官網買紅隼快煮壺，訂了十天還沒收到貨，客服電話一直沒人接。";

    fn page(review: &str) -> String {
        let other = "出貨很快，包裝也很仔細，客服電話一打就通，下次還會再買，推薦給大家。";
        format!("首頁 商品 客服電話 購物車\n{other}\n阿德 2026-11-20\n{review}\n紅隼客服 回覆：非常抱歉，已為您查詢。\n{other}")
    }

    #[test]
    fn a_text_is_found_among_others_in_either_script() {
        let place = find(REVIEW, &page("在官网买红隼快煮壶，订了十天还没收到货，客服电话一直没人接。"), 200);
        assert!(place.share > 0.99, "{place:?}");
        let after = place.after.trim_start_matches(|c: char| !c.is_alphanumeric());
        assert!(after.starts_with("紅隼客服 回覆"), "{after}");
    }

    #[test]
    fn an_edited_text_is_found_in_part_and_a_deleted_one_is_not() {
        let edited = find(REVIEW, &page("在官網買紅隼快煮壺，訂了十天還沒收到貨，現在收到了，謝謝處理。"), 200).share;
        assert!((0.4..0.9).contains(&edited), "{edited}");
        let gone = find(REVIEW, &page(""), 200).share;
        assert!(gone < 0.4, "{gone}");
        assert!(find("Broken!", "it was broken", 10).share > 0.99);
        assert_eq!(find("Broken!", "all fine", 10).share, 0.0);
        assert_eq!(find("", "x", 10), Place::default());
    }

    #[test]
    fn likeness_counts_what_was_added_too() {
        assert_eq!(alike(REVIEW, REVIEW), 1.0);
        let added = alike(REVIEW, &format!("{REVIEW}更新：已經收到退款，謝謝客服的協助。"));
        assert!((0.5..0.9).contains(&added), "{added}");
        assert_eq!(alike("", ""), 1.0);
    }
}
