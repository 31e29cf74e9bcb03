//! Which of a document's new items are really new. A site that moves gives every item a new id, one that changes its paging shows
//! items from long ago: nobody is told of those again. Whatever might be a real warning is one.
//!
//! An item is old where there is evidence, item by item, and the order of our promises decides the rest: no warning is lost, then
//! nobody is told for nothing.
//!
//! | evidence | asked for |
//! | --- | --- |
//! | moved: the same words stood under another id in the last read and that id is gone now | always, where the words are many or nearly all new items are such |
//! | twin: the same words of the same author, dated to the same second, stand under a known id in the same list | always |
//! | rewritten: nearly the words of an item that the last read showed and this one does not, each of those counted once | in a surge, or where nearly all new items are such; where hardly one known id is left, and no usual day brings so many |
//! | dated: it says it is older than our listening, so it need never have been in reach | in a surge alone: late and back-dated items are real |
//! | below: it stands under all known items of a list that is sorted newest first | in a surge alone, without a date |
//! | edited: known, never news, its words changed together with those of others | where half of the known items did, `EDITED_MIN` at least: the site did that, not its authors |
//!
//! A source whose address was changed, and one that is back in the configuration, is still the source it was where half of its list is
//! known (`is_same_list`). Else it is another list, and taken as known but for what is dated after the last read; what of it is complained
//! of stands in the note that ops get.
//!
//! A surge is at least `SURGE_MIN` unknown texts that are half of a document. Without evidence a surge is a storm, and told. The worst of
//! what is critical or high is told in spite of it, unless it was judged before or is dated too long ago; what else is complained of stands
//! in the note that ops get.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::{Moment, Severity};

/// Fewer unknown texts at once are an ordinary poll.
const SURGE_MIN: usize = 10;
/// Fewer edits at once are those of authors.
const EDITED_MIN: usize = 10;
/// Letters of a text that two people hardly write alike.
const LETTERS_MIN: usize = 20;
/// Short texts count as moved where so many came at once,
const MOVED_MIN: usize = 3;
/// and of a hundred new items so many are such; or where a list of so few shows all that it showed, and nothing else.
const MOVED_PERCENT: usize = 80;
const MOVED_WHOLE_MIN: usize = 2;
/// Of a hundred items at most so many are known where a site moved,
const LEFT_PERCENT: usize = 20;
/// and there are so many times as many new ones as usual: a busy list shows others with every read.
const ABOVE_USUAL: f64 = 3.0;
/// A date may lie this much before we began to listen and the item be new: dates without a time, zones mistaken.
const DATE_SLACK: Duration = Duration::from_hours(24);
/// So long after its date an item may appear in a list: what another list showed meanwhile nobody need have seen in the one that left.
const APPEARS_WITHIN: Duration = Duration::from_hours(1);
/// Polls with new items on top, in excess of those with new items below, that show how a list is sorted.
const SORTED_MIN: i32 = 5;
/// What is older than this is no news even where it is critical: a case is still open then, and a batch that was held back for weeks is told,
const CRITICAL_WITHIN: Duration = Duration::from_hours(90 * 24);
/// or high.
const HIGH_WITHIN: Duration = Duration::from_hours(7 * 24);
/// Old items of one document that are told one by one: more at once nobody reads as warnings, and ops have them all in one note.
const TOLD_AT_MOST: usize = 10;

/// What is known of a source before this document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    /// The first good poll took what was there as known, and this is that list.
    pub baselined: bool,
    /// It has shown items before.
    pub had_items: bool,
    /// When it was read last, or a time since which all that matters is told. What is dated later is news in the first poll of a source
    /// that is back in the configuration and of another list, too.
    pub read_until: Option<Moment>,
    /// Since when whatever appears there is seen, whether or not a read in between failed; none where its dates say nothing.
    pub listening_since: Option<Moment>,
    /// See `Watch::newest_first`.
    pub newest_first: i32,
    /// New items that usually come in the time since the last read; none where nobody knows yet.
    pub usual: Option<f64>,
}

/// An item of the document, in the document's order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Its id was known before.
    pub known: bool,
    /// The same words stood under an id that the last read showed and this one does not.
    pub moved: bool,
    /// The same words of the same author stand in this document at the same time under an id that is known.
    pub twin: bool,
    /// Nearly the same words did: see `may_be_rewritten`.
    pub rewritten: bool,
    /// Those words name another number, as of an order, a day or an amount.
    pub other_numbers: bool,
    /// Known, with other words now.
    pub edited: bool,
    /// Known, and judged before: it named a brand.
    pub judged: bool,
    /// Judged, and not as a part of a baseline: it was news once.
    pub was_news: bool,
    /// Letters and digits of its words.
    pub letters: usize,
    pub published: Option<Moment>,
    /// On a page that the first poll could not read.
    pub unread: bool,
}

/// Why an item is not news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// There before our first poll.
    Baseline,
    Moved,
    Rewritten,
    Dated,
    Below,
    /// Judged before, with other words.
    Edited,
    /// Known, and names a brand only now.
    Revealed,
}

/// Whether hardly anything of what was there is left and far more came than usual: then it is worth knowing which of the new items say
/// nearly what an item said that is gone.
#[must_use]
pub fn may_be_rewritten(before: Before, items: &[Seen]) -> bool {
    let new = items.iter().filter(|item| !item.known && !item.moved).count();
    let known = items.iter().filter(|item| item.known).count();
    let unusual = before.usual.is_none_or(|usual| f64::from(u32::try_from(new).unwrap_or(u32::MAX)) >= usual * ABOVE_USUAL);
    before.baselined && before.had_items && new >= MOVED_MIN && known * 100 <= items.len() * LEFT_PERCENT && unusual
}

/// Whether words that stood there before under another id are old: many of them, or nearly all of the `new` items are such.
#[must_use]
pub const fn counts_as_moved(letters: usize, moved: usize, new: usize) -> bool {
    letters >= LETTERS_MIN || (moved >= MOVED_MIN && moved * 100 >= new * MOVED_PERCENT)
}

/// A known item with wholly different words.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changed {
    /// The last read showed them under another id.
    pub moved: bool,
    /// It has another author, or another date.
    pub other_entry: bool,
}

/// Whether the site rewrote its items, as one does that begins to translate them, and each is still the one it was: half of the `known`
/// ones changed, `EDITED_MIN` at least, and hardly any is another entry by its author or date. Words that moved say nothing of that.
#[must_use]
pub fn is_of_the_site(changed: &[Changed], known: usize) -> bool {
    let rewritten = changed.iter().filter(|item| !item.moved).count();
    let others = changed.iter().filter(|item| !item.moved && item.other_entry).count();
    rewritten >= EDITED_MIN && rewritten * 2 >= known && others * 2 < rewritten
}

/// Whether a list of `now` items, so many of them `familiar`, is the one that showed `before` when it was read last: half of the shorter
/// one is known.
#[must_use]
pub fn is_same_list(familiar: usize, before: usize, now: usize) -> bool {
    familiar > 0 && familiar * 2 >= before.min(now)
}

/// What a first poll takes as known, and what of it ops hear all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Nobody listened there before.
    Plain,
    /// It stands in the place of a list that was read.
    InPlace,
    /// A source that came when others left the settings, each read well until then at least: it may be one of them.
    After(Moment),
}

impl First {
    /// Whether a complaint that is taken as known may be one that nobody was told of and somebody waits for.
    #[must_use]
    pub fn may_hide(self, severity: Severity, published: Option<Moment>) -> bool {
        match self {
            Self::Plain => false,
            Self::InPlace => true,
            Self::After(since) => {
                let severe = severity >= Severity::High;
                published.map_or(severe, |at| at > since || (severe && at > since.minus(APPEARS_WITHIN)))
            }
        }
    }
}

/// For each item of the document whether it is old, and by what evidence; none for news and for what is known and as it was.
#[must_use]
pub fn old_ones(before: Before, items: &[Seen]) -> Vec<Option<Old>> {
    let new = items.iter().filter(|item| !item.known).count();
    let moved = items.iter().filter(|item| !item.known && item.moved).count();
    let surge = before.had_items && new - moved >= SURGE_MIN && new * 2 >= items.len();
    let again = items.iter().filter(|item| !item.known && (item.moved || item.rewritten)).count();
    let mostly_again = again >= MOVED_MIN && again * 100 >= new * MOVED_PERCENT;
    let rewritten = may_be_rewritten(before, items) && (surge || mostly_again);
    let moved_whole = moved == items.len() && moved >= MOVED_WHOLE_MIN;
    let last_known = items.iter().rposition(|item| item.known);
    let (known, edited) = (items.iter().filter(|item| item.known).count(), items.iter().filter(|item| item.edited).count());
    let mass_edit = edited >= EDITED_MIN && edited * 2 >= known;
    let came_since = |item: &Seen| item.published.zip(before.read_until).is_some_and(|(at, until)| at > until);
    let of = |(place, item): (usize, &Seen)| {
        if item.known {
            let old = if item.judged { Old::Edited } else { Old::Revealed };
            return (mass_edit && item.edited && !item.was_news).then_some(old);
        }
        if !before.baselined {
            return (!came_since(item)).then_some(Old::Baseline);
        }
        if item.unread && last_known.is_some_and(|last| place > last) && !came_since(item) {
            return Some(Old::Baseline);
        }
        if item.twin || item.moved && (moved_whole || counts_as_moved(item.letters, moved, new)) {
            return Some(Old::Moved);
        }
        // Since the last read somebody else may have written what fills the same form.
        if item.rewritten && rewritten && !(item.other_numbers && came_since(item)) {
            return Some(Old::Rewritten);
        }
        let below = before.newest_first >= SORTED_MIN && last_known.is_some_and(|last| place > last);
        match item.published {
            Some(at) if surge && before.listening_since.is_some_and(|since| at < since.minus(DATE_SLACK)) => Some(Old::Dated),
            None if surge && below => Some(Old::Below),
            _ => None,
        }
    };
    items.iter().enumerate().map(of).collect()
}

/// Of old items, each with its severity and its date, the places of those that are told all the same: the worst, and of equals the newest.
/// How many people a source reaches says nothing here, for they are all of one.
#[must_use]
pub fn told_although_old(items: &[(Old, Severity, Option<Moment>)], now: Moment) -> BTreeSet<usize> {
    let may_be = |(old, severity, published): &(Old, Severity, Option<Moment>)| may_be_told(*old, *severity, *published, now);
    let mut places: Vec<usize> = (0..items.len()).filter(|at| may_be(&items[*at])).collect();
    places.sort_by_key(|at| std::cmp::Reverse((items[*at].1, items[*at].2.unwrap_or(now))));
    places.into_iter().take(TOLD_AT_MOST).collect()
}

fn may_be_told(old: Old, severity: Severity, published: Option<Moment>, now: Moment) -> bool {
    let within = match severity {
        Severity::Critical => CRITICAL_WITHIN,
        Severity::High => HIGH_WITHIN,
        Severity::None | Severity::Low | Severity::Medium => return false,
    };
    was_never_judged(old) && published.is_none_or(|at| now.since(at) <= within)
}

/// Whether nobody can have been told of it before.
#[must_use]
pub const fn was_never_judged(old: Old) -> bool {
    matches!(old, Old::Dated | Old::Below | Old::Revealed)
}

/// What this document says of how its list is sorted: 1 where all new items stand above all known ones, -1 where they stand below.
#[must_use]
pub fn sorted(items: &[Seen]) -> i32 {
    let known: Vec<usize> = items.iter().enumerate().filter(|(_, item)| item.known).map(|(place, _)| place).collect();
    let new: Vec<usize> = items.iter().enumerate().filter(|(_, item)| !item.known).map(|(place, _)| place).collect();
    let (Some(first_known), Some(last_known), Some(first_new), Some(last_new)) = (known.first(), known.last(), new.first(), new.last())
    else {
        return 0;
    };
    match () {
        () if last_new < first_known => 1,
        () if first_new > last_known => -1,
        () => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_800_000_000);
    const KNOWN: Seen = Seen { known: true, ..NEW };
    const NEW: Seen = Seen {
        known: false,
        moved: false,
        twin: false,
        rewritten: false,
        other_numbers: false,
        edited: false,
        judged: false,
        was_news: false,
        letters: 40,
        published: None,
        unread: false,
    };
    const MOVED: Seen = Seen { moved: true, ..NEW };

    fn before() -> Before {
        Before { baselined: true, had_items: true, read_until: None, listening_since: Some(NOW), newest_first: 0, usual: None }
    }

    fn dated(days: u64) -> Seen {
        Seen { published: Some(NOW.minus(Duration::from_hours(24 * days))), ..NEW }
    }

    /// How many items are news, moved, dated and below.
    fn counts(before: Before, groups: &[(usize, Seen)]) -> [usize; 4] {
        let items: Vec<Seen> = groups.iter().flat_map(|(count, item)| std::iter::repeat_n(*item, *count)).collect();
        let old = old_ones(before, &items);
        let of = |wanted: Option<Old>| items.iter().zip(&old).filter(|(item, old)| !item.known && **old == wanted).count();
        [of(None), of(Some(Old::Moved)), of(Some(Old::Dated)), of(Some(Old::Below))]
    }

    #[test]
    fn a_site_that_rewrites_all_it_has_is_told_from_ids_that_are_used_again() {
        let plain = Changed::default();
        let (moved, other) = (Changed { moved: true, ..plain }, Changed { other_entry: true, ..plain });
        let of = |groups: &[(usize, Changed)], known| {
            let changed: Vec<Changed> = groups.iter().flat_map(|(count, item)| std::iter::repeat_n(*item, *count)).collect();
            is_of_the_site(&changed, known)
        };
        assert!(of(&[(12, plain)], 12), "all its texts are translated");
        assert!(of(&[(12, plain), (3, other)], 20));
        assert!(!of(&[(12, other)], 12), "other authors, other dates");
        assert!(!of(&[(1, plain), (11, moved)], 12), "a list whose ids are places");
        assert!(!of(&[(9, plain)], 9) && !of(&[(12, plain)], 40), "too few for a site");
    }

    #[test]
    fn a_short_list_whose_ids_change_with_each_read_is_the_one_it_was() {
        let short = Seen { letters: 6, ..MOVED };
        assert_eq!(counts(before(), &[(2, short)]), [0, 2, 0, 0]);
        assert_eq!(counts(before(), &[(2, short), (1, KNOWN)]), [2, 0, 0, 0], "ids stay, and two more people say so little");
        assert_eq!(counts(before(), &[(2, short), (1, NEW)]), [3, 0, 0, 0]);
        assert_eq!(counts(before(), &[(1, short)]), [1, 0, 0, 0], "the next customer's word");
    }

    #[test]
    fn the_first_poll_is_a_baseline() {
        let first = Before { baselined: false, ..before() };
        assert_eq!(old_ones(first, &[NEW, NEW]), [Some(Old::Baseline); 2]);
        let again = Before { read_until: Some(NOW.minus(Duration::from_hours(48))), ..first };
        assert_eq!(
            old_ones(again, &[NEW, dated(3), dated(1)]),
            [Some(Old::Baseline), Some(Old::Baseline), None],
            "read before, until then"
        );
    }

    #[test]
    fn a_list_is_the_one_it_was_where_half_of_the_shorter_one_is_known() {
        assert!(is_same_list(11, 12, 12) && is_same_list(6, 12, 12), "what is not known came since");
        assert!(is_same_list(5, 10, 40) && is_same_list(5, 40, 10), "another page size");
        assert!(is_same_list(1, 1, 1) && is_same_list(1, 0, 9), "nobody counted before");
        assert!(!is_same_list(5, 12, 12) && !is_same_list(0, 0, 0) && !is_same_list(0, 12, 12), "another list");
        let another = Before { baselined: false, read_until: Some(NOW), ..before() };
        let since = Seen { published: Some(NOW.plus(Duration::from_mins(1))), ..NEW };
        assert_eq!(counts(another, &[(12, dated(2)), (1, since)])[0], 1, "what is dated after the last read is news even there");
    }

    #[test]
    fn of_a_first_poll_is_named_what_may_have_been_missed() {
        let named = |first: First, published: Option<Moment>, severity| first.may_hide(severity, published);
        let (before, since) = (Some(NOW.minus(Duration::from_mins(1))), Some(NOW.plus(Duration::from_mins(1))));
        assert!(!named(First::Plain, since, Severity::Critical), "nobody listened there before");
        assert!(named(First::InPlace, before, Severity::Low));
        let after = First::After(NOW);
        let long_before = Some(NOW.minus(Duration::from_hours(2)));
        assert!(named(after, since, Severity::Low) && !named(after, before, Severity::Medium));
        assert!(named(after, before, Severity::High) && !named(after, long_before, Severity::Critical), "it may have appeared since");
        assert!(named(after, None, Severity::High) && !named(after, None, Severity::Medium), "without a date who knows");
    }

    #[test]
    fn new_ids_for_old_words_are_old_and_what_is_new_among_them_is_news() {
        assert_eq!(counts(before(), &[(50, MOVED)]), [0, 50, 0, 0]);
        assert_eq!(counts(before(), &[(2, NEW), (25, MOVED), (25, KNOWN)]), [2, 25, 0, 0], "half of the ids");
        assert_eq!(counts(before(), &[(1, MOVED), (30, KNOWN)]), [0, 1, 0, 0], "one");
    }

    #[test]
    fn a_post_that_stands_in_its_list_twice_is_known_however_few_such_there_are() {
        let twin = Seen { twin: true, letters: 4, ..NEW };
        assert_eq!(counts(before(), &[(1, twin), (1, NEW), (18, KNOWN)]), [1, 1, 0, 0]);
    }

    #[test]
    fn short_words_are_written_by_many() {
        let short = Seen { letters: 4, ..MOVED };
        assert_eq!(counts(before(), &[(1, short), (19, KNOWN)]), [1, 0, 0, 0], "another who says no more than `too bad`");
        assert_eq!(counts(before(), &[(3, short), (3, NEW), (14, KNOWN)]), [6, 0, 0, 0]);
        assert_eq!(counts(before(), &[(20, short)]), [0, 20, 0, 0], "but not everybody at once");
    }

    #[test]
    fn what_the_first_poll_could_not_read_is_old_where_it_stands_below_what_it_read() {
        let unread = Seen { unread: true, ..NEW };
        let of = |items: &[Seen]| old_ones(Before { read_until: Some(NOW), ..before() }, items);
        assert_eq!(of(&[NEW, KNOWN, unread]), [None, None, Some(Old::Baseline)]);
        assert_eq!(of(&[NEW, unread, KNOWN]), [None; 3], "pushed down by what came since");
        let since = Seen { published: Some(NOW.plus(Duration::from_mins(1))), ..unread };
        assert_eq!(of(&[KNOWN, since]), [None; 2]);
    }

    #[test]
    fn a_storm_of_new_words_is_a_storm() {
        assert_eq!(counts(before(), &[(50, NEW)]), [50, 0, 0, 0], "nothing says they are old");
        assert_eq!(counts(before(), &[(50, dated(0))]), [50, 0, 0, 0]);
        assert_eq!(counts(before(), &[(9, dated(30)), (3, KNOWN)]), [9, 0, 0, 0], "late ones come a few at a time");
        assert_eq!(counts(before(), &[(20, dated(30)), (40, KNOWN)]), [20, 0, 0, 0]);
        assert_eq!(counts(Before { had_items: false, ..before() }, &[(20, dated(30))]), [20, 0, 0, 0], "it was empty before");
    }

    #[test]
    fn a_site_that_moved_and_rewrote_its_items_shows_nothing_new_but_what_is() {
        let again = Seen { rewritten: true, ..NEW };
        let told = |before: Before, groups: &[(usize, Seen)]| {
            let items: Vec<Seen> = groups.iter().flat_map(|(count, item)| std::iter::repeat_n(*item, *count)).collect();
            old_ones(before, &items).iter().zip(&items).filter(|(old, item)| old.is_none() && !item.known).count()
        };
        assert_eq!(told(before(), &[(3, NEW), (400, again), (97, MOVED)]), 3);
        assert_eq!(told(before(), &[(20, NEW), (20, again)]), 20, "a storm while a site moves");
        assert_eq!(told(before(), &[(4, again), (1, KNOWN)]), 0, "a small page");
        let (until, since) = (Some(NOW), Some(NOW.plus(Duration::from_mins(1))));
        let another = Seen { other_numbers: true, published: since, ..again };
        let read = Before { read_until: until, ..before() };
        assert_eq!(told(read, &[(9, NEW), (1, another)]), 10, "a second customer fills the form that the first one filled");
        assert_eq!(told(read, &[(4, again), (1, Seen { published: until, ..another })]), 0);
        assert_eq!(told(before(), &[(2, again)]), 2, "two may resemble two others");
        assert_eq!(told(before(), &[(3, NEW), (3, again)]), 6);
        assert_eq!(told(before(), &[(20, again), (10, KNOWN)]), 20, "the site is where it was");
        let busy = Before { usual: Some(18.0), ..before() };
        assert_eq!(told(busy, &[(30, again)]), 30, "a list that shows others with every read");
        assert_eq!(told(busy, &[(60, again)]), 0);
    }

    #[test]
    fn a_list_that_grew_longer_shows_what_is_old() {
        assert_eq!(counts(before(), &[(1, dated(0)), (25, KNOWN), (25, dated(30))]), [1, 0, 25, 0]);
        let sorted = Before { newest_first: 5, ..before() };
        assert_eq!(counts(sorted, &[(2, NEW), (25, KNOWN), (25, NEW)]), [2, 0, 0, 25]);
        assert_eq!(counts(before(), &[(2, NEW), (25, KNOWN), (25, NEW)]), [27, 0, 0, 0], "nobody knows how it is sorted");
    }

    #[test]
    fn a_site_that_edits_all_its_items_is_no_author() {
        let edited = Seen { edited: true, judged: true, ..KNOWN };
        let of = |groups: &[(usize, Seen)]| {
            let items: Vec<Seen> = groups.iter().flat_map(|(count, item)| std::iter::repeat_n(*item, *count)).collect();
            let old = old_ones(before(), &items);
            [Old::Edited, Old::Revealed].map(|wanted| old.iter().filter(|old| **old == Some(wanted)).count())
        };
        assert_eq!(of(&[(1, edited), (30, KNOWN)]), [0, 0], "an author");
        assert_eq!(of(&[(12, edited), (8, Seen { judged: false, ..edited })]), [12, 8]);
        assert_eq!(of(&[(12, Seen { was_news: true, ..edited })]), [0, 0], "their incidents follow them");
        assert_eq!(of(&[(12, edited), (30, KNOWN)]), [0, 0]);
    }

    #[test]
    fn harm_is_told_although_it_is_old() {
        let day = |days: u64| Some(NOW.minus(Duration::from_hours(24 * days)));
        let told = |old: Old, severity: Severity, at: Option<Moment>| !told_although_old(&[(old, severity, at)], NOW).is_empty();
        assert!(told(Old::Dated, Severity::Critical, day(3)) && told(Old::Below, Severity::Critical, None));
        assert!(told(Old::Dated, Severity::Critical, day(50)) && told(Old::Dated, Severity::High, day(3)));
        assert!(!told(Old::Dated, Severity::Critical, day(100)) && !told(Old::Dated, Severity::High, day(20)));
        assert!(!told(Old::Dated, Severity::Medium, day(1)));
        assert!(!told(Old::Moved, Severity::Critical, day(3)), "that one was judged before");
    }

    #[test]
    fn of_a_batch_the_worst_are_told_wherever_they_stand() {
        let day = |days: u64| Some(NOW.minus(Duration::from_hours(24 * days)));
        let high = (0..3).map(|number| (Old::Dated, Severity::High, day(number)));
        let critical = (3..40).map(|number| (Old::Dated, Severity::Critical, day(number)));
        let batch: Vec<_> = high.chain(critical).collect();
        assert_eq!(told_although_old(&batch, NOW), (3..13).collect(), "the newest of the worst, and none that is milder");
        assert_eq!(told_although_old(&batch[..8], NOW), (0..8).collect());
    }

    #[test]
    fn a_list_shows_how_it_is_sorted() {
        assert_eq!(sorted(&[NEW, KNOWN, KNOWN]), 1);
        assert_eq!(sorted(&[KNOWN, NEW]), -1);
        assert_eq!(sorted(&[KNOWN, NEW, KNOWN]), 0);
        assert_eq!(sorted(&[NEW, NEW]), 0);
    }
}
