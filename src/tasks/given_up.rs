//! What ops hear of messages that were given up: one incident for each channel, which knows its rows and is over with the last of them.

use std::collections::BTreeSet;

use serde_json::json;

use super::context::Context;
use super::driver::TaskError;
use super::open_incidents::HEARKEN;
use super::trouble::{self, undelivered_key};
use crate::model::{
    Delivery, DeliveryKind, DeliveryState, EventKind, Incident, IncidentKind, IncidentState, Moment, NewDelivery, Outcome, Over, Phrase,
    Severity, Told, Value,
};
use crate::respond::incident::Subject;
use crate::respond::missed;
use crate::respond::notify::{self, Telling};
use crate::respond::status::Status;
use crate::store::{Claimed, IncidentTx, Missed};

/// Addresses, and incidents, told one by one; the others are counted.
const NAMED: usize = 20;

/// Tells ops before the rows are recorded as given up: whoever dies in between finds the incident, and these rows in it.
pub(super) async fn tell(context: &Context, claimed: &Claimed, outcome: &Outcome) -> Result<(), TaskError> {
    let (channel, now) = (&claimed.delivery.channel, context.clock.now());
    let key = undelivered_key(channel);
    let fresh: Vec<(&Delivery, &str)> = claimed.rows().map(|row| (row, outcome.reply())).collect();
    let mut first = None;
    if !context.store.is_open(&key).await? {
        let cases = as_given_up(context.store.missed(&incidents_of(&fresh)).await?, &fresh, &[]);
        let subject = subject(channel, &fresh, &cases, &context.live().context());
        first = Some(subject.detail.clone());
        trouble::raise(context, subject).await?;
    }
    let open = context.store.open_incident_by_key(&key).await?.ok_or("the incident about what was given up was resolved meanwhile")?;
    let Some(mut tx) = context.store.begin_incident(&open.id, now).await? else { return Ok(()) };
    if tx.incident().state == IncidentState::Resolved {
        return Err("the incident about what was given up was resolved meanwhile".into());
    }
    let known = tx.given_up().await?;
    let is_new = |row: &&Delivery| !known.iter().any(|known| known.id == row.id);
    if !claimed.rows().any(|row| is_new(&row)) {
        return Ok(());
    }
    tx.note_given_up(claimed.rows().map(|row| row.id.as_str())).await?;
    let before = known.iter().filter(|row| !claimed.rows().any(|own| own.id == row.id));
    let all: Vec<(&Delivery, &str)> =
        before.map(|row| (row, row.last_reply.as_deref().unwrap_or_default())).chain(fresh.iter().copied()).collect();
    let cases = as_given_up(tx.missed(&incidents_of(&all)).await?, &fresh, &known);
    let subject = subject(channel, &all, &cases, &context.live().context());
    // What was opened just now says it already; that somebody got it meanwhile is no news.
    let says_it = known.is_empty() && first.as_ref() == Some(&tx.incident().detail);
    if !says_it && tx.incident().detail != subject.detail {
        let severity = tx.incident().severity.max(subject.severity);
        let worse = Incident { severity, ..tx.incident().clone() };
        tx.update(&worse).await?;
        tx.retell(&subject.title, &subject.detail, subject.told.as_ref()).await?;
        let news = news(context, &mut tx, now).await?;
        tx.deliver(&news).await?;
        tx.event(EventKind::Revised.as_str(), now, HEARKEN, &json!({ "title": subject.title })).await?;
    }
    tx.commit().await?;
    context.wakes.deliver.notify_one();
    Ok(())
}

fn incidents_of(rows: &[(&Delivery, &str)]) -> Vec<String> {
    rows.iter().map(|(row, _)| row.incident.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// As it will stand once the fresh rows are recorded as given up, and those known ones that others are about to record. A row that was
/// given up before and is under way is one that an operator sends again.
fn as_given_up(mut cases: Vec<Missed>, fresh: &[(&Delivery, &str)], known: &[Delivery]) -> Vec<Missed> {
    for delivery in cases.iter_mut().flat_map(|case| &mut case.deliveries) {
        let again = delivery.last_outcome.as_deref() == Some("permanent");
        let is_being_recorded = delivery.state == DeliveryState::Claimed && !again && known.iter().any(|row| row.id == delivery.id);
        if is_being_recorded || fresh.iter().any(|(row, _)| row.id == delivery.id) {
            delivery.state = DeliveryState::Dead;
        }
    }
    cases
}

/// More of it is told together, after a while: in a storm one address refuses many. What waits already will say it.
async fn news(context: &Context, tx: &mut IncidentTx, now: Moment) -> Result<Vec<NewDelivery>, TaskError> {
    let (note, live) = (Status::More.to_note(), context.live());
    let deliveries = tx.deliveries().await?;
    let waits =
        |row: &Delivery| row.kind == DeliveryKind::Status && row.note == note && row.state == DeliveryState::Due && row.attempts == 0;
    if deliveries.iter().any(waits) {
        return Ok(Vec::new());
    }
    let (incident, step) = (tx.incident().clone(), tx.next_event().await?);
    let telling = Telling { incident: &incident.id, generation: incident.generation, kind: DeliveryKind::Status, step, note: &note };
    // Whoever waits for the first word reads all of it there; what is on the wire was written before.
    let begun = deliveries.into_iter().filter(|row| row.state != DeliveryState::Due);
    let told = notify::told(&begun.collect::<Vec<_>>(), incident.generation);
    Ok(telling.to(&told, &live.context(), &mut context.ids()?, now.plus(live.settings.respond.burst.gather_every)))
}

/// Each row with the receiver's answer, and the incidents they are about, the worst first. As bad as the worst of them, and no harmless matter.
fn subject(channel: &str, rows: &[(&Delivery, &str)], cases: &[Missed], context: &notify::Context<'_>) -> Subject {
    let mut lines = addresses(rows);
    lines.push(Phrase::gap());
    for Missed { incident, mention, deliveries } in cases.iter().take(NAMED) {
        lines.extend(missed::lines(incident, mention.as_ref(), missed::fate(incident, deliveries, context)));
    }
    if cases.len() > NAMED {
        lines.push(Phrase::said("missed_more").with("count", (cases.len() - NAMED).to_string()));
    }
    lines.extend([Phrase::gap(), Phrase::said("step_given_up").with("channel", word(channel))]);
    let mut names: Vec<&str> = rows.iter().map(|(row, _)| row.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let title = Phrase::counted("given_up_title", rows.len()).with("channel", channel).with("names", Value::names(names));
    let severity = cases.iter().map(|case| case.incident.severity).max().map_or(Severity::High, |worst| worst.max(Severity::High));
    Subject::trouble(IncidentKind::Ops, undelivered_key(channel), severity, Told::new(title, lines))
}

/// Whom it did not reach, about what, and in whose words.
fn addresses(rows: &[(&Delivery, &str)]) -> Vec<Phrase> {
    let mut addresses: Vec<(String, &str, Vec<&str>)> = Vec::new();
    for (row, reply) in rows {
        let who = if row.name == row.recipient { row.name.clone() } else { format!("{} <{}>", row.name, row.recipient) };
        match addresses.iter_mut().find(|(known, words, _)| *known == who && words == reply) {
            Some((_, _, cases)) => cases.push(&row.incident),
            None => addresses.push((who, reply, vec![&row.incident])),
        }
    }
    let mut lines = Vec::new();
    for (who, reply, cases) in addresses.iter().take(NAMED) {
        let line = Phrase::said("given_up_line").with("who", who).with("incidents", Value::names(cases.iter().copied()));
        lines.push(line.with("reply", *reply));
    }
    if addresses.len() > NAMED {
        lines.push(Phrase::said("given_up_more").with("count", (addresses.len() - NAMED).to_string()));
    }
    lines
}

/// A name as one word of a shell, so that a command can be copied.
fn word(name: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

/// Ends the incidents of which no row is left: each was delivered, dropped, or is no longer wanted. Rows change by the command line, too,
/// so it is asked whenever the outbox was looked through.
pub(super) async fn settle(context: &Context) -> Result<(), TaskError> {
    for key in context.store.none_given_up(context.clock.now()).await? {
        trouble::clear(context, &key, Over::Delivery).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::respond::samples::{World, delivery, incident, mention};

    #[test]
    fn ops_read_who_was_missed_why_and_what_to_type() {
        let rows: Vec<Delivery> =
            (0..3).map(|number| Delivery { incident: format!("H-{number}"), ..delivery("mail", "mei@example.com") }).collect();
        let other = Delivery { name: "hook".into(), ..delivery("mail", "hook") };
        let told: Vec<(&Delivery, &str)> = rows.iter().map(|row| (row, "550 nobody")).chain([(&other, "410 gone")]).collect();
        let case = |number: i64, severity| Missed {
            incident: Incident { id: format!("H-{number}"), severity, ..incident() },
            mention: Some(mention(&format!("the {number}th parcel never came"))),
            deliveries: vec![],
        };
        let mut cases = vec![case(0, Severity::Critical)];
        cases.extend((1..25).map(|number| case(number, Severity::Medium)));
        let world = World::new();
        let subject = subject("our mail", &told, &cases, &world.context());
        assert_eq!(subject.severity, Severity::Critical, "as bad as the worst");
        assert_eq!(subject.key, "undelivered:our mail");
        assert!(subject.title.contains('4') && subject.title.contains("Mei"), "{}", subject.title);
        assert!(!subject.title.contains("H-"), "a subject is cut, and half an id is none: {}", subject.title);
        for shown in [
            "Mei <mei@example.com>",
            "H-0, H-1, H-2",
            "550 nobody",
            "410 gone",
            "critical H-0: the 0th",
            "reviews/41",
            "and 5 more",
            "retry --all-dead --channel 'our mail'",
        ] {
            assert!(subject.detail.contains(shown), "{shown}: {}", subject.detail);
        }
        assert_eq!((word("a'b"), word("mail-2"), word("郵件")), ("'a'\\''b'".into(), "mail-2".into(), "郵件".into()));
    }
}
