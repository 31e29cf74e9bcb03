//! Entries without a text where there used to be texts: the page was rebuilt, or fills itself by JavaScript.
//!
//! A document is strange where it has at least `ENTRIES_MIN` entries and the share without text is at least `SHARE_MIN` and
//! `RISE_MIN` above the usual share, or where of the newest entries nearly all are empty in a source that usually is not. The usual
//! share is the mean of the documents, the latest weighing a fifth, and stands still while documents are strange. A source that never
//! had texts (ratings alone, titles alone) is usual with none.

use crate::model::{Moment, Texts};

/// A share of fewer entries says little.
const ENTRIES_MIN: usize = 5;
const SHARE_MIN: f64 = 0.6;
const RISE_MIN: f64 = 0.4;
/// What the latest document weighs in the usual share.
const WEIGHT: f64 = 0.2;
/// Newest entries looked at, and how many of them have to be there.
const NEWEST: u32 = 8;
const NEWEST_MIN: u32 = 5;
const NEWEST_SHARE_MIN: f64 = 0.8;
/// A source with more than this share of empty entries has empty new ones now and then.
const USUALLY_FULL: f64 = 0.2;
/// One strange document may be a page caught while it was changed.
const TOLD_AFTER: u32 = 2;

/// Entries and those without text, with others that were not read because they are as they were.
#[must_use]
pub fn with_skipped(before: &Texts, (entries, empty): (usize, usize), skipped: usize) -> (usize, usize) {
    let float = f64::from(u32::try_from(skipped).unwrap_or(u32::MAX)) * before.last.clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count of entries")]
    let skipped_empty = float.round() as usize;
    (entries + skipped, empty + skipped_empty)
}

/// What a document with so many entries, so many of them without text, makes of what was known. `newest`: whether each new item came
/// without text, newest last.
#[must_use]
pub fn after(before: &Texts, entries: usize, empty: usize, newest: impl IntoIterator<Item = bool>, now: Moment) -> Texts {
    let mut texts = before.clone();
    for empty in newest {
        texts.newest = (texts.newest << 1) | u32::from(empty);
        texts.counted = (texts.counted + 1).min(NEWEST);
    }
    if entries == 0 {
        return texts;
    }
    texts.last = share(empty, entries);
    let usual = texts.usual.unwrap_or(texts.last);
    let emptier = entries >= ENTRIES_MIN && texts.last >= SHARE_MIN && texts.last >= usual + RISE_MIN;
    if !emptier && texts.strange > 0 && texts.last <= usual {
        texts.counted = 0;
    }
    if emptier || newest_are_empty(&texts, usual) {
        texts.strange += 1;
        texts.strange_since.get_or_insert(now);
    } else {
        texts.usual = Some(usual + WEIGHT * (texts.last - usual));
        (texts.strange, texts.strange_since) = (0, None);
    }
    texts
}

/// The same document once more.
#[must_use]
pub fn unchanged(before: &Texts) -> Texts {
    Texts { strange: if before.strange > 0 { before.strange + 1 } else { 0 }, ..before.clone() }
}

/// Whether ops are to be told.
#[must_use]
pub const fn are_gone(texts: &Texts) -> bool {
    texts.strange >= TOLD_AFTER
}

/// Makes what is strange the new usual: an operator looked at it and it is as it should be.
#[must_use]
pub fn accepted(texts: &Texts) -> Texts {
    Texts { usual: Some(texts.last.max(RISE_MIN)), counted: 0, strange: 0, strange_since: None, ..texts.clone() }
}

fn newest_are_empty(texts: &Texts, usual: f64) -> bool {
    let empty = (texts.newest & ((1 << NEWEST) - 1) & low_bits(texts.counted)).count_ones();
    texts.counted >= NEWEST_MIN && usual <= USUALLY_FULL && f64::from(empty) >= NEWEST_SHARE_MIN * f64::from(texts.counted)
}

const fn low_bits(count: u32) -> u32 {
    if count >= 32 { u32::MAX } else { (1 << count) - 1 }
}

fn share(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    float(part) / float(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_800_000_000);

    /// The state after these documents, each of entries and empty ones.
    fn after_all(documents: &[(usize, usize)]) -> Texts {
        documents.iter().fold(Texts::default(), |texts, (entries, empty)| after(&texts, *entries, *empty, [], NOW))
    }

    #[test]
    fn texts_that_vanish_are_told_at_the_second_look() {
        let usual = [(20, 1), (20, 1), (20, 1)];
        assert!(!are_gone(&after_all(&[&usual[..], &[(20, 16)]].concat())), "once may be an accident");
        assert!(are_gone(&after_all(&[&usual[..], &[(20, 16), (20, 17)]].concat())));
        let once = after_all(&[&usual[..], &[(20, 16)]].concat());
        assert!(are_gone(&unchanged(&once)), "it stands there still");
        assert!(!are_gone(&after_all(&[&usual[..], &[(20, 16), (20, 1), (20, 16)]].concat())), "it was mended in between");
        assert!(!are_gone(&after_all(&[(4, 0), (4, 4), (4, 4)])), "four entries are few");
    }

    #[test]
    fn a_source_that_never_had_texts_is_as_usual() {
        assert!(!are_gone(&after_all(&[(20, 20), (20, 20), (20, 19)])));
        assert!(!are_gone(&after_all(&[(20, 12), (20, 14), (20, 15), (20, 16)])), "ratings alone, a few more each time");
    }

    #[test]
    fn a_strange_share_never_becomes_usual_by_itself() {
        let many: Vec<(usize, usize)> = std::iter::repeat_n((20, 20), 100).collect();
        let texts = after_all(&[&[(20, 0)][..], &many].concat());
        assert!(are_gone(&texts) && texts.usual == Some(0.0));
        let texts = after(&accepted(&texts), 20, 20, [], NOW);
        assert!(!are_gone(&after(&texts, 20, 20, [], NOW)), "unless somebody says that it is");
    }

    #[test]
    fn new_entries_alone_show_it_before_the_whole_list_does() {
        let full = after_all(&[(50, 1)]);
        let once = after(&full, 50, 6, [true; 5], NOW);
        assert!(are_gone(&after(&once, 50, 7, [true], NOW)));
        assert!(!are_gone(&after(&after(&full, 50, 3, [true, false, true, false], NOW), 50, 5, [true], NOW)));
        let mended = after(&once, 50, 0, [], NOW);
        assert_eq!((mended.strange, mended.strange_since), (0, None), "the same entries have their texts again");
    }
}
