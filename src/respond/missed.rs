//! What becomes of a case when messages about it are given up, in words for ops: its severity, what was said, and who has it now.

use std::collections::BTreeSet;

use super::escalate::extended;
use super::message::clean::one_line;
use super::notify::{Context, asks_for_an_answer, is_read_by_people, may_be_answered};
use crate::model::{Delivery, DeliveryState, Incident, IncidentKind, IncidentState, Mention, Moment, Phrase, Value};

/// Characters shown of a complaint's words: enough to tell how bad it is.
const WORDS_SHOWN: usize = 160;

/// Who has it, or hears next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Answered {
        by: String,
    },
    /// These of those who have to answer it have it.
    Heard {
        names: Vec<String>,
    },
    /// It is on its way to others who have to answer it.
    OnItsWay,
    /// None of those who have to answer it: the next step of its ladder is taken at once.
    Onward {
        step: String,
    },
    /// The same of trouble, whose ladder has its own time.
    Later {
        step: String,
        at: Moment,
    },
    /// The same, and there is no next step.
    Nobody,
}

/// What becomes of an incident, some of whose deliveries are `Dead`.
#[must_use]
pub fn fate(incident: &Incident, deliveries: &[Delivery], context: &Context<'_>) -> Fate {
    if incident.state != IncidentState::Open {
        let by = incident.resolved_by.as_ref().or(incident.acknowledged_by.as_ref());
        return Fate::Answered { by: by.cloned().unwrap_or_default() };
    }
    let arrived = |row: &&Delivery| matches!(row.state, DeliveryState::Delivered | DeliveryState::Accepted);
    let asked = deliveries.iter().filter(|row| asks_for_an_answer(row, incident) && is_read_by_people(&row.channel, context));
    let names: BTreeSet<String> = asked.filter(arrived).map(|row| row.name.clone()).collect();
    if !names.is_empty() {
        return Fate::Heard { names: names.into_iter().collect() };
    }
    if may_be_answered(deliveries, incident, context) {
        return Fate::OnItsWay;
    }
    let longer = extended(incident, context);
    let ladder = longer.as_ref().map_or(&incident.ladder, |longer| &longer.ladder);
    let next = usize::try_from(incident.step).ok().and_then(|taken| ladder.get(taken)).map(|step| step.name.clone());
    match (next, incident.escalate_at) {
        (Some(step), _) if incident.kind == IncidentKind::Mention => Fate::Onward { step },
        (Some(step), Some(at)) => Fate::Later { step, at },
        _ => Fate::Nobody,
    }
}

impl Fate {
    fn phrase(self) -> Phrase {
        match self {
            Self::Answered { by } => Phrase::said("fate_answered").with("by", by),
            Self::Heard { names } => Phrase::said("fate_heard").with("names", Value::names(names.iter().map(String::as_str))),
            Self::OnItsWay => Phrase::said("fate_on_its_way"),
            Self::Onward { step } => Phrase::said("fate_onward").with("step", step),
            Self::Later { step, at } => Phrase::said("fate_later").with("step", step).with("at", at),
            Self::Nobody => Phrase::said("fate_nobody"),
        }
    }
}

/// The lines about one incident: how bad it is, its words, what becomes of it, and where it stands.
#[must_use]
pub fn lines(incident: &Incident, mention: Option<&Mention>, fate: Fate) -> Vec<Phrase> {
    let case = Phrase::said("missed_case").with("severity", Value::Severity(incident.severity)).with("incident", &incident.id);
    let mut lines = vec![case.with("words", words(incident, mention)), fate.phrase()];
    lines.extend(mention.and_then(Mention::place).map(|place| Phrase::raw(format!("  {place}"))));
    lines
}

fn words(incident: &Incident, mention: Option<&Mention>) -> String {
    let Some(mention) = mention else { return one_line(&incident.title, WORDS_SHOWN) };
    let title = mention.title.as_deref().filter(|title| !title.trim().is_empty() && !mention.text.starts_with(*title));
    let whole = title.map_or_else(|| mention.text.clone(), |title| format!("{title} - {}", mention.text));
    one_line(&whole, WORDS_SHOWN)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{World, delivery, incident, mention};
    use super::*;

    #[test]
    fn a_fate_is_what_is_done_next() {
        let world = World::new();
        let context = world.context();
        let case = Incident { ladder: context.case_ladder("logistics"), escalate_at: Some(Moment(9)), ..incident() };
        let row = |address: &str, department: &str, state| Delivery {
            department: department.into(),
            name: address.into(),
            state,
            ..delivery("mail", address)
        };
        let dead = row("mei", "logistics", DeliveryState::Dead);
        let beside = row("boss", "management", DeliveryState::Delivered);
        let of = |incident: &Incident, rows: &[Delivery]| fate(incident, rows, &context);
        assert_eq!(of(&case, &[dead.clone(), beside.clone()]), Fate::Onward { step: "lead".into() }, "who is told beside does not have it");
        assert_eq!(of(&case, &[dead.clone(), row("tom", "logistics", DeliveryState::Due)]), Fate::OnItsWay);
        let tom = row("tom", "logistics", DeliveryState::Delivered);
        assert_eq!(of(&case, &[dead.clone(), tom, beside.clone()]), Fate::Heard { names: vec!["tom".into()] });
        let last = Incident { step: 3, ..case.clone() };
        assert_eq!(of(&last, &[dead.clone(), beside.clone()]), Fate::Nobody);
        let answered = Incident { state: IncidentState::Acknowledged, acknowledged_by: Some("Tom".into()), ..case.clone() };
        assert_eq!(of(&answered, std::slice::from_ref(&dead)), Fate::Answered { by: "Tom".into() });
        let trouble = Incident { kind: IncidentKind::Source, ..case };
        assert_eq!(of(&trouble, &[dead]), Fate::Later { step: "lead".into(), at: Moment(9) });
    }

    #[test]
    fn a_case_is_shown_with_its_words_and_its_place() {
        let titled = crate::model::Mention { title: Some("求助".into()), ..mention("訂了十天\n還沒收到貨") };
        let shown = format!("{:?}", lines(&incident(), Some(&titled), Fate::Nobody));
        for part in ["Severity(Medium)", "H-7K3QF2MA", "求助 - 訂了十天 還沒收到貨", "https://shop.example.com/reviews/41", "fate_nobody"]
        {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}
