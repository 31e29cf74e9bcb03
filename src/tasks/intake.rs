//! What a document's items become: judged where they are new or edited, kept in one transaction.

pub(super) mod pushed;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::context::Context;
use super::crash::crash_point;
use super::driver::TaskError;
use super::keep::UnderWay;
use super::live::Live;
use super::metrics::{DecisionLabels, FiringLabels};
use super::{poll, trouble};
use crate::collect::flood::{Arrival, arrival};
use crate::collect::normalise::Found;
use crate::collect::poll::Document;
use crate::collect::skip::Skipped;
use crate::collect::source::SourceOptions;
use crate::decide::{Subject as Judged, same};
use crate::model::{Fingerprint, Identity, IncidentKind, Mention, Moment, Severity, SourceState, Verdict};
use crate::respond::incident::Subject;
use crate::store::{Brought, KnownItem, Outcome, PollCommit, SeenItem};

/// Category in the metrics of a mention that is no complaint.
const NO_CATEGORY: &str = "none";
/// Who complained longer ago than this begins anew.
const REPEATED_WITHIN: Duration = Duration::from_hours(30 * 24);

type Known = BTreeMap<Identity, KnownItem>;

/// Keeps a document: every item remembered, every new or edited mention with its verdict, the source's next due time. Gives the number of
/// new or edited items.
pub(super) async fn take_in(
    context: &Context,
    source: &SourceOptions,
    state: SourceState,
    document: Document,
    (now, under_way): (Moment, UnderWay<'_>),
) -> Result<usize, TaskError> {
    let live = context.live();
    let known = known(context, &state, &document.found).await?;
    let Skipped { identities: skipped, touch, shown } = document.skipped;
    let arrival = look(context, &state, &document.found, skipped.len(), &known).await?;
    let mut items: Vec<SeenItem> = document.found.into_iter().map(|found| judge(&live, source, found, &known, arrival, now)).collect();
    if live.judge.asks_for_repetition() {
        judge_repeated(context, &live, source, &mut items, now).await?;
    }
    let fresh = items.iter().filter(|item| is_fresh(item.identity, item.fingerprint, &known)).count();
    let state = SourceState {
        etag: document.etag,
        last_modified: document.last_modified,
        body_hash: document.body_hash,
        last_item_at: if fresh > 0 { Some(now) } else { state.last_item_at },
        baselined: true,
        ..poll::succeeded(context, source, state, document.max_age, now)
    };
    if let Some(degraded) = &document.degraded {
        tracing::info!(source = source.name, degraded, "the document was not whole");
    }
    // Before the items are known: whoever died in between would never tell.
    tell_of_reindex(context, source, arrival, fresh).await?;
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
    Ok(fresh)
}

fn is_fresh(identity: Identity, fingerprint: Fingerprint, known: &Known) -> bool {
    known.get(&identity).is_none_or(|item| item.fingerprint != fingerprint)
}

/// What is remembered of these items. A source that never answered has shown none.
async fn known(context: &Context, state: &SourceState, found: &[Found]) -> Result<Known, TaskError> {
    if state.last_success_at.is_none() {
        return Ok(Known::new());
    }
    let identities: Vec<Identity> = found.iter().map(|found| found.identity).collect();
    Ok(context.store.known_items(&state.name, &identities).await?)
}

/// `skipped` items are there besides, as they were.
async fn look(context: &Context, state: &SourceState, found: &[Found], skipped: usize, known: &Known) -> Result<Arrival, TaskError> {
    let shown = found.len() + skipped;
    let new: Vec<&Found> = found.iter().filter(|item| !known.contains_key(&item.identity)).collect();
    let ordinary = arrival(state.baselined, state.last_item_at.is_some(), shown, new.len(), 0);
    if ordinary != Arrival::Reindexed {
        return Ok(ordinary);
    }
    let contents: Vec<Fingerprint> = new.iter().map(|item| item.fingerprint).collect();
    let seen_before = context.store.known_contents(&state.name, &contents).await?;
    Ok(arrival(state.baselined, true, shown, new.len(), new.len().saturating_sub(seen_before)))
}

fn judge(live: &Live, source: &SourceOptions, found: Found, known: &Known, arrival: Arrival, now: Moment) -> SeenItem {
    let Found { item, identity, fingerprint } = found;
    if !is_fresh(identity, fingerprint, known) {
        return SeenItem { identity, fingerprint, mention: None };
    }
    let verdict =
        live.judge.judge(&subject(source, item.title.as_deref(), &item.text, item.author.as_deref(), (item.rating, item.rating_max)));
    if verdict.brands.is_empty() {
        return SeenItem { identity, fingerprint, mention: None };
    }
    let before = known.get(&identity).and_then(|item| item.mention.clone());
    let is_new = !known.contains_key(&identity);
    let (id, revision) = before.map_or_else(|| (mention_id(&source.name, identity), 1), |(id, revision)| (id, revision + 1));
    let (text_hash, simhash) = same::fingerprints(item.title.as_deref(), &item.text);
    let mention = Mention {
        id,
        source: source.name.clone(),
        identity: identity.0,
        url: item.url,
        title: item.title,
        text: item.text,
        author: item.author,
        rating: item.rating,
        rating_max: item.rating_max,
        published: item.published,
        seen_at: now,
        lang: verdict.lang.clone(),
        brands: verdict.brands.clone(),
        revision,
        baseline: is_new && arrival != Arrival::Ordinary,
        text_hash,
        simhash,
    };
    SeenItem { identity, fingerprint, mention: Some((mention, verdict)) }
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
    source: &SourceOptions,
    items: &mut [SeenItem],
    now: Moment,
) -> Result<(), TaskError> {
    let complaints = items.iter().filter_map(|item| item.mention.as_ref()).filter(|(_, verdict)| verdict.complaint);
    let authors: BTreeSet<&str> = complaints.filter_map(|(mention, _)| mention.author.as_deref()).collect();
    if authors.is_empty() {
        return Ok(());
    }
    let earlier = context.store.complaints_of(&source.name, &authors, now.minus(REPEATED_WITHIN)).await?;
    for (mention, verdict) in items.iter_mut().filter_map(|item| item.mention.as_mut()).filter(|(_, verdict)| verdict.complaint) {
        let of_author = mention.author.as_ref().and_then(|author| earlier.get(author)).into_iter().flatten();
        let repeated = of_author.filter(|identity| identity.0 != mention.identity).count();
        if repeated > 0 {
            let rating = (mention.rating, mention.rating_max);
            let subject = subject(source, mention.title.as_deref(), &mention.text, mention.author.as_deref(), rating);
            *verdict = live.judge.judge(&Judged { repeated: Some(repeated as u64), ..subject });
        }
    }
    Ok(())
}

/// The same for the same item of the same source, so that a poll that is done again writes the same row.
fn mention_id(source: &str, identity: Identity) -> String {
    let digest = Sha256::new().chain_update(source).chain_update([0]).chain_update(identity.0.to_be_bytes()).finalize();
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("m_{hex}")
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

async fn tell_of_reindex(context: &Context, source: &SourceOptions, arrival: Arrival, fresh: usize) -> Result<(), TaskError> {
    if arrival != Arrival::Reindexed {
        return Ok(());
    }
    let subject = Subject {
        kind: IncidentKind::Source,
        key: trouble::reindexed_key(&source.name),
        severity: Severity::Low,
        title: format!("Source {} was re-indexed", source.name),
        detail: format!(
            "Address: {}\n{fresh} items came under new ids with words that were known before. They were taken as known and nobody was warned of them.\n\nLook at the source once; acknowledge when it is as it should be.",
            source.url
        ),
    };
    trouble::raise(context, subject).await
}
