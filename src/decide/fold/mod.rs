//! One spelling for everything that reads the same: width, case, accents, script, spacing tricks and invisible characters.
//!
//! What is folded: NFKC (full width to half, ligatures, circled letters), case, accents of Latin, Greek and Cyrillic
//! (`Nestlé` is `nestle`; the price: German `schön` is `schon`), traditional to simplified characters one by one (OpenCC), zero-width and
//! filler characters, runs of white space (one space; a line break between Chinese lines stays a line break).
//!
//! Spacing tricks: signs and spaces between two Chinese characters (`垃.圾`, `假 貨`) go where one of the two runs of
//! characters beside them has at most two characters. Longer runs on both sides are clauses with a space for a comma, as in Taiwan.
//!
//! Keywords and texts go through this same function. Folding twice changes nothing. Every place maps back to the original.

mod table;

use self::table::{Action, action, joins};
use super::script::{is_han, is_word_letter};

pub(super) use self::table::pairs;

/// A run of Chinese characters of at most this length beside a sign is no clause: the sign is a trick.
const SHORT_RUN: usize = 2;
/// More signs in a row than this are a drawn line, not a trick.
const MOST_SIGNS: usize = 4;

/// A folded text with its way back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    text: String,
    /// Where the distance between folded and original place changes, ascending; between two of them it is constant.
    anchors: Vec<Anchor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchor {
    folded: usize,
    original: usize,
}

/// Folds a text.
#[must_use]
pub fn fold(original: &str) -> Folded {
    let mut folder = Folder::new(original.len());
    let mut run = 0;
    for (place, letter) in original.char_indices() {
        if folder.stays(letter) {
            continue;
        }
        folder.copy(run, &original[run..place]);
        folder.take(place, letter);
        run = place + letter.len_utf8();
    }
    folder.copy(run, &original[run..]);
    folder.finish()
}

/// Folds a keyword: the text alone, without white space at its ends.
#[must_use]
pub fn fold_word(word: &str) -> String {
    fold(word.trim()).text.trim().to_owned()
}

/// Folds one character of a pattern, out of its context.
#[must_use]
pub(super) fn fold_letter(letter: char) -> Vec<char> {
    table::several(letter)
}

impl Folded {
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of `original` that became `start..end` of the folded text: whole characters, with the invisible ones that
    /// hang on the last of them, so that no accent or emoji is cut.
    #[must_use]
    pub fn span(&self, original: &str, start: usize, end: usize) -> (usize, usize) {
        if end <= start {
            let at = self.origin(start).min(original.len());
            return (at, at);
        }
        let from = self.origin(start);
        let last = self.text[..end].chars().next_back().map_or(start, |letter| end - letter.len_utf8());
        (from, cluster_end(original, self.origin(last)))
    }

    fn origin(&self, place: usize) -> usize {
        let after = self.anchors.partition_point(|anchor| anchor.folded <= place);
        match after.checked_sub(1).map(|at| self.anchors[at]) {
            Some(anchor) => anchor.original + (place - anchor.folded),
            None => place,
        }
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

struct Folder {
    table: &'static [u16],
    out: Folded,
    /// Where a folded place lies if nothing changes: original less folded.
    delta: Option<isize>,
    last: char,
    /// A sign stands right after a Chinese character somewhere.
    gaps: bool,
}

impl Folder {
    fn new(length: usize) -> Self {
        let out = Folded { text: String::with_capacity(length), anchors: Vec::new() };
        Self { table: table::table(), out, delta: None, last: '\0', gaps: false }
    }

    /// A letter or digit that is its own folded form, and no sign: most of most texts.
    #[inline]
    fn stays(&self, letter: char) -> bool {
        let plain = if letter.is_ascii() { letter.is_ascii_lowercase() || letter.is_ascii_digit() } else { is_han(letter) };
        plain && self.table.get(letter as usize).is_some_and(|code| u32::from(*code) == u32::from(letter))
    }

    /// Takes a run of such characters as it stands.
    #[inline]
    fn copy(&mut self, place: usize, run: &str) {
        if let Some(last) = run.chars().next_back() {
            self.anchor(place);
            self.out.text.push_str(run);
            self.last = last;
        }
    }

    #[inline]
    fn anchor(&mut self, place: usize) {
        let at = self.out.text.len();
        let delta = place.cast_signed() - at.cast_signed();
        if self.delta != Some(delta) {
            self.delta = Some(delta);
            self.out.anchors.push(Anchor { folded: at, original: place });
        }
    }

    #[inline]
    fn take(&mut self, place: usize, letter: char) {
        match action(self.table, letter) {
            Action::One(folded) => self.push(place, folded),
            Action::Space => self.space(place, false),
            Action::NewLine => self.space(place, true),
            Action::Drop => {}
            Action::Joins(folded) => self.join(place, folded),
            Action::Several => self.several(place, letter),
        }
    }

    #[inline]
    fn push(&mut self, place: usize, folded: char) {
        self.anchor(place);
        if is_sign(folded) && is_han(self.last) {
            self.gaps = true;
        }
        self.out.text.push(folded);
        self.last = folded;
    }

    fn several(&mut self, place: usize, letter: char) {
        for folded in table::several(letter) {
            if folded == ' ' {
                self.space(place, false);
            } else if joins(folded) {
                self.join(place, folded);
            } else {
                self.push(place, folded);
            }
        }
    }

    fn join(&mut self, place: usize, folded: char) {
        match unicode_normalization::char::compose(self.last, folded) {
            Some(joined) => {
                self.out.text.pop();
                self.out.text.push(joined);
                self.last = joined;
            }
            None => self.push(place, folded),
        }
    }

    /// One space for a run of white space; a line break counts where the line before it did not end within Latin words.
    fn space(&mut self, place: usize, new_line: bool) {
        match self.last {
            '\0' | '\n' => {}
            ' ' if new_line => {
                let before = self.out.text[..self.out.text.len() - 1].chars().next_back();
                if before.is_some_and(|before| !is_word_letter(before)) {
                    self.out.text.pop();
                    self.out.text.push('\n');
                    self.last = '\n';
                }
            }
            ' ' => {}
            last if new_line && !is_word_letter(last) => self.push(place, '\n'),
            _ => self.push(place, ' '),
        }
    }

    fn finish(mut self) -> Folded {
        if self.gaps {
            let gaps = tricks(&self.out.text);
            if !gaps.is_empty() {
                self.out = self.out.without(&gaps);
            }
        }
        self.out
    }
}

impl Folded {
    /// The same text without these ranges, which are in order.
    fn without(&self, gaps: &[(usize, usize)]) -> Self {
        let mut out = Self { text: String::with_capacity(self.text.len()), anchors: Vec::with_capacity(self.anchors.len() + gaps.len()) };
        let mut from = 0;
        for (start, end) in gaps.iter().copied().chain([(self.text.len(), self.text.len())]) {
            out.append(self, from, start);
            from = end;
        }
        out
    }

    fn append(&mut self, whole: &Self, start: usize, end: usize) {
        if start == end {
            return;
        }
        let shift = start - self.text.len();
        self.anchors.push(Anchor { folded: self.text.len(), original: whole.origin(start) });
        let first = whole.anchors.partition_point(|anchor| anchor.folded <= start);
        let inside = whole.anchors[first..].iter().take_while(|anchor| anchor.folded < end);
        self.anchors.extend(inside.map(|anchor| Anchor { folded: anchor.folded - shift, original: anchor.original }));
        self.text.push_str(&whole.text[start..end]);
    }
}

/// A sign or space that people put between the characters of a word to hide it.
const fn is_sign(letter: char) -> bool {
    matches!(
        letter,
        ' ' | '.'
            | '·'
            | '*'
            | '_'
            | '-'
            | '~'
            | '^'
            | '|'
            | '/'
            | '\\'
            | '+'
            | '='
            | '#'
            | '&'
            | '\''
            | '"'
            | '`'
            | '°'
            | '●'
            | '○'
            | '◆'
            | '◇'
            | '■'
            | '□'
            | '▲'
            | '△'
            | '★'
            | '☆'
    )
}

/// Where signs between Chinese characters are a trick.
fn tricks(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut run = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        if is_han(letter) {
            run += 1;
            continue;
        }
        if !is_sign(letter) || run == 0 {
            run = 0;
            continue;
        }
        let mut signs = 1;
        while letters.next_if(|(_, next)| is_sign(*next)).is_some() {
            signs += 1;
        }
        let end = letters.peek().map_or(text.len(), |(at, _)| *at);
        let following = text[end..].chars().take(SHORT_RUN + 1).take_while(|next| is_han(*next)).count();
        if signs <= MOST_SIGNS && following > 0 && run.min(following) <= SHORT_RUN {
            found.push((start, end));
        }
        run = 0;
    }
    found
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
