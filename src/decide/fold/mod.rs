//! One spelling for everything that reads the same: width, case, accents, script, spacing tricks and invisible characters.
//!
//! What is folded: NFKC (full width to half, ligatures, circled letters), case, accents of Latin, Greek and Cyrillic
//! (`Nestlé` is `nestle`; the price: German `schön` is `schon`), traditional to simplified characters one by one (OpenCC), zero-width and
//! filler characters, runs of white space (one space; a line break between Chinese lines stays a line break), signs and spaces put
//! between Chinese characters to hide a word (`tricks.rs`), letters repeated for emphasis (`squeeze.rs`).
//!
//! One pass looks every character up in one table and writes UTF-16 units; what is rare is flagged there and put right afterwards.
//! The way back, the places where the distance to the original changes, is found by a second pass when somebody asks: few texts
//! are shown to anybody. Keywords and texts go through this same function. Folding twice changes nothing. Every place maps back
//! to the original.

mod pass;
mod quick;
mod squeeze;
mod table;
mod tricks;
mod units;
mod written;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use self::table::{Action, action};
use self::written::{Anchor, Written, origin};

pub(super) use self::pass::PADDING;
pub(super) use self::table::pairs;
pub(super) use self::units::{is_surrogate, utf8_len};

/// A folded text with its way back.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    written: Written,
    anchors: OnceCell<Vec<Anchor>>,
    text: OnceCell<String>,
}

/// Folds a text.
#[must_use]
pub fn fold(original: &str) -> Folded {
    let mut folded = Folded::default();
    folded.refill(original);
    folded
}

/// Folds a keyword: the text alone, without white space at its ends.
#[must_use]
pub fn fold_word(word: &str) -> String {
    folded_word(word).into_owned()
}

/// The same without a copy of what is folded already.
#[must_use]
pub fn folded_word(word: &str) -> Cow<'_, str> {
    thread_local! {
        // Of a rule set's ten thousand words each is folded by itself.
        static MEMORY: Cell<Folded> = Cell::default();
    }
    if let Some(folded) = quick::letters(word, table::table()) {
        return folded;
    }
    let mut folded = MEMORY.take();
    folded.refill(word.trim());
    let word = folded.text().trim().to_owned();
    MEMORY.set(folded);
    Cow::Owned(word)
}

/// Computes the table of all characters, which is otherwise done when the first is folded.
pub(super) fn prepare() {
    table::table();
}

/// Folds one character of a pattern, out of its context.
#[must_use]
pub(super) fn fold_letter(letter: char) -> Vec<char> {
    table::several(letter)
}

impl Folded {
    /// Folds another text into the same memory.
    pub fn refill(&mut self, original: &str) {
        self.text.take();
        self.anchors.take();
        self.written.fold::<false>(original);
    }

    /// The folded text; made on first use, for most texts are asked for their units alone.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| units::to_text(self.units()))
    }

    /// The folded text in UTF-16: one unit for nearly every character.
    #[must_use]
    pub fn units(&self) -> &[u16] {
        self.written.units()
    }

    /// The units and `PADDING` zeros after them.
    pub fn padded(&self) -> &[u16] {
        self.written.padded()
    }

    /// The bytes of `original`, the text that was folded, which became `start..end`: whole characters, with the invisible ones that
    /// hang on the last of them, so that no accent or emoji is cut.
    #[must_use]
    pub fn span(&self, original: &str, start: usize, end: usize) -> (usize, usize) {
        let anchors = self.anchors.get_or_init(|| self.written.way_back(original));
        if end <= start {
            let at = origin(anchors, start).min(original.len());
            return (at, at);
        }
        let last = self.text()[..end].chars().next_back().map_or(start, |letter| end - letter.len_utf8());
        (origin(anchors, start), cluster_end(original, origin(anchors, last)))
    }
}

/// The end of the character at `start` with everything after it that is invisible or joins it.
fn cluster_end(original: &str, start: usize) -> usize {
    let table = table::table();
    let mut letters = original[start..].chars();
    let mut end = start + letters.next().map_or(0, char::len_utf8);
    for letter in letters {
        match action(table, letter) {
            Action::Drop | Action::Joins(_) => end += letter.len_utf8(),
            _ => break,
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_reads_the_same_folds_to_the_same() {
        for (original, folded) in [
            ("ＡＢＣ１２３", "abc123"),
            ("Nestlé", "nestle"),
            ("Straße", "straße"),
            ("這個品質很差", "这个品质很差"),
            ("垃\u{200B}圾", "垃圾"),
            ("垃.圾", "垃圾"),
            ("這是假 貨啦", "这是假货啦"),
            ("詐 * 騙", "诈骗"),
            ("垃‧圾", "垃圾"),
            ("服務不錯喔 餐點很普通", "服务不错喔 餐点很普通"),
            ("late\n  delivery", "late delivery"),
            ("很好。\n\n差", "很好。\n差"),
            ("ｶﾞｯｶﾘ", "ガッカリ"),
            ("か\u{3099}", "が"),
            ("\u{1112}\u{1161}\u{11AB}", "한"),
            ("㎏", "kg"),
            ("don’t", "don't"),
            ("👎🏽", "👎"),
            ("b\u{336}a\u{336}d\u{336}", "bad"),
            ("İstanbul", "istanbul"),
            ("\u{FEFF}a\0b", "ab"),
        ] {
            assert_eq!(fold(original).text(), folded, "{original:?}");
        }
    }

    #[test]
    fn places_lead_back_to_the_original() {
        let original = "ＯＫ，這是 垃.圾\u{200B}，e\u{301}!";
        let folded = fold(original);
        let find = |word: &str| {
            let start = folded.text().find(word).expect("it is there");
            let (from, to) = folded.span(original, start, start + word.len());
            &original[from..to]
        };
        assert_eq!(find("ok"), "ＯＫ");
        assert_eq!(find("垃圾"), "垃.圾\u{200B}");
        assert_eq!(find("e"), "e\u{301}");
        assert_eq!(find("这"), "這");
    }

    #[test]
    fn the_end_leads_to_the_end() {
        for original in ["sooo…", "垃.圾㎏", "sooo℡", "垃.圾", "soooo"] {
            let folded = fold(original);
            let end = folded.text().len();
            assert_eq!(folded.span(original, end, end), (original.len(), original.len()), "{original}");
        }
    }

    fn tricky() -> impl Strategy<Value = String> {
        let parts = [
            "垃", "圾", "貨", "后", " ", ".", "·", "\n", "a", "É", "ß", "ｶ", "ﾞ", "\u{200B}", "\u{301}", "👎", "🏽", "\u{1112}", "\u{1161}",
            "\u{11AB}", "㎏", "¨", "…", "，", "。", "“", "-", "\0", "\u{1160}", "ㅏ", "ㄱ", "ﷺ", "1", "\t", "\u{2028}", "İ", "ς",
        ];
        proptest::collection::vec(
            prop_oneof![4 => proptest::sample::select(parts.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)],
            0..40,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in tricky()) {
            let once = fold(&text);
            let twice = fold(once.text());
            prop_assert_eq!(twice.text(), once.text());
        }

        #[test]
        fn every_place_is_a_boundary_of_the_original(text in tricky()) {
            let folded = fold(&text);
            let mut before = 0;
            for (start, letter) in folded.text().char_indices() {
                let (from, to) = folded.span(&text, start, start + letter.len_utf8());
                prop_assert!(text.is_char_boundary(from) && text.is_char_boundary(to), "{from}..{to}");
                prop_assert!(from >= before && from < to && to <= text.len(), "{from}..{to} after {before}");
                before = from;
            }
        }
    }
}
