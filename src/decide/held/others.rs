//! What is said of others or by others: titles (`《大骗局》`), other firms (`别家的很差`, `unlike others, which break`), and what other
//! people are told to have said (`看评论说很差`, `some say it is a scam`).
//!
//! What is measured against others is about us (`比别家贵`, `worse than others`); what the firm itself says is part of the story
//! (`客服说不能退`); hearsay that comes true is said (`看评论说会掉色，果然掉了`).

use super::marks::{List, Signs};
use super::{Around, Held, REACH_CHARS, contains_any, contains_word, split_at, split_at_last, split_at_word};

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
    "隔壁那家",
    "隔壁家",
    "隔壁店",
    "隔壁的店",
    "隔壁那间",
    "对面那家",
    "对面的店",
    "旁边那家",
    "旁边的店",
    "另一家",
    "另外一家",
    "别间",
    "别的餐厅",
    "别的商家",
    "其他餐厅",
    "其他店家",
    "隔壁小区",
    "隔壁社区",
    "隔壁餐厅",
    "隔壁大楼",
    "隔壁栋",
    "隔壁公司",
    "某工厂",
    "某厂商",
    "某地",
];
/// What the author had before, or went to before.
const OLDER: &[&str] = &[
    "上一台",
    "上一部",
    "上一双",
    "上一支",
    "上一家",
    "前一台",
    "前一家",
    "旧的那台",
    "旧的那个",
    "旧的那支",
    "以前那台",
    "之前那台",
    "以前的那台",
    "之前的那台",
    "原来那台",
    "原来的那台",
    "以前那家",
    "之前那家",
    "以前的那家",
    "之前的那家",
    "原来那家",
    "以前那间",
    "之前那间",
    "前任",
];
/// Older and ours all the same: `上一台也是你们家的`, `另一家分店`, `前任店长`.
const OURS: &[&str] = &["也是", "同样", "同一", "同款", "第二", "第三", "都", "还是", "又", "你们", "分店", "门市", "店长", "老板", "经理"];
/// Here the clause comes back to us.
const BACK: &[&str] = &["但", "可是", "不过", "却", "这台", "这家", "这个", "这支", "这次", "新的", "你们", "你家"];
/// So begins a clause that goes on with what the one before speaks of: `上一台用了一年，就坏了`.
const GOING_ON: &[&str] = &["", "就", "才", "便", "然后", "后来", "居然", "竟然"];
/// Before another firm: what follows is about us, or what one goes there for.
const MEASURED: &[&str] = &["比", "跟", "和", "与", "同", "较", "不如", "没", "没有", "于", "去", "找", "换", "到", "被", "从", "看", "给"];
const HEARERS: &[&str] =
    &["评论", "评价", "网上", "网路上", "网络上", "网友", "别人", "有人", "有些人", "很多人", "好多人", "有的人", "差评", "大家都"];
const TELLS: &[&str] = &["说", "讲", "反映", "反应", "提到", "吐槽", "写"];
/// Hearsay that comes true.
pub(super) const CONFIRMED: &[&str] = &["果然", "果真", "确实", "还真", "真的是", "没错"];
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
    "the place next door",
    "the shop next door",
    "the store next door",
    "the other place",
];
/// `my old one`, `my previous phone`; `my last order` was ours.
const ENGLISH_OLDER: &[&str] =
    &["my old", "my previous", "my last", "my former", "our old", "our previous", "our last", "the old one", "the previous one"];
const ENGLISH_THINGS: &[&str] = &[
    "one",
    "ones",
    "phone",
    "laptop",
    "tablet",
    "tv",
    "kettle",
    "watch",
    "speaker",
    "machine",
    "vacuum",
    "blender",
    "router",
    "printer",
    "camera",
    "headphones",
    "earbuds",
    "shoes",
    "boots",
    "car",
    "bank",
    "provider",
    "carrier",
    "airline",
    "gym",
    "supplier",
    "brand",
    "company",
    "dentist",
    "barber",
    "landlord",
    "stroller",
    "mattress",
    "fridge",
    "washer",
    "dryer",
    "oven",
];
const ENGLISH_OURS: &[&str] = &["also", "too", "again", "same", "second", "third", "yours", "both", "from you", "from them"];
const ENGLISH_BACK: &[&str] = &["but", "while", "whereas", "this", "the new", "new one", "yours", "and now"];
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
        List::new(Signs::OLDER, OLDER),
        List::new(Signs::OLDER, ENGLISH_OLDER),
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
    if signs.has(Signs::OLDER) && is_older(around) {
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
    let chinese = OTHER_FIRMS.iter().find_map(|firm| split_at(clause, firm));
    if let Some((before, after)) = chinese {
        return is_spoken_of(before) && !after.starts_with("分店") && !contains_any(after, BACK);
    }
    let english = ENGLISH_FIRMS.iter().find_map(|firm| split_at_word(clause, firm));
    english.is_some_and(|(before, after)| is_spoken_of_in_english(before) && !goes_back(after))
}

/// Whether what follows is said of the other firm, and we are not measured against it.
fn is_spoken_of(before: &str) -> bool {
    before.ends_with("不像") || before.ends_with("不会像") || !MEASURED.iter().any(|word| before.ends_with(word))
}

fn is_spoken_of_in_english(before: &str) -> bool {
    before.split_ascii_whitespace().next_back().is_none_or(|last| !ENGLISH_MEASURED.contains(&last))
}

fn goes_back(after: &str) -> bool {
    ENGLISH_BACK.iter().any(|word| contains_word(after, word))
}

/// `旧的那台三个月就坏了`, `my old one broke`; in Chinese the next clause, too, where it says no subject of its own.
fn is_older(around: &Around<'_>) -> bool {
    let clause = around.clause_before();
    let sentence = around.before();
    let begun = &sentence[..sentence.len() - clause.len().min(sentence.len())];
    let goes_on = GOING_ON.contains(&clause);
    let before_that = begun.trim_end_matches([',', '、', ' ']);
    let clause_before_that = before_that.rsplit([',', ';', '、', ':']).next().unwrap_or_default();
    let chinese = |clause: &str| {
        let older = OLDER.iter().find_map(|word| split_at(clause, word));
        older.is_some_and(|(before, after)| is_spoken_of(before) && !contains_any(after, BACK)) && !contains_any(sentence, OURS)
    };
    let same_clause = chinese(clause) && !contains_any(around.clause_after(), OURS);
    same_clause || (goes_on && chinese(clause_before_that)) || is_older_in_english(clause, around.clause_after())
}

fn is_older_in_english(clause: &str, clause_after: &str) -> bool {
    let older = ENGLISH_OLDER.iter().find_map(|word| split_at_word(clause, word).map(|(before, after)| (*word, before, after)));
    let Some((word, before, after)) = older else { return false };
    let thing = after.split_ascii_whitespace().next().is_some_and(|thing| ENGLISH_THINGS.contains(&thing));
    let ours = |text: &str| ENGLISH_OURS.iter().any(|word| contains_word(text, word));
    (word.ends_with("one") || thing) && is_spoken_of_in_english(before) && !goes_back(after) && !ours(clause) && !ours(clause_after)
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

/// Whether a sentence so far tells what other people say, however far back.
pub(super) fn is_hearsay(sentence: &str) -> bool {
    let chinese = HEARERS.iter().any(|hearer| {
        let told = split_at_last(sentence, hearer).map(|(_, after)| after);
        told.is_some_and(|after| TELLS.iter().any(|tell| split_at(after, tell).is_some_and(|(between, _)| between.chars().count() <= 3)))
    });
    chinese || is_english_hearsay(sentence)
}

/// A hearer's word, a word of telling soon after it, and the hit soon after that.
fn chinese_hearsay(sentence: &str) -> bool {
    let reach = sentence.char_indices().rev().nth(MOST_HEARSAY_CHARS + MOST_HEARER_CHARS).map_or(0, |(at, _)| at);
    let near = &sentence[reach..];
    HEARERS.iter().any(|hearer| {
        let Some((_, after)) = split_at_last(near, hearer) else { return false };
        TELLS.iter().any(|tell| {
            let Some((between, heard)) = split_at(after, tell) else { return false };
            between.chars().count() <= 3 && heard.chars().count() <= MOST_HEARSAY_CHARS && !heard.contains(',')
        })
    })
}
