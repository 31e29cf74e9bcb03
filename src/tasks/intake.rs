//! What a document's items become: judged where they are new or edited, kept in one transaction.

mod another;
mod arrival;
mod aside;
mod below;
mod continued;
mod held;
mod lengthy;
pub(super) mod lines;
mod long;
mod memory;
pub(super) mod pushed;
mod reposted;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use self::another::Ids;
use self::arrival::Arrival;
use self::memory::Owner;
use super::context::Context;
use super::crash::{crash_point, panic_point};
use super::driver::TaskError;
use super::keep::UnderWay;
use super::live::Live;
use super::metrics::{DecisionLabels, FiringLabels};
use super::poll::Claimed;
use super::{blindness, poll, watching};
use crate::collect::canary;
use crate::collect::flood::{Old, told_although_old};
use crate::collect::guard::guarded;
use crate::collect::normalise::{Found, READ_BYTES_MAX, extra};
use crate::collect::pace::learnt;
use crate::collect::poll::Document;
use crate::collect::skip::Skipped;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::decide::{Subject as Judged, is_one_person, likeness};
use crate::model::{Fingerprint, Identity, Mention, Moment, Pace, Phrase, SourceState, Verdict};
use crate::store::{Brought, KnownItem, Outcome, PollCommit, SeenItem};

/// Category in the metrics of a mention that is no complaint.
const NO_CATEGORY: &str = "none";
/// Who complained longer ago than this begins anew.
const REPEATED_WITHIN: Duration = Duration::from_hours(30 * 24);

pub(super) type Known = BTreeMap<Identity, KnownItem>;

/// Keeps a document: every item remembered, every new or edited mention with its verdict, the source's next due time.
pub(super) async fn take_in(
    context: &Context,
    source: &SourceOptions,
    before: Claimed,
    mut document: Document,
    (now, under_way): (Moment, UnderWay<'_>),
) -> Result<(), TaskError> {
    let live = context.live();
    let mut state = before.state.clone();
    let mut known = known(context, &state, &document.found).await?;
    let first = match memory::owner(context, source, &before, &document, &known).await? {
        Owner::Itself => None,
        Owner::Nobody(first) => Some(first),
        Owner::Left(left) => return adopt(context, &state, &left, now).await,
    };
    state.baselined = first.is_none();
    reposted::settle(&context.store, &state.id, &mut document.found, &document.skipped, &mut known).await?;
    continued::settle(&context.store, &state.id, &mut document.found, &document.skipped.identities, &mut known).await?;
    let others =
        another::settle(&context.store, &state.id, &mut document.found, &mut known, Ids::List(document.skipped.identities.len())).await?;
    // A mailbox shows the mails that came, and none of those before them.
    let whole = !matches!(source.kind, SourceKind::Mail(_));
    let arrival = arrival::look(context, &state, (&document, whole, first), &known, now).await?;
    let below = std::mem::take(&mut document.below);
    let failed = below.failure.as_ref().map(|failure| failure.kind);
    let sight = watching::Sight { failed, ..sight(source, &state, &document, &arrival, &known) };
    state.watch = lengthy::noted(state.watch, source, &document, live.settings.collect.max_items, now);
    let asks = document.asks.unwrap_or(state.pace.asks);
    let state = SourceState { pace: Pace { asks, ..pace_after(&state, &document.found, &arrival, now) }, ..state };
    let Skipped { identities: skipped, touch, shown, .. } = document.skipped;
    let (mut items, aside) = Judging { live: &live, source, memory: &state.id, known: &known, now }.all(document.found, &arrival.old);
    if live.judge.asks_for_repetition() {
        judge_repeated(context, &live, (source, &state.id), &mut items, now).await?;
    }
    settle_old(&mut items, &arrival.old, now);
    let fresh = items.iter().filter(|item| is_fresh(item.identity, item.fingerprint, &known)).count();
    items.extend(others.remembered(&items, &known));
    let state = SourceState {
        etag: document.etag,
        last_modified: document.last_modified,
        body_hash: document.body_hash,
        ..poll::succeeded(context, source, state, document.max_age, now)
    };
    let state = watching::read(context, source, state, &sight, now).await?;
    let state = below::settle(context, source, &before.state, state, (below, &arrival), now).await?;
    if let Some(degraded) = &document.degraded {
        tracing::info!(source = source.name, degraded, "the document was not whole");
    }
    // Before the items are known: whoever died in between would never tell.
    arrival.tell(context, source, &items).await?;
    aside::tell(context, source, &aside, now).await?;
    let commit = PollCommit { owner: context.owner.clone(), state, items, now };
    let brought = match shown {
        Some(shown) if !skipped.is_empty() => Brought::Changes { shown, touched: if touch { skipped } else { Vec::new() } },
        shown => Brought::Everything { shown },
    };
    crash_point("poll.judged");
    let kept = context.keeper.keep(&context.store, Outcome { commit, brought }, under_way).await?;
    crash_point("poll.committed");
    count(context, &kept.commit, fresh);
    if kept.commit.items.iter().filter_map(|item| item.mention.as_ref()).any(|(mention, _)| !mention.baseline) {
        context.wakes.open_incidents.notify_one();
    }
    if kept.commit.state.failure.is_some() {
        return blindness::look(context, &kept.commit.state, now).await;
    }
    watching::after_good(context, source, &before, &kept.commit.state, now).await
}

/// The list says that its source is one that was renamed and moved at once: it is read again with what that one remembers.
async fn adopt(context: &Context, state: &SourceState, left: &SourceState, now: Moment) -> Result<(), TaskError> {
    if context.store.adopt(state, left, now).await? {
        tracing::info!(old = left.name, new = state.name, "a source shows the list of one that left the settings, and keeps its memory");
    }
    context.wakes.poll.notify_one();
    Ok(())
}

/// What the document shows besides its items. Entries that were skipped are as they were.
fn sight(source: &SourceOptions, state: &SourceState, document: &Document, arrival: &Arrival, known: &Known) -> watching::Sight {
    watching::Sight {
        entries: document.entries,
        without_text: document.without_text,
        skipped: document.skipped.identities.len(),
        empty_news: arrival.news_without_text(&document.found),
        shows_canary: shows_canary(source, document, known),
        news: arrival.news(),
        baseline: !state.baselined,
        sorted: arrival.sorted,
        failed: None,
    }
}

fn is_fresh(identity: Identity, fingerprint: Fingerprint, known: &Known) -> bool {
    known.get(&identity).is_none_or(|item| item.fingerprint != fingerprint)
}

/// What is old has not arrived, and a baseline is the past: its dates alone tell how often something came.
fn pace_after(state: &SourceState, found: &[Found], arrival: &Arrival, now: Moment) -> Pace {
    let dates = |wanted: fn(bool) -> bool| {
        let arrived = found.iter().zip(arrival.is_news());
        arrived.filter(|(_, news)| wanted(*news)).map(|(item, _)| item.item.published).collect::<Vec<_>>()
    };
    if state.baselined {
        learnt(state.pace, &dates(|news| news), state.last_success_at, now)
    } else {
        learnt(Pace::default(), &dates(|_| true), state.last_success_at, now)
    }
}

/// What is remembered of these items. A source that never answered has shown none.
async fn known(context: &Context, state: &SourceState, found: &[Found]) -> Result<Known, TaskError> {
    if state.last_success_at.is_none() {
        return Ok(Known::new());
    }
    let identities: Vec<Identity> = found.iter().map(|found| found.identity).collect();
    Ok(context.store.known_items(&state.id, &identities).await?)
}

/// What this document says of the canary: with `every` only an item that is new or edited counts.
fn shows_canary(source: &SourceOptions, document: &Document, known: &Known) -> Option<bool> {
    let canary = source.canary.as_ref().filter(|canary| canary.every.is_some());
    let Some(canary) = canary else { return document.shows_canary };
    let fresh = document.found.iter().filter(|found| is_fresh(found.identity, found.fingerprint, known));
    Some(fresh.into_iter().any(|found| canary::is_in(&canary.phrase, found)))
}

/// What the items of one document are judged by.
struct Judging<'a> {
    live: &'a Live,
    source: &'a SourceOptions,
    /// What identities hang on: the source's id.
    memory: &'a str,
    known: &'a Known,
    now: Moment,
}

impl Judging<'_> {
    /// Judges items, each with the evidence that it is old; none of them takes another with it. Beside them, for ops, those that had to be
    /// set aside.
    fn all(&self, found: Vec<Found>, old: &[Option<Old>]) -> (Vec<SeenItem>, Vec<Phrase>) {
        let (mut items, mut aside) = (Vec::with_capacity(found.len()), Vec::new());
        let fresh = |found: &&Found| found.item.cut_bytes > 0 && is_fresh(found.identity, found.fingerprint, self.known);
        let cut = found.iter().filter(fresh).count();
        if cut > 0 {
            tracing::warn!(source = self.source.name, items = cut, bytes = READ_BYTES_MAX, "items are longer than what is read of one");
        }
        for (at, found) in found.into_iter().enumerate() {
            let Found { identity, fingerprint, .. } = found;
            let mention = match guarded(|| self.judged(&found)) {
                Some(judged) => judged.map(|judged| self.mention(found, judged, old.get(at).copied().flatten())),
                None => {
                    tracing::error!(
                        source = self.source.name,
                        id = found.item.id,
                        url = found.item.url,
                        "hearken itself failed on an item; it is set aside"
                    );
                    aside.push(aside::shown(&found));
                    None
                }
            };
            items.push(SeenItem { identity, fingerprint, mention, stands_for: None });
        }
        (items, aside)
    }

    /// The verdict on a new or edited item that names a brand.
    fn judged(&self, Found { item, identity, fingerprint, .. }: &Found) -> Option<Judgement> {
        if !is_fresh(*identity, *fingerprint, self.known) {
            return None;
        }
        panic_point("judge", &item.text);
        let rating = (item.rating, item.rating_max);
        let subject = subject(self.source, item.title.as_deref(), &item.text, item.author.as_deref(), rating);
        let verdict = self.live.judge.judge_mention(&subject)?;
        let (text_hash, simhash) = likeness::fingerprints(item.title.as_deref(), &item.text);
        // Words that went and came back, as on a page that was broken for a while, were judged when they were first there.
        let said = self.known.get(identity).and_then(|item| item.said.as_ref());
        let said_before = said.is_some_and(|said| said.text_hash == text_hash && said.rating == item.rating);
        (!said_before).then_some(Judgement { verdict, text_hash, simhash })
    }

    fn mention(&self, found: Found, judgement: Judgement, old: Option<Old>) -> (Mention, Verdict) {
        let Found { item, identity, .. } = found;
        let Judgement { mut verdict, text_hash, simhash } = judgement;
        let text = long::stored(item.text, &mut verdict);
        let before = self.known.get(&identity).and_then(|item| item.mention.clone());
        let (id, revision) = before.map_or_else(|| (mention_id(self.memory, identity), 1), |(id, revision)| (id, revision + 1));
        let extra = extra::noted(item.extra, item.url.as_deref(), item.published, self.source);
        let mention = Mention {
            id,
            source: self.source.name.clone(),
            identity: self.known.get(&identity).and_then(|item| item.said.as_ref()).map_or(identity, |said| said.identity).0,
            url: item.url,
            title: item.title,
            text,
            author: item.author,
            rating: item.rating,
            rating_max: item.rating_max,
            published: item.published,
            seen_at: self.now,
            lang: verdict.lang.clone(),
            brands: verdict.brands.clone(),
            revision,
            baseline: old.is_some(),
            text_hash,
            simhash,
            extra,
        };
        (mention, verdict)
    }
}

/// What judging an item came to.
struct Judgement {
    verdict: Verdict,
    text_hash: i64,
    simhash: i64,
}

/// What is told although it is old, now that its severity is known: the worst of it.
fn settle_old(items: &mut [SeenItem], old: &[Option<Old>], now: Moment) {
    let judged = items.iter_mut().zip(old).filter_map(|(item, old)| Some((item.mention.as_mut()?, (*old)?)));
    let mut judged: Vec<(&mut (Mention, Verdict), Old)> = judged.collect();
    let of: Vec<_> = judged.iter().map(|(judged, old)| (*old, judged.1.severity, judged.0.published)).collect();
    let told = told_although_old(&of, now);
    judged.iter_mut().enumerate().for_each(|(place, (judged, _))| judged.0.baseline = !told.contains(&place));
}

fn subject<'a>(
    source: &'a SourceOptions,
    title: Option<&'a str>,
    text: &'a str,
    author: Option<&'a str>,
    (rating, rating_max): (Option<f64>, Option<f64>),
) -> Judged<'a> {
    Judged {
        title,
        text,
        rating,
        rating_max,
        lang: source.language.as_deref(),
        source: Some(&source.name),
        author,
        readers: source.readers,
        repeated: None,
        brand: source.brand.as_deref(),
    }
}

/// Complaints of authors who complained here before are judged once more, knowing it. Few are, so the store is asked for these alone.
async fn judge_repeated(
    context: &Context,
    live: &Live,
    (source, memory): (&SourceOptions, &str),
    items: &mut [SeenItem],
    now: Moment,
) -> Result<(), TaskError> {
    let complaints = items.iter().filter_map(|item| item.mention.as_ref()).filter(|(_, verdict)| verdict.complaint);
    let authors = complaints.filter_map(|(mention, _)| mention.author.as_deref());
    let authors: BTreeSet<&str> = authors.filter(|author| is_one_person(author)).collect();
    if authors.is_empty() {
        return Ok(());
    }
    let earlier = context.store.complaints_of(memory, &authors, now.minus(REPEATED_WITHIN)).await?;
    for (mention, verdict) in items.iter_mut().filter_map(|item| item.mention.as_mut()).filter(|(_, verdict)| verdict.complaint) {
        let of_author = mention.author.as_ref().and_then(|author| earlier.get(author)).into_iter().flatten();
        let repeated = of_author.filter(|identity| identity.0 != mention.identity).count();
        if repeated > 0 {
            let rating = (mention.rating, mention.rating_max);
            let subject = subject(source, mention.title.as_deref(), &mention.text, mention.author.as_deref(), rating);
            // Where that fails the first verdict stands: it warns.
            if let Some(anew) = guarded(|| live.judge.judge(&Judged { repeated: Some(repeated as u64), ..subject })) {
                *verdict = anew;
            }
        }
    }
    Ok(())
}

/// Bytes of a mention's id that its source gives, and those that its identity gives. Ids of one source begin alike and so lie side by side
/// in the store's indexes: strewn about, each mention of a round changes a page of its own in five of them, and what is written to the log
/// grows with the store. Of a hundred thousand mentions of one source two share an id once in fifty thousand stores.
const ID_OF_SOURCE: usize = 2;
const ID_OF_ITEM: usize = 6;

/// The same for the same item of the same source, so that a poll that is done again writes the same row.
fn mention_id(source: &str, identity: Identity) -> String {
    let of_source = Sha256::digest(source);
    let of_item = Sha256::new().chain_update(source).chain_update([0]).chain_update(identity.0.to_be_bytes()).finalize();
    let mut id = String::with_capacity(2 + 2 * (ID_OF_SOURCE + ID_OF_ITEM));
    id.push_str("m_");
    for byte in of_source.iter().take(ID_OF_SOURCE).chain(of_item.iter().take(ID_OF_ITEM)) {
        id.extend([byte >> 4, byte & 15].map(|half| char::from_digit(u32::from(half), 16).unwrap_or('0')));
    }
    id
}

fn count(context: &Context, commit: &PollCommit, fresh: usize) {
    context.metrics.items.inc_by(fresh as u64);
    for (_, verdict) in commit.items.iter().filter_map(|item| item.mention.as_ref()) {
        count_decision(context, verdict);
    }
}

fn count_decision(context: &Context, verdict: &Verdict) {
    let severity = verdict.severity.as_str();
    let counted = |category: &str| {
        let labels = DecisionLabels { category: category.to_owned(), severity: severity.to_owned() };
        context.metrics.decisions.get_or_create(&labels).inc();
    };
    if verdict.categories.is_empty() {
        counted(NO_CATEGORY);
    }
    verdict.categories.iter().for_each(|category| counted(&category.category));
    for reason in &verdict.reasons {
        let labels = FiringLabels { rule: reason.rule.clone(), effect: reason.effect.to_string() };
        context.metrics.firings.get_or_create(&labels).inc();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_of_one_source_lie_side_by_side() {
        let of = |source: &str| (0..500).map(|number| mention_id(source, Identity(number))).collect::<BTreeSet<_>>();
        let all: BTreeSet<String> = ["shop", "forum", "news"].iter().flat_map(|source| of(source)).collect();
        assert_eq!(all.len(), 1_500, "each is another");
        assert!(all.iter().all(|id| id.len() == 18 && id.starts_with("m_") && id[2..].bytes().all(|byte| byte.is_ascii_hexdigit())));
        let begin: BTreeSet<&str> = all.iter().map(|id| &id[..2 + 2 * ID_OF_SOURCE]).collect();
        assert_eq!(begin.len(), 3);
        assert_eq!(of("shop"), of("shop"), "a poll that is done again writes the same rows");
    }
}
