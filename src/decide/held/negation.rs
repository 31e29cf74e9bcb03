//! Denials: a negator before the hit with nothing but fillers between (`不是很差`, `没有出现任何质量问题`, `never had a problem`),
//! or a denial right after it (`质量问题没有`); other languages in languages.rs.
//!
//! `不仅`, `不过`, `没想到`, `not only` deny nothing; `好不好`, `是不是` ask; two negators cancel out; `这不是骗人吗` is a rhetorical
//! question and says it; `couldn't be worse` is worse.

mod languages;

use std::sync::LazyLock;

pub(super) use self::languages::{asks_in_vietnamese, denied_in_japanese};
use super::Around;
use super::marks::{List, Signs};
use crate::decide::script::{ends_clause, is_word_letter};

pub(super) const MOST_FILLERS: usize = 5;

const FILLERS: &[&str] = &[
    "想像中的",
    "想象中的",
    "想像中",
    "想象中",
    "预期中的",
    "预期的",
    "传说中的",
    "出现过",
    "遇到过",
    "碰到过",
    "发生过",
    "特别",
    "非常",
    "什么",
    "任何",
    "丝毫",
    "觉得",
    "感觉",
    "发现",
    "遇到",
    "遇见",
    "出现",
    "碰到",
    "发生",
    "存在",
    "怎么",
    "一点",
    "半点",
    "一丝",
    "十分",
    "那么",
    "看到",
    "看出",
    "有过",
    "出过",
    "所谓",
    "明显",
    "大的",
    "算是",
    "真的",
    "太",
    "很",
    "会",
    "是",
    "有",
    "算",
    "过",
    "再",
];
/// End in a negator or in a negator and a filler, and deny nothing.
const NO_NEGATORS: &[&str] = &[
    "不过",
    "不仅",
    "不但",
    "不止",
    "不光",
    "不只",
    "不单",
    "不管",
    "不论",
    "不料",
    "不愧",
    "不知",
    "不得不",
    "无不",
    "无非",
    "没想到",
    "要不",
    "可不",
    "不仅仅是",
    "不只是",
    "不仅是",
    "不光是",
    "不止是",
    "好不",
    "非常",
    "从没这么",
    "想不到",
    "料不到",
    "忍不住",
    "不如",
    "莫不",
    "不一会",
];
pub(super) const CHINESE_NEGATORS: &[&str] = &["不", "没", "未", "无", "非", "勿"];
const DENIED_AFTER: &[&str] =
    &["没有", "都没有", "倒没有", "也没有", "一点没有", "完全没有", "没有过", "是没有的", "不存在", "是不存在的", "没发现", "倒是没有"];
const ENGLISH_NEGATORS: &[&str] =
    &["not", "no", "never", "without", "hardly", "barely", "neither", "nor", "zero", "cannot", "ain't", "aint"];
/// `I doubt it is a scam`, and what may stand between: a pronoun or two and a form of `be`.
const ENGLISH_DOUBT: &str = "doubt";
const ENGLISH_DOUBTED: &[&str] =
    &["it", "it's", "its", "this", "that's", "they", "they're", "these", "those", "there", "there's", "he", "she", "will", "if", "whether"];
const ENGLISH_CONTRACTED: &[&str] =
    &["dont", "doesnt", "didnt", "isnt", "wasnt", "arent", "werent", "havent", "hasnt", "hadnt", "wont", "wouldnt", "cant"];
const ENGLISH_FILLERS: &[&str] = &[
    "a",
    "an",
    "the",
    "any",
    "so",
    "too",
    "that",
    "very",
    "really",
    "all",
    "much",
    "even",
    "ever",
    "at",
    "of",
    "been",
    "be",
    "being",
    "had",
    "have",
    "has",
    "having",
    "single",
    "one",
    "major",
    "big",
    "real",
    "more",
    "other",
    "further",
    "slightest",
    "particularly",
    "exactly",
    "quite",
    "completely",
    "totally",
    "entirely",
    "experienced",
    "encountered",
    "noticed",
    "seen",
    "found",
    "got",
    "get",
    "feel",
    "felt",
    "seem",
    "seemed",
    "is",
    "was",
    "are",
    "actually",
    "as",
    "some",
    "kind",
    "sort",
];
/// What denies before a hit, and right after it.
pub(super) fn marks() -> Vec<List> {
    vec![
        List::new(Signs::CLINGING, CHINESE_NEGATORS),
        List::new(Signs::DENYING_WORD, &["n't"]),
        List::whole(Signs::DENYING_WORD, ENGLISH_NEGATORS),
        List::whole(Signs::DENYING_WORD, ENGLISH_CONTRACTED),
        List::whole(Signs::DENYING_WORD, &[ENGLISH_DOUBT]),
        List::whole(Signs::DENYING_WORD, languages::NEGATORS),
        List::new(Signs::DENIED, DENIED_AFTER),
    ]
}

/// Whether what stands right before or after the hit denies it.
pub(super) fn is_negated(around: &Around<'_>, signs: Signs) -> bool {
    (signs.has(Signs::DENIED) && is_denied(around.clause_after()))
        || (languages::may_be_japanese(around.behind()) && languages::denied_in_japanese(around.clause_after()))
        || (signs.has(Signs::CLINGING) && negated_in_chinese(around))
        || (signs.has(Signs::DENYING_WORD)
            && (negated_word_by_word(languages::without_elision(around.denying_before())) || is_doubted(around.denying_before())))
}

fn is_denied(after: &str) -> bool {
    DENIED_AFTER.iter().any(|denial| {
        after
            .strip_prefix(denial)
            .is_some_and(|rest| rest.chars().next().is_none_or(|next| ends_clause(next) || matches!(next, '.' | ' ' | '的' | '了')))
    })
}

fn negated_in_chinese(around: &Around<'_>) -> bool {
    let before = around.denying_before();
    let Some(rest) = strip_negator(before, around.hit()) else { return false };
    let rhetorical = before[rest.len()..].starts_with("不是") || before[rest.len()..].starts_with("不就是") || rest.ends_with("难道");
    if rhetorical && asks(around.clause_after()) {
        return false;
    }
    strip_negator(rest, &before[rest.len()..]).is_none()
}

fn asks(after: &str) -> bool {
    if after.starts_with('吧') {
        return false;
    }
    let clause = after.trim_end_matches(['?', '!', '。', ',', '\n', ' ']);
    after.contains('?') || clause.ends_with(['吗', '嘛', '么'])
}

/// Words by their last character, each character's in the order of the list: of a hundred endings three or four are compared.
struct Endings(Vec<(char, &'static str)>);

impl Endings {
    fn new(words: &[&'static str]) -> Self {
        let mut endings: Vec<(char, &str)> = words.iter().filter_map(|word| Some((word.chars().next_back()?, *word))).collect();
        endings.sort_by_key(|(last, _)| *last);
        Self(endings)
    }

    /// The first of the words that `text` ends with.
    fn of(&self, text: &str) -> Option<&'static str> {
        let last = text.chars().next_back()?;
        let first = self.0.partition_point(|(letter, _)| *letter < last);
        let mine = self.0[first..].iter().take_while(|(letter, _)| *letter == last);
        mine.map(|(_, word)| *word).find(|word| text.ends_with(word))
    }
}

static FILLER_ENDINGS: LazyLock<Endings> = LazyLock::new(|| Endings::new(FILLERS));
static NO_NEGATOR_ENDINGS: LazyLock<Endings> = LazyLock::new(|| Endings::new(NO_NEGATORS));

/// What stands before the negator that ends `before`, fillers aside; none without a negator.
fn strip_negator<'a>(before: &'a str, next: &str) -> Option<&'a str> {
    let mut rest = before.trim_end();
    let mut following = next.chars().next();
    for _ in 0..=MOST_FILLERS {
        if NO_NEGATOR_ENDINGS.of(rest).is_some() && !rest.ends_with("非常") {
            return None;
        }
        if let Some(filler) = FILLER_ENDINGS.of(rest) {
            rest = &rest[..rest.len() - filler.len()];
            following = filler.chars().next();
            continue;
        }
        let last = rest.chars().next_back().filter(|last| matches!(last, '不' | '没' | '未' | '无' | '非' | '勿'))?;
        let left = &rest[..rest.len() - last.len_utf8()];
        let asked = left.chars().next_back().is_some_and(|left| Some(left) == following);
        return (!asked).then_some(left);
    }
    None
}

/// Whether somebody doubts it; `no doubt it is a scam` says it.
fn is_doubted(before: &str) -> bool {
    let may_stand = |word: &&str| ENGLISH_DOUBTED.contains(word) || ENGLISH_FILLERS.contains(word);
    let words: Vec<&str> = before.split_whitespace().rev().take(MOST_FILLERS + 2).collect();
    let between = words.iter().take_while(|word| may_stand(word)).count();
    matches!(words[between..], [ENGLISH_DOUBT, "i" | "we", ..])
}

/// In languages that part their words: a negator, fillers, then the hit.
fn negated_word_by_word(before: &str) -> bool {
    let mut rest = before;
    for _ in 0..=MOST_FILLERS {
        let trimmed = rest.trim_end_matches(' ');
        if trimmed.len() == rest.len() && rest.len() == before.len() {
            return false;
        }
        let from = trimmed
            .rfind(|letter: char| !is_word_letter(letter) && letter != '\'')
            .map_or(0, |at| at + trimmed[at..].chars().next().map_or(1, char::len_utf8));
        let word = &trimmed[from..];
        if word.is_empty() || word.starts_with("couldn") {
            return false;
        }
        if ENGLISH_NEGATORS.contains(&word) || word.ends_with("n't") || ENGLISH_CONTRACTED.contains(&word) || languages::is_negator(word) {
            return true;
        }
        if !ENGLISH_FILLERS.contains(&word) && !languages::is_filler(word) {
            return false;
        }
        rest = &trimmed[..from];
    }
    false
}
