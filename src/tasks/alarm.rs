//! What ops hear of channels: one that does not deliver, one that refuses single messages, a message that was given up.

use serde_json::json;

use super::context::Context;
use super::driver::TaskError;
use super::open_incidents::HEARKEN;
use super::trouble::{self, channel_key};
use crate::model::{DeliveryKind, EventKind, IncidentKind, Moment, Outcome, Over, Phrase, Severity, Told, Value};
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
    // A dead letter about a dead letter would go round in a circle.
    if alarm == Alarm::Dead && claimed.incident.kind == IncidentKind::Ops {
        return Ok(());
    }
    let mut lines = vec![
        Phrase::said("recipient").with("who", who(&delivery.name, &delivery.recipient)),
        Phrase::said("incident").with("incident", Value::names(claimed.rows().map(|row| row.incident.as_str()))),
        Phrase::said("reply").with("class", class(outcome)).with("reply", outcome.reply()),
        Phrase::gap(),
    ];
    if alarm == Alarm::Dead {
        lines.push(alarm.next_step());
        let title = Phrase::said("not_told_title")
            .with("name", &delivery.name)
            .with("incident", Value::names(claimed.rows().map(|row| row.incident.as_str())))
            .with("channel", &delivery.channel);
        let key = trouble::delivery_key(&delivery.id);
        return trouble::raise(context, Subject::trouble(IncidentKind::Ops, key, Severity::High, Told::new(title, lines))).await;
    }
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
        Some(open) => retell(context, &open.id, &subject, context.clock.now()).await,
    }
}

async fn retell(context: &Context, id: &str, subject: &Subject, now: Moment) -> Result<(), TaskError> {
    let Some(mut tx) = context.store.begin_incident(id, now).await? else { return Ok(()) };
    let incident = tx.incident().clone();
    if incident.state == crate::model::IncidentState::Resolved {
        return Ok(());
    }
    tx.retell(&subject.title, &subject.detail, subject.told.as_ref()).await?;
    let told = notify::told(&tx.deliveries().await?, incident.generation);
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
pub(super) async fn delivered(context: &Context, channel: &str, recovery: Recovery) -> Result<(), TaskError> {
    // Asked for each time: whoever died between the alarm and its note left an incident that nothing else would end.
    let Some(open) = context.store.open_incident_by_key(&channel_key(channel)).await? else { return Ok(()) };
    let failing = context.store.failing_over(channel).await?;
    if failing == 0 {
        return trouble::clear(context, &channel_key(channel), Over::Channel).await;
    }
    if recovery.refused == 0 || recovery.hurried > 0 || is_part(open.told.as_ref()) {
        return Ok(());
    }
    let lines = open.told.map(|told| told.lines).unwrap_or_default();
    let kept = lines.into_iter().take_while(|line| !line.is_gap()).chain([Phrase::gap()]).collect();
    retell(context, &open.id, &part(channel, failing, kept), context.clock.now()).await
}
