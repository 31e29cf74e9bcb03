//! From verdicts that nobody has acted on to incidents, timers and deliveries: one transaction for each batch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::context::Context;
use super::crash::crash_point;
use super::driver::{Activation, Ended, TaskError};
use super::metrics::OpeningLabels;
use crate::collect::guard::guarded;
use crate::collect::source::SourceKind;
use crate::decide::likeness::{Compared, Said, compare, is_edit, may_be_copy};
use crate::model::{EventKind, Incident, Mention, Moment, NewDelivery, NewIncident, Severity, Verdict};
use crate::respond::burst::{Lately, gather};
use crate::respond::edit::{self, Edit, News};
use crate::respond::incident::{Candidate, Decision, asks_for_similar, comes_from, decide, of_same_id};
use crate::respond::notify;
use crate::store::{JOINED, OPENED, Opening, Similar, StoreError, TOLD, Wording};

/// Verdicts of one transaction: enough to be cheap, few enough that a crash repeats little.
const BATCH: i64 = 50;

/// Who opens and joins, in an incident's history.
pub(crate) const HEARKEN: &str = "hearken";

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let mut handled = 0;
    while !context.stopped() && context.store.has_pending().await? {
        let acted = step(&context).await?;
        if acted == 0 {
            break;
        }
        handled += acted;
        context.board.update("open_incidents", |status| status.busy_since = Some(context.clock.now()));
    }
    Ok(Activation { handled, next_at: None })
}

async fn step(context: &Context) -> Result<u64, TaskError> {
    let now = context.clock.now();
    let mut opening = context.store.begin_opening(now, BATCH).await?;
    let pending = opening.pending();
    let in_incidents = opening.in_incidents().await?;
    let mut lately = if pending.is_empty() { Lately::new() } else { opening.told_lately(told_since(context, now)).await? };
    let mut outcomes = Vec::new();
    let mut acted: BTreeMap<String, Vec<&Mention>> = BTreeMap::new();
    for (mention, verdict) in &pending {
        let known = in_incidents.contains(&mention.id);
        // Without an outcome it waits for the next step, which sees what stood in its way.
        let Some(outcome) = act_on(context, &mut opening, (mention, verdict), known, &mut lately, now).await? else { continue };
        acted.entry(outcome.clone()).or_default().push(mention);
        outcomes.push(outcome);
    }
    for (outcome, mentions) in &acted {
        opening.all_acted(mentions, outcome).await?;
    }
    crash_point("open.decided");
    opening.commit().await?;
    crash_point("open.committed");
    let acted = outcomes.len() as u64;
    for outcome in outcomes {
        context.metrics.openings.get_or_create(&OpeningLabels { outcome }).inc();
    }
    context.wakes.deliver.notify_one();
    context.wakes.escalate.notify_one();
    context.wakes.second_opinion.notify_one();
    // A page is watched from the beginning of its case: what changes before the first look is a change.
    context.wakes.recheck.notify_one();
    Ok(acted)
}

/// Whoever was told since then was told of late.
pub(super) fn told_since(context: &Context, now: Moment) -> Moment {
    now.minus(context.live().settings.respond.burst.within)
}

/// Puts off what is too much for one address at once. A single round has no later moment to send it: it gathers what it has.
pub(super) fn not_all_singly(
    context: &Context,
    deliveries: &mut [NewDelivery],
    (severity, climbs_at): (Severity, Option<Moment>),
    lately: &mut Lately,
    now: Moment,
) {
    let live = context.live();
    let mut burst = live.settings.respond.burst.clone();
    if context.is_round() {
        burst.gather_every = Duration::ZERO;
    }
    gather(deliveries, (severity, climbs_at), lately, &live.settings.channels, &burst, now);
}

/// Decides about one mention and writes what follows; returns the word for it, none where an incident of its key came up
/// meanwhile: to call that joined would lose what is worse about this one. `known`: the mention is part of an incident already.
pub(super) async fn act_on(
    context: &Context,
    opening: &mut Opening,
    (mention, verdict): (&Mention, &Verdict),
    known: bool,
    lately: &mut Lately,
    now: Moment,
) -> Result<Option<String>, TaskError> {
    let live = context.live();
    let since = asks_for_similar(mention, verdict, &live.context()).then(|| now.minus(live.settings.respond.same_text_within));
    let candidates = candidates(context, opening, mention, known, since).await?;
    let mut ids = context.ids()?;
    match decide(mention, verdict, &candidates, &live.context(), &mut ids, now) {
        Decision::Open { mut incident, mut deliveries } => {
            if incident.detail.is_empty()
                && let Some(other) = mention.under_id_of()
                && let Some(before) = opening.incident_of_mention(other).await?
            {
                incident.detail = of_same_id(&before);
            }
            if !opening.open(&incident, mention).await? {
                return Ok(None);
            }
            note_opened(opening, &incident, mention, verdict, now).await?;
            not_all_singly(context, &mut deliveries, (incident.severity, incident.escalate_at), lately, now);
            opening.deliver(&deliveries).await?;
            tracing::info!(incident = incident.id, severity = %incident.severity, department = incident.department, deliveries = deliveries.len(), source = mention.source, "an incident was opened");
            Ok(Some(OPENED.to_owned()))
        }
        Decision::Join { incident, event, deliveries, edit } => {
            opening.join(&incident.id, mention, incident.severity).await?;
            opening.update(&incident).await?;
            let before = candidates.iter().map(|candidate| &candidate.incident).find(|before| before.id == incident.id);
            let detail = joined(mention, verdict, (event, !deliveries.is_empty()), before, edit.as_ref());
            opening.event(&incident.id, event.as_str(), now, HEARKEN, &detail).await?;
            opening.deliver(&deliveries).await?;
            let is_told = !deliveries.is_empty() || edit.is_some_and(|edit| !edit.news.is_empty());
            Ok(Some(if is_told { TOLD } else { JOINED }.to_owned()))
        }
        Decision::Quiet(reason) => Ok(Some(reason.as_str().to_owned())),
    }
}

/// Writes into the history that a case was opened, and into that of the case it comes from, that there is another.
async fn note_opened(
    opening: &mut Opening,
    incident: &NewIncident,
    mention: &Mention,
    verdict: &Verdict,
    now: Moment,
) -> Result<(), StoreError> {
    let mut detail = json!({ "mention": mention.id, "source": mention.source, "severity": verdict.severity });
    if let Some(before) = comes_from(&incident.detail) {
        detail["comes_from"] = json!(before);
        let there = json!({ "incident": incident.id, "mention": mention.id, "severity": verdict.severity });
        opening.event(before, EventKind::AnotherCase.as_str(), now, HEARKEN, &there).await?;
    }
    opening.event(&incident.id, EventKind::Opened.as_str(), now, HEARKEN, &detail).await.map(drop)
}

/// What the history says of a mention that joined. `told`: anybody hears of it.
fn joined(
    mention: &Mention,
    verdict: &Verdict,
    (event, told): (EventKind, bool),
    before: Option<&Incident>,
    edit: Option<&Edit>,
) -> serde_json::Value {
    let mut detail = json!({ "mention": mention.id, "source": mention.source, "severity": verdict.severity });
    if event == EventKind::Reopened {
        detail["before"] = json!(before.map(|before| before.severity));
        detail["taken_up_by"] = json!(before.and_then(|before| before.acknowledged_by.as_deref()));
        tracing::warn!(incident = before.map(|before| &before.id), severity = %verdict.severity, "a case that somebody had taken up got worse, or says more: it is told anew");
    }
    let Some(edit) = edit else { return detail };
    if !edit.also.is_empty() {
        detail["says_also"] = json!(edit.also.join(" … "));
    }
    if edit.news.is_empty() && told {
        detail["told"] = json!("to those who know of the case, as it is written");
    } else if edit.news.is_empty() {
        detail["told"] = json!("to nobody: nothing of weight that was not told");
    } else {
        detail["news"] = json!(edit.news.iter().map(News::plain).collect::<Vec<_>>().join(", "));
    }
    detail
}

/// Mentions with like words that a new one is compared with, the newest first: among so many, one more says no more.
const COMPARED_AT_MOST: usize = 200;

/// Incidents the mention may belong to: its own where it is `known`, and those opened `since` then of which any mention says the same and
/// none is another customer's in the same words.
async fn candidates(
    context: &Context,
    opening: &mut Opening,
    mention: &Mention,
    known: bool,
    since: Option<Moment>,
) -> Result<Vec<Candidate>, TaskError> {
    let mut candidates: Vec<Candidate> = Vec::new();
    if known && let Some(own) = opening.incident_of_item(&mention.source, mention.identity).await? {
        let own = candidate(opening, &own.id, mention.text_hash, mention.simhash, true).await?;
        if let Some(own) = own {
            candidates.push(with_wordings(context, opening, own, mention).await?);
        }
    }
    let Some(since) = since else { return Ok(candidates) };
    let live = context.live();
    for brand in &mention.brands {
        // A brand that was given another name is the brand it was: its old name is an alias now.
        let before = live.settings.brands.iter().find(|known| known.name == *brand).map_or(&[][..], |known| &known.aliases);
        for similar in copied(opening, mention, (brand, before), since).await? {
            if candidates.iter().any(|candidate| candidate.incident.id == similar.incident) {
                continue;
            }
            let mut found = candidate(opening, &similar.incident, similar.text_hash, similar.simhash, false).await?;
            for named in found.iter_mut().filter_map(|found| found.incident.brand.as_mut()).filter(|named| before.contains(named)) {
                named.clone_from(brand);
            }
            candidates.extend(found);
        }
    }
    Ok(candidates)
}

/// The mentions of a brand, whatever name it bore, that this one is a copy of.
async fn copied(
    opening: &mut Opening,
    mention: &Mention,
    (brand, before): (&str, &[String]),
    since: Moment,
) -> Result<Vec<Similar>, StoreError> {
    let own = (mention.text_hash, mention.simhash);
    let similar = opening.similar(brand, before, since).await?.iter();
    let alike = similar.filter(|similar| may_be_copy(own, (similar.text_hash, similar.simhash)) && similar.mention != mention.id);
    let mut alike: Vec<Similar> = alike.take(COMPARED_AT_MOST).cloned().collect();
    if alike.is_empty() {
        return Ok(alike);
    }
    let wordings = opening.wordings(&alike.iter().map(|similar| similar.mention.as_str()).collect::<Vec<_>>()).await?;
    let this = said(mention);
    let compared = |similar: &Similar| {
        let there = wordings.get(&similar.mention).map(|wording| worded(similar, wording));
        there.map_or(Compared::Unlike, |there| compare(&this, &there))
    };
    let compared: Vec<Compared> = alike.iter().map(compared).collect();
    let of = |wanted: Compared| alike.iter().zip(&compared).filter(move |(_, compared)| **compared == wanted);
    let separate: BTreeSet<String> = of(Compared::Separate).map(|(similar, _)| similar.incident.clone()).collect();
    let mut copies = compared.iter().map(|compared| *compared == Compared::Copy);
    alike.retain(|similar| copies.next().unwrap_or(false) && !separate.contains(&similar.incident));
    Ok(alike)
}

/// A mention as it is compared.
pub(super) fn said(mention: &Mention) -> Said<'_> {
    Said {
        source: &mention.source,
        author: mention.author.as_deref(),
        title: mention.title.as_deref(),
        text: &mention.text,
        text_hash: mention.text_hash,
        simhash: mention.simhash,
    }
}

fn worded<'a>(similar: &'a Similar, wording: &'a Wording) -> Said<'a> {
    Said {
        source: &similar.source,
        author: wording.author.as_deref(),
        title: wording.title.as_deref(),
        text: &wording.text,
        text_hash: similar.text_hash,
        simhash: similar.simhash,
    }
}

/// The case of an item that was edited, with what was told of it.
async fn with_wordings(context: &Context, opening: &mut Opening, own: Candidate, mention: &Mention) -> Result<Candidate, StoreError> {
    let told = opening.tellings(&own.incident.id).await?;
    let is_like =
        |title: Option<&str>, text: &str| guarded(|| is_edit((title, text), (mention.title.as_deref(), &mention.text))).unwrap_or(true);
    let known = || told.iter().filter_map(|told| Some((told.title.as_deref(), told.text.as_deref()?)));
    // Where a site shows a list, wholly other words under an id were taken for another item before, or are the site's own work.
    let live = context.live();
    let is_sent = live.source(&mention.source).is_some_and(|source| matches!(source.kind, SourceKind::Inbound(_)));
    let other_words = is_sent && known().next().is_some() && !known().any(|(title, text)| is_like(title, text));
    let wordings = told.into_iter().map(|told| edit::Wording { title: told.title, text: told.text, verdict: told.verdict });
    Ok(Candidate { wordings: wordings.collect(), other_words, ..own })
}

async fn candidate(opening: &mut Opening, id: &str, text_hash: i64, simhash: i64, same_item: bool) -> Result<Option<Candidate>, TaskError> {
    let Some((incident, deliveries, next_event)) = opening.case(id).await? else { return Ok(None) };
    let told = notify::told(&deliveries, incident.generation);
    Ok(Some(Candidate { incident, text_hash, simhash, same_item, next_event, told, wordings: Vec::new(), other_words: false }))
}
