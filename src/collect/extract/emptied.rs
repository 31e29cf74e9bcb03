//! Whether a list in which no item was found is empty, or full of what the selector does not know any more: a class that was renamed.
//!
//! A list that is empty says so, or says nothing. What stands in it besides (how to write a review, a form, a menu) is not a row of
//! like elements that each say something.

use std::collections::BTreeMap;

use scraper::ElementRef;

use crate::collect::normalise::text;

/// Elements of one name under one parent that say something each: a list.
const PARTS_OF_A_LIST: usize = 3;
/// Words, or Chinese, Japanese and Korean characters, of a part that says something.
const SAYS: usize = 8;
/// Where items were before, one such part is enough among so many words,
const WORDS_WITH_A_PART: usize = 40;
/// or so many words without any.
const WORDS: usize = 150;

/// What one does with a list, and no part of it.
const CONTROLS: &[&str] = &["nav", "form", "button", "header", "footer", "label", "dialog"];

/// A notice that a list is empty is one line.
const NOTICE_CHARS: usize = 60;
/// What such a line says, in lower case,
const NOTICES: &[&str] = &[
    "no reviews",
    "no comments",
    "no posts",
    "no results",
    "no entries",
    "no questions",
    "no ratings",
    "0 reviews",
    "0 comments",
    "be the first",
    "nothing here",
    "nothing to show",
    "暫無資料",
    "暂无数据",
    "暫無內容",
    "暂无内容",
    "查無資料",
    "查無結果",
    "查无结果",
    "成為第一",
    "成为第一",
    "搶頭香",
    "レビューはありません",
    "レビューはまだ",
    "コメントはありません",
    "投稿はありません",
    "리뷰가 없습니다",
    "댓글이 없습니다",
    "keine bewertungen",
    "keine kommentare",
    "aucun avis",
    "aucun commentaire",
    "no hay reseñas",
    "no hay comentarios",
    "sin comentarios",
];
/// or one of these with one of those right after it.
const NONE_OF: &[&str] =
    &["沒有", "没有", "尚無", "尚无", "暫無", "暂无", "查無", "查无", "無", "沒有任何", "没有任何", "0 則", "0則", "0条", "0 条"];
const WHAT: &[&str] = &["評論", "评论", "評價", "评价", "留言", "人寫心得", "討論", "讨论", "貼文", "帖子"];

/// What is left in a list without items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Remains {
    /// The most like elements that say something each.
    parts: usize,
    words: usize,
    /// It says itself that it is empty.
    noticed: bool,
}

impl Remains {
    pub(super) fn of(list: ElementRef<'_>) -> Self {
        let mut parts = 0;
        let Words { all, .. } = walk(list, &mut parts);
        Self { parts, words: all, noticed: text::of_element(list).lines().any(is_notice) }
    }

    /// Whether it is full, whoever looks.
    pub(super) const fn is_full(self) -> bool {
        !self.noticed && self.parts >= PARTS_OF_A_LIST
    }

    /// Whether it is, where items were before.
    pub(super) const fn is_full_still(self) -> bool {
        let much = self.words >= WORDS || (self.parts > 0 && self.words >= WORDS_WITH_A_PART);
        !self.noticed && (self.is_full() || much)
    }
}

#[derive(Clone, Copy, Default)]
struct Words {
    all: usize,
    /// Those of them that are links.
    linked: usize,
}

/// Goes down the tree, whose depth `bounds` has limited.
fn walk(element: ElementRef<'_>, parts: &mut usize) -> Words {
    let name = element.value().name();
    if text::is_dropped(name) || CONTROLS.contains(&name) {
        return Words::default();
    }
    let (mut words, mut like) = (Words::default(), BTreeMap::<&str, usize>::new());
    for child in element.children() {
        if let Some(child) = ElementRef::wrap(child) {
            let of_child = walk(child, parts);
            // Paragraphs have no names; what a site lists has.
            let is_part = of_child.all >= SAYS && of_child.linked * 2 < of_child.all && child.value().attrs().next().is_some();
            if is_part {
                *like.entry(child.value().name()).or_default() += 1;
            }
            words = Words { all: words.all + of_child.all, linked: words.linked + of_child.linked };
        } else if let Some(text) = child.value().as_text() {
            words.all += count(text);
        }
    }
    *parts = like.into_values().fold(*parts, usize::max);
    if name == "a" { Words { linked: words.all, ..words } } else { words }
}

/// Words, and characters of scripts that put no spaces between them.
fn count(text: &str) -> usize {
    let (mut count, mut inside) = (0, false);
    for letter in text.chars() {
        let alone = letter >= '\u{2e80}' && letter.is_alphanumeric();
        let word = !alone && letter.is_alphanumeric();
        count += usize::from(alone || (word && !inside));
        inside = word;
    }
    count
}

fn is_notice(line: &str) -> bool {
    if line.chars().count() > NOTICE_CHARS {
        return false;
    }
    let line = line.to_lowercase();
    let before_what =
        |none: &str| line.match_indices(none).any(|(at, none)| WHAT.iter().any(|what| line[at + none.len()..].starts_with(what)));
    NOTICES.iter().any(|notice| line.contains(notice)) || NONE_OF.iter().any(|none| before_what(none))
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};

    use super::*;

    fn remains(markup: &str) -> Remains {
        let html = Html::parse_document(&format!("<div id=reviews>{markup}</div>"));
        let list = html.select(&Selector::parse("#reviews").expect("a selector")).next().expect("it is there");
        Remains::of(list)
    }

    fn reviews(count: usize) -> String {
        let one = "<div class=rev2><b>王小明</b> <span>2026-11-22</span><p>訂了十天還沒有收到貨，客服也沒有回覆。</p></div>";
        one.repeat(count)
    }

    #[test]
    fn a_list_of_something_else_is_full() {
        for markup in [
            reviews(12),
            format!("<ul>{}</ul>", "<li class=c-item>The kettle came late and the box was broken, too.".repeat(3)),
            format!("<h2>Reviews</h2><form>Write one</form><section>{}</section>", reviews(4)),
        ] {
            assert!(remains(&markup).is_full() && remains(&markup).is_full_still(), "{markup}");
        }
        let two = reviews(2);
        assert!(!remains(&two).is_full() && remains(&two).is_full_still(), "{:?}", remains(&two));
    }

    #[test]
    fn a_list_that_is_empty_is_not() {
        let menu: String =
            (0..9).map(|at| format!("<li class=tab><a href=/{at}>Reviews about the things of shop number {at} here</a></li>")).collect();
        let form = "<form><div class=f>How many stars would you give to this product today?</div>".to_owned()
            + &"<div class=f>Please tell us in your own words what you think.</div>".repeat(4)
            + "</form>";
        let rules = "<p>Reviews are written by customers who bought the product from us, and we read each of them.</p>".repeat(4);
        let goods = "<div class=card>紅隼快煮壺一公升不鏽鋼雙層防燙現貨</div>".repeat(6);
        for markup in [
            String::new(),
            "<p class=none>No reviews yet.</p>".to_owned(),
            "<p>這項商品還沒有人寫心得，歡迎分享。</p>".to_owned(),
            format!("<ul>{menu}</ul>"),
            form,
            rules,
            format!("<p>目前沒有評論</p>{goods}"),
            format!("<p>Be the first to review this!</p>{goods}"),
            format!("<p>此商品暂无评价</p>{goods}"),
        ] {
            assert!(!remains(&markup).is_full() && !remains(&markup).is_full_still(), "{markup} {:?}", remains(&markup));
        }
    }
}
