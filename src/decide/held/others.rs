//! What is said of others or by others: titles (`《大骗局》`), other firms (`别家的很差`, `unlike others, which break`), and what other
//! people are told to have said (`看评论说很差`, `some say it is a scam`).
//!
//! What is measured against others is about us (`比别家贵`, `worse than others`); what the firm itself says is part of the story
//! (`客服说不能退`); hearsay that comes true is said (`看评论说会掉色，果然掉了`).

use super::marks::{List, Signs};
use super::{Around, Held, REACH_CHARS, contains_any, contains_word, split_at_word};

const OTHER_FIRMS: &[&str] = &[
    "别家",
    "别人家",
    "其他家",
    "其它家",
    "别的店",
    "其他店",
    "其它店",
    "别的牌子",
    "其他牌子",
    "其它牌子",
    "其他品牌",
    "别的品牌",
    "别牌",
    "上一个牌子",
    "之前的牌子",
    "以前的牌子",
    "之前那个牌子",
    "以前那个牌子",
    "某牌",
    "杂牌",
    "垃圾牌子",
    "同行",
];
/// Before another firm: what follows is about us, or what one goes there for.
const MEASURED: &[&str] = &["比", "跟", "和", "与", "同", "较", "不如", "没", "没有", "于", "去", "找", "换", "到", "被", "从", "看", "给"];
const HEARERS: &[&str] = &["评论", "评价", "网上", "网友", "别人", "有人", "有些人", "很多人", "好多人", "有的人", "差评", "大家都"];
const TELLS: &[&str] = &["说", "讲", "反映", "反应", "提到", "吐槽", "写"];
/// Hearsay that comes true.
const CONFIRMED: &[&str] = &["果然", "果真", "确实", "还真", "真的是", "没错"];
/// Characters between hearsay and what is heard.
pub(super) const MOST_HEARSAY_CHARS: usize = 12;
/// Characters of a hearer, a word of telling and what may stand between them, and one to spare.
pub(super) const MOST_HEARER_CHARS: usize = 9;

const ENGLISH_FIRMS: &[&str] = &[
    "other brands",
    "other companies",
    "other airlines",
    "other carriers",
    "other stores",
    "other shops",
    "other banks",
    "other places",
    "other products",
    "another brand",
    "other brand",
    "cheaper brands",
    "cheap brands",
    "previous brand",
    "last brand",
    "competitors",
    "the competition",
];
const ENGLISH_MEASURED: &[&str] = &["than", "to", "as", "like", "with", "from", "use", "try", "and", "over"];
const ENGLISH_HEARSAY: &[&str] = &[
    "people say",
    "some say",
    "others say",
    "people said",
    "others said",
    "some said",
    "reviews say",
    "reviews said",
    "reviewers say",
    "reviewers said",
    "others have said",
    "people complain",
    "others complain",
    "others complained",
    "people complained",
    "some people complained",
    "reviews complaining",
    "people complaining",
];

/// What stands before a hit that is said of others or by others.
pub(super) fn marks() -> Vec<List> {
    vec![
        List::new(Signs::TITLE, &["《"]),
        List::new(Signs::UNLIKE, &["unlike"]),
        List::new(Signs::FIRM, OTHER_FIRMS),
        List::new(Signs::FIRM, ENGLISH_FIRMS),
        List::new(Signs::HEARER, HEARERS),
        List::new(Signs::HEARSAY, ENGLISH_HEARSAY),
    ]
}

pub(super) fn held(around: &Around<'_>, before: &str, signs: Signs) -> Option<Held> {
    if signs.has(Signs::TITLE) && in_title(before) {
        return Some(Held::Titled);
    }
    if (signs.has(Signs::FIRM) && is_of_others(around.clause_before())) || (signs.has(Signs::UNLIKE) && is_unlike(around.before())) {
        return Some(Held::Compared);
    }
    let heard = (signs.has(Signs::HEARER) && chinese_hearsay(around.before()))
        || (signs.has(Signs::HEARSAY) && is_english_hearsay(around.clause_before()));
    (heard && !contains_any(around.after(), CONFIRMED)).then_some(Held::Quoted)
}

fn is_english_hearsay(clause: &str) -> bool {
    ENGLISH_HEARSAY.iter().any(|words| contains_word(clause, words))
}

fn in_title(before: &str) -> bool {
    let mark = before.chars().rev().take(REACH_CHARS).find(|letter| matches!(letter, '《' | '》'));
    mark == Some('《')
}

fn is_of_others(clause: &str) -> bool {
    let chinese = OTHER_FIRMS.iter().find_map(|firm| clause.split_once(firm));
    if let Some((before, _)) = chinese {
        return before.ends_with("不像") || before.ends_with("不会像") || !MEASURED.iter().any(|word| before.ends_with(word));
    }
    let english = ENGLISH_FIRMS.iter().find_map(|firm| split_at_word(clause, firm));
    english.is_some_and(|(before, _)| before.split_ascii_whitespace().next_back().is_none_or(|last| !ENGLISH_MEASURED.contains(&last)))
}

/// `unlike X, which broke`: up to the comma that ends what is said of X.
fn is_unlike(sentence: &str) -> bool {
    let Some((_, after)) = split_at_word(sentence, "unlike") else { return false };
    let mut parts = after.split(',').skip(1);
    match (parts.next(), parts.next()) {
        (None, _) => true,
        (Some(part), None) => ["which", "who", "that", "where"].iter().any(|word| part.trim_start().starts_with(word)),
        _ => false,
    }
}

/// A hearer's word, a word of telling soon after it, and the hit soon after that.
fn chinese_hearsay(sentence: &str) -> bool {
    let reach = sentence.char_indices().rev().nth(MOST_HEARSAY_CHARS + MOST_HEARER_CHARS).map_or(0, |(at, _)| at);
    let near = &sentence[reach..];
    HEARERS.iter().any(|hearer| {
        let Some((_, after)) = near.rsplit_once(hearer) else { return false };
        TELLS.iter().any(|tell| {
            let Some((between, heard)) = after.split_once(tell) else { return false };
            between.chars().count() <= 3 && heard.chars().count() <= MOST_HEARSAY_CHARS && !heard.contains(',')
        })
    })
}
