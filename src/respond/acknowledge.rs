//! The state machine of an incident: what an answer does, exactly once, and who hears of it.
//!
//! ```text
//! open --acknowledge--> acknowledged --resolve, false alarm--> resolved
//!   \--resolve, false alarm---------------------------------/
//! open, acknowledged --not ours, hand over--> open, next generation, another department's ladder
//! open, acknowledged --not ours, by the last there is--> open, with nobody, on up the ladder
//! acknowledged --worse by a step that matters (`incident::decide`)--> open, next generation, the same department's ladder
//! ```
//!
//! `resolved` is the end: a later answer is kept in the log and changes nothing.

use serde::Serialize;

pub use super::link::{LinkClaims, LinkError, expiry, token, verify};
pub use super::signature::{SignatureError, TOLERANCE, verify_signature};

use super::escalate::{above, begin_anew};
use super::ids::Ids;
use super::incident::FALSE_ALARM;
use super::notify::{Context, Telling, same_address};
use super::recheck::Known;
use super::route::next_by_routes;
use super::status::Status;
use crate::model::{
    Action, DeliveryKind, EventKind, Incident, IncidentKind, IncidentState, Moment, NewDelivery, Over, Recipient, Severity, Told, Verdict,
    Via,
};

/// Longest name of who answers: it stands in subjects, lists and the history. Longer than any person's with a post and a firm.
pub const NAME_CHARS_MAX: usize = 60;

/// An incident as it stands in the transaction that acts on it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub incident: &'a Incident,
    /// Who was told of its present generation: `notify::told`.
    pub told: &'a [Recipient],
    /// The number its next event will have.
    pub next_event: i64,
    /// What was last seen on the page of its mention.
    pub page: Option<&'a Known>,
    /// What is said there and the name of the source: by these "not ours" finds who is next. None of trouble.
    pub said: Option<(&'a Verdict, &'a str)>,
    /// Departments that said before that it is not theirs, or handed it over.
    pub not_theirs: &'a [String],
}

/// Who answers, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub name: String,
    pub via: Via,
    pub note: String,
    /// The generation that a link or a page was made for: an answer to an earlier one is not one to this.
    /// None for who saw the incident as it is.
    pub generation: Option<i64>,
}

/// What an answer did. The first of several at a time takes effect; the others are told so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    TookEffect,
    /// Somebody acknowledged it before.
    Already {
        by: String,
        at: Moment,
    },
    /// It was resolved before; a note is kept.
    TooLate {
        by: String,
        at: Moment,
    },
    /// It went to another department since.
    Moved {
        department: String,
    },
    /// No such department, or it is there already.
    NotPossible {
        department: String,
    },
}

/// The outcome of an answer, to be stored in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    pub effect: Effect,
    /// With its new values; unchanged unless it took effect.
    pub incident: Incident,
    /// What the log says; `Noted` unless it took effect.
    pub event: EventKind,
    /// Statuses for who was told, and the warnings of a next generation. When it took effect, whatever warning or
    /// escalation of the incident's earlier state is still unsent is to be cancelled before these are put in.
    pub deliveries: Vec<NewDelivery>,
}

/// What `action` of `actor` does to an incident.
#[must_use]
pub fn transition(case: &Case<'_>, action: &Action, actor: &Actor, context: &Context<'_>, ids: &mut Ids, now: Moment) -> Transition {
    if let Some(effect) = without_effect(case.incident, action, actor, context) {
        return Transition { effect, incident: case.incident.clone(), event: EventKind::Noted, deliveries: Vec::new() };
    }
    let (incident, event, status) = match action {
        Action::Acknowledge => acknowledged(case.incident, actor, now),
        Action::FalseAlarm => false_alarm(case.incident, actor, now),
        Action::Resolve { cause, remedy, over } => resolved(case, (cause, remedy, *over), actor, now),
        Action::HandOver { department } => handed_over(case.incident, department, actor, context, now),
        Action::NotOurs => not_ours(case, actor, context, now),
    };
    let deliveries = deliveries(case, &incident, &status, actor, context, ids, now);
    Transition { effect: Effect::TookEffect, incident, event, deliveries }
}

fn without_effect(incident: &Incident, action: &Action, actor: &Actor, context: &Context<'_>) -> Option<Effect> {
    let by = incident.acknowledged_by.clone().unwrap_or_default();
    if let (IncidentState::Resolved, at) = (incident.state, incident.resolved_at) {
        let by = incident.resolved_by.clone().unwrap_or(by);
        return Some(Effect::TooLate { by, at: at.unwrap_or(incident.opened_at) });
    }
    if actor.generation.is_some_and(|generation| generation != incident.generation) {
        return Some(Effect::Moved { department: incident.department.clone() });
    }
    match action {
        Action::Acknowledge if incident.state == IncidentState::Acknowledged => {
            Some(Effect::Already { by, at: incident.acknowledged_at.unwrap_or(incident.opened_at) })
        }
        Action::HandOver { department } if *department == incident.department || context.named(department).is_none() => {
            Some(Effect::NotPossible { department: department.clone() })
        }
        _ => None,
    }
}

type Change = (Incident, EventKind, Status);

fn acknowledged(before: &Incident, actor: &Actor, now: Moment) -> Change {
    let status = Status::Acknowledged { by: actor.name.clone(), note: actor.note.clone() };
    (answered(before, actor, now), EventKind::Acknowledged, status)
}

fn false_alarm(before: &Incident, actor: &Actor, now: Moment) -> Change {
    let mut incident = closed(before, actor, now);
    incident.cause = Some(FALSE_ALARM.to_owned());
    let status = Status::FalseAlarm { by: actor.name.clone(), note: actor.note.clone() };
    (incident, EventKind::FalseAlarm, status)
}

fn resolved(case: &Case<'_>, (cause, remedy, over): (&str, &str, Option<Over>), actor: &Actor, now: Moment) -> Change {
    let before = case.incident;
    let mut incident = closed(before, actor, now);
    incident.cause = Some(cause.to_owned());
    incident.remedy = Some(remedy.to_owned());
    if over.is_some() {
        incident.told.get_or_insert_with(|| Told::as_it_stands(&before.title, &before.detail)).over = over;
    }
    let (cause, remedy) = (cause.to_owned(), remedy.to_owned());
    let status = Status::Resolved { by: actor.name.clone(), cause, remedy, note: actor.note.clone(), page: case.page.cloned(), over };
    (incident, EventKind::Resolved, status)
}

fn handed_over(before: &Incident, to: &str, actor: &Actor, context: &Context<'_>, now: Moment) -> Change {
    let (by, from, note) = (actor.name.clone(), before.department.clone(), actor.note.clone());
    let status = Status::HandedOver { by, from, to: to.to_owned(), note };
    (begin_anew(before, to, context, now), EventKind::HandedOver, status)
}

/// On to the next department whose route fits, else to ops: never to one that was merely told beside it. Where ops themselves say so, there
/// is no desk left to ask, and it is for those above.
fn not_ours(case: &Case<'_>, actor: &Actor, context: &Context<'_>, now: Moment) -> Change {
    let (before, ops) = (case.incident, &context.options.ops);
    let is_out =
        |name: &str| name == before.department || case.not_theirs.iter().any(|other| other == name) || context.named(name).is_none();
    let next = case.said.and_then(|(verdict, source)| next_by_routes(context.routes, verdict, source, is_out));
    let to = next.unwrap_or(ops).clone();
    if to == before.department {
        return refused(case, actor, context, now);
    }
    let (by, from, note) = (actor.name.clone(), before.department.clone(), actor.note.clone());
    let status = Status::NotOurs { by, from, to: to.clone(), note };
    (begin_anew(before, &to, context, now), EventKind::NotOurs, status)
}

/// From here on the next step comes at once when the last desk refuses a case.
const AT_ONCE: Severity = Severity::High;

/// What every desk says is not theirs is nobody's, and stays open until somebody takes it up. Milder trouble of our own alone is left to
/// ops, whose it is by its kind.
fn refused(case: &Case<'_>, actor: &Actor, context: &Context<'_>, now: Moment) -> Change {
    let before = case.incident;
    if before.kind != IncidentKind::Mention && before.severity < AT_ONCE {
        let (incident, _, status) = acknowledged(before, actor, now);
        return (incident, EventKind::NotOurs, status);
    }
    let mut incident = before.clone();
    incident.state = IncidentState::Open;
    (incident.acknowledged_at, incident.acknowledged_by) = (None, None);
    let taken = usize::try_from(incident.step).unwrap_or(0);
    if taken >= incident.ladder.len() {
        incident.ladder.extend(above(before, case.not_theirs, context));
    }
    incident.escalate_at = incident.ladder.get(taken).map(|next| {
        // Whoever has just said no is not asked again in the same minute.
        let same = next.recipients.iter().all(|recipient| recipient.department == before.department);
        if before.severity >= AT_ONCE && !same { now } else { now.plus(next.after()) }
    });
    let (by, from, note) = (actor.name.clone(), before.department.clone(), actor.note.clone());
    (incident, EventKind::NotOurs, Status::Refused { by, from, note })
}

/// The first answer is the one that counts, whatever follows.
fn answered(before: &Incident, actor: &Actor, now: Moment) -> Incident {
    let mut incident = before.clone();
    incident.state = IncidentState::Acknowledged;
    incident.escalate_at = None;
    incident.acknowledged_at.get_or_insert(now);
    incident.acknowledged_by.get_or_insert_with(|| actor.name.clone());
    incident
}

fn closed(before: &Incident, actor: &Actor, now: Moment) -> Incident {
    let resolved_by = Some(actor.name.clone());
    Incident { state: IncidentState::Resolved, resolved_at: Some(now), resolved_by, ..answered(before, actor, now) }
}

/// A status for everyone who was told, but not for who acts, nor for who gets the next generation's warning.
fn deliveries(
    case: &Case<'_>,
    after: &Incident,
    status: &Status,
    actor: &Actor,
    context: &Context<'_>,
    ids: &mut Ids,
    now: Moment,
) -> Vec<NewDelivery> {
    let note = status.to_note();
    let telling = |kind, generation, step| Telling { incident: &after.id, generation, kind, step, note: &note };
    let newly = if after.generation == case.incident.generation { Vec::new() } else { context.recipients(&after.department) };
    let mut rows = telling(DeliveryKind::Warning, after.generation, 0).to(&newly, context, ids, now);
    let is_actor = |recipient: &Recipient| recipient.name == actor.name && recipient.address != recipient.channel;
    let told = case.told.iter().filter(|told| !is_actor(told) && !newly.iter().any(|new| same_address(new, told)));
    let told: Vec<Recipient> = told.cloned().collect();
    rows.extend(telling(DeliveryKind::Status, case.incident.generation, case.next_event).to(&told, context, ids, now));
    rows
}

#[cfg(test)]
mod tests;
