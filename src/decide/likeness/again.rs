//! Which texts say again what others said before, with a few words changed, something put before them, or their end cut off: of a site that
//! was moved, all reviews come so.
//!
//! Each earlier text stands for one new one at most. So a complaint that many copy is not taken for the one that was there.

use std::collections::HashMap;

use super::{LEAST_UNITS, Shared, beginning, person, same_person};

/// Of a hundred features of the shorter text so many stand in the longer one: less than of a copy, for a site that is moved cuts and adds.
const SHARED_PERCENT: usize = 75;
/// Features that are enough where one person wrote both.
const LEAST_OF_AUTHOR: usize = 5;

/// A text and who wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Title and text.
    pub text: String,
    pub author: Option<String>,
}

/// For each of `new` which one of `before` said it.
#[must_use]
pub fn again(new: &[Words], before: &[Words]) -> Vec<Option<usize>> {
    let of = |words: &Words| beginning(&words.text);
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut sizes = Vec::with_capacity(before.len());
    let authors: Vec<Option<String>> = before.iter().map(|words| person(words.author.as_deref())).collect();
    for (at, words) in before.iter().enumerate() {
        let features = of(words);
        sizes.push(features.len());
        features.into_iter().for_each(|feature| places.entry(feature).or_default().push(at));
    }
    // Of each pair that is alike: how much, then in order.
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for (at, words) in new.iter().enumerate() {
        let (features, author) = (of(words), person(words.author.as_deref()));
        let mut shared: HashMap<usize, usize> = HashMap::new();
        let known = features.iter().filter_map(|feature| places.get(feature));
        known.flatten().for_each(|other| *shared.entry(*other).or_default() += 1);
        for (other, shared) in shared {
            let least = match same_person(author.as_deref(), authors[other].as_deref()) {
                Some(false) => continue,
                Some(true) => LEAST_OF_AUTHOR,
                None => LEAST_UNITS,
            };
            let counted = Shared::counted(shared, features.len(), sizes[other]);
            if counted.shorter >= least && counted.holds_of_shorter(SHARED_PERCENT) {
                pairs.push((shared, at, other));
            }
        }
    }
    pairs.sort_unstable_by_key(|(shared, at, other)| (std::cmp::Reverse(*shared), *at, *other));
    let (mut said, mut taken) = (vec![None; new.len()], vec![false; before.len()]);
    for (_, at, other) in pairs {
        if said[at].is_none() && !taken[other] {
            (said[at], taken[other]) = (Some(other), true);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEW: &str = "上個月在官網訂了一張書桌，說好三天到貨，結果等了兩個禮拜才送來，而且桌腳有一支是裂開的，打電話給客服都沒有人接。";
    const ENGLISH: &str =
        "I bought the kettle in spring, and after six weeks the lid does not close any more; the shop sends me from one desk to the next.";

    fn words(text: &str, author: Option<&str>) -> Words {
        Words { text: text.to_owned(), author: author.map(str::to_owned) }
    }

    fn is_again(new: &str, before: &str) -> bool {
        again(&[words(new, None)], &[words(before, None)])[0].is_some()
    }

    #[test]
    fn what_is_put_before_cut_off_or_edited_says_the_same() {
        for text in [REVIEW, ENGLISH] {
            let half: String = text.chars().take(text.chars().count() / 2).collect();
            assert!(is_again(text, text) && is_again(&format!("Archive of the old forum, imported in 2026: {text}"), text));
            assert!(is_again(&format!("{half}..."), text) && is_again(text, &half));
        }
        assert!(is_again(&REVIEW.replace("兩個禮拜", "兩週"), REVIEW) && is_again(&ENGLISH.replace("spring", "March"), ENGLISH));
        assert!(!is_again(REVIEW, ENGLISH));
        assert!(!is_again(
            "I bought the kettle in spring, and I would buy it again: it boils quickly and looks good on the table.",
            ENGLISH
        ));
        assert!(!is_again("too bad", "too bad") && !is_again("", ""), "many say no more than that");
    }

    #[test]
    fn an_author_tells() {
        let short = "The lid of my kettle is broken.";
        let by = |new, before| again(&[words(short, new)], &[words(short, before)])[0].is_some();
        assert!(by(Some("Ann"), Some("ann (Berlin)")) && !by(None, Some("Ann")) && !by(Some("Bob"), Some("Ann")));
        assert_eq!(again(&[words(REVIEW, Some("Bob"))], &[words(REVIEW, Some("Ann"))]), [None], "who copies a complaint has it, too");
    }

    #[test]
    fn each_stands_for_one_alone() {
        let copies = vec![words(REVIEW, None); 5];
        assert_eq!(again(&copies, &[words(REVIEW, None), words(ENGLISH, None)]).iter().flatten().count(), 1);
        let near = [words(&REVIEW.replace("書桌", "床"), None), words(REVIEW, None)];
        assert_eq!(again(&near, &[words(REVIEW, None)]), [None, Some(0)], "the nearest has it");
    }
}
