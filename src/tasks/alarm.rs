//! What ops hear of channels: one that does not deliver, one that refuses single messages.

use serde_json::json;

use super::context::Context;
use super::driver::TaskError;
use super::given_up;
use super::open_incidents::HEARKEN;
use super::trouble::{self, channel_key};
use crate::model::{DeliveryKind, EventKind, IncidentKind, IncidentState, Moment, Outcome, Over, Phrase, Severity, Told, Value};
use crate::respond::back_off::Alarm;
use crate::respond::incident::Subject;
use crate::respond::notify::{self, Telling};
use crate::respond::status::Status;
use crate::store::{Claimed, Recovery};

/// The title of trouble with some messages of a channel that takes others.
const PART_TITLE: &str = "channel_part_title";

/// What the receiver's answer comes to.
fn class(outcome: &Outcome) -> Phrase {
    match outcome {
        Outcome::Delivered { .. } => Phrase::said("class_delivered"),
        Outcome::Accepted { .. } => Phrase::said("class_accepted"),
        Outcome::Retry { .. } => Phrase::said("class_retry"),
        Outcome::RetryAt { .. } => Phrase::said("class_retry_at"),
        Outcome::Shrink { .. } => Phrase::said("class_shrink"),
        Outcome::Reconfigure { .. } => Phrase::said("class_reconfigure"),
        Outcome::Permanent { .. } => Phrase::said("class_permanent"),
        Outcome::Unknown { .. } => Phrase::said("class_unknown"),
    }
}

/// A person has an address beside the name; a program has its name alone.
fn who(name: &str, address: &str) -> String {
    if name == address { name.to_owned() } else { format!("{name} <{address}>") }
}

/// Trouble with the channel that carries ops' own mail is still an incident: it stands in the list, the log and the
/// metrics, and goes out when the channel works again.
pub(super) async fn ops(context: &Context, claimed: &Claimed, alarm: Alarm, outcome: &Outcome) -> Result<(), TaskError> {
    let delivery = &claimed.delivery;
    if alarm == Alarm::Dead {
        // A dead letter about a dead letter would go round in a circle.
        return if claimed.incident.kind == IncidentKind::Ops { Ok(()) } else { given_up::tell(context, claimed, outcome).await };
    }
    let mut lines = vec![
        Phrase::said("recipient").with("who", who(&delivery.name, &delivery.recipient)),
        Phrase::said("incident").with("incident", Value::names(claimed.rows().map(|row| row.incident.as_str()))),
        Phrase::said("reply").with("class", class(outcome)).with("reply", outcome.reply()),
        Phrase::gap(),
    ];
    let others_pass = alarm == Alarm::Lasting && context.store.delivered_since(&delivery.channel, delivery.created_at).await?;
    let subject = if others_pass {
        let failing = context.store.failing_over(&delivery.channel).await?;
        part(&delivery.channel, failing, lines)
    } else {
        lines.push(alarm.next_step());
        let title = Phrase::said("channel_title").with("channel", &delivery.channel);
        Subject::trouble(IncidentKind::Ops, channel_key(&delivery.channel), Severity::High, Told::new(title, lines))
    };
    tell(context, subject).await
}

fn part(channel: &str, failing: u64, mut lines: Vec<Phrase>) -> Subject {
    lines.push(Phrase::said("step_part").with("channel", channel));
    let count = usize::try_from(failing).unwrap_or(usize::MAX);
    let title = Phrase::counted(PART_TITLE, count).with("channel", channel);
    Subject::trouble(IncidentKind::Ops, channel_key(channel), Severity::High, Told::new(title, lines))
}

fn is_part(told: Option<&Told>) -> bool {
    matches!(told.map(|told| &told.title), Some(Phrase::Said { say, .. }) if say.starts_with(PART_TITLE))
}

/// Opens the incident about a channel; where there is one that says the other thing of it, that one says this from now on.
async fn tell(context: &Context, subject: Subject) -> Result<(), TaskError> {
    match context.store.open_incident_by_key(&subject.key).await? {
        None => trouble::raise(context, subject).await,
        Some(open) if is_part(open.told.as_ref()) == is_part(subject.told.as_ref()) => Ok(()),
        Some(open) => retell(context, &open.id, &subject, None, context.clock.now()).await,
    }
}

/// `heard`: a channel whose readers know it already.
async fn retell(context: &Context, id: &str, subject: &Subject, heard: Option<&str>, now: Moment) -> Result<(), TaskError> {
    let Some(mut tx) = context.store.begin_incident(id, now).await? else { return Ok(()) };
    let incident = tx.incident().clone();
    // Of several messages that end in the same moment one has said it.
    let says_it = is_part(incident.told.as_ref()) == is_part(subject.told.as_ref());
    if incident.state == IncidentState::Resolved || says_it {
        return Ok(());
    }
    tx.retell(&subject.title, &subject.detail, subject.told.as_ref()).await?;
    let mut told = notify::told(&tx.deliveries().await?, incident.generation);
    told.retain(|recipient| heard != Some(recipient.channel.as_str()));
    let (note, step) = (Status::More.to_note(), tx.next_event().await?);
    let news = Telling { incident: id, generation: incident.generation, kind: DeliveryKind::Status, step, note: &note };
    tx.deliver(&news.to(&told, &context.live().context(), &mut context.ids()?, now)).await?;
    tx.event(EventKind::Revised.as_str(), now, HEARKEN, &json!({ "title": subject.title })).await?;
    tx.commit().await?;
    context.wakes.deliver.notify_one();
    Ok(())
}

/// A channel took a message. Its trouble is over when nothing that failed over it still waits; where it is single messages that it
/// refuses, that is told instead.
pub(super) async fn delivered(context: &Context, claimed: &Claimed, recovery: Recovery) -> Result<(), TaskError> {
    let channel = claimed.delivery.channel.as_str();
    // Asked for each time: whoever died between the alarm and its note left an incident that nothing else would end.
    let Some(open) = context.store.open_incident_by_key(&channel_key(channel)).await? else { return Ok(()) };
    let failing = context.store.failing_over(channel).await?;
    if failing == 0 {
        return trouble::clear(context, &channel_key(channel), Over::Channel).await;
    }
    let own = claimed.incident.id == open.id && passes_at_once(claimed);
    if is_part(open.told.as_ref()) || (!own && (recovery.refused == 0 || recovery.hurried > 0)) {
        return Ok(());
    }
    let heard = own.then_some(channel);
    retell(context, &open.id, &in_part(channel, failing, open.told), heard, context.clock.now()).await
}

/// Word that was refused itself says that nothing passed.
const fn passes_at_once(claimed: &Claimed) -> bool {
    claimed.delivery.attempts == 1
}

/// The trouble as it is when word of it goes out over the very channel: whoever reads that reads it because others pass.
pub(super) async fn as_it_arrives(context: &Context, mut claimed: Claimed) -> Result<Claimed, TaskError> {
    let channel = &claimed.delivery.channel;
    if claimed.incident.key != channel_key(channel)
        || !passes_at_once(&claimed)
        || is_part(claimed.incident.told.as_ref())
        || claimed.incident.state == IncidentState::Resolved
    {
        return Ok(claimed);
    }
    let failing = context.store.failing_over(channel).await?;
    let subject = in_part(channel, failing, claimed.incident.told.take());
    (claimed.incident.title, claimed.incident.detail, claimed.incident.told) = (subject.title, subject.detail, subject.told);
    Ok(claimed)
}

fn in_part(channel: &str, failing: u64, told: Option<Told>) -> Subject {
    let lines = told.map(|told| told.lines).unwrap_or_default();
    let kept = lines.into_iter().take_while(|line| !line.is_gap()).chain([Phrase::gap()]).collect();
    part(channel, failing, kept)
}
