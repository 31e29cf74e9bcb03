//! Conditions (`如果坏了`, `if it breaks`), questions (`请问是假货吗`, `is this a scam?`) and fears (`担心是假货`, `worried it would break`).
//! A fear of today (`有点担心会坏`) is a complaint already. What was thought or feared until it turned out otherwise (`怕漏气，结果一点没漏`,
//! `thought it was broken, turned out it was not plugged in`) is no complaint; what turned out as feared is said once more, and counts there.
//!
//! A wish that it were otherwise says that it is so (`要是早知道这么差`, `if I could give zero stars`). A rhetorical question says it
//! too: one with `不是`, `难道` or `你们`, one that asks why or how, one that speaks to somebody (`do you ever answer?`).

use super::marks::{List, Signs};
use super::negation::asks_in_vietnamese;
use super::{Around, Held, contains_any, contains_word, split_at, split_at_last, split_at_word};

const CONDITIONS: &[&str] = &["万が一", "如果", "要是", "假如", "万一", "倘若", "若是", "假设", "以防", "避免", "谨防", "慎防", "提防"];
/// A wish that it were otherwise says that it is so.
const REGRETS: &[&str] = &["早知", "可以给", "能给", "能打", "可以打", "能负"];
const INQUIRIES: &[&str] =
    &["请问", "想问", "问一下", "求问", "请教", "有没有人", "有人知道", "谁知道", "咨询一下", "问下大家", "问一下大家", "问问大家"];
const EITHER_OR: &[&str] = &["是不是", "是否", "会不会", "有没有", "算不算", "能不能", "会否"];
/// Doubt before an either-or: `不知道是不是假货` is the doubt itself.
const DOUBTS: &[&str] = &["不知", "怀疑", "感觉", "质疑", "觉得", "分不清", "不确定"];
const RHETORICAL: &[&str] = &["不", "难道", "没", "你", "还", "就", "良心", "好意思", "至于", "这么", "那么", "什么"];
/// Whoever asks so reproaches: `请问这么多压坏的怎么会卖`.
const REPROACHES: &[&str] = &["你", "这么", "怎么", "为什么", "凭什么", "还", "就", "都"];
/// Before what a plain question asks: `会坏吗`. Without it, as in `是欺负人吗`, `吗` mostly reproaches.
const ASKED_OF: [char; 3] = ['会', '有', '算'];
const FEARS: &[&str] = &["担心", "害怕", "生怕", "怕会", "怕是"];
/// A fear of then, however great: `原本很担心会迟到`.
const ONCE: &[&str] = &["原本", "本来", "原先", "起初", "一开始", "刚开始", "之前", "当初", "出发前", "下单前", "买之前"];

/// A thought or a fear, where the sentence goes on with how it turned out.
const THOUGHTS: &[&str] = &["怕", "以为"];
const TURNS: &[&str] = &[
    "结果",
    "没想到",
    "原来",
    "其实",
    "后来",
    "还好",
    "幸好",
    "用到现在",
    "用了",
    "买了",
    "到手",
    "收到",
    "打开",
    "试了",
    "没出过",
    "好好的",
];
/// `恐怕`, `可怕`, `怕是`: no fear that anybody had.
const NO_FEARS: [char; 4] = ['恐', '可', '哪', '最'];
/// As it was feared.
const CAME_TRUE: &[&str] = &["果然", "果真", "还真", "真的", "没错"];
/// Behind `真的` they say that what was promised came: `以为是诈骗，结果东西真的寄来了`.
const CAME_AFTER_ALL: &[&str] =
    &["寄来", "寄到", "送来", "送到", "来了", "到了", "收到", "有来", "有到", "有寄", "有送", "退了", "退给", "给我"];
/// Right before what did not come about.
const NOT_SO: &[&str] = &["没", "没有", "不", "未", "零", "无", "not", "no", "never", "wasn't", "isn't", "didn't", "doesn't"];

/// Turns that often go on with another fault: they count where what follows says that it did not come about.
const MILD_TURNS: &[&str] = &["但", "可是", "不过", "却", "竟然", "居然"];
/// Said of what did not come about, or of what came instead.
const CAME_OTHERWISE: &[&str] = &[
    "没有", "没坏", "没事", "不会", "不用", "很好", "很快", "很顺", "顺利", "正常", "好吃", "好喝", "好用", "不错", "还好", "完全", "意外",
];

const ENGLISH_THOUGHTS: &[&str] = &["thought", "assumed", "figured", "feared", "expected", "expecting"];
/// What the author only expected: `thought the service was bad but the food was worse` tells of both.
const ENGLISH_EXPECTED: &[&str] = &["would", "it'd", "they'd", "expected", "expecting", "going to"];
/// What others said beforehand: `they told me it was a scam, but my parcel came`.
const ENGLISH_TOLD: &[&str] =
    &["told", "warned", "people say", "people said", "everyone said", "everyone says", "reviews said", "reviews say"];
const ENGLISH_CAME_WELL: &[&str] = &[
    "fine",
    "great",
    "perfect",
    "perfectly",
    "lovely",
    "on time",
    "came",
    "arrived",
    "all good",
    "no problem",
    "no problems",
    "no issues",
];
const ENGLISH_MILD_TURNS: &[&str] = &["but", "yet", "instead"];
const ENGLISH_CAME_OTHERWISE: &[&str] = &[
    "not",
    "never",
    "no",
    "didn't",
    "wasn't",
    "isn't",
    "hasn't",
    "doesn't",
    "don't",
    "aren't",
    "weren't",
    "fine",
    "great",
    "good",
    "perfect",
    "perfectly",
    "lovely",
    "quick",
    "quickly",
    "on time",
    "works",
    "worked",
    "easy",
    "wrong",
];
/// `but it came broken`, `but it arrived two weeks late`.
const ENGLISH_CAME_BADLY: &[&str] =
    &["broken", "damaged", "late", "wrong", "empty", "smashed", "torn", "dead", "cracked", "refused", "never"];
const ENGLISH_WORSE: &[&str] = &["worse", "even", "nothing", "also"];
const ENGLISH_TURNS: &[&str] = &["turned out", "turns out", "it was just", "it was only", "my own fault", "my mistake", "until i"];

const ENGLISH_CONDITIONS: &[&str] = &["indien", "au cas ou", "in case", "unless", "should you"];
const ENGLISH_INQUIRIES: &[&str] =
    &["does anyone know", "anyone know", "has anyone", "can anyone", "did anyone", "does anyone", "anyone else"];
const ENGLISH_FEARS: &[&str] = &["was worried", "were worried", "was afraid", "were afraid", "was concerned", "feared", "was scared"];
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
/// A sentence that opens with one of these asks yes or no.
const ENGLISH_VERBS: &[&str] = &["is", "are", "was", "were", "does", "do", "did", "will", "has", "have", "can", "could", "would"];
/// Spoken to: who asks them so complains.
const ENGLISH_ADDRESS: &[&str] = &["you", "your", "u", "ur", "i", "we", "my", "our", "someone", "somebody"];
const ENGLISH_RHETORIC: &[&str] = &["too much", "so hard", "a joke", "this how", "this what", "that how", "that what", "it just me"];

/// What opens a condition, an inquiry, an either-or or a fear, and what ends a question or a condition.
pub(super) fn marks() -> Vec<List> {
    vec![
        List::new(Signs::CONDITION, CONDITIONS),
        List::new(Signs::CONDITION, ENGLISH_CONDITIONS),
        List::new(Signs::CONDITION, &["if"]),
        List::new(Signs::INQUIRY, INQUIRIES),
        List::new(Signs::INQUIRY, ENGLISH_INQUIRIES),
        List::new(Signs::FEAR, FEARS),
        List::new(Signs::FEAR, ENGLISH_FEARS),
        List::new(Signs::FEAR, THOUGHTS),
        List::new(Signs::FEAR, ENGLISH_THOUGHTS),
        List::new(Signs::FEAR, ENGLISH_TOLD),
        List::new(Signs::EITHER_OR, EITHER_OR),
        List::new(Signs::ASKS, &["?", "的话", " vay"]),
    ]
}

pub(super) fn held(around: &Around<'_>, signs: Signs) -> Option<Held> {
    if signs.has(Signs::INQUIRY) && is_inquiry(around) {
        return Some(Held::Asked);
    }
    if signs.has(Signs::CONDITION) && is_condition(around.clause_before()) {
        return Some(Held::Supposed);
    }
    if signs.has(Signs::FEAR) && turned_out_otherwise(around) {
        return Some(Held::Negated);
    }
    if signs.has(Signs::FEAR) && is_fear(around) {
        return Some(Held::Feared);
    }
    let asks = signs.has(Signs::ASKS);
    if asks && is_unreal(around.clause_after()) {
        return Some(Held::Supposed);
    }
    let chinese = (asks || signs.has(Signs::EITHER_OR)) && asks_in_chinese(around, signs);
    (chinese || (asks && (asks_in_english(around) || asks_in_vietnamese(around.clause_after())))).then_some(Held::Asked)
}

fn is_condition(clause: &str) -> bool {
    let condition = contains_any(clause, CONDITIONS) && !contains_any(clause, REGRETS);
    condition || ENGLISH_CONDITIONS.iter().any(|opener| contains_word(clause, opener)) || opens_with_if(clause)
}

/// `坏了的话可以退`: the clause ends in the condition; `客服的话很差` names a subject.
fn is_unreal(after: &str) -> bool {
    split_at(after, "的话").is_some_and(|(between, _)| between.chars().count() <= 2)
}

fn opens_with_if(clause: &str) -> bool {
    let Some((before, after)) = split_at_word(clause, "if") else { return false };
    let idiom = before.trim_end().ends_with("even") || before.trim_end().ends_with(" as") || before.trim_end().ends_with("wonder");
    !idiom && !ENGLISH_WISHES.iter().any(|wish| after.trim_start().starts_with(wish))
}

fn is_inquiry(around: &Around<'_>) -> bool {
    let clause = around.clause_before();
    (contains_any(clause, INQUIRIES) && !contains_any(clause, REPROACHES))
        || ENGLISH_INQUIRIES.iter().any(|opener| contains_word(clause, opener))
}

fn is_fear(around: &Around<'_>) -> bool {
    let clause = around.clause_before();
    let feared = FEARS.iter().find_map(|fear| split_at(clause, fear));
    let chinese = feared.is_some_and(|(before, _)| !before.ends_with(['人', '让', '点', '很', '真']) || contains_any(before, ONCE));
    chinese || ENGLISH_FEARS.iter().any(|fear| contains_word(clause, fear))
}

/// `以为会漏水，用到现在滴水不漏`, `thought it was broken, turned out it was not plugged in`.
fn turned_out_otherwise(around: &Around<'_>) -> bool {
    let clause = around.clause_before();
    let thought = THOUGHTS.iter().any(|word| split_at_last(clause, word).is_some_and(|(before, _)| !before.ends_with(NO_FEARS)))
        || ENGLISH_THOUGHTS.iter().chain(ENGLISH_TOLD).any(|word| contains_word(clause, word));
    if !thought {
        return false;
    }
    let after = around.after();
    let chinese = TURNS.iter().find_map(|turn| split_at(after, turn));
    let english = || ENGLISH_TURNS.iter().find_map(|turn| split_at_word(after, turn));
    let turned = chinese.or_else(english).or_else(|| mildly_turned(after)).or_else(|| mildly_turned_in_english(clause, after));
    turned.is_some_and(|(_, turned)| !came_true(turned) && !is_said_again(turned, around.hit()))
}

fn came_true(turned: &str) -> bool {
    CAME_TRUE.iter().any(|word| match split_at(turned, word) {
        Some((_, what)) => *word != "真的" || !contains_any(what, CAME_AFTER_ALL),
        None => false,
    })
}

fn mildly_turned(after: &str) -> Option<(&str, &str)> {
    MILD_TURNS.iter().find_map(|turn| split_at(after, turn)).filter(|(_, turned)| contains_any(turned, CAME_OTHERWISE))
}

fn mildly_turned_in_english<'a>(clause: &str, after: &'a str) -> Option<(&'a str, &'a str)> {
    let says = |text: &str, words: &[&str]| words.iter().any(|word| contains_word(text, word));
    let turned = ENGLISH_MILD_TURNS.iter().find_map(|turn| split_at_word(after, turn));
    let expected = says(clause, ENGLISH_EXPECTED);
    let told = says(clause, ENGLISH_TOLD);
    turned.filter(|(_, turned)| {
        let otherwise = expected && says(turned, ENGLISH_CAME_OTHERWISE);
        let well = told && says(turned, ENGLISH_CAME_WELL) && !says(turned, ENGLISH_CAME_BADLY);
        (otherwise || well) && !says(turned, ENGLISH_WORSE)
    })
}

/// Whether the same word stands there and is not denied.
fn is_said_again(turned: &str, hit: &str) -> bool {
    turned.match_indices(hit).any(|(at, _)| !NOT_SO.iter().any(|word| turned[..at].trim_end().ends_with(word)))
}

/// `是不是假货？`, `会坏吗`; a doubt (`不知道是不是假货`) and a rhetorical question (`这不是骗人吗`) say it.
fn asks_in_chinese(around: &Around<'_>, signs: Signs) -> bool {
    let clause = around.clause_after();
    let sign = clause.ends_with('?');
    let words = clause.trim_end_matches(['?', '!', '。', ',', '\n', ' ', '~']);
    let particle = words.ends_with(['吗', '嘛']);
    let clause_before = around.clause_before();
    let either = if signs.has(Signs::EITHER_OR) { EITHER_OR.iter().find_map(|word| split_at(clause_before, word)) } else { None };
    if let Some((before, _)) = either {
        return (sign || particle || words.ends_with(['呢', '啊'])) && !words.ends_with('了') && !contains_any(before, DOUBTS);
    }
    particle && sign && clause_before.ends_with(ASKED_OF) && !contains_any(clause_before, RHETORICAL)
}

/// `is this a scam?`, `are they always late?`.
fn asks_in_english(around: &Around<'_>) -> bool {
    if !around.after().ends_with('?') {
        return false;
    }
    let before = around.before();
    let mut words = before.split_ascii_whitespace();
    let (Some(verb), Some(subject)) = (words.next(), words.next()) else { return false };
    ENGLISH_VERBS.contains(&verb) && !ENGLISH_ADDRESS.contains(&subject) && !contains_any(before, ENGLISH_RHETORIC)
}
