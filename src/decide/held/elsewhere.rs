//! Grave harm that is not put to the brand: its people averted it (`the waiter saved a choking guest`), it is prevented or the subject of
//! news (`a prize for food-poisoning prevention`, `donates after the earthquake`), the police caught somebody else (`抓到偷车贼`), or it is
//! dreaded and has not happened (`worried about food poisoning`).
//!
//! Asked of grave rules alone. Each question wants its word near the harm and nothing that puts it to the brand after all: a cause of
//! theirs, a remedy refused, somebody of theirs who did it, a contrast between the good deed and the harm.

use super::marks::{List, Signs};
use super::{Around, contains_any, contains_word};

const RESCUES: &[&str] = &[
    "哈姆立克",
    "海姆立克",
    "海姆利克",
    "救回",
    "救了",
    "救起",
    "救出",
    "救命",
    "救人",
    "抢救",
    "急救",
    "扑灭",
    "灭火",
    "疏散",
    "识破",
    "拦下",
    "拦阻",
    "挡下",
    "保住",
    "立功",
    "机警",
    "cpr",
];
/// Of the house, and nobody's victim here.
const HELPERS: &[&str] = &[
    "店员",
    "员工",
    "服务员",
    "服务生",
    "服务人员",
    "保安",
    "店长",
    "老板",
    "柜员",
    "行员",
    "柜台",
    "司机",
    "师傅",
    "警卫",
    "救生员",
    "工作人员",
    "物业",
    "柜姐",
    "经理",
    "空服员",
    "空姐",
    "乘务员",
    "机组",
    "外送员",
    "骑手",
    "小哥",
    "站务",
    "店家",
    "业者",
];
/// Before a rescue: it was wanting.
const WANTING: &[&str] = &["没", "不", "拒绝", "无人", "别"];
/// It came of what was sold.
const OF_OURS: &[&str] = &["吃完", "吃了他", "吃了你", "吃到", "喝到", "喝完", "用完", "用了", "你们的", "他们的", "害"];
/// Right before what is prevented.
const PREVENTS: &[&str] = &["预防", "防范", "防治", "防止", "防制", "杜绝", "打击", "严防", "零", "零食物", "零食品", "反"];
/// Soon after it.
const SUBJECTS: &[&str] =
    &["防治", "预防", "防范", "防制", "宣导", "演练", "演习", "讲座", "培训", "知识", "示范", "专家", "侦测器", "探测器", "宣传"];
const GOOD_DEEDS: &[&str] = &["捐款", "捐赠", "捐出", "捐助", "荣获", "获颁", "获奖", "得奖", "表彰", "赈灾", "救灾", "义卖"];
const ARRESTS: &[&str] = &["逮捕", "抓获", "抓到", "查获", "落网", "逮到", "通缉", "破获", "逮住"];
const CULPRITS: &[&str] = &["小偷", "扒手", "车贼", "窃贼", "盗贼", "嫌犯", "嫌疑人", "歹徒", "抢匪", "男子", "女子", "窃嫌", "惯犯", "贼"];
const CONTRASTS: &[&str] = &["却", "但", "可是", "居然", "竟", "不过"];

const ENGLISH_RESCUES: &[&str] = &[
    "heimlich",
    "saved his life",
    "saved her life",
    "saved my life",
    "saved their life",
    "saved a life",
    "saved a",
    "saved the",
    "saved our",
    "saved my",
    "rescued",
    "to the rescue",
    "first aid",
    "got everyone out",
    "got us all out",
    "put out the fire",
    "put the fire out",
    "evacuated",
    "out safely",
    "spotted the",
    "stopped the",
];
const ENGLISH_HELPERS: &[&str] = &[
    "staff",
    "waiter",
    "waitress",
    "server",
    "manager",
    "employee",
    "employees",
    "worker",
    "workers",
    "crew",
    "guard",
    "guards",
    "lifeguard",
    "driver",
    "clerk",
    "teller",
    "cashier",
    "barista",
    "team",
    "pilot",
    "security",
    "owner",
];
const ENGLISH_WANTING: &[&str] = &["no", "not", "nobody", "never", "refused", "without", "any"];
const ENGLISH_OF_OURS: &[&str] = &[
    "after eating",
    "after using",
    "after drinking",
    "because of their",
    "because of your",
    "your fault",
    "their fault",
    "their food",
    "your food",
    "in my food",
    "in the food",
    "in my soup",
    "in the soup",
    "in their food",
    "choked on",
    "bone in",
];
const ENGLISH_PREVENTS: &[&str] = &[
    "prevent",
    "prevents",
    "preventing",
    "prevention of",
    "protect against",
    "protects against",
    "protection against",
    "fight against",
    "fights",
    "combat",
    "combats",
    "tackle",
    "tackles",
    "guard against",
    "awareness of",
    "research into",
    "spot",
    "fighting",
];
const ENGLISH_SUBJECTS: &[&str] = &[
    "prevention",
    "awareness",
    "drill",
    "drills",
    "campaign",
    "detector",
    "detectors",
    "survivors",
    "victims",
    "relief",
    "simulation",
    "seminar",
    "workshop",
    "experts",
    "hotline",
    "prevention training",
];
const ENGLISH_GOOD_DEEDS: &[&str] = &[
    "donates",
    "donated",
    "donating",
    "donation",
    "wins award",
    "wins prize",
    "wins an award",
    "wins a prize",
    "won an award",
    "won a prize",
    "award for",
    "prize for",
    "awarded for",
    "pledges",
    "fundraiser",
    "raises money",
    "charity",
    "honoured for",
    "honored for",
    "recognised for",
    "recognized for",
    "relief fund",
];
const ENGLISH_ARRESTS: &[&str] = &["arrest", "arrested", "arrests", "nabbed", "detained", "jailed", "wanted for", "seek", "seeking"];
const ENGLISH_CULPRITS: &[&str] = &[
    "thief",
    "thieves",
    "robber",
    "robbers",
    "burglar",
    "burglars",
    "pickpocket",
    "pickpockets",
    "shoplifter",
    "shoplifters",
    "suspect",
    "suspects",
    "gunman",
    "man",
    "woman",
    "teenager",
    "gang",
    "fugitive",
];
const ENGLISH_CONTRASTS: &[&str] = &["but", "yet", "while", "despite", "although", "whereas"];
/// What a good deed may come after without having been made good by it.
const DISASTERS: &[&str] = &["earthquake", "typhoon", "flood", "floods", "hurricane", "wildfire", "wildfires", "storm", "tsunami", "quake"];
const ENGLISH_DREAD: &[&str] = &["worried about", "afraid of", "scared of", "worry about", "fear of", "nervous about"];

const FIRST_PERSON: &[&str] = &["i", "my", "me", "we", "our", "us"];

/// Characters between what prevents and the harm, and between the harm and what makes it a subject.
const MOST_BETWEEN: usize = 3;

/// What may stand on either side of such harm.
pub(super) fn marks() -> Vec<List> {
    let chinese = [RESCUES, PREVENTS, SUBJECTS, GOOD_DEEDS, ARRESTS];
    let english = [ENGLISH_RESCUES, ENGLISH_PREVENTS, ENGLISH_SUBJECTS, ENGLISH_GOOD_DEEDS, ENGLISH_ARRESTS, ENGLISH_DREAD];
    let chinese = chinese.into_iter().map(|words| List::new(Signs::ELSEWHERE, words));
    chinese.chain(english.into_iter().map(|words| List::whole(Signs::ELSEWHERE, words))).collect()
}

pub(super) fn is_elsewhere(around: &Around<'_>) -> bool {
    is_subject(around) || is_dreaded(around.clause_before()) || {
        let said = Said { around };
        said.is_averted() || said.is_good_deed() || said.is_arrest()
    }
}

/// `预防食物中毒`, `food poisoning prevention`.
fn is_subject(around: &Around<'_>) -> bool {
    let (before, after) = (around.clause_before(), around.clause_after());
    let soon = after.char_indices().nth(MOST_BETWEEN).map_or(after.len(), |(at, _)| at);
    let chinese =
        || PREVENTS.iter().any(|word| before.ends_with(word)) || SUBJECTS.iter().any(|word| after.find(word).is_some_and(|at| at <= soon));
    let english = || {
        let (before, after) = (before.trim_end(), after.trim_start_matches([' ', '-']));
        ENGLISH_PREVENTS.iter().any(|word| ends_with_word(before, word))
            || ENGLISH_SUBJECTS.iter().any(|word| begins_with_word(after, word))
    };
    chinese() || english()
}

/// `worried about food poisoning`: it has not happened.
fn is_dreaded(before: &str) -> bool {
    let before = before.trim_end();
    ENGLISH_DREAD.iter().any(|word| ends_with_word(before, word))
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

    /// Somebody of the house helped, and it did not come of what they sell.
    fn is_averted(&self) -> bool {
        let helped = |part: &str| {
            let chinese = RESCUES.iter().filter_map(|word| part.split_once(word)).any(|(before, _)| !ends_wanting(before));
            let whole = |word: &&&str| contains_word(part, word);
            let english = ENGLISH_RESCUES.iter().filter(whole).filter_map(|word| part.split_once(word));
            chinese || english.into_iter().any(|(before, _)| !ends_wanting_in_english(before))
        };
        self.parts().iter().any(|part| helped(part))
            && (self.has(HELPERS) || self.has_word(ENGLISH_HELPERS))
            && !self.has(OF_OURS)
            && !self.has_word(ENGLISH_OF_OURS)
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

    /// The police caught somebody who is none of the house.
    fn is_arrest(&self) -> bool {
        (self.has(ARRESTS) || self.has_word(ENGLISH_ARRESTS))
            && (self.has(CULPRITS) || self.has_word(ENGLISH_CULPRITS))
            && !self.is_own_tale()
            && !self.has(HELPERS)
            && !ENGLISH_HELPERS.iter().any(|word| *word != "security" && self.has_word(&[word]))
    }
}

fn ends_wanting(before: &str) -> bool {
    let near = before.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    contains_any(&before[near..], WANTING)
}

fn ends_wanting_in_english(before: &str) -> bool {
    let mut last = before.split_ascii_whitespace().rev().take(3);
    last.any(|word| ENGLISH_WANTING.contains(&word) || word.ends_with("n't"))
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word).is_some_and(|rest| !rest.ends_with(|letter: char| letter.is_alphanumeric()))
}

fn begins_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
}
