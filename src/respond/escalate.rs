//! The ladder: who hears next when nobody answers.

use super::ids::Ids;
use super::incident::Subject;
use super::notify::{Context, Telling};
use crate::model::{DeliveryKind, Incident, IncidentKind, IncidentState, LadderStep, Moment, NewDelivery, Recipient, Severity};

/// What is to happen now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Escalate {
    /// Tell these, note `step` and `next_at` in the incident.
    Step {
        /// 1 for the first rung.
        step: i64,
        name: String,
        recipients: Vec<Recipient>,
        /// When the one after it is due, or, after the last, when ops hear that nobody answers.
        next_at: Moment,
    },
    /// The last step, too, brought no answer: `unanswered` says what ops hear. Set `escalate_at` to none.
    Exhausted,
    /// Later. Where `at` is not the incident's `escalate_at`, the clock was set back, and `at` has to be stored.
    NotDue { at: Moment },
    /// Somebody answered, or there is no ladder.
    Answered,
}

/// Decides about an incident as it stands in the transaction that acts on it. Overdue steps come at once, but one at a
/// time: the next is counted from now, so that a night's downtime does not wake the whole ladder in the same minute.
#[must_use]
pub fn decide(incident: &Incident, now: Moment) -> Escalate {
    let Some(at) = incident.escalate_at.filter(|_| incident.state == IncidentState::Open) else { return Escalate::Answered };
    let taken = usize::try_from(incident.step).unwrap_or(0);
    if at > now {
        let wait = incident.ladder.get(taken).or_else(|| incident.ladder.last()).map(LadderStep::after);
        return Escalate::NotDue { at: wait.map_or(at, |wait| at.min(now.plus(wait))) };
    }
    let Some(rung) = incident.ladder.get(taken) else { return Escalate::Exhausted };
    let next = incident.ladder.get(taken + 1).unwrap_or(rung);
    Escalate::Step {
        step: incident.step.saturating_add(1),
        name: rung.name.clone(),
        recipients: rung.recipients.clone(),
        next_at: now.plus(next.after()),
    }
}

/// The rows of a step.
#[must_use]
pub fn deliveries(
    incident: &Incident,
    step: i64,
    recipients: &[Recipient],
    context: &Context<'_>,
    ids: &mut Ids,
    now: Moment,
) -> Vec<NewDelivery> {
    let telling = Telling { incident: &incident.id, generation: incident.generation, kind: DeliveryKind::Escalation, step, note: "" };
    telling.to(recipients, context, ids, now)
}

/// What ops hear when a whole ladder brought no answer; nothing where it was theirs, which would go round in a circle.
#[must_use]
pub fn unanswered(incident: &Incident, ops: &str) -> Option<Subject> {
    if incident.kind != IncidentKind::Mention || incident.department == ops {
        return None;
    }
    let told = incident.ladder.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ");
    Some(Subject {
        kind: IncidentKind::Ops,
        key: format!("unanswered:{}:{}", incident.id, incident.generation),
        severity: incident.severity.max(Severity::High),
        title: format!("{}: nobody answers", incident.id),
        detail: format!(
            "The department {} and its whole ladder ({told}) were told of {} and nobody acknowledged it. \
             Reach one of them another way, or hand it over.",
            incident.department, incident.id
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::samples::{World, incident};
    use super::*;

    const OPENED: Moment = Moment::from_secs(1_000_000);

    fn waiting(step: i64, due_s: i64) -> Incident {
        let world = World::new();
        Incident {
            step,
            escalate_at: Some(Moment::from_secs(due_s)),
            ladder: world.context().ladder("logistics"),
            opened_at: OPENED,
            ..incident()
        }
    }

    fn stepped(decision: &Escalate) -> Option<(i64, &str, i64)> {
        match decision {
            Escalate::Step { step, name, next_at, .. } => Some((*step, name, next_at.as_secs())),
            _ => None,
        }
    }

    #[test]
    fn the_steps_come_in_their_order_and_at_their_time() {
        let first = waiting(0, 1_000_900);
        assert_eq!(decide(&first, Moment::from_secs(1_000_899)), Escalate::NotDue { at: Moment::from_secs(1_000_900) });
        assert_eq!(stepped(&decide(&first, Moment::from_secs(1_000_900))), Some((1, "lead", 1_002_700)));
        let second = waiting(1, 1_002_700);
        assert_eq!(stepped(&decide(&second, Moment::from_secs(1_002_700))), Some((2, "management", 1_004_500)));
        assert_eq!(decide(&waiting(2, 1_004_500), Moment::from_secs(1_004_500)), Escalate::Exhausted);
    }

    #[test]
    fn after_downtime_one_step_comes_at_once_and_the_next_is_counted_from_now() {
        let night = Moment::from_secs(1_000_900 + 8 * 3600);
        assert_eq!(stepped(&decide(&waiting(0, 1_000_900), night)), Some((1, "lead", night.as_secs() + 1800)));
    }

    #[test]
    fn a_clock_that_was_set_back_cannot_put_a_step_off_for_years() {
        let far = waiting(0, 2_000_000_000);
        let now = Moment::from_secs(1_000_010);
        assert_eq!(decide(&far, now), Escalate::NotDue { at: now.plus(Duration::from_secs(900)) });
    }

    #[test]
    fn nothing_after_an_answer() {
        let late = Moment::from_secs(2_000_000);
        for state in [IncidentState::Acknowledged, IncidentState::Resolved] {
            assert_eq!(decide(&Incident { state, ..waiting(0, 1_000_900) }, late), Escalate::Answered);
        }
        assert_eq!(decide(&Incident { escalate_at: None, ..waiting(0, 0) }, late), Escalate::Answered);
    }

    #[test]
    fn ops_hear_of_silence_and_not_of_their_own() {
        let subject = unanswered(&waiting(2, 0), "ops").expect("ops are told");
        assert_eq!(subject.key, "unanswered:H-7K3QF2MA:1");
        assert_eq!(unanswered(&Incident { department: "ops".into(), ..waiting(2, 0) }, "ops"), None);
        assert_eq!(unanswered(&Incident { kind: IncidentKind::Ops, ..waiting(2, 0) }, "ops"), None);
    }

    #[test]
    fn the_rows_of_a_step_name_it() {
        let world = World::new();
        let case = waiting(0, 1_000_900);
        let rows = deliveries(&case, 1, &case.ladder[0].recipients, &world.context(), &mut Ids::new([3; 32]), OPENED);
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.kind == DeliveryKind::Escalation && row.step == 1));
    }
}
