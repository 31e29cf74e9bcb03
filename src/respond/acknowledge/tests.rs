//! Every answer in every state.

use std::time::Duration;

use super::super::notify::WITHOUT_LADDER;
use super::super::route::Route;
use super::super::samples::{World, incident, route_to, verdict};
use super::*;
use crate::model::Severity;

const NOW: Moment = Moment::from_secs(1_795_000_600);

fn mei() -> Actor {
    Actor { name: "Mei".into(), via: Via::Link, note: "calling".into(), generation: Some(1) }
}

fn open() -> Incident {
    let world = World::new();
    Incident { ladder: world.context().ladder("logistics"), escalate_at: Some(NOW), also: vec!["care".into()], ..incident() }
}

fn acknowledged_by_tom() -> Incident {
    let by = Some("Tom".into());
    Incident { state: IncidentState::Acknowledged, acknowledged_by: by, acknowledged_at: Some(Moment(7)), escalate_at: None, ..open() }
}

fn resolved() -> Incident {
    Incident { state: IncidentState::Resolved, resolved_at: Some(Moment(9)), ..acknowledged_by_tom() }
}

fn answered(incident: &Incident, action: &Action, actor: &Actor) -> Transition {
    answered_in(&World::new(), incident, &[], action, actor)
}

fn answered_in(world: &World, incident: &Incident, not_theirs: &[String], action: &Action, actor: &Actor) -> Transition {
    let context = world.context();
    let told = context.recipients("logistics");
    let said = verdict(Severity::Critical, &["logistics"]);
    let case = Case { incident, told: &told, next_event: 5, page: None, said: Some((&said, "shop-feed")), not_theirs };
    transition(&case, action, actor, &context, &mut Ids::new([4; 32]), NOW)
}

fn rows(transition: &Transition) -> Vec<(DeliveryKind, i64, &str)> {
    transition.deliveries.iter().map(|row| (row.kind, row.generation, row.recipient.as_str())).collect()
}

fn resolve() -> Action {
    Action::Resolve { cause: "strike".into(), remedy: "refund".into(), over: None }
}

fn hand_over(department: &str) -> Action {
    Action::HandOver { department: department.into() }
}

#[test]
fn the_first_answer_takes_effect_and_the_others_hear_of_it() {
    let done = answered(&open(), &Action::Acknowledge, &mei());
    assert_eq!((done.effect.clone(), done.event), (Effect::TookEffect, EventKind::Acknowledged));
    let after = &done.incident;
    assert_eq!((after.state, after.escalate_at), (IncidentState::Acknowledged, None));
    assert_eq!((after.acknowledged_by.as_deref(), after.acknowledged_at), (Some("Mei"), Some(NOW)));
    let status = DeliveryKind::Status;
    assert_eq!(rows(&done), [(status, 1, "tom@example.com"), (status, 1, "hook")]);
    assert!(done.deliveries.iter().all(|row| row.step == 5 && Status::from_note(&row.note).is_some()));
}

#[test]
fn a_second_answer_is_told_who_was_first() {
    let done = answered(&acknowledged_by_tom(), &Action::Acknowledge, &mei());
    assert_eq!(done.effect, Effect::Already { by: "Tom".into(), at: Moment(7) });
    assert_eq!((done.event, done.incident.clone()), (EventKind::Noted, acknowledged_by_tom()));
    assert!(done.deliveries.is_empty());
}

#[test]
fn nothing_reopens_what_is_resolved() {
    for action in [Action::Acknowledge, Action::NotOurs, Action::FalseAlarm, hand_over("care"), resolve()] {
        let done = answered(&resolved(), &action, &mei());
        assert_eq!(done.effect, Effect::TooLate { by: "Tom".into(), at: Moment(9) }, "{action:?}");
        assert_eq!((done.event, done.incident, done.deliveries), (EventKind::Noted, resolved(), vec![]), "{action:?}");
    }
}

#[test]
fn resolving_answers_too_and_keeps_who_answered_first() {
    let at_once = answered(&open(), &resolve(), &mei()).incident;
    assert_eq!((at_once.state, at_once.acknowledged_by.as_deref()), (IncidentState::Resolved, Some("Mei")));
    assert_eq!((at_once.cause.as_deref(), at_once.remedy.as_deref()), (Some("strike"), Some("refund")));
    let later = answered(&acknowledged_by_tom(), &resolve(), &mei());
    assert_eq!((later.event, later.incident.acknowledged_by.as_deref()), (EventKind::Resolved, Some("Tom")));
    assert_eq!((later.incident.resolved_at, later.incident.escalate_at), (Some(NOW), None));
}

#[test]
fn a_false_alarm_is_the_end() {
    let done = answered(&open(), &Action::FalseAlarm, &mei());
    assert_eq!((done.event, done.incident.state), (EventKind::FalseAlarm, IncidentState::Resolved));
    assert_eq!(done.incident.cause.as_deref(), Some(FALSE_ALARM));
}

#[test]
fn handing_over_begins_anew_with_the_other_department() {
    for before in [open(), acknowledged_by_tom()] {
        let done = answered(&before, &hand_over("management"), &mei());
        let after = &done.incident;
        assert_eq!((after.state, after.generation, after.step), (IncidentState::Open, 2, 0));
        assert_eq!((after.department.as_str(), after.acknowledged_by.as_deref()), ("management", None));
        assert_eq!(
            (after.escalate_at, after.ladder.len()),
            (Some(NOW.plus(WITHOUT_LADDER)), 1),
            "management has no ladder: ops are behind them"
        );
        let (warning, status) = (DeliveryKind::Warning, DeliveryKind::Status);
        let expected =
            [(warning, 2, "boss@example.com"), (warning, 2, "Mei@example.com"), (status, 1, "tom@example.com"), (status, 1, "hook")];
        assert_eq!(rows(&done), expected);
    }
    let back = Incident { department: "care".into(), ..open() };
    assert_eq!(answered(&back, &hand_over("logistics"), &mei()).incident.escalate_at, Some(NOW.plus(Duration::from_mins(15))));
}

#[test]
fn a_hand_over_to_nowhere_changes_nothing() {
    for nowhere in ["logistics", "gone"] {
        let done = answered(&open(), &hand_over(nowhere), &mei());
        assert_eq!((done.effect, done.incident), (Effect::NotPossible { department: nowhere.into() }, open()));
    }
}

#[test]
fn not_ours_goes_on_until_it_is_with_ops() {
    let mut world = World::new();
    world.routes.push(Route { categories: vec!["logistics".into()], ..route_to("care") });
    let said = |incident: &Incident, not_theirs: &[&str]| {
        let not_theirs: Vec<String> = not_theirs.iter().map(|name| (*name).to_owned()).collect();
        answered_in(&world, incident, &not_theirs, &Action::NotOurs, &Actor { generation: None, ..mei() })
    };
    let told_beside = Incident { also: vec!["management".into(), "care".into()], ..open() };
    let first = said(&told_beside, &[]).incident;
    assert_eq!((first.department.as_str(), first.also.clone(), first.generation), ("care", vec!["management".to_owned()], 2));
    let second = said(&first, &["logistics"]).incident;
    assert_eq!((second.department.as_str(), second.generation), ("ops", 3), "who merely hears of it is not asked to handle it");
    let last = said(&second, &["logistics", "care"]);
    assert_eq!((last.event, last.incident.state, last.incident.generation), (EventKind::NotOurs, IncidentState::Open, 3), "nobody has it");
}

#[test]
fn what_the_last_desk_refuses_goes_on_to_those_above_and_is_never_ended_with_nobody() {
    let world = World::new();
    let not_theirs: Vec<String> = vec!["logistics".into()];
    let refused = |severity, state, also: &[&str]| {
        let also = also.iter().map(|name| (*name).to_owned()).collect();
        let case = Incident { department: "ops".into(), severity, state, also, ladder: vec![], escalate_at: None, ..open() };
        answered_in(&world, &case, &not_theirs, &Action::NotOurs, &mei()).incident
    };
    let names = |incident: &Incident| incident.ladder.iter().map(|step| step.name.clone()).collect::<Vec<_>>();
    for state in [IncidentState::Open, IncidentState::Acknowledged] {
        let critical = refused(Severity::Critical, state, &["care"]);
        assert_eq!((critical.state, critical.acknowledged_by.as_deref(), critical.escalate_at), (IncidentState::Open, None, Some(NOW)));
        assert_eq!(names(&critical), ["lead", "management", "care", "ops"], "whom logistics' ladder names, who was told beside, ops again");
        let medium = refused(Severity::Medium, state, &[]);
        assert_eq!((medium.state, medium.escalate_at), (IncidentState::Open, Some(NOW.plus(Duration::from_mins(15)))), "at its time");
    }
    // Once those were told, ops are asked again, and not in the same minute.
    let told = Incident { step: 2, ladder: world.context().ladder("logistics"), department: "ops".into(), ..open() };
    let again = answered_in(&world, &Incident { also: vec![], ..told }, &not_theirs, &Action::NotOurs, &mei()).incident;
    assert_eq!(
        (names(&again), again.escalate_at),
        (vec!["lead".into(), "management".into(), "ops".into()], Some(NOW.plus(WITHOUT_LADDER)))
    );
    let trifle = Incident { kind: IncidentKind::Source, severity: Severity::Medium, department: "ops".into(), ..open() };
    let case = Case { incident: &trifle, told: &[], next_event: 5, page: None, said: None, not_theirs: &[] };
    let own = transition(&case, &Action::NotOurs, &mei(), &world.context(), &mut Ids::new([4; 32]), NOW).incident;
    assert_eq!(own.state, IncidentState::Acknowledged, "whose else should a source be");
}

#[test]
fn a_link_of_an_earlier_generation_does_not_answer_for_the_next() {
    let moved = Incident { generation: 2, department: "care".into(), ..open() };
    for action in [Action::Acknowledge, Action::NotOurs, resolve()] {
        let done = answered(&moved, &action, &mei());
        assert_eq!((done.effect, done.incident), (Effect::Moved { department: "care".into() }, moved.clone()), "{action:?}");
    }
}

fn any_action() -> impl proptest::strategy::Strategy<Value = (Action, Option<i64>)> {
    use proptest::prelude::*;
    let department = prop_oneof![Just("logistics"), Just("care"), Just("ops"), Just("gone")];
    let action = prop_oneof![
        3 => Just(Action::Acknowledge),
        1 => Just(Action::NotOurs),
        1 => Just(Action::FalseAlarm),
        1 => department.prop_map(hand_over),
        1 => Just(resolve()),
    ];
    (action, proptest::option::of(1_i64..4))
}

proptest::proptest! {
    /// Whatever is answered in whatever order: each generation is acknowledged once, nothing but status follows an
    /// acknowledgement within its generation, and the end is the end.
    #[test]
    fn no_row_of_answers_breaks_the_promises(actions in proptest::collection::vec(any_action(), 1..20)) {
        let mut now = open();
        for (action, generation) in actions {
            let done = answered(&now, &action, &Actor { generation, ..mei() });
            let after = &done.incident;
            if done.effect == Effect::TookEffect {
                proptest::prop_assert!(now.state != IncidentState::Resolved);
                proptest::prop_assert!(generation.is_none_or(|generation| generation == now.generation));
                proptest::prop_assert!(action != Action::Acknowledge || now.state == IncidentState::Open);
            } else {
                proptest::prop_assert_eq!(after, &now);
                proptest::prop_assert!(done.deliveries.is_empty() && done.event == EventKind::Noted);
            }
            let moved = after.generation == now.generation + 1;
            proptest::prop_assert!(moved || after.generation == now.generation);
            let warned = done.deliveries.iter().any(|row| row.kind != DeliveryKind::Status);
            proptest::prop_assert_eq!(warned, moved);
            proptest::prop_assert!(after.state == IncidentState::Open || after.escalate_at.is_none());
            now = done.incident;
        }
    }
}
