//! Whether a text that stands where another stood is that one, edited, or something else: a table that is numbered anew, a feed whose
//! entries all have one id, a sender that uses an id twice.
//!
//! An author who edits adds to what is there, cuts it, or changes some of it. Two texts of which neither holds the other and that share
//! little are two texts. In doubt they are two: then somebody is told of both, where else the second might be told to nobody.

use super::super::fold::fold;
use super::{COMPARED_LETTERS, LEAST_UNITS, Shared, beginning};

/// Of a hundred features of the shorter text so many stand in the other,
const OF_SHORTER_PERCENT: usize = 40;
/// and of a hundred of the longer one so many: a short text shares the names of firm and product with any other about them.
const OF_LONGER_PERCENT: usize = 30;
/// Where so many of the shorter one do, the other may be as long as it likes: the end was cut off, and a word put there for it.
const CUT_PERCENT: usize = 80;

/// A title, if there is one, and a text.
type Wording<'a> = (Option<&'a str>, &'a str);

/// Whether `after` is what `before` said, edited. A text that was not there, or is there no more, says nothing else.
#[must_use]
pub fn is_edit(before: Wording<'_>, after: Wording<'_>) -> bool {
    let both = !before.1.trim().is_empty() && !after.1.trim().is_empty();
    // Under one title many write, as the answers to a question.
    let words = |(title, text): Wording<'_>| {
        let whole = if both { text.to_owned() } else { format!("{}\n{text}", title.unwrap_or_default()) };
        whole.chars().take(COMPARED_LETTERS).collect::<String>()
    };
    let (before, after) = (words(before), words(after));
    let (left, right) = (letters(&before), letters(&after));
    if left.contains(&right) || right.contains(&left) {
        return true;
    }
    let shared = Shared::of(&beginning(&before), &beginning(&after));
    let some = shared.holds_of_shorter(OF_SHORTER_PERCENT) && shared.holds_of_longer(OF_LONGER_PERCENT);
    some || (shared.shorter >= LEAST_UNITS && shared.holds_of_shorter(CUT_PERCENT))
}

fn letters(text: &str) -> String {
    fold(text).text().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REVIEW: &str = "上個月在官網訂了一張書桌，說好三天到貨，結果等了兩個禮拜才送來，而且桌腳有一支是裂開的。";

    fn edited(before: &str, after: &str) -> bool {
        let there = is_edit((None, before), (None, after));
        assert_eq!(there, is_edit((None, after), (None, before)), "{before} / {after}: the same both ways");
        there
    }

    #[test]
    fn what_is_added_cut_off_or_changed_is_an_edit() {
        for after in [
            format!("{REVIEW}更新：客服今天打來道歉了，說要換一張新的給我，等收到再來說。"),
            format!("更新：已退款。{REVIEW}"),
            REVIEW.chars().take(18).collect(),
            REVIEW.replace("兩個禮拜", "三週").replace("一支", "兩支"),
            format!("{}…繼續閱讀", REVIEW.chars().take(20).collect::<String>()),
            String::new(),
        ] {
            assert!(edited(REVIEW, &after), "{after}");
        }
        assert!(edited("太差", "太差了！"));
        assert!(edited(
            "The lid of my kettle broke after a week.",
            "The lid of my kettle broke after a week. UPDATE: they sent a new one."
        ));
        assert!(edited("My kettle's lid broke after a week of use", "My kettle's lid broke after one week of daily use"));
        assert!(is_edit((Some("Broken"), ""), (Some("Broken again"), "")));
    }

    #[test]
    fn a_text_with_little_in_common_is_another() {
        for (before, after) in [
            ("雲雀的包裹晚了一個星期才到", "雲雀咖啡機結帳價格跟標價不一樣，多收我兩百"),
            ("紅隼快煮壺漏水，客服不理人", "紅隼快煮壺太貴了，包裝也爛"),
            ("很差", "難喝"),
            ("Kestrel sent me the wrong kettle, and nobody answers.", "The Kestrel kettle burned my hand, the lid came off."),
            (REVIEW, "早餐的選擇很多，房間也算乾淨，只是電梯要等很久，櫃檯的人倒是一直都很客氣。"),
        ] {
            assert!(!edited(before, after), "{before} / {after}");
        }
        assert!(!is_edit((Some("Re: kettle"), "It leaks since May."), (Some("Re: kettle"), "Charged twice by the shop.")));
        assert!(is_edit((Some("Late"), REVIEW), (Some("Late, and now broken"), REVIEW)));
    }
}
