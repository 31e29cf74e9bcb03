//! Texts that ask, tell or note something and complain of nothing by a plain word: what the model alone hears in them is doubted
//! (`voice.rs`).
//!
//! - requests: a question with a word that asks for something (`can i`, `is there`, `请问`, `几点`), and nothing harsh anywhere: `why`,
//!   `still`, `never`, `怎么还`, rows of signs are a reproach in the form of a question;
//! - news: a link, nothing harsh, and nobody who speaks of themselves or to anybody;
//! - notes: a few words and no exclamation; what a middling rating says of them is nothing.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::script::{is_han, is_word_letter};

const ASKS: &[&str] = &[
    "do you",
    "do they",
    "does",
    "is there",
    "are there",
    "can i",
    "can we",
    "can you",
    "could you",
    "could i",
    "could we",
    "how do",
    "how can",
    "how long",
    "how much",
    "how many",
    "how early",
    "how soon",
    "how far",
    "what is",
    "what are",
    "what time",
    "what's",
    "which",
    "when do",
    "when does",
    "when is",
    "when are",
    "when will",
    "when can",
    "will i",
    "will you",
    "will there",
    "will it",
    "will my",
    "will we",
    "where can",
    "where do",
    "where is",
    "is it",
    "are you",
    "would i",
    "would you",
    "would it",
    "any chance",
    "any way",
    "any update",
    "any updates",
    "any news",
    "any idea",
    "any plans",
    "any word",
    "who do",
    "who can",
    "is it possible",
    "should i",
    "may i",
    "need to know",
    "wondering",
    "anyone",
    "did you",
];
const CHINESE_ASKS: &[&str] = &[
    "请问",
    "想问",
    "请教",
    "问一下",
    "有人知道",
    "有没有",
    "吗",
    "几点",
    "哪里",
    "哪边",
    "哪家",
    "多少钱",
    "多久",
    "什么时候",
    "可以",
    "是否",
    "能不能",
    "推荐",
];
/// Whoever writes so asks for nothing.
const HARSH: &[&str] = &[
    "why",
    "still",
    "again",
    "never",
    "ever",
    "how come",
    "seriously",
    "really",
    "ridiculous",
    "worst",
    "bad",
    "terrible",
    "awful",
    "sucks",
    "fail",
    "hour",
    "hours",
    "hrs",
    "lost",
    "delay",
    "delayed",
    "delays",
    "cancelled",
    "canceled",
    "wait",
    "waiting",
    "waited",
    "stuck",
    "missed",
    "missing",
    "hold",
    "nobody",
    "wtf",
    "unacceptable",
    "not",
    "no",
    "joke",
    "poor",
    "disappointed",
    "disappointing",
    "rude",
    "refuse",
    "refused",
    "broken",
    "wrong",
    "cannot",
    "cant",
    "is it your",
    "weird",
    "already",
    "fair",
    "inadequate",
    "problem",
    "problems",
    "issue",
    "issues",
    "error",
    "glitch",
];
const HARSH_ENDINGS: &[&str] = &["n't", "!!", "??", "?!", "!?", ":("];
const CHINESE_HARSH: &[&str] = &[
    "为什么",
    "为何",
    "凭什么",
    "怎么",
    "还没",
    "还不",
    "居然",
    "竟然",
    "到底",
    "良心",
    "好意思",
    "不",
    "没",
    "烂",
    "差",
    "坏",
    "骗",
    "慢",
    "贵",
    "退",
    "难",
];
/// Who speaks of themselves, or to somebody.
const PERSONS: &[&str] = &[
    "i", "i'm", "i've", "my", "me", "mine", "you", "your", "we", "our", "us", "u", "ur", "im", "someone", "somebody", "they", "he", "she",
];
const CHINESE_PERSONS: &[&str] = &["我", "你", "您", "咱"];
const LINKS: &[&str] = &["http:", "https:", "www."];
/// Chinese characters, or words of other scripts, of a note.
const MOST_OF_A_NOTE: usize = 10;

/// Words of one kind, found in one pass: to look for each of them by itself cost more than all else that is asked of such texts.
struct Heard {
    finder: Option<AhoCorasick>,
    /// So many of the first stand whole; of the others any place will do.
    whole: usize,
}

impl Heard {
    fn of(whole: &[&str], anywhere: &[&[&str]]) -> Self {
        let words = whole.iter().chain(anywhere.iter().copied().flatten());
        Self { finder: AhoCorasick::new(words).ok(), whole: whole.len() }
    }

    fn in_text(&self, text: &str) -> bool {
        let stands = |found: &aho_corasick::Match| found.pattern().as_usize() >= self.whole || is_whole(text, found.range());
        self.finder.iter().any(|finder| finder.find_overlapping_iter(text).any(|found| stands(&found)))
    }
}

static ASKING: LazyLock<Heard> = LazyLock::new(|| Heard::of(ASKS, &[CHINESE_ASKS]));
static REPROACHING: LazyLock<Heard> = LazyLock::new(|| Heard::of(HARSH, &[HARSH_ENDINGS, CHINESE_HARSH]));
static SPEAKING: LazyLock<Heard> = LazyLock::new(|| Heard::of(PERSONS, &[CHINESE_PERSONS]));

/// Words of a text that is said in passing.
pub(super) const FEW_WORDS: usize = 12;

/// Whether a folded text asks for something and is not harsh.
pub(super) fn is_request(text: &str) -> bool {
    text.contains('?') && ASKING.in_text(text) && !REPROACHING.in_text(text)
}

/// Whether it passes on something that stands elsewhere.
pub(super) fn is_news(text: &str) -> bool {
    LINKS.iter().any(|link| text.contains(link)) && !REPROACHING.in_text(text) && !SPEAKING.in_text(text)
}

/// Whether it is a few words long and calm.
pub(super) fn is_note(text: &str) -> bool {
    !text.contains('!') && is_within(text, MOST_OF_A_NOTE)
}

/// Whether it has so many Chinese characters and words of other scripts at most.
pub(super) fn is_within(text: &str, most: usize) -> bool {
    symbols(text).take(most + 1).count() <= most
}

/// Chinese characters and the first letters of words.
fn symbols(text: &str) -> impl Iterator<Item = char> {
    let mut in_word = false;
    text.chars().filter(move |letter| {
        let is_letter = is_word_letter(*letter) || *letter == '\'';
        let begins = is_letter && !in_word;
        in_word = is_letter;
        is_han(*letter) || begins
    })
}

/// Whether no letter of a word stands beside this place.
fn is_whole(text: &str, place: Range<usize>) -> bool {
    !text[..place.start].ends_with(is_word_letter) && !text[place.end..].starts_with(|next| is_word_letter(next) || next == '\'')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::fold::fold_word;

    #[test]
    fn who_asks_for_something_is_told_from_who_reproaches() {
        for text in [
            "@acme does Acme fly direct from Seattle to Boston?",
            "Can I bring my own lunch on board?",
            "Hi, is there a shuttle to the hotel?",
            "請問全聯幾點開門？",
            "这个可以放洗碗机吗？",
        ] {
            assert!(is_request(&fold_word(text)), "{text}");
        }
        for text in [
            "Can you answer? I am still waiting",
            "Why is it so slow?",
            "do you ever answer the phone?",
            "are you kidding me??",
            "怎么还没到？可以快点吗？",
            "can i bring lunch",
        ] {
            assert!(!is_request(&fold_word(text)), "{text}");
        }
    }

    #[test]
    fn news_has_a_link_and_nobody_in_it() {
        assert!(is_news("acme sees increased competition - http://news.example/1"));
        assert!(!is_news("acme took my bag http://pictures.example/1"));
        assert!(!is_news("today's wait at acme http://pictures.example/1"));
        assert!(!is_news("acme sees increased competition"));
        assert!(!is_news("我的包坏了 https://p.example/1"));
    }

    #[test]
    fn a_note_is_short_and_calm() {
        for text in ["全聯衛生紙便宜", "shelves are tidy", "货架整齐, 停车方便"] {
            assert!(is_note(&fold_word(text)), "{text}");
        }
        for text in
            ["全聯衛生紙便宜!", "我今天在全聯買的衛生紙比網路上便宜", "the shelves were tidy and everybody there was in a hurry to go"]
        {
            assert!(!is_note(&fold_word(text)), "{text}");
        }
    }
}
