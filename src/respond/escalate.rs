//! The ladder: who hears next when nobody answers.

use super::ids::Ids;
use super::notify::{Context, Telling, WITHOUT_LADDER, once_each, same_address};
use crate::model::{DeliveryKind, Incident, IncidentKind, IncidentState, LadderStep, Moment, NewDelivery, Recipient};

/// What is to happen now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Escalate {
    /// Tell these, note `step` and `next_at` in the incident.
    Step {
        /// 1 for the first rung.
        step: i64,
        name: String,
        recipients: Vec<Recipient>,
        /// When the one after it is due, or, after the last, when the log says that nobody answers.
        next_at: Moment,
    },
    /// The last step, too, brought no answer: what `extended` gives goes on, else set `escalate_at` to none.
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

/// What an incident whose ladder is at its end has to climb yet: ops, where an earlier release wrote the ladder without them.
#[must_use]
pub fn extended(incident: &Incident, context: &Context<'_>) -> Option<Incident> {
    let beyond = context.beyond(&incident.department, &incident.ladder);
    if incident.kind != IncidentKind::Mention || beyond.is_empty() {
        return None;
    }
    let mut longer = incident.clone();
    longer.ladder.extend(beyond);
    Some(longer)
}

/// Who is above all desks that said a case is not theirs, as far as its ladder has not told them: whom their own ladders name, those who
/// were told beside, and at the end the desk that has it once more, for somebody must.
#[must_use]
pub fn above(incident: &Incident, not_theirs: &[String], context: &Context<'_>) -> Vec<LadderStep> {
    let whole = |name: &str| {
        let title = context.department(name).map_or(name, |department| &department.title);
        LadderStep { name: title.to_owned(), after_s: WITHOUT_LADDER.as_secs(), recipients: once_each(context.recipients(name)) }
    };
    let theirs = not_theirs.iter().rev().flat_map(|name| context.ladder(name));
    let beside = incident.also.iter().filter(|name| !not_theirs.contains(name)).map(|name| whole(name));
    let mut steps: Vec<LadderStep> = Vec::new();
    for step in theirs.chain(beside) {
        let before = || incident.ladder.iter().chain(&steps).flat_map(|step| &step.recipients);
        let is_new = step.recipients.iter().any(|recipient| !before().any(|told| same_address(told, recipient)));
        if is_new && step.recipients.iter().any(|recipient| recipient.department != incident.department) {
            steps.push(step);
        }
    }
    steps.push(whole(&incident.department));
    steps
}

/// The next generation of an incident, open with a department, whose ladder begins anew.
#[must_use]
pub fn begin_anew(before: &Incident, department: &str, context: &Context<'_>, now: Moment) -> Incident {
    let ladder = if before.kind == IncidentKind::Mention { context.case_ladder(department) } else { context.ladder(department) };
    let mut incident = before.clone();
    incident.state = IncidentState::Open;
    incident.generation += 1;
    incident.also.retain(|name| name != department);
    incident.department = department.to_owned();
    incident.step = 0;
    incident.escalate_at = ladder.first().map(|step| now.plus(step.after()));
    incident.ladder = ladder;
    incident.acknowledged_at = None;
    incident.acknowledged_by = None;
    incident
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::department::{Rung, Tell};
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
    fn behind_every_ladder_stand_ops_and_theirs_once() {
        let mut world = World::new();
        let rung = Rung { name: "chief".into(), after: Duration::from_mins(20), tell: Tell::Department("management".into()) };
        world.departments.iter_mut().find(|department| department.name == "ops").expect("ops").ladder.push(rung);
        let context = world.context();
        let names = |ladder: Vec<LadderStep>| ladder.into_iter().map(|step| (step.name, step.after_s)).collect::<Vec<_>>();
        let with = [("lead", 900), ("management", 1800), ("ops", 1800), ("chief", 1200)].map(|(name, after)| (name.to_owned(), after));
        assert_eq!(names(context.case_ladder("logistics")), with);
        assert_eq!(
            names(context.case_ladder("care")),
            [("ops".to_owned(), 3600), ("chief".to_owned(), 1200)],
            "a department without a ladder"
        );
        assert_eq!(names(context.case_ladder("ops")), [("chief".to_owned(), 1200)], "beyond ops there is nobody");
        assert_eq!(names(context.case_ladder("removed")), [("chief".to_owned(), 1200)], "ops stand in for who is no more");
        let old = extended(&waiting(2, 0), &context).expect("an earlier release wrote no step for ops");
        assert_eq!((old.ladder.len(), stepped(&decide(&old, OPENED)).map(|(step, name, _)| (step, name))), (4, Some((3, "ops"))));
        assert_eq!(extended(&old, &context), None, "not twice");
        assert_eq!(extended(&Incident { kind: IncidentKind::Ops, ..waiting(2, 0) }, &context), None);
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
