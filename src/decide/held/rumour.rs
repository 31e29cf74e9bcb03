//! Rumours (`网传..`, `rumour has it ..`), and what the same sentence takes back (`.., 都是谣言`, `.., which is not true at all`).
//!
//! A rumour that comes true is said (`听说很难吃，果然难吃`); so is what somebody adds of their own (`i heard that it is fine but mine broke`).
//! A plain denial (`根本没有`, `not true`) takes back what other people say, never what the author says: `店员骂人，客服说没这回事` complains.

use super::marks::{List, Signs};
use super::others::{CONFIRMED, is_hearsay};
use super::{Around, Held, contains_any, contains_word, split_at, split_at_last};

const RUMOURS: &[&str] = &[
    "网传",
    "听说",
    "听闻",
    "据说",
    "据传",
    "传闻",
    "传言",
    "谣传",
    "谣言",
    "流言",
    "听人说",
    "听人讲",
    "听朋友说",
    "听同事说",
    "听邻居说",
];
/// `没听说过`: the author speaks of what they know.
const UNHEARD: [char; 4] = ['没', '未', '不', '刚'];
/// Characters between a rumour and what is rumoured: a brand's name, a subject, and how often.
const MOST_RUMOUR_CHARS: usize = 20;
const ENGLISH_RUMOURS: &[&str] = &[
    "rumour has it",
    "rumor has it",
    "rumours say",
    "rumors say",
    "rumours that",
    "rumors that",
    "rumour that",
    "rumor that",
    "word has it",
    "word is that",
    "allegedly",
    "it is said",
    "it's said",
    "i read that",
    "i read somewhere",
    "i read online",
    "i heard that",
    "i've heard that",
    "i have heard that",
    "i hear that",
    "i heard they",
    "i hear they",
    "i've heard they",
    "saw a post that",
    "saw a post saying",
    "saw a post claiming",
    "saw posts saying",
];
/// The rumour ends there, and the author goes on.
const OWN_WORDS: &[&str] = &["但", "可是", "不过", "却", "结果", "我自己"];
const ENGLISH_OWN_WORDS: &[&str] = &["but", "however", "and mine", "mine", "and it's true", "and i"];
/// It came true after all, wherever that is said.
const CAME_TRUE: &[&str] = &["果然", "果真", "还真", "原来是真的", "turns out it is true", "turns out it's true", "turned out to be true"];

/// A rumour is called one.
const CALLED_RUMOUR: &[&str] = &["是谣言", "谣言而已", "纯属谣言", "是谣传", "是误传", "辟谣", "是假消息", "假新闻"];
const ENGLISH_CALLED_RUMOUR: &[&str] = &[
    "is a rumour",
    "is a rumor",
    "was a rumour",
    "was a rumor",
    "just a rumour",
    "just a rumor",
    "only a rumour",
    "only a rumor",
    "are rumours",
    "are rumors",
    "just rumours",
    "just rumors",
    "is fake news",
    "is a myth",
    "an urban legend",
    "debunked",
];
/// What others say is denied.
const DENIALS: &[&str] = &[
    "没这回事",
    "没有这回事",
    "没那回事",
    "没有那回事",
    "没这种事",
    "没有这种事",
    "没有的事",
    "没这么夸张",
    "没那么夸张",
    "不是真的",
    "不实",
    "子虚乌有",
    "胡说",
    "乱讲",
    "乱说",
    "瞎说",
    "根本不是",
    "完全不是",
    "才不是",
];
/// The same where the clause ends with it: `根本没有道歉` denies nothing that was said before.
const BARE_DENIALS: &[&str] =
    &["根本没有", "完全没有", "并没有", "其实没有", "其实不会", "其实还好", "根本不会", "完全不会", "哪有", "我觉得不会"];
const ENGLISH_DENIALS: &[&str] = &[
    "not true",
    "isn't true",
    "wasn't true",
    "aren't true",
    "untrue",
    "is nonsense",
    "total nonsense",
    "not the case",
    "wasn't the case",
    "isn't the case",
    "couldn't be further",
    "could not be further",
    "mine never",
    "mine doesn't",
    "mine didn't",
    "mine hasn't",
    "but it never",
    "but it doesn't",
    "but it didn't",
    "but it isn't",
    "but it's not",
    "but they aren't",
    "but they weren't",
];

/// What stands before a rumour, and after what is taken back.
pub(super) fn marks() -> Vec<List> {
    vec![
        List::new(Signs::RUMOUR, RUMOURS),
        List::new(Signs::RUMOUR, ENGLISH_RUMOURS),
        List::new(Signs::TAKEN_BACK, CALLED_RUMOUR),
        List::new(Signs::TAKEN_BACK, ENGLISH_CALLED_RUMOUR),
        List::new(Signs::TAKEN_BACK, DENIALS),
        List::new(Signs::TAKEN_BACK, BARE_DENIALS),
        List::new(Signs::TAKEN_BACK, ENGLISH_DENIALS),
    ]
}

pub(super) fn held(around: &Around<'_>, signs: Signs) -> Option<Held> {
    if signs.has(Signs::TAKEN_BACK) && is_taken_back(around) {
        return Some(Held::Negated);
    }
    (signs.has(Signs::RUMOUR) && is_rumour(around)).then_some(Held::Quoted)
}

fn is_rumour(around: &Around<'_>) -> bool {
    let clause = around.clause_before();
    let heard = rumoured(clause).is_some_and(|heard| heard.chars().count() <= MOST_RUMOUR_CHARS && !contains_any(heard, OWN_WORDS));
    let english = || {
        let heard = ENGLISH_RUMOURS.iter().find_map(|words| split_at(clause, words));
        heard.is_some_and(|(_, heard)| !ENGLISH_OWN_WORDS.iter().any(|word| contains_word(heard, word)))
    };
    (heard || english()) && !contains_any(around.after(), CONFIRMED) && !contains_any(around.soon(), CAME_TRUE)
}

/// What a clause says behind the word that calls it a rumour.
fn rumoured(clause: &str) -> Option<&str> {
    let behind = |word: &&str| split_at_last(clause, word);
    let (before, heard) = RUMOURS.iter().find_map(behind)?;
    (!before.ends_with(UNHEARD) && !heard.starts_with('过')).then_some(heard)
}

fn is_taken_back(around: &Around<'_>) -> bool {
    let after = around.after();
    if contains_any(after, CALLED_RUMOUR) || contains_any(after, ENGLISH_CALLED_RUMOUR) {
        return true;
    }
    let bare = BARE_DENIALS.iter().any(|word| after.match_indices(word).any(|(at, _)| ends_there(&after[at + word.len()..])));
    (bare || contains_any(after, DENIALS) || contains_any(after, ENGLISH_DENIALS)) && is_told_by_others(around.before())
}

/// `根本没有`, `根本没有啊`, `根本没有嘛!`.
fn ends_there(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['啊', '呀', '嘛', '喔', '哦', '耶', '啦', '吧', '的', ' ']);
    rest.chars().next().is_none_or(|next| super::ends_clause(next) || next == '.')
}

/// Whether the sentence so far tells what somebody else says.
fn is_told_by_others(sentence: &str) -> bool {
    rumoured(sentence).is_some() || ENGLISH_RUMOURS.iter().any(|words| contains_word(sentence, words)) || is_hearsay(sentence)
}
