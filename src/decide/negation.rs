//! Words that stand there and are not said: negated, supposed, asked, or part of a title.
//!
//! All of it is read from the folded text around one hit; there is no grammar here. What is recognised:
//! - a negator before the hit with nothing but fillers between (`不是很差`, `没有出现任何质量问题`, `never had a problem`);
//! - a denial right after it (`质量问题没有`);
//! - a clause that opens with a condition or an inquiry (`如果坏了`, `请问是假货吗`, `if it breaks`);
//! - the inside of 《title marks》;
//! - negators of German, Dutch, French, Vietnamese before the hit, of Japanese after it (others.rs).
//!
//! What is not: `不仅`, `不过`, `没想到`, `not only` deny nothing; `好不好`, `是不是` ask and leave a suspicion standing; two negators
//! cancel out; `这不是骗人吗` is a rhetorical question and says it; `couldn't be worse` is worse.

mod others;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::script::{ends_clause, is_word_letter};

/// Why a hit does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Negated,
    Supposed,
    Title,
}

/// Characters looked at on either side: the longest opener, fillers and titles seen.
const REACH_CHARS: usize = 40;
const MOST_FILLERS: usize = 5;

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
const NEGATORS: &[char] = &['不', '没', '未', '无', '非', '勿'];
const DENIED_AFTER: &[&str] =
    &["没有", "都没有", "倒没有", "也没有", "一点没有", "完全没有", "没有过", "是没有的", "不存在", "是不存在的", "没发现", "倒是没有"];
const CONDITIONS: &[&str] =
    &["万が一", "如果", "要是", "假如", "万一", "倘若", "若是", "假设", "请问", "想问", "问一下", "求问", "请教", "有没有人"];
/// A wish that it were otherwise says that it is so.
const REGRETS: &[&str] = &["早知", "可以给", "能给", "能打", "可以打"];

const ENGLISH_NEGATORS: &[&str] =
    &["not", "no", "never", "without", "hardly", "barely", "neither", "nor", "zero", "cannot", "ain't", "aint"];
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
const ENGLISH_CONDITIONS: &[&str] =
    &["indien", "au cas ou", "in case", "unless", "should you", "does anyone know", "anyone know", "has anyone", "can anyone"];
/// After `if`: openers of a wish or an address, not of a condition on what follows.
const ENGLISH_WISHES: &[&str] = &[
    "i could",
    "i can",
    "there was",
    "there were",
    "only",
    "possible",
    "you want",
    "you like",
    "you're looking",
    "you are looking",
    "it were",
];

/// Every opener at once: most clauses have none, and asking for each would cost more than all the rest.
static OPENERS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(CONDITIONS.iter().chain(ENGLISH_CONDITIONS).chain(&["if"])).ok());

/// Whether the hit at `start..end` of this folded text is held back.
#[must_use]
pub fn held(text: &str, start: usize, end: usize) -> Option<Held> {
    let before = clause_before(&text[..start]);
    let after = clause_after(&text[end..]);
    if is_supposed(before) || others::asks_in_vietnamese(after) {
        return Some(Held::Supposed);
    }
    if is_negated(before, after, &text[start..end]) {
        return Some(Held::Negated);
    }
    in_title(&text[..start]).then_some(Held::Title)
}

fn clause_before(text: &str) -> &str {
    let mut from = text.len();
    for (at, letter) in text.char_indices().rev().take(REACH_CHARS) {
        if ends_clause(letter) || (letter == '.' && text[at + 1..].starts_with([' ', '.'])) {
            break;
        }
        from = at;
    }
    &text[from..]
}

/// Up to the end of the clause, its sign included.
fn clause_after(text: &str) -> &str {
    for (at, letter) in text.char_indices().take(REACH_CHARS) {
        if ends_clause(letter) {
            return &text[..at + letter.len_utf8()];
        }
    }
    text.char_indices().nth(REACH_CHARS).map_or(text, |(at, _)| &text[..at])
}

fn is_negated(before: &str, after: &str, hit: &str) -> bool {
    let denied = DENIED_AFTER.iter().any(|denial| {
        after
            .strip_prefix(denial)
            .is_some_and(|rest| rest.chars().next().is_none_or(|next| ends_clause(next) || matches!(next, '.' | ' ' | '的' | '了')))
    });
    denied
        || others::denied_in_japanese(after)
        || negated_in_chinese(before, after, hit)
        || negated_word_by_word(others::without_elision(before))
}

fn negated_in_chinese(before: &str, after: &str, hit: &str) -> bool {
    if !before.contains(NEGATORS) {
        return false;
    }
    let Some(rest) = strip_negator(before, hit) else { return false };
    let rhetorical = before[rest.len()..].starts_with("不是") || before[rest.len()..].starts_with("不就是") || rest.ends_with("难道");
    if rhetorical && asks(after) {
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

/// What stands before the negator that ends `before`, fillers aside; none without a negator.
fn strip_negator<'a>(before: &'a str, next: &str) -> Option<&'a str> {
    let mut rest = before.trim_end();
    let mut following = next.chars().next();
    for _ in 0..=MOST_FILLERS {
        if NO_NEGATORS.iter().any(|word| rest.ends_with(word)) && !rest.ends_with("非常") {
            return None;
        }
        if let Some(filler) = FILLERS.iter().find(|filler| rest.ends_with(*filler)) {
            rest = &rest[..rest.len() - filler.len()];
            following = filler.chars().next();
            continue;
        }
        let last = rest.chars().next_back().filter(|last| NEGATORS.contains(last))?;
        let left = &rest[..rest.len() - last.len_utf8()];
        let asked = left.chars().next_back().is_some_and(|left| Some(left) == following);
        return (!asked).then_some(left);
    }
    None
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
        if ENGLISH_NEGATORS.contains(&word) || word.ends_with("n't") || ENGLISH_CONTRACTED.contains(&word) || others::is_negator(word) {
            return true;
        }
        if !ENGLISH_FILLERS.contains(&word) && !others::is_filler(word) {
            return false;
        }
        rest = &trimmed[..from];
    }
    false
}

fn is_supposed(clause: &str) -> bool {
    if !OPENERS.as_ref().is_none_or(|openers| openers.is_match(clause)) {
        return false;
    }
    let condition = CONDITIONS.iter().any(|opener| clause.contains(opener)) && !REGRETS.iter().any(|word| clause.contains(word));
    condition || ENGLISH_CONDITIONS.iter().any(|opener| contains_word(clause, opener)) || opens_with_if(clause)
}

fn opens_with_if(clause: &str) -> bool {
    let Some((before, after)) = split_at_word(clause, "if") else { return false };
    let idiom = before.trim_end().ends_with("even") || before.trim_end().ends_with(" as") || before.trim_end().ends_with("wonder");
    !idiom && !ENGLISH_WISHES.iter().any(|wish| after.trim_start().starts_with(wish))
}

fn contains_word(text: &str, word: &str) -> bool {
    split_at_word(text, word).is_some()
}

fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    text.match_indices(word).map(|(at, _)| (&text[..at], &text[at + word.len()..])).find(|(before, after)| {
        !before.ends_with(|letter: char| letter.is_ascii_alphanumeric())
            && !after.starts_with(|letter: char| letter.is_ascii_alphanumeric())
    })
}

fn in_title(before: &str) -> bool {
    let mark = before.chars().rev().take(REACH_CHARS).find(|letter| matches!(letter, '《' | '》'));
    mark == Some('《')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::fold::fold;

    fn state(text: &str, word: &str) -> Option<Held> {
        let folded = fold(text);
        let word = fold(word);
        let start = folded.text().find(word.text()).expect("the word is there");
        held(folded.text(), start, start + word.text().len())
    }

    #[test]
    fn denials_are_held_back() {
        for (text, word) in [
            ("這不是詐騙", "詐騙"),
            ("没有坏", "坏"),
            ("質量不差", "差"),
            ("也不是很差啦", "差"),
            ("沒有任何質量問題", "質量問題"),
            ("没出现过质量问题", "质量问题"),
            ("質量問題沒有。", "質量問題"),
            ("并非假货", "假货"),
            ("應該不是詐騙吧？", "詐騙"),
            ("不算太贵", "贵"),
            ("毫无异味", "异味"),
            ("not a scam", "scam"),
            ("We never had a problem", "problem"),
            ("no complaints", "complaints"),
            ("it isn't really that bad", "bad"),
            ("Arrived without any damage", "damage"),
            ("didnt have any issues", "issues"),
            ("Das Gerät ist nicht kaputt", "kaputt"),
            ("Kein einziges Problem", "Problem"),
            ("Het is helemaal niet duur", "duur"),
            ("nooit problemen gehad", "problemen"),
            ("Ce n'est pas du tout une arnaque", "arnaque"),
            ("pas d'arnaque ici", "arnaque"),
            ("Máy không hề bị lỗi", "lỗi"),
            ("may ko bi loi", "loi"),
            ("Pin không được tốt", "tốt"),
            ("Keine großen Probleme", "Probleme"),
            ("壊れていません", "壊れて"),
            ("問題は特にありませんでした", "問題"),
            ("問題なく使えた", "問題"),
            ("不満は一切ない", "不満"),
        ] {
            assert_eq!(state(text, word), Some(Held::Negated), "{text}");
        }
    }

    #[test]
    fn what_is_said_is_left_standing() {
        for (text, word) in [
            ("质量非常差", "差"),
            ("不过很差", "差"),
            ("nicht nur teuer", "teuer"),
            ("Funktioniert nicht und ist teuer", "teuer"),
            ("niet alleen duur", "duur"),
            ("non seulement cher", "cher"),
            ("không những chậm", "chậm"),
            ("問題がずっと続く", "問題"),
            ("最悪じゃないか", "最悪"),
            ("壊れてた", "壊れて"),
            ("不仅贵", "贵"),
            ("没想到是假货", "假货"),
            ("是不是假货", "假货"),
            ("這不是詐騙嗎？", "詐騙"),
            ("不是不好", "好"),
            ("從沒見過這麼差的", "差"),
            ("味道不好，态度差", "差"),
            ("特别差", "差"),
            ("没几天就坏了", "坏"),
            ("not only late but broken", "late"),
            ("it could not be delivered. Terrible", "terrible"),
            ("couldn't be worse", "worse"),
            ("I have never seen such rude staff", "rude"),
            ("no, this is a scam", "scam"),
            ("要是早知道这么差就不买了", "差"),
            ("if I could give zero stars", "zero stars"),
            ("even if it is cheap", "cheap"),
        ] {
            assert_eq!(state(text, word), None, "{text}");
        }
    }

    #[test]
    fn conditions_inquiries_and_titles_are_held_back() {
        for (text, word, expected) in [
            ("如果坏了可以退", "坏了", Held::Supposed),
            ("請問會不會是假貨", "假貨", Held::Supposed),
            ("If it breaks you get a refund", "breaks", Held::Supposed),
            ("《大騙局》這本書很好看", "騙局", Held::Title),
        ] {
            assert_eq!(state(text, word), Some(expected), "{text}");
        }
    }
}
