//! A store that takes no writes, as on a full disk, is tried again every few seconds, and all that waited for it goes on at once. Ops are told
//! of it: while it lasts by a mail past the store, which needs no room, and afterwards what waited, and for how long.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use super::context::Context;
use super::deliver::hand_over;
use super::driver::{Activation, Ended, TaskError};
use super::open_incidents::HEARKEN;
use crate::model::{
    Delivery, DeliveryKind, DeliveryState, EventKind, Incident, IncidentKind, Moment, NewDelivery, NewIncident, Outcome, Phrase, Severity,
    Told,
};
use crate::respond::incident::{Subject, open_trouble};
use crate::respond::notify::{self, Telling, hashed_id};
use crate::respond::status::Status;
use crate::store::{Claimed, StoreError, Waiting};

/// Nobody waits much longer than this for work to go on when there is room again.
pub(super) const TRIED_EVERY: Duration = Duration::from_secs(3);
/// So long it may last before ops are told of it past the store: a database that is started anew is back by then.
const LASTS_AFTER: Duration = Duration::from_mins(1);
/// Where that mail was not taken either, it is tried again this often.
const TOLD_AGAIN_AFTER: Duration = Duration::from_mins(1);
/// What was over sooner is not told afterwards.
const WORTH_TELLING: Duration = Duration::from_secs(20);
/// Key of the incident that tells of it afterwards.
const KEY: &str = "ops:store";
/// Lines about outages that one incident tells of.
const LINES_MAX: usize = 60;

/// A time in which the store takes nothing, from when that was noticed. In memory alone: where else.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    since: Moment,
    why: Why,
    /// Under which id ops were told of it, and that nobody need be any more.
    incident: String,
    told: bool,
    try_again_at: Moment,
}

/// The store's reason, as data.
#[derive(Clone, Debug)]
struct Why {
    /// The keys of what it is, and of what to do about it.
    what: &'static str,
    help: &'static str,
    said: String,
}

impl Why {
    fn of(error: &StoreError) -> Self {
        let (what, help) = match error {
            StoreError::Full(_) => ("store_full", "store_help_full"),
            StoreError::ReadOnly(_) => ("store_read_only", "store_help_read_only"),
            _ => ("store_away", "store_help_away"),
        };
        Self { what, help, said: error.to_string() }
    }

    /// What it is, and what to do about it.
    fn lines(&self) -> [Phrase; 3] {
        let what = Phrase::said(self.what).with("words", self.said.as_str());
        [Phrase::said("what").with("what", what), Phrase::gap(), Phrase::said(self.help)]
    }
}

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let nothing = Ok(Activation { handled: 0, next_at: None });
    let refusal = context.store.refusal();
    if refusal.is_none() && outage(&context).is_none() {
        return nothing;
    }
    if let Some(error) = refusal {
        begin(&context, &error)?;
        if let Err(error) = context.store.prove_room(context.clock.now()).await {
            // Said by readiness, and by whoever could not write; here it would be a line every few seconds.
            tracing::debug!(%error, "the store takes no writes yet");
            tell_of_what_lasts(&context).await?;
            return nothing;
        }
    }
    // Before the work goes on, which takes it up.
    let now = context.clock.now();
    let waiting = context.store.waiting(now).await?;
    // What could not be kept holds leases that would keep it waiting.
    let released = context.store.release_sources(&context.owner).await?;
    tracing::info!(sources = released, "the store takes writes again");
    context.wakes.all();
    let over = outage(&context).clone();
    if let Some(over) = over {
        tell_afterwards(&context, &over, waiting, now).await?;
    }
    *outage(&context) = None;
    Ok(Activation { handled: 1, next_at: None })
}

fn outage(context: &Context) -> MutexGuard<'_, Option<Outage>> {
    context.outage.lock().unwrap_or_else(PoisonError::into_inner)
}

fn begin(context: &Context, error: &StoreError) -> Result<(), TaskError> {
    let (since, incident) = (context.clock.now(), context.ids()?.incident());
    let fresh = Outage { since, why: Why::of(error), incident, told: false, try_again_at: since.plus(LASTS_AFTER) };
    outage(context).get_or_insert(fresh);
    Ok(())
}

/// By mail and calls that no row stands behind: whoever dies meanwhile tells it again.
async fn tell_of_what_lasts(context: &Context) -> Result<(), TaskError> {
    let now = context.clock.now();
    let Some(lasting) = outage(context).clone().filter(|outage| !outage.told && outage.try_again_at <= now) else { return Ok(()) };
    let mut lines = vec![Phrase::said("since").with("since", lasting.since)];
    lines.extend(lasting.why.lines());
    lines.extend([Phrase::gap(), Phrase::said("store_meanwhile")]);
    let told = Told::new(Phrase::said("store_title"), lines);
    let subject = Subject::trouble(IncidentKind::Ops, KEY, Severity::High, told);
    let live = context.live();
    let (new, deliveries) = open_trouble(subject, &live.context(), &mut context.ids()?, now);
    let new = NewIncident { id: lasting.incident.clone(), ..new };
    let mut taken = 0;
    for delivery in deliveries {
        let claimed = unkept(&new, delivery, &live.domain, now);
        // Without a key there is no link: the case is kept nowhere yet.
        let outcome = hand_over(context, &claimed, &[], None, now).await;
        let (channel, class, reply) = (&claimed.delivery.channel, outcome.class(), outcome.reply());
        tracing::warn!(channel, outcome = class, reply, "ops are told, past the store, that it takes no writes");
        taken += u64::from(matches!(outcome, Outcome::Delivered { .. } | Outcome::Accepted { .. }));
    }
    if let Some(outage) = outage(context).as_mut() {
        outage.told = taken > 0;
        outage.try_again_at = now.plus(TOLD_AGAIN_AFTER);
    }
    Ok(())
}

/// A message of which there is no row.
fn unkept(new: &NewIncident, delivery: NewDelivery, domain: &str, now: Moment) -> Claimed {
    // Nobody climbs it: there is no row to climb.
    let incident = Incident::opened(NewIncident { escalate_at: None, ladder: Vec::new(), ..new.clone() });
    let delivery = Delivery {
        // Another one than that of the warning afterwards, which a mail program would take for a repeat of this.
        message_id: hashed_id(&["past the store", &incident.id, &delivery.channel, &delivery.recipient], domain),
        incident: incident.id.clone(),
        id: delivery.id,
        generation: delivery.generation,
        kind: delivery.kind,
        step: delivery.step,
        department: delivery.department,
        name: delivery.name,
        recipient: delivery.recipient,
        channel: delivery.channel,
        language: delivery.language,
        state: DeliveryState::Claimed,
        attempts: 1,
        created_at: now,
        due_at: now,
        note: String::new(),
        possible_duplicate: false,
        last_outcome: None,
        last_reply: None,
        delivered_at: None,
    };
    Claimed {
        delivery,
        shrink: false,
        incident,
        mention: None,
        verdict: None,
        sources: Vec::new(),
        also_told: Vec::new(),
        undelivered: Vec::new(),
        others: Vec::new(),
    }
}

/// From when to when, why, and what waited.
async fn tell_afterwards(context: &Context, over: &Outage, waiting: Waiting, now: Moment) -> Result<(), TaskError> {
    if !over.told && now.since(over.since) < WORTH_TELLING {
        return Ok(());
    }
    let title = Phrase::said("store_over_title").with("since", over.since).with("until", now);
    let lines = over.why.lines().into_iter().chain(waited(waiting)).collect();
    tell_together(context, title, lines, Some(&over.incident), now).await
}

/// What waited, and what is to be done.
pub(super) fn waited(waiting: Waiting) -> [Phrase; 2] {
    let [sources, messages, verdicts] = [waiting.sources, waiting.messages, waiting.verdicts].map(|count| count.to_string());
    let waited = Phrase::said("store_waited").with("sources", sources).with("messages", messages).with("verdicts", verdicts);
    [waited, Phrase::said("store_over_help")]
}

/// Tells ops of a time in which nothing was kept, together with what was told of others before, while nobody has taken that up. `id`: of the
/// case that ops were told of past the store.
pub(super) async fn tell_together(
    context: &Context,
    title: Phrase,
    mut lines: Vec<Phrase>,
    id: Option<&String>,
    now: Moment,
) -> Result<(), TaskError> {
    let open = context.store.open_incident_by_key(KEY).await?;
    if let Some(before) = &open {
        lines.push(Phrase::gap());
        let earlier = before.told.iter().flat_map(|told| std::iter::once(&told.title).chain(&told.lines));
        lines.extend(earlier.take(LINES_MAX).cloned());
    }
    let subject = Subject::trouble(IncidentKind::Ops, KEY, Severity::Medium, Told::new(title, lines));
    let Some(before) = open else {
        let (incident, deliveries) = open_trouble(subject, &context.live().context(), &mut context.ids()?, now);
        let id = id.unwrap_or(&incident.id).clone();
        let deliveries: Vec<NewDelivery> =
            deliveries.into_iter().map(|delivery| NewDelivery { incident: id.clone(), ..delivery }).collect();
        context.store.raise(&NewIncident { id, ..incident }, &deliveries).await?;
        context.wakes.deliver.notify_one();
        return Ok(());
    };
    let Some(mut tx) = context.store.begin_incident(&before.id, now).await? else { return Ok(()) };
    tx.retell(&subject.title, &subject.detail, subject.told.as_ref()).await?;
    let (note, step) = (Status::More.to_note(), tx.next_event().await?);
    let told = notify::told(&tx.deliveries().await?, before.generation);
    let news = Telling { incident: &before.id, generation: before.generation, kind: DeliveryKind::Status, step, note: &note };
    tx.deliver(&news.to(&told, &context.live().context(), &mut context.ids()?, now)).await?;
    tx.event(EventKind::Revised.as_str(), now, HEARKEN, &json!({ "title": subject.title })).await?;
    tx.commit().await?;
    context.wakes.deliver.notify_one();
    Ok(())
}
