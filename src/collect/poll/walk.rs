//! How far a source's pages are followed, and what is owed where they could not be.
//!
//! Pages are read while they bring anything new. That rule holds only if the poll before came down to what was known: a page that failed
//! once in a burst would never be asked for again, for everything above it is known by then. So a poll that ends above the known part
//! leaves a gap with the source's state, and the next polls go down again until they reach what was known before the gap was left, or the
//! end of the list. Where it was the operator's `pages` that ended it, each of them may go further than the last; where it was a failure,
//! as far as that page.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::collect::extract::Raw;
use crate::collect::fetch::{Body, FetchFailure};
use crate::collect::normalise::Found;
use crate::model::{FailureKind, Gap, Identity, Moment, Phrase, SourceState};

/// Pages of one poll that closes a gap, at most: two thousand entries where a page has forty. What stands below is given up, and ops are
/// told.
const PAGES_MAX: u32 = 50;
/// A page on which everything is older than the last good read by this much lies below any gap: entries come late, whole pages do not.
const LATE: Duration = Duration::from_hours(24);

/// What the pages below those that were read still owe us.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Below {
    /// What the next poll has to reach; none where this one reached it.
    pub gap: Option<Gap>,
    /// Why a page could not be read.
    pub failure: Option<FetchFailure>,
    /// So many pages were read, everything on them was new, and nobody reads on.
    pub given_up: Option<u32>,
    /// What stands on pages that the first poll could not read: there before us, unless it is above something known.
    pub unread: BTreeSet<Identity>,
}

/// What a page shows besides what the pages above it showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Sight {
    pub(super) fresh: Vec<Identity>,
    /// How many of them the store knows, and how many it knew before the gap was left.
    pub(super) known: usize,
    pub(super) before: usize,
    /// The last of them was known before.
    pub(super) ends_known: bool,
    /// All of them are dated, and the newest of them then.
    pub(super) newest: Option<Moment>,
}

/// One walk from page to page.
pub(super) struct Walk<'s> {
    gap: Option<&'s Gap>,
    /// As the operator wants them.
    pages: u32,
    /// All of these are read whatever they show.
    all: bool,
    /// Nothing is known of this list yet: what is not reached was there before us.
    first: bool,
    now: Moment,
    /// When the list was last read down to what was known.
    read_until: Option<Moment>,
    read: u32,
    reached: bool,
    below: Below,
}

impl<'s> Walk<'s> {
    pub(super) fn new(state: &'s SourceState, pages: usize, all: bool, now: Moment) -> Self {
        // Another list.
        let first = !state.baselined || state.watch.moved;
        let gap = state.watch.gap.as_ref().filter(|_| !first);
        Self {
            gap,
            pages: u32::try_from(pages).unwrap_or(u32::MAX),
            all,
            first,
            now,
            read_until: gap.map_or(state.last_success_at, |gap| gap.read_until),
            read: 0,
            reached: false,
            below: Below::default(),
        }
    }

    /// What was first seen earlier was known before the gap was left.
    pub(super) fn since(&self) -> Moment {
        self.gap.map_or(Moment(i64::MAX), |gap| gap.since)
    }

    /// Whether what the next page shows is worth keeping: below those that are always read, what is known is not.
    pub(super) fn keeps(&self, sight: &Sight) -> bool {
        self.read < self.pages || sight.known < sight.fresh.len()
    }

    /// Whether to ask for the page after this one. `full`: as many items were kept as one poll may.
    pub(super) fn goes_on(&mut self, sight: &Sight, full: bool) -> bool {
        self.read += 1;
        let is_old = |newest: Moment| self.read_until.is_some_and(|until| newest < until.minus(LATE));
        self.reached |= match self.read {
            1 => sight.ends_known,
            _ => sight.before > 0 || sight.newest.is_some_and(is_old),
        };
        let of_first = self.gap.is_some_and(|gap| gap.first);
        if of_first && self.gap.is_some_and(|gap| self.read >= gap.pages) {
            self.below.unread.extend(&sight.fresh);
        }
        let owed = self.gap.is_some_and(|gap| self.read < gap.pages);
        let deeper = self.gap.is_some() && !of_first && !self.reached;
        let wants = owed || deeper || sight.known < sight.fresh.len() || (self.all && self.read < self.pages);
        if sight.fresh.is_empty() || !wants {
            return false;
        }
        if !full && (self.read < self.pages || owed || (deeper && self.read < self.allowed())) {
            return true;
        }
        if !(self.reached || self.first || of_first) {
            self.leave();
        }
        false
    }

    /// A walk that may go deeper goes more than twice as far as the last: a gap is closed in few polls, and costs little where it is small.
    fn allowed(&self) -> u32 {
        let last = self.gap.map_or(0, |gap| gap.pages.saturating_sub(1));
        last.saturating_mul(2).saturating_add(self.pages).min(PAGES_MAX)
    }

    fn leave(&mut self) {
        // Where a poll may keep no more items than this, the next one comes no further.
        let stuck = self.gap.is_some_and(|gap| self.read < gap.pages);
        if self.read >= PAGES_MAX || stuck {
            self.below.given_up = Some(self.read);
        } else {
            self.below.gap = Some(self.gap_to(self.read + 1));
        }
    }

    fn gap_to(&self, pages: u32) -> Gap {
        let Some(gap) = self.gap else {
            return Gap { since: self.now, read_until: self.read_until, pages, first: self.first };
        };
        Gap { pages: pages.max(gap.pages), ..gap.clone() }
    }

    /// The page that was asked for could not be read. `counted`: we counted its number ourselves, so that it need not be there.
    pub(super) fn fails(&mut self, failure: FetchFailure, counted: bool) -> String {
        let degraded = format!("a further page could not be read ({failure})");
        if !is_end(&failure, counted) {
            let page = self.read + 1;
            self.below.gap = Some(self.gap_to(page));
            let told = failure.told.as_deref().cloned().unwrap_or_else(|| Phrase::said("what_words").with("words", &failure.detail));
            let told = Phrase::said("what_further").with("page", page.to_string()).with("what", told);
            let detail = format!("page {page} could not be read: {}", failure.detail);
            self.below.failure = Some(FetchFailure { detail, ..failure.told(told) });
        }
        degraded
    }

    pub(super) fn ended(self) -> Below {
        self.below
    }
}

/// Many services answer a page below the last with an error, and many pages lead on to an empty one.
fn is_end(failure: &FetchFailure, counted: bool) -> bool {
    match failure.kind {
        FailureKind::Drift | FailureKind::NoList | FailureKind::Empty => true,
        FailureKind::NotFound | FailureKind::Refused => counted,
        FailureKind::Blocked => counted && matches!(failure.status, Some(400 | 416 | 422)),
        _ => false,
    }
}

impl super::Poll<'_, '_> {
    /// What the entries of a page say to those who have seen the pages above it.
    pub(super) async fn look(&self, entries: &[Raw], first: &Body, since: Moment, seen: &mut BTreeSet<Identity>) -> Sight {
        let found = self.normalised(entries.to_vec(), first);
        let fresh: Vec<&Found> = found.iter().filter(|found| found.says_something() && seen.insert(found.identity)).collect();
        let identities: Vec<Identity> = fresh.iter().map(|found| found.identity).collect();
        let known = (self.known)(identities.clone()).await;
        let is_before = |identity: &Identity| known.get(identity).is_some_and(|first_seen| *first_seen < since);
        let dates: Option<Vec<Moment>> = fresh.iter().map(|found| found.item.published).collect();
        Sight {
            known: known.len(),
            before: identities.iter().filter(|identity| is_before(identity)).count(),
            ends_known: identities.last().is_some_and(is_before),
            newest: dates.and_then(|dates| dates.into_iter().max()),
            fresh: identities,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_800_000_000);

    fn state(gap: Option<Gap>) -> SourceState {
        let watch = crate::model::Watch { gap, ..Default::default() };
        SourceState { baselined: true, last_success_at: Some(NOW.minus(Duration::from_mins(15))), watch, ..SourceState::default() }
    }

    /// A page of ten, of which so many are known, and so many were known before.
    fn page(number: i64, known: usize, before: usize) -> Sight {
        let fresh = (0..10).map(|place| Identity(number * 10 + place)).collect();
        Sight { fresh, known, before, ends_known: before > 0, newest: None }
    }

    /// Walks pages until it wants no more; how many were read, and what is owed.
    fn walk(state: &SourceState, pages: &[Sight]) -> (u32, Below) {
        let mut walk = Walk::new(state, 3, false, NOW);
        for sight in pages {
            if !walk.goes_on(sight, false) {
                break;
            }
        }
        (walk.read, walk.ended())
    }

    #[test]
    fn pages_are_read_down_to_what_is_known() {
        assert_eq!(walk(&state(None), &[page(0, 10, 10)]), (1, Below::default()));
        assert_eq!(walk(&state(None), &[page(0, 4, 4), page(1, 10, 10)]), (2, Below::default()));
        let three = [page(0, 0, 0), page(1, 0, 0), page(2, 5, 5), page(3, 10, 10)];
        assert_eq!(walk(&state(None), &three), (3, Below::default()), "known entries were reached");
        let first = SourceState { baselined: false, ..state(None) };
        assert_eq!(walk(&first, &[page(0, 0, 0), page(1, 0, 0), page(2, 0, 0)]), (3, Below::default()), "what was there before us");
    }

    #[test]
    fn what_the_limit_cut_off_is_owed_until_it_is_reached() {
        let burst = |pages: i64| (0..pages).map(|number| page(number, 0, 0)).collect::<Vec<_>>();
        let (read, below) = walk(&state(None), &burst(9));
        let gap = below.gap.expect("a gap");
        assert_eq!((read, gap.pages, gap.since), (3, 4, NOW));
        let since_then: Vec<Sight> = (0..3).map(|number| page(number, 10, 0)).chain((3..7).map(|number| page(number, 0, 0))).collect();
        let deeper: Vec<Sight> = since_then.iter().cloned().chain([page(7, 10, 10)]).collect();
        assert_eq!(walk(&state(Some(gap.clone())), &deeper), (8, Below::default()), "although all on the first pages is known by now");
        let (read, below) = walk(&state(Some(gap.clone())), &burst(60));
        assert_eq!((read, below.gap.map(|gap| gap.pages)), (9, Some(10)));
        let last = Gap { pages: 40, ..gap };
        assert_eq!(walk(&state(Some(last)), &burst(60)), (50, Below { given_up: Some(50), ..Below::default() }));
    }

    #[test]
    fn a_walk_that_comes_no_further_ends() {
        let full = |gap: Option<Gap>| {
            let own = state(gap);
            let mut walk = Walk::new(&own, 3, false, NOW);
            assert!(!walk.goes_on(&page(0, 0, 0), true));
            walk.ended()
        };
        let first = full(None);
        assert_eq!(first.gap.as_ref().map(|gap| gap.pages), Some(2));
        assert_eq!(full(first.gap).given_up, Some(1));
    }

    #[test]
    fn old_pages_end_the_way_down() {
        let dated = |hours: u64| Sight { newest: Some(NOW.minus(Duration::from_hours(hours))), ..page(1, 0, 0) };
        let gap = Some(Gap { since: NOW, read_until: Some(NOW.minus(Duration::from_hours(1))), pages: 2, first: false });
        let (read, below) = walk(&state(gap.clone()), &[page(0, 10, 0), Sight { known: 10, ..dated(48) }, page(2, 0, 0)]);
        assert_eq!((read, below.gap), (2, None));
        let (read, _) = walk(&state(gap), &[page(0, 10, 0), dated(3), page(2, 0, 0)]);
        assert_eq!(read, 3);
    }

    #[test]
    fn a_page_that_failed_is_asked_for_again_and_the_end_of_a_list_is_no_failure() {
        let server = || FetchFailure { status: Some(500), ..FetchFailure::new(FailureKind::Server, "the server answered 500") };
        let own = state(None);
        let mut first = Walk::new(&own, 3, false, NOW);
        assert!(first.goes_on(&page(0, 0, 0), false));
        assert!(first.fails(server(), true).contains("500"));
        let below = first.ended();
        assert_eq!(below.failure.expect("a failure").detail, "page 2 could not be read: the server answered 500");
        let gap = below.gap.expect("a gap");
        assert_eq!(walk(&state(Some(gap)), &[page(0, 10, 0), page(1, 4, 4), page(2, 10, 10)]), (3, Below::default()));
        for (kind, status, counted, fails) in [
            (FailureKind::NotFound, Some(404), true, false),
            (FailureKind::NotFound, Some(404), false, true),
            (FailureKind::Blocked, Some(400), true, false),
            (FailureKind::Blocked, Some(403), true, true),
            (FailureKind::Throttled, Some(429), true, true),
            (FailureKind::Drift, None, false, false),
        ] {
            let mut walk = Walk::new(&own, 3, false, NOW);
            walk.goes_on(&page(0, 0, 0), false);
            walk.fails(FetchFailure { status, ..FetchFailure::new(kind, "no") }, counted);
            assert_eq!(walk.ended().failure.is_some(), fails, "{kind} {status:?} {counted}");
        }
    }

    #[test]
    fn what_the_first_poll_could_not_read_is_marked_and_not_gone_beyond() {
        let gap = Gap { since: NOW, read_until: None, pages: 2, first: true };
        let (read, below) = walk(&state(Some(gap)), &[page(0, 10, 0), page(1, 0, 0), page(2, 0, 0), page(3, 0, 0)]);
        assert_eq!((read, below.gap.is_some(), below.unread.len()), (3, false, 20));
    }
}
