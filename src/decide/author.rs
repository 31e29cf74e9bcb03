//! Whether an author's name tells one person from others.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::fold::fold;
use super::script::{is_han, is_word_letter};

/// What sites write where nobody gave a name, in the languages of the packs and of their neighbours; compared folded, so one script
/// covers both.
const NOBODY: [&str; 96] = [
    "anonymous",
    "anonymous user",
    "anon",
    "guest",
    "guest user",
    "user",
    "google user",
    "a google user",
    "google 用户",
    "customer",
    "verified customer",
    "verified buyer",
    "verified purchaser",
    "amazon customer",
    "kindle customer",
    "buyer",
    "shopper",
    "traveler",
    "traveller",
    "visitor",
    "member",
    "former member",
    "deleted",
    "deleted user",
    "deleted account",
    "unknown",
    "unnamed",
    "no name",
    "noname",
    "nobody",
    "n/a",
    "none",
    "null",
    "undefined",
    "reviewer",
    "reader",
    "someone",
    "facebook user",
    "trustpilot user",
    "a customer",
    "客人",
    "顾客",
    "客户",
    "消费者",
    "匿名",
    "匿名用户",
    "匿名者",
    "匿名评论",
    "匿名买家",
    "用户",
    "网友",
    "网民",
    "访客",
    "游客",
    "路人",
    "会员",
    "买家",
    "无名氏",
    "旅客",
    "住客",
    "某网友",
    "使用者",
    "匿名使用者",
    "已注销",
    "账号已注销",
    "用户已注销",
    "匿名希望",
    "名無し",
    "名無しさん",
    "ゲスト",
    "ユーザー",
    "購入者",
    "お客様",
    "투숙객",
    "익명",
    "손님",
    "구매자",
    "고객",
    "anonym",
    "anonymer nutzer",
    "gast",
    "kunde",
    "nutzer",
    "käufer",
    "anonyme",
    "client",
    "utilisateur",
    "invité",
    "anoniem",
    "klant",
    "gebruiker",
    "anonimo",
    "anónimo",
    "cliente",
    "khách",
    "ẩn danh",
];

/// How people are addressed who give no more than a family name: half a town is `林小姐`.
const ADDRESSES: [&str; 12] = ["先生", "小姐", "女士", "太太", "同学", "老师", "さん", "様", "mr", "mrs", "ms", "herr"];

static FOLDED: LazyLock<HashSet<String>> = LazyLock::new(|| NOBODY.iter().map(|nobody| fold(nobody).text().to_owned()).collect());

/// Characters with which sites hide the middle of a name: `j***n` is John, Jason and Jan.
const MASKS: [char; 9] = ['*', '＊', '•', '●', '○', '◯', '×', '█', '※'];

/// Digits after a word for nobody from which it is the number of one account: `guest 3` is the third guest of a page.
const ACCOUNT_DIGITS: usize = 4;

/// Whether one of these folded names is this author's, or a part of it: Latin words as whole words, `bot` not in `Abbott`.
pub(super) fn author_is(author: &str, names: &[String]) -> bool {
    let author = fold(author);
    let author = author.text();
    let is_whole = |start: usize, name: &str| {
        let (before, after) = (author[..start].chars().next_back(), author[start + name.len()..].chars().next());
        let splits = |outer: Option<char>, inner: Option<char>| {
            outer.zip(inner).is_some_and(|(outer, inner)| is_word_letter(outer) && is_word_letter(inner))
        };
        !splits(before, name.chars().next()) && !splits(after, name.chars().next_back())
    };
    names.iter().any(|name| author.match_indices(name.as_str()).any(|(start, name)| is_whole(start, name)))
}

/// Whether two texts under this name are of the same person. Names for nobody, forms of address and masked names are many people's,
/// within one source as well: they are never counted as one who writes again.
#[must_use]
pub fn is_one_person(name: &str) -> bool {
    if name.contains(MASKS) || name.contains("〇〇") || is_crossed_out(name) {
        return false;
    }
    let folded = fold(name);
    let name = folded.text().trim().trim_matches(|letter: char| letter.is_ascii_punctuation());
    let bare = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let digits = name.len() - bare.len();
    let word = bare.trim_end_matches(|letter: char| letter.is_whitespace() || letter.is_ascii_punctuation());
    let is_nobody = word.is_empty() || FOLDED.contains(word);
    !(is_nobody && digits < ACCOUNT_DIGITS || is_address(word))
}

/// `王XX`, `李xx`.
fn is_crossed_out(name: &str) -> bool {
    let crosses = name.chars().filter(|letter| matches!(letter, 'x' | 'X' | 'Ｘ' | 'ｘ')).count();
    crosses > 0 && name.chars().all(|letter| is_han(letter) || matches!(letter, 'x' | 'X' | 'Ｘ' | 'ｘ'))
}

/// A family name of one or two characters, or of one word, and a form of address.
fn is_address(name: &str) -> bool {
    ADDRESSES.iter().any(|address| {
        let folded = fold(address);
        let after = name.strip_suffix(folded.text()).filter(|family| family.chars().count() <= 2 && family.chars().all(is_han));
        let before =
            name.strip_prefix(folded.text()).filter(|family| family.starts_with([' ', '.']) && family.split_whitespace().count() <= 2);
        after.is_some() || before.is_some_and(|family| family.trim_start_matches(['.', ' ']).split_whitespace().count() == 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_are_nobodys() {
        let many = [
            "客人",
            "guest",
            "Guest 3",
            "匿名",
            "匿名用戶",
            "Anonymous",
            "ANONYMOUS",
            "用户",
            "使用者",
            "Google user",
            "A Google User",
            "j***n",
            "王**",
            "王＊明",
            "林小姐",
            "歐陽先生",
            "Mr. Smith",
            "王XX",
            "名無しさん",
            "(guest)",
            "Khách",
            "Gast",
            "Käufer",
            "",
            "12",
            "田中〇〇",
        ];
        for name in many {
            assert!(!is_one_person(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_one_persons() {
        for name in [
            "王小明",
            "陳大文",
            "Jürgen M.",
            "anna_84",
            "用户83120467",
            "guest20260112",
            "Guestavo",
            "小客人",
            "Max",
            "alexx",
            "茶友3",
            "Mr. John Smith",
        ] {
            assert!(is_one_person(name), "{name}");
        }
    }
}
