//! Whether two mentions are one complaint, found twice: the same words on another site, sent twice, or passed on with a word changed.
//!
//! Customers of one firm complain in the same words, too: forms have templates, and whoever is angry copies what others wrote. Each of
//! them waits for an answer. So the same words are another complaint where they name another order, device, amount or day, and where
//! another person says them in the same place.

use std::collections::{BTreeSet, HashSet};

use super::numbers::{contradict, numbers};
use super::prints::distance;
use super::{Shared, beginning, is_anothers};

/// Letters and digits that equal texts need to be one: `太差了` from two people is two complaints.
const LETTERS_LEAST: usize = 8;
/// Of a hundred features of either text so many stand in the other: of sixty characters one word may be changed. Templated complaints
/// about two products differ in less than that only where they are long.
const SHARED_PERCENT: usize = 95;
/// Two texts whose simhashes differ in more of 64 bits are not compared. Measured on reviews of 30 to 300 characters: a text and itself
/// less one twentieth are that near in 87 of 100 cases in Chinese (32 in short English ones), two unrelated texts once in some three
/// million pairs.
const DISTANCE_MAX: u32 = 8;

/// A mention's words, who wrote them and where; with the hashes that `fingerprints` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    pub source: &'a str,
    pub author: Option<&'a str>,
    pub title: Option<&'a str>,
    pub text: &'a str,
    pub text_hash: i64,
    pub simhash: i64,
}

/// What two mentions are to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// One complaint.
    Copy,
    /// The words are the same, and it is another one's complaint, or about something else.
    Separate,
    /// Their words differ.
    Unlike,
}

/// Whether two mentions with these hashes (`fingerprints`) are worth comparing: it costs nothing, and nearly all are not.
#[must_use]
pub fn may_be_copy(left: (i64, i64), right: (i64, i64)) -> bool {
    left.0 == right.0 || distance(left.1, right.1).is_some_and(|distance| distance <= DISTANCE_MAX)
}

/// Compares two mentions.
#[must_use]
pub fn compare(one: &Said<'_>, other: &Said<'_>) -> Compared {
    let equal = one.text_hash == other.text_hash;
    let alike = if equal { letters(one) >= LETTERS_LEAST } else { one.is_nearly(other) };
    if !alike {
        return Compared::Unlike;
    }
    let other_person = one.source == other.source && is_anothers(one.author, other.author);
    if other_person || (!equal && contradict(&one.numbers(), &other.numbers())) { Compared::Separate } else { Compared::Copy }
}

impl Said<'_> {
    /// By their texts alone: each site heads a copied text with a title of its own, and a text that does not stand for itself is not
    /// near any other.
    fn is_nearly(&self, other: &Said<'_>) -> bool {
        if !may_be_copy((0, self.simhash), (1, other.simhash)) {
            return false;
        }
        let shared = Shared::of(&self.features(), &other.features());
        shared.holds_of_longer(SHARED_PERCENT)
    }

    fn features(&self) -> HashSet<u64> {
        beginning(self.text)
    }

    /// In the title as well: `A12 has not arrived` and `B34 has not arrived` over one text are two.
    fn numbers(&self) -> BTreeSet<String> {
        numbers(&format!("{}\n{}", self.title.unwrap_or_default(), self.text))
    }
}

fn letters(said: &Said<'_>) -> usize {
    let title = said.title.unwrap_or_default();
    title.chars().chain(said.text.chars()).filter(|letter| letter.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use super::super::fingerprints;
    use super::*;

    const REVIEW: &str = "上個月在官網訂了一張書桌，說好三天到貨，結果等了兩個禮拜才送來，而且桌腳有一支是裂開的，打電話給客服都沒有人接，只好自己拿膠黏起來，真的很想哭。";
    const ENGLISH: &str = "I ordered the large kettle from your shop in the first week of May, paid with my card, and until today nothing has \
        arrived at all; whoever I call tells me to call somebody else, and the money for order 88120 is gone as well.";

    fn said<'a>(source: &'a str, author: Option<&'a str>, text: &'a str) -> Said<'a> {
        let (text_hash, simhash) = fingerprints(None, text);
        Said { source, author, title: None, text, text_hash, simhash }
    }

    fn between(one: &str, other: &str) -> Compared {
        compare(&said("a", None, one), &said("b", None, other))
    }

    #[test]
    fn the_same_text_elsewhere_is_a_copy() {
        for text in [REVIEW, ENGLISH] {
            assert_eq!(between(text, text), Compared::Copy);
            assert_eq!(between(text, &text.replace([',', '，'], " ")), Compared::Copy);
            assert_eq!(compare(&said("a", Some("Ann"), text), &said("b", Some("reposter"), text)), Compared::Copy, "passed on");
            assert_eq!(compare(&said("a", Some("Ann"), text), &said("a", Some("Ann (Berlin)"), text)), Compared::Copy, "sent twice");
            assert_eq!(compare(&said("a", Some("匿名"), text), &said("a", Some("訪客"), text)), Compared::Copy, "nobody knows");
        }
        assert_eq!(between(REVIEW, &REVIEW.replace("裂開", "斷掉")), Compared::Copy, "a word changed");
        let titled = Said { title: Some("轉貼：大家小心"), ..said("b", None, REVIEW) };
        let (text_hash, simhash) = fingerprints(titled.title, titled.text);
        assert_eq!(compare(&said("a", None, REVIEW), &Said { text_hash, simhash, ..titled }), Compared::Copy);
    }

    #[test]
    fn another_order_device_amount_or_day_is_another_complaint() {
        for (text, was, is) in
            [(REVIEW, "三天", "五天"), (ENGLISH, "88120", "88121"), (ENGLISH, "88120", "90417"), (REVIEW, "上個月", "11月3日")]
        {
            let (one, other) = if is == "11月3日" {
                (text.replace(was, "10月8日"), text.replace(was, is))
            } else {
                (text.to_owned(), text.replace(was, is))
            };
            assert_eq!(between(&one, &other), Compared::Separate, "{other}");
        }
        assert_eq!(between(ENGLISH, &format!("{ENGLISH} 22 November")), Compared::Copy, "a day that was put beside it");
    }

    #[test]
    fn another_person_in_the_same_place_complains_too() {
        for text in [REVIEW, ENGLISH] {
            assert_eq!(compare(&said("a", Some("Ann"), text), &said("a", Some("Bob"), text)), Compared::Separate);
        }
    }

    #[test]
    fn other_words_are_no_copy() {
        assert_eq!(between(REVIEW, ENGLISH), Compared::Unlike);
        assert_eq!(between("太差了", "太差了"), Compared::Unlike, "many say no more than that");
        let answer = format!("{REVIEW}我也是，而且我那張一坐就垮，孩子的手被夾傷，縫了幾針，店家到現在還不承認。");
        assert_eq!(between(REVIEW, &answer), Compared::Unlike, "whoever quotes it has something to say");
        let template = |what: &str| format!("雲雀的{what}用了一個月就壞掉，打電話給客服都沒有人接，真的很失望。");
        assert_eq!(between(&template("快煮壺"), &template("咖啡機")), Compared::Unlike);
    }
}
