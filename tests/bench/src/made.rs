//! Texts, words and expressions of a fixed generator: review-like, three of five Chinese in both scripts, two of five English, 188 bytes
//! on average. `HEARKEN_TEXTS=FILE.jsonl` brings real ones instead.
//!
//! Most of a text is made of some thousand words, few of them common and most of them rare, as in real texts: were it made of a few
//! clauses alone, keywords cut out of it would stand everywhere, ten times as often as they do in reviews.

const CLAUSES: &[&str] = &[
    "物流很慢等了一個禮拜",
    "物流很快第二天就到了",
    "客服態度很差",
    "客服态度很好",
    "包裝破了",
    "包装很完整",
    "這個品質真的不行",
    "质量还不错",
    "價格有點貴",
    "价格很实惠",
    "跟圖片不一樣",
    "和描述的一样",
    "味道普通",
    "味道很好吃",
    "房間很小",
    "房间很干净",
    "電池一天就沒電",
    "电池很耐用",
    "退款退了半個月",
    "退款很快",
    "不會再買了",
    "以后还会再来",
    "服務員愛理不理",
    "服务员很热情",
    "等位等了兩小時",
    "不用排队",
    "東西是壞的",
    "东西没问题",
    "朋友推薦來的",
    "给家里人买的",
    "用了三天就壞了",
    "用了一年还很好",
    "送貨員直接丟門口",
    "送货上门",
    "總體來說還可以",
    "总的来说很满意",
    "說是正品結果是假貨",
    "是正品",
    "打了五次電話都沒人接",
    "电话马上就接了",
    "小孩很喜歡",
    "老人用着方便",
    "裡面有一根頭髮",
    "环境很干净",
    "Ｗｉｆｉ很慢",
    "網路很順",
];
const CHINESE_ENDS: &[&str] = &["，", "，", "，", "，", "，", "，", "。", "。", "。", "！", "、", " ", "...", "～"];
const PHRASES: &[&str] = &[
    "the delivery was late again",
    "it arrived on time",
    "customer service never answered",
    "the staff was very friendly",
    "the box was damaged",
    "everything was well packed",
    "it broke after two days",
    "it still works after a year",
    "I want a refund",
    "they refunded me at once",
    "the price is too high",
    "good value for money",
    "not what I ordered",
    "exactly as described",
    "the food was cold",
    "the food was great",
    "the room was dirty",
    "the room was clean and quiet",
    "nobody picked up the phone",
    "will buy again",
    "I will never come back",
    "my kids love it",
    "the battery dies in an hour",
    "the battery lasts for days",
    "charged twice on my card",
    "best purchase this year",
    "they lost my parcel",
    "would recommend to a friend",
    "the flight was cancelled",
    "Thank you for the quick help",
    "the size is wrong",
];
const ENGLISH_ENDS: &[&str] = &[". ", ", ", "! ", " and ", " but ", "... "];

/// How many words and characters the texts are made of.
const HAN_WORDS: usize = 40_000;
const HAN_LETTERS: usize = 2_500;
const LATIN_WORDS: usize = 30_000;

/// A generator of numbers that is the same on every machine (xorshift64*).
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self((seed | 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// The texts every benchmark reads.
///
/// # Panics
/// When `HEARKEN_TEXTS` names a file that is no JSON Lines with a `text` each.
#[must_use]
pub fn texts(count: usize) -> Vec<String> {
    if let Some(path) = std::env::var_os("HEARKEN_TEXTS") {
        let file = std::fs::read_to_string(path).expect("the file of HEARKEN_TEXTS can be read");
        let text = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["text"].as_str().map(str::to_owned);
        return file.lines().map(|line| text(line).expect("every line has a text")).take(count).collect();
    }
    let mut dice = Dice::new(7);
    (0..count).map(|_| if dice.below(5) < 3 { chinese(&mut dice) } else { english(&mut dice) }).collect()
}

/// The expressions as people write them, in folded letters.
#[must_use]
pub fn patterns() -> Vec<&'static str> {
    include_str!("patterns.txt").lines().collect()
}

fn chinese(dice: &mut Dice) -> String {
    let length = 90 + dice.below(160);
    let mut text = String::new();
    while text.len() < length {
        if dice.below(10) == 0 {
            text.push_str(dice.pick(CLAUSES));
        } else {
            (0..2 + dice.below(4)).for_each(|_| text.extend(han_word(dice)));
        }
        if dice.below(12) == 0 {
            text.push_str(&dice.below(1000).to_string());
            text.push('元');
        }
        text.push_str(dice.pick(CHINESE_ENDS));
    }
    text
}

/// A number below the limit, small ones far more often.
fn skewed(dice: &mut Dice, limit: usize) -> usize {
    dice.below(dice.clone().below(limit) + 1)
}

/// One of the words that texts are made of: two characters, sometimes one or three.
fn han_word(dice: &mut Dice) -> Vec<char> {
    let mut own = Dice::new(1 + skewed(dice, HAN_WORDS) as u64 * 2);
    own.below(2);
    let length = [2, 2, 2, 1, 3][own.below(5)];
    (0..length).map(|_| han(&mut own)).collect()
}

/// One of the characters of the texts, which lie all over the block.
fn han(dice: &mut Dice) -> char {
    let number = skewed(dice, HAN_LETTERS) * 7_919 % 20_000;
    u32::try_from(number).ok().and_then(|number| char::from_u32(0x4E00 + number)).unwrap_or('一')
}

fn english(dice: &mut Dice) -> String {
    let length = 80 + dice.below(180);
    let mut text = String::new();
    while text.len() < length {
        if dice.below(10) == 0 {
            text.push_str(dice.pick(PHRASES));
        } else {
            (0..3 + dice.below(5)).for_each(|_| text.push_str(&(word(dice) + " ")));
            text.pop();
        }
        text.push_str(dice.pick(ENGLISH_ENDS));
    }
    text
}

/// One of the words that texts are made of.
fn word(dice: &mut Dice) -> String {
    const PARTS: &[&str] = &[
        "ba", "ker", "lo", "min", "ta", "ro", "sen", "ving", "del", "pa", "shi", "mon", "ter", "la", "gri", "con", "ex", "pre", "tion",
        "ab", "un", "ea", "qui", "ze", "ow", "ich",
    ];
    let mut own = Dice::new(1 + skewed(dice, LATIN_WORDS) as u64 * 2);
    own.below(2);
    (0..1 + own.below(4)).map(|_| own.pick(PARTS)).collect()
}

/// Words as keyword lists have them: half cut out of the texts, half made up, each once, folded.
#[must_use]
pub fn words(texts: &[String], count: usize) -> Vec<String> {
    let mut dice = Dice::new(11);
    let mut words = std::collections::BTreeSet::new();
    let mut tries = 0;
    while words.len() < count {
        tries += 1;
        let word = match tries % 4 {
            0 => (0..2 + dice.below(3)).map(|_| han(&mut dice)).collect(),
            1 => word(&mut dice) + &word(&mut dice),
            _ => cut(&mut dice, texts),
        };
        let folded = hearken::decide::fold::fold_word(&word);
        let plain = folded.chars().all(|letter| letter.is_ascii_alphanumeric()) || folded.chars().all(hearken::decide::script::is_han);
        if plain && folded.chars().count() >= 2 && folded.len() >= 4 {
            words.insert(folded);
        }
    }
    let mut words: Vec<String> = words.into_iter().collect();
    for at in (1..words.len()).rev() {
        words.swap(at, dice.below(at + 1));
    }
    words
}

/// Two to four Chinese characters of a text, or one of its words.
fn cut(dice: &mut Dice, texts: &[String]) -> String {
    let text = &texts[dice.below(texts.len())];
    let letters: Vec<char> = text.chars().collect();
    let at = dice.below(letters.len());
    if hearken::decide::script::is_han(letters[at]) {
        let length = 2 + dice.below(3);
        return letters[at..].iter().take(length).collect();
    }
    let words: Vec<&str> = text.split(' ').collect();
    words[dice.below(words.len())].trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_owned()
}
