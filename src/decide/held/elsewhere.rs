//! Grave harm that is not put to the brand: its people averted it (`the waiter saved a choking guest`), it is prevented or the subject of
//! news (`a prize for food-poisoning prevention`, `donates after the earthquake`), the police caught somebody else (`抓到偷车贼`), or it is
//! dreaded and has not happened (`worried about food poisoning`).
//!
//! Asked of grave rules alone. Each question wants its word near the harm and nothing that puts it to the brand after all: a cause of
//! theirs, a remedy refused, somebody of theirs who did it, a contrast between the good deed and the harm.

mod words;

use self::words::{
    ARRESTS, AWAY, CONTRASTS, CULPRITS, DISASTERS, ENGLISH_ARRESTS, ENGLISH_CONTRASTS, ENGLISH_CULPRITS, ENGLISH_DREAD, ENGLISH_FICTION,
    ENGLISH_FIRE_RESCUES, ENGLISH_GOOD_DEEDS, ENGLISH_HEALS, ENGLISH_HELPERS, ENGLISH_MEDICS, ENGLISH_NEIGHBOURS, ENGLISH_NO_LONGER,
    ENGLISH_OF_OURS, ENGLISH_PREMISES, ENGLISH_PREVENTS, ENGLISH_REMEDIES, ENGLISH_RESCUES, ENGLISH_SUBJECTS, ENGLISH_THANKS,
    ENGLISH_TREATMENTS, ENGLISH_UNTIL_NOW, ENGLISH_USELESS, ENGLISH_WANTING, FICTION, FIRE_RESCUES, GOOD_DEEDS, HANDED, HEALS, HELPERS,
    MEDICS, NEIGHBOURS, NO_LONGER, OF_OURS, PREMISES, PREVENTS, REMEDIES, RESCUES, SUBJECTS, THANKS, TREATMENTS, UNTIL_NOW, USELESS,
    WANTING,
};
use super::marks::{List, Signs};
use super::{Around, contains_any, contains_word, split_at, split_at_last, split_at_word};

const FIRST_PERSON: &[&str] = &["i", "my", "me", "we", "our", "us"];

/// Characters between what prevents and the harm, and between the harm and what makes it a subject.
const MOST_BETWEEN: usize = 3;

/// What may stand on either side of such harm.
pub(super) fn marks() -> Vec<List> {
    let chinese = [RESCUES, FIRE_RESCUES, REMEDIES, PREVENTS, SUBJECTS, GOOD_DEEDS, ARRESTS, TREATMENTS, UNTIL_NOW, THANKS, FICTION];
    let english = [
        ENGLISH_RESCUES,
        ENGLISH_FIRE_RESCUES,
        ENGLISH_REMEDIES,
        ENGLISH_PREVENTS,
        ENGLISH_SUBJECTS,
        ENGLISH_GOOD_DEEDS,
        ENGLISH_ARRESTS,
        ENGLISH_DREAD,
        AWAY,
        ENGLISH_TREATMENTS,
        ENGLISH_UNTIL_NOW,
        ENGLISH_THANKS,
        ENGLISH_FICTION,
    ];
    let chinese = chinese.into_iter().map(|words| List::new(Signs::ELSEWHERE, words));
    chinese.chain(english.into_iter().map(|words| List::whole(Signs::ELSEWHERE, words))).collect()
}

pub(super) fn is_elsewhere(around: &Around<'_>) -> bool {
    let away = || AWAY.iter().any(|place| contains_word(around.clause_after(), place));
    is_subject(around) || is_dreaded(around.clause_before()) || away() || {
        let said = Said { around };
        said.is_averted() || said.is_good_deed() || said.is_arrest() || said.is_fought() || said.is_past() || said.is_told()
    }
}

/// `预防食物中毒`, `food poisoning prevention`.
fn is_subject(around: &Around<'_>) -> bool {
    let (before, after) = (around.clause_before(), around.clause_after());
    let soon = after.char_indices().nth(MOST_BETWEEN).map_or(after.len(), |(at, _)| at);
    // `防止孩子中毒`; but `零食中毒` begins with no 零.
    let prevents = |word: &str| {
        let between = split_at_last(before, word).map(|(_, between)| between.chars().count());
        between.is_some_and(|between| between == 0 || (between < MOST_BETWEEN && word.chars().count() > 1))
    };
    let soon_said = |word: &str| after.find(word).is_some_and(|at| at <= soon);
    PREVENTS.iter().any(|word| prevents(word))
        || SUBJECTS.iter().any(|word| soon_said(word))
        || stands_before(before, ENGLISH_PREVENTS)
        || ENGLISH_SUBJECTS.iter().any(|word| begins_with_word(after.trim_start_matches([' ', '-']), word))
}

/// `worried about food poisoning`: it has not happened.
fn is_dreaded(before: &str) -> bool {
    stands_before(before, ENGLISH_DREAD)
}

/// The sentence of the harm.
struct Said<'a, 'b> {
    around: &'b Around<'a>,
}

impl Said<'_, '_> {
    /// Its parts, the harm itself among them.
    fn parts(&self) -> [&str; 3] {
        [self.around.before(), self.around.hit(), self.around.after()]
    }

    fn has(&self, words: &[&str]) -> bool {
        self.parts().iter().any(|part| contains_any(part, words))
    }

    fn has_word(&self, words: &[&str]) -> bool {
        self.parts().iter().any(|part| words.iter().any(|word| contains_word(part, word)))
    }

    fn is_own_tale(&self) -> bool {
        self.has(&["我"]) || self.has_word(FIRST_PERSON)
    }

    /// Somebody of the house helped, and it did not come of what they sell; with a fire, it was another's besides.
    fn is_averted(&self) -> bool {
        let near = || self.has(NEIGHBOURS) || self.has_word(ENGLISH_NEIGHBOURS);
        (self.tells_of(RESCUES, ENGLISH_RESCUES) || (self.tells_of(FIRE_RESCUES, ENGLISH_FIRE_RESCUES) && near()))
            && (self.has(HELPERS) || self.has_word(ENGLISH_HELPERS))
            && !self.has(OF_OURS)
            && !self.has_word(ENGLISH_OF_OURS)
    }

    /// Whether one of the words stands there and is not wanting.
    fn tells_of(&self, chinese: &[&str], english: &[&str]) -> bool {
        self.parts().iter().any(|part| {
            chinese.iter().filter_map(|word| split_at(part, word)).any(|(before, _)| !ends_wanting(before))
                || english.iter().filter_map(|word| split_at_word(part, word)).any(|(before, _)| !ends_wanting_in_english(before))
        })
    }

    /// A gift, a prize: nobody in the sentence tells of themselves, and nothing contrasts.
    fn is_good_deed(&self) -> bool {
        let [before, _, _] = self.parts();
        let came_after = contains_word(before, "after") && !self.has_word(DISASTERS);
        (self.has(GOOD_DEEDS) || self.has_word(ENGLISH_GOOD_DEEDS))
            && !came_after
            && !self.is_own_tale()
            && !self.has(CONTRASTS)
            && !self.has_word(ENGLISH_CONTRASTS)
    }

    /// `杀虫剂效果好，蟑螂死一地`: what is sold against it, and works.
    fn is_fought(&self) -> bool {
        (self.has(REMEDIES) || self.has_word(ENGLISH_REMEDIES))
            && ![USELESS, PREMISES, HELPERS].iter().any(|words| self.has(words))
            && ![ENGLISH_USELESS, ENGLISH_PREMISES].iter().any(|words| self.has_word(words))
    }

    /// `以前吃海鲜都会过敏，吃他们家的竟然没事`; a cut at home that their plaster stopped; thanks to those who treated it.
    fn is_past(&self) -> bool {
        let [_, _, after] = self.parts();
        let before = self.around.clause_before();
        let says = |part: &str, chinese: &[&str], english: &[&str]| {
            contains_any(part, chinese) || english.iter().any(|word| contains_word(part, word))
        };
        let no_longer = || says(before, UNTIL_NOW, ENGLISH_UNTIL_NOW) && says(after, NO_LONGER, ENGLISH_NO_LONGER);
        let treated = || says(after, TREATMENTS, ENGLISH_TREATMENTS) && says(after, HEALS, ENGLISH_HEALS);
        let thanked = || self.parts().iter().any(|part| thanks_medics(part));
        let put_to_us = || {
            [HELPERS, HANDED, PREMISES].iter().any(|words| self.has(words))
                || [ENGLISH_OF_OURS, ENGLISH_PREMISES].iter().any(|words| self.has_word(words))
        };
        (no_longer() || treated() || (thanked() && !self.has(OF_OURS))) && !put_to_us()
    }

    /// In a film or a game.
    fn is_told(&self) -> bool {
        self.has(FICTION) || self.has_word(ENGLISH_FICTION)
    }

    /// The police caught somebody who is none of the house.
    fn is_arrest(&self) -> bool {
        (self.has(ARRESTS) || self.has_word(ENGLISH_ARRESTS))
            && (self.has(CULPRITS) || self.has_word(ENGLISH_CULPRITS))
            && !self.is_own_tale()
            && !self.has(HELPERS)
            && !ENGLISH_HELPERS.iter().any(|word| *word != "security" && self.has_word(&[word]))
    }
}

/// `感谢急诊的医生`, `thank you to the nurses`; `thanks to your cream I saw a doctor` thanks nobody.
fn thanks_medics(part: &str) -> bool {
    let soon = |after: &'_ str, reach: usize| after.char_indices().nth(reach).map_or(after.len(), |(at, _)| at);
    let chinese = THANKS.iter().filter_map(|word| split_at(part, word)).any(|(_, after)| contains_any(&after[..soon(after, 7)], MEDICS));
    let mut english = ENGLISH_THANKS.iter().filter_map(|word| split_at_word(part, word));
    chinese
        || english.any(|(_, after)| {
            let after = &after[..soon(after, 28)];
            !contains_word(after, "your") && !contains_word(after, "their") && ENGLISH_MEDICS.iter().any(|word| contains_word(after, word))
        })
}

fn ends_wanting(before: &str) -> bool {
    let near = before.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    contains_any(&before[near..], WANTING)
}

fn ends_wanting_in_english(before: &str) -> bool {
    let mut last = before.split_ascii_whitespace().rev().take(3);
    last.any(|word| ENGLISH_WANTING.contains(&word) || word.ends_with("n't"))
}

/// Whether the text ends with one of the words, or with one and another word: `prevent food` of `prevent food poisoning`.
fn stands_before(text: &str, words: &[&str]) -> bool {
    let text = text.trim_end();
    let without_last = text.rsplit_once(' ').map_or("", |(before, _)| before.trim_end());
    words.iter().any(|word| ends_with_word(text, word) || ends_with_word(without_last, word))
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word).is_some_and(|rest| !rest.ends_with(|letter: char| letter.is_alphanumeric()))
}

fn begins_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
}
