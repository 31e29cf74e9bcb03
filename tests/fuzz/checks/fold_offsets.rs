//! What holds of every fold: each place leads back to the original, in order, and folding again changes nothing.

use hearken::decide::fold::{Folded, fold, fold_word};

/// Spans this many letters wide are tried at every place, and the one to the end.
const WIDEST: usize = 8;
/// Longer and stranger than most inputs: what it leaves in the memory must not show in the next text.
const BEFORE: &str = "垃.圾 ＡＢＣ sooooo gooood ﷺ 差差差差差\r\n\u{1112}\u{1161}\u{11AB} 👎🏽 ㎏…… e\u{301} 這是假 貨啦";

/// A place in both texts, in bytes.
struct Letter {
    start: usize,
    end: usize,
    from: usize,
    to: usize,
}

/// The bytes as a text; what is no UTF-8 is replaced.
pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let folded = fold(&text);
    again(&text, &folded);
    let letters = places(&text, &folded);
    spans(&text, &folded, &letters);
}

fn again(text: &str, folded: &Folded) {
    assert_eq!(fold(folded.text()).text(), folded.text(), "folded twice");
    let word = fold_word(text);
    assert_eq!(fold_word(&word), word, "a word folded twice");
    let mut used = fold(BEFORE);
    used.refill(text);
    assert_eq!((used.text(), used.units()), (folded.text(), folded.units()), "folded into used memory");
    assert_eq!(used.padded(), folded.padded(), "the padding is clean");
    for place in (0..=folded.text().len()).filter(|place| folded.text().is_char_boundary(*place)) {
        assert_eq!(used.span(text, place, place), folded.span(text, place, place), "the way back from {place} in used memory");
    }
    assert!(folded.text().encode_utf16().eq(folded.units().iter().copied()), "text and units are the same");
}

fn places(text: &str, folded: &Folded) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    for (start, letter) in folded.text().char_indices() {
        let end = start + letter.len_utf8();
        let (from, to) = folded.span(text, start, end);
        let original = text.get(from..to);
        let Some(original) = original.filter(|original| !original.is_empty()) else {
            panic!("{start}..{end} ({letter:?}) leads to {from}..{to}, which is no text");
        };
        // Of white space only what follows something stays, so by itself it would fold to nothing.
        let stays = letter.is_whitespace() || fold(original).text().contains(letter);
        assert!(stays, "{letter:?} at {start} leads to {original:?}, which folds to {:?}", fold(original).text());
        if let Some(before) = letters.last() {
            assert!(before.from <= from && before.to <= to, "{from}..{to} after {}..{}", before.from, before.to);
        }
        letters.push(Letter { start, end, from, to });
    }
    letters
}

fn spans(text: &str, folded: &Folded, letters: &[Letter]) {
    for (at, first) in letters.iter().enumerate() {
        let near = letters[at..].iter().take(WIDEST);
        for last in near.chain(letters.last()) {
            let span = folded.span(text, first.start, last.end);
            assert_eq!(span, (first.from, last.to), "{}..{}", first.start, last.end);
        }
    }
    for place in letters.iter().map(|letter| letter.start).chain([folded.text().len()]) {
        let (from, to) = folded.span(text, place, place);
        assert!(from == to && text.is_char_boundary(from), "{place} alone leads to {from}..{to}");
    }
}
