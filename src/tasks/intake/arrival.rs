//! Which of a document's items are news, and what ops hear of those that are not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::trouble;
use super::{Known, held, twins};
use crate::collect::flood::{Before, First, Old, Seen, may_be_rewritten, old_ones, sorted};
use crate::collect::guard::guarded;
use crate::collect::normalise::Found;
use crate::collect::poll::Document;
use crate::collect::source::SourceOptions;
use crate::decide::likeness::{Words, again, is_anothers, names_others};
use crate::model::{Fingerprint, Identity, IncidentKind, Moment, Phrase, Severity, SourceState, Told};
use crate::respond::incident::Subject;
use crate::store::{KnownItem, SeenItem};

const DAY_S: f64 = 86_400.0;

/// Mentions of a source that new items are compared with, the newest first: more than a document shows.
pub(super) const COMPARED: i64 = 2_000;

/// A source that was not read for longer begins anew: what is older than this in its list was told by others meanwhile, if it mattered.
const UNTOLD_WITHIN: Duration = Duration::from_hours(30 * 24);

/// Fewer old items at once are no matter for ops: an id that changed, an item that was pinned.
const TOLD_FROM: usize = 3;

/// The items of a document that were read, in its order.
pub(super) struct Arrival {
    seen: Vec<Seen>,
    /// Why an item is no news; none for news and for known items.
    pub(super) old: Vec<Option<Old>>,
    /// See `flood::sorted`.
    pub(super) sorted: i32,
    /// What this first poll takes as known; none where it is no first one.
    first: Option<First>,
}

/// Looks at a document before its items are judged. `whole`: what it does not show has left the source. `first`: it is a first one.
pub(super) async fn look(
    context: &Context,
    state: &SourceState,
    (document, whole, first): (&Document, bool, Option<First>),
    known: &Known,
    now: Moment,
) -> Result<Arrival, TaskError> {
    let (found, skipped) = (&document.found, &document.skipped);
    let contents: Vec<Fingerprint> = found.iter().filter(|item| !known.contains_key(&item.identity)).map(|item| item.fingerprint).collect();
    let shown =
        if state.baselined && !contents.is_empty() { context.store.last_shown(&state.id, &contents).await? } else { BTreeMap::new() };
    let here: BTreeSet<Identity> = found.iter().map(|item| item.identity).chain(skipped.identities.iter().copied()).collect();
    let gone = |found: &Found| shown.get(&found.fingerprint).into_iter().flatten().copied().filter(|other| !here.contains(other));
    let anothers = anothers(context, &state.id, found, gone, whole).await?;
    let has_moved = moved(found, gone, &anothers, whole);
    let beside = |found: &Found| shown.get(&found.fingerprint).into_iter().flatten().copied().filter(|other| here.contains(other));
    let twins = if whole { twins::places(&context.store, &state.id, found, beside).await? } else { BTreeSet::new() };
    let mut seen: Vec<Seen> = found
        .iter()
        .enumerate()
        .map(|(place, found)| {
            let moved = has_moved.contains(&place);
            // Asked for of items that moved alone, which are few. Of a part that its source shows no text is long enough to have moved alone.
            let letters = if moved && whole { letters(found) } else { 0 };
            let unread = document.below.unread.contains(&found.identity);
            Seen { moved, letters, unread, twin: twins.contains(&place), ..look_at(found, known.get(&found.identity)) }
        })
        .collect();
    let before = Before {
        baselined: state.baselined,
        had_items: state.last_item_at.is_some(),
        read_until: state.last_success_at.map(|until| until.max(now.minus(UNTOLD_WITHIN))),
        // Whoever pushes means to be heard, of whatever day it is.
        listening_since: state.watch.since.or(state.last_success_at).filter(|_| whole),
        newest_first: state.watch.newest_first,
        usual: usual(state, now),
    };
    let mut all = in_order(&seen, &skipped.order);
    if whole && may_be_rewritten(before, &all) {
        find_rewritten(context, &state.id, &mut seen, found, &here).await?;
        all = in_order(&seen, &skipped.order);
    }
    let old = old_ones(before, &all);
    let read = (0..all.len()).filter(|place| !skipped.order.get(*place).copied().unwrap_or(false));
    Ok(Arrival { old: read.map(|place| old[place]).collect(), sorted: sorted(&all), first, seen })
}

/// The places of items with words that stood under an identity that is gone. In a part of what a source shows, as in a push, nothing is gone
/// for not being there: words that were heard before are those of the next customer, who fills in the same form. Many such at once, each with
/// words of its own, are what was heard before under other ids (`flood::counts_as_moved`).
fn moved<I: Iterator<Item = Identity>>(
    found: &[Found],
    gone: impl Fn(&Found) -> I,
    anothers: &BTreeSet<usize>,
    whole: bool,
) -> BTreeSet<usize> {
    let mut said: BTreeSet<Fingerprint> = BTreeSet::new();
    let moved = (0..found.len()).filter(|place| gone(&found[*place]).next().is_some() && !anothers.contains(place));
    moved.filter(|place| whole || said.insert(found[*place].fingerprint)).collect()
}

/// Where so many of the words that moved have another author than they had, the site names its authors in another way.
const RENAMED_MIN: usize = 3;
const RENAMED_PERCENT: usize = 80;

/// The places of items whose words are known as somebody else's: who copies a complaint has it, too. `before`: the identities that had
/// an item's words and are gone. What named no brand is not there to be asked.
async fn anothers<I: Iterator<Item = Identity>>(
    context: &Context,
    source: &str,
    found: &[Found],
    before: impl Fn(&Found) -> I,
    whole: bool,
) -> Result<BTreeSet<usize>, TaskError> {
    let named = |found: &&Found| found.item.author.is_some();
    let identities: Vec<Identity> = found.iter().filter(named).flat_map(&before).collect();
    if identities.is_empty() {
        return Ok(BTreeSet::new());
    }
    let known = context.store.known_items(source, &identities).await?;
    let mentions: Vec<&str> = known.values().filter_map(|item| Some(item.mention.as_ref()?.0.as_str())).collect();
    let wordings = context.store.wordings(&mentions).await?;
    let author = |identity: Identity| wordings.get(&known.get(&identity)?.mention.as_ref()?.0)?.author.as_deref();
    let is_known_as_anothers = |found: &Found| {
        let authors: Vec<Option<&str>> = before(found).map(author).collect();
        !authors.is_empty() && authors.iter().all(|author| is_anothers(*author, found.item.author.as_deref()))
    };
    let anothers: BTreeSet<usize> = (0..found.len()).filter(|place| is_known_as_anothers(&found[*place])).collect();
    let moved = found.iter().filter(|found| before(found).next().is_some()).count();
    let renamed = whole && anothers.len() >= RENAMED_MIN && anothers.len() * 100 >= moved * RENAMED_PERCENT;
    Ok(if renamed { BTreeSet::new() } else { anothers })
}

/// What usually comes in the time since the last read; a day at least, for nobody's hours are like one another.
fn usual(state: &SourceState, now: Moment) -> Option<f64> {
    let cadence = state.watch.cadence.as_ref()?;
    let daily = cadence.items.iter().sum::<f64>() / 7.0;
    let days = state.last_success_at.map_or(1.0, |last| now.since(last).as_secs_f64() / DAY_S);
    Some(daily * days.max(1.0))
}

/// Marks the unknown items that say nearly what a mention said that this document does not show any more. What named no brand is not
/// there to be compared with.
async fn find_rewritten(
    context: &Context,
    source: &str,
    seen: &mut [Seen],
    found: &[Found],
    here: &BTreeSet<Identity>,
) -> Result<(), TaskError> {
    let gone = context.store.mentions_shown(source, COMPARED).await?.into_iter().filter(|said| !here.contains(&said.identity));
    let gone: Vec<Words> = gone.map(|said| words(said.title.as_deref(), &said.text, said.author)).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let places: Vec<usize> = (0..seen.len()).filter(|at| !seen[*at].known && !seen[*at].moved).collect();
    let of = |at: &usize| {
        let item = &found[*at].item;
        words(item.title.as_deref(), &item.text, item.author.clone())
    };
    let new: Vec<Words> = places.iter().map(of).collect();
    // Where we fail in comparing, nothing is taken for old.
    let said = guarded(|| again(&new, &gone)).unwrap_or_default();
    for ((at, words), said) in places.iter().zip(&new).zip(said) {
        seen[*at].rewritten = said.is_some();
        seen[*at].other_numbers = said.is_some_and(|said| names_others(&words.text, &gone[said].text));
    }
    Ok(())
}

fn words(title: Option<&str>, text: &str, author: Option<String>) -> Words {
    Words { text: format!("{}\n{text}", title.unwrap_or_default()), author }
}

fn look_at(Found { item, fingerprint, .. }: &Found, before: Option<&KnownItem>) -> Seen {
    let said = before.and_then(|before| before.said.as_ref());
    Seen {
        known: before.is_some(),
        moved: false,
        twin: false,
        rewritten: false,
        other_numbers: false,
        edited: before.is_some_and(|before| before.fingerprint != *fingerprint),
        judged: said.is_some(),
        was_news: said.is_some_and(|said| !said.baseline),
        letters: 0,
        published: item.published,
        unread: false,
    }
}

/// Letters and digits of an item's words.
pub(super) fn letters(Found { item, .. }: &Found) -> usize {
    let words = item.title.as_deref().unwrap_or_default().chars().chain(item.text.chars());
    words.filter(|letter| letter.is_alphanumeric()).count()
}

/// With the entries that were skipped, each in its place.
fn in_order(seen: &[Seen], order: &[bool]) -> Vec<Seen> {
    let skipped = Seen { known: true, judged: true, ..Seen::default() };
    let mut read = seen.iter().copied();
    let mut all: Vec<Seen> = order.iter().filter_map(|known| if *known { Some(skipped) } else { read.next() }).collect();
    all.extend(read);
    all
}

impl Arrival {
    /// How many items are news.
    pub(super) fn news(&self) -> usize {
        self.seen.iter().zip(&self.old).filter(|(seen, old)| !seen.known && old.is_none()).count()
    }

    /// Whether most of what is unknown is old: then the source shows its past under new names, and nothing below was missed.
    pub(super) fn shows_its_past(&self) -> bool {
        let old = self.seen.iter().zip(&self.old).filter(|(seen, old)| !seen.known && old.is_some()).count();
        old > self.news()
    }

    /// For each item whether it is news.
    pub(super) fn is_news(&self) -> impl Iterator<Item = bool> {
        self.seen.iter().zip(&self.old).map(|(seen, old)| !seen.known && old.is_none())
    }

    /// For each of the news whether it came without text, the newest last as most lists have it.
    pub(super) fn news_without_text(&self, found: &[Found]) -> Vec<bool> {
        let news = found.iter().zip(self.seen.iter().zip(&self.old)).filter(|(_, (seen, old))| !seen.known && old.is_none());
        news.map(|(found, _)| found.item.text.is_empty()).rev().collect()
    }

    /// One note for ops, before the items are known: whoever died in between would never tell.
    pub(super) async fn tell(&self, context: &Context, source: &SourceOptions, items: &[SeenItem]) -> Result<(), TaskError> {
        let held = held::among(items, &self.old, self.first, context.live().settings.respond.least_severity);
        let counted = self.counted(items, held.len());
        let old: usize = counted.iter().take_while(|(key, _)| *key != "old_told").map(|(_, count)| count).sum();
        if old < TOLD_FROM && held.is_empty() {
            return Ok(());
        }
        let mut lines = vec![Phrase::said("address").with("address", source.url.as_str())];
        lines.extend(counted.iter().filter(|(_, count)| *count > 0).map(|(key, count)| Phrase::counted(key, *count)));
        if !held.is_empty() {
            return trouble::raise(context, held::subject(source, &held, lines)).await;
        }
        lines.extend([Phrase::gap(), Phrase::said("reindexed_help")]);
        let title = Phrase::said("reindexed_title").with("source", &source.name).with("count", old.to_string());
        let told = Told::new(title, lines);
        let subject = Subject::trouble(IncidentKind::Source, trouble::reindexed_key(&source.name), Severity::Low, told);
        trouble::raise(context, subject).await
    }

    /// How many items are old by each evidence, and then what came of them and beside them.
    fn counted(&self, items: &[SeenItem], held: usize) -> [(&'static str, usize); 9] {
        let of = |wanted: Old| self.old.iter().filter(|old| **old == Some(wanted)).count();
        let of_old = || items.iter().zip(&self.old).filter(|(_, old)| old.is_some());
        // An edit that names no brand is nobody's matter: a page without texts has an alarm of its own.
        let edited = of_old().filter(|(item, old)| matches!(old, Some(Old::Edited | Old::Revealed)) && item.mention.is_some()).count();
        let told = of_old().filter(|(item, _)| item.mention.as_ref().is_some_and(|(mention, _)| !mention.baseline)).count();
        [
            ("old_moved", of(Old::Moved)),
            ("old_rewritten", of(Old::Rewritten)),
            ("old_dated", of(Old::Dated)),
            ("old_below", of(Old::Below)),
            ("old_edited", edited),
            ("old_another", if self.first == Some(First::InPlace) { of(Old::Baseline) } else { 0 }),
            ("old_replaces", if held > 0 && matches!(self.first, Some(First::After(_))) { of(Old::Baseline) } else { 0 }),
            ("old_told", told),
            ("old_news", self.news()),
        ]
    }
}
